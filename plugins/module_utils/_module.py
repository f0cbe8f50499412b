# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The glue to Ansible: options, check mode, results, diffs, end of the process."""

from __future__ import annotations

import difflib
import platform
import re
import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ._api.client import HAS_REQUESTS, REQUESTS_ERROR
from ._api.connection import connection_spec, connection_warnings, is_blank, resolve_connection
from ._api.exceptions import NoCredentials, Refused
from ._api.listing import Api
from ._api.messages import plain_error
from ._api.times import Clock
from ._engine.orphan import current_run
from ._engine.outcome import Outcome
from ._engine.run import run
from ._plan.step import Task
from ._resources.results import billed_warning, explain_failure, outcome_diff, outcome_result

T = t.TypeVar("T")
# The option of the modules that change something.
EXPECTED_PLAN: dict[str, dict[str, t.Any]] = {"expected_plan": {"type": "raw"}}
BINARY = "binary data"
LONGEST = 10**9  # seconds of wait_timeout; no time can be computed with some larger numbers
_PROTECTED = ("https:", "http://127.0.0.1:", "http://localhost:")  # nobody can read credentials on the way
# Every module accepts these options, so that the module_defaults of the action group can contain them.
GROUP: dict[str, dict[str, t.Any]] = {
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int"},
    "protect_names": {"type": "list", "elements": "str"},
    "protect_labels": {"type": "list", "elements": "str"},
    "delete_public_ip": {"type": "bool"},
}


