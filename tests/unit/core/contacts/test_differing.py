"""Linked pairs that differ: what counts as a difference, and what each side has."""

from __future__ import annotations

import pytest

from core.contacts.match.differing import DifferingField, differing_fields, differing_links
from core.contacts.match.match import match
from core.contacts.match.rule import MatchOptions
from core.contacts.model import Contact
from tests.support.people import HALE, as_theirs, but

SAME = {"email": HALE.email}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"first_name": "ROBERT", "last_name": " hale "},
        {"email": "Rob.Hale@BayHome.example "},
        {"mobile_phone": "+1 415 555 0142"},
        {"mobile_phone": "", "home_phone": "415-555-0142"},
        {"work_phone": "415 555 0177"},
        {"mobile_phone": ""},
        {"street": "1 Elm Rd", "birth_date": "--01-02"},
    ],
)
def test_other_forms_and_other_fields_are_no_difference(changes: dict[str, str]) -> None:
    assert differing_fields(HALE, as_theirs(HALE, **{**SAME, **changes})) == ()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"first_name": "Rob"}, DifferingField("first_name", "Robert", "Rob")),
        ({"last_name": "Hale-Lee"}, DifferingField("last_name", "Hale", "Hale-Lee")),
        ({"last_name": ""}, DifferingField("last_name", "Hale", "")),
        ({"email": "rob@post.example"}, DifferingField("email", HALE.email, "rob@post.example")),
        ({"email": ""}, DifferingField("email", HALE.email, "")),
        (
            {"mobile_phone": "(415) 555-0143", "work_phone": "415 555 0177"},
            DifferingField("phone", "(415) 555-0142", "(415) 555-0143, 415 555 0177"),
        ),
        (
            {"mobile_phone": "(415) 555-0142 x7"},
            DifferingField("phone", "(415) 555-0142", "(415) 555-0142 x7"),
        ),
    ],
)
def test_an_edit_is_shown_with_what_each_side_has(changes: dict[str, str], expected: DifferingField) -> None:
    assert differing_fields(HALE, as_theirs(HALE, **{**SAME, **changes})) == (expected,)


def test_only_linked_pairs_are_listed() -> None:
    other = Contact("S2", first_name="Ann", last_name="Lee", email="ann@x.example")
    books = [HALE, other], [as_theirs(HALE), but(other, id="T2", first_name="Anne")]
    matched = match(*books, MatchOptions(standing=(("S1", "T1"),)))
    links = list(differing_links(matched.rows, matched.simplenexus, matched.total_expert))
    assert [(link.row.simplenexus_ids, link.row.total_expert_ids) for link in links] == [(("S1",), ("T1",))]
    assert [field.field for field in links[0].fields] == ["email"]
