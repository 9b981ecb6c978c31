"""The shipped map has every published field, with the target and the mark that the domain page gives it."""

from __future__ import annotations

import copy
import tomllib
from importlib.resources import files
from typing import Any

import pytest

from core.errors import UsageError
from core.flex.field_map.checks import BrokenMap, check_map
from core.flex.field_map.model import READABLE, Scope
from core.flex.model import Address
from data.maps import shipped_map

# Written by hand from the published article and the domain page, not from the map.
CONTACT = [
    ("First Name", "Applicant.FirstName", "seen"),
    ("Middle Name", "Applicant.MiddleName", "seen"),
    ("Last Name", "Applicant.LastName", "seen"),
    ("Email Address", "Applicant.EmailAddress", "seen"),
    ("Birth Date", "Applicant.DateOfBirth", "seen"),
    ("Phone Number: Mobile", "Applicant.CellularPhone", "seen"),
    ("Phone Number: Home", "Applicant.HomePhone", "seen"),
    ("Phone Number: Office", "Applicant.WorkPhone", "seen"),
    ("Home Address: Street Address 1", "Applicant.DirectAddressStreet", "likely"),
    ("Home Address: Street Address 2", "Applicant.DirectAddressStreet", "likely"),
    ("Home Address: City/Town/Suburb", "Applicant.DirectAddressCity", "likely"),
    ("Home Address: Postcode", "Applicant.DirectAddressPostalCode", "likely"),
    ("Home Address: State/Region", "Applicant.DirectAddressState", "likely"),
    ("Home Address: Country", "Applicant.DirectAddressCountry", "ours"),
    ("Postal Address: Street Address 1", "OtherAddress.StreetAddress", "likely"),
    ("Postal Address: Street Address 2", "OtherAddress.StreetAddress", "likely"),
    ("Postal Address: City/Town/Suburb", "OtherAddress.City", "likely"),
    ("Postal Address: Postcode", "OtherAddress.PostalCode", "likely"),
    ("Postal Address: State/Region", "OtherAddress.State", "likely"),
    ("Postal Address: Country", "OtherAddress.Country", "likely"),
]
REQUIREMENTS = [
    ("Loan Amount", "Opportunity.ProposedLoanAmount", "seen"),
    ("Loan Term", "Opportunity.ProposedLoanTerm", "seen"),
    ("Loan Category", "Opportunity.LoanCategory", "ours"),
    ("Loan Purpose", "Opportunity.LoanPurpose", "seen"),
    (
        "Requirements and Objectives (fetched from Broker Wizard Step 4)",
        "Opportunity.RequirementsAndObjectives",
        "seen",
    ),
    ("Pre-approval", "Opportunity.PreApproval", "seen"),
    ("Split Loan", "Product.SplitAmount", "guess"),
    ("Fixed Rate", "ProductFilter.FixedInclude", "likely"),
    ("Stand Variable", "ProductFilter.StandardVariableInclude", "likely"),
    ("Principal and Interest", "ProductFilter.FilterRepaymentOption", "likely"),
    ("Interest Only", "ProductFilter.FilterRepaymentOption", "likely"),
]
QUALIFICATIONS = [
    ("Valuation Amount", "Property.Value", "likely"),
    ("Property Type", "Property.PropertyType", "seen"),
    ("Usage", "Property.Usage", "seen"),
    ("Purpose", "Property.Purpose", "seen"),
]
PRODUCTS = [
    ("Lender", "Product.ProductFLEXId", "likely"),
    ("Name", "Product.ProductFLEXId", "likely"),
    ("Selected/Considered", "Product.Selected", "likely"),
]
NOTES = [("Note Text", "Note.Text", "seen"), ("Attachments", "Note.Attachments", "ours")]
PUBLISHED = [
    *(("Contacts", *row) for row in CONTACT),
    *(("Requirements and Objectives", *row) for row in REQUIREMENTS),
    *(("Qualifications", *row) for row in QUALIFICATIONS),
    *(("Products", *row) for row in PRODUCTS),
    *(("Notes", *row) for row in NOTES),
]
SCOPES = {
    "Contacts": Scope.PERSON,
    "Requirements and Objectives": Scope.REQUIREMENTS,
    "Qualifications": Scope.PROPERTY,
    "Products": Scope.PRODUCT,
    "Notes": Scope.NOTE,
}


def test_the_list_here_is_the_published_one() -> None:
    """41 rows: these 40, and the Fact Find's First Name, which uses the contact row of that name."""
    assert len(PUBLISHED) + 1 == 41
    assert (
        sum(name not in ("Selected/Considered", "Note Text", "Attachments") for _, name, *_ in PUBLISHED)
        == 37
    )


