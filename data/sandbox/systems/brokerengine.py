"""BrokerEngine's stand-in: cards, contacts, notes, attachments and Fact Finds to read, FLEX ids to write back.

What is kept is served as it is, nonsense included: the control calls may have written anything into a card. With the
option `contract` set to "1.1" it answers as a gateway of that version: cards come by page numbers alone.
"""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from datetime import UTC, datetime

from data.sandbox.store import Document, Keys, Store, Wanted, encode
from data.sandbox.systems.api import (
    ApiOperation,
    Call,
    Clock,
    Flaw,
    SandboxReply,
    SandboxSystem,
    api_description,
    json_reply,
    page_place,
    refuse,
    text_or_none,
    whole_number,
)
from data.sandbox.systems.auth import Tokens

NAME = "brokerengine"
CONTRACT = "1.2"
LARGEST_PAGE = 10_000
"""Cards on a page of the newest contract."""
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_LONGEST_ID = 128
_CONTACT = (
    *("id", "first_name", "middle_name", "last_name", "email", "birth_date", "phones"),
    *("home_address", "postal_address", "flex_id", "other"),
)
_CARD = ("id", "title", "kind", "stage", "owner", "flex_id", "flex_kind", "updated_at", "people")
_CARD_REST = ("requirements", "property", "products", "fact_find", "other")
_NOTE = ("id", "card_id", "text", "author", "created_at", "attachments")
_LISTS = ("people", "products", "other", "attachments")


