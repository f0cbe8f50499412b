# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The clean-up: delete the resources of a journal, or those that a killed run left behind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from tests.acceptance import journal
from tests.acceptance.gate import PATHS, Gate, is_gone
from tests.acceptance.journal import LETTERS, PREFIX, Resource

OWN_NAME = re.compile(rf"{re.escape(PREFIX)}-[{LETTERS}]{{8}}(-.*)?", re.DOTALL)
ORDER = (journal.SNAPSHOT, journal.BACKUP, journal.CUSTOM_IMAGE, journal.INSTANCE)
SEARCH, PATIENCE = 60.0, 600.0  # seconds: for a resource that lists or reads do not show yet; for all deletions
PAUSE, LONG_PAUSE = 3.0, 15.0  # seconds between two rounds, in the first minute and later
Say = Callable[[str], object]


def is_of_a_run(name: Any) -> bool:
    """Return whether a name is one that acceptance runs give to resources."""
    return isinstance(name, str) and OWN_NAME.fullmatch(name) is not None


def find_left_behind(gate: Gate) -> list[Resource] | None:
    """Return the resources with names of acceptance runs, None if the instances could not be listed.

    An API version that lacks a kind answers 404 to its list.
    """
    found: list[Resource] = []
    for kind in ORDER:
        rows = gate.list_rows(kind)
        if rows is None and kind == journal.INSTANCE:
            return None
        found += [Resource(kind, row["name"], str(row["id"])) for row in rows or ()
                  if is_of_a_run(row.get("name")) and not is_gone(200, row)]  # fmt: skip
    return found


def confirm(gate: Gate, resources: Iterable[Resource]) -> None:
    """Let the gate delete the resources, which the user has confirmed, if a read by id shows the same name."""
    for resource in resources:
        _status, row = gate.read_row(resource.kind, resource.id)
        if row and row.get("name") == resource.name:
            gate.journal.write(journal.FOUND, **resource._asdict())


def resolve_lost(gate: Gate) -> None:
    """Find the resources whose creation got no response, by their names, which are unique to the run."""
    until = gate.clock.now() + SEARCH
    while gate.journal.made.unresolved:
        for lost in gate.journal.made.unresolved:
            rows = [
                row for row in gate.list_rows(lost.kind, lost.name) or () if not gate.journal.made.is_own(row["id"])
            ]
            for row in rows:
                gate.journal.write(journal.FOUND, kind=lost.kind, name=lost.name, id=str(row["id"]))
        if gate.clock.now() >= until:
            return
        if gate.journal.made.unresolved:
            gate.clock.sleep(PAUSE)


def delete_all(gate: Gate, say: Say) -> list[Resource]:
    """Delete every resource of the journal with its public IP, wait, and return the resources that still exist."""
    began, told = gate.clock.now(), set[str]()
    resolve_lost(gate)
    while True:
        for resource in sorted(gate.journal.made.known.values(), key=lambda resource: ORDER.index(resource.kind)):
            if resource.id not in told:
                told.add(resource.id)
                say(f"Deleting {resource.kind} {resource.name} ({resource.id})")
            delete(gate, resource, sure=gate.clock.now() - began >= SEARCH)
        made, seconds = gate.journal.made, gate.clock.now() - began
        if not made.known or seconds >= PATIENCE:
            return [*made.known.values(), *made.unresolved]
        gate.clock.sleep(PAUSE if seconds < SEARCH else LONG_PAUSE)


def delete(gate: Gate, resource: Resource, sure: bool) -> None:
    """Send a deletion unless one is under way; the next round retries a refused deletion.

    A 404 means that the resource is gone only after an accepted deletion, or if it is `sure`: it may also have been
    created a moment ago.
    """
    status, row = gate.read_row(resource.kind, resource.id)
    accepted = resource.id in gate.journal.made.deleting
    if is_gone(status, row) and (accepted or sure):
        gate.journal.write(journal.GONE, kind=resource.kind, id=resource.id)
    elif not (accepted and row and str(row.get("status")).startswith("deleting")) or "error" in str(row.get("status")):
        query = [("delete_public_ip", "true")] if resource.kind == journal.INSTANCE else []
        gate.send("DELETE", f"{PATHS[resource.kind]}/{resource.id}", query)
