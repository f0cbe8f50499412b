# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""playbooks/awx_setup.yml against AWX's checks, with the modules of awx.awx."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from ansible_collections.magalu.cloud.plugins.filter.awx_sync_failure import awx_sync_failure
from tests.awx import fake_awx
from tests.awx.data import AWX, PROJECT, load, templates
from tests.conftest import COLLECTIONS, ROOT
from tests.support.documents import load_yaml
from tests.support.play import environment
from tests.support.programs import run

pytestmark = pytest.mark.programs

AWX_AWX = ROOT / ".build/awx-collections/24.6.1"
IMAGE = "registry.test/ee:1"
KEY = "kept-key-5d2c"
SEVERAL = pytest.mark.test_all("several runs of a slow playbook; the first run is in make test")


@pytest.fixture
def awx() -> Iterator[fake_awx.Awx]:
    assert AWX_AWX.is_dir(), "awx.awx is missing: make setup"
    with fake_awx.serve_awx() as server:
        yield server


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Return a copy of extensions/awx with only the job template that has a schedule."""
    folder = tmp_path / "data"
    shutil.copytree(AWX, folder, ignore=shutil.ignore_patterns("job_templates"))
    (folder / "job_templates").mkdir()
    shutil.copy(AWX / "job_templates/report.yml", folder / "job_templates")
    return folder


def setup(awx: fake_awx.Awx, folder: Path, code: int = 0, paths: str = f"{COLLECTIONS}:{AWX_AWX}",
          env: dict[str, str] | None = None, **variables: Any) -> str:  # fmt: skip
    """Run the playbook, and return its output in one line. A variable that is None is not passed."""
    awx.changes.clear()
    (folder / "ansible.cfg").touch()
    given = {"project_url": f"file://{PROJECT}", "image": IMAGE, **variables}
    extra = {f"magalu_awx_{name}": value for name, value in given.items() if value is not None}
    process = environment(SimpleNamespace(environment=awx.environment), folder, ANSIBLE_COLLECTIONS_PATH=paths,
                          **{"MGC_API_KEY": KEY, "MGC_REGION": "", **(env or {})})  # fmt: skip
    done = run("playbook", "magalu.cloud.awx_setup", "-e", json.dumps(extra), cwd=folder, env=process)
    said = done.stdout
    assert (done.returncode, "Traceback" in said) == (code, False) or done.returncode == code == 2, said
    assert not any(secret in said for secret in (KEY, fake_awx.TOKEN, fake_awx.USER.split(":")[1])), said
    # Other collections cause warnings; this playbook causes none.
    assert "magalu/cloud" not in "".join(re.findall(r"\[DEPRECATION WARNING\].*", said)), said
    return " ".join(said.split())


def changed(said: str) -> int:
    return int(re.search(r"changed=(\d+)", said)[1])  # type: ignore[index]


@pytest.mark.test_all("several runs of a slow playbook; the first run is in make test")
def test_the_second_run_changes_nothing_and_the_third_only_differences(
    awx: fake_awx.Awx, small: Path, tmp_path: Path
) -> None:
    assert "The credential was made, with api_key" in setup(awx, tmp_path, data=str(small), schedules=True)
    source = load(small / "inventory_source.yml")["schedules"]
    named = [one["name"] for one in (*source, *templates()["report"]["schedules"])]
    assert [row["name"] for row in awx.rows["schedules"]] == named
    said = setup(awx, tmp_path, data=str(small), schedules=True, env={"MGC_REGION": "br-ne1"})
    assert changed(said) == 0 and awx.changes == [] and "The credential was there, and is as it was" in said
    file = small / "job_templates/report.yml"
    told = load(file)
    told["survey_spec"]["spec"][0]["question_name"] = "Otherwise"
    told["timeout"] = 600
    told["schedules"][0]["description"] = "Otherwise"
    file.write_text(yaml.safe_dump(told))
    kind = small / "credential_type.yml"
    kind.write_text(kind.read_text().replace("{{ 'false' if insecure else '' }}", "{{ 'false' if insecure }}"))
    assert changed(setup(awx, tmp_path, data=str(small), schedules=True, image="registry.test/ee:2")) == 4
    assert [(method, re.sub(r"\d+", "N", path)) for method, path, _body in awx.changes] == [
        ("PATCH", "credential_types/N"), ("PATCH", "execution_environments/N"), ("PATCH", "job_templates/N"),
        ("POST", "job_templates/N/survey_spec"), ("PATCH", "schedules/N"),
    ]  # fmt: skip
    assert awx.one("execution_environments", "Magalu Cloud")["image"] == "registry.test/ee:2"
    assert awx.one("job_templates", told["name"])["timeout"] == 600


@SEVERAL
def test_each_organization_has_its_own(awx: fake_awx.Awx, small: Path, tmp_path: Path) -> None:
    """Two organizations may have an inventory, credential and project with the same names."""
    for organization in ("One", "Two"):
        setup(awx, tmp_path, data=str(small), organization=organization)
    assert changed(setup(awx, tmp_path, data=str(small), organization="One")) == 0
    for kind in ("inventories", "credentials", "projects", "job_templates"):
        assert len([row for row in awx.rows[kind] if row["name"].startswith("Magalu Cloud")]) == 2, kind
    for template in awx.rows["job_templates"]:
        used = [awx.get("inventories", template["inventory"]), awx.get("projects", template["project"]),
                *(awx.get("credentials", number) for number in awx.credentials[template["id"]])]  # fmt: skip
        assert [row["organization"] for row in used] == [template["organization"]] * 3
    for source in awx.rows["inventory_sources"]:
        owner = awx.get("inventories", source["inventory"])["organization"]
        assert awx.get("credentials", source["credential"])["organization"] == owner


@SEVERAL
def test_a_missing_file_of_certificates_is_an_error(awx: fake_awx.Awx, small: Path, tmp_path: Path) -> None:
    said = setup(awx, tmp_path, code=2, data=str(small), env={"MGC_CA_PATH": "/none/ca.pem"})
    assert "/none/ca.pem" in said and awx.rows["credentials"] == []


def test_the_first_run_creates_everything(awx: fake_awx.Awx, tmp_path: Path) -> None:
    env = {"CONTROLLER_OAUTH_TOKEN": "", "CONTROLLER_USERNAME": "admin", "CONTROLLER_PASSWORD": "kept-awx-password"}
    for name in ("ssh", "git"):
        awx.create("credentials", {"name": name, "credential_type": awx.one("credential_types", "Machine")["id"]})
    (tmp_path / "ca.pem").write_text("# those of the company\n")
    env |= {"MGC_TENANT_ID": "tenant-1", "MGC_VALIDATE_CERTS": "no", "MGC_CA_PATH": str(tmp_path / "ca.pem")}
    setup(awx, tmp_path, env=env, organization="Platform", project_branch="main",
          project_credential="git", more_credentials=" ssh,")  # fmt: skip
    kind = awx.one("credential_types", "Magalu Cloud")
    declared = load(AWX / "credential_type.yml")
    assert {name: kind[name] for name in declared} == declared, "templates of injectors are not rendered on the way"
    credential = awx.one("credentials", "Magalu Cloud")
    assert credential["credential_type"] == kind["id"]
    assert credential["inputs"] == {
        "api_key": KEY, "tenant_id": "tenant-1", "insecure": True, "ca_cert": "# those of the company",
    }  # fmt: skip
    image, project = (awx.one(kind, "Magalu Cloud") for kind in ("execution_environments", "projects"))
    assert image["image"] == IMAGE
    assert (project["scm_branch"], project["default_environment"]) == ("main", image["id"])
    ssh, git = (awx.one("credentials", name)["id"] for name in ("ssh", "git"))
    assert project["credential"] == git
    organization = awx.one("organizations", "Platform")["id"]
    assert {row["organization"] for each in ("credentials", "projects", "inventories", "job_templates")
            for row in awx.rows[each] if row["id"] not in (ssh, git)} == {organization}  # fmt: skip
    source = awx.one("inventory_sources", "Instances")
    assert (PROJECT / source["source_path"]).is_file() and source["credential"] == credential["id"]
    assert source["overwrite"] and source["overwrite_vars"] and not source["enabled_var"]
    assert not source["update_on_launch"], "an inventory update that fails would fail all jobs"
    (schedule,) = awx.rows["schedules"]  # no other schedules unless they are requested
    assert schedule["unified_job_template"] == source["id"] and schedule["enabled"]
    assert source["source_project"] == project["id"] and source["execution_environment"] == image["id"]
    assert {row["playbook"] for row in awx.rows["job_templates"]} == {f"{name}.yml" for name in templates()}
    for row in awx.rows["job_templates"]:
        assert set(awx.credentials[row["id"]]) == {credential["id"], ssh} and row["project"] == project["id"]
        assert awx.surveys[row["id"]] == templates()[row["playbook"][:-4]]["survey_spec"]
        assert row["timeout"] == 14400  # longer than the longest default wait of a survey
        assert row["job_slice_count"] == 1 and row["survey_enabled"] and row["execution_environment"] == image["id"]
        no = ("allow_simultaneous", "ask_limit_on_launch", "ask_job_slice_count_on_launch", "ask_variables_on_launch")
        assert not any(row[name] for name in no) and not row["limit"]
        assert row["ask_job_type_on_launch"] and row["ask_credential_on_launch"]


@SEVERAL
def test_a_workflow_applies_a_plan_only_after_its_approval(awx: fake_awx.Awx, small: Path, tmp_path: Path) -> None:
    """A workflow has a check job, an approval and the same job again. Nothing follows a denied approval."""
    shutil.copy(AWX / "job_templates/power.yml", small / "job_templates")
    setup(awx, tmp_path, data=str(small), workflows=True, approval_timeout=600)
    (workflow,) = awx.rows["workflow_job_templates"]
    assert workflow["name"] == "Magalu Cloud - power, approved" and workflow["survey_enabled"]
    assert json.loads(workflow["extra_vars"]) == {"magalu_approved_only": True}
    assert awx.surveys[workflow["id"]] == templates()["power"]["survey_spec"], "asked once, for both jobs"
    assert not workflow["allow_simultaneous"]
    nodes = {row["identifier"]: row for row in awx.rows["workflow_job_template_nodes"]}
    template = awx.one("job_templates", "Magalu Cloud - power")["id"]
    assert {name: (row["unified_job_template"], row["job_type"]) for name, row in nodes.items() if name != "approve"} == {
        "check": (template, "check"), "apply": (template, "run"),
    }  # fmt: skip
    after = {name: row.get("success_nodes", []) for name, row in nodes.items()}
    assert after == {"check": [nodes["approve"]["id"]], "approve": [nodes["apply"]["id"]], "apply": []}
    (approval,) = awx.rows["workflow_approval_templates"]
    assert approval["timeout"] == 600 and nodes["approve"]["unified_job_template"] == approval["id"]
    said = setup(awx, tmp_path, data=str(small), workflows=True, approval_timeout=600)
    assert changed(said) == 0 and awx.changes == []


def test_each_playbook_that_accepts_a_plan_gets_a_workflow() -> None:
    """Exactly the playbooks that accept an approved plan get a workflow: any other one's second job would fail."""
    (play,) = load_yaml((ROOT / "playbooks/awx_setup.yml").read_text())
    held = [
        file.stem
        for file in (ROOT / "playbooks").glob("*.yml")
        if "include_tasks: tasks/approval.yml" in file.read_text()
    ]
    assert sorted(held) == play["vars"]["approvable"] and set(held) <= set(templates())


