# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""make release, in a copy of the checkout, does everything or nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests import release
from tests.cores import CORES
from tests.support.documents import load_yaml

SLOW = pytest.mark.test_all("a release with galaxy-importer")

ROOT = Path(__file__).resolve().parents[2]
FRAGMENT = "minor_changes:\n  - vm_instance - it can do more (https://example.com/1).\n"


class Checkout:
    """A repository with the current files of this one."""

    def __init__(self, folder: Path, fragments: bool = False) -> None:
        self.root = folder / "a checkout"
        subprocess.run([ROOT / "tests/sync.sh", self.root], cwd=ROOT, check=True)
        for fragment in () if fragments else (self.root / "changelogs/fragments").glob("*.yml"):
            fragment.unlink()  # Each test has its own changes.
        self.git("checkout", "--quiet", "-B", "main")
        for name, value in {"user.name": "A Developer", "user.email": "a@example.com"}.items():
            self.git("config", name, value)
        self.ran(*CORES)
        # The build is slow, and tested by test_package.py and make lint.
        (self.root / "tests/galaxy-importer.cfg").write_text(
            "[galaxy-importer]\ncheck_changelog = True\nrun_ansible_lint = False\nrun_flake8 = True\n"
        )
        self.commit()

    def git(self, *arguments: str) -> str:
        return subprocess.check_output(["git", *arguments], cwd=self.root, text=True).strip()

    def commit(self, **files: str) -> None:
        for name, text in files.items():
            (self.root / "changelogs/fragments" / f"{name}.yml").write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "As it is")

    def ran(self, *cores: str) -> None:
        """Write the record of make matrix, with these cores."""
        (self.root / "tests/versions.json").write_text(json.dumps([{"core": core} for core in cores]))

    def release(self, version: str) -> tuple[int, str]:
        command = [sys.executable, self.root / "tests/release.py", version]
        done = subprocess.run(
            command, cwd=self.root, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        return done.returncode, done.stdout

    def refused(self, version: str) -> str:
        """Return why a release is refused. Fail if the attempt leaves anything behind."""
        before = (self.git("rev-parse", "HEAD"), self.git("tag"), self.git("status", "--porcelain"))
        code, said = self.release(version)
        assert code == 1, said
        assert (self.git("rev-parse", "HEAD"), self.git("tag"), self.git("status", "--porcelain")) == before
        assert not list((self.root / ".build/dist").glob("*"))
        return said


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


@SLOW
def test_a_release_is_a_commit_a_tag_and_a_tarball(checkout: Checkout) -> None:
    checkout.git("tag", "v1.0.0")
    checkout.commit(more=FRAGMENT)
    code, said = checkout.release("1.1.0")
    assert code == 0, said
    assert checkout.git("log", "-1", "--format=%s by %an") == "Release 1.1.0 by A Developer"
    assert checkout.git("rev-list", "-1", "v1.1.0") == checkout.git("rev-parse", "main")
    assert checkout.git("status", "--porcelain") == ""
    changes = load_yaml((checkout.root / "changelogs/changelog.yaml").read_text())["releases"]
    assert changes["1.1.0"]["changes"] == {"minor_changes": ["vm_instance - it can do more (https://example.com/1)."]}
    assert "v1.1.0\n======" in (checkout.root / "CHANGELOG.rst").read_text()
    assert not list((checkout.root / "changelogs/fragments").glob("*.yml"))
    for name in ("galaxy.yml", "simulator/pyproject.toml", "plugins/module_utils/_api/client.py"):
        assert "1.1.0" in (checkout.root / name).read_text()
    with tarfile.open(checkout.root / ".build/dist/magalu-cloud-1.1.0.tar.gz") as tarball:
        assert "MANIFEST.json" in tarball.getnames()
    assert (
        f"git push origin main v1.1.0\n  ansible-galaxy collection publish {checkout.root}/.build/dist/magalu" in said
    )
    assert "must be newer than 1.1.0" in checkout.release("1.1.0")[1]


@pytest.mark.test_all("make lint checks the fragments; a release asks for test-all")
def test_the_current_fragments_make_the_next_release(tmp_path: Path) -> None:
    """The current fragments make the release of the version in galaxy.yml, which was never released."""
    checkout = Checkout(tmp_path, fragments=True)
    files = sorted((checkout.root / "changelogs/fragments").glob("*.yml"))
    fragments = {file.name: load_yaml(file.read_text()) for file in files}
    version = load_yaml((checkout.root / "galaxy.yml").read_text())["version"]
    release.check_release(version, checkout.root)
    release.write(version, checkout.root)
    changes = load_yaml((checkout.root / "changelogs/changelog.yaml").read_text())["releases"][version]["changes"]
    for name, fragment in fragments.items():
        shown = {section: lines for section, lines in fragment.items() if section != "trivial"}
        assert {
            section: [line for line in lines if line in changes[section]] for section, lines in shown.items()
        } == shown, name
    assert fragments and not list((checkout.root / "changelogs/fragments").glob("*.yml"))


@SLOW
def test_complaints_of_galaxy_stop_the_release(checkout: Checkout) -> None:
    module = checkout.root / "plugins/modules/vm_info.py"
    module.write_text(module.read_text() + "unused = undefined\n")
    checkout.commit(more=FRAGMENT)
    assert "F821 undefined name" in checkout.refused("1.1.0")


def test_invalid_preconditions_stop_the_release(checkout: Checkout) -> None:
    for wrong in ("", "1.1", "v1.1.0", "1.1.0-beta", "01.1.0"):
        assert f"a version is three numbers, not {wrong!r}. It is 1.0.0 now." in checkout.refused(wrong)
    assert "must be newer than 1.0.0, not 0.9.0" in checkout.refused("0.9.0")
    assert "nothing in changelogs/fragments" in checkout.refused("1.1.0")
    checkout.git("tag", "v1.0.0")
    assert "must be newer than 1.0.0, not 1.0.0" in checkout.refused("1.0.0")
    (checkout.root / "more.txt").touch()
    assert "Commit or remove these first:\n?? more.txt" in checkout.refused("1.1.0")
    checkout.commit(more=FRAGMENT)
    assert "minor_changes needs a new minor version; 1.0.1 is a patch one after 1.0.0" in checkout.refused("1.0.1")
    checkout.commit(less="removed_features:\n  - vm_info - a kind is gone.\n")
    assert "removed_features needs a new major version; 1.1.0 is a minor one" in checkout.refused("1.1.0")
    checkout.ran("2.16.19")
    checkout.commit()
    assert "make matrix has not passed with ansible-core 2.19.14, 2.21.5" in checkout.refused("2.0.0")
    checkout.ran(*CORES)
    checkout.commit(odd="changes:\n  - none\n")
    assert "antsibull-changelog lint returned" in checkout.refused("2.0.0")
    checkout.git("switch", "--quiet", "--create", "other")
    assert "A release is made from main, not from other: git switch main" in checkout.refused("2.0.0")


@SLOW
def test_a_repeated_version_stops_the_release(checkout: Checkout) -> None:
    client = checkout.root / "plugins/module_utils/_api/client.py"
    client.write_text(client.read_text() + 'VERSION = "2"\n')
    checkout.commit(more=FRAGMENT)
    assert "plugins/module_utils/_api/client.py has the version in 2 places, not in one" in checkout.refused("1.1.0")


@SLOW
def test_a_new_commit_stops_the_release(checkout: Checkout, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    checkout.commit(more=FRAGMENT)
    (program := tmp_path / "bin/ansible-galaxy").parent.mkdir()
    program.write_text(
        "#!/usr/bin/env bash\n"
        f"git -C '{checkout.root}' commit --quiet --allow-empty --message Meanwhile\n"
        f"exec '{shutil.which('ansible-galaxy')}' \"$@\"\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    code, said = checkout.release("1.1.0")
    assert code == 1 and "Not possible to fast-forward" in said, said
    assert checkout.git("log", "-1", "--format=%s") == "Meanwhile"
    assert (checkout.git("tag"), checkout.git("status", "--porcelain")) == ("", "")
    assert not list((checkout.root / ".build/dist").glob("*"))


@SLOW
def test_a_missing_git_user_stops_the_release(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout.commit(more=FRAGMENT)
    checkout.git("config", "--unset", "user.name")
    monkeypatch.setenv("OWN_HOME", str(checkout.root))
    assert "git config user.name returned 1" in checkout.refused("1.1.0")


def test_make_release_calls_the_program() -> None:
    said = subprocess.check_output(
        ["make", "--dry-run", "release", "VERSION=1.2.3"], cwd=ROOT, text=True, env=dict(os.environ)
    )
    assert 'python tests/release.py "1.2.3"' in said
