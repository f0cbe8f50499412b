# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The page at /: what is in the cloud, live, and what the simulator does not do. Its one file is page.html."""

from __future__ import annotations

from html import escape
from pathlib import Path
from shlex import quote
from string import Template

from .settings import REGIONS, Settings

# What the browser lets the page load: nothing from elsewhere.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:"
# What it does not do; the words are for people who wonder whether a trial here says anything about the cloud.
LACKS = """
No machine runs: nothing answers at the addresses that instances show (with --loopback they are in 127.0.0.0/8, and
::1, where you can run an SSH server yourself). User data is kept, never run.

Only the Virtual Machine API: VPCs, security groups, subnets, volumes, SSH keys and public IPs are not managed here. Any
id of them is taken for one that exists; VPCs by name must be in --vpc. An interface is any UUID. Names of interfaces
and addresses are made up.

Machine types and images are a selection, the same in every region but for the zones. Prices, billing and the regions'
real capacity are not known. Which types are compatible is guessed: no smaller disk, no GPU lost or won.

A custom image is never fetched: its URL is only looked at.

What no document says is one of several possible ways: slugs of errors, which requests an instance in motion refuses,
what a copy is called in the other region, which fields sort, how exactly name= filters.

The whole of a region answers at once and in order; there is no other load than yours.

No TLS; it listens on 127.0.0.1 only."""


def page(settings: Settings, url: str) -> str:
    regions = "".join(
        f"<tr><td>{name}<td>{settings.edition_of(name)}<td><a href='/{path}/compute/docs'>API</a>"
        for name, (path, zones) in REGIONS.items()
    )
    return Template(Path(__file__).with_name("page.html").read_text()).substitute(
        environment=escape(f"export MGC_API_URL='{url}'\nexport MGC_API_KEY={quote(settings.api_key)}"),
        regions=regions,
        lacks="".join(f"<li>{text}" for text in LACKS.strip().split("\n\n")),
    )
