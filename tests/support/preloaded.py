# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A process that has imported Ansible, and forks itself for each of Ansible's programs that `programs.py` requests.

It knows neither the environment nor ansible.cfg: the fork imports the files of Ansible that read them (all that use
`ansible.constants`), as the program itself does. Modules on this machine are forks, too: they run the source that
Ansible pipes into a new Python, with none of the controller's Ansible left, and with module_utils of Ansible imported
beforehand; the collection's own come out of the zip. Where a fork would differ from a new Python, a new Python starts.

It ends when the other end of its socket is closed.
"""

from __future__ import annotations

import array
import atexit
import contextlib
import functools
import gc
import hashlib
import importlib
import importlib.util
import inspect
import io
import json
import multiprocessing.util
import os
import pickle
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import types
import warnings
from collections.abc import Callable
from typing import Any, NoReturn

# Imported by playbooks, inventories and modules. The process imports those that do not read the configuration.
IMPORTED = [
    "ansible.cli.adhoc",
    "ansible.cli.inventory",
    "ansible.cli.playbook",
    "ansible.executor.playbook_executor",
    "ansible.executor.process.worker",
    "ansible.executor.task_queue_manager",
    "ansible.module_utils.basic",
    "ansible.module_utils.urls",
    "ansible.plugins.action.normal",
    "ansible.plugins.callback.default",
    "ansible.plugins.connection.local",
    "ansible.plugins.inventory.constructed",
    "ansible.plugins.shell.sh",
    "ansible.plugins.strategy.linear",
    "ansible.template",
    "multiprocessing.popen_fork",
    "requests",
    "runpy",
    "xml.etree.ElementTree",
    "zipfile",
    "zipimport",
]
# Imported by every module; the names depend on the version of ansible-core.
IMPORTED_BY_MODULES = ["ansible.module_utils.basic", "ansible.module_utils._internal._ansiballz._loader"]
MODULES_OWN: dict[str, types.ModuleType] = {}  # these files, and those below them, as a module imports them
MODULES_HOOKS: list[Any] = []
CONFIGURATION = "ansible.constants"
BASE = sys.path[1:]  # without this file's folder
# Variables that Python reads when it starts: where one of them is set, a new Python starts instead of a fork.
READ_AT_START = re.compile(r"PYTHON(?!PATH$|UNBUFFERED$)|LD_|LOCPATH")
LOCALE = "C.UTF-8"
# How Ansible starts a module on this machine: a shell, variables of the task, Python, which reads the module.
PIPED = re.compile(r"/bin/sh -c '((?:[A-Z_]+=[^ ']* )*)(\S+) && sleep 0'")


class Configured(BaseException):
    """The import of a file that reads Ansible's configuration; not an `ImportError`, which Ansible would catch."""


class Refuses:
    """A finder in `sys.meta_path` that refuses the import of the configuration."""

    def find_spec(self, name: str, *_more: Any) -> None:
        if name == CONFIGURATION:
            raise Configured


def preload() -> None:
    """Import Ansible, and parse its two large files, which every program reads and none changes."""
    remember_parsed()
    import_for_modules()
    names = in_a_fork(lambda: imported(IMPORTED))
    for name in in_a_fork(lambda: list(filter(is_free, names))):
        importlib.import_module(name)
    assert CONFIGURATION not in sys.modules
    gc.collect()
    gc.freeze()


def import_for_modules() -> None:
    """Import Ansible's files for modules without those of the controller, as a module does, and store them."""
    before = list(sys.meta_path)
    spec = importlib.util.find_spec("ansible")
    assert spec
    package = sys.modules["ansible"] = importlib.util.module_from_spec(spec)  # not run: a module's zip has it empty
    release = importlib.import_module("ansible.release")
    vars(package).update(__version__=release.__version__, __author__=release.__author__)
    for name in filter(_exists, IMPORTED_BY_MODULES):
        importlib.import_module(name)
    for name in [name for name in sys.modules if _is_ansibles(name)]:
        MODULES_OWN[name] = sys.modules.pop(name)
    MODULES_HOOKS[:] = [hook for hook in sys.meta_path if hook not in before]
    sys.meta_path[:] = before


def _exists(name: str) -> bool:
    try:
        return bool(importlib.util.find_spec(name))
    except ModuleNotFoundError:  # of a parent package
        return False


def remember_parsed() -> None:
    """Let `yaml.load` remember the list of settings, and the list of plugins that have moved."""
    import yaml

    load, known, paths = yaml.load, {}, set()
    package = importlib.util.find_spec("ansible.config")
    for folder in package.submodule_search_locations if package and package.submodule_search_locations else ():
        for name, loader in (
            ("base.yml", yaml.CSafeLoader),
            ("ansible_builtin_runtime.yml", yaml.CSafeLoader), ("ansible_builtin_runtime.yml", yaml.CBaseLoader),
        ):  # fmt: skip
            paths.add(path := os.path.join(folder, name).encode())
            with open(path, "rb") as file:
                content = file.read()
            known[content, loader] = pickle.dumps(load(content, Loader=loader))

    def remembered(stream: Any, Loader: Any) -> Any:
        content = stream.read() if getattr(stream, "name", None) in paths else stream
        parsed = known.get((content, Loader)) if isinstance(content, bytes) else None
        return pickle.loads(parsed) if parsed else load(content, Loader=Loader)

    yaml.load = remembered