class Module(AnsibleModule):  # type: ignore[misc]
    """An AnsibleModule with the shared options; null and empty texts count as not given."""

    def __init__(self, spec: dict[str, t.Any], **kwargs: t.Any) -> None:
        self.not_text = ""
        spec = {**connection_spec(), **GROUP, **spec}
        super().__init__(spec, **{"supports_check_mode": True, **kwargs})
        if self.not_text:
            self.fail_json(self.not_text)

    def _load_params(self) -> None:
        super()._load_params()
        if is_blank(self.params.get("expected_plan", "no")) and "expected_plan" in self.argument_spec:
            # Else a playbook that loses the approved plan on the way would do whatever it plans.
            self.not_text = "expected_plan is empty. Leave it out (omit) to do what was not approved."
        self.params: dict[str, t.Any] = _drop_blank(self.params, self.argument_spec)
        for option, kind in _drop_data(self.params, self.argument_spec):
            self.not_text = self.not_text or not_text_message(option, kind)  # reported when Ansible knows the secrets

    def _log_invocation(self) -> None:
        """Hide secrets of several lines in syslog, too.

        Ansible searches the repr of nested options for secrets, and the repr of such a text differs from the text.
        """
        self.no_log_values.update([repr(value)[1:-1] for value in self.no_log_values])
        super()._log_invocation()

    def fail_json(self, msg: str, **kwargs: t.Any) -> t.NoReturn:
        """Fail with an `error` that has the same keys in every failure.

        If an option's value is not one of its choices, the message suggests the nearest choice.
        """
        msg = self.not_text or msg + did_you_mean(msg)
        super().fail_json(msg=msg, **{"error": plain_error("check the options", msg), **kwargs})
        raise SystemExit  # never reached: for readers and type checkers

    def warn(self, warning: str, **kwargs: t.Any) -> None:
        """Warn without secrets."""
        super().warn(self._hide_secrets(warning), **kwargs)

    def _return_formatted(self, kwargs: dict[str, t.Any]) -> None:
        """Return a result without secrets.

        From ansible-core 2.22 on, secrets stay in a result: they are hidden only where Ansible shows it.
        """
        result = {"invocation": {"module_args": self.params}, **kwargs}
        super()._return_formatted(self._hide_secrets(result))

    def _hide_secrets(self, value: t.Any) -> t.Any:
        return mask_secrets(value, sorted(self.no_log_values, key=len, reverse=True))

    def client(self, *secrets: str | None, make: type[Api] = Api) -> Api:
        """Return a client for the API that the options define.

        Its deadline is set from wait_timeout. No output shows any of the secrets, with or without the white space
        around it.
        """
        if not HAS_REQUESTS:
            text = missing_required_lib("requests")
            error = plain_error("import requests", text)
            self.fail_json(text, exception=REQUESTS_ERROR, error=error)
        try:
            connection = resolve_connection(self.params.get)
            hidden = {form for text in (*connection.secrets, *secrets) if text for form in (text, text.strip())}
            self.no_log_values.update(hidden)
            if not (connection.validate_certs and connection.api_url.startswith(_PROTECTED)):
                for warning in connection_warnings(connection):
                    self.warn(warning)
            agent = f"ansible-core/{self.ansible_version} python/{platform.python_version()}"
            client = make(connection._replace(secrets=(*hidden,)), agent, Clock(sleep=_sleep))
        except Refused as error:
            self.fail_json(_credentials_message(error) if isinstance(error, NoCredentials) else str(error))
        restoring = self.params.get("snapshot") or self.params.get("backup")
        timeout = self.params.get("wait_timeout")
        self.params["wait_timeout"] = (3600 if restoring else 600) if timeout is None else timeout
        if not 1 <= self.params["wait_timeout"] <= LONGEST:
            limit = "1 or more" if self.params["wait_timeout"] < 1 else f"{LONGEST} or less"
            self.fail_json(f"wait_timeout is {timeout}; it must be {limit} (seconds).")
        client.deadline, client.warn = client.clock.now() + self.params["wait_timeout"], self.warn
        return client

    def fail(self, client: Api, doing: str, error: Exception, **result: t.Any) -> t.NoReturn:
        """Fail with the operation, the API's words, what to do next, and the steps done so far.

        `result` is what the module returns besides the error.
        """
        message, failure_result = explain_failure(client, doing, error, result)
        self.fail_json(message, **failure_result)

    def check(self, function: t.Callable[..., T], *arguments: t.Any) -> T:
        """Return what the function returns. End the module if it refuses the options."""
        try:
            return function(*arguments)
        except Refused as error:
            self.fail_json(str(error))

    def check_or_do(self, function: t.Callable[..., T], *arguments: t.Any) -> T:
        """Return what the function returns; its last argument is true in check mode.

        End the module if the function refuses the options.
        """
        return self.check(function, *arguments, self.check_mode)

    def reconcile(self, client: Api, make_task: t.Callable[[bool], Task]) -> None:
        """Reconcile the task's resource, and end the module.

        `make_task` gets true in check mode.
        """

        def reconcile(check: bool) -> Outcome:
            seconds, expected = self.params["wait_timeout"], self.params["expected_plan"]
            return run(make_task(check), client, seconds, self.params["wait"], check, expected)

        outcome = self.check_or_do(reconcile)
        for warning in outcome.warnings:
            self.warn(warning)
        if outcome.kept_public_ips:
            self.warn(billed_warning(outcome.kept_public_ips, outcome.task.label))
        result = outcome_result(outcome)
        if outcome.failure:
            self.fail(client, f"look at {outcome.task.label}", outcome.failure, **result)
        if self._diff:
            result["diff"] = outcome_diff(outcome)
        self.exit_json(**result)


def _credentials_message(error: NoCredentials) -> str:
    """Return the message with the host whose environment was read, and a remedy."""
    here = f"{str(error).rstrip('.')} of the host that the module runs on, which is {platform.node()!r}."
    return here if current_run().parent else f"{here} To run it on the controller instead, use delegate_to: localhost."


def _sleep(seconds: float) -> None:
    current_run().sleep(seconds)


def _drop_blank(value: t.Any, spec: dict[str, t.Any]) -> t.Any:
    """Return the options without values that count as not given.

    A value that should be a dict and is not becomes a text, which Ansible rejects; any other type makes it crash.
    """
    if isinstance(value, list):
        return [_drop_blank(item, spec) for item in value]
    if not isinstance(value, dict):
        return str(value) if spec else value
    return {k: _drop_blank(v, spec.get(k, {}).get("options", {})) for k, v in value.items() if not is_blank(v)}


