# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""make acceptance and make acceptance-clean: try the collection on the real cloud, and leave nothing behind."""

from __future__ import annotations

import argparse
import contextlib
import datetime
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from ansible_collections.magalu.cloud.plugins.module_utils._api.client import VERSION
from ansible_collections.magalu.cloud.plugins.module_utils._api.connection import Connection, resolve_connection
from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import Refused
from ansible_collections.magalu.cloud.plugins.module_utils._api.times import Clock
from tests.acceptance import probes, proxy, report, targets
from tests.acceptance.cleaning import PATIENCE, confirm, delete_all, find_left_behind
from tests.acceptance.gate import Gate
from tests.acceptance.guard import Limits, limits_from_now
from tests.acceptance.journal import PREFIX, Journal, Resource, new_run_name, recorded_ids
from tests.acceptance.probes import Choice, Probes, Stopped

FOLDER = targets.ROOT / ".build/acceptance"  # a folder for each run, with its journal and report
OK, FAILED, REFUSED, INTERRUPTED = 0, 1, 2, 130
EMPTY = Limits(0, 0, 0)
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
CLEANING = PATIENCE / 60  # minutes
Say = Callable[[str], object]


class Interrupted(BaseException):
    """One of the SIGNALS has arrived: the current work ends, and the clean-up begins."""


class Plan(NamedTuple):
    """A run as the command line declares it."""

    choice: Choice
    targets: dict[str, Limits]
    confirmed: bool = False
    folder: Path = FOLDER

    @property
    def parts(self) -> list[Limits]:
        """Return the limits of each part of the run, in order."""
        return [probes.LIMITS, *self.targets.values()]

    @property
    def has_windows(self) -> bool:
        return not self.targets.keys().isdisjoint(targets.WINDOWS)


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("acceptance", description=__doc__)
    parser.add_argument("command", choices=("run", "clean"))
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--targets", default=" ".join(targets.TARGETS), help="integration targets; none: only probes")
    parser.add_argument("--windows", action="store_true", help="add the target that creates a Windows instance")
    parser.add_argument("--machine-types", default=" ".join(Choice().machine_types), help="four, the smallest first")
    for name in ("image", "ssh_key", "windows_image", "windows_machine_type"):
        parser.add_argument(f"--{name.replace('_', '-')}", default=getattr(Choice(), name))
    parser.add_argument("--variables", default="{}", type=json.loads, help="JSON: further variables of the targets")
    parser.add_argument("--speed", default=1.0, type=float, help="speed of the clock, if the cloud is a simulator")
    parser.add_argument("--folder", default=FOLDER, type=Path, help="where journals and reports are written")
    return parser


def read_plan(options: argparse.Namespace) -> Plan:
    """Return the plan from the parsed options. Raise `Refused` for an unknown target."""
    known = {**targets.TARGETS, **targets.WINDOWS}
    names = [] if options.targets == "none" else options.targets.split()
    names += list(targets.WINDOWS) if options.windows else []
    if unknown := [name for name in names if name not in known]:
        raise Refused(f"There is no target {', '.join(unknown)} for the real cloud; there are {', '.join(known)}.")
    choice = Choice(tuple(options.machine_types.split()), options.image, options.windows_machine_type,
                    options.windows_image, options.ssh_key, options.variables)  # fmt: skip
    return Plan(choice, {name: known[name] for name in dict.fromkeys(names)}, options.yes, options.folder)


def describe_cost(plan: Plan, connection: Connection) -> str:
    """Describe the most that a run can cost."""
    parts, copies = plan.parts, sum(part.copies for part in plan.parts)
    minutes = sum(part.minutes + CLEANING for part in parts)
    billed = sum(part.at_once * (part.minutes + CLEANING) for part in parts)
    types = [*plan.choice.machine_types, *([plan.choice.windows_machine_type] if plan.has_windows else [])]
    return (
        f"This creates instances in region {connection.region}, which are billed, with names that begin with {PREFIX}-:\n"
        f"  at most {max(part.at_once for part in parts)} at the same time and {sum(part.creations for part in parts)} one "
        f"after the other,\n"
        f"  for at most {minutes:g} minutes in all; not more than {billed:g} minutes of one instance,\n"
        f"  of the types {', '.join(types)}{' with Windows, whose licence is billed' if plan.has_windows else ''},\n"
        f"  with one public IPv4 address at a time{f', and {copies} snapshots of them' if copies else ''}.\n"
        f"One creation tries Windows with an SSH key; if it is not refused, as it should be, it is deleted at once.\n"
        f"All of them are deleted at the end, also after a failure or Ctrl-C. Nothing else is changed or deleted."
    )


