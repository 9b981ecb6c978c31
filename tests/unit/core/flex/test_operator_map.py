"""The operator's own map: what it may change, what it may not, and that no field is ever lost by it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import UsageError
from core.flex.field_map.checks import BrokenMap
from core.flex.field_map.fates import ARRIVES, Fate, Mark
from core.flex.field_map.model import READABLE, TARGETS, FieldMap, FieldMapRow, Scope, Transform
from core.flex.field_map.operator_map import Difference, Maps, RowOrigin, merge
from core.flex.model import Address, Property, Requirements
from core.flex.plans.preview import Preview
from core.push.plan import Entity
from core.texts import without_lone_surrogates
from tests.support.cards import FULL, MAP, but, line, preview, step, with_loan
from tests.support.matrix import so_many

FILE = "my-map.toml"


def merged(*rows: dict[str, Any], **tables: dict[str, str]) -> FieldMap:
    return merge(MAP, {"row": list(rows), "tables": tables}, FILE)


def loan(source: str, **more: Any) -> dict[str, Any]:
    return {"scope": "requirements", "source": source, **more}


def person(source: str, **more: Any) -> dict[str, Any]:
    return {"scope": "person", "source": source, **more}


def house(source: str, **more: Any) -> dict[str, Any]:
    return {"scope": "property", "source": source, **more}


def row(field_map: FieldMap, source: str) -> FieldMapRow:
    (found,) = [one for one in field_map.row if one.source == source]
    return found


SUBURB = house(
    "Address: Suburb",
    section="Qualifications",
    read="address.suburb",
    target="Property.Suburb",
    transform="text",
)


# -- what it may change -------------------------------------------------------------------------------------


def test_a_row_is_sent_to_the_target_the_operator_gives_it() -> None:
    field_map = merged(loan("Pre-approval", target="Opportunity.PreApproved"))
    shown = preview(field_map=field_map)
    body = step(shown, Entity.OPPORTUNITY).body
    assert (body["PreApproved"], body.get("PreApproval")) == ("Y", None)
    assert line(shown, "Pre-approval").confidence is Mark.OPERATOR


def test_a_changed_row_bears_the_operators_mark_unless_it_says_otherwise() -> None:
    assert row(merged(loan("Loan Term", remark="Years.")), "Loan Term").confidence is Mark.OPERATOR
    assert row(merged(loan("Split Loan", confidence="seen")), "Split Loan").confidence is Mark.SEEN


def test_what_a_row_does_not_name_stays_as_shipped() -> None:
    assert row(merged(house("Usage", target="Property.UsedAs")), "Usage").remark == row(MAP, "Usage").remark


def test_a_whole_shipped_row_may_be_copied_and_changed() -> None:
    whole = house("Usage", section="Qualifications", read="usage", target="Property.UsedAs",
                  transform="table", table="usage")  # fmt: skip
    assert row(merged(whole), "Usage").target == "Property.UsedAs"


def test_a_table_gets_entries_others_are_replaced_and_taken_away() -> None:
    field_map = merged(loan_purpose={"Bridging": "Purchase", "refinancing": "Construction", "Investment": ""})
    table = field_map.tables["loan_purpose"]
    assert (table["Bridging"], table["Refinancing"]) == ("Purchase", "Construction")
    assert not {"refinancing", "Investment"} & table.keys()
    shown = preview(with_loan(loan_purpose="bridging"), field_map=field_map)
    assert step(shown, Entity.OPPORTUNITY).body["LoanPurpose"] == "Purchase"


def test_an_entry_taken_away_makes_its_value_refused() -> None:
    shown = preview(with_loan(loan_category="SMSF"), field_map=merged(loan_category={"SMSF": ""}))
    refused = line(shown, "Loan Category")
    assert (refused.fate, refused.value) == (Fate.REFUSED, None)
    assert "LoanCategory" not in step(shown, Entity.OPPORTUNITY).body


def test_a_table_of_ones_own_stands_behind_a_row() -> None:
    field_map = merged(loan("Loan Category", table="kinds"), kinds={"Residential": "Home"})
    assert step(preview(field_map=field_map), Entity.OPPORTUNITY).body["LoanCategory"] == "Home"
    other = preview(with_loan(loan_category="Commercial"), field_map=field_map)
    assert line(other, "Loan Category").fate is Fate.REFUSED


def test_a_row_of_ones_own_sends_what_had_no_home() -> None:
    before, after = preview(), preview(field_map=merged(SUBURB))
    assert line(before, "Address").source_value == "1 Bay Rd, Manly"
    assert line(after, "Address").source_value == "1 Bay Rd"
    assert line(after, "Address: Suburb").fate is Fate.SENT
    assert step(after, Entity.PROPERTY).body["Suburb"] == "Manly"


@pytest.mark.parametrize(
    ("own", "changed", "field", "value"),
    [
        (loan("Loan Category", default="Commercial"), {"loan_category": None}, "LoanCategory", "Commercial"),
        (loan("Pre-approval", default="N"), {"pre_approval": None}, "PreApproval", "N"),
    ],
)
def test_a_default_is_sent_where_the_field_is_empty(
    own: dict[str, Any], changed: dict[str, Any], field: str, value: str
) -> None:
    shown = preview(with_loan(**changed), field_map=merged(own))
    assert step(shown, Entity.OPPORTUNITY).body[field] == value
    assert line(shown, own["source"]).fate is Fate.DEFAULTED


def test_a_default_can_be_taken_away() -> None:
    field_map = merged(person("Home Address: Country", default=""))
    card = but(FULL, people=())
    assert row(field_map, "Home Address: Country").default == ""
    assert preview(card, field_map=field_map).plan.map_version == field_map.version


def test_the_words_of_a_choice_are_the_operators() -> None:
    pair = [
        loan("Principal and Interest", choice="P&I", both="Any"),
        loan("Interest Only", choice="IO", both="Any"),
    ]
    body = step(preview(field_map=merged(*pair)), Entity.OPPORTUNITY).body
    assert body["ProductFilter"]["FilterRepaymentOption"] == "P&I"


# -- switched off -------------------------------------------------------------------------------------------


def test_what_a_switched_off_row_holds_has_no_home_and_says_why() -> None:
    shown = preview(field_map=merged(person("Phone Number: Mobile", off=True)))
    off = line(shown, "Phone Number: Mobile", "P-1")
    assert (off.fate, off.source_value, off.value, off.target) == (Fate.NO_HOME, "0491 570 006", None, "")
    assert off.reason == "switched off in your map"
    assert off in shown.by_hand
    assert "CellularPhone" not in step(shown, Entity.PERSON).body


def test_an_empty_field_that_is_switched_off_is_only_empty() -> None:
    shown = preview(field_map=merged(person("Phone Number: Mobile", off=True)))
    assert line(shown, "Phone Number: Mobile", "P-2").fate is Fate.EMPTY


def test_one_line_of_two_that_are_joined_can_be_switched_off() -> None:
    shown = preview(field_map=merged(person("Home Address: Street Address 2", off=True)))
    assert line(shown, "Home Address: Street Address 1", "P-1").fate is Fate.SENT
    assert line(shown, "Home Address: Street Address 2", "P-1").fate is Fate.NO_HOME
    assert step(shown, Entity.PERSON).body["DirectAddressStreet"] == "Unit 4"


def test_the_target_of_a_switched_off_row_is_free_for_another() -> None:
    field_map = merged(
        person("Phone Number: Office", off=True), person("Phone Number: Home", target="Applicant.WorkPhone")
    )
    assert step(preview(field_map=field_map), Entity.PERSON).body["WorkPhone"] == "(02) 5550 1234"


def test_the_split_loan_switched_off_is_keyed_by_hand() -> None:
    shown = preview(field_map=merged(loan("Split Loan", off=True)))
    assert line(shown, "Split Loan").fate is Fate.NO_HOME
    assert "SplitAmount" not in step(shown, Entity.PRODUCT_LINK).body


# -- version and origin -------------------------------------------------------------------------------------


def test_the_version_names_both_maps_and_changes_with_the_own_one() -> None:
    one, other = merged(loan("Loan Term", remark="a")), merged(loan("Loan Term", remark="b"))
    assert one.version.startswith("2+")
    assert len({one.version, other.version, MAP.version}) == 3
    assert one.version == merged(loan("Loan Term", remark="a")).version
    assert preview(field_map=one).plan.map_version == one.version
    assert preview(field_map=one).plan.digest != preview().plan.digest


@pytest.mark.parametrize("own", [{}, {"row": []}, {"tables": {}}])
def test_a_file_that_says_nothing_changes_nothing(own: dict[str, Any]) -> None:
    assert merge(MAP, own, FILE) == MAP


def test_whose_a_row_is_and_what_differs() -> None:
    field_map = merged(
        loan("Loan Term", target="Opportunity.Term"), SUBURB, state={"WA": "", "Victoria (AU)": "VIC"}
    )
    maps = Maps(field_map, MAP, FILE)
    yours = [one.source for one in field_map.row if maps.origin(one) is RowOrigin.YOURS]
    assert yours == ["Loan Term", "Address: Suburb"]
    assert maps.entry_origin("state", "Victoria (AU)") is RowOrigin.YOURS
    assert maps.entry_origin("state", "NSW") is RowOrigin.SHIPPED
    assert maps.differences == (
        Difference("row", "Loan Term", "target", "Opportunity.ProposedLoanTerm", "Opportunity.Term"),
        Difference("row", "Loan Term", "confidence", "seen", "operator"),
        Difference("row", "Address: Suburb", "", "", "Property.Suburb"),
        Difference("table", "state", "WA", "WA", ""),
        Difference("table", "state", "Victoria (AU)", "", "VIC"),
    )


# -- what it may not ----------------------------------------------------------------------------------------

BREAKS: list[tuple[str, dict[str, Any], str, str]] = [
    ("top-level key", {"rows": []}, "the file", "did you mean “row”?"),
    ("rows as a table", {"row": {"a": 1}}, "row", "[[row]]"),
    ("tables as a list", {"tables": [1]}, "tables", "[tables.NAME]"),
    ("unknown key", {"row": [loan("Loan Term", taget="x")]}, "row 1 (Loan Term)", "did you mean “target”?"),
    ("no scope", {"row": [{"source": "Loan Term"}]}, "row 1 (Loan Term)", "`scope` is missing"),
    ("no source", {"row": [{"scope": "person"}]}, "row 1", "`source` is missing"),
    ("odd scope", {"row": [{"scope": "persn", "source": "x"}]}, "row 1 (x)", "no scope “persn”"),
    ("unknown row", {"row": [loan("Loan Purpos", target="x")]}, "row 1", "did you mean “Loan Purpose”?"),
    ("other scope", {"row": [house("Loan Term", target="x")]}, "row 1", "did you mean the scope requirements?"),
    ("new row too short", {"row": [loan("Zodiac", target="x")]}, "row 1", "also needs section, read, transform"),
    ("twice", {"row": [loan("Loan Term"), loan("Loan Term")]}, "row 2", "row 1 (Loan Term) is about the same"),
    ("wrong object", {"row": [loan("Loan Term", target="Property.Term")]}, "row 1", "Opportunity"),
    ("no field", {"row": [loan("Loan Term", target="Opportunity")]}, "row 1", "not a field of"),
    ("odd field", {"row": [loan("Loan Term", target="Opportunity.a b")]}, "row 1", "isn't the name of a field"),
    ("reserved", {"row": [loan("Loan Term", target="Opportunity.IntegrationId")]}, "row 1", "the push itself"),
    ("side effect", {"row": [person("Email Address", target="Applicant.EmailAddrOverwrite")]}, "row 1",
     "act on its own"),
    ("taken", {"row": [person("Middle Name", target="Applicant.LastName")]}, "row 1 (Middle Name)",
     "another row fills “Applicant.LastName”"),
    ("product field", {"row": [loan("Loan Term", target="Product.Term")]}, "row 1", "Product.SplitAmount"),
    ("transform", {"row": [loan("Loan Term", transform="yeers")]}, "row 1", "did you mean “years”?"),
    ("mark", {"row": [loan("Loan Term", confidence="sure")]}, "row 1", "no “sure”"),
    ("type", {"row": [loan("Loan Term", target=3)]}, "row 1", "`target`"),
    ("kind", {"row": [loan("Loan Term", transform="flag")]}, "row 1", "takes a yes or no"),
    ("only for products", {"row": [person("Email Address", transform="look-up")]}, "row 1", "product rows only"),
    ("no table", {"row": [loan("Loan Category", table="loan_categry")]}, "row 1",
     "did you mean “loan_category”?"),
    ("past the table", {"row": [loan("Loan Category", transform="text")]}, "row 1", "stay so"),
    ("beside the table", {"row": [loan("Mine", section="S", read="loan_category", target="Opportunity.Mine",
                                       transform="text")]}, "row 1", "stay so"),
    ("into a list", {"row": [loan("Loan Category", off=True), loan("Mine", section="S", read="objectives",
                                  target="Opportunity.LoanCategory", transform="text")]}, "row 2", "by a table"),
    ("half a choice", {"row": [loan("Interest Only", both="")]}, "row 1", "go together"),
    ("two boths", {"row": [loan("Interest Only", both="Any")]}, "row 1", "“Either” at Principal"),
    ("choice for a text", {"row": [person("Email Address", choice="x")]}, "row 1", "for the transform “choice”"),
    ("blank default", {"row": [person("Email Address", default="  ")]}, "row 1", "blanks are never sent"),
    ("default not in the table", {"row": [loan("Loan Category", default="Any")]}, "row 1", "not in the table"),
    ("default of a flag", {"row": [loan("Pre-approval", default="yes")]}, "row 1", "Y or N"),
    ("default of money", {"row": [loan("Loan Amount", default="1")]}, "row 1", "takes no `default`"),
    ("read", {"row": [loan("Loan Term", read="loan_amount")]}, "row 1", "`read` of a shipped row"),
    ("section", {"row": [loan("Loan Term", section="Mine")]}, "row 1", "`section` of a shipped row"),
    ("a first name off", {"row": [person("First Name", off=True)]}, "row 1", "needs this row: `off`"),
    ("a product row", {"row": [{"scope": "product", "source": "Lender", "off": True}]}, "row 1", "needs this row"),
    ("a note row", {"row": [{"scope": "note", "source": "Note Text", "target": "Note.T"}]}, "row 1", "needs this row"),
    ("a new product row", {"row": [{"scope": "product", "source": "L2", "section": "S", "read": "lender",
                                    "target": "Product.L", "transform": "text"}]}, "row 1", "can be added"),
    ("a new row off", {"row": [{**SUBURB, "off": True}]}, "row 1", "leave this one out"),
    ("reads nothing", {"row": [{**SUBURB, "read": "address.subrb"}]}, "row 1", "did you mean “address.suburb”?"),
    ("reads the link", {"row": [person("ID", section="S", read="flex_id", target="Applicant.Id",
                                       transform="text")]}, "row 1", "no “flex_id” to read"),
    ("table not of texts", {"tables": {"state": {"NSW": 1}}}, "table state", "value in FLEX"),
    ("removes nothing", {"tables": {"state": {"NSV": ""}}}, "table state", "did you mean “NSW”?"),
    ("blank value", {"tables": {"state": {"NSW": " "}}}, "table state", "blanks are never sent"),
    ("blank entry", {"tables": {"state": {" ": "NSW"}}}, "table state", "never found"),
    ("entry twice", {"tables": {"state": {"nsw": "NSW", "Nsw": "VIC"}}}, "table state", "twice"),
    ("entry twice, with ß", {"tables": {"state": {"Weiß": "NSW", "WEISS": "VIC"}}}, "table state", "twice"),
    ("emptied", {"tables": {"usage": {"Purchase": "", "Security": ""}}}, "table usage", "every value would be"),
    ("unused", {"tables": {"loan_purpos": {"a": "b"}}}, "table loan_purpos", "did you mean “loan_purpose”?"),
]  # fmt: skip


@pytest.mark.parametrize(("own", "where", "wrong"), [b[1:] for b in BREAKS], ids=[b[0] for b in BREAKS])
def test_a_broken_file_is_named_with_the_row_and_what_is_wrong(
    own: dict[str, Any], where: str, wrong: str
) -> None:
    with pytest.raises(BrokenMap) as caught:
        merge(MAP, own, FILE)
    error = caught.value
    assert (error.code, error.exit_code) == ("broken-map", UsageError.exit_code)
    assert FILE in error.message
    assert error.where.startswith(where)
    assert wrong in error.message
    assert where in error.fix


# -- whatever it says ---------------------------------------------------------------------------------------

NAMES = (
    "A",
    "B",
    "IntegrationId",
    "Applicants",
    "OtherAddress",
    "ProductFilter",
    "Opportunity",
    "SplitAmount",
)


def _targets(scope: Scope) -> list[str]:
    """List targets: of the right kind of object, the first of them, and every one of the shipped map."""
    own = [f"{what}.{name}" for what in sorted(TARGETS[scope]) for name in NAMES]
    return [*own, *dict.fromkeys(one.target for one in MAP.row)]


TARGET = {scope: st.sampled_from(_targets(scope)) for scope in Scope}
SAID: dict[str, st.SearchStrategy[Any]] = {
    "target": st.nothing(),
    "transform": st.sampled_from(list(Transform)).map(str),
    "table": st.sampled_from([*MAP.tables, "mine", ""]),
    "choice": st.sampled_from(["", "One", "Two"]),
    "both": st.sampled_from(["", "Either", "Any"]),
    "default": st.sampled_from(["", "Y", "N", "Purchase", "House", "Somewhere"]),
    "confidence": st.sampled_from(list(Mark)).map(str),
    "remark": st.text(max_size=5),
    "off": st.booleans(),
}


def changes_of(one: FieldMapRow) -> st.SearchStrategy[dict[str, Any]]:
    """Give ways to change a shipped row: one key of it or two."""
    named: dict[str, st.SearchStrategy[Any]] = {
        "scope": st.just(str(one.scope)),
        "source": st.just(one.source),
    }
    said = {**SAID, "target": TARGET[one.scope]}
    keys = list(said)
    pairs = [(key, other) for n, key in enumerate(keys) for other in keys[n:]]
    ways = [st.fixed_dictionaries({**named, **{key: said[key] for key in pair}}) for pair in pairs]
    return st.sampled_from(ways).flatmap(lambda way: way)


CHANGED = st.one_of(
    [
        st.sampled_from([changes_of(one) for one in MAP.rows(scope)]).flatmap(lambda way: way)
        for scope in Scope
    ]
)


def new_row(scope: Scope) -> st.SearchStrategy[dict[str, Any]]:
    """Give rows that the shipped map doesn't have."""
    whole_row: dict[str, st.SearchStrategy[Any]] = {
        "section": st.just("Mine"),
        "source": st.sampled_from(["N1", "N2", "N3"]),
        "scope": st.just(str(scope)),
        "read": st.sampled_from(sorted(READABLE[scope])),
        "target": TARGET[scope],
        "transform": SAID["transform"],
    }
    return st.fixed_dictionaries(
        whole_row, optional={key: SAID[key] for key in ("table", "choice", "both", "default")}
    )


