# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The identity of a plan, its lines for humans, and the comparison with an approved plan. Pure functions.

A step's digest covers its request and the rows that it is planned from, as they are just before the step. A plan is
therefore the rest of an approved plan exactly if the digests of its steps are the last ones of the approved steps: the
steps before them were done, and had the effect that they were to have.
"""

from __future__ import annotations

import hashlib
import json
import re
import typing as t

from .._api.exceptions import Refused
from .._api.resources import GONE, INSTANCES, MOVING, POWER_STATES, UUID, Resource, Row
from .._api.rows import Seen, dig, interfaces_of
from .._api.statuses import is_being_created, is_deleting, settled_row, status_class
from .._api.times import epoch
from .step import Memory, Plan, Step

FORMAT = 1  # of the digests: to be changed with anything that they cover
CREATED = "{id}"  # stands for the id of a resource that the plan itself creates
MOST_LINES = 10  # in a message
_DIGEST = re.compile("[0-9a-f]{64}")
_POWER = ("start", "stop", "suspend")


class Mark(t.NamedTuple):
    """A step of a plan, as an approval knows it."""

    line: str  # for humans
    digest: str


class Marks(t.NamedTuple):
    """The steps of a member's plan, and what an interrupted run needs to continue it."""

    steps: tuple[Mark, ...] = ()
    start: str = ""  # the power state that the steps keep or restore
    updated: str = (
        ""  # the time of the instance's last change; only if the plan reboots it, which leaves no other trace
    )


class Planned(t.NamedTuple):
    """A member's plan, with the rows that it was made from."""

    plan: Plan
    seen: Seen
    kinds: t.Mapping[str, Resource]  # part -> its kind; the first part is the main one

    @property
    def row(self) -> Row | None:
        """Return the row of the main part."""
        return self.seen.get(next(iter(self.kinds)))

    def kind(self, part: str) -> Resource:
        """Return the kind of a part."""
        return self.kinds.get(part) or next(iter(self.kinds.values()))


def digest(data: t.Any) -> str:
    """Return the SHA-256 of the data as canonical JSON."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def mark_plan(planned: Planned, created: t.Collection[str] = ()) -> Marks:
    """Return the lines and digests of a plan's steps.

    `created` are the ids of resources that were created by the same plan, and had no id when it was made.
    """
    rows, steps, found = dict(planned.seen), planned.plan.steps, t.cast("list[Mark]", [])
    for index, step in enumerate(steps):
        parts = dict.fromkeys((step.part, *step.needs))
        parts.pop("source", None)  # it is read only while there is no instance; the path names it
        before = {part: _basis(rows.get(part), planned.kind(part), step, created) for part in parts}
        request = [step.action, step.method, step.path, step.query, [body for _words, body in step.ways] or step.body]
        text = json.dumps([FORMAT, request, before], sort_keys=True)
        for row_id in created:
            text = text.replace(row_id, CREATED)
        row, kind = rows.get(step.part), planned.kind(step.part)
        found.append(Mark(_step_line(steps, index, row, kind), digest(text)))
        rows[step.part] = None if step.effect is None else {**(row or {}), **step.effect}
        if step.creates:
            rows[step.part] = {**step.effect, "id": CREATED} if step.effect else None
    return Marks(tuple(found), _start(planned), _updated(planned))


def _start(planned: Planned) -> str:
    """Return the power state before the steps, if they change it or replace the instance."""
    row = planned.seen.get("instance")
    state = str(settled_row(row).get("state")) if row else ""
    changes = any(step.action in (*_POWER, "delete") for step in planned.plan.steps)
    return state if changes and state in POWER_STATES else ""


def _updated(planned: Planned) -> str:
    reboots = any(step.action == "reboot" for step in planned.plan.steps)
    return str(dig(planned.row, "updated_at")) if reboots else ""


def _basis(row: Row | None, kind: Resource, step: Step, created: t.Collection[str]) -> Row | None:
    """Return what a step is planned from: the id, name, state and type of the row, settled.

    The type of a resource that the plan itself creates is left out, because an alternative may have been created. A
    deletion is also planned from the public addresses, an update from the fields that it changes.
    """
    if row is None or is_deleting(row) or status_class(row, kind) == GONE:
        return None
    if kind is INSTANCES:
        row = settled_row(row)
    elif status_class(row, kind) == MOVING:
        row = {**row, "state": "available" if is_being_created(row) else row.get("state")}
    basis = {key: row.get(key) for key in ("id", "name", "state")}
    if row.get("id") == CREATED or row.get("id") in created:
        return basis
    basis["machine_type"] = dig(row, "machine_type.id")
    basis["fields"] = {key: row.get(key) for key in step.goal.get("fields") or ()}
    basis["public_ipv4"] = _addresses(row) if step.action == "delete" else []
    return basis


def _addresses(row: Row) -> list[str]:
    return [port["public_ipv4"] for port in interfaces_of(row) or [] if port["public_ipv4"]]


def _step_line(steps: tuple[Step, ...], index: int, row: Row | None, kind: Resource) -> str:
    """Return the step in words, with its target's id and its consequences."""
    step = steps[index]
    words = [step.description]
    if UUID.fullmatch(step.target):
        words.append(f" ({step.target})")
    if step.action == "delete" and row and kind is INSTANCES:
        words.append(_deletion_words(step, _addresses(row)))
    if step.action == "retype":
        words.append(f", now {dig(row, 'machine_type.name') or dig(row, 'machine_type.id') or 'of another type'}")
    if step.creates and step.part == "instance":
        words.append(_creation_words(step))
    words.append(_clean_up_words(steps, index))
    return "".join(char if char.isprintable() else "?" for char in "".join(words))


