"""Seals receipts and finds one that was changed or is missing. Pure: works on documents, needs no desk and no book.

The seal of a receipt is the SHA-256 of its canonical form: JSON in ASCII, keys sorted, no blanks between tokens,
without the key `sha256`. Each receipt names the seal of the receipt before as `previous`. A receipt that was removed
leaves a stub with both seals, so that the chain can still be followed.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

SEAL: Final = "sha256"
FIRST: Final = "0" * 64
"""What the first receipt of a book names as the seal before it."""

Document = Mapping[str, Any]
"""A receipt or a stub as a JSON object."""


def canonical(document: Document) -> bytes:
    """Return the canonical form of a receipt without its seal."""
    content = {key: value for key, value in document.items() if key != SEAL}
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def seal_of(document: Document) -> str:
    """Return the seal of a receipt, in hex digits."""
    return hashlib.sha256(canonical(document)).hexdigest()


def sealed_document(document: Document) -> dict[str, Any]:
    """Return a receipt with its seal."""
    return {**document, SEAL: seal_of(document)}


def stub_of(document: Document, at: float, by: str, why: str) -> dict[str, Any]:
    """Return what stays of a receipt that is removed: its place in the chain, and who removed it when and why."""
    kept = {key: document.get(key) for key in ("book", "number", "previous", SEAL)}
    return {**kept, "removed_at": at, "removed_by": by, "why": why}


def is_stub(document: Document) -> bool:
    """Return True for what is left of a removed receipt."""
    return "removed_at" in document and "fields" not in document


class SealProblem(StrEnum):
    """What is wrong with a receipt or with a chain of receipts."""

    UNREADABLE = "unreadable"
    CHANGED = "changed"
    MISSING = "missing"
    BROKEN_CHAIN = "broken-chain"
    TWICE = "twice"
    PAGE_DIFFERS = "page-differs"


class SealFault(Struct, frozen=True):
    """One fault. `what` is the file or the number, `said` a sentence."""

    fault: SealProblem
    what: str
    said: str


class Verification(Struct, frozen=True):
    """The outcome of a check: what is wrong, and what the operator should also know.

    `checked` is the number of receipts with a sound seal.
    """

    faults: tuple[SealFault, ...]
    notes: tuple[str, ...]
    checked: int

    @property
    def sound(self) -> bool:
        """True if nothing is wrong."""
        return not self.faults


def verify(documents: Iterable[tuple[str, Document | None]]) -> Verification:
    """Check receipts against their seals and against each other. `documents` are pairs of a file's name and content.

    The content is None if the file is not a receipt. Files of several books are checked book by book.
    """
    faults: list[SealFault] = []
    books: defaultdict[str, dict[int, tuple[str, Document]]] = defaultdict(dict)
    checked: set[tuple[str, int]] = set()
    notes: list[str] = []
    for name, document in documents:
        if document is None or not _has_a_place(document):
            faults.append(SealFault(SealProblem.UNREADABLE, name, "This file isn't a receipt."))
            continue
        book, number = str(document["book"]), int(document["number"])
        if is_stub(document):
            when = f"removed by {document['removed_by']}: {document['why']}"
            notes.append(f"Receipt {number} was {when}. Its seal keeps its place in the chain.")
        elif document[SEAL] != seal_of(document):
            faults.append(
                SealFault(SealProblem.CHANGED, name, f"Receipt {number} was changed: its seal does not fit.")
            )
        else:
            checked.add((book, number))
        other = books[book].get(number)
        if other is not None and other[1][SEAL] != document[SEAL]:
            said = f"Receipt {number} is there twice with two seals: {other[0]} and {name}."
            faults.append(SealFault(SealProblem.TWICE, name, said))
        if other is None or is_stub(other[1]):
            books[book][number] = (name, document)
    for chain in books.values():
        faults += _follow(chain)
        if (first := min(chain)) > 1:
            notes.append(f"The chain is checked from receipt {first} on; earlier receipts were not given.")
    return Verification(tuple(faults), tuple(notes), len(checked))


def _has_a_place(document: Document) -> bool:
    number = document.get("number")
    whole = isinstance(number, int) and not isinstance(number, bool)
    return whole and all(isinstance(document.get(key), str) for key in ("book", "previous", SEAL))


def _follow(chain: Mapping[int, tuple[str, Document]]) -> Iterable[SealFault]:
    """Yield the gaps of one book's chain, and the places where a receipt does not follow from the one before."""
    numbers = sorted(chain)
    for number in range(numbers[0], numbers[-1]):
        if number not in chain:
            said = f"Receipt {number} is missing: {number - 1} and {_next(numbers, number)} are there."
            yield SealFault(SealProblem.MISSING, str(number), said)
    for number in numbers:
        name, document = chain[number]
        before = chain.get(number - 1)
        expected = FIRST if number == 1 else before[1][SEAL] if before else document["previous"]
        if document["previous"] != expected:
            said = f"Receipt {number} does not follow from receipt {number - 1}."
            yield SealFault(SealProblem.BROKEN_CHAIN, name, said)


def _next(numbers: list[int], number: int) -> int:
    return next(after for after in numbers if after > number)
