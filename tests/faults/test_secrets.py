# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets are in no output and in no file: every module and the inventory, succeeding and failing, at any verbosity.

Three places are Ansible's own, with any module, and ignored here. A playbook has the secrets that users write into it;
a module's options are in a file while it runs, for its user only (ANSIBLE_KEEP_REMOTE_FILES keeps the file); and
ANSIBLE_DEBUG prints a line with the options as they were given (ITS_OWN). From ansible-core 2.22 on, it also prints the
list of values that the controller is to hide, as a module sends it.
"""

from __future__ import annotations

import base64
import html
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.declarations import DECLARED
from tests.support.inventory_programs import Programs, Ran
from tests.support.play import SPEED

pytestmark = [pytest.mark.programs, pytest.mark.clock(SPEED)]

KEY, TOKEN, PROXY = "kept-key+5d2c/7", "kept-token+81f0/7", "kept-proxy-4c1e"
PASSWORD, SIGNATURE = "kept-password-33a9", "kept-signature+1d7f/7"
URL = f"https://objects.example.com/golden.qcow2?X-Amz-Expires=3600&X-Amz-Signature={SIGNATURE}"
TEXT = "#cloud-config\nchpasswd:\n  list: 'root:kept-data-9b1e'\n"
ENCODED = base64.b64encode(TEXT.encode()).decode()
GIVEN = {"text": TEXT, "encoded": ENCODED, "url": URL, "key": KEY}
SECRETS = (KEY, TOKEN, PROXY, PASSWORD, SIGNATURE, "kept-data-9b1e", ENCODED, ENCODED[20:-4])
CACHE = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": "cached"}
LOUD = Path(__file__).with_name("loud")
ENV = {
    "PYTHONPATH": str(LOUD), "ANSIBLE_DEBUG": "1", "ANSIBLE_DISPLAY_TRACEBACK": "always", "ANSIBLE_PIPELINING": "false",
    "ANSIBLE_INJECT_INVOCATION": "true",
    "ANSIBLE_KEEP_REMOTE_FILES": "1", "ANSIBLE_DIFF_ALWAYS": "1", "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
    "ANSIBLE_CALLBACK_PLUGINS": str(LOUD / "callbacks"), "JUNIT_OUTPUT_DIR": "junit",
    "ANSIBLE_CALLBACKS_ENABLED": "keep_all,ansible.builtin.junit",
}  # fmt: skip
ITS_OWN = re.compile(r'.* done with _execute_module \(.*|\\*"_ansible_new_secrets\\*": \[.*?\]')
OLD = {"region": "br-ne1"}  # with API version 2024-08, which alone has backups
FIRST = "GET /v1/instances/config/{id}/first-windows-password"
PLAIN = {name: value for name, value in DECLARED.items() if name != "name"}
MEMBER = {**PLAIN, "user_data": "{{ text }}"}
FILES = {"report": "report.html", "progress_file": "progress.txt"}
RESTORED = {name: value for name, value in MEMBER.items() if name != "image"} | {"name": "restored"}


@pytest.fixture
def programs(sim: Any, programs: Programs) -> Programs:
    """Add instances with user data, copies, and a Windows instance with a password, for the key and the token."""
    sim.reset(keys={KEY: "tenant-1", TOKEN: "tenant-1"}, editions={"br-ne1": "2024-08"})
    for region in ("br-se1", "br-ne1"):
        sim.seed("instance", region, name="old", user_data=ENCODED)
    sim.seed("instance", name="win", image="windows-server-2022", machine_type="BV2-4-40")
    sim.seed("snapshot", name="day")
    sim.seed("backup", "br-ne1", name="night")
    return programs


def task(module: str, no_log: bool = False, **options: Any) -> dict[str, Any]:
    return {f"magalu.cloud.{module}": options, "no_log": no_log, "register": "result"}


def places(programs: Programs, ran: Ran) -> dict[str, str]:
    """Return all output, and all remaining files except the input, the requested files, and modules' options."""
    files = {str(path.relative_to(programs.folder)): path for path in programs.folder.rglob("*") if path.is_file()}
    given = ("play.json", "magalu.yml", "win.password", ".ansible/tmp/")
    kept = {name: path.read_text(errors="replace") for name, path in files.items() if not name.startswith(given)}
    kept |= {"stdout": ran.stdout, "stderr": ran.stderr}
    return {place: ITS_OWN.sub("", text) for place, text in kept.items()}


def forms(secret: str) -> set[str]:
    """Return a secret in all forms in which texts may have it."""
    return {secret, quote(secret, safe=""), html.escape(secret), json.dumps(secret)[1:-1], repr(secret)[1:-1]}


def assert_kept(where: dict[str, str], *more: str) -> None:
    """Assert that no secret is in any place, in any form."""
    for place, text in where.items():
        for secret in {form for each in (*SECRETS, *more) for form in forms(each)}:
            start = max(text.find(secret) - 400, 0)
            assert secret not in text, f"{place}: {text[start : start + 800]}"


