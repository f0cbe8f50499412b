# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report of a run, for an issue: as a Markdown page and as JSON, both without secrets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.acceptance.observations import Observations, redact
from tests.acceptance.questions import ANSWERED, AS_ASSUMED, DIFFERS, NOT_SEEN, QUESTIONS, verdict


class Row(NamedTuple):
    """A question with its answer."""

    key: str
    question: str
    assumed: str
    seen: str
    verdict: str


class Report(NamedTuple):
    """The contents of a report."""

    context: Mapping[str, str]  # region, versions, duration, number of instances
    rows: list[Row]
    targets: Mapping[str, str]  # target -> passed, failed, or not run
    notes: list[str]
    observations: Mapping[str, Any]


def answer_rows(seen: Observations) -> list[Row]:
    """Return every question with its answer from the observations."""
    rows = []
    for question in QUESTIONS:
        answer = question.answer(seen)
        rows.append(Row(question.key, question.text, question.assumed, answer.seen if answer else "-", verdict(answer)))
    return rows


def as_markdown(report: Report) -> str:
    """Return the report as a page."""
    lines = ["# Acceptance run of magalu.cloud", ""]
    lines += [f"- {name}: {value}" for name, value in report.context.items()]
    lines += ["", *table(("question", "assumed", "seen", "result"), [row[1:] for row in report.rows])]
    if report.targets:
        lines += ["", *table(("integration target", "result"), report.targets.items())]
    if report.notes:
        lines += ["", *(f"- {note}" for note in report.notes)]
    return "\n".join(lines) + "\n"


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """Return the lines of a Markdown table."""
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in (header, *rows)]
    lines = [f"| {' | '.join(row)} |" for row in cells]
    return [lines[0], "|" + " --- |" * len(cells[0]), *lines[1:]]


def as_text(report: Report) -> str:
    """Return the report for a terminal. Answers that differ come last, next to the prompt."""
    order = (NOT_SEEN, AS_ASSUMED, ANSWERED, DIFFERS)
    lines: list[str] = []
    for row in sorted(report.rows, key=lambda row: order.index(row.verdict)):
        lines += [f"{row.verdict:12}{row.question}", f"{'':12}assumed: {row.assumed}", f"{'':12}seen: {row.seen}"]
    lines += [f"{result:12}{target}" for target, result in report.targets.items()]
    return "\n".join([*lines, *report.notes])


def as_json(report: Report) -> str:
    """Return the report with all observations."""
    answers = {row.key: {"question": row.question, "assumed": row.assumed, "seen": row.seen, "result": row.verdict}
               for row in report.rows}  # fmt: skip
    parts = {"context": dict(report.context), "answers": answers, "targets": dict(report.targets), "notes": report.notes,
             "observations": report.observations}  # fmt: skip
    return json.dumps(parts, indent=2, sort_keys=False, ensure_ascii=False) + "\n"


def clean(value: Any, secrets: Iterable[str]) -> Any:
    """Return a value without secrets, ids, addresses and encoded data in its texts."""
    if isinstance(value, str):
        return redact(value, secrets)
    if isinstance(value, Mapping):
        return {redact(str(key), secrets): clean(item, secrets) for key, item in value.items()}
    return [clean(item, secrets) for item in value] if isinstance(value, (list, tuple)) else value


def without_secrets(report: Report, secrets: Iterable[str]) -> Report:
    """Return the report without secrets, to be published."""
    secrets = list(secrets)
    return Report(clean(report.context, secrets), [Row(*clean(row, secrets)) for row in report.rows],
                  clean(report.targets, secrets), clean(report.notes, secrets),
                  clean(report.observations, secrets))  # fmt: skip


def write(report: Report, folder: Path, secrets: Iterable[str]) -> tuple[Path, Path]:
    """Write both forms into a folder, without secrets, and return their paths."""
    shown = without_secrets(report, secrets)
    page, data = folder / "report.md", folder / "report.json"
    page.write_text(as_markdown(shown), encoding="utf-8")
    data.write_text(as_json(shown), encoding="utf-8")
    return page, data


def summary(rows: Iterable[Row]) -> str:
    """Describe the number of answers with each result."""
    verdicts = [row.verdict for row in rows]
    counts = {name: verdicts.count(name) for name in dict.fromkeys(verdicts) if name not in (DIFFERS, NOT_SEEN)}
    parts = [f"{count} {name}" for name, count in counts.items()]
    parts += [f"{verdicts.count(name)} {words}" for name, words in ((DIFFERS, "differ"), (NOT_SEEN, "not seen"))
              if name in verdicts]  # fmt: skip
    return f"{len(verdicts)} questions: " + ", ".join(parts)
