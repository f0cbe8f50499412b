# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A check that ends a module on a Python that is too old, and a faster start and end of modules.

The check gives a message instead of a traceback. Every module imports this file before anything else. Python 3.6 must
be able to parse it and the files of the modules.
"""

import atexit
import gc
import json
import os
import platform
import sys
import zipimport

OLDEST = (3, 9)

if sys.version_info < OLDEST:  # not with AnsibleModule, which would check the options first
    message = (
        f"The modules of magalu.cloud need Python {'.'.join(map(str, OLDEST))} or newer where they run, and "
        f"{sys.executable} on "
        f"{platform.node()!r} is Python {platform.python_version()}. Set ansible_python_interpreter to a newer Python."
    )
    error = dict.fromkeys(("status", "slug", "details", "request_id"))  # as plain_error in _api/messages.py
    error.update(doing="check the Python", message=message)
    sys.stdout.write(json.dumps({"failed": True, "msg": message, "error": error}))
    raise SystemExit(1)


class OnceCompiled(zipimport.zipimporter):
    """An importer that compiles each file of a zip once.

    Ansible sends a module's files as a zip of sources. Python's own importer compiles each file twice: the first time
    only to learn its file name. For our files that is a fifth of what a task costs beyond ansible.builtin.ping.
    """

    def get_filename(self, fullname: str) -> str:
        """Return the path of a module's file."""
        path = os.path.join(self.archive, self.prefix, fullname.rpartition(".")[2])
        return os.path.join(path, "__init__.py") if self.is_package(fullname) else f"{path}.py"


if __spec__ and isinstance(__spec__.loader, zipimport.zipimporter):
    sys.path_hooks.insert(0, OnceCompiled)
    sys.path_importer_cache.pop(os.path.dirname(__file__), None)
    # Keep the garbage collector away from what Ansible has imported, also when the process ends. PyPy has no freeze.
    if hasattr(gc, "freeze"):
        gc.freeze()
        atexit.register(gc.freeze)
