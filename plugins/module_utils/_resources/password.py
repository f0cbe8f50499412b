# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The initial password of a Windows instance, which the API returns only once."""

from __future__ import annotations

import contextlib
import os
import typing as t

from .._api.exceptions import ApiError, Failed, NotInVersion, Refused
from .._api.listing import Api, find_resources, is_route_missing, read_by_id, version_name
from .._api.resources import INSTANCES, Row
from .._plan.checks import refuse_renamed, require_uuid
from .._plan.step import instance_label

PASSWORD_SPEC: dict[str, t.Any] = {
    "id": {"type": "str"},
    "name": {"type": "str"},
    "password_file": {"type": "path", "no_log": False},
    "wait_timeout": {"type": "int", "default": 600},
}
NOT_READY = "windows_password_not_ready"
DEFAULT_USER = "admin"  # the default of the response's optional field
RETRY_AFTER = 10.0  # seconds between two requests while the password is not ready
LOST = (
    "The response was lost. It may have contained the password, which the API returns only once, so it is not "
    "requested "
    "again. If another run says that it was read already, set a new password inside the instance."
)


def find_instance(client: Api, params: dict[str, t.Any]) -> Row:
    """Return the instance's id and name. Raise `Refused` if there is no such instance."""
    row_id = require_uuid("id", params["id"]) if params["id"] else None
    names = [params["name"]] if params["name"] else []
    row = next(iter(find_resources(client, names, row_id, True).values()), None)
    if row and names:  # the list may lag behind, and the password of another instance could never be read again
        row = read_by_id(client, INSTANCES, str(row["id"]))
    if row is None:
        raise Refused(f"There is no instance {params['name'] or params['id']!r}.")
    if names:
        refuse_renamed(instance_label(row), row, names)
    return {"id": row["id"], "name": row.get("name")}


def read_password(client: Api, instance_id: str, wait: bool) -> Row:
    """Return the user and the password.

    The password is requested again only after the API responded that it is not ready. Raise `Failed` if the response
    was lost, and `NotInVersion` if the API version has no passwords.
    """
    path = f"{INSTANCES.path}/config/{instance_id}/first-windows-password"
    deadline = client.deadline or 0.0
    while True:
        try:
            # A new client opens a new connection: a kept connection that the server closed looks like a lost response.
            return _password_of(client.client_for(client.connection.region).request("GET", path, once=True).body)
        except ApiError as error:
            if error.slug != NOT_READY and is_route_missing(client, error):
                raise NotInVersion(f"{version_name(client)} has no first passwords.") from None
            if error.slug != NOT_READY or not wait or client.clock.now() + RETRY_AFTER > deadline:
                raise _lost(error) if error.lost else error from None
            client.clock.sleep(RETRY_AFTER)
        except (AttributeError, KeyError, TypeError):
            raise _lost(ApiError("GET", path, "", 200)) from None


def _password_of(body: t.Any) -> Row:
    user, password = body["instance"].get("user") or DEFAULT_USER, body["instance"]["password"]
    if not (isinstance(password, str) and password):
        raise TypeError
    return {"user": user, "password": password}


def _lost(error: ApiError) -> Failed:
    """Return the error for a response that may have contained the password.

    The error has no content of the response.
    """
    if error.status is not None and error.status < 300:
        error = ApiError(error.method, error.path, "the response has no password that can be read", error.status)
    return Failed(LOST, error=error)


@contextlib.contextmanager
def open_part(path: str | None) -> t.Iterator[t.IO[str] | None]:
    """Open a new file next to `path`, readable by its owner only.

    The file is deleted at the end unless it was renamed. It is opened before the password is read, because the password
    cannot be read again. Yield None without a path.
    """
    if not path:
        yield None
        return
    name = f"{path}.{os.getpid()}.part"
    with open(name, "x", encoding="utf-8", opener=lambda file, flags: os.open(file, flags, 0o600)) as part:
        try:
            yield part
        finally:
            with contextlib.suppress(FileNotFoundError):  # it was renamed
                os.unlink(name)


def keep_password(part: t.IO[str], path: str, password: str) -> None:
    """Write the password to the file, and rename the file to `path`."""
    part.write(password + "\n")
    part.flush()
    os.fsync(part.fileno())
    os.rename(part.name, path)
