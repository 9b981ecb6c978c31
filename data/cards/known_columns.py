"""The columns of files of cards, notes and Fact Finds, and their headers in the exports of other programs.

Neither BrokerEngine nor Zapier publishes the headers of a table: a zap writes what its owner named. The headers here
are BrokerEngine's own field names and what people usually call them, which is our assumption.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from data.cards.columns import CARD, CARD_ID, PERSON, PERSON_ID, PRODUCT, REQUIRED, ROLE, UPDATED
from data.tables.columns import ColumnAnswers, KnownExport, WantedColumns, header_key, match_columns

_PRODUCT_KEY: Final = re.compile(r"product(\d+)(lender|name|standing)")


def _product_column(key: str) -> str:
    """Return `product_1_name` for the key `product1name`; "" for a key that is not a product's."""
    parts = _PRODUCT_KEY.fullmatch(key)
    column = f"product_{parts[1]}_{parts[2]}" if parts else ""
    return column if PRODUCT.fullmatch(column) else ""


_ABOUT_PEOPLE: Final = frozenset(
    f"{word}{ending}"
    for word in ("contact", "person", "applicant", "client", "borrower")
    for ending in ("", "s")
) | {"people"}
_ABOUT: Final = _ABOUT_PEOPLE | {"card", "deal", "lead", "record", "data", "fields"}
"""The words before a column's name that only say what the column belongs to."""
_BETWEEN: Final = re.compile(r"__|[./]")
"""What joins the parts of a path. Zapier joins them by `__`."""


def _path_column(header: str) -> str:
    """Return the column that a path names, such as `contact__first_name` or `requirements.loan_amount`; "" for none.

    A column of a person may have the words for a person before its name, any column the words for a card.
    """
    parts = [key for key in map(header_key, _BETWEEN.split(header)) if key]
    for skipped in range(len(parts)):
        words, key = set(parts[:skipped]), "".join(parts[skipped:])
        if not words <= _ABOUT:
            break
        column = CARDS.column_of(key) or _CONTRACT_PATHS.get(key, "")
        if column and (not words & _ABOUT_PEOPLE or column in PERSON):
            return column
    return ""


def _contract_paths() -> dict[str, str]:
    """Return the columns by their place in our contract, also without the words `contact` and `requirements`."""
    paths: dict[str, str] = {}
    for name, column in (*CARD.items(), *PERSON.items()):
        shorter = tuple(part for part in column.path if part not in ("contact", "requirements"))
        for path in (column.path, shorter):
            if path != ("id",):
                paths.setdefault(header_key("".join(path)), name)
    return paths


def _address(prefix: str, label: str) -> dict[str, tuple[str, ...]]:
    return {
        f"{prefix}_street_1": (f"{label}: Street Address 1", f"{label} Street", f"{label} Line 1"),
        f"{prefix}_street_2": (f"{label}: Street Address 2", f"{label} Line 2"),
        f"{prefix}_suburb": (f"{label}: City/Town/Suburb", f"{label} Suburb", f"{label} City"),
        f"{prefix}_postcode": (f"{label}: Postcode",),
        f"{prefix}_state": (f"{label}: State/Region", f"{label} State"),
        f"{prefix}_country": (f"{label}: Country",),
    }


BROKERENGINE: Final = KnownExport(
    "BrokerEngine",
    marks=(("Phone Number: Mobile",), ("Home Address: Street Address 1",), ("Deal ID", "Deal Name")),
    columns={
        "card_id": ("Card ID", "Deal ID"),
        "title": ("Card Name", "Deal Name"),
        "kind": ("Card Type", "Deal Type"),
        "mobile_phone": ("Phone Number: Mobile",),
        "home_phone": ("Phone Number: Home",),
        "office_phone": ("Phone Number: Office",),
        "objectives": (
            "Requirements and Objectives",
            "Requirements and Objectives (fetched from Broker Wizard Step 4)",
        ),
        "standard_variable": ("Stand Variable",),
        "product_1_lender": ("Lender",),
        "product_1_name": ("Product", "Product Name"),
    },
)

ZAPIER: Final = KnownExport(
    "Zapier",
    marks=(("Card ID", "Card Type"), ("Card ID", "Card Name")),
    columns={
        "kind": ("Card Type",),
        "title": ("Card Name", "Card Title"),
        "owner": ("Assigned To", "Card Owner"),
        "updated_at": ("Card Updated At", "Last Updated"),
    },
)

