# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The progress of a fleet's members, and the line that reports it to a waiting user."""

from __future__ import annotations

import os.path
import re
import typing as t
from collections import Counter

from .._api.exceptions import ApiError, Failed, NotStarted, Refused
from .._api.resources import GONE, MOVING, Row
from .._api.statuses import is_being_created, is_deleting, status_class
from .._engine.member import Member
from .._engine.verdicts import CONFLICT, LATER
from .._plan.step import Plan

EVERY = 5.0  # seconds between two progress lines
WAITING, REQUESTED, MOVES, SETTLED, FAILED = PHASES = ("waiting", "requested", "moving", "settled", "failed")
_LAST = (WAITING, "not started", FAILED)  # words that come last in a progress line
_DOING = {
    "create": "creating", "restore": "restoring", "rename": "renaming", "retype": "retyping", "delete": "deleting",
    "start": "starting", "stop": "stopping", "suspend": "suspending", "reboot": "rebooting", "attach": "attaching",
    "detach": "detaching",
}  # fmt: skip


class Standing(t.NamedTuple):
    """The progress of a member."""

    phase: str
    word: str  # the word shown to users
    status: str = ""  # the resource's status in the API
    at: float | None = None  # the time at which this phase began, if known


class Watched(t.Protocol):
    """A fleet member, with the attributes that progress and report read."""

    name: str
    engine_member: Member
    error: Failed | Refused | ApiError | None

    @property
    def planned(self) -> Plan | None:
        """Return the first plan of the member."""


class Watcher:
    """A listener that is called after each round and at the end of the fleet's task."""

    def watch(self, now: float) -> None:
        """Take note of the members' progress after a round."""

    def end(self, results: list[dict[str, t.Any]], totals: dict[str, int], error: str) -> None:
        """Take note of the end.

        `results` are the members' results, `error` is a failure that is not a member's. Called once.
        """


def list_standings(members: t.Sequence[Watched]) -> list[Standing]:
    """Return the progress of each member."""
    return [standing_of(member.engine_member, member.error) for member in members]


def standing_of(member: Member, error: Exception | None = None) -> Standing:
    """Return the progress of a member, judged by the last read of it.

    `error` is a failure because of which the engine did not work on the member.
    """
    row, pending = member.row, member.pending
    status = str((row or {}).get("status") or "")
    failure = error or member.failure
    if failure:
        return Standing(FAILED, "not started" if isinstance(failure, NotStarted) else FAILED, status)
    if pending and pending.answer not in (LATER, CONFLICT):
        word = _DOING.get(pending.step.action, "changing")
        return Standing(MOVES, word, status) if pending.moved else Standing(REQUESTED, word, status, pending.at)
    if member.over:
        return Standing(SETTLED, outcome_of(row), status)
    if status_class(row) == MOVING:
        word = "creating" if is_being_created(row) else "deleting" if is_deleting(row or {}) else "changing"
        return Standing(MOVES, word, status)
    return Standing(WAITING, WAITING, status)


def outcome_of(row: Row | None) -> str:
    """Return the word for a member whose resource has settled as in this row."""
    return "deleted" if row is None or status_class(row) == GONE else str(row.get("state"))


def name_of_watched(names: list[str]) -> str:
    """Return the longest common beginning of the names that consists of whole words."""
    words = [re.findall(r"[^\W\d_]+|\d+|[\W_]+", name) for name in names]
    return "".join(os.path.commonprefix(words)).rstrip("-_. ")


def progress_line(names: list[str], standings: list[Standing], ends: set[str]) -> str:
    """Return the progress line.

    `ends` has the words for the members' desired states.
    """
    counts = Counter(standing.word for standing in standings if standing.phase != SETTLED)
    others = sorted(counts, key=lambda word: (word in _LAST and _LAST.index(word) + 1, -counts[word], word))
    settled = sum(standing.phase == SETTLED for standing in standings)
    parts = [f"{settled}/{len(standings)} {next(iter(ends)) if len(ends) == 1 else 'done'}"]
    text = (
        f"fleet {name_of_watched(names)}".rstrip()
        + ": "
        + ", ".join(parts + [f"{counts[word]} {word}" for word in others])
    )
    return "".join(char if char.isprintable() else "?" for char in text)


class Progress(Watcher):
    """A watcher that appends progress lines to a file.

    It writes at once, then every few seconds while a member is unfinished, and at the end.
    """

    def __init__(self, path: str, members: t.Sequence[Watched], warn: t.Callable[[str], object]) -> None:
        self.path, self.members, self.warn = path, members, warn
        self.next = 0.0

    def watch(self, now: float) -> None:
        """Write a line if the last line is old enough and a member is unfinished."""
        if now < self.next:
            return
        if all(member.error or member.engine_member.failure or member.engine_member.over for member in self.members):
            return
        self.next = now + EVERY
        self._write()

    def end(self, results: list[dict[str, t.Any]], totals: dict[str, int], error: str) -> None:
        """Write the last line, if there was a first line."""
        if self.next:
            self._write()

    def _write(self) -> None:
        ends = {outcome_of(member.planned.after) for member in self.members if member.planned}
        text = progress_line([member.name for member in self.members], list_standings(self.members), ends)
        try:
            with open(self.path, "a", encoding="utf-8", errors="replace") as file:
                file.write(f"{text}\n")
        except OSError as error:
            # No need to warn only once: Ansible drops repeated warnings.
            self.warn(f"The progress cannot be written to {self.path}: {error.strerror}.")
