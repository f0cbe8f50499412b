# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The first Windows password is read once, never requested again after a response that may have it, never lost."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.support.module import result

ROUTE = "GET /v1/instances/config/{id}/first-windows-password"
WINDOWS = "windows-server-2022"


@pytest.fixture
def win(sim: Any) -> Any:
    """Return a Windows instance whose password is ready."""
    return sim.seed("instance", name="win", image=WINDOWS, machine_type="BV2-4-40")


def read(sim: Any, check: bool = False, **options: Any) -> dict[str, Any]:
    given = {name: value for name, value in {"name": "win", **options}.items() if value is not None}
    return result(sim, "vm_windows_password", given, check)


def password_statuses(sim: Any) -> list[int]:
    """Return the statuses of the responses to all requests for the password."""
    return [one["status"] for one in sim.requests() if one["path"].endswith("/first-windows-password")]


def returned_password(sim: Any) -> str:
    """Return the password from the simulator's record of its responses."""
    answers = [one["answer"] for one in sim.requests() if one["path"].endswith("/first-windows-password")]
    return next(str(answer["instance"]["password"]) for answer in answers if "instance" in answer)


@pytest.mark.parametrize("by", ["id", "name"])
def test_the_password_is_read_once_then_the_apis_refusal_is_passed_on(sim: Any, win: Any, by: str) -> None:
    chosen = {"name": None, by: win[by]}
    first = read(sim, **chosen)
    assert (first["changed"], first["user"], first["password"]) == (True, "admin", returned_password(sim))
    assert first["instance"] == {"id": win["id"], "name": "win"}
    second = read(sim, **chosen)
    assert second["failed"]
    assert "password" not in second
    assert second["error"]["slug"] == "windows_password_not_found"
    assert "The first password was read already" in second["msg"]
    assert f"Failed to read the first password of instance {win[by]}: " in second["msg"]
    assert password_statuses(sim) == [200, 404]


def test_a_password_that_is_not_ready_is_awaited(sim: Any) -> None:
    created = result(sim, "vm_instance", {"name": "win", "machine_type": "BV2-4-40", "image": WINDOWS,
                                          "network": {"associate_public_ip": False}})  # fmt: skip
    assert not created.get("failed"), created
    done = read(sim)
    assert done["password"] == returned_password(sim)
    answers = password_statuses(sim)
    assert answers == [404] * (len(answers) - 1) + [200]
    assert len(answers) > 1


@pytest.mark.parametrize(("options", "times"), [({"wait": False}, 1), ({"wait_timeout": 35}, 4)])
def test_a_password_is_awaited_until_wait_timeout(sim: Any, win: Any, options: Any, times: int) -> None:
    body = {"slug": "windows_password_not_ready", "message": "The first password is not ready yet", "details": {}}
    sim.add_fault(operation=ROUTE, nth="every", kind="status", status=404, body=body)
    done = read(sim, **options)
    assert done["error"]["slug"] == "windows_password_not_ready"
    assert "The first password is not ready yet" in done["msg"]
    assert len(password_statuses(sim)) == times


LOST: list[dict[str, Any]] = [
    {"kind": "reset", "when": "after"}, {"kind": "reset", "when": "before"}, {"kind": "short_body", "when": "after"},
    {"kind": "status", "status": 500, "when": "after"}, {"kind": "html", "when": "after"},
    {"kind": "status", "status": 200, "body": '{"instance": {"password": "kept-33a9', "when": "after"},
    {"kind": "status", "status": 200, "body": {"instance": {"user": "admin"}}, "when": "after"},
    {"kind": "status", "status": 200, "body": ["kept-33a9"], "when": "after"},
]  # fmt: skip


@pytest.mark.parametrize("fault", LOST, ids=lambda fault: f"{fault['kind']} {fault['when']}")
def test_a_lost_answer_is_never_asked_for_again(sim: Any, win: Any, tmp_path: Path, fault: Any) -> None:
    sim.add_fault(operation=ROUTE, nth="every", **fault)
    done = read(sim, password_file=str(tmp_path / "password"))
    assert len(password_statuses(sim)) == 1
    assert done["failed"]
    assert "it is not requested again" in done["msg"]
    assert "set a new password inside the instance" in done["msg"]
    assert "kept-33a9" not in json.dumps(done)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("status", [403, 429, 503])
def test_a_refusal_is_not_reported_as_a_lost_response(sim: Any, win: Any, status: int) -> None:
    sim.add_fault(operation=ROUTE, kind="status", status=status, headers={"Retry-After": "1"},
                  body={"slug": "no", "message": "Not now", "details": {}})  # fmt: skip
    done = read(sim)
    assert done["error"]["status"] == status
    assert "is lost" not in done["msg"]
    assert read(sim)["password"] == returned_password(sim)


def test_the_password_is_requested_over_a_new_connection(sim: Any, win: Any) -> None:
    """The password is requested over a new connection: a closed old connection would look like a lost response."""
    sim.add_fault(operation="GET /v1/instances", kind="close_keep_alive", when="after")
    assert read(sim)["password"] == returned_password(sim)


