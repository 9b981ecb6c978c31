"""Every kind of record that the wiring opens a book with."""

from __future__ import annotations

from typing import Final

from core.contacts.decisions import Judged
from core.contacts.synced import Synced
from core.flex.checklist import Tick
from core.flex.note_plan import NoteSent
from core.flex.products import SameProduct
from core.flex.since import Copied
from core.milestones.taken import RECORDS
from core.push.journal import Record
from data.book.book import KINDS

EVERY_KIND: Final[tuple[type[Record], ...]] = (
    *KINDS,
    Copied,
    Judged,
    NoteSent,
    SameProduct,
    Synced,
    Tick,
    *RECORDS,
)
