"""What the book alone tells the overview: what waits, what is to be entered by hand, the month, the last match."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from core.contacts.records import QUESTIONS_FILE, Answer, Judged
from core.contacts.review.kept_questions import KeptReview
from core.flex.records import PushedFields, Tick
from core.local_forms import utc_zone
from core.milestones.inputs import MilestoneLine
from core.milestones.milestone_map import Milestone, MilestoneId
from core.milestones.records import MilestoneState, SentMilestone
from core.overview.model import ContactHealth, MilestonesOpen
from core.overview.use_cases import OverviewUseCases, open_milestones
from core.push.records import Push, Record
from core.push.states import PushState
from tests.support.fakes import FakeBook
from tests.unit.core.overview.test_pushes import DAY, NOON, a_push

R = TypeVar("R", bound=Record)


def of_card(n: int, card: str, at: float = NOON, state: PushState = PushState.DONE) -> Push:
    return msgspec.structs.replace(a_push(n, at, state, card), about=card)


def fields(push: Push, carried: str, by_hand: str) -> PushedFields:
    carriers = dict.fromkeys(carried.split(), (0, "Name"))
    every = dict.fromkeys([*carriers, *by_hand.split()], "hash")
    return PushedFields(push.push_id, push.about, push.created_at, every, carriers=carriers)


class CountingBook(FakeBook):
    """Counts the records that are given out."""

    given = 0

    async def newest(self, kind: type[R], count: int, *, skip: int = 0) -> list[R]:
        return self._counted(await super().newest(kind, count, skip=skip))

    async def where(self, kind: type[R], **field: str) -> list[R]:
        return self._counted(await super().where(kind, **field))

    async def all(self, kind: type[R]) -> list[R]:
        return self._counted(await super().all(kind))

    def _counted(self, found: list[R]) -> list[R]:
        self.given += len(found)
        return found


def desk(book: FakeBook) -> OverviewUseCases:
    return OverviewUseCases(book, utc_zone, has_cards=True, has_contacts=True)


async def test_what_no_step_carries_and_nobody_ticked_is_still_to_enter_by_hand() -> None:
    book = FakeBook()
    first, second, old = of_card(1, "C-1", NOON - DAY), of_card(2, "C-1"), of_card(3, "C-3", NOON - 15 * DAY)
    refused, third = of_card(4, "C-4", state=PushState.REFUSED), of_card(5, "C-5", NOON - 3 * DAY)
    for push in (old, third, first, second, refused):
        await book.commit(push, fields(push, "a b", "x y z"))
    await book.commit(Tick("C-1", "x", "hash", "m.hale", NOON))
    left = (await desk(book).read(NOON)).by_hand
    assert left is not None
    assert (left.fields, left.cards, left.oldest) == (5, ("C-1", "C-5"), third.created_at)


async def test_a_push_in_an_archive_is_read_there_once() -> None:
    book = CountingBook()
    push = of_card(1, "C-1")
    await book.commit(push)
    book.archives[push.push_id] = [fields(push, "a", "x y")]
    overview = desk(book)
    for _ in range(2):
        left = (await overview.read(NOON)).by_hand
        assert left is not None
        assert left.fields == 2
        book.archives.clear()


async def test_the_cost_does_not_grow_with_the_age_of_the_book() -> None:
    costs = []
    for days in (60, 240):
        book = CountingBook()
        for n in range(days * 40):
            await book.commit(of_card(n, f"C-{n}", NOON - (days * 40 - n) * DAY / 40))
        await desk(book).read(NOON)
        costs.append(book.given)
    assert costs[0] == costs[1]


async def test_a_push_that_changes_is_shown_without_reading_every_push_again() -> None:
    book = CountingBook()
    push = of_card(1, "C-1", state=PushState.RUNNING)
    await book.commit(push)
    overview = desk(book)
    assert (await overview.read(NOON)).pushes.today.running == 1
    overview.push_changed(msgspec.structs.replace(push, state=PushState.NEEDS_YOU))
    picture = (await overview.read(NOON)).pushes
    assert (picture.today.running, picture.today.asks, picture.waiting) == (0, 1, {"P001"})


async def test_the_last_match_counts_less_what_was_decided_since() -> None:
    book = FakeBook()
    assert (await desk(book).read(NOON)).contacts is None
    counts = {"linked": 100, "link": 5, "import": 7, "push": 4, "hold": 3, "skip-one-way": 2, "cannot": 6}
    kept = KeptReview(1, NOON, (), counts=counts, costs={"HELD": 3, "OVERWRITE": 1}, reasons={"no email": 6})
    await book.put_file(QUESTIONS_FILE, msgspec.json.encode(kept))
    await book.commit(Judged("S0", "T0", Answer.SAME, "", "m.hale", NOON - 1, 1))
    await book.commit(Judged("S1", "T1", Answer.SAME, "", "m.hale", NOON + 1, 2))
    await book.commit(Judged("S2", "T2", Answer.LATER, "", "m.hale", NOON + 2, 3))
    found = (await desk(book).read(NOON + 9)).contacts
    assert found == ContactHealth(NOON, 127, 105, 10, 3, 1, 2, 6, {"no email": 6})


async def test_a_match_of_an_earlier_version_has_no_counts_and_so_is_not_read_yet() -> None:
    book = FakeBook()
    await book.put_file(QUESTIONS_FILE, msgspec.json.encode(KeptReview(1, NOON, ())))
    assert (await desk(book).read(NOON)).contacts is None


async def test_the_month_has_what_was_sent_by_milestone_and_by_day() -> None:
    book = FakeBook()
    for n, (days, state) in enumerate(
        [(31, "sent"), (29, "sent"), (3, "skipped"), (1, "sent"), (0, "sent"), (0, "due")]
    ):
        name = MilestoneId(f"{n}", Milestone.STARTED if n % 2 else Milestone.SUBMITTED, f"A{n}").encode()
        await book.commit(SentMilestone(name, NOON - days * DAY, "", MilestoneState(state)))
    month = (await desk(book).read(NOON)).month
    assert month is not None
    assert month.sent == {Milestone.STARTED: 2, Milestone.SUBMITTED: 1}
    assert (month.by_day[0], month.by_day[-2:], sum(month.by_day)) == (1, (1, 1), 3)


async def test_a_desk_without_contacts_has_no_month_and_one_without_cards_nothing_by_hand() -> None:
    book = FakeBook()
    cards = await OverviewUseCases(book, utc_zone, has_cards=True, has_contacts=False).read(NOON)
    contacts = await OverviewUseCases(book, utc_zone, has_cards=False, has_contacts=True).read(NOON)
    assert (cards.month, cards.contacts, contacts.by_hand) == (None, None, None)


def test_open_milestones_are_due_counting_down_or_need_a_person() -> None:
    def line(state: MilestoneState, until: float | None = None) -> MilestoneLine:
        return MilestoneLine(Milestone.STARTED, "U1", NOON, state, until=until)

    lines = [
        line(MilestoneState.WAITING, NOON + 60),
        line(MilestoneState.WAITING),
        line(MilestoneState.NEEDS_YOU),
        line(MilestoneState.DUE),  # its push is on its way
        line(MilestoneState.SENT),
    ]
    assert open_milestones(lines) == MilestonesOpen(0, 1, 1)
