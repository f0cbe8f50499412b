# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is said of a member that cannot reach its goal. Imported where there is one."""

from __future__ import annotations

from ._api import GONE, MOVING, Refused, status_class
from ._client import ApiError
from ._engine import ACCEPTED, LOST, Failed, Member
from ._goals import fingerprint
from ._read import Seen


def timed_out(member: Member, seconds: float) -> Failed:
    """The error for a member whose time is up."""
    what = member.pending.step.does if member.pending else f"wait for {member.label}"
    part = member.pending.step.part if member.pending else member.main
    row = member.seen.get(part) or {}
    status = f"its status is {row.get('status')!r}, its state {row.get('state')!r}" if row else "it cannot be read"
    wants_address = member.pending is not None and member.pending.step.goal.get("public_ipv4")
    if wants_address and row and status_class(row) not in (MOVING, GONE) and not row.get("public_ipv4"):
        status += ", and it has no public IPv4 address yet"
    error = member.pending.error if member.pending and not member.pending.on_its_way else None
    return Failed(
        f"Timed out after {seconds:g} s (wait_timeout) on the way to {what}: {status}. The next run carries on from "
        "there.", what, error,
    )  # fmt: skip


def with_left(failure: Failed | Refused | ApiError, member: Member) -> Failed | Refused | ApiError:
    """The failure, and what of it could not be put right either."""
    steps = member.put_right(_to_come(member)).steps
    if member.pending and member.pending.on_its_way:
        steps = tuple(step for step in steps if step != member.pending.step)
    if not steps:
        return failure
    cause = failure if isinstance(failure, ApiError) else getattr(failure, "error", None)
    words = "" if failure is cause else f"{failure} "
    why = "" if steps[0].action == "delete" else ", since the next run cannot know of it"
    left = f"Left to be done{why}: {', '.join(step.does for step in steps)}."
    return Failed(f"{words}{left}".strip(), getattr(failure, "doing", ""), cause)


def _to_come(member: Member) -> Seen:
    """What was seen last, with the effect of what was under way then: reads can be behind."""
    last, seen = member.last, member.seen
    if last is None or last.answer not in (ACCEPTED, LOST):
        return seen
    row, effect = seen.get(last.step.part), last.step.effect
    if not row or not effect or fingerprint(row) != last.before:
        return seen
    return {**seen, last.step.part: {**row, **effect}}
