"""Fills an empty store: the planted cases (see `data.sandbox.seeding.planted` for the table), then drawn ones.

The same seed number gives the same records to the letter, whatever the clock says.
"""

from __future__ import annotations

from random import Random

from data.sandbox.seeding import planted
from data.sandbox.seeding.ledger import Ledger, People
from data.sandbox.seeding.people_au import AustralianPeople, address, email, landline, mobile, place, pool
from data.sandbox.seeding.planted import CO, GUARANTOR, PRIMARY, entry, fact_find, home, loan
from data.sandbox.seeding.products import BROKERENGINE_PRODUCTS, flex_products
from data.sandbox.store import Document, Store
from data.sandbox.systems.flex import LOAN_PURPOSES, PROPERTY_TYPES

OWNERS = ("m.hale", "j.park", "s.osei", "r.costa")
DEAL_STAGES = (
    "Outstanding Supporting Docs",
    "Prepare for Submission",
    "App Docs Sent to Client for Signing",
    "Signed App Docs Received from Client",
    "Deal Submitted to Lender",
    "AIP Issued",
    "Conditional Approval/Missing Information Request",
    "Conditions/MIR Requested",
    "Conditions/MIR Sent to Lender",
    "Formal Approval",
    "Mortgage Docs Issued",
    "Mortgage Docs Returned",
    "Ready to Settle",
)
LEAD_STAGES = ("New Lead", "Contacted", "Fact Find Sent")
_OBJECTIVES = (
    "A lower rate and one repayment instead of three.",
    "First home, close to family, with room for a home office.",
    "Investment unit near the university; rent should cover most of it.",
    "Fixed for three years to be safe, the rest variable with offset.",
    "Move before the school year starts.",
    "Release equity for the renovation, without touching the term.",
    "",
)
_TAGS = ("first home", "refinance 2026", "self-employed", "follow up", "VIP", "expat", "pre-approval expired")
_NOTES = (
    "Left a message, will call again tomorrow.",
    "Sent the list of documents.",
    "Valuation booked for Tuesday.",
    "Client asks whether the split can be larger.",
    "Payslips received, bank statements still missing.",
)
_EXTRAS = (
    ("Assets", "Savings"),
    ("Assets", "Car"),
    ("Liabilities", "Credit card"),
    ("Liabilities", "Car loan"),
    ("Income", "Salary"),
    ("Income", "Rent"),
    ("Expenses", "Living, a month"),
    ("Existing loans", "Home loan"),
    ("Fees", "Valuation"),
)


def seed(store: Store, number: int, cards: int) -> None:
    """Write `cards` cards (14 planted ones at least) with their people, notes and FLEX records.

    To be called inside a transaction, on an empty store.
    """
    ledger = Ledger(store)
    planted.plant(ledger)
    for lender, name in flex_products():
        ledger.flex_product(lender, name)
    dice = Random(number)  # noqa: S311 - repeatable on purpose
    names = pool(number) if cards > planted.COUNT else None
    for _ in range(cards - planted.COUNT):
        if names is not None:
            _draw_card(ledger, dice, names)
            ledger.settle()
    ledger.close()


def _draw_card(ledger: Ledger, dice: Random, names: AustralianPeople) -> None:
    number = ledger.next_card_number()
    lead = dice.random() < 0.3
    people = _draw_people(ledger, dice, names)
    fields: Document = {
        "kind": "lead" if lead else "deal",
        "stage": dice.choice(LEAD_STAGES if lead else DEAL_STAGES),
        "owner": dice.choice(OWNERS),
        "updated_at": _moment(dice),
        "other": _draw_others(dice, names),
    }
    bare = lead and dice.random() < 0.3
    if not bare:
        fields["requirements"] = _draw_loan(dice)
        fields["property"] = _draw_property(dice, people[0][1])
    if not lead:
        fields["products"] = _draw_products(dice)
    if dice.random() < 0.1:
        done = _moment(dice) if dice.random() < 0.6 else None
        fields["fact_find"] = fact_find(number, done, flex_integrated=dice.random() < 0.7)
    odd = dice.random() < 0.025
    card = ledger.card(people, fields)
    if card["fact_find"] is not None:
        ledger.fact_find(card, people, card["property"])
    if not odd and not bare and card["fact_find"] is None and dice.random() < 0.25:
        for _, contact in people:
            ledger.flex_contact(contact)
        ledger.flex_opportunity(card, people)
    elif odd:
        _spoil(card, people[0][1], dice)
    if dice.random() < 0.25:
        for _ in range(dice.randrange(1, 4)):
            ledger.note(card, dice.choice(_NOTES))


def _draw_people(ledger: Ledger, dice: Random, names: AustralianPeople) -> People:
    primary = _draw_contact(ledger, dice, names)
    people = [(PRIMARY, primary)]
    if dice.random() < 0.45:
        partner = _draw_contact(ledger, dice, names, primary)
        people.append((CO, partner))
    if dice.random() < 0.1:
        people.append((GUARANTOR, _draw_contact(ledger, dice, names)))
    return people


