# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two runs of the same declaration at once in the worst order: both read before either of them changes anything."""

from __future__ import annotations

import threading
from typing import Any

from tests.faults.operations import NIC, RESTORE, WEB, Fields
from tests.faults.wire import request_hooks
from tests.support import copies, task
from tests.support.declarations import DECLARED, LARGE

OTHER_IMAGE = "cloud-debian-12 LTS"
SEEDED: Fields = {"kind": "instance", "name": "web", "public_ip": True}
PUBLIC: Fields = {**DECLARED, "network": {"associate_public_ip": True}}
DAY: Fields = {"kind": "snapshot", "name": "day"}
RESTORED: Fields = {key: value for key, value in RESTORE.items() if key != "name"}
# The kind of the task, its options, the resources before it.
PAIRS: dict[str, tuple[str, Fields, tuple[Fields, ...]]] = {
    "create": ("instance", PUBLIC, ()),
    "create stopped": ("instance", {**PUBLIC, "state": "stopped"}, ()),
    "create from a snapshot": ("instance", {**RESTORED, "name": "web", "snapshot": "day"}, (DAY,)),
    "restore": ("snapshot", {"name": "day", "state": "restored", "restore": {**RESTORED, "name": "web"}}, (DAY,)),
    "recreate": ("instance", {**PUBLIC, "on_immutable_change": "recreate", "delete_public_ip": True},
                 ({**SEEDED, "image": OTHER_IMAGE},)),
    "rename": ("instance", {"name": "old", "new_name": "web"}, ({**SEEDED, "name": "old"},)),
    "retype and stop": ("instance", {"name": "web", "machine_type": LARGE, "state": "stopped"}, (SEEDED,)),
    "reboot": ("instance", {"name": "web", "state": "rebooted"}, (SEEDED,)),
    "attach": ("instance", {"name": "web", "network_interfaces": [NIC]}, (SEEDED,)),
    "delete": ("instance", {"name": "web", "state": "absent", "delete_public_ip": True}, (SEEDED,)),
    "snapshot": ("snapshot", {"name": "night", "instance": "web"}, (SEEDED,)),
    "snapshot with power_off": ("snapshot", {"name": "night", "instance": "web", "power_off": True}, (SEEDED,)),
    "prune": ("snapshot", {"state": "pruned", "all": True, "keep_last": 1},
              ({**DAY, "name": "one", "instance": WEB}, {**DAY, "name": "two", "created_at": 2, "instance": WEB})),
}  # fmt: skip
CREATING = ("create", "create stopped", "create from a snapshot", "restore", "recreate")


class Together:
    """Threads that share the simulator's clock, which advances to the next wake-up when all of them wait."""

    def __init__(self, sim: Any, members: int) -> None:
        self.sim, self.going = sim, members
        self.changed = threading.Condition()
        self.wakes: dict[int, float] = {}
        self.met: set[tuple[int, str]] = set()

    def sleep(self, seconds: float) -> None:
        self._wait(self.sim.now() + seconds)

    def meet(self, client: Any, method: str, path: str) -> None:
        """Wait before the first change of a kind until all threads are about to change something or have ended."""
        mine = threading.get_ident(), method
        if method != "GET" and mine not in self.met:
            self.met.add(mine)
            self._wait(float("inf"))

    def leave(self) -> None:
        with self.changed:
            self.going -= 1
            self._move_on()

    def _wait(self, until: float) -> None:
        me = threading.get_ident()
        with self.changed:
            self.wakes[me] = until
            self._move_on()
            while me in self.wakes:
                assert self.changed.wait(30), "the other one hangs"

    def _move_on(self) -> None:
        """Wake the thread that is due next, if no thread is working."""
        if self.wakes and len(self.wakes) == self.going:
            first = min(self.wakes.values())
            if first < float("inf"):
                self.sim.advance(max(first - self.sim.now(), 0))
            self.wakes = {who: at for who, at in self.wakes.items() if at > first}
            self.changed.notify_all()


def at_once(sim: Any, kind: str, options: Fields, members: int = 2) -> list[Any]:
    """Run the tasks at once, and return their results."""
    together, ends = Together(sim, members), list[Any]()

    def run() -> None:
        try:
            api = task.client(sim)
            api.clock = api.clock._replace(sleep=together.sleep)
            if kind == "instance":
                ends.append(task.run(sim, api=api, **options))
            else:
                ends.append(copies.run(sim, kind, api=api, **options))
        finally:
            together.leave()

    with request_hooks(together.meet):
        threads = [threading.Thread(target=run) for number in range(members)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(ends) == members
    return ends
