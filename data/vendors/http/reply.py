"""What a reply to a write means: from status, headers and body to an outcome. Pure.

The table is in docs/protocol.md, "Outcomes". A reply is `NotSent` only if it proves that nothing was written, and
`Refused` only if it is a clear no. Every other reply without proof of success is `Lost`, even if it looks like success.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, ClassVar, Final, Generic, TypeVar

import msgspec
from msgspec import Struct

from core.decoding.lenient_json import read_leniently
from core.odd_values import OddField, Unfit, convert, field_names, free_fields, text_of
from core.push.plan import System
from core.push.ports import Applied, Lost, NotSent, Outcome, Refused, Trace
from core.push.states import WriteOutcome
from core.texts import has_lone_surrogate, mended, without_lone_surrogates
from data.vendors.http import drift

REFUSALS: Final = frozenset({400, 403, 404, 405, 412, 413, 415, 422, 423})

LONGEST_ASKED: Final = 86_400.0
"""Seconds: the longest wait that a reply is believed to ask for."""

IdOf = Callable[[Mapping[str, Any]], str | None]
"""Returns the id of the record that a reply names; None if it names no record of the expected kind and reference."""


class VendorRecord(Struct, frozen=True):
    """A record as a vendor's list gives it. Every kind of record names its system and has a name of its own.

    `record_name` is the name in the finding of `brokerdesk doctor` ("Contact.suffix"), and in `drift.DESCRIBED`. It
    does not follow the name of the class.

    `may_be_odd` names the fields of which an odd value costs that field alone. An odd value in any other field sets the
    record aside: the field says whose record this is, or what may be done with it.
    """

    system: ClassVar[System]
    record_name: ClassVar[str]
    may_be_odd: ClassVar[frozenset[str]] = frozenset()


T = TypeVar("T", bound=VendorRecord)
R = TypeVar("R", bound=Struct)


class LookUp(StrEnum):
    """How a record can be found again: the system filters, the client reads the whole list, or not at all."""

    FILTER = "filter"
    SCAN = "scan"
    NONE = "none"


class RejectedReplyRecord(Struct, frozen=True):
    """A record of a list that does not have the expected form. `why` names the field, never its value."""

    record_id: str
    why: str


class Page(Struct, Generic[T], frozen=True):
    """One page of a list: the records that have the expected form, and the records that are set aside.

    `at` is the system's clock for the page, in seconds since 1970; None if it was not asked for or not given. `odd` are
    the values that fields of the records can't hold, by the record's id as text.
    """

    records: tuple[T, ...]
    set_aside: tuple[RejectedReplyRecord, ...] = ()
    at: float | None = None
    odd: Mapping[str, tuple[OddField, ...]] = {}


_REMAINING: Final = ("x-ratelimit-remaining", "ratelimit-remaining", "x-rate-limit-remaining")
"""The headers by which systems say how many requests are left. Neither vendor publishes any (*assumption*)."""


class HttpReply(Struct, frozen=True):
    """An HTTP reply, whole. `took` is in seconds."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    took: float = 0.0

    @property
    def line(self) -> str:
        """The reply in one line, without any of its content."""
        return f"{self.status} · {len(self.body)} bytes · {self.took:.2f} s"

    @property
    def left(self) -> int | None:
        """How many requests the system says are left; None where it says nothing readable."""
        text = next((self.headers[name] for name in _REMAINING if name in self.headers), "").strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

    @property
    def date(self) -> float | None:
        """The system's clock when it answered (header Date), in seconds since 1970; None if there is no such header."""
        try:
            at = parsedate_to_datetime(self.headers.get("date", ""))
        except (ValueError, OverflowError):
            return None
        return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp()

    @property
    def is_json(self) -> bool:
        """True if the reply does not say that its body is something else than JSON."""
        return "json" in self.headers.get("content-type", "json").casefold()

    def json_object(self) -> dict[str, Any] | None:
        """Return the body as a JSON object; None if it is anything else."""
        if not self.is_json:
            return None
        try:
            value = msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        return value if isinstance(value, dict) else None

    def lenient_object(self) -> dict[str, Any] | None:
        """Return the body as a JSON object, and accept odd values and stray bytes; None if it is not an object.

        This is for records that are read: one odd value must not hide the others.
        """
        if strict := self.json_object():
            return strict
        if not self.is_json:
            return None
        try:
            value = read_leniently(self.body.decode("utf-8", "surrogateescape"))
        except ValueError:
            return None
        return value if isinstance(value, dict) else None


