# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The verdict on a sent step: a table of rules for each kind of response.

Rules are pure functions. The first rule that applies gives the verdict; the member only carries it out.
"""

from __future__ import annotations

import typing as t

from .._api.exceptions import ApiError, Failed
from .._api.messages import reason_words
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


class SentStep(t.NamedTuple):
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


Rule = t.Callable[[SentStep], t.Optional[Verdict]]


def _find_created(sent: SentStep) -> Verdict | None:
    """Look for the new resource of a step whose response gave no id.

    An accepted step is not sent again, however late lists show its resource: it would create a second one.
    """
    if not sent.creates_unknown or (sent.new and sent.status != GONE):
        return None
    if sent.answer == ACCEPTED or sent.waited < sent.limit:
        return Verdict(WAIT, seconds_until_look(False, sent.waited), listing=True)
    return Verdict(REPLAN, attempt_failed=sent.answer == LOST)


def _plan_by_found(sent: SentStep) -> Verdict | None:
    """Plan again from a resource that exists already: another run created it."""
    return Verdict(REPLAN) if sent.creates_unknown else None


def _reach_goal(sent: SentStep) -> Verdict | None:
    return Verdict(REACHED) if is_reached(sent.step.goal, sent.row, sent.moved, sent.kind) else None


def _wait_in_transition(sent: SentStep) -> Verdict | None:
    if sent.status != MOVING:
        return None
    return Verdict(WAIT, seconds_until_look(sent.step.creates, sent.age), uncount=sent.answer == CONFLICT)


def _wait_for_explanation(sent: SentStep) -> Verdict | None:
    """Wait for a row that explains the conflict, before the step is sent again."""
    if not sent.patience:
        return None
    if sent.changed:
        return Verdict(REPLAN, explained=True, uncount=True)
    if sent.waited < sent.patience:
        return Verdict(WAIT, min(seconds_until_look(False, sent.waited), sent.patience - sent.waited))
    if sent.step.sends == 1 or sent.conflicts >= MOST_CONFLICTS:
        return Verdict(FAILED, failure=Failed("", sent.step.description, sent.error))
    return Verdict(REPLAN, uncount=True)


def _replan(sent: SentStep) -> Verdict | None:
    return Verdict(REPLAN)


def _miss_row(sent: SentStep) -> Verdict | None:
    """Wait for a new row that cannot be read yet; list again if an existing row is gone."""
    if sent.row is not None:
        return None
    if not sent.step.creates:
        return Verdict(RELIST, listing=True)
    if sent.waited < NOT_YET:
        return Verdict(WAIT, seconds_until_look(True, sent.waited))
    text = f"{sent.label} was created (id {sent.row_id}), but cannot be read any more."
    return Verdict(FAILED, failure=Failed(text, sent.step.description))


def _replan_after_failure(sent: SentStep) -> Verdict | None:
    """Plan again if a creation failed, or if a deletion changed the row of a failed resource."""
    removes = sent.step.action == "delete"  # reads can still show the old failure after a deletion
    if sent.status == CREATION_FAILED and (sent.changed or not removes):
        return Verdict(REPLAN, attempt_failed=sent.step.creates)
    if sent.status == OPERATION_FAILED and sent.changed and removes:
        return Verdict(REPLAN)
    return None


def _fail_operation(sent: SentStep) -> Verdict | None:
    if sent.status != OPERATION_FAILED or not sent.changed:
        return None
    row = sent.row or {}
    reason = row.get("error") or {}
    text = (
        f"Failed to {sent.step.description}: {reason_words(reason)}; its status is {row.get('status')}, "
        f"its state {row.get('state')}."
    )
    return Verdict(FAILED, failure=Failed(text, sent.step.description, reason=reason))


def _fail_doubted(sent: SentStep) -> Verdict | None:
    """Fail if nothing shows that the refused step was done already."""
    if sent.waited < LOOK_FOR or sent.changed:
        return None
    return Verdict(FAILED, failure=Failed("", sent.step.description, sent.error))


def _accept_unseen(sent: SentStep) -> Verdict | None:
    """Accept an effect that the API does not show: of a reboot, or a hidden address."""
    if sent.step.action == "reboot" and sent.waited >= LOOK_FOR:
        return Verdict(REACHED, note=f"The API showed nothing of the reboot of {sent.label} for {LOOK_FOR:g} s.")
    if sent.step.creates and sent.settled >= LOOK_FOR and hides_address(sent.step.goal, sent.row):
        text = f"The API does not return the addresses of {sent.label}, so its public IPv4 address is not known."
        return Verdict(REACHED, note=text)
    return None


def _wait_for_effect(sent: SentStep) -> Verdict | None:
    """Wait for the effect as long as reads can lag behind, then plan again."""
    makes = sent.step.creates
    if makes and (sent.row or {}).get("state") == sent.step.goal.get("state"):
        return Verdict(WAIT, seconds_until_look(True, sent.waited))  # its address is still missing
    if (sent.moved and sent.settled >= SETTLE) or sent.waited >= sent.limit:
        return Verdict(REPLAN)
    return Verdict(WAIT, seconds_until_look(makes, sent.waited))


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
        lambda sent: None if sent.step.allowed_in_transition else _wait_in_transition(sent),
        _replan,
    ),
}


def judge(sent: SentStep) -> Verdict:
    """Return the verdict of the first rule for the API's response that applies."""
    return next(verdict for verdict in (rule(sent) for rule in RULES[sent.answer]) if verdict)
