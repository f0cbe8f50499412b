# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A page that shows when each member of a fleet was requested, moved, and settled. Imported only where one is wanted.

One file of HTML without a script, which needs nothing else; what the API or a declaration says is escaped in it.
"""

from __future__ import annotations

import time
import typing as t
from html import escape

from ansible.module_utils.basic import AnsibleModule

from ._fleet_page import STYLE
from ._fleet_progress import (
    FAILED,
    MOVES,
    PHASES,
    REQUESTED,
    SETTLED,
    WAITING,
    One,
    Standing,
    Watcher,
    called,
    standings,
)

WIDTH = 1000  # of a timeline, in units of its own
SHORTEST = 3  # of a bar
POINTS = 240  # of the overview
FEW = 12  # members that need none
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
# Where a phase's bar begins, and how high it is, of 12: what is at rest is thin.
_BARS = {WAITING: (5, 2), REQUESTED: (1, 10), MOVES: (1, 10), SETTLED: (5, 2), FAILED: (4, 4)}
_WAITS = Standing(WAITING, WAITING)
_STACKED = (SETTLED, MOVES, REQUESTED, WAITING, FAILED)  # from the bottom of the overview


class Span(t.NamedTuple):
    """Where a member stood from a time on, in seconds from the start."""

    at: float
    standing: Standing


class Line(t.NamedTuple):
    """A member, and what became of it."""

    name: str
    spans: list[Span]
    did: str
    error: str


class Report(Watcher):
    """Notes where the members stand, round by round, and writes the page."""

    def __init__(self, module: AnsibleModule, ones: t.Sequence[One], now: t.Callable[[], float]) -> None:
        self.module, self.path, self.ones, self.now = module, module.params["report"], ones, now
        self.start, self.began = now(), time.time()
        self.past = [[Span(0, _WAITS)] for _one in ones]

    def watch(self, now: float) -> None:
        for number, standing in enumerate(standings(self.ones)):
            if number == len(self.past):  # what is pruned comes later
                self.past.append([Span(now - self.start, _WAITS)])
            spans = self.past[number]
            if spans[-1].standing[:3] != standing[:3]:
                at = now if standing.at is None else standing.at
                spans.append(Span(max(at - self.start, spans[-1].at), standing))

    def end(self, results: list[dict[str, t.Any]], totals: dict[str, int], error: str) -> None:
        """Writes the page; where that is not possible, a warning says so, since all else is done."""
        self.watch(self.now())
        lines = [
            Line(
                result["name"], spans, ", ".join(step["action"] for step in result["actions"]), result.get("msg") or ""
            )
            for result, spans in zip(results, self.past)
        ]
        began = time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(self.began))
        text = page(lines, totals, self.now() - self.start, began, error)
        try:
            with open(self.path, "w", encoding="utf-8", errors="replace") as file:
                file.write(text)
        except OSError as failure:
            self.module.warn(f"The report cannot be written to {self.path}: {failure.strerror}.")


def page(lines: list[Line], totals: dict[str, int], seconds: float, began: str, error: str = "") -> str:
    """The page for so many seconds from `began` on."""
    title = escape(f"Fleet {called([line.name for line in lines])}".strip())
    whole = max(seconds, 0.1)
    step = next((step for step in _STEPS if whole / step <= 8), _STEPS[-1])
    rows = [_row(number, line, whole) for number, line in enumerate(lines)]
    if len(lines) > FEW:
        rows.insert(0, _overview(lines, whole))
    parts = [
        "<!doctype html>",
        "<html lang=en><head><meta charset=utf-8><meta name=viewport content='width=device-width'>",
        f"<link rel=icon href='data:,'><title>{title}</title><style>{STYLE}</style></head>",
        f"<body><main><h1>{title}</h1><p class=when>{escape(began)}, {duration(seconds)}</p>",
        _totals(totals),
        _errors(lines, error),
        _legend(),
        f"<table style='--step:{100 * step / whole:.4f}%'><thead><tr><th>Member<th>Done<th>Time",
        f"<th class=axis><div>{_axis(whole, step)}</div></thead><tbody>",
        *rows,
        "</tbody></table></main></body></html>\n",
    ]
    return "\n".join(parts)


def duration(seconds: float) -> str:
    """In words, as exact as people want it."""
    if seconds < 10:
        return f"{round(seconds, 1):g} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "min"), (rest, "s"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count)


def _totals(totals: dict[str, int]) -> str:
    items = (f"<li class='{name}{'' if count else ' none'}'><b>{count:,}</b> {name}" for name, count in totals.items())
    return f"<ul class=totals>{''.join(items)}</ul>"


def _errors(lines: list[Line], error: str) -> str:
    failed = [(number, line) for number, line in enumerate(lines) if line.error]
    items = [f"<li>{escape(error)}</li>"] if error else []
    items += [f"<li><a href=#m{number}>{escape(line.name)}</a> {escape(line.error)}</li>" for number, line in failed]
    if not items:
        return ""
    is_open = " open" if len(items) <= 10 else ""
    return f"<details class=errors{is_open}><summary>{len(items):,} failed</summary><ul>{''.join(items)}</ul></details>"


def _legend() -> str:
    marks = "".join(f"<li><svg viewBox='0 0 24 12'>{_bar(phase, 0, 24)}</svg>{phase}</li>" for phase in PHASES)
    return f"<ul class=legend>{marks}</ul>"


def _bar(phase: str, begin: float, width: float, title: str = "") -> str:
    top, height = _BARS[phase]
    shape = f'<rect class="{phase}" x="{begin:g}" y="{top}" width="{width:g}" height="{height}"'
    return f"{shape}><title>{escape(title)}</title></rect>" if title else f"{shape}/>"


def _axis(whole: float, step: float) -> str:
    ticks = range(int(whole / step) + 1)
    return "".join(
        f'<span style="left:{100 * tick * step / whole:.4f}%">{duration(tick * step) if tick else 0}</span>'
        for tick in ticks
    )


def _row(number: int, line: Line, whole: float) -> str:
    """A member: each of its spans is a bar, up to where the next begins; none is too short to be seen."""
    ends = [*(span.at for span in line.spans[1:]), whole]
    bars, done = [], 0.0
    for span, end in zip(line.spans, ends):
        standing = span.standing
        if standing.phase == WAITING and end == span.at:
            continue
        begin = min(max(WIDTH * span.at / whole, done), WIDTH - SHORTEST)
        done = max(WIDTH * end / whole, begin + SHORTEST)
        status = f" ({standing.status})" if standing.status else ""
        title = f"{duration(span.at)}: {standing.word}{status}, {duration(end - span.at)}"
        bars.append(_bar(standing.phase, round(begin, 1), round(done - begin, 1), title))
    last = line.spans[-1]
    time_of = duration(last.at) if last.standing.phase in (SETTLED, FAILED) else last.standing.phase
    failed = ' class="failed"' if line.error else ""
    name = escape(line.name)
    return (
        f'<tr id="m{number}"{failed}><th scope=row title="{name}">{name}<td>{escape(line.did) or "-"}<td>{time_of}'
        f'<td class=line><svg viewBox="0 0 {WIDTH} 12" preserveAspectRatio=none>{"".join(bars)}</svg>'
    )


def _overview(lines: list[Line], whole: float) -> str:
    """How many members stood where, over time."""
    changes: list[tuple[float, str, int]] = []
    for line in lines:
        for before, span in zip([None, *line.spans], line.spans):
            changes.append((span.at, span.standing.phase, 1))
            if before:
                changes.append((span.at, before.standing.phase, -1))
    changes.sort(key=lambda change: change[0])
    counts, columns, done = dict.fromkeys(PHASES, 0), [], 0
    for point in range(POINTS + 1):
        while done < len(changes) and changes[done][0] <= whole * point / POINTS:
            counts[changes[done][1]] += changes[done][2]
            done += 1
        columns.append(dict(counts))
    below, areas = [0] * len(columns), []
    for phase in _STACKED:
        above = [low + column[phase] for low, column in zip(below, columns)]
        there = [f"{WIDTH * point / POINTS:g},{len(lines) - high}" for point, high in enumerate(above)]
        back = [f"{WIDTH * point / POINTS:g},{len(lines) - low}" for point, low in enumerate(below)]
        if above != below:
            areas.append(
                f'<polygon class="{phase}" points="{" ".join(there + back[::-1])}"><title>{phase}</title></polygon>'
            )
        below = above
    return (
        f"<tr class=all><th scope=row>All<td><td>{duration(whole)}<td class=line><svg role=img aria-label='How many "
        f"members stood where, over time' viewBox='0 0 {WIDTH} {len(lines)}' preserveAspectRatio=none>{''.join(areas)}</svg>"
    )
