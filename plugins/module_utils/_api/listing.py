# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads: complete lists, API versions, and lookups by id or name without guessing."""

from __future__ import annotations

import contextlib
import time
import typing as t
from urllib.parse import quote

from .client import Answer, Client, Tries
from .exceptions import ApiError, NotInVersion, Refused
from .resources import API_VERSIONS, GONE, INSTANCES, MACHINE_TYPES, UNREADABLE, Resource, Row
from .rows import Seen, dig, has_id, is_resource, same_id, spoiled_fields, with_addresses
from .statuses import is_deleting, status_class
from .times import Clock

PAGE = 1000  # rows requested per page; API version 2026-08 refuses more
SMALLEST_FULL_PAGE = 50  # the API's own default: while there are more rows, no server sends a shorter page
MOST_ROWS = 1_000_000  # in a list, so that no list is endless
RELISTINGS = 6
SLOW = 0.1  # seconds; pages that arrive faster are not worth threads
THREADS = 4


class Reader(t.Protocol):
    """The interface for reads: the API itself, or the shared listing of a fleet."""

    clock: Clock
    deadline: float | None

    @property
    def api_version(self) -> str | None:
        """Return the API version of the region, None while no response has shown it."""

    @property
    def lists_by_name(self) -> bool:
        """Return whether a list for a name contains only the rows of that name."""

    def listing(self, resource: Resource, name: str | None = None) -> list[Row]:
        """Return all rows; with `name`, at least the rows of that name."""

    def get(self, resource: Resource, row_id: str) -> Row | None:
        """Return the row with this id, None if it does not exist."""


class Api(Client):
    """The API of one region: requests, and complete reads in each API version."""

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(*args, **kwargs)
        self.api_versions: dict[str, str] = {}  # region -> "2024", "2025" or "2026", as far as responses have shown
        self.sortable_by_id = True
        self.odd: set[tuple[str, str, str]] = set()  # (kind, id, field) of unusable values that were warned of

    @property
    def api_version(self) -> str | None:
        """Return the API version in this region, None while no response has shown it."""
        return self.api_versions.get(self.connection.region)

    @property
    def lists_by_name(self) -> bool:
        """Return whether a list for a name contains only the rows of that name."""
        return self.api_version == "2026"

    def client_for(self, region: str) -> Api:
        """Return a client for another region, with the same account and deadline."""
        agent = self._headers["User-Agent"].split(" ", 1)[1]
        made = Api(self.connection._replace(region=region), agent, self.clock, self.deadline)
        made.warn = self.warn
        return made

    def get(self, resource: Resource, row_id: str) -> Row | None:
        """Return the row with this id, None if it does not exist.

        Each 404 of the API has a slug. Any other is a gateway's, and does not prove that the resource is gone: it is
        believed only if the list does not have the resource either, or shows that it is gone.
        """
        tries = Tries(self)
        while True:
            try:
                row = self._read(resource, f"{resource.path}/{quote(row_id, safe='')}", []).body
                break
            except ApiError as error:
                if error.status != 404:
                    raise
                if not self.reached:  # a wrong region or URL responds 404, too; then this read raises
                    self.page(MACHINE_TYPES, None, 0, 1)
                rows = [] if error.slug else self.listing(resource)
                if not any(same_id(row["id"], row_id) and status_class(row, resource) != GONE for row in rows):
                    return None
                error.contradicted = True
                error.message = f"{error.message} (not the API's own 404: its list has this {resource.kind})".lstrip()
                self.clock.sleep(tries.pause(error))
        if not is_resource(row):
            row = drop_odd_fields(self, resource, [row], f"the response has no valid {resource.kind}")[0]
        return t.cast(Row, row)

    def listing(self, resource: Resource, name: str | None = None) -> list[Row]:
        """Return all rows, and prove that the list is complete.

        With `name`, API version 2026-08 sends only the rows of that name (callers filter again all the same).
        """
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

        return list_complete(self, resource, name, rows, limit)

    def page(self, resource: Resource, name: str | None, offset: int, limit: int) -> tuple[list[Row], int | None]:
        """Return the rows from an offset on, and the total if the API version sends it."""
        query = [("_limit", str(limit)), ("_offset", str(offset)), ("name", name or "")]
        body = self._read(resource, resource.path, query).body
        page = next((body[key] for key in resource.keys if isinstance(body, dict) and key in body), None)
        total = dig(body, "meta.page.total")
        if page is None and total == 0 and not isinstance(total, bool):  # optional in the contract, for custom images
            page = []
        counted = (total is None or (isinstance(total, int) and 0 <= total <= MOST_ROWS)) and offset <= MOST_ROWS
        if not (counted and isinstance(page, list) and all(map(is_resource, page))):
            page = drop_odd_fields(
                self, resource, page if counted else None, f"the response has no list of {resource.kind}s"
            )
        self.listed.add(resource.path)
        return page, total

    def _read(self, resource: Resource, path: str, query: list[tuple[str, str]], older: bool = False) -> Answer:
        """Send a GET in the form of 2026-08; after a 400 or 422, in the `older` form.

        The text of a refusal is ignored, because gateways rewrite it. If the older form is accepted, it is used from
        then on.
        """
        api_version = self.api_version
        old, by_id = api_version == "2024" or (older and api_version != "2026"), self.sortable_by_id and not older
        expand = [("expand", value) for value in resource.expand if not (old and value == "labels")]
        headers = {"x-api-version": resource.version} if resource.version and not old else None
        order = ("_sort", resource.sort + (",id:asc" if by_id else ""))
        listed = [*(pair for pair in query if pair[1] and not (old and pair[0] == "name")), order] if query else []
        newer = bool(query and by_id) or (not old and api_version != "2026")
        try:
            answer = self.request("GET", path, listed + expand, headers=headers)
        except ApiError as error:
            if older or not newer or error.status not in (400, 422):
                raise
            return self._read(resource, path, query, older=True)
        if isinstance(answer.body, dict) and query:
            self.sortable_by_id = self.sortable_by_id and not older
            self.api_versions[self.connection.region] = self._api_version_of(resource, answer.body)
        elif older:
            self.api_versions.setdefault(self.connection.region, "2024")
        return answer

    def _api_version_of(self, resource: Resource, body: dict[str, t.Any]) -> str:
        """Return the API version that a list shows.

        The form of 2025, between the two versions, has labels but no total. It is recognized only if rows have labels.
        """
        if "meta" in body:
            return "2026"
        rows = body.get(resource.keys[0])
        labels = isinstance(rows, list) and any(isinstance(row, dict) and "labels" in row for row in rows)
        return "2025" if self.api_version == "2025" or (labels and "labels" in resource.expand) else "2024"


