# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The steps of the role rebuild: their requests, their outcomes, and the summary; pure functions.

The filters rebuild_requests, rebuild_after and rebuild_summary pass plain values in and out.
"""

from __future__ import annotations

import glob
import typing as t

from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import Row
from ansible_collections.magalu.cloud.plugins.module_utils._api.rows import dig, interfaces_of, same_id

from ._rebuild_plan import Member, Plan, Rows, Settings, own_declaration
from ._sentences import agree, counted, totals

NO_MESSAGE = "it ended without a message"


class Request(t.NamedTuple):
    """A declaration for vm_fleet, and the name of its member."""

    name: str
    options: Row


# The requests. Each step of the role takes some of a batch's members, and has a declaration for each of them.


def _put_aside(member: Member, settings: Settings, listed: Rows) -> list[Row]:
    return [{"id": member.old["id"], "name": member.name + settings.suffix, "state": "stopped"}]


def _create(member: Member, settings: Settings, listed: Rows) -> list[Row]:
    return [declare_new(member, settings)]


def _try(member: Member, settings: Settings, listed: Rows) -> list[Row]:
    """Return a declaration with a name that no instance has, so that check mode plans its creation.

    A snapshot to restore does not exist yet: then only the machine type can be tried, as a retype of the old instance.
    """
    declared = declare_new(member, settings)
    if settings.from_snapshot:
        return [{"id": member.old["id"], "machine_type": declared.get("machine_type")}]
    return [{**declared, "name": f"{member.name[:200]}-{member.old['id']}"}]


def _delete_new(member: Member, settings: Settings, listed: Rows) -> list[Row]:
    """Return the deletions of the new instance, none if the old one is gone: somebody else may have deleted it."""
    if not any(same_id(row["id"], member.old["id"]) and row["phase"] != "deleting" for row in listed):
        return []
    news = [row for row in listed if row.get("name") == member.name and not same_id(row["id"], member.old["id"])]
    return [{"id": row["id"], "state": "absent", "delete_public_ip": True} for row in news]


def _give_back(member: Member, settings: Settings, listed: Rows) -> list[Row]:
    return [{"id": member.old["id"], "name": member.name, "state": "running"}]


def _delete_old(member: Member, settings: Settings, listed: Rows) -> list[Row]:
    """Return the deletion of the old instance, which is refused if somebody else has given it its name back."""
    options = {"id": member.old["id"], "state": "absent", "delete_public_ip": settings.delete_public_ip}
    return [{**options, "protect_names": [glob.escape(member.name)]}]


class Step(t.NamedTuple):
    """A step of the role that vm_fleet does."""

    takes: t.Callable[[Member], bool]
    declare: t.Callable[[Member, Settings, Rows], list[Row]]
    reason: str  # the member's field for the reason of a failure


STEPS = {
    "try": Step(lambda member: not member.begun, _try, "reason"),
    "put_aside": Step(lambda member: True, _put_aside, "reason"),
    "create": Step(lambda member: not member.reason, _create, "reason"),
    # Without a snapshot, this rebuild has not created an instance: an existing instance of the name is not its own.
    "delete_new": Step(lambda member: bool(member.reason and member.snapshot), _delete_new, "back_reason"),
    "give_back": Step(lambda member: bool(member.reason and not member.back_reason), _give_back, "back_reason"),
    "delete_old": Step(lambda member: not member.reason, _delete_old, "end_reason"),
}


def make_requests(members: t.Sequence[Member], step: str, settings: Settings, listed: Rows = ()) -> list[Request]:
    """Return the requests of a step for the batch's members; `listed` are all instances, for the step delete_new."""
    takes, declare = STEPS[step].takes, STEPS[step].declare
    taken = [member for member in members if takes(member)]
    return [Request(member.name, options) for member in taken for options in declare(member, settings, listed)]


def declare_new(member: Member, settings: Settings) -> Row:
    """Return the declaration of the new instance: options that are not declared come from the old instance."""
    old = member.old
    same: Row = {
        "machine_type": dig(old, "machine_type.id"),
        "ssh_key_name": old.get("ssh_key_name"),
        "availability_zone": old.get("availability_zone"),
        "network": _without_none({
            "vpc": dig(old, "network.vpc.id"),
            "security_groups": _primary_security_groups(old),
            "associate_public_ip": bool(old.get("public_ipv4")),
        }),
    }  # fmt: skip
    if settings.from_snapshot:
        same["snapshot"] = member.snapshot
    else:
        same.update(image=dig(old, "image.id"), labels=old.get("labels") or None)
    own = {"name": member.name, "state": "running", "on_immutable_change": "ignore"}
    return _merge(_without_none(same), settings.declaration, own_declaration(member.name, settings), own)


def _primary_security_groups(row: Row) -> list[str] | None:
    interfaces = interfaces_of(row) or [{}]
    return [group for group in interfaces[0].get("security_groups") or () if isinstance(group, str)] or None


def _without_none(options: Row) -> Row:
    return {name: value for name, value in options.items() if value is not None}


def _merge(*declarations: Row) -> Row:
    """Return the merged declarations: the last that has an option counts, also inside of mappings."""
    merged: Row = {}
    for declared in declarations:
        for name, value in declared.items():
            both = isinstance(value, dict) and isinstance(merged.get(name), dict)
            merged[name] = _merge(merged[name], value) if both else value
    return merged


# The outcome of a step


