"""The columns of a file of cards, and their headers in the exports of other programs.

Neither BrokerEngine nor Zapier publishes the headers of a table: a zap writes what its owner named. The headers here
are BrokerEngine's own field names and what people usually call them, which is our assumption.
"""

from __future__ import annotations

import re
from typing import Final

from data.cards.columns import CARD, PERSON, PERSON_ID, PRODUCT, REQUIRED, ROLE
from data.tables.columns import KnownExport, WantedColumns

_PRODUCT_KEY: Final = re.compile(r"product(\d+)(lender|name|standing)")


def _product_column(key: str) -> str:
    """Return `product_1_name` for the key `product1name`; "" for a key that is no product's."""
    parts = _PRODUCT_KEY.fullmatch(key)
    column = f"product_{parts[1]}_{parts[2]}" if parts else ""
    return column if PRODUCT.fullmatch(column) else ""


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
    keeps_others=True,
)
"""What a card's row may hold. A column that nothing matches is kept as a further field of the card."""
