# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A module whose run was killed goes on by itself: this tells, while it waits, and ends it. Imported only then.

Two things tell. Nobody reads the module's output any more; or Ansible's worker still does, but is an orphan itself (from
ansible-core 2.19 on workers have sessions of their own, which a kill of the run does not reach). The worker is the one
among our ancestors that reads our output. The parent of a module with `async` is not the run, and does not go with it.
"""

from __future__ import annotations

import math
import os
import select
import time
from functools import lru_cache

STDOUT = 1
EVERY = 1.0  # seconds between two looks


class Orphaned(SystemExit):
    """The run that started this module is gone. Where nobody catches it, the module ends without a word."""

    def __init__(self) -> None:
        super().__init__(1)

    def __str__(self) -> str:
        return "Stopped on the way, since the run that started this task is gone. The next run carries on from there."


class Run:
    """The run that this module belongs to."""

    def __init__(self) -> None:
        self.worker = _reader()
        self.parent = _parent(self.worker)
        if not self.parent or _command(self.parent) != _command(self.worker):  # sshd, or what else is none of Ansible's
            self.parent = 0

    def check(self) -> None:
        """Raises `Orphaned` if it is gone; the output then goes nowhere, so that the last words do not fail."""
        if _unread():
            with open(os.devnull, "wb") as nowhere:
                os.dup2(nowhere.fileno(), STDOUT)
            raise Orphaned
        if self.parent and _parent(self.worker) != self.parent:
            raise Orphaned

    def sleep(self, seconds: float) -> None:
        """Sleeps as long as the run is there."""
        self.check()
        naps = math.ceil(seconds / EVERY)
        for _nap in range(naps):
            time.sleep(seconds / naps)
            self.check()


@lru_cache(None)
def run() -> Run:
    """The run that this process belongs to, as it was at the first time that this is asked."""
    return Run()


def _unread() -> bool:
    """Whether the other end of the output is closed; files, terminals and what is closed here never tell that."""
    poll = select.poll()
    poll.register(STDOUT, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _descriptor, event in poll.poll(0))


def _reader() -> int:
    """The nearest ancestor that reads our output, 0 where that cannot be told (no pipe, no /proc, another user's)."""
    try:
        pipe = os.readlink(f"/proc/self/fd/{STDOUT}")
        process = os.getppid()
        while pipe.startswith("pipe:") and process > 0:
            if any(_reads(process, number, pipe) for number in os.listdir(f"/proc/{process}/fd")):
                return process
            process = _parent(process)
    except OSError:
        pass
    return 0


def _reads(process: int, number: str, pipe: str) -> bool:
    try:
        if os.readlink(f"/proc/{process}/fd/{number}") != pipe:
            return False
        with open(f"/proc/{process}/fdinfo/{number}", encoding="ascii") as lines:
            flags = next(line for line in lines if line.startswith("flags:"))
        return int(flags.split()[1], 8) & os.O_ACCMODE == os.O_RDONLY
    except FileNotFoundError:  # closed meanwhile
        return False


def _parent(process: int) -> int:
    """The parent's id, 0 where it cannot be told."""
    return int((_proc(process, "stat").rpartition(b")")[2].split() or [b"", b"0"])[1])


def _command(process: int) -> bytes:
    return _proc(process, "cmdline")


def _proc(process: int, name: str) -> bytes:
    try:
        with open(f"/proc/{process}/{name}", "rb") as file:
            return file.read()
    except OSError:
        return b""
