# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The part of AWX's API that awx_setup needs, with AWX's checks: AWX 24.6.1 refuses the same requests."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from tests.support.waiting import wait_until

Row = dict[str, Any]
TOKEN, USER = "kept-awx-token", "admin:kept-awx-password"
# By kind: the fields with their defaults (... is required), the unique fields, and the references to other kinds.
KINDS: dict[str, tuple[Row, tuple[str, ...], dict[str, str]]] = {
    "organizations": ({"name": ..., "description": "", "max_hosts": 0}, ("name",), {}),
    "credential_types": ({"name": ..., "description": "", "kind": ..., "managed": False, "inputs": {}, "injectors": {}},
                         ("name", "kind"), {}),
    "credentials": ({"name": ..., "description": "", "credential_type": ..., "organization": None, "inputs": {}},
                    ("name", "organization", "credential_type"),
                    {"credential_type": "credential_types", "organization": "organizations"}),
    "execution_environments": ({"name": ..., "description": "", "image": ..., "pull": "", "organization": None,
                                "credential": None}, ("name",),
                               {"organization": "organizations", "credential": "credentials"}),
    "projects": ({"name": ..., "description": "", "organization": None, "scm_type": "", "scm_url": "", "scm_branch": "",
                  "credential": None, "default_environment": None, "scm_update_on_launch": False,
                  "scm_update_cache_timeout": 0, "allow_override": False, "scm_revision": ""},
                 ("name", "organization"), {"organization": "organizations", "credential": "credentials",
                                            "default_environment": "execution_environments"}),
    "inventories": ({"name": ..., "description": "", "organization": ..., "kind": "", "host_filter": None,
                     "variables": ""}, ("name", "organization"), {"organization": "organizations"}),
    "inventory_sources": ({"name": ..., "description": "", "inventory": ..., "source": ..., "source_path": "",
                           "source_vars": "", "source_project": None, "credential": None, "execution_environment": None,
                           "overwrite": False, "overwrite_vars": False, "update_on_launch": False,
                           "update_cache_timeout": 0, "enabled_var": "", "enabled_value": "", "verbosity": 1,
                           "timeout": 0}, ("name", "inventory"),
                          {"inventory": "inventories", "source_project": "projects", "credential": "credentials",
                           "execution_environment": "execution_environments"}),
    "job_templates": ({"name": ..., "description": "", "organization": None, "job_type": "run", "inventory": None,
                       "project": None, "playbook": "", "execution_environment": None, "verbosity": 0, "limit": "",
                       "diff_mode": False, "survey_enabled": False, "allow_simultaneous": False, "job_slice_count": 1,
                       "timeout": 0,
                       "ask_job_type_on_launch": False, "ask_credential_on_launch": False,
                       "ask_limit_on_launch": False, "ask_job_slice_count_on_launch": False,
                       "ask_variables_on_launch": False, "ask_verbosity_on_launch": False,
                       "ask_diff_mode_on_launch": False}, ("name", "organization"),
                      {"inventory": "inventories", "project": "projects",
                       "execution_environment": "execution_environments"}),
    "workflow_job_templates": ({"name": ..., "description": "", "organization": None, "extra_vars": "", "survey_enabled": False,
                                "allow_simultaneous": False, "ask_variables_on_launch": False}, ("name", "organization"),
                               {"organization": "organizations"}),
    "workflow_job_template_nodes": ({"identifier": ..., "workflow_job_template": ..., "unified_job_template": None,
                                     "job_type": None, "extra_data": {}}, ("identifier", "workflow_job_template"),
                                    {"workflow_job_template": "workflow_job_templates",
                                     "unified_job_template": "unified_job_templates"}),
    "workflow_approval_templates": ({"name": ..., "description": "", "timeout": 0}, (), {}),
    "schedules": ({"name": ..., "description": "", "rrule": ..., "unified_job_template": ..., "enabled": True,
                   "extra_data": {}}, ("name", "unified_job_template"), {"unified_job_template": "unified_job_templates"}),
}  # fmt: skip
# AWX's own rules for playbooks, and for the questions of a survey.
PLAYBOOK = re.compile(
    r"^\s*?-?\s*?(?:hosts|(ansible\.builtin\.)?include|(ansible\.builtin\.)?import_playbook):\s*?.*?$"
)
QUESTIONS = {"text": str, "textarea": str, "password": str, "multiplechoice": str, "multiselect": str, "integer": int,
             "float": float}  # fmt: skip


