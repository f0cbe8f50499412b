# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Parts of sentences: numbers with their nouns, lists of words, and the names of resources."""

from __future__ import annotations

import typing as t

Row = t.Mapping[str, t.Any]
PLURALS = {"is": "are", "was": "were", "has": "have", "copy": "copies", "public address": "public addresses"}


def agree(number: int, word: str) -> str:
    """Return the noun or verb in the form that goes with the number: 1 copy, 2 copies; 1 was, 2 were."""
    return word if number == 1 else PLURALS.get(word, f"{word}s")


def counted(number: int, noun: str, verb: str = "") -> str:
    """Return a number with its noun and a verb that agrees: no copies, 1 copy has, 2 copies have."""
    words = [agree(number, word) for word in (noun, verb) if word]
    return " ".join((str(number or "no"), *words))


def capitalized(text: str) -> str:
    """Return the text with a capital letter at its beginning."""
    return text[:1].upper() + text[1:]


def totals(*numbers: tuple[int, str], none: str = "") -> str:
    """Return the numbers with their words, without the zeros: 3 created, 1 failed. If all are zero, return `none`."""
    return ", ".join(f"{number} {words}" for number, words in numbers if number) or none


def matching(number: int, noun: str = "instance") -> str:
    """Return the beginning of a sentence: 3 instances match, 1 instance matches, No instances match."""
    return f"{capitalized(counted(number, noun))} {'matches' if number == 1 else 'match'}"


def would_be(done: str, number: int, check_mode: bool) -> str:
    """Return what was done to so many resources, or would be: was deleted, were deleted, would be deleted."""
    return f"would be {done}" if check_mode else f"{agree(number, 'was')} {done}"


def listed(words: t.Iterable[t.Any], last: str = "and") -> str:
    """Return the words as a list in a sentence: a, b and c."""
    texts = [str(word) for word in words]
    return f" {last} ".join(filter(None, (", ".join(texts[:-1]), *texts[-1:])))


def label_of(row: Row) -> str:
    """Return the name of a resource; its id if it has no name."""
    return str(row.get("name") or row.get("id") or "")


def labels_of(rows: t.Iterable[Row]) -> list[str]:
    """Return the names of the resources, sorted."""
    return sorted(map(label_of, rows))
