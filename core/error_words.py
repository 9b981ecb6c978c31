"""Says in plain words why something failed, for the messages of errors. Knows no file, system or screen.

A class name of Python, the text of a library and the words of the operating system are for programmers. A message that
is made from an error takes its reason from here; `tests/unit/test_messages.py` checks that.
"""

from __future__ import annotations

import errno
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_NO_ROOM: Final = "the disk is full"
_NOT_ALLOWED: Final = "your account may not do that here"
_NO_WAY: Final = "that machine can't be reached"
_OTHER_USER: Final = "another program uses it"
_IN_USE: Final = (32, 33)
"""What Windows says of a file that another program has open or has locked (ERROR_SHARING_VIOLATION and
ERROR_LOCK_VIOLATION in winerror.h). Python makes EACCES of both."""

_BY_NUMBER: Final[Mapping[int, str]] = MappingProxyType(
    {
        errno.ENOENT: "it is not there",
        errno.EACCES: _NOT_ALLOWED,
        errno.EPERM: _NOT_ALLOWED,
        errno.EROFS: "the disk can only be read",
        errno.ENOSPC: _NO_ROOM,
        getattr(errno, "EDQUOT", errno.ENOSPC): "your quota on the disk is used up",
        errno.EFBIG: "the file would be larger than the disk allows",
        errno.EISDIR: "it is a folder",
        errno.ENOTDIR: "a part of its path is not a folder",
        errno.ENOTEMPTY: "the folder is not empty",
        errno.EEXIST: "something of that name is there already",
        errno.ENAMETOOLONG: "the name is too long",
        errno.EINVAL: "the system does not take that name or value",
        errno.EMFILE: "too many files are open",
        errno.ENFILE: "too many files are open",
        errno.EIO: "the disk failed",
        errno.EBUSY: _OTHER_USER,
        errno.ETXTBSY: _OTHER_USER,
        errno.ELOOP: "its links lead in a circle",
        errno.ENXIO: "the device is not there",
        errno.ENODEV: "the device is not there",
        getattr(errno, "ESTALE", errno.EIO): "the network folder is gone",
        errno.ENOEXEC: "it is not a program that this machine can run",
        errno.ENOMEM: "the computer has no free memory",
        errno.EBADF: "it is closed",
        errno.EPIPE: "nobody reads it any more",
        errno.EADDRINUSE: "another program uses the port",
        errno.EADDRNOTAVAIL: "this machine does not have that address",
        errno.ECONNREFUSED: "nothing listens there",
        errno.ECONNRESET: "the connection was closed",
        errno.ECONNABORTED: "the connection was closed",
        errno.ETIMEDOUT: "nothing answered in time",
        errno.EHOSTUNREACH: _NO_WAY,
        errno.ENETUNREACH: _NO_WAY,
        errno.EINTR: "it was interrupted",
    }
)


def why_failed(error: BaseException) -> str:
    """Return why something failed, as a clause such as "the disk is full". Neither class names nor numbers are in it.

    An error that has no words here gives "it failed for an unknown reason", or for a `ValueError` "it can't be read".
    """
    if isinstance(error, msgspec.ValidationError):
        reason, path = shape_fault(error)
        return f"{path}: {reason}" if path else reason
    if isinstance(error, UnicodeDecodeError):
        return f"it is not {error.encoding.upper()} text (byte {error.start + 1:,})"
    if isinstance(error, OSError) and error.errno is not None and type(error).__module__ == "builtins":
        # a library's own kind of OSError, such as that of TLS or of a name look-up, has numbers of its own
        if getattr(error, "winerror", None) in _IN_USE:
            return _OTHER_USER
        return _BY_NUMBER.get(error.errno, "the system refused it for an unknown reason")
    return next(
        (words for kinds, words in _BY_KIND if isinstance(error, kinds)), "it failed for an unknown reason"
    )


_BY_KIND: Final[tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...]] = (
    (UnicodeEncodeError, "it holds a character that can't be written"),
    (msgspec.DecodeError, "it is not JSON"),
    (RecursionError, "it is nested too deeply"),
    (MemoryError, "the computer has no free memory"),
    (TimeoutError, "nothing answered in time"),
    (OSError, "the system refused it for an unknown reason"),
    ((ValueError, KeyError, TypeError, AttributeError), "it can't be read"),
)


class ShapeFault(NamedTuple):
    """What is wrong with a decoded value. `path` leads to the place, such as "flex.rate"; "" is the whole value."""

    reason: str
    path: str


def shape_fault(error: msgspec.ValidationError) -> ShapeFault:
    """Return what a decoder found wrong, in plain words, and where.

    The reason is a clause such as "it should be a whole number, not a text". It may quote the value, as the decoder
    does for a word that is none of those allowed.
    """
    said, _, path = str(error).partition(" - at `$")
    where = path.rstrip("`").replace("[...]", ".*").lstrip(".")
    for form, words in _SHAPES:
        if found := form.fullmatch(said):
            return ShapeFault(words(*found.groups()), where)
    return ShapeFault("it has another form", where)


_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "str": "a text",
        "int": "a whole number",
        "float": "a number",
        "decimal": "a number",
        "bool": "true or false",
        "object": "a group of named values",
        "array": "a list",
        "null": "empty",
        "date": "a date",
        "time": "a time",
        "datetime": "a date with a time",
    }
)
_LIMITS: Final[Mapping[str, str]] = MappingProxyType(
    {
        ">=": "it has to be at least",
        ">": "it has to be more than",
        "<=": "it may be at most",
        "<": "it has to be less than",
    }
)


def _kind(names: str) -> str:
    kinds = [name for name in names.split(" | ") if name != "null"] or ["null"]
    return " or ".join(_TYPES.get(name, "a value of another kind") for name in kinds)


def _length(kind: str, relation: str, number: str) -> str:
    if number == "1" and relation == ">=":
        return "it may not be empty"
    what = "characters" if kind.startswith("str") else "entries"
    return (
        f"it needs at least {number} {what}" if relation == ">=" else f"it may have at most {number} {what}"
    )


_SHAPES: Final[tuple[tuple[re.Pattern[str], Callable[..., str]], ...]] = (
    (
        re.compile(r"Expected `([^`]*)`, got `([^`]*)`"),
        lambda wanted, given: f"it should be {_kind(wanted)}, not {_kind(given)}",
    ),
    (re.compile(r"Expected `([^`]*)` of length ([<>]=) (\d+)"), _length),
    (
        re.compile(r"Expected `[^`]*` ([<>]=?) (.+?)(?:\.0)?"),
        lambda relation, number: f"{_LIMITS[relation]} {number}",
    ),
    (
        re.compile(r"Invalid (?:enum )?value '?(.*?)'?", re.DOTALL),
        lambda value: f"“{value}” isn't one of the values that it can have",
    ),
    (re.compile(r"Object missing required field `(.*)`"), lambda name: f"“{name}” is missing"),
    (re.compile(r"Object contains unknown field `(.*)`"), lambda name: f"there is no key “{name}”"),
    (re.compile(r"Invalid decimal string"), lambda: "it isn't a number"),
    (
        re.compile(r"Invalid RFC3339 encoded (date|time|datetime)"),
        lambda kind: f"it isn't {_TYPES[kind]}",
    ),
    (re.compile(r"(?:Number|Integer).* out of range.*"), lambda: "the number is too large"),
)