def imported(wanted: list[str]) -> list[str]:
    """Import these modules, and return the names of all modules that are imported then, in order."""
    for name in wanted:
        importlib.import_module(name)
    specs = [getattr(module, "__spec__", None) for module in sys.modules.values()]
    return [spec.name for spec in specs if spec and spec.origin and sys.modules.get(spec.name)]


def is_free(name: str) -> bool:
    """Return whether a module can be imported without Ansible's configuration."""
    if not any(isinstance(finder, Refuses) for finder in sys.meta_path):
        sys.meta_path.insert(0, Refuses())  # type: ignore[arg-type]
    try:
        importlib.import_module(name)
    except Configured:
        return False
    return True


def in_a_fork(list_names: Callable[[], list[str]]) -> list[str]:
    """Call the function in a fork and return its result, so that it leaves no traces in this process."""
    reads, writes = os.pipe()
    if os.fork() == 0:
        with open(writes, "w", encoding="utf-8") as file:
            json.dump(list_names(), file)
        os._exit(0)
    os.close(writes)
    with open(reads, encoding="utf-8") as file:
        names: list[str] = json.load(file)
    os.wait()
    return names


def serve(asked: socket.socket, built: str) -> None:
    """Fork for each request until there are no more.

    The fork waits for the program and reports its exit code. `built` is a folder for the modules that Ansible builds.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # this process does not wait for its forks
    while True:
        given, descriptors = receive(asked)
        if not given:
            return
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            asked.close()
            watch({**given, "built": built}, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def receive(asked: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Return the next request, and its descriptors: input, output, errors, and the pipe for the report."""
    size = array.array("i")
    data, found, _flags, _address = asked.recvmsg(8, socket.CMSG_SPACE(4 * size.itemsize))
    for _level, _kind, packed in found:
        size.frombytes(packed)
    if not data:
        return {}, []
    length, text = int.from_bytes(data, "big"), bytearray()
    while len(text) < length:
        text += asked.recv(length - len(text))
    return json.loads(text), list(size)


