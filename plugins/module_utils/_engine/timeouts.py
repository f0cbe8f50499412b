# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The error for a member whose time is up: what it waited for, and what the API said last."""

from __future__ import annotations

from .._api.exceptions import ApiError, Failed
from .._api.resources import GONE, MOVING
from .._api.statuses import status_class
from .member import Member, Pending


def timeout_failure(member: Member, seconds: float, unread: ApiError | None = None) -> Failed:
    """Return the error for a member whose time is up.

    `unread` is the error of the last read. The message names the resource that was waited for, its status and state,
    and the API's last refusal.
    """
    pending = member.pending or member.put_off
    part = pending.step.part if pending else member.waits_for or member.main
    row, kind = member.view.seen.get(part) or {}, member.kinds.get(part, member.kinds[member.main])
    if pending:
        what = f"trying to {pending.step.description}"
    elif part == member.main:
        what = f"waiting for {member.label}"
    else:
        what = f"waiting for {kind.kind} {row.get('name')} ({row.get('id')}), which {member.label} needs"
    status = f"its status is {row.get('status')!r}, its state {row.get('state')!r}" if row else "it cannot be read"
    wants_address = pending is not None and pending.step.goal.get("public_ipv4")
    if wants_address and row and status_class(row) not in (MOVING, GONE) and not row.get("public_ipv4"):
        status += ", and it has no public IPv4 address yet"
    end = "The next run continues from there."
    if pending and pending.is_accepted and pending.step.creates and part not in member.view.next_query.ids:
        status = f"the API accepted it, but its lists do not show such a {kind.kind} yet"
        end = "Look for it before you run this again: a run that does not find it creates another."
    text = f"Timed out after {seconds:g} s (wait_timeout) {what}: {status}. {end}"
    refused = _last_refusal(pending, member)
    doing = pending.step.description if pending and (refused or not unread) else f"look at {member.label}"
    return Failed(text, doing, refused or unread)


def _last_refusal(pending: Pending | None, member: Member) -> ApiError | None:
    """Return the API's last error for a step that it did not accept."""
    if pending is None or pending.is_accepted:
        return None
    return pending.error or next(reversed(member.refusals.get(pending.step.identity, [])), None)
