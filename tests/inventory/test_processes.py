# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The inventory plugin in Ansible's own programs, each in a process of its own."""

from __future__ import annotations

import base64
import importlib
import re
import sys
from typing import Any

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

from tests.support.inventory_programs import FAILS, Programs
from tests.support.play import environment
from tests.support.programs import start_program

pytestmark = pytest.mark.every_core
KEY, TOKEN, DATA = "kept-key-5d2c", "kept-token-81f0", "kept-data-9b1e"
LOUD = {"ANSIBLE_DEBUG": "1"}


def vaulted(programs: Programs, text: str) -> str:
    """Return the encrypted text, and write the password into the file "password"."""
    (programs.folder / "password").write_text("open sesame")
    vault = VaultLib([("default", VaultSecret(b"open sesame"))])
    encrypted: str = vault.encrypt(text).decode()
    return encrypted


def variables_of_the_environment() -> list[str]:
    """Return all variables of the environment that the plugin's documentation names."""
    plugin = importlib.import_module("ansible_collections.magalu.cloud.plugins.inventory.vm_instances")
    shared = importlib.import_module("ansible_collections.magalu.cloud.plugins.doc_fragments._api")
    return re.findall(r"- name: (MGC_\w+)", plugin.DOCUMENTATION + shared.ModuleDocFragment.PLUGIN)


def test_list_graph_host_and_playbook(programs: Programs, sim: Any) -> None:
    sim.seed("instance", name="web-1", public_ip="192.0.2.10")
    sim.seed("instance", name="web-2", state="stopped")
    programs.write(keyed_groups=[{"key": "state", "prefix": "state"}], compose={"sum": "8000 + 80"})
    listed = programs.list()
    assert listed.inventory["state_running"] == {"hosts": ["web-1"]}
    assert listed.hosts["web-1"]["ansible_host"] == "192.0.2.10"
    host = programs("inventory", "-i", "magalu.yml", "--host", "web-1", **FAILS)
    assert host.inventory == listed.hosts["web-1"]
    graph = programs("inventory", "-i", "magalu.yml", "--graph", "mgc", **FAILS)
    assert sorted(graph.stdout.split()) == ["@mgc:", "|--web-1", "|--web-2"]
    played = programs.play(
        {"debug": {"msg": "{{ mgc_name }} is {{ mgc_state }} {{ sum }}, of {{ groups.mgc | length }}"}}
    )
    assert "web-1 is running 8080, of 2" in played.stdout and "web-2 is stopped 8080, of 2" in played.stdout
    assert [each.stderr for each in (listed, host, graph, played)] == [""] * 4


def test_an_encrypted_key_works(programs: Programs, sim: Any) -> None:
    sim.reset(keys={KEY: "tenant-1"})
    lines = vaulted(programs, KEY).replace("\n", "\n  ")
    programs.write(f"plugin: magalu.cloud.vm_instances\napi_key: !vault |\n  {lines}\n")
    assert programs.list("--vault-password-file", "password", MGC_API_KEY="").hosts == {}
    refused = programs.list(MGC_API_KEY="")
    assert refused.code and refused.says("api_key") and not refused.says(KEY)


def test_encrypted_entries_of_lists_and_mappings_work(programs: Programs, sim: Any) -> None:
    """Encrypted entries work. Before 2.19 they stay encrypted in lists and mappings, and an error showed their text."""
    sim.seed("instance", "br-ne1", name="web")
    sim.seed("instance", "br-ne1", name="db")
    region, name, user = (vaulted(programs, text).replace("\n", "\n      ") for text in ("br-ne1", "web*", "admin"))
    programs.write(
        f"plugin: magalu.cloud.vm_instances\nset_user: true\nregions:\n  - !vault |\n      {region}\n"
        f"filters:\n  name: !vault |\n      {name}\nimage_users:\n  - match: '*'\n    user: !vault |\n      {user}\n"
    )
    [(host, variables)] = programs.list("--vault-password-file", "password").hosts.items()
    # ansible-core 2.22 decrypts the text, too, and hides it wherever it shows it.
    assert host == "web" and variables["ansible_user"] in ("admin", "$REDACTED$")


def test_key_by_a_lookup(programs: Programs, sim: Any) -> None:
    sim.reset(keys={KEY: "tenant-1"})
    programs.write(api_key="{{ lookup('ansible.builtin.env', 'OUR_KEY') }}")
    assert programs.list(MGC_API_KEY="", OUR_KEY=KEY).hosts == {}


