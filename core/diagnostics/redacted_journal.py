"""The journal without client data, for a support bundle: ids and states. Reads only.

A text passes only if it has the form of an id of this desk or of a system. Any other text is replaced by its keyed
hash, so that two mentions of one thing can still be recognised.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, Final

from core.error_catalogue import CATALOGUE
from core.push import activity
from core.push.ports import Book
from core.push.records import DuplicateCheck, Generation, Link, Push, StepRecord, Unlinked

_SEALED: Final = 12  # hex digits: enough to tell a book's ids apart
_IDS: Final = re.compile(
    r"[A-Z]{1,3}-[0-9]{1,8}"  # C-1001, P-2001, N-3001
    r"|[0-9]-[0-9A-Z]{4,8}"  # 1-6D9UB
    r"|[1-9][0-9]{0,7}"  # Total Expert's; shorter than any phone number
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|BD-[A-Z2-7]{20}"
    r"|P[0-9a-f]{17}|[0-9a-f]{8}"
    r"|sync|share"
)


class RedactedJournal:
    """Reads the journal of one book without client data."""

    def __init__(self, book: Book) -> None:
        self._book = book

    async def journal(self) -> dict[str, Any]:
        """Return every push with its steps, and the listed duplicate checks, as JSON. Raises `BookClosed`."""
        pushes = await self._book.all(Push)
        return {
            "pushes": [await self._push(push) for push in pushes],
            "audits": [
                {"step": self._step_key(check.step), "since": check.since}
                for check in await self._book.all(DuplicateCheck)
            ],
        }

    async def links(self) -> dict[str, Any]:
        """Return the links and the unlinked records, as JSON. Raises `BookClosed`."""
        return {
            "links": [self._link(link) for link in await self._book.all(Link)],
            "unlinked": [self._link(link) for link in await self._book.all(Unlinked)],
            "sent_as_new": [generation.number for generation in await self._book.all(Generation)],
        }

    async def connections(self) -> dict[str, Any]:
        """Return by system the number of steps per state and per code, and the time of the last success, as JSON."""
        systems: dict[str, dict[str, Any]] = {}
        for push in await self._book.all(Push):
            for step in (await activity.read_activity(self._book, push)).steps:
                system = systems.setdefault(
                    step.system, {"steps": Counter(), "codes": Counter(), "applied_at": None}
                )
                system["steps"][step.state] += 1
                system["codes"].update(_code(event.code) for event in step.trail)
                applied = [event.at for event in step.trail if event.code == "applied"]
                system["applied_at"] = max([*applied, system["applied_at"] or 0.0]) or None
        return systems

    async def _push(self, push: Push) -> dict[str, Any]:
        return {
            "push_id": self._id(push.push_id),
            "asset": push.asset,
            "subject": self._id(push.subject),
            "about": self._id(push.about),
            "plan": self._id(push.plan),
            "state": push.state,
            "reason": _code(push.reason),
            "created_at": push.created_at,
            "updated_at": push.updated_at,
            "size": push.size,
            "steps": [self._step(step) for step in (await activity.read_activity(self._book, push)).steps],
        }

    def _step(self, step: StepRecord) -> dict[str, Any]:
        return {
            "n": step.n,
            "ref": self._id(step.ref),
            "system": step.system,
            "entity": step.entity,
            "operation": step.operation,
            "kind": step.kind,
            "local_id": self._id(step.local_id),
            "state": step.state,
            "error": _code(step.error),
            "remote_id": self._id(step.remote_id),
            "parent": self._id(step.parent),
            "candidates": [self._id(candidate) for candidate in step.candidates],
            "attempts": step.attempts,
            "sent_at": step.sent_at,
            "forced": step.forced,
            "request_id": self._id(step.request_id),
            "outcome": step.outcome,
            "trail": [{"at": event.at, "code": _code(event.code)} for event in step.trail],
        }

    def _link(self, link: Link | Unlinked) -> dict[str, Any]:
        return {
            "system": link.system,
            "entity": link.entity,
            "local_id": self._id(link.local_id),
            "remote_id": self._id(link.remote_id),
            "ref": self._id(link.ref),
            "at": link.at,
        }

    def _step_key(self, key: str) -> str | None:
        push_id, _, n = key.rpartition(":")
        return f"{self._id(push_id)}:{n}" if n.isdecimal() else self._id(key)

    def _id(self, text: str | None) -> str | None:
        """Return a text that has the form of an id as it is, and the keyed hash of any other text."""
        if not text or _IDS.fullmatch(text):
            return text
        return f"#{self._book.keyed_hash('told', text)[:_SEALED]}"


def _code(code: str) -> str:
    return code if not code or code in CATALOGUE else "unlisted"
