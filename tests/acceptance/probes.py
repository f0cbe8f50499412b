# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The probes of a run: requests that show how the API behaves. `questions.py` reads the observations."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import ApiError
from ansible_collections.magalu.cloud.plugins.module_utils._api.listing import Api
from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import MACHINE_TYPES
from tests.acceptance.gate import Answer, Gate, is_gone, total_of
from tests.acceptance.guard import Limits
from tests.acceptance.journal import INSTANCE
from tests.acceptance.observations import BY_ID, BY_LIST, Look, list_interfaces, look_at

LIMITS = Limits(at_once=2, creations=4, minutes=40)
USER_DATA = base64.b64encode(b"#cloud-config\n{}\n").decode()
NO_SUCH_KEY = "mgc-acceptance-no-such-key"
HOST_KEYS = "-----BEGIN SSH HOST KEY KEYS-----"
NULLABLE = ("updated_at", "user_data", "ssh_key_name", "availability_zone", "network", "error", "labels")
# Seconds: for a creation, an action or a deletion; then for a change that may never come; between two looks.
CREATION, ACTION, AFTERWARDS, LOG = 900.0, 300.0, 120.0, 90.0
QUIET = 30.0  # how long an action may have no visible effect
FAST, SLOW, FAST_FOR = 1.0, 3.0, 60.0


TYPE_KEYS = ("machine_types", "instance_types")