def test_a_key_from_an_encrypted_file_works(programs: Programs, sim: Any) -> None:
    sim.reset(keys={KEY: "tenant-1"})
    (programs.folder / "vault.yml").write_text(vaulted(programs, f"our_key: {KEY}"))
    programs.write(api_key="{{ our_key }}", use_extra_vars=True)
    given = ("-e", "@vault.yml", "--vault-password-file", "password")
    assert programs.list(*given, MGC_API_KEY="").hosts == {}
    programs.write(api_key="{{ our_key }}")  # it is undefined without use_extra_vars
    assert programs.list(*given, MGC_API_KEY="").says("api_key")


def test_empty_variables_of_the_environment_count_as_not_given(programs: Programs, sim: Any) -> None:
    sim.seed("instance", name="web")
    programs.write(api_key="simulator", api_url=sim.url)
    names = variables_of_the_environment()
    assert len(names) > 15
    expected = programs.list().hosts
    assert programs.list(**dict.fromkeys(names, "")).hosts == expected
    assert programs.list(**dict.fromkeys(names, " ")).hosts == expected


def test_regions_from_the_environment(programs: Programs, sim: Any) -> None:
    for region in ("br-se1", "br-ne1", "br-mgl1"):
        sim.seed("instance", region, name=f"in-{region}")
    programs.write()
    assert set(programs.list(MGC_REGIONS="br-ne1, br-mgl1").hosts) == {"in-br-ne1", "in-br-mgl1"}


BAD: dict[str, tuple[Any, list[str]]] = {
    "option": ({"keyed_group": []}, ["'keyed_group'", "Did you mean keyed_groups?"]),
    "filter": ({"filters": {"states": "running"}}, ["filters: 'states'", "Did you mean state?"]),
    "exclude": ({"exclude_filters": [{"name": 5}]}, ["exclude_filters[0].name is 5"]),
    "hostnames": ({"hostnames": ["{{ nam }}"], "strict": True}, ["hostnames[0] '{{ nam }}'", "instance 'web'"]),
    "compose": (
        {"compose": {"sum": "nam + 1"}, "strict": True},
        ["Could not set sum for host web", "'nam' is undefined"],
    ),
    "choice": ({"duplicate_names": "guess"}, ["duplicate_names", "guess"]),
    "key": ({"api_key": KEY}, ["The api_key (given as an option) is invalid", "status 403"]),
    "region": ({"regions": ["br-xx1"]}, ["Check the region 'br-xx1' (regions, MGC_REGIONS)"]),
    "url name": (
        {"regions": ["br-se-1"]},
        ["'br-se-1' is not a valid region (regions, MGC_REGIONS)", "did you mean br-se1?"],
    ),
    "broken": ("plugin: magalu.cloud.vm_instances\nregions: [\n", ["node content"]),
    "other": ("- a list\n", ["no root 'plugin' key found"]),
}


def test_bad_input_is_reported_with_its_position(programs: Programs, sim: Any) -> None:
    sim.seed("instance", name="web")
    sources: list[str] = []
    for name, (options, _said) in BAD.items():
        file = f"{name}.magalu.yml"
        programs.write(**({"text": options} if isinstance(options, str) else options), name=file)
        sources += ["-i", file]
    ran = programs("inventory", "--list", *sources)
    for name, (_options, said) in BAD.items():
        for text in [*said, f"{programs.folder}/{name}.magalu.yml"]:
            assert ran.says(text), (name, text, ran.stderr)
    assert not ran.says(KEY)


def test_a_missing_requests_library_is_reported(programs: Programs) -> None:
    missing = programs.folder / "missing/requests.py"
    missing.parent.mkdir()
    missing.write_text("raise ImportError('not here')\n")
    programs.write()
    env = environment(programs.sim, programs.folder, PYTHONPATH=str(missing.parent), **FAILS)
    with start_program("inventory", "-i", "magalu.yml", "--list", cwd=programs.folder, env=env) as process:
        said = " ".join(process.communicate(timeout=60)[0].split())
    assert f"requests is missing on the controller. Install it for {sys.executable}." in said and process.returncode


def test_bad_input_fails_with_any_unparsed_is_failed(programs: Programs, sim: Any) -> None:
    programs.write(filters={"states": "running"})
    ran = programs.list()
    assert ran.code and not ran.stdout
    assert programs.play({"debug": {}}).code


def seeded_with_secrets(sim: Any) -> None:
    sim.reset(keys={KEY: "tenant-1", TOKEN: "tenant-1"})
    sim.seed("instance", name="web", user_data=base64.b64encode(DATA.encode()).decode())


