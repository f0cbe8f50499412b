# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A run leaves no resources behind, wherever it ends, and never changes other people's resources."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from tests.acceptance import command
from tests.acceptance.conftest import RUN, Cloud
from tests.acceptance.gate import REFUSED_HERE
from tests.acceptance.probes import Choice, Probes
from tests.acceptance.proxy import serving
from tests.support.choice import ALL

BODY = {"machine_type": {"name": "BV1-1-40"}, "image": {"name": "cloud-debian-12 LTS"}}
NEW = {**BODY, "name": f"{RUN}-new", "network": {"associate_public_ip": False}}
# Number of the probes' requests that change something; there are more of them if a deletion has to wait.
FEWEST, CHANGES = 15, 20
EVERY_SO_MANY = 1 if ALL else 7


class Killed(BaseException):
    """The end of a killed process: no handler catches it."""


@contextmanager
def ended(number: int, when: str, error: type[BaseException]) -> Iterator[None]:
    """Raise `error` at the Nth request that changes something, `before` it is sent or `after` its response."""
    send, seen = requests.Session.request, [0]

    def request(self: requests.Session, method: str, *rest: Any, **more: Any) -> requests.Response:
        seen[0] += method != "GET"
        this = method != "GET" and seen[0] == number
        if this and when == "before":
            raise error
        response = send(self, method, *rest, **more)
        if this:
            raise error
        return response

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(requests.Session, "request", request)
        yield


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(1, CHANGES, EVERY_SO_MANY))
@pytest.mark.parametrize("unique", [True, False] if ALL else [False])
def test_the_clean_up_deletes_all_that_a_killed_run_created(cloud: Cloud, unique: bool, number: int, when: str) -> None:
    cloud.begin(unique_names=unique, lag=2, stale=2)
    before = cloud.foreign()
    probes = Probes(cloud.gate(), Choice(), cloud.said.append)
    try:
        with ended(number, when, Killed):
            probes.read()
            probes.spend()
        assert number > FEWEST, "the run was not killed"
    except Killed:
        pass
    cloud.sim.advance(30)
    left = cloud.left()
    assert cloud.clean(answer=False) == (command.REFUSED if left else command.OK)
    assert cloud.left() == left
    assert cloud.clean() == command.OK
    assert cloud.left() == []
    assert cloud.foreign() == before


@pytest.mark.parametrize("number", [1, 2, 9] if not ALL else range(1, CHANGES))
def test_an_interrupted_run_deletes_its_resources(cloud: Cloud, number: int) -> None:
    cloud.begin(unique_names=False, lag=3)
    before = cloud.foreign()
    with ended(number, "after", command.Interrupted):
        assert cloud.accept() == command.INTERRUPTED
    assert cloud.left() == []
    assert cloud.foreign() == before
    assert "The run was interrupted." in (cloud.folder / RUN / "report.md").read_text()


def test_the_clean_up_lists_names_of_runs_and_no_others(cloud: Cloud) -> None:
    own = cloud.sim.seed("instance", name=f"{RUN}-first", public_ip=True)["id"]
    cloud.sim.seed("snapshot", name=f"{RUN}-copy")
    cloud.sim.seed("custom_image", name=RUN)
    cloud.sim.seed("instance", name=f"{RUN}-elsewhere", region="br-ne1")
    assert cloud.clean(answer=False) == command.REFUSED
    listed = [line.strip() for line in cloud.said if line.startswith("  ")]
    assert [line.split(" (")[0] for line in listed] == [
        f"snapshot {RUN}-copy", f"custom image {RUN}", f"instance {RUN}-first",
    ]  # fmt: skip
    assert listed[2].endswith(f"({own}), in no journal of this machine")
    assert sorted(cloud.left()) == sorted([f"{RUN}-first", f"{RUN}-copy", RUN, "public IP"])
    assert cloud.clean() == command.OK
    assert cloud.left() == []
    assert [row["name"] for row in cloud.sim.state()["br-ne1"]["instances"]] == [f"{RUN}-elsewhere"]
    assert cloud.clean() == command.OK
    assert cloud.said[-1] == "No run has left anything behind in region br-se1."


def test_the_clean_up_does_not_delete_renamed_resources(cloud: Cloud) -> None:
    """A resource that a stale list shows under a run's name is not deleted if its name is another by id."""
    cloud.begin(lag=60)
    row_id = cloud.sim.seed("instance", name=f"{RUN}-first")["id"]
    url = f"{cloud.sim.url.format(region='br-se1')}/v1/instances/{row_id}/rename"
    requests.patch(url, json={"name": "web"}, headers={"x-api-key": "simulator"}, timeout=10).raise_for_status()
    assert cloud.clean() == command.OK
    assert f"  instance {RUN}-first ({row_id}), in no journal of this machine" in cloud.said
    assert cloud.left() == ["web"]


def test_a_resource_that_cannot_be_deleted_is_reported(cloud: Cloud) -> None:
    cloud.sim.add_fault(operation="DELETE /v1/instances/{id}", match="every", kind="status", status=403)
    assert cloud.accept() == command.FAILED
    assert (
        f"Still there: instance {RUN}-unkeyed. Run make acceptance-clean."
        in (cloud.folder / RUN / "report.md").read_text()
    )
    assert cloud.clean() == command.FAILED
    assert any(line.startswith(f"Still there: instance {RUN}-unkeyed") for line in cloud.said)
    cloud.sim.clear_faults()
    assert cloud.clean() == command.OK
    assert cloud.left() == []
    assert any("in a journal of this machine" in line for line in cloud.said)


