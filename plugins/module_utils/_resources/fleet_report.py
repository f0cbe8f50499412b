# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report of a fleet: an HTML page."""

from __future__ import annotations

import re
import time
import typing as t
from html import escape

from .fleet_progress import (
    FAILED,
    MOVES,
    PHASES,
    REQUESTED,
    SETTLED,
    WAITING,
    Standing,
    Watched,
    Watcher,
    list_standings,
    name_of_watched,
)

STYLE = """
:root { color-scheme: light dark; --page: #fbfbfa; --text: #22272e; --quiet: #68707b; --grid: #e9eaec; --hover: #f1f2f4;
  --waiting: #d3d7dc; --requested: #dfa83f; --moving: #5a8fd0; --settled: #4ea077; --failed: #cb463c }
@media (prefers-color-scheme: dark) { :root { --page: #15181d; --text: #dfe3e8; --quiet: #8d96a2; --grid: #262b33;
  --hover: #1d2229; --waiting: #3c434e; --requested: #c3913a; --moving: #4d80bf; --settled: #479a70;
  --failed: #e0625a } }
body { margin: 0; background: var(--page); color: var(--text); font: 14px/1.45 system-ui, sans-serif }
main { max-width: 1200px; margin: 0 auto; padding: 32px 24px 64px }
h1 { margin: 0; font-size: 24px; font-weight: 600; overflow-wrap: anywhere }
.when { margin: 2px 0 20px; color: var(--quiet) }
ul { list-style: none; margin: 0; padding: 0 }
.totals { display: flex; flex-wrap: wrap; gap: 8px 32px; margin-bottom: 20px; color: var(--quiet) }
.totals b { display: block; font-size: 22px; font-weight: 600; line-height: 1.2; color: var(--text) }
.totals .none b { color: var(--quiet); font-weight: 400 }
.totals .failed:not(.none) b, .failed th, .errors summary { color: var(--failed) }
.errors { margin-bottom: 20px; padding: 8px 14px; border-left: 3px solid var(--failed); background: var(--hover) }
.errors summary { font-weight: 600; cursor: pointer }
.errors li { margin-top: 6px; overflow-wrap: anywhere }
.errors a { color: inherit; font-weight: 600 }
.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; margin-bottom: 8px; color: var(--quiet) }
.legend svg { width: 24px; height: 12px; margin-right: 6px; vertical-align: -1px }
.waiting { fill: var(--waiting) } .requested { fill: var(--requested) } .moving { fill: var(--moving) }
.settled { fill: var(--settled) } .failed { fill: var(--failed) }
table { width: 100%; table-layout: fixed; border-collapse: collapse }
thead th { position: sticky; top: 0; z-index: 1; background: var(--page); color: var(--quiet); font-weight: 400 }
th, td { padding: 1px 12px 1px 0; text-align: left; white-space: nowrap; overflow: hidden; text-overflow: ellipsis }
th { width: 18%; font-weight: 500 } th:nth-child(2) { width: 12% } th:nth-child(3) { width: 9% } .axis { width: auto }
td { color: var(--quiet) }
th:nth-child(3), td:nth-child(3) { padding-right: 24px; text-align: right; font-variant-numeric: tabular-nums }
tbody tr:hover, tr:target { background-color: var(--hover) }
.axis, .line { padding-right: 0 }
.axis div { position: relative; height: 20px; margin-right: 44px }
.axis span { position: absolute; padding-left: 4px; border-left: 1px solid var(--grid) }
.line { padding-right: 44px }
.line svg { display: block; width: 100%; height: 14px;
  background: linear-gradient(to right, var(--grid) 1px, transparent 1px) 0 0 / var(--step) 100% }
.all th, .all td { padding-bottom: 10px; vertical-align: top } .all .line svg { height: 110px }
@media (max-width: 640px) { th { width: 34% } th:nth-child(2), td:nth-child(2) { display: none }
  th:nth-child(3) { width: 18% } .axis span:nth-child(n + 2):not(:last-child) { display: none } }
"""
WIDTH = 1000  # of a timeline, in SVG units
SHORTEST = 3  # width of a bar, so that it can be seen
POINTS = 240  # points in time that the overview shows
FEW_NAMES = 3  # beginnings of names that stand in the title
FEW = 12  # members up to which there is no overview
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
# The top and the height of each phase's bar, of 12 units: members that are at rest get a thin bar.
_BARS = {WAITING: (5, 2), REQUESTED: (1, 10), MOVES: (1, 10), SETTLED: (5, 2), FAILED: (4, 4)}
_WAITS = Standing(WAITING, WAITING)
_STACKED = (SETTLED, MOVES, REQUESTED, WAITING, FAILED)  # in the overview, from bottom to top


class Span(t.NamedTuple):
    """A member's progress and when it began, in seconds from the start."""

    at: float
    standing: Standing


class Line(t.NamedTuple):
    """A member, with its progress over time, its actions and its error."""

    name: str
    spans: list[Span]
    did: str
    error: str


