"""`brokerdesk gateway check`: green on a gateway that keeps the contract; one that doesn't is told what is wrong."""

from __future__ import annotations

import contextlib
import io
import json
from typing import Any

import pytest

from tests.support.sandbox_home import Sandbox
from tui.cli.main import main


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKERDESK_FLEX_SECRET", "sandbox")
    monkeypatch.setenv("BROKERDESK_BROKERENGINE_SECRET", "sandbox")


def checked(url: str, *more: str) -> tuple[int, Any]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(["gateway", "check", url, "--client-id", "sandbox", "--json", *more])
    return code, json.loads(out.getvalue())


def broken(told: Any) -> dict[str, str]:
    return {one["rule"]: one["seen"] for one in told["findings"] if one["verdict"] == "broken"}


def test_the_sandbox_keeps_the_contract_and_what_is_left_is_told(sandbox: Sandbox) -> None:
    before = {kind: len(rows) for kind, rows in sandbox.records().items()}
    code, told = checked(sandbox.urls["flex"])
    assert (code, told["kept"], broken(told)) == (0, True, {})
    assert len(told["findings"]) > 15
    left = {one["flex_id"] for one in told["left"]}
    made = {
        row["FLEXId"]
        for kind, rows in sandbox.records().items()
        if kind != "products"
        for row in rows[before[kind] :]
    }
    assert left == made
    assert len(told["left"]) == len(made)


def test_brokerengine_is_only_read(sandbox: Sandbox) -> None:
    code, told = checked(sandbox.urls["brokerengine"], "--contract", "brokerengine")
    assert (code, broken(told), told["left"]) == (0, {}, [])
    assert sandbox.writes("brokerengine") == []


@pytest.mark.parametrize(
    ("faults", "named"),
    [
        ("500 POST /flex/opportunities", "an opportunity can be made"),
        ("no-id POST /flex/contacts", "a contact can be made"),
        ("other-id GET /flex/contacts", "a contact is found by its IntegrationId"),
        ("bad-json GET /flex/products", "lists come in pages"),
        ("redirect PATCH /flex/contacts", "a contact can be changed"),
        ("423 PUT /flex/opportunities", "a product link may be put twice"),
        ("html POST /flex/notes", "a note can be made"),
    ],
)
def test_what_is_wrong_is_named(sandbox: Sandbox, faults: str, named: str) -> None:
    sandbox.faults(faults)
    code, told = checked(sandbox.urls["flex"])
    assert code == 1
    assert any(rule.startswith(named) for rule in broken(told)), told


def test_a_lost_reply_is_not_asked_for_again_and_may_have_left_a_record(sandbox: Sandbox) -> None:
    sandbox.faults("drop-reply POST /flex/opportunities")
    code, told = checked(sandbox.urls["flex"])
    assert code == 1
    asked = [one for one in sandbox.writes() if one["path"].endswith("/opportunities")]
    assert len(asked) == 1
    (left,) = [one for one in told["left"] if one["kind"] == "opportunity"]
    assert left["flex_id"] == ""


def test_a_wrong_secret_and_a_dead_address_are_exit_code_3(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROKERDESK_FLEX_SECRET", "wrong")
    code, told = checked(sandbox.urls["flex"])
    assert (code, told["left"]) == (3, [])
    code, told = checked("http://127.0.0.1:9/flex")
    assert (code, told["left"]) == (3, [])


def test_without_a_secret_or_a_terminal_it_says_what_to_set(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BROKERDESK_FLEX_SECRET")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    code, told = checked(sandbox.urls["flex"])
    assert (code, told["error"]["code"]) == (2, "no-secret")
