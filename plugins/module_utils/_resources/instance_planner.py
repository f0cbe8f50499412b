# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The part of an instance's task that only a change, a warning or a failure needs: catalogues and the whole planner."""

from __future__ import annotations

import math
import typing as t
from concurrent.futures import ThreadPoolExecutor

from .._api.exceptions import ApiError, CatalogsNeeded
from .._api.listing import Reader
from .._api.resources import CUSTOM_IMAGES, IMAGES, MACHINE_TYPES, UUID, Row
from .._api.rows import Seen, same_reference
from .._api.statuses import field_value
from .._plan.instance import plan_instance
from .._plan.lifecycle import cleanup_plan
from .._plan.options import DesiredInstance
from .._plan.step import Catalogs, Memory, Plan, Query

# Catalogues by (image, whether images were read), and copies by their ids, each with the time when it was read.
Shared = dict[t.Any, tuple[float, t.Any]]
FRESH = 2.0  # seconds for which members of a fleet share what was read for `plan_again`
T = t.TypeVar("T")
ASSUMED_SOURCE: Row = {"id": "{id}", "status": "completed", "state": "available"}  # a copy that is yet to be created


def read_catalogs(
    client: Reader, want: DesiredInstance, seen: Seen, shared: Shared, seconds: float = math.inf
) -> Catalogs:
    """Read images and machine types in parallel.

    The result includes the API version of the responses. Read only what is needed: a snapshot shows its image, a backup
    only its image's id. A creation needs its image; for a retype the images only say how large the machine type must
    be. So if the images cannot be read, the error takes the place of their rows. API version 2026-08 lists custom
    images separately; they are read if the other images do not include the declared image. `shared` keeps the
    catalogues for this task, or for all members of a fleet; they are read again if they are older than `seconds`.
    """
    image, with_images = want.image, not (want.snapshot and seen.get("instance") is None)
    return _once(shared, (image, with_images), client, lambda: _catalogs(client, image, with_images), seconds)


def _once(shared: Shared, key: t.Any, client: Reader, read: t.Callable[[], T], seconds: float) -> T:
    """Return what was read at most that many seconds ago, else read it."""
    now = client.clock.now()
    if key not in shared or now - shared[key][0] > seconds:
        shared[key] = (now, read())
    return t.cast(T, shared[key][1])


def _catalogs(client: Reader, image: str | None, with_images: bool) -> Catalogs:
    with ThreadPoolExecutor(1) as pool:
        listing = pool.submit(_images, client, image) if with_images else None
        machine_types = _complete(client.listing(MACHINE_TYPES))
    images = listing.result() if listing else []
    return Catalogs(images, machine_types, client.api_version)


def _images(client: Reader, image: str | None) -> list[Row] | ApiError:
    """Return the images, or the error if they cannot be read.

    Custom images are included if the declared image is not among the others.
    """
    try:
        images = client.listing(IMAGES)
        if image and client.api_version == "2026" and not any(same_reference(image, row) for row in images):
            custom = client.listing(CUSTOM_IMAGES)
            images = images + [dict(row, minimum_requirements=row.get("requirements")) for row in custom]
    except ApiError as error:
        return error
    return _complete(images)


def _complete(rows: list[Row]) -> list[Row]:
    """Add the keys that the checks read, in case a response leaves them out."""
    return [{"name": None, "status": None, **row} for row in rows]


class InstancePlanner:
    """The planner of an instance.

    It reads the catalogues once, and only if the plan depends on them. With `assume_created` (in check mode) a missing
    copy to restore from counts as created by an earlier task. `read_source` reads that copy.
    """

    def __init__(self, client: Reader, want: DesiredInstance, read_source: t.Callable[[Query], Seen], shared: Shared,
                 assume_created: bool) -> None:  # fmt: skip
        self.client, self.want, self.read_source = client, want, read_source
        self.shared, self.assume_created = shared, assume_created
        self.catalogs: Catalogs | None = None

    def plan(self, seen: Seen, memory: Memory) -> Plan:
        """Return the steps to the desired state."""
        try:
            return plan_instance(seen, self.want, self.catalogs and self._with_source(self.catalogs, seen), memory)
        except CatalogsNeeded:
            self.catalogs = self._read_catalogs(seen, math.inf)
            return plan_instance(seen, self.want, self._with_source(self.catalogs, seen), memory)

    def plan_again(self, seen: Seen, memory: Memory) -> Plan:
        """Return the steps again, from catalogues and a copy that were read just now.

        It is for a plan that deletes the instance to create it again: what it is created from must still be there.
        """
        self.catalogs = self._confirmed(self._read_catalogs(seen, FRESH))
        return self.plan(seen, memory)

    def _read_catalogs(self, seen: Seen, seconds: float) -> Catalogs:
        """Read the catalogues, unless that was done at most so many seconds ago.

        The copy to restore from is read here if it was skipped because there is an instance, which is to be replaced in
        that case.
        """
        catalogs = read_catalogs(self.client, self.want, seen, self.shared, seconds)
        source, named = seen.get("source"), self.want.snapshot or self.want.backup
        if named and "source" not in seen:
            query = Query({}, True, "instance")
            source = _once(self.shared, named, self.client, lambda: self.read_source(query)["source"], seconds)
        return catalogs._replace(source=source)

    def _confirmed(self, catalogs: Catalogs) -> Catalogs:
        """Return the catalogues with the copy as a read by its id shows it: a listing can lag behind its deletion."""
        source, named = catalogs.source, self.want.snapshot or self.want.backup or ""
        if source is None:
            return catalogs
        query = Query({"source": str(source["id"])}, False, "source")
        row = _once(self.shared, source["id"], self.client, lambda: self.read_source(query)["source"], FRESH)
        is_named = row is not None and (UUID.fullmatch(named) or row.get("name") == named)
        return catalogs._replace(source=row if is_named else None)

    def _with_source(self, known: Catalogs, seen: Seen) -> Catalogs:
        source = seen.get("source", known.source)
        named = self.want.snapshot or self.want.backup
        if source is None and self.assume_created and named and not UUID.fullmatch(named):
            return known._replace(source=ASSUMED_SOURCE, source_is_assumed=True)
        return known._replace(source=source)

    def recover(self, seen: Seen, memory: Memory) -> Plan | None:
        """Return the steps still needed to clean up after a failure."""
        return cleanup_plan(seen.get("instance"), self.want, memory)

    def expects_address(self, row: Row) -> bool:
        """Return whether the plan should wait for a missing public address.

        Without the address the plan would fail, or recreate the instance. The address may still come after the status
        is `completed`.
        """
        want = self.want
        if want.state == "absent" or want.on_immutable_change not in ("fail", "recreate"):
            return False
        return bool(want.network.associate_public_ip) and field_value(row, "primary.public_ip") is False
