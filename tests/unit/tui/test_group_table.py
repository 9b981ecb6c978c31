"""The table of a group: what it says at every size, with what keys, and with text that means harm."""

from __future__ import annotations

import pytest

from core.contacts.match.match import match
from core.contacts.match.rule import MatchOptions, Owners
from core.contacts.model import Contact
from core.contacts.records import Answer
from core.contacts.review.group_choices import why_refused
from core.contacts.review.group_question import is_group
from core.contacts.review.reviewed import Reviewed, review
from core.local_forms import Country
from core.push.plan import System
from tests.support.groups import ANN, HERS, books
from tests.support.hostile_text import CORPUS
from tests.support.people import but
from tests.unit.core.contacts.test_review import seal
from tui.contacts.groups.view import CYCLE, GroupChoice, GroupView, group_view, stands_for
from tui.contacts.groups.wording import columns_of, group_lines
from tui.text import safe_text, width_of

SIZES = ((44, 16), (78, 19), (92, 28), (146, 54))


def reviewed(left: list[Contact], right: list[Contact], *, linked: bool = False) -> Reviewed:
    links = (("SN-71", "50042"),) if linked else ()
    return review(match(left, right, MatchOptions(owners=Owners({"u1": "lo1"}), standing=links)), [], seal)


def view_of(
    found: Reviewed, choice: GroupChoice | None = None, *, blind: bool = False, bits: bool = False
) -> GroupView:
    item = next(item for item in found.queue if is_group(item))
    return group_view(
        found,
        item,
        lambda contact: contact.owner,
        Country.AU,
        "desk",
        choice or GroupChoice(),
        blind=blind,
        bits=bits,
    )


def text_of(view: GroupView, width: int = 92, height: int = 60) -> str:
    return "\n".join(line.plain for line in group_lines(view, width, height).lines)


def four() -> GroupView:
    return view_of(reviewed(*books(4)))


def after(view: GroupView, choice: GroupChoice) -> GroupView:
    return view_of(reviewed(*books(4)), choice, blind=view.blind)


def test_each_record_has_its_signs_its_answer_and_the_reasons() -> None:
    text = text_of(four())
    for words in ("≠ ann.old@work.", "≈ Anne Keller-Ross", "= Ann Keller", "✓ same person", "& household"):
        assert words in text
    assert "very likely" in text
    assert "as suggested: Ann Keller and Anne Keller-Ross are the same person" in text
    assert "Andrew Keller (50081) is imported as a prospect" in text
    assert "bits" not in text


def test_the_weakest_pair_is_pointed_out_and_has_its_weight_on_a_key() -> None:
    assert "least sure" in text_of(four())
    assert "◇┄" in text_of(four())
    weighed = text_of(view_of(reviewed(*books(4)), bits=True))
    assert " bits" in weighed
    assert "to start" in weighed
    assert "very likely" not in weighed


def test_the_key_of_one_record_goes_through_all_answers_and_back() -> None:
    view = four()
    assert view.open[0].answer is Answer.SAME
    seen = []
    for _ in CYCLE:
        view = after(view, view.ticked(0))
        seen.append(view.open[0].answer)
    assert seen == [*CYCLE[1:], CYCLE[0]]


def test_a_record_that_is_ticked_out_is_told_apart_from_the_person() -> None:
    view = four()
    place = next(n for n, member in enumerate(view.open) if member.key[1] == "50077")
    view = after(view, view.ticked(place))
    assert dict(view.answers(Answer.SAME))["SN-71", "50077"] is Answer.DIFFERENT
    assert "as answered" in text_of(view)
    assert "different (you)" in text_of(view)
    assert stands_for(view.answers(Answer.SAME)) is Answer.SAME


def test_one_key_answers_about_every_record() -> None:
    view = four()
    for answer in (Answer.DIFFERENT, Answer.HOUSEHOLD, Answer.LATER):
        assert {given for _, given in view.answers(answer)} == {answer}
        assert len(view.answers(answer)) == 3


