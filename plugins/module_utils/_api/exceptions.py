# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The exceptions of this collection, and the data that they carry."""

from __future__ import annotations

import typing as t

from .resources import Row

TIMED_OUT = (408, 425)  # of gateways: the request came too slowly, or too early


class Refused(Exception):
    """The refusal of a desired state; its text is a sentence for the user.

    `reason` is the field `error` of a resource that failed, or the slug of this refusal; `doing` is the operation that
    failed.
    """

    def __init__(self, message: str, doing: str = "", reason: Row | None = None) -> None:
        super().__init__(message)
        self.doing, self.reason = doing, reason


class NotInVersion(Refused):
    """The refusal of what the region's API version does not have; playbooks recognise it by its slug."""

    SLUG = "not_in_api_version"

    def __init__(self, message: str) -> None:
        super().__init__(message, reason={"slug": self.SLUG})


class NoCredentials(Refused):
    """The refusal if neither the options nor the environment contain a credential."""


class ApiError(Exception):
    """The failure of a request; its text is a sentence for people."""

    def __init__(self, method: str, path: str, message: str, status: int | None = None, slug: str | None = None,
                 details: t.Any = None, request_id: str | None = None, retry_after: float | None = None,
                 sent: bool = True, final: bool = False) -> None:  # fmt: skip
        super().__init__(message)
        self.method, self.path, self.message, self.status, self.slug = method, path, message, status, slug
        self.details, self.request_id, self.retry_after = details, request_id, retry_after
        # not sent: no connection was made; final: another try would fail, too; repeated: the response to an earlier
        # try was lost.
        self.sent, self.final, self.repeated = sent, final, False
        self.contradicted = False  # True for a 404 by an id that the list has, and for a 404 for a list that was read

    @property
    def later(self) -> bool:
        """Return whether the API refused the request for now, and did nothing."""
        return self.status == 429 or (self.status == 503 and self.retry_after is not None)

    @property
    def lost(self) -> bool:
        """Return whether the response was lost; the request may have taken effect."""
        status = self.status
        return self.sent and not self.later and (
            status is None or status < 300 or status >= 500 or status in TIMED_OUT
        )  # fmt: skip

    @property
    def passing(self) -> bool:
        """Return whether the fault may be over at the next try."""
        return not self.final and (self.later or self.lost or not self.sent or self.contradicted)


class Failed(Exception):
    """The failure of a member that cannot reach its goal.

    `doing` is the operation that failed. `error` is the API's refusal; `reason` is the field `error` of a resource that
    failed later.
    """

    def __init__(self, message: str, doing: str = "", error: ApiError | None = None, reason: Row | None = None) -> None:
        super().__init__(message)
        self.doing, self.error, self.reason = doing, error, reason


class NotStarted(Failed):
    """The failure of a member for which nothing was done."""


class CatalogsNeeded(Exception):
    """The signal that a plan depends on machine types and images that were not read yet."""
