# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A small server of the APIs beside the Virtual Machine API: SSH keys, zones, public IPs, VPCs, security groups,
interfaces and volumes, as far as the recipes of the documentation use them.

It has the routes, fields and scopes of the vendor's published clients, listens on loopback, and serves a limited number
of requests of a limited size.
"""

from __future__ import annotations

import json
import re
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

KEY, READER, REGION = "kept-key-5d2c", "kept-reader-81f0", "br-ne1"
READS = ("gdb:ssh-pkey-r", "gdb:azs-r", "network.read", "block-storage.read")
SCOPES = {READER: READS, KEY: (*READS, "gdb:ssh-pkey-w", "network.write", "block-storage.write")}
MOST_REQUESTS, MOST_BYTES = 400, 65_536
Row = dict[str, Any]
Answer = tuple[int, Any]


def new_id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


class Request(NamedTuple):
    """A request after its route was found."""

    ids: tuple[str, ...]  # from the path
    query: dict[str, str]
    body: Any


class Refused(Exception):
    """A response with an error status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Neighbours:
    """The resources of an account, and the requests that the server received."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[tuple[str, str]] = []
        self.broken: dict[str, Answer] = {}  # path -> response that replaces the regular one
        self.ssh_keys: list[Row] = []
        self.vpcs = [self.vpc("vpc_default", is_default=True), self.vpc("lab")]
        self.security_groups = [self.group("default", is_default=True), self.group("ssh")]
        self.public_ips: list[Row] = []
        self.ports: list[Row] = []
        self.volumes: list[Row] = []

    @staticmethod
    def vpc(name: str, **more: Any) -> Row:
        return {"id": new_id(name), "name": name, "is_default": False, "status": "completed", "subnets": [], **more}

    @staticmethod
    def group(name: str, **more: Any) -> Row:
        return {"id": new_id(f"group {name}"), "name": name, "status": "active", "is_default": False, **more}

    def add_public_ip(self, address: str, port_id: str | None = None, **more: Any) -> None:
        """Add a public IP. Without a port it has no `port_id`, because the API leaves out optional fields."""
        used = {"port_id": port_id} if port_id else {}
        row = {"id": new_id(address), "public_ip": address, "status": "created", "created_at": "2026-11-01T12:00:00"}
        self.public_ips.append({**row, **used, **more})

    def add_volume(self, name: str, **more: Any) -> None:
        row = {"id": new_id(name), "name": name, "size": 20, "status": "completed", "state": "available"}
        self.volumes.append({**row, **more})

    def changes(self) -> list[tuple[str, str]]:
        """Return the requests that are not reads, without the ids in their paths."""
        return [(method, re.sub(r"[0-9a-f-]{36}", "ID", path)) for method, path in self.requests if method != "GET"]

    def answer(self, method: str, target: str, key: str | None, body: bytes) -> Answer:
        """Return the status and the body of the response."""
        url = urlsplit(target)
        self.requests.append((method, url.path))
        try:
            if len(self.requests) > MOST_REQUESTS or len(body) > MOST_BYTES:
                raise Refused(429 if len(body) <= MOST_BYTES else 413, "Too much")
            scope, run, ids = self._route(method, url.path)
            self._check_key(key, scope)
            if url.path in self.broken:
                return self.broken[url.path]
            return run(self, Request(ids, dict(parse_qsl(url.query)), json.loads(body) if body else None))
        except Refused as refusal:
            # The gateway's error bodies have other keys than those of the APIs behind it.
            if refusal.status in (401, 403):
                return refusal.status, {"developerMessage": str(refusal), "userMessage": "No", "errorCode": "4"}
            return refusal.status, {"message": str(refusal), "slug": "generic"}

    @staticmethod
    def _route(method: str, path: str) -> tuple[str, Callable[[Neighbours, Request], Answer], tuple[str, ...]]:
        for verb, pattern, scope, run in ROUTES:
            if verb == method and (match := re.fullmatch(pattern.replace("ID", "([0-9a-f-]{36})"), path)):
                return scope, run, match.groups()
        raise Refused(404, "no Route matched with those values")

    @staticmethod
    def _check_key(key: str | None, scope: str) -> None:
        if not key:
            raise Refused(401, "No API key found in request")
        if scope not in SCOPES.get(key, ()):
            raise Refused(403, "Forbidden")


def find(rows: list[Row], row_id: str) -> Row:
    for row in rows:
        if row["id"] == row_id:
            return row
    raise Refused(404, "Not found")


def page(rows: list[Row], query: dict[str, str]) -> list[Row]:
    """Return `_limit` rows from `_offset` on, 50 if the query has no `_limit`."""
    try:
        limit, offset = int(query.get("_limit", 50)), int(query.get("_offset", 0))
    except ValueError:
        raise Refused(422, "Input should be a valid integer") from None
    return rows[offset : offset + limit]


def list_keys(cloud: Neighbours, request: Request) -> Answer:
    return 200, {"results": page(sorted(cloud.ssh_keys, key=lambda row: str(row["name"])), request.query)}


def create_key(cloud: Neighbours, request: Request) -> Answer:
    name, key = request.body["name"], request.body["key"]
    if not 1 <= len(name) <= 45 or not 1 <= len(key) <= 16_384:
        raise Refused(422, "String should have at most 45 characters")
    if any(row["name"] == name for row in cloud.ssh_keys):
        raise Refused(409, "Name already in use")
    cloud.ssh_keys.append({"id": new_id(name), "name": name, "key": key, "key_type": key.split()[0]})
    return 201, cloud.ssh_keys[-1]


def list_zones(cloud: Neighbours, request: Request) -> Answer:
    zones = {"br-se1": "abc", "br-ne1": "ab"}
    return 200, {
        "results": [
            {
                "region_id": region,
                "availability_zones": [{"az_id": f"{region}-{x}", "block_type": "none"} for x in all_],
            }
            for region, all_ in zones.items()
        ]
    }


def list_public_ips(cloud: Neighbours, request: Request) -> Answer:
    return 200, {"public_ips": cloud.public_ips}


def read_public_ip(cloud: Neighbours, request: Request) -> Answer:
    return 200, find(cloud.public_ips, request.ids[0])


def delete_public_ip(cloud: Neighbours, request: Request) -> Answer:
    row = find(cloud.public_ips, request.ids[0])
    if row.get("port_id"):
        raise Refused(409, "The public IP is attached to a port")
    cloud.public_ips.remove(row)
    return 204, None


def list_vpcs(cloud: Neighbours, request: Request) -> Answer:
    return 200, {"vpcs": cloud.vpcs}


def list_security_groups(cloud: Neighbours, request: Request) -> Answer:
    return 200, {"security_groups": cloud.security_groups}


def read_security_group(cloud: Neighbours, request: Request) -> Answer:
    row = find(cloud.security_groups, request.ids[0])
    lets_in = {"direction": "ingress", "protocol": "tcp", "port_range_min": 22, "port_range_max": 22}
    rules = [
        {"id": new_id("rule"), "ethertype": "IPv4", "remote_ip_prefix": "192.0.2.0/24", "status": "active", **lets_in}
    ]
    return 200, {**row, "rules": rules if row["name"] == "ssh" else []}


def list_ports(cloud: Neighbours, request: Request) -> Answer:
    return 200, cloud.ports


def create_port(cloud: Neighbours, request: Request) -> Answer:
    body = request.body
    if not 5 <= len(body["name"]) <= 100:
        raise Refused(422, "String should have at least 5 characters")
    row = {"id": new_id(body["name"]), "name": body["name"], "vpc_id": find(cloud.vpcs, request.ids[0])["id"]}
    cloud.ports.append({**row, "security_groups": body["security_groups_id"] if body["has_sg"] else []})
    if body.get("has_pip", True):  # the API's own default
        cloud.add_public_ip("192.0.2.250", row["id"])
    return 200, {"id": row["id"]}


def list_volumes(cloud: Neighbours, request: Request) -> Answer:
    rows = page(cloud.volumes, request.query)
    return 200, {"meta": {"page": {"total": len(cloud.volumes)}}, "volumes": rows}


def read_volume(cloud: Neighbours, request: Request) -> Answer:
    row = find(cloud.volumes, request.ids[0])
    expanded = request.query.get("expand") == "attachment"
    return 200, {key: value for key, value in row.items() if expanded or key != "attachment"}


def attach_volume(cloud: Neighbours, request: Request) -> Answer:
    row = find(cloud.volumes, request.ids[0])
    if row["state"] != "available":
        raise Refused(409, "The volume is in use")
    row |= {"state": "in-use", "attachment": {"instance": {"id": request.ids[1]}, "device": "/dev/vdb"}}
    return 204, None


NETWORK, VOLUME = f"/{REGION}/network", f"/{REGION}/volume"
ROUTES: tuple[tuple[str, str, str, Callable[[Neighbours, Request], Answer]], ...] = (
    ("GET", "/profile/v0/ssh-keys", "gdb:ssh-pkey-r", list_keys),
    ("POST", "/profile/v0/ssh-keys", "gdb:ssh-pkey-w", create_key),
    ("GET", "/profile/v0/availability-zones", "gdb:azs-r", list_zones),
    ("GET", f"{NETWORK}/v0/public_ips", "network.read", list_public_ips),
    ("GET", f"{NETWORK}/v0/public_ips/ID", "network.read", read_public_ip),
    ("DELETE", f"{NETWORK}/v0/public_ips/ID", "network.write", delete_public_ip),
    ("GET", f"{NETWORK}/v1/vpcs", "network.read", list_vpcs),
    ("GET", f"{NETWORK}/v0/security_groups", "network.read", list_security_groups),
    ("GET", f"{NETWORK}/v0/security_groups/ID", "network.read", read_security_group),
    ("GET", f"{NETWORK}/v0/ports", "network.read", list_ports),
    ("POST", f"{NETWORK}/v0/vpcs/ID/ports", "network.write", create_port),
    ("GET", f"{VOLUME}/v1/volumes", "block-storage.read", list_volumes),
    ("GET", f"{VOLUME}/v1/volumes/ID", "block-storage.read", read_volume),
    ("POST", f"{VOLUME}/v1/volumes/ID/attach/ID", "block-storage.write", attach_volume),
)


class Handler(BaseHTTPRequestHandler):
    """HTTP around `Neighbours.answer`."""

    protocol_version = "HTTP/1.1"
    timeout = 10  # seconds that a connection may be idle
    cloud: Neighbours

    def _serve(self) -> None:
        length = min(int(self.headers.get("Content-Length") or 0), MOST_BYTES + 1)
        status, body = self.cloud.answer(
            self.command, self.path, self.headers.get("x-api-key"), self.rfile.read(length)
        )
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        if body is not None:
            self.send_header("Content-Type", "text/html" if isinstance(body, bytes) else "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_DELETE = _serve

    def log_message(self, *_args: Any) -> None:
        """Print nothing."""


@contextmanager
def serve_neighbours() -> Iterator[Neighbours]:
    """Serve an account on a free port of 127.0.0.1."""
    cloud = Neighbours()
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"cloud": cloud})) as server:
        cloud.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield cloud
        finally:
            server.shutdown()
            thread.join()
