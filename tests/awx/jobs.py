# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Jobs as AWX 24.6.1 runs them with ansible-runner: a private data directory with the project of extensions/awx, the
answers of a survey, the inventory as a script, and the environment, in which a credential gives each of its fields."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from tests.awx import data
from tests.conftest import COLLECTIONS
from tests.support.awx import RUNNER, script
from tests.support.launch import unsafe
from tests.support.play import QUICK

IDENT = "66"
# The variables that AWX and ansible-runner set in addition to the credential's; {} is /runner.
ENVIRONMENT = {
    "ANSIBLE_UNSAFE_WRITES": "1", "AWX_ISOLATED_DATA_DIR": f"{{}}/artifacts/{IDENT}", "ANSIBLE_FORCE_COLOR": "True",
    "ANSIBLE_HOST_KEY_CHECKING": "False", "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
    "ANSIBLE_PARAMIKO_RECORD_HOST_KEYS": "False", "AWX_PRIVATE_DATA_DIR": "{}", "JOB_ID": IDENT, "INVENTORY_ID": "19",
    "PROJECT_REVISION": "469658d4218bac24ddcdd122e307c007f0ab0aee", "ANSIBLE_RETRY_FILES_ENABLED": "False",
    "MAX_EVENT_RES": "700000", "AWX_HOST": "https://platformhost", "ANSIBLE_SSH_CONTROL_PATH_DIR": "{}/cp",
    "ANSIBLE_ROLES_PATH": "{}/requirements_roles:~/.ansible/roles:/usr/share/ansible/roles:/etc/ansible/roles",
    "RUNNER_OMIT_EVENTS": "False", "RUNNER_ONLY_FAILED_EVENTS": "False",
    **dict.fromkeys(("ANSIBLE_COLLECTIONS_PATHS", "ANSIBLE_COLLECTIONS_PATH"),
                    f"{{}}/requirements_collections:~/.ansible/collections:/usr/share/ansible/collections:{COLLECTIONS}"),
}  # fmt: skip
SETTINGS = '{"job_timeout": 0, "suppress_ansible_output": true, "suppress_output_file": true}'


class Done(NamedTuple):
    """The end of a job."""

    code: int
    output: str
    artifacts: dict[str, Any]  # the values of set_stats, which AWX passes to the next job of a workflow


def extra_variables(template: dict[str, Any], answers: dict[str, Any], blank: bool = True) -> dict[str, Any]:
    """Return the extra variables from a survey's answers; with `blank`, also from empty fields of its form."""
    questions = {one["variable"]: one for one in template["survey_spec"]["spec"]}
    assert set(answers) <= set(questions), "AWX passes over variables that are in no survey"
    told: dict[str, Any] = {}
    for name, one in questions.items():
        if name in answers:
            kinds: dict[str, Any] = {"integer": int, "float": (int, float), "multiselect": list}
            assert isinstance(answers[name], kinds.get(one["type"], str)), f"{name} is {one['type']}"
            assert "choices" not in one or answers[name] in one["choices"] or one["type"] == "multiselect"
            told[name] = answers[name]
        else:
            assert not one["required"], f"AWX refuses a launch without {name}"
            if blank and one["type"] not in ("integer", "float"):
                told[name] = [] if one["type"] == "multiselect" else ""
    return told


def inventory(sim: Any) -> dict[str, Any]:
    """Return the hosts and groups that an update of the project's inventory stores. Hosts of all states are in it."""
    groups: dict[str, Any] = {}
    variables: dict[str, Any] = {}
    for row in (row for region in sim.state().values() for row in region["instances"]):
        braces = "{" in row["name"]
        host, name = (row["id"], {"__ansible_unsafe": row["name"]}) if braces else (row["name"], row["name"])
        groups.setdefault(f"state_{row['state']}", {"hosts": []})["hosts"].append(host)
        variables[host] = {"mgc_id": row["id"], "mgc_name": name, "mgc_state": row["state"]}
    return {"all": {"children": [*groups]}, **groups, "_meta": {"hostvars": variables}}


class Job:
    """A job that is ready to run, any number of times."""

    def __init__(self, sim: Any, folder: Path, playbook: str, variables: dict[str, Any], cmdline: str = "",
                 hosts: dict[str, Any] | None = None, **credential: Any) -> None:  # fmt: skip
        self.folder, self.playbook = folder, playbook
        shutil.copytree(data.PROJECT, folder / "project", dirs_exist_ok=True)
        account = {"api_url": sim.environment["MGC_API_URL"], "api_key": sim.environment["MGC_API_KEY"], **credential}
        about = {"awx_job_id": 66, "tower_job_id": 66, "awx_user_name": "admin", "awx_user_first_name": "",
                 "awx_job_template_name": playbook, "awx_execution_node": "awx-1"}  # fmt: skip
        self.write("env/extravars", unsafe({**variables, **about}))
        self.write("env/cmdline", f"-u root {cmdline}")
        self.write("env/settings", SETTINGS)
        self.write("inventory/hosts", script(hosts or inventory(sim)), 0o700)
        self.env = {name: value.format(folder) for name, value in ENVIRONMENT.items()}
        self.env |= data.environment(folder, **account)
        self.env |= {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(folder),
                     "LC_ALL": "C.UTF-8", "PYTHONPATH": str(QUICK)}  # fmt: skip

    def write(self, name: str, text: str, mode: int = 0o600) -> None:
        """Write a file of the private data directory."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)

    @property
    def command(self) -> list[str]:
        """Return AWX's command line of the job."""
        here = self.folder
        cmdline = shlex.split((here / "env/cmdline").read_text())
        return ["ansible-playbook", *cmdline, "-i", f"{here}/inventory", "-e", f"@{here}/env/extravars", self.playbook]

    def begin(self) -> subprocess.Popen[str]:
        """Start the job without ansible-runner, in a process group of its own, for tests that kill it."""
        return subprocess.Popen(
            self.command, cwd=self.folder / "project", env=self.env, start_new_session=True, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def launch(self) -> subprocess.Popen[str]:
        """Start the job with ansible-runner, which ends it at a signal, with which AWX cancels jobs."""
        shutil.rmtree(self.folder / "artifacts", ignore_errors=True)
        self.write("args", shlex.join(self.command))
        return subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", RUNNER, str(self.folder), IDENT], cwd=self.folder, env=self.env,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def wait(self, process: subprocess.Popen[str]) -> Done:
        """Wait for a job that was started, and return its end."""
        try:
            said = process.communicate(timeout=240)[0]
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        deprecated = re.findall(r"\[DEPRECATION WARNING\]: (\S+)", said)
        assert set(deprecated) <= {"ANSIBLE_COLLECTIONS_PATHS"}, said  # AWX sets it; the tests do not
        events = [
            json.loads(file.read_text()) for file in (self.folder / f"artifacts/{IDENT}/job_events").glob("*.json")
        ]
        stats = [event["event_data"] for event in events if event["event"] == "playbook_on_stats"]
        return Done(process.returncode, said, stats[0].get("artifact_data", {}) if stats else {})

    def __call__(self) -> Done:
        return self.wait(self.launch())
