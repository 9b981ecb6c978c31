"""Read JSON that a strict decoder refuses for one odd value: the value is kept as far as possible, the rest is whole.

Accepted are half characters, NaN and Infinity, numbers of any length, control characters in texts, and nesting of any
depth. Knows no record and no file.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

DEEPEST: Final = 100
"""Levels of nesting that are read. What is deeper becomes the text `TOO_DEEP`."""
TOO_DEEP: Final = "(nested too deeply)"


def read_leniently(text: str) -> Any:
    """Return the value of a JSON text. Raises `ValueError` (mostly `json.JSONDecodeError`) if it is not JSON."""
    return _read(text, _decoder)


def read_numbers_as_text(text: str) -> Any:
    """Return the value of a JSON text with each number as it is written. Raises `ValueError` if it is not JSON."""
    return _read(text, _text_decoder)


def read_value_at(text: str, at: int) -> tuple[Any, int]:
    """Return the value that begins at a place of a text, and where it ends.

    Raises `json.JSONDecodeError`, and `RecursionError` for what is nested too deeply (`without_depths`).
    """
    return _decoder.raw_decode(text, at)


def _read(text: str, decoder: json.JSONDecoder) -> Any:
    try:
        return decoder.decode(text)
    except RecursionError:
        return decoder.decode(without_depths(text))


def _integer(digits: str) -> int | str:
    """Return an integer; the digits as text if there are more than Python reads."""
    try:
        return int(digits)
    except ValueError:
        return digits


_decoder: Final = json.JSONDecoder(parse_int=_integer, strict=False)
_text_decoder: Final = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str, strict=False)
_TOKEN: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[{]|[\]}]', re.DOTALL)
"""A text, or the begin or end of a list or object."""


def without_depths(text: str) -> str:
    """Return JSON with each value below the deepest level replaced by the text `TOO_DEEP`."""
    kept: list[str] = []
    depth = at = 0
    for token in _TOKEN.finditer(text):
        if token[0] in "[{":
            depth += 1
            if depth == DEEPEST + 1:
                kept += [text[at : token.start()], json.dumps(TOO_DEEP)]
        elif token[0] in "]}":
            if depth == DEEPEST + 1:
                at = token.end()
            depth -= 1
    return "".join([*kept, text[at:] if depth <= DEEPEST else ""])
