# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The task of a fleet: plan from one listing, drive, prune, and report."""

from __future__ import annotations

import contextlib
import typing as t
from concurrent.futures import ThreadPoolExecutor

from .._api.exceptions import ApiError, Failed, NotStarted, Refused
from .._api.listing import Api
from .._api.resources import INSTANCES, Row
from .._api.rows import Seen, with_addresses
from .._api.statuses import is_deleting
from .._engine.driver import (
    drive_members,
    known_row,
    planned_outcome,
    reached_outcome,
    reads_more,
    scope_of,
    sealed_plan,
)
from .._engine.fleet import FleetClient, FleetListing, FleetPace, Observer
from .._engine.lists import wait_for_lists
from .._engine.member import Member
from .._engine.outcome import Outcome
from .._plan.approval import Approval
from .._plan.fleet import (
    fleet_members,
    instances_being_deleted,
    instances_to_prune,
    may_be_pruned,
    prune_limit,
    prune_pattern,
    refuse_same_instance,
    resolve_share,
)
from .._plan.options import INSTANCE_SPEC, ONE_OF, STATES, DesiredInstance, desired_instance
from .._plan.step import Memory, Plan, Query, Task
from .fleet_progress import Progress, Watcher
from .fleet_report import Report
from .instance import instance_observer, instance_task
from .instance_planner import Shared
from .results import billed_warning, explain_failure, outcome_diff, outcome_result

_ELEMENT = {
    name: {key: value for key, value in option.items() if key != "default"} for name, option in INSTANCE_SPEC.items()
}
_TEXT: dict[str, t.Any] = {"type": "str"}
_TEXTS: dict[str, t.Any] = {"type": "list", "elements": "str"}
_NO: dict[str, t.Any] = {"type": "bool", "default": False}
_PATH: dict[str, t.Any] = {"type": "path"}
FLEET_SPEC: dict[str, t.Any] = {
    "instances": {"type": "list", "elements": "dict", "options": _ELEMENT, "mutually_exclusive": ONE_OF},
    "defaults": {"type": "dict", "options": _ELEMENT, "mutually_exclusive": ONE_OF},
    "count": {"type": "int"},
    **dict.fromkeys(("name_format", "batch", "max_failures", "prune_match"), _TEXT),
    "concurrency": {"type": "int", "default": 10},
    "state": {"type": "str", "choices": STATES, "default": "present"},
    **dict.fromkeys(("prune_all", "allow_empty"), _NO),
    "prune_max": {"type": "str", "default": "5"},
    **dict.fromkeys(("protect_names", "protect_labels"), _TEXTS),
    "delete_public_ip": {"type": "bool"},
    "results": {"type": "str", "choices": ["full", "brief"], "default": "full"},
    **dict.fromkeys(("progress_file", "report"), _PATH),
    "wait_timeout": {"type": "int", "default": 3600},
}
BRIEF = ("id", "name", "state", "status", "phase", "private_ipv4", "public_ipv4", "public_ipv6")


class FleetMember:
    """A member of the fleet: its task, its first plan, and its outcome."""

    def __init__(self, name: str, task: Task, read: Observer, wait: bool, pruned: str = "") -> None:
        # `pruned` is the id of an instance that no member declares. The key identifies the member in a plan.
        self.name, self.pruned, self.key, self.task, self.read = name, bool(pruned), pruned or name, task, read
        self.engine_member = Member(task, wait)
        self.engine_member.by_lists = True
        self.seen: Seen = {}
        self.error: Failed | Refused | ApiError | None = None

    @property
    def planned(self) -> Plan | None:
        """Return the member's first plan.

        It is made from reads by id if anything has to be done.
        """
        return self.engine_member.first

    def observe(self, observe: Observer) -> Seen:
        """Read the member with `observe`.

        Keep an error in `error`, and return no rows.
        """
        try:
            return observe(self.engine_member.view.next_query)
        except (ApiError, Refused) as error:
            self.error = error
            return {}

    def needs_read(self, client: Api, seen: Seen) -> bool:
        """Plan the member; return whether something must be read first."""
        try:
            return self.error is None and reads_more(self.engine_member, client, seen)
        except (ApiError, Refused) as error:
            self.error = error
            return False