class SandboxBrokerEngine(SandboxSystem):
    """The gateway's operations over the store."""

    name = NAME
    kinds = ("cards", "contacts", "notes", "fact-finds", "attachments")
    id_field = "id"
    stranger = "C-0"
    echoes = True

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, clock)
        self._tokens = Tokens(clock)
        self.options = {"contract": CONTRACT}
        self.operations = (
            ApiOperation("POST", "/oauth/token", self._tokens.issue, open=True),
            ApiOperation("GET", "/openapi.yaml", self._description, open=True),
            ApiOperation("GET", "/cards", self._list_cards),
            ApiOperation("GET", "/cards/{id}", self._read_card),
            ApiOperation("PATCH", "/cards/{id}", self._link_card),
            ApiOperation("GET", "/cards/{id}/notes", self._list_notes),
            ApiOperation("GET", "/notes/{id}", self._read_note),
            ApiOperation("GET", "/contacts/{id}", self._read_contact),
            ApiOperation("PATCH", "/contacts/{id}", self._link_contact),
            ApiOperation("GET", "/attachments/{id}/content", self._read_attachment),
            ApiOperation("GET", "/fact-finds/{id}", self._read_fact_find),
        )

    def refusal(self, call: Call) -> SandboxReply | None:
        """Return the 401 for a call without a token in force."""
        return self._tokens.refusal(call)

    def keys(self, kind: str, document: Document) -> Keys:
        """Cards are found by owner and change, notes by card."""
        return keys(kind, document)

    def edited(self, kind: str, document: Document) -> None:
        """Count the cards of a contact as changed: their summaries hold the contact's name."""
        if kind == "contacts":
            self._count_as_changed(str(document.get("id")))

    def forget(self, kind: str, id_: str) -> bool:
        """Remove a record; the cards of a contact count as changed."""
        was_there = super().forget(kind, id_)
        if kind == "contacts":
            self._count_as_changed(id_)
        return was_there

    def _count_as_changed(self, contact_id: str) -> None:
        for card in self.store.naming(NAME, "cards", encode(contact_id)):
            if any(person.get("contact_id") == contact_id for person in _entries(card.get("people"))):
                self.change("cards", str(card["id"]), {**card, "updated_at": self.now()})

    def keep_summaries(self) -> None:
        """Make the summary of every card, so that no list has to make it. Outside a transaction."""
        place = 0
        while places := self.store.places(NAME, "cards", Wanted(), after=place, limit=LARGEST_PAGE):
            with self.store.transaction():
                self._shown(places)
            place = places[-1]

    @property
    def _is_newest(self) -> bool:
        return self.options["contract"] == CONTRACT

    def _description(self, call: Call) -> SandboxReply:
        call.parameters()
        described = api_description(NAME)
        if self._is_newest:
            return described
        return replace(
            described, body=described.body.replace(b"  version: 1.2.0\n", b"  version: 1.1.0\n", 1)
        )

    def _list_cards(self, call: Call) -> SandboxReply:
        newer = ("after",) if self._is_newest else ()
        given = call.parameters("page", "page_size", "updated_after", "owner", *newer)
        if "after" in given and "page" in given:
            refuse(400, "bad-parameter", "page and after exclude each other.", [("after", "given with page")])
        number, size = page_place(given, LARGEST_PAGE if self._is_newest else 200)
        after = whole_number(given, "after", 0, 10**9)
        since = given.get("updated_after")
        wanted = Wanted(
            belongs_to=given.get("owner"), updated_after=None if since is None else _moment(since)
        )
        # One more than is shown: then it is known whether anything follows.
        places = self.store.places(
            NAME, "cards", wanted, after=after, limit=size + 1, offset=(number - 1) * size
        )
        is_last, places = len(places) <= size, places[:size]
        by_place = "after" in given
        rest: Document = {
            "page": None if by_place else number,
            "page_size": size,
            "total": self.store.count(NAME, "cards", wanted),
            "next_page": None if by_place or is_last else number + 1,
        }
        if self._is_newest:
            rest["next_after"] = None if is_last else str(places[-1])
            rest["board_total"] = self.store.count(NAME, "cards", Wanted())
        items = ",".join(self._shown(places))
        body = f'{{"items":[{items}],{encode(rest)[1:]}'
        return SandboxReply(200, body.encode("ascii"), kind="cards")

    def _shown(self, places: list[int]) -> list[str]:
        """Return the summaries at some places, as JSON. What had to be made is kept."""
        kept = self.store.shown(places)
        made = {place: encode(self._summary(self.store.at(place))) for place in places if place not in kept}
        self.store.keep_shown(made)
        kept |= made
        return [kept[place] for place in places]

    def _read_card(self, call: Call) -> SandboxReply:
        call.parameters()
        card = self._get("cards", call.ids[0])
        people = []
        for person in _entries(card.get("people")):
            contact = self.store.get(NAME, "contacts", str(person.get("contact_id")))
            if contact is not None:
                people.append({"role": person.get("role"), "contact": _view(contact, _CONTACT)})
        whole = _view(card, (*_CARD, *_CARD_REST))
        return json_reply(200, {**whole, "people": people}, kind="cards")

    def _link_card(self, call: Call) -> SandboxReply:
        call.parameters()
        card = self._get("cards", call.ids[0])
        patch = call.json_object()
        flaws = _flex_id_flaws(patch, ("flex_id", "flex_kind"))
        kind = patch.get("flex_kind")
        if kind not in (None, "opportunity", "application"):
            flaws.append(("flex_kind", "must be one of: opportunity, application"))
        elif (kind is None) is not (patch.get("flex_id") is None):
            flaws.append(("flex_kind", "must be given with flex_id, and null with a null flex_id"))
        _refuse_flaws(flaws)
        changed = {**card, "flex_id": patch["flex_id"], "flex_kind": kind, "updated_at": self.now()}
        self.change("cards", call.ids[0], changed)
        return json_reply(200, self._summary(changed), kind="cards")

    def _list_notes(self, call: Call) -> SandboxReply:
        given = call.parameters("page", "page_size")
        self._get("cards", call.ids[0])
        return self.page(
            "notes", Wanted(belongs_to=call.ids[0]), given, lambda found: [_view(n, _NOTE) for n in found]
        )

    def _read_note(self, call: Call) -> SandboxReply:
        call.parameters()
        return json_reply(200, _view(self._get("notes", call.ids[0]), _NOTE), kind="notes")

    def _read_contact(self, call: Call) -> SandboxReply:
        call.parameters()
        return json_reply(200, _view(self._get("contacts", call.ids[0]), _CONTACT), kind="contacts")

    def _link_contact(self, call: Call) -> SandboxReply:
        call.parameters()
        contact = self._get("contacts", call.ids[0])
        patch = call.json_object()
        _refuse_flaws(_flex_id_flaws(patch, ("flex_id",)))
        changed = {**contact, "flex_id": patch["flex_id"]}
        self.change("contacts", call.ids[0], changed)
        return json_reply(200, _view(changed, _CONTACT), kind="contacts")

    def _read_attachment(self, call: Call) -> SandboxReply:
        call.parameters()
        attachment = self._get("attachments", call.ids[0])
        content = base64.b64decode(attachment["content"])
        return SandboxReply(200, content, attachment["content_type"])

    def _read_fact_find(self, call: Call) -> SandboxReply:
        call.parameters()
        fact_find = self._get("fact-finds", call.ids[0])
        people = [
            {"role": person.get("role"), "contact": _view(contact, _CONTACT)}
            for person in _entries(fact_find.get("people"))
            if (contact := self.store.get(NAME, "contacts", str(person.get("contact_id")))) is not None
        ]
        return json_reply(200, {**fact_find, "people": people}, kind="fact-finds")

    def _summary(self, card: Document) -> Document:
        contacts = [
            self.store.get(NAME, "contacts", str(person.get("contact_id")))
            for person in _entries(card.get("people"))
        ]
        summary = _view(card, _CARD)
        summary["purpose"] = _inner(card, "requirements", "loan_purpose")
        summary["fact_find"] = _inner(card, "fact_find", "state")
        people = [contact for contact in contacts if contact is not None]
        summary["people"] = [_full_name(contact) for contact in people]
        summary["loan_amount"] = _inner(card, "requirements", "loan_amount")
        summary["flex_integrated"] = _inner(card, "fact_find", "flex_integrated")
        summary["names_missing"] = sum(not all(_names(contact)) for contact in people)
        return summary

    def _get(self, kind: str, id_: str) -> Document:
        document = self.store.get(NAME, kind, id_)
        if document is None:
            refuse(404, "not-found", "There is no such record.")
        return document


