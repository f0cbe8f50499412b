# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A resource whose fields are a function of the actions and the clock."""

from __future__ import annotations

import uuid
from collections import deque
from typing import Any, Generic, cast

from .kinds import F, Fields, Kind

NEVER = float("inf")
REMEMBERED = 32  # changes of a resource that lists may still lag behind
Steps = list[tuple[float, Fields]]  # seconds from now, and the fields that change then


class ById(dict[str, Any]):
    """A mapping by id that ignores case, as UUIDs do."""

    def __getitem__(self, identifier: str) -> Any:
        return super().__getitem__(identifier.lower())

    def __setitem__(self, identifier: str, value: Any) -> None:
        super().__setitem__(identifier.lower(), value)

    def __delitem__(self, identifier: str) -> None:
        super().__delitem__(identifier.lower())

    def __contains__(self, identifier: object) -> bool:
        return super().__contains__(str(identifier).lower())

    def get(self, identifier: str, default: Any = None) -> Any:
        return super().get(identifier.lower(), default)


class Refused(Exception):
    """The API's answer to a request that breaks a rule."""

    def __init__(self, status: int, slug: str, message: str, details: Fields | None = None) -> None:
        super().__init__(message)
        self.status, self.slug, self.message, self.details = status, slug, message, details or {}


class Mistake(Refused, ValueError):
    """An invalid request to the simulator's controls."""

    def __init__(self, message: str) -> None:
        super().__init__(400, "simulator.refused", message)


class Resource(Generic[F]):
    """The current fields of a resource (`base`), and its planned changes."""

    def __init__(self, kind: Kind[F], created: float, fields: F, identifier: str | None = None) -> None:
        self.kind = kind
        self.id = identifier or str(uuid.uuid4())
        self.created = created
        self.gone = created  # the moment of its deletion, if it is deleted
        self.base = fields
        self.later: Steps = []
        self.past: deque[tuple[float, F]] = deque(maxlen=REMEMBERED)  # earlier fields, each until its moment
        self.acts: list[tuple[float, F | None]] = [(created, None)]  # the last actions, and the fields before each
        self.keys: set[tuple[str, ...]] = set()  # its keys in the index of its region
        self.version = 0  # grows with each change, so that a store sees the change

    def backdate(self) -> None:
        """Let lists and reads show the resource at once, as if it had always existed."""
        self.created = self.gone = 0.0
        self.acts = []

    def at(self, moment: float) -> F:
        """Return the fields at a past or future moment."""
        if self.past and moment < self.past[-1][0]:
            return next(fields for until, fields in self.past if moment < until)
        fields = self.base
        if self.later and self.later[0][0] <= moment:
            for at, changes in self.later:
                if at > moment:
                    break
                fields = merge(fields, changes)
        return fields

    def forget(self, before: float) -> None:
        """Apply the planned changes whose moment has come."""
        while self.later and self.later[0][0] <= before:
            at, changes = self.later.pop(0)
            self.past.append((at, self.base))
            self.base = merge(self.base, changes)
            if changes.get("status") == "deleted":
                self.gone = at

    def plan(self, now: float, *steps: tuple[float, Fields]) -> None:
        """Replace the planned changes."""
        self.forget(now)
        self.later = [(now + seconds, fields) for seconds, fields in steps]
        self.version += 1

    def change(self, now: float, *steps: tuple[float, Fields]) -> None:
        """Plan the changes that follow an action."""
        self.forget(now)
        self.acts = [*self.acts[-7:], (now, self.base)]
        self.plan(now, *steps)

    def show(self, moment: float, stale: float) -> F | None:
        """Return the fields that a reader sees, or None if the resource is not there yet.

        For `stale` seconds after an action these are the fields from before the action.
        """
        if moment < self.created:
            return None
        for at, before in self.acts if stale else ():
            if 0 <= moment - at < stale:
                return before
        return self.at(moment)


def merge(fields: F, changes: Fields) -> F:
    return cast(F, {**fields, **changes})
