"""From the command line's options to a profile's settings."""

from __future__ import annotations

from data.settings import Settings, find_home, load_settings


def settings_of(home: str | None, profile: str | None) -> Settings:
    """Return the settings for `--home` and `--profile`. Raises `UsageError`."""
    return load_settings(find_home(home), profile)
