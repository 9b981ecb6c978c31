"""What is left of a value where a text was cut with "…", or was broken at the end of a line. Pure: knows one line only.

A cut value is what stands before "…" and is how a known value begins, or what stands after it and is how one ends. A
text that was broken has no sign of it, so more is asked for there: the piece stands at an edge of its cell, and is long
enough to be no word of ours. A cell is what two blanks or a border divide from the rest of a line.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

from tui.terminal_safe import ELLIPSIS

Span = tuple[int, int]
"""Where a text begins and ends in a line, in characters."""

_WORD: Final = re.compile(r"\w+")
_LETTERS: Final = re.compile(r"[^\W_]+")
_CELL: Final = re.compile(r"[^\s│▕▌…]+(?: [^\s│▕▌…]+)*")
_LONGEST: Final = 80
"""Characters of the beginning and of the end of a value that are looked up."""
_IN_ORDER: Final = 3
"""How many words in a row identify a longer text."""
_OF_NAME, _OF_VALUE, _OF_NUMBER, _OF_BROKEN_NUMBER = 3, 4, 4, 6
"""The fewest characters of a piece: of a name, of another value, and of a number that was cut or broken."""
_SHORT_TEXT: Final = 6
"""Words of an address at most. A longer text is a sentence, and ends with a full stop."""
_SENTENCE_ENDS: Final = (".", "!", "?")
_SIGNS: Final = re.compile(r"[.\-_+@\d]")
"""What an email has and few words have."""
_PAIR: Final = 2
_YEARS: Final = ("19", "20")


class PartIndex:
    """Texts that can be looked up by how they begin and how they end."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._new: list[str] = []
        self._forwards: list[str] = []
        self._backwards: list[str] = []

    def add(self, text: str) -> None:
        """Add a text."""
        if text and text not in self._known:
            self._known.add(text)
            self._new.append(text)

    def has_beginning(self, part: str) -> bool:
        """Return True if a text begins so."""
        self._sort()
        return _begins_one(self._forwards, part)

    def has_end(self, part: str) -> bool:
        """Return True if a text ends so."""
        self._sort()
        return _begins_one(self._backwards, part[::-1])

    def _sort(self) -> None:
        if self._new:  # what is sorted already costs little to sort again
            self._forwards += (text[:_LONGEST] for text in self._new)
            self._backwards += (text[: -_LONGEST - 1 : -1] for text in self._new)
            self._forwards.sort()
            self._backwards.sort()
            self._new.clear()


def _begins_one(texts: list[str], part: str) -> bool:
    at = bisect_left(texts, part)
    return at < len(texts) and texts[at].startswith(part)