class Fleet:
    """All members of a fleet, and the work on them."""

    def __init__(
        self, client: FleetClient, wants: list[DesiredInstance], params: dict[str, t.Any], check: bool,
        warn: t.Callable[[str], object],
    ) -> None:  # fmt: skip
        self.client, self.params, self.check, self.warn, self.wait = client, params, check, warn, params["wait"]
        self.listing = FleetListing(client, user_data=any(want.user_data_base64 for want in wants))
        self.shared: Shared = {}
        self.members = [FleetMember(str(want.name or want.id), *self._task(want), self.wait) for want in wants]
        self.batch = resolve_share("batch", params["batch"], len(wants), least=1)
        self.max_failures = resolve_share("max_failures", params["max_failures"], len(wants))
        self.watchers: list[Watcher] = [] if check else self._make_watchers()
        self.names = {name for want in wants for name in (want.name, want.new_name) if name}
        self.error: Exception | None = None  # the error that prevented pruning
        self.prune_max = 0
        self.approval: Approval | None = None
        self.ahead: dict[str, FleetMember] | None = None  # by id: what is pruned by the approved plan
        if params.get("expected_plan") is not None:
            self.approval = Approval(params["expected_plan"], scope_of(client))
            for member in self.members:
                member.engine_member.follow_approval(self.approval.guard(member.key))

    def _make_watchers(self) -> list[Watcher]:
        progress, report = self.params["progress_file"], self.params["report"]
        watchers: list[Watcher] = [Progress(progress, self.members, self.warn)] if progress else []
        return (
            [*watchers, Report(report, self.members, self.warn, self.client.clock.now, self.client.connection.region)]
            if report
            else watchers
        )

    def _task(self, want: DesiredInstance) -> tuple[Task, Observer]:
        """Return the member's task, and a function that reads the member by its id.

        The task itself reads from the listing.
        """
        task = instance_task(self.listing, want, self.shared, assume_created=self.check)
        observe = instance_observer(self.client, want)

        def read(query: Query) -> Seen:
            seen = observe(query)
            for row in seen.values():
                if row and not self.listing.user_data:  # the listing drops it too
                    row.pop("user_data", None)
            return seen

        return task._replace(fresh=frozenset()), read

    def _observe_all(self, members: list[FleetMember], plan: bool) -> None:
        """Read all members from the listing.

        With `plan`, also plan them, after the reads by id that the plans need.
        """
        for member in members:
            member.seen = member.observe(member.task.observe)
        seen = {member: member.seen for member in members} if plan else {}
        with ThreadPoolExecutor(self.params["concurrency"]) as pool:
            while seen:
                going = [member for member, each in seen.items() if member.needs_read(self.client, each)]
                due = min((member.engine_member.view.next_look for member in going), default=0.0)
                self.client.clock.sleep(max(due - self.client.clock.now(), 0))
                seen = dict(zip(going, pool.map(lambda member: member.observe(member.read), going)))

    def converge(self) -> None:
        """Bring all members to their desired state and prune.

        In check mode, only plan it. Raise `ApiError` or `Refused` only before anything was changed.
        """
        self.listing.refresh()
        plans = self.check or self.max_failures is not None or self.approval is not None
        self._observe_all(self.members, plan=plans)
        there = [(row["id"], member.name) for member in self.members for row in [member.seen.get("instance")] if row]
        refuse_same_instance(there)
        # Before the members change: a percentage of the instances that exist after that would be another number.
        self.prune_max = prune_limit(self.listing.rows, self.params)
        ids = {row_id.lower() for row_id, _name in there}
        self._prunable(ids)  # before any change, refuses too many deletions
        if self.check:
            self._stop_early()
        if self.approval:
            self._check_approval(self.approval, ids)
        if not self.check:
            self._drive(self.members)
        if self.failed or not prune_pattern(self.params):
            return
        try:
            self._prune(ids)
        except (ApiError, Refused) as error:
            self.error = error

    def _stop_early(self) -> None:
        """Mark members as not started if more plans failed than `max_failures` allows.

        A real run would start none of them either.
        """
        failures = len(self.failed)
        if self.max_failures is not None and failures > self.max_failures:
            for member in self.members:
                if member.planned and member.planned.steps:
                    text = f"Not started: {failures} failed, and max_failures is {self.max_failures}."
                    member.engine_member.first = member.planned._replace(steps=(), after=member.planned.before)
                    member.error = NotStarted(text)

    def _prune(self, ids: set[str]) -> None:
        """Delete the undeclared instances.

        With `wait`, also wait for deletions that an earlier run started.
        """
        if not self.check:
            self.listing.refresh()
        going = self._members_to_prune(ids)
        self._observe_all([member for member in going if member.key not in (self.ahead or {})], plan=self.check)
        self.members += going
        if not self.check:
            self._drive(going)

    def _members_to_prune(self, ids: set[str]) -> list[FleetMember]:
        """Return the undeclared instances as members.

        Raise `Refused` if there are too many, or others than approved.
        """
        rows = self._prunable(ids)
        more = [str(row.get("name")) for row in rows if self.ahead is not None and row["id"] not in self.ahead]
        if more:
            raise Refused(f"Instances that were not in the approved plan would be pruned: {', '.join(more[:10])}.")
        if self.wait:
            rows = [*rows, *instances_being_deleted(self.listing.rows, ids, self.names, self.params)]
        return [(self.ahead or {}).get(row["id"]) or self._pruning(row, ids) for row in rows]

    def _check_approval(self, approval: Approval, ids: set[str]) -> None:
        """Plan the pruning too. Raise `Refused` if the plan of the whole fleet is not the approved one."""
        going = [] if self.failed or not prune_pattern(self.params) else self._members_to_prune(ids)
        self._observe_all(going, plan=True)
        self.ahead = {member.key: member for member in going}
        members = [member.engine_member for member in [*self.members, *going]]
        approval.check_all([(each.guard, each.planned, each.memory) for each in members if each.guard and each.planned])

    def _prunable(self, ids: set[str]) -> list[Row]:
        """Return the instances to prune. Raise `Refused` if there are too many."""
        return instances_to_prune(self.listing.rows, ids, self.names, self.params, self.prune_max)

    def _pruning(self, row: Row, ids: set[str]) -> FleetMember:
        """Return the member that deletes an instance.

        It does nothing if a read by id shows that the instance must not be pruned.
        """
        want = DesiredInstance(
            id=row["id"], state="absent", delete_public_ip=self.params["delete_public_ip"],
            protect_names=self.params["protect_names"], protect_labels=self.params["protect_labels"],
        )  # fmt: skip
        task, read = self._task(want)

        def plan(seen: Seen, memory: Memory) -> Plan:
            there = seen.get("instance")
            goes = there is None or is_deleting(there) or may_be_pruned(there, ids, self.names, self.params)
            return task.plan(seen, memory) if goes else Plan((), there, there)

        name, row_id = str(row.get("name") or row["id"]), str(row["id"])
        made = FleetMember(name, task._replace(plan=plan), read, self.wait, pruned=row_id)
        if self.approval:
            made.engine_member.follow_approval(self.approval.guard(row_id))
        return made

    def _drive(self, members: list[FleetMember]) -> None:
        """Run the engine on these members until they have settled or failed."""
        going = [member for member in members if member.error is None]
        tasks, reads = (
            {member.engine_member: member.task for member in going},
            {member.engine_member: member.read for member in going},
        )
        pace = FleetPace(
            self.listing,
            tasks,
            reads,
            self.params["concurrency"],
            self.batch,
            self.max_failures,
            len(self.failed),
            self._watch,
        )
        pace.unsent = True  # the listing was read after the last change, so that it need not be read again
        try:
            drive_members(list(tasks), pace.observe, self.client, self.params["wait_timeout"], pace=pace)
        finally:
            self.client.close_burst()
        if not self.wait and any(not member.engine_member.view.fresh for member in going):
            with contextlib.suppress(ApiError):
                self.listing.refresh()
        for member in going:
            member.error = member.engine_member.failure
        if self.wait:
            settled = [member.engine_member for member in going if member.error is None]
            for warning in wait_for_lists(self.listing, settled, self.listing.refresh):
                self.warn(warning)

    def _watch(self, now: float) -> None:
        for watcher in self.watchers:
            watcher.watch(now)

    @property
    def failed(self) -> list[FleetMember]:
        """Return the members that have failed."""
        return [member for member in self.members if member.error is not None]

    def result(self, member: FleetMember) -> Row:
        """Return the member's name and the result that `vm_instance` would return."""
        outcome = self._outcome(member)
        result: Row = {"name": member.name, **outcome_result(outcome)}
        result.pop("plan", None)  # the fleet has one for all members
        if self.params["results"] == "brief" and result["instance"]:
            result["instance"] = {key: result["instance"].get(key) for key in BRIEF}
        if member.pruned:
            result["pruned"] = True
        result["warnings"] = list(outcome.warnings)
        if member.error is not None:
            message, failed_result = explain_failure(self.client, f"look at {member.task.label}", member.error, result)
            result = {**failed_result, "failed": True, "msg": message}
        return result

    def _outcome(self, member: FleetMember) -> Outcome:
        engine_member = member.engine_member
        outcome = planned_outcome(engine_member) if self.check and member.planned else reached_outcome(engine_member)
        seen = {**member.seen, **outcome.seen}
        if not self.check and engine_member.failure:
            seen["instance"] = seen.get("instance") or known_row(engine_member)
        elif not self.check and not engine_member.view.fresh:
            seen["instance"] = self._last_seen(member)
        return outcome._replace(seen=seen, failure=member.error, planned=True)

    def _last_seen(self, member: FleetMember) -> Row | None:
        """Return the row after a step that the task did not wait for.

        If the listing lacks it, return the row as far as it is known.
        """
        row = self.listing.get(INSTANCES, member.engine_member.view.next_query.ids.get("instance") or "")
        return with_addresses(row) if row else known_row(member.engine_member)

    def sealed(self) -> Row:
        """Return the plan of the whole fleet, as `expected_plan` takes it."""
        return sealed_plan(self.client, {member.key: member.engine_member for member in self.members})

    def diff(self) -> list[Row]:
        """Return a diff for each member that changes."""
        diffs = []
        for member in self.members:
            if member.planned and member.planned.steps and not isinstance(member.error, NotStarted):
                outcome = self._outcome(member)._replace(before=member.planned.before, steps=member.planned.steps)
                diffs.append({**outcome_diff(outcome), "before_header": member.name, "after_header": member.name})
        return diffs


