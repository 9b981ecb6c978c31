"""Odd cards, decided by a seed: no push that a preview calls pushable is refused, and no value is refused needlessly.

Each card is pushed over the production use cases, client and engine into the sandbox's FLEX. Each value that a preview
refuses is then sent to FLEX by itself, and FLEX must refuse it too, unless the map is stricter on purpose (`STRICTER`).

    python -m tests.fidelity.odd_cards --cards 10000
"""

from __future__ import annotations

import argparse
import base64
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

import msgspec
from msgspec import Struct

from core.errors import DeskError
from core.flex.field_map.fates import ARRIVES, Fate, Field
from core.flex.field_map.forms import FormKind
from core.flex.plans.preview import Preview
from core.push.live_push import steps_of
from core.push.states import PushState
from core.texts import without_lone_surrogates
from data.maps import shipped_map
from data.sandbox.store import Document
from tests.fidelity.board import CATALOGUE, ROLES
from tests.fidelity.desk import FidelityDesk, check_that_all_is_said
from tests.fidelity.systems import FaultPlan, SystemsInProcess, Wires, on_virtual_time

MAP: Final = shipped_map()
STRICTER: Final = (
    "no character that can be seen",
    "spreadsheet",
    "it isn't a phone number",
    "it isn't an email address",
    "nobody's email address",
    "more than one number",
    "it isn't a postcode",
    "nothing is left for the other part",
    "it is more than the loan amount",
    "there is no loan amount to split",
    "the loan amount is not sent",
    "control character",
    "this address has no state",
)
"""Parts of the reasons for which the map refuses what our contract would take: docs/domain.md, "Field forms"."""

_TEXTS: Final = (
    *("", " ", "Linh", "O'Brien", "[/]", "=1+1", '="0800"', "'0412", "#N/A", "#REF!", "N/A", "-", "null"),
    *("A" * 60, "A" * 61, "a" * 200, "a" * 201, "x" * 8_000, "x" * 8_001, "y" * 32_000, "y" * 32_001),
    *("two\nlines", "tab\tbed", "bell\x07", "nul\x00", "page\x0cbreak", "\u200b", "\x85", "\u2028"),
    *("جميلة", "👩‍👩‍👧", "\u202eevil\u202c", "Zoe\u0308", "１２３", "a\u00a0b"),
)
_PHONES: Final = (
    *(
        "0491 570 006",
        "+61 491 570 156",
        "(02) 5550 1234",
        "13 11 14",
        "412555010",
        "+412555010",
        "255501234",
    ),
    *(
        "0491.570.006",
        "0491–570–006",
        "\u202a0491\u00a0570\u00a0006\u202c",
        "０４９１ ５７０ ００６",
        "0011 64 21 123 4567",
    ),
    *("0491 570 006 after 5pm", "0412 555 014 / 0412 555 015", "0412 555 014 0412 555 015", "6.14126E+10"),
    *(
        "-----",
        "()+- ",
        "00000",
        "12345",
        "1234567890",
        "5555555555",
        "0400 000 000",
        "(02) 9999 9999",
        "0" * 31,
        "1" * 30,
        "04" + " " * 30 + "91570006",
    ),
)
_EMAILS: Final = (
    *(
        "linh@example.com",
        "Linh <linh@example.com>",
        "mailto:l@example.com",
        "l@example.com;",
        "a@b@c",
        "@",
        "a@",
    ),
    *(
        "a@example.com; b@example.com",
        "a b@example.com",
        "<l@example.com>",
        "a,b@example.com",
        f"{'e' * 250}@ex.org",
    ),
    *(
        "none@none.com",
        "no.email3@example.com",
        "Linh <l@example.com>; m@example.com",
        "l@example.com.",
        "n/a",
        "LINH@EXAMPLE.COM",
        "l@localhost",
        "l\x00@example.com",
        "l\n@example.com",
        " l@example.com ",
        "é@exämple.com",
    ),
)
_POSTCODES: Final = (
    *(
        "2041",
        "0800",
        "800",
        "200",
        "872",
        "300",
        "2041.0",
        "800.0",
        "2041 NSW AU",
        "SW1A 1AA",
        "x",
        "0" * 10,
        "0" * 11,
    ),
)
_STATES: Final = ("NSW", "nsw", "New South Wales", "Vic.", "Otago", "WA", "S" * 61, "California", "N.S.W.")
_COUNTRIES: Final = (
    "Australia",
    "AU",
    "aus",
    "AUSTRALIA",
    "New Zealand",
    "NZ",
    "USA",
    "C" * 60,
    "C" * 61,
    "Au\nstralia",
)
_DATES: Final = (
    "1988-02-29",
    "2080-01-01",
    "1900-01-01",
    "1900-01-02",
    "1899-12-31",
    "0001-01-01",
    "9999-12-31",
)
_AMOUNTS: Final = (
    *(
        "640000.00",
        "0",
        "0.00",
        "0.01",
        "-1",
        "999999999.99",
        "1000000000",
        "0.001",
        "100.005",
        "1E+3",
        "1E+99",
        "-0",
    ),
)
_TERMS: Final = ("30", "360", "0", "0.5", "1", "50", "50.01", "51", "-3", "25.5", "12")
_VALUES: Final[dict[str, Sequence[str]]] = {
    "loan_category": ("Residential", "residential ", "Home loan", "Construction", "SMSF"),
    "loan_purpose": ("Purchase", "Refinancing", "Bridging", "Top up", "Renovation", "refi"),
    "property_type": (
        "House",
        "Duplex",
        "Villa",
        "land",
        "Houseboat",
        "Strata title or Unit",
        "Boarding house",
    ),
    "usage": ("Purchase", "Security", "Owner Occupied"),
    "purpose": ("Owner Occupied", "investor", "Purchase", "PPOR"),
}
_CHARACTERS: Final = "aB9 .,-+()@;<>/#='\"\t\n\r\x0b\x1f\x7f\x80é\u00a0\u200b\u2013\u2028０語\ufeff"