def test_the_cursor_goes_around_and_stands_for_a_pair_of_both_systems() -> None:
    view = four()
    assert after(view, view.moved(-1)).current == len(view.open) - 1
    for place in range(len(view.open)):
        pair = after(view, view.moved(place)).pair()
        assert pair is not None
        assert pair[0] == "SN-71"
        assert pair[1] in ("50042", "50077", "50081")


def test_blind_says_nothing_about_the_evidence_and_wants_an_answer_for_each_record() -> None:
    blind = view_of(reviewed(*books(4)), blind=True, bits=True)
    text = text_of(blind)
    for words in ("likely", "least sure", "same person", "bits", "WHAT FOLLOWS"):
        assert words not in text
    assert "Choose an answer for each record first: 3 to go" in blind.refused[Answer.SAME]
    choice = blind.choice
    for place in range(3):
        choice = view_of(reviewed(*books(4)), choice, blind=True).ticked(place)
    ready = view_of(reviewed(*books(4)), choice, blind=True)
    assert Answer.SAME not in ready.refused
    assert {member.answer for member in ready.open} == {Answer.SAME}


def test_owners_that_are_not_tied_can_not_be_the_same_and_the_reason_is_said() -> None:
    _, right = books(3)
    found = reviewed([but(ANN, owner="lo9")], right)
    why = why_refused(found, [(("SN-71", "50042"), Answer.SAME)])
    assert why.startswith("“same” can't be said of Ann Keller (SN-71) and Ann Keller (50042): their owners")
    assert why_refused(found, [(("SN-71", "50042"), Answer.DIFFERENT)]) == ""
    assert why_refused(found, []) != ""


def test_linked_records_are_joined_by_a_line() -> None:
    view = view_of(reviewed(*books(6), linked=True))
    assert "●────" in text_of(view, 146)
    assert [member.answer for member in view.person] == [None, None]


@pytest.mark.parametrize("records", range(3, 10))
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_every_record_can_be_reached_at_every_size(records: int, width: int, height: int) -> None:
    found = reviewed(*books(records), linked=True)
    view = view_of(found)
    for place, member in enumerate(view.open):
        moved = view_of(found, view.moved(place))
        columns = columns_of(moved, width)
        assert member.key in [shown.key for shown in columns.members]
        assert columns.members[0].key == view.question.reference.key
        assert columns.before + columns.after + len(columns.members) == len(view.question.members)
        shown = group_lines(moved, width, height)
        assert all(width_of(line.plain) <= width for line in shown.lines)
        assert all(0 <= spot.line < len(shown.lines) for spot in shown.spots)


@pytest.mark.parametrize("name", CORPUS)
def test_text_that_means_harm_is_only_text_and_keeps_the_columns(name: str) -> None:
    text = CORPUS[name][:500]
    harm = {"street": text, "city": text, "home_phone": text, "suffix": text}
    left, right = books(4)
    view = view_of(reviewed([but(left[0], **harm)], [but(one, **harm) for one in right]))
    for width, height in SIZES:
        for line in group_lines(view, width, height).lines:
            assert line.plain == safe_text(line.plain)
            assert width_of(line.plain) <= width


def test_values_that_look_alike_when_they_are_cut_are_shown_in_full() -> None:
    long = "12 Northumberland Avenue Extension "
    left, right = books(3)
    right = [but(right[0], street=f"{long}West"), but(right[1], street=f"{long}Farm")]
    text = text_of(view_of(reviewed(left, right)))
    assert "West" in text
    assert "Farm" in text


def test_a_click_on_a_record_or_a_key_is_that_action() -> None:
    view = four()
    actions = {spot.action for spot in group_lines(view, 92, 60).spots}
    assert {"group_go(0)", "tick_record(2)", "answer('same')", "answer('later')", "pair_by_pair"} <= actions


def test_a_member_of_each_system_is_named() -> None:
    assert HERS.id == "50042"
    assert {member.system for member in four().question.members} == {System.SIMPLENEXUS, System.TOTAL_EXPERT}