@SEVERAL
def test_a_refusal_by_awx_is_reported_with_the_remedy(awx: fake_awx.Awx, small: Path, tmp_path: Path) -> None:
    awx.create("credential_types", {"name": "Magalu Cloud", "kind": "cloud", "inputs": {"fields": []}})
    awx.create("credentials", {"name": "in use", "credential_type": awx.rows["credential_types"][-1]["id"]})
    said = setup(awx, tmp_path, 2, data=str(small))
    assert "Declare the credential type: You don't have permission to PATCH to /api/v2/credential_types/" in said
    assert "another name with magalu_awx_credential_type, and its credential with magalu_awx_credential" in said
    names = {"data": str(small), "credential_type": "Magalu Cloud 2", "credential": "Magalu Cloud 2"}
    said = setup(awx, tmp_path, 2, project_url=f"file://{tmp_path}", **names)
    assert (
        "Playbook not found for project" in said and "root of the repository must be as extensions/awx/project" in said
    )

    mine = awx.one("credentials", "Magalu Cloud 2")
    awx.create("credentials", {"name": "other account", "credential_type": mine["credential_type"]})
    said = setup(awx, tmp_path, 2, more_credentials=["other account"], **names)
    assert "Cannot assign multiple Magalu Cloud 2 credentials" in said and "A job takes one account" in said


