# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings of every Python that a playbook starts, which make it faster.

Waits are as fast as the simulator's clock. The source that Ansible sends to a host in a zip is compiled once instead of
by every task: compiling takes a third of a module's time.
"""

from __future__ import annotations

import _imp
import marshal
import os
import sys
import time
import zipimport
from types import CodeType

_sleep = time.sleep
SHORTEST = 0.2  # seconds: below are Ansible's own polls of its workers


def _quick(seconds: float) -> None:
    _sleep(seconds if seconds < SHORTEST else seconds / 60)


time.sleep = _quick

_compile = zipimport._compile_source  # type: ignore[attr-defined]
BYTECODE = os.path.join(os.path.abspath(__file__).rsplit(os.sep, 4)[0], ".build/bytecode")


def _remembered(path: str, source: bytes) -> CodeType:
    """Return the compiled source, kept in a file by the source's digest, as Python does outside of zips."""
    digest = _imp.source_hash(len(source), source).hex()  # type: ignore[attr-defined]
    kept = os.path.join(BYTECODE, f"{sys.implementation.cache_tag}-{digest}")
    try:
        with open(kept, "rb") as file:
            code: CodeType = marshal.loads(file.read())
        _imp._fix_co_filename(code, path)  # type: ignore[attr-defined]
    except OSError:
        code = _compile(path, source)
        os.makedirs(BYTECODE, exist_ok=True)
        with open(f"{kept}.{os.getpid()}", "wb") as file:
            file.write(marshal.dumps(code))
        os.replace(file.name, kept)  # a process that reads it now gets the whole file
    return code


zipimport._compile_source = _remembered  # type: ignore[attr-defined]
