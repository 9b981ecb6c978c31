"""The words for pushes: what became of each, under which heading it comes, and the command that does the same."""

from __future__ import annotations

import itertools
import shlex
from datetime import date
from typing import Any

import msgspec
import pytest

from core.local_forms import DeskTime, utc_zone
from core.milestones.milestone_map import Milestone
from core.push.made import END_REASONS
from core.push.plan import Asset, Entity
from core.push.records import Push
from core.push.states import ACTIVE, WAITS, PushState
from tests.support.book_fakes import a_step
from tui.activity.wording import no_undo_words
from tui.cli.parser.root import parse
from tui.words.pushes import (
    ASSET_SHORT,
    ASSET_WORDS,
    DONE_WORDS,
    PUSH_SIGN,
    PushSection,
    day_words,
    end_sentence,
    kind_words,
    milestone_words,
    push_command,
    result_words,
    section_of,
    state_words,
    subject_words,
    when_words,
)

TODAY = date(2026, 11, 12)
ODD = "O'Brien $(rm) “C 1”; 陈"


def a_push(asset: Asset = Asset.CARD, subject: str = "C-1042", about: str = "C-1042", **more: Any) -> Push:
    push = Push("P1", asset, subject, "7f3a", PushState.DONE, "m.hale", 0.0, 0.0, 2, about=about)
    return msgspec.structs.replace(push, **more)


def test_every_kind_and_state_of_a_push_has_words() -> None:
    assert set(ASSET_WORDS) == set(DONE_WORDS) == set(Asset)
    assert max(map(len, ASSET_WORDS.values())) == 9
    assert max(map(len, ASSET_SHORT.values())) == 4
    assert len(set(ASSET_SHORT.values())) == len(Asset), "each kind is told from every other"
    for asset, state in itertools.product(Asset, PushState):
        push = a_push(asset, state=state)
        assert result_words(push)
        assert subject_words(push) or asset is Asset.UNDO


def test_a_milestone_is_said_by_its_contact_and_its_name() -> None:
    push = a_push(Asset.MILESTONE, "milestone:9|1|SN Loan Application Started|A-1|2", "9|1")
    assert milestone_words(push, "Kate Moss-Lee") == "Kate Moss-Lee: Started"
    assert subject_words(push) == milestone_words(push) == "Started, contact 9|1"
    odd = a_push(Asset.MILESTONE, "milestone:of a later version", "9")
    assert milestone_words(odd) == "milestone, contact 9"
    assert (kind_words(push), kind_words(odd), kind_words(a_push(Asset.UNDO))) == ("star", "mile", "undo")
    kinds = {kind_words(a_push(Asset.MILESTONE, f"milestone:9|{each}|A-1")) for each in Milestone}
    assert len(kinds) == len(Milestone), "each milestone is told from every other"
    assert not kinds & set(ASSET_SHORT.values())


def test_a_push_that_ended_later_says_both_times_and_says_which_is_which() -> None:
    push = a_push(created_at=13.5 * 3600, updated_at=13.5 * 3600 + 61, state=PushState.DONE)
    local = DeskTime(utc_zone)
    assert when_words(push, local, 14 * 3600) == "13:30, ended 13:31"
    assert when_words(msgspec.structs.replace(push, updated_at=13.5 * 3600 + 5), local, 14 * 3600) == "13:30"
    assert when_words(msgspec.structs.replace(push, state=PushState.PAUSED), local, 14 * 3600) == "13:30"


def test_every_kind_of_push_says_where_it_is_taken_back_or_that_it_cant_be() -> None:
    said = {asset: no_undo_words(a_push(asset)) for asset in Asset}
    for asset, words in said.items():
        assert ("FLEX" in words) is (asset in (Asset.CARD, Asset.FACT_FIND, Asset.NOTE, Asset.PASTE)), asset
    assert "Contacts (2): z there" in said[Asset.SYNC]
    assert said[Asset.SYNC].endswith("brokerdesk undo P1")
    for asset in (Asset.SHARE, Asset.INVITE, Asset.MILESTONE, Asset.NOTE):
        assert "can't be taken back" in said[asset]
    assert "X there unlinks" in said[Asset.LINK]
    for state in ACTIVE:
        assert no_undo_words(a_push(Asset.SYNC, state=state)).startswith("This push is not over.")


def test_a_push_that_goes_on_by_itself_waits_wherever_it_is_named() -> None:
    for reason in WAITS:
        push = a_push(state=PushState.PAUSED, reason=reason)
        assert result_words(push).startswith("waits")
        assert state_words(push) == "waits"
        assert day_words([push], 0) == [("paused", "1 waits")]
        assert day_words([push, push], 0) == [("paused", "2 wait")]
    mended = a_push(state=PushState.PAUSED, reason="wrong-secret")
    assert result_words(mended).startswith("paused: ")
    assert state_words(mended) == "paused"


def test_a_push_that_sent_nothing_is_not_said_to_have_arrived() -> None:
    assert result_words(a_push(reason="all-there")) == "was there already"
    assert result_words(a_push(reason="left-out")) == "left out"
    assert end_sentence(a_push(reason="all-there")) == "Everything was there already; nothing was changed."
    assert end_sentence(a_push()) == "Everything arrived."
    assert end_sentence(a_push(), 2) == "What could be sent arrived."
    assert end_sentence(a_push(), None) == "What was sent arrived."
    for reason in END_REASONS:
        assert end_sentence(a_push(reason=reason), 2) == end_sentence(a_push(reason=reason))
    assert result_words(a_push(Asset.LINK, reason="all-there")) == "linked"
    assert day_words([a_push(), a_push(reason="all-there")], 0) == [
        ("arrived", "1 arrived"),
        ("there", "1 with nothing to send"),
    ]