def list_complete(client: Api, resource: Resource, name: str | None, first: list[Row], limit: int) -> list[Row]:
    """Return all rows, read in pages of `limit` rows (fewer if these are too large).

    The `first` rows were read already. If rows shift while pages are read, the list is read again from the start, a few
    times (RELISTINGS); then raise `ApiError`.
    """
    for attempt in range(RELISTINGS):
        rows = _list_once(client, resource, name, [] if attempt else list(first), limit)
        if rows is not None:
            return rows
    text = f"the list of {resource.kind}s kept changing while its pages were read, {RELISTINGS} times"
    raise ApiError("GET", resource.path, text)


def _list_once(client: Api, resource: Resource, name: str | None, rows: list[Row], limit: int) -> list[Row] | None:
    """Return the rows of all pages in order, None if rows shifted meanwhile.

    Each page begins with the last row of the page before. If another row stands there, earlier rows were deleted, and
    the row that moved across the border would be missing. The list ends at the total, or with a page that is shorter
    than any server's full page. Slow pages are read in parallel if their number is known.
    """
    one_by_one = False
    while True:
        began, before = time.monotonic(), len(rows)
        try:
            page, total = client.page(resource, name, max(len(rows) - 1, 0), limit)
            if not _append_page(rows, page):
                return None
            last = total is not None and len(rows) >= total
            if total is not None and not last and not one_by_one and time.monotonic() - began > SLOW:
                one_by_one = True
                last = _append_parallel(client, resource, name, rows, total, limit, len(page))
        except ApiError as error:
            if not (error.slug == "body_too_large" and limit > SMALLEST_FULL_PAGE):
                raise
            limit = max(limit // 4, SMALLEST_FULL_PAGE)
            continue
        if last or len(rows) == before or (total is None and len(page) < SMALLEST_FULL_PAGE):
            whole = total is None or len(rows) >= total
            return rows if whole and len({row.get("id") for row in rows}) == len(rows) else None


def _append_page(rows: list[Row], page: list[Row]) -> bool:
    """Append the new rows of a page. Return False if it does not begin with the last row."""
    if rows and (not page or page[0].get("id") != rows[-1].get("id")):
        return False
    rows += page[1:] if rows else page
    return True


def _append_parallel(
    client: Api, resource: Resource, name: str | None, rows: list[Row], total: int, limit: int, size: int,
) -> bool:  # fmt: skip
    """Append the other pages, of `size` rows each; return whether the list is complete."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 (rarely needed)

    offsets = range(len(rows) - 1, total - 1, max(size - 1, 1))
    with ThreadPoolExecutor(THREADS) as pool:
        pages = list(pool.map(lambda offset: client.page(resource, name, offset, limit), offsets))
    return all(_append_page(rows, page) for page, now in pages if now == total) and len(rows) == total


def pick_named(rows: list[Row], resource: Resource, name: str, excluded: t.Container[str] = ()) -> Row | None:
    """Return the row of that name, None if there is none. Refuse several rows.

    Rows that are gone match nothing; a row that is being deleted matches only if no other row does. The resources with
    `excluded` ids (in lower case) were read meanwhile: they are gone or have another name, which the list does not show
    yet.
    """
    named = [row for row in rows if row.get("name") == name and str(row["id"]).lower() not in excluded]
    matches = [row for row in named if status_class(row, resource) != GONE]
    matches = [row for row in matches if not is_deleting(row)] or matches
    if len(matches) > 1:
        raise _ambiguous(matches, resource, name)
    return matches[0] if matches else None


def _ambiguous(rows: list[Row], resource: Resource, name: str) -> Refused:
    ids = ", ".join(sorted(str(row["id"]) for row in rows))
    return Refused(f"{len(rows)} {resource.kind}s are named {name!r}: {ids}. Give the id of one of them.")


def read_by_id(client: Reader, kind: Resource, row_id: str) -> Row | None:
    """Return the row with this id, None if it does not exist, or is gone but still shown."""
    row = client.get(kind, row_id)
    return None if status_class(row, kind) == GONE else row


def find_resources(
    client: Reader, names: t.Sequence[str], row_id: str | None, listing: bool, kind: Resource = INSTANCES,
    excluded: t.Container[str] = (),
) -> Seen:  # fmt: skip
    """Return the resources with these names and this id.

    The keys are the names, and "" for a resource that was read by its id. With `listing` the names are looked up by
    listing, without the `excluded` ids; else only the id is read. A list may lack a resource that was just created: if
    it does not show `row_id`, that is read by id.
    """
    found: Seen = {}
    if listing:
        rows = whole = None
        for name in names:
            if whole is None:
                rows = client.listing(kind, name)
                whole = None if client.lists_by_name else rows
            found[name] = pick_named(rows or [], kind, name, excluded)
    if row_id and not any(row and same_id(row["id"], row_id) for row in found.values()):
        known = found[""] = read_by_id(client, kind, row_id)
        for name, row in found.items():
            if name and row and known and known.get("name") == name:
                # The list shows another resource of this name, and not the known resource: a read by id decides.
                other = read_by_id(client, kind, str(row["id"]))
                if other and other.get("name") == name:
                    raise _ambiguous([known, other], kind, name)
                found[name] = None
    return {name: row and with_addresses(row) for name, row in found.items()} if kind is INSTANCES else found


def drop_odd_fields(client: Api, resource: Resource, rows: t.Any, problem: str) -> list[Row]:
    """Return the rows with values of a wrong type set to null, as if not sent.

    Warn of each field of a resource once in a run. Raise `ApiError` with the text `problem` if the value is not a list
    of rows with ids: a row without an id could be anything.
    """
    if not (isinstance(rows, list) and all(map(has_id, rows))):
        raise ApiError("GET", resource.path, problem, 200, final=True)
    spoiled: dict[str, list[str]] = {}
    for row in rows:
        fields = list(spoiled_fields(row))
        if fields:
            row[UNREADABLE] = fields
        for field in fields:
            if (resource.kind, row["id"], field) not in client.odd:
                client.odd.add((resource.kind, row["id"], field))
                spoiled.setdefault(field, []).append(f"{row.get('name') or 'without a name'} ({row['id']})")
    for field, names in spoiled.items():
        several = "s" if len(names) > 1 else ""
        more = f", ... ({len(names)} in all)" if len(names) > 3 else ""
        client.warn(
            f"The API's response has a value of the wrong type in the field {field} of {resource.kind}{several} "
            f"{', '.join(names[:3])}{more}. The field is ignored, as if the API had not sent it."
        )
    return rows


def version_name(client: Reader) -> str:
    """Return the name of the region's API version, as it begins a message."""
    return f"API version {API_VERSIONS[client.api_version]}" if client.api_version else "The API of this region"


def no_such_kind(client: Reader, resource: Resource) -> NotInVersion:
    """Return the error for a kind that the region's API version does not have."""
    instead = {"backup": " Use snapshots (vm_snapshot) instead."}.get(resource.kind, "")
    return NotInVersion(f"{version_name(client)} has no {resource.kind}s.{instead}")


def find_in_kind(
    client: Reader, resource: Resource, names: t.Sequence[str], row_id: str | None, excluded: t.Container[str] = ()
) -> dict[str, Row | None]:
    """Find resources by listing; tell a kind that the API version lacks from a wrong URL."""
    with _explain_missing_list(client, resource):
        return find_resources(client, names, row_id, True, resource, excluded)


def list_kind(client: Reader, resource: Resource) -> list[Row]:
    """Return all rows; tell a kind that the API version lacks from a wrong URL."""
    with _explain_missing_list(client, resource):
        return client.listing(resource)


@contextlib.contextmanager
def _explain_missing_list(client: Reader, resource: Resource) -> t.Iterator[None]:
    try:
        yield
    except ApiError as error:
        if error.status != 404:
            raise
        client.listing(MACHINE_TYPES)  # with a wrong URL this raises a 404, too
        raise no_such_kind(client, resource) from None


def is_route_missing(client: Api, error: ApiError) -> bool:
    """Return whether a 404 means that this region's API version lacks the route."""
    if error.status == 404 and client.api_version is None:
        client.page(MACHINE_TYPES, None, 0, 1)
    return error.status == 404 and client.api_version not in (None, "2026")
