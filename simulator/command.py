# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The command line: an option for each switch, and running around a command."""

from __future__ import annotations

import argparse
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import Field, fields
from functools import partial
from typing import Any

from .resource import Refused
from .server import PortInUse, Simulator, serving
from .settings import Settings

# Without editions: --edition REGION=VERSION fills it.
SWITCHES: list[Field[Any]] = [field for field in fields(Settings) if field.name != "editions"]


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "simulator", description="The Magalu Cloud Virtual Machine API on 127.0.0.1.",
        epilog="A command after -- runs with MGC_API_URL and MGC_API_KEY set; the simulator ends with it.",
    )  # fmt: skip
    parser.add_argument("--port", type=int, default=8775, help="0: a free port (default: 8775)")
    for switch in SWITCHES:
        parser.add_argument(*option_names(switch), help=switch.metadata["help"], **option_form(switch))
    parser.add_argument("command", nargs="*", metavar="-- COMMAND", help=argparse.SUPPRESS)
    return parser


def option_names(switch: Field[Any]) -> list[str]:
    """Return the names of a switch's option; with the plural if it may be repeated."""
    plural = "editions" if switch.name == "edition" else switch.name.replace("_", "-")
    return [f"--{name}" for name in dict.fromkeys([switch.metadata["option"] or plural, plural])]


def option_form(switch: Field[Any]) -> dict[str, Any]:
    """Return the further arguments of add_argument for a switch's option."""
    if option := switch.metadata["option"]:
        return {"dest": switch.name, "action": "append", "default": [], "metavar": option.replace("-", "_").upper()}
    if isinstance(switch.default, bool):
        return {"dest": switch.name, "action": argparse.BooleanOptionalAction, "default": switch.default}
    return {"dest": switch.name, "type": switch.metadata["parse"] or type(switch.default), "default": switch.default}


def parse_settings(options: Mapping[str, Any]) -> Settings:
    """Return the settings from the parsed options of the command line."""
    given = options["edition"]
    chosen: dict[str, Any] = {"editions": dict(split_pairs([item for item in given if "=" in item]))}
    if plain := [item for item in given if "=" not in item]:
        chosen["edition"] = plain[-1]
    for switch in SWITCHES[1:]:
        value, parse = options[switch.name], switch.metadata["parse"]
        if isinstance(switch.default, tuple):
            value = tuple(value) or switch.default
        elif switch.metadata["option"]:
            try:
                value = {key: parse(item) for key, item in split_pairs(value)}
            except ValueError as error:
                raise ValueError(f"{option_names(switch)[0]}: {error}") from error
        chosen[switch.name] = value
    return Settings(**chosen)


def split_pairs(given: list[str]) -> list[tuple[str, str]]:
    split = [item.rpartition("=") for item in given]
    for _name, equals, value in split:
        if not equals:
            raise ValueError(f"{value!r} must have the form NAME=VALUE")
    return [(name, value) for name, _equals, value in split]


def main(arguments: list[str] | None = None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    cut = given.index("--") if "--" in given else len(given)
    command = given[cut + 1 :]
    parser = build_parser()
    options = vars(parser.parse_args(given[:cut]))
    if options["command"]:
        parser.error(f"{options['command'][0]!r} is not an option; a command must follow --")
    if "--" in given and not command:  # such as an empty variable: it would serve for ever
        parser.error("there is no command after --")
    port = options["port"]
    try:
        settings = parse_settings(options)
        if command:
            return run_around(command, port, settings)
        return serve(Simulator(settings, port))
    except PortInUse as error:
        print(f"{parser.prog}: error: {error}", file=sys.stderr)
        return 2
    except (ValueError, OverflowError, OSError, sqlite3.Error, Refused) as error:
        parser.error(f"--data {options['data']}: {error}" if isinstance(error, sqlite3.Error) else str(error))


def serve(simulator: Simulator) -> int:
    """Print the URL, at which the socket listens, and serve until SIGTERM or SIGINT."""
    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn has its own while it runs, and raises them again then
        signal.signal(number, lambda received, frame: setattr(simulator.server, "should_exit", True))
    print(simulator.url, flush=True)
    simulator.serve()
    simulator.close()
    return 0


def run_around(command: list[str], port: int, settings: Settings) -> int:
    """Run a command on a simulator, pass signals on to it, return its exit code."""
    with serving(Simulator(settings, port)) as simulator:
        early: list[int] = []  # signals before the command has begun
        take: Callable[[int], None] = early.append
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda received, frame: take(received))
        child = subprocess.Popen(command, env=child_environment(simulator))
        take = partial(pass_on, child)
        for received in early:
            take(received)
        code = child.wait()
    return 128 - code if code < 0 else code


def child_environment(simulator: Simulator) -> dict[str, str]:
    """Return the environment of the command.

    It has no token beside the key, and no proxy on the way to this machine.
    """
    own = {name: value for name, value in os.environ.items() if name != "MGC_ACCESS_TOKEN"}
    past = ",".join(filter(None, [own.get("no_proxy") or own.get("NO_PROXY"), "127.0.0.1"]))
    return {**own, "no_proxy": past, "NO_PROXY": past, **simulator.environment}


def pass_on(child: subprocess.Popen[bytes], number: int) -> None:
    """Pass a signal on, unless a terminal's Ctrl-C has reached the command already."""
    if number != signal.SIGINT or not at_terminal():
        child.send_signal(number)


def at_terminal() -> bool:
    """Return whether a terminal sends its signals to this process group."""
    try:
        with open("/dev/tty") as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False


def console() -> None:
    sys.exit(main())