def count_totals(results: list[dict[str, t.Any]]) -> dict[str, int]:
    """Return how many members changed, failed, were created, and so on."""

    def count(holds: t.Callable[[dict[str, t.Any]], t.Any]) -> int:
        return sum(1 for result in results if holds(result))

    def did(action: str) -> int:
        return count(lambda result: any(step["action"] == action for step in result["actions"]))

    return {
        "members": count(lambda result: not result.get("pruned")), "changed": count(lambda result: result["changed"]),
        "failed": count(lambda result: result.get("failed")), "created": did("create") + did("restore"),
        "deleted": did("delete"), "pruned": count(lambda result: result.get("pruned") and result["changed"]),
    }  # fmt: skip


class FleetOutcome(t.NamedTuple):
    """The outcome of a fleet: its result, and the failure if there was one."""

    result: Row
    message: str = ""  # about the failed members
    error: Exception | None = None  # a failure that is not a member's; `doing` says during which work
    doing: str = ""


def desired_members(params: dict[str, t.Any]) -> list[DesiredInstance]:
    """Return the desired state of each member.

    Raise `Refused` for mistakes that show without a request.
    """
    wants = [desired_instance(member) for member in fleet_members(params)]
    prune_pattern(params)
    if params["concurrency"] < 1:
        raise Refused(f"concurrency is {params['concurrency']}; it must be 1 or more.")
    return wants