class OddCard:
    """One card with people, a Fact Find and a note, written into the systems. The seed decides every value."""

    def __init__(self, seed: int, systems: SystemsInProcess) -> None:
        self._random = Random(seed)
        self._systems = systems
        for flex_id, lender, name in CATALOGUE:
            systems.put("flex", "products", {"ProductFLEXId": flex_id, "Lender": lender, "Name": name})
        self._people = [f"P-{n}" for n in range(1, self._random.choice((1, 1, 2, 2, 3, 22)) + 1)]
        for person_id in self._people:
            systems.put("brokerengine", "contacts", self._person(person_id))
        self._write_card()

    def edit_people(self) -> None:
        """Draw every person again, as an operator who corrects them before sending them again."""
        for person_id in self._people:
            self._systems.put("brokerengine", "contacts", self._person(person_id))

    def _text(self, pool: Sequence[str], usual: float = 0.6) -> str | None:
        """Draw the pool's first value most of the time, else any of its values, an odd text or loose characters."""
        chance = self._random.random()
        if chance < usual:
            return pool[0]
        if chance < 0.85:
            return self._random.choice(pool)
        if chance < 0.9:
            return None
        if chance < 0.95:
            return self._random.choice(_TEXTS)
        return "".join(self._random.choices(_CHARACTERS, k=self._random.choice((1, 3, 9, 40, 70))))

    def _person(self, person_id: str) -> Document:
        text = self._text
        return {
            "id": person_id,
            "first_name": text(("Linh",), 0.93),
            "middle_name": text(("Thi", *_TEXTS), 0.5),
            "last_name": text(("Nguyen",), 0.93),
            "email": text(_EMAILS, 0.3),
            "birth_date": self._random.choice((None, *_DATES)),
            "phones": {
                "mobile": text(_PHONES, 0.2),
                "home": text(_PHONES, 0.2),
                "office": text(_PHONES, 0.2),
            },
            "home_address": self._address(),
            "postal_address": self._address(),
            "flex_id": None,
            "other": [],
        }

    def _address(self) -> Document | None:
        if self._random.random() < 0.2:
            return None
        text = self._text
        return {
            "street_1": text(("1 Bay Rd", "a" * 150, *_TEXTS)),
            "street_2": text(("Unit 4", "b" * 60, *_TEXTS)),
            "suburb": text(("Balmain", "s" * 80, "s" * 81, *_TEXTS)),
            "postcode": text(_POSTCODES, 0.3),
            "state": text(_STATES, 0.4),
            "country": self._random.choice((None, *_COUNTRIES)),
        }

    def _write_card(self) -> None:
        random = self._random
        people = [
            {"role": self._role(), "contact_id": person_id}
            for person_id in (*self._people, *self._people[: random.randint(0, 1)])
        ]
        self._systems.put(
            "brokerengine",
            "cards",
            {
                "id": "C-1",
                "title": "Odd card",
                "kind": "deal",
                "stage": "AIP issued",
                "owner": "m.hale",
                "flex_id": None,
                "flex_kind": None,
                "fact_find": None,
                "people": people,
                "requirements": self._requirements(),
                "property": random.choice((None, self._house())),
                "products": self._products(),
                "other": [],
            },
        )
        filled = {"id": "FF-1", "card_id": "C-1", "state": "completed", "flex_integrated": False}
        self._systems.put(
            "brokerengine", "fact-finds", {**filled, "people": people, "property": self._house()}
        )
        self._write_note()

    def _role(self) -> str:
        return "Friend" if self._random.random() < 0.02 else self._random.choice(ROLES)

    def _amount(self, pool: Sequence[str] = _AMOUNTS) -> str | None:
        return self._random.choice((None, pool[0], *pool))

    def _flag(self) -> bool | None:
        return self._random.choice((True, False, None))

    def _value(self, name: str) -> str | None:
        return self._text(_VALUES[name], 0.3)

    def _requirements(self) -> Document:
        loan = self._amount()
        return {
            "loan_amount": loan,
            "loan_term": self._amount(_TERMS),
            "loan_category": self._value("loan_category"),
            "loan_purpose": self._value("loan_purpose"),
            "objectives": self._text(("Keep repayments steady.", *_TEXTS), 0.2),
            "pre_approval": self._flag(),
            "split_loan": self._random.choice((None, loan, loan, "140000.50", *_AMOUNTS)),
            "fixed_rate": self._flag(),
            "standard_variable": self._flag(),
            "principal_and_interest": self._flag(),
            "interest_only": self._flag(),
        }

    def _house(self) -> Document:
        house: Document = {name: self._value(name) for name in ("property_type", "usage", "purpose")}
        return {**house, "valuation_amount": self._amount(), "address": self._address()}

    def _products(self) -> list[Document]:
        selected = self._random.randrange(3)
        return [
            {
                "id": f"PR-{n}",
                "lender": lender,
                "name": name,
                "tracked": True,
                "shortlisted": True,
                "highlighted": n == selected,
                "in_funding_position": n == selected,
            }
            for n, (_, lender, name) in enumerate(CATALOGUE[: self._random.randint(0, 3)])
        ]

    def _write_note(self) -> None:
        files = []
        for n in range(self._random.choice((0, 0, 1, 12))):
            file = {
                "id": f"A-{n}",
                "file_name": self._text((f"quote {n}.pdf", "f" * 255, "f" * 256, *_TEXTS)),
                "content_type": self._text(("application/pdf",), 0.9),
            }
            file = {name: value or "" for name, value in file.items()}
            content = base64.b64encode(b"x" * self._random.randint(0, 99)).decode()
            stored = {"id": f"A-{n}", "content_type": "application/pdf", "content": content}
            self._systems.put("brokerengine", "attachments", stored)
            files.append({**file, "size": 1})
        text = self._text(("Spoke with them.", *_TEXTS), 0.2) or ""
        note = {"id": "N-1", "card_id": "C-1", "text": text, "author": "m.hale", "attachments": files}
        self._systems.put("brokerengine", "notes", {**note, "created_at": "2026-11-20T03:04:05Z"})


