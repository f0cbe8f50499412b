# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The command line: one option for each switch, and running around another command."""

from __future__ import annotations

import argparse
import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import MISSING, fields
from typing import Any

from .resource import Refused
from .server import Simulator, serving
from .settings import Settings

HELP = {
    "edition": "2024-08 or 2026-08; REGION=EDITION for one region only (may be repeated)",
    "speed": "times real time; 0 freezes the clock",
    "instant": "everything takes no time",
    "duration": "ACTION=SECONDS (may be repeated)",
    "instances": "how many there are in each region at the start",
    "data": "SQLite file that keeps the state from one start to the next",
    "unique-names": "whether the names of instances are unique",
    "lag": "seconds until a list shows what was created",
    "stale": "seconds that reads lag behind actions",
    "address-delay": "seconds from running to the public IPv4; inf: never",
    "page-limit": "the most rows in one answer (below 50 only with 2026-08)",
    "nulls": "sent or omitted: absent optional fields",
    "sort-by-id": "whether _sort takes id",
    "shuffle-ties": "rows that _sort does not tell apart come in another order each time",
    "strict-expand": "answer 400 to an unknown value of expand",
    "keep-deleted": "seconds that deleted ones are still shown, with status deleted",
    "capacity": "TYPE=N or TYPE@ZONE=N, instances that it has room for (may be repeated)",
    "quota-public-ips": "in each region; none: no limit",
    "quota-instances": "in each region",
    "quota-vcpus": "in each region",
    "api-key": "the good key; simulator-read-only and simulator-expired are what they say, any other is refused",
    "tenant": "the good key's tenant",
    "key": "KEY=TENANT, another good key (may be repeated)",
    "face": "gateway: the tenant comes from the key; service: from x-tenant-id, and no key is looked at",
    "rate-limit": "requests in each rate window; 0: no limit",
    "rate-window": "seconds",
    "unknown-ssh-key": "a name that creations fail for (may be repeated)",
    "vpc": "a name that is known (may be repeated; replaces the list)",
    "loopback": "instances get addresses in 127.0.0.0/8, and ::1",
    "init-log": "the text of the init logs; {name} is the instance's",
    "validate": "check every answer against the models of its route (slow)",
    "record": "how many requests are remembered",
}
# Options that may be repeated: the setting they fill, and what follows the equals sign.
PAIRS = {"duration": ("durations", float), "capacity": ("capacity", int), "key": ("keys", str)}
NAMES = {"unknown-ssh-key": "unknown_ssh_keys", "vpc": "vpcs"}


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(
        "simulator", description="The Magalu Cloud Virtual Machine API on 127.0.0.1.",
        epilog="After -- a command: it runs with MGC_API_URL and MGC_API_KEY set, and its end is the simulator's.",
    )  # fmt: skip
    result.add_argument("--port", type=int, default=8775, help="0: a free one (default: 8775)")
    defaults = {field.name.replace("_", "-"): field for field in fields(Settings)}
    for option, text in HELP.items():
        if option in PAIRS or option in NAMES or option == "edition":
            # Under the name of its setting too, as in Python.
            result.add_argument(f"--{option}", *plural(option), action="append", default=[], help=text)
            continue
        field = defaults[option]
        default = None if field.default is MISSING else field.default
        kind: dict[str, Any] = {"type": type(default) if default is not None else int}
        if option.startswith("quota"):
            kind = {"type": lambda text: None if text.lower() == "none" else int(text)}
        if isinstance(default, bool):
            kind = {"action": argparse.BooleanOptionalAction}
        elif option == "data":
            kind = {}
        result.add_argument(f"--{option}", default=default, help=text, **kind)
    result.add_argument("command", nargs="*", metavar="-- COMMAND", help=argparse.SUPPRESS)
    return result


def plural(option: str) -> list[str]:
    setting = {"edition": "editions", **{one: name for one, (name, _kind) in PAIRS.items()}, **NAMES}[option]
    return [name] if (name := f"--{setting.replace('_', '-')}") != f"--{option}" else []


def settings_from(options: dict[str, Any]) -> Settings:
    chosen = {name: value for name, value in options.items() if name.replace("_", "-") in HELP}
    for option, (setting, kind) in PAIRS.items():
        chosen[setting] = {key: kind(value) for key, value in pairs(chosen.pop(option.replace("-", "_"), []))}
    for option, setting in NAMES.items():
        if names := chosen.pop(option.replace("-", "_")):
            chosen[setting] = tuple(names)
    editions = chosen.pop("edition")
    plain = [edition for edition in editions if "=" not in edition]
    return Settings(**chosen, **({"edition": plain[-1]} if plain else {}),
                    editions=dict(pairs([edition for edition in editions if "=" in edition])))  # fmt: skip


def pairs(given: list[str]) -> list[tuple[str, str]]:
    split = [item.rpartition("=") for item in given]
    for name, equals, value in split:
        if not equals:
            raise ValueError(f"{value!r} should be NAME=VALUE")
    return [(name, value) for name, equals, value in split]


def main(arguments: list[str] | None = None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    cut = given.index("--") if "--" in given else len(given)
    command = given[cut + 1 :]
    options = parser()
    parsed = vars(options.parse_args(given[:cut]))
    parsed.pop("command")
    port = parsed.pop("port")
    try:
        settings = settings_from(parsed)
        if command:
            return run_around(command, port, settings)
        return serve(Simulator(settings, port))
    except (ValueError, OverflowError, OSError, sqlite3.Error, Refused) as error:
        options.error(f"--data {parsed['data']}: {error}" if isinstance(error, sqlite3.Error) else str(error))


def serve(simulator: Simulator) -> int:
    """Until SIGTERM or SIGINT. The socket listens already, so whoever reads the line can connect."""
    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn has its own while it runs, and raises them again then
        signal.signal(number, lambda received, frame: setattr(simulator.server, "should_exit", True))
    print(simulator.url, flush=True)
    simulator.serve()
    simulator.close()
    return 0


def run_around(command: list[str], port: int, settings: Settings) -> int:
    """Run a command against a simulator of its own; its signals and its code are ours."""
    with serving(Simulator(settings, port)) as simulator:
        child = subprocess.Popen(command, env=environment(simulator))
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda received, frame: pass_on(child, received))
        code = child.wait()
    return 128 - code if code < 0 else code


def environment(simulator: Simulator) -> dict[str, str]:
    """Ours, in which nothing leads elsewhere: no token beside the key, and no proxy on the way to this machine."""
    own = {name: value for name, value in os.environ.items() if name != "MGC_ACCESS_TOKEN"}
    past = ",".join(filter(None, [own.get("no_proxy") or own.get("NO_PROXY"), "127.0.0.1"]))
    return {**own, "no_proxy": past, "NO_PROXY": past, **simulator.environment}


def pass_on(child: subprocess.Popen[bytes], number: int) -> None:
    """A Ctrl-C at a terminal has reached the command already."""
    if number != signal.SIGINT or not at_terminal():
        child.send_signal(number)


def at_terminal() -> bool:
    """Whether this is what a terminal sends its signals to, whatever the standard input is."""
    try:
        with open("/dev/tty") as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False


def console() -> None:
    sys.exit(main())
