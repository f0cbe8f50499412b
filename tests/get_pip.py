# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Write the get-pip scripts that ansible-test would download for its environments: Python has a pip of its own.

The versions that it requests depend on ansible-core, so they are read from the installed ansible-core.
"""

from __future__ import annotations

import re
from pathlib import Path

from ansible_test._internal import python_requirements

SCRIPT = 'import runpy, sys\n\nsys.argv[1:] = []\nrunpy.run_module("ensurepip", run_name="__main__")\n'

cache = Path.home() / ".ansible/test/cache"
cache.mkdir(parents=True, exist_ok=True)
for version in re.findall(r"pip='([\d.]+)'", Path(python_requirements.__file__).read_text()):
    (cache / f"get_pip_{version.replace('.', '_')}.py").write_text(SCRIPT)
