"""Boards and operations of a story, decided by a seed: people on several cards, odd values, edits between pushes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from random import Random
from typing import Any, Final

from msgspec import Struct

from data.sandbox.store import Document
from tests.fidelity.systems import SystemsInProcess

ROLES: Final = ("Primary Applicant", "Co-Applicant", "Guarantor")
CATALOGUE: Final = (
    ("1-PR001", "Harbour Mutual", "Flexi Home Loan"),
    ("1-PR002", "Harbour Mutual", "Basic Variable"),
    ("1-PR003", "Coolamon Bank", "Offset Package"),
)
FREE_OPPORTUNITIES: Final = ("1-OLD01", "1-OLD02")
"""Opportunities that are in FLEX and on no card."""
FREE_APPLICATION: Final = "1-APP01"

REFUSED_BY_FLEX: Final[Mapping[str, Sequence[str]]] = {
    "mobile": ("0491 570 006 after 5pm", "0491.570.006"),
    "email": ("linh@example.com; office@example.com",),
    "birth_date": ("2080-01-01",),
    "first_name": ("A" * 61,),
    "postcode": ("2041 NSW AU",),
    "loan_amount": ("0",),
    "loan_term": ("360",),
    "valuation_amount": ("0.00",),
}
"""Values of a card that FLEX's contract refuses as they are written, by field."""

_FIRST: Final = ("Linh", "Lan", "Bao", "John", "Jane", "Maeve", "Zoë")
_LAST: Final = ("Nguyen", "Ng", "Smith", "O'Brien", "Tran")
_MOBILES: Final = ("0491 570 006", "+61 491 570 156", "(04) 9157 0157", None)
_STREETS: Final = ("12 Darling Street", "1 Bay Rd", None)
_TYPES: Final = ("House", "Unit", "Townhouse", "Castle", None)
_TEXTS: Final = ("Keep repayments steady.", "Two lines\nof text", "  blanks at the ends  ", None)


class Act(StrEnum):
    """What happens in a story."""

    EDIT_PERSON = "edit person"
    EDIT_CARD = "edit card"
    ADD_PERSON = "add person"
    EDIT_FACT_FIND = "edit Fact Find"
    EDIT_IN_FLEX = "edit in FLEX"
    PUSH_CARD = "push card"
    PUSH_PEOPLE = "push people"
    PUSH_FACT_FIND = "push Fact Find"
    PUSH_NOTE = "push note"
    WRITE_NOTE = "write note"
    WRITE_WHILE_WAITING = "write note while FLEX is down"
    PUSH_WHILE_WAITING = "push people while another push of theirs waits"
    UNLINK = "unlink"
    LINK = "link by hand"
    WRONG_ID = "FLEX ID of somebody else in BrokerEngine"
    ANOTHER_BOOK = "another, empty book, and BrokerEngine without the FLEX IDs"


class Happening(Struct, frozen=True):
    """One operation. `chance` decides every detail of it."""

    act: Act
    card: str
    chance: int

    def __str__(self) -> str:
        """Return the operation as a person reads it."""
        return f"{self.act} {self.card}"


WEIGHTS: Final[Mapping[Act, int]] = {
    Act.EDIT_PERSON: 4,
    Act.EDIT_CARD: 2,
    Act.ADD_PERSON: 1,
    Act.EDIT_FACT_FIND: 2,
    Act.EDIT_IN_FLEX: 2,
    Act.PUSH_CARD: 6,
    Act.PUSH_PEOPLE: 4,
    Act.PUSH_FACT_FIND: 4,
    Act.PUSH_NOTE: 3,
    Act.WRITE_NOTE: 2,
    Act.WRITE_WHILE_WAITING: 1,
    Act.PUSH_WHILE_WAITING: 1,
    Act.UNLINK: 2,
    Act.LINK: 2,
    Act.WRONG_ID: 1,
    Act.ANOTHER_BOOK: 1,
}
"""How often an operation is drawn."""
OFTEN_NEXT: Final[Mapping[Act, Sequence[Act]]] = {
    Act.LINK: (Act.PUSH_FACT_FIND,),
    Act.ANOTHER_BOOK: (Act.EDIT_PERSON, Act.PUSH_CARD),
    Act.WRONG_ID: (Act.PUSH_PEOPLE, Act.PUSH_CARD),
}
"""What often follows an operation on the same card."""


