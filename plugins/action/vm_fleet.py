# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shows how far a fleet is while the module runs, and does nothing else: all of it is done by the module.

The module writes lines to a file, and a thread of the worker passes them on. `Display` in a worker puts them on the
queue that results go through, on every ansible-core from 2.16 on, and the main process prints them at once.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from ansible import constants
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.utils.display import Display

EVERY = 0.5  # seconds between two looks at the file
display = Display()


class ActionModule(NormalAction):  # type: ignore[misc]
    """What Ansible does for a module without an action plugin, with lines meanwhile."""

    def run(self, tmp: Any = None, task_vars: Any = None) -> Any:
        """Runs the module."""
        given = self._task.args
        with self._shown() as path:
            if path:
                self._task.args = {**given, "progress_file": path}
            try:
                return super().run(tmp, task_vars)
            finally:
                self._task.args = given  # a task that is tried again gets a file of its own

    @contextmanager
    def _shown(self) -> Iterator[str | None]:
        """The file whose lines are shown, none where that cannot be or is not wanted. It is gone afterwards."""
        path = None
        if not (self._task.no_log or self._task.async_val or self._task.args.get("progress_file")) and self._is_here():
            # Nothing here is worth a failure. What is killed leaves it to Ansible, which removes the folder.
            with suppress(OSError):
                number, path = tempfile.mkstemp(prefix="vm_fleet-", dir=constants.DEFAULT_LOCAL_TMP)
                os.close(number)
        if path is None:
            yield None
            return
        over = threading.Event()
        thread = threading.Thread(target=_show, args=(path, over), daemon=True)
        thread.start()
        try:
            yield path
        finally:
            over.set()
            thread.join()
            with suppress(OSError):
                os.unlink(path)

    def _is_here(self) -> bool:
        """Whether the module runs on this machine, as a user who can write our file."""
        become = self._connection.become
        if self._connection.transport != "local":
            return False
        return not become or become.get_option("become_user") == "root"


def _show(path: str, over: threading.Event) -> None:
    # Whoever reads JSON from stdout finds nothing else there.
    stderr = "json" in constants.DEFAULT_STDOUT_CALLBACK
    rest, last = "", False
    with suppress(OSError), open(path, encoding="utf-8") as file:
        while not last:
            last = over.wait(EVERY)
            *lines, rest = (rest + file.read()).split("\n")
            for line in lines:
                display.display(line, stderr=stderr)
