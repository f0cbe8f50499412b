# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Instances whose texts are templates, or whose names are invalid for hosts, and their exported inventory.

`exported.json` is the same with every ansible-core: a test compares it. `python -m tests.inventory.hostile` writes it.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from tests.support.inventory_programs import Programs

EXPORTED = Path(__file__).parent / "exported.json"
RUN = "{{ lookup('pipe', 'touch PROOF') }}"
NAMES = [
    RUN, "{% raw %}", "{# x #}", "$(touch PROOF)", "<% x %>", "[[ x ]]",
    "#jinja2: variable_start_string:'[['\n[[ 7 * 7 ]]", "a:b", "a:b:c", "a\nb", "a/b", "..", "x" * 255, "x" * 240,
    "caf\u00e9 \u65e5\u672c", "localhost", "127.0.0.1", "all", "ungrouped", "mgc", "state_running", "!unsafe x", "- x",
    "", " ", "web", "web",
]  # fmt: skip
OTHER: dict[str, Any] = {
    "labels": [RUN, "{% raw %}", "blue"], "ssh_key_name": RUN, "state": "{{ 7 * 7 }}",
    "error": {"slug": "{# x #}", "message": f"why: {RUN}"}, "availability_zone": "br-{{ 7 * 7 }}",
}  # fmt: skip
OPTIONS: dict[str, Any] = {
    "plugin": "magalu.cloud.vm_instances", "account_name": "production",
    "keyed_groups": [{"key": "state", "prefix": "state"}, {"key": "labels", "prefix": "label"}],
    "compose": {"copied": "name", "first": "labels | first", "joined": "name ~ '/' ~ ssh_key_name",
                "inside": "{'deep': [name, error]}", "on": "state == 'running'"},
    "groups": {"reachable": "public_ipv4 is not none"},
}  # fmt: skip


def seed(sim: Any) -> None:
    """Create the instances, which are always equal except for the ids of their interfaces."""
    sim.reset(unique_names=False)
    for number, name in enumerate(NAMES, 1):
        fields = {"id": f"{number:08x}-0000-4000-8000-000000000000", "name": name, "created_at": 1_800_000_000 + number}
        sim.seed("instance", public_ip=f"192.0.2.{number}", labels=["blue"], **fields)
    sim.seed("instance", **OTHER, id="ffffffff-0000-4000-8000-000000000000", name="odd", created_at=1_900_000_000)


def comparable_export(exported: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of an export that do not depend on the run or on the ansible-core."""
    exported["_meta"].pop("profile", None)
    for variables in exported["_meta"]["hostvars"].values():
        for interface in variables["mgc_interfaces"]:
            interface["id"] = interface["name"] = "interface"
    for group in exported.values():
        for names in group.values():
            if isinstance(names, list):
                names.sort()
    return exported


def main() -> None:
    from simulator import running

    with running(speed=0) as sim, tempfile.TemporaryDirectory() as folder:
        seed(sim)
        programs = Programs(sim, Path(folder))
        programs.write(**OPTIONS)
        found = comparable_export(programs.list("--export").inventory)
        hosts = found.pop("_meta")["hostvars"]
        lines = [f"{json.dumps(name)}: {json.dumps(hosts[name], sort_keys=True)}" for name in sorted(hosts)]
        rest = [f", {json.dumps(name)}: {json.dumps(found[name], sort_keys=True)}\n" for name in sorted(found)]
        text = ",\n".join(lines)
        EXPORTED.write_text(f'{{"_meta": {{"hostvars": {{\n{text}}}}}\n{"".join(rest)}}}\n')


if __name__ == "__main__":
    main()
