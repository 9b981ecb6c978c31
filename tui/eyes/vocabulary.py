"""The client data that the app holds, by kind, and where it is in a line. Pure: knows no record and no widget.

Names are found word by word, also where a word is cut at the end of a column. Emails, phones, amounts and birth dates
are found in the forms in which people and systems write them. Of longer texts (addresses, notes) three words in their
order are enough.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from core.local_forms import Country, date_text, day_text, short_money

Span = tuple[int, int]
"""Where a text begins and ends in a line, in characters."""


class PrivateKind(StrEnum):
    """The kinds of client data."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    AMOUNT = "amount"
    BIRTH_DATE = "birth-date"
    TEXT = "text"
    """An address, a note, or another text that a person wrote."""


_WORD: Final = re.compile(r"[^\W_]+(?:[’'.\-_+][^\W_]+)*")
_EMAIL: Final = re.compile(r"[^\s<>(),;:\"“”]+@[^\s<>(),;:\"“”]*")
_MONEY: Final = re.compile(r"-?\$\s?\d[\d,]*(?:\.\d+)?[kmb]?")
_AMOUNT: Final = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{4,12}(?:\.\d+)?", re.ASCII)
_NUMBERS: Final = re.compile(r"\+?\(?\d(?:[\d ()\-.,/]*\d)?")
_BETWEEN: Final = re.compile(r"[\s,&.’'/()\-]{0,3}(?:and )?")
"""What may come between two words of one value."""
_IN_ORDER: Final = 3
"""How many words in a row identify a longer text."""
_FEWEST_DIGITS: Final = 6
_LEAST, _MOST = 1_000, 10**12
"""Dollars. A smaller number may as well be a count or a term."""
_CUT: Final = "…"
_NO_NAMES: Final = frozenset(
    {"and", "the", "of", "pty", "ltd", "trust", "mr", "mrs", "ms", "dr", "inc", "llc", "for"}
)
"""Words in names that say nothing about a person."""


