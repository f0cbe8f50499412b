# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""python -m tests.acceptance: run the command; the Makefile has linked the checkout as the collection magalu.cloud."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / ".build/collections"))
from tests.acceptance.command import main

sys.exit(main())
