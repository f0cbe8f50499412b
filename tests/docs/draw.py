# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The pictures of the page Architecture, drawn from the code: the layers, and the states of an instance.

`python -m tests.docs.draw` writes them; a test compares them.
"""

from __future__ import annotations

import importlib
import textwrap
from html import escape
from typing import Any

from tests.conftest import ROOT

FOLDER = ROOT / "docs/docsite/images"
API = "ansible_collections.magalu.cloud.plugins.module_utils._api"
STYLE = """
  text { font: 14px system-ui, sans-serif; fill: #22272e; text-anchor: middle }
  .left { text-anchor: start } .end { text-anchor: end } .quiet { fill: #68707b; font-size: 12px } .bold { font-weight: 600 }
  rect { fill: #fff; stroke: #68707b } .failed { stroke: #b8342b } .gone { stroke-dasharray: 4 3 } .layer { fill: #f4f6f8; stroke: #c9ced4 }
  path { fill: none; stroke: #2f6db3; stroke-width: 1.5; marker-end: url(#tip) } .failure { stroke: #b8342b } marker path { fill: #2f6db3; stroke: none }
"""
TIP = (
    '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<path d="M0 0 L8 4 L0 8 z"/></marker>'
)

# From the top down: a layer, its purpose, and the folders of its files below plugins/.
LAYERS: list[tuple[str, str, tuple[str, ...]]] = [
    ("modules, inventory", "documentation, a main of a few lines", ("modules", "inventory")),
    ("_module.py, plugin_utils", "what Ansible gives, and what it gets: options, check mode, results; hosts and groups",
     ("module_utils", "plugin_utils")),
    ("_resources", "a file for each kind: how it is read, and the task that is made of it", ("module_utils/_resources",)),
    ("_engine", "the only code that sends changes, and the only code that waits", ("module_utils/_engine",)),
    ("_plan", "pure functions of current state, desired state, and the history of this run", ("module_utils/_plan",)),
    ("_api", "the API as data, reading, and HTTP", ("module_utils/_api",)),
]  # fmt: skip
WIDTH, LINE, GAP = 760, 18, 24


def files_of(number: int) -> list[str]:
    """Return the names of a layer's files."""
    folders = [ROOT / "plugins" / folder for folder in LAYERS[number][2]]
    return sorted(path.stem for folder in folders for path in folder.glob("*.py") if path.stem != "__init__")


def text(x: float, y: float, words: str, kind: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}"{f" class={kind!r}" if kind else ""}>{escape(words)}</text>'.replace("'", '"')


def svg(width: int, height: int, title: str, parts: list[str]) -> str:
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n<defs>{TIP}</defs>\n"
        f'<rect width="{width}" height="{height}" style="stroke: none"/>\n{body}\n</svg>\n'
    )


def layers() -> str:
    """Draw the layers, with the files of each."""
    parts, top = [], 8
    for number, (title, what, _names) in enumerate(LAYERS):
        lines = textwrap.wrap(", ".join(file.removeprefix("_") for file in files_of(number)), 100)
        height = 56 + LINE * len(lines)
        if number:
            parts.append(f'<path d="M{WIDTH / 2:g} {top} V{top + GAP - 2}"/>')
            top += GAP
        parts += [
            f'<rect class="layer" x="8" y="{top}" width="{WIDTH - 16}" height="{height}" rx="8"/>',
            text(24, top + 22, title, "left bold"), text(24, top + 42, what, "left"),
            *(text(24, top + 44 + LINE * row, line, "left quiet") for row, line in enumerate(lines, 1)),
        ]  # fmt: skip
        top += height
    return svg(WIDTH, top + 8, "The layers of the collection", parts)


# The positions of the states: the middles of their boxes.
PLACES = {
    "new": (90, 80),
    "running": (370, 80),
    "stopped": (660, 80),
    "suspended": (370, 260),
    "error": (90, 260),
    "deleted": (660, 260),
}
BOX_WIDTH, BOX_HEIGHT = 128, 48


def states() -> str:
    """Draw the states and the actions between them, from the tables and rules of `_api`."""
    api: Any = importlib.import_module(f"{API}.resources")
    rules: Any = importlib.import_module(f"{API}.statuses")
    ways = dict(api.POWER)
    made = rules.settled_row({"state": "new", "status": "creating"})["state"]
    assert rules.status_class({"state": "new", "status": "creating_error"}) == api.CREATION_FAILED
    assert rules.status_class({"state": "deleted", "status": "completed"}) == api.GONE
    parts = [
        arrow("new", made, "created"),
        arrow("new", "error", "creation fails", "failure"),
        arrow("stopped", "deleted", "delete, from every state"),
    ]
    parts += [arrow(*way, verbs[0]) for way, verbs in ways.items() if len(verbs) == 1]
    x, y = PLACES[api.POWER_STATE["reboot"]]
    parts += [
        f'<path d="M{x - 20} {y - 24} C{x - 40} {y - 70} {x + 40} {y - 70} {x + 20} {y - 26}"/>',
        text(x, y - 62, "reboot"),
    ]
    for state, (x, y) in PLACES.items():
        kind = {"error": ' class="failed"', "deleted": ' class="gone"'}.get(state, "")
        parts.append(
            f'<rect{kind} x="{x - BOX_WIDTH / 2:g}" y="{y - 24}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="8"/>'
        )
        note = "retype" if state in api.RETYPE_STATES else {"error": "only delete helps"}.get(state)
        parts += [
            text(x, y + (5 if not note else -2), state, "bold"),
            *([text(x, y + 15, note, "quiet")] if note else []),
        ]
    longer = [f"{start} to {end}: {', then '.join(verbs)}" for (start, end), verbs in ways.items() if len(verbs) > 1]
    parts.append(text(380, 330, "The other ways of power are two steps: " + "; ".join(longer), "quiet"))
    return svg(760, 350, "The states of an instance", parts)


def arrow(start: str, end: str, words: str, kind: str = "") -> str:
    """Draw an arrow from a box to another. Opposite arrows are drawn beside each other."""
    (x, y), (to_x, to_y) = PLACES[start], PLACES[end]
    right, down = (to_x > x) - (to_x < x), (to_y > y) - (to_y < y)
    x, to_x = x + right * BOX_WIDTH // 2 - down * 12, to_x - right * (BOX_WIDTH // 2 + 2) - down * 12
    y, to_y = y + down * BOX_HEIGHT // 2 - right * 9, to_y - down * (BOX_HEIGHT // 2 + 2) - right * 9
    back = down > 0 and start != "new"  # on the left of the arrow
    beside, over = (x + to_x) / 2, (y + to_y) / 2
    label = text(beside, over - 6 if right > 0 else over + 18, words) if right else text(
        beside - (8 if back else -8), over + 5, words, "end" if back else "left")  # fmt: skip
    return f'<path{f" class={kind!r}" if kind else ""} d="M{x} {y} L{to_x} {to_y}"/>'.replace("'", '"') + label


PICTURES = {"layers.svg": layers, "states.svg": states}


def main() -> None:
    for name, draw in PICTURES.items():
        (FOLDER / name).write_text(draw())


if __name__ == "__main__":
    main()
