"""The keys of the Contacts room, on people in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from core.contacts.model import Contact
from core.contacts.ports import RejectedContact
from core.contacts.records import Answer
from core.contacts.review.decisions import Ids
from core.contacts.review.reviewed import Reviewed
from core.errors import Unreachable
from core.push.plan import System
from tests.support.fake_contacts import FakeContactDesk, FakeContacts, ours, theirs
from tests.support.fake_desk import fake_app
from tests.support.hostile_text import CORPUS, shown
from tests.support.matrix import so_many, some
from tests.support.people import but
from tests.support.until import at_rest, flat, says, until
from tui.contacts import fresh_question
from tui.contacts.pairs import PairList
from tui.text import safe_text


@asynccontextmanager
async def room(
    desk: FakeContactDesk, size: tuple[int, int] = (132, 34), grace: float = 0.0
) -> AsyncIterator[Pilot[Any]]:
    """Open the app and go to the contacts."""
    app = fake_app(desk, grace=grace)
    async with app.run_test(size=size) as pilot:
        await at_rest(pilot)
        await pilot.press("2")
        await at_rest(pilot)
        yield pilot
        await app.run_action("app.quit")


def listed(pilot: Pilot[Any]) -> PairList:
    return pilot.app.screen.query_one(PairList)


def reviewed(pilot: Pilot[Any]) -> Reviewed:
    found: Reviewed = pilot.app.screen._pairs.reviewed
    return found


def answer_of(pilot: Pilot[Any], ids: Ids) -> Answer | None:
    one = reviewed(pilot).answered.get(ids)
    return one.answer if one else None


async def press(pilot: Pilot[Any], *keys: str) -> str:
    for key in keys:
        await pilot.press(key)
        await at_rest(pilot)
    return flat(pilot)


KATHERINE, KATE = "SN-1", "TE-1"


@pytest.mark.parametrize(
    ("key", "answer", "sign"), [("s", "same", "="), ("d", "different", "≠"), ("h", "household", "&")]
)
async def test_a_key_answers_shows_it_in_the_list_and_goes_on(
    key: str, answer: str, sign: str, tmp_path: Path
) -> None:
    async with room(FakeContactDesk(tmp_path)) as pilot:
        await press(pilot, "down")
        assert listed(pilot).cursor_key == f"S {KATHERINE}"
        text = await press(pilot, key)
        assert answer_of(pilot, (KATHERINE, KATE)) == Answer(answer)
        assert f"{sign} Katherine Moss Kate Moss-Lee, same phone" in text
        assert "1 of 10" in text
        assert listed(pilot).cursor_key == "S SN-3"
        assert f"Decided: {answer}, by m.hale" in await press(pilot, "up")


async def test_a_key_that_came_before_the_next_question_was_seen_answers_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fresh_question, "SEEN_AFTER", 1_000.0)
    async with room(FakeContactDesk(tmp_path), grace=1_000.0) as pilot:
        await press(pilot, "down", "s")
        assert len(reviewed(pilot).answered) == 1
        await press(pilot, "s", "d", "h")
        assert len(reviewed(pilot).answered) == 1
        assert said(pilot, "").count("before the next question was on the screen") == 1
        pilot.app.screen._question._seen()
        await press(pilot, "d")
        assert len(reviewed(pilot).answered) == 2


async def test_later_stays_in_the_queue_and_is_last_when_it_is_read_again(tmp_path: Path) -> None:
    async with room(FakeContactDesk(tmp_path)) as pilot:
        text = await press(pilot, "down", "l")
        assert "… Katherine Moss" in text
        assert "10 to go" in text
        await press(pilot, "r")
        assert listed(pilot).shown_keys[-1] == f"S {KATHERINE}"
        assert "put off" in await press(pilot, "G")


async def test_undo_takes_back_one_key_press_after_the_other(tmp_path: Path) -> None:
    async with room(FakeContactDesk(tmp_path)) as pilot:
        before = listed(pilot).shown_keys
        await press(pilot, "down", "s", "d")
        assert "Taken back: “different” of A. Whitfield and Ann Whitfield" in said(
            pilot, await press(pilot, "u")
        )
        assert listed(pilot).cursor_key == "S SN-3"
        await press(pilot, "u")
        assert listed(pilot).cursor_key == f"S {KATHERINE}"
        assert reviewed(pilot).answered == {}
        assert listed(pilot).shown_keys == before
        assert "u undo" not in await press(pilot, "u")


def said(pilot: Pilot[Any], _: str) -> str:
    return " ".join(note.message for note in pilot.app._notifications)


async def test_blind_hides_what_the_evidence_comes_to_and_the_order_by_it(tmp_path: Path) -> None:
    async with room(FakeContactDesk(tmp_path)) as pilot:
        clear = await press(pilot, "down")
        for words in ("Very likely the same person: same phone", "+ phone equal", "− email differs"):
            assert words in clear
        weighed = await press(pilot, "w")
        assert all(words in weighed for words in ("+16.2", "┼", "to start with"))
        by_evidence = listed(pilot).shown_keys
        blind = await press(pilot, "b")
        assert "Kate is short for Katherine" in blind
        for words in ("likely the same", "+ phone", "− email", "+16", "┼", "━━┼", "to start with"):
            assert words not in blind
        assert listed(pilot).shown_keys != by_evidence
        duplicates = [key for key in listed(pilot).shown_keys if key[-1] in "12345" and len(key) == 6]
        assert duplicates == ["S SN-1", "S SN-2", "S SN-3", "S SN-4", "S SN-5"]
        await press(pilot, "1", "2", "r", "down")
        assert "┼" not in flat(pilot)
        assert "Very likely" in await press(pilot, "b")
        assert listed(pilot).shown_keys == by_evidence


async def test_the_bits_are_scrolled_to_when_they_are_asked_for(tmp_path: Path) -> None:
    async with room(FakeContactDesk(tmp_path), size=(100, 24)) as pilot:
        await press(pilot, "down")
        assert "+16.2" not in flat(pilot)
        assert "+16.2" in await press(pilot, "w")
        assert "Katherine" in await press(pilot, "w")


async def test_the_filter_has_a_blank_before_it(tmp_path: Path) -> None:
    async with room(FakeContactDesk(tmp_path)) as pilot:
        while "LINKED, BUT DIFFERENT" not in await press(pilot, "v"):
            pass
        text = await press(pilot, "slash", *"prospect")
        assert "… prospect" in text


async def test_all_alike_are_answered_as_one_after_their_number_was_shown(tmp_path: Path) -> None:
    async with room(FakeContactDesk(tmp_path)) as pilot:
        await press(pilot, "v", "v", "home")
        assert "= all 3 one answer" in flat(pilot)
        await pilot.press("equals_sign")
        await says(pilot, "What is true of all 3?", "different: ")
        await pilot.press("down", "enter")
        await says(pilot, "3 alike", "Answer different for all 3 pairs", "first name different")
        await pilot.press("n")
        await at_rest(pilot)
        assert reviewed(pilot).answered == {}
        await pilot.press("equals_sign")
        await says(pilot, "What is true of all 3?")
        await pilot.press("down", "enter")
        await says(pilot, "3 alike")
        await until(pilot, lambda: pilot.app.screen.armed)
        await pilot.press("y")
        await until(pilot, lambda: listed(pilot) and len(reviewed(pilot).answered) == 3)
        assert {one.group for one in reviewed(pilot).answered.values()} == {1}
        await press(pilot, "u")
        assert reviewed(pilot).answered == {}


async def test_several_records_of_one_email_are_gone_through_and_the_rest_stays(tmp_path: Path) -> None:
    async with room(FakeContactDesk(tmp_path)) as pilot:
        text = await press(pilot, "G")
        assert "Tess Quill 3 records" in text
        assert "One person? 3 records in 2 systems" in text
        text = await press(pilot, "p")
        assert "one of 2 pairs" in text
        assert "Teresa Quill ≈ Tess Quill" in await press(pilot, "right")
        assert "Tess Quill = Tess Quill" in await press(pilot, "left")
        await press(pilot, "s")
        assert answer_of(pilot, ("SN-41", "TE-41")) is Answer.SAME
        assert listed(pilot).shown_keys[-1] == "S SN-42"
        text = await press(pilot, "G")
        assert "noted as a second record; nothing is created, and the link stays" in text
        assert "1 several share one email" in text
        await press(pilot, "u")
        assert "S SN-42" not in listed(pilot).shown_keys


async def test_a_push_that_would_change_somebody_is_first_and_may_be_a_second_record_of_the_linked_one(
    tmp_path: Path,
) -> None:
    async with room(FakeContactDesk(tmp_path)) as pilot:
        text = flat(pilot)
        assert "the vendors' push will change Omar Haddad" in text
        assert "noted as a second record; nothing is created, and the link stays" in text
        text = await press(pilot, "d")
        assert "2 can't be synced" in text
        assert "would change another" not in text


async def test_a_verdict_shows_its_rows_and_a_link_can_be_told_apart(tmp_path: Path) -> None:
    async with room(FakeContactDesk(tmp_path)) as pilot:
        await press(pilot, "shift+tab", "down", "down")
        assert listed(pilot).shown_keys == ["S SN-20", "S SN-21", "S SN-22"]
        text = await press(pilot, "down", "down", "down")
        assert "LINK 5" in text
        assert "One record in each system has this email." in text
        assert len(listed(pilot).shown_keys) == 5
        await press(pilot, "enter", "down", "d")
        assert list(reviewed(pilot).answered) == [("SN-31", "TE-31")]
        await press(pilot, "escape")
        assert listed(pilot).counts == (10, 10)
        for _ in range(6):
            await press(pilot, "v")
        assert "IMPORT 61" in flat(pilot)


async def test_the_filter_finds_by_name_and_email_and_escape_shows_all(tmp_path: Path) -> None:
    async with room(FakeContactDesk(tmp_path)) as pilot:
        await press(pilot, "slash")
        await press(pilot, *"ruiz", "enter")
        assert listed(pilot).shown_keys == ["S SN-2"]
        await press(pilot, "s")
        assert answer_of(pilot, ("SN-2", "TE-2")) is Answer.SAME
        await press(pilot, "escape")
        assert len(listed(pilot).shown_keys) == 10
        await press(pilot, "slash", *"contact", "enter")  # what a record is in its system, as in "prospect"
        assert listed(pilot).shown_keys


async def test_tab_goes_around_the_parts_and_enter_into_the_detail(tmp_path: Path) -> None:
    async with room(FakeContactDesk(tmp_path)) as pilot:
        seen = []
        for key in ("tab", "tab", "tab", "enter", "escape"):
            await press(pilot, key)
            seen.append(pilot.app.focused.id if pilot.app.focused else "")
        assert seen == ["pair", "verdicts", "pair-list", "pair", "pair-list"]


async def test_what_was_read_stays_while_it_is_read_again_and_when_that_fails(tmp_path: Path) -> None:
    desk = FakeContactDesk(tmp_path)
    desk.contacts.aside = (RejectedContact(System.TOTAL_EXPERT, "TE-9", "no id"),)
    async with room(desk) as pilot:
        assert "1 record or field was set aside" in said(pilot, "")
        desk.contacts.may_answer.clear()
        await pilot.press("r")
        await says(pilot, "SimpleNexus 1,200 · Total Expert 300 · S stops", "Katherine Moss")
        await pilot.press("down", "s")
        await until(pilot, lambda: len(reviewed(pilot).answered) == 1)
        desk.contacts.trouble = Unreachable("unreachable", "Total Expert does not answer.")
        desk.contacts.may_answer.set()
        await until(pilot, lambda: "Total Expert does not answer." in said(pilot, ""))
        desk.contacts.trouble = None
        desk.contacts.books = (desk.contacts.books[0][:3], desk.contacts.books[1])
        await press(pilot, "r")
        assert answer_of(pilot, (KATHERINE, KATE)) is Answer.SAME
        assert "1 of 4" in flat(pilot)


async def test_the_first_reading_says_how_far_it_is_and_what_went_wrong(tmp_path: Path) -> None:
    desk = FakeContactDesk(tmp_path)
    desk.contacts.may_answer.clear()
    desk.contacts.trouble = Unreachable("unreachable", "Total Expert does not answer.")
    app = fake_app(desk)
    async with app.run_test(size=(132, 34)) as pilot:
        await at_rest(pilot)
        await pilot.press("2")
        await says(pilot, "Reading both systems …", "SimpleNexus 1,200 · Total Expert 300")
        desk.contacts.may_answer.set()
        await says(pilot, "Total Expert does not answer.", "then try again")
        desk.contacts.trouble = None
        await press(pilot, "r")
        assert "Same person?" in flat(pilot)
        await app.run_action("app.quit")


async def test_a_reading_is_stopped_by_a_key_and_begun_again(tmp_path: Path) -> None:
    desk = FakeContactDesk(tmp_path)
    desk.contacts.may_answer.clear()
    app = fake_app(desk)
    async with app.run_test(size=(132, 34)) as pilot:
        await pilot.pause()
        await pilot.press("2")
        await says(pilot, "Reading both systems …", "SimpleNexus 1,200", "S stop reading")
        await press(pilot, "S")
        assert "You stopped the reading." in flat(pilot)
        await press(pilot, "S")
        assert "Nothing is being read." in said(pilot, "")
        desk.contacts.may_answer.set()
        assert "Same person?" in await press(pilot, "r")
        desk.contacts.may_answer.clear()
        await pilot.press("r")
        await says(pilot, "S stops")
        assert "10 to go" in await press(pilot, "S"), "the older rows stay"
        await press(pilot, "down", "s")
        assert answer_of(pilot, (KATHERINE, KATE)) is Answer.SAME
        await app.run_action("app.quit")


async def test_people_who_need_no_decision_are_marked_and_the_list_is_sorted_by_its_titles(
    tmp_path: Path,
) -> None:
    async with room(FakeContactDesk(tmp_path)) as pilot:
        await press(pilot, "space")
        assert listed(pilot).marks == (), "questions are answered one by one, or all that compare alike"
        while "IMPORT" not in await press(pilot, "v"):
            pass
        await press(pilot, "space", "space")
        screen: Any = pilot.app.screen
        assert len(listed(pilot).marks) == 2
        assert [f"T {contact_id}" for contact_id in screen.total_expert_ids] == list(listed(pilot).marks)
        await pilot.click("#pair-list", offset=(5, 0))
        await at_rest(pilot)
        names = [screen.pairs.name(listed(pilot).row(key)) for key in listed(pilot).shown_keys]
        assert names == sorted(names)


async def test_marks_that_the_filter_hides_are_named_where_an_action_would_take_them(tmp_path: Path) -> None:
    async with room(FakeContactDesk(tmp_path)) as pilot:
        while "IMPORT" not in await press(pilot, "v"):
            pass
        screen: Any = pilot.app.screen
        await press(pilot, "space", "space")
        only = "Only an agent who is linked with a partner of SimpleNexus can be invited."
        assert screen.why_not("invite_agent") == f"This is about the 2 marked rows. {only}"
        others = listed(pilot).row(listed(pilot).shown_keys[5])
        assert others is not None
        listed(pilot).filter(others.total_expert_ids[0])
        await at_rest(pilot)
        assert "2 marked, 2 not shown" in flat(pilot)
        assert screen.why_not("share_app").endswith("2 of the 2 marked rows are not shown: U unmarks all.")
        await press(pilot, "U")
        assert "marked" not in screen.why_not("share_app")


async def test_time_left_comes_from_the_pace(tmp_path: Path) -> None:
    desk = FakeContactDesk(tmp_path)
    async with room(desk) as pilot:
        for _ in range(3):
            assert "left" not in str(pilot.app.screen.query_one("#review-progress", Static).render())
            await press(pilot, "d")
            desk.clock.at += 90
        assert "3 of 10, 11 min left" in flat(pilot)


async def test_a_book_that_can_only_be_read_refuses_and_says_so(tmp_path: Path) -> None:
    async with room(FakeContactDesk(tmp_path, locked=True)) as pilot:
        await press(pilot, "down", "s")
        assert "The book is open in process 4711" in said(pilot, "")
        assert reviewed(pilot).answered == {}


async def test_thousands_of_pairs_are_listed_and_answered(tmp_path: Path) -> None:
    number = so_many(20_000, 6_000)  # a smaller book is compared more closely, which takes longer
    left = [Contact(f"SN-{n}", "Ann", "", "Lee", email=f"{n}@x.example", owner="lo1") for n in range(number)]
    right = [but(one, id=f"TE-{one.id[3:]}", first_name="Tom", owner="u1") for one in left]
    contacts = FakeContacts((left, right))
    contacts.links = ()
    async with room(FakeContactDesk(tmp_path, contacts)) as pilot:
        await until(pilot, lambda: listed(pilot).counts == (number, number))
        assert f"= all {number - 3:,}" in await press(pilot, "d", "s", "G", "h")
        assert len(reviewed(pilot).answered) == 3
        assert f"3 of {number:,}" in flat(pilot)


def harmful(text: str) -> FakeContacts:
    """Give people of whom every word means harm, in a row of each kind."""
    more = {
        "mobile_phone": text, "street": text, "street_2": text, "city": text, "state": text, "birth_date": text,
        "suffix": text, "middle_name": text, "since": text, "origin": text,
    }  # fmt: skip
    bad = Contact(
        "SN-9", text, last_name=text, email=f"{text}@x", owner="lo1", **{**more, "home_phone": "4155550142"}
    )
    there = but(bad, id="TE-9", email=f"other{text}@y", owner="u1")
    same = (
        but(bad, id="SN-10", email="one@x"),
        but(bad, id="TE-10", email="one@x", first_name=f"Zed{text}", owner="u1"),
    )
    held = [but(bad, id=f"SN-{n}", email="two@x") for n in (11, 12)], [but(there, id="TE-11", email="two@x")]
    known = ours("SN-1", "Ann Lee", "a@x.example"), theirs("TE-1", "Ann Lee", "a@x.example")
    made = FakeContacts(([known[0], bad, same[0], *held[0]], [known[1], there, same[1], *held[1]]))
    made.links = ()
    return made


async def test_every_text_that_means_harm_is_only_text(tmp_path: Path) -> None:
    desk = FakeContactDesk(tmp_path)
    async with room(desk, (160, 50)) as pilot:
        for name, text in some(CORPUS.items(), 4, first=1):
            desk.contacts.books = harmful(text[:300]).books
            desk.contacts.links = ()
            seen = await press(pilot, "r")
            if name in ("closing tag", "an action", "half a tag"):
                assert safe_text(text)[:8] in seen
            for keys in (("down",), ("G", "right")):
                await pilot.press(*keys)
                await pilot.pause()
                shown(pilot.app)
            pilot.app.clear_notifications()


@pytest.mark.parametrize(
    "name",
    some(["closing tag", "an action", "ansi", "bidi override", "lone surrogates", "a megabyte"], 2, first=1),
)
async def test_people_who_mean_harm_are_only_text_wherever_they_are_shown(name: str, tmp_path: Path) -> None:
    desk = FakeContactDesk(tmp_path, harmful(CORPUS[name][:3_000]))
    async with room(desk, (80, 24)) as pilot:
        for key in (
            "down",
            "b",
            "b",
            "d",
            "u",
            "l",
            "v",
            "v",
            "v",
            "v",
            "v",
            "v",
            "escape",
            "slash",
            "z",
            "escape",
        ):
            await pilot.press(key)
            await pilot.pause()
            shown(pilot.app)
        await press(pilot, "r")
        assert pilot.app.is_running


async def test_what_a_system_says_is_only_text(tmp_path: Path) -> None:
    desk = FakeContactDesk(tmp_path)
    desk.contacts.trouble = Unreachable("unreachable", "It said nothing.")
    async with room(desk, (80, 24)) as pilot:
        for text in some(CORPUS.values(), 4, first=3):
            desk.contacts.trouble = Unreachable(
                "bad-answer", f"It said {text}", when="another program answers", path=text
            )
            await pilot.press("r")
            await pilot.pause()
            shown(pilot.app)
        assert "It said" in await press(pilot, "r")


async def test_linked_pairs_that_were_edited_have_a_list_of_their_own(tmp_path: Path) -> None:
    contacts = FakeContacts()
    left, right = contacts.books
    right = [but(one, last_name="Hale-Ito") if one.id == "TE-34" else one for one in right]
    contacts.books = left, right
    async with room(FakeContactDesk(tmp_path, contacts)) as pilot:
        text = flat(pilot)
        while "LINKED, BUT DIFFERENT" not in text:
            text = await press(pilot, "v")
        assert listed(pilot).shown_keys == ["S SN-34"]
        assert "The two differ: surname. Nothing is sent" in text
        assert "Owen Hale-Ito" in text


# -- the questions of the last match -----------------------------------------------------------------------


@asynccontextmanager
async def started_again(tmp_path: Path) -> AsyncIterator[tuple[Pilot[Any], FakeContactDesk]]:
    """Open the app a second time, while both systems do not answer yet."""
    desk = FakeContactDesk(tmp_path)
    async with room(desk):
        pass
    desk.contacts.may_answer.clear()
    app = fake_app(desk)
    async with app.run_test(size=(132, 34)) as pilot:
        await pilot.pause()
        await pilot.press("2")
        await says(pilot, "refreshing, 1,500 read", "Katherine Moss")
        yield pilot, desk
        desk.contacts.may_answer.set()
        await app.run_action("app.quit")


async def answer_comes(pilot: Pilot[Any], desk: FakeContactDesk) -> None:
    desk.contacts.may_answer.set()
    await until(pilot, lambda: "refreshing" not in flat(pilot))
    await at_rest(pilot)


async def test_after_a_restart_the_questions_of_the_last_match_open_at_once(tmp_path: Path) -> None:
    async with started_again(tmp_path) as (pilot, desk):
        text = flat(pilot)
        assert "match of" in text
        assert "11:06 · refreshing, 1,500 read" in text
        assert "These are the questions of the last match (" in said(pilot, text)
        assert "to SimpleNexus" not in text
        await pilot.press("down", "s")
        await until(pilot, lambda: len(reviewed(pilot).answered) == 1)
        await pilot.press("a")
        assert pilot.app.screen.query(PairList), "no sync is planned from the questions of the last match"
        await answer_comes(pilot, desk)
        assert answer_of(pilot, (KATHERINE, KATE)) is Answer.SAME
        assert "1 of 10" in flat(pilot)


async def test_a_key_is_no_answer_to_a_question_that_changed_while_it_was_shown(tmp_path: Path) -> None:
    async with started_again(tmp_path) as (pilot, desk):
        await pilot.press("down")
        await says(pilot, "Moss-Lee")
        left, right = desk.contacts.books
        desk.contacts.books = left, [but(one, street="9 Oak St") if one.id == KATE else one for one in right]
        await answer_comes(pilot, desk)
        assert "Katherine Moss ↔ Kate Moss-Lee: a field changed" in said(pilot, "")
        await press(pilot, "s")
        assert reviewed(pilot).answered == {}
        assert "The question changed while both systems were read" in said(pilot, "")
        await press(pilot, "s")
        assert answer_of(pilot, (KATHERINE, KATE)) is Answer.SAME


async def test_a_key_is_no_answer_to_the_question_that_follows_one_that_is_gone(tmp_path: Path) -> None:
    async with started_again(tmp_path) as (pilot, desk):
        await pilot.press("down")
        left, right = desk.contacts.books
        desk.contacts.books = left, [one for one in right if one.id != KATE]
        await answer_comes(pilot, desk)
        assert "Katherine Moss ↔ Kate Moss-Lee: there is nothing to decide any more" in said(pilot, "")
        await press(pilot, "s")
        assert reviewed(pilot).answered == {}


async def test_an_answer_that_the_new_match_contradicts_is_taken_back_and_asked_again(tmp_path: Path) -> None:
    async with started_again(tmp_path) as (pilot, desk):
        await pilot.press("down", "s")
        await until(pilot, lambda: len(reviewed(pilot).answered) == 1)
        left, right = desk.contacts.books
        desk.contacts.books = left, [but(one, street="9 Oak St") if one.id == KATE else one for one in right]
        await answer_comes(pilot, desk)
        assert reviewed(pilot).answered == {}
        assert "1 answer was taken back" in said(pilot, "")
        assert f"S {KATHERINE}" in listed(pilot).shown_keys


async def test_if_the_systems_can_not_be_read_the_questions_of_the_last_match_stay(tmp_path: Path) -> None:
    async with started_again(tmp_path) as (pilot, desk):
        desk.contacts.trouble = Unreachable("unreachable", "Total Expert does not answer.")
        desk.contacts.may_answer.set()
        await says(pilot, "not refreshed: r reads", "Katherine Moss")
        desk.contacts.trouble = None
        await press(pilot, "r")
        assert "not refreshed" not in flat(pilot)
