"""The cases that are always there, under fixed numbers, for a person or a test to find.

| card   | owner  | what is special |
|--------|--------|-----------------|
| C-1001 | m.hale | a couple, all filled, not linked; a product SELECTED, one CONSIDERED, one FLEX lacks |
| C-1002 | m.hale | a refinance; its primary applicant is also that of C-1003; not linked |
| C-1003 | j.park | the other card of that person, a purchase; not linked |
| C-1004 | m.hale | the primary applicant has no last name: can't be pushed |
| C-1005 | j.park | the loan amount is words: "six hundred thousand" |
| C-1006 | m.hale | accents, an apostrophe, and a guarantor whose first name looks like markup: `Max [/] [b]` |
| C-1007 | s.osei | outside FLEX's lists: purpose "Houseboat", type "Boat shed", state "New South Wales" |
| C-1008 | s.osei | no birth date, no email; streets of two lines; a postal address |
| C-1009 | m.hale | a guarantor who already is in FLEX (his FLEX contact would be updated), a primary who is not |
| C-1010 | m.hale | already linked: card and contacts bear FLEX ids of an opportunity and contacts that FLEX holds |
| C-1011 | j.park | a completed, FLEX-integrated Fact Find (FF-1011): push that, not the card |
| C-1012 | m.hale | a lead with only a name and a phone number |
| C-1013 | s.osei | linked to an application; two notes, one with attachments |
| C-1014 | m.hale | its Fact Find (FF-1014) is still open |

FLEX also holds two applications that no card is linked to: IntegrationIds `walk-in:1` and `walk-in:2`.
"""

from __future__ import annotations

from collections.abc import Callable

from data.sandbox.seeding.ledger import Ledger
from data.sandbox.seeding.people_au import place
from data.sandbox.seeding.products import BROKERENGINE_PRODUCTS
from data.sandbox.store import Document

COUNT = 14
PRIMARY, CO, GUARANTOR = "Primary Applicant", "Co-Applicant", "Guarantor"
_PRODUCTS = {(p.lender, p.name): p for p in BROKERENGINE_PRODUCTS}
_PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
_PAYSLIP = b"Bay Health payslip, fortnight to 12 February 2026. Gross 3,846.15. Net 2,914.00.\n"


def plant(ledger: Ledger) -> None:
    """Write all the planted cards, in the order of their numbers."""
    _plain_couple(ledger)
    _two_cards_of_one_person(ledger)
    for case in _CASES:
        case(ledger)


def entry(section: str, name: str, value: str) -> Document:
    """Return one of the things a card or contact holds beyond the mapped fields."""
    return {"section": section, "name": name, "value": value}


def product(lender: str, name: str, *marks: str) -> Document:
    """Return a product on a card; marks are of `shortlisted`, `highlighted`, `in_funding_position`."""
    found = _PRODUCTS[lender, name]
    return {
        "id": found.id,
        "lender": lender,
        "name": name,
        "tracked": found.tracked,
        **{mark: mark in marks for mark in ("shortlisted", "highlighted", "in_funding_position")},
    }


def loan(amount: str, purpose: str, **more: object) -> Document:
    """Return the requirements of an ordinary residential loan over 30 years."""
    return {
        "loan_amount": amount,
        "loan_term": "30",
        "loan_category": "Residential",
        "loan_purpose": purpose,
        "objectives": "Keep repayments steady and have an offset account.",
        "pre_approval": False,
        "fixed_rate": False,
        "standard_variable": True,
        "principal_and_interest": True,
        "interest_only": False,
        **more,
    }


def home(value: str, kind: str, usage: str, purpose: str, address: Document | None) -> Document:
    """Return the property of a card."""
    return {
        "valuation_amount": value,
        "property_type": kind,
        "usage": usage,
        "purpose": purpose,
        "address": address,
    }


def fact_find(number: int, completed_at: str | None, *, flex_integrated: bool) -> Document:
    """Return a Fact Find as a card names it; open while it has not been completed."""
    return {
        "id": f"FF-{number}",
        "state": "open" if completed_at is None else "completed",
        "flex_integrated": flex_integrated,
        "completed_at": completed_at,
    }


