# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Conversion of failed requests and error responses to `ApiError`s without secrets."""

from __future__ import annotations

import functools
import json
import platform
import re
import time
import typing as t
from email.utils import parsedate_to_datetime
from urllib.parse import quote, unquote

from .connection import Connection
from .exceptions import ApiError
from .times import Timed, api_now

if t.TYPE_CHECKING:
    import requests

_NEVER_SENT = (
    "NewConnectionError",
    "NameResolutionError",
    "ConnectTimeoutError",
    "SSLCertVerificationError",
)
_UNUSABLE = {"InvalidURL", "InvalidSchema", "MissingSchema", "LocationParseError", "InvalidHeader"}
_OWN_AUTHORITY = ". If it is signed by an authority of your own, give its certificate with ca_path (MGC_CA_PATH)"
_TAGS = re.compile(r"<(script|style).*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)


class Sender(Timed, t.Protocol):
    """The parts of a client that its errors are made from."""

    connection: Connection
    region_option: str  # the region option's name in messages
    url: str
    secrets: list[str]


# As html.escape does; importing that module would cost every task 3 ms.
_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})


def _escape_html(text: str) -> str:
    return text.translate(_HTML)


def user_info_secrets(url: str) -> list[str]:
    """Return the user and password in a URL, also in parts: a URL that is not valid is shown in parts."""
    user_info = url.rpartition("@")[0].split("://", 1)[-1]
    password = user_info.partition(":")[2]
    parts = (user_info, password, unquote(password), *re.split(r"[/?#\\[\]\s]", user_info))
    return [part for part in parts if len(part) > 3]  # shorter ones would mask parts of words


@functools.lru_cache(None)
def secret_forms(*secrets: str) -> list[str]:
    """Return the secrets in all forms in which a text can contain them, longest first.

    The forms are: as they are, quoted in a URL, escaped in HTML, in JSON, and in Python's repr.
    """
    escaped = (lambda text: quote(text, safe="", errors="replace"), _escape_html, lambda text: json.dumps(text)[1:-1],
               lambda text: repr(text)[1:-1])  # fmt: skip
    made = {*secrets, *(escape(text) for text in secrets for escape in escaped)}
    return sorted(made - {""}, key=len, reverse=True)


def mask(client: Sender, text: str) -> str:
    """Return the text with every secret of this run masked."""
    for secret in secret_forms(*client.secrets):
        text = text.replace(secret, "********")
    return re.sub(r"(://)[^/\s]*@", r"\1********@", text)  # user and password in a proxy's URL


def network_error(client: Sender, method: str, path: str, cause: Exception) -> ApiError:
    """Return the error for a request that got no usable response."""
    if isinstance(cause, ValueError) and str(cause) == "body_too_large":
        return ApiError(method, path, "the response is larger than 32 MiB", 200, "body_too_large", final=True)
    chain = _chain(cause)
    names = {type(link).__name__ for link in chain} - _of_response(chain)
    host = re.sub(r"^\w+://(?:[^/]*@)?([^/]*).*", r"\1", client.url)
    deepest = mask(client, re.sub(r"<[^>]*>:? ?", "", str(chain[-1])))[:300]
    sent = not names & set(_NEVER_SENT)
    final = False
    if "SOCKS" in deepest and "InvalidSchema" in names:
        text = (
            "the proxy (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY) is a SOCKS proxy, for which the Python package PySocks is "
            "needed on "
            f"{platform.node()!r}: pip install PySocks"
        )
        sent, final = False, True
    elif names & {"ProxyError", "InvalidProxyURL", "ProxySchemeUnknown"}:
        text = f"the proxy (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY) does not let us through: {deepest}"
        distrusted = "SSLCertVerificationError" in names
        text += _OWN_AUTHORITY if distrusted else ""
        # urllib3 1.26 also raises ProxyError if a request went through the proxy and its response was lost.
        final = "ProxyError" not in names or distrusted
        sent = sent and not final and "Tunnel connection failed" not in str(chain[-1])
    elif names & _UNUSABLE or "Invalid IPv6 URL" in deepest:
        text = f"api_url, a proxy or a header is not usable: {deepest}. Encode special characters in a URL (%2F for /)"
        sent, final = False, True
    elif "NameResolutionError" in names or "gaierror" in names:
        text = f"the name {host} does not resolve; check the region ({client.connection.region!r}) and api_url"
        sent = False
    elif "SSLCertVerificationError" in names or "CertificateError" in names:
        text = f"the certificate of {host} is not trusted: {deepest}{_OWN_AUTHORITY}"
        sent, final = False, True
    elif "SSLError" in names:
        text = f"TLS with {host} failed: {deepest}"
    elif names & {"ReadTimeout", "ReadTimeoutError", "ConnectTimeout", "ConnectTimeoutError"}:
        text = f"no complete response from {host} within api_timeout ({client.connection.api_timeout:g} s)"
    elif not sent:
        text = f"no connection to {host}: {deepest}"
    else:
        text = f"the connection to {host} broke before the response was complete: {deepest}"
    return ApiError(method, path, text, sent=sent, final=final)


