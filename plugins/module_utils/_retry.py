# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What to do after a request that failed: the same again, in another form, or nothing. Imported only then."""

from __future__ import annotations

import random
import re

from ._client import ApiError, Client

_FORM_REFUSED = re.compile(r"labels|expand|x-api-version|\bname\b")


def may_repeat(method: str, error: ApiError) -> bool:
    """Whether the same request can be sent again without looking first."""
    if not error.sent:
        return not error.final
    if method == "GET":
        return error.passing
    return method in ("DELETE", "PATCH") and (error.status in (None, 429, 502, 503, 504)) and not error.final


class Tries:
    """How often a request was tried, and until when that may go on."""

    def __init__(self, client: Client) -> None:
        self.made = 0
        self.lost = False
        self.client = client
        self.until = client.deadline or client.clock.now() + 600

    def pause(self, error: ApiError) -> float:
        """Seconds until the next try: exponential, with jitter, and never before a Retry-After is over.

        A 429 or 503 with Retry-After does not use up a try: it says itself when to come back. Raises the error where
        no other try is safe, or left.
        """
        error.repeated, self.lost = self.lost, self.lost or error.lost
        told = error.later and error.retry_after is not None
        self.made += 0 if told else 1
        if self.made > self.client.connection.api_retries or not may_repeat(error.method, error):
            raise error
        pause: float = (error.retry_after or 0) + min(0.5 * 2 ** max(self.made - 1, 0), 15) * random.uniform(
            0.1 if told else 0.8, 1.2
        )
        if self.client.clock.now() + pause > self.until:
            error.message += f" (given up after {self.made or 1} tries: no time is left for another)"
            raise error
        return pause


def in_another_form(client: Client, error: ApiError, listed: list[tuple[str, str]], old: bool) -> bool:
    """Whether a refused read can be sent in another form, which `client` then remembers.

    `listed` is the query of the list that was refused, `old` whether it had the form of 2024. What was sent counts:
    another thread may have learned the same meanwhile.
    """
    text = f"{error.message} {error.details}" if error.status in (400, 422) else ""
    if "sort" in text and any(value.endswith(",id:asc") for _key, value in listed):
        client.sortable_by_id = False
        return True
    if not old and client.edition != "2026" and _FORM_REFUSED.search(text):
        client.editions[client.connection.region] = "2024"
        return True
    return False