def test_no_two_states_that_last_share_a_sign() -> None:
    signs = [sign for sign, _ in PUSH_SIGN.values()]
    assert len(signs) == len(set(signs))


COMMANDS: dict[Asset, tuple[Push, str]] = {
    Asset.CARD: (a_push(), "push card C-1042"),
    Asset.FACT_FIND: (a_push(Asset.FACT_FIND, "F-7"), "push fact-find F-7"),
    Asset.NOTE: (a_push(Asset.NOTE, "N-3001@2"), "push note N-3001"),
    Asset.LINK: (a_push(Asset.LINK), "link C-1042 1-6E2A0"),
    Asset.UNLINK: (a_push(Asset.UNLINK), "unlink C-1042"),
    Asset.SYNC: (a_push(Asset.SYNC, "contacts", ""), "sync"),
    Asset.SHARE: (a_push(Asset.SHARE, "share-1", ""), "share 9001 9002"),
    Asset.INVITE: (a_push(Asset.INVITE, "invite-1", ""), "invite 9001 9002"),
    Asset.UNDO: (a_push(Asset.UNDO, "undo-P0", "P0"), "undo P0"),
    Asset.MILESTONE: (
        a_push(Asset.MILESTONE, "milestone:9001|SN Loan Started|A1", "9001"),
        "milestones --yes --only '9001|SN Loan Started|A1'",
    ),
    Asset.PASTE: (a_push(Asset.PASTE), "paste C-1042"),
}
WRITTEN = "C-1042-draft-0a1b2c@0"
STEPS = [
    msgspec.structs.replace(a_step(n), local_id=local_id)
    for n, local_id in enumerate(("9001", "9002@1", "9001"))
]


@pytest.mark.parametrize("asset", Asset)
def test_each_kind_of_push_has_a_command_that_the_parser_takes(asset: Asset) -> None:
    push, words = COMMANDS[asset]
    assert push_command(push, STEPS, "1-6E2A0") == f"brokerdesk {words}"
    parse(shlex.split(words))


@pytest.mark.parametrize(
    ("push", "words"),
    [
        (a_push(Asset.NOTE, WRITTEN), "push note --card C-1042 --text -"),
        (a_push(Asset.PASTE, WRITTEN), "paste --text - C-1042"),
        (a_push(Asset.PASTE, "N-3001"), "paste --note N-3001 C-1042"),
        (a_push(Asset.LINK), "link C-1042 FLEX_ID"),
        (a_push(Asset.CARD, "-9", "-9"), "push card -- -9"),
        (a_push(Asset.NOTE, "-9-draft-0a@0", "-9"), "push note --card=-9 --text -"),
        (a_push(Asset.PASTE, "-n", "C-1"), "paste --note=-n C-1"),
    ],
)
def test_a_command_fits_what_was_pushed(push: Push, words: str) -> None:
    assert push_command(push) == f"brokerdesk {words}"
    parse(shlex.split(words))


def test_an_account_that_the_desk_made_is_said() -> None:
    steps = [msgspec.structs.replace(STEPS[0], entity=Entity.BORROWER)]
    assert push_command(COMMANDS[Asset.SHARE][0], steps) == "brokerdesk share --make-account 9001"


@pytest.mark.parametrize("asset", [Asset.CARD, Asset.FACT_FIND, Asset.UNLINK, Asset.PASTE])
def test_a_value_that_a_shell_would_split_stays_one_word(asset: Asset) -> None:
    command = push_command(a_push(asset, ODD, ODD))
    assert shlex.split(command)[-1] == ODD
    assert command.startswith("brokerdesk ")


def test_a_push_that_ended_badly_needs_a_person_until_a_newer_one_is_there() -> None:
    push = a_push(state=PushState.PARTIAL)
    assert section_of(push, TODAY, TODAY, latest=True) is PushSection.NEEDS_YOU
    assert section_of(push, TODAY, TODAY, latest=False) is PushSection.TODAY
    assert section_of(a_push(), date(2026, 11, 11), TODAY, latest=True) is PushSection.YESTERDAY
    assert section_of(a_push(), date(2026, 11, 10), TODAY, latest=True) is PushSection.EARLIER
    assert section_of(a_push(), date(2026, 11, 13), TODAY, latest=True) is PushSection.EARLIER
    running = a_push(state=PushState.RUNNING)
    assert section_of(running, date(2026, 11, 10), TODAY, latest=True) is PushSection.RUNNING


def test_the_day_is_said_in_the_words_that_count_something() -> None:
    states = [*[PushState.DONE] * 14, PushState.RUNNING, PushState.QUEUED, PushState.REFUSED]
    pushes = [a_push(state=state) for state in states]
    said = " · ".join(words for _, words in day_words(pushes, 1))
    assert said == "14 arrived · 1 asks you · 2 on the way · 1 refused"
    assert day_words([], 0) == []
    assert day_words([], 2) == [("asking", "2 ask you")]