def play(programs: Programs, tasks: list[dict[str, Any]], credential: str, **env: str) -> Ran:
    """Run all tasks, also after a failure, and the inventory, at the highest verbosity.

    The key is an option, in the file and the play; the token comes from the environment.
    """
    key = {"api_key": KEY} if credential == "api_key" else {}
    programs.write(**key, **CACHE, api_retries=0)
    key = {name: "{{ key }}" for name in key}
    book = {"hosts": "localhost", "gather_facts": False, "ignore_errors": True, "tasks": tasks, "vars": {**GIVEN, "token": env.get("MGC_ACCESS_TOKEN")},
            "module_defaults": {"group/magalu.cloud.vm": {**key, "api_retries": 0, "api_timeout": 5}}}  # fmt: skip
    (programs.folder / "play.json").write_text(json.dumps([book]))
    given = {"MGC_API_KEY": "", **({} if key else {"MGC_ACCESS_TOKEN": TOKEN})}
    return programs("playbook", "-vvvvv", "-i", "magalu.yml", "play.json", **{**ENV, **given, **env})


def results(where: dict[str, str]) -> list[dict[str, Any]]:
    """Return the results of the tasks, as the callback received them."""
    return [json.loads(line) for line in where["all.jsonl"].splitlines()]


def passwords(sim: Any) -> list[str]:
    """Return the Windows passwords that the API returned."""
    return [one["answer"]["instance"]["password"] for one in sim.requests() if "first-windows" in one["path"]]


@pytest.mark.test_all("what fails shows more, and is in make test")
@pytest.mark.every_core(sample=True)
def test_successful_tasks_show_no_secret(programs: Programs, sim: Any) -> None:
    done = play(programs, [
        task("vm_instance", **DECLARED, user_data="{{ text }}"),
        task("vm_instance", **{**DECLARED, "name": "web-2"}, user_data_base64="{{ encoded }}"),
        task("vm_fleet", defaults=PLAIN, instances=[
            {"name": "a", "user_data": "{{ text }}"}, {"name": "b", "user_data_base64": "{{ encoded }}"},
        ]),
        task("vm_fleet", count=1, name_format="c-{index}", defaults=MEMBER, **FILES),
        task("vm_instance", **{**DECLARED, "name": "old"}), task("vm_fleet", defaults=PLAIN, instances=[{"name": "old"}]),
        task("vm_info"), task("vm_info", id="{{ result.instances[0].id }}"),
        task("vm_snapshot", name="day", state="restored", restore=RESTORED),
        task("vm_backup", name="night", state="restored", restore=RESTORED, **OLD),
        task("vm_image", name="golden", url="{{ url }}", platform="linux", wait=False),
        task("vm_windows_password", name="win", password_file="win.password"),
    ], "api_key")  # fmt: skip
    where = places(programs, done)
    assert not [result for result in results(where) if result.get("failed")], done.stdout
    assert passwords(sim)[0] in (programs.folder / "win.password").read_text()
    assert_kept(where, *passwords(sim))
    kinds = ("stdout", "log.txt", "all.jsonl", "syslog.txt", "cached/", "junit/", *FILES.values())
    assert not [kind for kind in kinds if not any(place.startswith(kind) for place in where)], list(where)


@pytest.mark.every_core
def test_a_requested_secret_is_only_in_the_result(programs: Programs, sim: Any) -> None:
    """A requested secret is only in the result, and hidden by no_log, except from ANSIBLE_DEBUG."""
    done = play(programs, [
        task("vm_windows_password", no_log=True, name="win"),
        {"ansible.builtin.assert": {"that": "result.password | length > 8"}},
        task("vm_info", no_log=True, user_data=True),
        {"ansible.builtin.assert": {"that": "encoded in result.instances | map(attribute='user_data', default='')"}},
    ], "access_token", ANSIBLE_DEBUG="")  # fmt: skip
    where = places(programs, done)
    assert not [result for result in results(where) if result.get("failed")], done.stdout
    assert_kept(where, *passwords(sim))


def secret_forms(*given: str) -> str:
    """Return the credentials and the secrets of a task, in every form in which a server can repeat them."""
    return " ".join(form for each in (TOKEN, *given) for form in sorted(forms(each)))


READS = [
    (task("vm_instance", **DECLARED, user_data="{{ text }}"), secret_forms(TEXT, ENCODED)),
    (task("vm_fleet", count=1, name_format="a-{index}", defaults=MEMBER, **FILES), secret_forms(TEXT, ENCODED)),
    (task("vm_info", user_data=True), secret_forms()),
    (task("vm_snapshot", name="day", state="restored", restore=RESTORED), secret_forms(TEXT, ENCODED)),
    (task("vm_backup", name="night", state="restored", restore=RESTORED, **OLD), secret_forms(TEXT, ENCODED)),
    (task("vm_image", name="golden", url="{{ url }}", platform="linux"), secret_forms(URL)),
    (task("vm_windows_password", name="win"), secret_forms()),
]


