"""Paste mode: enter a card or a note into FLEX by hand, row by row, and then store what was entered and where.

Nothing is sent to FLEX. The ticks are in the book as soon as they are set. At the end the FLEX ID that a person typed
is linked, and a push of the kind `paste` keeps who entered what; its receipt says "by hand" of every value.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from core.compare.equal_forms import equal_form, is_blank, kind_of
from core.errors import DeskError
from core.flex.field_map.fates import Fate, Field
from core.flex.model import WrittenFile
from core.flex.plans.link import LinkPreview
from core.flex.plans.note_decision import decision_of
from core.flex.plans.preview import Objection, Preview
from core.flex.plans.shown import shown_of
from core.flex.records import NoteSent, PushedFields
from core.flex.use_cases import drafts
from core.flex.use_cases.cards import CardUseCases
from core.flex.use_cases.changed_since_push import places
from core.flex.use_cases.checklist import ChecklistItem
from core.flex.use_cases.links import LinkUseCases
from core.flex.use_cases.notes import NoteUseCases
from core.flex.use_cases.people import sends_only_people
from core.push.engine import Engine
from core.push.plan import Asset, Plan
from core.push.records import Push, Record
from core.push.states import ACTIVE
from core.texts import without_lone_surrogates

STOPS: Final = frozenset({"use-fact-find", "not-linked", "empty-note"})
"""The objections against entering by hand too. The others are about what FLEX's gateway takes: a person sees
them, and enters what FLEX's own screens take."""
_OWN_WORDS: Final = frozenset({"no-flex-gateway", "already-linked"})
"""The objections to a push that mean nothing here."""


class PasteList(Struct, frozen=True):
    """What is entered of a card or a note, and what a person should know before, a sentence each."""

    preview: Preview
    items: tuple[ChecklistItem, ...]
    warnings: tuple[str, ...]

    @property
    def card_id(self) -> str:
        """The id of the card."""
        return self.preview.plan.about

    @property
    def title(self) -> str:
        """The id and the title of the card."""
        title = self.preview.title
        return title if self.of_a_note else f"{self.card_id} {title}"

    @property
    def of_a_note(self) -> bool:
        """True if a note is entered."""
        return self.preview.asset is Asset.NOTE

    @property
    def needs_flex_id(self) -> bool:
        """True if a FLEX ID is typed at the end: the card is not linked yet."""
        return self.preview.flex_id is None

    @property
    def left(self) -> int:
        """How many rows FLEX does not have as they are now."""
        return sum(item.open for item in self.items)

    def with_item(self, item: ChecklistItem) -> PasteList:
        """Return the list with one row replaced."""
        items = tuple(item if known.place == item.place else known for known in self.items)
        return msgspec.structs.replace(self, items=items)


