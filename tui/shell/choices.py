"""What a person chose about the screen: the theme, columns and saved views. Kept in the home for the next start."""

from __future__ import annotations

import asyncio
import os
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from tui.text import notify
from tui.theme import VARIABLE, first_theme
from tui.wiring.profile import screen_choices

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui.app import DeskApp
    from tui.attention.long_work import LongWork
    from tui.wiring.profile import ScreenChoices


class KeptChoices:
    """The choices as they hold now."""

    def __init__(self, app: DeskApp) -> None:
        """Read what was kept, and choose the theme: of the environment, else the kept one, else the profile's."""
        self._app = app
        settings = app.settings
        self._file = screen_choices(settings)
        self.now = self._file.read()
        """What a person chose."""
        self._one_at_a_time = asyncio.Lock()
        self.theme = first_theme(
            (
                (VARIABLE, os.environ.get(VARIABLE, "")),
                ("screen.json", self.now.theme_for(settings.profile.theme)),
                (f"theme in the profile “{settings.name}”", settings.profile.theme),
            )
        )
        """The theme at the start, with what was wrong with the names that count more."""

    def choose_theme(self, name: str) -> None:
        """Show a theme from now on, also after the next start."""
        over = self._app.settings.profile.theme
        self._app.theme = name
        self.keep(lambda choices: msgspec.structs.replace(choices, theme=name, theme_over=over))

    def keep(self, change: Callable[[ScreenChoices], ScreenChoices]) -> None:
        """Change what a person chose, and keep it."""
        self._app.begin_work(partial(self.store, change), "keep-choices", exclusive=False)

    async def keep_to_push(self, bulk_push: LongWork) -> None:
        """Keep the cards that a bulk push has still to begin, so that the next start marks them, whatever ends the app.

        This is called before the first card begins and after the last: in between the book says which have begun.
        """
        profile, card_ids = self._app.settings.name, tuple(bulk_push.not_begun)
        await self.store(lambda choices: choices.with_to_push(profile, card_ids, bulk_push.began))

    async def store(self, change: Callable[[ScreenChoices], ScreenChoices]) -> None:
        """Change what a person chose, and return once it is kept, or once it is said why it can't be kept."""
        from core.error_words import why_failed

        self.now = change(self.now)
        try:
            async with self._one_at_a_time:  # each change reads the file first
                self.now = await asyncio.to_thread(self._file.change, change)
        except OSError as error:
            said = f"This choice holds only until you leave: it can't be kept: {why_failed(error)}."
            notify(self._app, said, severity="warning")
