# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Between Ansible and the rest: options, results, errors, diff, and the one place that asks for check mode."""

from __future__ import annotations

import platform
import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from . import _client, _options
from ._api import MOVING, Refused, Resource, Row, status_class
from ._client import ApiError, Client
from ._read import Seen
from ._step import Look, Memory, Plan, Step

_PROTECTED = ("https:", "http://127.0.0.1:", "http://localhost:")  # credentials cannot be read on the way
WAIT = {"wait": {"type": "bool", "default": True}, "wait_timeout": {"type": "int", "default": 600}}


class Module(AnsibleModule):  # type: ignore[misc]
    """An AnsibleModule with the shared options, where an empty text counts as not given."""

    def __init__(self, spec: dict[str, t.Any], **kwargs: t.Any) -> None:
        super().__init__(argument_spec=dict(_options.argument_spec(), **spec), supports_check_mode=True, **kwargs)

    def _load_params(self) -> None:
        super()._load_params()
        self.params: dict[str, t.Any] = _without_blanks(self.params)

    def fail_json(self, msg: str, **kwargs: t.Any) -> t.NoReturn:
        """Fails; an unknown state gets a word on which one is meant."""
        if "value of state must be one of" in msg:
            from . import _apply

            msg += _apply.meant(msg)
        super().fail_json(msg=msg, **kwargs)
        raise SystemExit  # never reached: for readers and type checkers

    def client(self) -> Client:
        """The API as the options say."""
        if not _client.HAS_REQUESTS:
            self.fail_json(missing_required_lib("requests"), exception=_client.REQUESTS_ERROR)
        try:
            connection = _options.connection(self.params.get)
            self.no_log_values.update(connection.secrets)
            if not (connection.validate_certs and connection.api_url.startswith(_PROTECTED)):
                from . import _errors

                for warning in _errors.unprotected(connection):
                    self.warn(warning)
            client = Client(connection, f"ansible-core/{self.ansible_version} python/{platform.python_version()}")
        except Refused as error:
            self.fail_json(str(error))
        client.deadline = client.clock.now() + self.params.get("wait_timeout", WAIT["wait_timeout"]["default"])
        return client

    def fail(self, client: Client, doing: str, error: Exception, **result: t.Any) -> t.NoReturn:
        """Ends with what was being done to what, what the API said, what to do next, and what was done so far."""
        from . import _apply

        message, told = _apply.told(client, doing, error, result)
        self.fail_json(message, **told)

    def converge(
        self, client: Client, label: str, observe: t.Callable[[Look], Seen],
        plan: t.Callable[[Seen, Memory], Plan], kinds: dict[str, Resource],
    ) -> t.NoReturn:  # fmt: skip
        """Leads one resource to what is planned, or says what would be done; ends the module.

        `kinds` says what the parts of what is seen are; the first is the one that the result shows, under its name.
        """
        key, memory = next(iter(kinds)), Memory()
        seen: Seen = {}
        try:
            seen = observe(Look({}, True, key))
            planned = plan(seen, memory)
        except (ApiError, Refused) as error:
            self.fail(client, f"look at {label}", error, **shown(key, seen.get(key)))
        row, steps, warnings = planned.after, list(planned.steps), list(planned.warnings)
        waits = self.params.get("wait", True) and status_class(planned.before, kinds[key]) == MOVING
        if not self.check_mode and (steps or waits):
            from . import _apply

            row, steps, warnings = _apply.apply(self, client, label, observe, plan, kinds, seen)
        result = {**shown(key, row), "changed": bool(steps), "actions": actions(steps)}
        if planned.kept_public_ips:
            kept = ", ".join(planned.kept_public_ips)
            warnings.append(f"The public IP {kept} of {label} is kept, and billed (delete_public_ip: true deletes it).")
            result["kept_public_ips"] = list(planned.kept_public_ips)
        for warning in warnings:
            self.warn(warning)
        if self._diff:
            from . import _apply

            result["diff"] = {"before": _apply.view(planned.before), "after": _apply.view(row)}
        self.exit_json(**result)
        raise SystemExit  # never reached


def _without_blanks(value: t.Any) -> t.Any:
    if not isinstance(value, dict):
        return value
    return {key: _without_blanks(item) for key, item in value.items() if item is None or not _options.blank(item)}


def actions(steps: list[Step]) -> list[dict[str, str]]:
    """The steps as they stand in a result."""
    return [{"action": step.action, "description": step.does} for step in steps]


def shown(key: str, row: Row | None) -> dict[str, t.Any]:
    """The row at its place in a result. User data is large and holds secrets, so it stays out."""
    return {key: row and {name: value for name, value in row.items() if name != "user_data"}}
