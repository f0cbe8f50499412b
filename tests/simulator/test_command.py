# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""python -m simulator: alone, and around a command."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
import requests

from simulator.command import build_parser, main, parse_settings
from simulator.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.programs
START = [sys.executable, "-m", "simulator", "--port", "0"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_simulator_runs_until_it_is_stopped(number: int) -> None:
    with subprocess.Popen([*START, "--instances", "2"], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = process.stdout.readline().strip()
        headers = {"x-api-key": "simulator"}
        rows = requests.get(url.format(region="br-se1") + "/v1/instances", headers=headers, timeout=10).json()
        assert len(rows["instances"]) == 2
        process.send_signal(number)
        assert process.wait(10) == 0
        assert process.stdout.read() == ""


def test_around_a_command() -> None:
    script = "import os, sys; print(os.environ['MGC_API_URL'], os.environ['MGC_API_KEY']); sys.exit(7)"
    done = subprocess.run([*START, "--api-key", "mine", "--", sys.executable, "-c", script], cwd=ROOT, text=True,
                          capture_output=True, timeout=20, check=False)  # fmt: skip
    assert done.returncode == 7
    url, key = done.stdout.split()
    assert url.startswith("http://127.0.0.1:")
    assert url.endswith("/{region}/compute")
    assert key == "mine"
    assert done.stderr == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_reach_the_command(number: int) -> None:
    script = ("import signal, sys; [signal.signal(n, lambda s, f: sys.exit(40 + s)) for n in (1, 2, 15)]; "
              "print('ready', flush=True); signal.pause()")  # fmt: skip
    # In a session of its own: at a terminal, Ctrl-C reaches the command directly, and is not passed on.
    with subprocess.Popen([*START, "--", sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE,
                          text=True, start_new_session=True) as process:  # fmt: skip
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.wait(10) == 40 + number


# Gets a signal while the command starts.
EARLY = """
import os, signal, subprocess, sys
from simulator import command
start = subprocess.Popen
def start_late(*given, **named):
    child = start(*given, **named)
    os.kill(os.getpid(), int(sys.argv[1]))
    return child
subprocess.Popen = start_late
sys.exit(command.main(["--port", "0", "--", "sleep", "20"]))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_while_the_command_starts_reaches_it(number: int) -> None:
    """A signal that comes while the command starts ends it: before, the simulator died, and the command went on."""
    start = [sys.executable, "-c", EARLY, str(int(number))]
    done = subprocess.run(start, cwd=ROOT, timeout=15, check=False, start_new_session=True)
    assert done.returncode == 128 + number


# Opens a terminal in a separate process, since a process with threads must not fork.
TERMINAL = """
import os, pty, sys
child, terminal = pty.fork()
if not child:
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.execv(sys.argv[1], sys.argv[1:])
said = b""
while b"!" not in said:
    said += os.read(terminal, 999)
os.waitpid(child, 0)
print(said.decode().strip())
"""


def test_a_terminal_is_detected_with_any_standard_input() -> None:
    """The simulator detects a terminal, with any standard input: its Ctrl-C must not reach the command twice."""
    asks = [sys.executable, "-c", "from simulator.command import at_terminal; print(at_terminal(), end='!')"]
    command = [sys.executable, "-c", TERMINAL, *asks]
    assert subprocess.check_output(command, cwd=ROOT, text=True, timeout=60).strip() == "True!"
    assert subprocess.check_output(asks, cwd=ROOT, text=True, start_new_session=True) == "False!"


def test_nothing_of_the_environment_leads_elsewhere() -> None:
    """The environment does not interfere: a token would exclude the simulator's key, a proxy would receive it."""
    script = "import os; print([os.environ.get(n) for n in ('MGC_ACCESS_TOKEN', 'no_proxy', 'NO_PROXY', 'http_proxy')])"
    for given, past in (({}, "127.0.0.1"), ({"no_proxy": "a.example"}, "a.example,127.0.0.1")):
        env = {**os.environ, "MGC_ACCESS_TOKEN": "real", "http_proxy": "http://127.0.0.1:1", **given}
        said = subprocess.check_output([*START, "--", sys.executable, "-c", script], cwd=ROOT, text=True, env=env)
        assert said.strip() == str([None, past, past, "http://127.0.0.1:1"])


def test_options_have_the_names_of_their_settings_too() -> None:
    """Options may have the names of their settings, with which the role passes them."""
    given = ["--durations=create=60", "--editions=br-ne1=2024-08", "--keys=k=t", "--vpcs=apps", "--unknown-ssh-keys=x",
             "--quota-public-ips=none"]  # fmt: skip
    made = parse_settings(vars(build_parser().parse_args(given)))
    assert (made.durations, made.keys, made.vpcs, made.unknown_ssh_keys) == (
        {"create": 60},
        {"k": "t"},
        ("apps",),
        ("x",),
    )
    assert made.edition_of("br-ne1") == "2024-08" and made.quota_public_ips is None


def test_a_command_killed_by_a_signal_gives_its_code() -> None:
    script = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    done = subprocess.run([*START, "--", sys.executable, "-c", script], cwd=ROOT, timeout=20, check=False)
    assert done.returncode == 128 + signal.SIGKILL


@pytest.mark.parametrize(("arguments", "message"), [
    (["--edition", "1999"], "edition must be"), (["--capacity", "BV1-1-40"], "--capacity: 'BV1-1-40' must have the form NAME=VALUE"),
    (["--duration", "create=soon"], "--duration: could not convert string to float: 'soon'"),
    (["true"], "'true' is not an option; a command must follow --"),
    (["--", "/no/such/command"], "No such file"), (["--capacity", "BVX=1"], "there is no machine type BVX"),
    (["--speed", "-1"], "speed must be a number from 0 to 1000000, not -1.0"), (["--data", "/etc/passwd"], "--data /etc/passwd: "),
    (["--data", "/nonexistent/x.db"], "--data /nonexistent/x.db: "), (["--"], "there is no command after --"),
    (["--api-key", "", "--", "true"], "api_key must be printable ASCII"),
])  # fmt: skip
def test_mistakes_are_reported(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    around = [] if "--" in arguments else ["--", "true"]  # ends if the mistake is not noticed
    with pytest.raises(SystemExit, match="^2$"):
        main(["--port", "0", *arguments, *around])
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("command", [[], ["--", "true"]])
def test_a_port_in_use_is_reported_in_one_line(command: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        start = [sys.executable, "-m", "simulator", "--port", str(port), *command]
        done = subprocess.run(start, cwd=ROOT, text=True, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"simulator: error: port {port} is in use; choose another with --port (0 takes a free one)\n"


def test_every_switch_has_an_option() -> None:
    def settings(*arguments: str) -> Settings:
        return parse_settings(vars(build_parser().parse_args(arguments)))

    assert settings() == Settings()
    made = settings(
        "--edition=2024-08", "--edition=br-ne1=2026-08", "--speed=0", "--instant", "--duration=create=5",
        "--instances=3", "--data=x.db", "--no-unique-names", "--lag=1", "--stale=2", "--address-delay=inf",
        "--page-limit=60", "--nulls=sent", "--no-sort-by-id", "--shuffle-ties", "--strict-expand",
        "--ignore-expand", "--hide-network", "--keep-deleted=9",
        "--capacity=BV1-1-40@br-se1-a=1", "--quota-public-ips=5", "--quota-instances=6", "--quota-vcpus=7",
        "--api-key=k", "--tenant=t", "--key=k2=t2", "--face=service", "--rate-limit=8", "--rate-window=60",
        "--unknown-ssh-key=a", "--unknown-ssh-key=b", "--vpc=v", "--no-linux-without-key", "--loopback", "--init-log=text", "--validate",
        "--record=10",
    )  # fmt: skip
    assert made == Settings(
        edition="2024-08", editions={"br-ne1": "2026-08"}, speed=0, instant=True, durations={"create": 5.0},
        instances=3, data="x.db", unique_names=False, lag=1, stale=2, address_delay=float("inf"), page_limit=60,
        nulls="sent", sort_by_id=False, shuffle_ties=True, strict_expand=True, ignore_expand=True,
        hide_network=True, keep_deleted=9,
        capacity={"BV1-1-40@br-se1-a": 1},
        quota_public_ips=5, quota_instances=6, quota_vcpus=7, api_key="k", tenant="t", keys={"k2": "t2"},
        face="service", rate_limit=8, rate_window=60, unknown_ssh_keys=("a", "b"), vpcs=("v",), linux_without_key=False, loopback=True,
        init_log="text", validate=True, record=10,
    )  # fmt: skip
    same = [field.name for field in fields(Settings) if getattr(made, field.name) == getattr(Settings(), field.name)]
    assert not same, "switches that this test leaves out"


def test_the_simulator_runs_under_the_name_of_the_collection() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / ".build/collections")}
    done = subprocess.run([sys.executable, "-m", "ansible_collections.magalu.cloud.simulator", "--help"], text=True,
                          env=environment, capture_output=True, timeout=20, check=False, cwd="/")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "--unique-names" in done.stdout