def test_every_published_field_has_its_target_and_its_mark() -> None:
    rows = [(row.section, row.source, row.target, row.confidence.value) for row in shipped_map().row]
    assert rows == PUBLISHED


@pytest.mark.parametrize("row", shipped_map().row, ids=lambda row: row.source)
def test_a_row_reads_from_the_noun_of_its_section(row: Any) -> None:
    assert row.scope is SCOPES[row.section]


def test_every_field_of_the_model_has_a_row_so_that_it_has_a_fate() -> None:
    rows = {(row.scope, row.read) for row in shipped_map().row}
    without = {(scope, path) for scope, paths in READABLE.items() for path in paths} - rows
    # The id is a reference, and `core.flex.plans.unmapped` shows the address of a property.
    shown_elsewhere = {
        (Scope.PROPERTY, f"address.{part}") for part in Address.__struct_fields__ if part != "odd"
    }
    assert without == {(Scope.PERSON, "id"), *shown_elsewhere}


def test_the_fact_finds_first_name_is_a_contact_row() -> None:
    assert "First Name" in [row.source for row in shipped_map().rows(Scope.PERSON)]


def test_usage_and_purpose_take_only_the_values_flex_knows() -> None:
    tables = shipped_map().tables
    assert set(tables["usage"].values()) == {"Purchase", "Security"}
    assert set(tables["purpose"].values()) == {"Owner Occupied", "Investment"}
    assert set(tables["state"].values()) == {"ACT", "NSW", "NT", "QLD", "SA", "TAS", "VIC", "WA"}


def test_usage_and_purpose_say_that_they_mean_the_opposite_of_a_first_guess() -> None:
    said = {row.source: row.remark for row in shipped_map().row}
    assert "not who lives there" in said["Usage"]
    assert "not what the loan is for" in said["Purpose"]


# -- a broken map names file, row and what is wrong ---------------------------------------------------------


def _raw() -> dict[str, Any]:
    return tomllib.loads(files("data.maps").joinpath("flex.toml").read_text("utf-8"))


def _row(raw: dict[str, Any], source: str) -> dict[str, Any]:
    (row,) = [row for row in raw["row"] if row["source"] == source]
    found: dict[str, Any] = row
    return found


BREAKS = [
    ("First Name", {"target": "Property.FirstName"}, "Applicant or OtherAddress"),
    ("First Name", {"target": "Applicant"}, "Applicant or OtherAddress"),
    ("First Name", {"transform": "shout"}, "shout"),
    ("First Name", {"confidence": "sure"}, "sure"),
    ("First Name", {"colour": "red"}, "colour"),
    ("First Name", {"table": "state"}, "go together"),
    ("First Name", {"read": "frist_name"}, "did you mean “first_name”?"),
    ("First Name", {"read": "phones"}, "phones"),
    ("Middle Name", {"target": "Applicant.FirstName"}, "another row fills “Applicant.FirstName” already"),
    ("Middle Name", {"source": "First Name"}, "the same field has a row already"),
    ("Loan Purpose", {"table": "loan_purpos"}, "did you mean “loan_purpose”?"),
    ("Loan Purpose", {"table": ""}, "go together"),
    ("Interest Only", {"choice": ""}, "go together"),
    ("Interest Only", {"both": ""}, "go together"),
    ("Home Address: Street Address 2", {"transform": "text"}, "another row fills"),
]


@pytest.mark.parametrize(("source", "change", "wrong"), BREAKS, ids=[f"{s}-{c}" for s, c, _ in BREAKS])
def test_a_broken_row_is_named_with_its_file(source: str, change: dict[str, str], wrong: str) -> None:
    raw = copy.deepcopy(_raw())
    row = _row(raw, source)
    number = raw["row"].index(row) + 1
    row.update(change)
    with pytest.raises(BrokenMap) as caught:
        check_map(raw, "my-map.toml")
    said = caught.value.message
    assert caught.value.code == "broken-map"
    assert caught.value.exit_code == UsageError.exit_code
    assert "my-map.toml" in said
    assert f"row {number} ({change.get('source', source)})" in said
    assert wrong in said


def test_a_row_without_a_key_names_the_row_and_the_key() -> None:
    raw = _raw()
    del _row(raw, "Loan Term")["read"]
    with pytest.raises(BrokenMap) as caught:
        check_map(raw, "my-map.toml")
    assert "(Loan Term)" in caught.value.message
    assert "read" in caught.value.message


def test_a_map_without_a_version_or_with_odd_keys_is_refused() -> None:
    raw = _raw()
    with pytest.raises(BrokenMap, match="colour"):
        check_map({**raw, "colour": "red"}, "my-map.toml")
    del raw["version"]
    with pytest.raises(BrokenMap, match="version"):
        check_map(raw, "my-map.toml")
