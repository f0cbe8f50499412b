# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What vm_fleet does with its members: plan all from one listing, lead those that need it, prune, and tell of each."""

from __future__ import annotations

import contextlib
import typing as t

from . import _apply, _fleet_progress, _instance, _plan_fleet
from ._api import INSTANCES, Refused, Row
from ._client import ApiError, Client
from ._drive import drive
from ._engine import Member
from ._fleet import FleetClient, FleetPace, Listing, NotBegun
from ._module import Module, actions, shown
from ._plan_instance import Want
from ._read import Seen, with_addresses
from ._step import Look, Memory, Plan, Task

_ELEMENT = {
    name: {key: value for key, value in option.items() if key != "default"} for name, option in _instance.SPEC.items()
}
_DEFAULTS = {name: option.get("default") for name, option in _instance.SPEC.items()}
_TEXT: dict[str, t.Any] = {"type": "str"}
_TEXTS: dict[str, t.Any] = {"type": "list", "elements": "str"}
_NO: dict[str, t.Any] = {"type": "bool", "default": False}
_PATH: dict[str, t.Any] = {"type": "path"}
SPEC: dict[str, t.Any] = {
    "instances": {"type": "list", "elements": "dict", "options": _ELEMENT, "mutually_exclusive": _instance.ONE_OF},
    "defaults": {"type": "dict", "options": _ELEMENT, "mutually_exclusive": _instance.ONE_OF},
    "count": {"type": "int"},
    **dict.fromkeys(("name_format", "batch", "max_failures", "prune_match"), _TEXT),
    "concurrency": {"type": "int", "default": 10},
    "state": {"type": "str", "choices": _instance.STATES, "default": "present"},
    **dict.fromkeys(("prune_all", "allow_empty"), _NO),
    "prune_max": {"type": "str", "default": "5"},
    **dict.fromkeys(("protect_names", "protect_labels"), _TEXTS),
    "delete_public_ip": {"type": "bool"},
    "results": {"type": "str", "choices": ["full", "brief"], "default": "full"},
    **dict.fromkeys(("progress_file", "report"), _PATH),
}
BRIEF = ("id", "name", "state", "status", "private_ipv4", "public_ipv4", "public_ipv6")


class One:
    """A member of the fleet: what it is to be, what was planned first, and what became of it."""

    def __init__(self, name: str, task: Task, wait: bool, pruned: bool = False) -> None:
        self.name, self.pruned, self._plans = name, pruned, task.plan
        self.task = task._replace(plan=self._plan)
        self.member = Member(self.task, wait)
        self.seen: Seen = {}
        self.planned: Plan | None = None
        self.error: Exception | None = None

    def _plan(self, seen: Seen, memory: Memory) -> Plan:
        made = self._plans(seen, memory)
        self.planned = self.planned or made
        return made

    def look(self, plan: bool) -> None:
        """Sees it in the listing as it is, and plans it if that is all that is to be done."""
        try:
            self.seen = self.task.observe(Look({}, True, self.member.main))
            if plan:
                self.task.plan(self.seen, Memory())
        except (ApiError, Refused) as error:
            self.error = error