def run_fleet(
    client: FleetClient, wants: list[DesiredInstance], params: dict[str, t.Any], diff: bool,
    warn: t.Callable[[str], object],
    check: bool,
) -> FleetOutcome:  # fmt: skip
    """Bring all members to their desired state, prune, and return the outcome.

    Errors become part of the outcome, except that `Refused` is raised for a `batch` or `max_failures` that is not
    valid, before any request.
    """
    fleet = Fleet(client, wants, params, check, warn)
    try:
        fleet.converge()
    except (ApiError, Refused) as error:
        _report_end(fleet, [fleet.result(member) for member in fleet.members], error)
        return FleetOutcome({"plan": fleet.sealed()} if fleet.approval else {}, error=error, doing="look at the fleet")
    results = [fleet.result(member) for member in fleet.members]
    totals = count_totals(results)
    changed = any(each["changed"] for each in results)
    result: Row = {"members": results, "totals": totals, "changed": changed, "plan": fleet.sealed()}
    if fleet.approval and not changed and not fleet.failed:
        for warning in fleet.approval.nothing_left_warnings():
            warn(warning)
    _report_end(fleet, results, fleet.error)
    if diff:
        result["diff"] = fleet.diff()
    for each in results:
        for warning in each["warnings"]:
            warn(warning)
        if each.get("kept_public_ips"):
            warn(billed_warning(each["kept_public_ips"], f"instance {each['name']}"))
    failed = [each for each in results if each.get("failed")]
    if failed:
        result["error"] = _started_first(failed, fleet)[0]["error"]
        return FleetOutcome(result, failure_summary(failed, len(results), fleet))
    return FleetOutcome(result, error=fleet.error, doing="look at what is to be pruned")


