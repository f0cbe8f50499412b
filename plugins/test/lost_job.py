# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A test that distinguishes a killed background job from a running job.

Ansible's own status says "started" for both.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

DOCUMENTATION = r"""
name: lost_job
short_description: Check whether a task in the background was killed
version_added: 1.1.0
author: Magalu Cloud collection contributors (@magalucloud)
description:
  - Returns whether a task that was started with C(async) on the controller has no process any more and left no result.
    C(ansible.builtin.async_status) reports such a task as started for ever.
  - The role R(magalu.cloud.protect,ansible_collections.magalu.cloud.protect_role) uses it, so that it does not wait for
    a job that was killed.
options:
  _input:
    description: The result of a task with C(async) and C(poll=0), with its C(ansible_job_id) and C(results_file).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Take a snapshot in the background
  magalu.cloud.vm_snapshot:
    name: nightly
    instance: web-01
  async: 3600
  poll: 0
  register: started

- name: Wait for the snapshot
  ansible.builtin.async_status:
    jid: "{{ started.ansible_job_id }}"
  register: waited
  until: waited is finished or started is magalu.cloud.lost_job
  failed_when: waited is failed or waited is not finished
  delay: 5
  retries: 800
"""

RETURN = r"""
_value:
  description: Whether the job was lost.
  type: bool
"""

PROCESSES = Path("/proc")


def lost_job(job: dict[str, Any]) -> bool:
    """Return whether the job has no process any more and left no result."""
    name = str(job["ansible_job_id"]).rpartition(".")[0]
    # Look for the process first: a job writes its result before it ends.
    return not any(name in arguments for arguments in _running()) and not _has_ended(Path(job["results_file"]))


def _running() -> Iterator[list[str]]:
    """Yield the arguments of each process of this machine."""
    files = list(PROCESSES.glob("[0-9]*/cmdline"))
    for file in files:
        with suppress(OSError):  # the process has ended meanwhile
            yield file.read_text(errors="replace").split("\0")
    if not files:  # macOS has no /proc
        listed = subprocess.run(["ps", "-A", "-ww", "-o", "args="], capture_output=True, text=True, check=True)
        yield from (line.split() for line in listed.stdout.splitlines())


def _has_ended(result: Path) -> bool:
    with suppress(OSError, ValueError):
        return bool(json.loads(result.read_text()).get("finished"))
    return False


class TestModule:
    """The test, in the form that Ansible loads."""

    __test__ = False  # pytest would collect the class as a test

    def tests(self) -> dict[str, Callable[[dict[str, Any]], bool]]:
        """Return the test by its name."""
        return {"lost_job": lost_job}
