# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The page at /: what this is, and what it does not do."""

from __future__ import annotations

from .settings import REGIONS, Settings

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
    rows = "".join(
        f"<tr><td>{name}<td>{settings.edition_of(name)}<td><a href='/{path}/compute/docs'>API</a>"
        for name, (path, zones) in REGIONS.items()
    )
    lacks = "".join(f"<li>{text}" for text in LACKS.strip().split("\n\n"))
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Magalu Cloud simulator</title>
<style>body {{ font: 16px/1.5 sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em }}
td, th {{ padding: 0 1em 0 0; text-align: left }}</style>
<h1>Magalu Cloud simulator</h1>
<p>The Virtual Machine API, for trials and tests, with nothing behind it. Not made by Magalu Cloud.</p>
<pre>MGC_API_URL='{url}'
MGC_API_KEY={settings.api_key}</pre>
<table><tr><th>Region<th>Edition<th>Operations{rows}</table>
<p>Its clock, state, faults and the record of requests are at
<a href="/_simulator/docs">/_simulator</a>; they need no key.</p>
<h2>What it does not do</h2>
<ul>{lacks}</ul>
"""
