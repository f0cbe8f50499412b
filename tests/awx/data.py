# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files of extensions/awx, and the environment that AWX makes from a credential."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from awx_plugins.interfaces._temporary_private_api import ManagedCredentialType
from awx_plugins.interfaces._temporary_private_credential_api import Credential
from awx_plugins.interfaces._temporary_private_inject_api import inject_credential

from tests.conftest import ROOT

AWX = ROOT / "extensions/awx"
PROJECT = AWX / "project"


class Loader(yaml.CSafeLoader):
    """A YAML loader that also reads Ansible's !unsafe texts."""


Loader.add_constructor("!unsafe", Loader.construct_yaml_str)


def load(file: Path) -> Any:
    """Return the content of a YAML file."""
    return yaml.load(file.read_text(), Loader)


def templates() -> dict[str, dict[str, Any]]:
    """Return the job templates by playbook."""
    return {file.stem: load(file) for file in sorted((AWX / "job_templates").glob("*.yml"))}


def environment(folder: Path, **inputs: Any) -> dict[str, str]:
    """Return the environment that AWX's code makes from a credential with these fields, and write its files."""
    declared = load(AWX / "credential_type.yml")
    kind = ManagedCredentialType(
        "magalu", declared["name"], declared["kind"], declared["inputs"], declared["injectors"]
    )
    (folder / "env").mkdir(exist_ok=True)
    env: dict[str, Any] = {}
    args: list[str] = []
    inject_credential(kind, Credential(inputs), env, {}, args, str(folder))
    assert args == [], "extra variables do not reach inventory updates"
    return {name: value.replace("/runner", str(folder)) for name, value in env.items()}
