"""A line of the queue in a few words, and the sentence that says why two records are asked about."""

from __future__ import annotations

import pytest

from core.compare.agreement import AgreementLevel
from core.contacts.linkage.explain import fields_by_agreement, why_sentence
from core.contacts.match.match import match
from core.contacts.model import (
    Comparison,
    Contact,
    ContactKind,
    Evidence,
    Likeness,
    Reason,
    Relation,
    Verdict,
    VerdictRow,
)
from core.contacts.review.queue_words import pair_words, queue_words, settled_words
from core.contacts.review.reason_words import REASON_WORDS
from core.contacts.review.reviewed import Reviewed, review
from core.local_forms import Country, words_of
from tests.support.fake_contacts import HELD, OVERWRITTEN, PAIRS, ours, theirs
from tests.support.people import but
from tests.unit.core.contacts.test_review import seal

L = AgreementLevel
AU, US = words_of(Country.AU), words_of(Country.US)
ANN = ours("S1", "Ann Lee", "ann@lee.example")
HERS = theirs("T1", "Ann Lee", "ann@lee.example")


def compared(*lines: tuple[str, AgreementLevel, float], **more: object) -> Comparison:
    """Return a comparison with these lines of evidence; the values of emails are those of ANN and HERS."""
    evidence = tuple(Evidence(field, level, bits, "left", "right") for field, level, bits in lines)
    return Comparison(Likeness.PERSON, sum(bits for _, _, bits in lines), evidence, **more)


SAME_NAME = (("first_name", L.EQUAL, 6.0), ("last_name", L.EQUAL, 7.0))


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ((("email", L.DIFFERENT, -1.0), ("phone", L.EQUAL, 16.0)), "other email, same phone"),
        ((("phone", L.CLOSE, 8.0), ("address", L.EQUAL, 12.0)), "phone typo, same address"),
        ((("birth_date", L.NEARBY, 2.0), ("email", L.EQUAL, 15.0)), "other birth date, same email"),
        ((("birth_date", L.DAY_AND_MONTH, 8.0), ("place", L.EQUAL, 1.0)), "same birthday, same suburb"),
        ((("email", L.DIFFERENT, -1.0), ("phone", L.DIFFERENT, -1.0)), "other email, other phone"),
        ((), "same surname, same first name"),
    ],
)
def test_a_line_says_what_differs_and_then_what_is_shared(
    lines: tuple[tuple[str, AgreementLevel, float], ...], words: str
) -> None:
    assert pair_words(compared(*SAME_NAME, *lines), ANN, HERS, AU) == words


@pytest.mark.parametrize(
    ("left", "right", "words"),
    [
        ("jon.rice@lee.example", "jon.rise@lee.example", "email typo"),
        ("jon.rice@lee.example", "jon.rice@post.example", "other email domain"),
        ("jon.rice@lee.example", "jonrice+new@lee.example", "other email domain"),
    ],
)
def test_an_email_that_is_close_says_how_it_differs(left: str, right: str, words: str) -> None:
    line = Evidence("email", L.CLOSE, 9.0, left, right)
    both = Comparison(Likeness.PERSON, 20.0, (*compared(*SAME_NAME).evidence, line))
    assert pair_words(both, ANN, HERS, AU).startswith(f"{words}, ")


def test_the_other_name_is_said_only_if_it_differs() -> None:
    lines = (("last_name", L.EQUAL, 7.0), ("email", L.EQUAL, 15.0))
    assert pair_words(
        compared(("first_name", L.NICKNAME, 3.0), *lines), ANN, but(HERS, first_name="Annie"), AU
    ) == ("Annie Lee, same email")
    shouting = but(HERS, first_name="ANN", last_name="LEE")
    assert "ANN" not in pair_words(compared(("first_name", L.EQUAL, 6.0), *lines), ANN, shouting, AU)
    junior = Evidence("suffix", L.DIFFERENT, -9.0, "Jr", "Sr")
    both = Comparison(Likeness.HOUSEHOLD, 1.0, (*compared(*SAME_NAME, *lines[1:]).evidence, junior))
    assert pair_words(both, but(ANN, suffix="Jr"), but(HERS, suffix="Sr"), AU) == "Jr and Sr, same email"
    unwritten = Evidence("suffix", L.DIFFERENT, -9.0, "Jr", "")  # the other one has it in the surname
    both = Comparison(Likeness.HOUSEHOLD, 1.0, (*compared(*SAME_NAME, *lines[1:]).evidence, unwritten))
    assert pair_words(both, ANN, but(HERS, last_name="Lee Sr"), AU) == "Ann Lee Sr, same email"


