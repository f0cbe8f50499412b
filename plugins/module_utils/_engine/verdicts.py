# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The verdict on a sent step: a table of rules for each kind of response.

Rules are pure functions. The first rule that applies gives the verdict; the member only carries it out.
"""

from __future__ import annotations

import typing as t

from .._api.exceptions import ApiError, Failed
from .._api.resources import CREATION_FAILED, GONE, MOVING, OPERATION_FAILED, Resource, Row
from .._api.statuses import status_class
from .._plan.step import Step
from .polling import hides_address, is_reached, seconds_until_look

LOOK_FOR = 30.0  # seconds to look for the effect after a lost response, or after a refusal that a stale read explains
NOT_YET = 60.0  # seconds within which a 404 for a new resource, or no transition at all, means "not yet"
SETTLE = 10.0  # seconds to wait if the row has settled without the goal, since reads can lag behind
MOST_CONFLICTS = 5  # conflicts that nothing explains; with their growing pauses they take a minute

ACCEPTED, LOST, DOUBTED, CONFLICT, LATER, REFUSED = "accepted", "lost", "doubted", "conflict", "later", "refused"
# A 400 to these actions may result from a stale read: the instance was already in another state.
_MAY_BE_DONE = ("start", "stop", "suspend", "reboot", "retype", "attach", "detach")


def classify_answer(step: Step, error: ApiError) -> str:
    """Return the kind of response that an error means for a step."""
    if error.later:
        return LATER
    if error.lost or (error.repeated and error.status in (404, 409)):  # an earlier try may have done it
        return LOST
    if error.status == 409 or (error.status == 404 and not step.creates):
        return CONFLICT
    return DOUBTED if error.status == 400 and step.action in _MAY_BE_DONE else REFUSED


def conflict_patience(step: Step, status: int | None, times: int) -> float:
    """Return the seconds until a step that met so many conflicts is sent again.

    0 means to plan again at once. Reads can lag behind, and show a deletion or the action of another run later. Or
    there is a lock that no status shows. A rename usually conflicts because of the new name.
    """
    if step.sends == 1:
        return LOOK_FOR
    waits = (status == 409 and step.action != "rename") or step.action == "delete"
    return min(2.0**times, LOOK_FOR) if waits else 0.0


class Sight(t.NamedTuple):
    """A step that was sent, and its row as seen after it."""

    step: Step
    label: str  # of the task's resource
    answer: str
    error: ApiError | None  # the API's last response to the step, if it was an error
    row: Row | None
    kind: Resource
    row_id: str | None  # None if it is not known yet
    new: bool  # True if the id of the row was not there before the step
    waited: float  # seconds since the step was sent
    age: float  # if the step creates: the age of the row by the API's own clock, else `waited`
    moved: bool  # True if the row was seen in transition since the step
    settled: float  # seconds since it was last seen in transition, or since the step was sent
    changed: bool  # True if the row differs from the row before the step
    patience: float  # seconds until a step that met a conflict is sent again
    conflicts: int  # how many conflicts nothing explains

    @property
    def status(self) -> str:
        """Return the class of the row's status."""
        return status_class(self.row, self.kind)

    @property
    def creates_unknown(self) -> bool:
        """Return whether the step creates a resource whose id no response has given."""
        return self.step.creates and (
            self.answer in (LOST, CONFLICT) or (self.answer == ACCEPTED and self.row_id is None)
        )

    @property
    def limit(self) -> float:
        """Return the seconds within which the effect of the step must show."""
        return NOT_YET if self.answer == ACCEPTED else LOOK_FOR


REACHED, WAIT, REPLAN, RELIST, FAILED = "reached", "wait", "replan", "relist", "failed"


class Verdict(t.NamedTuple):
    """The next action for a step that was sent."""

    what: str  # REACHED, WAIT, REPLAN, FAILED, or RELIST: the row is gone, so list everything again
    pause: float = 0.0  # seconds until the next look
    listing: bool = False  # True if the next look is a listing
    note: str = ""  # a warning
    failure: Failed | None = None
    attempt_failed: bool = False  # True if the attempt failed, so that an alternative may succeed
    uncount: bool = False  # True if the step does not count as sent
    explained: bool = False  # True if the row explains the conflicts


Rule = t.Callable[[Sight], t.Optional[Verdict]]


def _find_created(sight: Sight) -> Verdict | None:
    """Look for the new resource of a step whose response gave no id."""
    if not sight.creates_unknown or (sight.new and sight.status != GONE):
        return None
    if sight.waited < sight.limit:
        return Verdict(WAIT, seconds_until_look(False, sight.waited), listing=True)
    return Verdict(REPLAN, attempt_failed=sight.answer == LOST)


def _plan_by_found(sight: Sight) -> Verdict | None:
    """Plan again from a resource that exists already: another run created it."""
    return Verdict(REPLAN) if sight.creates_unknown else None


def _reach_goal(sight: Sight) -> Verdict | None:
    return Verdict(REACHED) if is_reached(sight.step.goal, sight.row, sight.moved, sight.kind) else None


