"""Says of each shown value what became of it, from the steps and from what was read back. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from core.compare.equal_forms import is_equal, kind_of
from core.error_catalogue import meaning_of
from core.push.made import made_of, may_be_there, was_there
from core.push.plan import System
from core.push.records import StepRecord
from core.push.resolutions import is_left_as_it_was
from core.push.states import StepState
from core.receipts.model import HELD, Arrival, ReceiptField, ReceiptStep, SentFile, ShownField, StepEvent
from core.receipts.read_back import Found, NotRead, Reading, ids_of
from core.receipts.shown import TO_COME

ARRIVING: Final = frozenset({"sent", "joined", "converted", "defaulted"})
"""The fates of a value that is to arrive."""
GIVES_ALL: Final[Mapping[System, bool]] = {
    System.FLEX: True,
    System.BROKERENGINE: True,
    System.SIMPLENEXUS: False,
    System.TOTAL_EXPERT: False,
}
"""True for a system that gives every value back. Of the others only what their descriptions list is read."""
NOT_GIVEN: Final = "The system does not give this value back."
"""Why a value was not read, of a record that was."""
LEFT: Final = "A person chose the record that was there; it keeps its own value."
"""Why a value was not sent, of a step that is DONE."""
NOBODY: Final = "No step of this push carries it, and nobody ticked it as entered by hand."
"""Why a value was not sent that no step carries."""
ABSENT: Final = object()
"""What `value_at` gives for a field that a record does not have."""


class Ticked(Struct, frozen=True):
    """A person keyed a field in by hand, at `at` (seconds since 1970, UTC)."""

    by: str
    at: float


def judge_fields(
    shown: Iterable[ShownField],
    steps: Sequence[StepRecord],
    readings: Mapping[int, Reading],
    ticked: Mapping[str, Ticked],
    files: Sequence[SentFile] = (),
    refs: Sequence[str] = (),
) -> tuple[ReceiptField, ...]:
    """Return every shown value with its mark. `ticked` is by the place of a field. Values that are empty are left out.

    `readings` are by the places of the steps. `refs` are the references that the steps had in the confirmed plan; a
    step that was sent as new has another one since.
    """
    judge = _Judge({step.n: step for step in steps}, readings, ticked, files, refs)
    return tuple(judge.field(field) for field in shown if field.fate != "empty")


class _Judge:
    def __init__(
        self,
        steps: Mapping[int, StepRecord],
        readings: Mapping[int, Reading],
        ticked: Mapping[str, Ticked],
        files: Sequence[SentFile],
        refs: Sequence[str],
    ) -> None:
        self._steps = steps
        self._readings = readings
        self._ticked = ticked
        self._ids = ids_of(list(steps.values()))
        for n, ref in enumerate(refs):
            if n in steps and (now := self._ids.get(steps[n].ref)):
                self._ids[ref] = now
        self._sizes = {file.name: file.size for file in files}

    def field(self, field: ShownField) -> ReceiptField:
        """Return one value with its mark."""
        step = self._steps.get(field.step) if field.step is not None else None
        if field.step is None and (tick := self._ticked.get(field.place)) is not None:
            return _row(field, Arrival.BY_HAND, sent=field.value, reason=field.reason, by=tick.by, at=tick.at)
        if field.fate not in ARRIVING:
            return _row(field, Arrival.NOT_SENT, reason=field.reason)
        if step is None:
            return _row(field, Arrival.NOT_SENT, reason=NOBODY)
        field = replace(field, path=tuple(map(self._named, field.path)))
        sent = self._resolved(field.value)
        if step.state is not StepState.DONE:
            mark = Arrival.NOT_READ if may_be_there(step) else Arrival.NOT_SENT
            return _row(field, mark, step, sent=sent if may_be_there(step) else None, reason=_why_not(step))
        reading = self._readings.get(step.n, NotRead("It was not read back."))
        if field.path and is_left_as_it_was(step, field.path[0]):
            return self._left_as_it_was(field, step, sent, reading)
        match reading:
            case NotRead(reason=reason):
                return _row(field, Arrival.NOT_READ, step, sent=sent, reason=reason, proof="reply")
            case Found(record=record, at=at):
                found = value_at(record.fields, field.path)
                if found is ABSENT and not GIVES_ALL[step.system]:
                    return _row(field, Arrival.NOT_READ, step, sent=sent, reason=NOT_GIVEN, proof="reply")
                found = None if found is ABSENT else found
                same = is_equal(kind_of(field.path[-1] if field.path else ""), sent, found)
                same = same and self._same_size(field, record.fields)
                there = Arrival.THERE if was_there(step) else Arrival.ARRIVED
                mark = there if same else Arrival.DIFFERS
                return _row(field, mark, step, sent=sent, found=found, proof="read-back", at=at)

    def _left_as_it_was(
        self, field: ShownField, step: StepRecord, value: Any, reading: Reading
    ) -> ReceiptField:
        """Return a value that was not sent, because a person chose the record that was there, with what that holds."""
        if not isinstance(reading, Found):
            return _row(field, Arrival.NOT_SENT, step, reason=LEFT)
        found = value_at(reading.record.fields, field.path)
        found = None if found is ABSENT else found
        if value is not None and is_equal(kind_of(field.path[-1]), value, found):
            return _row(field, Arrival.THERE, step, sent=value, found=found, proof="read-back", at=reading.at)
        return _row(field, Arrival.NOT_SENT, step, found=found, reason=LEFT, at=reading.at)

    def _resolved(self, value: Any) -> Any:
        """Return a value with the id of the record that it names."""
        if isinstance(value, dict) and value.keys() == {"$id_of"}:
            return self._ids.get(value["$id_of"])
        return value

    def _named(self, part: str) -> str:
        """Return a part of a path with the id of the record that it names."""
        name, to_come, ref = part.partition(f"={TO_COME}")
        return f"{name}={self._ids.get(ref, '')}" if to_come else part

    def _same_size(self, field: ShownField, fields: Mapping[str, Any]) -> bool:
        """Return False if a file arrived with another size."""
        if field.path[:1] != ("Attachments",):
            return True
        size = value_at(fields, (*field.path[:-1], "Size"))
        return size in (ABSENT, None, self._sizes.get(str(field.value)))


def value_at(fields: Mapping[str, Any], path: Sequence[str]) -> Any:
    """Return the value at the path of a shown value, or `ABSENT`."""
    current: Any = fields
    for part in path:
        if isinstance(current, Mapping):
            current = current.get(part, ABSENT)
        elif isinstance(current, (list, tuple)):
            name, _, wanted = part.partition("=")
            current = _entry(current, name, wanted)
        else:
            return ABSENT if current is ABSENT else None
    return current


def _entry(entries: Iterable[Any], name: str, wanted: str) -> Any:
    return next(
        (entry for entry in entries if isinstance(entry, Mapping) and str(entry.get(name)) == wanted),
        None,
    )


def _row(  # noqa: PLR0913 - the parts of one line
    field: ShownField,
    arrived: Arrival,
    step: StepRecord | None = None,
    *,
    sent: Any = None,
    found: Any = None,
    reason: str = "",
    proof: str = "",
    by: str = "",
    at: float | None = None,
) -> ReceiptField:
    return ReceiptField(
        section=field.section,
        source=field.source,
        about=field.about,
        local_id=field.local_id,
        target=field.target,
        fate=field.fate,
        source_value=field.source_value,
        sent=sent,
        found=found,
        arrived=arrived,
        reason=reason or field.reason,
        proof=proof,
        ref=step.ref if step else "",
        by=by,
        at=at,
        place=field.place,
        step=field.step,
        path=field.path,
    )


def _why_not(step: StepRecord) -> str:
    if not step.error:
        return f"The step is {step.state}."
    return f"{step.state}: {meaning_of(step.error)}" + (f" ({step.detail})" if step.detail else "")


def shown_again(field: ReceiptField) -> ShownField:
    """Return what a receipt's line was made of, to check the value again."""
    return ShownField(
        section=field.section,
        source=field.source,
        target=field.target,
        fate=field.fate,
        source_value=field.source_value,
        value=field.sent,
        reason=field.reason if field.fate not in ARRIVING or field.arrived in HELD else "",
        about=field.about,
        local_id=field.local_id,
        place=field.place,
        step=field.step,
        path=field.path,
    )


def step_row(step: StepRecord, summary: str) -> ReceiptStep:
    """Return one record of the push, with all that happened to its step."""
    return ReceiptStep(
        ref=step.ref,
        system=step.system,
        entity=step.entity,
        remote_id=step.remote_id,
        operation=step.operation,
        state=step.state,
        local_id=step.local_id,
        summary=summary,
        made=made_of(step) or "",
        error=step.error,
        request_id=step.request_id,
        outcome=step.outcome.value if step.outcome else "",
        attempts=step.attempts,
        sent_at=step.sent_at,
        parent=step.parent,
        trail=tuple(StepEvent(event.at, event.code, event.said) for event in step.trail),
    )
