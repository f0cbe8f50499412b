# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets are in no error, even if a server repeats them."""

from __future__ import annotations

import re
import traceback

import pytest

from ansible_collections.magalu.cloud.plugins.module_utils._api.exceptions import ApiError
from ansible_collections.magalu.cloud.plugins.module_utils._api.messages import error_result, failure_sentence
from tests.support.clients import KEY, client
from tests.support.servers import Handler, ReceivedRequest, serve_responses

DATA = "c2VjcmV0"  # user data


def echo(handler: Handler, asked: ReceivedRequest) -> None:
    """Respond with everything that the request has, in every part of the response."""
    told = f"{dict(asked.headers)} {asked.body.decode()}"
    details = [{"loc": ["body", told], "msg": told, "input": {told: [told]}}]
    status = int(asked.target.rpartition("/")[2])
    handler.reply(status, {"slug": told, "message": told, "details": details}, {"Location": KEY})


@pytest.mark.parametrize("status", [200, 302, 400, 403, 422, 500])
@pytest.mark.parametrize("html", [True, False])
def test_no_secret_is_in_any_error(status: int, html: bool) -> None:
    def page(handler: Handler, asked: ReceivedRequest) -> None:
        handler.reply(status, f"<html>{asked.headers} {asked.body!r}".encode(), {"Location": KEY})

    with serve_responses(page if html else echo) as server:
        api = client(server.url, api_retries=0)
        api.secrets.append(DATA)
        try:
            api.request("POST", f"/v1/{status}", body={"user_data": DATA})
        except ApiError as error:
            sentence = failure_sentence(api, "create", error)
            result = error_result(api, "create", error)
            shown = f"{error!s} {error!r} {vars(error)} {sentence} {result} {traceback.format_exc()}"
        else:
            assert (status, html) == (200, False)
            return
    assert not re.search(f"{KEY}|{DATA}", shown)
    assert "****" in shown
