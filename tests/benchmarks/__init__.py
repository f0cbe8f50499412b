# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Measurements, as ratios within one run. They are not tests."""

from tests.conftest import link_collection

link_collection()