@pytest.mark.parametrize("option", ["api_key", "access_token"])
def test_nothing_secret_is_shown_or_logged(programs: Programs, sim: Any, option: str) -> None:
    seeded_with_secrets(sim)
    secret = KEY if option == "api_key" else TOKEN
    programs.write(**{option: secret}, cache=True, cache_plugin="ansible.builtin.jsonfile", cache_connection="cached")
    ran = programs.list("-vvvvv", MGC_API_KEY="", **LOUD)
    assert ran.code == 0 and '"mgc_name": "web"' in ran.stdout
    played = programs.play({"debug": {"var": "hostvars"}}, options=("-vvvvv",), MGC_API_KEY="", **LOUD)
    [cached] = (programs.folder / "cached").iterdir()
    for place in (ran.stdout, ran.stderr, ran.log, played.stdout, played.stderr, played.log, cached.read_text()):
        for hidden in (secret, DATA, base64.b64encode(DATA.encode()).decode()):
            assert hidden not in place


FAULTS: list[dict[str, Any]] = [
    {"kind": "status", "status": 403, "body": {"message": f"no {KEY}"}},
    {"kind": "html", "status": 502, "body": f"<h1>{KEY}</h1>"},
    {"kind": "reset"},
    {"kind": "short_body", "when": "after"},
]


def test_an_error_of_the_api_has_no_traceback(programs: Programs, sim: Any) -> None:
    seeded_with_secrets(sim)
    sources: list[str] = []
    for number, fault in enumerate(FAULTS, 1):
        sim.add_fault(operation="GET /v1/instances", match=number, times=1, **fault)
        programs.write(api_retries=0, name=f"{number}.magalu.yml")
        sources += ["-i", f"{number}.magalu.yml"]
    ran = programs("inventory", "--list", "-vvvvv", *sources, MGC_API_KEY=KEY, **LOUD)
    assert len(sim.requests()) == len(FAULTS)
    assert ran.says("Failed to list the instances of region br-se1")
    for place in (ran.stdout, ran.stderr, ran.log):
        # 2.16 itself prints at -vvv where a plugin refused to parse a file, but nothing deeper.
        assert "Traceback" not in place and not re.search(r'_utils/\w+\.py", line', place)
        assert KEY not in place


CACHE = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": "cached"}


def test_the_cache_replaces_all_requests_until_it_is_flushed(programs: Programs, sim: Any) -> None:
    sim.seed("instance", name="web-1")
    programs.write(**CACHE)
    first = programs.list().hosts
    asked = len(sim.requests())
    sim.seed("instance", name="web-2")
    assert programs.list().hosts == first and len(sim.requests()) == asked
    shown = {"debug": {"msg": "in all {{ groups.mgc | length }}"}, "run_once": True}
    flushed = programs.play(shown, options=("--flush-cache",))
    assert "in all 2" in flushed.stdout and len(sim.requests()) == 2 * asked
    sim.seed("instance", name="web-3")
    assert set(programs.list().hosts) == {"web-1", "web-2"}, "the flush did not write the cache"
    played = programs.play(shown, {"meta": "refresh_inventory"}, shown)
    assert re.findall(r"in all \d", played.stdout) == ["in all 2", "in all 3"]
    asked = len(sim.requests())
    assert set(programs.list().hosts) == {"web-1", "web-2", "web-3"}, "the refresh did not write the cache"
    assert len(sim.requests()) == asked


def test_files_with_different_options_have_different_caches(programs: Programs, sim: Any) -> None:
    """Options that affect the fetched instances change the cache's key."""
    sim.seed("instance", name="web")
    sim.seed("instance", "br-ne1", name="far")
    programs.write(**CACHE)
    assert set(programs.list().hosts) == {"web"}
    assert set(programs.list(MGC_REGION="br-ne1").hosts) == {"far"}
    assert set(programs.list().hosts) == {"web"}
    assert not programs.list(MGC_API_KEY="wrong").stdout, "another key read what this one may not"


@pytest.mark.parametrize("place", ["/dev/null/cached", "/proc/self", "/sys/kernel"])
def test_an_unusable_cache_gives_a_warning(programs: Programs, sim: Any, place: str) -> None:
    """An unusable cache is a warning: not a folder, a read-only one, and one that fails only when written to."""
    sim.seed("instance", name="web")
    programs.write(**{**CACHE, "cache_connection": place})
    ran = programs.list()
    assert set(ran.hosts) == {"web"} and ran.says("cache: it cannot be")


def test_a_broken_cache_file_is_written_again(programs: Programs, sim: Any) -> None:
    sim.seed("instance", name="web")
    programs.write(**CACHE)
    programs.list()
    [file] = (programs.folder / "cached").iterdir()
    whole = file.read_text()
    of_another_version = [whole.replace(name, "other") for name in ("phase", "created_at")]
    for broken in ("", "{", "[]", '"[[1]]"', *of_another_version):
        file.write_text(broken)
        assert set(programs.list().hosts) == {"web"}, broken
        assert len(file.read_text()) > 100 and "other" not in file.read_text()
