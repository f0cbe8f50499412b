# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of an instance, each declared once, in one row of `OPTIONS`.

The rows are the source of the argument specs of vm_instance, of vm_fleet's members and of the restores, the checks
before the first request, the body and the effect of a creation, the comparison with a response, and the diff.
"""

from __future__ import annotations

import typing as t

from .._api.exceptions import Refused
from .._api.resources import UUID, Row
from .._api.rows import dig, same_reference, same_zone
from .._api.statuses import field_value
from .checks import encode_user_data, refuse_id_as_name, require_uuid, same_data
from .step import Want

STATES = ["present", "running", "stopped", "suspended", "rebooted", "absent"]
LONGEST_NAME = 255
MOST_ALTERNATIVES = 10  # a run sends at most 30 steps, and each alternative takes two

_TEXT: Row = {"type": "str"}
_TEXTS: Row = {"type": "list", "elements": "str"}
_YES_NO: Row = {"type": "bool"}
_SECRET: Row = {"type": "str", "no_log": True}
_ALTERNATIVE = dict.fromkeys(("machine_type", "availability_zone"), _TEXT)


def _choice(default: str, *others: str) -> Row:
    return {"type": "str", "default": default, "choices": [default, *others]}


# Checks take an option's name and value and return the value to compare and send. They raise `Refused`.


def _check_id(option: str, value: str) -> str:
    require_uuid(option, value)
    return value  # not in lower case: results name members by the id as it was written


def _check_name(option: str, value: str) -> str:
    refuse_id_as_name(option, value)
    if len(value) > LONGEST_NAME:
        raise Refused(f"{option} is {len(value)} characters long; the limit is {LONGEST_NAME}.")
    return value


def _check_ids(option: str, value: list[str]) -> list[str]:
    return [require_uuid(option, each) for each in value]


def _check_subnets(option: str, value: list[str]) -> list[str]:
    if len(value) > 1:
        raise Refused(f"{option} has {len(value)} entries; the limit is 1.")
    return _check_ids(option, value)


def _check_alternatives(option: str, value: list[Row]) -> list[Row]:
    if len(value) > MOST_ALTERNATIVES:
        raise Refused(f"{option} has {len(value)} entries; the limit is {MOST_ALTERNATIVES}.")
    return value


# Encodings take a value and return its form in the body of a creation.


def as_reference(value: str) -> Row:
    """Return an id or a name in the form that the API takes.

    A value in the shape of a UUID is an id.
    """
    return {"id": value.lower()} if UUID.fullmatch(value) else {"name": value}


def _as_references(value: list[str]) -> list[Row]:
    return [as_reference(each) for each in value]


def _as_ids(value: list[str]) -> list[Row]:
    return [{"id": each} for each in value]


# Comparisons take the desired and the current value and return whether they are equal; None if that is unknown.


def _is_equal(desired: t.Any, current: t.Any) -> bool:
    return bool(desired == current)


def _is_same_set(desired: list[str], current: list[str]) -> bool:
    return set(desired) == set(current)


def _are_same_groups(desired: list[str], current: list[str]) -> bool | None:
    # With an empty list the cloud chooses the groups, so that any groups match.
    return _is_same_set(desired, current) if desired else None


# Descriptions take the desired and the current value and the instance, and return the difference in words.


def _quote_difference(option: str, desired: t.Any, current: t.Any, row: Row) -> str:
    shown = current.get("name", current.get("id")) if isinstance(current, dict) else current
    return f"{option} is {shown!r}, declared is {desired!r}"


def _hide_difference(option: str, desired: t.Any, current: t.Any, row: Row) -> str:
    return "user data"


def _describe_address(option: str, desired: t.Any, current: t.Any, row: Row) -> str:
    has = f"the public IPv4 address {row.get('public_ipv4')}, which is billed" if current else "no public IPv4 address"
    return f"it has {has}, declared is {option}: {str(desired).lower()}"


class Option(t.NamedTuple):
    """An option of an instance, and all that the collection knows about it."""

    name: str  # dotted if the option is nested
    spec: Row  # its entry in Ansible's argument spec
    check: t.Callable[[str, t.Any], t.Any] | None = None
    body: str = ""  # its dotted path in the body of a creation; empty: not sent
    encode: t.Callable[[t.Any], t.Any] | None = None
    read: str = ""  # its path in a response (see `field_value`); empty: not returned
    compare: t.Callable[[t.Any, t.Any], bool | None] | None = None  # None: never compared
    describe: t.Callable[[str, t.Any, t.Any, Row], str] = _quote_difference
    change: str | None = None  # the action that changes it; None: the API cannot change it
    since: str = "2024"  # the first API version that accepts it
    restore: bool = False  # whether vm_snapshot and vm_backup accept it in `restore`
    diff: bool = False  # whether a diff shows it under its own name


OPTIONS = (
    Option("id", _TEXT, check=_check_id),
    Option("name", _TEXT, check=_check_name, body="name", read="name", compare=_is_equal, change="rename", restore=True,
           diff=True),
    Option("new_name", _TEXT, check=_check_name),
    Option("machine_type", _TEXT, body="machine_type", encode=as_reference, read="machine_type", compare=same_reference,
           change="retype", restore=True),
    Option("image", _TEXT, body="image", encode=as_reference, read="image", compare=same_reference),
    Option("snapshot", _TEXT),
    Option("backup", _TEXT),
    Option("ssh_key_name", {"type": "str", "no_log": False}, body="ssh_key_name", read="ssh_key_name", compare=_is_equal,
           restore=True, diff=True),
    Option("availability_zone", _TEXT, body="availability_zone", read="availability_zone", compare=same_zone, restore=True,
           diff=True),
    Option("network.vpc", _TEXT, body="network.vpc", encode=as_reference, read="network.vpc", compare=same_reference,
           restore=True),
    Option("network.interface", _TEXT, check=require_uuid, body="network.interface", encode=as_reference, restore=True),
    Option("network.security_groups", _TEXTS, check=_check_ids, body="network.interface.security_groups", encode=_as_ids,
           read="primary.security_groups", compare=_are_same_groups, restore=True),
    Option("network.subnets", _TEXTS, check=_check_subnets, body="network.interface.subnets", encode=_as_ids, since="2026",
           restore=True),
    Option("network.associate_public_ip", _YES_NO, body="network.associate_public_ip", read="primary.public_ip",
           compare=_is_equal, describe=_describe_address, restore=True),
    Option("network_interfaces", _TEXTS, check=_check_ids, restore=True),
    Option("purge_network_interfaces", {"type": "bool", "default": False}),
    Option("labels", _TEXTS, body="labels", read="labels", compare=_is_same_set, since="2025", restore=True, diff=True),
    Option("volumes", _TEXTS, body="volumes", encode=_as_references, since="2026", restore=True),
    Option("user_data", _SECRET, restore=True),
    # Both forms of user data end up in this option (see `desired_instance`).
    Option("user_data_base64", _SECRET, body="user_data", read="user_data", compare=same_data, describe=_hide_difference,
           restore=True),
    Option("protect_names", _TEXTS),
    Option("protect_labels", _TEXTS),
    Option("delete_public_ip", _YES_NO),
    Option("on_immutable_change", _choice("warn", "fail", "recreate", "ignore")),
    Option("on_failed", _choice("fail", "replace"), restore=True),
    Option("alternatives", {"type": "list", "elements": "dict", "options": _ALTERNATIVE,
                            "required_one_of": [(*_ALTERNATIVE,)]}, check=_check_alternatives, restore=True),
    Option("alternatives_on", {**_TEXTS, "default": ["capacity"], "choices": ["capacity", "quota"]}, restore=True),
    Option("state", _choice(*STATES)),
)  # fmt: skip
# Mutually exclusive options, in the form of Ansible's argument specs.
ONE_OF = [("id", "new_name"), ("user_data", "user_data_base64"), ("image", "snapshot", "backup")]
ONE_OF_NETWORK = [("interface", other) for other in ("vpc", "subnets")]


def _argument_spec(options: t.Iterable[Option]) -> Row:
    """Return the argument spec of these options; dotted names become suboptions."""
    spec: Row = {}
    for option in options:
        parent, _dot, name = option.name.rpartition(".")
        if parent:
            nested = {"type": "dict", "options": {}, "mutually_exclusive": ONE_OF_NETWORK}
            spec.setdefault(parent, nested)["options"][name] = option.spec
        else:
            spec[name] = option.spec
    return spec


INSTANCE_SPEC = _argument_spec(OPTIONS)
RESTORE_SPEC = _argument_spec(option for option in OPTIONS if option.restore)
DEFAULTS = {name: spec.get("default") for name, spec in INSTANCE_SPEC.items()}


def desired_instance(params: Row) -> Want:
    """Return the desired state: all options, None if not given.

    User data of either form ends up in `user_data_base64`. Raise `Refused` for mistakes that show without a request.
    """
    want: Want = {name: params.get(name) for name in INSTANCE_SPEC}
    for option in OPTIONS:
        value = dig(want, option.name)
        if option.check and value is not None:
            _put(want, option.name, option.check(option.name, value))
    _refuse_contradictions(want)
    return {**want, "user_data_base64": encode_user_data(want["user_data"], want["user_data_base64"])}


def _put(data: Row, path: str, value: t.Any) -> None:
    """Set the value at a dotted path in `data`.

    The nested mappings are copied first, because they belong to the module's parameters.
    """
    key, _dot, rest = path.partition(".")
    if rest:
        inner = dict(data[key])
        _put(inner, rest, value)
        value = inner
    data[key] = value


def _refuse_contradictions(want: Want) -> None:
    """Raise `Refused` for options that cannot be combined."""
    interface = dig(want, "network.interface")
    if interface and dig(want, "network.security_groups") is not None:
        raise Refused(
            'network.security_groups cannot be combined with network.interface: the API ignores them there ("the interface '
            'id will take priority"). Leave them out, and set the security groups of the interface itself.'
        )
    if want["new_name"] and want["state"] == "absent":
        raise Refused("new_name cannot be combined with state: absent.")
    replaces = (
        "alternatives" if want["alternatives"] else "on_failed: replace" if want["on_failed"] == "replace" else ""
    )
    if interface and replaces:
        raise Refused(
            f"{replaces} cannot be combined with network.interface: the interface would be deleted with a failed attempt."
        )


def is_same(option: Option, want: Want, row: Row) -> bool | None:
    """Return whether the current value equals the desired value.

    Return None if the option is not given, is never compared, or was not read.
    """
    desired = dig(want, option.name)
    current = None if desired is None or option.compare is None else field_value(row, option.read)
    return option.compare(desired, current) if option.compare and current is not None else None


def describe_difference(option: Option, want: Want, row: Row) -> str:
    """Return the difference between the desired and the current value in words."""
    return option.describe(option.name, dig(want, option.name), field_value(row, option.read), row)


def too_new_options(want: Want, edition: str) -> list[str]:
    """Return the names of the given options that this API version does not accept."""
    return [option.name for option in OPTIONS if option.since > edition and dig(want, option.name)]


def creation_body(want: Want) -> Row:
    """Return the body of a creation with the given options only."""
    body: Row = {}
    for option in OPTIONS:
        value = dig(want, option.name)
        if not option.body or value is None:
            continue
        place = body
        *parents, key = option.body.split(".")
        for parent in parents:
            place = place.setdefault(parent, {})
        place[key] = option.encode(value) if option.encode else value
    return body


def creation_effect(want: Want) -> Row:
    """Return the fields of a new instance that equal the declared options."""
    plain = (
        option for option in OPTIONS if option.body and option.read and not option.encode and "." not in option.name
    )
    return {option.read: want[option.name] for option in plain}