def _plain_couple(ledger: Ledger) -> None:
    street = place("12 Darling Street", None, "Balmain", "2041", "NSW")
    linh = ledger.contact(
        {
            "first_name": "Linh",
            "middle_name": "Thi",
            "last_name": "Nguyen",
            "email": "linh.nguyen@example.com",
            "birth_date": "1988-02-29",
            "phones": {"mobile": "0491 570 006", "home": "(02) 5550 1234", "office": "(02) 7010 4321"},
            "home_address": street,
            "postal_address": place("PO Box 77", None, "Balmain", "2041", "NSW"),
            "other": [
                entry("Employment", "Employer", "Bay Health"),
                entry("Employment", "Position", "Registered nurse"),
                entry("Dependants", "Number", "1"),
            ],
        }
    )
    bao = ledger.contact(
        {
            "first_name": "Bao",
            "middle_name": "Quoc",
            "last_name": "Tran",
            "email": "bao.tran@example.com",
            "birth_date": "1986-11-03",
            "phones": {"mobile": "0491 570 156", "home": "(02) 5550 1234", "office": "(02) 7010 8765"},
            "home_address": street,
            "postal_address": place("PO Box 77", None, "Balmain", "2041", "NSW"),
            "other": [entry("Employment", "Employer", "Parkside Joinery")],
        }
    )
    card = ledger.card(
        [(PRIMARY, linh), (CO, bao)],
        {
            "stage": "AIP Issued",
            "updated_at": "2026-02-20T03:04:05Z",
            "requirements": loan(
                "640000.00",
                "Refinance",
                objectives="Lower the rate, release 40,000 for the kitchen, keep the offset.",
                pre_approval=True,
                split_loan="200000.00",
                fixed_rate=True,
                interest_only=False,
            ),
            "property": home("900000.00", "House", "Security", "Owner Occupied", street),
            "products": [
                product(
                    "Harbour Mutual", "Flexi Home Loan", "shortlisted", "highlighted", "in_funding_position"
                ),
                product("Coolamon Bank", "Offset Package", "shortlisted"),
                product("Ironbark Finance", "Basic Variable", "shortlisted"),
            ],
            "other": [
                entry("Tags", "Tag", "refinance 2026"),
                entry("Tasks", "Call about the valuation", "2026-03-04"),
                entry("Assets", "Savings", "42000.00"),
                entry("Liabilities", "Credit card", "5000.00"),
                entry("Income", "Salary, Linh", "100000.00"),
                entry("Expenses", "Living, a month", "4100.00"),
                entry("Existing loans", "Coolamon Bank", "598000.00"),
                entry("Fees", "Valuation", "330.00"),
                entry("Referrer", "Name", "Ferry Road Accounting"),
                entry("Deal team", "Assistant", "j.park"),
            ],
        },
    )
    ledger.note(card, "Linh prefers to be called after 4 pm.")


def _two_cards_of_one_person(ledger: Ledger) -> None:
    priya = ledger.contact(
        {
            "first_name": "Priya",
            "last_name": "Patel",
            "email": "priya.patel@example.com",
            "birth_date": "1979-06-17",
            "phones": {"mobile": "0491 570 157"},
            "home_address": place("4 Wattle Grove", None, "Brunswick", "3056", "VIC"),
        }
    )
    arjun = ledger.contact(
        {
            "first_name": "Arjun",
            "last_name": "Patel",
            # A couple who share one email address.
            "email": "priya.patel@example.com",
            "birth_date": "1977-01-30",
            "phones": {"mobile": "0491 570 158"},
            "home_address": place("4 Wattle Grove", None, "Brunswick", "3056", "VIC"),
        }
    )
    ledger.card(
        [(PRIMARY, priya), (CO, arjun)],
        {
            "stage": "Prepare for Submission",
            "updated_at": "2026-02-19T22:10:00Z",
            "requirements": loan("410000.00", "Refinance"),
            "property": home("735000.00", "House", "Security", "Owner Occupied", priya["home_address"]),
            "products": [product("Coolamon Bank", "Basic Variable", "shortlisted")],
        },
    )
    ledger.card(
        [(PRIMARY, priya)],
        {
            "stage": "Outstanding Supporting Docs",
            "owner": "j.park",
            "updated_at": "2026-02-18T05:45:30Z",
            "requirements": loan("388000.00", "Purchase", interest_only=True, principal_and_interest=False),
            "property": home("485000.00", "Strata title or Unit", "Purchase", "Investment", None),
        },
    )


