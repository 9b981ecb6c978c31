"""What happens to the contact books of a seed: syncs with answers, shares, undos, milestones, and edits in between.

Every push is compared with its plan. With faults, a step that is not done may have arrived with the plan's values.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from random import Random
from typing import Final, Literal, get_args

from msgspec import Struct
from msgspec.structs import replace

from core.compare.emails import inbox_key
from core.contacts.consent import Channel
from core.contacts.match.match import Matched, match
from core.contacts.match.roles import AgentRule
from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.model import Reason, Verdict
from core.contacts.records import Answer, OwnersAnswer
from core.contacts.review.decisions import APART
from core.contacts.review.reviewed import Reviewed
from core.contacts.review.use_cases import ReviewUseCases
from core.contacts.sync.invite_plan import linked_partners
from core.contacts.sync.share_plan import ShareChoices, ShareWay, channels_of, person_of, shareable
from core.contacts.sync.use_cases import SyncUseCases
from core.contacts.use_cases import ContactSettings, ContactUseCases, MoreSources
from core.errors import DeskError
from core.milestones.events import CalculationReport, MilestoneEvent
from core.milestones.gather import MilestoneSettings
from core.milestones.inputs import MilestoneLine
from core.milestones.milestone_map import Milestone
from core.milestones.ports import Outside, Received
from core.milestones.use_cases import MilestoneUseCases, Overview
from core.push.engine import Engine
from core.push.live_push import steps_of
from core.push.plan import Asset, Entity, Plan, System
from core.push.ports import Clock
from core.push.records import Link, Push, StepRecord
from core.push.resolutions import Choice, Resolution, choices
from core.push.states import ACTIVE, PushState, StepState
from data.vendors.linked_people import LinkedPeople
from data.vendors.simplenexus.applications import SimpleNexusApplications
from data.vendors.simplenexus.client import SimpleNexus
from data.vendors.simplenexus.contact_source import SimpleNexusContactSource
from data.vendors.simplenexus.writes import SimpleNexusWrites
from data.vendors.total_expert.client import TotalExpert
from data.vendors.total_expert.consents import TotalExpertConsents
from data.vendors.total_expert.contact_source import TotalExpertContactSource
from data.vendors.total_expert.insights import TotalExpertInsights
from data.vendors.total_expert.writes import TotalExpertWrites
from tests.fidelity.contacts.book import AGENTS, TITLE_FIELD, ContactBook
from tests.fidelity.contacts.expected import Part, contact_differences, expected_records
from tests.fidelity.desk import LoopTime, Unfaithful
from tests.fidelity.difference import Dump
from tests.fidelity.systems import FaultPlan, SystemsInProcess, Wires, on_virtual_time
from tests.support.copies import CopiesInMemory
from tests.support.fakes import FakeBook
from tests.unit.core.milestones.milestone_setup import SHIPPED

WORKSPACE: Final = "fidelity"
SETTLE: Final = 5.0
PATIENCE: Final = 60
FAULTS: Final = 6
OFF: Final = {Channel.EMAIL: "ok_to_email", Channel.SMS: "ok_to_call"}
"""The field of a contact that says no to a channel."""
Happens = Literal[
    "sync",
    "share",
    "invite",
    "undo",
    "milestones",
    "application",
    "edit",
    "person",
    "account",
    "leaves",
    "owners",
]
RIGHTLY_ASKED: Final = frozenset({"unlinked-before"})
"""Why a push may need a person without a fault: an undo took the link of a record back that bears the reference."""
_SENT_ONCE: Final = frozenset({StepState.DONE, StepState.READY, StepState.BLOCKED})
_DENIALS: Final = frozenset({"rate-limited", "not-authorised"})
"""The codes of a reply that denies a write: a gateway may give it after the system carried the write out."""
ANSWERS: Final = (Answer.SAME, Answer.DIFFERENT, Answer.DIFFERENT, Answer.HOUSEHOLD, Answer.LATER)


class ContactStoryTold(Struct, frozen=True):
    """How many pushes of each kind a story compared with their plans."""

    pushes: dict[Asset, int]


class _NothingReceived:
    """A listener that received nothing. Honours `core.milestones.ports.EventBox`."""

    def read(self) -> Received:
        """Return nothing."""
        events: tuple[MilestoneEvent, ...] = ()
        return Received(events, 0)

    def drop(self, end: int) -> None:
        """Drop nothing."""

    def add_reports(self, reports: tuple[CalculationReport, ...]) -> None:
        """Take no calculations: the story has none."""
        raise AssertionError(reports)


class _CheckedContacts(ContactUseCases):
    """Matches by what changed, and compares each match with a whole one of the same books and statistics."""

    async def match(self, gathered: MatchSnapshot) -> Matched:
        """See `ContactUseCases.match`. Raises `Unfaithful` if the two differ."""
        matched = await super().match(gathered)
        options = self.options(gathered)
        whole = match(gathered.simplenexus, gathered.total_expert, options, matched.statistics)
        rows = [
            replace(row, verdict=Verdict.LINK, reason=Reason.SAME_EMAIL)
            if row.reason in _OF_THE_BOOK
            else row
            for row in matched.rows
        ]
        if rows != [*whole.rows]:
            raise Unfaithful("a match by what changed is another than the whole match")
        return matched


_OF_THE_BOOK: Final = frozenset({Reason.TAKEN_OVER, Reason.TAKEN_BACK, Reason.DIVERTED})
"""What the book says of pairs that the rule alone links."""
"""The reason of a link that a match gives to an account before it says whom the account replaced."""


class ContactDesk:
    """One book and one engine over both contact systems."""

    def __init__(self, systems: SystemsInProcess, wires: Wires, random: Random, *, with_faults: bool) -> None:
        self.systems, self._random, self._with_faults = systems, random, with_faults
        clock: Clock = LoopTime()
        self.clock, self.book, numbers = clock, FakeBook(), count(1)
        simplenexus = SimpleNexus(wires[System.SIMPLENEXUS])
        total_expert = TotalExpert(wires[System.TOTAL_EXPERT], "brokerdesk")
        agents = AgentRule(AGENTS, title_field=TITLE_FIELD)
        terms = ContactSettings(WORKSPACE, "m.hale", writer="desk", agents=agents)
        self.contacts = _CheckedContacts(
            SimpleNexusContactSource(simplenexus),
            TotalExpertContactSource(total_expert),
            self.book,
            terms,
            lambda: f"P{next(numbers)}",
            clock,
            MoreSources(CopiesInMemory(), TotalExpertConsents(total_expert)),
        )
        self.review = ReviewUseCases(self.book, clock, "m.hale")
        self.syncs = SyncUseCases(self.contacts, "brokerdesk")
        self.milestones = MilestoneUseCases(
            Outside(
                SimpleNexusApplications(simplenexus, clock),
                TotalExpertInsights(total_expert),
                LinkedPeople(self.book, total_expert, self.contacts.known_links, clock),
                _NothingReceived(),
            ),
            self.book,
            MilestoneSettings(WORKSPACE, "m.hale", SHIPPED, "desk"),
            lambda: f"P{next(numbers)}",
            clock,
        )
        self.engine = Engine(
            self.book,
            {
                System.SIMPLENEXUS: SimpleNexusWrites(simplenexus, SETTLE),
                System.TOTAL_EXPERT: TotalExpertWrites(total_expert, SETTLE),
            },
            clock,
            Random(1),
            fresh={
                **dict.fromkeys((Asset.SYNC, Asset.SHARE, Asset.INVITE, Asset.UNDO), self.syncs),
                Asset.MILESTONE: self.milestones,
            },
            guards=self.syncs.guard.by_asset,
        )
        self.pushes: dict[Asset, int] = {}

    async def sync(self) -> None:
        """Read both systems, answer some questions, and sync what needs nobody."""
        gathered = await self.contacts.gather()
        reviewed = await self.review.begin(await self.contacts.match(gathered))
        for item in reviewed.queue:
            answer = self._random.choice(ANSWERS)
            if self._random.random() < 0.7 and answer in reviewed.offered(item.first):
                await self.review.answer([item.first], answer)
        preview = await self.syncs.preview(gathered, reviewed)
        self._check_owners(gathered, reviewed, preview.plan)
        if preview.does_anything:
            before = self.systems.dump()
            push = await self.syncs.confirm(preview, gathered, self.engine)
            await self._compare(push, preview.plan, before)

    async def answer_owners(self) -> None:
        """Answer about all contacts of two owners, if there are such."""
        reviewed = self.review.reviewed
        pairs = [pair for item in reviewed.queue for pair in reviewed.owner_pairs(item)] if reviewed else []
        if pairs:
            answer = self._random.choice((OwnersAnswer.SEPARATE, OwnersAnswer.SEPARATE, OwnersAnswer.LEAVE))
            await self.review.decide_owners(self._random.choice(pairs), answer)

    def _check_owners(self, gathered: MatchSnapshot, reviewed: Reviewed, plan: Plan) -> None:
        """Raise `Unfaithful` if a plan makes something for an owner who left, or that another owner's email forbids."""
        left = {owner.id for owner in (*gathered.officers, *gathered.users) if not owner.active}
        contacts = {one.id: one for one in (*gathered.simplenexus, *gathered.total_expert)}
        emails: dict[tuple[System, str], set[str]] = {}
        for system, book in (
            (System.SIMPLENEXUS, gathered.simplenexus),
            (System.TOTAL_EXPERT, gathered.total_expert),
        ):
            for one in book:
                if key := inbox_key(one.email):
                    owner = one.owner if system is System.SIMPLENEXUS else gathered.ties.officer_of(one)
                    emails.setdefault((system, key), set()).add(owner or f"user {one.owner}")
        separate = {
            pair for pair, said in reviewed.answered_owners.items() if said.answer is OwnersAnswer.SEPARATE
        }
        apart = {ids for ids, said in reviewed.answered.items() if said.answer in APART}
        for step in plan.steps:
            source = contacts[step.local_id]
            maker = step.parent or step.body["owner"]["id"]
            if maker in left:
                raise Unfaithful(f"{step.entity} {step.local_id} is made for {maker}, who left")
            mine = step.parent or gathered.ties.ties[maker]
            others = emails.get((step.system, inbox_key(source.email)), set()) - {mine}
            told_apart = any(step.local_id in ids for ids in apart)
            if not told_apart and any((min(mine, one), max(mine, one)) not in separate for one in others):
                raise Unfaithful(f"{step.entity} {step.local_id} is made although {others} have its email")

    async def share(self) -> None:
        """Share the app with some of those with whom it can be shared."""
        gathered = await self.contacts.gather()
        chosen = [contact_id for contact_id, _ in shareable(gathered) if self._random.random() < 0.6]
        way = self._random.choice((ShareWay.LINK, ShareWay.LINK, ShareWay.ACCOUNT))
        channels, agreed = self._random.choice(
            (((Channel.EMAIL,), False), ((Channel.SMS,), True), ((Channel.EMAIL, Channel.SMS), True))
        )
        choices = ShareChoices(way, channels, texts_agreed=agreed, again=self._random.random() < 0.5)
        preview = await self.syncs.preview_share(gathered, chosen, choices)
        for step in preview.plan.steps:
            self._check_wishes(person_of(step), *(OFF[channel] for channel in channels_of(step)))
        if preview.plan.steps:
            before = self.systems.dump()
            await self._compare(await self.syncs.confirm_share(preview, self.engine), preview.plan, before)

    async def invite(self) -> None:
        """Invite some of the agents who are linked with a partner."""
        gathered = await self.contacts.gather()
        chosen = [contact_id for contact_id, _ in linked_partners(gathered) if self._random.random() < 0.8]
        preview = await self.syncs.preview_invite(gathered, chosen)
        if preview.plan.steps:
            before = self.systems.dump()
            push = await self.syncs.confirm_invite(preview, self.engine)
            await self._compare(push, preview.plan, before)

    async def undo(self) -> None:
        """Undo the last sync."""
        for synced in (await self.syncs.syncs())[:1]:
            preview = await self.syncs.preview_undo(synced.push_id)
            if preview.unlinks or preview.plan.steps:
                before = self.systems.dump()
                push = await self.syncs.confirm_undo(preview, self.engine)
                await self._compare(push, preview.plan, before)

    async def send_milestones(self) -> None:
        """Send each milestone that is due, one after the other."""
        for _ in range(6):
            seen = await self.milestones.look()
            if not seen.due:
                return
            await self._check_own_accounts(seen)
            plan = seen.due[0].plan
            assert plan is not None
            self._check_wishes(plan.about)
            before = self.systems.dump()
            (push,) = await self.milestones.begin([seen.due[0].name], self.engine)
            await self._compare(push, plan, before)

    async def _check_own_accounts(self, seen: Overview) -> None:
        """Check that nobody whose account the desk made is to get Borrower Linked: here nobody ever signs in."""
        made = {link.local_id for link in await self.book.all(Link) if link.entity is Entity.BORROWER}
        if wrong := [line.name for line in seen.due if line.contact in made and _is_linked(line)]:
            raise Unfaithful(f"{wrong} would be sent before the person has an account of their own")

    def _check_wishes(self, contact: str, *fields: str) -> None:
        """Raise `Unfaithful` if somebody would be contacted who is silenced, or says no to one of the `fields`."""
        wishes = self.systems.get("total-expert", "contacts", contact)
        no_way = not any(
            wishes.get(f"ok_to_{name}", True) not in (0, "0") for name in ("email", "call", "mail")
        )
        if no_way or "preferences" in wishes or any(wishes.get(field, True) in (0, "0") for field in fields):
            raise Unfaithful(f"contact {contact} opted out and would be contacted")

    async def _compare(self, push: Push, plan: Plan, before: Dump) -> None:
        if push.plan != plan.digest:
            raise Unfaithful(f"confirming plan {plan.digest} gave the push of plan {push.plan}")
        push = await self._see_through(push)
        steps = await steps_of(self.book, push)
        in_doubt = {step.n for step in steps if step.state not in _SENT_ONCE} if self._with_faults else set()
        part = Part(
            frozenset(step.n for step in steps if step.state is StepState.DONE),
            frozenset(in_doubt),
            frozenset(step.n for step in steps if any(event.code in _DENIALS for event in step.trail)),
        )
        lines = contact_differences(expected_records(plan), before, self.systems.dump(), part)
        stopped = [step for step in steps if step.state is not StepState.DONE]
        rightly_asked = all(map(_is_rightly_asked, stopped))
        if push.state is not PushState.DONE and not (self._with_faults or rightly_asked):
            why = [
                f"{step.entity} {step.local_id} {step.state} {step.error} {step.detail}" for step in stopped
            ]
            lines = [f"the push ended {push.state} {push.reason}", *why, *lines]
        if lines:
            raise Unfaithful("\n  ".join([f"{plan.asset} {plan.title}", *lines[:8]]))
        self.pushes[plan.asset] = self.pushes.get(plan.asset, 0) + 1

    async def _see_through(self, push: Push) -> Push:
        """Run a push until it rests. A step that waits for a person for a reason is left alone."""
        push = await self.engine.finish(push.push_id)
        for _ in range(PATIENCE):
            if push.state is PushState.PAUSED:
                await asyncio.sleep(120.0)
                for breaker in self.engine.breakers.values():
                    breaker.reset()
                push = await self.engine.finish(push.push_id)
            elif push.state in ACTIVE and (
                self._with_faults or any(map(_is_rightly_asked, await steps_of(self.book, push)))
            ):
                await self._leave_one(push)
                push = await self.engine.finish(push.push_id)
            else:
                return push
        return push

    async def _leave_one(self, push: Push) -> None:
        for step in await steps_of(self.book, push):
            if step.state in (StepState.NEEDS_YOU, StepState.CONFLICT) and Choice.LEAVE in choices(step):
                await self.engine.decide(push.push_id, step.n, Resolution(Choice.LEAVE))
                return


