# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Facts that are in several files agree."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests import versions
from tests.cores import BETWEEN, CORES, choose
from tests.release import PLACES, numbers
from tests.support.documents import load_yaml

pytestmark = pytest.mark.programs

ROOT = Path(__file__).resolve().parents[2]
GALAXY = load_yaml((ROOT / "galaxy.yml").read_text())
RUNTIME = load_yaml((ROOT / "meta/runtime.yml").read_text())
TESTS = ROOT / "tests"
# Separate programs: they have their own imports, and tests may import them.
PROGRAMS = ("acceptance", "benchmarks")
MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py"))


def test_action_group_holds_every_module_and_no_other() -> None:
    assert RUNTIME["action_groups"]["vm"] == MODULES


@pytest.mark.parametrize("file", ["README.md", "README.pt-BR.md"])
def test_readme_names_every_module_and_role_and_no_other(file: str) -> None:
    """Each README names every module and role, in the order of use; the public gateway serves the first module."""
    roles = sorted(folder.name for folder in (ROOT / "roles").iterdir())
    named = re.findall(r"^\| `magalu\.cloud\.(\w+)`", (ROOT / file).read_text(), re.MULTILINE)
    assert (sorted(named[: len(MODULES)]), named[len(MODULES) :]) == (MODULES, roles)
    assert named[0] == "vm_instance"


@pytest.mark.parametrize(("file", "pattern"), PLACES.items())
def test_version_is_the_same_everywhere(file: str, pattern: str) -> None:
    assert re.findall(pattern, (ROOT / file).read_text()) == [GALAXY["version"]]


def test_run_time_requirements_are_the_same_everywhere() -> None:
    requirements = (ROOT / "requirements.txt").read_text()
    assert requirements == (ROOT / "meta/ee-requirements.txt").read_text()
    assert requirements.startswith("requests")


