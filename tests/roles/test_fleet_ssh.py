# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The role fleet over real SSH: host keys before the first connection, logins that work, and cloud-init."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.fleet_role import ADDRESSES, Roles, asked_for_logs, members

pytestmark = [pytest.mark.needs("sshd", "ssh", "ssh-keygen", "ssh-keyscan"), pytest.mark.programs]
SLOW = pytest.mark.test_all(
    "slow plays with servers; role fleet without them, and SSH to listed hosts, are in make test"
)


def guest(roles: Roles, number: int, text: str | None) -> dict[str, Any]:
    """Return a task that sets the output of cloud-init on a member."""
    file = str(roles.folder / f"cloud-init.{ADDRESSES[number]}")
    if text is None:
        return {"ansible.builtin.file": {"path": file, "state": "absent"}}
    written = roles.folder / f"guest-{len(list(roles.folder.glob('guest-*')))}"
    written.write_text(text)  # in a task, its content would be a template
    return {"ansible.builtin.copy": {"src": str(written), "dest": file, "mode": "0644"}}


def edit(roles: Roles, old: str, new: str) -> dict[str, Any]:
    """Return a task that replaces text in known_hosts."""
    return {"ansible.builtin.replace": {"path": str(roles.known), "regexp": old, "replace": new}}


@SLOW
@pytest.mark.every_core
def test_a_fleet_is_usable_in_the_next_play(sim: Any, tmp_path: Path) -> None:
    """A fleet is usable in the next play with keys of the init log; a failed cloud-init does not hide other members."""
    with members(sim, tmp_path) as roles:
        roles.after = [{"hosts": "fleet", "gather_facts": False, "tasks": [{"ansible.builtin.ping": {}}]}]
        error = "echo 'status: error'; [ $2 = --long ] && echo 'detail: no module {{ named }} frobnicate'; exit 1"
        made, ended = roles({"wait_for": "cloud_init"}, {"wait_for": "cloud_init", "before": [guest(roles, 1, error)]})
        marks = [f"{name} {roles.key()} magalu.cloud:{roles.ids()[f'web-{number}']}"
                 for number, name in enumerate(roles.names()[:2], 1)]  # fmt: skip
        assert sorted(roles.lines()) == marks
    assert made.failed == "" and made.kept["fleet_usable"] == ["web-1", "web-2"], made.said
    assert made.changed == [
        "Create, change, delete and prune instances",
        "Add the member's keys to known_hosts",
        "Add the member's keys to known_hosts",
    ]
    assert (tmp_path / "cloud-init.127.1.0.2.asked").read_text().split()[0] == "--wait"
    # A second run changes nothing, and reads only the logs that the failure shows.
    assert ended.changed == [] and asked_for_logs(sim) == 2 + 1
    assert ended.kept["fleet_usable"] == ["web-1"] and list(ended.kept["fleet_unusable"]) == ["web-2"]
    assert "cloud-init ended in error (rc 1):" in ended.diagnosis
    assert "detail: no module {{ named }} frobnicate" in ended.diagnosis and "touch ran" in ended.diagnosis
    assert "1 of 2 members that run cannot be used: web-2." in ended.failed
    assert not (tmp_path / "ran").exists()


@SLOW
def test_changed_host_keys_are_refused_or_replaced(sim: Any, tmp_path: Path) -> None:
    """Changed host keys of the same instance are refused, those of another are replaced; all are removed at the end."""
    with members(sim, tmp_path) as roles:
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "other_key"], check=True)
        mine = "# mine\n[127.9.9.9]:22 ssh-ed25519 AAAA mine\n"
        roles.known.write_text(mine)
        _made, refused, replaced, pruned, gone = roles(
            {"wait_for": "none", "host_keys": "init_logs"},
            {"before": [edit(roles, re.escape(roles.key()), roles.key("other_key"))]},
            {"before": [edit(roles, "(magalu.cloud:)\\S+", "\\1another-id")], "hash_hosts": True},
            {"count": 1, "prune_match": "web-*", "hash_hosts": True, "wait_for": "none"},
            {"state": "absent", "delete_public_ip": True, "count": 1},
        )
        assert roles.known.read_text() == mine
    assert refused.diagnosis.count("REMOTE HOST IDENTIFICATION HAS CHANGED") == 2, refused.said
    assert refused.kept["fleet_usable"] == [] and list(refused.kept["fleet_unusable"]) == ["web-1", "web-2"]
    assert replaced.failed == "" and replaced.kept["fleet_usable"] == ["web-1", "web-2"], replaced.said
    assert replaced.changed.count("Remove the keys of another instance that had this address") == 2
    assert pruned.changed == [
        "Create, change, delete and prune instances",
        "Remove the lines of deleted instances from known_hosts",
    ]
    assert gone.changed == pruned.changed and gone.failed == ""