def watch(given: dict[str, Any], descriptors: list[int]) -> NoReturn:
    """Fork the program, report its process id and then its exit code."""
    *standard, report = descriptors
    process = os.fork()
    if process == 0:
        run(given, standard)
    os.write(report, f"{process}\n".encode())
    for descriptor in standard:
        os.close(descriptor)
    _process, status = os.waitpid(process, 0)
    os.write(report, f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def run(given: dict[str, Any], standard: list[int]) -> NoReturn:
    """Run the program in this process."""
    for number, descriptor in enumerate(standard):
        os.dup2(descriptor, number)
    os.closerange(3, 1024)
    os.chdir(given["cwd"])
    environ, arguments = given["env"], ["-m", "ansible", *given["arguments"]]
    paths = [path for path in environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    if hides(paths) or environ.get("LC_ALL") != LOCALE or any(map(READ_AT_START.match, environ)):
        os.execve(sys.executable, [sys.executable, *arguments], environ)
    os.environ.clear()
    os.environ.update(environ)
    time.tzset()
    tempfile.tempdir = None
    sys.path[:] = [os.getcwd(), *map(os.path.abspath, paths), *BASE]
    sys.path_importer_cache.clear()
    sys.modules.pop("sitecustomize", None)
    if importlib.util.find_spec("sitecustomize"):
        importlib.import_module("sitecustomize")
    fork_modules()

    def main() -> None:
        constants = importlib.import_module(CONFIGURATION)
        # A folder for each combination of search paths: modules of one name from different paths may differ.
        found = [
            environ.get(name, "") for name in ("ANSIBLE_COLLECTIONS_PATH", "ANSIBLE_LIBRARY", "ANSIBLE_MODULE_UTILS")
        ]
        built = os.path.join(given["built"], hashlib.sha256(repr(found).encode()).hexdigest())
        os.makedirs(built, exist_ok=True)
        os.symlink(built, os.path.join(constants.DEFAULT_LOCAL_TMP, "ansiballz_cache"))
        warm_workers()
        started = importlib.import_module("ansible.__main__")
        sys.argv = [str(started.__file__), *given["arguments"]]
        started.main()

    end(main)


def hides(paths: list[str]) -> bool:
    """Return whether a folder has a file with the name of a module that is imported already."""
    names = {name.partition(".")[0] for path in paths if os.path.isdir(path) for name in os.listdir(path)}
    return bool(names & {name.partition(".")[0] for name in sys.modules} - {"sitecustomize", "__pycache__"})


def end(main: Callable[[], None]) -> NoReturn:
    """Run `main` and exit as Python does, but without freeing the memory."""
    sys.stdin, sys.stdout, sys.stderr = (
        io.TextIOWrapper(
            open(number, mode, closefd=False),  # noqa: SIM115
            encoding="utf-8", errors=errors, newline=None if number == 0 else "\n",
            line_buffering=number == 2 or os.isatty(number),
        )
        for number, mode, errors in ((0, "rb", "surrogateescape"), (1, "wb", "surrogateescape"), (2, "wb", "backslashreplace"))
    )  # fmt: skip
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr  # type: ignore[misc]
    atexit._clear()
    atexit.register(multiprocessing.util._exit_function)  # registered when it was imported
    code: Any = 0
    try:
        main()
    except SystemExit as done:
        code = done.code or 0
        if not isinstance(code, int):
            print(code, file=sys.stderr)
            code = 1
    except KeyboardInterrupt:
        traceback.print_exc()
        sys.stderr.flush()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:  # noqa: BLE001  # as Python shows it
        traceback.print_exc()
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = 120
    sys.stderr.flush()
    os._exit(code & 0xFF)


def warm_workers() -> None:
    """Load filters and tests once, instead of in each worker, and keep the garbage collector away from them."""
    worker = importlib.import_module("ansible.executor.process.worker").WorkerProcess
    loaders = importlib.import_module("ansible.plugins.loader")
    start, warm = worker.start, functools.cache(load_plugins)

    def start_warm(self: Any) -> None:
        warm(loaders)
        gc.freeze()
        start(self)

    worker.start = start_warm


def load_plugins(loaders: Any) -> None:
    """Load the filters and tests of Ansible and of the collection."""
    for loader in (loaders.filter_loader, loaders.test_loader):
        loader._ensure_non_collection_wrappers()
        with contextlib.suppress(KeyError):  # where the collection is missing
            loader.get("magalu.cloud.none")  # no plugin has this name, so that Ansible reads every file


def fork_modules() -> None:
    """Let a worker fork itself for a module that Ansible would start with this Python."""
    # vm_fleet reads the lines of its module in a thread, which the fork does not need. As this file is __main__, Python
    # 3.12 and newer would show its warning, and ansible-core 2.19 warns of output that is not its own.
    warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
    execute = subprocess.Popen._execute_child  # type: ignore[attr-defined]
    signature = inspect.signature(execute)

    def execute_or_fork(self: subprocess.Popen[bytes], *arguments: Any) -> None:
        given = signature.bind(self, *arguments).arguments
        piped = PIPED.fullmatch(given["args"]) if given["shell"] and isinstance(given["args"], str) else None
        variables = dict(word.split("=", 1) for word in shlex.split(piped.group(1))) if piped else {}
        if not piped or piped.group(2) != sys.executable or any(map(READ_AT_START.match, [*variables, *os.environ])):
            execute(self, *arguments)
            return
        self.pid = os.fork()
        if self.pid == 0:
            be_module([given["p2cread"], given["c2pwrite"], given["errwrite"]], given["cwd"], variables)
        self._child_created = True  # type: ignore[attr-defined]
        for descriptor in (given["p2cread"], given["c2pwrite"], given["errwrite"]):
            os.close(descriptor)

    subprocess.Popen._execute_child = execute_or_fork  # type: ignore[attr-defined]


def be_module(standard: list[int], cwd: str | None, variables: dict[str, str]) -> NoReturn:
    """Run the program in the input as a new Python does, without Ansible's files of the controller."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    copies = [os.dup(descriptor) for descriptor in standard]
    for number, descriptor in enumerate(copies):
        os.dup2(descriptor, number)
    os.closerange(3, 1024)
    if cwd:
        os.chdir(cwd)
    os.environ.update(variables)
    for name in filter(_is_ansibles, list(sys.modules)):
        del sys.modules[name]
    sys.modules.update(MODULES_OWN)
    for hooks in (sys.meta_path, sys.path_hooks):
        hooks[:] = [
            hook for hook in hooks if not _is_ansibles(getattr(hook, "__module__", None) or type(hook).__module__)
        ]
    sys.meta_path.extend(MODULES_HOOKS)
    sys.path_importer_cache.clear()
    sys.path[:] = ["", *[path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path], *BASE]
    sys.argv = [""]
    main = types.ModuleType("__main__")
    main.__file__ = "<stdin>"
    sys.modules["__main__"] = main
    end(lambda: exec(compile(sys.stdin.buffer.read(), "<stdin>", "exec"), vars(main)))  # noqa: S102


def _is_ansibles(module: str) -> bool:
    return module.partition(".")[0] in ("ansible", "ansible_collections")


if __name__ == "__main__":
    preload()
    folder, server = tempfile.mkdtemp(prefix="built-modules-"), os.getpid()
    try:
        serve(socket.socket(fileno=int(sys.argv[1])), folder)
    finally:
        if os.getpid() == server:
            shutil.rmtree(folder)
