"""From the command line's options to a profile's settings, and to what a person chose about the screen."""

from __future__ import annotations

from data.operator_files.screen_choices import SavedView, ScreenChoices, ScreenChoicesFile
from data.settings import Settings, find_home, load_settings

__all__ = ["SavedView", "ScreenChoices", "ScreenChoicesFile", "screen_choices", "settings_of"]


def settings_of(home: str | None, profile: str | None) -> Settings:
    """Return the settings for `--home` and `--profile`. Raises `UsageError`."""
    return load_settings(find_home(home), profile)


def screen_choices(settings: Settings) -> ScreenChoicesFile:
    """Return the file of what a person chose about the screen."""
    return ScreenChoicesFile(settings.home)
