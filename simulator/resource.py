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

    def __init__(self, status: int, slug: str, message: str, /, **details: Any) -> None:
        super().__init__(message)
        self.status, self.slug, self.message, self.details = status, slug, message, details


class Resource:
    """Its fields now (`base`) and the changes that are still to come, each at its moment."""

    def __init__(self, kind: str, created: float, fields: Fields, identifier: str | None = None) -> None:
        self.kind = kind
        self.id = identifier or str(uuid.uuid4())
        self.created = created
        self.touched = created
        self.gone = created
        self.base: Fields = fields
        self.later: list[tuple[float, Fields]] = []
        self.version = 0  # grows with each change, for whoever keeps the state

    def at(self, moment: float) -> Fields:
        """The fields as they are (or were, or will be) at a moment."""
        if not self.later or self.later[0][0] > moment:
            return self.base
        fields = dict(self.base)
        for at, changes in self.later:
            if at > moment:
                break
            fields.update(changes)
        return fields

    def forget(self, before: float) -> None:
        """Fold the changes that no reader will look behind any more."""
        while self.later and self.later[0][0] <= before:
            at, changes = self.later.pop(0)
            self.base = {**self.base, **changes}
            if changes.get("status") == "deleted":
                self.gone = at

    def change(self, now: float, *steps: tuple[float, Fields]) -> None:
        """Plan changes, each (seconds from now, fields); what had been planned beyond now is void."""
        self.later = [step for step in self.later if step[0] <= now]
        self.later += [(now + seconds, fields) for seconds, fields in steps]
        self.touched = now
        self.version += 1

    @property
    def deleted_at(self) -> float:
        """The moment since which it is gone (if it is)."""
        for at, changes in self.later:
            if changes.get("status") == "deleted":
                return at
        return self.gone

    def seen(self, now: float, stale: float) -> Fields | None:
        """The fields as a reader gets them, who is behind by `stale` seconds after each action; None: not yet there."""
        moment = now - stale if now - self.touched < stale else now
        return None if moment < self.created else self.at(moment)