def _deletion_words(step: Step, addresses: list[str]) -> str:
    if not addresses:
        return ""
    named = f"its public IPv4 {', '.join(addresses)}"
    return f", with {named}" if step.query else f", {named} stays and is billed"


def _creation_words(step: Step) -> str:
    effect = step.effect or {}
    made = [dig(effect, "image.name")] if step.ways else [dig(effect, "machine_type.name"), dig(effect, "image.name")]
    named = ", ".join(str(name) for name in made if name)
    words = f" ({named})" if named else ""
    if step.goal.get("public_ipv4"):
        words += ", with a public IPv4 address that is billed"
    others = [text for text, _body in step.ways if not step.attempt or text != str(step.attempt)]
    if step.ways:
        words += f"; if there is no {' or '.join(step.attempt.retry_on)} for it, the failed attempt is deleted"
        words += f" and the next one is made: {', '.join(others)}" if others else ""
    return words


def _clean_up_words(steps: tuple[Step, ...], index: int) -> str:
    """Return what the run does of itself if the step fails: it restores the power state that it has changed."""
    before, after = steps[:index], steps[index + 1 :]
    down = next((step for step in before if step.action in _POWER), None)
    back = [step for step in after if step.action in _POWER and down and step.target == down.target]
    if not back or steps[index].action in _POWER:
        return ""
    return f"; also if that fails: {', '.join(step.description for step in back)}"


def seal_plan(scope: t.Sequence[str], members: t.Mapping[str, Marks], at: float | None) -> Row:
    """Return the plan as it stands in a result, and as `expected_plan` takes it.

    `scope` is what the plan holds for: region and tenant. `members` are the members by name, in order. `at` is the
    API's time when the plan was made; it is not a part of the digest, so that each run has the same one.
    """
    going = {name: marks for name, marks in members.items() if marks.steps}
    lines = [mark.line for marks in going.values() for mark in marks.steps]
    rows = [
        {"name": name, "steps": [mark.digest for mark in marks.steps]}
        | ({"start": marks.start} if marks.start else {})
        | ({"updated": marks.updated} if marks.updated else {})
        for name, marks in going.items()
    ]
    return seal_rows(scope, lines, rows, at)