def _wait_in_transition(sight: Sight) -> Verdict | None:
    if sight.status != MOVING:
        return None
    return Verdict(WAIT, seconds_until_look(sight.step.creates, sight.age), uncount=sight.answer == CONFLICT)


def _wait_for_explanation(sight: Sight) -> Verdict | None:
    """Wait for a row that explains the conflict, before the step is sent again."""
    if not sight.patience:
        return None
    if sight.changed:
        return Verdict(REPLAN, explained=True, uncount=True)
    if sight.waited < sight.patience:
        return Verdict(WAIT, min(seconds_until_look(False, sight.waited), sight.patience - sight.waited))
    if sight.step.sends == 1 or sight.conflicts >= MOST_CONFLICTS:
        return Verdict(FAILED, failure=Failed("", sight.step.description, sight.error))
    return Verdict(REPLAN, uncount=True)


def _replan(sight: Sight) -> Verdict | None:
    return Verdict(REPLAN)


def _miss_row(sight: Sight) -> Verdict | None:
    """Wait for a new row that cannot be read yet; list again if an existing row is gone."""
    if sight.row is not None:
        return None
    if not sight.step.creates:
        return Verdict(RELIST, listing=True)
    if sight.waited < NOT_YET:
        return Verdict(WAIT, seconds_until_look(True, sight.waited))
    text = f"{sight.label} was created (id {sight.row_id}), but cannot be read any more."
    return Verdict(FAILED, failure=Failed(text, sight.step.description))


def _replan_after_failure(sight: Sight) -> Verdict | None:
    """Plan again if a creation failed, or if a deletion changed the row of a failed resource."""
    removes = sight.step.action == "delete"  # reads can still show the old failure after a deletion
    if sight.status == CREATION_FAILED and (sight.changed or not removes):
        return Verdict(REPLAN, attempt_failed=sight.step.creates)
    if sight.status == OPERATION_FAILED and sight.changed and removes:
        return Verdict(REPLAN)
    return None


def _fail_operation(sight: Sight) -> Verdict | None:
    if sight.status != OPERATION_FAILED or not sight.changed:
        return None
    row = sight.row or {}
    reason = row.get("error") or {}
    words = f"{reason.get('message') or 'the API gives no reason'} (slug {reason.get('slug')})"
    text = (
        f"Failed to {sight.step.description}: {words}; its status is {row.get('status')}, its state {row.get('state')}."
    )
    return Verdict(FAILED, failure=Failed(text, sight.step.description, reason=reason))


def _fail_doubted(sight: Sight) -> Verdict | None:
    """Fail if nothing shows that the refused step was done already."""
    if sight.waited < LOOK_FOR or sight.changed:
        return None
    return Verdict(FAILED, failure=Failed("", sight.step.description, sight.error))


def _accept_unseen(sight: Sight) -> Verdict | None:
    """Accept an effect that the API does not show: of a reboot, or a hidden address."""
    if sight.step.action == "reboot" and sight.waited >= LOOK_FOR:
        return Verdict(REACHED, note=f"The API showed nothing of the reboot of {sight.label} for {LOOK_FOR:g} s.")
    if sight.step.creates and sight.settled >= LOOK_FOR and hides_address(sight.step.goal, sight.row):
        text = f"The API does not tell the addresses of {sight.label}, so that its public IPv4 address cannot be seen."
        return Verdict(REACHED, note=text)
    return None


def _wait_for_effect(sight: Sight) -> Verdict | None:
    """Wait for the effect as long as reads can lag behind, then plan again."""
    makes = sight.step.creates
    if makes and (sight.row or {}).get("state") == sight.step.goal.get("state"):
        return Verdict(WAIT, seconds_until_look(True, sight.waited))  # its address is still missing
    if (sight.moved and sight.settled >= SETTLE) or sight.waited >= sight.limit:
        return Verdict(REPLAN)
    return Verdict(WAIT, seconds_until_look(makes, sight.waited))


_SEEN: tuple[Rule, ...] = (
    _reach_goal, _wait_in_transition, _miss_row, _replan_after_failure, _fail_operation, _accept_unseen,
    _wait_for_effect,
)  # fmt: skip
RULES: dict[str, tuple[Rule, ...]] = {
    ACCEPTED: (_find_created, *_SEEN),
    LOST: (_find_created, *_SEEN),
    DOUBTED: (*_SEEN[:5], _fail_doubted, *_SEEN[5:]),
    CONFLICT: (_find_created, _plan_by_found, _reach_goal, _wait_in_transition, _wait_for_explanation, _replan),
    LATER: (
        _reach_goal,
        lambda sight: None if sight.step.allowed_in_transition else _wait_in_transition(sight),
        _replan,
    ),
}


def verdict(sight: Sight) -> Verdict:
    """Return the verdict of the first rule for the API's response that applies."""
    return next(found for found in (rule(sight) for rule in RULES[sight.answer]) if found)
