"""What a receipt holds, and what is kept of a confirmation until the receipt is written. Values only; knows no room.

The keys of the JSON form are the names of the fields here. docs/receipts.md explains them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

from core.push.plan import Asset, Entity, Operation, StatedConsent, System
from core.push.states import PushState, StepState


class Arrival(StrEnum):
    """What became of one value."""

    ARRIVED = "arrived"
    """It was sent, and the system holds it, in the form that was sent or in an equal form."""
    THERE = "there"
    """The system held it already, so that nothing was changed by sending it, or it was not sent at all."""
    DIFFERS = "differs"
    """The system holds something else. The receipt shows both."""
    NOT_READ = "not-read"
    """It was sent, and could not be read back. The reason says why."""
    NOT_SENT = "not-sent"
    """It was not sent. The reason says why."""
    BY_HAND = "by-hand"
    """It was not sent, and a person says that they entered it by hand. Nothing proves that it arrived."""


HELD: Final = frozenset({Arrival.ARRIVED, Arrival.THERE})
"""The marks of a value that the system is known to hold."""


# -- what was confirmed --------------------------------------------------------------------------------


class ShownField(Struct, frozen=True, omit_defaults=True):
    """One value of a preview, as it was shown.

    `value` is what is sent, None for what does not arrive. `step` is the place of the step that carries it, from 0, or
    None. `path` leads to the value in the record: names of fields, and `"AddressType=Postal"` for the entry of a list.
    """

    section: str
    source: str
    target: str
    fate: str
    source_value: str = ""
    value: Any = None
    reason: str = ""
    about: str = ""
    local_id: str = ""
    place: str = ""
    """The name under which the checklist ticks the field."""
    step: int | None = None
    path: tuple[str, ...] = ()


class SentFile(Struct, frozen=True):
    """A file that went along with a note. `size` is in bytes, `sha256` in hex digits."""

    name: str
    size: int
    sha256: str


class Shown(Struct, frozen=True, omit_defaults=True):
    """A preview as a person saw it. `rule` names the setting that sent it if nobody was asked."""

    title: str = ""
    fields: tuple[ShownField, ...] = ()
    warnings: tuple[str, ...] = ()
    look_alikes: tuple[str, ...] = ()
    rule: str = ""


class ReceiptDesk(Struct, frozen=True):
    """Where a receipt comes from. `how` says how it was confirmed. `contracts` maps a system to its contract."""

    profile: str
    workspace: str
    mode: str
    """`LIVE` or `SANDBOX`."""
    machine: str
    zone: str
    program: str
    how: str
    map_sha256: str = ""
    contracts: dict[str, str] = {}


class Confirmed(Struct, frozen=True, omit_defaults=True):
    """What is kept of a confirmation until the receipt is written.

    `summaries` are the steps in words and `refs` their references, both in the order of the plan.
    """

    push_id: str
    desk: ReceiptDesk
    shown: Shown
    map: str = ""
    overrides: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    summaries: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()
    files: tuple[SentFile, ...] = ()
    consent: tuple[StatedConsent, ...] = ()


# -- the receipt ---------------------------------------------------------------------------------------


class ReceiptField(Struct, frozen=True):
    """One value: what was shown, what was sent and what the system holds.

    `proof` is how it is known: `read-back`, `reply`, or "". `at` is seconds since 1970, UTC: when it was read, or when
    `by` keyed it in.
    """

    section: str
    source: str
    about: str
    local_id: str
    target: str
    fate: str
    source_value: str
    sent: Any
    found: Any
    arrived: Arrival
    reason: str
    proof: str
    ref: str
    by: str
    at: float | None
    place: str
    step: int | None
    path: tuple[str, ...]


class StepEvent(Struct, frozen=True):
    """One event in the life of a step: a reply, a look-up, a decision."""

    at: float
    code: str
    said: str


class ReceiptStep(Struct, frozen=True):
    """One record that the push made, changed or linked. `made` says which, in a word.

    `request_id` is the system's own name for the last request, `outcome` what the system says that it did; "" if the
    system says neither.
    """

    ref: str
    system: System
    entity: Entity
    remote_id: str | None
    operation: Operation
    state: StepState
    local_id: str
    summary: str
    made: str
    error: str
    request_id: str
    outcome: str
    attempts: int
    sent_at: float | None
    parent: str | None
    trail: tuple[StepEvent, ...]


class Receipt(Struct, frozen=True):
    """One receipt, without its seal. Times are in seconds since 1970, UTC; `*_local` is the same in words."""

    format: int
    book: str
    number: int
    previous: str
    replaces: int | None
    push_id: str
    plan: str
    asset: Asset
    subject: str
    about: str
    state: PushState
    operator: str
    confirmed_at: float
    confirmed_local: str
    checked_at: float
    checked_local: str
    desk: ReceiptDesk
    map: str
    title: str
    warnings: tuple[str, ...]
    look_alikes: tuple[str, ...]
    overrides: tuple[str, ...]
    rule: str
    links: tuple[tuple[str, str], ...]
    fields: tuple[ReceiptField, ...]
    records: tuple[ReceiptStep, ...]
    files: tuple[SentFile, ...]
    consent: tuple[StatedConsent, ...] = ()
    """What those who were contacted wished, as it was read just before sending. Earlier receipts have none."""

    @property
    def counts(self) -> dict[Arrival, int]:
        """How many values have each mark. A mark that does not occur has 0."""
        marks = [field.arrived for field in self.fields]
        return {mark: marks.count(mark) for mark in Arrival}

    @property
    def all_arrived(self) -> bool:
        """True if the systems are known to hold every value that was to arrive, whether it was sent or was there.

        Of what was entered by hand nobody knows.
        """
        counts = self.counts
        is_held = not (counts[Arrival.DIFFERS] or counts[Arrival.NOT_READ])
        left = any(field.arrived is Arrival.NOT_SENT and field.step is not None for field in self.fields)
        left = left or self.asset is Asset.PASTE
        return self.state is PushState.DONE and not left and is_held