class PasteResult(Struct, frozen=True):
    """What is stored at the end of paste mode, before a person confirms it. `link` is None if the card is linked."""

    plan: Plan
    pasted: PasteList
    link: LinkPreview | None

    @property
    def entered(self) -> int:
        """How many rows a person ticked."""
        return sum(item.ticked for item in self.pasted.items)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know before confirming, a sentence each."""
        left = self.pasted.left
        values = "value stays" if left == 1 else "values stay"
        still = (f"{left} {values} open: the receipt says that nobody entered them.",) if left else ()
        return (*still, *(self.link.warnings if self.link else ()))


def can_be_entered(preview: Preview) -> bool:
    """Return True if a preview is of a whole card or of a note that can be entered by hand now."""
    if preview.asset not in (Asset.CARD, Asset.NOTE) or sends_only_people(preview.plan):
        return False
    return not any(reason.code in STOPS for reason in preview.reasons)


class PasteUseCases:
    """The use cases of paste mode."""

    def __init__(self, cards: CardUseCases, links: LinkUseCases, notes: NoteUseCases) -> None:
        self._cards = cards
        self._links = links
        self._notes = notes

    # -- what is entered -------------------------------------------------------------------------------

    async def checklist(self, preview: Preview) -> PasteList:
        """Return what no push carries of a card. Raises `BookClosed`."""
        return PasteList(preview, tuple(await self._cards.checklist(preview)), ())

    async def of_card(self, card_id: str, overrides: tuple[str, ...] = ()) -> PasteList:
        """Return what is entered of a card. `overrides` are the codes of objections that a person overrode.

        Raises `DeskError` (busy, use-fact-find, unknown-card), `BadRecord`, `Unreachable`, `BookClosed`.
        """
        await self._check_not_pushing(card_id)
        return await self._listed(await self._cards.glance(card_id, overrides))

    async def of_note(self, card_id: str, note_id: str) -> PasteList:
        """Return what is entered of one of BrokerEngine's notes.

        Raises `DeskError` (unknown-note, no-notes, not-linked, busy), `BadRecord`, `Unreachable`, `BookClosed`.
        """
        note = await self._notes.read(note_id)
        if note.card_id != card_id:
            raise DeskError("unknown-note", f"{card_id} has no note {note_id}.")
        preview = await self._notes.preview(note_id)
        head = [("Author", note.author or ""), ("Written", _say_date(note.created_at))]
        return await self._listed(_as_decision(preview, [_head_line(*one, preview) for one in head]))

    async def of_written(self, card_id: str, text: str, files: Sequence[WrittenFile] = ()) -> PasteList:
        """Return what is entered of a note that was written here. Raises as `of_note`."""
        return await self._listed(_as_decision(await self._notes.preview_written(card_id, text, files), []))

    async def again(self, pasted: PasteList) -> PasteList:
        """Read the card or note of a list again. Raises as the method that made the list."""
        preview = pasted.preview
        if not pasted.of_a_note:
            return await self.of_card(preview.subject, preview.plan.overrides)
        if (written := preview.written) is not None:
            return await self.of_written(written.card_id, written.text, written.files)
        return await self.of_note(pasted.card_id, decision_of(preview.subject).local_id)

    async def _listed(self, preview: Preview) -> PasteList:
        stops = [reason for reason in preview.reasons if reason.code in STOPS]
        if stops:
            raise DeskError(stops[0].code, " ".join(reason.message for reason in stops))
        if preview.asset is Asset.NOTE:
            await self._check_not_sending(preview)
        return PasteList(
            preview,
            tuple(await self._cards.all_to_enter(preview)),
            (*_about_the_link(preview), *(reason.message for reason in _worth_knowing(preview.reasons))),
        )

    async def tick(self, pasted: PasteList, item: ChecklistItem, *, ticked: bool) -> PasteList:
        """Tick a row, or take its tick away, and return the list with it.

        Raises `DecidedMeanwhile` if somebody else did so meanwhile (`read_ticks` shows it), `BookClosed`.
        """
        return pasted.with_item(await self._cards.tick(pasted.card_id, item, ticked=ticked))

    async def read_ticks(self, pasted: PasteList) -> PasteList:
        """Return a list with the ticks that the book has now. Raises `BookClosed`."""
        items = tuple(await self._cards.all_to_enter(pasted.preview))
        return msgspec.structs.replace(pasted, items=items)

    async def _check_not_pushing(self, card_id: str) -> None:
        """Raise `DeskError` (busy) while a push of the card or of its Fact Find is not finished."""
        for push in await self._cards.book.where(Push, about=card_id):
            of_a_note = push.asset is Asset.NOTE or (push.asset is Asset.PASTE and push.subject != card_id)
            if push.state in ACTIVE and not of_a_note:
                raise DeskError("busy", f"{card_id} has a push that is not finished ({push.state}).")

    async def _check_not_sending(self, preview: Preview) -> None:
        """Raise `DeskError` (busy) while a push of the note is not finished."""
        for push in await self._cards.book.where(Push, subject=preview.subject):
            if push.state in ACTIVE:
                raise DeskError("busy", f"A push of this note is not finished ({push.state}).")

    # -- the end ---------------------------------------------------------------------------------------

    async def preview(self, pasted: PasteList, flex_id: str, engine: Engine) -> PasteResult:
        """Return what the end of paste mode stores. `flex_id` is what a person typed; "" for a card that is linked.

        Raises `DeskError` (no-flex-id, busy, and the errors of `LinkUseCases.preview_card`), `Unreachable`,
        `BookClosed`.
        """
        if not pasted.needs_flex_id:
            if flex_id:
                raise DeskError(
                    "already-linked",
                    f"{pasted.card_id} is linked to {pasted.preview.flex_id} already.",
                )
            return PasteResult(_plan(pasted), pasted, None)
        if not flex_id.strip():
            raise DeskError("no-flex-id", f"{pasted.card_id} is not linked, and no FLEX ID was given.")
        link = await self._links.preview_card(pasted.card_id, flex_id, engine)
        return PasteResult(_plan(pasted, link), pasted, link)

    async def confirm(self, result: PasteResult, engine: Engine) -> Push:
        """Store what was entered, and the link, and begin the push that writes the link to BrokerEngine.

        Everything is read again first. Raises `DeskError` (plan-changed) if the card, a tick or the link is another
        now, and the errors of the preview.
        """
        now = await self.preview(await self.again(result.pasted), _typed(result), engine)
        if now.plan != result.plan or _entered(now) != _entered(result):
            raise DeskError("plan-changed", f"{result.pasted.card_id} changed meanwhile; nothing was stored.")
        pasted, push_id = now.pasted, self._cards.new_decision()
        shown, at = _shown(pasted, now.plan)
        push = await engine.begin(
            now.plan,
            self._cards.operator,
            push_id,
            also=(self._record(pasted, push_id), *(now.link.written if now.link else ())),
            drop=now.link.removed if now.link else (),
            shown=shown_of(shown, at),
        )
        if pasted.preview.written is not None:
            await drafts.forget_written(self._cards.book, pasted.preview.written)
        return push

    def _record(self, pasted: PasteList, push_id: str) -> Record:
        """Return what the book keeps of what was entered: keyed hashes."""
        now, book = self._cards.clock.now(), self._cards.book
        if pasted.of_a_note:
            text = next(field.source_value for field in pasted.preview.fields if field.target == "Note.Text")
            return NoteSent(push_id, pasted.card_id, self._notes.hash_of(text), now)
        hashes = {
            place: book.keyed_hash(place, equal_form(kind_of(field.target), field.source_value))
            for item in pasted.items
            for place, field in item.row.parts
            if not is_blank(field.source_value)
        }
        entered = {place for item in pasted.items if not item.open for place, _ in item.row.parts}
        return PushedFields(
            push_id,
            pasted.card_id,
            now,
            {place: hashed for place, hashed in hashes.items() if place in entered},
            card_fields={place: hashed for place, hashed in hashes.items() if place not in entered},
        )


def _plan(pasted: PasteList, link: LinkPreview | None = None) -> Plan:
    """Return the plan of the end of paste mode. Its only step writes a new link onto BrokerEngine's card."""
    preview = pasted.preview
    return Plan(
        Asset.PASTE,
        preview.subject,
        without_lone_surrogates(preview.title),
        link.plan.steps if link else (),
        preview.plan.map_version,
        about=pasted.card_id,
        links=link.plan.links if link else (),
        overrides=preview.plan.overrides,
    )


