# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run the tests with every supported ansible-core, each in an environment of its own below .build/matrix.

`every_core` runs the tests with that mark, except with the ansible-core of .venv, with which all suites run anyway;
`sample` runs only those whose mark has sample=True.
`all` runs all suites, ansible-test sanity and the integration targets with each, the integration targets also with the
modules on the oldest Python that they support, and writes the page Supported versions. `bench` measures with each.
`runners` runs a job with each and with the releases between them, and with every ansible-runner of the Makefile.
Further arguments are the versions of ansible-core to run with instead; another version, such as a pre-release, too.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tests.versions import record

# The Pythons of each ansible-core that the pinned FastAPI supports, too, the preferred first: the oldest Python with
# the oldest ansible-core, the newest with the newest.
CORES = {
    "2.16.19": ("3.11", "3.12"),
    "2.19.14": ("3.13", "3.12", "3.11"),
    "2.21.5": ("3.14", "3.13", "3.12"),
}
BETWEEN = {"2.17.14": ("3.11", "3.12"), "2.18.12": ("3.11", "3.12", "3.13"), "2.20.4": ("3.12", "3.13", "3.14")}
OLDEST = "3.9"  # the oldest Python that modules run on
SAMPLE = "every_core(sample=True)"
ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "tests/requirements.txt"


def find_python(name: str) -> str | None:
    """Return the path of a working Python: pyenv's shim of an inactive version is on PATH, too, but fails."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or "/nonexistent").glob(f"versions/{name}*/bin")
    for folder in [*map(str, pyenv), *os.environ["PATH"].split(os.pathsep)]:  # a shim fails slowly
        python = shutil.which(f"python{name}", path=folder)
        if python and subprocess.run([python, "-c", "pass"], capture_output=True, check=False).returncode == 0:
            return python
    return None


def environment(core: str, python: str, name: str) -> Path:
    """Create the environment unless it exists with the same requirements, and return its folder."""
    folder = ROOT / f".build/matrix/core-{core}-python-{name}"
    stamp = folder / f"stamp-{hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:16]}"
    if not stamp.exists():
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "--quiet", "--clear", "--python", python, folder], check=True)
        target = ["--python", folder / "bin/python", f"ansible-core=={core}", "-r", REQUIREMENTS]
        # pip compiles, too: without bytecode, importing requests takes twice as long, which distorts make bench.
        subprocess.run([*uv, "pip", "install", "--quiet", "--compile-bytecode", *target], check=True)
        stamp.touch()
    return folder


def run(folder: Path, commands: list[list[str]]) -> bool:
    """Run all commands, also after a failure, with the environment's programs first on PATH; return their success."""
    env = os.environ | {"PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    env.pop("VIRTUAL_ENV", None)
    codes = [subprocess.run(command, cwd=ROOT, env=env, check=False).returncode for command in commands]
    return not any(codes)


def sampled() -> list[str]:
    """Return the files with tests of the sample: collecting all other files takes longer than these tests."""
    return [str(file) for file in (ROOT / "tests").rglob("test_*.py") if SAMPLE in file.read_text(encoding="utf-8")]


def choose(what: str, given: list[str]) -> dict[str, tuple[str, ...]]:
    """Return the versions of ansible-core to run with, and the Pythons of each: of an unknown one the newest's."""
    known = CORES | BETWEEN
    if given:
        return {core: known.get(core, [*CORES.values()][-1]) for core in given}
    return known if what == "runners" else CORES


def main(what: str, given: list[str]) -> int:
    commands = {
        "bench": [["python", "-m", "tests.benchmarks"]],
        "every_core": [["python", "-m", "pytest", "-m", "every_core"]],
        "sample": [["python", "-m", "pytest", "-m", SAMPLE, *sampled()]],
        "runners": [["python", "-m", "pytest", "tests/awx/test_runners.py"]],
        "all": [
            ["python", "-m", "pytest", "-n", "2", "--dist", "load", "--maxschedchunk", "8"],
            ["tests/ansible-test.sh", "sanity"],
            ["tests/ansible-test.sh", "integration"],
            ["tests/ansible-test.sh", "integration-old"],
        ],
    }[what]
    failed, left_out = [], []
    for core, names in choose(what, given).items():
        if what in ("every_core", "sample") and core == version("ansible-core"):
            continue
        found = {name: path for name in names if (path := find_python(name))}
        left_out += [f"ansible-core {core} on Python {name}" for name in names if name not in found]
        if found:
            name = next(iter(found))
            print(f"== ansible-core {core} on Python {name}", flush=True)
            passed = run(environment(core, found[name], name), commands)
            if not passed:
                failed.append(core)
            if what == "all" and core in CORES:
                row = {"core": core, "python": name, "modules": f"{name}, {OLDEST}", "date": f"{date.today()}"}
                record(core, row if passed and find_python(OLDEST) else None)
    for combination in left_out:
        print(f"left out, since this machine has no such Python: {combination}")
    if failed:
        print(f"failed with ansible-core {', '.join(failed)}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
