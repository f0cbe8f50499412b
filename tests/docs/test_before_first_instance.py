# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The recipes of "Before your first instance", taken from the page, on a small server of the same routes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import neighbours
from tests.support.neighbours import KEY, READER, REGION, Neighbours, new_id
from tests.support.pages import blocks, commands, files
from tests.support.play import SPEED, environment
from tests.support.programs import run

pytestmark = [pytest.mark.programs, pytest.mark.clock(SPEED)]
SLOW = pytest.mark.test_all("one recipe that creates and one that finds are in make test")
PAGE = "before_first_instance"
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKey me@laptop\n"
FREE, USED, OTHER = "203.0.113.9", "203.0.113.10", "203.0.113.11"


class Recipes:
    """The page's files in a folder, and the environment of its commands."""

    def __init__(self, sim: Any, cloud: Neighbours, folder: Path) -> None:
        self.sim, self.cloud, self.folder = sim, cloud, folder
        for name, text in files(PAGE).items():
            (folder / name).write_text(text)
        (folder / "ansible.cfg").touch()
        (folder / ".ssh").mkdir()
        (folder / ".ssh/id_ed25519.pub").write_text(PUBLIC_KEY)

    def __call__(self, book: str, *options: str, key: str = KEY, fails: bool = False) -> str:
        """Run a playbook; return its output, in one line."""
        env = environment(self.sim, self.folder, MGC_API_KEY=key, MGC_REGION=REGION)
        done = run("playbook", f"{book}.yml", "-e", f"api={self.cloud.url}", *options, cwd=self.folder, env=env)
        assert bool(done.returncode) == fails, done.stdout
        assert "WARNING" not in done.stdout, done.stdout
        return " ".join(done.stdout.split())


@pytest.fixture
def cloud() -> Iterator[Neighbours]:
    with neighbours.serve_neighbours() as server:
        yield server


@pytest.fixture
def recipe(sim: Any, cloud: Neighbours, tmp_path: Path) -> Recipes:
    sim.reset(api_key=KEY)
    return Recipes(sim, cloud, tmp_path)


def changed(said: str) -> int:
    return sum(map(int, re.findall(r"changed=(\d+)", said)))


def thrice(recipe: Recipes, *given: str) -> list[str]:
    """Run a recipe in check mode, then really, then again; nothing changes in the first and the last run."""
    before = len(recipe.cloud.changes())
    said = [recipe(*given, "--check")]
    assert len(recipe.cloud.changes()) == before
    said.append(recipe(*given))
    sent = len(recipe.cloud.changes())
    said.append(recipe(*given))
    assert len(recipe.cloud.changes()) == sent > before
    assert [changed(text) for text in said] == [1, 1, 0]
    return said


@pytest.mark.every_core
def test_an_ssh_key_is_created_unless_it_exists(recipe: Recipes, cloud: Neighbours) -> None:
    """An SSH key is created unless it is in the list, which has several pages."""
    key = {"key": "ssh-rsa AAAA", "key_type": "ssh-rsa"}
    cloud.ssh_keys += [{"id": new_id(f"old-{number}"), "name": f"a-{number:03}", **key} for number in range(120)]
    said = thrice(recipe, "ssh_key")
    assert f"Would send POST {cloud.url}/profile/v0/ssh-keys" in said[0]
    assert cloud.changes() == [("POST", "/profile/v0/ssh-keys")]
    assert cloud.ssh_keys[-1]["name"] == "deploy" and cloud.ssh_keys[-1]["key"] == PUBLIC_KEY.strip()


@SLOW
def test_the_name_of_another_ssh_key_is_refused(recipe: Recipes, cloud: Neighbours) -> None:
    """The name of another SSH key is refused; keys that differ only in their comment are equal."""
    kept = {"id": new_id("deploy"), "name": "deploy", "key_type": "ssh-ed25519"}
    cloud.ssh_keys.append({**kept, "key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKey"})
    assert changed(recipe("ssh_key")) == 0
    cloud.ssh_keys[:] = [{**kept, "key": "ssh-ed25519 AAAAAnother"}]
    assert "The account has another key named deploy. Choose another key_name." in recipe("ssh_key", fails=True)
    assert cloud.changes() == []


@SLOW
def test_a_list_that_changes_between_pages_is_refused(recipe: Recipes, cloud: Neighbours) -> None:
    page = [{"id": new_id(str(number)), "name": f"a-{number}", "key": "ssh-rsa AAAA"} for number in range(50)]
    cloud.broken["/profile/v0/ssh-keys"] = (200, {"results": page})
    assert "The list changed while it was read. Run the playbook again." in recipe("ssh_key", fails=True)
    assert cloud.changes() == []


@SLOW
def test_zones_are_shown(recipe: Recipes) -> None:
    assert re.search(r"br-ne1\) => \{ \"msg\": \"br-ne1-a, br-ne1-b\"", recipe("zones"))


@SLOW
def test_a_network_is_found_by_name(recipe: Recipes, cloud: Neighbours) -> None:
    said = recipe("network", "--check")
    assert f'"vpc": "{new_id("vpc_default")}"' in said
    assert new_id("group ssh") in said and new_id("group default") in said
    assert "ingress tcp 22-22 192.0.2.0/24" in said
    said = recipe("network", "-e", '{"vpc_name": "lab", "security_group_names": ["ssh"]}')
    assert f'"vpc": "{new_id("lab")}"' in said and new_id("group default") not in said
    said = recipe("network", "-e", '{"security_group_names": ["ssh", "web"]}', fails=True)
    assert "Found 1 VPCs, and the security groups ssh." in said
    cloud.security_groups.append(cloud.group("ssh", id=new_id("a second")))
    assert "security groups default, ssh, ssh." in recipe("network", fails=True)


