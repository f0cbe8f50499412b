# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan of the role rebuild: pure functions of its variables and of listed instances and snapshots.

The filters rebuild_settings and rebuild_plan pass plain values in and out. To continue a run that was killed, the role
plans again: the names of instances and snapshots show which steps were done.
"""

from __future__ import annotations

import fnmatch
import math
import re
import typing as t

from ansible.module_utils.common.validation import check_type_dict, check_type_list

from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import Row
from ansible_collections.magalu.cloud.plugins.module_utils._api.rows import dig, interfaces_of, same_id
from ansible_collections.magalu.cloud.plugins.module_utils._api.times import epoch

from ._given import given_values, text_of, texts_of
from ._sentences import label_of

Rows = t.Sequence[Row]
WORD = r"[A-Za-z0-9._-]+"
NUMBERS = {  # the variable -> the pattern of its values, and in words
    "batch": (r"[1-9][0-9]*|[1-9][0-9]?%|100%", "a number above 0, or a percentage"),
    "max_failures": (r"[0-9]+", "a number from 0 on"),
    "check_timeout": (r"0*[1-9][0-9]*", "a number of seconds above 0"),
    "ssh_port": (r"0*[1-9][0-9]{0,4}", "a port, such as 22"),
    "wait_timeout": (r"(0*[1-9][0-9]*)?", "a number of seconds above 0"),
}
# Options that only one instance can have, not the old and the new instance at the same time.
OF_ONE = (
    "id", "new_name", "state", "snapshot", "backup", "alternatives", "network_interfaces", "volumes",
    "delete_public_ip",
)  # fmt: skip


class Settings(t.NamedTuple):
    """The role's variables, checked and in one form."""

    problems: list[str]  # sentences; nothing is requested if there are any
    id: str
    suffix: str  # of the names of old instances that this rebuild has put aside
    pattern: str
    instances: list[Row]
    declaration: Row
    from_snapshot: bool
    accepts_label_loss: bool
    delete_public_ip: bool
    batch: str
    host: str  # the host that rebuilds its own instance, if neither a pattern nor instances are given
    host_id: str  # the id of that instance, or blank


class Member(t.NamedTuple):
    """An instance to replace, and the progress of its replacement."""

    name: str
    old: Row  # the instance to replace, whatever its name is now
    begun: bool  # an earlier run has put the old instance aside
    outdated: str = ""  # the id of a snapshot that may lack the last changes to the disk
    snapshot: str = ""  # the id of the snapshot that has the old instance's disk
    new: Row | None = None  # the new instance, if it exists
    reason: str = ""  # why it cannot be replaced
    back_reason: str = ""  # why the way back failed
    end_reason: str = ""  # why the old instance could not be deleted
    kept_public_ips: t.Sequence[str] = ()

    @property
    def failed(self) -> bool:
        """Return whether the member was not replaced, or its old instance is still there."""
        return bool(self.reason or self.end_reason)

    def to_plain(self) -> Row:
        """Return the member as a mapping, for a playbook."""
        return {**self._asdict(), "failed": self.failed}

    @classmethod
    def from_plain(cls, row: Row) -> Member:
        """Return the member from such a mapping."""
        return cls(**{field: row[field] for field in cls._fields})


class Plan(t.NamedTuple):
    """The instances to replace."""

    members: list[Member]  # members that an earlier run has begun come first
    problems: list[str]  # lines; nothing is changed if there are any
    earlier: list[str]  # names of instances that an earlier run has replaced
    size: int  # members of a batch


# Checks and settings


def read_rebuild_variables(given: Row) -> Settings:
    """Return the settings for the role's variables, given without their prefix.

    Ansible has checked them by the role's argument spec, which also accepts null, and a text that it could convert.
    """
    declaration = given_values(check_type_dict(given["declaration"] or {}))
    given = {**given, "declaration": declaration, "instances": _own(check_type_list(given["instances"] or []))}
    return Settings(
        problems=[*_problems(given)],
        id=text_of(given["id"]),
        suffix=f"{text_of(given['old_suffix'])}-{text_of(given['id'])}",
        pattern=text_of(given["name_pattern"]),
        instances=given["instances"],
        declaration=given["declaration"],
        from_snapshot=given["from"] == "snapshot",
        accepts_label_loss="labels" in texts_of(given["accept_loss"]),
        delete_public_ip=given["delete_public_ip"],
        batch=text_of(given["batch"]),
        host=given["host"],
        host_id=text_of(given["host_id"]),
    )


def _own(instances: t.Iterable[t.Any]) -> list[Row]:
    rows = [given_values(check_type_dict(instance)) for instance in instances]
    return [{**row, "name": text_of(row.get("name"))} for row in rows]


def _problems(given: Row) -> t.Iterator[str]:
    for name in ("id", "old_suffix"):
        if not re.fullmatch(WORD, text_of(given[name])):
            yield (
                f"rebuild_{name} must be letters, digits, dots, dashes and underscores, not '{given[name]}': names of "
                "snapshots and of old instances are made of it, and the next run finds those."
            )
    for name, (pattern, words) in NUMBERS.items():
        if not re.fullmatch(pattern, text_of(given[name])):
            yield f"rebuild_{name} must be {words}, not '{text_of(given[name])}'."
    if given["from"] not in (None, "", "image", "snapshot"):  # Ansible may have been told not to check it
        yield f"rebuild_from must be image or snapshot, not '{given['from']}'."
    yield from _choice_problems(given)
    yield from _declaration_problems(given)


