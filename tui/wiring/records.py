"""The kinds of record that a book holds: those of every room."""

from __future__ import annotations

from typing import Final

from core.automatic import quiet_start
from core.automatic import records as automatic
from core.contacts import records as contacts
from core.diagnostics import records as diagnostics
from core.flex import records as flex
from core.milestones import records as milestones
from core.push import records as push
from core.receipts import records as receipts
from core.webhooks import records as webhooks

RECORDS: Final[tuple[type[push.Record], ...]] = (
    *push.RECORDS,
    *flex.RECORDS,
    *quiet_start.RECORDS,
    *contacts.RECORDS,
    *milestones.RECORDS,
    *receipts.RECORDS,
    *automatic.RECORDS,
    *webhooks.RECORDS,
    *diagnostics.RECORDS,
)
"""Every kind of record. A table of any other name in a book is damage."""