NEW = st.one_of([new_row(scope) for scope in (Scope.PERSON, Scope.REQUIREMENTS, Scope.PROPERTY)])
TABLES = st.dictionaries(
    st.sampled_from([*MAP.tables, "mine"]),
    st.dictionaries(
        st.sampled_from(["House", "unit", "Refinancing", "NSW", "Security", "x"]),
        st.sampled_from(["", "House", "Purchase", "Elsewhere"]),
        max_size=3,
    ),
    max_size=2,
)
CARDS = [
    FULL,
    but(FULL, requirements=Requirements(), property=None),
    with_loan(
        loan_category="Houseboat", loan_purpose="\ud800", loan_amount=Decimal("1E+30"), split_loan=None
    ),
    but(FULL, property=Property(None, "x", "House", None, Address("\ud800", "2", "Manly", "2095", "NSW"))),
]


def passing(rows: list[dict[str, Any]], tables: dict[str, dict[str, str]]) -> FieldMap:
    """Merge as much of a file as passes the check, piece by piece: most files made by chance fail as a whole."""
    kept: dict[str, Any] = {"row": [], "tables": {}}
    best = MAP
    for own in _longer(kept, rows, tables):
        try:
            best = merge(MAP, own, FILE)
        except BrokenMap:
            continue
        kept.update(own)
    return best


