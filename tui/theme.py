"""Our themes harbour (dark), harbour-light and harbour-contrast: their colours by meaning. Knows no widget.

The CSS of widgets uses only names that every theme of Textual has, so the app works in each of them. The CSS of screens
may also use the names in `variable_defaults`. Text has a contrast of at least 4.5:1 on each ground where it is used,
and of at least 7:1 in harbour-contrast. The test of this module measures the contrast.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec import Struct
from textual.theme import BUILTIN_THEMES, Theme

if TYPE_CHECKING:
    from textual.app import App

DARK = "harbour"
LIGHT = "harbour-light"
CONTRAST = "harbour-contrast"
VARIABLE: Final = "BROKERDESK_THEME"
"""The environment variable that names a theme."""


class Palette(Struct, frozen=True):
    """Colours by their meaning: first the grounds, then what is painted on them."""

    background: str
    surface: str
    panel: str
    highlight: str
    rule: str
    """Thin lines and the empty end of a bar. Never text."""
    text: str
    strong: str
    muted: str
    muted_lit: str
    """The muted colour on the highlighted row, where it has to stand out more to be readable."""
    primary: str
    good: str
    warn: str
    bad: str
    lilac: str

    @property
    def variables(self) -> dict[str, str]:
        """The colours under the names that the screens' CSS and markup use."""
        return {
            "highlight": self.highlight,
            "rule": self.rule,
            "strong": self.strong,
            "muted": self.muted,
            "muted-lit": self.muted_lit,
            "good": self.good,
            "warn": self.warn,
            "bad": self.bad,
            "lilac": self.lilac,
        }


HARBOUR = Palette(
    background="#10151b",
    surface="#161e27",
    panel="#1b242e",
    highlight="#22303b",
    rule="#2c3843",
    text="#c9d3dc",
    strong="#e6edf3",
    muted="#7e8d98",
    muted_lit="#8d9ba6",
    primary="#5ab0c4",
    good="#86c06c",
    warn="#e0b050",
    bad="#e07a6e",
    lilac="#9fb0dc",
)
HARBOUR_LIGHT = Palette(
    background="#f6f8f9",
    surface="#eef2f5",
    panel="#e6ebef",
    highlight="#d5e2e9",
    rule="#c3ced6",
    text="#1f2a33",
    strong="#0c1319",
    muted="#566570",
    muted_lit="#4f5e69",
    primary="#1a677b",
    good="#34691f",
    warn="#7c5300",
    bad="#a8352a",
    lilac="#4b5fa8",
)
HARBOUR_CONTRAST = Palette(
    background="#000000",
    surface="#0a0a0a",
    panel="#161616",
    highlight="#17304f",
    rule="#8a8a8a",
    text="#ffffff",
    strong="#ffffff",
    muted="#cfcfcf",
    muted_lit="#e2e2e2",
    primary="#6fdcff",
    good="#8cf07a",
    warn="#ffd23f",
    bad="#ffb3a7",
    lilac="#cdd6ff",
)
_OURS: Final = {DARK: HARBOUR, LIGHT: HARBOUR_LIGHT, CONTRAST: HARBOUR_CONTRAST}
THEMES: Final = (*_OURS, *(name for name in BUILTIN_THEMES if name not in _OURS))
"""The names of all themes, ours first."""


class ThemeChoice(NamedTuple):
    """The theme to use, and for each name that was refused before it a sentence that says why."""

    name: str
    problems: tuple[str, ...]


def first_theme(wanted: Iterable[tuple[str, str]]) -> ThemeChoice:
    """Return the first wanted theme that exists; harbour if none does.

    `wanted` has pairs (who names the theme, such as "theme in the profile"; its name, "" for none), in the order in
    which they count.
    """
    problems: list[str] = []
    for source, name in wanted:
        if name in THEMES:
            return ThemeChoice(name, tuple(problems))
        if name:
            near = get_close_matches(name, THEMES, 1)
            hint = f"did you mean “{near[0]}”?" if near else f"There are: {', '.join(THEMES)}."
            problems.append(f"{source}: there is no theme “{name}”{'; ' if near else '. '}{hint}")
    return ThemeChoice(DARK, tuple(problems))


def variable_defaults(theme: Theme) -> dict[str, str]:
    """Return the screens' own variables for a theme that lacks them, as `App.get_theme_variable_defaults` has to."""
    return (HARBOUR if theme.dark else HARBOUR_LIGHT).variables


def register_themes(app: App[Any]) -> None:
    """Register our themes with the app, which then takes one by `app.theme = DARK`."""
    for name, palette in _OURS.items():
        app.register_theme(_theme(name, palette))


def _theme(name: str, palette: Palette) -> Theme:
    return Theme(
        name=name,
        dark=palette is not HARBOUR_LIGHT,
        primary=palette.primary,
        secondary=palette.lilac,
        accent=palette.primary,
        foreground=palette.text,
        background=palette.background,
        surface=palette.surface,
        panel=palette.panel,
        success=palette.good,
        warning=palette.warn,
        error=palette.bad,
        variables={
            **palette.variables,
            "foreground-muted": palette.muted,
            "foreground-darken-2": palette.muted_lit,
            "text-muted": palette.muted,
            "block-cursor-foreground": palette.strong,
            "block-cursor-background": palette.highlight,
            "block-cursor-blurred-foreground": palette.strong,
            "block-cursor-blurred-background": palette.highlight,
            "block-hover-background": palette.panel,
            "border": palette.primary,
            "border-blurred": palette.rule,
            "button-color-foreground": palette.background,
            "input-cursor-background": palette.text,
            "input-cursor-foreground": palette.background,
            "input-selection-background": f"{palette.primary} 35%",
            "footer-background": palette.panel,
            "footer-key-foreground": palette.primary,
            "footer-description-foreground": palette.muted,
            "scrollbar": palette.rule,
            "scrollbar-hover": palette.muted,
            "scrollbar-active": palette.primary,
            "scrollbar-background": palette.background,
            "scrollbar-background-hover": palette.background,
            "scrollbar-background-active": palette.background,
            "scrollbar-corner-color": palette.background,
            "link-color": palette.primary,
        },
    )
