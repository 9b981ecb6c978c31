"""Fillers of emails, phones and names: what stands for "none", and what only looks like it."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.compare.emails import inbox_key
from core.compare.fillers import filler_names, is_filler_email, is_filler_middle_name, is_filler_text
from core.compare.phones import digits, stands_for_no_phone

EMAILS = (
    *("123@123.com", "invalid@invalid.com", "nope@nope.example", "donotuse@x.example", "admin@admin.com"),
    *(
        "none@none.com",
        "noemail@bank.com.au",
        "no-email@x.example",
        "No.Mail@home.example",
        "noemail12@x.example",
    ),
    *(
        "NOEMAILADDRESS@y.example",
        "noreply@broker.example",
        "do-not-reply@x.example",
        "notprovided@x.example",
    ),
    *(
        "unknown@unknown.com",
        "test@test.com",
        "testing@example.org",
        "email@email.com",
        "a@a.com",
        "xx@xx.com.au",
    ),
    *("abc@abc.com", "me@me.com", "n/a@na.com", "null@null.com", "nil@nil.co.nz", "client@gmail.com"),
    *(
        "user@domain.com",
        "asdf@asdf.com",
        "asdf@work.example",
        "no@no.com",
        "jo.smith@noemail.com",
        "ann@x.invalid",
    ),
    *("none+7@x.example", "example@example.com", "noone@nowhere.com", "customerhasnoemail@x.example"),
)
REAL_EMAILS = (
    *("na@kim.example", "null@home.example", "test@family.example", "client@firm.example", "ann@example.com"),
    *(
        "noemi.mail@x.example",
        "nona@x.example",
        "j@hotmail.com",
        "abc@work.example",
        "a@b.com",
        "kim@kim.com",
    ),
    *(
        "smith@smith.com.au",
        "info@lender.example",
        "noel@x.example",
        "nomaile@x.example",
        "tester@works.example",
    ),
    *("unknowns@band.example", "anonymous.bosch@x.example", "o@u.example", "emailia@x.example"),
)


@pytest.mark.parametrize("email", EMAILS)
def test_an_address_that_is_nobodys_inbox_is_a_filler(email: str) -> None:
    assert is_filler_email(email)
    assert inbox_key(email) == ""


@pytest.mark.parametrize("email", REAL_EMAILS)
def test_an_address_that_can_be_somebodys_is_none(email: str) -> None:
    assert inbox_key(email) == email


PHONES = (
    "(555) 555-1234",
    *("555-555-5555", "(555) 555-5555", "+1 555 555 5555", "000 000 0000", "0000000000", "(000) 000-0000"),
    *("999-999-9999", "1111111", "222222", "123-456-7890", "0123456789", "1234567", "987 654 3210"),
    *("0400 000 000", "+61 400 000 000", "0411 111 111", "61 499 999 999", "(02) 9999 9999", "03 0000 0000"),
    *("415-555-5555", "(415) 000-0000", "415 111 1111", "415-555-1212", "555-1212", "555-123-4567"),
    *("111-222-3333", "123-123-1234", "000-000-0000 x12", "555-555-5555 (home)"),
)
REAL_PHONES = (
    *("(415) 555-1234", "555-1234"),
    *(
        "555-0100",
        "555-0142",
        "555-0199",
        "(415) 555-0142",
        "+1 415.555.0199 x7",
        "0491 570 006",
        "02 5550 1234",
    ),
    *(
        "0412 345 678",
        "+61 491 570 156",
        "13 11 14",
        "1300 975 707",
        "415-222-2222",
        "415 555 5550",
        "0400 000 001",
    ),
    *("(212) 555-1111", "0411 111 112", "+44 20 7946 0000", "800 555 0100"),
)


@pytest.mark.parametrize("phone", PHONES)
def test_a_number_that_nobody_has_is_a_filler(phone: str) -> None:
    assert digits(phone) == ""
    assert stands_for_no_phone(phone)


@pytest.mark.parametrize("phone", REAL_PHONES)
def test_a_number_that_somebody_can_have_is_none(phone: str) -> None:
    assert digits(phone) != ""
    assert not stands_for_no_phone(phone)


TEXTS = (
    "n/a",
    "N.A.",
    "na",
    "none",
    "-",
    "--",
    ".",
    "?",
    "x",
    "XX",
    "xxx",
    "tba",
    "T.B.C.",
    "tbd",
    "unknown",
)
MORE_TEXTS = ("not provided", "No Email", "no phone", "nil", "NULL", "nan", "to be advised", "missing", "*")


@pytest.mark.parametrize("text", [*TEXTS, *MORE_TEXTS])
def test_a_word_for_none_is_neither_an_email_nor_a_phone(text: str) -> None:
    assert is_filler_text(text)
    assert (inbox_key(text), digits(text), stands_for_no_phone(text)) == ("", "", True)


@pytest.mark.parametrize("text", ["", " ", "0412", "ask him", "after 5", "call Nan", "nonna"])
def test_what_is_blank_or_says_something_stands_for_nothing_else(text: str) -> None:
    assert not stands_for_no_phone(text)


@pytest.mark.parametrize(
    "names",
    [
        *(("Test", "Test"), ("TEST", "User"), ("Null", "Null"), ("null", "NIL"), ("N/A", "N/A"), ("x", "X")),
        *(
            ("Unknown", "Unknown"),
            ("Unknown", "Borrower"),
            ("First", "Last"),
            ("No", "Name"),
            ("Not", "Provided"),
            ("Na", "Na"),
            ("-", "-"),
            ("-", "Test"),
        ),
        *(("Guest", "User"), ("Test Client", ""), ("", "Demo Customer"), ("n.a.", "none"), ("tba", "TBA")),
    ],
)
def test_a_name_is_a_filler_where_both_names_are(names: tuple[str, str]) -> None:
    assert filler_names(*names) == (bool(names[0]), bool(names[1]))


@pytest.mark.parametrize(
    "names",
    [
        *(
            ("Jennifer", "Null"),
            ("Min", "Na"),
            ("Na", "Kim"),
            ("Jean", "Nil"),
            ("Na-Na", "Kim"),
            ("Nan", "Lee"),
        ),
        *(
            ("Null", ""),
            ("", "Test"),
            ("O", "U"),
            ("E", "X"),
            ("N. A.", "Lee"),
            ("J.R.", "Ewing"),
            ("Christopher", "Guest"),
        ),
        *(
            ("Test", "Okafor"),
            ("Min", "No"),
            ("Client-Ferrand", "Lee"),
            ("", ""),
            ("Xi", "Xu"),
            ("Noname-Lee", "Ann"),
        ),
    ],
)
def test_a_name_that_can_be_somebodys_is_none(names: tuple[str, str]) -> None:
    assert filler_names(*names) == (False, False)


@pytest.mark.parametrize(
    "first", ["Unknown", "ANONYMOUS", "n/a", "xxx", "T.B.A.", "First Name", "not provided", "?"]
)
def test_a_word_that_nobody_is_called_is_a_filler_by_itself(first: str) -> None:
    assert filler_names(first, "Okafor") == (True, False)
    assert filler_names("Ada", first) == (False, True)


def test_another_field_says_that_a_name_is_a_filler() -> None:
    assert filler_names("Jennifer", "Null", ("NULL", "")) == (False, True)
    assert filler_names("Jennifer", "Null", ("jen@x.example", "")) == (False, False)
    assert filler_names("Jennifer", "Lee", ("Lee", "null")) == (False, False)


@pytest.mark.parametrize(("name", "is_filler"), [("NMN", True), ("none", True), ("Na", False), ("X", False)])
def test_a_middle_name_has_fillers_of_its_own(name: str, is_filler: bool) -> None:
    assert is_filler_middle_name(name) is is_filler


BETWEEN = st.sampled_from(["", ".", "-", "_"])


@settings(max_examples=200)
@given(st.sampled_from(["noemail", "none", "noreply", "notprovided", "nomail"]), st.randoms(), BETWEEN)
def test_case_and_punctuation_make_no_inbox_of_a_filler(word: str, random: Random, between: str) -> None:
    written = between.join(word)
    written = "".join(random.choice((char.upper(), char)) for char in written)
    assert inbox_key(f"{written}@bank.example") == ""


@settings(max_examples=200)
@given(
    st.sampled_from(PHONES[:20]),
    st.sampled_from(["", " ", "-", ".", "(", ")", " \u00a0"]),
    st.integers(0, 20),
)
def test_blanks_and_punctuation_make_no_number_of_a_filler(phone: str, mark: str, at: int) -> None:
    assert digits(phone[:at] + mark + phone[at:]) == ""
