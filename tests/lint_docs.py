# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run antsibull-docs with the given arguments, with names of temporary folders that cannot end with an underscore.

Its pages contain the path of its folder, in which docutils reads `name_/` as a reference: one run in 37 failed.
"""

from __future__ import annotations

import string
import sys
import tempfile
from typing import Any

from antsibull_docs.cli.antsibull_docs import main

random_names: Any = vars(tempfile)["_RandomNameSequence"]
random_names.characters = string.ascii_lowercase
sys.exit(main())
