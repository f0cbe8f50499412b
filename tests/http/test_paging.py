# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A list is complete or an error, with any pages, and any changes between them."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import ApiError
from ansible_collections.magalu.cloud.plugins.module_utils._api.listing import PAGE
from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import (
    BACKUPS,
    INSTANCES,
    MACHINE_TYPES,
    SNAPSHOTS,
)
from tests.support.choice import one_in
from tests.support.clients import client, client_of
from tests.support.servers import Handler, ReceivedRequest, serve_responses

Change = tuple[str, float]  # the change to the row at this fraction of the list


class Rows:
    """A list on a server that changes after each of the first pages, and the rows that a reader must have seen."""

    def __init__(self, number: int, cap: int, total: bool, changes: list[list[Change]], forever: bool = False) -> None:
        self.rows = [{"id": str(index)} for index in range(number)]
        self.cap, self.total, self.changes, self.forever = cap, total, changes, forever
        self.made = number
        self.always = {row["id"] for row in self.rows}  # rows that existed all the time
        self.ever = set(self.always)

    def __call__(self, handler: Handler, asked: ReceivedRequest) -> None:
        query = parse_qs(urlsplit(asked.target).query)
        start = int(query["_offset"][0])
        page = self.rows[start : start + min(int(query["_limit"][0]), self.cap)]
        body: dict[str, Any] = {"instances": page}
        if self.total:
            body["meta"] = {"page": {"total": len(self.rows)}}
        for kind, where in self.changes[0] if self.changes else ():
            self.change(kind, int(where * len(self.rows)))
        if not self.forever:
            self.changes = self.changes[1:]
        handler.reply(200, body)

    def change(self, kind: str, index: int) -> None:
        if kind == "create":
            self.rows.insert(index, {"id": str(self.made)})
            self.ever.add(str(self.made))
            self.made += 1
        elif self.rows:
            self.always.discard(self.rows.pop(min(index, len(self.rows) - 1))["id"])


changes = st.lists(st.lists(st.tuples(st.sampled_from(["create", "delete"]), st.floats(0, 1)), max_size=3), max_size=8)


