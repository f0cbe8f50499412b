# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks of the simulator's record: the resources that exist, the resources that changed, and the requests."""

from __future__ import annotations

from typing import Any

from tests.faults.operations import KINDS, Fields, Operation

SENDS = {"create": 2, "restore": 2, "copy": 2, "reboot": 1}  # how often a run may send these requests


class Record:
    """The resources before the first run."""

    def __init__(self, sim: Any, operation: Operation) -> None:
        self.sim, self.operation = sim, operation
        self.names = {operation.name} if operation.by else {operation.name, operation.options["name"]}
        self.before, self.state = self._others(), sim.state()

    def untouched(self) -> bool:
        """Return whether all resources are unchanged."""
        return bool(self.sim.state() == self.state)

    def down(self) -> bool:
        """Return whether the instance that was running is stopped now."""
        return self.operation.also is not None and self._web()["state"] == "stopped"

    def check(self, left_down: bool = False) -> None:
        """Assert that one resource (or none) is as declared, the others are unchanged, and no public IP is left."""
        operation = self.operation
        rows = [row for row in self._rows(operation.region, operation.kind) if row["name"] in self.names]
        assert len(rows) == (operation.end is not None), f"{len(rows)} are there: {rows}"
        if operation.end:
            assert_fields(rows[0], operation.end)
        if operation.also and not left_down:
            assert_fields(self._web(), operation.also)
        assert all(row["name"] == operation.name for row in rows), rows
        assert self._others() == self.before, "something else was touched"
        if operation.kind == "instance":
            self._check_addresses(rows)

    def check_sendings(self) -> None:
        """Assert that no request was sent more often than allowed. Temporary refusals do not count."""
        verb = self.operation.description.partition(" ")[0]
        most = SENDS.get(verb)
        if most:
            requests = [f"{one['method']} {one['path']}" for one in self.sim.requests() if one["status"] != 429]
            sent = [one for one in requests if self.operation.pattern.fullmatch(one)]
            assert len(sent) <= most, f"{verb} was sent {len(sent)} times"

    def _check_addresses(self, rows: list[Fields]) -> None:
        held = self.sim.state()[self.operation.region]["public_ips"]
        assert all(ip["instance"] for ip in held), f"a public address was left behind: {held}"
        for row in rows:
            assert sum(ip["instance"] == row["id"] for ip in held) == 1, f"it should have one public address: {held}"

    def _web(self) -> Fields:
        return next(row for row in self._rows("br-se1", "instance") if row["name"] == "web")

    def _rows(self, region: str, kind: str) -> list[Fields]:
        rows: list[Fields] = self.sim.state()[region][KINDS[kind]]
        return rows

    def _others(self) -> dict[tuple[str, str], Fields]:
        """Return all resources except that of the operation."""
        state, operation = self.sim.state(), self.operation
        kept: dict[tuple[str, str], Fields] = {}
        own: set[str] = set()
        for region, kinds in state.items():
            for kind, key in KINDS.items():
                for row in kinds[key]:
                    ours = (region, kind) == (operation.region, operation.kind) and row["name"] in self.names
                    if ours or (operation.also and row["name"] == "web"):
                        own.add(row["id"])
                    else:
                        kept[key, row["id"]] = row
            for key in ("public_ips", "interfaces"):
                kept.update({(key, row["id"]): row for row in kinds[key] if row["instance"] not in (*own, None)})
        return kept


def assert_fields(row: Fields, fields: Fields) -> None:
    """Assert that all fields have their values."""
    for path, value in fields.items():
        found = value_at(row, path)
        assert found is not None if value is ... else found == value, f"{path} is {found!r}: {row}"


def value_at(value: Any, path: str) -> Any:
    """Return the value at a dotted path of mappings and lists, None if it is missing."""
    for key in path.split("."):
        if isinstance(value, list):
            value = dict(enumerate(value)).get(int(key))
        else:
            value = (value or {}).get(key)
    return value
