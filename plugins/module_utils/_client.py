# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""HTTP: one session, credentials, time-outs, retries by what is safe to repeat, and complete listings.

It knows no resource beyond what `_api.Resource` says, and gives every failure as an `ApiError`.
"""

from __future__ import annotations

import json
import re
import time
import traceback
import typing as t
from urllib.parse import quote

from ._api import REGION_PATHS, Refused, Resource, Row, dig, sound

try:
    import requests
    from urllib3.exceptions import HTTPError
except ImportError:
    HAS_REQUESTS, REQUESTS_ERROR = False, traceback.format_exc()
else:
    HAS_REQUESTS, REQUESTS_ERROR = True, ""

VERSION = "1.0.0"
PAGE = 1000  # rows asked for; the edition of 2026 refuses more
SMALLEST_FULL_PAGE = 50  # the API's own default: no server gives fewer rows a page while there are more
LARGEST_BODY = 32 * 1024 * 1024
DEEPEST = 32  # levels in a body; what is deeper cannot be a result, since not even Ansible could print it
MOST_ROWS = 1_000_000  # in a list, so that none is endless
PATH = re.compile(r"(/(?!\.\.?(/|$))[\w.~%-]+)+", re.ASCII)  # of a request: no id can lead elsewhere


class Clock(t.NamedTuple):
    """Time, given from outside, so that tests can wait for hours in no time."""

    now: t.Callable[[], float] = time.monotonic
    sleep: t.Callable[[float], None] = time.sleep


class Connection(t.NamedTuple):
    """How to reach the API: the shared options, resolved (see `_options.py`)."""

    api_url: str
    region: str
    credential: str  # the option that the credential came from, and where that was given
    headers: dict[str, str]
    secrets: tuple[str, ...] = ()
    validate_certs: bool = True
    ca_path: str | None = None
    api_timeout: float = 30
    api_retries: int = 4


class Answer(t.NamedTuple):
    """A successful answer: its status, its parsed body (None without one)."""

    status: int
    body: t.Any


class ApiError(Exception):
    """A request that did not end as asked; `str()` of it is a sentence for people."""

    def __init__(
        self, method: str, path: str, message: str, status: int | None = None, slug: str | None = None,
        details: t.Any = None, request_id: str | None = None, retry_after: float | None = None,
        sent: bool = True, final: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.method, self.path, self.message, self.status, self.slug = method, path, message, status, slug
        self.details, self.request_id, self.retry_after = details, request_id, retry_after
        # Not sent: no connection was made. Final: another try ends the same way. Repeated: an earlier answer was lost.
        self.sent, self.final, self.repeated = sent, final, False

    @property
    def later(self) -> bool:
        """The API refused for now, and did nothing."""
        return self.status == 429 or (self.status == 503 and self.retry_after is not None)

    @property
    def lost(self) -> bool:
        """The answer was lost: what was asked for may have been done."""
        return self.sent and not self.later and (self.status is None or self.status < 300 or self.status >= 500)

    @property
    def passing(self) -> bool:
        """A fault that may be over at the next look."""
        return not self.final and (self.later or self.lost or not self.sent)


class Client:
    """The API of one region."""

    def __init__(
        self, connection: Connection, agent: str, clock: Clock | None = None, deadline: float | None = None
    ) -> None:
        self.connection, self.deadline = connection, deadline  # by `clock.now()`: no retry goes beyond it
        self.clock = clock or Clock()
        self.secrets = list(connection.secrets)
        self.editions: dict[str, str] = {}  # region -> "2024" or "2026", as far as answers have told
        self.sortable_by_id, self.burst = True, False  # burst: see `_fleet.burst`
        self.date: tuple[str | None, float] = (None, 0)  # the last answer's Date, and our time then
        if set(connection.region) & set("./?#%@{}\\ "):
            raise Refused(f"region {connection.region!r} (MGC_REGION) is no name of a region")
        region = REGION_PATHS.get(connection.region, connection.region)
        self.url = connection.api_url.replace("{region}", region).rstrip("/")
        self._headers = dict(connection.headers, **{"User-Agent": f"magalu.cloud/{VERSION} {agent}"})
        self._proxies = requests.utils.get_environ_proxies(self.url)
        self._context: t.Any = None
        if self.url.startswith("https:"):
            from . import _tls  # not for a local simulator

            self._context = _tls.context(connection.validate_certs, connection.ca_path)
        self._session = self._new_session(10)

    @property
    def edition(self) -> str | None:
        """The API's edition in this region, None while no answer has told."""
        return self.editions.get(self.connection.region)

    def client_for(self, region: str) -> Client:
        """The same account in another region, until the same deadline."""
        agent = self._headers["User-Agent"].split(" ", 1)[1]
        return Client(self.connection._replace(region=region), agent, self.clock, self.deadline)

    def request(
        self, method: str, path: str, query: t.Sequence[tuple[str, str]] = (), body: t.Any = None,
        headers: dict[str, str] | None = None, once: bool = False,
    ) -> Answer:  # fmt: skip
        """Sends a request, again where that is safe (`_retry.may_repeat`), until the tries or the time are used up."""
        tries = None
        while True:
            try:
                return self._send(method, path, query, body, headers)
            except ApiError as error:
                if once:
                    raise
                from . import _retry

                tries = tries or _retry.Tries(self)
                self.clock.sleep(tries.pause(error))  # raises the error if it is the last

    def get(self, resource: Resource, row_id: str) -> Row | None:
        """One row by id, None if there is none."""
        try:
            row = self._read(resource, f"{resource.path}/{quote(row_id, safe='')}", []).body
        except ApiError as error:
            if error.status == 404:
                return None
            raise
        if not sound(row):
            raise ApiError("GET", resource.path, f"the answer is no {resource.kind}", 200, final=True)
        return t.cast(Row, row)

    def listing(self, resource: Resource, name: str | None = None) -> list[Row]:
        """All rows, proved complete; with `name` the edition of 2026 sends only those (filter again all the same)."""
        limit = PAGE
        try:
            rows, total = self.page(resource, name, 0, limit)
            whole = len(rows) < SMALLEST_FULL_PAGE if total is None else len(rows) == total
            if whole and len({row.get("id") for row in rows}) == len(rows):
                return rows
        except ApiError as error:
            if error.slug != "body_too_large":
                raise
            rows, limit = [], PAGE // 4
        from . import _paging

        return _paging.complete(self, resource, name, rows, limit)

    def page(self, resource: Resource, name: str | None, offset: int, limit: int) -> tuple[list[Row], int | None]:
        """The rows from an offset on, and how many there are in all where the edition tells."""
        query = [("_limit", str(limit)), ("_offset", str(offset)), ("name", name or "")]
        body = self._read(resource, resource.path, query).body
        page = next((body[key] for key in resource.keys if isinstance(body, dict) and key in body), None)
        total = dig(body, "meta.page.total")
        counted = (total is None or (isinstance(total, int) and 0 <= total <= MOST_ROWS)) and offset <= MOST_ROWS
        if not (counted and isinstance(page, list) and all(map(sound, page))):
            raise ApiError("GET", resource.path, f"the answer has no list of {resource.kind}s", 200, final=True)
        return page, total

    def _read(self, resource: Resource, path: str, query: list[tuple[str, str]]) -> Answer:
        """A GET in the form of 2026; where that is refused in its own words, in the form of 2024 from then on."""
        old = self.edition == "2024"
        expand = [("expand", value) for value in resource.expand if not (old and value == "labels")]
        headers = {"x-api-version": resource.version} if resource.version and not old else None
        listed = []
        if query:
            order = resource.sort + (",id:asc" if self.sortable_by_id else "")
            listed = [*(pair for pair in query if pair[1] and not (old and pair[0] == "name")), ("_sort", order)]
        try:
            answer = self.request("GET", path, listed + expand, headers=headers)
        except ApiError as error:
            from . import _retry

            if not _retry.in_another_form(self, error, listed, old):
                raise
            return self._read(resource, path, query)
        if isinstance(answer.body, dict) and query:
            self.editions[self.connection.region] = "2026" if "meta" in answer.body else "2024"
        return answer

    def _new_session(self, size: int) -> t.Any:
        session = requests.Session()
        session.trust_env = False  # no .netrc; proxies and CA bundles are taken from the environment by ourselves
        if self._context is not None:
            from . import _tls

            session.mount("https://", _tls.adapter(self._context, size))
        return session

    def _send(self, method: str, path: str, query: t.Any, body: t.Any, headers: dict[str, str] | None) -> Answer:
        if not PATH.fullmatch(path):
            raise ApiError(method, path, "an id in it is none", sent=False, final=True)
        # A keep-alive connection that the server has closed meanwhile looks exactly like a lost answer.
        session = self._new_session(1) if method == "POST" and not self.burst else self._session
        timeout = self.connection.api_timeout
        until = time.monotonic() + timeout
        try:
            with session.request(
                method, self.url + path, params=query, json=body, headers=dict(self._headers, **headers or {}),
                timeout=(timeout, timeout), allow_redirects=False, stream=True, proxies=self._proxies,
                verify=self.connection.validate_certs,
            ) as response:  # fmt: skip
                content = b"".join(self._body(response, until))
        except (requests.RequestException, HTTPError, OSError, ValueError) as cause:
            from . import _errors

            raise _errors.from_network(self, method, path, cause) from None
        finally:
            if session is not self._session:
                session.close()
        self.date = (response.headers.get("Date"), self.clock.now())
        try:
            parsed = json.loads(content, parse_constant=int) if content.strip() else None  # NaN is none
            level: list[t.Any] = [[parsed]]
            for _level in range(DEEPEST):
                parts = (part.values() if isinstance(part, dict) else part for part in level)
                level = [one for part in parts for one in part if isinstance(one, (dict, list))]
            parsed = content if level else parsed
        except (ValueError, RecursionError):
            parsed = content
        if 200 <= response.status_code < 300 and not isinstance(parsed, bytes):
            return Answer(response.status_code, parsed)
        from . import _errors

        raise _errors.from_answer(self, method, path, response, parsed)

    @staticmethod
    def _body(response: t.Any, until: float) -> t.Iterator[bytes]:
        """The body bit by bit, within the time and the size that one answer may take."""
        raw, size = response.raw, 0
        read = getattr(raw, "read1", None)  # urllib3 2: returns what is there; 1.26: small bits instead
        bits = iter(lambda: read(65536, decode_content=True), b"") if read else response.iter_content(512)
        for bit in bits:
            size += len(bit)
            if size > LARGEST_BODY or time.monotonic() > until:
                slow = requests.exceptions.ReadTimeout("the answer came too slowly")
                raise ValueError("body_too_large") if size > LARGEST_BODY else slow
            yield bit
        if read:
            raw.release_conn()