def run_contact_story(seed: int, systems: SystemsInProcess, *, with_faults: bool) -> ContactStoryTold:
    """Tell the story of a seed. Raises `Unfaithful`."""
    random = Random(seed)
    systems.wipe()
    book = ContactBook(systems, random)
    faults = FaultPlan(seed)
    told: dict[Asset, int] = {}

    async def story(wires: Wires) -> None:
        desk = ContactDesk(systems, wires, random, with_faults=with_faults)
        await desk.milestones.look()
        for happening in _happenings(random):
            await asyncio.sleep(random.choice((30.0, 400.0, 7_000.0)))
            systems.now = desk.clock.now()
            faults.left = FAULTS if with_faults else 0
            try:
                await _happen(happening, desk, book)
            except DeskError as error:
                if not with_faults:
                    raise Unfaithful(f"{happening}: {error.code} {error.message}") from error
        told.update(desk.pushes)

    on_virtual_time(systems, faults, story)
    return ContactStoryTold(told)


def _is_linked(line: MilestoneLine) -> bool:
    return line.milestone is Milestone.BORROWER_LINKED


def _is_rightly_asked(step: StepRecord) -> bool:
    return any(event.code in RIGHTLY_ASKED for event in step.trail)


async def _happen(happening: Happens, desk: ContactDesk, book: ContactBook) -> None:
    match happening:
        case "sync":
            await desk.sync()
        case "share":
            await desk.share()
        case "invite":
            await desk.invite()
        case "undo":
            await desk.undo()
        case "milestones":
            await desk.send_milestones()
        case "owners":
            await desk.answer_owners()
        case "account":
            book.sign_up(_moment(desk))
            await desk.sync()
            await desk.send_milestones()
        case "application" | "edit" | "person" | "leaves":
            _change(happening, desk, book)


def _change(
    happening: Literal["application", "edit", "person", "leaves"], desk: ContactDesk, book: ContactBook
) -> None:
    """Let somebody change something in one of the systems."""
    match happening:
        case "application":
            book.begin_application(_moment(desk))
        case "edit":
            book.edit()
        case "person":
            book.somebody()
        case "leaves":
            book.somebody_leaves()


def _moment(desk: ContactDesk) -> str:
    """Return the time of the systems in ISO 8601."""
    return f"{datetime.fromtimestamp(desk.systems.now, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _happenings(random: Random) -> Sequence[Happens]:
    return ["sync", *(random.choice(get_args(Happens)) for _ in range(random.randint(3, 12)))]
