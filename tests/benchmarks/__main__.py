# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All measurements with the installed ansible-core, as JSON in .build/bench: python -m tests.benchmarks"""

from __future__ import annotations

import json
import platform

import ansible.release

from simulator import running
from tests.benchmarks import fleets, inventory, tasks, waits
from tests.benchmarks.page import FOLDER

with running(speed=0) as sim:
    report = {
        "ansible-core": ansible.release.__version__,
        "python": platform.python_version(),
        "a task that changes nothing": tasks.measure(sim),
        "waiting": waits.measure(sim),
    }
report["inventory, as ratios to the floor"] = inventory.measure()
report["fleets, in seconds"] = fleets.measure()
report["a fleet of 200 that is resized"] = fleets.resized()
FOLDER.mkdir(parents=True, exist_ok=True)
(FOLDER / f"{ansible.release.__version__}.json").write_text(json.dumps(report, indent=2))
