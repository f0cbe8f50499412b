# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options that every module and the inventory share, each with its environment variable, and what they come to."""

from __future__ import annotations

import os
import typing as t
from urllib.parse import urlsplit

from ansible.module_utils.common.parameters import AnsibleFallbackNotFound

from ._api import DEFAULT_URL, Refused
from ._client import Connection

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
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


def blank(value: t.Any) -> bool:
    """AWX sends an empty text for every input that was left out."""
    return value is None or (isinstance(value, str) and not value.strip())


def argument_spec() -> dict[str, t.Any]:
    """The shared options for a module. Where there is no default, `connection` looks in the environment itself."""
    spec: dict[str, t.Any] = {}
    for name, (variable, default, kind) in SHARED.items():
        spec[name] = {"type": kind, "no_log": name in SECRET}
        if default is not None:
            spec[name].update(default=default, fallback=(_from_environment, [variable]))
    return spec


def _from_environment(variable: str) -> str:
    value = os.environ.get(variable)
    if value is None or blank(value):
        raise AnsibleFallbackNotFound
    return value


def connection(given: t.Callable[[str], t.Any], environ: t.Mapping[str, str] | None = None) -> Connection:
    """What the options come to; `given` gives an option's value, None or blank where it is not given.

    Raises `Refused` with a sentence that names the option, and never the value of a secret.
    """
    values: dict[str, t.Any] = {}
    sources: dict[str, str] = {}
    for name, (variable, default, kind) in SHARED.items():
        value, sources[name] = given(name), "given as an option"
        if blank(value):
            value, sources[name] = (environ if environ is not None else os.environ).get(variable), f"from {variable}"
        values[name] = default if blank(value) else _typed(value, kind, f"{name} ({variable})")
    keys = [name for name in SECRET if values[name]]
    if len(keys) != 1:
        from . import _errors

        keys = [_errors.one_credential(keys, sources)]
    secret = values[keys[0]]
    headers = {"x-api-key": secret} if keys[0] == "api_key" else {"Authorization": f"Bearer {secret}"}
    if values["tenant_id"]:
        headers["x-tenant-id"] = values["tenant_id"]
    url = values["api_url"]
    try:
        if not (url.startswith(("https://", "http://")) and urlsplit(url).hostname and urlsplit(url).port != 0):
            raise ValueError(url)
    except ValueError:
        raise Refused(f"api_url (MGC_API_URL): {url!r} is no URL that begins with https:// or http://") from None
    for name, least in (("api_timeout", 0.001), ("api_retries", 0)):
        if not least <= values[name] <= 1e6:  # nor NaN
            raise Refused(f"{name} ({SHARED[name][0]}): {values[name]:g} is not between {least:g} and 1,000,000")
    credential = f"{keys[0]} ({sources[keys[0]]})"
    others = {name: values[name] for name in ("region", "validate_certs", "ca_path", "api_timeout", "api_retries")}
    return Connection(url, headers=headers, credential=credential, secrets=(secret,), **others)


def _typed(value: t.Any, kind: str, source: str) -> t.Any:
    """The value in its type; texts without white space around them and without control characters inside."""
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
        raise Refused(f"{source}: {text!r} is no {'boolean' if kind == 'bool' else kind}") from None
