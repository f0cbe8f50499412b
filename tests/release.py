# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""make release VERSION=x: create a commit, a tag and a tarball, or nothing at all.

Everything is done in a clone; the checkout gets the commit and the tag at the end, if nothing failed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tests.cores import CORES
from tests.versions import recorded

ROOT = Path(__file__).resolve().parent.parent
IMPORTER = ROOT / "tests/galaxy-importer.cfg"
# Every file with the version (tests/unit/test_skeleton.py), and a pattern that matches it there.
PLACES = {
    "galaxy.yml": r"(?m)(?<=^version: ).+$",
    "simulator/pyproject.toml": r'(?m)(?<=^version = ").+(?="$)',
    "plugins/module_utils/_api/client.py": r'(?m)(?<=^VERSION = ").+(?="$)',
}
# The part of the version that a change raises at least: 0 major, 1 minor, 2 patch.
RAISES = {
    "breaking_changes": 0, "removed_features": 0,
    "major_changes": 1, "minor_changes": 1, "deprecated_features": 1,
}  # fmt: skip
PARTS = ("major", "minor", "patch")


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """Run a command and return its output. Git gets the developer's own HOME, which has the developer's name."""
    home = os.environ.get("OWN_HOME" if command[0] == "git" else "HOME", os.environ["HOME"])
    done = subprocess.run(command, cwd=cwd, env=os.environ | {"HOME": home}, check=False, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} returned {done.returncode}:\n{done.stdout}")
    return done.stdout.strip()


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def check_release(version: str, root: Path = ROOT) -> None:
    """Exit with a message unless this version can be released from this checkout."""
    now = yaml.safe_load((root / "galaxy.yml").read_text())["version"]
    if not re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}", version):
        raise SystemExit(f"make release VERSION=x.y.z: a version is three numbers, not {version!r}. It is {now} now.")
    if (branch := run("git", "branch", "--show-current", cwd=root)) != "main":
        raise SystemExit(f"A release is made from main, not from {branch or 'no branch'}: git switch main")
    if changed := run("git", "status", "--porcelain", cwd=root):
        raise SystemExit(f"Commit or remove these first:\n{changed}")
    released = [tag[1:] for tag in run("git", "tag", "--list", "v*.*.*", cwd=root).splitlines()]
    if numbers(version) < numbers(now) or (version == now and released):
        raise SystemExit(f"The version must be newer than {now}, not {version}.")
    if missing := set(CORES) - {row["core"] for row in recorded()}:
        raise SystemExit(
            f"make matrix has not passed with ansible-core {', '.join(sorted(missing))} (tests/versions.json)."
        )
    run("antsibull-changelog", "lint", cwd=root)
    fragments = [yaml.safe_load(path.read_text()) for path in (root / "changelogs/fragments").glob("*.y*ml")]
    if version != now and not fragments:
        raise SystemExit("There is nothing in changelogs/fragments that could be released.")
    raised = next((part for part in range(3) if numbers(version)[part] != numbers(now)[part]), 2)
    for section in (section for fragment in fragments for section in fragment):
        if raised > RAISES.get(section, 2) and released:
            raise SystemExit(
                f"{section} needs a new {PARTS[RAISES[section]]} version; {version} is a {PARTS[raised]} one after {now}."
            )


def write(version: str, root: Path) -> None:
    """Write the version into all files, and the changelog."""
    for name, pattern in PLACES.items():
        text, count = re.subn(pattern, version, (root / name).read_text())
        if count != 1:
            raise SystemExit(f"{name} has the version in {count} places, not in one.")
        (root / name).write_text(text)
    run("antsibull-changelog", "release", "--update-existing", "--reload-plugins", "--version", version, cwd=root)


def build(root: Path, folder: Path) -> Path:
    """Build the tarball, check it as Galaxy does, and return its path."""
    run("ansible-galaxy", "collection", "build", "--output-path", folder, root)
    (tarball,) = folder.glob("*.tar.gz")
    os.environ["GALAXY_IMPORTER_CONFIG"] = str(IMPORTER)
    said = run(sys.executable, "-m", "galaxy_importer.main", tarball, cwd=folder)
    # ruff's format violates W503 and E203, which are off by default, but the importer turns them on. Playbooks of the
    # collection are not found, since the importer gives ansible-lint a path that ends in ansible_collections.
    if complaints := re.findall(
        r"^(?:WARNING|ERROR): (?!.* W503 |.* E203 |.* Failed to find magalu.cloud.).*", said, re.MULTILINE
    ):
        raise SystemExit("\n".join(["Galaxy complains:", *complaints]))
    return tarball


def main(version: str) -> None:
    check_release(version)
    who = [option for name in ("user.name", "user.email") for option in ("-c", f"{name}={run('git', 'config', name)}")]
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "ansible_collections/magalu/cloud"
        run("git", "clone", "--quiet", ROOT, clone)
        write(version, clone)
        run("git", "add", "--all", cwd=clone)
        run("git", *who, "commit", "--quiet", "--message", f"Release {version}", cwd=clone)
        run("git", *who, "tag", "--annotate", "--message", f"Release {version}", f"v{version}", cwd=clone)
        tarball = build(clone, Path(folder))
        (dist := ROOT / ".build/dist").mkdir(parents=True, exist_ok=True)
        kept = dist / tarball.name
        shutil.copy(tarball, kept)
        run("git", "fetch", "--quiet", "--no-tags", clone, "main")
        try:
            run("git", "merge", "--quiet", "--ff-only", "FETCH_HEAD")
        except SystemExit:  # fails if somebody has committed meanwhile
            kept.unlink()
            raise
        run("git", "fetch", "--quiet", clone, "tag", f"v{version}")
    print(f"Release {version} is committed and tagged, and built as {kept}. To make it public:")
    print(f"  git push origin main v{version}\n  ansible-galaxy collection publish {kept}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
