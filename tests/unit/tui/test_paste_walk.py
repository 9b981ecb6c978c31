"""The walk of `brokerdesk paste`: what each answer does, what is copied, and what is said."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from core.flex.model import Card
from core.flex.records import Tick
from core.flex.use_cases.checklist import set_tick
from core.flex.use_cases.paste import PasteResult
from tests.support.cards import FULL, but, with_loan
from tests.support.clipboard import MemoryClipboard
from tests.support.flex_setup import FlexWorld
from tests.support.team_books import FakeTeamBook, Sender, SharedStore
from tui.cli.commands.cards.paste import Walk
from tui.clipboard import OVERWRITTEN_WITH, Clipboard

ONE_PERSON = but(FULL, people=FULL.people[:1], products=(), property=None, other=())


class Person:
    """Gives the answers that a test prepared, then ends the input. `asked` are the prompts."""

    def __init__(self, answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, prompt: str) -> str:
        self.asked.append(prompt)
        if not self._answers:
            raise EOFError
        return self._answers.pop(0)


class Walked:
    """A walk through a card, with what became of it."""

    def __init__(self, card: Card = ONE_PERSON) -> None:
        self.world = FlexWorld(card, has_gateway=False)
        self.world.cards.takes_ids_back = False
        self.memory = MemoryClipboard()
        self.clipboard = Clipboard(self.memory, None)

    async def walk(self, *answers: str) -> PasteResult | None:
        pasted = await self.world.paste.of_card("C-1")
        self.person = Person(answers)
        return await Walk(self.world.paste, pasted, self.clipboard, self.person).run(self.world.engine)

    async def ticked(self) -> list[str]:
        pasted = await self.world.paste.of_card("C-1")
        return [item.text for item in pasted.items if item.ticked]


async def test_enter_ticks_and_copies_the_next(capsys: pytest.CaptureFixture[str]) -> None:
    walked = Walked()
    assert await walked.walk("", "", "q") is None
    assert walked.memory.seen == ["Linh", "Thi", "Nguyen", OVERWRITTEN_WITH]
    assert await walked.ticked() == ["Linh", "Thi"]
    said = capsys.readouterr().out
    assert "2 of " in said
    assert "Copied." in said


async def test_the_next_walk_begins_where_the_last_one_ended() -> None:
    walked = Walked()
    await walked.walk("", "q")
    await walked.walk("q")
    assert walked.memory.seen[-2:] == ["Thi", OVERWRITTEN_WITH]


@pytest.mark.parametrize(
    ("answers", "copied", "ticked"),
    [
        (("c", "q"), ["Linh", "Linh"], []),
        (("copy", "quit"), ["Linh", "Linh"], []),
        (("t", "q"), ["Linh"], ["Linh"]),
        (("s", "q"), ["Linh", "Thi"], []),
        (("", "b", "q"), ["Linh", "Thi", "Linh"], ["Linh"]),
        (("?", "q"), ["Linh"], []),
        (("what", "q"), ["Linh"], []),
        ((), ["Linh"], []),
    ],
)
async def test_each_answer_does_what_its_key_does(
    answers: tuple[str, ...], copied: list[str], ticked: list[str]
) -> None:
    walked = Walked()
    assert await walked.walk(*answers) is None
    assert walked.memory.seen == [*copied, OVERWRITTEN_WITH]
    assert await walked.ticked() == ticked


async def test_a_refused_value_is_skipped_by_enter_and_stays_open(capsys: pytest.CaptureFixture[str]) -> None:
    card = but(ONE_PERSON, requirements=with_loan(loan_category="Timeshare").requirements)
    walked = Walked(card)
    pasted = await walked.world.paste.of_card("C-1")
    assert await walked.walk(*[""] * len(pasted.items)) is None
    assert "Timeshare" not in walked.memory.seen
    pasted = await walked.world.paste.of_card("C-1")
    assert [item.field.source_value for item in pasted.items if item.open] == ["Timeshare"]
    assert "FLEX refuses it" in capsys.readouterr().out


async def test_the_end_asks_for_the_id_until_it_will_do() -> None:
    walked = Walked()
    result = await walked.walk("l", "a\x00b", "1-6D9UB")
    assert result is not None
    assert result.link is not None
    assert (result.link.flex_id, result.entered) == ("1-6D9UB", 0)
    assert walked.memory.held == OVERWRITTEN_WITH


async def test_without_an_id_nothing_is_linked() -> None:
    walked = Walked()
    assert await walked.walk("l", "") is None


async def test_a_break_overwrites_the_clipboard_too() -> None:
    walked = Walked()

    def breaks(prompt: str) -> str:
        raise KeyboardInterrupt

    pasted = await walked.world.paste.of_card("C-1")
    with pytest.raises(KeyboardInterrupt):
        await Walk(walked.world.paste, pasted, walked.clipboard, breaks).run(walked.world.engine)
    assert walked.memory.seen == ["Linh", OVERWRITTEN_WITH]


async def test_a_value_with_control_characters_reaches_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    walked = Walked(but(ONE_PERSON, stage="\x1b]0;owned\x07"))
    await walked.walk(*["s"] * 40)
    assert "\x1b" not in capsys.readouterr().out


async def test_without_a_clipboard_it_says_so_at_once_and_prints_the_value(
    capsys: pytest.CaptureFixture[str],
) -> None:
    walked = Walked()
    walked.clipboard = Clipboard(None, None)
    await walked.walk("q")
    said = capsys.readouterr().out.splitlines()
    assert any("has no clipboard" in line for line in said)
    assert "Linh" in said


async def test_what_a_colleague_has_ticked_meanwhile_is_said_and_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    walked = Walked()
    store = SharedStore(walked.world.clock.now)
    walked.world.desk.book = FakeTeamBook(store, Sender("s-1"))
    pasted = await walked.world.paste.of_card("C-1")
    first, second = pasted.items[:2]
    for item in (first, second):
        book = FakeTeamBook(store, Sender("s-2"))
        await set_tick(book, "C-1", item, ticked=True, operator="l.tran", now=walked.world.clock.now())
    walk = Walk(walked.world.paste, pasted, walked.clipboard, Person(["", "q"]))
    assert await walk.run(walked.world.engine) is None
    said = capsys.readouterr().out
    assert "l.tran ticked “" in said
    assert walked.memory.seen[:2] == [first.text, pasted.items[2].text]
    ticks = await walked.world.desk.book.all(Tick)
    assert {tick.by for tick in ticks} == {"l.tran"}
