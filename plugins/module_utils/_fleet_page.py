# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How the report of a fleet looks."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --page: #fbfbfa; --text: #22272e; --quiet: #68707b; --grid: #e9eaec; --hover: #f1f2f4;
  --waiting: #d3d7dc; --requested: #dfa83f; --moving: #5a8fd0; --settled: #4ea077; --failed: #cb463c }
@media (prefers-color-scheme: dark) { :root { --page: #15181d; --text: #dfe3e8; --quiet: #8d96a2; --grid: #262b33;
  --hover: #1d2229; --waiting: #3c434e; --requested: #c3913a; --moving: #4d80bf; --settled: #479a70; --failed: #e0625a } }
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