@settings(max_examples=100 // one_in(4))
@given(
    total=st.booleans(),
    number=st.integers(0, 230),
    cap=st.integers(2, 120),
    changes=changes,
)
@example(total=True, number=4, cap=2, changes=[[("delete", 0.0)]])
@example(total=False, number=99, cap=50, changes=[[("delete", 0.0)]])
@example(total=False, number=99, cap=50, changes=[[("delete", 0.0), ("create", 1.0)]])
@example(total=False, number=50, cap=50, changes=[])
@example(total=False, number=99, cap=50, changes=[])
def test_a_list_contains_every_row_that_exists_throughout(
    total: bool, number: int, cap: int, changes: list[list[Change]]
) -> None:
    if not total:
        cap = max(cap, 50)  # without a total, paging below the API's default limit is impossible
    rows = Rows(number, cap, total, list(changes))
    with serve_responses(rows) as server:
        try:
            listed = [row["id"] for row in client(server.url).listing(INSTANCES)]
        except ApiError as error:
            assert "kept changing" in error.message
            assert changes, "a list that nobody touches is read at once"
            return
    assert len(listed) == len(set(listed))
    assert rows.always <= set(listed) <= rows.ever
    if not changes:
        assert listed == [str(index) for index in range(number)]


@pytest.mark.parametrize("total", [True, False])
def test_a_list_that_never_settles_fails(total: bool) -> None:
    rows = Rows(200, 50, total, [[("delete", 0.0), ("create", 1.0), ("delete", 0.0), ("create", 1.0)]], forever=True)
    with (
        serve_responses(rows) as server,
        pytest.raises(ApiError, match="kept changing while its pages were read, 6 times"),
    ):
        client(server.url).listing(INSTANCES)
    assert len(server.asked) == 12


@pytest.mark.parametrize("total", [1, 5, 1000])
def test_a_total_larger_than_the_rows_fails(total: int) -> None:
    answer = (200, {"instances": [], "meta": {"page": {"total": total}}})
    with serve_responses(answer) as server, pytest.raises(ApiError, match="kept changing"):
        client(server.url).listing(INSTANCES)


def test_a_repeated_row_does_not_count_twice() -> None:
    page = {"instances": [{"id": "a"}, {"id": "a"}], "meta": {"page": {"total": 2}}}
    with serve_responses((200, page)) as server, pytest.raises(ApiError, match="kept changing"):
        client(server.url).listing(INSTANCES)


@pytest.mark.parametrize("meta", [None, {}, {"page": None}, {"page": {}}, {"page": {"total": None}}])
def test_a_missing_total_is_accepted(meta: Any) -> None:
    with serve_responses((200, {"instances": [{"id": "a"}], "meta": meta})) as server:
        assert client(server.url).listing(INSTANCES) == [{"id": "a"}]


@pytest.mark.parametrize(("number", "requests"), [(0, 1), (49, 1), (50, 2), (1000, 2), (1048, 2), (1049, 3)])
def test_without_a_total_a_page_shorter_than_any_server_makes_them_is_the_last(
    sim: Any, number: int, requests: int
) -> None:
    sim.reset(edition="2024-08", instances=number)
    assert len(client_of(sim).listing(INSTANCES)) == number
    assert len(sim.requests()) == requests


@pytest.mark.parametrize(("number", "requests"), [(0, 1), (50, 1), (1000, 1), (1001, 2), (2000, 3)])
def test_a_total_says_which_page_is_the_last(sim: Any, number: int, requests: int) -> None:
    sim.reset(instances=number)
    assert len(client_of(sim).listing(INSTANCES)) == number
    assert len(sim.requests()) == requests
    assert {dict(request["query"])["_limit"] for request in sim.requests()} == {str(PAGE)}


@pytest.mark.parametrize(("edition", "resource", "kind"), [
    ("2024-08", INSTANCES, "instance"), ("2024-08", SNAPSHOTS, "snapshot"), ("2024-08", BACKUPS, "backup"),
    ("2026-08", INSTANCES, "instance"), ("2026-08", SNAPSHOTS, "snapshot"),
])  # fmt: skip
@pytest.mark.parametrize("fault", ["create_between_pages", "delete_between_pages"])
def test_listings_survive_creations_and_deletions_between_pages(
    sim: Any, edition: str, resource: Any, kind: str, fault: str
) -> None:
    sim.reset(edition=edition, page_limit=50)
    for number in range(120):
        sim.seed(kind, name=f"row-{number}")
    sim.add_fault(kind=fault, operation=f"GET {resource.path}", nth=1, times=2, value=3)
    listed = {row["name"] for row in client_of(sim).listing(resource)}
    there = {row["name"] for row in sim.state()["br-se1"][f"{kind}s"]}
    assert there <= listed


def test_unsorted_rows_are_all_listed_or_an_error(sim: Any) -> None:
    """A list with equal times and no order by id is read again until its pages agree, or is an error."""
    sim.reset(edition="2024-08", instances=90, page_limit=50, sort_by_id=False, shuffle_ties=True)
    try:
        listed = client_of(sim).listing(INSTANCES)
    except ApiError as error:
        assert "kept changing" in error.message
    else:
        assert len({row["id"] for row in listed}) == 90


def test_the_older_key_of_a_list_is_understood() -> None:
    with serve_responses((200, {"instance_types": [{"id": "a"}]})) as server:
        assert client(server.url).listing(MACHINE_TYPES) == [{"id": "a"}]


@pytest.mark.parametrize("total", [True, False])
def test_too_large_pages_are_requested_smaller_without_losing_rows(total: bool) -> None:
    rows = Rows(130, 1000, total, [])

    def answer(handler: Handler, asked: ReceivedRequest) -> None:
        if int(parse_qs(urlsplit(asked.target).query)["_limit"][0]) > 50:
            handler.reply(200, b" " * 33_600_000)
        else:
            rows(handler, asked)

    with serve_responses(answer) as server:
        assert len(client(server.url).listing(INSTANCES)) == 130


def test_rows_too_large_for_any_page_are_an_error() -> None:
    with serve_responses((200, b" " * 33_600_000)) as server, pytest.raises(ApiError, match="larger than 32 MiB"):
        client(server.url).listing(INSTANCES)
    limits = [parse_qs(urlsplit(asked.target).query)["_limit"][0] for asked in server.asked]
    assert limits == ["1000", "250", "62", "50"]