def test_a_file_is_for_its_owner_only_and_is_enough_from_then_on(sim: Any, win: Any, tmp_path: Path) -> None:
    file = tmp_path / "password"
    done = read(sim, password_file=str(file))
    assert (done["changed"], done["user"], done["password_file"]) == (True, "admin", str(file))
    assert file.read_text() == returned_password(sim) + "\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert returned_password(sim) not in json.dumps(done)
    assert list(tmp_path.iterdir()) == [file]
    sim.clear_requests()
    again = read(sim, password_file=str(file))
    assert (again["changed"], again["password_file"]) == (False, str(file))
    assert "password" not in again
    assert sim.requests() == []


@pytest.mark.parametrize("folder", ["missing", "a_file"])
def test_an_unwritable_password_file_is_refused_before_any_request(sim: Any, tmp_path: Path, folder: str) -> None:
    (tmp_path / "a_file").touch()
    done = read(sim, password_file=str(tmp_path / folder / "password"))
    assert done["failed"]
    assert "password_file" in done["msg"]
    assert "cannot be written: " in done["msg"]
    assert sim.requests() == []


def test_a_folder_is_refused_before_any_request(sim: Any, tmp_path: Path) -> None:
    done = read(sim, password_file=str(tmp_path))
    assert done["failed"] and f"password_file {str(tmp_path)!r} is a folder." in done["msg"]
    assert sim.requests() == []


def test_a_folder_of_others_is_refused_before_any_request(sim: Any, tmp_path: Path, monkeypatch: Any) -> None:
    """A folder of other users is refused. Root may write everywhere, so the test simulates the system's error."""

    def refused(*given: Any) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refused)
    assert "cannot be written: Permission denied." in read(sim, password_file=str(tmp_path / "password"))["msg"]
    assert sim.requests() == []


def test_a_failed_write_does_not_lose_the_password(sim: Any, win: Any, tmp_path: Path, monkeypatch: Any) -> None:
    def full(*given: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    done = read(sim, password_file=str(tmp_path / "password"))
    assert "cannot be written: No space left on device." in done["msg"]
    assert (done["failed"], done["changed"], done["password"]) == (True, True, returned_password(sim))
    assert list(tmp_path.iterdir()) == []


def test_check_mode_does_nothing(sim: Any, win: Any, tmp_path: Path) -> None:
    done = read(sim, check=True, password_file=str(tmp_path / "password"))
    assert done["skipped"]
    assert sim.requests() == []
    assert list(tmp_path.iterdir()) == []


REFUSED: list[tuple[dict[str, Any], str, int]] = [
    ({}, "There is no instance 'win'.", 0),
    ({"name": None}, "one of the following is required: id, name", 0),
    ({"id": "win", "name": None}, "id is 'win', but ids are UUIDs", 0),
    ({"name": "linux"}, "does not run Windows", 1),
]


@pytest.mark.parametrize(("options", "said", "times"), REFUSED)
def test_an_instance_without_a_password_is_refused(
    sim: Any, tmp_path: Path, options: Any, said: str, times: int
) -> None:
    sim.seed("instance", name="linux")
    done = read(sim, **options, password_file=str(tmp_path / "password"))
    assert said in done["msg"]
    assert len(password_statuses(sim)) == times
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("by", ["id", "name"])
def test_api_version_2024_08_has_no_windows_password(sim: Any, by: str) -> None:
    sim.reset(edition="2024-08")
    row = sim.seed("instance", name="win", image=WINDOWS, machine_type="BV2-4-40")
    assert "API version 2024-08 has no first passwords." in read(sim, **{"name": None, by: row[by]})["msg"]


@pytest.mark.parametrize("password", [None, 7, "", ["x"]])
def test_an_answer_without_a_password_is_lost(sim: Any, win: Any, tmp_path: Path, password: Any) -> None:
    body = {"instance": {"id": win["id"], "user": "admin", "password": password}}
    sim.add_fault(operation=ROUTE, kind="status", status=200, body=body, nth="every")
    for file in (None, str(tmp_path / "password")):
        given = read(sim, password_file=file)
        assert given["failed"] and "the response has no password that can be read" in given["msg"]
        assert "The response was lost" in given["msg"] and not (tmp_path / "password").exists()


def test_the_user_defaults_to_admin(sim: Any, win: Any) -> None:
    sim.add_fault(operation=ROUTE, kind="status", status=200, body={"instance": {"id": win["id"], "password": "x"}})
    assert read(sim)["user"] == "admin"


def test_a_password_that_a_file_cannot_hold_is_returned(sim: Any, win: Any, tmp_path: Path) -> None:
    body = json.dumps({"instance": {"id": win["id"], "user": "admin", "password": "a\ud800b"}})
    sim.add_fault(operation=ROUTE, kind="status", status=200, body=body)
    given = read(sim, password_file=str(tmp_path / "password"))
    assert given["failed"] and "cannot be written: the password is not valid UTF-8." in given["msg"]
    assert given["password"] == "a\ud800b" and not list(tmp_path.iterdir())


def test_only_the_password_is_requested_while_it_is_not_ready(sim: Any) -> None:
    """Only the password is requested while it is not ready: a failing list would end the wait."""
    created = result(sim, "vm_instance", {"name": "win", "machine_type": "BV2-4-40", "image": WINDOWS,
                                          "network": {"associate_public_ip": False}})  # fmt: skip
    sim.add_fault(operation="GET /v1/machine-types", kind="status", status=503, nth="every")
    assert read(sim, name=None, id=created["instance"]["id"])["password"] == returned_password(sim)
