# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""python -m simulator"""

from __future__ import annotations

import sys

from .command import main

sys.exit(main())