def rows_of(body: Any, keys: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the rows of a list, which are under one of several keys."""
    found = next((body[key] for key in keys if key in body), None) if isinstance(body, dict) else None
    return found if isinstance(found, list) else []


class Choice(NamedTuple):
    """The names of the catalogue and of the tenant that a run uses."""

    machine_types: tuple[str, ...] = ("BV1-1-40", "BV1-2-40", "BV2-2-40", "BV2-4-40")  # the smallest first
    image: str = "cloud-ubuntu-24.04 LTS"
    windows_machine_type: str = "BV2-4-40"
    windows_image: str = "windows-server-2022"
    ssh_key: str = ""
    variables: Mapping[str, Any] = MappingProxyType({})  # more variables of the integration targets

    @property
    def machine_type(self) -> str:
        return self.machine_types[0]


class Stopped(Exception):
    """The probes cannot go on; the message says why."""


Looks = list[Look]


class Probes:
    """The probes of one run, in the order in which they are made."""

    def __init__(self, gate: Gate, choice: Choice, say: Callable[[str], object]) -> None:
        self.gate, self.choice, self.say = gate, choice, say
        self.seen = gate.seen
        self.keyed: dict[str, Any] = {}  # the key in the body of a creation, if that needs it

    def read(self) -> None:
        """Make the probes that are free of charge: reads, and reads with wrong keys."""
        self.say("Reading the catalogues and the limits of lists")
        self.read_catalogues()
        self.read_limits()
        self.read_keys()
        self.read_with_own_client()

    def spend(self) -> None:
        """Make the probes that need an instance. Raise `Stopped` if it cannot be created."""
        first = self.create_first()
        self.watch_names(first)
        self.watch_power(first)
        self.try_refused_creations()
        self.watch_deletion(first)

    def pause(self, seconds: float) -> None:
        """Wait between two looks. Raise `Stopped` when the time of the run is over."""
        if self.gate.minutes >= self.gate.limits.minutes:
            raise Stopped(f"The {self.gate.limits.minutes:g} minutes of this run are over.")
        self.gate.clock.sleep(seconds)

    # Reads.

    def get(self, label: str, path: str, *query: tuple[str, str], **how: Any) -> Answer:
        return self.gate.record(label, self.gate.send("GET", path, query, **how))

    def read_catalogues(self) -> None:
        facts = self.seen.facts
        types = self.get("machine types", "/v1/machine-types", ("_limit", "1000"))
        body = types.body if isinstance(types.body, dict) else {}
        facts["has total"] = "total" in ((body.get("meta") or {}).get("page") or {})
        facts["headers"] = sorted(name.lower() for name in types.headers)
        facts["encoding"] = types.headers.get("content-encoding") or "none"
        facts["rows asked"], facts["rows"] = 1000, len(rows_of(body, TYPE_KEYS))
        rows = self.list_catalogue("/v1/machine-types", TYPE_KEYS)
        facts["rows in all"] = total_of(body, len(rows))
        facts["machine types"] = sorted(str(row.get("name")) for row in rows)
        chosen: dict[str, Any] = next((row for row in rows if row.get("name") == self.choice.machine_type), {})
        facts["zones"] = chosen.get("availability_zones") or []
        facts["ram"] = sorted({row["ram"] for row in rows if isinstance(row.get("ram"), int)})
        images = self.list_catalogue("/v1/images", ("images",))
        facts["images"] = {str(row.get("name")): str(row.get("platform")) for row in images}

    def list_catalogue(self, path: str, keys: tuple[str, ...]) -> list[dict[str, Any]]:
        """Return the rows of all pages, of any size; stop at a repeated page, which means that _offset is ignored."""
        found: list[dict[str, Any]] = []
        while rows := rows_of(
            self.gate.send("GET", path, [("_limit", "1000"), ("_offset", str(len(found)))]).body, keys
        ):
            if rows[0] in found:
                break
            found += rows
        return found

    def read_limits(self) -> None:
        instances = "/v1/instances"
        default = self.get("default limit", "/v1/machine-types").body
        page = (default.get("meta") or {}).get("page") or {} if isinstance(default, dict) else {}
        self.seen.facts["default limit"] = page.get("limit")
        self.get("limit 1000", instances, ("_limit", "1000"))
        self.get("limit 1001", instances, ("_limit", "1001"))
        self.get("limit 0", instances, ("_limit", "0"))
        self.get("sort by id", instances, ("_limit", "1"), ("_sort", "created_at:asc,id:asc"))
        self.get("backups", "/v1/backups", ("_limit", "1"))
        self.get("custom images", "/v1/images/custom", ("_limit", "1"))
        named = self.gate.send("GET", "/v1/machine-types", [("name", self.choice.machine_type)]).body
        self.seen.facts["named"] = sorted({str(row.get("name")) for row in rows_of(named, TYPE_KEYS)})
        self.get("no uuid", f"{instances}/no-uuid")

    def read_keys(self) -> None:
        path, query = "/v1/instances", ("_limit", "1")
        self.get("wrong key", path, query, credential={"x-api-key": "00000000-0000-4000-8000-000000000000"})
        self.get("no key", path, query, credential={})

    def read_with_own_client(self) -> None:
        """Read with the collection's own client, to test its TLS and compression with the API."""
        api = Api(self.gate.connection, "acceptance", self.gate.clock)
        try:
            self.seen.facts["own client"] = len(api.listing(MACHINE_TYPES)) == self.seen.facts["rows in all"]
        except ApiError as error:
            self.seen.facts["own client"] = type(error).__name__

    # Instances.

    def body(self, name: str, **more: Any) -> dict[str, Any]:
        return {"name": f"{self.gate.run}-{name}", "machine_type": {"name": self.choice.machine_type},
                "image": {"name": self.choice.image}, "user_data": USER_DATA, **self.keyed, **more}  # fmt: skip

    def create(self, label: str, body: dict[str, Any]) -> str | None:
        """Send a creation; return the id if it was accepted."""
        answer = self.gate.record(label, self.gate.send("POST", "/v1/instances", body=body))
        made = answer.body.get("id") if answer.accepted and isinstance(answer.body, dict) else None
        return str(made) if made else None

    def create_first(self) -> str:
        """Create an instance without any field about its network, and watch it."""
        self.say("Creating an instance, and watching it")
        row_id = None
        for label, keyed in (("linux without key", {}), ("linux with key", {"ssh_key_name": self.choice.ssh_key})):
            self.keyed = keyed
            row_id = self.create(label, self.body("first"))
            refused = self.seen.responses[label]
            if not 400 <= refused.status < 500:
                break
        if row_id is None:
            hint = "" if self.choice.ssh_key else " If it asks for an SSH key, give its name with SSH_KEY=."
            raise Stopped(f"No instance could be created: {refused.words} {refused.message.rstrip('.')}.{hint}")
        looks = self.watch("creation", row_id, f"{self.gate.run}-first", CREATION, AFTERWARDS,
                           lambda look: look.public_ip)  # fmt: skip
        if not any(look.state == "running" for look in looks):
            _status, row = self.gate.read_row(INSTANCE, row_id)
            self.seen.facts["creation error"] = ((row or {}).get("error") or {}).get("slug")
            raise Stopped(f"The creation of the instance did not end: {self.seen.facts['creation error'] or looks[-1]}")
        self.read_instance(row_id)
        self.read_init_log(row_id)
        return row_id

    def read_instance(self, row_id: str) -> None:
        """Read the settled instance in several ways."""
        facts, path = self.seen.facts, f"/v1/instances/{row_id}"
        _status, row = self.gate.read_row(INSTANCE, row_id)
        row = row or {}
        facts["nulls sent"] = [name for name in NULLABLE if name in row and row[name] is None]
        facts["omitted"] = [name for name in NULLABLE if name not in row]
        facts["user data as sent"] = row.get("user_data") == USER_DATA
        facts["created_at"] = re.sub(r"\d", "0", str(row.get("created_at")))
        facts["id in lower case"] = row_id == row_id.lower()
        facts["vpc"] = ((row.get("network") or {}).get("vpc") or {}).get("name")
        interfaces = list_interfaces(row)
        facts["primary"] = [item.get("primary") for item in interfaces]
        facts["security groups shown"] = any(item.get("security_groups") for item in interfaces)
        other = self.get("other case", f"/v1/instances/{row_id.upper()}")
        facts["other case found"] = other.status == 200 and isinstance(other.body, dict)
        shown = {}
        for label, headers in (("1.1", {"x-api-version": "1.1"}), ("none", {})):
            body = self.gate.send("GET", path, [("expand", "network")], headers=headers).body
            network = (body.get("network") or {}) if isinstance(body, dict) else {}
            shown[label] = [key for key in ("interfaces", "ports") if key in network]
        facts["network by x-api-version"] = shown
        joined = self.gate.send("GET", path, [("expand", "image,machine-type")]).body
        joined = joined if isinstance(joined, dict) else {}
        facts["joined expand"] = all("name" in (joined.get(key) or {}) for key in ("image", "machine_type"))

    def read_init_log(self, row_id: str) -> None:
        """Read the init log until it has host keys, for a limited time."""
        until = self.gate.clock.now() + LOG
        while True:
            answer = self.get("init log", f"/v1/instances/{row_id}/init-logs", ("max-lines-count", "5000"))
            lines = answer.body.get("logs") if answer.accepted and isinstance(answer.body, dict) else None
            lines = lines if isinstance(lines, list) else []
            self.seen.facts["init log"] = {"lines": len(lines), "host keys": HOST_KEYS in "\n".join(map(str, lines))}
            if self.seen.facts["init log"]["host keys"] or answer.status == 404 or self.gate.clock.now() >= until:
                return
            self.pause(SLOW)

    def watch_names(self, row_id: str) -> None:
        self.say("Trying names")
        run = self.gate.run
        twin = self.create("same name", self.body("first", network={"associate_public_ip": False}))
        if twin:
            self.delete_and_wait(twin)
        if self.rename("rename", row_id, f"{run}-renamed").accepted:
            self.watch("rename", row_id, f"{run}-renamed", ACTION, QUIET, lambda look: look.name == f"{run}-renamed")
        self.rename("rename with capital letters", row_id, f"{run}-Capital Letters")
        self.settle(row_id)

    def rename(self, label: str, row_id: str, name: str) -> Answer:
        answer = self.gate.send("PATCH", f"/v1/instances/{row_id}/rename", body={"name": name})
        return self.gate.record(label, answer)

    def act(self, label: str, row_id: str, action: str) -> bool:
        answer = self.gate.record(label, self.gate.send("POST", f"/v1/instances/{row_id}/{action}"))
        return answer.accepted

    def watch_power(self, row_id: str) -> None:
        self.say("Trying power actions")
        if self.act("stop", row_id, "stop"):
            self.act("stop during stop", row_id, "stop")
            self.watch("stop", row_id, None, ACTION, QUIET, lambda look: look.state == "stopped")
        if self.act("start", row_id, "start"):
            self.watch("start", row_id, None, ACTION, QUIET, lambda look: look.state == "running")
        self.act("start while running", row_id, "start")
        if self.act("reboot", row_id, "reboot"):
            self.watch("reboot", row_id, None, ACTION, QUIET, lambda look: False)
        if self.act("suspend", row_id, "suspend"):
            self.watch("suspend", row_id, None, ACTION, QUIET, lambda look: look.state == "suspended")
            if self.act("reboot while suspended", row_id, "reboot"):
                self.watch("reboot while suspended", row_id, None, ACTION, QUIET, lambda look: look.state == "running")

    def try_refused_creations(self) -> None:
        """Try creations that should be refused or fail. Delete an instance that is created nevertheless at once."""
        self.say("Trying creations that should fail")
        images, types = self.seen.facts["images"], self.seen.facts["machine types"]
        choice, private = self.choice, {"network": {"associate_public_ip": False}}
        if images.get(choice.windows_image) == "windows" and choice.windows_machine_type in types:
            body = self.body("windows", **private) | {
                "image": {"name": choice.windows_image}, "machine_type": {"name": choice.windows_machine_type},
                "ssh_key_name": choice.ssh_key or NO_SUCH_KEY,
            }  # fmt: skip
            body.pop("user_data")
            if made := self.create("windows with key", body):
                self.delete_and_wait(made)
        if made := self.create("unknown key", self.body("unkeyed", **private) | {"ssh_key_name": NO_SUCH_KEY}):
            self.watch("unknown key", made, None, CREATION, 0, lambda look: True)
            _status, row = self.gate.read_row(INSTANCE, made)
            self.seen.facts["unknown key error"] = ((row or {}).get("error") or {}).get("slug")
            self.delete_and_wait(made)

    def watch_deletion(self, row_id: str) -> None:
        self.say("Deleting the instance, and watching it")
        _status, row = self.gate.read_row(INSTANCE, row_id)
        name = str((row or {}).get("name"))
        if self.delete("deletion", row_id).accepted:
            self.delete("deletion during deletion", row_id)
            self.watch("deletion", row_id, name, ACTION, 0, lambda look: True, gone=True)
            if is_gone(*self.gate.read_row(INSTANCE, row_id)):
                self.gate.note_gone(INSTANCE, row_id)

    def delete(self, label: str, row_id: str) -> Answer:
        query = [("delete_public_ip", "true")]
        return self.gate.record(label, self.gate.send("DELETE", f"/v1/instances/{row_id}", query))

    def delete_and_wait(self, row_id: str) -> None:
        """Delete an instance and wait until it is gone. If necessary, wait first for the end of its creation."""
        until = self.gate.clock.now() + ACTION
        while self.gate.clock.now() < until:
            deleting = row_id.lower() in self.gate.journal.made.deleting
            if deleting and is_gone(*self.gate.read_row(INSTANCE, row_id)):
                return self.gate.note_gone(INSTANCE, row_id)
            if not deleting:
                self.gate.send("DELETE", f"/v1/instances/{row_id}", [("delete_public_ip", "true")])
            self.pause(SLOW)

    def settle(self, row_id: str) -> None:
        """Wait until the reads of an instance show it settled, and then as long as lists and reads may lag."""
        until = self.gate.clock.now() + ACTION
        while self.gate.clock.now() < until:
            _status, row = self.gate.read_row(INSTANCE, row_id)
            if look_at(row, 0, BY_ID).is_settled:
                return
            self.pause(FAST)

    def watch(self, label: str, row_id: str, name: str | None, most: float, quiet: float, done: Callable[[Look], bool],
              gone: bool = False) -> Looks:  # fmt: skip
        """Look at an instance until it is done, by id and, if `name` is given, also by a list for that name.

        It is done when both show it settled, or gone, and the condition holds; or, after it was settled for `quiet`
        seconds, without the condition. Give up after `most` seconds.
        """
        looks = self.seen.watches.setdefault(label, [])
        clock, began, ended_at = self.gate.clock, self.gate.clock.now(), None
        while True:
            seconds = clock.now() - began
            last = self.look(row_id, name, seconds)
            looks += last
            failed = any("error" in str(look.status) for look in last[:1])
            if (
                last
                and all(not look.found if gone else look.found for look in last)
                and (gone or failed or last[0].is_settled)
            ):
                ended_at = seconds if ended_at is None else ended_at
                if failed or gone or done(last[0]) or seconds - ended_at >= quiet:
                    return looks
            elif last:
                ended_at = None
            if seconds >= most:
                return looks
            self.pause(FAST if seconds < FAST_FOR else SLOW)

    def look(self, row_id: str, name: str | None, seconds: float) -> Looks:
        """Return the looks at an instance by id and, if `name` is given, by a list. Return none if a read failed."""
        status, row = self.gate.read_row(INSTANCE, row_id)
        looks = [look_at(row, seconds, BY_ID)]
        if name is not None:
            rows = self.gate.list_rows(INSTANCE, name)
            if rows is None:
                return []
            looks.append(look_at(next((row for row in rows if row["id"] == row_id), None), seconds, BY_LIST))
        return looks if status in (200, 404) else []
