# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A plan as data: steps with goals and effects, and the history of a run."""

from __future__ import annotations

import typing as t
from types import MappingProxyType

from .._api.exceptions import ApiError
from .._api.resources import INSTANCES, MOVING, POWER, POWER_STATE, POWER_STATES, Resource, Row
from .._api.rows import Seen
from .._api.statuses import status_class


class Identity(t.NamedTuple):
    """An action and its target, by which a run counts its steps."""

    action: str
    target: str  # an id, or the name of the resource to be created
    way: str = ""  # an interface, an alternative, or "back" to the earlier power state


class Step(t.NamedTuple):
    """A request that changes something, with its goal and its effect on the row."""

    action: str
    description: str  # the step in words, such as "stop instance web-01"
    method: str
    path: str
    goal: dict[str, t.Any]  # see `is_reached` in _engine/polling.py
    effect: Row | None  # the fields of the row that it sets; None: the row is gone
    body: t.Any = None
    query: tuple[tuple[str, str], ...] = ()
    sends: int = 3  # how often a run may send it: a reboot once, a creation twice, others three times
    target: str = ""  # the id of the resource that it changes, or the name of the resource that it creates
    counts_as: str = ""  # the action under which a run counts it, if not its own
    way: str = ""  # distinguishes steps with the same action and target, which are counted separately
    allowed_in_transition: bool = False  # may be sent while the resource is in transition
    part: str = "instance"  # the key in `Seen` of the row that its goal and effect are about
    needs: tuple[str, ...] = ()  # the parts that must have settled before it is sent; its own part if empty
    creates: bool = False  # creates a resource, so it is sent again only after everything was listed again
    attempt: t.Any = None  # the attempt that it makes to create the instance (see `Attempt` in _plan/alternatives.py)
    ways: tuple[tuple[str, Row], ...] = ()  # all attempts in the order of the declaration: in words, and the body

    @property
    def identity(self) -> Identity:
        """Return the identity by which a run counts the step."""
        return Identity(self.counts_as or self.action, self.target, self.way)


class Query(t.NamedTuple):
    """A read to make: of all parts by listing, or of a single part by its id."""

    ids: dict[str, str]  # part -> its id, for the parts that were found before
    listing: bool
    part: str
    excluded: frozenset[str] = frozenset()  # ids (lower case) that a read by id found gone or renamed


class Plan(t.NamedTuple):
    """All steps to the desired state, with the warnings and the data for the result.

    `after` is the row that the steps lead to, without the values that only the cloud can know.
    """

    steps: tuple[Step, ...]
    before: Row | None
    after: Row | None
    warnings: tuple[str, ...] = ()
    kept_public_ips: tuple[str, ...] = ()
    basis: tuple[str, ...] | None = None  # the parts that the plan depends on; None: all parts that were read
    # Further keys of the result, such as the copies that a retention keeps.
    result_data: t.Mapping[str, t.Any] = MappingProxyType({})

    @property
    def recreates(self) -> bool:
        """Return whether the next step deletes a resource that a later step creates again."""
        return bool(self.steps) and self.steps[0].action == "delete" and any(step.creates for step in self.steps)


class Task(t.NamedTuple):
    """A module's task: the functions that read and plan, and the kinds of its parts."""

    label: str  # the resource's kind and name for messages
    observe: t.Callable[[Query], Seen]
    plan: t.Callable[[Seen, Memory], Plan]
    kinds: dict[str, Resource]  # part -> its kind; the first part is the task's main resource
    shows: dict[str, str]  # part -> its key in the result
    # Plans the clean-up after a failure; the plan is None if this run changed nothing to undo.
    recover: t.Callable[[Seen, Memory], Plan | None] | None = None
    # The parts that were found by name: a row with another name is another resource.
    by_name: frozenset[str] = frozenset()
    fresh: frozenset[str] = frozenset()  # the parts that are read by id even when everything else is listed
    # Whether a row lacks a value that the cloud may still add soon after the creation; the plan then waits for it.
    expects: t.Callable[[Row], bool] | None = None
    tells_attempts: bool = False  # whether the result lists the failed creations
    # Plans again what deletes the resource to create it again, after it has read what the resource is created from.
    plan_again: t.Callable[[Seen, Memory], Plan] | None = None

    @property
    def main(self) -> str:
        """Return the part that the task is about."""
        return next(iter(self.kinds))


_CHANGES_POWER = ("start", "stop", "suspend", "reboot", "retype", "delete")


class Memory:
    """The history of a run: facts that the current state does not show."""

    def __init__(self, begun: float | None = None) -> None:
        self.begun = begun  # the API's time (epoch) at the first plan; None if the API does not tell the time
        self.sent: dict[Identity, int] = {}  # how often each step was sent
        self.young = False  # whether the resource is so new, or its age unknown, that missing values may still come
        self.start_state: str | None = None  # the power state before this run, which `state: present` keeps
        self.created: list[str] = []  # ids of the resources that this run created and did not delete again
        self.kept_public_ips: list[str] = []  # public addresses that this run's deletions left behind
        self.attempts: list[Row] = []  # failed creations whose cause another attempt may avoid
        self.resumes = False  # whether the run continues an approved plan, of which another run may have done a part

    def did(self, *actions: str, target: str | None = None) -> bool:
        """Return whether this run sent any of the actions (to the target, if given)."""
        return any(each.action in actions and target in (None, each.target) for each in self.sent)

    def note_power_state(self, row: Row | None) -> None:
        """Record the power state of a settled row, until this run changes it.

        The first row that was read may lag behind a step of an earlier run.
        """
        if self.start_state is not None and (self.resumes or self.did(*_CHANGES_POWER)):
            return
        if row and status_class(row) != MOVING and row.get("state") in POWER_STATES:
            self.start_state = row["state"]


def predict(row: Row | None, steps: t.Iterable[Step]) -> Row | None:
    """Return the row after these steps."""
    for step in steps:
        row = None if step.effect is None else dict(row or {}, **step.effect)
    return row


def resource_label(kind: Resource, row: Row) -> str:
    """Return the kind and the name or id of a resource for messages."""
    return f"{kind.kind} {row.get('name') or row.get('id')}"


def instance_label(row: Row) -> str:
    """Return the instance's name or id for messages."""
    return resource_label(INSTANCES, row)


def instance_step(action: str, row: Row, effect: Row | None, goal: Row, **fields: t.Any) -> Step:
    """Return a step of an instance; by default a POST to /v1/instances/{id}/ACTION."""
    fields.setdefault("description", f"{action} {instance_label(row)}")
    fields.setdefault("path", f"{INSTANCES.path}/{row['id']}/{action}")
    fields.setdefault("method", "POST")
    fields.setdefault("target", str(row["id"]))
    return Step(action=action, goal=goal, effect=effect, **fields)


def power_steps(state: str, end: str, row: Row) -> list[Step]:
    """Return the shortest legal steps from one power state to another."""
    verbs = POWER.get((state, end), ())
    return [instance_step(verb, row, {"state": POWER_STATE[verb]}, {"state": POWER_STATE[verb]}) for verb in verbs]


class Catalogs(t.NamedTuple):
    """The rows that a creation or a retype is checked against."""

    images: list[Row] | ApiError  # the error if they could not be read; empty if they are not needed
    machine_types: list[Row]
    api_version: str | None  # the API version that they came from, None if unknown
    source: Row | None = None  # the copy to restore the instance from
    source_is_assumed: bool = False  # True in check mode if an earlier task may create the copy
