# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The API version is recognised from its responses, as is whether it sorts by id."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import ApiError
from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import (
    IMAGES,
    INSTANCES,
    MACHINE_TYPES,
    SNAPSHOTS,
)
from tests.support.clients import client, client_of
from tests.support.servers import Handler, ReceivedRequest, serve_responses


def query(request: dict[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in request["query"]:
        found.setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize("edition", ["2024", "2026"])
def test_the_first_list_shows_the_api_version(sim: Any, edition: str) -> None:
    sim.reset(edition=f"{edition}-08")
    api = client_of(sim)
    assert api.api_version is None
    api.listing(INSTANCES, "web")
    assert api.api_version == edition
    api.listing(INSTANCES, "web")
    first, second = sim.requests()
    assert query(first) == {
        "_limit": ["1000"],
        "_offset": ["0"],
        "name": ["web"],
        "_sort": ["created_at:asc,id:asc"],
        "expand": ["image", "machine-type", "network", "labels"],
    }
    assert first["headers"]["x-api-version"] == "1.1"
    old = edition == "2024"
    assert ("name" in query(second)) is not old
    assert ("labels" in query(second)["expand"]) is not old
    assert ("x-api-version" in second["headers"]) is not old


def test_after_a_refusal_of_the_2026_form_the_2024_form_is_used(sim: Any) -> None:
    sim.reset(edition="2024-08", strict_expand=True)
    row = sim.seed("instance")
    api = client_of(sim)
    assert api.get(INSTANCES, row["id"])["id"] == row["id"]
    assert api.api_version == "2024"
    assert [row["name"] for row in api.listing(INSTANCES)] == [row["name"]]
    assert [request["status"] for request in sim.requests()] == [400, 200, 200]


@pytest.mark.parametrize("word", ["name", "expand", "labels", "x-api-version"])
@pytest.mark.parametrize("status", [400, 422])
def test_a_refusal_of_any_part_of_the_2026_form_is_recognized(status: int, word: str) -> None:
    refusal = {"detail": [{"loc": ["query", word], "msg": "extra", "type": "extra"}]}
    with serve_responses((status, refusal), (200, {"instances": []})) as server:
        api = client(server.url)
        assert api.listing(INSTANCES, "web") == []
    assert api.api_version == "2024"
    assert len(server.asked) == 2


@pytest.mark.parametrize(("status", "message", "times"), [
    (400, "the tenant is suspended", 2), (422, "Unprocessable Entity", 2), (403, "labels", 1), (404, "name", 1),
    (409, "sort", 1), (500, "expand", 3),
])  # fmt: skip
@pytest.mark.parametrize("by_id", [False, True])
def test_other_refusals_say_nothing_about_the_api_version(status: int, message: str, times: int, by_id: bool) -> None:
    """A list that is refused in the older form, too, is an error for the user, and is not sent a third time."""
    with serve_responses((status, {"message": message})) as server:
        api = client(server.url)
        if not (by_id and status == 404):
            with pytest.raises(ApiError, match=message):
                api.get(INSTANCES, "web") if by_id else api.listing(INSTANCES, "web")
            assert len(server.asked) == times
    assert api.api_version is None and api.sortable_by_id


def test_a_known_api_version_is_not_given_up_for_a_refusal() -> None:
    """A refusal does not change a known API version; sorting by id may still be refused by another list."""
    good = (200, {"instances": [], "meta": {"page": {"total": 0}}})
    with serve_responses(good, (422, {"message": "name is odd"})) as server:
        api = client(server.url)
        api.listing(INSTANCES)
        with pytest.raises(ApiError, match="name is odd"):
            api.listing(INSTANCES, "x")
        with pytest.raises(ApiError, match="name is odd"):
            api.get(INSTANCES, "x")
    assert api.api_version == "2026"
    assert len(server.asked) == 1 + 2 + 1
    assert all("name=x" in asked.target and "labels" in asked.target for asked in server.asked[1:3])


PARTS = {"sort": "id%3Aasc", "labels": "expand=labels", "name": "name=web", "version": "x-api-version"}


@pytest.mark.parametrize("body", [{"message": "Unprocessable Entity", "slug": "x"}, b"<html>no</html>", b"", {}])
@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize(("refused", "meta"), [
    (["sort"], True), (["sort"], False), (["labels"], False), (["name"], False), (["version"], False),
    (["sort", "version"], False), (list(PARTS), False),
])  # fmt: skip
def test_a_refusal_needs_no_words(refused: list[str], status: int, body: Any, meta: bool) -> None:
    """A refusal needs no words, as behind a rewriting gateway: the response to the older form shows the cause."""
    found = {"instances": [{"id": "1", "name": "web"}], **({"meta": {"page": {"total": 1}}} if meta else {})}

    def answer(handler: Handler, asked: ReceivedRequest) -> None:
        whole = asked.target + "".join(asked.headers)
        if any(PARTS[part] in whole for part in refused):
            handler.reply(status, body)
        else:
            handler.reply(200, found if "?_limit" in asked.target else found["instances"][0])

    with serve_responses(answer) as server:
        api = client(server.url)
        assert [api.listing(INSTANCES, "web") for _time in range(2)] == [found["instances"]] * 2
        assert api.get(INSTANCES, "1")
    assert len(server.asked) == 4, "the first was refused, and none after it"
    assert api.api_version == ("2026" if meta else "2024")
    assert not api.sortable_by_id


@pytest.mark.parametrize("part", ["labels", "version"])
def test_a_read_by_id_in_the_older_form(part: str) -> None:
    def answer(handler: Handler, asked: ReceivedRequest) -> None:
        refused = PARTS[part] in asked.target + "".join(asked.headers)
        handler.reply(*((400, b"") if refused else (200, {"id": "1", "name": "web"})))

    with serve_responses(answer) as server:
        api = client(server.url)
        assert api.get(INSTANCES, "1") and api.get(INSTANCES, "1")
    assert len(server.asked) == 3
    assert api.api_version == "2024" and api.sortable_by_id


def test_the_form_between_the_two_is_known_by_its_labels(sim: Any) -> None:
    """The form between the API versions has labels but no total; labels are read by id after lists without them."""
    sim.reset(edition="2025-05")
    row = sim.seed("instance", labels=["web"])
    api = client_of(sim)
    assert api.listing(INSTANCES, row["name"])[0]["labels"] == ["web"]
    assert api.api_version == "2025"
    assert api.listing(SNAPSHOTS) == []
    assert api.get(INSTANCES, row["id"])["labels"] == ["web"]
    assert api.api_version == "2025"
    assert [request["status"] for request in sim.requests()] == [200, 200, 200]


def test_api_versions_are_remembered_by_region(sim: Any) -> None:
    sim.reset(edition="2026-08", editions={"br-ne1": "2024-08"})
    here = client_of(sim)
    there = here.client_for("br-ne1")
    for api in (here, there):
        api.listing(INSTANCES)
    assert (here.api_version, there.api_version) == ("2026", "2024")
    assert [request["region"] for request in sim.requests()] == ["br-se1", "br-ne1"]
    assert sim.requests()[1]["headers"]["x-api-key"] == "simulator"


def test_only_reads_of_instances_name_a_version(sim: Any) -> None:
    api = client_of(sim)
    for resource in (INSTANCES, SNAPSHOTS, IMAGES, MACHINE_TYPES):
        api.listing(resource)
    api.get(INSTANCES, sim.seed("instance")["id"])
    api.get(SNAPSHOTS, sim.seed("snapshot")["id"])
    versions = [request["headers"].get("x-api-version") for request in sim.requests()]
    assert versions == ["1.1", None, None, None, "1.1", None]


@pytest.mark.parametrize("edition", ["2024-08", "2026-08"])
def test_where_id_does_not_sort_the_lists_do_without(sim: Any, edition: str) -> None:
    sim.reset(edition=edition, sort_by_id=False, instances=120, page_limit=50)
    api = client_of(sim)
    assert len(api.listing(INSTANCES)) == 120
    assert len(api.listing(MACHINE_TYPES)) > 50
    statuses = [request["status"] for request in sim.requests()]
    assert statuses.count(422) == 1
    assert {query(request)["_sort"][0] for request in sim.requests()[1:]} == {
        "created_at:asc",
        MACHINE_TYPES.sort,
    }


@pytest.mark.parametrize("word", ["_sort", "labels"])
def test_two_lists_at_once_may_both_be_refused(word: str) -> None:
    """Two lists that are sent at once are both refused, and each one falls back by itself."""
    both = threading.Barrier(2, timeout=10)

    def answer(handler: Handler, asked: ReceivedRequest) -> None:
        if word in asked.target and (word != "_sort" or "id%3Aasc" in asked.target):
            both.wait()
            handler.reply(422, {"message": f"{word} is refused"})
        else:
            handler.reply(200, {"instances": []})

    with serve_responses(answer) as server, ThreadPoolExecutor(2) as pool:
        api = client(server.url)
        assert list(pool.map(api.listing, (INSTANCES, INSTANCES))) == [[], []]
    assert len(server.asked) == 4