@SEVERAL
def test_a_failed_sync_is_reported_with_its_cause_and_repeated(awx: fake_awx.Awx, small: Path, tmp_path: Path) -> None:
    """A failed sync is reported with its cause and repeated: AWX neither retries it nor notices new commits."""
    repository = tmp_path / "repository"
    given = {"data": str(small), "project_url": f"file://{repository}"}
    said = setup(awx, tmp_path, 2, **given)
    assert "Sync the project: AWX could not sync the project. Update project using git: fatal: " in said
    assert f"'{repository}' does not appear to be a git repository. Check magalu_awx_project_url" in said
    shutil.copytree(PROJECT, repository)
    (repository / "report.yml").unlink()
    shutil.copytree(AWX / "collections", repository / "collections")
    said = setup(awx, tmp_path, 2, **given)
    assert "ERROR! Unknown error when attempting to call Galaxy" in said and "Check magalu_awx_project_url" not in said
    assert "delete collections/requirements.yml from the repository" in said
    shutil.rmtree(repository / "collections")
    said = setup(awx, tmp_path, 2, **given)
    assert "Playbook not found for project" in said and "root of the repository" in said
    shutil.copy(PROJECT / "report.yml", repository)  # new in the repository; the project in AWX is unchanged
    assert changed(setup(awx, tmp_path, **given)) > 0
    assert changed(setup(awx, tmp_path, **given)) == 0 and awx.changes == []
    (repository / "of-us.yml").write_text("- hosts: all\n")
    assert changed(setup(awx, tmp_path, **given)) == 1 and awx.changes == []