class Vocabulary:
    """What was learnt of clients so far. `count` grows with each new value."""

    def __init__(self) -> None:
        self.count = 0
        self._words: set[str] = set()
        """Words of names and of emails, without case."""
        self._as_written: set[str] = set()
        self._sorted: list[str] = []
        self._texts: set[tuple[str, ...]] = set()
        self._digits: set[str] = set()
        self._amounts: set[str] = set()

    def learn(self, kind: PrivateKind, value: object) -> None:
        """Learn a value. Nothing is learnt of an empty one."""
        text = str(value).strip()
        before = self.size
        match kind:
            case PrivateKind.NAME:
                self._learn_words(text)
            case PrivateKind.EMAIL:
                self._learn_email(text)
            case PrivateKind.PHONE:
                self._learn_digits(text)
            case PrivateKind.AMOUNT:
                self._learn_amount(text)
            case PrivateKind.BIRTH_DATE:
                self._learn_date(text)
            case PrivateKind.TEXT:
                self._learn_text(text)
        if self.size != before:
            self.count += 1
            self._sorted = []

    @property
    def size(self) -> int:
        """How many words, texts and numbers are known."""
        texts = len(self._words) + len(self._as_written) + len(self._texts)
        return texts + len(self._digits) + len(self._amounts)

    def _learn_words(self, text: str) -> None:
        for word in _WORD.findall(text):
            for part in (word, *re.split(r"[-.’']", word)):
                if len(part) > 1 and part.casefold() not in _NO_NAMES:
                    self._words.add(part.casefold())
                    self._as_written.add(part)

    def _learn_email(self, text: str) -> None:
        local, at, _ = text.casefold().partition("@")
        if at and local:
            self._words |= {text.casefold(), local}
            self._as_written.add(local)

    def _learn_digits(self, text: str) -> None:
        digits = "".join(char for char in text if char.isdigit())
        if len(digits) >= _FEWEST_DIGITS:
            self._digits |= {digits, digits.lstrip("0"), digits[-_FEWEST_DIGITS - 2 :]}

    def _learn_amount(self, text: str) -> None:
        try:
            amount = abs(Decimal(text.replace(",", "").replace("$", "")))
        except ArithmeticError:
            return
        if amount.is_finite() and _LEAST <= amount < _MOST:
            self._amounts.add(f"{amount:.2f}")
            self._words.add(short_money(amount).strip("$"))

    def _learn_date(self, text: str) -> None:
        """Learn a date, yyyy-mm-dd, or --mm-dd where no year is known."""
        knows_year = not text.startswith("--")
        try:
            born = date.fromisoformat(text[:10] if knows_year else f"2000{text[1:]}")
        except ValueError:
            self._learn_digits(text)
            return
        if knows_year:
            self._digits |= {f"{born:%Y%m%d}", f"{born:%d%m%Y}", f"{born:%m%d%Y}"}
            self._texts |= {_words_of(date_text(born, country)) for country in Country}
        else:
            self._as_written.add(f"{born:%m-%d}")
        self._texts |= {_words_of(day_text(born, country)) for country in Country}

    def _learn_text(self, text: str) -> None:
        words = _words_of(text)
        if len(words) < _IN_ORDER:
            if sum(map(len, words)) > _IN_ORDER:
                self._texts.add(words)
            return
        self._texts |= {words[n : n + _IN_ORDER] for n in range(len(words) - _IN_ORDER + 1)}

    # -- in a line -------------------------------------------------------------------------------------

    def spans(self, line: str) -> list[Span]:
        """Return where client data stands in a line, in order. Neighbours that belong together are one."""
        found = sorted((*self._in_words(line), *self._in_texts(line), *self._in_forms(line)))
        joined: list[Span] = []
        for begin, end in found:
            if joined and (begin <= joined[-1][1] or _BETWEEN.fullmatch(line, joined[-1][1], begin)):
                joined[-1] = joined[-1][0], max(joined[-1][1], end)
            else:
                joined.append((begin, end))
        return joined

    def _in_words(self, line: str) -> Iterator[Span]:
        for match in _WORD.finditer(line):
            word, end = match[0], match.end()
            is_cut = line.startswith(_CUT, end)
            if self._is_name(word) or (is_cut and len(word) > 1 and self._begins_a_word(word.casefold())):
                yield match.start(), end + is_cut
            elif any(map(self._is_name, re.split(r"[-.’'_+]", word))):
                yield match.start(), end

    def _is_name(self, word: str) -> bool:
        """Return True for a word that was learnt. In small letters it has to be as learnt: “mark” may be a verb."""
        return word in self._as_written or (not word[:1].islower() and word.casefold() in self._words)

    def _begins_a_word(self, part: str) -> bool:
        if not self._sorted:
            self._sorted = sorted(self._words)
        at = bisect_left(self._sorted, part)
        return at < len(self._sorted) and self._sorted[at].startswith(part)

    def _in_texts(self, line: str) -> Iterator[Span]:
        if not self._texts:
            return
        places = [(match[0].casefold(), match.start(), match.end()) for match in re.finditer(r"\w+", line)]
        for length in range(1, _IN_ORDER + 1):
            for n in range(len(places) - length + 1):
                if tuple(word for word, _, _ in places[n : n + length]) in self._texts:
                    yield places[n][1], places[n + length - 1][2]

    def _in_forms(self, line: str) -> Iterator[Span]:
        for pattern in (_EMAIL, _MONEY):
            yield from (match.span() for match in pattern.finditer(line))
        for match in _AMOUNT.finditer(line):
            if f"{Decimal(match[0].replace(',', '')):.2f}" in self._amounts:
                yield match.span()
        for match in _NUMBERS.finditer(line):
            digits = "".join(char for char in match[0] if char.isdigit())
            if len(digits) >= _FEWEST_DIGITS and self._is_known(digits):
                yield match.span()

    def _is_known(self, digits: str) -> bool:
        return digits in self._digits or digits[-_FEWEST_DIGITS - 2 :] in self._digits


def _words_of(text: str) -> tuple[str, ...]:
    return tuple(word.casefold() for word in re.findall(r"\w+", text))
