# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One TLS context for the whole process.

`requests` would parse the CA bundle again for every connection (25 ms each).
"""

from __future__ import annotations

import functools
import http.client
import io
import os
import socket
import ssl
import time
import typing as t

from .exceptions import Refused


def tls_context(validate_certs: bool, ca_path: str | None) -> ssl.SSLContext:
    """Return the context for `validate_certs` and `ca_path` (a file or a folder).

    Without `ca_path` the environment's REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE is used, else the bundle that comes with
    `requests`. With `validate_certs=False` none of them is used. Raise `Refused` if the certificates cannot be read.
    """
    import certifi  # noqa: PLC0415 (comes with requests, which may be missing)
    import urllib3  # noqa: PLC0415 (comes with requests, which may be missing)

    if not validate_certs:
        urllib3.disable_warnings()  # this collection warns once (`connection_warnings`)
        return _context(None)
    named = [os.environ.get(name, "").strip() for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")]
    path = ca_path or named[0] or named[1] or certifi.where()
    source = "ca_path" if ca_path else "REQUESTS_CA_BUNDLE (or CURL_CA_BUNDLE)"
    try:
        return _context(path)
    except (OSError, ssl.SSLError) as error:
        raise Refused(f"{source} is {path!r}, which cannot be read as CA certificates: {error}") from error


@functools.lru_cache(None)
def _context(path: str | None) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if path is None:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
        return made
    folder = os.path.isdir(path)
    made.load_verify_locations(None if folder else path, path if folder else None)
    return made


class _Paced(io.RawIOBase):
    """The stream of a response, which ends with an error at a deadline.

    Without it, a server could send single bytes for ever.
    """

    def __init__(self, raw: t.Any, until: float) -> None:
        self.raw, self.until = raw, until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any) -> t.Any:
        if time.monotonic() > self.until:
            raise socket.timeout("the response came too slowly")
        return self.raw.readinto(buffer)

    def close(self) -> None:
        self.raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    """A response whose headers, too, must arrive within the time-out of one read."""

    def __init__(self, sock: t.Any, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(sock, *args, **kwargs)
        until = time.monotonic() + (sock.gettimeout() or 0)
        self.fp = io.BufferedReader(_Paced(self.fp.detach(), until))


def tls_adapter(tls: ssl.SSLContext, size: int) -> t.Any:
    """Return a session adapter that uses this context always, also through a proxy."""
    from requests.adapters import HTTPAdapter  # noqa: PLC0415 (comes with requests, which may be missing)
    from urllib3.connection import HTTPSConnection  # noqa: PLC0415 (comes with requests, which may be missing)
    from urllib3.connectionpool import HTTPSConnectionPool  # noqa: PLC0415 (comes with requests, which may be missing)

    class Connection(HTTPSConnection):
        response_class = _Response

    class Pool(HTTPSConnectionPool):
        ConnectionCls = Connection

    def paced(manager: t.Any) -> t.Any:
        manager.pool_classes_by_scheme = {**manager.pool_classes_by_scheme, "https": Pool}
        return manager

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: t.Any, **kwargs: t.Any) -> None:
            super().init_poolmanager(*args, ssl_context=tls, **kwargs)
            paced(self.poolmanager)

        def proxy_manager_for(self, proxy: str, **kwargs: t.Any) -> t.Any:
            if not proxy.lower().startswith("socks"):  # which has no TLS of its own
                kwargs["proxy_ssl_context"] = tls
            return paced(super().proxy_manager_for(proxy, ssl_context=tls, **kwargs))

        def cert_verify(self, *args: t.Any) -> None:
            """Do nothing: the context is complete, and the parent would parse the bundle again."""

        def build_connection_pool_key_attributes(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
            host, pool = super().build_connection_pool_key_attributes(*args, **kwargs)
            kept = {key: value for key, value in pool.items() if key not in ("ca_certs", "ca_cert_dir")}
            return host, dict(kept, ssl_context=tls)

    return Adapter(pool_maxsize=size)
