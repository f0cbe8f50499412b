# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A display of a fleet's progress while the module runs; the module does all the work.

The module writes lines to a file. A thread of the worker puts them on the queue that also carries results, and the main
process prints them at once. The thread must not call `Display.display`, which uses that queue too: older versions of
ansible-runner (up to 2.4.1) replace it with a function that flushes stdout, and in a worker of ansible-core 2.16 to
2.18 only the main thread can do that, because the worker was forked with the lock held. Any other thread waits forever,
and the main process waits with it.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from ansible import constants
from ansible.utils.display import Display

from ansible_collections.magalu.cloud.plugins.plugin_utils._role_action import ActionModule as RoleAction

EVERY = 0.5  # seconds between two reads of the file
LAST = 5.0  # seconds that the last lines may take; after that the task ends without them
Send = Callable[..., None]
display = Display()


class ActionModule(RoleAction):
    """The action of the modules that roles use, with progress lines."""

    def run(self, tmp: Any = None, task_vars: Any = None) -> Any:
        """Run the module."""
        given = self._task.args
        with self._shown() as path:
            if path:
                self._task.args = {**given, "progress_file": path}
            try:
                return super().run(tmp, task_vars)
            finally:
                self._task.args = given  # so that a retry of the task gets a new file

    @contextmanager
    def _shown(self) -> Iterator[str | None]:
        """Yield the path of the file whose lines are shown.

        The file is deleted afterwards. Yield None if lines cannot be shown or are not wanted.
        """
        path, send = None, find_queue()
        unwanted = self._task.no_log or self._task.async_val or self._task.args.get("progress_file")
        if send and not unwanted and self._is_here():
            # Progress is not worth a failure. If this process is killed, Ansible removes the folder with the file.
            with suppress(OSError):
                number, path = tempfile.mkstemp(prefix="vm_fleet-", dir=constants.DEFAULT_LOCAL_TMP)
                os.close(number)
        if send is None or path is None:
            yield None
            return
        over = threading.Event()
        thread = threading.Thread(target=_show, args=(path, over, send), daemon=True)
        thread.start()
        try:
            yield path
        finally:
            over.set()
            thread.join(LAST)
            with suppress(OSError):
                os.unlink(path)

    def _is_here(self) -> bool:
        """Return whether the module runs here, as a user who can write our file."""
        become = self._connection.become
        if self._connection.transport != "local":
            return False
        return not become or become.get_option("become_user") == "root"


def find_queue() -> Send | None:
    """Return the method that puts a call of `Display` on the worker's queue.

    Return None if there is no such queue. The method takes no lock that belongs to this process, on every ansible-core
    from 2.16 on.
    """
    send: Send | None = getattr(getattr(display, "_final_q", None), "send_display", None)
    return send


def _show(path: str, over: threading.Event, send: Send) -> None:
    # A program that reads the JSON from stdout must not find progress lines in it.
    stderr = "json" in constants.DEFAULT_STDOUT_CALLBACK
    rest, last = "", False
    # The queue is not a public interface: if it changes, no lines are shown, but the task does not fail.
    with suppress(Exception), open(path, encoding="utf-8") as file:
        while not last:
            last = over.wait(EVERY)
            *lines, rest = (rest + file.read()).split("\n")
            for line in lines:
                send("display", line, stderr=stderr)
