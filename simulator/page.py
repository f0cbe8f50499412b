# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The page at /, with the live resources and the simulator's limitations."""

from __future__ import annotations

from html import escape
from pathlib import Path
from shlex import quote
from string import Template

from .settings import REGIONS, Settings

# The page may load nothing from elsewhere.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:"
# For people who ask whether a trial on the simulator says anything about the cloud.
LIMITATIONS = """
No machine runs: nothing answers at the addresses of instances. They are in networks that are never in real use: private
addresses in 198.18.0.0/16, public ones in 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24, then 198.19.0.0/16, and in
2001:db8::/64. With --loopback they are in 127.0.0.0/8, and ::1, where you can run an SSH server yourself. User data is
stored and never run.

Only the Virtual Machine API: VPCs, security groups, subnets, volumes, SSH keys and public IPs are not managed here.
Every id of these counts as existing; names of VPCs must be in --vpc. Any UUID is an interface. Names of interfaces and
addresses are made up.

Machine types and images are a selection, equal in every region except for the zones. Prices, billing and the real
capacity of the regions are unknown. The compatibility of types is a guess: no smaller disk, and no GPU added or
removed.

A custom image is never fetched; only the form of its URL is checked.

Behaviour that no document describes is one of several possibilities: slugs of errors, the requests that an instance in
transition refuses, the name of a copy in the other region, the fields that sort, the exact filter of name=.

All instances of a region answer at once and in order; there is no load except yours.

No TLS; the simulator listens on 127.0.0.1 only."""


def render_page(settings: Settings, url: str) -> str:
    regions = "".join(
        f"<tr><td>{name}<td>{settings.edition_of(name)}<td><a href='/{path}/compute/docs'>API</a>"
        for name, (path, _zones) in REGIONS.items()
    )
    return Template(Path(__file__).with_name("page.html").read_text()).substitute(
        environment=escape(f"export MGC_API_URL='{url}'\nexport MGC_API_KEY={quote(settings.api_key)}"),
        regions=regions,
        limitations="".join(f"<li>{text}" for text in LIMITATIONS.strip().split("\n\n")),
    )