class Refused(Exception):
    """An error response."""

    def __init__(self, status: int, **body: Any) -> None:
        self.status, self.body = status, body


def failed(task: str, message: str, **result: Any) -> Row:
    """Return the event of a failed task."""
    return {"event": "runner_on_failed", "task": task, "event_data": {"task": task, "res": {"msg": message, **result}}}


class Awx:
    """An AWX with its objects, and the changes that were requested."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = {kind: [] for kind in KINDS}
        self.surveys: dict[int, Row] = {}
        self.credentials: dict[int, list[int]] = {}  # by job template
        self.changes: list[tuple[str, str, Any]] = []
        self.updates: list[Row] = []  # of projects
        self.events: dict[int, list[Row]] = {}  # by update
        self.galaxy = False  # whether it is reachable
        self.create("organizations", {"name": "Default"})
        self.create("credential_types", {"name": "Machine", "kind": "ssh"})
        self.url = ""

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables with which awx.awx finds it."""
        return {"CONTROLLER_HOST": self.url, "CONTROLLER_OAUTH_TOKEN": TOKEN}

    def one(self, kind: str, name: str) -> Row:
        """Return the only object with that name."""
        (row,) = [row for row in self.all(kind) if row["name"] == name]
        return row

    def all(self, kind: str) -> list[Row]:
        if kind == "unified_job_templates":
            kinds = ("projects", "inventory_sources", "job_templates", "workflow_approval_templates")
            return [row for each in kinds for row in self.rows[each]]
        return self.rows[kind]

    def find(self, kind: str, number: Any) -> Row | None:
        return next((row for row in self.all(kind) if row["id"] == number), None)

    def get(self, kind: str, number: int) -> Row:
        row = self.find(kind, number)
        if row is None:
            raise Refused(404, detail="Not found.")
        return row

    def list(self, kind: str, query: dict[str, str]) -> Row:
        """Return a filtered list."""
        found = self.all(kind)
        alternatives = {name[4:]: value for name, value in query.items() if name.startswith("or__")}
        for name, value in query.items():
            field = name.removeprefix("or__")
            if kind in KINDS and field not in {"id", *KINDS[kind][0]}:
                raise Refused(400, detail=f"{kind} has no field named '{field}'")
            if not name.startswith("or__"):
                found = [row for row in found if str(row.get(field)) == value]
        if alternatives:
            found = [row for row in found if any(str(row[name]) == value for name, value in alternatives.items())]
        return {"count": len(found), "next": None, "previous": None, "results": [self.shown(row) for row in found]}

    def create(self, kind: str, given: Row) -> Row:
        defaults = KINDS[kind][0]
        missing = [name for name, default in defaults.items() if default is ... and given.get(name) in (None, "")]
        if missing:
            raise Refused(400, **{name: ["This field is required."] for name in missing})
        number = 1 + sum(map(len, self.rows.values()))
        url = f"/api/v2/{kind}/{number}/"
        row = {"id": number, "type": kind[:-1].replace("inventorie", "inventory"), "url": url, "summary_fields": {},
               "related": {}, **{name: None if default is ... else default for name, default in defaults.items()}}  # fmt: skip
        if kind in ("job_templates", "workflow_job_templates"):
            row["related"]["survey_spec"] = f"{url}survey_spec/"
        if kind == "projects":
            row["related"]["update"] = f"{url}update/"
            row["playbooks"] = []
        self.change(kind, row, given)
        self.rows[kind].append(row)
        return row

    def change(self, kind: str, row: Row, given: Row) -> None:
        """Set fields, after AWX's checks."""
        defaults, unique, references = KINDS[kind]
        # A null leaves a text field as it is; unknown fields are ignored.
        given = {name: value for name, value in given.items()
                 if name in defaults and not (value is None and isinstance(defaults[name], str))}  # fmt: skip
        new = {**row, **given}
        for name, other in references.items():
            if new[name] is not None and self.find(other, new[name]) is None:
                raise Refused(400, **{name: [f'Invalid pk "{new[name]}" - object does not exist.']})
        if any(all(new[name] == there[name] for name in unique) for there in self.rows[kind] if there is not row):
            raise Refused(400, __all__=[f"{kind} with this ({', '.join(unique)}) combination already exists."])
        check = getattr(self, f"check_{kind}", None)
        if check:
            check(row, new)
        scm = ("scm_type", "scm_url", "scm_branch", "credential")
        synced = kind == "projects" and new["scm_type"] and any(new[name] != row[name] for name in scm)
        row.update(new)
        if synced:
            self.sync(row)

    def sync(self, project: Row) -> Row:
        """Update a project from a folder. A failed update leaves the project unchanged, and AWX does not retry it."""
        folder = Path(project["scm_url"].removeprefix("file://"))
        number, events = len(self.updates) + 101, []
        if not folder.is_dir():
            events.append(
                failed("Update project using git", f"fatal: '{folder}' does not appear to be a git repository")
            )
        elif (folder / "collections/requirements.yml").exists() and not self.galaxy:
            task = "Fetch galaxy collections from collections/requirements.(yml/yaml)"
            item = failed(task, "non-zero return code", stderr="[WARNING]: Skipping Galaxy server https://galaxy.example/.\n"
                          "ERROR! Unknown error when attempting to call Galaxy")  # fmt: skip
            item["event"] = "runner_item_on_failed"
            events += [item, failed(task, "One or more items failed")]
        else:
            files = sorted(file for file in folder.rglob("*") if file.is_file())
            text = b"".join(str(file).encode() + file.read_bytes() for file in files)
            project["scm_revision"] = hashlib.sha1(text).hexdigest()
            project["playbooks"] = [file.name for file in folder.glob("*.y*ml")
                                    if any(map(PLAYBOOK.match, file.read_text().splitlines()))]  # fmt: skip
        update = {
            "id": number, "url": f"/api/v2/project_updates/{number}/", "status": "failed" if events else "successful",
            "failed": bool(events), "finished": "2026-11-29T10:00:00Z", "event_processing_finished": True,
            "scm_revision": project["scm_revision"], "job_explanation": "", "result_traceback": "",
        }  # fmt: skip
        self.updates.append(update)
        self.events[number] = [{"event": "playbook_on_start", "task": "", "event_data": {}}, *events]
        project["summary_fields"]["last_update"] = {name: update[name] for name in ("id", "status", "failed")}
        return update

    def project_update(self, number: int, below: str, query: dict[str, str]) -> Row:
        """Return a project's update, or the events of the update."""
        if below == "events":
            found = [one for one in self.events[number] if one["event"] in query["event__in"].split(",")]
            return {"count": len(found), "next": None, "previous": None, "results": found}
        return next(update for update in self.updates if update["id"] == number)

    def check_credential_types(self, row: Row, new: Row) -> None:
        used = any(one["credential_type"] == row["id"] for one in self.rows["credentials"])
        if used and new["inputs"] != row["inputs"]:
            raise Refused(403, detail="Modifications to inputs are not allowed for credential types that are in use")
        if new["kind"] not in ("cloud", "net", "ssh"):
            raise Refused(400, kind=["Must be 'cloud' or 'net'."])

    def check_credentials(self, row: Row, new: Row) -> None:
        kind = self.get("credential_types", new["credential_type"])
        unknown = set(new["inputs"]) - {field["id"] for field in kind["inputs"].get("fields", [])}
        if unknown:
            raise Refused(400, inputs=[f"Additional properties are not allowed ({', '.join(unknown)})"])

    def check_inventory_sources(self, row: Row, new: Row) -> None:
        project = self.find("projects", new["source_project"])
        if new["source"] != "scm" or project is None or not project["scm_type"]:
            raise Refused(400, source_project=["Must be an SCM project when source is scm."])
        new["organization"] = self.get("inventories", new["inventory"])["organization"]

    def check_job_templates(self, row: Row, new: Row) -> None:
        project = self.find("projects", new["project"])
        if project is None or new["playbook"] not in project.get("playbooks", []):
            raise Refused(400, playbook=["Playbook not found for project."])
        new["organization"] = project["organization"]

    def check_workflow_job_template_nodes(self, row: Row, new: Row) -> None:
        template = self.find("job_templates", new["unified_job_template"])
        if new["job_type"] and not (template and template["ask_job_type_on_launch"]):
            raise Refused(400, job_type=["Field is not configured to prompt on launch."])
        if new["extra_data"]:
            raise Refused(400, extra_data=["Variables are not allowed on launch."])

    def create_approval(self, node: Row, given: Row) -> Row:
        """Create the approval of a workflow node."""
        made = self.create("workflow_approval_templates", given)
        node["unified_job_template"], node["related"]["unified_job_template"] = made["id"], made["url"]
        return made

    def lead_to(self, node: Row, given: Row) -> None:
        """Set or remove the node that follows the success of this node."""
        other, there = self.get("workflow_job_template_nodes", given["id"]), node.setdefault("success_nodes", [])
        if other["workflow_job_template"] != node["workflow_job_template"]:
            raise Refused(403, detail="Nodes must be of one workflow.")
        there.remove(other["id"]) if given.get("disassociate") else there.append(other["id"])

    def check_schedules(self, row: Row, new: Row) -> None:
        rule = r"DTSTART(;TZID=\S+)?:\d{8}T\d{6}Z? RRULE:FREQ=(MINUTELY|HOURLY|DAILY|WEEKLY|MONTHLY|YEARLY);\S*INTERVAL=\S+"
        if not re.fullmatch(rule, new["rrule"]):
            raise Refused(400, rrule=["rrule parsing failed validation"])
        spec = self.surveys.get(new["unified_job_template"], {}).get("spec", [])
        unknown = set(new["extra_data"]) - {one["variable"] for one in spec}
        if unknown:
            raise Refused(400, variables_not_allowed=[f"Variables {', '.join(unknown)} are not allowed on launch."])
        missing = [one["variable"] for one in spec if one["required"] and one["variable"] not in new["extra_data"]]
        if missing:
            raise Refused(400, variables_needed_to_start=[f"'{name}' value missing" for name in missing])

    def set_survey(self, template: int, spec: Row) -> None:
        if set(spec) != {"name", "description", "spec"} or not spec["spec"]:
            raise Refused(400, error="'name', 'description' and 'spec' are needed, and 'spec' must not be empty.")
        names = [one.get("variable") for one in spec["spec"]]
        for number, one in enumerate(spec["spec"]):
            kind, choices = one.get("type"), one.get("choices")
            wrong = {"type", "question_name", "variable", "required"} - set(one)
            if wrong or kind not in QUESTIONS or names.count(one["variable"]) > 1:
                raise Refused(400, error=f"survey question {number} is wrong: {wrong or one}")
            if kind.startswith("multi") != isinstance(choices, list):
                raise Refused(400, error=f"survey question {number}: choices and its type do not fit")
            if "default" in one and (not isinstance(one["default"], QUESTIONS[kind]) or
                                     choices and one["default"] not in choices):  # fmt: skip
                raise Refused(400, error=f"survey question {number}: its default is no answer")
        self.surveys[template] = spec

    def associate(self, template: int, given: Row) -> None:
        there = self.credentials.setdefault(template, [])
        if given.get("disassociate"):
            there.remove(given["id"])
            return
        kind = self.get("credential_types", self.get("credentials", given["id"])["credential_type"])
        if any(self.get("credentials", one)["credential_type"] == kind["id"] for one in there):
            raise Refused(400, error=f"Cannot assign multiple {kind['name']} credentials.")
        there.append(given["id"])

    def shown(self, row: Row) -> Row:
        """Return the object without its secrets, as AWX's API does."""
        if row["type"] != "credential":
            return row
        fields = self.get("credential_types", row["credential_type"])["inputs"].get("fields", [])
        hidden = {
            field["id"]: "$encrypted$" for field in fields if field.get("secret") and field["id"] in row["inputs"]
        }
        return {**row, "inputs": {**row["inputs"], **hidden}}

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        """Route a request, and return the status and the body of the response."""
        kind, number, below = [*path.strip("/").split("/"), "", ""][:3]
        if kind in ("ping", "config"):
            return 200, {"version": "24.6.1"}
        if kind == "project_updates":
            return 200, self.project_update(int(number), below, query)
        if (method, kind, below) == ("POST", "projects", "update"):
            return 202, {**self.sync(self.get("projects", int(number))), "status": "pending"}
        if method != "GET":
            self.changes.append((method, path.strip("/"), body))
        if not number:
            return (200, self.list(kind, query)) if method == "GET" else (201, self.shown(self.create(kind, body)))
        row = self.get(kind, int(number))
        if below == "survey_spec":
            if method == "POST":
                self.set_survey(row["id"], body)
            return 200, self.surveys.get(row["id"], {})
        if below == "create_approval_template" and method == "POST":
            return 201, self.create_approval(row, body)
        if below == "success_nodes" and kind == "workflow_job_template_nodes":
            if method == "POST":
                self.lead_to(row, body)
                return 204, None
            rows = [self.get(kind, one) for one in row.get("success_nodes", [])]
            return 200, {"count": len(rows), "next": None, "previous": None, "results": rows}
        if below == "credentials":
            if method == "POST":
                self.associate(row["id"], body)
                return 204, None
            found = [self.shown(self.get("credentials", one)) for one in self.credentials.get(row["id"], [])]
            return 200, {"count": len(found), "next": None, "previous": None, "results": found}
        if below:
            raise Refused(404, detail="Not found.")
        if method == "PATCH":
            self.change(kind, row, body)
        return 200, self.shown(row)


