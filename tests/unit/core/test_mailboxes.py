"""Which email addresses a text holds: as people write them, and as a spreadsheet leaves them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.compare.agreement import AgreementLevel
from core.compare.emails import compare_emails, inbox_keys, plain_locals, shared_inbox
from core.compare.mailboxes import PLACEHOLDER, addresses_in, email_fault, inbox_in, is_address

ONE = "lu.wei@post.example"


@pytest.mark.parametrize(
    "text",
    [
        *(
            ONE,
            f" {ONE}\t",
            f"Lu Wei <{ONE}>",
            f"Wei, Lu <{ONE}>",
            f'"Wei, Lu" <{ONE}>',
            f"<{ONE}>",
            f"'{ONE}'",
        ),
        *(f"mailto:{ONE}", f"MAILTO:{ONE}?subject=Loan", f"[{ONE}](mailto:{ONE})", f"smtp:{ONE}", f"{ONE};"),
        *(
            f"{ONE},",
            f"{ONE} (work)",
            f"Lu Wei ({ONE})",
            f"'{ONE}' <{ONE}>",
            f"\u202a{ONE}\u202c",
            f"{ONE}\u200b",
        ),
        *(f"Email: {ONE}", f"{ONE}; n/a", f"{ONE} ::: {ONE.upper()}", f"- {ONE}"),
    ],
)
def test_one_address_is_taken_out(text: str) -> None:
    assert addresses_in(text) == (ONE,)
    assert inbox_keys(text) == (ONE,)
    assert email_fault(text) == ""


@pytest.mark.parametrize(
    "between", [";", "; ", ",", ", ", " ::: ", ":::", " | ", "\n", " ", "/", " and ", " & ", " / "]
)
def test_several_addresses_are_taken_out_in_their_order(between: str) -> None:
    assert addresses_in(f"b@x.example{between}a@y.example") == ("b@x.example", "a@y.example")
    assert inbox_in(f"b@x.example{between}a@y.example") == "b@x.example"


def test_several_named_addresses_are_taken_out() -> None:
    text = "Roe, Ana <ana@x.example>; pat@y.example; Lu Wei <lu@z.example>"
    assert addresses_in(text) == ("ana@x.example", "pat@y.example", "lu@z.example")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "not an email",
            "ask her",
            "ana@",
            "@x.example",
            "ana",
            "ana@roe",
            "l@localhost",
            "ana@x.example.",
            "ana@x..example",
        ),
        *(
            "ana roe@x.example",
            "ana@x example",
            "ana@x,example",
            "ana@x.example,au",
            "ana,roe@x.example",
            "a@b@c.example",
        ),
        *(
            "ana@x.example work",
            "ana@x.example ext",
            ".ana@x.example",
            "ana.@x.example",
            "an..a@x.example",
            "ana@-x.example",
        ),
        *(
            "ana@x_y.example",
            "ana@192.0.2.1",
            "Ana Roe <ana@roe>",
            "ana roe@x.example <lu@y.example>",
            "ana@x.example; roe",
        ),
        *("ana@x.example; lu@localhost", "Ana <>", "mailto:", "ana@x.123"),
    ],
)
def test_a_text_that_is_no_email_gives_no_address_and_no_part_of_one(text: str) -> None:
    assert addresses_in(text) == ()
    assert email_fault(text) == "it isn't an email address"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("none@none.com", PLACEHOLDER),
        ("noone@example.com", PLACEHOLDER),
        ("none@none.com; n/a", PLACEHOLDER),
        ("No Email <noemail@x.example>", PLACEHOLDER),
        ("n/a", "it isn't an email address"),
    ],
)
def test_a_filler_stands_for_no_email(text: str, why: str) -> None:
    assert email_fault(text) == why


def test_the_first_inbox_is_behind_a_filler() -> None:
    assert inbox_in("noemail@x.example; lu@y.example") == "lu@y.example"


@pytest.mark.parametrize(
    "text", ["o'brien@x.ie", "a_b-c+d@x-y.co.uk", "weiß@x.example", "{b}@x.example", "a@b.c1"]
)
def test_an_odd_address_is_an_address(text: str) -> None:
    assert is_address(text)


@settings(max_examples=300)
@given(st.text(alphabet="ab@.,;:<>()'\" \n-_+|/&é\u200b", max_size=40))
def test_whatever_is_taken_out_is_an_address_of_the_text(text: str) -> None:
    for address in addresses_in(text):
        assert is_address(address)
        assert address in text.replace("\u200b", "")


def test_an_equal_inbox_among_several_is_equal() -> None:
    both = "pat@x.example; p.ng@work.example"
    assert compare_emails(both, "P.NG@work.example") is AgreementLevel.EQUAL
    assert compare_emails(both, "png@home.example") is AgreementLevel.DIFFERENT
    assert (
        compare_emails("other@x.example; lu.wei@work.example", "luwei@home.example") is AgreementLevel.CLOSE
    )
    assert compare_emails("noemail@x.example", "noemail@x.example") is AgreementLevel.MISSING
    assert shared_inbox(both, "p.ng@work.example; pat@x.example") == "pat@x.example"
    assert plain_locals(both) == ("pat", "png")