def test_the_words_are_those_of_the_desks_country() -> None:
    alone = compared(*SAME_NAME)
    assert pair_words(alone, ANN, HERS, US) == "same last name, same first name"
    moved = compared(*SAME_NAME, ("place", L.DIFFERENT, -1.0), ("phone", L.EQUAL, 16.0))
    assert pair_words(moved, ANN, HERS, US) == "other city, same phone"
    assert why_sentence(moved, US) == (
        "Very likely the same person: same phone, last name and first name; another city."
    )
    assert why_sentence(moved, AU) == (
        "Very likely the same person: same phone, surname and first name; another suburb."
    )


def asked(left: list[Contact], right: list[Contact]) -> Reviewed:
    return review(match(left, right), [], seal)


def test_a_question_that_is_not_about_two_records_says_what_it_is_about() -> None:
    held = asked(*HELD)
    assert [queue_words(held, item, AU) for item in held.queue] == ["3 records"]
    pushed = asked(*OVERWRITTEN)
    assert queue_words(pushed, pushed.queue[0], AU) == "would change Omar Haddad Sr"
    pair = asked([PAIRS[0][0]], [PAIRS[0][1]])
    assert queue_words(pair, pair.queue[0], AU) == "Kate Moss-Lee, same phone"


def test_a_row_that_needs_nobody_says_how_the_person_is_reached_or_why_nothing_is_done() -> None:
    row = VerdictRow(Verdict.CANNOT, (), ("T1",), Reason.NO_ADDRESSEE)
    assert settled_words(row, None, HERS) == "ann@lee.example"
    assert settled_words(row, None, but(HERS, email="", mobile_phone="415 555 0142")) == "415 555 0142"
    assert settled_words(row, None, but(HERS, email="")) == "no email and no phone"


def test_a_prospect_is_called_so_because_the_app_can_be_shared_with_that_person() -> None:
    row = VerdictRow(Verdict.LINKED, ("S1",), ("T1",), Reason.STANDING)
    assert settled_words(row, but(ANN, kind=ContactKind.PROSPECT), HERS) == "prospect: ann@lee.example"
    assert settled_words(row, ANN, HERS) == "ann@lee.example"


def test_every_reason_has_words_and_none_ends_a_sentence() -> None:
    assert set(REASON_WORDS) == set(Reason)
    assert not any(words.endswith(".") or words[:1].isupper() for words in REASON_WORDS.values())


def test_one_sentence_says_what_two_records_seem_to_be_and_why() -> None:
    person = compared(
        *SAME_NAME, ("phone", L.EQUAL, 16.0), ("address", L.CLOSE, 4.0), ("email", L.DIFFERENT, -1.0)
    )
    assert why_sentence(person, AU) == (
        "Very likely the same person: same phone, surname and first name; similar address; another email."
    )
    unsure = Comparison(Likeness.UNSURE, 5.0, person.evidence, 0.4, Relation.TWINS)
    assert why_sentence(unsure, AU).startswith(
        "Unsure (one person, or twins): same phone, surname and first name;"
    )
    assert why_sentence(Comparison(Likeness.PERSON, -10.0, ()), AU) == "Unlikely to be the same person."


def test_a_field_that_one_record_lacks_and_the_odds_before_a_look_are_no_reason() -> None:
    fields = fields_by_agreement(
        compared(("phone", L.MISSING, 0.0), ("prior", L.PRIOR, -10.0), ("email", L.SWAPPED, 1.0)), AU
    )
    assert fields == ((), ("email",), ())
