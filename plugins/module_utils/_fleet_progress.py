# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the members of a fleet stand, and a line that tells it to whoever waits for them."""

from __future__ import annotations

import os.path
import re
import typing as t
from collections import Counter

from ansible.module_utils.basic import AnsibleModule

from ._api import GONE, MOVING, Row, creating, deleting, status_class
from ._client import Clock
from ._engine import CONFLICT, LATER, Member
from ._fleet import NotBegun
from ._step import Plan

EVERY = 5.0  # seconds between two lines
WAITING, REQUESTED, MOVES, SETTLED, FAILED = PHASES = ("waiting", "requested", "moving", "settled", "failed")
_LAST = (WAITING, "not begun", FAILED)  # in a line
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


class One(t.Protocol):
    """A member of the fleet, as far as it is looked at here."""

    name: str
    member: Member
    planned: Plan | None
    error: Exception | None


class Watcher:
    """Is told the time after each round, and what came of it in the end."""

    def watch(self, now: float) -> None:
        """Is called after each round."""

    def end(self, results: list[dict[str, t.Any]], totals: dict[str, int], error: str) -> None:
        """Is called once, with the results of the members, and with what is no failure of one of them."""


def watchers(module: AnsibleModule, ones: t.Sequence[One], clock: Clock) -> list[Watcher]:
    """Those that the options ask for."""
    found: list[Watcher] = [Progress(module, ones)] if module.params["progress_file"] else []
    if module.params["report"]:
        from . import _fleet_report

        found.append(_fleet_report.Report(module, ones, clock.now))
    return found


def standings(ones: t.Sequence[One]) -> list[Standing]:
    """Where each of them stands."""
    return [standing(one.member, one.error) for one in ones]


def standing(member: Member, error: Exception | None = None) -> Standing:
    """Where the member stands, by what was seen of it last; `error` is why it was never led."""
    row, pending = member.row, member.pending
    status = str((row or {}).get("status") or "")
    failure = error or member.failure
    if failure:
        return Standing(FAILED, "not begun" if isinstance(failure, NotBegun) else FAILED, status)
    if pending and pending.answer not in (LATER, CONFLICT):
        word = _DOING.get(pending.step.action, "changing")
        return Standing(MOVES, word, status) if pending.moved else Standing(REQUESTED, word, status, pending.at)
    if member.over:
        return Standing(SETTLED, outcome(row), status)
    if status_class(row) == MOVING:
        word = "creating" if creating(row) else "deleting" if deleting(row or {}) else "changing"
        return Standing(MOVES, word, status)
    return Standing(WAITING, WAITING, status)


def outcome(row: Row | None) -> str:
    """The word for a member that is what the row says."""
    return "deleted" if row is None or status_class(row) == GONE else str(row.get("state"))


def called(names: list[str]) -> str:
    """The whole words that all names begin with."""
    words = [re.findall(r"[^\W\d_]+|\d+|[\W_]+", name) for name in names]
    return "".join(os.path.commonprefix(words)).rstrip("-_. ")


def line(names: list[str], standings: list[Standing], ends: set[str]) -> str:
    """What is shown; `ends` are the words for what the members are to be."""
    counts = Counter(one.word for one in standings if one.phase != SETTLED)
    others = sorted(counts, key=lambda word: (word in _LAST and _LAST.index(word) + 1, -counts[word], word))
    settled = sum(one.phase == SETTLED for one in standings)
    parts = [f"{settled}/{len(standings)} {next(iter(ends)) if len(ends) == 1 else 'done'}"]
    text = f"fleet {called(names)}".rstrip() + ": " + ", ".join(parts + [f"{counts[word]} {word}" for word in others])
    return "".join(char if char.isprintable() else "?" for char in text)


class Progress(Watcher):
    """Writes that line to a file, at once and then every few seconds, as long as there is something to wait for."""

    def __init__(self, module: AnsibleModule, ones: t.Sequence[One]) -> None:
        self.module, self.path, self.ones = module, module.params["progress_file"], ones
        self.next = 0.0

    def watch(self, now: float) -> None:
        if now < self.next:
            return
        if all(one.error or one.member.failure or one.member.over for one in self.ones):
            return
        self.next = now + EVERY
        ends = {outcome(one.planned.after) for one in self.ones if one.planned}
        text = line([one.name for one in self.ones], standings(self.ones), ends)
        try:
            with open(self.path, "a", encoding="utf-8", errors="replace") as file:
                file.write(f"{text}\n")
        except OSError as error:
            # Ansible shows the same warning once.
            self.module.warn(f"The progress cannot be written to {self.path}: {error.strerror}.")
