# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of an instance, each declared once, in one row of `DesiredInstance`.

The rows are the source of the argument specs of vm_instance, of vm_fleet's members and of the restores, the desired
state, the checks before the first request, the body and the effect of a creation, the comparison with a response, and
the diff.
"""

from __future__ import annotations

import operator
import typing as t

from .._api.exceptions import Refused
from .._api.resources import UUID, Row
from .._api.rows import dig, same_reference, same_zone
from .._api.statuses import field_value
from .checks import encode_user_data, refuse_id_as_name, require_uuid, same_data

T = t.TypeVar("T")
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
    current = current.get("name", current.get("id")) if isinstance(current, dict) else current
    return f"{option} is {current!r}, declared is {desired!r}"


def _hide_difference(option: str, desired: t.Any, current: t.Any, row: Row) -> str:
    return "user data"


def _describe_address(option: str, desired: t.Any, current: t.Any, row: Row) -> str:
    has = f"the public IPv4 address {row.get('public_ipv4')}, which is billed" if current else "no public IPv4 address"
    return f"it has {has}, declared is {option}: {str(desired).lower()}"


class Option(t.NamedTuple):
    """An option of an instance, and all that the collection knows about it."""

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
    name: str = ""  # the name of its field, dotted if the option is nested (set by `_list_options`)


def _row(option: Option) -> t.Any:
    """Return an option as the default of its field (see `_desired_state`)."""
    return option


def _desired_state(declared: type[T]) -> type[T]:
    """Replace the options, which stand as the defaults of the fields, by the defaults of the options."""
    fields = t.cast(t.Any, declared)._field_defaults.values()
    values = (each.spec.get("default") if isinstance(each, Option) else each for each in fields)
    t.cast(t.Any, declared.__new__).__defaults__ = (*values,)
    return declared


# Each field of the two classes is an option: its type, and its row.
# fmt: off


@_desired_state
class Network(t.NamedTuple):
    """The suboptions of `network`; None if not given."""

    vpc: str | None = _row(Option(
        _TEXT, body="network.vpc", encode=as_reference, read="network.vpc", compare=same_reference, restore=True))
    interface: str | None = _row(Option(
        _TEXT, check=require_uuid, body="network.interface", encode=as_reference, restore=True))
    security_groups: list[str] | None = _row(Option(
        _TEXTS, check=_check_ids, body="network.interface.security_groups", encode=_as_ids,
        read="primary.security_groups", compare=_are_same_groups, restore=True))
    subnets: list[str] | None = _row(Option(
        _TEXTS, check=_check_subnets, body="network.interface.subnets", encode=_as_ids, since="2026", restore=True))
    associate_public_ip: bool | None = _row(Option(
        _YES_NO, body="network.associate_public_ip", read="primary.public_ip", compare=_is_equal,
        describe=_describe_address, restore=True))


@_desired_state
class DesiredInstance(t.NamedTuple):
    """The desired state of an instance: the value of each option; None if not given."""

    id: str | None = _row(Option(_TEXT, check=_check_id))
    name: str | None = _row(Option(
        _TEXT, check=_check_name, body="name", read="name", compare=_is_equal, change="rename", restore=True,
        diff=True))
    new_name: str | None = _row(Option(_TEXT, check=_check_name))
    machine_type: str | None = _row(Option(
        _TEXT, body="machine_type", encode=as_reference, read="machine_type", compare=same_reference, change="retype",
        restore=True))
    image: str | None = _row(Option(
        _TEXT, body="image", encode=as_reference, read="image", compare=same_reference))
    snapshot: str | None = _row(Option(_TEXT))
    backup: str | None = _row(Option(_TEXT))
    ssh_key_name: str | None = _row(Option(
        {"type": "str", "no_log": False}, body="ssh_key_name", read="ssh_key_name", compare=_is_equal, restore=True,
        diff=True))
    availability_zone: str | None = _row(Option(
        _TEXT, body="availability_zone", read="availability_zone", compare=same_zone, restore=True, diff=True))
    network: Network = Network()
    network_interfaces: list[str] | None = _row(Option(_TEXTS, check=_check_ids, restore=True))
    purge_network_interfaces: bool = _row(Option({"type": "bool", "default": False}))
    labels: list[str] | None = _row(Option(
        _TEXTS, body="labels", read="labels", compare=_is_same_set, since="2025", restore=True, diff=True))
    volumes: list[str] | None = _row(Option(_TEXTS, body="volumes", encode=_as_references, since="2026", restore=True))
    user_data: str | None = _row(Option(_SECRET, restore=True))
    # Both forms of user data end up in this option (see `desired_instance`).
    user_data_base64: str | None = _row(Option(
        _SECRET, body="user_data", read="user_data", compare=same_data, describe=_hide_difference, restore=True))
    protect_names: list[str] | None = _row(Option(_TEXTS))
    protect_labels: list[str] | None = _row(Option(_TEXTS))
    delete_public_ip: bool | None = _row(Option(_YES_NO))
    on_immutable_change: str = _row(Option(_choice("warn", "fail", "recreate", "ignore")))
    on_failed: str = _row(Option(_choice("fail", "replace"), restore=True))
    alternatives: list[Row] | None = _row(Option(
        {"type": "list", "elements": "dict", "options": _ALTERNATIVE, "required_one_of": [(*_ALTERNATIVE,)]},
        check=_check_alternatives, restore=True))
    alternatives_on: list[str] = _row(Option(
        {**_TEXTS, "default": ["capacity"], "choices": ["capacity", "quota"]}, restore=True))
    state: str = _row(Option(_choice(*STATES)))


# fmt: on


def _list_options(declared: t.Any, above: str = "") -> t.Iterator[Option]:
    for name, option in declared._field_defaults.items():
        if isinstance(option, Option):
            yield option._replace(name=f"{above}{name}")
        else:  # a mapping of suboptions
            yield from _list_options(type(option), f"{name}.")


OPTIONS = tuple(_list_options(DesiredInstance))
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
RESTORE_ONE_OF = [names for names in ONE_OF if set(names) <= RESTORE_SPEC.keys()]


def desired_instance(params: Row) -> DesiredInstance:
    """Return the desired state, with the defaults of the options that are not given.

    User data of either form ends up in `user_data_base64`. Raise `Refused` for mistakes that show without a request.
    """
    whole: Row = {}
    network: Row = {}
    for option in OPTIONS:
        value = dig(params, option.name)
        parent, _dot, name = option.name.rpartition(".")
        if value is not None:
            (network if parent else whole)[name] = option.check(option.name, value) if option.check else value
    want = DesiredInstance(network=Network(**network), **whole)
    _refuse_contradictions(want)
    return want._replace(user_data_base64=encode_user_data(want.user_data, want.user_data_base64))


def _refuse_contradictions(want: DesiredInstance) -> None:
    """Raise `Refused` for options that cannot be combined."""
    interface = want.network.interface
    if interface and want.network.security_groups is not None:
        raise Refused(
            'network.security_groups cannot be combined with network.interface: the API ignores them there ("the '
            "interface "
            'id will take priority"). Leave them out, and set the security groups of the interface itself.'
        )
    if want.new_name and want.state == "absent":
        raise Refused("new_name cannot be combined with state: absent.")
    replaces = "alternatives" if want.alternatives else "on_failed: replace" if want.on_failed == "replace" else ""
    if interface and replaces:
        raise Refused(
            f"{replaces} cannot be combined with network.interface: the interface would be deleted with a failed "
            "attempt."
        )


def value_of(option: Option, want: DesiredInstance) -> t.Any:
    """Return the desired value of an option, None if not given."""
    return operator.attrgetter(option.name)(want)


def is_same(option: Option, want: DesiredInstance, row: Row) -> bool | None:
    """Return whether the current value equals the desired value.

    Return None if the option is not given, is never compared, or was not read.
    """
    desired = value_of(option, want)
    current = None if desired is None or option.compare is None else field_value(row, option.read)
    return option.compare(desired, current) if option.compare and current is not None else None


class Difference(t.NamedTuple):
    """An option whose current value differs, and the difference in words."""

    option: str
    text: str


def immutable_differences(want: DesiredInstance, row: Row) -> list[Difference]:
    """Return the differences that the API cannot change."""
    fixed = (option for option in OPTIONS if option.change is None and is_same(option, want, row) is False)
    return [
        Difference(
            option.name, option.describe(option.name, value_of(option, want), field_value(row, option.read), row)
        )
        for option in fixed
    ]


def too_new_options(want: DesiredInstance, api_version: str) -> list[str]:
    """Return the names of the given options that this API version does not accept."""
    return [option.name for option in OPTIONS if option.since > api_version and value_of(option, want)]


def creation_body(want: DesiredInstance) -> Row:
    """Return the body of a creation with the given options only."""
    body: Row = {}
    for option in OPTIONS:
        value = value_of(option, want)
        if not option.body or value is None:
            continue
        place = body
        *parents, key = option.body.split(".")
        for parent in parents:
            place = place.setdefault(parent, {})
        place[key] = option.encode(value) if option.encode else value
    return body


def creation_effect(want: DesiredInstance) -> Row:
    """Return the fields of a new instance that equal the declared options."""
    plain = (
        option for option in OPTIONS if option.body and option.read and not option.encode and "." not in option.name
    )
    return {option.read: value_of(option, want) for option in plain}
