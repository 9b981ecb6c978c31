"""Reasons in plain words: for what an operating system refuses, for what a decoder refuses, for anything else."""

from __future__ import annotations

import errno
import os
import re
import socket
import ssl
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta, Struct

from core.error_words import shape_fault, why_failed

PROGRAMMERS = re.compile(
    r"[A-Z]\w*Error|Exception|[Ee]rrno|Traceback|`|\b(?:str|int|float|bool|NoneType|dict)\b"
)


@pytest.mark.parametrize("number", sorted(errno.errorcode))
def test_every_number_of_the_system_has_words_without_its_own_name(number: int) -> None:
    words = why_failed(OSError(number, os.strerror(number), "/home/kate/book.log"))
    assert words
    assert words == words.strip(" .")
    assert not PROGRAMMERS.search(words)
    assert errno.errorcode[number] not in words
    assert "kate" not in words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.ENOENT, "it is not there"),
        (errno.EACCES, "your account may not do that here"),
        (errno.EROFS, "the disk can only be read"),
        (errno.EISDIR, "it is a folder"),
        (errno.EADDRINUSE, "another program uses the port"),
        (errno.ENOEXEC, "it is not a program that this machine can run"),
    ],
)
def test_what_happens_every_day_is_said_exactly(number: int, words: str) -> None:
    assert why_failed(OSError(number, "x")) == words


def _not_utf8() -> None:
    b"ab\xff".decode("utf-8")


def _not_ascii() -> None:
    "é".encode("ascii")


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (_not_utf8, "it is not UTF-8 text (byte 3)"),
        (_not_ascii, "it holds a character that can't be written"),
        (lambda: msgspec.json.decode(b"{"), "it is not JSON"),
        (lambda: msgspec.json.decode(b"1", type=str), "it should be a text, not a whole number"),
        (
            lambda: msgspec.json.decode(b'{"a":1}', type=dict[str, str]),
            "*: it should be a text, not a whole number",
        ),
        (lambda: int("x"), "it can't be read"),
        (lambda: {}["x"], "it can't be read"),
    ],
)
def test_what_is_no_error_of_the_system_has_words_too(act: Any, words: str) -> None:
    with pytest.raises(Exception) as caught:
        act()
    assert why_failed(caught.value) == words


@pytest.mark.parametrize(
    "error",
    [
        *(
            OSError(),
            OSError("only a text"),
            TimeoutError(),
            RuntimeError("x"),
            MemoryError(),
            RecursionError(),
        ),
        *(socket.gaierror(8, "x"), ssl.SSLError(1, "x")),  # their numbers are no numbers of the system
    ],
)
def test_an_error_without_a_number_of_the_system_has_words(error: Exception) -> None:
    words = why_failed(error)
    assert words
    assert not PROGRAMMERS.search(words)
    assert words not in ("only a text", why_failed(OSError(1, "x")), why_failed(OSError(8, "x")))


class Colour(StrEnum):
    """Some words."""

    RED = "red"


class Sample(Struct, forbid_unknown_fields=True):
    """One field of every kind that the desk reads."""

    count: Annotated[int, Meta(ge=0, le=10)] = 1
    rate: Annotated[float, Meta(gt=0, lt=600)] = 1.0
    name: Annotated[str, Meta(min_length=1, max_length=3)] | None = "x"
    colour: Colour = Colour.RED
    tags: Annotated[tuple[Annotated[str, Meta(min_length=2)], ...], Meta(max_length=2)] = ()
    owners: dict[str, str] = {}
    on: bool = True
    amount: Decimal | None = None
    born: date | None = None
    code: Annotated[str, Meta(pattern="^a$")] = "a"


@pytest.mark.parametrize(
    ("raw", "reason", "path"),
    [
        ({"count": "x"}, "it should be a whole number, not a text", "count"),
        ({"count": -1}, "it has to be at least 0", "count"),
        ({"count": 11}, "it may be at most 10", "count"),
        ({"rate": 0.0}, "it has to be more than 0", "rate"),
        ({"rate": 600.5}, "it has to be less than 600", "rate"),
        ({"rate": 10**400}, "the number is too large", "rate"),
        ({"name": ""}, "it may not be empty", "name"),
        ({"name": "xxxx"}, "it may have at most 3 characters", "name"),
        ({"name": 3}, "it should be a text, not a whole number", "name"),
        ({"colour": "blue"}, "“blue” isn't one of the values that it can have", "colour"),
        ({"tags": ["a"]}, "it needs at least 2 characters", "tags[0]"),
        ({"tags": ["aa", "bb", "cc"]}, "it may have at most 2 entries", "tags"),
        ({"tags": {}}, "it should be a list, not a group of named values", "tags"),
        ({"owners": {"a": 1}}, "it should be a text, not a whole number", "owners.*"),
        ({"on": "x"}, "it should be true or false, not a text", "on"),
        ({"amount": "x"}, "it isn't a number", "amount"),
        ({"born": "x"}, "it isn't a date", "born"),
        ({"colours": 1}, "there is no key “colours”", ""),
        ([], "it should be a group of named values, not a list", ""),
    ],
)
def test_what_a_decoder_refuses_is_said_in_words_with_its_place(raw: object, reason: str, path: str) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(raw, Sample)
    assert shape_fault(caught.value) == (reason, path)


class Needed(Struct):
    """One required field."""

    id: str


def test_a_missing_field_and_an_unheard_of_sentence_have_words() -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert([{}], list[Needed])
    assert shape_fault(caught.value) == ("“id” is missing", "[0]")
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert({"code": "b"}, Sample)
    assert shape_fault(caught.value) == ("it has another form", "code")