@SEVERAL
def test_project_as_shipped_needs_no_galaxy(awx: fake_awx.Awx, small: Path, tmp_path: Path) -> None:
    setup(awx, tmp_path, data=str(small))
    assert not awx.galaxy and {update["status"] for update in awx.updates} == {"successful"}


GALAXY_GONE = [
    {"msg": "fine"}, {"failed": True, "msg": "non-zero return code", "stderr": "\x1b[31mgone\x1b[0m"},
]  # fmt: skip


@pytest.mark.parametrize(("update", "events", "said"), [
    ({"msg": "The Project Update - x, failed", "id": 7, "job_data": {"job_explanation": "Job terminated due to timeout"}},
     [], "AWX could not sync the project. Job terminated due to timeout. AWX shows the whole output in job 7."),
    ({"msg": "Monitoring of Project Update - x aborted due to timeout", "job_data": None}, [{"event_data": None}],
     "AWX could not sync the project. Monitoring of Project Update - x aborted due to timeout."),
    ({"job_data": {"result_traceback": "Traceback\n  ImagePullBackOff"}}, [fake_awx.failed("x", "")],
     "AWX could not sync the project. Traceback ImagePullBackOff."),
    ({}, [{"task": "x", "event_data": {"ignore_errors": True, "res": {"msg": "ignored"}}}],
     "AWX could not sync the project. AWX does not say why."),
    ({}, [fake_awx.failed("fetch galaxy roles", "One or more items failed", results=GALAXY_GONE)],
     ("AWX could not sync the project. fetch galaxy roles: gone. AWX asks Galaxy because the repository has a "
      "requirements file. If the execution environment has the collection, delete collections/requirements.yml from the "
      "repository.")),
])  # fmt: skip
def test_cause_of_a_failed_sync(update: dict[str, Any], events: list[dict[str, Any]], said: str) -> None:
    assert awx_sync_failure(update, events) == said


@SEVERAL
def test_mistakes_are_reported_before_any_change(awx: fake_awx.Awx, small: Path, tmp_path: Path) -> None:
    said = setup(awx, tmp_path, 2, project_url=None, image=" ")
    assert "missing required arguments: magalu_awx_image, magalu_awx_project_url found in answers" in said
    said = setup(awx, tmp_path, 2, paths=str(COLLECTIONS))
    assert "needs the collection awx.awx, 24.6.1 or newer, and finds none." in said
    assert "ansible-galaxy collection install awx.awx" in said
    old = tmp_path / "old/ansible_collections/awx/awx"
    old.mkdir(parents=True)
    (old / "MANIFEST.json").write_text(json.dumps({"collection_info": {"version": "23.9.0", "namespace": "awx",
                                                                       "name": "awx"}}))  # fmt: skip
    assert "or newer, and finds 23.9.0." in setup(awx, tmp_path, 2, paths=f"{COLLECTIONS}:{tmp_path / 'old'}")
    said = setup(awx, tmp_path, 2, env={"CONTROLLER_OAUTH_TOKEN": "wrong"})
    assert "HTTP 401" in said and "AWX does not accept the login by CONTROLLER_OAUTH_TOKEN." in said
    user = {"CONTROLLER_OAUTH_TOKEN": "", "CONTROLLER_USERNAME": "admin"}
    said = setup(awx, tmp_path, 2, env={**user, "CONTROLLER_PASSWORD": "wrong"})
    assert "AWX does not accept the login by CONTROLLER_USERNAME. The login is taken from CONTROLLER_HOST" in said
    said = setup(awx, tmp_path, 2, env={"CONTROLLER_OAUTH_TOKEN": ""})
    assert "No login was given. The login is taken from CONTROLLER_HOST" in said
    said = setup(awx, tmp_path, 2, env={"CONTROLLER_HOST": "http://127.0.0.1:1"})
    assert "taken from the environment variables CONTROLLER_HOST" in said
    assert awx.changes == []
