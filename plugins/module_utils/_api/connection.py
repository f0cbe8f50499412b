# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The connection options that every module and the inventory share.

Each has an environment variable; `resolve_connection` turns options and variables into a `Connection`.
"""

from __future__ import annotations

import os
import re
import typing as t
from urllib.parse import urlsplit

from ansible.module_utils.common.parameters import AnsibleFallbackNotFound

from .exceptions import NoCredentials, Refused

DEFAULT_URL = "https://api.magalu.cloud/{region}/compute"


class Connection(t.NamedTuple):
    """The resolved options for reaching the API (see `resolve_connection`)."""

    api_url: str
    region: str
    credential: str  # the option that it came from, and its source: "api_key (from MGC_API_KEY)"
    headers: dict[str, str]
    secrets: tuple[str, ...] = ()
    validate_certs: bool = True
    ca_path: str | None = None
    api_timeout: float = 30
    api_retries: int = 4


# option: (environment variable, default, type)
SHARED: dict[str, tuple[str, t.Any, str]] = {
    "api_key": ("MGC_API_KEY", None, "str"),
    "access_token": ("MGC_ACCESS_TOKEN", None, "str"),
    "tenant_id": ("MGC_TENANT_ID", None, "str"),
    "region": ("MGC_REGION", "br-se1", "str"),
    "api_url": ("MGC_API_URL", DEFAULT_URL, "str"),
    "validate_certs": ("MGC_VALIDATE_CERTS", True, "bool"),
    "ca_path": ("MGC_CA_PATH", None, "path"),
    "api_timeout": ("MGC_API_TIMEOUT", 30, "float"),
    "api_retries": ("MGC_API_RETRIES", 4, "int"),
}
SECRET = ("api_key", "access_token")
_PLAIN_URL = re.compile(
    r"https?://[\w.{}-]+(:(6[0-4]\d{3}|[1-5]\d{4}|[1-9]\d{0,3}))?(/|$)"
)  # other URLs are checked in detail (`check_connection`)
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


def is_blank(value: t.Any) -> bool:
    """Return whether a value counts as not given.

    AWX sends an empty text for every input that was left out.
    """
    return value is None or (isinstance(value, str) and not value.strip())


def connection_spec() -> dict[str, t.Any]:
    """Return the argument spec of the shared options.

    Options without a default have no fallback in it: `resolve_connection` reads their environment variables.
    """
    spec: dict[str, t.Any] = {}
    for name, (variable, default, kind) in SHARED.items():
        spec[name] = {"type": kind, "no_log": name in SECRET}
        if default is not None:
            spec[name].update(default=default, fallback=(_from_environment, [variable]))
    return spec


def _from_environment(variable: str) -> str:
    value = os.environ.get(variable)
    if value is None or is_blank(value):
        raise AnsibleFallbackNotFound
    return value


def resolve_connection(given: t.Callable[[str], t.Any], environ: t.Mapping[str, str] | None = None) -> Connection:
    """Return the connection that the options and the environment define.

    `given` returns an option's value, None or blank if it is not given. Raise `Refused` with a message that names the
    option, and never the value of a secret.
    """
    values: dict[str, t.Any] = {}
    sources: dict[str, str] = {}
    for name, (variable, default, kind) in SHARED.items():
        value, sources[name] = given(name), "given as an option"
        if is_blank(value):
            value, sources[name] = (environ if environ is not None else os.environ).get(variable), f"from {variable}"
        values[name] = default if is_blank(value) else _typed(value, kind, f"{name} ({variable})")
    keys = [name for name in SECRET if values[name]]
    if len(keys) != 1:
        keys = [choose_credential(keys, sources)]
    secret = values[keys[0]]
    headers = {"x-api-key": secret} if keys[0] == "api_key" else {"Authorization": f"Bearer {secret}"}
    if values["tenant_id"]:
        headers["x-tenant-id"] = values["tenant_id"]
    url = values["api_url"]
    if not (_PLAIN_URL.match(url) and 0.001 <= values["api_timeout"] <= 1e6 and 0 <= values["api_retries"] <= 1e6):
        check_connection(values, keys[0])
    credential = f"{keys[0]} ({sources[keys[0]]})"
    others = {name: values[name] for name in ("region", "validate_certs", "ca_path", "api_timeout", "api_retries")}
    return Connection(url, headers=headers, credential=credential, secrets=(secret,), **others)


def _typed(value: t.Any, kind: str, source: str) -> t.Any:
    """Convert a value to its type. Strip white space; refuse control characters."""
    text = str(value).strip()
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise Refused(f"{source} holds a control character (a line break?), which no header or URL can carry.")
    if kind == "str":
        if not text.isascii():
            raise Refused(f"{source} holds a character that is not ASCII, which no header or URL can carry.")
        return text
    if kind == "bool" and text.lower() in _TRUE + _FALSE:
        return text.lower() in _TRUE
    if kind == "path":
        return os.path.expanduser(os.path.expandvars(text))
    try:
        return {"int": int, "float": float}[kind](text)
    except (KeyError, ValueError):
        raise Refused(f"{source}: {text!r} is not a valid {'boolean' if kind == 'bool' else kind}") from None


def choose_credential(keys: list[str], sources: dict[str, str]) -> str:
    """Return the credential to use if the task has none of them, or both.

    An option takes precedence over an environment variable. Raise `NoCredentials` if there is no credential, `Refused`
    if both come from the same place.
    """
    if not keys:
        raise NoCredentials(
            "No credentials: give api_key (or access_token), or set MGC_API_KEY (or MGC_ACCESS_TOKEN) in the "
            "environment."
        )
    options = [name for name in keys if sources[name] == "given as an option"]
    if len(options) != 1:
        where = "as options" if options else "in the environment"
        raise Refused(f"api_key and access_token exclude each other, but both are given {where}; leave one out.")
    return options[0]


def check_connection(values: dict[str, t.Any], credential: str) -> None:
    """Refuse an unusable api_url, api_timeout or api_retries. NaN is refused, too."""
    url = values["api_url"]
    shown = re.sub(r"//.*@", "//********@", url)
    try:
        parts = urlsplit(url)
        if not (url.startswith(("https://", "http://")) and parts.hostname and parts.port != 0):
            raise ValueError(url)
    except ValueError:
        raise Refused(
            f"api_url (MGC_API_URL): {shown!r} is not a URL that begins with https:// or http:// and a host"
        ) from None
    if "@" in parts.netloc and credential == "access_token":
        raise Refused(
            f"api_url (MGC_API_URL): {shown!r} has a user and a password, which would be sent instead of access_token "
            "(MGC_ACCESS_TOKEN). Use api_key, or leave them out."
        )
    for name, least in (("api_timeout", 0.001), ("api_retries", 0)):
        if not least <= values[name] <= 1e6:
            raise Refused(f"{name} (MGC_{name.upper()}): {values[name]:g} is not between {least:g} and 1,000,000")


def connection_warnings(made: Connection) -> list[str]:
    """Return a warning if others can read the credentials on their way to the API."""
    host = urlsplit(made.api_url).hostname or ""
    local = host in ("localhost", "::1") or (host.startswith("127.") and host.replace(".", "").isdigit())
    if made.api_url.startswith("http://"):
        return [] if local else [f"api_url is http://{host}: credentials travel unprotected."]
    return [] if made.validate_certs else ["validate_certs is false: whoever stands between can read the credentials."]
