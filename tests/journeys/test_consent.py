"""Over real HTTP: who opted out gets no app and no milestone, whichever of their records says so, and whenever."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.contacts.records import Answer, Judged
from core.push.records import Push
from core.push.states import PushState
from tests.journeys.test_milestones import LINKED, STARTED, Us, listening, us  # noqa: F401 - a fixture
from tests.journeys.test_sync import _home
from tests.support.sandbox_home import Home, Sandbox
from tui.wiring import open_desk, settings_of

ALL_OFF = {"ok_to_email": False, "ok_to_call": False, "ok_to_mail": False}
MINUTE = 60


@pytest.fixture
def sandbox(few_contacts: Sandbox) -> Sandbox:
    return few_contacts


def record_of(sandbox: Sandbox, contact: str) -> dict[str, Any]:
    rows = sandbox.records("total-expert")["contacts"]
    return next(row for row in rows if str(row["id"]) == contact)


def say(sandbox: Sandbox, contact: str, **fields: Any) -> None:
    """Let somebody change a contact in Total Expert."""
    sandbox.change("contacts", contact, fields, "total-expert")


def receipt_of(told: dict[str, Any], home: Home) -> dict[str, Any]:
    """The one receipt of a command's push."""
    (written,) = told["receipts"]
    return home.run("receipt", written["push_id"])[1]