CARDS: Final = WantedColumns(
    kind="cards",
    names=(*CARD, *PERSON),
    needed=tuple((name,) for name in REQUIRED),
    needed_with={ROLE: frozenset(PERSON) - {ROLE}},
    expected=(ROLE, "last_name"),
    asked=("first_name", "email", "mobile_phone", "birth_date", "loan_amount"),
    exports=(BROKERENGINE, ZAPIER),
    aliases={
        "card_id": ("Card Number", "Deal ID", "Deal Number", "Lead ID"),
        "kind": ("Card Type", "Card Kind"),
        "title": ("Card Name", "Card Title", "Deal Name"),
        "stage": ("Pipeline Stage", "Card Stage", "Deal Stage"),
        "owner": ("Assigned To", "Broker", "Deal Owner", "Card Owner"),
        "updated_at": ("Last Updated", "Last Modified", "Modified At"),
        ROLE: ("Applicant Type", "Applicant Role", "Contact Role"),
        PERSON_ID: ("Contact ID", "Client ID", "Applicant ID"),
        "first_name": ("Given Name", "Given Names", "Forename", "Applicant First Name", "Client First Name"),
        "middle_name": ("Middle Names", "Applicant Middle Name"),
        "last_name": ("Surname", "Family Name", "Applicant Last Name", "Client Last Name"),
        "email": ("Email Address", "Primary Email", "Applicant Email", "Client Email"),
        "birth_date": ("DOB", "Date of Birth", "Birthday", "Birthdate"),
        "mobile_phone": ("Mobile", "Mobile Number", "Mobile Phone Number", "Cell Phone", "Phone Mobile"),
        "home_phone": ("Home Phone Number", "Phone Home"),
        "office_phone": ("Work Phone", "Business Phone", "Office Phone Number", "Phone Work", "Phone Office"),
        "loan_amount": ("Proposed Loan Amount", "Loan Amount Requested"),
        "flex_id": ("FLEX Opportunity ID",),
        **_address("home", "Home Address"),
        **_address("postal", "Postal Address"),
        **_address("property", "Property Address"),
    },
    family=_product_column,
    by_path=_path_column,
    keeps_others=True,
)
"""What a card's row may hold. A column that nothing matches is kept as a further field of the card."""

_CONTRACT_PATHS: Final = _contract_paths()

NOTES: Final = WantedColumns(
    kind="notes",
    names=(CARD_ID, "text", "id", "author", "created_at"),
    needed=((CARD_ID,), ("text",)),
    aliases={
        CARD_ID: CARDS.aliases[CARD_ID],
        "text": ("Note", "Note Text", "Notes", "Body", "Content", "Comment"),
        "id": ("Note ID",),
        "author": ("Created By", "Written By"),
        "created_at": ("Created", "Created On", "Date", "Note Date"),
    },
)
"""What a note's row may hold."""

FACT_FIND_MARKS: Final = ("fact_find_id", "fact_find_state", "fact_find_flex_integrated")
_OF_FACT_FINDS: Final = tuple(
    name
    for name, column in CARD.items()
    if name == CARD_ID or name in FACT_FIND_MARKS or column.path[0] == "property"
)


def _path_of_a_fact_find(header: str) -> str:
    column = _path_column(header)
    return column if column in _OF_FACT_FINDS or column in PERSON else ""


FACT_FINDS: Final = WantedColumns(
    kind="Fact Finds",
    names=(*_OF_FACT_FINDS, *PERSON),
    needed=((CARD_ID,),),
    needed_with={ROLE: frozenset(PERSON) - {ROLE}},
    expected=(ROLE, "last_name"),
    asked=("first_name", "email", "mobile_phone", "birth_date"),
    aliases={name: CARDS.aliases[name] for name in (*_OF_FACT_FINDS, *PERSON) if name in CARDS.aliases},
    by_path=_path_of_a_fact_find,
)
"""What a row of a Fact Find may hold: a person, as in a file of cards. `kind` makes it a file of cards."""

IMPORTED: Final = (CARDS, NOTES, FACT_FINDS)
"""The kinds of file that `import` and the folder of cards read."""


def kind_of(headers: Sequence[str], answers: ColumnAnswers) -> WantedColumns:
    """Return what a table with these headers is of: cards, unless the headers are those of Fact Finds or of notes.

    Only cards have `kind`. Fact Finds have the card's id and a mark. Notes have a text, and no column of a card or of a
    person unless somebody said which header is the text; the card's id is known, or can only be the one header that is
    left.
    """
    cards, notes, finds = (match_columns(headers, wanted, answers).report for wanted in IMPORTED)
    if "kind" in cards.found:
        return CARDS
    if CARD_ID in finds.found and not finds.found.keys().isdisjoint(FACT_FIND_MARKS):
        return FACT_FINDS
    said = answers.given is not None and "text" in answers.given.columns.values()
    may_be_notes = said or bool(notes.profile) or cards.found.keys() <= _OF_A_NOTE
    is_known = not notes.missing or len(notes.unmatched) == 1
    return NOTES if "text" in notes.found and is_known and may_be_notes else CARDS


_OF_A_NOTE: Final = frozenset({CARD_ID, UPDATED})
"""The columns of a card that a note may have too."""


def names_a_card(keys: Iterable[str]) -> bool:
    """Return True if one of the keys of an object names a column that a card or a person has, and no note."""
    return any(_path_column(key) not in {"", *_OF_A_NOTE} or header_key(key) == "people" for key in keys)