class NoReply(Exception):
    """There is no usable reply. `sent` is False only if provably no byte of the request reached the system.

    `hopeless` says that sending again can't help. `retry_after` is the wait that the system asks for, in seconds.
    """

    def __init__(
        self, code: str, detail: str, *, sent: bool, hopeless: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.sent = sent
        self.hopeless = hopeless
        self.retry_after = retry_after


def outcome_of(
    reply: HttpReply,
    request_line: str,
    id_of: IdOf,
    now: datetime | None = None,
    *,
    silent: str | None = None,
    too_new: Container[int] = (),
) -> Outcome:
    """Return the outcome of a write from its reply. `now` is used for a Retry-After that is a date.

    `too_new` are the statuses by which an older gateway says that it does not know the write.
    `silent` is the id of the changed record, for systems that answer a change without an id: with a 204 without a body,
    or with an empty JSON list.
    """
    content = reply.json_object()
    trace = Trace(request_line, reply.line, request_id_of(content))
    status = reply.status
    if silent is not None and _says_nothing(reply):
        return Applied(silent, trace)
    if 200 <= status < 300:
        return _success(content, id_of, trace)
    if status == 429:
        return NotSent("rate-limited", retry_after=retry_after(reply, now), denied=True, trace=trace)
    if status == 401:
        return NotSent("not-authorised", denied=True, trace=trace)
    if 300 <= status < 400:
        return Refused(
            "redirected", "the address answers with a redirect, which is never followed", trace=trace
        )
    if status in REFUSALS:
        return Refused(
            "gateway-too-old" if status in too_new else "forbidden" if status == 403 else "refused",
            said(reply),
            closes=status == 403,
            trace=trace,
        )
    return Lost("conflict" if status == 409 else "server-error", f"it answered {status}", trace)


def _success(content: Mapping[str, Any] | None, id_of: IdOf, trace: Trace) -> Outcome:
    """Return the outcome of a 2xx. Without the record that was meant, it proves nothing."""
    if content is None:
        return Lost("bad-reply", "the reply can't be read", trace)
    remote_id = id_of(content)
    if not remote_id:
        return Lost("no-id", "the reply names no such record", trace)
    return Applied(remote_id, trace, write_outcome_of(content))


def request_id_of(content: Mapping[str, Any] | None) -> str:
    """Return the name that a system gives its request (`request_id`, data/contracts/flex.yaml), or "".

    Only visible ASCII of at most 100 characters counts: the name goes into the journal.
    """
    given = (content or {}).get("request_id")
    return given if isinstance(given, str) and _REQUEST_ID.fullmatch(given) else ""


def write_outcome_of(content: Mapping[str, Any]) -> WriteOutcome | None:
    """Return what a reply says that the write did (`outcome`, data/contracts/flex.yaml); None if it says nothing."""
    given = content.get("outcome")
    return WriteOutcome(given) if isinstance(given, str) and given in _WRITE_OUTCOMES else None


def outcome_of_silence(silence: NoReply, request_line: str) -> Outcome:
    """Return the outcome of a write without a usable reply."""
    trace = Trace(request_line, "no reply" if silence.sent else "not sent")
    if silence.sent:
        return Lost(silence.code, silence.detail, trace)
    return NotSent(silence.code, silence.detail, silence.retry_after, silence.hopeless, trace=trace)


def retry_after(reply: HttpReply, now: datetime | None = None) -> float | None:
    """Return the wait that a reply asks for, in seconds, at most a day. Retry-After is a number or a date.

    None if it can't be read.
    """
    text = reply.headers.get("retry-after", "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST_ASKED)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return min(max(0.0, (at - (now or datetime.now(UTC))).total_seconds()), LONGEST_ASKED)


def said(reply: HttpReply) -> str:
    """Quote what a refusal names: its code and the fields it complains of, never their values."""
    content = reply.lenient_object() or {}
    error, errors = content.get("error"), content.get("errors")
    if isinstance(error, dict):
        fields = error.get("fields")
        named = [
            _name_in(field.get("field")) or "(a field without a name)"
            for field in (fields if isinstance(fields, list) else [])
            if isinstance(field, dict)
        ]
        code = _name_in(error.get("code")) or str(reply.status)
        return f"{code}: {', '.join(named)}" if named else code
    texts = [error] if isinstance(error, str) else []
    for entry in errors if isinstance(errors, list) else []:
        if isinstance(entry, dict):
            texts += [text for text in (entry.get("title"), entry.get("detail")) if isinstance(text, str)]
    words = (word for text in texts for word in _WORD.findall(text[:2000]))
    known = list(dict.fromkeys(word for word in words if word in _FIELDS))
    return f"it answered {reply.status}" + (f": {', '.join(known)}" if known else "")


def _name_in(value: object) -> str:
    """Return a name that a system's error gives, at most 80 characters; "" for what is not a text."""
    return without_lone_surrogates(value)[:80] if isinstance(value, str) else ""


def refusal_words(reply: HttpReply) -> frozenset[str]:
    """Return the words of a refusal's texts (400 and 422), of which none but names of fields may be shown."""
    content = reply.lenient_object() if reply.status in (400, 422) else None
    if content is None:
        return frozenset()
    errors = content.get("errors")
    texts = [content.get("error")]
    for entry in errors if isinstance(errors, list) else []:
        texts += [entry.get("title"), entry.get("detail")] if isinstance(entry, dict) else [entry]
    return frozenset(word for text in texts if isinstance(text, str) for word in _WORD.findall(text[:2000]))


def decoded(items: Iterable[object], kind: type[T]) -> Page[T]:
    """Return the items that fit the kind of record, and reject the others one by one. An odd value costs its field.

    Where an item differs from the vendor's description, the difference is counted (`data.vendors.http.drift`).
    """
    records: list[T] = []
    aside: list[RejectedReplyRecord] = []
    odd: dict[str, tuple[OddField, ...]] = {}
    deciding = field_names(kind) - kind.may_be_odd
    for item in items:
        if isinstance(item, dict):
            drift.observe(kind.system, kind.record_name, item)
        given = item.get("id") if isinstance(item, dict) else None
        record_id = without_lone_surrogates(text_of(given)) if isinstance(given, (str, int)) else ""
        try:
            record, strange = convert(item, kind, deciding)
            if _holds_half_characters(item):
                halves: list[OddField] = []
                record = _without_halves(record, kind.may_be_odd | free_fields(kind), "", halves)
                strange = (*strange, *halves)
        except Unfit as error:
            aside.append(RejectedReplyRecord(record_id[:80], str(error)))
            continue
        records.append(record)
        if strange:
            odd[record_id] = strange
    return Page(tuple(records), tuple(aside), odd=odd)


def _holds_half_characters(item: object) -> bool:
    """Return True if any text of a JSON value holds half a character, so that it can't be written as UTF-8."""
    try:
        msgspec.json.encode(item)
    except UnicodeEncodeError:
        return True
    return False


_HALF: Final = "it holds half a character"


def _without_halves(record: R, may_be_odd: frozenset[str], path: str, odd: list[OddField]) -> R:
    """Return a record without half characters. Adds to `odd`. Raises `Unfit` for a field that must not be odd.

    A text is left out. In a value of no fixed form, each half character is replaced.
    """
    changed: dict[str, Any] = {}
    for name in record.__struct_fields__:
        value, place = getattr(record, name), f"{path}{name}"
        if isinstance(value, str) and has_lone_surrogate(value):
            if name not in may_be_odd:
                raise Unfit(place, _HALF)
            changed[name] = None
            odd.append(OddField(place, without_lone_surrogates(value), _HALF))
        elif isinstance(value, Struct):
            changed[name] = _without_halves(value, may_be_odd, f"{place}.", odd)
        elif isinstance(value, tuple):
            changed[name] = tuple(
                _without_halves(part, may_be_odd, f"{place}[{n}].", odd)
                if isinstance(part, Struct)
                else mended(part)
                for n, part in enumerate(value)
            )
        elif isinstance(value, (dict, list)) and (mended_value := mended(value)) != value:
            changed[name] = mended_value
            odd.append(OddField(place, text_of(mended_value), _HALF))
    return msgspec.structs.replace(record, **changed)


def _says_nothing(reply: HttpReply) -> bool:
    if reply.status == 204:
        return not reply.body
    return reply.status == 200 and reply.body.strip() == b"[]"


_REQUEST_ID: Final = re.compile(r"[!-~]{1,100}")
_WRITE_OUTCOMES: Final = frozenset(WriteOutcome)
_WORD: Final = re.compile(r"(?<![\w@.+-])[a-z_]+(?![\w@+-])")
_FIELDS: Final = frozenset(
    (
        *("first_name", "last_name", "email", "phone", "mobile_phone", "cell_phone", "note", "source"),
        *("loan_officer_id", "partner_id", "owner", "contact", "type", "address", "address_2", "city"),
        *("state", "zip", "zip_code", "street1", "phone_cell", "phone_home", "phone_office", "birthday"),
        *("external_id", "external_ids", "contact_groups", "remove_contact_groups", "group_name"),
        *(
            "insight_date",
            "data",
            "destination_name",
            "professional_title",
            "suffix",
            "title",
            "referred_by",
            "referred_to",
        ),
    )
)
"""The names of fields that a system's own words may mention; all else in them may be about a person."""