@pytest.fixture
def home(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A desk after its first sync: what Total Expert alone had is a prospect in SimpleNexus."""
    home = _home(sandbox, tmp_path, monkeypatch, 'writer = "desk"')
    assert home.run("sync", "--yes")[0] == 0
    return home


def prospects(home: Home) -> list[str]:
    """The ids in Total Expert of whom the sync imported and nothing is said against."""
    found = home.run("share", *imported(home))[1]
    return [step["local_id"] for step in found["steps"]]


def imported(home: Home) -> list[str]:
    links = home.run("links")[1]["links"]
    return [link["local_id"] for link in links if link["entity"] == "prospect"]


# -- milestones -------------------------------------------------------------------------------------------


def test_a_contact_with_all_consent_off_gets_no_milestone_until_a_person_says_so(us: Us) -> None:  # noqa: F811 - a fixture
    who, other = us.people[:2]
    contact = us.contacts[who]
    say(us.sandbox, contact, **ALL_OFF)
    us.act("log-in", who, 10 * MINUTE)
    us.act("log-in", other, 10 * MINUTE)
    with listening(us.home) as url:
        us.deliver(url)
    code, lines = us.lines("--yes")
    line = lines[contact, LINKED]
    assert (code, line["state"], line["doubt"]) == (1, "needs-you", "consent")
    no_way = ", ".join(f"{what} (contact {contact})" for what in ("no email", "no calls", "no mail"))
    assert line["reason"] == f"opted out: {no_way}"
    assert us.sent() == {us.contacts[other]: [LINKED]}
    assert us.lines("--even-so", line["name"])[1][contact, LINKED]["state"] == "due"
    code, told = us.home.run("milestones", "--yes")
    assert us.sent()[contact] == [LINKED]
    (stated,) = receipt_of(told, us.home)["consent"]
    assert stated == {
        "about": contact,
        "says": f"contact {contact}: email no, calls no, mail no, not silenced",
        "overruled_by": us.home.run("activity")[1]["pushes"][0]["operator"],
    }


def test_an_opt_out_on_a_second_record_of_the_person_counts(us: Us) -> None:  # noqa: F811 - a fixture
    who = us.people[0]
    contact = us.contacts[who]
    owner = record_of(us.sandbox, contact)["owner"]["id"]
    second = next(
        str(row["id"])
        for row in us.sandbox.records("total-expert")["contacts"]
        if row["owner"]["id"] == owner and str(row["id"]) not in us.contacts.values()
        and (us.home.run("judge", who, str(row["id"]), "same")[0] == 0)
    )  # fmt: skip
    say(us.sandbox, second, preferences={"is_silenced": True})
    us.act("begin", who, 10 * MINUTE)
    with listening(us.home) as url:
        us.deliver(url)
    code, lines = us.lines("--yes")
    line = lines[contact, STARTED]
    assert (code, line["state"]) == (1, "needs-you")
    assert line["reason"].endswith(f"silenced (contact {second})")
    assert us.sent() == {}
    say(us.sandbox, second, preferences={"is_silenced": False})
    assert us.lines("--yes")[0] == 0
    assert us.sent() == {contact: [STARTED]}


def test_consent_that_is_withdrawn_after_the_list_stops_the_milestone(us: Us) -> None:  # noqa: F811 - a fixture
    who = us.people[0]
    contact = us.contacts[who]
    us.act("begin", who, 10 * MINUTE)
    with listening(us.home) as url:
        us.deliver(url)

    async def story() -> None:
        async with open_desk(settings_of(str(us.home.path), None), write=True) as desk:
            room = desk.can_watch
            seen = await room.look()
            assert [line.contact for line in seen.due] == [contact]
            say(us.sandbox, contact, preferences={"is_silenced": True})
            again = await room.send_shown(seen, [line.name for line in seen.due], desk.can_push)
            asked = [line for line in again.lines if line.milestone == STARTED]
            assert [(line.state, line.doubt) for line in asked] == [("needs-you", "consent")]

    asyncio.run(story())
    assert us.sent() == {}


# -- sharing the app --------------------------------------------------------------------------------------


def test_nobody_who_opted_out_gets_the_app(home: Home, sandbox: Sandbox) -> None:
    off, unsubscribed, silenced, calls = prospects(home)[:4]
    say(sandbox, off, ok_to_email=False)
    say(sandbox, silenced, preferences={"is_silenced": True})
    say(sandbox, calls, ok_to_call=False)
    email = record_of(sandbox, unsubscribed)["email"]
    sandbox.change("email-unsubscribes", "601", {"email": email}, "total-expert")
    code, told = home.run("share", off, unsubscribed, silenced, calls)
    assert [step["local_id"] for step in told["steps"]] == [calls]
    assert {one["total_expert_id"]: one["why"] for one in told["left_out"]} == {
        off: f"must not be reached by email: no email (contact {off})",
        unsubscribed: "must not be reached by email: unsubscribed",
        silenced: f"must not be reached by email: silenced (contact {silenced})",
    }
    assert told["consent"] == [
        {
            "about": calls,
            "says": f"contact {calls}: email yes, calls no, mail yes, not silenced",
            "overruled_by": "",
        }
    ]
    before = len(sandbox.writes("simplenexus"))
    code, said = home.run("share", off, unsubscribed, silenced, "--yes")
    assert (code, said["error"]["code"], len(sandbox.writes("simplenexus"))) == (
        1,
        "nothing-to-share",
        before,
    )
    code, shared = home.run("share", off, calls, "--yes")
    assert (code, [step["local_id"] for step in shared["steps"]]) == (0, [calls])
    receipt = home.run("receipt", shared["push_id"])[1]
    assert receipt["consent"] == told["consent"]


def test_an_opt_out_on_a_second_record_keeps_the_app_away(home: Home, sandbox: Sandbox) -> None:
    chosen, other = prospects(home)[:2]
    links = {link["local_id"]: link["remote_id"] for link in home.run("links")[1]["links"]}
    say(sandbox, other, ok_to_email=False)

    async def story() -> None:
        async with open_desk(settings_of(str(home.path), None), write=True) as desk:
            await desk.book.commit(Judged(links[chosen], other, Answer.SAME, "", "m.hale", 0.0, 1))

    asyncio.run(story())
    error = home.run("share", chosen)[1]["error"]
    assert error["code"] == "nothing-to-share"
    assert f"{chosen} must not be reached by email: no email (contact {other})" in error["message"]


@pytest.mark.parametrize(
    "change", [{"ok_to_email": False}, {"preferences": {"is_silenced": True}}, {"ok_to_mail": False}]
)
def test_consent_that_is_withdrawn_after_the_preview_stops_that_person_alone(
    home: Home, sandbox: Sandbox, change: dict[str, Any]
) -> None:
    first, second = prospects(home)[:2]

    async def story() -> Push:
        async with open_desk(settings_of(str(home.path), None), write=True) as desk:
            contacts, syncs = desk.can_sync
            preview = await syncs.preview_share(await contacts.gather(), [first, second])
            assert len(preview.plan.steps) == 2
            say(sandbox, first, **change)
            push = await syncs.confirm_share(preview, desk.can_push)
            return await desk.can_push.finish(push.push_id)

    push = asyncio.run(story())
    assert push.state is PushState.PARTIAL
    shown = next(one for one in home.run("activity")[1]["pushes"] if one["push_id"] == push.push_id)
    steps = {step["local_id"]: step for step in shown["steps"]}
    assert steps[second]["state"] == "done"
    assert (steps[first]["state"], steps[first]["error"]["code"]) == ("refused", "consent-changed")
    assert "the contact's opt-outs changed" in steps[first]["error"]["message"]
    emails = {row["email"] for row in sandbox.records("simplenexus")["app-shares"]}
    assert record_of(sandbox, first)["email"] not in emails
    assert record_of(sandbox, second)["email"] in emails


# -- the review -------------------------------------------------------------------------------------------


def test_the_review_names_opt_outs(home: Home, sandbox: Sandbox) -> None:
    questions = home.run("review")[1]["queue"]
    named = {id_: said for one in questions for id_, said in one["opt_outs"].items()}
    rows = sandbox.records("total-expert")["contacts"]
    asked = {id_ for one in questions for id_ in one["total_expert_ids"]}
    off = {str(row["id"]) for row in rows if row.get("ok_to_email") is False and str(row["id"]) in asked}
    assert off
    assert all("no email" in named[id_] for id_ in off)
    assert "no email (contact" in home.say("review")[1]


# -- hours ------------------------------------------------------------------------------------------------


def hours_far_from_now() -> tuple[str, int]:
    """Hours of a profile, in UTC, that do not begin for some hours, and the first of them."""
    return ("20-22", 20) if datetime.now(UTC).hour < 12 else ("3-5", 3)


def keep_hours(home: Home) -> int:
    hours, first = hours_far_from_now()
    config = home.path / "config.toml"
    text = config.read_text("utf-8")
    config.write_text(
        text.replace('writer = "desk"', f'writer = "desk"\nsend_hours = "{hours}"\nzone = "UTC"', 1), "utf-8"
    )
    return first


def test_outside_the_hours_milestones_wait_and_the_list_says_until_when(us: Us) -> None:  # noqa: F811 - a fixture
    who = us.people[0]
    contact = us.contacts[who]
    first = keep_hours(us.home)
    say(us.sandbox, contact, state=None)
    us.act("begin", who, 10 * MINUTE)
    with listening(us.home) as url:
        us.deliver(url)
    code, lines = us.lines("--yes")
    line = lines[contact, STARTED]
    assert (code, line["state"], us.sent()) == (0, "waiting", {})
    assert line["reason"].startswith("outside the hours")
    opens = datetime.fromtimestamp(line["until"], UTC)
    assert (opens.hour, opens.minute, opens > datetime.now(UTC)) == (first, 0, True)
    said = us.home.say("milestones")[1]
    assert "sent from " in said
    assert f", {first:02}:00" in said


def test_outside_the_hours_the_app_is_not_shared(home: Home, sandbox: Sandbox) -> None:
    chosen = prospects(home)[0]
    first = keep_hours(home)
    say(sandbox, chosen, state="unknown")
    code, _, error = home.say("share", chosen, "--yes")
    assert (code, "outside the hours" in error) == (1, True)
    said = home.say("share", chosen)[1]
    assert ", until " in said
    assert f", {first:02}:00" in said
    assert not any("borrowers" in one["path"] for one in sandbox.writes("simplenexus"))