class Fleet:
    """All members, and what is to be done with them."""

    def __init__(self, module: Module, client: Client, wants: list[Want], params: dict[str, t.Any]) -> None:
        self.module, self.client, self.params, self.wait = module, client, params, params["wait"]
        self.listing = Listing(client, user_data=any(want["user_data_base64"] for want in wants))
        self.ones = [One(want["name"] or want["id"], self._task(want), self.wait) for want in wants]
        self.batch = _plan_fleet.share("batch", params["batch"], len(wants), least=1)
        self.max_failures = _plan_fleet.share("max_failures", params["max_failures"], len(wants))
        self.watchers = [] if module.only_check else _fleet_progress.watchers(module, self.ones, client.clock)
        self.names = {name for want in wants for name in (want["name"], want["new_name"]) if name}
        self.error: Exception | None = None  # why nothing could be pruned
        self.prune_max = 0

    def _task(self, want: Want) -> Task:
        return _instance.task(t.cast(Client, self.listing), want)

    def converge(self, check: bool) -> None:
        """Leads all members to what is declared, or says what would be done.

        Raises `ApiError` or `Refused` only before anything is done.
        """
        self.listing.refresh()
        for one in self.ones:
            one.look(plan=check or self.max_failures is not None)
        there = [(row["id"], one.name) for one in self.ones for row in [one.seen.get("instance")] if row]
        _plan_fleet.alone(there)
        # Of what is there now: a percentage of what is left after the members were led would be another number.
        self.prune_max = _plan_fleet.most(self.listing.rows, self.params)
        self._prunable({row_id for row_id, _name in there})  # what would be too much is refused before all else
        if check:
            self._stop_early()
        else:
            self._drive(self.ones)
        if self.failed or not _plan_fleet.pattern(self.params):
            return
        try:
            self._prune({row_id for row_id, _name in there}, check)
        except (ApiError, Refused) as error:
            self.error = error

    def _stop_early(self) -> None:
        """Where more cannot be planned than may fail, a real run begins nothing."""
        failures = len(self.failed)
        if self.max_failures is not None and failures > self.max_failures:
            for one in self.ones:
                if one.planned and one.planned.steps:
                    text = f"Not begun, since {failures} failed, and max_failures is {self.max_failures}."
                    one.planned, one.error = one.planned._replace(steps=(), after=one.planned.before), NotBegun(text)

    def _prune(self, ids: set[str], check: bool) -> None:
        if not check:
            self.listing.refresh()
        rows = self._prunable(ids)
        if self.wait:
            rows = [*rows, *_plan_fleet.leaving(self.listing.rows, ids, self.names, self.params)]
        going = [self._pruning(row) for row in rows]
        for one in going:
            one.look(plan=check)
        self.ones += going
        if not check:
            self._drive(going)

    def _prunable(self, ids: set[str]) -> list[Row]:
        return _plan_fleet.pruned(self.listing.rows, ids, self.names, self.params, self.prune_max)

    def _pruning(self, row: Row) -> One:
        want = {**_DEFAULTS, "id": row["id"], "state": "absent", "delete_public_ip": self.params["delete_public_ip"],
                "protect_names": self.params["protect_names"], "protect_labels": self.params["protect_labels"]}  # fmt: skip
        return One(str(row.get("name") or row["id"]), self._task(want), self.wait, pruned=True)

    def _drive(self, ones: list[One]) -> None:
        going = [one for one in ones if one.error is None]
        tasks = {one.member: one.task for one in going}
        pace = FleetPace(
            self.listing,
            tasks,
            self.params["concurrency"],
            self.batch,
            self.max_failures,
            len(self.failed),
            self._watch,
        )
        pace.unsent = True  # the listing is new
        try:
            drive(list(tasks), pace.observe, self.client, self.params["wait_timeout"], pace=pace)
        finally:
            pace.burst.close()
        if not self.wait and any(not one.member.fresh for one in going):
            with contextlib.suppress(ApiError):
                self.listing.refresh()
        for one in going:
            one.error = one.member.failure

    def _watch(self, now: float) -> None:
        for watcher in self.watchers:
            watcher.watch(now)

    @property
    def failed(self) -> list[One]:
        return [one for one in self.ones if one.error is not None]

    def result(self, one: One, check: bool) -> dict[str, t.Any]:
        """What `vm_instance` would say of the member, and its name."""
        steps = list(one.planned.steps if one.planned else ()) if check else one.member.done
        seen = {**one.seen, **one.member.seen}
        if check and one.planned:
            seen["instance"] = one.planned.after
        elif one.member.failure:
            seen["instance"] = seen.get("instance") or _apply.known(one.member)
        elif not check and not one.member.fresh:
            seen["instance"] = self._last_seen(one)
        result: dict[str, t.Any] = {
            "name": one.name,
            **shown(one.task, seen),
            "changed": bool(steps),
            "actions": actions(steps),
        }
        if self.params["results"] == "brief" and result["instance"]:
            result["instance"] = {key: result["instance"].get(key) for key in BRIEF}
        warnings = list(one.planned.warnings if check and one.planned else one.member.notes)
        kept = one.planned.kept_public_ips if check and one.planned else one.member.memory.kept_public_ips
        if kept:
            result["kept_public_ips"] = list(kept)
        if one.pruned:
            result["pruned"] = True
        if one.member.memory.attempts:
            result["attempts"] = one.member.memory.attempts
        if one.member.memory.created and one.error:
            result["created"] = one.member.memory.created
        if warnings:
            result["warnings"] = warnings
        if one.error is not None:
            message, told = _apply.told(self.client, f"look at {one.task.label}", one.error, result)
            result = {**told, "failed": True, "msg": message}
        return result

    def _last_seen(self, one: One) -> Row | None:
        """The row after a step that was not waited for; where it cannot be read, what is known of it."""
        row = self.listing.get(INSTANCES, one.member.look.ids.get("instance") or "")
        return with_addresses(row) if row else _apply.known(one.member)

    def diff(self, check: bool) -> list[dict[str, t.Any]]:
        """A diff of each member that changes."""
        found = []
        for one in self.ones:
            if one.planned is None or not one.planned.steps or isinstance(one.error, NotBegun):
                continue
            seen = {**one.seen, **one.member.seen}
            after = one.planned.after if check else seen.get("instance") if one.member.fresh else self._last_seen(one)
            view = {"before": _apply.view(one.planned.before), "after": _apply.view(after)}
            found.append({**view, "before_header": one.name, "after_header": one.name})
        return found


