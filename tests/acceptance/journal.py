# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The journal of an acceptance run: every resource that the run makes, written before and after each request.

The journal of a run that was killed at any moment names all its resources.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

PREFIX = "mgc-acceptance"
LETTERS = "bcdfghjkmnpqrstvwxz"  # of the name of a run: a word that users do not choose
INSTANCE, SNAPSHOT, BACKUP, CUSTOM_IMAGE = "instance", "snapshot", "backup", "custom image"
# The events of a resource. `created` and `found` give it an id, `refused` and `gone` end it.
CREATING, CREATED, REFUSED, UNKNOWN, FOUND = "creating", "created", "refused", "unknown", "found"
RENAMED, DELETING, GONE = "renamed", "deleting", "gone"
Event = dict[str, Any]


class Resource(NamedTuple):
    """A resource that a run made."""

    kind: str
    name: str
    id: str


class Made(NamedTuple):
    """The resources of a run: those that may still exist, and the number of creations so far."""

    known: dict[str, Resource]  # by id in lower case
    unresolved: tuple[Resource, ...]  # requests to create whose outcome is not known; without an id
    creations: int  # of instances
    copies: int  # creations of anything else: snapshots, backups, custom images
    deleting: frozenset[str]  # ids whose deletion was accepted

    def is_own(self, row_id: str) -> bool:
        return row_id.lower() in self.known

    def has_name(self, name: str) -> bool:
        return any(name == resource.name for resource in (*self.known.values(), *self.unresolved))

    def count_instances(self) -> int:
        """Return the number of instances that may exist and are not being deleted."""
        alive = [resource for row_id, resource in self.known.items() if row_id not in self.deleting]
        return sum(resource.kind == INSTANCE for resource in (*alive, *self.unresolved))


def new_run_name() -> str:
    """Return the prefix of all names of a new run."""
    return f"{PREFIX}-" + "".join(secrets.choice(LETTERS) for _letter in range(8))


def replay(events: Iterable[Event]) -> Made:
    """Return the resources that result from the events of a journal."""
    known: dict[str, Resource] = {}
    pending: list[Resource] = []
    deleting: set[str] = set()
    creations = copies = 0
    for event in events:
        what = event.get("event")
        resource = Resource(event.get("kind", ""), event.get("name", ""), event.get("id", "").lower())
        if what == CREATING:
            pending.append(resource)
            creations += resource.kind == INSTANCE
            copies += resource.kind != INSTANCE
        elif what in (CREATED, FOUND, REFUSED):
            nameless = Resource(resource.kind, resource.name, "")
            if nameless in pending:
                pending.remove(nameless)
            if what != REFUSED:
                known[resource.id] = resource
        elif what == RENAMED and resource.id in known:
            known[resource.id] = known[resource.id]._replace(name=resource.name)
        elif what == DELETING:
            deleting.add(resource.id)
        elif what == GONE:
            known.pop(resource.id, None)
    return Made(known, tuple(pending), creations, copies, frozenset(deleting))


class Journal:
    """A file of events. Each event is on the disk before the run continues."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.events = read_events(path)

    def write(self, event: str, **fields: Any) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        line = {"event": event, **fields}
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self.events.append(line)

    @property
    def made(self) -> Made:
        return replay(self.events)


def read_events(path: Path) -> list[Event]:
    """Return the events of a journal without a last line that was cut off when the run was killed."""
    events: list[Event] = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            events.append(json.loads(line))
        except ValueError:
            continue
    return events


def recorded_ids(folder: Path) -> set[str]:
    """Return the ids, in lower case, of all resources in the journals of a folder."""
    journals = folder.glob("*/journal.jsonl")
    return {event["id"].lower() for path in journals for event in read_events(path) if event.get("id")}
