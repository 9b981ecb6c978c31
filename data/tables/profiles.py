"""Answers about columns that are remembered: one small TOML file for each form of file, in a folder of the home.

    kind = "contacts"
    headers = ["Kunde", "Handy"]
    [columns]
    "Handy" = "mobile_phone"
    "Kunde" = ""

A profile holds headers and our names of columns, never a value of a file. It is found again when a file with the same
headers comes, in any order.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from core.decoding.typed_json import convert_value
from core.error_words import why_failed
from core.errors import UsageError
from data.private_files import replaced_file
from data.tables.columns import (
    BadColumnAnswers,
    ColumnAnswers,
    ColumnProfile,
    WantedColumns,
    own_name,
    parse_answers,
)

_NAME: Final = re.compile(r"[^\W_](?:[\w. -]{0,58}[^\W_])?")
_HEADERS: Final = 1_000
"""The most headers that a profile may have."""


class _Stored(Struct, frozen=True, forbid_unknown_fields=True):
    kind: str
    headers: tuple[str, ...]
    columns: dict[str, str]


class ColumnProfiles:
    """The remembered answers in one folder, which need not exist."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def all(self) -> tuple[ColumnProfile, ...]:
        """Return the profiles that can be read, by name. A damaged file is as if it were not there."""
        profiles: list[ColumnProfile] = []
        try:
            names = sorted(path.stem for path in self._folder.glob("*.toml"))
        except OSError:
            return ()
        for name in names:
            try:
                profiles.append(self._read(name))
            except (OSError, ValueError, RecursionError, msgspec.ValidationError):
                continue
        return tuple(profiles)

    def named(self, name: str) -> ColumnProfile:
        """Return a profile by its name. Raises `UsageError` if there is none, or if it is damaged."""
        if not is_profile_name(name) or not self._file(name).is_file():
            known = ", ".join(profile.name for profile in self.all()) or "none"
            raise UsageError(
                "bad-columns", f"No answers about columns are remembered as {name}. There are: {known}."
            )
        try:
            return self._read(name)
        except (OSError, ValueError, RecursionError, msgspec.ValidationError):
            raise UsageError(
                "bad-columns", f"{self._file(name)} can't be read.", when="a remembered file is damaged"
            ) from None

    def remember(self, name: str, kind: str, headers: Sequence[str], columns: Mapping[str, str]) -> str:
        """Keep answers under a name, which replaces earlier ones for the same headers. Return the name that was taken.

        A name that other headers have gets a number at its end. Raises `UsageError` if the file can't be written.
        """
        there = {profile.name.casefold(): profile for profile in self.all()}
        for profile in there.values():
            if profile.fits(kind, headers):
                name = profile.name
        free, number = name, 2
        while free.casefold() in there and not there[free.casefold()].fits(kind, headers):
            free, number = f"{name}-{number}", number + 1
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with replaced_file(self._file(free)) as file:
                file.write(_toml(kind, headers, columns).encode("utf-8", "replace"))
        except OSError as error:
            raise UsageError(
                "unwritable-file", f"{self._file(free)} can't be written: {why_failed(error)}."
            ) from None
        return free

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.toml"

    def _read(self, name: str) -> ColumnProfile:
        with self._file(name).open("rb") as file:
            raw: dict[str, Any] = tomllib.load(file)
        stored = convert_value(raw, _Stored)
        return ColumnProfile(name, stored.kind, stored.headers[:_HEADERS], stored.columns)


def given_answers(text: str, wanted: Sequence[WantedColumns], profiles: ColumnProfiles) -> ColumnAnswers:
    """Return the answers in what `--columns` takes: `theirs=ours,…`, or the name of remembered answers; "" for neither.

    `wanted` are the kinds of file that a command reads; the first one gives the answers their kind.
    Raises `UsageError` if it is neither, or if the remembered answers are for another kind of file.
    """
    if not text:
        return ColumnAnswers(remembered=profiles.all())
    if "=" not in text:
        profile = profiles.named(text)
        about = [kind for kind in wanted if kind.kind == profile.kind]
        if not about:
            kinds = " or ".join(kind.kind for kind in wanted)
            raise UsageError("bad-columns", f"{text} is about files of {profile.kind}, not of {kinds}.")
        unknown = [column for column in filter(None, profile.columns.values()) if not own_name(column, about)]
        if unknown:
            raise UsageError(
                "bad-columns",
                f"The answers in {text} name columns that there are not: {', '.join(unknown)}.",
                when="a remembered file is damaged",
            )
        return ColumnAnswers(profile)
    try:
        return ColumnAnswers(ColumnProfile("", wanted[0].kind, (), parse_answers(text, wanted)))
    except BadColumnAnswers as error:
        names = ", ".join(dict.fromkeys(name for kind in wanted for name in kind.names))
        raise UsageError("bad-columns", f"--columns: {error}. The columns are: {names}.") from None


def is_profile_name(name: str) -> bool:
    """Return True if answers can be remembered under a name: letters, digits, blanks, dots, hyphens, 60 at most."""
    return _NAME.fullmatch(name) is not None


def proposed_name(file: str) -> str:
    """Return a name for the answers about a file: the file's own name without its ending."""
    stem = re.sub(r"[^\w. -]+", "-", Path(file).stem).strip("-_. ")[:60].strip("-_. ")
    return stem if is_profile_name(stem) else "columns"


def _toml(kind: str, headers: Sequence[str], columns: Mapping[str, str]) -> str:
    lines = [
        "# Which header of such a file is which column. A header without a column is left out.",
        f"kind = {_quoted(kind)}",
        f"headers = [{', '.join(map(_quoted, headers))}]",
        "[columns]",
        *(f"{_quoted(header)} = {_quoted(column)}" for header, column in columns.items()),
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Return a TOML string. A half character becomes a question mark."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return json.dumps(whole, ensure_ascii=False).replace("\x7f", "\\u007f")