def _no_last_name(ledger: Ledger) -> None:
    sunny = ledger.contact(
        {
            "first_name": "Sunny",
            "email": "sunny@example.com",
            "birth_date": "1994-09-12",
            "phones": {"mobile": "0491 570 159"},
            "home_address": place("31 Beach Road", None, "Fremantle", "6160", "WA"),
        }
    )
    ledger.card(
        [(PRIMARY, sunny)],
        {
            "updated_at": "2026-02-17T01:00:00Z",
            "requirements": loan("300000.00", "Purchase", pre_approval=True),
        },
    )


def _amount_in_words(ledger: Ledger) -> None:
    grace = ledger.contact(
        {
            "first_name": "Grace",
            "last_name": "Osborne",
            "email": "grace.osborne@example.com",
            "birth_date": "1982-12-01",
            "phones": {"mobile": "0491 570 110"},
            "home_address": place("9 King William Road", None, "Norwood", "5067", "SA"),
        }
    )
    ledger.card(
        [(PRIMARY, grace)],
        {
            "owner": "j.park",
            "stage": "Deal Submitted to Lender",
            "updated_at": "2026-02-16T23:30:00Z",
            "requirements": loan("six hundred thousand", "Purchase"),
            "property": home("about 800000", "House", "Purchase", "Owner Occupied", None),
        },
    )


def _awkward_names(ledger: Ledger) -> None:
    zoe = ledger.contact(
        {
            "first_name": "Zoë",
            "last_name": "Ångström",
            "email": "zoe.angstrom@example.com",
            "birth_date": "1990-05-05",
            "phones": {"mobile": "0491 570 313"},
            "home_address": place("2 Salamanca Place", None, "Sandy Bay", "7005", "TAS"),
        }
    )
    siobhan = ledger.contact(
        {
            "first_name": "Siobhán",
            "last_name": "O'Brien",
            "email": "siobhan.obrien@example.com",
            "birth_date": "1991-08-22",
            "phones": {"mobile": "0491 570 737"},
            "home_address": place("2 Salamanca Place", None, "Sandy Bay", "7005", "TAS"),
        }
    )
    max_ = ledger.contact(
        {
            "first_name": "Max [/] [b]",
            "last_name": "Power",
            "email": "max.power@example.com",
            "birth_date": "1958-03-14",
            "phones": {"mobile": "0491 571 266"},
        }
    )
    ledger.card(
        [(PRIMARY, zoe), (CO, siobhan), (GUARANTOR, max_)],
        {
            "stage": "Conditional Approval/Missing Information Request",
            "updated_at": "2026-02-15T12:00:00Z",
            "requirements": loan(
                "520000.00", "Purchase", objectives="First home; “quiet street” — near Zoë's work."
            ),
            "property": home("610000.00", "Townhouse", "Purchase", "Owner Occupied", None),
            "other": [entry("Tags", "Tag", "[red]first home[/red]")],
        },
    )


def _outside_the_lists(ledger: Ledger) -> None:
    colin = ledger.contact(
        {
            "first_name": "Colin",
            "last_name": "Mercer",
            "email": "colin.mercer@example.com",
            "birth_date": "1969-10-28",
            "phones": {"mobile": "0491 571 491"},
            "home_address": place("1 Wharf Road", None, "Balmain", "2041", "New South Wales"),
        }
    )
    ledger.card(
        [(PRIMARY, colin)],
        {
            "owner": "s.osei",
            "updated_at": "2026-02-14T07:15:00Z",
            "requirements": loan("150000.00", "Houseboat"),
            "property": home("210000.00", "Boat shed", "Purchase", "Owner Occupied", None),
        },
    )


