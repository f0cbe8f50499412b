# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A resource whose fields are a function of time: what was accepted, and the clock, never a timer."""

from __future__ import annotations

import uuid
from typing import Any

Fields = dict[str, Any]
NEVER = float("inf")


class Refused(Exception):
    """The API's answer to a request that breaks a rule."""

    def __init__(self, status: int, slug: str, message: str, details: Fields | None = None) -> None:
        super().__init__(message)
        self.status, self.slug, self.message, self.details = status, slug, message, details or {}


class Resource:
    """Its fields now (`base`) and the changes that are still to come, each at its moment."""

    def __init__(self, kind: str, created: float, fields: Fields, identifier: str | None = None) -> None:
        self.kind = kind
        self.id = identifier or str(uuid.uuid4())
        self.created = created
        self.gone = created  # the moment since which it is gone, if it is
        self.base: Fields = fields
        self.later: list[tuple[float, Fields]] = []
        self.acts: list[tuple[float, Fields | None]] = [(created, None)]  # the last ones, and what was before each
        self.version = 0  # grows with each change, for whoever keeps the state

    def was_there_all_along(self) -> None:
        """Put there by a test: neither lists nor reads come too early for it."""
        self.created = self.gone = 0.0
        self.acts = []

    def at(self, moment: float) -> Fields:
        """The fields as they are (or will be) at a moment."""
        if not self.later or self.later[0][0] > moment:
            return self.base
        fields = dict(self.base)
        for at, changes in self.later:
            if at > moment:
                break
            fields.update(changes)
        return fields

    def forget(self, before: float) -> None:
        """Fold the changes that have come true."""
        while self.later and self.later[0][0] <= before:
            at, changes = self.later.pop(0)
            self.base = {**self.base, **changes}
            if changes.get("status") == "deleted":
                self.gone = at

    def plan(self, now: float, *steps: tuple[float, Fields]) -> None:
        """What is to come, each (seconds from now, fields); what had been planned before is void."""
        self.forget(now)
        self.later = [(now + seconds, fields) for seconds, fields in steps]
        self.version += 1

    def change(self, now: float, *steps: tuple[float, Fields]) -> None:
        """Plan what an action leads to."""
        self.forget(now)
        self.acts = [*self.acts[-7:], (now, self.base)]
        self.plan(now, *steps)

    def seen(self, now: float, stale: float) -> Fields | None:
        """As a reader gets it: for some time after an action as it was before that one; None: not yet there."""
        for at, before in self.acts if stale else ():
            if now - at < stale:
                return before
        return self.at(now)
