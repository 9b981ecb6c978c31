"""Bytes of a table as text: finds out the encoding, and says what was assumed. Tells a spreadsheet. Knows no table.

A file with a byte order mark says what it is. UTF-16 without a mark shows by its zero bytes. Any other file is UTF-8,
or Windows-1252 if no letter beyond ASCII in it is UTF-8. In a file that is UTF-8 for the rest, an odd byte becomes a
half character, so that the byte costs its row or its field and not the file.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

ZIP: Final = b"PK\x03\x04"
OLE: Final = b"\xd0\xcf\x11\xe0"
BOM: Final = b"\xef\xbb\xbf"
_UTF_16: Final = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_LOOKED_AT: Final = 4096
"""Bytes from which UTF-16 without a mark is recognised."""
_ZEROS: Final = 0.4
"""The share of characters that have a zero byte in UTF-16. A header of ASCII letters has one in each of them."""

AS_WINDOWS: Final = (
    "the text is not UTF-8 and was read as Windows-1252: check names with accents, or save the file as UTF-8"
)

_MULTI_BYTE: Final = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_NO_WINDOWS: Final = re.compile(rb"[\x81\x8d\x8f\x90\x9d\xff]")
"""Bytes that Windows-1252 does not define, and FF, which no name holds but which damaged files do."""


class DecodedText(Struct, frozen=True):
    """A file's text without its byte order mark. `doubts` say why a letter may not be what it was."""

    text: str
    doubts: tuple[str, ...] = ()


def is_spreadsheet(data: bytes) -> bool:
    """Return True if a file is not a text and may be a spreadsheet: it is a zip archive or an OLE file."""
    return data.startswith((ZIP, OLE))


def decode_text(data: bytes) -> DecodedText:
    """Return a file's text. A byte that is not UTF-8 becomes a half character (U+DC80 to U+DCFF)."""
    wide = utf_16_of(data)
    if wide:
        body = data[2:] if data[:2] in _UTF_16 else data
        return DecodedText(body[: len(body) // 2 * 2].decode(wide, "surrogatepass"))
    body = data.removeprefix(BOM)
    try:
        return DecodedText(body.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    if not data.startswith(BOM) and not _MULTI_BYTE.search(body) and not _NO_WINDOWS.search(body):
        return DecodedText(body.decode("cp1252"), (AS_WINDOWS,))
    return DecodedText(body.decode("utf-8", "surrogateescape"))


def utf_16_of(data: bytes) -> str:
    """Return `utf-16-le` or `utf-16-be` if bytes are such text; "" if they are not."""
    if marked := _UTF_16.get(data[:2]):
        return marked
    start = data[: min(len(data), _LOOKED_AT) // 2 * 2]
    characters = len(start) // 2
    if characters < 2:
        return ""
    first, second = start[::2].count(0), start[1::2].count(0)
    if second >= characters * _ZEROS and first <= characters * 0.02:
        return "utf-16-le"
    if first >= characters * _ZEROS and second <= characters * 0.02:
        return "utf-16-be"
    return ""


def without_unfinished_line(data: bytes) -> tuple[bytes, int | None]:
    """Return a file without a last line that has no end, and the number of that line; None if the file is whole.

    A file that is still being written may end in the middle of a value: 65000 may be the beginning of 650000.
    """
    encoding = utf_16_of(data)
    if not encoding:
        if not data or data.endswith((b"\n", b"\r")):
            return data, None
        end = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
        return data[:end], data.count(b"\n", 0, end) + 1
    text = decode_text(data).text
    if not text or text.endswith(("\n", "\r")):
        return data, None
    end = max(text.rfind("\n"), text.rfind("\r")) + 1
    mark = data[:2] if data[:2] in _UTF_16 else b""
    return mark + text[:end].encode(encoding, "surrogatepass"), text.count("\n", 0, end) + 1
