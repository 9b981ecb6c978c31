"""The rows of the Activity room, kept up push by push, are those that would be made again."""

from datetime import date
from random import Random

import msgspec

from core.local_forms import DeskTime, utc_zone
from core.push.plan import Asset
from core.push.records import Push
from core.push.states import PushState
from tui.activity.push_rows import PushRows
from tui.activity.wording import HEADINGS, PushRow, day_line
from tui.words.pushes import PushSection

DAY = 86_400.0
NEEDS_YOU, RUNNING, TODAY = (
    HEADINGS[section] for section in (PushSection.NEEDS_YOU, PushSection.RUNNING, PushSection.TODAY)
)
NAMES = {"C-1": "Linh Tran"}
AT = 1_790_000_000.0


local = DeskTime(utc_zone)
NOW = local(AT).date()


def a_push(n: int, subject: str, state: PushState = PushState.DONE, at: float = AT, reason: str = "") -> Push:
    return Push(f"P{n}", Asset.CARD, subject, "7f3a", state, "m.hale", at, at, 2, reason=reason)


def client(push: Push) -> str:
    return NAMES.get(push.subject, "")


def made(pushes: list[Push], today: date = NOW) -> PushRows:
    rows = PushRows(pushes, client, local, today)
    while rows.build(2):
        pass
    return rows


def told(row: PushRow) -> tuple[str, str]:
    return row.push.push_id, row.section.text


def test_rows_are_made_a_piece_at_a_time_and_come_newest_first() -> None:
    pushes = [a_push(n, f"C-{n}", at=AT - (5 - n) * DAY) for n in range(5)]
    rows = PushRows(pushes, client, local, NOW)
    assert [rows.build(2), rows.build(2), rows.build(2)] == [True, True, False]
    assert [row.push for row in rows.newest_first] == pushes[::-1]
    assert [row.client for row in rows.newest_first] == ["C-4", "C-3", "C-2", "Linh Tran", "C-0"]
    headings = ["Yesterday", "Earlier", "Earlier", "Earlier", "Earlier"]
    assert [row.section.text for row in rows.newest_first] == headings
    assert rows.of_today == []


def test_what_ended_badly_needs_somebody_until_a_later_push_takes_its_place() -> None:
    rows = made([a_push(1, "C-1", PushState.REFUSED), a_push(2, "C-2", PushState.PARTIAL)])
    assert [row.section for row in rows.newest_first] == [NEEDS_YOU, NEEDS_YOU]
    assert rows.asking == 2
    new = a_push(3, "C-1", PushState.QUEUED)
    assert rows.is_new(new)
    assert [told(row) for row in rows.take(new)] == [("P3", RUNNING.text), ("P1", TODAY.text)]
    done = msgspec.structs.replace(new, state=PushState.DONE)
    assert not rows.is_new(done)
    assert not rows.holds(done)
    assert [told(row) for row in rows.take(done)] == [("P3", TODAY.text)]
    assert rows.holds(done)
    assert len(rows.of_today) == 3
    assert rows.asking == 1


def test_a_row_says_how_far_a_running_push_is_and_gets_the_name_that_became_known() -> None:
    rows = made([a_push(1, "C-9", PushState.RUNNING)])
    (row,) = rows.take(a_push(1, "C-9", PushState.RUNNING), "7 of 12")
    assert (row.client, row.result) == ("C-9", "7 of 12")
    NAMES["C-9"] = "Bao Tran"
    (row,) = rows.name_anew(["P1", "P7"])
    assert row.client == "Bao Tran"
    assert "P1" in row.searched
    assert "C-9" in row.searched


def test_rows_that_are_kept_up_are_those_that_would_be_made_anew() -> None:
    random = Random(7)
    pushes = [a_push(n, f"C-{n % 4}", random.choice(list(PushState)), AT - DAY * (6 - n)) for n in range(6)]
    rows = made(pushes)
    for n in range(6, 200):
        if random.random() < 0.4:
            pushes.append(a_push(n, f"C-{random.randrange(6)}", random.choice(list(PushState)), AT + n))
            rows.take(pushes[-1])
        else:
            place = random.randrange(len(pushes))
            pushes[place] = msgspec.structs.replace(pushes[place], state=random.choice(list(PushState)))
            rows.take(pushes[place])
        anew = made(pushes)
        assert rows.newest_first == anew.newest_first
        assert rows.asking == anew.asking
        assert {row.push.push_id: row for row in rows.of_today} == {
            row.push.push_id: row for row in anew.of_today
        }


def test_the_day_in_a_line_is_cut_between_its_parts() -> None:
    states = (PushState.DONE, PushState.RUNNING, PushState.PARTIAL)
    rows = made([a_push(n, f"C-{n}", state) for n, state in enumerate(states)]).of_today
    whole = "Today 1 arrived · 2 ask you · 1 on the way · 1 in part"
    assert day_line(rows, 2, len(whole)).plain == whole
    assert day_line(rows, 2, len(whole) - 1).plain == "Today 1 arrived · 2 ask you · 1 on the way"
    assert day_line(rows, 2, 5).plain == "Today 1 arrived", "the first part is always there"
    assert day_line([], 0, 80).plain == "Today nothing was pushed"
