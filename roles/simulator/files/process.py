# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Start or stop the simulator as a process that outlives this one: python process.py '{"state": ..., ...}'

A running simulator holds a lock on its record, a file of its name. So it is certain whether it runs, and that the
process is still the one that was started: by its id alone it could be another process by now.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NoReturn, TextIO

Given = dict[str, Any]
REGION = "{region}/compute"
SECONDS = 30  # to start, and to stop
LINES = 10  # at most so many lines at the end of a log go into a message


def main(given: Given) -> Given:
    """Bring the simulator to `given["state"]` and return the result of the role."""
    home, source = Path(given["home"]).expanduser(), Path(given["source"])
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:  # one at a time
        fcntl.flock(lock, fcntl.LOCK_EX)
        record = home / f"{given['name']}.json"
        record.touch()
        running = read(record)
        if given["state"] == "stopped":
            if running and not given["check"]:
                stop(record, running)
            return {"changed": bool(running)}
        command = [str(given["port"]), *switches(given["switches"])]
        if running and running["command"] == command:
            return {"changed": False, **running}
        if given["check"]:
            return {"changed": True}
        python = environment(home / "venv", source / "pyproject.toml")
        if running:
            stop(record, running)
        key = str(given["switches"].get("api_key", "simulator"))
        return {"changed": True, **start(record, [str(python), "-m", source.name], source.parent, command, key)}


def switches(given: Given) -> list[str]:
    """Return a mapping such as {"unique_names": false, "capacity": {"BV1-1-40": 2}} as options of the command line."""
    found = []
    for name, value in sorted(given.items()):
        option = f"--{name.replace('_', '-')}"
        if isinstance(value, bool):
            found.append(option if value else f"--no-{option[2:]}")
        elif isinstance(value, dict):
            found += [f"{option}={key}={item}" for key, item in value.items()]
        else:
            found += [f"{option}={item}" for item in (value if isinstance(value, list) else [value])]
    return found


def read(record: Path) -> Given | None:
    """Return the record of the running simulator, None if none runs (its lock is free then)."""
    with record.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            try:
                found: Given = json.load(file)
            except ValueError:
                fail(f"a simulator holds {record}, and nothing else is known of it: end it by hand (fuser {record})")
            return found
    return None


def environment(folder: Path, project: Path) -> Path:
    """Return the Python of an environment with the simulator's packages.

    The environment is made anew when the packages or this Python change.
    """
    python = folder / "bin/python"
    stamp = folder / hashlib.sha256(project.read_bytes() + sys.version.encode()).hexdigest()
    if not stamp.exists():
        run([sys.executable, "-m", "venv", "--clear", str(folder)])
        run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(project.parent)])
        stamp.touch()
    return python


def run(command: list[str]) -> None:
    """Run a command; raise `Failed` with the end of its output if it fails."""
    done = subprocess.run(command, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        fail(f"{' '.join(command)} returned {done.returncode} and said", done.stdout)


def start(record: Path, program: list[str], folder: Path, command: list[str], key: str) -> Given:
    """Start the simulator and return its record.

    The first line that it prints is its URL, once it answers.
    """
    log = record.with_suffix(".log")
    with record.open("r+") as lock, log.open("w") as output:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        process = subprocess.Popen(
            [*program, "--port", *command], cwd=folder, pass_fds=[lock.fileno()], start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
        # If this process is killed while it waits, the next one can still stop the simulator.
        write(lock, {"pid": process.pid, "command": None})
        end = time.monotonic() + SECONDS
        while not (url := re.match(r"(http://\S+/)" + re.escape(REGION) + r"\n", log.read_text())):
            if process.poll() is not None or time.monotonic() > end:
                process.kill()
                fail(f"the simulator with --port {' '.join(command)} said", log.read_text())
            time.sleep(0.05)
        made = {
            "pid": process.pid, "command": command, "log": str(log), "page": url[1],
            "environment": {"MGC_API_URL": url[1] + REGION, "MGC_API_KEY": key},
        }  # fmt: skip
        write(lock, made)
    return made


def write(record: TextIO, running: Given) -> None:
    """Replace the record."""
    record.seek(0)
    record.truncate()
    json.dump(running, record)
    record.flush()


def stop(record: Path, running: Given) -> None:
    """Stop the simulator and wait until its lock is free; kill it if it does not end by itself."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(running["pid"], number)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            if not read(record):
                return
            time.sleep(0.05)
    fail(f"the simulator with the process id {running['pid']} does not end")


def fail(what: str, said: str = "") -> NoReturn:
    """Raise `Failed` with the last lines of what a program said."""
    raise Failed("\n".join([what, *said.strip().splitlines()[-LINES:]]))


class Failed(Exception):
    """A failure whose text is for the user."""


if __name__ == "__main__":
    try:
        answer = main(json.loads(sys.argv[1]))
    except (Failed, OSError) as error:
        answer = {"changed": False, "error": str(error)}
    print(json.dumps(answer))