class OddTally(Struct):
    """What the odd cards did: pushes that arrived, previews that were not pushable, values that were refused."""

    pushed: int = 0
    not_pushable: int = 0
    set_aside: int = 0
    refused: int = 0
    stricter: Counter[str] = msgspec.field(default_factory=Counter)


class Refused(AssertionError):
    """FLEX refused what a preview called pushable, or took what a preview refused."""


def push_odd_card(seed: int, systems: SystemsInProcess, tally: OddTally) -> None:
    """Push everything that hangs on one odd card; of every fourth card the Fact Find. Raises `Refused`."""
    systems.wipe()
    odd = OddCard(seed, systems)
    first = "Fact Find" if seed % 4 == 0 else "card"
    try:
        on_virtual_time(systems, FaultPlan(0), lambda wires: _Pusher(odd, systems, wires, tally).push(first))
    except BaseException as error:
        error.add_note(f"replay: python -m tests.fidelity.odd_cards --card {seed}")
        raise


class _Pusher:
    """Pushes one odd card. `plain` previews with a map without forms: what would be sent if nothing checked it."""

    def __init__(self, odd: OddCard, systems: SystemsInProcess, wires: Wires, tally: OddTally) -> None:
        self._odd = odd
        self._tally = tally
        self._systems = systems
        self._desk = FidelityDesk(systems, wires, settle=0)
        self._plain = FidelityDesk(systems, wires, settle=0, book=self._desk.book)
        self._plain.cards.field_map = msgspec.structs.replace(self._desk.cards.field_map, forms={})

    async def push(self, first: str) -> None:
        """Push the card or its Fact Find, then the note, then the people again after an edit."""
        await self._push(first)
        await self._push("note")
        self._odd.edit_people()
        await self._push("people")

    async def _push(self, what: str) -> None:
        try:
            preview = await _preview(self._desk, what)
            plain = await _preview(self._plain, what)
        except DeskError:
            self._tally.set_aside += 1
            return
        self._check_refusals(what, preview, plain)
        if not preview.pushable:
            self._tally.not_pushable += 1
            return
        check_that_all_is_said(preview)
        desk = self._desk
        push = await desk.cards.confirm(preview, desk.engine)
        push = await desk.engine.finish(push.push_id)
        if push.state is not PushState.DONE:
            steps = await steps_of(desk.book, push)
            why = [f"{step.entity} {step.error} {step.detail}" for step in steps if step.error]
            raise Refused(
                f"{what}: pushable, and the push ended {push.state} {push.reason}: {'; '.join(why)}"
            )
        self._tally.pushed += 1

    def _check_refusals(self, what: str, preview: Preview, plain: Preview) -> None:
        """Send each refused value by itself, as it is written. Raises `Refused` if FLEX takes it against our list."""
        asker = _Asker(self._systems)
        for field, as_written in zip(preview.fields, plain.fields, strict=True):
            if field.fate is not Fate.REFUSED or field.left_out:
                continue
            self._tally.refused += 1
            value = _as_written(field, as_written)
            if asker.takes(field, value, _country_beside(preview, field)):
                reason = next((part for part in STRICTER if part in field.reason), None)
                if reason is None:
                    raise Refused(
                        f"{what}: {field.source} is refused ({field.reason}), and FLEX takes {value!r}"
                    )
                self._tally.stricter[reason] += 1


