"""Reads TOML that a person wrote. Whatever the text is, the answer is a table, or a reason with the line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

MOST_DEPTH: Final = 32
"""How deep tables and lists may lie in each other. No file of the desk needs more than four."""
_INTEGERS: Final = range(-(2**63), 2**63)
"""The whole numbers of TOML."""


class BadToml(Exception):
    """A text is not TOML, or holds what nothing can be made of. The text is the reason as a clause, with the line."""

    @property
    def line(self) -> int | None:
        """The line that is wrong, counted from 1; None if it isn't known."""
        found = re.match(r"line (\d+)", str(self))
        return int(found[1]) if found else None


def parse_toml(text: str) -> dict[str, Any]:
    """Return a TOML text as a table. Raises `BadToml`."""
    if not text:  # a home without a configuration
        return {}
    import tomllib  # noqa: PLC0415 - only where there is a text

    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadToml(_in_words(str(error), text)) from None
    except RecursionError:
        raise BadToml(_too_deep(text)) from None
    except ValueError:  # Python makes no number of so many digits
        raise BadToml(_too_large(text)) from None
    for depth, value in _values(table):
        if depth > MOST_DEPTH:
            raise BadToml(_too_deep(text))
        if type(value) is int and value not in _INTEGERS:
            raise BadToml(_too_large(text))
    return table


def _values(table: Mapping[str, Any]) -> Iterator[tuple[int, object]]:
    """Yield each value with its depth, without recursion: the depth is what is looked for."""
    left: list[tuple[int, object]] = [(0, table)]
    while left:
        depth, value = left.pop()
        yield depth, value
        if depth > MOST_DEPTH:
            continue
        if isinstance(value, Mapping):
            left += [(depth + 1, inner) for inner in value.values()]
        elif isinstance(value, list):
            left += [(depth + 1, inner) for inner in value]


_PLACE: Final = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)
_WORDS: Final = (
    ("Invalid statement", "this is neither a key with a value nor a [heading]"),
    ("Invalid initial character for a key", "a key is missing, or begins with a character that needs quotes"),
    ("Expected '='", "the key has no = after it"),
    ("Invalid value", "this isn't a value; a text needs quotes"),
    ("Expected newline", "something follows the value on the same line"),
    ("Expected ']", "the heading has no ] at its end"),
    ("Cannot", "this key or heading is there twice"),
    ("Duplicate", "this key is there twice"),
    ("Unclosed array", "a list has no ] at its end"),
    ("Unclosed inline table", "a table has no } at its end"),
    ('Expected "', "a text has no quote at its end"),
    ("Unterminated string", "a text has no quote at its end"),
    ("Illegal character", "a text has no quote at its end, or holds a character that TOML does not allow"),
    ("Found invalid character", "here is a character that TOML does not allow"),
    ("Unescaped '\\'", "write \\\\ for each \\ in this text, or put the text in 'single quotes'"),
    ("Invalid hex value", "write \\\\ for each \\ in this text, or put the text in 'single quotes'"),
    ("Escaped character", "this \\u isn't a character"),
    ("Invalid date", "this isn't a date"),
)


def _in_words(said: str, text: str) -> str:
    """Return what the parser says in plain words, with the place."""
    found = _PLACE.fullmatch(said)
    what, line, column = found.groups() if found else (said, None, None)
    words = next((words for start, words in _WORDS if what.startswith(start)), "this is not TOML")
    last = text.rstrip().count("\n") + 1
    return f"line {line}, column {column}: {words}" if line else f"line {last}, at its end: {words}"


_QUOTED: Final = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'")
_LARGE: Final = re.compile(r"0x[0-9a-fA-F_]{16,}|0o[0-7_]{21,}|0b[01_]{63,}|\d[\d_]{18,}")


def _too_deep(text: str) -> str:
    depth = 0
    for number, line in enumerate(text.split("\n"), 1):
        bare = _QUOTED.sub("", line)
        if bare.count(".") > MOST_DEPTH:
            return f"line {number}: tables are nested too deeply"
        for char in bare:
            depth += (char in "[{") - (char in "]}")
            if depth > MOST_DEPTH:
                return f"line {number}: lists or tables are nested too deeply"
    return "lists or tables are nested too deeply"


def _too_large(text: str) -> str:
    for number, line in enumerate(text.split("\n"), 1):
        if _LARGE.search(_QUOTED.sub("", line)):
            return f"line {number}: a number is too large"
    return "a number is too large"