def _drop_data(params: dict[str, t.Any], spec: dict[str, t.Any], above: str = "") -> list[tuple[str, str]]:
    """Remove mappings, lists and binary data from options that must be text.

    Return the path and kind of each. Ansible would convert mappings and lists to their Python form, with only a
    warning, which shows them. Binary data comes from a lookup of a file; no request can carry it.
    """
    dropped = []
    for name, option in spec.items():
        value, path = params.get(name), f"{above}{name}"
        texts, listed = option.get("type", "str") in ("str", "path"), isinstance(value, list)
        if texts and _kind_of_data(value):
            dropped.append((path, _kind_of_data(value)))
            del params[name]
        for number, item in enumerate(t.cast("list[t.Any]", value) if listed and not texts else [value]):
            place = f"{path}[{number}]" if listed else path
            if isinstance(item, dict) and option.get("options"):
                dropped += _drop_data(item, option["options"], f"{place}.")
            elif listed and not texts and option.get("elements") == "str" and _kind_of_data(item):
                dropped.append((place, _kind_of_data(item)))
        if listed and not texts and option.get("elements") == "str":
            params[name] = [item for item in t.cast("list[t.Any]", value) if not _kind_of_data(item)]
    return dropped


def mask_secrets(value: t.Any, secrets: list[str]) -> t.Any:
    """Return the value with all secrets in its texts masked, in the same way as ansible-core before 2.22."""
    if isinstance(value, dict):
        return {key: mask_secrets(item, secrets) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [mask_secrets(item, secrets) for item in value]
    if not isinstance(value, str):
        return value
    if value in secrets:
        return "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
    for secret in secrets:
        value = value.replace(secret, "********")
    return value


def _kind_of_data(value: t.Any) -> str:
    """Return what a value is that cannot be text, or ""."""
    if isinstance(value, (dict, list)):
        return "a list" if isinstance(value, list) else "a mapping"
    # Ansible represents bytes that are not UTF-8 by halves of surrogate pairs.
    return BINARY if isinstance(value, str) and re.search("[\ud800-\udfff]", value) else ""


_MEANT = {
    "started": "running", "start": "running", "on": "running", "restarted": "rebooted", "stop": "stopped",
    "reset": "rebooted", "off": "stopped", "poweroff": "stopped", "paused": "suspended", "deleted": "absent",
    "created": "present", "reboot": "rebooted", "restart": "rebooted", "suspend": "suspended",
}  # fmt: skip
_KINDS = {
    "vms": "instances", "servers": "instances", "virtual_machines": "instances", "flavors": "machine_types",
    "types": "machine_types", "instance_types": "machine_types", "logs": "init_logs",
}  # fmt: skip


def did_you_mean(message: str) -> str:
    """Return a suggestion to append to Ansible's message about a wrong choice, or ""."""
    wrong = re.search(r"value of (\w+) must be one of: (.*), got: (.+?)(?: found in .*)?$", message) or re.search(
        r"value of (\w+) must be one or more of: (.*)\. Got no match for: (.+?)(?: found in .*)?$", message
    )
    if not wrong:
        return ""
    option, choices, given = (
        wrong.group(1),
        wrong.group(2).split(", "),
        wrong.group(3).strip().lower().replace("-", "_"),
    )
    names = _MEANT if option == "state" else _KINDS if option == "kind" else {}
    named = names.get(given) or names.get(f"{given}s")
    near = [named] if named in choices else difflib.get_close_matches(given, choices, 1)
    return f". Did you mean {near[0]}?" if near else ""


def not_text_message(option: str, kind: str) -> str:
    """Return the error for an option that must be text, and is a mapping, a list or binary data."""
    if option.endswith("user_data") and kind == BINARY:
        return f"{option} is {kind}; it must be text. Give binary data in base64, as user_data_base64."
    if option.endswith("user_data"):
        return (
            f"{option} is {kind}; it must be text. For cloud-init, write it as a block (user_data: |) whose first "
            "line is "
            "#cloud-config."
        )
    return f"{option} is {kind}; it must be text."
