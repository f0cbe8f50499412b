# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A parallel read of all instances of all regions; a region is complete or fails."""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.magalu.cloud.plugins.module_utils._api.connection import Connection
from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import ApiError
from ansible_collections.magalu.cloud.plugins.module_utils._api.listing import Api
from ansible_collections.magalu.cloud.plugins.module_utils._api.messages import failure_sentence
from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import INSTANCES, Resource, Row

from ._hostvars import Reader

REGIONS = 8  # regions in parallel
SECONDS = 600  # for all requests to a region


class Region(Api):
    """The API of one region, which replaces the rows of each page by the variables of their hosts.

    That makes pages small, and happens while the server is busy with the next pages.
    """

    region_option = "regions, MGC_REGIONS"

    def __init__(self, connection: Connection, agent: str, read: Reader) -> None:
        super().__init__(connection, agent)
        self.read = read
        self.deadline = self.clock.now() + SECONDS

    def page(self, resource: Resource, name: str | None, offset: int, limit: int) -> tuple[list[Row], int | None]:
        """Return the variables of the instances of a page, their ids among them, and the total."""
        rows, total = super().page(resource, name, offset, limit)
        return [self.read(self.connection.region, row) for row in rows], total


class Fetched(t.NamedTuple):
    """The variables of the instances in the order of the regions, errors by region, and warnings."""

    instances: list[Row]
    failures: dict[str, str]
    warnings: list[str]


def fetch(connection: Connection, regions: t.Sequence[str], agent: str, read: Reader, labels: bool) -> Fetched:
    """Return the variables of all instances of the regions, as `read` returns them.

    A region whose instances cannot be read completely is a failure. With `labels`, a region whose API version has no
    labels, or is not known to have them, is a failure, too.
    """
    # Created first, so that an invalid region is reported before any request.
    clients = {region: Region(connection._replace(region=region), agent, read) for region in regions}
    warnings: list[str] = []
    for client in clients.values():
        client.warn = warnings.append

    def of(region: str) -> list[Row] | str:
        client = clients[region]
        try:
            rows = client.listing(INSTANCES)
            if labels and client.api_version == "2024":
                return (
                    f"Region {region} has API version 2024-08, which has no labels, or 2025-05 and no instance with "
                    "labels; the two cannot be distinguished. A filter asks for labels."
                )
            return rows
        except ApiError as error:
            return failure_sentence(client, f"list the instances of region {region}", error)

    with ThreadPoolExecutor(REGIONS) as pool:
        answers = dict(zip(regions, pool.map(of, regions)))
    return Fetched(
        [row for rows in answers.values() if isinstance(rows, list) for row in rows],
        {region: rows for region, rows in answers.items() if isinstance(rows, str)},
        warnings,
    )