def _choice_problems(given: Row) -> t.Iterator[str]:
    pattern, listed = bool(text_of(given["name_pattern"])), bool(given["instances"])
    alone = len(given["play_hosts"]) == 1 or (given["host"] == "localhost" and len(given["play_batch"]) == 1)
    names = [instance["name"] for instance in given["instances"]]
    if (pattern and listed) or not (pattern or listed or given["host"] != "localhost"):
        yield (
            "Give rebuild_name_pattern or rebuild_instances in a play on localhost alone, or neither in a play on "
            "hosts, each of which rebuilds its own instance."
        )
    elif (pattern or listed) and not alone:
        yield (
            "rebuild_name_pattern and rebuild_instances choose from the API: give them in a play on localhost alone. "
            "Otherwise each host would rebuild all of them."
        )
    if len({name for name in names if name}) < len(names):
        yield "Each of rebuild_instances needs a name of its own."


def _declaration_problems(given: Row) -> t.Iterator[str]:
    declarations = [given["declaration"], *given["instances"]]
    options = sorted({option for declared in declarations for option in declared})
    refused = [option for option in options if option in OF_ONE]
    refused += ["network.interface"] if any(dig(declared, "network.interface") for declared in declarations) else []
    if refused:
        yield (
            f"rebuild_declaration and rebuild_instances cannot have {', '.join(refused)}: what only one instance can "
            f"have cannot be given to the old and the new one. These options are given: {', '.join(options)}."
        )
    restored = [option for option in ("image", "labels") if option in options]
    if given["from"] == "snapshot" and restored:
        yield f"{' and '.join(restored)} cannot be declared with rebuild_from: snapshot."


# The plan


def make_plan(settings: Settings, instances: Rows, snapshots: Rows) -> Plan:
    """Return the plan for the listed instances and snapshots."""
    there = [row for row in instances if row["phase"] != "deleting"]
    members, problems, earlier = [], [], []
    for name in _names(settings, there, snapshots):
        found = _Found.of(name, settings, there, snapshots)
        if found.is_replaced():
            earlier.append(name)
            continue
        wrong = [*_member_problems(found, settings)]
        problems += [f"{name}: {'; '.join(wrong)}"] if wrong else []
        members += [_member(found)] if found.old else []
    if not (members or problems or earlier):
        problems.append(f"No instance matches rebuild_name_pattern '{settings.pattern}'.")
    members.sort(key=lambda member: not member.begun)
    return Plan(members, problems, earlier, batch_size(settings.batch, len(members)))


def _names(settings: Settings, there: Rows, snapshots: Rows) -> list[str]:
    """Return the names of the instances to replace, without the suffix of those that are put aside."""
    if settings.instances:
        return sorted(instance["name"] for instance in settings.instances)
    if settings.pattern:
        patterns = (settings.pattern, settings.pattern + settings.suffix)
        named = [row["name"] for row in there if row.get("name")]
        names = [name for name in named if any(fnmatch.fnmatchcase(name, each) for each in patterns)]
    else:
        names = [_host_instance(settings, there, snapshots)]
    return sorted({name.removesuffix(settings.suffix) for name in names}, key=lambda name: (name.lower(), name))


def _host_instance(settings: Settings, there: Rows, snapshots: Rows) -> str:
    """Return the name of the host's own instance.

    The inventory may have the id of an instance that this rebuild has replaced. The snapshot of that instance shows its
    name.
    """
    own = [label_of(row) for row in there if same_id(row["id"], settings.host_id)]
    of_old = [row for row in snapshots if row.get("name") and same_id(dig(row, "instance.id"), settings.host_id)]
    return str([*own, *(row["name"][len("rebuild-") :] for row in of_old), settings.host][0])


class _Found(t.NamedTuple):
    """The resources that belong to a name."""

    name: str
    asides: list[Row]  # instances with this name and the suffix
    lives: list[Row]  # instances with this name
    snapshot: Row | None
    is_stranger: bool  # the host's instance is not here, but another instance has its name
    is_nameless: bool  # the host's instance has no name; it is called by its id

    @classmethod
    def of(cls, name: str, settings: Settings, there: Rows, snapshots: Rows) -> _Found:
        """Return the resources of this name."""
        aside = name + settings.suffix
        snapshot = next((row for row in snapshots if row.get("name") == f"rebuild-{aside}"), None)
        return cls(
            name=name,
            asides=[row for row in there if row.get("name") == aside],
            lives=[row for row in there if row.get("name") == name],
            snapshot=snapshot,
            is_stranger=_is_lost(settings, there) and not _may_be_of(snapshot, settings.host_id),
            is_nameless=any(not row.get("name") and same_id(row["id"], name) for row in there),
        )

    @property
    def old(self) -> Row | None:
        """Return the instance to replace."""
        return next(iter([*self.asides, *self.lives]), None)

    @property
    def new(self) -> Row | None:
        """Return the instance that an earlier run created to replace it."""
        return next(iter(self.lives), None) if self.asides else None

    def is_replaced(self) -> bool:
        """Return whether an earlier run has replaced the instance.

        Then no instance is put aside, and the instance is younger than the snapshot.
        """
        if self.snapshot is None or self.asides or not self.lives or self.is_stranger:
            return False
        return _born(self.lives[0]) > _copied(self.snapshot)