def totals(results: list[dict[str, t.Any]]) -> dict[str, int]:
    """How many there are of what."""

    def count(holds: t.Callable[[dict[str, t.Any]], t.Any]) -> int:
        return sum(1 for result in results if holds(result))

    def did(action: str) -> int:
        return count(lambda result: any(step["action"] == action for step in result["actions"]))

    return {
        "members": count(lambda result: not result.get("pruned")), "changed": count(lambda result: result["changed"]),
        "failed": count(lambda result: result.get("failed")), "created": did("create") + did("restore"),
        "deleted": did("delete"), "pruned": count(lambda result: result.get("pruned") and result["changed"]),
    }  # fmt: skip


def ends(fleet: Fleet, results: list[dict[str, t.Any]], error: Exception | None) -> None:
    """Tells the watchers what came of it."""
    words = _apply.told(fleet.client, "look at the fleet", error, {})[0] if error else ""
    for watcher in fleet.watchers:
        watcher.end(results, totals(results), words)


def run(module: Module) -> None:
    """The whole of it; ends the module."""
    params, check = module.params, module.only_check
    try:
        wants = [_instance.wanted({**_DEFAULTS, **one}) for one in _plan_fleet.members(params)]
        _plan_fleet.pattern(params)
        if params["concurrency"] < 1:
            raise Refused(f"concurrency is {params['concurrency']}, and must be 1 or more.")
        hidden = (want[key] for want in wants for key in ("user_data", "user_data_base64"))
        client = module.client(*hidden, make=FleetClient)
        fleet = Fleet(module, client, wants, params)
    except Refused as error:
        module.fail_json(str(error))
    try:
        fleet.converge(check)
    except (ApiError, Refused) as error:
        ends(fleet, [fleet.result(one, check) for one in fleet.ones], error)
        module.fail(client, "look at the fleet", error)
    results = [fleet.result(one, check) for one in fleet.ones]
    told: dict[str, t.Any] = {
        "members": results,
        "totals": totals(results),
        "changed": any(result["changed"] for result in results),
    }
    ends(fleet, results, fleet.error)
    if module._diff:
        told["diff"] = fleet.diff(check)
    for result in results:
        for warning in result.get("warnings", ()):
            module.warn(warning)
        if result.get("kept_public_ips"):
            module.warn(_apply.billed(result["kept_public_ips"], f"instance {result['name']}"))
    failed = [result for result in results if result.get("failed")]
    if failed:
        module.fail_json(failures(failed, len(results), fleet), **told)
    if fleet.error:
        module.fail(client, "look at what is to be pruned", fleet.error, **told)
    module.exit_json(**told)


def failures(failed: list[dict[str, t.Any]], whole: int, fleet: Fleet) -> str:
    """What became of the first of those that failed, and how many more there are, and how many were not begun."""
    idle = {one.name for one in fleet.ones if isinstance(one.error, NotBegun)}
    ran = [result for result in failed if result["name"] not in idle]
    told = ran or failed
    first = "; ".join(f"{result['name']}: {result['msg']}" for result in told[:3])
    more = f"; and {len(told) - 3} more." if len(told) > 3 else ""
    left = f" {len(idle)} were not begun." if idle and ran else ""
    return f"{len(told)} of {whole} instances {'failed' if ran else 'were not begun'}. {first}{more}{left}"
