# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The HTTP client: session, credentials, time-outs, and safe retries.

Every failure is raised as an `ApiError`.
"""

from __future__ import annotations

import json
import random
import re
import time
import traceback
import typing as t

from .connection import Connection
from .errors import network_error, response_error, user_info_secrets
from .exceptions import TIMED_OUT, ApiError, Refused
from .resources import REGION_PATHS
from .times import Clock
from .tls import tls_adapter, tls_context

HAS_REQUESTS, REQUESTS_ERROR = True, ""
try:
    import requests
    from urllib3.exceptions import HTTPError
except ImportError:
    HAS_REQUESTS, REQUESTS_ERROR = False, traceback.format_exc()

VERSION = "1.0.0"
LARGEST_BODY = 32 * 1024 * 1024
DEEPEST = 32  # levels of nesting in a body; Ansible could not even print a deeper result
PATH = re.compile(r"(/(?!\.\.?(/|$))[\w.~%-]+)+", re.ASCII)  # of a request; no id in it can lead to another path


class Answer(t.NamedTuple):
    """A successful response: its status and its parsed body (None if it is empty)."""

    status: int
    body: t.Any


class Client:
    """A client for the API of one region."""

    region_option = "region, MGC_REGION"  # its name in messages; the inventory overrides it

    def __init__(self, connection: Connection, agent: str, clock: Clock | None = None,
                 deadline: float | None = None) -> None:  # fmt: skip
        self.connection, self.deadline = connection, deadline  # by `clock.now()`; no retry is made after it
        self.clock = clock or Clock()
        self.secrets = list(connection.secrets)
        self.reached = False  # True after a successful response: region and URL are right then
        self.listed: set[str] = set()  # the paths of the lists that were read
        self.warn: t.Callable[[str], object] = lambda text: None
        self.date: tuple[str | None, float] = (None, 0)  # the last response's Date header, and `clock.now()` then
        if set(connection.region) & set("./?#%@{}\\ "):
            raise Refused(f"{connection.region!r} is not a valid region ({self.region_option})")
        for name, path in REGION_PATHS.items():
            if connection.region.lower() == path:  # it is easily taken for another region's name
                other = re.sub(r"-(?=\d)", "", path)
                raise Refused(
                    f"{connection.region!r} is not a valid region ({self.region_option}): it is the URL name of "
                    f"{name}; did you "
                    f"mean {other}?"
                )
        region = REGION_PATHS.get(connection.region, connection.region)
        self.url = connection.api_url.replace("{region}", region).rstrip("/")
        self._headers = dict(connection.headers, **{"User-Agent": f"magalu.cloud/{VERSION} {agent}"})
        self._proxies = requests.utils.get_environ_proxies(self.url)
        for url in (self.url, *map(str, self._proxies.values())):
            self.secrets += user_info_secrets(url) if "@" in url else ()
        self._context: t.Any = None
        if self.url.startswith("https:"):
            self._context = tls_context(connection.validate_certs, connection.ca_path)
        self._session = self._new_session(10)

    def request(self, method: str, path: str, query: t.Sequence[tuple[str, str]] = (), body: t.Any = None,
                headers: dict[str, str] | None = None, once: bool = False) -> Answer:  # fmt: skip
        """Send a request, and retry it where that is safe (`may_repeat`).

        Raise the last `ApiError` when the tries or the time are used up; with `once`, raise the first.
        """
        tries = None
        while True:
            try:
                return self._send(method, path, query, body, headers)
            except ApiError as error:
                if once:
                    raise
                tries = tries or Tries(self)
                self.clock.sleep(tries.pause(error))  # raises the error if no other try is allowed

    def _session_for(self, method: str) -> t.Any:
        """Return the session for a request.

        A POST gets a new connection: if the server has closed a kept connection, that looks exactly like a lost
        response.
        """
        return self._new_session(1) if method == "POST" else self._session

    def _release(self, session: t.Any) -> None:
        if session is not self._session:
            session.close()

    def _new_session(self, size: int) -> t.Any:
        session = requests.Session()
        session.trust_env = False  # no .netrc; this collection itself reads proxies and CA bundles from the environment
        if self._context is not None:
            session.mount("https://", tls_adapter(self._context, size))
        return session

    def _send(self, method: str, path: str, query: t.Any, body: t.Any, headers: dict[str, str] | None) -> Answer:
        if not PATH.fullmatch(path):
            raise ApiError(method, path, f"invalid id in path {path!r}", sent=False, final=True)
        session = self._session_for(method)
        timeout = self.connection.api_timeout
        until = time.monotonic() + timeout
        try:
            with session.request(method, self.url + path, params=query, json=body, timeout=(timeout, timeout),
                                 headers=dict(self._headers, **headers or {}), allow_redirects=False, stream=True,
                                 proxies=self._proxies, verify=self.connection.validate_certs) as response:  # fmt: skip
                content = b"".join(self._body(response, until))
        except (requests.RequestException, HTTPError, OSError, ValueError) as cause:
            raise network_error(self, method, path, cause) from None
        finally:
            self._release(session)
        self.date = (response.headers.get("Date"), self.clock.now())
        try:
            # NaN is not valid JSON: int() raises ValueError for it.
            parsed = json.loads(content, parse_constant=int) if content.strip() else None
            level: list[t.Any] = [[parsed]]
            for _level in range(DEEPEST):
                parts = (part.values() if isinstance(part, dict) else part for part in level)
                level = [item for part in parts for item in part if isinstance(item, (dict, list))]
            parsed = content if level else parsed
        except (ValueError, RecursionError):
            parsed = content
        unusable = isinstance(parsed, bytes) or (parsed is None and method == "GET")
        if 200 <= response.status_code < 300 and not unusable:
            self.reached = True
            return Answer(response.status_code, parsed)
        error = response_error(self, method, path, response, parsed)
        # Each 404 of the API has a slug. Any other for a list that is there is a gateway's.
        error.contradicted = error.status == 404 and not error.slug and method == "GET" and path in self.listed
        raise error

    @staticmethod
    def _body(response: t.Any, until: float) -> t.Iterator[bytes]:
        """Yield the body in chunks; raise if a response takes too long or is too large."""
        raw, size = response.raw, 0
        read = getattr(raw, "read1", None)  # urllib3 2: returns the bytes that have arrived; 1.26 lacks it
        bits = iter(lambda: read(65536, decode_content=True), b"") if read else response.iter_content(512)
        for bit in bits:
            size += len(bit)
            if size > LARGEST_BODY or time.monotonic() > until:
                slow = requests.exceptions.ReadTimeout("the response came too slowly")
                raise ValueError("body_too_large") if size > LARGEST_BODY else slow
            yield bit
        if read:
            raw.release_conn()


FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0  # seconds: after the first failure, and the maximum


def may_repeat(method: str, error: ApiError) -> bool:
    """Return whether a request may be sent again without reading the resource first."""
    if not error.sent:
        return not error.final
    if method == "GET":
        return error.passing
    # After a refusal for now, `_engine/member.py` reads the resource before it sends the step again.
    unanswered = error.status in (None, *TIMED_OUT, 502, 503, 504)
    return method in ("DELETE", "PATCH") and unanswered and not (error.later or error.final)


def pause_after(failures: int, retry_after: float | None = None) -> float:
    """Return the seconds until the next try after that many failures in a row.

    These are the API's Retry-After if it sent any; else they grow exponentially. Jitter is not included.
    """
    return retry_after or min(FIRST_PAUSE * 2 ** min(failures - 1, 10), LONGEST_PAUSE)


class Tries:
    """The number of tries of a request, and the time until which it may be retried."""

    def __init__(self, client: Client) -> None:
        self.made = self.faults = 0  # failed tries, and those of them that `api_retries` limits
        self.lost = False
        self.client = client
        self.until = client.deadline or client.clock.now() + 600

    def pause(self, error: ApiError) -> float:
        """Return the seconds until the next try. Raise the error if no other try is safe or left.

        After a refusal for now (429, or 503 with Retry-After) the request is retried until the deadline: it does not
        count against `api_retries`.
        """
        error.repeated, self.lost = self.lost, self.lost or error.lost
        self.made += 1
        self.faults += not error.later
        if self.faults > self.client.connection.api_retries or not may_repeat(error.method, error):
            raise error
        pause, time_left = pause_after(self.made, error.retry_after), self.until - self.client.clock.now()
        if error.retry_after:
            pause += random.uniform(0.05, 0.6)
        else:
            pause *= random.uniform(0.8, 1.2)
            if error.later and time_left > 0:
                pause = min(pause, time_left)  # the last try is made at the deadline
        if pause > time_left:
            tries = f"{self.made} {'try' if self.made == 1 else 'tries'}"
            error.message += f" (given up after {tries}: no time is left for another)"
            raise error
        return pause
