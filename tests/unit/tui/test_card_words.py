"""The words for cards: groups and counts of the list, the answer of a card, what a plan does, what to look at first."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

import msgspec
import pytest

from core.flex.board import Board, BoardCard, CardGroup, CardState, group_of, listed_obstacle
from core.flex.decoding import summary_in
from core.flex.field_map.fates import ARRIVES, Fate, Field
from core.flex.model import CardSummary, RejectedRecord, lacks_a_name
from core.flex.use_cases.bulk import BulkOutcome
from core.local_forms import DeskTime, utc_zone
from core.odd_values import OddField, OddFields
from core.push.plan import Asset, Entity, Operation, Step
from core.push.records import Push, StepRecord, TrailEvent
from core.push.states import PushState, StepState
from tests.support.cards import FULL, but, preview
from tui.cards.board import BoardModel
from tui.cards.groups import (
    GROUP_SIGN,
    GROUP_WORDS,
    NOT_CHECKED,
    counts_in_words,
    obstacle_words,
    short_amount,
    short_stage,
)
from tui.cards.listing import GROUP_OF, HEADINGS, LISTING, CardRow
from tui.cards.panes.fields import BY_HAND_SIGN, every_field, exceptions_first
from tui.cards.panes.payload import pieces_of
from tui.cards.wording import answer_line, left_out_words, plan_steps, push_strip
from tui.widgets.field_table import FieldRow, Gap, most_label
from tui.widgets.line_view import Heading
from tui.widgets.search_text import fold
from tui.words.by_hand import left_words
from tui.words.plans import (
    OUTCOMES,
    end_of_several,
    outcome_sentence,
    outcomes_in_words,
    plan_sentence,
)

CARD = CardSummary("C-1", "Ng", "deal", "AIP Issued", "m.hale", people=("An Ng",), names_missing=0)


UTC_DESK: Final = DeskTime(utc_zone)


# -- what the list can know --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "obstacle"),
    [
        ({}, ""),
        ({"flex_integrated": True}, "use-fact-find"),
        ({"flex_integrated": False}, ""),
        ({"people": ()}, "no-people"),
        ({"names_missing": 1}, "name-missing"),
        ({"names_missing": None, "flex_integrated": None}, ""),
        ({"people": (), "odd": OddFields({"people": OddField("people", "7", "it isn't a list")})}, ""),
    ],
)
def test_what_the_list_tells_of_a_card_is_known_without_reading_the_card(
    more: dict[str, object], obstacle: str
) -> None:
    assert listed_obstacle(msgspec.structs.replace(CARD, **more)) == obstacle


def test_a_linked_card_has_no_obstacle_and_every_state_a_group_with_a_sign_a_word_and_a_heading() -> None:
    guarded = msgspec.structs.replace(CARD, flex_integrated=True)
    assert BoardCard(guarded, CardState.LINKED, "1-A").obstacle == ""
    assert {group_of(state, "") for state in CardState} | {group_of(CardState.UNLINKED, "no-people")} == set(
        CardGroup
    )
    assert set(GROUP_SIGN) == set(GROUP_WORDS) == set(CardGroup)
    assert set(HEADINGS) == {str(group) for group in CardGroup}
    assert {GROUP_OF[heading] for heading in HEADINGS.values()} == set(HEADINGS)


def test_no_two_signs_of_the_list_are_alike() -> None:
    signs = [sign for sign, _ in (*GROUP_SIGN.values(), NOT_CHECKED)]
    assert len(set(signs)) == len(signs)


def test_a_card_is_called_ready_only_after_it_was_read() -> None:
    model = BoardModel(Board({}, {}), "m.hale")
    (row,) = model.add([CARD])
    assert (row.sign, row.state, row.heading) == ("·", "not checked", HEADINGS["ready"])
    model.obstacles["C-1"] = ""
    row = model.renew("C-1") or row
    assert (row.sign, row.state) == ("○", "ready")
    model.obstacles["C-1"] = "role-unknown"
    row = model.renew("C-1") or row
    assert (row.sign, row.trouble, row.heading) == ("✗", "role unknown", HEADINGS["cannot-be-pushed"])


@pytest.mark.parametrize("typed", ["640", "640k", "$640k", "$640K", "640,000", "$640,000", "640000"])
def test_a_card_is_found_by_its_amount_in_every_form_that_is_shown_or_typed(typed: str) -> None:
    model = BoardModel(Board({}, {}), "m.hale")
    cards = [
        msgspec.structs.replace(CARD, id=f"C-{n}", loan_amount=amount)
        for n, amount in enumerate((Decimal("640000"), Decimal("1562500.5"), None, Decimal("NaN")))
    ]
    rows = model.add(cards)
    assert [row.id for row in rows if fold(typed) in fold(row.haystack)] == ["C-0"]
    for other in ("1.56m", "1,562,500.50", "1562500"):
        assert [row.id for row in rows if other in fold(row.haystack)] == ["C-1"], other


def test_what_the_reading_of_a_card_finds_replaces_what_the_list_tells() -> None:
    model = BoardModel(Board({}, {}), "m.hale")
    (row,) = model.add([msgspec.structs.replace(CARD, names_missing=1)])
    assert row.trouble == "name missing"
    model.obstacles["C-1"] = ""
    assert (model.renew("C-1") or row).trouble == ""


def test_a_record_that_was_set_aside_shows_its_reason_in_place_of_a_client() -> None:
    model = BoardModel(Board({}, {}), "m.hale")
    (row,) = model.add([RejectedRecord("BrokerEngine", "C-2", "flex_id", "it isn't a text")])
    assert (row.title, row.trouble, row.heading.text) == (
        "flex id: it isn't a text",
        "set aside",
        "Can't be pushed",
    )


def test_the_column_of_ids_is_as_wide_as_the_longest_id_within_limits() -> None:
    model = BoardModel(Board({}, {}), "m.hale")
    model.add([CARD])
    assert model.id_cells == 6
    model.add([msgspec.structs.replace(CARD, id="C-10001234")])
    assert model.id_cells == 10
    model.add([msgspec.structs.replace(CARD, id="C-" + "1" * 60)])
    assert model.id_cells == 14


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (None, ""),
        ("640000.00", "$640k"),
        ("1250000", "$1.25m"),
        ("999999", "$1m"),
        ("900", "$900"),
        ("0", "$0"),
        ("-5000", "-$5k"),
    ],
)
def test_an_amount_takes_few_cells(amount: str | None, shown: str) -> None:
    assert short_amount(Decimal(amount) if amount else None) == shown


def test_cards_are_found_and_sorted_whatever_the_source_calls_an_amount() -> None:
    given = ["sNaN", "NaN", "-Infinity", "500", "1E+30", "NaN12", "7"]
    summaries = [
        summary_in(
            msgspec.Raw(
                f'{{"id":"C-{n}","title":"T","kind":"k","stage":"s","owner":"o","loan_amount":"{amount}"}}'.encode()
            ),
            "brokerengine",
        )
        for n, amount in enumerate(given)
    ]
    heading = next(iter(HEADINGS.values()))
    rows = [
        CardRow(
            card.id,
            card.title,
            "s",
            "o",
            "unlinked",
            "·",
            "muted",
            heading,
            BoardCard(card, CardState.UNLINKED, None),
        )
        for card in summaries
        if isinstance(card, CardSummary)
    ]
    assert [row.amount for row in rows] == ["", "", "", "$500", "$1E+30", "", "$7"]
    (column,) = [column for column in LISTING.columns if column.name == "amount"]
    assert column.sort is not None
    in_order = [row.id for row in sorted(rows, key=column.sort)]
    assert in_order == ["C-0", "C-1", "C-2", "C-5", "C-6", "C-3", "C-4"]
    assert ["500" in row.haystack for row in rows] == [amount == "500" for amount in given]


def test_a_known_stage_is_short_and_any_other_stays() -> None:
    assert short_stage("Conditional Approval/Missing Information Request") == "Cond. approval"
    assert short_stage("Our own stage") == "Our own stage"


def test_an_obstacle_without_words_sends_a_person_to_the_card() -> None:
    assert obstacle_words("") == ""
    assert obstacle_words("a-new-code") == "open the card"


def test_the_counts_are_of_what_is_shown() -> None:
    def words(counts: dict[str, int], shown: int, total: int) -> str:
        return " · ".join(text for text, _ in counts_in_words(counts, shown, total))

    assert words({"ready": 39, "needs-you": 1, "in-flex": 8}, 48, 48) == (
        "48 cards · 39 ready · 1 needs you · 8 in FLEX"
    )
    assert words({"needs-you": 2, "cannot-be-pushed": 1}, 3, 1200) == (
        "3 of 1,200 cards · 2 need you · 1 can't"
    )
    assert words({}, 0, 1) == "none of 1 card"


def test_a_narrow_line_of_counts_keeps_what_needs_a_person() -> None:
    counts = {"ready": 39, "needs-you": 1, "in-flex": 8}
    for width in range(8, 60):
        parts = [words for words, _ in counts_in_words(counts, 48, 48, width)]
        assert parts[0] == "48 cards"
        assert "1 needs you" in parts
        assert len("  ".join(parts)) <= max(width, len("48 cards  1 needs you"))
    assert [words for words, _ in counts_in_words(counts, 48, 48, 31)] == [
        "48 cards",
        "39 ready",
        "1 needs you",
    ]


@pytest.mark.parametrize("width", range(20, 70))
def test_a_narrow_line_of_counts_says_how_many_cards_it_leaves_out(width: int) -> None:
    counts = {"ready": 12, "cannot-be-pushed": 4, "in-flex": 21, "paused": 9, "on-its-way": 2}
    parts = [words for words, _ in counts_in_words(counts, 48, 48, width)]
    numbers = [int(words.split()[0]) for words in parts[1:]]
    line = "  ".join(parts)
    assert sum(numbers) == 48 or len(line) + len("  +48") > width
    assert len(line) <= max(width, len("48 cards"))


@pytest.mark.parametrize(
    ("blocked", "in_flex", "words"),
    [
        (0, 0, ""),
        (1, 0, "1 marked card can't be pushed"),
        (0, 1, "1 marked card is in FLEX already"),
        (0, 9, "9 marked cards are in FLEX already"),
        (4, 9, "4 marked cards can't be pushed, 9 are in FLEX already"),
        (2, 1, "2 marked cards can't be pushed, 1 is in FLEX already"),
    ],
)
def test_marked_cards_that_are_in_flex_are_not_said_to_be_blocked(
    blocked: int, in_flex: int, words: str
) -> None:
    assert left_out_words(blocked, in_flex) == words


def test_several_cards_of_which_some_wait_are_not_finished() -> None:
    ended = [*[BulkOutcome.ARRIVED] * 12, BulkOutcome.REFUSED]
    assert end_of_several(ended) == "Finished: 12 arrived, 1 refused."
    for waiting in (BulkOutcome.WAITS, BulkOutcome.NEXT_START):
        said = end_of_several([*ended, waiting])
        assert said.startswith("Not finished yet, 14 cards: 12 arrived, 1 waiting")


def test_the_refused_among_what_is_left_to_enter_are_counted_and_named_if_they_are_few() -> None:
    def field(name: str, fate: Fate, about: str = "") -> Field:
        return Field("Loan", name, "x", "", None, fate, about=about)

    stage, mobile = field("Stage", Fate.NO_HOME), field("Mobile", Fate.REFUSED, "Mei Chen")
    assert left_words([]) == ""
    assert left_words([stage]) == "1 field to enter by hand"
    assert left_words([stage, mobile]) == (
        "2 fields to enter by hand, 1 of them refused (Mobile of Mei Chen)"
    )
    assert left_words([mobile]) == "1 field to enter by hand, refused (Mobile of Mei Chen)"
    many = [field(f"Value {n}", Fate.REFUSED) for n in range(4)]
    assert left_words([stage, *many]) == "5 fields to enter by hand, 4 of them refused"
    assert left_words([stage, *many], ["C-7"]) == "5 fields to enter by hand, 4 of them refused (C-7)"


@pytest.mark.parametrize(
    ("first", "last", "lacks"),
    [("An", "Ng", False), ("An", None, True), (None, "Ng", True), ("An", "  ", True), ("", "Ng", True)],
)
def test_blanks_are_no_name(first: str | None, last: str | None, lacks: bool) -> None:
    assert lacks_a_name(first, last) is lacks


# -- the answer first --------------------------------------------------------------------------------------


def a_push(state: PushState, asset: Asset = Asset.CARD, at: float = 0.0) -> Push:
    return Push(f"P-{at}", asset, "C-1", "hash", state, "m.hale", at, at, 1, "C-1")


def answer(card: BoardCard, *history: Push, of: object = None) -> str:
    shown = preview(FULL) if of is None else of
    return answer_line(card, shown, history, None, UTC_DESK).plain


def test_the_answer_says_what_can_be_done_with_the_card() -> None:
    card = BoardCard(CARD, CardState.UNLINKED, None)
    ready = preview(FULL)
    arrive = sum(field.fate in ARRIVES for field in ready.fields)
    assert answer(card) == f"○ Ready: creates 6 records in FLEX. {arrive} fields arrive."
    assert answer_line(card, None, (), None, UTC_DESK).plain == "· Not checked yet."
    assert answer(card, of=preview(but(FULL, people=()))) == "✗ Can't be pushed yet:"


def test_the_answer_of_a_card_in_flex_says_since_when() -> None:
    card = BoardCard(CARD, CardState.LINKED, "1-A")
    day = 24 * 3600.0
    pushes = (
        a_push(PushState.DONE, Asset.NOTE, 40 * day),
        a_push(PushState.DONE, Asset.CARD, 30 * day),
        a_push(PushState.DONE, Asset.UNLINK, 20 * day),
        a_push(PushState.DONE, Asset.CARD, 10 * day),
    )
    assert answer(card, *pushes) == "● In FLEX since 31 Jan as opportunity 1-A"
    assert answer(card) == "● In FLEX as opportunity 1-A"


def test_a_card_that_needs_you_has_another_sign_than_one_on_its_way() -> None:
    for state, sign in ((CardState.NEEDS_YOU, "!"), (CardState.PUSHING, "◐"), (CardState.PAUSED, "‖")):
        assert answer(BoardCard(CARD, state, None), a_push(PushState.PARTIAL)).startswith(f"{sign} ")


# -- the Fields tab ----------------------------------------------------------------------------------------


def rows(lines: list[object]) -> list[FieldRow]:
    return [shown.line for shown in lines if isinstance(shown.line, FieldRow)]


def test_exceptions_come_first_and_every_field_is_counted_once() -> None:
    shown_card = preview(FULL)
    lines = exceptions_first(shown_card, None, 90, "a")
    headings = [shown.line for shown in lines if isinstance(shown.line, Heading)]
    assert [heading.text for heading in headings] == ["Look at these", "Arrives as it is"]
    looked_at = {id(shown.field) for shown in lines if shown.field is not None}
    joined = {id(field) for field in shown_card.fields if field.fate is Fate.JOINED}
    arriving = [field for field in shown_card.fields if field.fate in ARRIVES]
    left = [field for field in arriving if id(field) not in looked_at | joined]
    assert headings[1].remark == f"{len(left)} fields · a: all"
    narrow = [shown.line for shown in exceptions_first(shown_card, None, 36, "a")]
    assert Heading("Arrives as it is", f"{len(left)} fields") in narrow  # without the key: there is no room
    no_home = sum(field.fate is Fate.NO_HOME for field in shown_card.fields)
    assert [row.right for row in rows(list(lines)) if row.sign == BY_HAND_SIGN] == (
        ["enter by hand: h"] if no_home else []
    )


def test_a_refused_value_is_looked_at_before_all_others_and_keeps_its_field() -> None:
    people = FULL.people
    odd = msgspec.structs.replace(people[0].contact, email="no address")
    card = but(FULL, people=(msgspec.structs.replace(people[0], contact=odd), people[1]))
    shown_card = preview(card)
    refused = next(field for field in shown_card.fields if field.fate is Fate.REFUSED)
    first = next(shown for shown in exceptions_first(shown_card, None, 90, "a") if shown.field is not None)
    assert first.field is refused
    assert isinstance(first.line, FieldRow)
    assert first.line.right.startswith("left out: ")


@pytest.mark.parametrize("width", [36, 46, 60, 76, 120])
def test_what_needs_a_look_is_read_to_its_end_at_every_width(width: int) -> None:
    people = FULL.people
    named = msgspec.structs.replace(
        people[0].contact, first_name="Maximiliana", last_name="Featherstonehaugh"
    )
    shown_card = preview(but(FULL, people=(msgspec.structs.replace(people[0], contact=named), people[1])))
    lines = exceptions_first(shown_card, None, width, "a")
    for heading in (shown.line for shown in lines if isinstance(shown.line, Heading)):
        assert len(f"{heading.text}  {heading.remark}") + 2 <= width, heading
    end = next((n for n, shown in enumerate(lines) if isinstance(shown.line, Gap)), len(lines))
    looked_at = rows(list(lines[:end]))
    label = min(max(len(row.label) for row in rows(list(lines))), most_label(width))
    left = max((len(row.left) for row in looked_at if row.right), default=0)
    for row in looked_at:
        cells = label + left + len(row.right) + 8 if row.right else label + len(row.left) + 5
        assert cells <= width, row
    text = " ".join(f"{row.left} {row.right}" for row in looked_at)
    assert " ".join(text.split()).count("enter by hand: h") == 1


@pytest.mark.parametrize("width", [36, 60, 120])
def test_values_that_arrive_are_not_repeated_and_fit_the_width(width: int) -> None:
    lines = exceptions_first(preview(FULL), None, width, "a")
    at = next(
        n
        for n, shown in enumerate(lines)
        if isinstance(shown.line, Heading) and shown.line.text.startswith("Arrives")
    )
    values = [shown.line.left for shown in lines[at:] if isinstance(shown.line, FieldRow)]
    assert values
    assert all(len(value) <= max(12, width) for value in values)
    text = " ".join(values)
    assert text.count("Balmain") == 1
    assert "Linh Thi Nguyen" in text


def test_every_field_has_a_row_of_its_own() -> None:
    shown_card = preview(FULL)
    assert {id(shown.field) for shown in every_field(shown_card) if shown.field} == set(
        map(id, shown_card.fields)
    )


# -- what a plan does --------------------------------------------------------------------------------------


def a_record(n: int, step: Step, state: StepState, event: str = "") -> StepRecord:
    record = StepRecord(
        "P-1", n, step.ref, step.system, step.entity, step.operation, step.kind, step.local_id, state
    )
    return msgspec.structs.replace(record, trail=(TrailEvent(0.0, event),) if event else ())


def test_what_was_there_already_is_not_said_to_be_created_updated_or_written() -> None:
    plan = preview(FULL).plan
    first = plan.steps[0]
    records = [
        a_record(n, step, StepState.DONE, "applied" if step is first else "there-already")
        for n, step in enumerate(plan.steps)
    ]
    assert outcome_sentence(plan, records) == (
        "Created 1 person. "
        "There already: 1 person, 1 opportunity, 1 property, 2 products, 3 IDs in BrokerEngine."
    )
    assert [(row.sign, row.remark) for row in push_strip(plan, records)][-1] == (
        "=",
        "BrokerEngine has it already",
    )


def test_a_plan_is_a_sentence_and_write_backs_are_one_line() -> None:
    plan = preview(FULL).plan
    assert plan_sentence(plan) == (
        "Creates 2 people, 1 opportunity, 1 property; links 2 products; writes 3 IDs back to BrokerEngine."
    )
    done = outcome_sentence(plan, [a_record(n, step, StepState.DONE) for n, step in enumerate(plan.steps)])
    assert done.startswith("Created 2 people, 1 opportunity, 1 property; linked 2 products; wrote")
    back = [row for row in plan_steps(plan) if row.operation == "write back"]
    assert [(row.entity, row.remark) for row in back] == [("3 IDs", "BrokerEngine")]


def test_a_push_that_stopped_says_what_is_done_what_is_not_certain_and_what_is_not_done() -> None:
    plan = preview(FULL).plan
    states = {0: StepState.DONE, 1: StepState.DONE, 2: StepState.UNKNOWN, 3: StepState.REFUSED}
    records = [a_record(n, step, states.get(n, StepState.BLOCKED)) for n, step in enumerate(plan.steps)]
    assert [(step.operation, step.entity) for step in plan.steps[:4]] == [
        (Operation.CREATE, Entity.PERSON),
        (Operation.CREATE, Entity.PERSON),
        (Operation.CREATE, Entity.OPPORTUNITY),
        (Operation.CREATE, Entity.PROPERTY),
    ]
    assert outcome_sentence(plan, records) == (
        "Created 2 people. Not certain: create 1 opportunity. "
        "Not done: create 1 property; link 2 products; write 3 IDs back to BrokerEngine."
    )
    assert outcome_sentence(plan, ()).startswith("Not done: create 2 people, 1 opportunity, 1 property; link")


def test_a_plan_without_steps_sends_nothing() -> None:
    assert plan_sentence(msgspec.structs.replace(preview(FULL).plan, steps=())) == "Nothing is sent."


def test_what_became_of_several_cards_is_counted_in_words() -> None:
    assert set(OUTCOMES) == {str(outcome) for outcome in BulkOutcome}
    outcomes = [BulkOutcome.REFUSED, BulkOutcome.ARRIVED, BulkOutcome.ARRIVED]
    assert outcomes_in_words(outcomes) == "2 arrived, 1 refused"
    outcomes = [BulkOutcome.ARRIVED, *[BulkOutcome.NEXT_START] * 3]
    assert outcomes_in_words(outcomes) == "1 arrived, 3 waiting for the next start"


@pytest.mark.parametrize(
    ("line", "tones"),
    [
        ('  "Name": "An \\"x\\": {1}",', ["plain", "lilac", "muted", "plain", "muted"]),
        ('  "Amount": 640000,', ["plain", "lilac", "muted", "primary", "muted"]),
        ("  {", ["plain", "muted"]),
        ('  "a": null', ["plain", "lilac", "muted", "primary"]),
        ("not json \ufffd", ["primary"]),
    ],
)
def test_a_line_of_the_payload_is_coloured_and_nothing_of_it_is_lost(line: str, tones: list[str]) -> None:
    pieces = pieces_of(line)
    assert "".join(text for text, _ in pieces) == line
    assert [tone for _, tone in pieces] == tones


# -- what changed since a push, as far as the list tells ---------------------------------------------------


@pytest.mark.parametrize(
    ("updated", "touched"),
    [
        ("2026-11-12T14:05:00Z", ["C-1"]),
        ("2026-11-12T14:05:00", ["C-1"]),
        ("2026-11-12T14:00:59Z", []),
        ("yesterday", []),
        (None, []),
        (7, []),
    ],
)
def test_a_card_that_changed_after_its_push_is_read_and_no_other(updated: object, touched: list[str]) -> None:
    pushed_at = datetime(2026, 11, 12, 14, 0, tzinfo=UTC).timestamp()
    latest = msgspec.structs.replace(a_push(PushState.DONE), updated_at=pushed_at)
    linked = msgspec.structs.replace(CARD, flex_id="1-A", updated_at=updated)
    model = BoardModel(Board({}, {"C-1": latest}), "m.hale")
    model.add([linked, msgspec.structs.replace(linked, id="C-2")])
    assert model.touched() == touched
    unlinked = BoardModel(Board({}, {"C-1": latest}), "m.hale")
    unlinked.add([msgspec.structs.replace(linked, flex_id=None)])
    assert unlinked.touched() == []


def test_of_many_cards_that_changed_the_latest_are_read() -> None:
    latest = {f"C-{n}": msgspec.structs.replace(a_push(PushState.DONE), updated_at=0.0) for n in range(300)}
    model = BoardModel(Board({}, latest), "m.hale")
    model.add(
        [
            msgspec.structs.replace(
                CARD, id=f"C-{n}", flex_id="1-A", updated_at=f"2026-11-12T{n // 60:02}:{n % 60:02}:00Z"
            )
            for n in range(300)
        ]
    )
    assert model.touched() == [f"C-{n}" for n in range(299, 199, -1)]
