# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Answers of a survey, in the types that the options of an argument spec require.

AWX passes texts; a variable in YAML may also be a number, a boolean or null; and a list may be a text.
"""

from __future__ import annotations

import re
import typing as t

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.magalu.cloud.plugins.module_utils._api.connection import is_blank
from ansible_collections.magalu.cloud.plugins.module_utils._api.resources import UUID

Option = t.Mapping[str, t.Any]
Options = t.Mapping[str, Option]

DIGITS = 15  # the most digits that a whole number may have
WHOLE = re.compile(rf"([+-]?[0-9]{{1,{DIGITS}}})([.]0*)?")
NUMBER = re.compile(rf"[+-]?([0-9]{{1,{DIGITS}}}([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{{1,2}})?")


class Format(t.NamedTuple):
    """A rule for a value, or for each element of a list, and its words for a message."""

    fits: t.Callable[[t.Any], bool]
    words: str


def _whole_match(pattern: str) -> t.Callable[[t.Any], bool]:
    return lambda value: bool(re.fullmatch(pattern, str(value), re.ASCII))


# An option's `format` -> the rule for its values, beyond its type.
FORMATS = {
    "positive": Format(lambda value: value > 0, "must be greater than 0"),
    "not_negative": Format(lambda value: value >= 0, "must not be less than 0"),
    "batch": Format(_whole_match("[1-9][0-9]*%?"), "must be a number from 1 on, or a percentage such as 25%"),
    "failures": Format(_whole_match("[0-9]+%?"), "must be a number, or a percentage such as 25%"),
    "ids": Format(lambda value: bool(UUID.fullmatch(value)), "must contain only ids (UUIDs)"),
    "regions": Format(_whole_match("[a-z0-9-]+"), "must be the name of a region, such as br-se1"),
    "prefix": Format(lambda value: not {"{", "}"} & set(value), "must not contain braces"),
}


_CHECKED = ("type", "elements", "choices", "required")  # the keys of an option that Ansible checks
# The type of an option -> the type of its values. Ansible also accepts values that it can convert, such as a list for
# a text.
TYPES: dict[str, tuple[t.Any, str]] = {
    "str": (str, "a text"),
    "path": (str, "a text"),
    "bool": (bool, "true or false"),
    "int": (int, f"a whole number of at most {DIGITS} digits"),
    "float": ((int, float), "a number"),
    "list": (list, "a list of texts without mappings"),
}


def typed_answers(given: t.Mapping[str, t.Any], options: Options) -> dict[str, t.Any]:
    """Return the values of these options: the given value, in the option's type, else the option's default.

    A blank value counts as not given, and an option without value and default is left out. A value that cannot be
    converted stays as it is, so that Ansible refuses it.
    """
    found = {}
    for name, option in options.items():
        value = given.get(name)
        if not _is_empty(value):
            value = _CONVERT.get(option.get("type", "str"), _unchanged)(value, option)
        value = option.get("default") if _is_empty(value) else value
        if value is not None:
            found[name] = value
    return found


def _is_empty(value: t.Any) -> bool:
    return is_blank(value) or value == []


def answer_errors(answers: t.Mapping[str, t.Any], options: Options) -> list[str]:
    """Return a sentence for each value that does not have the type or the format of its option."""
    errors = []
    for name, value in answers.items():
        option = options.get(name, {})
        kind, words = TYPES.get(option.get("type", ""), (None, ""))
        if kind and (not isinstance(value, kind) or any(isinstance(each, dict) for each in _flat(value))):
            errors.append(f"{name} is {_without_content(value)}; it must be {words}.")
            continue
        form = FORMATS.get(option.get("format", ""))
        values = value if isinstance(value, list) else [value]
        wrong = [each for each in values if form and not form.fits(each)]
        if form and wrong:
            quoted = ", ".join(map(repr, wrong))
            errors.append(f"{name} {'contains' if isinstance(value, list) else 'is'} {quoted}; it {form.words}.")
    return errors


def _without_content(value: t.Any) -> str:
    """Return the value for a message; only the type of a list or mapping, because user data holds secrets."""
    return "a list" if isinstance(value, list) else "a mapping" if isinstance(value, dict) else repr(value)


def spec_rules(spec: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return an argument spec without its texts, as Ansible checks it."""
    rules = {name: {key: option[key] for key in option if key in _CHECKED} for name, option in spec["options"].items()}
    return {**{key: value for key, value in spec.items() if key != "short_description"}, "options": rules}


def find_ids(value: t.Any) -> list[str]:
    """Return the ids (UUIDs) in a text or a list of texts, each once, in lower case."""
    texts = " ".join(map(str, _flat(value)))
    found = re.finditer(rf"(?<![\w-])(?:{UUID.pattern})(?![\w-])", texts, re.IGNORECASE | re.ASCII)
    return list(dict.fromkeys(each[0].lower() for each in found))


def split_texts(value: t.Any) -> list[str]:
    """Return the texts of a list, or of a text that separates them by commas or lines, each once."""
    pieces = (piece.strip() for each in _flat(value) for piece in re.split("[,\n]", str(each)))
    return list(dict.fromkeys(piece for piece in pieces if piece))


def _flat(value: t.Any) -> list[t.Any]:
    if isinstance(value, (list, tuple)):
        return [inner for each in value for inner in _flat(each)]
    return [] if value is None else [value]


def _unchanged(value: t.Any, option: Option) -> t.Any:
    return value


def _boolean(value: t.Any) -> bool | None:
    """Return the boolean that a value means, None if it is not a boolean."""
    try:
        return bool(boolean(value))
    except TypeError:
        return None


def _to_text(value: t.Any, option: Option) -> t.Any:
    """Return the text, stripped.

    YAML reads a choice such as `off` as a boolean: return the choice that means the same.
    """
    if isinstance(value, (list, dict)):
        return value
    text, choices = str(value).strip(), option.get("choices") or ()
    if text in choices or _boolean(text) is None:
        return text
    return next((choice for choice in choices if _boolean(choice) is _boolean(text)), text)


def _to_bool(value: t.Any, option: Option) -> t.Any:
    boolean = _boolean(value)
    return value if boolean is None else boolean


def _to_int(value: t.Any, option: Option) -> t.Any:
    """Return the number. A boolean, which Ansible would take for 0 or 1, becomes a text that Ansible refuses."""
    text = str(value).strip()
    whole = WHOLE.fullmatch(text)
    return int(whole[1]) if whole else text


def _to_float(value: t.Any, option: Option) -> t.Any:
    text = str(value).strip()
    return float(text) if NUMBER.fullmatch(text) else text


def _to_list(value: t.Any, option: Option) -> t.Any:
    """Return the list of texts; ids and regions may also be separated by spaces, and are in lower case."""
    if any(isinstance(each, dict) for each in _flat(value)):
        return value
    texts = split_texts(value)
    if option.get("format") in ("ids", "regions"):
        return list(dict.fromkeys(word for text in texts for word in text.lower().split()))
    return texts


_CONVERT: dict[str, t.Callable[[t.Any, Option], t.Any]] = {
    "str": _to_text, "path": _to_text, "bool": _to_bool, "int": _to_int, "float": _to_float, "list": _to_list,
}  # fmt: skip