def _longer(
    kept: dict[str, Any], rows: list[dict[str, Any]], tables: dict[str, dict[str, str]]
) -> Iterator[dict[str, Any]]:
    for name, table in tables.items():
        yield {**kept, "tables": {**kept["tables"], name: table}}
    for one in rows:
        yield {**kept, "row": [*kept["row"], one]}


def sent(shown: Preview) -> dict[str, list[Any]]:
    """Give what the payload holds at each target."""
    found: dict[str, list[Any]] = {}

    def put(target: str, body: dict[str, Any]) -> None:
        for name, value in body.items():
            found.setdefault(f"{target}.{name}", []).append(value)

    for contact in shown.payload["Contacts"]:
        put("Applicant", contact)
        for address in contact.get("OtherAddress", ()):
            put("OtherAddress", address)
    put("Opportunity", shown.payload["Opportunity"])
    put("ProductFilter", shown.payload["Opportunity"].get("ProductFilter", {}))
    put("Property", shown.payload["Property"])
    for one in shown.payload["ProductLinks"]:
        put("Product", one)
        put("Product", {"ProductFLEXId": one["Product"]})
    return found


@settings(max_examples=so_many(300, 120), deadline=None)
@given(st.lists(st.one_of(CHANGED, NEW), max_size=8), TABLES, st.sampled_from(CARDS))
def test_no_own_map_that_passes_loses_a_field_or_breaks_the_plan(
    rows: list[dict[str, Any]], tables: dict[str, dict[str, str]], card: Any
) -> None:
    field_map = passing(rows, tables)
    shown = preview(card, field_map=field_map)
    before = {(f.section, f.source, f.local_id): f.source_value for f in preview(card).fields}
    after = {(f.section, f.source, f.local_id): f.source_value for f in shown.fields}
    address = ("Property", "Address", "")
    assert {key: value for key, value in before.items() if key != address}.items() <= after.items()
    payload = sent(shown)
    for field in shown.fields:
        if field.fate in ARRIVES and field.target != "Opportunity.Applicants.Role":
            assert field.value in payload[field.target], field
            assert isinstance(field.value, str | int | float)
            assert without_lone_surrogates(str(field.value)) == str(field.value)
        elif field.fate not in ARRIVES:
            assert field.value is None
            assert field.source_value == "" or field.fate is not Fate.EMPTY or field.source_value == "no"
    before_bodies = {one.ref: one.body for one in preview(card).plan.steps}
    for one in shown.plan.steps:
        held = before_bodies.get(one.ref, {})
        for name in held.keys() & {"IntegrationId", "Applicants", "Opportunity"}:
            assert one.body[name] == held[name]
        assert all(name in one.body for name in one.identity)


@given(st.recursive(st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=4)),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
                        st.sampled_from(["row", "tables", "state", "scope", "source", "target", "off"]), inner,
                        max_size=4), max_leaves=12))  # fmt: skip
def test_whatever_stands_in_a_file_it_is_merged_or_named_as_broken(own: Any) -> None:
    if isinstance(own, dict):
        with contextlib.suppress(BrokenMap):
            assert merge(MAP, own, FILE).row[: len(MAP.row)]
