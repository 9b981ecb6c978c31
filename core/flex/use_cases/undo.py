"""Puts back what a push of a card or Fact Find replaced on contacts of FLEX. Nothing is ever deleted.

The values that an update is about to replace are kept in a private file of the book, for `undo_days` days. A field is
put back only if FLEX still holds what the push sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from core.compare.equal_forms import is_equal, kind_of
from core.decoding.typed_json import decode_json
from core.errors import DeskError
from core.flex.other_addresses import FIELD, changed_addresses, values_before
from core.flex.use_cases.cards import CardUseCases
from core.odd_values import text_of
from core.push.engine import Engine
from core.push.equality import same_value
from core.push.live_push import steps_of
from core.push.plan import Asset, Body, Entity, Operation, Plan, Step, System, make_ref
from core.push.ports import ReplacedKeeper
from core.push.records import UNDO, Push, StepRecord, undo_file
from core.push.states import ACTIVE, PushState, StepState
from core.texts import REPLACED

DAY: Final = 86_400.0
UNDOABLE: Final = frozenset({Asset.CARD, Asset.FACT_FIND})
"""The pushes that change contacts of FLEX."""


class ReplacedFields(Struct, frozen=True):
    """What one update replaced: the contact, whose copy it is, what was sent, and what was there before."""

    remote_id: str
    local_id: str
    summary: str
    sent: Body
    old: Body


class ReplacedValues(Struct, frozen=True):
    """What the updates of one push replaced, by the reference of the step."""

    steps: dict[str, ReplacedFields]


class PutBackField(Struct, frozen=True):
    """One field of a contact that an undo puts back, or leaves. `why` is the reason for leaving it, else ""."""

    name: str
    flex_id: str
    field: str
    now: Any
    old: Any
    why: str = ""


class UndoPushPreview(Struct, frozen=True):
    """What undoing a push would do: the plan, and each field that the push replaced."""

    plan: Plan
    fields: tuple[PutBackField, ...]
    stays: tuple[str, ...] = ()
    """What the push made and what can't be undone, in words."""