def application(awx: Awx) -> FastAPI:
    """Return the API as a web application."""
    app = FastAPI()

    @app.api_route("/api/v2/{path:path}", methods=["GET", "POST", "PATCH", "DELETE"])
    async def handle(request: Request, path: str) -> Response:
        who = request.headers.get("authorization", "")
        basic = f"Basic {base64.b64encode(USER.encode()).decode()}"
        headers = {"X-API-Product-Name": "AWX", "X-API-Product-Version": "24.6.1"}
        status: int
        answer: Any
        if path.strip("/").startswith("tokens") and who == basic:
            status, answer = (204, None) if request.method == "DELETE" else (201, {"id": 1, "token": TOKEN})
        elif who != f"Bearer {TOKEN}":
            status, answer = 401, {"detail": "Authentication credentials were not provided."}
        else:
            body = await request.body()
            try:
                status, answer = awx.answer(
                    request.method, path, dict(request.query_params), json.loads(body or b"null")
                )
            except Refused as refused:
                status, answer = refused.status, refused.body
        if status == 204:
            return Response(status_code=204, headers=headers)
        return JSONResponse(answer, status, headers)

    return app


@contextmanager
def serve_awx() -> Iterator[Awx]:
    """Serve an AWX with its first organization until the block ends."""
    awx = Awx()
    server = uvicorn.Server(uvicorn.Config(application(awx), port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started or not thread.is_alive())
    assert server.started
    awx.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield awx
    finally:
        server.should_exit = True
        thread.join()
