import itertools

import pytest
from textual.app import App, ComposeResult
from textual.color import Color
from textual.widgets import Static

from tests.support.hostile_text import CORPUS
from tests.support.widgets import all_widgets
from tui.text import plain
from tui.theme import (
    CONTRAST,
    DARK,
    HARBOUR,
    HARBOUR_CONTRAST,
    HARBOUR_LIGHT,
    LIGHT,
    THEMES,
    Palette,
    first_theme,
    register_themes,
    variable_defaults,
)

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


@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_the_look_of_high_contrast_has_seven_to_one(ink: str, ground: str) -> None:
    assert contrast(getattr(HARBOUR_CONTRAST, ink), getattr(HARBOUR_CONTRAST, ground)) >= 7


def test_thin_lines_of_the_look_of_high_contrast_can_be_seen() -> None:
    assert contrast(HARBOUR_CONTRAST.rule, HARBOUR_CONTRAST.background) >= 3


@pytest.mark.parametrize(
    ("wanted", "name", "problems"),
    [
        ((), DARK, ()),
        ((("theme", ""),), DARK, ()),
        ((("BROKERDESK_THEME", "nord"), ("theme", "dracula")), "nord", ()),
        ((("BROKERDESK_THEME", ""), ("theme", LIGHT)), LIGHT, ()),
        (
            (("theme", "harbor-light"),),
            DARK,
            ("theme: there is no theme “harbor-light”; did you mean “harbour-light”?",),
        ),
        ((("a", "nrod"), ("b", "nord")), "nord", ("a: there is no theme “nrod”; did you mean “nord”?",)),
    ],
)
def test_the_first_theme_that_is_there_holds(
    wanted: tuple[tuple[str, str], ...], name: str, problems: tuple[str, ...]
) -> None:
    assert first_theme(wanted) == (name, problems)


def test_a_name_like_no_theme_lists_them_all() -> None:
    (problem,) = first_theme([("theme", "zzz")]).problems
    assert all(name in problem for name in THEMES)
    assert {DARK, LIGHT, CONTRAST, "textual-dark", "solarized-light"} <= set(THEMES)


class Coloured(App[None]):
    CSS = "Static { color: $good; background: $highlight; border: round $rule; }"

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variable_defaults(self.current_theme)

    def compose(self) -> ComposeResult:
        yield Static(plain("here", "$muted"))
        yield from all_widgets(CORPUS["a tag"])


async def test_the_screens_colours_exist_in_every_theme() -> None:
    app = Coloured()
    register_themes(app)
    assert set(THEMES) == set(app.available_themes)
    async with app.run_test() as pilot:
        for theme in THEMES:
            app.theme = theme
            await pilot.pause()
            assert app.theme == theme
