# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Detection of a killed run, whose modules must end, too.

There are two signs. Nobody reads the module's output any more; or Ansible's worker still reads it, but is an orphan
itself (from ansible-core 2.19 on workers have sessions of their own, which a kill of the run does not reach). The
worker is the ancestor that reads our output. The parent of a module with `async` is not the run, and does not end with
it.
"""

from __future__ import annotations

import math
import os
import select
import time
from functools import lru_cache

STDOUT = 1
EVERY = 1.0  # seconds between two checks


class Orphaned(SystemExit):
    """The signal that the run that started this module is gone.

    If nobody catches it, the module ends without a message.
    """

    def __init__(self) -> None:
        super().__init__(1)

    def __str__(self) -> str:
        return "Stopped: the run that started this task is gone. The next run continues from there."


class Run:
    """The Ansible run that this module belongs to."""

    def __init__(self) -> None:
        self.worker = _reader()
        self.parent = _parent(self.worker)
        if not self.parent or _command(self.parent) != _command(self.worker):  # sshd, or another program than Ansible
            self.parent = 0

    def check(self) -> None:
        """Raise `Orphaned` if the run is gone.

        If nobody reads the output, send it to /dev/null first, so that writing a last message does not fail.
        """
        if _unread():
            with open(os.devnull, "wb") as nowhere:
                os.dup2(nowhere.fileno(), STDOUT)
            raise Orphaned
        if self.parent and _parent(self.worker) != self.parent:
            raise Orphaned

    def sleep(self, seconds: float) -> None:
        """Sleep; raise `Orphaned` if the run is gone meanwhile."""
        self.check()
        naps = math.ceil(seconds / EVERY)
        for _nap in range(naps):
            time.sleep(seconds / naps)
            self.check()


@lru_cache(None)
def current_run() -> Run:
    """Return the run that this process belongs to, as it was at the first call."""
    return Run()


def _unread() -> bool:
    """Return whether the reader of the output has closed it.

    Files and terminals never show that, nor does an output that this process has closed.
    """
    poll = select.poll()
    poll.register(STDOUT, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _descriptor, event in poll.poll(0))


def _reader() -> int:
    """Return the id of the nearest ancestor process that reads our output.

    0 if that cannot be determined (no pipe, no /proc, a process of another user).
    """
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
    """Return the parent's id, 0 if it cannot be determined."""
    return int((_proc(process, "stat").rpartition(b")")[2].split() or [b"", b"0"])[1])


def _command(process: int) -> bytes:
    return _proc(process, "cmdline")


def _proc(process: int, name: str) -> bytes:
    try:
        with open(f"/proc/{process}/{name}", "rb") as file:
            return file.read()
    except OSError:
        return b""