def confirmed(question: str) -> bool:
    """Ask a question, and return whether the answer is yes. A missing answer counts as no."""
    try:
        return input(f"{question} [yes/no] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


def accept(plan: Plan, connection: Connection, say: Say, clock: Clock | None = None, run: str | None = None,
           guarded: Callable[[], AbstractContextManager[object]] = nullcontext) -> int:  # fmt: skip
    """Make a run, delete what it created, write its report, and return the exit code."""
    run = run or new_run_name()
    folder = plan.folder / run
    folder.mkdir(parents=True)
    gate = Gate(connection, Journal(folder / "journal.jsonl"), run, probes.LIMITS, clock)
    results, notes, interrupted = dict.fromkeys(plan.targets, "not run"), list[str](), False
    say(f"Run {run}; its journal and report: {folder}")
    try:
        try_everything(plan, gate, results, notes, say)
    except Interrupted:
        interrupted = True
        notes.append("The run was interrupted.")
    except Exception as error:  # noqa: BLE001 (whatever a response has led to: what was made is deleted, the rest is told)
        notes.append(f"The run itself failed: {type(error).__name__}.")
        say(traceback.format_exc())
    finally:
        with guarded():
            left = delete_all(gate, say)
    notes += [f"Still there: {resource.kind} {resource.name}. Run make acceptance-clean." for resource in left]
    made = report.Report(describe_run(plan, gate), report.answer_rows(gate.seen), results, notes, gate.seen.as_dict())
    secrets = (*gate.secrets, plan.choice.ssh_key)
    page, data = report.write(made, folder, secrets)
    gate.session.close()
    say(f"\n{report.as_text(report.without_secrets(made, secrets))}\n")
    say(f"{report.summary(made.rows)}. To attach to an issue, without secrets: {page} and {data}")
    if interrupted:
        return INTERRUPTED
    return FAILED if left or notes or "failed" in results.values() else OK


def try_everything(plan: Plan, gate: Gate, results: dict[str, str], notes: list[str], say: Say) -> None:
    """Make the probes and run the targets; add the results to `results` and `notes`."""
    made = Probes(gate, plan.choice, say)
    made.read()
    if problem := find_problem(plan, gate):
        notes.append(problem)
        return
    try:
        made.spend()
    except Stopped as stopped:
        notes.append(str(stopped))
        return  # the targets would only cost money, and fail for the same reason
    more = targets.variables(plan.choice, gate.run, gate.seen.facts["zones"])
    for name, limits in plan.targets.items():
        delete_all(gate, say)  # what the previous part has left behind
        gate.limits = limits_from_now(limits, gate.journal.made, gate.minutes)
        say(f"Running the integration target {name}")
        results[name] = "failed"
        with proxy.serving(gate) as door:
            env = targets.environment(os.environ, door, gate.connection.region, more)
            results[name] = "passed" if targets.run_target(name, env, limits.minutes * 60) else "failed"
        targets.keep_log(name, gate.journal.path.parent)


def find_problem(plan: Plan, gate: Gate) -> str | None:
    """Return the reason in the catalogues why nothing can be created, None if they show no reason."""
    facts, refused = gate.seen.facts, gate.seen.responses["limit 1000"]
    if refused.status in (0, 401, 403):
        return f"The API refuses the key, or cannot be reached: {refused.words} {refused.message}"
    missing = [name for name in plan.choice.machine_types if name not in facts["machine types"]]
    missing += [plan.choice.image] if plan.choice.image not in facts["images"] else []
    if missing:
        return f"The catalogues do not have {', '.join(missing)}: choose others with --machine-types and --image."
    return None


def describe_run(plan: Plan, gate: Gate) -> dict[str, str]:
    made = gate.journal.made
    return {
        "collection": VERSION,
        "region": gate.connection.region,
        "API": "https://api.magalu.cloud" if "api.magalu.cloud" in gate.connection.api_url else "another address",
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
        "duration": f"{gate.minutes:.0f} minutes",
        "instances created": f"{made.creations} of at most {sum(part.creations for part in plan.parts)}",
        "machine types": ", ".join(plan.choice.machine_types),
        "image": plan.choice.image,
    }


def clean(
    connection: Connection, folder: Path, say: Say, sure: Callable[[str], bool], clock: Clock | None = None
) -> int:
    """List what earlier runs left behind in a region, and delete it after a confirmation."""
    name = f"clean-{datetime.datetime.now(datetime.timezone.utc):%Y%m%d-%H%M%S}-{os.getpid()}"
    own = recorded_ids(folder)
    gate = Gate(connection, Journal(folder / name / "journal.jsonl"), PREFIX, EMPTY, clock)
    found = find_left_behind(gate)
    if found is None:
        say(f"The instances of region {connection.region} cannot be listed: {REASONS}")
        return FAILED
    if not found:
        say(f"No run has left anything behind in region {connection.region}.")
        return OK
    say(f"Left behind in region {connection.region}, by their names:")
    for resource in found:
        say(f"  {describe(resource, own)}")
    if not sure(f"Delete {'all of these' if len(found) > 1 else 'it'}, with public IPs?"):
        say("Nothing is deleted.")
        return REFUSED
    confirm(gate, found)
    left = delete_all(gate, say)
    gate.session.close()
    for resource in left:
        say(f"Still there: {describe(resource, own)}")
    return FAILED if left else OK


REASONS = "is MGC_API_KEY right, and has it the scope virtual-machine.read?"


def describe(resource: Resource, own: set[str]) -> str:
    """Describe a resource, and say whether a journal of this machine has it."""
    journal = "in a journal of this machine" if resource.id.lower() in own else "in no journal of this machine"
    return f"{resource.kind} {resource.name} ({resource.id}), {journal}"


def interrupt(number: int, frame: FrameType | None) -> None:
    raise Interrupted


class SignalsHeld(AbstractContextManager[object]):
    """A block in which the first signal prints that the clean-up is running, and the second ends the program."""

    def __enter__(self) -> None:
        for number in SIGNALS:
            signal.signal(number, self.warn)

    def warn(self, number: int, frame: FrameType | None) -> None:
        say("The instances of this run are being deleted. Once more ends this; make acceptance-clean goes on.")
        signal.signal(number, signal.SIG_DFL)

    def __exit__(self, *error: object) -> None:
        """Leave the signals as they are: only the report still has to be written."""


def clock_of(speed: float) -> Clock:
    """Return a clock that is `speed` times as fast as a real clock."""
    return Clock(lambda: time.monotonic() * speed, lambda seconds: time.sleep(seconds / speed))


def say(text: str) -> None:
    """Print a text. Ignore a closed output, which must not stop a clean-up."""
    with contextlib.suppress(OSError):
        print(text, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    options = build_parser().parse_args(arguments)
    try:
        connection = resolve_connection(lambda name: None)
        plan = read_plan(options)
    except Refused as error:
        print(f"acceptance: {error}", file=sys.stderr)
        return REFUSED
    sure = (lambda question: True) if options.yes else confirmed
    if options.command == "clean":
        return clean(connection, plan.folder, say, sure, clock_of(options.speed))
    say(describe_cost(plan, connection))
    if not sure("Go on?"):
        say("Nothing is created.")
        return REFUSED
    for number in SIGNALS:
        signal.signal(number, interrupt)
    return accept(plan, connection, say, clock_of(options.speed), guarded=SignalsHeld)
