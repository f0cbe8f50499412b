# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What failures mean, in words that a person can act on. Imported only when there is one."""

from __future__ import annotations

import functools
import html
import json
import re
import time
import typing as t
from email.utils import parsedate_to_datetime
from urllib.parse import quote, urlsplit

if t.TYPE_CHECKING:
    import requests

from ._api import Refused
from ._client import ApiError, Client, Connection
from ._goals import api_now

_NEVER_SENT = (
    "NewConnectionError",
    "NameResolutionError",
    "ConnectTimeoutError",
    "SSLCertVerificationError",
)
_TAGS = re.compile(r"<(script|style).*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)


@functools.lru_cache(None)
def forms(*secrets: str) -> list[str]:
    """The secrets as they are, and as parts of an address, a page, a text in JSON and one in a program; longest first."""
    escaped = (lambda text: quote(text, safe="", errors="replace"), html.escape, lambda text: json.dumps(text)[1:-1],
               lambda text: repr(text)[1:-1])  # fmt: skip
    made = {*secrets, *(escape(text) for text in secrets for escape in escaped)}
    return sorted(made - {""}, key=len, reverse=True)


def mask(client: Client, text: str) -> str:
    """The text without any secret of this run."""
    for secret in forms(*client.secrets):
        text = text.replace(secret, "********")
    return re.sub(r"(://)[^/\s]*@", r"\1********@", text)  # a proxy's user and password


def from_network(client: Client, method: str, path: str, cause: Exception) -> ApiError:
    """The error for a request that got no usable answer."""
    if isinstance(cause, ValueError) and str(cause) == "body_too_large":
        return ApiError(method, path, "the answer is larger than 32 MiB", 200, "body_too_large", final=True)
    chain = _chain(cause)
    names = {type(link).__name__ for link in chain}
    host = re.sub(r"^\w+://(?:[^/]*@)?([^/]*).*", r"\1", client.url)
    deepest = mask(client, re.sub(r"<[^>]*>:? ?", "", str(chain[-1])))[:300]
    sent = not names & set(_NEVER_SENT)
    final = False
    if names & {"ProxyError", "InvalidProxyURL", "ProxySchemeUnknown"}:
        text = f"the proxy (HTTPS_PROXY, HTTP_PROXY, NO_PROXY) does not let us through: {deepest}"
        # urllib3 1.26 says the same where a request was sent through the proxy and its answer was lost.
        final = "ProxyError" not in names
        sent = sent and not final and "Tunnel connection failed" not in str(chain[-1])
    elif names & {"InvalidURL", "InvalidSchema", "MissingSchema", "LocationParseError", "InvalidHeader"}:
        text, sent, final = f"api_url, a proxy or a header is not usable: {deepest}", False, True
    elif "NameResolutionError" in names or "gaierror" in names:
        text = f"the name {host} does not resolve; is region {client.connection.region!r} right, and api_url?"
        sent = False
    elif "SSLCertVerificationError" in names or "CertificateError" in names:
        text = (
            f"the certificate of {host} is not trusted: {deepest}. If it is signed by an authority of your own, give its "
            "certificate with ca_path (MGC_CA_PATH)"
        )
        sent, final = False, True
    elif "SSLError" in names:
        text = f"TLS with {host} failed: {deepest}"
    elif names & {"ReadTimeout", "ReadTimeoutError", "ConnectTimeout", "ConnectTimeoutError"}:
        text = f"no complete answer from {host} within api_timeout ({client.connection.api_timeout:g} s)"
    elif not sent:
        text = f"no connection to {host}: {deepest}"
    else:
        text = f"the connection to {host} broke before the answer was complete: {deepest}"
    return ApiError(method, path, text, sent=sent, final=final)


def _chain(cause: BaseException) -> list[BaseException]:
    """The exception and all that stands behind it, outermost first."""
    chain: list[BaseException] = []
    todo: list[t.Any] = [cause]
    while todo:
        link = todo.pop(0)
        if isinstance(link, BaseException) and link not in chain:
            chain.append(link)
            todo += [getattr(link, "reason", None), *link.args, link.__cause__, link.__context__]
    return chain


def from_answer(client: Client, method: str, path: str, response: requests.Response, body: t.Any) -> ApiError:
    """The error that an answer tells, in any of the shapes that the API and its gateways use."""
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
        message = message or str(body.get("detail") or body.get("error") or "")
    elif isinstance(body, bytes):
        text = mask(client, body.decode("utf-8", "replace"))  # first: a cut could leave half of a secret
        message = " ".join(_TAGS.sub(" ", text[:5000]).split())[:200]
        if 200 <= status < 300:
            message = f"the answer is no JSON: {message}"
    if 300 <= status < 400:
        target = response.headers.get("Location", "nowhere")
        message = f"the API redirects to {target}, which is not followed; is api_url right?"
    details = mask_all(client, details)
    request_id = response.headers.get("X-Request-ID") or response.headers.get("X-Mgc-Trace-Id")
    return ApiError(
        method, path, mask(client, message), status, slug and mask(client, str(slug)), details, request_id,
        _retry_after(response, client), final=300 <= status < 400,
    )  # fmt: skip


def _retry_after(response: requests.Response, client: Client) -> float | None:
    """Retry-After in seconds, given as such or as a date (then by the API's own clock)."""
    value = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", value):
        return min(float(value), 1e9)
    try:
        until = parsedate_to_datetime(value).timestamp()
    except (TypeError, ValueError):
        return None
    return max(until - (api_now(client) or time.time()), 0)


def advice(client: Client, error: ApiError) -> str:
    """What to do next, a sentence, or nothing."""
    scope = "virtual-machine.read" if error.method == "GET" else "virtual-machine.write"
    if error.status in (401, 403):
        return (
            f"The {client.connection.credential} is invalid, expired, of another tenant, or without the scope {scope}."
        )
    if error.status == 422 and "tenant" in f"{error.message} {error.details}".lower():
        return "Give the tenant's id with tenant_id (MGC_TENANT_ID)."
    if "quota" in f"{error.slug} {error.message}".lower():
        return "Delete what is no longer needed, public IPs too, or have the quota raised."
    if error.later:
        return "The API limits requests: run fewer tasks at once, or try again later."
    if error.status is not None and error.status >= 500:
        return "The API has a fault; try again, and give the request id to the support if it stays."
    return ""


def sentence(client: Client, doing: str, error: ApiError) -> str:
    """What was being done to what, the API's own words, and what to do next."""
    facts = [f"status {error.status}"] if error.status else []
    facts += [f"slug {error.slug}"] if error.slug else []
    facts += [f"request id {error.request_id}"] if error.request_id else []
    facts += [f"{error.method} {error.path}"]
    words = error.message or "no message"
    return mask(client, f"Failed to {doing}: {words.rstrip('.')} ({', '.join(facts)}). {advice(client, error)}".strip())


def as_result(client: Client, doing: str, error: ApiError) -> dict[str, t.Any]:
    """The error as it stands in a result."""
    return {
        "doing": doing, "status": error.status, "slug": error.slug, "message": mask(client, error.message),
        "details": error.details, "request_id": error.request_id,
    }  # fmt: skip


def mask_all(client: Client, value: t.Any) -> t.Any:
    """The same value with every text in it masked."""
    if isinstance(value, dict):
        return {mask(client, str(key)): mask_all(client, item) for key, item in value.items()}
    if isinstance(value, list):
        return [mask_all(client, item) for item in value]
    return mask(client, value) if isinstance(value, str) else value


def one_credential(keys: list[str], sources: dict[str, str]) -> str:
    """Which one counts, where the task has none of the credentials, or both: then that of the options."""
    import platform

    if not keys:
        raise Refused(
            "No credentials: give api_key (or access_token), or set MGC_API_KEY (or MGC_ACCESS_TOKEN) in the environment "
            f"of the host that the module runs on, which is {platform.node()!r}. To run it on the controller instead, use "
            "delegate_to: localhost."
        )
    options = [name for name in keys if sources[name] == "given as an option"]
    if len(options) != 1:
        where = "as options" if options else "in the environment"
        raise Refused(f"api_key and access_token exclude each other, but both are given {where}; leave one out.")
    return options[0]


def unprotected(made: Connection) -> list[str]:
    """Warnings where credentials travel so that others can read them."""
    host = urlsplit(made.api_url).hostname or ""
    local = host in ("localhost", "::1") or (host.startswith("127.") and host.replace(".", "").isdigit())
    if made.api_url.startswith("http://"):
        return [] if local else [f"api_url is http://{host}: credentials travel unprotected."]
    return [] if made.validate_certs else ["validate_certs is false: whoever stands between can read the credentials."]
