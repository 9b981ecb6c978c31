"""The same stories through the real engine: replies get lost, the desk dies anywhere, a person pauses somebody.

Whatever comes: no insight twice, none of an application that is being worked on, and all of it in the end.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from random import Random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Unreachable
from core.milestones.events import ApplicationReading, EventKind
from core.milestones.facts import QUIET
from core.milestones.insight_plan import insight_ref
from core.milestones.milestone_map import Milestone, MilestoneId, MilestoneRules
from core.push.plan import Entity
from core.push.ports import Request
from core.push.records import Push
from tests.unit.core.milestones.live_systems import Office, Stop, play, true_now
from tests.unit.core.milestones.milestone_setup import (
    ABANDONED,
    MINUTE,
    STARTED,
    SUBMITTED,
    T0,
    TYPES,
    event,
    with_rules,
)
from tests.unit.core.milestones.test_random_streams import CONTACTS, DAY, PEOPLE, Life, Sent

WHOLE = 26
"""Ticks of a story, at most: what is still to be sent in the end is not yet late."""


class LiveStory:
    """One random run over the real engine."""

    def __init__(self, random: Random, rules: MilestoneRules) -> None:
        self.random = random
        self.lives = {f"A{n}": Life(f"A{n}", random) for n in range(random.randint(1, 4))}
        self.office = Office(CONTACTS, with_rules(rules))
        self.office.applications.truth = self._truth
        self.office.applications.names = lambda: self.lives
        self.office.remote.seen = self._check
        self.post = self._post()
        self.names: dict[str, str] = {}
        self.sent: list[Sent] = []
        self.elsewhere: dict[str, bool] = {}
        self.met: Counter[str] = Counter()

    def _post(self) -> list[tuple[float, object]]:
        random = self.random
        told = [one for life in self.lives.values() for one in life.told()]
        told += [event(EventKind.ACCOUNT, person, T0 + MINUTE) for person in PEOPLE]
        told += [event(EventKind.CALCULATED, person, T0 + n * MINUTE) for person in PEOPLE for n in (5, 90)]
        post: list[tuple[float, object]] = []
        for one in told:
            if one.what in (EventKind.CHANGED, EventKind.SUBMITTED) and random.random() < 0.15:
                continue
            times = random.choice([1, 1, 1, 2, 3])
            post += [(one.at + random.choice([0, 0, 1, 30, 240]) * MINUTE, one) for _ in range(times)]
        return post

    def _truth(self, name: str, at: float) -> ApplicationReading:
        life = self.lives[name]
        if life.begun > at:
            return ApplicationReading(name, at, at, gone=True)
        return ApplicationReading(
            name,
            at,
            at,
            life.begun,
            life.last(at),
            submitted=life.is_submitted(at),
            person=life.person,
        )

    def _check(self, request: Request) -> None:
        """What must be so at the moment an insight becomes true in Total Expert."""
        assert request.entity is Entity.INSIGHT
        one = Sent.of(self._name(request.ref))
        assert one.name not in {held.name for held in self.sent}, "twice"
        if one.application:
            life, now = self.lives[one.application], true_now()
            mine = [held.milestone for held in self.sent if held.application == one.application]
            if one.milestone == ABANDONED:
                assert self.office.applications.readable, "sent unread"
                assert now - life.last(now) >= QUIET, "changed within the 90 minutes"
                assert not life.is_submitted(now)
            if one.milestone == SUBMITTED:
                assert life.is_submitted(now)
            if one.milestone != STARTED:
                assert STARTED in mine, "out of order"
            self.elsewhere[one.name] = any(
                [held.milestone for held in self.sent if held.application == other][-1:] == [STARTED]
                and not told.submitted
                for other, told in self.office.desk._store.state.applications.items()
                if other != one.application and CONTACTS[self.lives[other].person].id == one.contact
            )
        self.sent.append(one)

    def _name(self, ref: str) -> str:
        if ref not in self.names:
            for record in self.office.engine._live.values():
                for step in record.plan.steps:
                    self.names[step.ref] = step.local_id
        assert insight_ref("test", MilestoneId.decode(self.names[ref])) == ref
        return self.names[ref]

    async def run(self) -> None:
        random, office = self.random, self.office
        office.remote.fate = self._fate
        await office.restart()
        await office.desk.tick()
        for _ in range(random.randint(5, WHOLE)):
            await asyncio.sleep(random.choice([1, 10, 30, 90, 100]) * MINUTE)
            await self._tick()
        office.clock.ahead = 0.0
        office.applications.readable = office.applications.polls = True
        office.remote.down, office.remote.types = False, dict(TYPES)
        office.remote.fate = lambda: "done"
        office.book.live_again()
        await asyncio.sleep(max(0.0, T0 + 2 * DAY - true_now()))
        for contact in {one.id for one in CONTACTS.values()}:
            await office.desk.unpause(contact)
        office.inbox.held += [one for _, one in self.post]
        for _ in range(3):
            for breaker in office.engine.breakers.values():
                breaker.reset()
            await office.desk.send(office.engine)

        self.met.update(push.reason or push.state for push in await office.book.all(Push))

    def _fate(self) -> str:
        fate = self.random.choice(["done"] * 6 + ["lost", "lost-after"])
        self.met[fate] += 1
        return fate

    async def _tick(self) -> None:
        random, office = self.random, self.office
        if random.random() < 0.15:
            office.clock.ahead = random.choice([0, -180, -30, 30, 89, 180]) * MINUTE
        office.applications.readable = random.random() < 0.8
        office.applications.polls = random.random() < 0.1
        office.remote.down = random.random() < 0.1
        office.remote.types = {name: ids for name, ids in TYPES.items() if random.random() < 0.9}
        now = true_now()
        came = [one for at, one in self.post if at <= now]
        self.post = [(at, one) for at, one in self.post if at > now]
        random.shuffle(came)
        office.inbox.held += came
        if random.random() < 0.4:
            office.book.live_again(random.randint(1, 40))
        try:
            contact = random.choice(list(CONTACTS.values())).id
            if random.random() < 0.1:
                await office.desk.pause(contact)
            elif random.random() < 0.3:
                await office.desk.unpause(contact)
            await (office.desk.send(office.engine) if random.random() < 0.8 else self._as_the_room_does())
        except Stop:
            self.met["death"] += 1
            await office.die()
            office.book.live_again()
            await office.restart()
        except Unreachable:
            self.met["unreachable"] += 1
        office.book.live_again()

    async def _as_the_room_does(self) -> None:
        """Begin what is due as it was seen a while ago, and let the engine find out whether it still holds."""
        office = self.office
        seen = await office.desk.tick()
        await asyncio.sleep(self.random.choice([0, 5, 60]) * MINUTE)
        for push in await office.desk.begin([line.name for line in seen.due], office.engine):
            await asyncio.wait([office.engine.run(push.push_id)])
        if office.book.dead:
            raise Stop


def the_milestones_of(story: LiveStory) -> set[str]:
    found = {
        f"{contact}|{milestone}|"
        for contact in ("9000", "9001")
        for milestone in (Milestone.BORROWER_LINKED, Milestone.RAN_CALCULATION)
    }
    for life in story.lives.values():
        contact = CONTACTS[life.person].id
        last = SUBMITTED if life.submitted else ABANDONED
        found |= {f"{contact}|{milestone}|{life.name}" for milestone in (STARTED, last)}
    return found


def told_by(seed: int, *, again: bool) -> LiveStory:
    story = LiveStory(Random(seed), MilestoneRules(started_again=again))
    play(story.run())
    return story


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.booleans())
def test_nothing_is_sent_twice_or_early_and_nothing_is_lost(seed: int, again: bool) -> None:
    story = told_by(seed, again=again)
    sent = Counter(one.name for one in story.sent)
    assert set(sent.values()) <= {1}
    assert the_milestones_of(story) <= set(sent)
    assert len(story.office.remote.held) == len(sent)
    for name in set(sent) - the_milestones_of(story):
        assert str(ABANDONED) in name or again, name
    for contact in ("9000", "9001"):
        inside = False
        for one in story.sent:
            if one.contact == contact and one.milestone == STARTED:
                inside = True
            elif one.contact == contact and one.milestone == ABANDONED:
                inside = inside and story.elsewhere[one.name]
        assert (contact in story.office.remote.started) is inside


def test_the_stories_meet_what_they_are_about() -> None:
    met: Counter[str] = Counter()
    for seed in range(40):
        story = told_by(seed, again=bool(seed % 2))
        met += story.met
        met.update(one.milestone for one in story.sent)
    for what in ("death", "unreachable", "plan-changed", "done", "lost", "lost-after", STARTED, ABANDONED):
        assert met[what] > 5, met


def test_the_stories_are_the_same_each_time() -> None:
    ours, other = (told_by(7, again=True) for _ in range(2))
    assert [msgspec.to_builtins(one) for one in ours.sent] == [msgspec.to_builtins(one) for one in other.sent]