def _report_end(fleet: Fleet, results: list[Row], error: Exception | None) -> None:
    """Report the end to the watchers."""
    words = explain_failure(fleet.client, "look at the fleet", error, {})[0] if error else ""
    for watcher in fleet.watchers:
        watcher.end(results, count_totals(results), words)


def failure_summary(failed: list[dict[str, t.Any]], whole: int, fleet: Fleet) -> str:
    """Return a summary of the failed members.

    It has the first three messages, and counts the other failed members and the members that were not started.
    """
    started = _started_first(failed, fleet)
    ran = started[0]["name"] not in _idle(fleet)
    first = "; ".join(f"{result['name']}: {result['msg'].removesuffix('.')}" for result in started[:3])
    more = f"; and {len(started) - 3} more" if len(started) > 3 else ""
    left = len(failed) - len(started)
    idle = f" {left} {_not_started(left)}." if left else ""
    came_to = "failed" if ran else _not_started(len(started))
    return f"{len(started)} of {whole} instances {came_to}. {first}{more}.{idle}"


def _not_started(number: int) -> str:
    return "was not started" if number == 1 else "were not started"


def _started_first(failed: list[dict[str, t.Any]], fleet: Fleet) -> list[dict[str, t.Any]]:
    """Return the results of the failed members that were started.

    If there are none, return the results of all failed members.
    """
    idle = _idle(fleet)
    return [result for result in failed if result["name"] not in idle] or failed


def _idle(fleet: Fleet) -> set[str]:
    """Return the names of the members that were not started."""
    return {member.name for member in fleet.members if isinstance(member.error, NotStarted)}