def keys(kind: str, document: Document) -> Keys:
    """Return what a record can be found by: cards by owner and change, notes by card."""
    if kind == "cards":
        owner, updated = text_or_none(document.get("owner")), text_or_none(document.get("updated_at"))
        return Keys(belongs_to=owner, updated_at=updated)
    if kind == "notes":
        return Keys(belongs_to=text_or_none(document.get("card_id")))
    return Keys()


def _view(document: Document, names: tuple[str, ...]) -> Document:
    """Return the named fields, absent ones as null or as an empty list."""
    return {name: document.get(name, [] if name in _LISTS else None) for name in names}


def _flex_id_flaws(patch: Document, known: tuple[str, ...]) -> list[Flaw]:
    flaws = [(name, "is not a field that can be written") for name in patch if name not in known]
    if "flex_id" not in patch:
        flaws.append(("flex_id", "is missing"))
    elif (value := patch["flex_id"]) is not None and not _is_id(value):
        flaws.append(("flex_id", "must be an id of FLEX"))
    return flaws


def _is_id(value: object) -> bool:
    return (
        isinstance(value, str)
        and 1 <= len(value) <= _LONGEST_ID
        and value == value.strip()
        and value not in (".", "..")
        and not _CONTROLS.search(value)
    )


def _refuse_flaws(flaws: list[Flaw]) -> None:
    if flaws:
        refuse(422, "invalid", "A field is wrong.", flaws)


def _entries(value: object) -> list[Document]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _inner(document: Document, name: str, inner: str) -> object:
    value = document.get(name)
    return value.get(inner) if isinstance(value, dict) else None


def _full_name(contact: Document) -> str:
    return " ".join(name for name in _names(contact) if name)


def _names(contact: Document) -> tuple[str, str]:
    """First and last name; "" for a name that is missing."""
    first, last = (text_or_none(contact.get(name)) or "" for name in ("first_name", "last_name"))
    return first.strip(), last.strip()


def _moment(text: str) -> str:
    """Return a moment with its offset, as UTC text that sorts like the kept ones."""
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        refuse(
            400,
            "bad-parameter",
            "updated_after must be a moment.",
            [("updated_after", "as 2026-11-20T03:04:05Z")],
        )
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