REBOOT = """[ -e "$file.rebooted" ] && { echo 'status: done'; exit 0; }
touch "$file.rebooted"
pid=$PPID
until grep -q sshd /proc/$pid/comm; do pid=$(cut -d' ' -f4 /proc/$pid/stat); done
kill -9 $pid
"""


@SLOW
def test_host_keys_can_be_scanned_and_cloud_init_is_reported(sim: Any, tmp_path: Path) -> None:
    with members(sim, tmp_path) as roles:
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "other_key"], check=True)
        recovered = "echo 'status: done'; [ $2 = --long ] && echo 'recoverable_errors: old key'; exit 2"
        scan = {"host_keys": "scan", "wait_for": "cloud_init"}
        scanned, late, foreign = roles(
            {**scan, "count": 3, "before": [guest(roles, 0, recovered), guest(roles, 1, "echo gone >&2; exit 127"), guest(roles, 2, REBOOT)]},
            {**scan, "count": 1, "usable_timeout": 9, "before": [guest(roles, 0, "exec sleep 60")]},
            {**scan, "count": 1, "wait_for": "ssh", "before": [
                edit(roles, re.escape(roles.key()), roles.key("other_key")), edit(roles, " magalu.cloud:\\S+", ""),
            ]},
        )  # fmt: skip
    assert scanned.kept["fleet_usable"] == ["web-1", "web-3"], scanned.said
    assert "WARNING: web-1: cloud-init ended with errors that it recovered from (rc 2):" in scanned.said
    assert "recoverable_errors: old key" in scanned.said
    assert "cloud-init is not installed there. Use fleet_wait_for: ssh. (gone)" in scanned.diagnosis
    assert (tmp_path / "cloud-init.127.1.0.4.rebooted").exists()
    assert asked_for_logs(sim) == 3  # no keys were read from them: these are the ends of logs in three failures
    assert "cloud-init was still at work when the time was over" in late.diagnosis
    assert "REMOTE HOST IDENTIFICATION HAS CHANGED" in foreign.diagnosis, foreign.said
    assert roles.key("other_key") in roles.known.read_text()


# Ends well only if two members are asked at the same time.
MEET = """touch "$file.begun"
for attempt in $(seq 20); do
    [ "$(ls "${file%.*.*.*.*}".*.begun | wc -l)" = 2 ] && { echo 'status: done'; exit 0; }
    sleep 0.1
done
rm "$file.begun"
echo 'status: error'
exit 1
"""


@SLOW
def test_as_many_members_as_fleet_forks_are_asked_at_the_same_time(sim: Any, tmp_path: Path) -> None:
    with members(sim, tmp_path) as roles:
        alone, together = roles(
            {"wait_for": "cloud_init", "forks": 1, "before": [guest(roles, 0, MEET), guest(roles, 1, MEET)]},
            {"wait_for": "cloud_init", "forks": 2},
        )
    assert alone.kept["fleet_usable"] == [] and "cloud-init ended in error (rc 1):" in alone.diagnosis, alone.said
    assert together.failed == "" and together.kept["fleet_usable"] == ["web-1", "web-2"], together.said


@SLOW
@pytest.mark.every_core
@pytest.mark.parametrize("setting", [{"ANSIBLE_DISPLAY_OK_HOSTS": "false"}, {"ANSIBLE_NO_LOG": "true"}], ids=str)
def test_no_setting_of_the_output_hides_who_can_be_used(sim: Any, tmp_path: Path, setting: dict[str, str]) -> None:
    with members(sim, tmp_path) as roles:
        roles.env = setting
        use = {
            "role": "magalu.cloud.fleet",
            "vars": {f"fleet_{name}": value for name, value in roles.given({}).items()},
        }
        told = {
            "ansible.builtin.copy": {"content": "{{ fleet_usable }}", "dest": str(tmp_path / "usable"), "mode": "0600"}
        }
        own = {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}
        play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "vars": own}
        roles.run([{**play, "roles": [use]}, {**play, "tasks": [told]}])
    assert json.loads((tmp_path / "usable").read_text()) == ["web-1", "web-2"]
