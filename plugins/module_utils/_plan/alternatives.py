# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The attempts to create an instance: as declared, then by each alternative."""

from __future__ import annotations

import typing as t

from .._api.exceptions import Refused
from .._api.messages import reason_words, remedy_for
from .._api.resources import CREATION_FAILED, GONE, Row
from .._api.rows import same_reference, same_zone
from .._api.statuses import is_deleting, status_class
from .catalogs import is_same_type
from .creation import creation_step
from .options import DesiredInstance
from .step import Catalogs, Memory, Step


class Attempt(t.NamedTuple):
    """A machine type and zone to create the instance with.

    A `Step` carries its attempt; `Memory.attempts` lists the failed attempts.
    """

    machine_type: str | None
    availability_zone: str | None
    retry_on: tuple[str, ...]  # the causes of failure after which the next attempt is tried

    def __str__(self) -> str:
        zone = f" in {self.availability_zone}" if self.availability_zone else ""
        return f"{self.machine_type or 'no machine type'}{zone}"

    def may_avoid(self, error: Row, status: str = "") -> bool:
        """Return whether the next attempt may avoid the cause of the failure.

        The slug decides. The message counts only without a slug, because it can quote text of the user.
        """
        text = f"{error.get('slug') or error.get('message')} {status}".lower()
        return next((what for what in ("quota", "capacity") if what in text), None) in self.retry_on

    def failure_row(self, error: Row) -> Row:
        """Return the failed attempt as a row of `creation_attempts` in the result."""
        cause = {key: error.get(key) for key in ("slug", "message")}
        return {"machine_type": self.machine_type, "availability_zone": self.availability_zone, "error": cause}


def list_attempts(want: DesiredInstance) -> list[Attempt]:
    """Return all attempts without duplicates.

    An option that an alternative leaves out has its declared value.
    """
    declared = want.machine_type, want.availability_zone
    ways = [
        (way.get("machine_type") or declared[0], way.get("availability_zone") or declared[1])
        for way in want.alternatives or []
    ]
    retry_on = tuple(want.alternatives_on)
    return [Attempt(kind, zone, retry_on) for kind, zone in dict.fromkeys([declared, *ways] if declared[0] else ways)]


def adopt_matching_attempt(row: Row | None, want: DesiredInstance, catalogs: Catalogs | None) -> DesiredInstance:
    """Return the declaration with the type and zone of the attempt that an instance matches.

    Only a living instance counts. If no attempt matches, take the first attempt in the instance's zone, because the
    zone cannot be changed. Without a declared machine type, alternatives that do not match leave the declaration as it
    is, so they alone never change an instance.
    """
    if row is None or status_class(row) in (GONE, CREATION_FAILED) or is_deleting(row) or want.state == "absent":
        return want
    ways = list_attempts(want)
    there = [way for way in ways if _matches_zone(way, row)]
    way = next((way for way in there if _matches_type(way, row, catalogs)), None)
    if way is None and want.machine_type is None:
        return want
    way = way or (there or ways)[0]
    return _with_attempt(want, way)


def _with_attempt(want: DesiredInstance, way: Attempt) -> DesiredInstance:
    return want._replace(machine_type=way.machine_type, availability_zone=way.availability_zone)


def _matches_zone(way: Attempt, row: Row) -> bool:
    """Return whether the zones are equal; an unknown zone matches any zone."""
    zone = row.get("availability_zone")
    return None in (zone, way.availability_zone) or same_zone(zone, way.availability_zone)


def _matches_type(way: Attempt, row: Row, catalogs: Catalogs | None) -> bool:
    """Return whether the machine types are equal; an unknown type matches any type."""
    value = row.get("machine_type")
    if way.machine_type is None or not isinstance(value, dict):
        return True
    equal = same_reference(way.machine_type, value)
    if equal is None:
        equal = is_same_type(way.machine_type, value, catalogs)
    return equal


def failed_attempt_index(row: Row, want: DesiredInstance, catalogs: Catalogs | None, created_here: bool) -> int | None:
    """Return the index of the attempt that created an instance whose creation failed.

    Return None if the next attempt cannot avoid the cause of the failure, or if the attempt cannot be identified.
    `created_here` says that this run created the instance; its attempt then counts as identified, whatever was read of
    it.
    """
    ways, type_is_known = list_attempts(want), isinstance(row.get("machine_type"), dict)
    if not ways or not ways[0].may_avoid(row.get("error") or {}, str(row.get("status"))):
        return None
    if created_here:
        return 0
    return next(
        (
            i
            for i, way in enumerate(ways)
            if type_is_known and _matches_zone(way, row) and _matches_type(way, row, catalogs)
        ),
        None,
    )


def removal_way(number: int) -> str:
    """Return the `way` of the step that removes a failed attempt of an earlier run.

    This run counts the step under it, and so knows after which attempt to continue.
    """
    return f"attempt {number + 1}"


def next_attempt(want: DesiredInstance, catalogs: Catalogs, memory: Memory, after: int | None) -> Step:
    """Return the creation step of the next attempt.

    All attempts are checked against the catalogues first. The attempt that an earlier run left behind counts as tried:
    this run continues with the next attempt and comes back to it last. Raise `Refused` if all attempts have failed or
    the catalogues rule out any attempt.
    """
    ways = list_attempts(want)
    steps: list[Step] = [_step(number, way, want, catalogs) for number, way in enumerate(ways)]
    numbers = range(len(ways))
    if after is None:
        after = next((number for number in numbers if any(each.way == removal_way(number) for each in memory.sent)), -1)
    tried = [(attempt["machine_type"], attempt["availability_zone"]) for attempt in memory.attempts]
    order = sorted(numbers, key=lambda number: (number <= after, number))
    number = next((each for each in order if ways[each][:2] not in tried), -1)
    if number < 0:
        name, errors = want.new_name or want.name, [attempt["error"] for attempt in memory.attempts]
        cause = next(filter(None, (remedy_for(f"{error['slug']} {error['message']}") for error in errors)), "")
        text = f"Instance {name} could not be created.{tried_sentence(memory)}"
        raise Refused(f"{text} {cause}".strip(), f"create instance {name}", errors[-1] if errors else None)
    return steps[number]._replace(ways=tuple((str(way), step.body) for way, step in zip(ways, steps)))


def _step(number: int, way: Attempt, want: DesiredInstance, catalogs: Catalogs) -> Step:

    try:
        made: Step = creation_step(_with_attempt(want, way), catalogs)
    except Refused as error:
        raise Refused(f"With {way}: {error}" if number else str(error), reason=error.reason) from None
    return made._replace(description=f"{made.description} as {way}", way=str(number + 1), attempt=way)


def tried_sentence(memory: Memory) -> str:
    """Return a sentence on this run's failed attempts; empty if there are none."""
    failures = [
        f"{Attempt(attempt['machine_type'], attempt['availability_zone'], ())}: {reason_words(attempt['error'])}"
        for attempt in memory.attempts
    ]
    return f" Tried were {'; '.join(failures)}." if failures else ""
