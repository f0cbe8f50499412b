# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`python -m tests.faults` runs every case and writes the table of the documentation, in about three minutes."""

from __future__ import annotations

from simulator import running
from tests.conftest import ROOT
from tests.faults import page


def main() -> None:
    with running(speed=0) as sim:
        results = page.found(sim)
    page.record(results)
    page.PAGE.write_text(page.written(page.PAGE.read_text(), results))
    print(f"Written: {page.FILE.relative_to(ROOT)}, {page.PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
