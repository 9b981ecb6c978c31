"""Finds the line of each key in a TOML text. Knows no setting."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, Final

KeyPath = tuple[str, ...]
"""The keys that lead to a value, from the top: ("profiles", "live", "flex", "rate")."""

_CLOSING: Final = ("]", "}", '"""', "'''")
"""What the last line of a value over several lines has."""


def key_lines(text: str) -> dict[KeyPath, int]:
    """Return the line, counted from 1, of each key and of each heading. `text` is TOML.

    A key of an inline table has the line on which the inline table begins. Of a table that is there several times, as
    `[[row]]` is, the first counts.
    """
    found: dict[KeyPath, int] = {}
    above: KeyPath = ()
    for number, statement in _statements(text):
        table = tomllib.loads(statement)
        is_heading = statement.lstrip().startswith("[")
        paths = list(_paths(table))
        if is_heading:
            above = paths[-1]
        for path in paths:
            found.setdefault(path if is_heading else (*above, *path), number)
    return found


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield each heading and each key with its value, with the line on which it begins.

    Every statement of TOML is TOML by itself, so a statement ends with the first line that makes it that.
    """
    lines: list[str] = []
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        lines.append(line)
        is_open = len(lines) > 1 and not any(sign in line for sign in _CLOSING)
        if is_open or not _is_toml(statement := "\n".join(lines)):
            continue
        if statement.strip() and not statement.lstrip().startswith("#"):
            yield number - len(lines) + 1, statement
        lines = []


def _is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except ValueError:  # `TOMLDecodeError` is one, and a number with too many digits raises one
        return False
    return True


def _paths(table: Mapping[str, Any], above: KeyPath = ()) -> Iterator[KeyPath]:
    """Yield the path of each key in a table, an outer key before the inner ones."""
    for key, value in table.items():
        yield (*above, key)
        inner = value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else value
        if isinstance(inner, dict):
            yield from _paths(inner, (*above, key))
