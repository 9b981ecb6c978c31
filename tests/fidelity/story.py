"""One seeded story: a board, what happens on it, and a comparison around every push."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from random import Random
from typing import Final

from core.errors import DeskError
from core.flex.plans.note import SEEN
from core.flex.plans.preview import Preview
from core.flex.use_cases.notes import NOT_REACHED
from core.flex.use_cases.people import NOTHING_CHOSEN
from core.push.records import StepRecord
from core.push.resolutions import Choice, Resolution, choices
from core.push.states import PushState
from tests.fidelity.board import FREE_APPLICATION, FREE_OPPORTUNITIES, Act, DrawnBoard, Happening
from tests.fidelity.commands import CommandDesk, homes_of_commands
from tests.fidelity.desk import (
    FidelityDesk,
    Unfaithful,
    link_what_is_there,
    send_as_new,
    update_what_is_there,
)
from tests.fidelity.systems import (
    AWAY,
    FaultPlan,
    SystemsInProcess,
    Wires,
    on_virtual_time,
    over_http,
    served,
)


class BackEnd(StrEnum):
    """How a story reaches the systems."""

    VIRTUAL = "virtual"
    FAULTS = "faults"
    HTTP = "http"
    COMMANDS = "commands"


SETTLE: Final = {BackEnd.VIRTUAL: 0.0, BackEnd.FAULTS: 60.0, BackEnd.HTTP: 0.0, BackEnd.COMMANDS: 0.0}
"""Seconds after which a lost write is looked up."""


class Told:
    """What a story did: its operations, its answers about people."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.pushes = 0
        self.answered = 0