class Pieces:
    """Knows how the values begin and end, and finds what is left of them."""

    def __init__(self) -> None:
        self._names = PartIndex()
        self._emails = PartIndex()
        """As they are written, in small letters."""
        self._values = PartIndex()
        """Emails and other texts, as `plain_words` has them."""
        self._threes = PartIndex()
        """Each three words in a row of a longer text."""
        self._numbers = PartIndex()
        self._groups: set[str] = set()
        """The last group of digits in a phone number, and the first one."""
        self._first_two: set[tuple[str, ...]] = set()
        self._last_two: set[tuple[str, ...]] = set()
        self._pairs: set[tuple[str, ...]] = set()
        self._last: set[str] = set()
        """The last words of texts, with the sign behind the word."""

    # -- learning --------------------------------------------------------------------------------------

    def learn_name(self, name: str) -> None:
        """Learn a name in full, or a word of it."""
        self._names.add(plain_words(name))

    def learn_email(self, email: str) -> None:
        """Learn an email."""
        self._emails.add(email.casefold())
        self._values.add(plain_words(email))

    def learn_number(self, text: str) -> None:
        """Learn a phone number, or another number that a person has, as it is written."""
        groups = re.findall(r"\d+", text)
        digits = "".join(groups)
        bare = digits.lstrip("0")
        for form in (digits, bare, f"61{bare}", f"1{bare}"):
            self._numbers.add(form)
        self._groups |= {
            group for group in (groups[:1] + groups[-1:]) if _OF_NUMBER <= len(group) < len(digits)
        }

    def learn_date(self, text: str) -> None:
        """Learn a birth date as a person reads it. Only a cut one is found: other dates may be like half of one."""
        self._values.add(plain_words(text))

    def learn_text(self, text: str) -> None:
        """Learn an address or a longer text."""
        self._values.add(plain_words(text[: 2 * _LONGEST]))
        self._values.add(plain_words(text[-2 * _LONGEST :]))
        words = [word.casefold() for word in _WORD.findall(text)]
        if len(words) < _IN_ORDER:
            return
        for n in range(len(words) - 1):
            self._pairs.add((words[n], words[n + 1]))
            self._threes.add(" ".join(words[n : n + _IN_ORDER]))
        self._first_two.add((words[0], words[1]))
        self._last_two.add((words[-2], words[-1]))
        last = text.rsplit(maxsplit=1)[-1].casefold()
        if len(last) >= _OF_VALUE and (len(words) <= _SHORT_TEXT or last.endswith(_SENTENCE_ENDS)):
            self._last.add(last)

    # -- where a text was cut --------------------------------------------------------------------------

    def at_cuts(self, line: str) -> Iterator[Span]:
        """Yield what is left of values before and after each "…", with the "…"."""
        at = line.find(ELLIPSIS)
        while at >= 0:
            begin, end = self._before_cut(line, at), self._after_cut(line, at + 1)
            if begin < at or end > at + 1:
                yield begin, end
            at = line.find(ELLIPSIS, at + 1)

    def _before_cut(self, line: str, at: int) -> int:
        """Return where the longest piece of a value before a place begins; the place itself if there is none."""
        first = max(line.rfind("  ", 0, at), line.rfind(ELLIPSIS, 0, at), at - _LONGEST) + 1
        for word in _LETTERS.finditer(line, max(0, first), at):
            if self._is_piece(line[word.start() : at], at_end=False):
                return word.start()
        return at

    def _after_cut(self, line: str, at: int) -> int:
        """Return where the longest piece of a value after a place ends; the place itself if there is none."""
        if not line[at : at + 1].strip():
            return at
        last = min(end for end in (line.find("  ", at), len(line), at + _LONGEST) if end >= 0)
        for word in reversed(list(_LETTERS.finditer(line, at, last))):
            if self._is_piece(line[at : word.end()], at_end=True):
                return word.end()
        return at

    def _is_piece(self, text: str, *, at_end: bool) -> bool:
        """Return True if a known value begins with a text, or ends with it if `at_end`."""

        def is_known(index: PartIndex, part: str) -> bool:
            return index.has_end(part) if at_end else index.has_beginning(part)

        digits = "".join(char for char in text if char.isdigit())
        if len(digits) >= _OF_NUMBER and not any(map(str.isalpha, text)):
            return is_known(self._numbers, digits) or is_known(self._values, plain_words(text))
        part = plain_words(text)
        words = part.count(" ") + 1
        if len(part) >= _OF_NAME and (at_end or not text[0].islower()) and is_known(self._names, part):
            return True
        if words >= _IN_ORDER and is_known(self._threes, part):
            return True
        if len(part) < _OF_VALUE or not is_known(self._values, part):
            return False
        return at_end or words > 1 or not text[0].islower() or is_known(self._emails, text.casefold())

    # -- where a line ended ----------------------------------------------------------------------------

    def at_edges(self, line: str) -> Iterator[Span]:
        """Yield what is left of values at the beginning and at the end of each cell."""
        for match in _CELL.finditer(line):
            cell, at = match[0], match.start()
            for begin, end in (*self._words_at_edges(cell), *self._emails_at_edges(cell)):
                yield at + begin, at + end

    def _words_at_edges(self, cell: str) -> Iterator[Span]:
        words = [(word[0].casefold(), word.start(), word.end()) for word in _WORD.finditer(cell)]
        if not words:
            return
        first, begin, end = words[0]
        if len(words) > 1:
            two = (first, words[1][0])
            if two in self._last_two or (len(words) == _PAIR and two in self._pairs):
                yield begin, words[1][2]
            if (words[-2][0], words[-1][0]) in self._first_two:
                yield words[-2][1], words[-1][2]
        elif first.isdigit() and self._is_group(first):
            yield begin, end
        sign = cell[end : end + 1]
        if first in self._last and not cell[begin].islower():
            if len(words) == 1 or sign == "," or cell.startswith(" ·", end):
                yield begin, end
        elif sign in _SENTENCE_ENDS and first + sign in self._last:
            yield begin, end

    def _is_group(self, digits: str) -> bool:
        return digits in self._groups and not (len(digits) == _OF_NUMBER and digits.startswith(_YEARS))

    def _emails_at_edges(self, cell: str) -> Iterator[Span]:
        first, more, _ = cell.partition(" ")
        last = cell[cell.rfind(" ") + 1 :]
        if _may_be_email(last, is_alone=not more) and self._emails.has_beginning(last.casefold()):
            yield len(cell) - len(last), len(cell)
        if _may_be_email(first, is_alone=not more) and self._emails.has_end(first.casefold()):
            yield 0, len(first)

    def is_broken_number(self, line: str, span: Span, digits: str) -> bool:
        """Return True if digits at an edge of their cell are how a known number begins or ends."""
        begin, end = span
        at_start = not line[max(0, begin - 2) : begin].strip(" │▕▌(+=≈≠")
        at_end = not line[end : end + 2].strip(" │▕▌)")
        if len(digits) >= _OF_BROKEN_NUMBER:
            return (at_start and self._numbers.has_end(digits)) or (
                at_end and self._numbers.has_beginning(digits)
            )
        return (at_start or at_end) and len(digits) >= _OF_NUMBER and self._is_group(digits)


def plain_words(text: str) -> str:
    """Return the words of a text in small letters, a blank between each two: "linh.nguyen@" is "linh nguyen"."""
    return " ".join(_LETTERS.findall(text.casefold()))


def _may_be_email(token: str, *, is_alone: bool) -> bool:
    """Return True for a piece that is no plain word, or is alone and begins with a small letter."""
    if len(token) < _OF_VALUE:
        return False
    return (is_alone and token[0].islower()) if token.isalpha() else _SIGNS.search(token, 1) is not None
