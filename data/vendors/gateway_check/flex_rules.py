"""The rules of our FLEX contract, in the order in which a push needs them."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any, Final

from core.compare.ids import is_id
from core.push.states import WriteOutcome
from core.texts import how_many
from data.vendors.gateway_check.findings import Left
from data.vendors.gateway_check.rules import BrokenRule, GatewayRules, expect, items_of, same
from data.vendors.http.client import HttpClient, segment
from data.vendors.http.reply import HttpReply, request_id_of, write_outcome_of

_NAME: Final = "Zoë-Anne d’Été"
"""A name that a gateway with the wrong encoding, or with too narrow a form, changes."""
_FILE: Final = b"Check\n"
_NEVER_TRIED: Final = (
    "A note on an application: the check makes no application.",
    "The limits of lengths, numbers and sizes, but for one field that the contract does not name.",
    "More than 20 applicants, and more than one page of what the check made.",
)


class FlexRules(GatewayRules):
    """What the desk does to FLEX, tried on a few records of the check's own."""

    def __init__(self, wire: HttpClient, mark: str, waits: Sequence[float]) -> None:
        super().__init__(wire, mark, waits)
        self.not_tried += _NEVER_TRIED
        self._doubled = False
        self._silent: list[str] = []
        """The writes of which the reply has no request id or no outcome, or another outcome than was done."""

    async def run(self) -> None:
        """Walk through what the desk does to FLEX."""
        if not await self.signs_in("/contacts"):
            return
        await self.says_version()
        contact, applicant = await self._contacts()
        opportunity = await self._opportunity(applicant)
        await self._property(opportunity)
        await self._added_person(contact, opportunity)
        await self._notes(opportunity)
        if opportunity:
            rule = "a product link may be put twice, and is there once"
            await self.hold(rule, self._links_once(opportunity))
        else:
            self._left_out("Product links", "opportunity")
        await self.hold("applications can be listed and read", self._applications())
        await self.hold("an unknown id answers 404, in the contract's form", self.unknown("/contacts/"))
        await self.hold("lists come in pages", self.pages("/products"))
        rule = "every reply to a write has a request_id and the right outcome"
        await self.hold(rule, self._says_what_it_did(), advice=True)

    # -- people and the opportunity --------------------------------------------------------------------

    async def _contacts(self) -> tuple[str, dict[str, str]]:
        """Make a contact; return its FLEX ID, and how an opportunity names it."""
        person = self.ref("contact")
        body = {"IntegrationId": person, "FirstName": _NAME, "LastName": f"Conformance {self.mark}"}
        contact = await self._made("contact", "a contact", "/contacts", body)
        if contact:
            await self.hold(
                "a contact can be changed, and only what is given changes", self._change_contact(contact)
            )
            await self.hold(
                "a part of a postal address can be changed, and the other parts stay",
                self._change_address(contact),
                advice=self.is_older,
            )
        else:
            self._left_out("The change of a contact", "contact")
        await self.hold("a second create with one IntegrationId is refused", self._twice(body), advice=True)
        await self.hold("a field the contract does not name is refused: 422", self._refuses(body))
        # A name that two records have is not a name any more, as the contract says.
        name = {"FLEXId": contact} if self._doubled else {"IntegrationId": person}
        return contact, {**name, "Role": "Primary Applicant"}

    async def _opportunity(self, applicant: Mapping[str, str]) -> str:
        body = {"IntegrationId": self.ref("opportunity"), "Applicants": [applicant]}
        return await self._made("opportunity", "an opportunity", "/opportunities", body)

    async def _added_person(self, contact: str, opportunity: str) -> None:
        if not opportunity or not contact:
            self._left_out("A person added to an opportunity", "opportunity")
            return
        name = {"FirstName": "Added", "LastName": f"Conformance {self.mark}"}
        body = {"IntegrationId": self.ref("added"), **name}
        added = await self._made("contact", "a second contact", "/contacts", body)
        if not added:
            self._left_out("A person added to an opportunity", "second contact")
            return
        await self.hold(
            "a person can be added to an opportunity, is on it once, and the others stay",
            self._adds_once(contact, opportunity, added),
            advice=self.is_older,
        )

    async def _adds_once(self, contact: str, opportunity: str, added: str) -> None:
        path = f"/opportunities/{segment(opportunity)}/applicants/{segment(added)}"
        for role, outcome in (
            ("Guarantor", WriteOutcome.CREATED),
            ("Co-Applicant", WriteOutcome.UPDATED),
            ("Co-Applicant", WriteOutcome.UNCHANGED),
        ):
            said = expect(await self._write("PUT", path, {"Role": role}, outcome), 200, 201)
            same(
                said,
                {"FLEXId": added, "Role": role, "Opportunity": opportunity},
                ("FLEXId", "Role", "Opportunity"),
            )
        held = expect(await self.wire.ask("GET", f"/opportunities/{segment(opportunity)}"), 200)
        there = [(one.get("FLEXId"), one.get("Role")) for one in held["Applicants"]]
        if there != [(contact, "Primary Applicant"), (added, "Co-Applicant")]:
            raise BrokenRule(f"{how_many(len(there), 'applicant')}, or another person or role than was set")

    async def _change_contact(self, contact: str) -> None:
        names = ("FLEXId", "IntegrationId", "FirstName", "MiddleName", "LastName")
        await self._change(f"/contacts/{segment(contact)}", {"MiddleName": "Check"}, names)

    async def _change_address(self, contact: str) -> None:
        path = f"/contacts/{segment(contact)}"
        whole = {"AddressType": "Postal", "StreetAddress": "PO Box 77", "City": "Balmain", "State": "NSW"}
        for given in (whole, {"AddressType": "Postal", "City": "Manly"}):
            change = {"OtherAddress": [given]}
            expect(await self._write("PATCH", path, change, WriteOutcome.UPDATED), 200)
        held = expect(await self.wire.ask("GET", path), 200)["OtherAddress"]
        if len(held) != 1:
            raise BrokenRule(f"{how_many(len(held), 'address', 'addresses')} instead of one")
        same(held[0], {**whole, "City": "Manly"}, tuple(whole))

    async def _change(self, path: str, change: Mapping[str, Any], names: Sequence[str]) -> None:
        """Change a record, twice alike, and read it. Raises `BrokenRule` if something else differs."""
        before = expect(await self.wire.ask("GET", path), 200)
        for outcome in (WriteOutcome.UPDATED, WriteOutcome.UNCHANGED):
            same(expect(await self._write("PATCH", path, change, outcome), 200), before, ("FLEXId",))
        same(expect(await self.wire.ask("GET", path), 200), {**before, **change}, names)

    async def _twice(self, body: Mapping[str, Any]) -> None:
        reply = await self.wire.ask("POST", "/contacts", body)
        content = reply.json_object() or {}
        if reply.status == 200 and write_outcome_of(content) is WriteOutcome.EXISTING:
            return
        if 200 <= reply.status < 300:
            self._doubled = True
            self.left.append(Left("contact", str(content.get("FLEXId", "")), body["IntegrationId"]))
        expect(reply, 409)

    async def _refuses(self, body: Mapping[str, Any]) -> None:
        ref = self.ref("refused")
        reply = await self.wire.ask("POST", "/contacts", {**body, "IntegrationId": ref, "Xyzzy": "1"})
        if 200 <= reply.status < 300:
            self.left.append(Left("contact", str((reply.json_object() or {}).get("FLEXId", "")), ref))
        expect(reply, 422)

    # -- what is on the opportunity --------------------------------------------------------------------

    async def _property(self, opportunity: str) -> None:
        about = {"IntegrationId": self.ref("opportunity")}
        body = {
            "IntegrationId": self.ref("property"),
            "Opportunity": about,
            "Value": 900000.5,
            "PropertyType": "House",
        }
        made = await self._made("property", "a property", "/properties", body) if opportunity else ""
        if not made:
            self._left_out("The change of a property", "property" if opportunity else "opportunity")
            return
        await self.hold(
            "a property can be changed, and only what is given changes",
            self._change(
                f"/properties/{segment(made)}",
                {"Value": 950000},
                ("FLEXId", "IntegrationId", "Opportunity", "Value", "PropertyType"),
            ),
            advice=self.is_older,
        )

    async def _notes(self, opportunity: str) -> None:
        if not opportunity:
            self._left_out("Notes and their attachments", "opportunity")
            return
        about = {"IntegrationId": self.ref("opportunity")}
        text = f"Check {self.mark}: é ok.\nSecond line."
        plain = {"IntegrationId": self.ref("note"), "Parent": about, "Text": text}
        file = {"FileName": "check é.txt", "ContentType": "text/plain", "Content": b64encode(_FILE).decode()}
        filed = {
            "IntegrationId": self.ref("note-with-file"),
            "Parent": about,
            "Text": f"File {self.mark}",
            "Attachments": [file],
        }
        first = await self._made("note", "a note", "/notes", plain)
        second = await self._made("note", "a note with a file", "/notes", filed)
        if second:
            rule = "a note keeps its attachment: name, type and size"
            await self.hold(rule, self._has_file(second))
        else:
            self._left_out("The attachment of a note", "note")
        made = [note for note in (first, second) if note]
        if not made:
            return
        await self.hold(
            "the notes on an opportunity are found by it, alone",
            self._notes_found({"Parent": opportunity}, made),
        )
        if first:
            await self.hold(
                "a note is found by how its text begins",
                self._notes_found({"Parent": opportunity, "Text": f"Check {self.mark}: é"}, [first]),
                advice=self.is_older,
            )

    async def _has_file(self, note: str) -> None:
        held = expect(await self.wire.ask("GET", f"/notes/{segment(note)}"), 200)
        wanted = {"FileName": "check é.txt", "ContentType": "text/plain", "Size": len(_FILE)}
        if len(held["Attachments"]) != 1:
            raise BrokenRule(f"{how_many(len(held['Attachments']), 'attachment')} instead of one")
        same(held["Attachments"][0], wanted, tuple(wanted))

    async def _notes_found(self, search: Mapping[str, str], wanted: list[str]) -> None:
        found: list[Any] = []
        for wait in self.waits:
            await asyncio.sleep(wait)
            page = expect(await self.wire.ask("GET", "/notes", params=search), 200)
            found = [item.get("FLEXId") for item in items_of(page)]
            if found == wanted:
                return
        raise BrokenRule(f"{how_many(len(found), 'note')} found, {len(wanted)} expected")

    async def _links_once(self, opportunity: str) -> None:
        page = expect(await self.wire.ask("GET", "/products", params={"page_size": "1"}), 200)
        if not items_of(page):
            raise BrokenRule("its catalogue is empty")
        links = f"/opportunities/{segment(opportunity)}/product-links"
        product = str(page["items"][0].get("ProductFLEXId"))
        for outcome in (WriteOutcome.CREATED, WriteOutcome.UNCHANGED):
            path = f"{links}/{segment(product)}"
            expect(await self._write("PUT", path, {"Selected": "Y"}, outcome), 200, 201)
        held = items_of(expect(await self.wire.ask("GET", links), 200))
        if len(held) != 1:
            raise BrokenRule(f"{how_many(len(held), 'link')} after two equal requests")
        self.left.append(Left("product-link", str(held[0].get("FLEXId", "")), ""))

    # -- what is there already ---------------------------------------------------------------------------

    async def _applications(self) -> None:
        page = expect(await self.wire.ask("GET", "/applications", params={"page_size": "1"}), 200)
        nobody = {"IntegrationId": self.ref("nothing")}
        if items_of(expect(await self.wire.ask("GET", "/applications", params=nobody), 200)):
            raise BrokenRule("an IntegrationId that no record has finds something: the filter is ignored")
        if not items_of(page):
            self.not_tried.append("Reading an application: there is none.")
            return
        flex_id = str(page["items"][0].get("FLEXId"))
        held = expect(await self.wire.ask("GET", f"/applications/{segment(flex_id)}"), 200)
        same(held, {"FLEXId": flex_id}, ("FLEXId",))
        if not isinstance(held.get("Applicants"), list):
            raise BrokenRule("an application comes without its applicants")

    # -- making, and finding again -----------------------------------------------------------------------

    async def _made(self, kind: str, what: str, path: str, body: Mapping[str, Any]) -> str:
        """Make a record, read it back under both names, and find it; return its FLEX ID, "" if it was not made.

        `what` names the record in the rules: "a second contact".
        """
        ref = str(body["IntegrationId"])
        made: dict[str, Any] = {}

        async def make() -> None:
            self.left.append(Left(kind, "", ref))  # it may be there whatever the reply says
            made.update(expect(await self._write("POST", path, body, WriteOutcome.CREATED), 201))
            same(made, body, ("IntegrationId",))
            if not is_id(made.get("FLEXId")):
                raise BrokenRule("it names no FLEXId")
            self.left[-1] = Left(kind, made["FLEXId"], ref)

        async def read() -> None:
            for name in (made["FLEXId"], ref):
                held = expect(await self.wire.ask("GET", f"{path}/{segment(name)}"), 200)
                same(held, made, ("FLEXId", "IntegrationId"))
                same(held, body, [name for name, value in body.items() if isinstance(value, str | float)])

        rule = f"{what} can be made: 201, with its FLEXId and our IntegrationId"
        if not await self.hold(rule, make()):
            if self.was_refused:
                self.left.pop()
            return ""
        await self.hold(f"{what} is read back as it was sent, under either name", read())
        await self.hold(
            f"{what} is found by its IntegrationId, alone", self._found(path, ref, made["FLEXId"])
        )
        return str(made["FLEXId"])

    async def _found(self, path: str, ref: str, flex_id: str) -> None:
        items: list[Any] = []
        for wait in self.waits:
            await asyncio.sleep(wait)
            items = items_of(expect(await self.wire.ask("GET", path, params={"IntegrationId": ref}), 200))
            if items:
                break
        ids = [item.get("FLEXId") if isinstance(item, dict) else None for item in items]
        if ids != [flex_id]:
            ours = "among" if flex_id in ids else "not among"
            raise BrokenRule(f"{how_many(len(ids), 'record')} found, ours {ours} them")
        nobody = expect(await self.wire.ask("GET", path, params={"IntegrationId": f"{ref}-no"}), 200)
        if items_of(nobody):
            raise BrokenRule("an IntegrationId that no record has finds something: the filter is ignored")

    # -- what a write says -------------------------------------------------------------------------------

    async def _write(
        self, method: str, path: str, body: Mapping[str, Any], outcome: WriteOutcome
    ) -> HttpReply:
        """Send a write, and note whether its reply says what it did."""
        reply = await self.wire.ask(method, path, body)
        content = reply.json_object()
        if content is not None and 200 <= reply.status < 300:
            what = f"{method} {_without_ids(path)}"
            if not request_id_of(content):
                self._silent.append(f"{what} has no request_id")
            if write_outcome_of(content) is not outcome:
                said = write_outcome_of(content) or "nothing"
                self._silent.append(f"{what} says {said}, not {outcome}")
        return reply

    async def _says_what_it_did(self) -> None:
        if self._silent:
            raise BrokenRule("; ".join(dict.fromkeys(self._silent)))

    def _left_out(self, what: str, missing: str) -> None:
        self.not_tried.append(f"{what}: there is no {missing} of the check's own.")


def _without_ids(path: str) -> str:
    """Return a path with its ids left out: `/opportunities/…/applicants/…`."""
    parts = path.strip("/").split("/")
    return "".join(f"/{part if n % 2 == 0 else '…'}" for n, part in enumerate(parts))