def apply_result(
    members: t.Sequence[Member], step: str, result: Row, requests: t.Sequence[Request] = ()
) -> list[Member]:
    """Return the members after a step with this result.

    It is vm_fleet's result for these requests; after the step copy, the result of the role protect; after the step
    check, the reasons why new instances do not answer, by name.
    """
    if step == "copy":
        return [_copied_member(member, result) for member in members]
    if step == "check":
        return [
            member._replace(reason=f"the new instance does not answer: {result[member.name]}")
            if member.name in result else member
            for member in members
        ]  # fmt: skip
    rows = list(result.get("members") or ())
    rows += [{"failed": True, "msg": result.get("msg")}] * (len(requests) - len(rows))
    by_name: dict[str, Row] = {}
    for request, row in zip(requests, rows):
        if not by_name.get(request.name, {}).get("failed"):  # several requests of a name: a failed one counts
            by_name[request.name] = row
    return [
        _member_after(member, step, by_name[member.name]) if member.name in by_name else member for member in members
    ]


def _member_after(member: Member, step: str, row: Row) -> Member:
    if row.get("failed"):
        reason: Row = {STEPS[step].reason: str(row.get("msg") or NO_MESSAGE)}
        return _with_way_back(member._replace(**reason))
    if step == "create":
        return member._replace(new=row["instance"])
    if step == "delete_old":
        return member._replace(kept_public_ips=list(row.get("kept_public_ips") or ()))
    return member


def _copied_member(member: Member, result: Row) -> Member:
    """Return the member with its snapshot, or with the reason why it has no snapshot, which ends its replacement."""
    if member.reason:
        return member
    rows = [row for key in ("created", "skipped", "failed") for row in result.get(key) or ()]
    row: Row = next((row for row in rows if same_id(row["id"], member.old["id"])), {})
    if row.get("copy_id"):
        return member._replace(snapshot=row["copy_id"])
    return _with_way_back(member._replace(reason=f"{row.get('reason') or result.get('msg') or NO_MESSAGE}"))


def _with_way_back(member: Member) -> Member:
    """Return a member that failed, with the reason why there is no way back.

    Another instance has the name that the old instance would get back. It is deleted only if this run has seen the
    snapshot, which proves that this rebuild created it.
    """
    if not (member.reason and member.new) or member.snapshot or member.back_reason:
        return member
    return member._replace(back_reason=f"the instance {member.new['id']} has its name, and is left as it is")


# The summary


def summarize_rebuild(
    plan: Plan, settings: Settings, finished: t.Sequence[Member], current: t.Sequence[Member], check: bool
) -> Row:
    """Return rebuild_result; `current` are the members of a batch that was cut off."""
    done = {member.name for member in (*finished, *current)}
    result: Row = {
        "id": settings.id,
        "check_mode": check,
        "rebuilt": [_rebuilt_row(member, settings) for member in finished if not member.failed],
        "earlier": plan.earlier,
        "failed": [_failed_row(member, settings) for member in finished if member.failed],
        "cut_off": [member.name for member in current],
        "left": [member.name for member in plan.members if member.name not in done],
        "kept_public_ips": [address for member in finished for address in member.kept_public_ips],
    }
    lines = _prediction(result, settings) if check else _rebuild_lines(result)
    return {**result, "message": "\n".join(lines)}


def _rebuilt_row(member: Member, settings: Settings) -> Row:
    return {
        "name": member.name,
        "id": dig(member.new, "id"),
        "old_id": member.old["id"],
        "snapshot": f"rebuild-{member.name}{settings.suffix}",
        "snapshot_id": member.snapshot,
    }


def _failed_row(member: Member, settings: Settings) -> Row:
    old, aside = member.old["id"], f"{member.name}{settings.suffix}"
    if member.end_reason:
        reason = member.end_reason
        now = (
            f"The new instance ({dig(member.new, 'id')}) answers. The old instance is still there, as {aside}. Fix the "
            "cause and run this again."
        )
    elif member.back_reason:
        reason = member.reason
        now = (
            f"The way back failed too: {_sentence(member.back_reason)} The old instance is {old}, called {aside} if it "
            "was put aside. Fix the cause and run this again."
        )
    else:
        reason, now = member.reason, f"The old instance ({old}) is back, and runs as {member.name}."
    back = not (member.end_reason or member.back_reason)
    return {"name": member.name, "id": old, "reason": _sentence(reason), "back": back, "now": now}


def _sentence(text: str) -> str:
    return f"{text.rstrip('. ')}."


def _prediction(result: Row, settings: Settings) -> t.Iterator[str]:
    left, earlier = result["left"], result["earlier"]
    before = f", {len(earlier)} {agree(len(earlier), 'was')} by an earlier run" if earlier else ""
    yield f"Rebuild {result['id']}: {counted(len(left), 'instance')} would be replaced{before}."
    if left:
        disks = "stays" if settings.from_snapshot else "goes (the snapshots keep it)"
        yield (
            f"Would be replaced: {', '.join(left)}; what is on their disks {disks}, ids and addresses change, and "
            "volumes are detached."
        )


def _rebuild_lines(result: Row) -> t.Iterator[str]:
    rebuilt = [row["name"] for row in result["rebuilt"]]
    others = totals((len(result["earlier"]), "by an earlier run"), (len(result["failed"]), "failed"))
    numbers = ", ".join(filter(None, (f"{counted(len(rebuilt), 'instance')} replaced", others)))
    yield f"Rebuild {result['id']}: {numbers}."
    for words, names in (
        ("Replaced", rebuilt),
        ("Not started, after more failures than rebuild_max_failures", result["left"]),
        ("Cut off in the middle, and carried on by the same run again", result["cut_off"]),
        ("Public IPv4 addresses that are left, and billed", result["kept_public_ips"]),
    ):
        if names:
            yield f"{words}: {', '.join(names)}"
    for row in result["failed"]:
        yield f"Failed: {row['name']}: {row['reason']} {row['now']}"