class UndoPushUseCases:
    """The use cases of undoing a push of a card or Fact Find. Honours `ReplacedKeeper` and `FreshCheck`."""

    def __init__(self, cards: CardUseCases, *, undo_days: int) -> None:
        """`undo_days` is for how many days the old values are kept; 0 keeps none."""
        self._cards = cards
        self._book = cards.book
        self._days = undo_days

    # -- keeping ---------------------------------------------------------------------------------------

    @property
    def keepers(self) -> Mapping[Asset, ReplacedKeeper]:
        """Who keeps what the updates of a kind of push replace; nobody if the profile keeps no old values."""
        return dict.fromkeys(UNDOABLE, self) if self._days else {}

    async def keep(self, push_id: str, step: Step, sent: Body, held: Mapping[str, Any]) -> None:
        """Keep what a contact holds in the fields of an update. Raises `BookClosed`.

        The values that were kept first stay, because a later attempt may find its own values there.
        """
        kept = await self._kept(push_id) or ReplacedValues({})
        if step.ref in kept.steps:
            return
        old = {name: held.get(name) for name in sent}
        fields = ReplacedFields(step.remote_id or "", step.local_id, step.summary, sent, old)
        whole = ReplacedValues({**kept.steps, step.ref: fields})
        await self._book.put_file(undo_file(push_id), msgspec.json.encode(whole))

    async def forget_old_values(self) -> int:
        """Remove the kept values of pushes that are older than `undo_days` days. Return their number. `BookClosed`."""
        names = [name for name in await self._book.list_files() if name.endswith(f".{UNDO}")]
        pushes = await self._book.get_many(Push, [name.removesuffix(f".{UNDO}") for name in names])
        over = [push for push in pushes if push.asset in UNDOABLE and self._is_over(push)]
        for push in over:
            await self._book.delete_file(undo_file(push.push_id))
        return len(over)

    # -- undoing ---------------------------------------------------------------------------------------

    async def may_be_undone(self, push: Push) -> bool:
        """Return True if a push is over and replaced a value that can be sent back, as far as the book knows.

        FLEX may hold another value by now: the preview asks FLEX. Raises `BookClosed`.
        """
        if push.asset not in UNDOABLE or push.state in ACTIVE or self._is_over(push):
            return False
        undone = await self._book.where(Push, subject=_subject(push.push_id))
        if any(undo.state is PushState.DONE for undo in undone):
            return False
        return any(
            (old := replaced.old.get(name)) not in (None, "", [])
            and not same_value(sent, old)
            and REPLACED not in text_of(old)
            for _, replaced in await self._replaced(push)
            for name, sent in replaced.sent.items()
        )

    async def preview(self, push_id: str) -> UndoPushPreview:
        """Return what undoing a push would do. Reads the contacts that the push changed.

        Raises `DeskError` (`unknown-push`, `push-under-way`, `not-kept`), `Unreachable`, `BookClosed`.
        """
        push = await self._book.get(Push, push_id)
        if push is None:
            raise DeskError("unknown-push", f"There is no push {push_id}.")
        if push.asset not in UNDOABLE:
            raise DeskError("not-kept", f"A push of a {push.asset} replaces no values of contacts in FLEX.")
        if push.state in ACTIVE:
            raise DeskError("push-under-way", f"The push {push_id} is not finished: {push.state}.")
        steps = await steps_of(self._book, push)
        fields: list[PutBackField] = []
        planned: list[Step] = []
        for step, replaced in await self._replaced(push):
            found = await self._fields(replaced)
            fields += found
            planned += self._put_back(push_id, step, replaced, found)
        plan = Plan(Asset.UNDO, _subject(push_id), f"undo {push_id}", tuple(planned), about=push_id)
        return UndoPushPreview(plan, tuple(fields), tuple(_stays(steps)))

    async def confirm(self, preview: UndoPushPreview, engine: Engine) -> Push:
        """Begin to put the old values back, as a person confirmed.

        Raises `DeskError` (`nothing-to-undo`, `another-plan-waits`), `BookClosed`.
        """
        if running := engine.unfinished_push_of(preview.plan):
            return running
        if not preview.plan.steps:
            raise DeskError("nothing-to-undo", "Nothing of this push can be undone.")
        return await engine.begin(preview.plan, self._cards.operator, self._cards.new_decision())

    async def is_fresh(self, plan: Plan) -> bool:
        """Return True if the same values would be put back now, so that nobody changed those contacts since."""
        return (await self.preview(plan.about)).plan == plan

    async def _fields(self, replaced: ReplacedFields) -> list[PutBackField]:
        """Return each field that an update changed, and whether the old value can be put back."""
        records = self._cards.records
        now = await records.contact_fields(replaced.remote_id) if records is not None else None
        changed = [
            name for name, sent in replaced.sent.items() if not same_value(sent, replaced.old.get(name))
        ]
        return [
            PutBackField(
                replaced.summary,
                replaced.remote_id,
                name,
                now.get(name) if now else None,
                _put_back_value(now or {}, name, replaced),
                _why_not(now, name, replaced),
            )
            for name in changed
        ]

    def _put_back(
        self, push_id: str, step: StepRecord, replaced: ReplacedFields, fields: Iterable[PutBackField]
    ) -> list[Step]:
        body = {field.field: field.old for field in fields if not field.why}
        if not body:
            return []
        local_id = f"undo|{push_id}|{step.ref}"
        return [
            Step(
                ref=make_ref(self._cards.workspace, System.FLEX, Entity.PERSON, local_id),
                system=System.FLEX,
                entity=Entity.PERSON,
                operation=Operation.WRITE_BACK,
                local_id=replaced.local_id,
                summary=f"{replaced.summary}: the values from before",
                body=body,
                remote_id=replaced.remote_id,
            )
        ]

    async def _replaced(self, push: Push) -> list[tuple[StepRecord, ReplacedFields]]:
        """Return the steps that changed a contact, with what each replaced, as long as that is kept."""
        kept = None if self._is_over(push) else await self._kept(push.push_id)
        if kept is None:
            return []
        return [
            (step, kept.steps[step.ref])
            for step in await steps_of(self._book, push)
            if step.state is StepState.DONE and step.ref in kept.steps
        ]

    async def _kept(self, push_id: str) -> ReplacedValues | None:
        content = await self._book.get_file(undo_file(push_id))
        return decode_json(content, ReplacedValues) if content else None

    def _is_over(self, push: Push) -> bool:
        return self._cards.clock.now() > push.created_at + self._days * DAY


def _subject(push_id: str) -> str:
    return f"undo-{push_id}"


def _why_not(now: Mapping[str, Any] | None, name: str, replaced: ReplacedFields) -> str:
    """Return why the old value of a field is not put back; "" if it can be."""
    if now is None:
        return "FLEX does not have the contact any more"
    old = replaced.old.get(name)
    if same_value(now.get(name), old):
        return "FLEX holds the old value already"
    if not is_equal(kind_of(name), replaced.sent[name], now.get(name)):
        return "somebody changed it since"
    back = _put_back_value(now, name, replaced)
    if back in (None, "", []) or same_value(now.get(name), back):
        return "it was empty, and the contract can't empty a field"
    if REPLACED in text_of(back):
        return "its old value has half a character, which can't be sent back"
    return ""


def _put_back_value(now: Mapping[str, Any], name: str, replaced: ReplacedFields) -> Any:
    """Return the value that an undo gives a field: the old one.

    Of a list of addresses only the parts that the push sent get their old values. The others stay as they are now.
    """
    old = replaced.old.get(name)
    if name != FIELD or not old:
        return old
    return changed_addresses(now.get(name), values_before(old, replaced.sent[name]))


def _stays(steps: Iterable[StepRecord]) -> list[str]:
    """Return in words what a push made in FLEX: the desk deletes nothing there."""
    return [
        f"{step.entity.replace('-', ' ')} {step.remote_id} stays: brokerdesk never deletes a client's record"
        for step in steps
        if step.state is StepState.DONE and step.system is System.FLEX and step.operation is Operation.CREATE
    ]
