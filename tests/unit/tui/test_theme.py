import itertools

import pytest
from textual.app import App, ComposeResult
from textual.color import Color
from textual.widgets import Static

from tests.support.hostile_text import CORPUS
from tests.support.widgets import all_widgets
from tui.text import plain
from tui.theme import DARK, HARBOUR, HARBOUR_LIGHT, LIGHT, Palette, register_themes, variable_defaults

GROUNDS = ("background", "surface", "panel", "highlight")
INKS = ("text", "strong", "muted_lit", "primary", "good", "warn", "bad", "lilac")


def luminance(colour: str) -> float:
    # WCAG 2.2, relative luminance
    parts = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in Color.parse(colour).normalized
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(ink: str, ground: str) -> float:
    high, low = sorted((luminance(ink), luminance(ground)), reverse=True)
    return (high + 0.05) / (low + 0.05)


PAIRS = [*itertools.product(INKS, GROUNDS), *(("muted", ground) for ground in GROUNDS[:3])]


@pytest.mark.parametrize("palette", [HARBOUR, HARBOUR_LIGHT], ids=[DARK, LIGHT])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_what_is_read_can_be_read(palette: Palette, ink: str, ground: str) -> None:
    assert contrast(getattr(palette, ink), getattr(palette, ground)) >= 4.5


class Coloured(App[None]):
    CSS = "Static { color: $good; background: $highlight; border: round $rule; }"

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variable_defaults()

    def compose(self) -> ComposeResult:
        yield Static(plain("here", "$muted"))
        yield from all_widgets(CORPUS["a tag"])


@pytest.mark.parametrize("theme", [DARK, LIGHT, "nord", "ansi-dark"])
async def test_the_screens_colours_exist_in_every_theme(theme: str) -> None:
    app = Coloured()
    register_themes(app)
    async with app.run_test() as pilot:
        app.theme = theme
        await pilot.pause()
        assert app.theme == theme
