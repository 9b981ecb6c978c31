"""Finds every key of config.toml that is unknown or has a value of the wrong kind. Reads no file that it names."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from core.decoding.typed_json import convert_value
from core.error_words import shape_fault
from core.errors import UsageError
from data.configuration.definition import Config, is_profile_name
from data.configuration.keys import FREE_NAME, TABLE_OF_TEXTS, ConfigKey, keys_of, sections, toml_key
from data.operator_files.toml_lines import KeyPath

SECRET_NAME: Final = re.compile(r"secret|password|passwd|token", re.IGNORECASE)
"""What the name of a key for a secret has. The settings have no such key."""


class KeyProblem(NamedTuple):
    """What is wrong with one key, as an error that names the file, the line and the key, and says what to write."""

    path: KeyPath
    error: UsageError


def shown_path(path: KeyPath) -> str:
    """Return the path to a key as TOML writes it: `profiles.live.flex.rate`."""
    return ".".join(map(toml_key, path))


def what_to_write(key: ConfigKey, path: KeyPath) -> str:
    """Return the advice for a key with a wrong value, without a full stop. `path` leads to the key or to its entry."""
    if key.section is not None:
        return f"Write a table: the heading [{shown_path(path)}], and its keys below"
    example = key.line()
    takes = "a text for each name" if key.takes == TABLE_OF_TEXTS else key.takes
    return f"Write {takes}, such as {example}" if example else f"Write {takes}"


class ShapeCheck:
    """The check of one file. `lines` has the line of each key.

    If `is_typed` is True, the values come from a command line, where a text may stand for a number.
    """

    def __init__(self, file: Path, lines: Mapping[KeyPath, int], *, is_typed: bool = False) -> None:
        self._file = file
        self._lines = lines
        self._is_typed = is_typed

    def problems(
        self, table: Mapping[str, Any], section: type[Struct] = Config, above: KeyPath = ()
    ) -> Iterator[KeyProblem]:
        """Yield every problem of a table, which has the path `above` and the keys of `section`.

        The value of an unknown key is never repeated: it may be a secret.
        """
        keys = keys_of(section)
        for name, value in table.items():
            path = (*above, name)
            key = keys.get(name)
            if key is None:
                yield KeyProblem(path, self._unknown_key(path, section))
            elif not isinstance(value, Mapping) or key.section is None:
                yield from self._of_value(path, key, section, value)
            elif not key.is_named:
                yield from self.problems(value, key.section, path)
            else:
                for inner, entry in value.items():
                    if not is_profile_name(inner):
                        yield KeyProblem((*path, inner), self._bad_name((*path, inner)))
                    if isinstance(entry, Mapping):
                        yield from self.problems(entry, key.section, (*path, inner))
                    else:
                        yield from self._of_value((*path, inner), key, section, {inner: entry})

    def where(self, path: KeyPath) -> str:
        """Return the file, the line and the key of a problem, as the beginning of its message."""
        line = self._lines.get(path)
        return f"{self._file}{f', line {line}' if line else ''}: {shown_path(path)}"

    def _of_value(
        self, path: KeyPath, key: ConfigKey, section: type[Struct], value: object
    ) -> Iterator[KeyProblem]:
        """Yield what is wrong with the value of a key. Each entry of a table of texts is looked at alone."""
        parts: list[tuple[KeyPath, object]] = [(path, value)]
        if key.takes == TABLE_OF_TEXTS and isinstance(value, Mapping):
            parts = [((*path, name), {name: entry}) for name, entry in value.items()]
        for place, part in parts:
            try:
                convert_value({key.name: part}, section, strict=not self._is_typed)
            except msgspec.ValidationError as error:
                message = f"{self.where(place)}: {shape_fault(error).reason}."
                advice = what_to_write(key, place)
                yield KeyProblem(
                    place,
                    UsageError("bad-config", message, when="the value has the wrong form", advice=advice),
                )

    def _bad_name(self, path: KeyPath) -> UsageError:
        return UsageError(
            "bad-config",
            f"{self.where(path)}: a profile can't be called “{path[-1]}”.",
            when="a profile can't have that name",
        )

    def _unknown_key(self, path: KeyPath, section: type[Struct]) -> UsageError:
        """Return the error of an unknown key, with the best advice that there is."""
        name, keys = path[-1], keys_of(section)
        message = f"{self.where(path)}: there is no key “{name}” here."
        if SECRET_NAME.search(name):
            return UsageError("unknown-key", message, when="the key is for a secret")
        if place := _headings_with(name, path):
            return UsageError("unknown-key", message, when="the key belongs elsewhere", place=place)
        if near := difflib.get_close_matches(name, keys, 1):
            return UsageError("unknown-key", message, when="a key has nearly that name", near=near[0])
        return UsageError("unknown-key", message, known=", ".join(keys))


def _headings_with(name: str, path: KeyPath) -> str:
    """Return where a key belongs, as words that can follow "Move the key to"; "" if no table has that key."""
    profile = path[1] if path[0] == "profiles" and len(path) > 2 else FREE_NAME
    places = [place for place, section in sections() if name in keys_of(section)]
    if () in places:  # the top of the file has no heading
        return "the top of the file, above the first heading"
    headings = " or ".join(f"[{shown_path(_named(place, profile))}]" for place in places)
    return f"the lines below {headings}" if headings else ""


def _named(place: KeyPath, profile: str) -> KeyPath:
    return tuple(profile if part == FREE_NAME else part for part in place)