class Storyteller:
    """Carries out the operations of one seed."""

    def __init__(self, seed: int, systems: SystemsInProcess, back_end: BackEnd) -> None:
        self.told = Told()
        self._seed = seed
        self._systems = systems
        self._back_end = back_end
        left = Random(seed + 7).choice((1, 2, 4)) if back_end is BackEnd.FAULTS else 0
        lists = Random(seed + 11).choice((0, 1, 2)) if back_end is BackEnd.FAULTS else 0
        self._faults = FaultPlan(seed, left, lists=lists)

    def run(self) -> None:
        """Live through the story. Raises `Unfaithful` with the operations that led to the difference."""
        self._systems.wipe()
        self._board = DrawnBoard(self._seed, self._systems)
        try:
            match self._back_end:
                case BackEnd.HTTP:
                    over_http(self._systems, self._story)
                case BackEnd.COMMANDS:
                    asyncio.run(self._by_commands())
                case BackEnd.VIRTUAL | BackEnd.FAULTS:
                    on_virtual_time(self._systems, self._faults, self._story)
        except Unfaithful as error:
            happened = "\n".join(f"  {line}" for line in self.told.lines)
            raise Unfaithful(f"{error}\nafter\n{happened}") from None

    async def _story(self, wires: Wires) -> None:
        settle, seed = SETTLE[self._back_end], self._seed
        await self._live(lambda: FidelityDesk(self._systems, wires, settle=settle, seed=seed))

    async def _by_commands(self) -> None:
        async with served(self._systems) as urls:
            with homes_of_commands(urls) as new_home:
                await self._live(lambda: CommandDesk(self._systems, new_home()))

    async def _live(self, new_desk: Callable[[], FidelityDesk | CommandDesk]) -> None:
        """Live through what happens at a desk. `new_desk` makes a desk with an empty book."""
        self._new_desk = new_desk
        self._desk = new_desk()
        for happening in self._board.happenings():
            self.told.lines.append(str(happening))
            try:
                await self._happen(happening, Random(happening.chance))
            except DeskError as error:
                self.told.lines[-1] += f": {error.code}"

    async def _happen(self, happening: Happening, chance: Random) -> None:
        card_id, desk = happening.card, self._desk
        match happening.act:
            case (
                Act.EDIT_PERSON
                | Act.EDIT_CARD
                | Act.ADD_PERSON
                | Act.EDIT_FACT_FIND
                | Act.EDIT_IN_FLEX
                | Act.WRONG_ID
            ):
                self._edit(happening, chance)
            case Act.WRITE_WHILE_WAITING:
                await self._write_two(happening, chance)
            case Act.PUSH_WHILE_WAITING:
                await self._push_two(happening, chance)
            case Act.ANOTHER_BOOK:
                self._board.forget_flex_ids(card_id)
                self._desk = self._new_desk()
            case Act.UNLINK:
                await desk.unlink(card_id)
            case Act.LINK if chance.random() < 0.4:
                await desk.link(card_id, FREE_APPLICATION)
            case Act.LINK:
                await desk.link(card_id, chance.choice(FREE_OPPORTUNITIES))
            case _:
                preview = await self._preview(happening, chance)
                await self._push(await self._answered(happening, preview, chance), chance)

    def _edit(self, happening: Happening, chance: Random) -> None:
        match happening.act:
            case Act.EDIT_PERSON:
                card = self._systems.get("brokerengine", "cards", happening.card)
                self._board.edit_person(chance.choice(card["people"])["contact_id"], chance)
            case Act.EDIT_CARD:
                self._board.edit_card(happening.card, chance)
            case Act.EDIT_FACT_FIND:
                self._board.edit_fact_find(happening.card, chance)
            case Act.EDIT_IN_FLEX:
                self._board.edit_in_flex(happening.card, chance)
            case Act.WRONG_ID:
                self._board.give_wrong_id(happening.card, chance)
            case _:
                self._board.add_person(happening.card, chance)

    async def _answered(self, happening: Happening, preview: Preview, chance: Random) -> Preview:
        """Answer the questions about people, each with a choice that is offered, and return the preview that follows.

        An answer can lead to another question, as when two people of a push choose one contact.
        """
        choices: dict[str, str] = {}
        for _ in range(3):
            if not preview.questions or not all(question.choices for question in preview.questions):
                break
            choices |= {asked.person.id: chance.choice(asked.choices) for asked in preview.questions}
            preview = await self._preview(happening, chance, choices)
            self.told.answered += 1
        return preview

    async def _preview(
        self, happening: Happening, chance: Random, choices: Mapping[str, str] = NOTHING_CHOSEN
    ) -> Preview:
        card_id, desk = happening.card, self._desk
        match happening.act:
            case Act.PUSH_CARD:
                return await desk.cards.preview(card_id, choices=choices)
            case Act.PUSH_PEOPLE:
                return await desk.cards.preview_people(card_id, choices)
            case Act.PUSH_FACT_FIND:
                return await desk.fact_finds.preview(f"FF-{card_id}", choices)
            case Act.PUSH_NOTE:
                return await desk.notes.preview(f"N-{card_id}-0")
            case _:
                text = chance.choice(("Written here.", "And here\nin two lines."))
                return await desk.notes.preview_written(card_id, text)

    async def _push(self, preview: Preview, chance: Random) -> None:
        decide = chance.choice((link_what_is_there, send_as_new, update_what_is_there, _leave))
        push = await self._desk.push(preview, decide)
        self.told.pushes += 1
        self.told.lines[-1] += f": {push.state}"

    async def _write_two(self, happening: Happening, chance: Random) -> None:
        """Push one note while FLEX is away, and another one while the first waits."""
        first = await self._desk.notes.preview_written(happening.card, "The first of two.")
        if not first.pushable:
            return
        with self._flex_away():
            waiting = await self._desk.begin(first)
            second = await self._desk.notes.preview_written(happening.card, "The second of two.")
        if self._flex_has_it(second):
            await self._refused_then_confirmed(happening, second, chance)
        else:
            await self._push(second, chance)
        await self._desk.follow(waiting, first)

    def _flex_has_it(self, preview: Preview) -> bool:
        """Return True if FLEX has a note or its text, and neither FLEX nor the book could say so in the preview.

        Two books of a story give a written note the same reference, because their keys are equal.
        """
        notes, steps = self._systems.all("flex", "notes"), preview.plan.steps
        texts = {(note["Parent"].get("FLEXId"), note["Text"]) for note in notes}
        refs = {note["IntegrationId"] for note in notes}
        unseen = NOT_REACHED in preview.warnings and SEEN not in preview.plan.overrides
        return unseen and any((step.parent, step.body["Text"]) in texts or step.ref in refs for step in steps)

    async def _refused_then_confirmed(self, happening: Happening, preview: Preview, chance: Random) -> None:
        """Push a note whose text is in FLEX from another book: nothing is sent until the new preview is confirmed."""
        push = await self._desk.push(preview, may_stop=True)
        if push.reason != "plan-changed":
            raise Unfaithful(f"note {preview.subject}: FLEX has the text, and the push ended {push.state}")
        again = await self._desk.notes.preview_written(happening.card, "The second of two.")
        await self._push(again, chance)

    async def _push_two(self, happening: Happening, chance: Random) -> None:
        """Push the people of a card while FLEX is away, edit one of them, and push them while the first push waits."""
        first = await self._desk.cards.preview_people(happening.card)
        if not first.pushable:
            return
        with self._flex_away():
            waiting = await self._desk.begin(first)
        if waiting.state is PushState.DONE:  # FLEX holds all of it already, so the push did not wait
            await self._desk.follow(waiting, first)
            return
        self._edit(Happening(Act.EDIT_PERSON, happening.card, happening.chance), chance)
        second = await self._desk.cards.preview_people(happening.card)
        try:
            await self._push(second, chance)
        except DeskError as error:
            self.told.lines[-1] += f": {error.code}"
        await self._desk.follow(waiting, first, may_stop=True)

    @contextmanager
    def _flex_away(self) -> Iterator[None]:
        """Take FLEX away: it can't be reached on virtual time, and takes no write over HTTP."""
        match self._back_end:
            case BackEnd.VIRTUAL | BackEnd.FAULTS:
                self._faults.down = True
            case BackEnd.HTTP | BackEnd.COMMANDS:
                self._systems.set_faults(AWAY)
        try:
            yield
        finally:
            match self._back_end:
                case BackEnd.VIRTUAL | BackEnd.FAULTS:
                    self._faults.down = False
                case BackEnd.HTTP | BackEnd.COMMANDS:
                    self._systems.set_faults("")


def _leave(step: StepRecord) -> Resolution | None:
    return Resolution(Choice.LEAVE) if Choice.LEAVE in choices(step) else None


def run_story(seed: int, systems: SystemsInProcess, back_end: BackEnd) -> Told:
    """Run the story of one seed. Raises `Unfaithful`, which says how to replay it."""
    teller = Storyteller(seed, systems, back_end)
    try:
        teller.run()
    except BaseException as error:
        error.add_note(f"replay: python -m tests.fidelity --seed {seed} --back-end {back_end}")
        raise
    return teller.told