def test_build_ignore_matches_something_each() -> None:
    """Each entry of build_ignore matches a file or a line of .gitignore: an outdated entry would hide mistakes."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    known = subprocess.check_output(command, cwd=ROOT, text=True).splitlines()
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text().splitlines()]
    folders = {str(parent) for name in known for parent in Path(name).parents}
    for entry in GALAXY["build_ignore"]:
        assert entry in ignored or any(fnmatch(name, entry) for name in [*known, *folders]), entry


@pytest.mark.every_core
def test_ansible_doc_shows_every_module() -> None:
    names = [f"magalu.cloud.{module}" for module in MODULES]
    shown = subprocess.run(
        [sys.executable, "-m", "ansible", "doc", *names], capture_output=True, text=True, check=False
    )
    assert shown.returncode == 0, shown.stderr
    for page in re.split("^> ", shown.stdout, flags=re.MULTILINE)[1:]:
        assert "EXAMPLES" in page and names.pop(0) in page.replace("MODULE ", "").lower()
    assert names == []


def test_supported_versions_are_those_that_make_matrix_ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = versions.recorded()
    assert versions.PAGE.read_text() == versions.page(rows)
    assert {row["core"] for row in rows} <= set(CORES)
    assert RUNTIME["requires_ansible"] == f">={min(CORES, key=numbers).rpartition('.')[0]}.0"
    for name in ("RECORD", "PAGE"):
        monkeypatch.setattr(versions, name, tmp_path / name)
    versions.RECORD.write_text("[]")
    for core in ("2.19.14", "2.9.1"):
        versions.record(core, {"core": core, "python": "3.11", "modules": "3.11, 3.9", "date": "2026-11-25"})
    cells = re.findall(r"^   (?:\*| ) - (.+)$", versions.PAGE.read_text(), re.MULTILINE)
    assert cells[4:] == ["2.9.1", "3.11", "3.11, 3.9", "2026-11-25", "2.19.14", "3.11", "3.11, 3.9", "2026-11-25"]
    versions.record("2.9.1", None)
    assert [row["core"] for row in versions.recorded()] == ["2.19.14"]


def test_matrix_runs_with_every_given_version() -> None:
    """A version that is not in the list is not left out: with it all tests would pass, since none would run."""
    assert choose("all", []) == choose("bench", []) == CORES
    assert choose("runners", []) == CORES | BETWEEN
    assert choose("all", ["2.16.19", "2.99.0rc1"]) == {"2.16.19": CORES["2.16.19"], "2.99.0rc1": [*CORES.values()][-1]}


def test_workflows_call_targets_that_exist() -> None:
    """Workflows cannot run here, but they are valid YAML, pinned, and call existing targets of the Makefile."""
    targets = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text()))
    workflows = sorted((ROOT / ".github/workflows").glob("*.yml"))
    assert [path.stem for path in workflows] == ["docs", "nightly", "test"]
    for path in workflows:
        jobs = load_yaml(path.read_text())["jobs"]
        steps = [step for job in jobs.values() for step in job["steps"]]
        called = [match for step in steps for match in re.findall(r"\bmake ([a-z-]+)", step.get("run", ""))]
        assert called and set(called) <= targets, path.name
        assert all(re.fullmatch(r"[\w-]+/[\w-]+@v\d+\.\d+\.\d+", step["uses"]) for step in steps if "uses" in step)
    cores = load_yaml((ROOT / ".github/workflows/nightly.yml").read_text())["jobs"]["matrix"]["strategy"]["matrix"]
    assert cores["core"] == list(CORES)


def test_chromium_is_installed_only_where_it_is_missing(tmp_path: Path) -> None:
    """Ubuntu, which the workflows run on, has no package of this name; its runners have the program."""

    def install() -> str:
        command = ["make", "--dry-run", "--file", ROOT / "Makefile", "system-packages"]
        env = os.environ | {"PATH": f"{tmp_path}", "PYENV_ROOT": "/nonexistent"}
        return subprocess.check_output(command, cwd=ROOT, env=env, text=True)

    for program in ("make", "bash", "sed", "sha256sum", "head", "cat", "realpath"):
        (tmp_path / program).symlink_to(str(shutil.which(program)))
    assert "openssh-server chromium" in install()
    (tmp_path / "chromium").symlink_to("/bin/true")
    assert "openssh-server" in (text := install()) and "chromium" not in text


def test_tests_that_only_make_test_all_runs_are_listed() -> None:
    listed = (ROOT / "tests/README.md").read_text().partition("## What only `make test-all` runs")[2]
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        if re.search(r"one_in\(|test_all\(|\bALL\b else|if ALL\b", file.read_text()) and file != Path(__file__):
            assert f"`{file.relative_to(ROOT / 'tests').with_suffix('')}`" in listed


def imported(file: Path) -> Iterator[Path]:
    """Yield the files of tests/ that this file imports."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        paths = [(ROOT / name.replace(".", "/")).with_suffix(".py") for name in names]
        yield from (path for path in paths if path.is_relative_to(TESTS) and path.exists())


def folder(file: Path) -> str:
    """Return the folder of tests/ that this file is in, or nothing for a file of tests/ itself."""
    return file.relative_to(TESTS).parts[0] if file.parent != TESTS else ""


def test_helpers_of_several_folders_are_in_support() -> None:
    found = [(file, other) for file in sorted(TESTS.rglob("*.py")) for other in imported(file)]
    assert {(folder(file), folder(other)) for file, other in found} > {("engine", "support"), ("faults", "faults")}
    for file, other in found:
        shown = f"{file.relative_to(ROOT)} imports {other.relative_to(ROOT)}"
        assert not other.name.startswith("test_"), f"{shown}: move what it needs into a helper"
        assert folder(other) in ("", "support", folder(file), *PROGRAMS), f"{shown}: move it to tests/support"


def test_each_helper_in_support_is_listed() -> None:
    table = (TESTS / "README.md").read_text().partition("| in `support` | gives |\n")[2].partition("\n\n")[0]
    listed = [name for row in table.splitlines() for name in re.findall(r"`([^`]+)`", row.split("|")[1])]
    assert sorted(listed) == sorted(path.name for path in (TESTS / "support").iterdir() if path.name != "__pycache__")


def test_each_function_of_plugins_has_a_name_of_its_own() -> None:
    """Only the modules' `main` is in several files: whoever searches a name finds one function."""
    files: dict[str, list[str]] = {}
    for file in sorted((ROOT / "plugins").rglob("*.py")):
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.FunctionDef) and node.name != "main":
                files.setdefault(node.name, []).append(file.name)
    assert {name: found for name, found in files.items() if len(found) > 1} == {}
