# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An API with any responses that a test sets, and modules that use it, on a clock that only moves when they wait."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from tests.faults.rows import ID, LISTS, ROWS
from tests.support.servers import Handler, ReceivedRequest, Server

# Values of all kinds in JSON, and values that only some parsers accept.
TEXTS = st.one_of(
    st.text(max_size=8), st.sampled_from(["", "..", "../v1/snapshots", "{{ x }}", "error", "x" * 5000, ID])
)
NUMBERS = st.one_of(st.integers(), st.floats(), st.sampled_from([0, -1, 2**63, 10**400, 1e308]))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=8,
)


class MissingKey:
    """A placeholder for a missing key."""

    def __repr__(self) -> str:
        return "missing"


GONE = MissingKey()


class Cloud:
    """A server with odd responses, with the attributes of a simulator that `tests.support.module.result` needs."""

    def __init__(self, server: Server) -> None:
        self.time = 1_795_000_000.0
        self.environment = {"MGC_API_URL": f"{server.url}/{{region}}/compute", "MGC_API_KEY": "key-that-nobody-may-see"}
        self.server = server

    def now(self) -> float:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += seconds


def value_paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Yield the paths of all values in a row, and the path of the row itself."""
    found = [path]
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        found += value_paths(item, (*path, key))
    return found


def replace_value(row: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return a copy of a row with another value at a path."""
    if not path:
        return {} if value is GONE else value
    row = copy.deepcopy(row)
    place = row
    for key in path[:-1]:
        place = place[key]
    if value is GONE:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return row


@st.composite
def odd_row(draw: Callable[[Any], Any], row: Any) -> Any:
    """Return a row in which a few values are replaced, missing or added."""
    for _change in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(value_paths(row)))
        row = replace_value(row, path, draw(st.one_of(st.just(GONE), VALUES)))
    return row


def answers(
    rows: dict[str, Any], wrap: Callable[[Any], Any] = lambda body: body, headers: dict[str, str] | None = None
) -> Callable[[Handler, ReceivedRequest], None]:
    """Return a function that answers all requests. `rows` has a row or a whole body by the end of a list's path."""

    def answer(handler: Handler, asked: ReceivedRequest) -> None:
        parts = asked.target.partition("?")[0].partition("/v1/")[2].split("/")
        kind = "custom" if parts[:2] == ["images", "custom"] else parts[0]
        row = rows.get(kind, ROWS.get(kind))
        if asked.method != "GET":
            return handler.reply(202, {"id": row.get("id") if isinstance(row, dict) else row})
        if parts[-1] == "init-logs":
            return handler.reply(200, wrap(rows.get("logs", {"logs": ["one"]})))
        if parts[-1] == "first-windows-password":
            return handler.reply(200, wrap(rows.get("password", {"instance": {"user": "admin", "password": "secret"}})))
        if parts[-1] not in (kind, "custom"):
            return handler.reply(200, wrap(row), headers)
        whole = isinstance(row, dict) and LISTS[kind] in row
        return handler.reply(200, wrap(row if whole else {LISTS[kind]: [row], "meta": {"page": {"total": 1}}}), headers)

    return answer


def is_result(given: dict[str, Any]) -> bool:
    """Return whether a module ended as modules must: with a result, or with an error message."""
    said = str(given)
    return (not given.get("failed") or bool(given.get("msg"))) and not re.search("Traceback|exception", said)
