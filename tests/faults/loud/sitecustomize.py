# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings of every Python in a verbose run: keep messages to syslog, and break responses if BROKEN_ANSWERS is set."""

from __future__ import annotations

import http.client
import os
import runpy
import syslog
from pathlib import Path
from typing import Any

runpy.run_path(str(Path(__file__).parents[2] / "support/quick/sitecustomize.py"))  # only this file is loaded


def _kept(*said: Any) -> None:
    with open(os.path.expanduser("~/syslog.txt"), "a", encoding="utf-8") as file:
        print(*said, file=file)


def _broken(*args: Any, **kwargs: Any) -> Any:
    raise RuntimeError("an answer that nobody has thought of")


syslog.syslog = _kept
if os.environ.get("BROKEN_ANSWERS"):
    http.client.HTTPConnection.getresponse = _broken  # type: ignore[method-assign]
