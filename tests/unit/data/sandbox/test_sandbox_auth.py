"""Sign-in: client credentials, tokens per system, their life of fifteen minutes."""

from __future__ import annotations

from typing import Any

import pytest

GRANT = {"grant_type": "client_credentials"}


@pytest.mark.parametrize("system", ["brokerengine", "flex"])
def test_basic_and_form_both_give_a_token_of_900_seconds(sandbox: Any, system: str) -> None:
    url = sandbox.urls[system] + "/oauth/token"
    by_basic = sandbox.http.post(url, data=GRANT, auth=("sandbox", "sandbox"))
    by_form = sandbox.http.post(url, data=GRANT | {"client_id": "sandbox", "client_secret": "sandbox"})
    for reply in (by_basic, by_form):
        assert reply.status_code == 200
        assert set(reply.json()) == {"access_token", "token_type", "expires_in"}
        assert reply.json()["expires_in"] == 900
    assert by_basic.json()["access_token"] != by_form.json()["access_token"]


@pytest.mark.parametrize(
    ("form", "basic", "status", "error"),
    [
        (GRANT, ("sandbox", "wrong"), 401, "invalid_client"),
        (GRANT, None, 401, "invalid_client"),
        (GRANT | {"client_id": "sandbox"}, None, 401, "invalid_client"),
        ({"grant_type": "password"}, ("sandbox", "sandbox"), 400, "unsupported_grant_type"),
        ({"scope": "all"}, ("sandbox", "sandbox"), 400, "invalid_request"),
    ],
)
def test_a_wrong_token_request_is_refused_in_oauths_own_form(
    sandbox: Any, form: dict[str, str], basic: tuple[str, str] | None, status: int, error: str
) -> None:
    reply = sandbox.http.post(sandbox.urls["flex"] + "/oauth/token", data=form, auth=basic)
    assert (reply.status_code, reply.json()["error"]) == (status, error)
    assert reply.json()["error_description"]


def test_a_json_token_request_is_refused(sandbox: Any) -> None:
    reply = sandbox.http.post(sandbox.urls["flex"] + "/oauth/token", json=GRANT)
    assert (reply.status_code, reply.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer nonsense", "Basic c2FuZGJveDpzYW5kYm94"])
def test_a_call_without_a_known_token_gets_401(sandbox: Any, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    for path in ("/flex/contacts", "/brokerengine/cards", "/flex/nothing/here"):
        reply = sandbox.http.get(sandbox.root + path, headers=headers)
        assert (reply.status_code, reply.json()["error"]["code"]) == (401, "unauthorized")


def test_a_token_is_good_for_its_own_system_only(sandbox: Any) -> None:
    headers = {"Authorization": f"Bearer {sandbox.tokens['brokerengine']}"}
    assert sandbox.http.get(sandbox.urls["brokerengine"] + "/cards", headers=headers).status_code == 200
    assert sandbox.http.get(sandbox.urls["flex"] + "/contacts", headers=headers).status_code == 401


def test_a_token_ends_after_900_seconds(sandbox: Any) -> None:
    token = sandbox.token("flex")
    headers = {"Authorization": f"Bearer {token}"}
    try:
        sandbox.clock.now += 899
        assert sandbox.http.get(sandbox.urls["flex"] + "/products", headers=headers).status_code == 200
        sandbox.clock.now += 1
        late = sandbox.http.get(sandbox.urls["flex"] + "/products", headers=headers)
        assert (late.status_code, late.json()["error"]["message"]) == (401, "The token has expired.")
    finally:
        sandbox.tokens = {name: sandbox.token(name) for name in sandbox.tokens}