def _draw_contact(
    ledger: Ledger, dice: Random, names: AustralianPeople, beside: Document | None = None
) -> Document:
    first, last = dice.choice(names.first_names), dice.choice(names.last_names)
    if beside is not None and dice.random() < 0.6:
        last = beside["last_name"]
    lives = beside["home_address"] if beside is not None else None
    if lives is None and dice.random() < 0.9:
        lives = address(dice, names)
    state = lives["state"] if lives else "NSW"
    return ledger.contact(
        {
            "first_name": first,
            "middle_name": dice.choice(names.first_names) if dice.random() < 0.4 else None,
            "last_name": last,
            "email": email(first, last, dice) if dice.random() < 0.92 else None,
            "birth_date": _birth_date(dice) if dice.random() < 0.9 else None,
            "phones": {
                "mobile": mobile(dice),
                "home": landline(dice, state) if dice.random() < 0.3 else None,
                "office": landline(dice, state) if dice.random() < 0.3 else None,
            },
            "home_address": lives,
            "postal_address": _post_box(dice, lives) if lives and dice.random() < 0.15 else None,
            "other": _employment(dice, names) if dice.random() < 0.7 else [],
        }
    )


def _draw_loan(dice: Random) -> Document:
    amount = dice.randrange(120, 1800) * 1000
    fixed = dice.random() < 0.4
    interest_only = dice.random() < 0.2
    return loan(
        f"{amount}.00",
        dice.choice(LOAN_PURPOSES),
        loan_term=dice.choice(("30", "30", "30", "25", "20", "15")),
        loan_category="Residential"
        if dice.random() < 0.85
        else dice.choice(("Commercial", "SMSF", "Personal")),
        objectives=dice.choice(_OBJECTIVES),
        pre_approval=dice.choice((True, False, None)),
        split_loan=f"{amount // 3000 * 1000}.00" if fixed and dice.random() < 0.4 else None,
        fixed_rate=fixed,
        standard_variable=not fixed or dice.random() < 0.3,
        principal_and_interest=not interest_only,
        interest_only=interest_only,
    )


def _draw_property(dice: Random, primary: Document) -> Document | None:
    if dice.random() < 0.15:
        return None
    security = dice.random() < 0.5
    return home(
        f"{dice.randrange(250, 2500) * 1000}.00",
        dice.choice(PROPERTY_TYPES[:3] if dice.random() < 0.9 else PROPERTY_TYPES),
        "Security" if security else "Purchase",
        "Owner Occupied" if dice.random() < 0.7 else "Investment",
        primary["home_address"] if security else None,
    )


def _draw_products(dice: Random) -> list[Document]:
    drawn = dice.sample(BROKERENGINE_PRODUCTS, dice.randrange(0, 4))
    chosen = dice.random() < 0.5
    return [
        {
            "id": product.id,
            "lender": product.lender,
            "name": product.name,
            "tracked": product.tracked,
            "shortlisted": place_ < 2,
            "highlighted": chosen and place_ == 0,
            "in_funding_position": chosen and place_ == 0,
        }
        for place_, product in enumerate(drawn)
    ]


def _draw_others(dice: Random, names: AustralianPeople) -> list[Document]:
    others = [
        entry(section, name, f"{dice.randrange(2, 900) * 100}.00")
        for section, name in dice.sample(_EXTRAS, dice.randrange(0, 5))
    ]
    if dice.random() < 0.5:
        others.append(entry("Tags", "Tag", dice.choice(_TAGS)))
    if dice.random() < 0.3:
        others.append(entry("Referrer", "Name", dice.choice(names.companies)))
    return others


def _employment(dice: Random, names: AustralianPeople) -> list[Document]:
    return [
        entry("Employment", "Employer", dice.choice(names.companies)),
        entry("Employment", "Position", dice.choice(names.jobs)),
    ]


def _post_box(dice: Random, lives: Document) -> Document:
    return place(
        f"PO Box {dice.randrange(1, 2000)}", None, lives["suburb"], lives["postcode"], lives["state"]
    )


def _spoil(card: Document, primary: Document, dice: Random) -> None:
    """Make one thing about a card odd, as boards in daily use have it."""
    wanted = card["requirements"]
    match dice.randrange(8):
        case 0:
            primary["last_name"] = None
        case 1:
            wanted["loan_amount"] = dice.choice(("650k", "-1.00", "$ 400,000", "tbc"))
        case 2:
            wanted["loan_purpose"] = dice.choice(("Bridging", "Boat", "Other"))
        case 3:
            primary["home_address"] = place("7 Queen Street", None, "Auckland", "1010", "Auckland") | {
                "country": "New Zealand"
            }
        case 4:
            primary["email"] = "both@example.com; partner@example.com"
        case 5:
            wanted["loan_term"] = "360 months"
        case 6:
            primary["birth_date"] = "1900-01-01"
        case _:
            primary["phones"] = {**primary["phones"], "mobile": "see notes"}


def _moment(dice: Random) -> str:
    day, second = dice.randrange(1, 29), dice.randrange(86_400)
    month = dice.choice((1, 2))
    return f"2026-{month:02}-{day:02}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"


def _birth_date(dice: Random) -> str:
    return f"{dice.randrange(1948, 2005)}-{dice.randrange(1, 13):02}-{dice.randrange(1, 29):02}"
