"""Values that were cut at the limit of a field: named as cut, never as different, and no evidence against."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contacts.field_limits import LIMITS, cut_at
from core.contacts.linkage.features import features_of
from core.contacts.linkage.scoring import match_model_of
from core.contacts.match.differing import differing_fields, differing_links
from core.contacts.match.match import match
from core.contacts.match.rule import MatchOptions
from core.contacts.match.same_email import objection
from core.contacts.model import Contact, ContactKind, Reason, Verdict
from core.contacts.review.side_by_side import CLOSE, OTHER, side_by_side
from core.local_forms import Country
from tests.contracts.published import PUBLISHED
from tests.support.people import but
from tests.support.yaml_text import parse_yaml

LONG = "Wolfeschlegelsteinhausenbergerdorff"
ANN = Contact("S1", first_name="Ann", last_name=LONG[:30], email="ann@x.example", kind=ContactKind.BORROWER)
HERS = Contact("T1", first_name="Ann", last_name=LONG, email="ann@x.example")


@pytest.mark.parametrize(
    ("kind", "short", "whole", "expected"),
    [
        (ContactKind.BORROWER, LONG[:30], LONG, 30),
        (ContactKind.PARTNER, LONG[:30].upper(), LONG, 30),
        (ContactKind.BORROWER, LONG[:29], LONG, 0),
        (ContactKind.BORROWER, LONG[:29] + "x", LONG, 0),
        (ContactKind.BORROWER, LONG[:30], LONG[:30], 0),
        (ContactKind.PROSPECT, LONG[:30], LONG, 0),
        (ContactKind.PROSPECT, "N" * 100, "N" * 101, 100),
        (ContactKind.CONTACT, LONG[:30], LONG, 0),
        (ContactKind.BORROWER, "Anna Maria de la Cruz y Garcia", "Anna Maria de la Cruz y Garcia Lopez", 30),
        (ContactKind.BORROWER, "Ana Maria de la Cruz y Garcia", "Ana Maria de la Cruz y Garcia Lopez", 30),
    ],
)
def test_a_value_is_cut_if_it_is_the_first_characters_up_to_the_limit_of_its_field(
    kind: ContactKind, short: str, whole: str, expected: int
) -> None:
    ours, theirs = but(ANN, kind=kind, last_name=short), but(HERS, last_name=whole)
    assert cut_at("last_name", ours, theirs) == cut_at("last_name", theirs, ours) == expected


@given(st.text("abcdé ", min_size=31, max_size=60).map(str.strip).filter(lambda name: len(name) > 30))
def test_what_an_account_keeps_of_a_long_name_is_never_another_name(name: str) -> None:
    ours, theirs = (
        but(ANN, first_name=name[:30], last_name=name[:30]),
        but(HERS, first_name=name, last_name=name),
    )
    assert objection(ours, theirs) is None
    assert all(field.cut for field in differing_fields(ours, theirs))


def test_a_pair_with_a_cut_name_is_linked_and_not_listed_as_edited() -> None:
    standing = MatchOptions(standing=(("S1", "T1"),))
    (link,) = differing_links(match([ANN], [HERS], standing).rows, {"S1": ANN}, {"T1": HERS})
    assert [(field.field, field.cut) for field in link.fields] == [("last_name", 30)]
    assert not link.differs
    other = but(HERS, first_name="Anna")
    (link,) = differing_links(match([ANN], [other], standing).rows, {"S1": ANN}, {"T1": other})
    assert link.differs


def test_a_cut_name_is_no_evidence_against() -> None:
    ours, theirs = but(ANN, first_name="A" + LONG[:29]), but(HERS, first_name="A" + LONG)
    left, right = features_of(ours), features_of(theirs, keeps_year=False)
    evidence = match_model_of([left], [right]).compare(left, right).evidence
    bits = {line.field: line.bits for line in evidence}
    assert bits["first_name"] > 0
    assert bits["last_name"] > 0
    assert [row.verdict for row in match([ours], [theirs]).rows] == [Verdict.LINK]


def test_a_generation_that_was_cut_off_objects_to_nothing() -> None:
    whole = but(HERS, last_name=f"{LONG} Jr")
    assert objection(ANN, whole) is None
    assert objection(but(ANN, last_name="Lee"), but(HERS, last_name="Lee Jr")) is Reason.OTHER_PERSON


def test_side_by_side_names_a_cut_value() -> None:
    def shown(theirs: Contact) -> tuple[str, str]:
        name = next(
            field for field in side_by_side(ANN, theirs, lambda _: "", Country.AU) if "name" in field.label
        )
        return name.label, name.sign

    assert shown(HERS) == ("name (cut)", CLOSE)
    assert shown(but(HERS, last_name="Marsh")) == ("name", OTHER)


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the vendors' descriptions are not beside this checkout")
@pytest.mark.parametrize(
    ("kind", "file", "schema"),
    [
        (ContactKind.BORROWER, "borrowers", "UserBorrowerPostBody"),
        (ContactKind.PARTNER, "loan-officer-partners", "PartnerPostBody"),
        (ContactKind.PROSPECT, "loan-officer-prospects", "ProspectPostBody"),
    ],
)
def test_the_limits_are_those_of_the_vendors_description(kind: ContactKind, file: str, schema: str) -> None:
    text = (PUBLISHED / "simplenexus" / f"{file}-api.openapi.yml").read_text("utf-8")
    schemas = parse_yaml(text)["components"]["schemas"]
    fields = schemas[schema]["properties"]
    address = schemas["InputAddress"]["properties"] if kind is ContactKind.PARTNER else {}
    names = {"street": "street1", "street_2": "street2", "city": "city", "postcode": "zip"}
    for field, limit in LIMITS[kind].items():
        described = address[names[field]] if field in names else fields[field]
        assert described["maxLength"] == limit, field
