"""What the book keeps of webhooks: which of them this desk made, and what it added to others at its address.

Opening a book imports this module.
"""

from __future__ import annotations

from typing import ClassVar, Final

from core.push.plan import System
from core.push.records import Record


class WebhookRecord(Record, frozen=True):
    """One address of the desk at one system. It is written before the first request that creates the webhook.

    `webhook_id` is "" until the desk knows it. `adopted` is True if a webhook was there that this desk did not make.
    `events` are those to which this desk subscribed the webhook. `asked_at` is when its creation was sent last,
    `enabled_at` when SimpleNexus last said that it is on, or when Total Expert got the desk's secret, and `tested_at`
    when a test last showed that deliveries arrive: seconds since 1970, UTC, 0 for never.
    """

    table: ClassVar[str] = "webhooks"

    system: System
    url: str
    by: str
    asked_at: float = 0.0
    webhook_id: str = ""
    adopted: bool = False
    events: tuple[str, ...] = ()
    enabled_at: float = 0.0
    tested_at: float = 0.0

    @property
    def key(self) -> str:
        """The system and the address."""
        return webhook_key(self.system, self.url)


def webhook_key(system: System, url: str) -> str:
    """Return the key of the record of an address."""
    return f"{system}|{url}"


RECORDS: Final[tuple[type[Record], ...]] = (WebhookRecord,)
"""Every kind of record of webhooks."""
