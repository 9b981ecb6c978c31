"""Checks on the fields of a request body; each yields where it is wrong and why, and knows no system."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date

from data.sandbox.systems.api import Flaw

Check = Callable[[object], Iterator[Flaw]]

_LINE_ENDS = re.compile(r"[\x00-\x1f\x7f]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_DATE = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")
_PHONE = re.compile(r"[0-9+() -]{5,30}")


def line(longest: int) -> Check:
    """Return a text of one line, not blank, of at most `longest` characters."""

    def check(value: object) -> Iterator[Flaw]:
        yield from _text(value, longest)
        if isinstance(value, str) and _LINE_ENDS.search(value):
            yield "", "must be one line without control characters"

    return check


def lines(longest: int) -> Check:
    """Return a text of any number of lines, not blank, of at most `longest` characters."""

    def check(value: object) -> Iterator[Flaw]:
        yield from _text(value, longest)
        if isinstance(value, str) and _CONTROLS.search(value):
            yield "", "must not hold control characters"

    return check


def email_up_to(longest: int) -> Check:
    """Return an address with one @ and something on both sides of it, of at most `longest` characters."""

    def check(value: object) -> Iterator[Flaw]:
        yield from _text(value, longest)
        if isinstance(value, str) and not re.fullmatch(r"[^@\s]+@[^@\s]+", value):
            yield "", "must be an email address with one @"

    return check


email = email_up_to(254)


def boolean(value: object) -> Iterator[Flaw]:
    """True or false."""
    if not isinstance(value, bool):
        yield "", "must be true or false"


def or_null(check: Check) -> Check:
    """Null, or what passes `check`."""

    def checked(value: object) -> Iterator[Flaw]:
        if value is not None:
            yield from check(value)

    return checked


def phone(value: object) -> Iterator[Flaw]:
    """5 to 30 digits, spaces, plus signs, brackets and hyphens."""
    if not isinstance(value, str) or not _PHONE.fullmatch(value):
        yield "", "must be a phone number of 5 to 30 digits, spaces, + ( ) or -"


def number(least: float, most: float) -> Check:
    """Return a JSON number from `least` to `most` with at most two decimals."""

    def check(value: object) -> Iterator[Flaw]:
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield "", "must be a number"
        elif not least <= value <= most:
            yield "", f"must be from {least:.12g} to {most:.12g}"
        elif round(value, 2) != value:
            yield "", "must have at most two decimals"

    return check


def choice(values: Iterable[str]) -> Check:
    """Return one of the listed texts, exactly."""
    listed = tuple(values)

    def check(value: object) -> Iterator[Flaw]:
        if value not in listed:
            yield "", "must be one of: " + ", ".join(listed)

    return check


flag = choice(("Y", "N"))


def past_date(today: Callable[[], date]) -> Check:
    """Return a day that exists, written dd/mm/yyyy, from 1900 to today."""

    def check(value: object) -> Iterator[Flaw]:
        found = _DATE.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            yield "", "must be a date dd/mm/yyyy"
            return
        day, month, year = (int(part) for part in found.groups())
        try:
            given = date(year, month, day)
        except ValueError:
            yield "", "is not a day of the calendar"
            return
        if not date(1900, 1, 1) <= given <= today():
            yield "", "must lie between 01/01/1900 and today"

    return check


def encoded(largest: int) -> Check:
    """Base64 of at most `largest` bytes."""

    def check(value: object) -> Iterator[Flaw]:
        if not isinstance(value, str):
            yield "", "must be base64 text"
            return
        try:
            content = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            yield "", "must be base64 text"
            return
        if len(content) > largest:
            yield "", f"must hold at most {largest} bytes"

    return check


def listing(item: Check, least: int, most: int) -> Check:
    """Return a list of `least` to `most` things, each of which passes `item`."""

    def check(value: object) -> Iterator[Flaw]:
        if not isinstance(value, list):
            yield "", "must be a list"
            return
        if not least <= len(value) <= most:
            yield "", f"must have {least} to {most} entries"
        for position, entry in enumerate(value):
            for name, message in item(entry):
                yield _join(f"[{position}]", name), message

    return check


def group(fields: Mapping[str, Check], required: Iterable[str] = ()) -> Check:
    """Return an object of known fields, with the required ones there."""
    needed = tuple(required)

    def check(value: object) -> Iterator[Flaw]:
        if not isinstance(value, dict):
            yield "", "must be an object"
            return
        for name in needed:
            if name not in value:
                yield name, "is missing"
        for name, entry in value.items():
            if name not in fields:
                yield name, "is not a known field"
                continue
            for inner, message in fields[name](entry):
                yield _join(name, inner), message

    return check


def _text(value: object, longest: int) -> Iterator[Flaw]:
    if not isinstance(value, str):
        yield "", "must be text"
    elif not value.strip():
        yield "", "must not be blank"
    elif len(value) > longest:
        yield "", f"must have at most {longest} characters"


def _join(outer: str, inner: str) -> str:
    if not inner:
        return outer
    return outer + inner if inner.startswith("[") else f"{outer}.{inner}"