async def _preview(desk: FidelityDesk, what: str) -> Preview:
    match what:
        case "card":
            return await desk.cards.preview("C-1")
        case "Fact Find":
            return await desk.fact_finds.preview("FF-1")
        case "people":
            return await desk.cards.preview_people("C-1")
        case _:
            return await desk.notes.preview("N-1")


def _as_written(field: Field, plain: Field) -> Any:
    """Return a refused value as it would be sent if nothing checked it."""
    if plain.value is not None:
        return plain.value
    amount = re.fullmatch(r"-?[0-9,]+(\.[0-9]+)?(E[+-]?[0-9]+)?", field.source_value)
    numeric = field.target in _NUMBERS
    return float(field.source_value.replace(",", "")) if numeric and amount else field.source_value.strip()


_NUMBERS: Final = frozenset(
    target for target, form in MAP.forms.items() if form.kind in (FormKind.NUMBER, FormKind.YEARS)
)


def _country_beside(preview: Preview, field: Field) -> str | None:
    """Return the country that is sent with the address of a field."""
    form = MAP.forms.get(field.target)
    return next(
        (
            other.value
            for other in preview.fields
            if form
            and other.target == form.country
            and other.local_id == field.local_id
            and other.fate in ARRIVES
        ),
        None,
    )


class _Asker:
    """Asks FLEX about one value, on a record of its own with nothing else that could be refused."""

    def __init__(self, systems: SystemsInProcess) -> None:
        self._systems = systems

    def takes(self, field: Field, value: Any, country: str | None) -> bool:
        """Return True if FLEX takes a value in the field's target. What can't be written as JSON is not asked."""
        if isinstance(value, str) and without_lone_surrogates(value) != value:
            return False
        obj, _, name = field.target.partition(".")
        match obj:
            case "Applicant":
                beside = {"DirectAddressCountry": country} if country and "Address" in name else {}
                return self._contact({name: value, **beside}) is not None
            case "OtherAddress":
                beside = {"Country": country} if country else {}
                return (
                    self._contact({"OtherAddress": [{"AddressType": "Postal", name: value, **beside}]})
                    is not None
                )
            case "Opportunity":
                return self._opportunity({name: value}) is not None
            case "ProductFilter":
                return self._opportunity({obj: {name: value}}) is not None
            case "Property":
                body = {**_REF, "Opportunity": {"FLEXId": self._opportunity({})}, name: value}
                return self._ask("POST", "/properties", body) is not None
            case "Product":
                path = f"/opportunities/{self._opportunity({})}/product-links/{CATALOGUE[0][0]}"
                return self._ask("PUT", path, {"Selected": "Y", name: value}) is not None
            case _:
                return self._note(field, name, value)

    def _note(self, field: Field, name: str, value: Any) -> bool:
        body: Document = {**_REF, "Parent": {"FLEXId": self._opportunity({})}, "Text": "Asked."}
        if name == "Text":
            return self._ask("POST", "/notes", {**body, "Text": value}) is not None
        if not field.reason.startswith("its name"):
            return False  # a content type, or a limit on all files together: no value of this field
        file = {"FileName": field.source_value, "ContentType": "application/pdf", "Content": ""}
        return self._ask("POST", "/notes", {**body, "Attachments": [file]}) is not None

    def _contact(self, fields: Document) -> str | None:
        return self._ask("POST", "/contacts", {**_REF, "FirstName": "Asked", "LastName": "Alone", **fields})

    def _opportunity(self, fields: Document) -> str | None:
        applicants = [{"FLEXId": self._contact({}), "Role": ROLES[0]}]
        return self._ask("POST", "/opportunities", {**_REF, "Applicants": applicants, **fields})

    def _ask(self, method: str, path: str, body: Document) -> str | None:
        """Return the id of the record that FLEX made, or None if FLEX refused the body."""
        status, reply = self._systems.ask("flex", method, path, body)
        if status == 422:
            return None
        assert status < 300, (status, reply)
        return str(reply["FLEXId"])


