# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The journal of a run has all its resources, wherever the run ended."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.cleaning import is_of_a_run
from tests.acceptance.journal import CREATED, CREATING, FOUND, Journal, new_run_name, read_events, recorded_ids

ID = "9EC75090-2872-4f51-8111-53d05d96d2c6"


def test_a_journal_is_read_again_by_the_next_process(tmp_path: Path) -> None:
    path = tmp_path / "run/journal.jsonl"
    notes = Journal(path)
    notes.write(CREATING, kind="instance", name="a")
    notes.write(CREATED, kind="instance", name="a", id=ID)
    assert Journal(path).made == notes.made
    assert notes.made.is_own(ID)
    assert recorded_ids(tmp_path) == {ID.lower()}


def test_an_incomplete_last_line_is_ignored(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    Journal(path).write(CREATING, kind="instance", name="a")
    with open(path, "a", encoding="utf-8") as file:
        file.write('{"event": "crea')
    made = Journal(path).made
    assert [resource.name for resource in made.unresolved] == ["a"]
    assert made.known == {}
    assert read_events(tmp_path / "none") == []


def test_a_lost_creation_stays_open_until_it_is_found(tmp_path: Path) -> None:
    notes = Journal(tmp_path / "journal.jsonl")
    for _twice in range(2):
        notes.write(CREATING, kind="instance", name="a")
    notes.write(FOUND, kind="instance", name="a", id=ID)
    assert len(notes.made.unresolved) == 1
    assert notes.made.has_name("a")
    assert notes.made.creations == 2


def test_names_of_runs_are_distinguished_from_similar_names() -> None:
    run = new_run_name()
    assert run != new_run_name()
    for name in (run, f"{run}-first", f"{run}-Capital Letters", f"{run}-bcdfghjk-a"):
        assert is_of_a_run(name)
    similar: list[str | None] = [None, "mgc-acceptance", "mgc-acceptance-web", "mgc-acceptance-database"]
    similar += ["mgc-acceptance-bcdfghjkm", "mgc-acceptance-web-01-old", "mgc-acceptance-bcdfghj1-first"]
    similar += ["my-" + run, run.upper(), run + "x", run + "_x"]
    for other in similar:
        assert not is_of_a_run(other), other