def seal_rows(scope: t.Sequence[str], lines: list[str], rows: list[Row], at: float | None) -> Row:
    """Return the plan of these lines and rows of members, with its digest."""
    covered = {"format": FORMAT, "lines": lines, "members": rows, "scope": list(scope) if rows else []}
    return {
        "digest": digest(covered),
        "lines": lines,
        "members": rows,
        "at": int(at) if rows and at is not None else None,
    }


class Approval:
    """An approved plan: a saved plan, or only the digest of it."""

    def __init__(self, given: t.Any, scope: t.Sequence[str]) -> None:
        """Read the option `expected_plan`. Raise `Refused` if it is neither a plan nor a digest."""
        self.scope, self.at = scope, t.cast("float | None", None)
        self.members: dict[str, Marks] | None = None  # None until a plan had the digest, if only that was given
        if isinstance(given, str) and given.lstrip().startswith("{"):
            try:
                given = json.loads(given)
            except (ValueError, RecursionError) as error:
                raise Refused(f"expected_plan is not valid JSON: {error}.") from None
        self.saved: Row | None = given if isinstance(given, dict) else None
        self.digest = str(given.get("digest") if isinstance(given, dict) else given).strip()
        if not _DIGEST.fullmatch(self.digest):
            raise Refused("expected_plan is neither a plan of a result of this collection nor the digest of one.")
        if self.saved is not None:
            self._read(self.saved)

    def _read(self, given: Row) -> None:
        try:
            rows = [dict(row) for row in given.get("members") or []]
            lines = [str(line) for line in given.get("lines") or []]
            at = None if given.get("at") is None else int(given["at"])
            left, self.at, self.members = list(lines), at, {}
            for row in rows:
                marks = tuple(Mark(left.pop(0), str(step)) for step in row["steps"])
                self.members[str(row["name"])] = Marks(marks, row.get("start") or "", row.get("updated") or "")
            whole = not left and seal_rows(self.scope, lines, rows, at)["digest"] == self.digest
        except (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError):
            whole = False
        if not whole:
            raise Refused(
                "expected_plan does not have the digest that it names: it was changed after it was made, or was made "
                "for "
                "another region or tenant, or by another version of this collection. Nothing was done. Plan again, and "
                "have that plan approved."
            )

    def guard(self, name: str) -> Guard:
        """Return the guard of a member's steps."""
        return Guard(self, name)

    def check_all(self, planned: t.Sequence[tuple[Guard, Planned, Memory]]) -> None:
        """Raise `Refused` if the plan of all members together is not the approved one, or the rest of it."""
        if self.members is None:
            marks = {guard.name: mark_plan(each) for guard, each, _memory in planned}
            self.check_digest(seal_plan(self.scope, marks, None))
            self.members = marks
        wrong = [
            (guard, each) for guard, each, memory in planned
            if each.plan.steps and guard.position_of(each, memory) is None
        ]  # fmt: skip
        if wrong:
            approved = [mark for guard, _each in wrong for mark in guard.approved.steps]
            present = [mark for _guard, each in wrong for mark in mark_plan(each).steps]
            raise another_plan(approved, present, begun=False)

    def check_digest(self, plan: Row) -> None:
        """Raise `Refused` if the plan has steps, and not the approved digest."""
        if plan["digest"] != self.digest and plan["lines"]:
            raise other_digest(plan["lines"])

    def nothing_left_warnings(self) -> list[str]:
        """Return a warning if there is nothing to do, and it is not known whether the approved steps were done."""
        if self.saved is not None or self.digest == seal_plan((), {}, None)["digest"]:
            return []
        text = "There is nothing to do, so nothing was done. The digest alone does not show whether an earlier run has "
        return [f"{text}already applied the approved plan."]


