"""What a reply to a write means. Pure: from status, headers and body to an outcome; the table is RELIABILITY's.

Only what proves that nothing was written is NotSent; only a clear no is Refused; all else is Lost, however
friendly it looks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import msgspec
from msgspec import Struct

from core.push.ports import Applied, Lost, NotSent, Outcome, Refused, Trace

REFUSALS: Final = frozenset({400, 403, 404, 405, 412, 413, 415, 422, 423})

IdOf = Callable[[Mapping[str, Any]], str | None]
"""Gives the id of the record a reply speaks of, or None where it names none of the kind and ref expected."""


class Reply(Struct, frozen=True):
    """An HTTP reply, whole. `took` is in seconds."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    took: float = 0.0

    @property
    def line(self) -> str:
        """The reply in one line without a word of its content."""
        return f"{self.status} · {len(self.body)} bytes · {self.took:.2f} s"

    def json_object(self) -> dict[str, Any] | None:
        """Give the body as a JSON object; None where it is anything else."""
        if "json" not in self.headers.get("content-type", "json").casefold():
            return None
        try:
            value = msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        return value if isinstance(value, dict) else None

    def lenient_object(self) -> dict[str, Any] | None:
        """Give the body as a JSON object, reading over what strict JSON refuses: half a character, NaN, a stray byte.

        For lists of records only, where one bad record must not cost the others.
        """
        if strict := self.json_object():
            return strict
        if "json" not in self.headers.get("content-type", "json").casefold():
            return None
        try:
            value = json.loads(self.body.decode("utf-8", "surrogateescape"))
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None


class NoReply(Exception):
    """No usable reply came. `sent` is False only where provably no byte of the request reached the remote."""

    def __init__(self, code: str, detail: str, *, sent: bool, hopeless: bool = False) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.sent = sent
        self.hopeless = hopeless


def outcome_of(reply: Reply, request_line: str, id_of: IdOf, now: datetime | None = None) -> Outcome:
    """Say what a reply to a write means. `now` is for a Retry-After that is a date."""
    trace = Trace(request_line, reply.line)
    status = reply.status
    if 200 <= status < 300:
        content = reply.json_object()
        if content is None:
            return Lost("bad-reply", "the reply can't be read", trace)
        remote_id = id_of(content)
        return (
            Applied(remote_id, trace) if remote_id else Lost("no-id", "the reply names no such record", trace)
        )
    if status == 429:
        return NotSent("rate-limited", retry_after=retry_after(reply, now), trace=trace)
    if status == 401:
        return NotSent("not-authorised", trace=trace)
    if 300 <= status < 400:
        return Refused(
            "redirected", "the address answers with a redirect, which is never followed", trace=trace
        )
    if status in REFUSALS:
        return Refused(
            "forbidden" if status == 403 else "refused", said(reply), closes=status == 403, trace=trace
        )
    return Lost("conflict" if status == 409 else "server-error", f"it answered {status}", trace)


def outcome_of_silence(silence: NoReply, request_line: str) -> Outcome:
    """Say what it means that no reply came."""
    trace = Trace(request_line, "no reply" if silence.sent else "not sent")
    if silence.sent:
        return Lost(silence.code, silence.detail, trace)
    return NotSent(silence.code, silence.detail, hopeless=silence.hopeless, trace=trace)


def retry_after(reply: Reply, now: datetime | None = None) -> float | None:
    """Give the seconds a reply asks to wait: a number or a date; None where it says nothing readable."""
    text = reply.headers.get("retry-after", "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(0.0, (at - (now or datetime.now(UTC))).total_seconds())


def said(reply: Reply) -> str:
    """Quote what a refusal names: its code and the fields it complains of, never their values."""
    content = reply.json_object() or {}
    error = content.get("error")
    if not isinstance(error, dict):
        return f"it answered {reply.status}"
    fields = error.get("fields")
    named = [
        str(field.get("field"))[:80]
        for field in (fields if isinstance(fields, list) else [])
        if isinstance(field, dict)
    ]
    code = str(error.get("code", reply.status))[:80]
    return f"{code}: {', '.join(named)}" if named else code
