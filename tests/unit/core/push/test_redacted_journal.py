"""The words by which the book on a broker's disk says what a push and a step are: a later version reads them all."""

from __future__ import annotations

from enum import StrEnum

import msgspec
import pytest

from core.push.plan import Asset, Entity, Operation, StepKind, System
from core.push.states import PushState, StepState

# Written by hand, as they stand in books. One that is renamed or lost makes those books unreadable.
WORDS: dict[type[StrEnum], str] = {
    System: "brokerengine flex simplenexus total-expert",
    Entity: "person opportunity property product-link note contact prospect borrower partner insight group",
    Operation: "create update link write-back join-group leave-group",
    StepKind: "create update set append",
    Asset: "card fact-find note link unlink sync share undo milestone",
    StepState: "ready intent unknown needs-you conflict refused blocked skipped done",
    PushState: "queued running paused partial needs-you refused done",
}
EACH = [(of, word) for of, words in WORDS.items() for word in words.split()]


@pytest.mark.parametrize(("of", "word"), EACH, ids=[f"{of.__name__}-{word}" for of, word in EACH])
def test_a_word_that_a_book_may_hold_is_understood(of: type[StrEnum], word: str) -> None:
    assert msgspec.convert(word, of).value == word