def _gaps_and_long_streets(ledger: Ledger) -> None:
    hana = ledger.contact(
        {
            "first_name": "Hana",
            "last_name": "Kovač",
            "email": "",
            "phones": {"mobile": "0491 571 804"},
            "home_address": place("Unit 14, Tower B", "88 Esplanade", "Cairns", "4870", "QLD"),
            "postal_address": place("c/- Reef Legal", "Level 2, 5 Lake Street", "Cairns", "4870", "QLD"),
        }
    )
    ledger.card(
        [(PRIMARY, hana)],
        {
            "owner": "s.osei",
            "stage": "Ready to Settle",
            "updated_at": "2026-02-13T00:00:00Z",
            "requirements": loan("275000.00", "Equity Release", objectives="", split_loan=""),
            "property": home("560000.00", "Strata title or Unit", "Security", "Owner Occupied", None),
        },
    )


def _known_guarantor(ledger: Ledger) -> None:
    ella = ledger.contact(
        {
            "first_name": "Ella",
            "last_name": "Whitfield",
            "email": "ella.whitfield@example.com",
            "birth_date": "1998-04-09",
            "phones": {"mobile": "0491 572 549"},
            "home_address": place("17 Pakington Street", None, "Geelong", "3220", "VIC"),
        }
    )
    ron = ledger.contact(
        {
            "first_name": "Ron",
            "last_name": "Whitfield",
            "email": "ron.whitfield@example.com",
            "birth_date": "1961-07-02",
            "phones": {"mobile": "0491 572 665", "home": "(03) 5550 2020"},
            "home_address": place("40 Sturt Street", None, "Ballarat", "3350", "VIC"),
        }
    )
    ledger.flex_contact(ron)
    # Since he was put into FLEX he has a new number.
    ron["phones"]["mobile"] = "0491 572 983"
    ledger.card(
        [(PRIMARY, ella), (GUARANTOR, ron)],
        {
            "stage": "Signed App Docs Received from Client",
            "updated_at": "2026-02-12T04:20:00Z",
            "requirements": loan("465000.00", "Purchase"),
            "property": home("490000.00", "House", "Purchase", "Owner Occupied", None),
            "products": [product("Banksia Credit Union", "Basic Variable", "shortlisted")],
        },
    )


def _already_linked(ledger: Ledger) -> None:
    people = [
        (
            role,
            ledger.contact(
                {
                    "first_name": first,
                    "last_name": "Abadi",
                    "email": f"{first.lower()}.abadi@example.com",
                    "birth_date": born,
                    "phones": {"mobile": mobile},
                    "home_address": place("5 Cavenagh Close", None, "Nightcliff", "0810", "NT"),
                }
            ),
        )
        for role, first, born, mobile in (
            (PRIMARY, "Samir", "1984-03-21", "0491 573 770"),
            (CO, "Leila", "1985-12-24", "0491 573 087"),
        )
    ]
    card = ledger.card(
        people,
        {
            "stage": "Formal Approval",
            "updated_at": "2026-02-11T09:09:09Z",
            "requirements": loan("555000.00", "Purchase"),
            "property": home("690000.00", "House", "Purchase", "Owner Occupied", None),
        },
    )
    for _, contact in people:
        ledger.flex_contact(contact)
    ledger.flex_opportunity(card, people)
    ledger.note(card, "Formal approval received; mortgage documents expected on Thursday.")


