# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`python -m tests.faults` runs every case and writes the table of the documentation, in about half an hour.

With names of faults as arguments, it runs only the cases of these faults.
"""

from __future__ import annotations

import sys

from simulator import running
from tests.conftest import ROOT
from tests.faults import page
from tests.faults.faults import FAULTS


def main(only: list[str]) -> None:
    if unknown := set(only) - set(FAULTS):
        sys.exit(f"There is no fault {', '.join(sorted(unknown))}; there are: {', '.join(FAULTS)}")
    with running(speed=0) as sim:
        results = page.matrix_outcomes(sim, only)
    page.record(results)
    page.PAGE.write_text(page.written(page.PAGE.read_text(), results))
    print(f"Written: {page.FILE.relative_to(ROOT)}, {page.PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main(sys.argv[1:])
