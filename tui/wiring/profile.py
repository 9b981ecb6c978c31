"""From the command line's options to a profile's settings; where each of them comes from, and what is wrong with them.

What a person chose about the screen is read here too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec import Struct

from core.errors import DeskError, UsageError
from core.push.plan import System
from core.systems import config_key
from data.configuration.definition import EMBEDDED
from data.loopback import without_login
from data.operator_files.screen_choices import SavedView, ScreenChoices, ScreenChoicesFile
from data.settings import Settings, find_home, load_settings, unknown_profile

if TYPE_CHECKING:
    from data.operator_files.toml_lines import KeyPath

__all__ = [
    "ConfigReport",
    "FoundProblem",
    "SavedView",
    "ScreenChoices",
    "ScreenChoicesFile",
    "ShownSecret",
    "ShownSettings",
    "ShownValue",
    "check_config",
    "config_schema",
    "screen_choices",
    "settings_of",
    "shown_settings",
]

DEFAULT: Final = "default"
"""The source of a value that nothing names."""


def settings_of(home: str | None, profile: str | None) -> Settings:
    """Return the settings for `--home` and `--profile`. Raises `UsageError`."""
    return load_settings(find_home(home), profile)


def screen_choices(settings: Settings) -> ScreenChoicesFile:
    """Return the file of what a person chose about the screen."""
    return ScreenChoicesFile(settings.home)


def config_schema() -> dict[str, Any]:
    """Return the JSON schema of config.toml."""
    from data.configuration import schema

    return schema.config_schema()


# -- each value with its source ---------------------------------------------------------------------------------


class ShownValue(NamedTuple):
    """One setting: its key in the profile, the value in use, and the source of the value.

    `source` is a file of the home, an option, an environment variable, or "default". `line` is that of config.toml.
    """

    key: str
    value: object
    source: str
    line: int | None = None


class ShownSecret(NamedTuple):
    """One secret of a profile: who it is for, its environment variable, and where it is stored ("" if nowhere)."""

    name: str
    variable: str
    source: str


class ShownSettings(NamedTuple):
    """The settings of a run. `about` has the home, the file and the profile itself."""

    about: tuple[ShownValue, ...]
    values: tuple[ShownValue, ...]
    secrets: tuple[ShownSecret, ...]


def shown_settings(
    home: str | None, profile: str | None, environment: Mapping[str, str] = os.environ
) -> ShownSettings:
    """Return each setting of a profile with its source. No secret is in it. Raises `UsageError`."""
    from data.operator_files.toml_lines import key_lines
    from data.settings import read_text

    settings = load_settings(find_home(home, environment), profile)
    file = settings.home / "config.toml"
    lines = key_lines(read_text(file))
    by = "--home" if home else "BROKERDESK_HOME" if environment.get("BROKERDESK_HOME") else DEFAULT
    named = ("--profile", None) if profile else _at(lines, ("profile",))
    about = (
        ShownValue("home", str(settings.home), by),
        ShownValue("file", str(file), "" if file.exists() else "it is not there"),
        ShownValue("profile", settings.name, *named),
    )
    above = ("profiles", settings.name)
    values = [_in_use(settings, value, environment) for value in _values(settings.profile, lines, above)]
    return ShownSettings(about, tuple(values), tuple(_secrets(settings, environment)))


def _values(section: Struct, lines: Mapping[KeyPath, int], path: KeyPath) -> Iterator[ShownValue]:
    """Yield the values of a table and of the tables below it. `path` leads to the table from the top of the file."""
    from msgspec import to_builtins

    from data.configuration.keys import keys_of
    from data.configuration.shape import shown_path

    for key in keys_of(type(section)).values():
        here = (*path, key.name)
        value = getattr(section, key.field)
        if isinstance(value, Struct):
            yield from _values(value, lines, here)
        elif isinstance(value, dict) and value:
            for name, text in value.items():
                entry = (*here, name)
                yield ShownValue(shown_path(entry[2:]), without_login(text), *_at(lines, entry))
        else:
            plain = without_login(value) if isinstance(value, str) else to_builtins(value)
            yield ShownValue(shown_path(here[2:]), plain, *_at(lines, here))


def _at(lines: Mapping[KeyPath, int], path: KeyPath) -> tuple[str, int | None]:
    """Return the source of a value, with its line."""
    return ("config.toml", lines[path]) if path in lines else (DEFAULT, None)


def _in_use(settings: Settings, shown: ShownValue, environment: Mapping[str, str]) -> ShownValue:
    """Return a setting with the value that counts: a default may depend on others, and a theme is chosen elsewhere."""
    profile = settings.profile
    if shown.key == "theme":
        from tui.theme import VARIABLE

        if named := environment.get(VARIABLE):
            return ShownValue(shown.key, named, VARIABLE)
        if chosen := screen_choices(settings).read().theme_for(profile.theme):
            return ShownValue(shown.key, chosen, "screen.json")
    if shown.source != DEFAULT:
        return shown
    depends = {
        "workspace": profile.workspace,
        "operator": settings.operator,
        "writer": profile.writes,
        "country": settings.country.value,
    }
    return shown._replace(value=depends.get(shown.key, shown.value))


def _secrets(settings: Settings, environment: Mapping[str, str]) -> Iterator[ShownSecret]:
    """Yield the secrets that a profile may need. The embedded sandbox has its own."""
    from data.secrets import place_of
    from data.settings import (
        BOOK_VARIABLE,
        CALCULATIONS_VARIABLE,
        LISTEN_VARIABLE,
        NOTICE_VARIABLE,
        secret_variable,
    )
    from tui.wiring.systems import contact_systems

    if settings.embedded:
        return
    wanted = [(config_key(system), system.value, secret_variable(system)) for system in _reached(settings)]
    if contact_systems(settings):
        wanted += [
            ("listen", "listen", LISTEN_VARIABLE),
            ("calculations", "calculations", CALCULATIONS_VARIABLE),
            ("notices", "notices", NOTICE_VARIABLE),
        ]
    if settings.has_team_book:
        wanted.append(("book", "book", BOOK_VARIABLE))
    for shown, name, variable in wanted:
        stored = (
            "environment" if environment.get(variable) else place_of(settings.home, f"{settings.name}:{name}")
        )
        yield ShownSecret(shown, variable, stored)


def _reached(settings: Settings) -> Iterator[System]:
    """Yield the systems that a profile reaches by an address."""
    for system in System:
        chosen = settings.profile.system(system)
        if chosen is not None and chosen.url:
            yield system


# -- what is wrong ----------------------------------------------------------------------------------------------


class FoundProblem(NamedTuple):
    """A problem of the settings: the file, the key in it, its line (None if it isn't known), and what happened."""

    file: Path
    key: str
    line: int | None
    error: DeskError

    @property
    def what_happened(self) -> str:
        """The message without the file, the line and the key, as a sentence."""
        place = rf"{re.escape(str(self.file))}(?:, line \d+)?: (?:{re.escape(self.key)}: )?"
        sentence = re.sub(f"^{place}", "", self.error.message)
        return sentence[:1].upper() + sentence[1:]


class ConfigReport(NamedTuple):
    """What a check found. `profiles` are the names of the profiles that it looked at, () if the file can't be read."""

    file: Path
    profiles: tuple[str, ...]
    problems: tuple[FoundProblem, ...]


def check_config(home: str | None, profile: str | None) -> ConfigReport:
    """Look for every problem of config.toml and of the files that it names. Asks no system, and writes nothing.

    With `profile`, that profile alone is looked at. Raises `UsageError` if the file has no such profile.
    """
    from data.operator_files.toml_lines import key_lines
    from data.operator_files.toml_text import BadToml
    from data.settings import parse_table, read_text

    folder = find_home(home)
    file = folder / "config.toml"
    try:
        text = read_text(file)
        raw = parse_table(file, text)
    except UsageError as error:
        line = error.__cause__.line if isinstance(error.__cause__, BadToml) else None
        return ConfigReport(file, (), (FoundProblem(file, "", line, error),))
    check = _ConfigCheck(folder, raw, key_lines(text))
    return ConfigReport(file, check.names(profile), tuple(check.problems(profile)))


class _ConfigCheck:
    """The check of a file that is TOML. `raw` is what it says, `lines` has the line of each key."""

    def __init__(self, home: Path, raw: Mapping[str, Any], lines: Mapping[KeyPath, int]) -> None:
        self._home = home
        self._file = home / "config.toml"
        self._lines = lines
        self._raw = raw
        profiles = raw.get("profiles")
        self._profiles: Mapping[str, Any] = profiles if isinstance(profiles, dict) else {}

    def names(self, profile: str | None) -> tuple[str, ...]:
        """Return the names of the profiles to look at. Raises `UsageError` for one that the file does not have."""
        if profile is not None and profile not in self._profiles:
            raise unknown_profile(self._home, profile, self._profiles)
        return tuple(name for name in self._profiles if profile in (None, name))

    def problems(self, profile: str | None) -> Iterator[FoundProblem]:
        """Yield each problem: first those of the form, then those of each profile that has the right form."""
        from data.configuration.shape import ShapeCheck

        wrong: set[KeyPath] = set()
        for problem in ShapeCheck(self._file, self._lines).problems(self._raw):
            wrong.add(problem.path[:2])
            if problem.path[0] != "profiles" or profile in (None, *problem.path[1:2]):
                yield self._found(problem.path, problem.error)
        named = self._raw.get("profile")
        if isinstance(named, str) and named not in ("", EMBEDDED, *self._profiles):
            yield self._found(("profile",), unknown_profile(self._home, named, self._profiles))
        for name in self.names(profile):
            if ("profiles", name) not in wrong:
                yield from self._of_profile(name)

    def _found(self, path: KeyPath, error: DeskError, file: Path | None = None) -> FoundProblem:
        """Return a problem. If no line has the key itself, the line is that of the table that lacks it."""
        from data.configuration.shape import shown_path

        if file is not None:
            return FoundProblem(file, "", None, error)
        lines = (self._lines.get(path[:end]) for end in range(len(path), 0, -1))
        return FoundProblem(self._file, shown_path(path), next(filter(None, lines), None), error)

    def _of_profile(self, name: str) -> Iterator[FoundProblem]:
        """Yield what is wrong with values of the right form, and with the files that they name."""
        from core.decoding.typed_json import convert_value
        from data.configuration.definition import Profile

        above = ("profiles", name)
        settings = Settings(self._home, name, convert_value(self._profiles[name], Profile))
        said: set[str] = set()
        for key, look in _looks():
            try:
                look(settings)
            except DeskError as error:
                if error.message not in said:  # the hours need the zone, which may have been named already
                    said.add(error.message)
                    yield self._found((*above, *key), error, _other_file(settings, key))
        for key, wrong in _on_screen(settings):
            yield self._found((*above, *key), wrong)


def _looks() -> Iterator[tuple[KeyPath, Callable[[Settings], object]]]:
    """Yield what looks at the values of a profile, each with the key that it is about. A look raises `DeskError`."""
    from data import settings
    from data.maps.milestones import read_milestones
    from data.vendors.http.client import check_proxy
    from tui.wiring.book import check_kind
    from tui.wiring.cards import folder_answers
    from tui.wiring.field_maps import read_maps
    from tui.wiring.systems import check_folder, check_one_source

    yield ("live",), settings.check_live
    yield ("book",), check_kind
    yield from (((config_key(system), "url"), partial(_look_at_address, system=system)) for system in System)
    yield ("brokerengine", "folder"), check_one_source
    yield ("brokerengine", "folder"), check_folder
    yield ("zone",), settings.read_zone  # before what needs the zone: a problem is said once
    yield ("brokerengine", "columns"), folder_answers
    yield ("proxy",), lambda chosen: check_proxy(chosen.profile.proxy)
    yield ("send_hours",), settings.read_send_hours
    yield ("one_way",), settings.read_one_way
    yield ("owners",), settings.read_ties
    yield ("total_expert", "defaults"), settings.read_new_contacts
    yield ("map",), read_maps
    yield ("milestones",), read_milestones


def _look_at_address(settings: Settings, system: System) -> None:
    """Raise `UsageError` if a profile has a table for a system without an address, or with one that can't be used."""
    from data.configuration.definition import BrokerEngineSettings
    from data.settings import not_configured
    from data.vendors.http.client import check_url

    chosen = settings.profile.system(system)
    if chosen is None or (isinstance(chosen, BrokerEngineSettings) and not chosen.has_gateway):
        return
    if not chosen.url:
        raise not_configured(settings, system)
    check_url(chosen.url, system)


def _other_file(settings: Settings, key: KeyPath) -> Path | None:
    """Return the file that the value of a key names, if it is there: then the problem is in it."""
    from tui.wiring.field_maps import own_map_file
    from tui.wiring.systems import in_home

    profile = settings.profile
    files: dict[KeyPath, Path] = {
        ("map",): own_map_file(settings),
        ("milestones",): in_home(settings, profile.milestones),
        ("one_way",): in_home(settings, profile.one_way),
    }
    file = files.get(key)
    return file if file is not None and file.is_file() else None


def _on_screen(settings: Settings) -> Iterator[tuple[KeyPath, UsageError]]:
    """Yield what is wrong with the keys and the theme that a profile names."""
    from tui.actions import validate_keymap
    from tui.theme import THEMES

    profile = settings.profile
    where = f"{settings.home / 'config.toml'}: profiles.{settings.name}"
    for problem in validate_keymap(profile.keys).problems:
        names = [name for name in profile.keys if name in problem.replace(":", "'").split("'")]
        message = f"{where}.keys: {problem}{'' if problem.endswith('?') else '.'}"
        yield (
            ("keys", *names[:1]),
            UsageError("bad-config", message, when="a key of your own can't be used"),
        )
    if profile.theme and profile.theme not in THEMES:
        message = f"{where}.theme: there is no theme “{profile.theme}”."
        yield (
            ("theme",),
            UsageError("bad-config", message, when="the theme isn't there", known=", ".join(THEMES)),
        )