_REF: Final[Document] = {"IntegrationId": "asked-alone"}


def main() -> int:
    """Parse the command line, run, and return the exit code: 1 if a card showed a wrong preview."""
    parser = argparse.ArgumentParser(prog="python -m tests.fidelity.odd_cards")
    parser.add_argument("--cards", type=int, default=1000, metavar="N", help="how many cards")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="the first seed")
    parser.add_argument("--card", type=int, metavar="SEED", help="replay one card")
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.cards) if options.card is None else [options.card]
    tally, wrong, began = OddTally(), 0, time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        systems = SystemsInProcess(Path(folder))
        for seed in seeds:
            try:
                push_odd_card(seed, systems, tally)
            except Refused as error:
                wrong += 1
                print(f"card {seed}: {error}", flush=True)
        systems.close()
    print(
        f"{len(seeds):,} odd cards, {time.process_time() - began:.0f} s: {tally.pushed:,} pushes arrived, "
        f"{tally.not_pushable:,} previews were not pushable, {tally.set_aside:,} records were set aside; "
        f"{tally.refused:,} values were refused, of these on purpose {tally.stricter.total():,}"
    )
    for reason, count in tally.stricter.most_common():
        print(f"  {count:6,}  {reason}")
    print(f"{wrong} cards showed a wrong preview")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