def test_the_first_instance_is_in_the_created_network(recipe: Recipes, sim: Any) -> None:
    said = [recipe("first_instance", *options) for options in (["--check", "--diff"], [])]
    assert [changed(text) for text in said] == [1, 1]
    region = sim.state()[REGION]
    assert [row["vpc"]["id"] for row in region["instances"]] == [new_id("vpc_default")] and region["public_ips"] == []
    groups = [group for interface in region["interfaces"] for group in interface["security_groups"]]
    assert sorted(groups) == sorted([new_id("group default"), new_id("group ssh")])


@SLOW
@pytest.mark.every_core
def test_an_interface_is_created_without_a_public_ip(recipe: Recipes, cloud: Neighbours) -> None:
    said = thrice(recipe, "interface")
    (port,) = cloud.ports
    assert port["id"] in said[1] and port["id"] in said[2]
    assert port["vpc_id"] == new_id("vpc_default") and len(port["security_groups"]) == 2
    assert cloud.public_ips == []
    assert cloud.changes() == [("POST", f"/{REGION}/network/v0/vpcs/ID/ports")]


@SLOW
@pytest.mark.every_core
def test_a_volume_is_attached_once(recipe: Recipes, cloud: Neighbours, sim: Any) -> None:
    for name in ("web-01", "db-01"):
        sim.seed("instance", REGION, name=name)
    for number in range(60):
        cloud.add_volume(f"old-{number}")
    cloud.add_volume("data-01")
    thrice(recipe, "volume")
    assert cloud.changes() == [("POST", f"/{REGION}/volume/v1/volumes/ID/attach/ID")]
    said = recipe("volume", "-e", "instance_name=db-01", fails=True)
    assert "Another instance has the volume data-01." in said
    said = recipe("volume", "-e", "volume_name=data-02", fails=True)
    assert "Needs one volume and one instance of these names. Volumes: 0, instances: 1." in said
    assert len(cloud.changes()) == 1


@SLOW
@pytest.mark.every_core
def test_unused_public_ips_are_shown_and_the_named_ones_released(recipe: Recipes, cloud: Neighbours) -> None:
    cloud.add_public_ip(FREE)
    cloud.add_public_ip(USED, port_id=new_id("a port"))
    cloud.add_public_ip(OTHER, port_id=None)
    said = recipe("public_ips")
    assert f"{FREE}, since 2026-11-01T12:00:00" in said and OTHER in said and USED not in said
    assert changed(said) == 0 and cloud.changes() == []
    assert f"In use: {USED}. Nothing was released." in recipe("public_ips", "-e", release(FREE, USED), fails=True)
    assert cloud.changes() == []
    thrice(recipe, "public_ips", "-e", release(FREE))
    assert cloud.changes() == [("DELETE", f"/{REGION}/network/v0/public_ips/ID")]
    assert [row["public_ip"] for row in cloud.public_ips] == [USED, OTHER]


@SLOW
def test_a_public_ip_in_use_since_the_listing_is_kept(recipe: Recipes, cloud: Neighbours) -> None:
    cloud.add_public_ip(FREE)
    (row,) = cloud.public_ips
    cloud.broken[f"/{REGION}/network/v0/public_ips/{row['id']}"] = (200, {**row, "port_id": new_id("a port")})
    assert changed(recipe("public_ips", "-e", release(FREE))) == 0
    assert cloud.changes() == []


def release(*addresses: str) -> str:
    return '{"release": ["' + '", "'.join(addresses) + '"]}'


@SLOW
@pytest.mark.parametrize(
    ("book", "key", "path", "broken", "says"),
    [
        ("ssh_key", READER, None, None, "HTTP Error 403: Forbidden {'developerMessage': 'Forbidden'"),
        ("zones", "", None, None, "HTTP Error 401: Unauthorized {'developerMessage': 'No API key found in request'"),
        ("public_ips", KEY, "public_ips", (502, b"<html>bad gateway</html>"), "HTTP Error 502"),
    ],
)
def test_a_refusal_is_shown_and_the_key_is_not(
    recipe: Recipes, cloud: Neighbours, book: str, key: str, path: str | None, broken: Any, says: str
) -> None:
    """An API error is shown without the API key, at any verbosity."""
    if path:
        cloud.broken[f"/{REGION}/network/v0/{path}"] = broken
    said = recipe(book, "-vvvv", key=key, fails=True)
    assert says in said and (not key or key not in said)
    assert cloud.changes() == ([("POST", "/profile/v0/ssh-keys")] if book == "ssh_key" else [])


def test_every_file_and_command_is_run() -> None:
    own = Path(__file__).read_text()
    parts = {"cloud", "request", "pages", "rules", "release"}  # the tests of the other examples
    assert len(files(PAGE)) == len(blocks(PAGE, "yaml"))
    books = {Path(name).stem for name in files(PAGE)} - parts
    assert [book for book in books if f'"{book}"' not in own] == []
    played = [shlex.split(line) for line in commands(PAGE) if not line.startswith("export MGC_")]
    assert {line[0] for line in played} == {"ansible-playbook"}
    assert {line[1] for line in played} == {f"{book}.yml" for book in books} - {"network.yml"}
