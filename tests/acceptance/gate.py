# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All requests of an acceptance run are made here: checked, written into the journal, sent, and written again."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import requests

from ansible_collections.magalu.cloud.plugins.module_utils._api.connection import Connection
from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import REGION_PATHS
from ansible_collections.magalu.cloud.plugins.module_utils._api.times import Clock
from tests.acceptance import journal
from tests.acceptance.guard import Limits, Request, Rule, find_rule, refusal
from tests.acceptance.journal import Journal
from tests.acceptance.observations import Observations, outline, statuses_in

Query = Sequence[tuple[str, str]]
REFUSED_HERE = "acceptance.refused"  # slug of the guard's own refusals
LISTS = {"instances": journal.INSTANCE, "snapshots": journal.SNAPSHOT, "backups": journal.BACKUP}
KINDS = {f"/v1/{key}": kind for key, kind in LISTS.items()} | {"/v1/images/custom": journal.CUSTOM_IMAGE}
PATHS = {kind: path for path, kind in KINDS.items()}
PAGE = 1000


class Answer(NamedTuple):
    """A complete response."""

    status: int  # 0: no response
    headers: Mapping[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        try:
            return json.loads(self.content)
        except ValueError:
            return None

    @property
    def accepted(self) -> bool:
        return 200 <= self.status < 300

    @property
    def slug(self) -> str:
        return str(self.body.get("slug") or "") if isinstance(self.body, dict) else ""


class Gate:
    """The access to the API for all parts of a run: its probes, its clean-up and the integration targets."""

    def __init__(self, connection: Connection, notes: Journal, run: str, limits: Limits,
                 clock: Clock | None = None) -> None:  # fmt: skip
        self.connection, self.journal, self.run, self.limits = connection, notes, run, limits
        self.clock = clock or Clock()
        self.began = self.clock.now()
        self.region = REGION_PATHS.get(connection.region, connection.region)
        self.seen = Observations()
        self.lock = threading.RLock()  # a creation counts against the limits before the next one is checked
        self.session = self.new_session()  # for reads, of any thread
        self.proxies = requests.utils.get_environ_proxies(connection.api_url)

    @property
    def secrets(self) -> tuple[str, ...]:
        return (*self.connection.secrets, self.connection.headers.get("x-tenant-id", ""))

    @property
    def minutes(self) -> float:
        return (self.clock.now() - self.began) / 60

    def send(self, method: str, path: str, query: Query = (), body: Any = None, headers: Mapping[str, str] | None = None,
             region: str | None = None, credential: Mapping[str, str] | None = None) -> Answer:  # fmt: skip
        """Send a request that the guard allows; answer 403 to any other.

        `credential` are headers that replace those with the key.
        """
        request = Request(method, path, region or self.region, body)
        rule, row_id = find_rule(request)
        with self.lock:
            why = refusal(request, self.journal.made, self.run, self.region, self.limits, self.minutes)
            if why is None and rule and rule.creates:
                self.journal.write(journal.CREATING, kind=rule.creates, name=body["name"])
        if why is not None:
            content = json.dumps({"message": f"Refused by the acceptance run: {why}", "slug": REFUSED_HERE})
            return Answer(403, {"content-type": "application/json"}, content.encode())
        answer = self.exchange(request, query, {**self.own_headers(credential), **(headers or {})})
        if rule:
            self.note(rule, row_id, body, answer)
        self.observe(path, answer)
        return answer

    @staticmethod
    def new_session() -> requests.Session:
        session = requests.Session()
        session.trust_env = False  # no .netrc
        return session

    def own_headers(self, credential: Mapping[str, str] | None) -> dict[str, str]:
        own = dict(self.connection.headers)
        if credential is not None:
            own = {name: value for name, value in own.items() if name == "x-tenant-id"} | dict(credential)
        return own

    def exchange(self, request: Request, query: Query, headers: Mapping[str, str]) -> Answer:
        """Send a request once, without retries, and read its response. A change gets a connection of its own."""
        url = self.connection.api_url.replace("{region}", request.region).rstrip("/") + request.path
        verify = self.connection.ca_path or True if self.connection.validate_certs else False
        try:
            with contextlib.ExitStack() as stack:
                session = self.session if request.method == "GET" else stack.enter_context(self.new_session())
                response = session.request(request.method, url, params=list(query), json=request.body,
                                           headers=dict(headers), timeout=self.connection.api_timeout,
                                           allow_redirects=False, verify=verify, proxies=self.proxies)  # fmt: skip
            return Answer(response.status_code, response.headers, response.content)
        except requests.RequestException as error:
            return Answer(0, {}, json.dumps({"message": type(error).__name__}).encode())

    def note(self, rule: Rule, row_id: str, body: Any, answer: Answer) -> None:
        """Write the outcome of a request into the journal."""
        with self.lock:
            if rule.creates:
                self.note_creation(rule.creates, body["name"], answer)
            elif rule.renames and answer.accepted:
                self.journal.write(journal.RENAMED, kind=rule.kind, name=body["name"], id=row_id)
            elif rule.deletes and answer.accepted:
                self.journal.write(journal.DELETING, kind=rule.kind, id=row_id)

    def note_creation(self, kind: str, name: str, answer: Answer) -> None:
        made = answer.body.get("id") if isinstance(answer.body, dict) else None
        if answer.accepted and made:
            self.journal.write(journal.CREATED, kind=kind, name=name, id=str(made))
        elif 400 <= answer.status < 500:
            self.journal.write(journal.REFUSED, kind=kind, name=name)
        else:
            self.journal.write(journal.UNKNOWN, kind=kind, name=name, status=answer.status)

    def note_gone(self, kind: str, row_id: str) -> None:
        """Write into the journal that a resource is gone, whose deletion was accepted before."""
        if row_id.lower() in self.journal.made.deleting:
            self.journal.write(journal.GONE, kind=kind, id=row_id)

    def observe(self, path: str, answer: Answer) -> None:
        """Record the states and statuses of the run's resources in a response, and the refusal of an early password."""
        if path.endswith("/first-windows-password") and not answer.accepted:
            self.seen.responses.setdefault("early password", outline(answer.status, answer.body, self.secrets))
        kind = next((kind for start, kind in KINDS.items() if path == start or path.startswith(f"{start}/")), None)
        body = answer.body if answer.status == 200 else None
        if kind is None or not isinstance(body, dict):
            return
        rows = body.get(path.rsplit("/", 1)[-1].replace("custom", "images"))
        shown = [
            row for row in (rows if isinstance(rows, list) else [body]) if isinstance(row, dict) and "status" in row
        ]
        made = self.journal.made
        own = [row for row in shown if made.is_own(str(row.get("id")))]
        with self.lock:
            self.seen.statuses |= statuses_in(kind, own)

    def record(self, label: str, answer: Answer) -> Answer:
        """Record the outline of a response under a label."""
        self.seen.responses[label] = outline(answer.status, answer.body, self.secrets)
        return answer

    def list_rows(self, kind: str, name: str | None = None) -> list[dict[str, Any]] | None:
        """Return the rows of all pages, None if a list could not be read."""
        path, key = PATHS[kind], PATHS[kind].rsplit("/", 1)[-1].replace("custom", "images")
        rows: list[dict[str, Any]] = []
        while True:
            query = [("_limit", str(PAGE)), ("_offset", str(len(rows)))]
            if kind == journal.INSTANCE:
                query += [("expand", "network")]
            if name is not None:
                query += [("name", name)]
            answer = self.send("GET", path, query, headers={"x-api-version": "1.1"})
            if answer.status != 200 or not isinstance(answer.body, dict):
                return None
            page = [row for row in answer.body.get(key) or () if isinstance(row, dict) and row.get("id")]
            rows += page
            if not page or len(rows) >= total_of(answer.body, len(rows) + 1):
                return [row for row in rows if name in (None, row.get("name"))]

    def read_row(self, kind: str, row_id: str) -> tuple[int, dict[str, Any] | None]:
        """Return the status of a read by id, and the row; no row if the response shows it as deleted."""
        query = [("expand", value) for value in ("image", "machine-type", "network", "labels")]
        path = f"{PATHS[kind]}/{row_id}"
        answer = self.send("GET", path, query if kind == journal.INSTANCE else (), headers={"x-api-version": "1.1"})
        row = answer.body if answer.status == 200 and isinstance(answer.body, dict) else None
        return answer.status, row


def total_of(body: Mapping[str, Any], otherwise: int) -> int:
    """Return the total of a list, or `otherwise` if the API version does not send it."""
    meta = body.get("meta")
    page = meta.get("page") if isinstance(meta, Mapping) else None
    total = page.get("total") if isinstance(page, Mapping) else None
    return total if isinstance(total, int) else otherwise


def is_gone(status: int, row: Mapping[str, Any] | None) -> bool:
    return status == 404 or (row is not None and "deleted" in (row.get("status"), row.get("state")))
