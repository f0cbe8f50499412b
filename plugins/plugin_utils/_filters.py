# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters that decide which of the fetched instances become hosts, by their variables.

Instances that are gone become hosts only if a filter asks for them.
"""

from __future__ import annotations

import fnmatch
import typing as t

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import Refused
from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import PHASES, Row
from ansible_collections.magalu.cloud.plugins.module_utils._api.rows import dig, same_reference, same_zone

from ._entries import as_text
from ._names import suggest_name

Filter = dict[str, list[str]]
Value = t.Callable[[Row, str], t.Any]


def _text(field: str) -> Value:
    return lambda row, wanted: row.get(field) == wanted


def _reference(path: str) -> Value:
    return lambda row, wanted: same_reference(wanted, dig(row, path))


# The comparison of each filter with one of its values. Any of the values must match; of labels, all.
FILTERS: dict[str, Value] = {
    "state": _text("state"),
    "status": _text("status"),
    "phase": _text("phase"),
    "availability_zone": lambda row, wanted: same_zone(wanted, row.get("availability_zone"), row["region"]),
    "name": lambda row, wanted: fnmatch.fnmatchcase(str(row.get("name") or ""), wanted),
    "machine_type": _reference("machine_type"),
    "image": _reference("image"),
    "vpc": _reference("vpc"),
    "labels": lambda row, wanted: wanted in (row.get("labels") or []),
}


def filters(option: str, given: t.Any) -> Filter:
    """Return a checked filter; all of its values are lists.

    Raise `Refused` with the option and the value.
    """
    if not isinstance(given, dict):
        raise Refused(f"{option} is {as_text(given)}; it must be a mapping of {', '.join(FILTERS)}.")
    result: Filter = {}
    for key, value in given.items():
        if key not in FILTERS:
            raise Refused(
                f"{option}: {as_text(key)} is not a filter{suggest_name(key, FILTERS) or '.'} The filters are "
                f"{', '.join(FILTERS)}."
            )
        if value == []:
            continue  # an empty list counts as not given
        texts = value if isinstance(value, list) else [value]
        if not all(isinstance(text, str) and text for text in texts):
            raise Refused(f"{option}.{key} is {as_text(value)}; it must be a text or a list of texts.")
        unknown = [text for text in texts if key == "phase" and text not in PHASES]
        if unknown:
            raise Refused(f"{option}.{key} is {as_text(unknown[0])}; it must be one of {', '.join(PHASES)}.")
        result[str(key)] = [str(text) for text in texts]
    return result


def excludes(given: t.Sequence[t.Any]) -> tuple[Filter, ...]:
    """Return the checked filters of `exclude_filters`.

    An entry with an empty list as a value excludes nothing. Refuse an empty entry, which would exclude everything.
    """
    excluded = tuple(filters(f"exclude_filters[{number}]", each) for number, each in enumerate(given))
    for number, each in enumerate(given):
        if not each:
            raise Refused(f"exclude_filters[{number}] is {as_text(each)}, and would leave out every instance.")
    return tuple(filter for filter, each in zip(excluded, given) if [] not in each.values())


def is_gone(row: Row) -> bool:
    """Return whether an instance does not exist any more."""
    return bool(row["phase"] == "gone")


def wanted(row: Row, include: Filter, exclude: t.Sequence[Filter]) -> bool:
    """Return whether an instance becomes a host.

    All filters of `include` must match, and no entry of `exclude` may match with all of its filters.
    """
    if not include.keys() & {"state", "status", "phase"} and is_gone(row):
        return False
    return _matches(row, include) and not any(_matches(row, each) for each in exclude)


def _matches(row: Row, given: Filter) -> bool:
    for key, texts in given.items():
        hold = all if key == "labels" else any
        if not hold(FILTERS[key](row, text) for text in texts):
            return False
    return True
