"""Eyes nearby in the app: no client datum is on any screen or dialog, and a desk that nobody touches shows counts."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from core.flex.model import Card, Person
from core.local_forms import money
from tests.support.fake_desk import CARDS, FakeDesk, fake_app
from tests.support.hostile_text import shown
from tests.support.until import at_rest, flat, says
from tui.app import DeskApp
from tui.clipboard import Reached
from tui.eyes import eyes
from tui.eyes.mask import BLANK
from tui.text import notify

MINUTE = 60.0


def private(cards: tuple[Any, ...]) -> Iterator[str]:
    """Yield the names, emails, phones and amounts of cards, as screens may show them."""
    for card in cards:
        if not isinstance(card, Card):
            continue
        for applicant in card.people:
            yield from _of(applicant.contact)
        amounts = (card.requirements.loan_amount, card.property.valuation_amount if card.property else None)
        for amount in filter(None, amounts):
            yield from (money(amount), f"{amount:,.2f}", f"{int(amount)}")


def _of(person: Person) -> Iterator[str]:
    names = f"{person.first_name or ''} {person.last_name or ''}".split()
    yield from (name for name in names if len(name) > 2)
    phones = (person.phones.mobile, person.phones.home, person.phones.office)
    yield from (value for value in (person.email, *phones) if value)


DATA = sorted({*private(CARDS)} - {"Pty", "Ltd"})


def leaks(pilot: Pilot[Any]) -> list[str]:
    """Return the client data that is on the screen."""
    text = flat(pilot)
    return [datum for datum in DATA if re.search(rf"(?<!\w){re.escape(datum)}(?!\w)", text, re.IGNORECASE)]


@pytest.fixture
async def pilot(tmp_path: Path) -> AsyncIterator[Pilot[Any]]:
    desk = FakeDesk(tmp_path).pushed("C-1042", 97).pushed("C-1051", 25, opportunity="refused")
    app = fake_app(desk)
    async with app.run_test(size=(132, 40), notifications=True) as pilot:
        await at_rest(pilot)
        yield pilot


WALK = (
    "",
    *("tab", "tab", "tab", "enter", "tab"),
    *("p", "escape", "h", "space", "escape", "n", "escape", "l", "escape"),
    *("down", "p", "y", "escape", "down", "down"),
    *("slash", "enter", "escape", "space", "down", "space", "p", "escape"),
    *("question_mark", "escape", "ctrl+p", "escape"),
    *("0", "tab", "4", "down", "tab", "1"),
)


@pytest.mark.parametrize("size", [(132, 40), (80, 24)])
async def test_no_screen_and_no_dialog_shows_what_belongs_to_a_client(
    pilot: Pilot[Any], size: tuple[int, int]
) -> None:
    await pilot.resize_terminal(*size)
    await at_rest(pilot)
    assert leaks(pilot)
    await pilot.press("f6")
    for key in WALK:
        if key:
            await pilot.press(key)
        await at_rest(pilot)
        assert leaks(pilot) == [], f"after {key}:\n{shown(pilot.app)}"
    await pilot.press("escape", "1", "f6")
    await at_rest(pilot)
    assert leaks(pilot)


async def test_notices_and_what_was_typed_are_hidden_too_and_nothing_is_copied(pilot: Pilot[Any]) -> None:
    app = pilot.app
    assert isinstance(app, DeskApp)
    await pilot.press("slash", *"tran")
    await at_rest(pilot)
    await pilot.press("f6")
    await at_rest(pilot)
    assert "tran" not in flat(pilot)
    assert app.screen.query_one(Input).value == "tran"
    notify(app, "Linh Nguyen has no email.")
    await says(pilot, "has no email")
    assert leaks(pilot) == []
    assert app.copies_to.copy("Linh Nguyen") is Reached.HIDDEN
    await pilot.press("f6")
    await at_rest(pilot)
    assert "tran" in flat(pilot)
    assert app.copies_to.copy("Linh Nguyen") is Reached.SYSTEM


async def test_ids_states_and_our_own_words_stay(pilot: Pilot[Any]) -> None:
    await pilot.press("f6")
    await at_rest(pilot)
    text = flat(pilot)
    assert all(word in text for word in ("C-1042", "AIP", "Fields", "LOOK AT THESE", "SANDBOX"))


async def test_a_desk_that_nobody_touches_shows_counts_and_the_key_that_wakes_it_does_nothing_else(
    tmp_path: Path,
) -> None:
    desk = FakeDesk(tmp_path).pushed("C-1051", 25, opportunity="refused")
    app = fake_app(desk)
    profile = msgspec.structs.replace(app.settings.profile, lock_after=10)
    app.settings = msgspec.structs.replace(app.settings, profile=profile)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await at_rest(pilot)
        desk.clock.at += 9 * MINUTE
        await app.privacy.idle_guard.look()
        assert "C-1042" in flat(pilot)
        desk.clock.at += 2 * MINUTE
        await app.privacy.idle_guard.look()
        assert "1 push asks you" in await says(pilot, "nobody here since")
        assert leaks(pilot) == []
        assert "C-10" not in flat(pilot)
        notify(app, "Linh Nguyen is linked.")
        await at_rest(pilot)
        assert "linked" not in flat(pilot)
        await pilot.press("p")
        await at_rest(pilot)
        assert len(app.screen_stack) == 1
        assert "C-1042" in flat(pilot)
        await pilot.press("f5")
        await says(pilot, "nobody here since")
        await pilot.press("f9")  # even a key that works everywhere
        await at_rest(pilot)
        assert app.stop_switch.stop is None
        await pilot.press("f5")
        await says(pilot, "nobody here since")
        await pilot.click(offset=(4, 4))
        await at_rest(pilot)
        assert len(app.screen_stack) == 1
        assert app.screen.query_one("#card-list").cursor_key == "C-1051"  # type: ignore[attr-defined] # a list of cards


async def test_what_takes_longer_to_learn_is_learnt_in_slices_behind_a_blank_screen(
    pilot: Pilot[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eyes, "SLICE", -1.0)
    monkeypatch.setattr(eyes, "_STEP", 4)
    app = pilot.app
    assert isinstance(app, DeskApp)
    slices: list[int] = []
    learn = eyes.EyesNearby._learn_for_a_while

    def counted(self: eyes.EyesNearby, values: Iterator[eyes.Value]) -> bool:
        before = self._vocabulary.size
        left = learn(self, values)
        slices.append(self._vocabulary.size - before)
        if left and self._to_learn is not None:
            assert self.filters() == (BLANK,)
        return left

    monkeypatch.setattr(eyes.EyesNearby, "_learn_for_a_while", counted)
    await pilot.press("f6")
    await at_rest(pilot)
    assert len(slices) > 3
    assert max(slices) < sum(slices) / 2
    assert leaks(pilot) == []
    assert "C-1042" in flat(pilot)
