"""The client data that the app holds, by kind, and where it is in a line. Pure: knows no record and no widget.

Names are found word by word. Emails, phones, amounts and birth dates are found in the forms in which people and systems
write them. Of longer texts (addresses, notes) three words in their order are enough. What is left of a value where a
column cuts it, or where a line ends, is found by `pieces`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from core.contacts.review.side_by_side import NO_YEAR
from core.local_forms import Country, date_text, day_text, short_money
from tui.eyes.pieces import Pieces, Span
from tui.terminal_safe import ELLIPSIS


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
_PLAIN_WORD: Final = re.compile(r"\w+")
_SIGNS: Final = re.compile(r"[-.’'_+]")
_EMAIL: Final = re.compile(r"[^\s<>(),;:\"“”]+@[^\s<>(),;:\"“”]*")
_MONEY: Final = re.compile(r"-?\$\s?\d[\d,]*(?:\.\d+)?[kmb]?")
_AMOUNT: Final = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{4,12}(?:\.\d+)?", re.ASCII)
_CENTS: Final = re.compile(r"(?<![\d,.])(?:\d{1,3}(?:,\d{3})+|\d{4,12})\.\d\d(?!\d)", re.ASCII)
"""An amount with cents: our own counts have none."""
_NUMBERS: Final = re.compile(r"\+?\(?\d(?:[\d ()\-.,/]*\d)?")
_BETWEEN: Final = re.compile(r"[\s,&.’'/()\-]{0,3}(?:and )?")
"""What may come between two words of one value."""
_IN_ORDER: Final = 3
"""How many words in a row identify a longer text."""
_FEWEST_DIGITS, _FEWEST_PIECE = 6, 4
"""Digits of a phone number or a date, and of a piece of one."""
_NO_YEAR_AT_ALL: Final = 1970
"""Total Expert's year of a birth date without a year."""
_LEAST, _MOST = 1_000, 10**12
"""Dollars. A smaller number may as well be a count or a term."""
_SHORT_PIECE: Final = re.compile(rf"[^\W\d_]{{1,2}}[.’'\-]?{ELLIPSIS}")
"""The first letters of a cut word: too few to say which word it is, unless a name stands before it."""
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
        self._days: set[tuple[str, ...]] = set()
        """Birth dates without their years. Any other date may be such a day, so the words "no year" have to follow."""
        self._pieces = Pieces()
        self._texts: set[tuple[str, ...]] = set()
        self._first_words: set[str] = set()
        """The first words of `_texts` and of `_days`."""
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

    @property
    def size(self) -> int:
        """How many words, texts and numbers are known."""
        texts = len(self._words) + len(self._as_written) + len(self._texts) + len(self._days)
        return texts + len(self._digits) + len(self._amounts)

    def _learn_words(self, text: str) -> None:
        self._pieces.learn_name(text)
        for word in _WORD.findall(text):
            for part in (word, *re.split(r"[-.’']", word)):
                if len(part) > 1 and part.casefold() not in _NO_NAMES and not part.isdigit():
                    self._words.add(part.casefold())
                    self._as_written.add(part)
                    self._pieces.learn_name(part)

    def _learn_email(self, text: str) -> None:
        local, at, domain = text.casefold().partition("@")
        if at and local:
            self._words |= {text.casefold(), local}
            self._as_written |= {local, domain}
            self._pieces.learn_email(text)

    def _learn_digits(self, text: str) -> None:
        digits = "".join(char for char in text if char.isdigit())
        if len(digits) >= _FEWEST_DIGITS:
            self._digits |= {digits, digits.lstrip("0"), digits[-_FEWEST_DIGITS - 2 :]}
            self._pieces.learn_number(text)

    def _learn_amount(self, text: str) -> None:
        """Learn an amount. What is no number was written by a person: "six hundred thousand"."""
        try:
            amount = abs(Decimal(text.replace(",", "").replace("$", "")))
        except ArithmeticError:
            self._learn_text(text)
            return
        if amount.is_finite() and _LEAST <= amount < _MOST:
            self._amounts.add(f"{amount:.2f}")
            self._words.add(short_money(amount).strip("$"))
            self._pieces.learn_number(f"{amount:.0f}")

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
            for form in (f"{born:%Y-%m-%d}", f"{born:%d/%m/%Y}", f"{born:%m/%d/%Y}"):
                self._pieces.learn_number(form)
            for country in Country:
                self._add_text(_words_of(date_text(born, country)))
                self._pieces.learn_date(date_text(born, country))
        else:
            self._as_written.add(f"{born:%m-%d}")
        if not knows_year or born.year == _NO_YEAR_AT_ALL:
            days = {_words_of(day_text(born, country)) for country in Country}
            self._days |= days
            self._first_words |= {words[0] for words in days}

    def _learn_text(self, text: str) -> None:
        words = _words_of(text)
        if sum(map(len, words)) > _IN_ORDER:
            self._pieces.learn_text(text)
        if len(words) < _IN_ORDER:
            if sum(map(len, words)) > _IN_ORDER:
                self._add_text(words)
            return
        for n in range(len(words) - _IN_ORDER + 1):
            self._add_text(words[n : n + _IN_ORDER])

    def _add_text(self, words: tuple[str, ...]) -> None:
        self._texts.add(words)
        self._first_words.add(words[0])

    # -- in a line -------------------------------------------------------------------------------------

    def spans(self, line: str) -> list[Span]:
        """Return where client data stands in a line, in order. Neighbours that belong together are one."""
        found = [
            *self._in_words(line),
            *self._in_texts(line),
            *self._in_forms(line),
            *self._pieces.at_edges(line),
        ]
        if ELLIPSIS not in line:
            return _joined(line, found)
        joined = _joined(line, [*found, *self._pieces.at_cuts(line)])
        return _joined(line, [*joined, *_short_pieces(line, joined)])

    def _in_words(self, line: str) -> Iterator[Span]:
        for match in _WORD.finditer(line):
            word = match[0]
            if self._is_name(word) or (not word.isalnum() and any(map(self._is_name, _SIGNS.split(word)))):
                yield match.span()

    def _is_name(self, word: str) -> bool:
        """Return True for a word that was learnt. In small letters it has to be as learnt: “mark” may be a verb."""
        return word in self._as_written or (not word[:1].islower() and word.casefold() in self._words)

    def _in_texts(self, line: str) -> Iterator[Span]:
        if not self._first_words:
            return
        places = [(match[0].casefold(), match.start(), match.end()) for match in _PLAIN_WORD.finditer(line)]
        for n, (first, begin, _) in enumerate(places):
            if first not in self._first_words:
                continue
            for length in range(1, min(_IN_ORDER, len(places) - n) + 1):
                words, end = tuple(word for word, _, _ in places[n : n + length]), places[n + length - 1][2]
                if words in self._texts or (words in self._days and _says_no_year(line, end)):
                    yield begin, end

    def _in_forms(self, line: str) -> Iterator[Span]:
        for pattern in (_EMAIL, _MONEY, _CENTS):
            yield from (match.span() for match in pattern.finditer(line))
        for match in _AMOUNT.finditer(line):
            if f"{Decimal(match[0].replace(',', '')):.2f}" in self._amounts:
                yield match.span()
        for match in _NUMBERS.finditer(line):
            digits = "".join(char for char in match[0] if char.isdigit())
            if (len(digits) >= _FEWEST_DIGITS and self._is_known(digits)) or (
                len(digits) >= _FEWEST_PIECE and self._pieces.is_broken_number(line, match.span(), digits)
            ):
                yield match.span()

    def _is_known(self, digits: str) -> bool:
        return digits in self._digits or digits[-_FEWEST_DIGITS - 2 :] in self._digits


def _words_of(text: str) -> tuple[str, ...]:
    return tuple(word.casefold() for word in _PLAIN_WORD.findall(text))


def _says_no_year(line: str, at: int) -> bool:
    """Return True if the words for a birth date without its year follow, or as much of them as the cell has."""
    rest = line[at:].partition("  ")[0].partition(ELLIPSIS)[0].rstrip()
    return rest.startswith(NO_YEAR) or (rest != "" and NO_YEAR.startswith(rest))


def _joined(line: str, found: Iterable[Span]) -> list[Span]:
    """Return spans in order. Neighbours that belong together are one."""
    joined: list[Span] = []
    for begin, end in sorted(found):
        if joined and (begin <= joined[-1][1] or _BETWEEN.fullmatch(line, joined[-1][1], begin)):
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((begin, end))
    return joined


def _short_pieces(line: str, known: Sequence[Span]) -> Iterator[Span]:
    """Yield the first letters of cut words that stand after a known value: "Chen, D…"."""
    for match in _SHORT_PIECE.finditer(line):
        if match[0][0].isupper() and any(
            end <= match.start() and _BETWEEN.fullmatch(line, end, match.start()) for _, end in known
        ):
            yield match.span()