def _is_lost(settings: Settings, there: Rows) -> bool:
    """Return whether the host's own instance is not here."""
    chooses = settings.pattern or settings.instances or not settings.host_id
    return not chooses and not any(same_id(row["id"], settings.host_id) for row in there)


def _may_be_of(snapshot: Row | None, instance: str) -> bool:
    """Return whether the snapshot is of the instance, or does not show its instance."""
    of = dig(snapshot, "instance.id")
    return snapshot is not None and (of is None or same_id(of, instance))


def _born(row: Row) -> float:
    return epoch(row.get("created_at")) or 0


def _copied(snapshot: Row | None) -> float:
    return epoch((snapshot or {}).get("created_at")) or math.inf


def _member(found: _Found) -> Member:
    old, snapshot = t.cast(Row, found.old), found.snapshot
    # An old instance that has run since its snapshot, such as after the way back, may have written to its disk.
    outdated = snapshot["id"] if snapshot and old["state"] != "stopped" else ""
    return Member(found.name, old, bool(found.asides), outdated, new=found.new)


def batch_size(batch: str, members: int) -> int:
    return max(1, members * int(batch[:-1]) // 100) if batch.endswith("%") else int(batch)


# Reasons why an instance cannot be replaced. Each rule takes the resources and returns the reason, or a blank text.


def _member_problems(found: _Found, settings: Settings) -> t.Iterator[str]:
    if found.is_stranger:
        yield (
            f"the instance of this host, {settings.host_id}, is not in this region, and the instance named "
            f"{found.name} here is another instance"
        )
    if len(found.asides) > 1 or len(found.lives) > 1:
        ids = [row["id"] for row in (*found.asides, *found.lives)]
        yield f"there are several instances of this name: {', '.join(ids)}"
    if found.is_nameless:
        yield "it has no name, by which its old and its new instance would be found"
        return
    if found.old is None:
        snapshot = found.snapshot
        yield "there is no such instance" + (
            f", but its snapshot {snapshot['name']} ({snapshot['id']})" if snapshot else ""
        )
        return
    yield from filter(None, (rule(found, found.old, settings) for rule in RULES))


def own_declaration(name: str, settings: Settings) -> Row:
    """Return the options that are declared only for this instance."""
    return next((instance for instance in settings.instances if instance.get("name") == name), {})


def _must_run(found: _Found, old: Row, settings: Settings) -> str:
    if found.asides or (old["phase"] == "settled" and (old["state"] == "running" or found.snapshot)):
        return ""
    return (
        f"it is {old['state']}, its status {old['status']}; only an instance that runs, and is not in transition, can "
        "be replaced and seen to answer"
    )


def _must_have_an_image(found: _Found, old: Row, settings: Settings) -> str:
    declared = {**settings.declaration, **own_declaration(found.name, settings)}
    if settings.from_snapshot or declared.get("image") or dig(old, "image.id"):
        return ""
    return "the API does not return its image, and no image is declared"


def _must_have_one_interface(found: _Found, old: Row, settings: Settings) -> str:
    interfaces = interfaces_of(old)
    if interfaces is None:
        return "the API does not return its interfaces"
    return "it has interfaces beyond the primary, which would be deleted with it" if len(interfaces) > 1 else ""


def _must_not_lose_labels(found: _Found, old: Row, settings: Settings) -> str:
    if not old.get("labels") or not settings.from_snapshot or settings.accepts_label_loss:
        return ""
    return (
        f"its labels would be lost, since restores take none: {', '.join(old['labels'])}. Accept that with "
        "rebuild_accept_loss: [labels]"
    )


def _must_be_stopped_beside_the_new_one(found: _Found, old: Row, settings: Settings) -> str:
    if found.new is None or old["state"] == "stopped":
        return ""
    return (
        f"there are both it ({found.new['id']}) and {old['name']} ({old['id']}), which is {old['state']}. Delete or "
        "rename one"
    )


def _must_not_meet_a_stranger(found: _Found, old: Row, settings: Settings) -> str:
    """Refuse a second instance that is older than the snapshot, so that this rebuild did not create it."""
    if found.new is None or _born(found.new) >= _copied(found.snapshot):
        return ""
    return (
        f"there is another instance of this name ({found.new['id']}), which this rebuild did not create, beside "
        f"{old['name']} ({old['id']})"
    )


RULES = (
    _must_run,
    _must_have_an_image,
    _must_have_one_interface,
    _must_not_lose_labels,
    _must_be_stopped_beside_the_new_one,
    _must_not_meet_a_stranger,
)
