# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An HTTP client of the simulator without the collection, and the bodies that most tests send."""

from __future__ import annotations

from typing import Any

import requests

LINUX = "cloud-debian-12 LTS"
WINDOWS = "windows-server-2022"
UUID = "5f3b8a3e-3c5b-4f0e-9a67-0d6c1f0a7b11"


class Api:
    """A client of a region with an API key."""

    def __init__(self, sim: Any, region: str = "br-se1", key: str | None = "simulator", **headers: str) -> None:
        self.sim, self.base = sim, sim.url.format(region=region) + "/v1"
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers.update({"x-api-version": "1.1", **headers})
        if key is not None:
            self.session.headers["x-api-key"] = key

    def __call__(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        return self.session.request(method, self.base + path, json=body, params=query, timeout=10)

    def get(self, path: str, **query: Any) -> Any:
        answer = self("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def instance(self, identifier: str, **query: Any) -> Any:
        return self.get(f"/instances/{identifier}", **query)

    def names(self, path: str = "/instances", **query: Any) -> list[str]:
        answer = self.get(path, **query)
        return [row["name"] for row in answer[path.rsplit("/", maxsplit=1)[-1].replace("custom", "images")]]

    def create(self, name: str = "web-1", **fields: Any) -> str:
        answer = self("POST", "/instances", creation_body(name, **fields))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def running(self, name: str = "web-1", **fields: Any) -> str:
        identifier = self.create(name, **fields)
        self.sim.advance(15)
        return identifier

    def refused(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, str]:
        """Return the status and the slug of an error response. Fail if the request is accepted.

        With 422 the slug is empty: it comes from the library that validates requests.
        """
        answer = self(method, path, body, **query)
        assert answer.status_code >= 400, answer.text
        return answer.status_code, "" if answer.status_code == 422 else answer.json().get("slug", "")


def creation_body(name: str = "web-1", **fields: Any) -> dict[str, Any]:
    """Return the body of a creation, without a public IP unless `fields` has one."""
    body = {"name": name, "machine_type": {"name": "BV1-1-40"}, "image": {"name": LINUX}, "ssh_key_name": "deploy",
            "network": {"associate_public_ip": False}}  # fmt: skip
    return {**body, **fields}
