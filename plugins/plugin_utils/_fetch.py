# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All instances of all regions, complete or not at all: the regions side by side."""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.magalu.cloud.plugins.module_utils import _errors
from ansible_collections.magalu.cloud.plugins.module_utils._api import INSTANCES, Resource, Row
from ansible_collections.magalu.cloud.plugins.module_utils._client import ApiError, Client, Connection

REGIONS = 8  # regions at once
SECONDS = 600  # for all of it


class Region(Client):
    """The API of one region, whose pages are made small as they arrive."""

    def __init__(self, connection: Connection, agent: str, user_data: bool) -> None:
        super().__init__(connection, agent)
        self.user_data = user_data
        self.deadline = self.clock.now() + SECONDS

    def page(self, resource: Resource, name: str | None, offset: int, limit: int) -> tuple[list[Row], int | None]:
        """As the client's; user data is large and holds secrets, and goes unless it is asked for."""
        rows, total = super().page(resource, name, offset, limit)
        if not self.user_data:
            for row in rows:
                row.pop("user_data", None)
        return rows, total


class Fetched(t.NamedTuple):
    """What the regions have, in their order, and what is wrong with those that did not answer."""

    instances: list[tuple[str, Row]]
    failures: dict[str, str]


def fetch(connection: Connection, regions: t.Sequence[str], agent: str, user_data: bool, labels: bool) -> Fetched:
    """All instances of the regions. Nothing is given of a region unless all of it is there, `labels` too if needed."""
    # Made first: what is wrong with one of them is told before any request.
    clients = {region: Region(connection._replace(region=region), agent, user_data) for region in regions}

    def of(region: str) -> list[Row] | str:
        client = clients[region]
        try:
            rows = client.listing(INSTANCES)
            if labels and client.edition == "2024":
                return f"The API of region {region} is of the edition of 2024, and does not tell labels, which filters ask for."
            return rows
        except ApiError as error:
            text = _errors.sentence(client, f"list the instances of region {region}", error)
            return text + (f" Is there a region {region!r} (regions, MGC_REGIONS)?" if error.status == 404 else "")

    with ThreadPoolExecutor(REGIONS) as pool:
        answers = dict(zip(regions, pool.map(of, regions)))
    return Fetched(
        [(region, row) for region, rows in answers.items() if isinstance(rows, list) for row in rows],
        {region: rows for region, rows in answers.items() if isinstance(rows, str)},
    )
