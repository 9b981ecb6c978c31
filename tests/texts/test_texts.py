"""Every text that a person can see is on the page of texts, and none has a banned turn."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.support.fork_server import ROOT
from tests.texts.banned import ALLOWED, BANNED, Allowed, banned_turns, better_words, wrong_numbers
from tests.texts.collect import NOT_OURS, ShownText, all_texts, texts_of
from tests.texts.page import PAGE, page_of
from tests.texts.references import PAGES


def test_the_page_of_texts_is_current() -> None:
    assert PAGE.read_text("utf-8") == page_of(all_texts()), "run make texts, and read the difference"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_generated_page_is_current(path: Path) -> None:
    assert path.read_text("utf-8") == PAGES[path](), "run make texts"


def test_no_text_has_a_banned_turn() -> None:
    found = [
        f"{module}: “{turn}” ({better_words(turn)}): {text}"
        for module, turn, text in banned_turns(all_texts())
    ]
    assert found == []


def test_a_number_goes_with_its_noun() -> None:
    assert list(wrong_numbers(all_texts())) == []
    assert list(wrong_numbers([ShownText("a.py", "{len} cards and {how_many}")])) == ["a.py: {len} cards"]


def test_every_exception_is_needed_and_has_a_reason() -> None:
    texts = all_texts()
    for exception in ALLOWED:
        assert exception.why
        rest = [other for other in ALLOWED if other is not exception]
        assert any(found.module.startswith(exception.place) for found in banned_turns(texts, rest)), exception
    for place in NOT_OURS:
        assert (ROOT / place).exists(), place


@pytest.mark.parametrize(
    ("code", "texts"),
    [
        ("say('Nothing was sent.')", ["Nothing was sent."]),
        (
            'say(f\'{len(cards)} of {options.id} {"is" if one else "are"} left\')',
            ["{len} of {id} {is/are} left"],
        ),
        ("say('Nothing ' + 'was sent.')", ["Nothing was sent."]),
        ("fix = {'bad': ('Try again later.', 'x')}", ["Try again later."]),
        (
            "Action(name='push-card', label='Push', keys='ctrl+p', does='Push the card')",
            ["Push", "Push the card"],
        ),
        ("say(f'a part: {\"the whole card\" if whole else part}')", ["a part: {…}", "the whole card"]),
        ("def f():\n    'Return the cards of a board.'", []),
        ("x = 1\n'What x is for.'", []),
        ("raise ValueError('the caller is wrong here')", []),
        ("re.compile('two words')", []),
        ("button.add(classes='wide and blue', id='the one')", []),
        ("db.execute('SELECT name FROM cards')", []),
        ("word = 'push'", []),
    ],
)
def test_a_text_is_found_by_how_it_reads(code: str, texts: list[str]) -> None:
    assert list(texts_of(ast.parse(code))) == texts


@pytest.mark.parametrize(
    ("text", "turn"),
    [
        ("The remote refused it.", "remote"),
        ("Whose card is it?", "Whose"),
        ("It is sent by itself.", "by itself"),
        ("requirements: it is no number.", "is no"),
        ("Profile “a” is no live one", "is no"),
        ("found by a filter that it obeys", "obeys"),
        ("20 fields have no home in FLEX: to key by hand", "to key by hand"),
        ("There is no card on the board.", ""),
        ("It is no longer there.", ""),
        ("{whose} cards of {standing}", ""),
        ("It understood Bearer {token} and brokerdesk milestones --even-so NAME", ""),
    ],
)
def test_a_banned_turn_is_noticed(text: str, turn: str) -> None:
    assert [found.turn for found in banned_turns([ShownText("a.py", text)])] == ([turn] if turn else [])


def test_an_exception_allows_its_words_in_its_module_only() -> None:
    exception = Allowed("a.py", "remote work", "what people call it")
    texts = [
        ShownText("a.py", "remote work"),
        ShownText("a.py", "the remote"),
        ShownText("b.py", "remote work"),
    ]
    assert [found.text for found in banned_turns(texts, [exception])] == ["the remote", "remote work"]


def test_every_pattern_matches_a_text_and_has_better_words() -> None:
    for pattern, better in BANNED.items():
        assert re.compile(pattern)
        assert better