def _fact_find_done(ledger: Ledger) -> None:
    people = [
        (
            PRIMARY,
            ledger.contact(
                {
                    "first_name": "Mei",
                    "last_name": "Chen",
                    "email": "mei.chen@example.com",
                    "birth_date": "1992-01-15",
                    "phones": {"mobile": "0491 574 118"},
                    "home_address": place("22 Lonsdale Street", None, "Braddon", "2612", "ACT"),
                    "other": [entry("Employment", "Employer", "Lakeside Council")],
                }
            ),
        ),
        (
            CO,
            ledger.contact(
                {
                    "first_name": "David",
                    "last_name": "Chen",
                    "email": "david.chen@example.com",
                    "birth_date": "1990-10-10",
                    "phones": {"mobile": "0491 574 632"},
                    "home_address": place("22 Lonsdale Street", None, "Braddon", "2612", "ACT"),
                }
            ),
        ),
    ]
    property_ = home("780000.00", "Townhouse", "Purchase", "Owner Occupied", people[0][1]["home_address"])
    card = ledger.card(
        people,
        {
            "owner": "j.park",
            "stage": "App Docs Sent to Client for Signing",
            "updated_at": "2026-02-10T02:02:02Z",
            "requirements": loan("620000.00", "Purchase"),
            "property": property_,
            "fact_find": fact_find(1011, "2026-02-09T20:00:00Z", flex_integrated=True),
        },
    )
    ledger.fact_find(card, people, property_)


def _bare_lead(ledger: Ledger) -> None:
    tom = ledger.contact({"first_name": "Tom", "last_name": "Baird", "phones": {"mobile": "0491 575 254"}})
    ledger.card([(PRIMARY, tom)], {"kind": "lead", "stage": "New Lead", "updated_at": "2026-02-09T06:00:00Z"})


def _linked_application(ledger: Ledger) -> None:
    amara = ledger.contact(
        {
            "first_name": "Amara",
            "last_name": "Okafor",
            "email": "amara.okafor@example.com",
            "birth_date": "1987-07-07",
            "phones": {"mobile": "0491 575 789"},
            "home_address": place("63 Rokeby Road", None, "Subiaco", "6008", "WA"),
        }
    )
    ledger.flex_contact(amara)
    people = [(PRIMARY, amara)]
    card = ledger.card(
        people,
        {
            "owner": "s.osei",
            "stage": "Mortgage Docs Issued",
            "updated_at": "2026-02-08T11:11:11Z",
            "requirements": loan("505000.00", "Refinance"),
            "property": home("740000.00", "House", "Security", "Investment", None),
        },
    )
    card["flex_id"] = ledger.flex_application("brokerengine:C-1013", people, "Lorikeet Bank", 505000.0)
    card["flex_kind"] = "application"
    ledger.flex_application("walk-in:1", people, "Harbour Mutual", 120000.0)
    ledger.flex_application("walk-in:2", people, "Coolamon Bank", 86000.0)
    ledger.note(card, "Lender asks for the last two payslips.\nAmara sends them tonight.")
    ledger.note(
        card,
        "Payslips are here.",
        [("payslip 1.txt", "text/plain", _PAYSLIP), ("payslip 2.pdf", "application/pdf", _PDF)],
    )


def _fact_find_open(ledger: Ledger) -> None:
    people = [
        (
            PRIMARY,
            ledger.contact(
                {
                    "first_name": "Ingrid",
                    "last_name": "Sommer",
                    "email": "ingrid.sommer@example.com",
                    "birth_date": "1975-02-11",
                    "phones": {"mobile": "0491 576 398"},
                }
            ),
        )
    ]
    card = ledger.card(
        people,
        {
            "kind": "lead",
            "stage": "Fact Find Sent",
            "updated_at": "2026-02-07T08:00:00Z",
            "requirements": loan("350000.00", "Purchase"),
            "fact_find": fact_find(1014, None, flex_integrated=True),
        },
    )
    ledger.fact_find(card, people, None)


_CASES: tuple[Callable[[Ledger], None], ...] = (
    _no_last_name,
    _amount_in_words,
    _awkward_names,
    _outside_the_lists,
    _gaps_and_long_streets,
    _known_guarantor,
    _already_linked,
    _fact_find_done,
    _bare_lead,
    _linked_application,
    _fact_find_open,
)