@pytest.mark.parametrize(
    "options", [{"api_key": "key-of-nobody"}, {"api_key": "simulator-read-only"}, {"api_url": "http://127.0.0.1:9"}]
)
def test_nothing_is_created_with_a_bad_key_or_address(cloud: Cloud, options: dict[str, Any]) -> None:
    assert cloud.accept(**options) == command.FAILED
    assert cloud.left() == []
    assert (
        "refuses the key, or cannot be reached" in cloud.said[-2]
        or "No instance could be created: 403" in cloud.said[-2]
    )
    assert options.get("api_key", "127.0.0.1") not in (cloud.folder / RUN / "report.json").read_text()


def test_names_missing_in_the_catalogues_prevent_any_creation(cloud: Cloud) -> None:
    assert cloud.accept(Choice(machine_types=("BV9-9-99",), image="none")) == command.FAILED
    assert "The catalogues do not have BV9-9-99, none: choose others" in cloud.said[-2]
    assert not [request for request in cloud.sim.requests() if request["method"] != "GET"]


def test_a_clean_up_that_cannot_list_reports_it(cloud: Cloud) -> None:
    assert cloud.clean(api_key="wrong") == command.FAILED
    assert cloud.said == [
        "The instances of region br-se1 cannot be listed: is MGC_API_KEY right, and has it the scope virtual-machine.read?"
    ]


def test_the_journal_is_written_before_and_after_each_creation(cloud: Cloud) -> None:
    gate = cloud.gate()
    with ended(1, "before", Killed), pytest.raises(Killed):
        gate.send("POST", "/v1/instances", body=NEW)
    assert gate.journal.path.read_text().splitlines() == [
        json.dumps({"event": "creating", "kind": "instance", "name": f"{RUN}-new"})
    ]
    made = gate.send("POST", "/v1/instances", body=NEW).body["id"]
    assert json.loads(gate.journal.path.read_text().splitlines()[-1])["id"] == made
    gate.session.close()


SECRET = "key-that-nobody-may-see"
Ask = Callable[..., requests.Response]


def test_the_targets_reach_the_cloud_through_the_guard(cloud: Cloud) -> None:
    """The guard replaces its own key by the real key, applies its rules, and writes the journal."""
    foreign = cloud.foreign()[0]["id"]
    cloud.sim.reset(api_key=SECRET)
    foreign = cloud.sim.seed("instance", name="web")["id"]
    gate = cloud.gate(api_key=SECRET)
    with serving(gate) as door, requests.Session() as session:
        session.trust_env = False
        base = door.url.format(region="br-se1")

        def ask(method: str, path: str, key: str | None = door.key, **more: Any) -> requests.Response:
            headers = {"x-api-version": "1.1"} | ({"x-api-key": key} if key else {})
            return session.request(method, base + path, headers=headers, timeout=10, **more)

        listed = ask("GET", "/v1/instances", params=[("expand", "image"), ("expand", "network")])
        assert [row["image"]["name"] for row in listed.json()["instances"]] == ["cloud-ubuntu-24.04 LTS"]
        assert {"date", "x-request-id", "content-type"} <= {name.lower() for name in listed.headers}
        for key, status in ((SECRET, 200), ("wrong", 403), (None, 401)):
            assert ask("GET", "/v1/instances", key=key).status_code == status
        for method, path, body in (
            ("DELETE", f"/v1/instances/{foreign}", None),
            ("POST", f"/v1/instances/{foreign}/stop", None),
            ("POST", "/v1/instances", {**NEW, "name": "web"}),
        ):
            refused = ask(method, path, json=body)
            assert (refused.status_code, refused.json()["slug"]) == (403, REFUSED_HERE)
        made = ask("POST", "/v1/instances", json=NEW)
        assert made.status_code == 201
        assert gate.journal.made.is_own(made.json()["id"])
        cloud.sim.advance(60)
        assert ask("DELETE", f"/v1/instances/{made.json()['id']}").status_code == 204
        for path in ("/v1/../v1/instances", "/other", "/v1/instances/%2e%2e/x"):
            assert session.get(base + path, headers={"x-api-key": door.key}, timeout=10).status_code in (404, 200)
        cloud.sim.add_fault(operation="list_instances", kind="reset")
        with pytest.raises(requests.ConnectionError):
            ask("GET", "/v1/instances")
        with pytest.raises(requests.ConnectionError):
            requests.get("http://127.0.0.1:9", timeout=1)
    gate.session.close()
    assert door.key not in json.dumps([request["headers"] for request in cloud.sim.requests()])
    assert SECRET not in gate.journal.path.read_text()


def test_a_report_has_no_secret(cloud: Cloud) -> None:
    secrets = {"key": SECRET, "tenant": "tenant-of-ours", "ssh": "deploy-of-maria"}
    cloud.begin(api_key=SECRET, init_log="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 at 198.18.0.9", unknown_ssh_keys=("deploy-of-maria",),
                linux_without_key=False)  # fmt: skip
    assert cloud.accept(Choice(ssh_key=secrets["ssh"]), api_key=SECRET, tenant_id=secrets["tenant"]) == command.FAILED
    cloud.begin(api_key=SECRET, init_log="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 at 198.18.0.9")
    (cloud.folder / RUN).rename(cloud.folder / "first")
    assert cloud.accept(Choice(ssh_key=secrets["ssh"]), api_key=SECRET, tenant_id=secrets["tenant"]) == command.OK
    answered = [request["answer"] for request in cloud.sim.requests()]
    values = json.dumps(answered)
    assert "198.18.0.9" in values
    for path in [*cloud.folder.glob("*/report.*")]:
        text = path.read_text()
        for secret in (*secrets.values(), "198.18.", "203.0.113.", "192.0.2.", "2001:db8", "AAAAC3", "I2Nsb3Vk"):
            assert secret not in text, (path, secret)
        assert not [line for line in text.splitlines() if "9ec75090" in line]
    assert len(list(cloud.folder.glob("*/report.*"))) == 4