def faults(told: str) -> list[dict[str, Any]]:
    """Return responses that repeat `told` in all their parts."""
    detail = [{"loc": ["body", told], "msg": told, "input": {told: told}, "type": "value_error"}]
    return [
        {"kind": "status", "status": 500, "body": {"slug": told, "message": told, "details": {told: [told]}}},
        {"kind": "status", "status": 422, "body": {"detail": detail}},
        {"kind": "html", "status": 502, "body": f"<html><h1>{told}</h1></html>"},
        {"kind": "status", "status": 302, "headers": {"Location": f"http://127.0.0.1/?given={quote(told, safe='')}"}},
    ]


@pytest.mark.test_all("what fails to change something shows more, and is in make test")
@pytest.mark.every_core
def test_failed_reads_show_no_secret(programs: Programs, sim: Any) -> None:
    answers = [
        faults(told)[number % 4] for number, told in enumerate([secret_forms(), *(told for _task, told in READS)])
    ]
    # A read that is refused in the newer form is sent in the older form.
    answers = [answer for answer in answers for _time in range(1 + (answer.get("status") == 422))]
    for number, answer in enumerate(answers):
        sim.add_fault(match=number + 1, times=1, **answer)
    where = places(programs, play(programs, [task for task, _told in READS], "access_token"))
    assert len(sim.requests()) == len(answers)
    assert [result.get("failed") for result in results(where)] == [True] * len(READS)
    said = " ".join(where["stderr"].split())  # a terminal's lines end anywhere
    assert "********" in said and "Failed to list the instances of region br-se1" in said
    assert_kept(where)


@pytest.mark.every_core
def test_failed_changes_show_no_secret(programs: Programs, sim: Any) -> None:
    routes = ("/instances", "/snapshots/{id}", "/backups/{id}/restore", "/images/custom")
    for number, route in enumerate(routes):
        fault = faults(secret_forms(URL) if "images" in route else secret_forms(TEXT, ENCODED))[number % 2]
        sim.add_fault(operation=f"POST /v1{route}", nth="every", **{**fault, "status": 400})
    answer = {"instance": {"user": "admin", "passwords": [PASSWORD]}}
    sim.add_fault(operation=FIRST, nth="every", kind="status", status=200, body=answer)
    changes = [task for task, _told in READS if "magalu.cloud.vm_info" not in task]
    where = places(programs, play(programs, changes, "access_token"))
    found = results(where)
    assert [result.get("failed") for result in found] == [True] * len(changes)
    assert all("status 400" in result["msg"] for result in found[:-1])
    assert_kept(where)


@pytest.mark.every_core
def test_an_unexpected_exception_shows_no_secret(programs: Programs, sim: Any) -> None:
    """An unexpected exception in a module and in the inventory shows no secrets: its traceback has no values."""
    broken = [task for task, _told in READS if {"magalu.cloud.vm_fleet", "magalu.cloud.vm_image"} & task.keys()]
    where = places(programs, play(programs, broken, "api_key", BROKEN_ANSWERS="1"))
    found = results(where)
    assert [result.get("failed") for result in found] == [True] * len(broken)
    assert all("nobody has thought of" in json.dumps(result) for result in found)
    assert "Traceback" in where["stdout"] + where["stderr"]
    assert_kept(where)


@pytest.mark.every_core
@pytest.mark.parametrize("token", [f"{TOKEN}\nkept-rest-22b0", f"{TOKEN}\tkept-rest-22b0", f"{TOKEN}\N{SNOWMAN}"])
def test_an_unsendable_token_is_refused_without_showing_it(programs: Programs, sim: Any, token: str) -> None:
    given = task("vm_info", access_token="{{ token }}")
    where = places(programs, play(programs, [given, task("vm_info")], "access_token", MGC_ACCESS_TOKEN=token))
    assert sim.requests() == []
    said = "access_token (MGC_ACCESS_TOKEN) holds a "
    assert [said in result["msg"] for result in results(where)] == [True, True]
    assert said.replace(" ", "") in "".join(where["stderr"].split())
    assert_kept(where, token, "kept-rest-22b0", "kept-token")


@pytest.mark.every_core
@pytest.mark.parametrize(("port", "said"), [(9, "the proxy (HTTPS_PROXY, HTTP_PROXY"), (99999, "api_url, a proxy or")])
def test_the_password_of_a_proxy_is_not_shown(programs: Programs, sim: Any, port: int, said: str) -> None:
    """The password of a proxy is not shown, if the proxy is unreachable or its URL is invalid."""
    proxy = f"http://robot:{PROXY}@127.0.0.1:{port}"
    tasks = [task("vm_info"), READS[1][0]]
    where = places(programs, play(programs, tasks, "access_token", HTTP_PROXY=proxy, NO_PROXY=""))
    assert [said in result["msg"] for result in results(where)] == [True, True]
    assert sim.requests() == []
    assert_kept(where)
