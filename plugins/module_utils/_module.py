# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Between Ansible and the rest: options, results, errors, diff, and the one place that asks for check mode."""

from __future__ import annotations

import platform
import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from . import _client, _options
from ._api import MOVING, Refused, status_class
from ._client import ApiError, Client
from ._read import Seen
from ._step import Look, Memory, Step, Task

_PROTECTED = ("https:", "http://127.0.0.1:", "http://localhost:")  # credentials cannot be read on the way
WAIT = {"wait": {"type": "bool", "default": True}, "wait_timeout": {"type": "int"}}


class Module(AnsibleModule):  # type: ignore[misc]
    """An AnsibleModule with the shared options, where null and an empty text count as not given."""

    def __init__(self, spec: dict[str, t.Any], **kwargs: t.Any) -> None:
        super().__init__(dict(_options.argument_spec(), **spec), **{"supports_check_mode": True, **kwargs})
        self.only_check = self.check_mode

    def _load_params(self) -> None:
        super()._load_params()
        self.params: dict[str, t.Any] = _given(self.params, self.argument_spec)

    def _log_invocation(self) -> None:
        """For syslog. Ansible looks for secrets in the repr of nested options, where one of several lines is another text."""
        self.no_log_values.update([repr(value)[1:-1] for value in self.no_log_values])
        super()._log_invocation()

    def fail_json(self, msg: str, **kwargs: t.Any) -> t.NoReturn:
        """Fails; an unknown state gets a word on which one is meant."""
        from . import _apply

        super().fail_json(msg=msg + _apply.meant(msg), **kwargs)
        raise SystemExit  # never reached: for readers and type checkers

    def client(self, *secrets: str | None, make: type[Client] = Client) -> Client:
        """The API as the options say. None of the secrets is shown, also without the white space around it."""
        if not _client.HAS_REQUESTS:
            self.fail_json(missing_required_lib("requests"), exception=_client.REQUESTS_ERROR)
        try:
            connection = _options.connection(self.params.get)
            hidden = {form for text in (*connection.secrets, *secrets) if text for form in (text, text.strip())}
            self.no_log_values.update(hidden)
            if not (connection.validate_certs and connection.api_url.startswith(_PROTECTED)):
                from . import _errors

                for warning in _errors.unprotected(connection):
                    self.warn(warning)
            agent = f"ansible-core/{self.ansible_version} python/{platform.python_version()}"
            client = make(connection._replace(secrets=(*hidden,)), agent, _client.Clock(sleep=_sleep))
        except Refused as error:
            self.fail_json(str(error))
        restoring = self.params.get("snapshot") or self.params.get("backup")
        self.params["wait_timeout"] = self.params.get("wait_timeout") or (3600 if restoring else 600)
        client.deadline = client.clock.now() + self.params["wait_timeout"]
        return client

    def fail(self, client: Client, doing: str, error: Exception, **result: t.Any) -> t.NoReturn:
        """Ends with what was being done to what, what the API said, what to do next, and what was done so far."""
        from . import _apply

        message, told = _apply.told(client, doing, error, result)
        self.fail_json(message, **told)

    def converge(self, client: Client, task: Task) -> None:
        """Leads what the task is about to what is planned, or says what would be done; ends the module."""
        main, seen = next(iter(task.kinds)), t.cast(Seen, {})
        try:
            seen = task.observe(Look({}, True, main))
            planned = task.plan(seen, Memory())
        except (ApiError, Refused) as error:
            self.fail(client, f"look at {task.label}", error, **shown(task, seen))
        first, steps, warnings = seen, list(planned.steps), list(planned.warnings)
        seen = {**seen, main: planned.after}
        waits = self.params.get("wait", True) and status_class(planned.before, task.kinds[main]) == MOVING
        if not self.only_check and (steps or waits):
            from . import _apply

            seen, steps, warnings = _apply.apply(self, client, task, first)
        elif planned.kept_public_ips:
            from . import _apply

            warnings += _apply.kept(task, planned.kept_public_ips)
        result = {**task.more, **shown(task, seen), "changed": bool(steps), "actions": actions(steps)}
        for warning in warnings:
            self.warn(warning)
        if self._diff:
            from . import _apply

            result["diff"] = {"before": _apply.view(planned.before), "after": _apply.view(seen.get(main))}
        self.exit_json(**result)


def _sleep(seconds: float) -> None:
    from . import _orphan

    _orphan.run().sleep(seconds)


def _given(value: t.Any, spec: dict[str, t.Any]) -> t.Any:
    """Without what counts as not given. What should be a dict and is none is a text: Ansible fails at anything else."""
    if isinstance(value, list):
        return [_given(one, spec) for one in value]
    if not isinstance(value, dict):
        return str(value) if spec else value
    return {k: _given(v, spec.get(k, {}).get("options", {})) for k, v in value.items() if not _options.blank(v)}


def actions(steps: list[Step]) -> list[dict[str, str]]:
    """The steps as they stand in a result."""
    return [{"action": step.action, "description": step.does} for step in steps]


def shown(task: Task, seen: Seen) -> dict[str, t.Any]:
    """The rows at their places in a result. User data is large and holds secrets, so it stays out."""
    rows = {name: seen.get(part) for part, name in task.shows.items()}
    return {key: row and {name: row[name] for name in row if name != "user_data"} for key, row in rows.items()}
