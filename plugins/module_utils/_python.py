# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A check that ends a module on a Python that is too old.

It gives a message instead of a traceback. Every module imports this file before anything else. Python 3.6 must be able
to parse it and the files of the modules.
"""

import json
import platform
import sys

OLDEST = (3, 9)

if sys.version_info < OLDEST:  # not with AnsibleModule, which would check the options first
    message = (
        f"The modules of magalu.cloud need Python {'.'.join(map(str, OLDEST))} or newer where they run, and "
        f"{sys.executable} on "
        f"{platform.node()!r} is Python {platform.python_version()}. Set ansible_python_interpreter to a newer Python."
    )
    sys.stdout.write(json.dumps({"failed": True, "msg": message}))
    raise SystemExit(1)