def _of_response(chain: list[BaseException]) -> set[str]:
    """Return the name InvalidHeader if a response has it: then the request was sent."""
    return {type(link).__name__ for link in chain if type(link).__module__.startswith("urllib3")} & {"InvalidHeader"}


def _chain(cause: BaseException) -> list[BaseException]:
    """Return the exception and all of its causes, outermost first."""
    chain: list[BaseException] = []
    todo: list[t.Any] = [cause]
    while todo:
        link = todo.pop(0)
        if isinstance(link, BaseException) and link not in chain:
            chain.append(link)
            todo += [getattr(link, "reason", None), *link.args, link.__cause__, link.__context__]
    return chain


def response_error(client: Sender, method: str, path: str, response: requests.Response, body: t.Any) -> ApiError:
    """Return the error for an error response, in any format of the API and its gateways."""
    status = response.status_code
    slug = details = None
    message = ""
    if isinstance(body, dict):
        slug, message, details = body.get("slug"), str(body.get("message") or ""), body.get("details")
        if isinstance(body.get("detail"), list):
            details = body["detail"]
            message = "; ".join(
                f"{'.'.join(map(str, item['loc'] if isinstance(item.get('loc'), list) else []))}: {item.get('msg')}"
                for item in details
                if isinstance(item, dict)
            )
        # developerMessage, userMessage and errorCode are the gateway's own keys (facts.md): it refuses credentials so.
        gateway = dict.fromkeys(str(body[key]) for key in ("developerMessage", "userMessage") if body.get(key))
        message = message or str(body.get("detail") or body.get("error") or ". ".join(gateway))
        slug = slug or body.get("errorCode")
    elif isinstance(body, bytes):
        text = mask(client, body.decode("utf-8", "replace"))  # before the cut, which could leave half of a secret
        message = " ".join(_TAGS.sub(" ", text[:5000]).split())[:200]
        if 200 <= status < 300:
            message = f"the response is not JSON: {message}"
    elif body is None and 200 <= status < 300:
        message = "the response is empty"
    if 300 <= status < 400:
        target = response.headers.get("Location", "nowhere")
        message = f"the API redirects to {target}, which is not followed; check api_url"
    details = mask_all(client, details)
    request_id = response.headers.get("X-Request-ID") or response.headers.get("X-Mgc-Trace-Id")
    return ApiError(
        method, path, mask(client, message), status, slug and mask(client, str(slug)), details, request_id,
        _retry_after(response, client), final=300 <= status < 400,
    )  # fmt: skip


def _retry_after(response: requests.Response, client: Sender) -> float | None:
    """Return Retry-After in seconds; a date in it is compared with the API's own clock."""
    value = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", value):
        return min(float(value), 1e9)
    try:
        until = parsedate_to_datetime(value).timestamp()
    except (TypeError, ValueError):
        return None
    return max(until - (api_now(client) or time.time()), 0)


def mask_all(client: Sender, value: t.Any) -> t.Any:
    """Return the value with all secrets in its texts masked."""
    if isinstance(value, dict):
        return {mask(client, str(key)): mask_all(client, item) for key, item in value.items()}
    if isinstance(value, list):
        return [mask_all(client, item) for item in value]
    return mask(client, value) if isinstance(value, str) else value
