"""What somebody who looks at the screen can read of the clients: whole values, and pieces of four characters or more.

This looks for values in another way than the app, and knows them from the systems, not from what the app has read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

from core.local_forms import Country, date_text, day_text, short_money

Records = Mapping[str, Sequence[Mapping[str, Any]]]
PIECE: Final = 4
"""The fewest characters of a piece that tells something."""
_NAME: Final = 3
_NAMES: Final = ("first_name", "middle_name", "last_name", "FirstName", "LastName")
_EMAILS: Final = ("email", "EmailAddress")
_PHONES: Final = (
    "phone",
    "mobile_phone",
    "phone_cell",
    "phone_home",
    "phone_office",
    "mobile",
    "home",
    "office",
)
_AMOUNTS: Final = (
    "loan_amount",
    "valuation_amount",
    "split_loan",
    "ProposedLoanAmount",
    "LoanAmount",
    "Value",
)
_BIRTHS: Final = ("birth_date", "birthday", "DateOfBirth")
_STREETS: Final = ("street_1", "street1", "address", "DirectAddressStreet")
_TEXTS: Final = ("objectives", "RequirementsAndObjectives")
STREET_TYPES: Final = frozenset(["street", "road", "avenue", "lane", "grove", "way", "box", "unit"])
"""Words of addresses that tell nothing alone."""


class Clients:
    """The values of clients in the records of the systems."""

    def __init__(self, *records: Records) -> None:
        self.names: set[str] = set()
        self.locals: set[str] = set()
        self.phones: set[str] = set()
        self.amounts: set[str] = set()
        self.births: set[str] = set()
        self.streets: set[str] = set()
        self.texts: set[str] = set()
        for kinds in records:
            for rows in kinds.values():
                for row in rows:
                    self._take(row)

    def _take(self, row: Mapping[str, Any]) -> None:
        for field, value in row.items():
            if isinstance(value, Mapping):
                if field != "owner":  # staff
                    self._take(value)
            elif isinstance(value, (str, int, float)) and value != "" and not isinstance(value, bool):
                self._take_value(field, str(value))

    def _take_value(self, field: str, value: str) -> None:
        if field in _NAMES:
            self.names |= {part for part in re.split(r"[\W\d_]+", value) if len(part) >= _NAME}
        elif field in _EMAILS and "@" in value:
            self.locals.add(value.partition("@")[0].casefold().strip())
        elif field in _PHONES:
            digits = re.sub(r"\D", "", value)
            if len(digits) > PIECE:
                self.phones.add(digits)
        elif field in _AMOUNTS:
            self._take_amount(value)
        elif field in _BIRTHS:
            self._take_birth(value)
        elif field in _STREETS:
            self.streets.add(value)
        elif field in _TEXTS:
            self.texts.add(value)

    def _take_amount(self, value: str) -> None:
        try:
            amount = Decimal(value)
        except ArithmeticError:
            return
        if amount >= 1_000:
            self.amounts |= {f"{amount:,.2f}", f"{amount:,.0f}", f"{amount:.0f}", short_money(amount)}

    def _take_birth(self, value: str) -> None:
        try:
            day, month, year = (
                map(int, value.split("/")) if "/" in value else map(int, value.split("-")[::-1])
            )
            born = date(year, month, day)
        except ValueError:
            return
        if year == 1970:  # Total Expert keeps no years
            self.births |= {f"{day_text(born, country)}, no year" for country in Country}
        else:
            forms = (born.isoformat(), f"{born:%d/%m/%Y}", f"{born:%m/%d/%Y}")
            self.births |= {*forms, *(date_text(born, country) for country in Country)}


class Shoulder:
    """Reads lines of a screen. `spared` are words that may be read although they are also in a client's value."""

    def __init__(self, clients: Clients, spared: Iterable[str] = ()) -> None:
        self._clients = clients
        self._spared = {word.casefold() for word in spared} | STREET_TYPES
        names = sorted(clients.names, key=len, reverse=True)
        self._names = {form for name in names for form in (name, name.upper())}
        self._whole = sorted({*clients.amounts, *clients.births})
        self._words = {
            (first, second)
            for street in clients.streets
            for words in [street.casefold().split()]
            for first, second in pairwise(words)
        }
        self._threes = {
            tuple(words[n : n + 3])
            for text in clients.texts
            for words in [text.casefold().split()]
            for n in range(len(words) - 2)
        }
        self._tails = {tuple(text.casefold().split()[-2:]) for text in clients.texts}

    def reads(self, lines: Iterable[str]) -> list[str]:
        """Return what can be read, each with its line."""
        return [f"{what!r} in {line.strip()!r}" for line in lines for what in self._of_line(line)]

    def _of_line(self, line: str) -> Iterator[str]:
        checks: tuple[Callable[[str], Iterator[str]], ...] = (
            self._of_names,
            self._of_cuts,
            self._of_emails,
            self._of_numbers,
            self._of_texts,
        )
        for check in checks:
            yield from (what for what in check(line) if what.casefold() not in self._spared)
        for text in self._whole:
            if text in line and re.search(rf"(?<![\w,.$]){re.escape(text)}(?!\w)", line):
                yield text

    def _of_names(self, line: str) -> Iterator[str]:
        yield from (word for word in re.findall(r"[^\W\d_]+", line) if word in self._names)

    def _of_cuts(self, line: str) -> Iterator[str]:
        for match in re.finditer(r"([\w.'’@+-]*\w)\W?…", line):
            parts = (match[1], *re.split(r"[.'’@+_-]", match[1])[-1:])
            for part in parts:
                if len(part) >= PIECE and (self._begins_name(part) or self._begins_local(part)):
                    yield part
        for match in re.finditer(r"…([\w.'’@+-]{4,})", line):
            part = match[1].partition("@")[0].casefold()
            if any(
                value.endswith(part) for value in (*self._clients.locals, *map(str.casefold, self._names))
            ):
                yield part

    def _begins_name(self, part: str) -> bool:
        return part[0].isupper() and any(name.startswith(part) for name in self._names)

    def _begins_local(self, part: str) -> bool:
        return any(local.startswith(part.casefold()) for local in self._clients.locals)

    def _of_emails(self, line: str) -> Iterator[str]:
        for token in re.findall(r"[\w.+-]*\w[.@]?", line):
            part = token.rstrip(".@")
            if len(part) >= PIECE and re.search(r"[.+_-]|\D\d", part[1:]):
                folded = part.casefold()
                if any(folded in local for local in self._clients.locals) and not folded.isdigit():
                    yield part

    def _of_numbers(self, line: str) -> Iterator[str]:
        for match in re.finditer(r"\+?\(?\d[\d ()-]*\d", line):
            digits = re.sub(r"\D", "", match[0])
            if len(digits) >= 6 and any(digits in phone or phone in digits for phone in self._clients.phones):
                yield match[0]

    def _of_texts(self, line: str) -> Iterator[str]:
        for cell in re.split(r" {2,}|[│▕▌]", line.casefold()):
            words = cell.split()
            for n in range(len(words) - 1):
                two = words[n].strip(",·"), words[n + 1].strip(",·")
                if two in self._words:
                    yield " ".join(two)
                if tuple(words[n : n + 3]) in self._threes:
                    yield " ".join(words[n : n + 3])
            if tuple(words[:2]) in self._tails:
                yield " ".join(words[:2])
