# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Between Ansible and the rest: options, results, errors, diff, and the one place that asks for check mode."""

from __future__ import annotations

import platform
import re
import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.magalu.cloud.plugins.module_utils import _client, _options
from ansible_collections.magalu.cloud.plugins.module_utils._api import MOVING, Refused, Row, status_class
from ansible_collections.magalu.cloud.plugins.module_utils._client import ApiError, Client
from ansible_collections.magalu.cloud.plugins.module_utils._read import Seen, interfaces
from ansible_collections.magalu.cloud.plugins.module_utils._step import Memory, Plan, Step

_MEANT = {
    "started": "running", "start": "running", "on": "running", "restarted": "rebooted", "stop": "stopped",
    "reset": "rebooted", "off": "stopped", "poweroff": "stopped", "paused": "suspended", "deleted": "absent",
    "created": "present", "reboot": "rebooted", "suspend": "suspended",
}  # fmt: skip
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
        wrong = re.search(r"value of state must be one of: .*, got: (\w+)", msg)
        meant = _MEANT.get(wrong.group(1)) if wrong else None
        super().fail_json(msg=f"{msg}. Did you mean {meant}?" if meant else msg, **kwargs)
        raise SystemExit  # never reached: for readers and type checkers

    def client(self) -> Client:
        """The API as the options say."""
        if not _client.HAS_REQUESTS:
            self.fail_json(missing_required_lib("requests"), exception=_client.REQUESTS_ERROR)
        try:
            connection = _options.connection(self.params.get)
            self.no_log_values.update(connection.secrets)
            warning = _options.unprotected(connection)
            if warning:
                self.warn(warning)
            client = Client(connection, f"ansible-core/{self.ansible_version} python/{platform.python_version()}")
        except Refused as error:
            self.fail_json(str(error))
        client.deadline = client.clock.now() + self.params.get("wait_timeout", WAIT["wait_timeout"]["default"])
        return client

    def fail(self, client: Client, doing: str, error: Exception, **result: t.Any) -> t.NoReturn:
        """Ends with what was being done to what, what the API said, what to do next, and what was done so far."""
        from ansible_collections.magalu.cloud.plugins.module_utils import _errors

        cause = error if isinstance(error, ApiError) else getattr(error, "error", None)
        doing = getattr(error, "doing", "") or doing
        words = [] if isinstance(error, ApiError) or not str(error) else [_errors.mask(client, str(error))]
        if cause:
            words.append(_errors.sentence(client, doing, cause))
            result["error"] = _errors.as_result(client, doing, cause)
        if result.get("actions"):
            words.append(f"Done before: {', '.join(action['description'] for action in result['actions'])}.")
        self.fail_json(" ".join(words), **result)

    def converge(
        self, client: Client, label: str, observe: t.Callable[[str | None, bool], Seen],
        plan: t.Callable[[Seen, Memory], Plan], key: str = "instance",
    ) -> t.NoReturn:  # fmt: skip
        """Leads one resource to what is planned, or says what would be done; ends the module.

        `observe(id, listing)` reads what is: by id, or with `listing` by name.
        """
        memory, seen = Memory(), {}
        try:
            seen = observe(None, True)
            planned = plan(seen, memory)
        except (ApiError, Refused) as error:
            self.fail(client, f"look at {label}", error, **_shown(key, seen.get("instance")))
        row, steps, warnings = planned.after, list(planned.steps), list(planned.warnings)
        waits = self.params.get("wait", True) and status_class(planned.before) == MOVING
        if not self.check_mode and (steps or waits):
            from ansible_collections.magalu.cloud.plugins.module_utils import _engine

            member = _engine.Member(plan, memory, label, self.params.get("wait", True))
            _engine.drive(
                [member], lambda due: [observe(due[0].id, due[0].listing)], client, self.params["wait_timeout"], [seen]
            )
            steps, warnings = member.done, list(dict.fromkeys(warnings + member.notes))
            if member.failure:
                row = member.row or ({"id": member.id} if member.id else None)
                for warning in warnings:
                    self.warn(warning)
                shown = dict(_shown(key, row), **({"created": memory.created} if memory.created else {}))
                self.fail(
                    client, f"look at {label}", member.failure, changed=bool(steps), actions=_actions(steps), **shown
                )
            row = member.row if member.fresh else _last_look(observe, member)
        result = dict(_shown(key, row), changed=bool(steps), actions=_actions(steps))
        if planned.kept_public_ips:
            kept = ", ".join(planned.kept_public_ips)
            warnings.append(f"The public IP {kept} of {label} is kept, and billed (delete_public_ip: true deletes it).")
            result["kept_public_ips"] = list(planned.kept_public_ips)
        for warning in warnings:
            self.warn(warning)
        if self._diff:
            result["diff"] = {"before": _view(planned.before), "after": _view(row)}
        self.exit_json(**result)
        raise SystemExit  # never reached


def _without_blanks(value: t.Any) -> t.Any:
    if not isinstance(value, dict):
        return value
    return {key: _without_blanks(item) for key, item in value.items() if item is None or not _options.blank(item)}


def _last_look(observe: t.Callable[[str | None, bool], Seen], member: t.Any) -> Row | None:
    """The row after a step that was not waited for; what is not to be read yet is what is known of it."""
    try:
        return observe(member.id, False).get("instance") or (member.id and {"id": member.id})
    except (ApiError, Refused):
        return member.id and {"id": member.id}


def _actions(steps: list[Step]) -> list[dict[str, str]]:
    return [{"action": step.action, "description": step.does} for step in steps]


def public(row: Row) -> Row:
    """A row as it goes into a result: user data is large and holds secrets."""
    return {key: value for key, value in row.items() if key != "user_data"}


def _shown(key: str, row: Row | None) -> dict[str, t.Any]:
    return {key: public(row) if row else None}


def _view(row: Row | None) -> dict[str, t.Any]:
    """What a diff shows of an instance; user data as length and digest."""
    if row is None or status_class(row) == "gone":
        return {}
    view = {key: row.get(key) for key in ("name", "state", "availability_zone", "ssh_key_name", "labels")}
    for key in ("machine_type", "image"):
        named = row.get(key) or {}
        view[key] = named.get("name") or named.get("id")
    ports = interfaces(row)
    view["network_interfaces"] = None if ports is None else sorted(port["id"] for port in ports)
    if row.get("user_data"):
        import hashlib

        data = str(row["user_data"])
        view["user_data"] = f"{len(data)} characters of base64, sha256 {hashlib.sha256(data.encode()).hexdigest()[:16]}"
    return {name: value for name, value in view.items() if value is not None}
