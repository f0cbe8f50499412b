# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Addresses of the simulator, the documentation, the examples and the tests belong to no real machine."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from pathlib import Path
from typing import Any

import pytest

from simulator import addresses
from tests.conftest import ROOT
from tests.support.raw_client import Api

NOBODYS = [IPv4Network(net) for net in ("198.18.0.0/15", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]
NOBODYS_V6 = IPv6Network("2001:db8::/32")
LOOPBACK = IPv4Network("127.0.0.0/8")
IPV4 = re.compile(r"(?<![\w.=-])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]|-\d)")
IPV6 = re.compile(r"(?<![\w:.])[0-9a-f]{4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])")
TEXT = {".py", ".md", ".rst", ".yml", ".yaml", ".json", ".html", ".sh", ".j2", ".txt", ".cfg", ".toml", ".svg"}


def nobodys(text: str) -> bool:
    address = ip_address(text)
    if isinstance(address, IPv6Address):
        return address in NOBODYS_V6
    return any(address in net for net in NOBODYS)


@pytest.mark.parametrize(
    ("give", "blocks", "nets"),
    [
        (addresses.private_ipv4, addresses.PRIVATE, [IPv4Network("198.18.0.0/16")]),
        (addresses.public_ipv4, addresses.PUBLIC, [*NOBODYS[1:], IPv4Network("198.19.0.0/16")]),
        (addresses.private_ipv4, addresses.PRIVATE_LOOPBACK, [IPv4Network("127.1.0.0/16")]),
        (addresses.public_ipv4, addresses.PUBLIC_LOOPBACK, [IPv4Network("127.2.0.0/16")]),
    ],
)
def test_every_ipv4_address(give: Callable[[int, bool], str], blocks: list[str], nets: list[IPv4Network]) -> None:
    loopback = blocks[0].startswith("127.")
    count = len(blocks) * addresses.BLOCK
    given = [give(number, loopback) for number in range(1, count + 1)]
    assert all(any(IPv4Network(f"{block}.0/24").subnet_of(net) for net in nets) for block in blocks)
    assert {text.rpartition(".")[0] for text in given} == set(blocks)
    assert {int(text.rpartition(".")[2]) for text in given} == set(range(1, addresses.BLOCK + 1))
    assert len(set(given)) == count, "one was given twice"
    assert give(count + 1, loopback) == given[0], "what comes after the last"


def test_ipv6_addresses_are_distinct_until_the_network_is_used_up() -> None:
    net = IPv6Network("2001:db8::/64")
    numbers = [*range(1, 70_000), *(1 << bit for bit in range(17, 64)), (1 << 64) - 1]
    given = [IPv6Address(addresses.public_ipv6(number, False)) for number in numbers]
    assert all(address in net for address in given)
    assert len(set(given)) == len(numbers), "one was given twice"
    assert addresses.public_ipv6(net.num_addresses + 1, False) == str(given[0]), "what comes after the last"
    assert {addresses.public_ipv6(number, True) for number in numbers} == {"::1"}


def test_documentation_networks_are_used_first() -> None:
    assert addresses.public_ipv4(1, False) == "192.0.2.2"
    assert addresses.public_ipv4(3 * addresses.BLOCK - 1, False) == "203.0.113.250"
    assert addresses.public_ipv4(3 * addresses.BLOCK, False) == "198.19.0.1"


@pytest.mark.parametrize("edition", ["2024-08", "2026-08"])
def test_addresses_in_responses(api: Api, edition: str) -> None:
    """All addresses are nobody's, and private ones distinct: of seeds and creations, in every region."""
    api.sim.reset(instances=3, edition=edition, quota_public_ips=None, instant=True)
    for region in ("br-se1", "br-ne1", "br-mgl1"):
        api.sim.seed("instance", region=region, public_ip=True)
    api.create(name="made")
    regions = [Api(api.sim, region) for region in ("br-se1", "br-ne1", "br-mgl1")]
    rows = [each.get("/instances", expand="network") for each in regions]
    found = [text for text in texts(rows) if looks_like_address(text)]
    assert len(found) == 2 * (3 * (3 + 1) + 1) + 3, "private IPv4, IPv6, and the public IPv4 of three"
    assert set(found) == {text for text in texts(api.sim.state()) if looks_like_address(text)}
    assert not [text for text in found if not nobodys(text)]
    private = [text for text in found if text.startswith("198.18.")]
    assert len(private) == 3 * (3 + 1) + 1 and len(set(private)) == len(private)


def looks_like_address(text: str) -> bool:
    try:
        return bool(ip_address(text))
    except ValueError:
        return False


def texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    return [value] if isinstance(value, str) else []


def test_addresses_in_all_files() -> None:
    """Loopback addresses and the mask of everything are harmless, too."""
    own = [path for path in ROOT.iterdir() if not path.name.startswith(".") and path.name != "changelogs"]
    files = [path for top in own for path in (top.rglob("*") if top.is_dir() else [top]) if path.suffix in TEXT]
    wrong: list[str] = []
    for path in files:
        text = path.read_text("utf-8")
        wrong += [f"{path.relative_to(ROOT)}: {found}" for found in IPV4.findall(text)
                  if looks_like_address(found) and not nobodys(found) and IPv4Address(found) not in LOOPBACK]  # fmt: skip
        wrong += [f"{path.relative_to(ROOT)}: {found}" for found in IPV6.findall(text)
                  if looks_like_address(found) and not nobodys(found)]  # fmt: skip
    assert not wrong


@pytest.mark.programs
def test_data_of_an_earlier_version_is_refused(tmp_path: Path) -> None:
    """Data of an earlier version is refused, because its addresses belong to real machines."""
    file = tmp_path / "cloud.db"
    command = [sys.executable, "-m", "simulator", "--port", "0", "--data", str(file)]
    subprocess.run([*command, "--instances", "1", "--", "true"], cwd=ROOT, check=True)
    with closing(sqlite3.connect(file)) as database:
        database.execute("UPDATE region SET document = json_remove(document, '$.public_numbers')")
        database.commit()
    refused = subprocess.run([*command, "--", "true"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "remove it" in refused.stderr and str(file) in refused.stderr