def _shown(pasted: PasteList, plan: Plan) -> tuple[Preview, list[str]]:
    """Return what the receipt keeps, and the places of its fields on the card.

    These are the fields that a person entered or left open, and no field that a push sent.
    """
    texts = {
        place: item.text
        for item in pasted.items
        if not item.sent or item.ticked
        for place, _ in item.row.parts
    }
    named = zip(places(pasted.preview.fields), pasted.preview.fields, strict=True)
    kept = [(place, _as_entered(field, texts[place])) for place, field in named if place in texts]
    shown = msgspec.structs.replace(
        pasted.preview,
        plan=plan,
        fields=tuple(field for _, field in kept),
        warnings=pasted.warnings,
        look_alikes=(),
    )
    return shown, [place for place, _ in kept]


def _as_entered(field: Field, text: str) -> Field:
    """Return a field with what was entered as its value: of a product its name, not the ID in FLEX's catalogue."""
    if field.value is None or str(field.value) == text:
        return field
    return msgspec.structs.replace(field, value=text)


def _typed(result: PasteResult) -> str:
    return result.link.flex_id or "" if result.link else ""


def _entered(result: PasteResult) -> list[tuple[str, str, bool]]:
    return [(item.place, item.field.source_value, item.open) for item in result.pasted.items]


def _worth_knowing(reasons: Sequence[Objection]) -> list[Objection]:
    return [reason for reason in reasons if reason.code not in _OWN_WORDS]


def _about_the_link(preview: Preview) -> list[str]:
    if preview.asset is Asset.NOTE:
        return list(preview.warnings)
    if preview.flex_id is None:
        return []
    return [f"{preview.subject} is in FLEX as {preview.flex_id}: correct that record, and make no new one."]


# -- notes ---------------------------------------------------------------------------------------------


def _head_line(name: str, value: str, preview: Preview) -> Field:
    """Return the line of something that a note says of itself and that FLEX may want."""
    return Field(
        section=next(field.section for field in preview.fields if field.target == "Note.Text"),
        source=name,
        source_value=value,
        target="",
        value=None,
        fate=Fate.NO_HOME if value else Fate.EMPTY,
        reason="a pushed note does not carry it",
        local_id=preview.subject,
    )


def _as_decision(preview: Preview, head: Sequence[Field]) -> Preview:
    """Return a note's preview with lines that belong to one deliberate entry: another entry has ticks of its own."""
    own = [
        msgspec.structs.replace(
            field,
            local_id=preview.subject
            if field.target == "Note.Text"
            else f"{preview.subject}/{field.local_id}",
        )
        for field in preview.fields
    ]
    return msgspec.structs.replace(preview, fields=(*head, *own))


def _say_date(at: datetime | None) -> str:
    return f"{at:%d/%m/%Y}" if at else ""
