# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the members of a fleet stand, and a line that tells it to whoever waits for them."""

from __future__ import annotations

import os.path
import re
import typing as t
from collections import Counter

from ._api import GONE, MOVING, Row, creating, deleting, status_class
from ._engine import CONFLICT, LATER, Member

EVERY = 5.0  # seconds between two lines
WAITING, REQUESTED, MOVES, SETTLED, FAILED = PHASES = ("waiting", "requested", "moving", "settled", "failed")
_DOING = {
    "create": "creating", "restore": "restoring", "rename": "renaming", "retype": "retyping", "delete": "deleting",
    "start": "starting", "stop": "stopping", "suspend": "suspending", "reboot": "rebooting", "attach": "attaching",
    "detach": "detaching",
}  # fmt: skip


class Standing(t.NamedTuple):
    """Where a member stands."""

    phase: str
    word: str  # for people
    status: str = ""  # the API's
    at: float | None = None  # since when, where that is known


def standing(member: Member, error: Exception | None = None) -> Standing:
    """Where the member stands, by what was seen of it last; `error` is why it was never led."""
    row, pending = member.row, member.pending
    status = str((row or {}).get("status") or "")
    if error or member.failure:
        return Standing(FAILED, FAILED, status)
    if pending and pending.answer not in (LATER, CONFLICT):
        word = _DOING.get(pending.step.action, "changing")
        return Standing(MOVES, word, status) if pending.moved else Standing(REQUESTED, word, status, pending.at)
    if member.over:
        return Standing(SETTLED, end(row), status)
    if status_class(row) == MOVING:
        word = "creating" if creating(row) else "deleting" if deleting(row or {}) else "changing"
        return Standing(MOVES, word, status)
    return Standing(WAITING, WAITING, status)


def end(row: Row | None) -> str:
    """The word for a member that is what the row says."""
    return "deleted" if row is None or status_class(row) == GONE else str(row.get("state"))


def called(names: list[str]) -> str:
    """The whole words that all names begin with."""
    words = [re.findall(r"[^\W\d_]+|\d+|[\W_]+", name) for name in names]
    return "".join(os.path.commonprefix(words)).rstrip("-_. ")


def line(names: list[str], standings: list[Standing], ends: set[str]) -> str:
    """What is shown; `ends` are the words for what the members are to be."""
    counts = Counter(one.word for one in standings if one.phase != SETTLED)
    others = sorted(counts, key=lambda word: (word in (WAITING, FAILED), word == FAILED, -counts[word], word))
    settled = sum(one.phase == SETTLED for one in standings)
    parts = [f"{settled}/{len(standings)} {next(iter(ends)) if len(ends) == 1 else 'done'}"]
    text = f"fleet {called(names)}".rstrip() + ": " + ", ".join(parts + [f"{counts[word]} {word}" for word in others])
    return "".join(char if char.isprintable() else "?" for char in text)


class Progress:
    """Writes that line to a file, at once and then every few seconds, as long as there is something to wait for."""

    def __init__(self, path: str, look: t.Callable[[], tuple[list[str], list[Standing], set[str]]],
                 warn: t.Callable[[str], None]) -> None:  # fmt: skip
        self.path, self.look, self.warn = path, look, warn
        self.next = 0.0

    def watch(self, now: float) -> None:
        """Is told the time after each round."""
        if now < self.next:
            return
        names, standings, ends = self.look()
        if all(one.phase in (SETTLED, FAILED) for one in standings):
            return
        self.next = now + EVERY
        try:
            with open(self.path, "a", encoding="utf-8", errors="replace") as file:
                file.write(f"{line(names, standings, ends)}\n")
        except OSError as error:
            self.next = float("inf")
            self.warn(f"The progress cannot be written to {self.path}: {error.strerror}.")
