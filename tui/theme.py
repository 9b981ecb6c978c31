"""The two looks, "harbour" (dark) and "harbour-light", and the colours by their meaning. Knows no widget.

Widgets' own CSS uses only names that every theme of Textual has, so any theme works; the screens may use the
names of `variable_defaults`. Every colour that carries text keeps 4.5:1 on every ground (tests/unit/tui/test_theme.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from textual.theme import Theme

if TYPE_CHECKING:
    from textual.app import App

DARK = "harbour"
LIGHT = "harbour-light"


class Palette(Struct, frozen=True):
    """Colours by what they are for: grounds first, then what is drawn on them."""

    background: str
    surface: str
    panel: str
    highlight: str
    rule: str
    """Thin lines and bars' empty ends: decoration, never text."""
    text: str
    strong: str
    muted: str
    muted_lit: str
    """The muted grey on the highlighted row, where it must be lighter to be read."""
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


def variable_defaults() -> dict[str, str]:
    """Give the screens' own variables for a theme that lacks them: what `App.get_theme_variable_defaults` returns."""
    return HARBOUR.variables


def register_themes(app: App[Any]) -> None:
    """Make both looks known to the app; it picks one by `app.theme = DARK` or `LIGHT`."""
    app.register_theme(_theme(DARK, HARBOUR))
    app.register_theme(_theme(LIGHT, HARBOUR_LIGHT))


def _theme(name: str, palette: Palette) -> Theme:
    return Theme(
        name=name,
        dark=palette is HARBOUR,
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