class Report(Watcher):
    """A watcher that records the members' progress and writes the page at the end."""

    def __init__(
        self, path: str, members: t.Sequence[Watched], warn: t.Callable[[str], object], now: t.Callable[[], float],
        region: str,
    ) -> None:  # fmt: skip
        self.path, self.members, self.warn, self.now, self.region = path, members, warn, now, region
        self.start, self.began = now(), time.time()
        self.past = [[Span(0, _WAITS)] for _one in members]

    def watch(self, now: float) -> None:
        """Record the members whose progress has changed."""
        for number, standing in enumerate(list_standings(self.members)):
            if number == len(self.past):  # members to prune are added after the others have finished
                self.past.append([Span(now - self.start, _WAITS)])
            spans = self.past[number]
            if spans[-1].standing[:3] != standing[:3]:
                at = now if standing.at is None else standing.at
                spans.append(Span(max(at - self.start, spans[-1].at), standing))

    def end(self, results: list[dict[str, t.Any]], totals: dict[str, int], error: str) -> None:
        """Write the page.

        If that fails, only warn, because the work on the instances is done.
        """
        self.watch(self.now())
        lines = [
            Line(
                result["name"], spans, ", ".join(step["action"] for step in result["actions"]), result.get("msg") or ""
            )
            for result, spans in zip(results, self.past)
        ]
        began = time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(self.began))
        text = report_page(lines, totals, self.now() - self.start, began, self.region, error)
        try:
            with open(self.path, "w", encoding="utf-8", errors="replace") as file:
                file.write(text)
        except OSError as failure:
            self.warn(f"The report cannot be written to {self.path}: {failure.strerror}.")


def report_page(
    lines: list[Line], totals: dict[str, int], seconds: float, began: str, region: str, error: str = ""
) -> str:
    """Return the page for a run of so many seconds that started at `began`."""
    title = escape(f"Fleet {fleet_name([line.name for line in lines])} in {region}")
    whole = max(seconds, 0.1)
    step = next((step for step in _STEPS if whole / step <= 8), _STEPS[-1])
    rows = [_member_row(number, line, whole) for number, line in enumerate(lines)]
    if len(lines) > FEW:
        rows.insert(0, _overview(lines, whole))
    parts = [
        "<!doctype html>",
        "<html lang=en><head><meta charset=utf-8><meta name=viewport content='width=device-width'>",
        f"<link rel=icon href='data:,'><title>{title}</title><style>{STYLE}</style></head>",
        f"<body><main><h1>{title}</h1>",
        f"<p class=when>The run started at {escape(began)} and took {format_duration(seconds)}.</p>",
        _totals(totals),
        _errors(lines, error),
        _legend(),
        f"<table style='--step:{100 * step / whole:.4f}%'><thead><tr><th>Member<th>Done<th>Time",
        f"<th class=axis><div>{_axis(whole, step)}</div></thead><tbody>",
        *rows,
        "</tbody></table></main></body></html>\n",
    ]
    return "\n".join(parts)


def fleet_name(names: list[str]) -> str:
    """Return the common beginning of the names, else their few beginnings, else the number of members."""
    common = name_of_watched(names)
    if common:
        return common
    beginnings = sorted({re.split(r"[\W\d_]", name)[0] for name in names} - {""})
    return ", ".join(beginnings) if 0 < len(beginnings) <= FEW_NAMES else f"of {len(names):,}"


def format_duration(seconds: float) -> str:
    """Return the duration (seconds) in words.

    It is exact to a tenth of a second up to 10 s, else to the second.
    """
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
    whole = [f"<li>{escape(error)}</li>"] if error else []
    items = [f"<li><a href=#m{number}>{escape(line.name)}</a> {escape(line.error)}</li>" for number, line in failed]
    if not whole and not items:
        return ""
    is_open = " open" if len(items) <= 10 else ""
    members = f"{len(items):,} member{'' if len(items) == 1 else 's'} failed."
    summary = " ".join(["The task failed."] * len(whole) + [members] * bool(items))
    return f"<details class=errors{is_open}><summary>{summary}</summary><ul>{''.join(whole + items)}</ul></details>"


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
        f'<span style="left:{100 * tick * step / whole:.4f}%">{format_duration(tick * step) if tick else 0}</span>'
        for tick in ticks
    )


def _member_row(number: int, line: Line, whole: float) -> str:
    """Return the table row of a member.

    Each span is a bar that ends where the next span begins; no bar is too short to be seen.
    """
    ends = [*(span.at for span in line.spans[1:]), whole]
    bars, done = [], 0.0
    for span, end in zip(line.spans, ends):
        standing = span.standing
        if standing.phase == WAITING and end == span.at:
            continue
        begin = min(max(WIDTH * span.at / whole, done), WIDTH - SHORTEST)
        done = max(WIDTH * end / whole, begin + SHORTEST)
        status = f" ({standing.status})" if standing.status else ""
        title = f"{format_duration(span.at)}: {standing.word}{status}, {format_duration(end - span.at)}"
        bars.append(_bar(standing.phase, round(begin, 1), round(done - begin, 1), title))
    last = line.spans[-1]
    time_of = format_duration(last.at) if last.standing.phase in (SETTLED, FAILED) else last.standing.phase
    failed = ' class="failed"' if line.error else ""
    name, did = escape(line.name), escape(line.did) or "unchanged"
    return (
        f'<tr id="m{number}"{failed}><th scope=row title="{name}">{name}<td>{did}<td>{time_of}'
        f'<td class=line><svg viewBox="0 0 {WIDTH} 12" preserveAspectRatio=none>{"".join(bars)}</svg>'
    )


def _overview(lines: list[Line], whole: float) -> str:
    """Return the table row that shows how many members were in each phase over time."""
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
        f"<tr class=all><th scope=row>All<td><td>{format_duration(whole)}<td class=line><svg role=img aria-label='How "
        "many "
        f"members stood where, over time' viewBox='0 0 {WIDTH} {len(lines)}' "
        f"preserveAspectRatio=none>{''.join(areas)}</svg>"
    )