class DrawnBoard:
    """BrokerEngine's cards of one seed, written into the systems."""

    def __init__(self, seed: int, systems: SystemsInProcess) -> None:
        self.random = Random(seed)
        systems.set_option("flex", "contract", "1.0" if seed % 5 == 4 else "1.1")
        systems.set_option("brokerengine", "contract", "1.1" if seed % 7 == 3 else "1.2")
        self.systems = systems
        self.cards = [f"C-{n}" for n in range(1, self.random.randint(1, 4) + 1)]
        self._write_flex()
        people = [f"P-{n}" for n in range(1, self.random.randint(1, 4) + 1)]
        for person_id in people:
            systems.put("brokerengine", "contacts", self.person(person_id))
        for card_id in self.cards:
            self._write_card(card_id, people)

    def happenings(self) -> list[Happening]:
        """Draw what happens, in order; a story begins with the push of a card.

        What few stories come to by chance follows often (`OFTEN_NEXT`).
        """
        acts = self.random.choices(list(WEIGHTS), list(WEIGHTS.values()), k=self.random.randint(3, 8))
        drawn: list[Happening] = []
        for act in [Act.PUSH_CARD, *acts]:
            card = self.random.choice(self.cards)
            often = OFTEN_NEXT.get(act, ()) if self.random.random() < 0.6 else ()
            drawn += [Happening(each, card, self.random.randrange(1_000_000)) for each in (act, *often)]
        return drawn

    def person(self, person_id: str) -> Document:
        """Draw a person."""
        random = self.random
        return {
            "id": person_id,
            "first_name": random.choice(_FIRST),
            "middle_name": random.choice((None, None, "Thi")),
            "last_name": random.choice(_LAST),
            "email": random.choice((None, f"{person_id.lower()}@example.com")),
            "birth_date": random.choice((None, "1988-02-29", "1960-12-01")),
            "phones": {"mobile": random.choice(_MOBILES), "home": None, "office": None},
            "home_address": self._address(),
            "postal_address": self._address(),
            "other": [],
        }

    # -- edits -----------------------------------------------------------------------------------------

    def edit_person(self, person_id: str, chance: Random) -> None:
        """Change one field of a person; now and then into a value that FLEX refuses."""
        person = self.systems.get("brokerengine", "contacts", person_id)
        odd = chance.random() < 0.15
        field = chance.choice(
            ("first_name", "last_name", "email", "mobile", "birth_date", "postcode", "postal_address")
        )
        values: dict[str, Sequence[Any]] = {
            "first_name": _FIRST,
            "last_name": _LAST,
            "email": (f"{person_id.lower()}.new@example.com", None),
            "mobile": _MOBILES,
            "birth_date": ("1991-07-04", None),
            "postcode": ("2041", "0800"),
            "postal_address": ({"suburb": "Manly"}, {"street_1": "PO Box 77", "state": "Vic"}, None),
        }
        value = chance.choice(REFUSED_BY_FLEX[field] if odd and field in REFUSED_BY_FLEX else values[field])
        match field:
            case "mobile":
                change: Document = {"phones": {**person["phones"], "mobile": value}}
            case "postcode":
                address = {"street_1": "1 Bay Rd", "suburb": "Manly", "state": "NSW", "postcode": value}
                change = {"home_address": address}
            case _:
                change = {field: value}
        self.systems.edit("brokerengine", "contacts", person_id, **change)

    def edit_card(self, card_id: str, chance: Random) -> None:
        """Change one value of a card's requirements or property."""
        card = self.systems.get("brokerengine", "cards", card_id)
        if chance.random() < 0.5:
            amount = chance.choice(("500000.00", "720000.50", *REFUSED_BY_FLEX["loan_amount"]))
            self.systems.edit(
                "brokerengine", "cards", card_id, requirements={**card["requirements"], "loan_amount": amount}
            )
        else:
            valued = {**(card["property"] or {}), "valuation_amount": chance.choice(("810000.00", "95"))}
            self.systems.edit("brokerengine", "cards", card_id, property=valued)

    def add_person(self, card_id: str, chance: Random) -> None:
        """Put one more person of the board onto a card."""
        card = self.systems.get("brokerengine", "cards", card_id)
        person = chance.choice(self.systems.all("brokerengine", "contacts"))["id"]
        people = [*card["people"], {"role": chance.choice(ROLES), "contact_id": person}]
        self.systems.edit("brokerengine", "cards", card_id, people=people)

    def give_wrong_id(self, card_id: str, chance: Random) -> None:
        """Give a person of a card a FLEX ID that is not the person's, as a mistyped ID or a merge would.

        Half of the time the ID is of another person of the card.
        """
        card = self.systems.get("brokerengine", "cards", card_id)
        person_id = chance.choice(card["people"])["contact_id"]
        contacts = [contact["FLEXId"] for contact in self.systems.all("flex", "contacts")]
        people = [self.systems.get("brokerengine", "contacts", one["contact_id"]) for one in card["people"]]
        fellows = [one["flex_id"] for one in people if one.get("flex_id") and one["id"] != person_id]
        drawn = fellows if fellows and chance.random() < 0.5 else [*contacts, "1-GONE1"]
        flex_id = chance.choice(drawn)
        self.systems.edit("brokerengine", "contacts", person_id, flex_id=flex_id)

    def forget_flex_ids(self, card_id: str) -> None:
        """Take the FLEX IDs off a card and its people, as a BrokerEngine does that is set back."""
        card = self.systems.get("brokerengine", "cards", card_id)
        self.systems.edit("brokerengine", "cards", card_id, flex_id=None, flex_kind=None)
        for person in card["people"]:
            self.systems.edit("brokerengine", "contacts", person["contact_id"], flex_id=None)

    def edit_fact_find(self, card_id: str, chance: Random) -> None:
        """Change a role, the property or the people of a card's Fact Find, if the card has one."""
        fact_find = next(
            (one for one in self.systems.all("brokerengine", "fact-finds") if one["card_id"] == card_id), None
        )
        if fact_find is None:
            return
        people = [dict(one) for one in fact_find["people"]]
        match chance.choice(("role", "property", "people")):
            case "role":
                chance.choice(people)["role"] = chance.choice(ROLES)
            case "property":
                house = {"property_type": "House", "valuation_amount": chance.choice(("810000.00", "95"))}
                fact_find = {**fact_find, "property": house}
            case _:
                other = chance.choice(self.systems.all("brokerengine", "contacts"))["id"]
                if other not in {one["contact_id"] for one in people}:
                    people.append({"role": chance.choice(ROLES), "contact_id": other})
        self.systems.put("brokerengine", "fact-finds", {**fact_find, "people": people})

    def edit_in_flex(self, card_id: str, chance: Random) -> None:
        """Change the card's opportunity or its property in FLEX, as somebody there does."""
        flex_id = self.systems.get("brokerengine", "cards", card_id)["flex_id"]
        opportunities = {one["FLEXId"]: one for one in self.systems.all("flex", "opportunities")}
        houses = [
            one
            for one in self.systems.all("flex", "properties")
            if one["Opportunity"]["FLEXId"] == flex_id and flex_id is not None
        ]
        applicants = [dict(one) for one in opportunities.get(flex_id, {}).get("Applicants", ())]
        match chance.choice(("role", "leaves", "value", "gone", "another")):
            case "role" if applicants:
                chance.choice(applicants)["Role"] = chance.choice(ROLES)
                self.systems.edit("flex", "opportunities", flex_id, Applicants=applicants)
            case "leaves" if applicants:
                applicants.remove(chance.choice(applicants))
                self.systems.edit("flex", "opportunities", flex_id, Applicants=applicants)
            case "value" if houses:
                self.systems.edit("flex", "properties", houses[0]["FLEXId"], Value=123_456)
            case "gone" if houses:
                self.systems.remove("flex", "properties", houses[0]["FLEXId"])
            case "another" if flex_id in opportunities:
                made = f"1-ELSE{len(self.systems.all('flex', 'properties'))}"
                self.systems.put(
                    "flex",
                    "properties",
                    {"FLEXId": made, "Opportunity": {"FLEXId": flex_id}, "PropertyType": "Rural"},
                )
            case _:
                return

    # -- what is drawn ---------------------------------------------------------------------------------

    def _write_flex(self) -> None:
        for flex_id, lender, name in CATALOGUE:
            self.systems.put("flex", "products", {"ProductFLEXId": flex_id, "Lender": lender, "Name": name})
        for flex_id in FREE_OPPORTUNITIES:
            self.systems.put("flex", "opportunities", {"FLEXId": flex_id, "Applicants": []})
        self.systems.put("flex", "applications", {"FLEXId": FREE_APPLICATION})

    def _write_card(self, card_id: str, people: Sequence[str]) -> None:
        random = self.random
        on_it = random.sample(people, random.randint(1, min(3, len(people))))
        applicants = [{"role": role, "contact_id": one} for role, one in zip(ROLES, on_it, strict=False)]
        card = {
            "id": card_id,
            "title": f"Card {card_id}",
            "kind": "deal",
            "stage": "AIP issued",
            "owner": "m.hale",
            "flex_id": None,
            "flex_kind": None,
            "people": applicants,
            "requirements": self._requirements(),
            "property": random.choice((None, self._house(), self._house())),
            "products": self._products(card_id),
            "fact_find": None,
            "other": [],
        }
        self.systems.put("brokerengine", "cards", card)
        for n in range(random.randint(0, 2)):
            note = {
                "id": f"N-{card_id}-{n}",
                "card_id": card_id,
                "text": random.choice(("Spoke with them.", "Called.\r\nNo answer.", f"Note {n}  ")),
                "author": "m.hale",
                "created_at": "2026-11-20T03:04:05Z",
                "attachments": [],
            }
            self.systems.put("brokerengine", "notes", note)
        if random.random() < 0.6:
            self._write_fact_find(card_id, applicants, people)

    def _write_fact_find(self, card_id: str, applicants: Sequence[Document], people: Sequence[str]) -> None:
        filled = list(applicants)
        if self.random.random() < 0.4:
            other = self.random.choice(people)
            if other not in {one["contact_id"] for one in filled}:
                filled.append({"role": "Guarantor", "contact_id": other})
        fact_find = {
            "id": f"FF-{card_id}",
            "card_id": card_id,
            "state": "completed",
            "flex_integrated": False,
            "people": filled,
            "property": self.random.choice((None, self._house())),
        }
        self.systems.put("brokerengine", "fact-finds", fact_find)

    def _address(self) -> Document | None:
        street = self.random.choice(_STREETS)
        if street is None:
            return None
        state = self.random.choice(("NSW", "New South Wales", "Vic", None))
        return {"street_1": street, "suburb": "Balmain", "postcode": "2041", "state": state}

    def _requirements(self) -> Document:
        random = self.random
        loan = random.choice(("640000.00", "480000", None))
        return {
            "loan_amount": loan,
            "loan_term": random.choice(("30", "25", None)),
            "loan_category": random.choice(("Residential", None)),
            "loan_purpose": random.choice(("Purchase", "Refinancing", "Bridging", None)),
            "objectives": random.choice(_TEXTS),
            "pre_approval": random.choice((True, False, None)),
            "split_loan": random.choice(("140000.50", loan, None, None)),
            "fixed_rate": random.choice((True, None)),
            "interest_only": random.choice((True, False, None)),
            "principal_and_interest": random.choice((True, None)),
        }

    def _house(self) -> Document:
        return {
            "valuation_amount": self.random.choice(("900000.00", None)),
            "property_type": self.random.choice(_TYPES),
            "usage": "Security",
            "purpose": self.random.choice(("Owner Occupied", None)),
            "address": self._address(),
        }

    def _products(self, card_id: str) -> list[Document]:
        """Draw up to three products, at most one SELECTED; two of them may be one entry of the catalogue."""
        drawn = self.random.sample(CATALOGUE, self.random.randint(0, 3))
        if drawn and self.random.random() < 0.1:
            drawn.append(drawn[0])
        selected = self.random.randrange(3)
        return [
            {
                "id": f"PR-{card_id}-{n}",
                "lender": lender,
                "name": name,
                "tracked": True,
                "shortlisted": True,
                "highlighted": n == selected,
                "in_funding_position": n == selected,
            }
            for n, (_, lender, name) in enumerate(drawn)
        ]
