"""Calculations over real HTTP: a signed endpoint, a file, the command. Three reports of one make one insight."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from data.sandbox.systems.events import signature
from tests.journeys.console import console, flat, told, until
from tests.journeys.test_milestones import SECRET, Us, listening
from tests.support.patience import LAST_RESORT
from tests.support.sandbox_home import Home, Sandbox

RAN = "SN Contact Ran Calculation"
THEIRS = "between us and who reports"


@pytest.fixture
def us(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Us:
    """A desk that has watched from before the first calculation, with both secrets of the listener."""
    for name, secret in (
        ("SIMPLENEXUS", "sandbox"),
        ("TOTAL_EXPERT", "sandbox"),
        ("LISTEN", SECRET),
        ("CALCULATIONS", THEIRS),
    ):
        monkeypatch.setenv(f"BROKERDESK_{name}_SECRET", secret)
    sandbox.options("total-expert", tokens_an_hour=10_000, requests_a_minute=1_000_000)
    home = Home.at(tmp_path / "home", sandbox, 'writer = "desk"', systems=("simplenexus", "total-expert"))
    us = Us(home, sandbox)
    us.lines()
    return us


def _report(us: Us, url: str, **how: Any) -> dict[str, Any]:
    place = url.replace("/simplenexus", "/calculations")
    return dict(us.sandbox.ask("POST", "events/report", json={"url": place, "secret": THEIRS, **how}))


def _ran(us: Us, *more: str) -> dict[str | None, dict[str, Any]]:
    return {contact: line for (contact, name), line in us.lines(*more)[1].items() if name == RAN}


def test_a_calculation_that_is_reported_three_times_makes_one_insight(us: Us, tmp_path: Path) -> None:
    person = us.people[0]
    us.sandbox.ask("POST", "events/act", json={"act": "calculate", "borrower": person, "ago": 0})
    with listening(us.home) as url:
        assert _report(us, url) == {"reported": 1, "status": 200}
        assert _report(us, url, again=True, by="email") == {"reported": 1, "status": 200}
        assert _report(us, url, secret="wrong", again=True)["status"] == 401
    (calculation,) = us.sandbox.ask("GET", "events/calculations")["calculations"]
    file = tmp_path / "calculations.csv"
    rows = [
        "contact_id,email,at,id",
        f"{us.contacts[person]},,{calculation['at']},calculation-{calculation['id']}",
        f"{us.contacts[person]},,soon,odd",
    ]
    file.write_text("\n".join(rows), "utf-8")
    code, said = us.home.run("milestones", "--calculations", str(file), "--yes")
    assert (code, said["calculations"]["taken"], said["calculations"]["waiting"]) == (0, 1, 0)
    assert [(row["line"], row["field"]) for row in said["calculations"]["rejected"]] == [(3, "at")]
    us.home.run("milestones", "--calculations", str(file), "--yes")
    assert us.sent() == {us.contacts[person]: [RAN]}
    assert _ran(us)[us.contacts[person]]["state"] == "sent"


def test_an_email_that_two_contacts_share_waits_for_a_person(us: Us) -> None:
    person, other = us.people[:2]
    email = next(
        row["email"] for row in us.sandbox.records("simplenexus")["borrowers"] if row["id"] == person
    )
    us.sandbox.ask("PATCH", f"records/total-expert/contacts/{us.contacts[other]}", json={"email": email})
    us.sandbox.ask("POST", "events/act", json={"act": "calculate", "borrower": person, "ago": 0})
    with listening(us.home) as url:
        assert _report(us, url, by="email")["status"] == 200
        line = _ran(us, "--yes")[None]
        assert (line["state"], us.sent()) == ("needs-you", {})
        assert "2 contacts share the email" in line["reason"]
        assert _report(us, url, again=True)["status"] == 200
    assert _ran(us, "--yes").keys() == {us.contacts[person]}
    assert us.sent() == {us.contacts[person]: [RAN]}


def test_what_is_no_report_is_refused_and_an_odd_one_costs_itself(us: Us) -> None:
    with listening(us.home) as url:
        place = url.replace("/simplenexus", "/calculations")

        def post(body: bytes, secret: str = THEIRS) -> int:
            signed = {"x-api-signature": signature(body, secret, "base64")}
            return httpx.post(
                place, content=body, headers=signed, trust_env=False, timeout=LAST_RESORT
            ).status_code

        good = b'{"id": "C-1", "contact_id": "1", "at": "2026-11-01T10:00:00Z"}'
        assert post(good) == 200
        assert post(b"[" + good + b', {"id": "C-2"}]') == 200
        assert post(b'{"id": "C-2"}') == 400
        assert post(b"{}") == 400
        assert post(good, SECRET) == 401, "the secret of the webhooks is another"


def _warned(us: Us) -> list[str]:
    findings = us.home.run("doctor")[1]["findings"]
    return [finding["level"] for finding in findings if finding["code"] == "no-calculations"]


def test_where_nothing_reports_calculations_the_commands_say_so(
    us: Us, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert (us.home.run("milestones")[1]["lacks_calculations"], _warned(us)) == (False, [])
    monkeypatch.delenv("BROKERDESK_CALCULATIONS_SECRET")
    assert us.home.run("milestones")[1]["lacks_calculations"]
    assert "Nothing reports calculations" in us.home.say("milestones")[1]
    assert _warned(us) == ["warn"]
    file = tmp_path / "calculations.csv"
    file.write_text(f"contact_id,at,id\n{us.contacts[us.people[0]]},2026-11-01T10:00:00Z,C-1\n", "utf-8")
    us.home.run("milestones", "--calculations", str(file))
    assert not us.home.run("milestones")[1]["lacks_calculations"]
    assert _warned(us) == []


async def test_where_nothing_reports_calculations_the_room_says_so(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SIMPLENEXUS", "TOTAL_EXPERT"):
        monkeypatch.setenv(f"BROKERDESK_{name}_SECRET", "sandbox")
    sandbox.options("total-expert", tokens_an_hour=10_000, requests_a_minute=1_000_000)
    home = Home.at(tmp_path / "home", sandbox, 'writer = "desk"', systems=("simplenexus", "total-expert"))
    async with console(home) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: "Nothing reports calculations" in flat(pilot))


async def test_a_file_that_is_read_while_the_app_has_the_book_is_taken_in_by_the_app(
    us: Us, tmp_path: Path
) -> None:
    contact = us.contacts[us.people[0]]
    at = datetime.now(UTC).isoformat()
    file = tmp_path / "calculations.csv"
    file.write_text(f"contact_id,at,id\n{contact},{at},C-1\n", "utf-8")
    async with console(us.home) as pilot:
        said = await told(us.home, "milestones", "--calculations", str(file))
        assert said["calculations"]["handed_over"]
        words = (await asyncio.to_thread(us.home.say, "milestones", "--calculations", str(file)))[1]
        assert "are kept" in words
        await pilot.press("3", "r")
        await until(pilot, lambda: f"contact {contact}" in flat(pilot))
    ran = await asyncio.to_thread(_ran, us)
    assert ran[contact]["state"] == "due", "the app wrote it down"
    said = await told(us.home, "milestones", "--calculations", str(file))
    assert not said["calculations"]["handed_over"], "this command has the book"
