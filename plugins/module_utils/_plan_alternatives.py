# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ways to make an instance: with what is declared, and with each of its `alternatives`, in order.

Imported where a declaration has alternatives.
"""

from __future__ import annotations

import typing as t

from ._api import CREATION_FAILED, GONE, Refused, Row, deleting, status_class
from ._read import same_reference
from ._step import Memory, Step

Want = dict[str, t.Any]
Catalogs = dict[str, t.Any]


class Attempt(t.NamedTuple):
    """One way to make the instance. A `Step` carries it, and `Memory.attempts` has those that failed."""

    machine_type: str | None
    availability_zone: str | None
    on: tuple[str, ...]  # what it may fail for so that the next one is tried

    def __str__(self) -> str:
        zone = f" in {self.availability_zone}" if self.availability_zone else ""
        return f"{self.machine_type or 'any machine type'}{zone}"

    def lacks(self, error: Row, status: str = "") -> bool:
        """Whether it failed for what another attempt may have: by the slug, since a message can quote the user."""
        text = f"{error.get('slug') or error.get('message')} {status}".lower()
        return next((what for what in ("quota", "capacity") if what in text), None) in self.on

    def failed(self, error: Row) -> Row:
        """As it stands in a result."""
        told = {key: error.get(key) for key in ("slug", "message")}
        return {"machine_type": self.machine_type, "availability_zone": self.availability_zone, "error": told}


def attempts(want: Want) -> list[Attempt]:
    """All ways, each once. What an alternative leaves out is as declared."""
    own = want["machine_type"], want["availability_zone"]
    ways = [(one.get("machine_type") or own[0], one.get("availability_zone") or own[1]) for one in want["alternatives"]]
    on = tuple(want["alternatives_on"])
    return [Attempt(kind, zone, on) for kind, zone in dict.fromkeys([own, *ways] if own[0] else ways)]


def as_it_is(row: Row | None, want: Want, catalogs: Catalogs | None) -> Want:
    """The declaration by the attempt that a living instance equals.

    Without one by the first in its zone, which cannot be changed; but alternatives alone do not change what is there.
    The next creation goes by what was `declared`.
    """
    if row is None or status_class(row) in (GONE, CREATION_FAILED) or deleting(row) or want["state"] == "absent":
        return want
    ways = attempts(want)
    there = [one for one in ways if _in_zone(one, row)]
    way = next((one for one in there if _of_type(one, row, catalogs)), None)
    if way is None and want["machine_type"] is None:
        return want
    way = way or (there or ways)[0]
    return {**want, **_options(way), "declared": want}


def _options(way: Attempt) -> Want:
    return {"machine_type": way.machine_type, "availability_zone": way.availability_zone}


def _in_zone(way: Attempt, row: Row) -> bool:
    """Whether the instance can be what this attempt makes. A zone that is not told can be any."""
    zone = row.get("availability_zone")
    return None in (zone, way.availability_zone) or zone == way.availability_zone


def _of_type(way: Attempt, row: Row, catalogs: Catalogs | None) -> bool:
    value = row.get("machine_type")
    if way.machine_type is None or not isinstance(value, dict):
        return True
    equal = same_reference(way.machine_type, value)
    if equal is None:
        from . import _declare

        equal = _declare.same_type(way.machine_type, value, catalogs)
    return equal


def left(row: Row, want: Want, catalogs: Catalogs | None, own: bool) -> int | None:
    """Which attempt an instance is that failed for what another one may have; None if it is not known to be any.

    `own` is one that this run made, whatever of it can be read.
    """
    ways, told = attempts(want), isinstance(row.get("machine_type"), dict)
    if not ways or not ways[0].lacks(row.get("error") or {}, str(row.get("status"))):
        return None
    if own:
        return 0
    return next((i for i, way in enumerate(ways) if told and _in_zone(way, row) and _of_type(way, row, catalogs)), None)


def key(number: int) -> str:
    """What the removal of an attempt that an earlier run left is counted by: it tells where this run goes on."""
    return f"DELETE attempt {number + 1}"


def step(want: Want, catalogs: Catalogs, memory: Memory, after: int | None) -> Step:
    """The creation that is to be tried next, with all of them checked against the catalogs.

    What an earlier run left counts as tried by that one: this run goes on with the next, and comes to it last.
    """
    want = want.get("declared") or want
    ways = attempts(want)
    steps: list[Step] = [_step(number, way, want, catalogs) for number, way in enumerate(ways)]
    numbers = range(len(ways))
    if after is None:
        after = next((number for number in numbers if key(number) in memory.sent), -1)
    tried = [(one["machine_type"], one["availability_zone"]) for one in memory.attempts]
    order = sorted(numbers, key=lambda number: (number <= after, number))
    number = next((one for one in order if ways[one][:2] not in tried), -1)
    if number < 0:
        raise Refused(f"Instance {want['new_name'] or want['name']} could not be created.{tried_before(memory)}")
    return steps[number]


def _step(number: int, way: Attempt, want: Want, catalogs: Catalogs) -> Step:
    from . import _declare

    try:
        made: Step = _declare.creation({**want, **_options(way)}, catalogs)
    except Refused as error:
        raise Refused(f"With {way}: {error}" if number else str(error)) from None
    return made._replace(does=f"{made.does} as {way}", key=f"{made.key} ({number + 1})", attempt=way)


def tried_before(memory: Memory) -> str:
    """A sentence on the attempts of this run that failed, each with its reason; nothing without any."""
    told = [
        f"{Attempt(one['machine_type'], one['availability_zone'], ())}: {one['error']['message'] or 'no reason given'} "
        f"(slug {one['error']['slug']})"
        for one in memory.attempts
    ]
    return f" Tried were {'; '.join(told)}." if told else ""