class Guard:
    """The approved steps of one member: only they may be sent, in their order."""

    def __init__(self, approval: Approval, name: str) -> None:
        self.approval, self.name = approval, name
        self.position = 0  # of the step that was sent last

    @property
    def approved(self) -> Marks:
        """Return the approved steps; none if the approval does not name the member."""
        return (self.approval.members or {}).get(self.name, Marks())

    def resume(self, memory: Memory) -> None:
        """Let planning continue what an interrupted run of the same plan has begun: the power state to restore."""
        if self.approved.start:
            memory.start_state, memory.resumes = self.approved.start, True

    def admit(self, planned: Planned, memory: Memory) -> None:
        """Raise `Refused` if the first step of the plan must not be sent."""
        if self.approval.members is None:
            self.approval.check_all([(self, planned, memory)])
        position = self.position_of(planned, memory)
        if position is None or position < self.position:
            raise another_plan(self.approved.steps, mark_plan(planned).steps, begun=bool(memory.sent))
        self.position = position

    def position_of(self, planned: Planned, memory: Memory) -> int | None:
        """Return which approved step the first step of the plan is.

        Return None if the plan is not the rest of the approved plan. A reboot leaves no trace but the time of the last
        change: it is approved only for an instance that was not changed since.
        """
        reboots = not memory.sent and any(step.action == "reboot" for step in planned.plan.steps)
        if reboots and _updated(planned) != self.approved.updated:
            return None
        approved = [mark.digest for mark in self.approved.steps]
        for steps in self._readings(planned, memory):
            position = len(approved) - len(steps)
            if steps and position >= 0 and approved[position:] == steps:
                return position
        return None

    def _readings(self, planned: Planned, memory: Memory) -> t.Iterator[list[str]]:
        """Yield the digests of the plan's steps, in each way that an approved plan may know them.

        The plan did not know the ids of what it creates. A resource that is younger than the plan may have been created
        by an interrupted run of it. The deletion of a failed attempt belongs to the creation with alternatives.
        """
        ids, row = set(memory.created), planned.row
        choices = [ids]
        born = epoch(dig(row, "created_at"))
        if row and born is not None and self.approval.at is not None and born >= self.approval.at:
            choices.append({*ids, str(row["id"])})
        for created in choices:
            steps = [mark.digest for mark in mark_plan(planned, created).steps]
            yield steps
            if _removes_attempt(planned.plan, created):
                yield steps[1:]


def _removes_attempt(plan: Plan, created: t.Collection[str]) -> bool:
    """Return whether the plan begins with the deletion of a failed attempt, before the next attempt."""
    if len(plan.steps) < 2:
        return False
    first, second = plan.steps[:2]
    return first.action == "delete" and first.target in created and second.creates and bool(second.ways)


def other_digest(present: t.Sequence[str]) -> Refused:
    """Return the error for a plan that does not have the approved digest."""
    return Refused(
        f"{_NOT_APPROVED}, and nothing was done. Planned now: {_joined(present)}. If a run of "
        "the "
        "approved plan was interrupted, the digest alone cannot say so: give the whole plan, as the result returned it."
    )


def another_plan(approved: t.Sequence[Mark], present: t.Sequence[Mark], begun: bool) -> Refused:
    """Return the error for a plan that is not the approved one, step by step."""
    known, planned = {mark.digest for mark in approved}, {mark.digest for mark in present}
    more = [mark.line for mark in present if mark.digest not in known]
    less = [mark.line for mark in approved if mark.digest not in planned]
    other = [line for line in more if line in less]
    parts = {
        "Not approved": [line for line in more if line not in other],
        "Approved, but not planned now": [line for line in less if line not in other],
        "Approved for another request, or another state of the resource": other,
    }
    words = " ".join(f"{title}: {_joined(lines)}." for title, lines in parts.items() if lines)
    end = "nothing further was done" if begun else "nothing was done"
    return Refused(f"{_NOT_APPROVED}, and {end}. {words or 'The steps would be done in another order, or once more.'}")


_NOT_APPROVED = "The plan is not the approved one (expected_plan)"


def _joined(lines: t.Iterable[str]) -> str:
    listed = list(lines)
    more = f"; and {len(listed) - MOST_LINES} more" if len(listed) > MOST_LINES else ""
    return "; ".join(listed[:MOST_LINES]) + more if listed else "nothing"
