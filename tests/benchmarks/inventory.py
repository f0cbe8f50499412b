# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The inventory compared with a floor: a plugin without options that reads and adds the same hosts (floor.py)."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
import yaml

from tests.benchmarks.processes import Cost, cost, medians, playbook, serve_simulator

PLUGINS = Path(__file__).parent / "inventory_plugins"
CONSTRUCTED = {
    "compose": {"zone": "availability_zone"},
    "keyed_groups": [{"key": "mgc_state", "prefix": "state"}, {"key": "availability_zone", "prefix": "zone"},
                     {"key": "machine_type.name", "prefix": "type"}],
    "groups": {"up": "mgc_state == 'running'"},
}  # fmt: skip
# The same options, as expressions that only Jinja can evaluate.
JINJA = {
    "compose": {"zone": "availability_zone | upper"},
    "keyed_groups": [{"key": "mgc_state | replace('n', 'm')", "prefix": "state"}, {"key": "availability_zone[-1:]", "prefix": "zone"},
                     {"key": "machine_type.name ~ ''", "prefix": "type"}],
    "groups": {"up": "mgc_state is match('run')"},
}  # fmt: skip
CACHE = {**CONSTRUCTED, "cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": "{folder}/cache"}


def measure(sizes: tuple[int, ...] = (1000, 10_000, 50_000), runs: int = 3) -> dict[str, Any]:
    """Return ratios to the floor by the number of instances, and the cost of the floor itself."""
    found: dict[str, Any] = {}
    for size in sizes:
        with serve_simulator("--instances", str(size), "--speed", "0") as env, tempfile.TemporaryDirectory() as folder:
            found[f"{size:,} instances"] = _size(env, Path(folder), size, runs)
    with serve_simulator("--instances", "10000", "--speed", "0") as env, tempfile.TemporaryDirectory() as folder:
        found["10,000 instances, 300 ms a page"] = _slow(env, Path(folder))
    return found


def _size(env: dict[str, str], folder: Path, size: int, runs: int) -> dict[str, Any]:
    empty = playbook(folder / "empty.yml", hosts="all")
    files = _files(folder)
    env = env | {"ANSIBLE_CONFIG": str(folder / "ansible.cfg")}
    play: Callable[[str], list[str]] = lambda name: ["ansible-playbook", "-i", files[name], empty]
    listing: Callable[[str], list[str]] = lambda name: ["ansible-inventory", "-i", files[name], "--list"]
    ways = {
        "empty play": (play, "plain"), "--list": (listing, "plain"), "--list, five expressions of Jinja": (listing, "jinja"),
        "empty play, warm cache": (play, "cache"),
    }  # fmt: skip
    if size > 10_000:  # minutes for each program, most of them the server's
        ways, runs = {name: way for name, way in ways.items() if way[1] == "plain"}, 1
    costs: dict[str, list[Cost]] = {name: [] for name in ("floor play", "floor list", *ways)}
    for _turn in range(runs):
        costs["floor play"].append(cost(play("floor"), env))
        costs["floor list"].append(cost(listing("floor"), env))
        for name, (command, kind) in ways.items():
            if kind == "cache" and not (folder / "cache").exists():
                cost(command(kind), env)
            costs[name].append(cost(command(kind), env))
    floors = {play: medians(costs["floor play"]), listing: medians(costs["floor list"])}
    server = _server(env)
    result: dict[str, Any] = {"the server's share, seconds": round(server, 2)}
    for name, command in {"floor, empty play": play, "floor, --list": listing}.items():
        result[f"{name}, seconds"] = round(floors[command].seconds, 2)
        result[f"{name}, megabytes"] = round(floors[command].megabytes)
    for name, (command, _kind) in ways.items():
        mine, floor = medians(costs[name]), floors[command]
        result[name] = {
            "time": round(mine.seconds / floor.seconds, 2),
            "memory": round(mine.megabytes / floor.megabytes, 2),
        }
    return result


def _slow(env: dict[str, str], folder: Path) -> dict[str, Any]:
    """Return the ratio to the floor with 300 ms for a page. The floor reads one page after the other."""
    env = env | {"ANSIBLE_CONFIG": str(folder / "ansible.cfg")}
    files, empty = _files(folder), playbook(folder / "empty.yml", hosts="all")
    seconds: Callable[[str], float] = lambda name: cost(["ansible-playbook", "-i", files[name], empty], env).seconds
    fast = {name: seconds(name) for name in ("floor", "plain")}
    fault = {"operation": "GET /v1/instances", "nth": "every", "kind": "hold", "seconds": 0.3}
    control = env["MGC_API_URL"].partition("/{region}")[0]
    requests.post(f"{control}/_simulator/faults", json=fault, timeout=10).raise_for_status()
    slow = {name: seconds(name) for name in ("floor", "plain")}
    return {
        "empty play": {"time": round(slow["plain"] / slow["floor"], 2)},
        "what the slow pages add": {
            "time": round((slow["plain"] - fast["plain"]) / (slow["floor"] - fast["floor"]), 2)
        },
    }


def _server(env: dict[str, str]) -> float:
    """Return the seconds that the server takes for all pages."""
    url, began, offset = f"{env['MGC_API_URL'].format(region='br-se1')}/v1/instances", time.monotonic(), 0
    session = requests.Session()
    session.headers.update({"x-api-key": "simulator", "x-api-version": "1.1"})
    while len(session.get(url, params={"_limit": 1000, "_offset": offset, "expand": ["image", "machine-type", "network", "labels"]},
                          timeout=60).json()["instances"]) == 1000:  # fmt: skip
        offset += 1000
    return time.monotonic() - began


def _files(folder: Path) -> dict[str, str]:
    """Write an inventory file for each set of options, and return them by name."""
    made = {}
    for name, options in {"plain": CONSTRUCTED, "jinja": JINJA, "cache": CACHE}.items():
        file = folder / f"{name}.vm_instances.yml"
        text = yaml.safe_dump({"plugin": "magalu.cloud.vm_instances", **options})
        file.write_text(text.replace("{folder}", str(folder)))
        made[name] = str(file)
    (folder / "floor.yml").touch()
    (folder / "ansible.cfg").write_text(
        f"[defaults]\ninventory_plugins = {PLUGINS}\n[inventory]\nenable_plugins = floor, auto\nany_unparsed_is_failed = true\n"
    )
    return {**made, "floor": str(folder / "floor.yml")}
