# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lists of more than one page, proved complete. Imported only where one page is not all."""

from __future__ import annotations

import time

from ._api import Resource, Row
from ._client import SMALLEST_FULL_PAGE, ApiError, Client

RELISTINGS = 6
SLOW = 0.1  # seconds: pages that come faster are not worth threads
THREADS = 4


def complete(client: Client, resource: Resource, name: str | None, first: list[Row], limit: int) -> list[Row]:
    """All rows, of which the `first` were read already, in pages of `limit` (fewer where they are too large).

    Rows that shift while the pages are read are read again from the start, a few times.
    """
    for attempt in range(RELISTINGS):
        rows = _once(client, resource, name, [] if attempt else list(first), limit)
        if rows is not None:
            return rows
    text = f"the list of {resource.kind}s kept changing while its pages were read, {RELISTINGS} times"
    raise ApiError("GET", resource.path, text)


def _once(client: Client, resource: Resource, name: str | None, rows: list[Row], limit: int) -> list[Row] | None:
    """The rows of all pages in order, None if they shifted meanwhile.

    Each page begins with the last row of the one before: if another stands there, rows before it were deleted, and the
    one that slipped over the border would be missing. The end is what a total, or a page shorter than any server makes
    them, says. Slow pages whose number is known are read at once.
    """
    one_by_one = False
    while True:
        began, before = time.monotonic(), len(rows)
        try:
            page, total = client.page(resource, name, max(len(rows) - 1, 0), limit)
            if not _joined(rows, page):
                return None
            last = total is not None and len(rows) >= total
            if total is not None and not last and not one_by_one and time.monotonic() - began > SLOW:
                one_by_one = True
                last = _at_once(client, resource, name, rows, total, limit, len(page))
        except ApiError as error:
            if not (error.slug == "body_too_large" and limit > SMALLEST_FULL_PAGE):
                raise
            limit = max(limit // 4, SMALLEST_FULL_PAGE)
            continue
        if last or len(rows) == before or (total is None and len(page) < SMALLEST_FULL_PAGE):
            whole = total is None or len(rows) >= total
            return rows if whole and len({row.get("id") for row in rows}) == len(rows) else None


def _joined(rows: list[Row], page: list[Row]) -> bool:
    """Appends what is new of a page, unless it does not begin with the last row."""
    if rows and (not page or page[0].get("id") != rows[-1].get("id")):
        return False
    rows += page[1:] if rows else page
    return True


def _at_once(
    client: Client, resource: Resource, name: str | None, rows: list[Row], total: int, limit: int, size: int,
) -> bool:  # fmt: skip
    """Appends all pages that are left, of `size` rows each; whether that was all."""
    from concurrent.futures import ThreadPoolExecutor

    offsets = range(len(rows) - 1, total - 1, max(size - 1, 1))
    with ThreadPoolExecutor(THREADS) as pool:
        pages = list(pool.map(lambda offset: client.page(resource, name, offset, limit), offsets))
    return all(_joined(rows, page) for page, now in pages if now == total) and len(rows) == total
