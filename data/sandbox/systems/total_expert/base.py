"""What all resources of Total Expert's stand-in share: options, bodies, pages and the vendor's form of an error.

| option                  | default   | what it changes                                                               |
|-------------------------|-----------|-------------------------------------------------------------------------------|
| `strict`                | false     | unknown parameters, filters, fields and headers are refused, not ignored       |
| `filters`               | true      | false: filters are ignored, as a parameter is that the vendor does not know    |
| `list_name`             | `items`   | `objects`: the vendor's samples and prose disagree about the name of the list  |
| `owner_ids`             | `number`  | `text`: two samples disagree about the ids of a contact's users                |
| `consent_flags`         | `boolean` | `table`: samples and tables disagree about the types of `ok_to_…`              |
| `consent_default`       | true      | false: no text says what `ok_to_…` is where nobody has set it                  |
| `birthday_year`         | 1970      | 1900, as a sample gives it                                                     |
| `insight_type_form`     | `object`  | `text`: no sample of an insight is published                                   |
| `external_id_filter`    | `list`    | `attribute`: no text says whether the filter looks into the list too           |
| `required_groups`       | empty     | groups, with a comma between, without which a new contact is refused           |
| `insight_types`         | true      | false: the organisation has no insight types                                  |
| `contact_groups`        | true      | false: nobody has a contact group                                             |
| `forbidden`             | empty     | resources, with a comma between, that this client may not use (403)           |
| `duplicates_among`      | `owner`   | `everybody`: no text says whether another user's contact is a duplicate        |
| `quiet_relationships`   | false     | true: groups, consents and shares do not move `internal_updated_at`           |
| `beyond_the_last_page`  | `empty`   | `refused`: 422, as one resource documents                                      |
| `requests_a_minute`     | 1000      | requests in any 60 seconds before the answer is 429                            |
| `tokens_an_hour`        | 2         | token requests in any hour before the answer is 429 (second-hand)              |
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime
from typing import NoReturn

from data.sandbox.store import Document, Keys, Mark, Store, Wanted
from data.sandbox.systems.api import (
    Call,
    Clock,
    RefusedError,
    SandboxReply,
    SandboxSystem,
    json_reply,
    refuse,
    unknown_headers,
)
from data.sandbox.systems.total_expert.queries import ListQuery, QueryRules, Sort, list_query
from data.sandbox.systems.total_expert.records import FIRST_IDS, KINDS, NAME, counter, keys, marks
from data.sandbox.systems.total_expert.values import refuse_body

NOTHING = json_reply(200, [])
"""The reply to a change or a removal: an empty list, in every sample that there is."""
_MEDIA_TYPES = ("application/json", "media/json")
Show = Callable[[Document], Document]


class TotalExpertBase(SandboxSystem):
    """The parts of the stand-in that no resource owns. `SandboxTotalExpert` adds the resources."""

    name = NAME
    kinds = KINDS
    id_field = "id"
    stranger = "999999"

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, clock)
        self._asked: deque[float] = deque()
        self.options = {
            "strict": False,
            "filters": True,
            "list_name": "items",
            "owner_ids": "number",
            "consent_flags": "boolean",
            "consent_default": True,
            "birthday_year": 1970,
            "insight_type_form": "object",
            "external_id_filter": "list",
            "required_groups": "",
            "insight_types": True,
            "contact_groups": True,
            "forbidden": "",
            "duplicates_among": "owner",
            "quiet_relationships": False,
            "beyond_the_last_page": "empty",
            "requests_a_minute": 1000,
            "tokens_an_hour": 2,
        }

    @property
    def strict(self) -> bool:
        """Whether everything that no text has is refused."""
        return self.options["strict"] is True

    # -- the common form ----------------------------------------------------------------------------------

    def answer(self, call: Call) -> SandboxReply:
        """Carry out one call. A slash at the end of a path counts for nothing: two paths are documented with one."""
        if call.parts and call.parts[-1] == "":
            call = replace(call, parts=call.parts[:-1])
        if self.strict and (unknown := unknown_headers(call)):
            return self.error(400, "bad-header", f"Unknown header: '{unknown[0]}'")
        return super().answer(call)

    def refused(self, refused: RefusedError) -> SandboxReply:
        """`{"error": "…"}`, in one sentence."""
        fields = "; ".join(f"'{name}' {text}" for name, text in refused.flaws)
        return json_reply(refused.status, {"error": fields or refused.message})

    def error(
        self,
        status: int,
        code: str,  # noqa: ARG002 - the systems' common form
        message: str,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> SandboxReply:
        """`{"error": "…"}`."""
        return json_reply(status, {"error": message}, headers=headers)

    def records_in(self, document: Document) -> list[Document]:
        """A page keeps its records in `items`, or in `objects`."""
        listed = document.get("items", document.get("objects"))
        return listed if isinstance(listed, list) else [document]

    def keys(self, kind: str, document: Document) -> Keys:
        """Contacts are found by owner, name and email; insights and notes by contact."""
        return keys(kind, document)

    def marks(self, kind: str, document: Document) -> tuple[Mark, ...]:
        """Contacts are found by phones, external ids and groups too; insights by type and owner."""
        return marks(kind, document)

    def now(self) -> str:
        """Return the time as this vendor writes it: UTC, whole seconds, with a blank."""
        return datetime.fromtimestamp(self.clock(), UTC).strftime("%Y-%m-%d %H:%M:%S")

    def stamped(self, changed: Document, patch: Document) -> Document:
        """Return a record that somebody else changed, with the time of that change where the kind has one."""
        if "internal_updated_at" in changed and "internal_updated_at" not in patch:
            return {**changed, "internal_updated_at": self.now()}
        return changed

    def has_room(self) -> bool:
        """Return True if one more request fits into the minute that ends now; it is counted if it does."""
        return has_room(self._asked, self.clock(), 60, self.options["requests_a_minute"])

    # -- bodies -------------------------------------------------------------------------------------------

    def body(self, call: Call) -> Document:
        """Return the body, a JSON object.

        The prose names the type `media/json`, the samples send `application/json`.
        """
        if call.too_large:
            refuse(413, "too-large", "The body is larger than 10 MB.")
        media_type = call.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type not in _MEDIA_TYPES:
            refuse(415, "not-json", "The body must be application/json.")
        try:
            document = json.loads(call.body.decode("utf-8"), parse_constant=_no_constant)
            json.dumps(document, ensure_ascii=False).encode("utf-8")
        except (ValueError, RecursionError):
            refuse(400, "malformed", "The body is not JSON.")
        if not isinstance(document, dict):
            refuse_body("The body must be an object.")
        return document

    def known(self, what: str, given: Document, names: Collection[str]) -> Document:
        """Return the fields of an object that a table or a sample has.

        An unknown one is refused in the strict setting.
        """
        if self.strict and (unknown := sorted(set(given) - set(names))):
            refuse_body(f"Unknown {what}: '{unknown[0]}'")
        return {name: value for name, value in given.items() if name in names}

    # -- records and replies ------------------------------------------------------------------------------

    def number(self, kind: str) -> int:
        """Return the next id of a kind."""
        return self.store.next_number(counter(kind), FIRST_IDS[kind])

    def has(self, kind: str) -> bool:
        """Return True if the organisation has records of a kind that somebody has to set up.

        Insight types, contact groups.
        """
        return self.options[kind.replace("-", "_")] is True

    def set_up(self, kind: str, wanted: Wanted) -> list[Document]:
        """Return the records of a kind that somebody has to set up; none where an option says so."""
        return self.store.find(NAME, kind, wanted) if self.has(kind) else []

    def found(self, kind: str, call: Call) -> Document:
        """Return the record whose id the path ends with. Raises RefusedError (404)."""
        record = self.store.get(NAME, kind, call.ids[-1])
        if record is None:
            refuse(404, "not-found", f"Object with id '{call.ids[-1]}' not found")
        return record

    def told(self, status: int, call: Call, kind: str, what: str, id_: object) -> SandboxReply:
        """Return the reply to a create: the address under `created` or `duplicate`, and the id."""
        where = f"{call.headers.get('host', 'sandbox')}/{NAME}/{kind}/{id_}"
        return json_reply(status, {what: where, "id": id_}, kind=kind)

    def query(self, call: Call, filters: Collection[str] = (), sortable: Collection[str] = ()) -> ListQuery:
        """Return the query of a list."""
        return list_query(call, QueryRules(filters, sortable, self.strict, self.options["filters"] is True))

    def served_page(self, kind: str, wanted: Wanted, query: ListQuery, show: Show) -> SandboxReply:
        """Return one page of the records that fit."""
        total = self.store.count(NAME, kind, wanted)
        at = (query.number - 1) * query.size
        found = self.store.find(NAME, kind, wanted, limit=query.size, offset=at, order=_order(query.sort))
        return self._page(kind, [show(record) for record in found], query, total)

    def page_of_records(self, kind: str, records: list[Document], query: ListQuery) -> SandboxReply:
        """Return one page of records that were found already, as they are shown."""
        at = (query.number - 1) * query.size
        return self._page(kind, records[at : at + query.size], query, len(records))

    def visible(self, call: Call) -> float | None:
        """Return the moment before which a record must have been made to be in a list, where the index lags."""
        return self.clock() - call.lag if call.lag else None

    def _page(self, kind: str, shown: list[Document], query: ListQuery, total: int) -> SandboxReply:
        """`{"items" or "objects", "links": {"first", "last", "next", "prev"}}`; the links are numbers of pages."""
        last = max(1, -(-total // query.size))
        if query.number > last and self.options["beyond_the_last_page"] == "refused":
            refuse(422, "invalid", "Page requested is outside of result set")
        links = {
            "first": 1,
            "last": last,
            "next": query.number + 1 if query.number < last else None,
            "prev": query.number - 1 if query.number > 1 else None,
        }
        return json_reply(200, {str(self.options["list_name"]): shown, "links": links}, kind=kind)


def has_room(times: deque[float], now: float, seconds: float, most: object) -> bool:
    """Return True if one more fits into the window that ends now; it is counted if it does."""
    while times and times[0] <= now - seconds:
        times.popleft()
    if not isinstance(most, int) or len(times) >= most:
        return False
    times.append(now)
    return True


def _order(sort: Sort) -> Sort:
    """Return the order for the store; ids rise with the age of a record, so they sort as records are kept."""
    return tuple(("" if name == "id" else name, descending) for name, descending in sort)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
