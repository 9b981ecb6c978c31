"""A sync confirmed once, its links in the book, the app shared, and an undo that says what it can't take back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from hashlib import sha256
from itertools import count
from random import Random
from typing import Any

import pytest

from core.automatic.quiet_start import QuietStart
from core.contacts.consent import Channel
from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.model import Contact, ContactKind, Verdict
from core.contacts.payloads import total_expert_fields
from core.contacts.ports import Batch, Owner, RejectedContact
from core.contacts.reading.reader import ReadKind, SystemRead
from core.contacts.reading.shortfall import Shortfall
from core.contacts.records import Answer, AppShareState, Judged, Synced
from core.contacts.review.reviewed import Reviewed, review
from core.contacts.review.use_cases import ReviewUseCases
from core.contacts.sync.plan import Cause
from core.contacts.sync.share_plan import AS_USUAL, ShareChoices, ShareWay
from core.contacts.sync.use_cases import DAY, FRESH_FOR, SyncUseCases
from core.contacts.use_cases import ContactSettings, ContactUseCases
from core.erasure import forget, plan_erasure
from core.errors import DeskError
from core.push.engine import Engine
from core.push.live_push import steps_of
from core.push.plan import Asset, System
from core.push.ports import Diverted, Refused
from core.push.records import Link, Push, StepRecord, Unlinked, undo_file
from core.push.resolutions import Choice, Resolution
from core.push.states import PushState, StepState
from core.receipts.careful_start import FEW, NEEDED, CarefulKind, CarefulStart
from tests.support.fakes import FakeBook, FakeRemote
from tests.support.people import but

SN, TE = System.SIMPLENEXUS, System.TOTAL_EXPERT
ANN = Contact(
    "S1", first_name="Ann", last_name="Lee", email="ann@x.example", owner="O1", kind=ContactKind.BORROWER
)
HERS = Contact("T1", first_name="Ann", last_name="Lee", email="Ann@x.example", owner="301")
CY = Contact(
    "S2", first_name="Cy", last_name="Moss", email="cy@x.example", owner="O1", kind=ContactKind.BORROWER
)
BEA = Contact("T2", first_name="Bea", last_name="Moss", email="bea@x.example", owner="301")
OTHER_CY = Contact(
    "T3", first_name="Cy", last_name="Moss", email="moss@y.example", owner="302", city="Oakland"
)


LATER = "2023-11-15T00:00:00Z"
"""After the time at which the clock of the tests stands."""


class FakeSystem:
    """One system: its contacts, and what was made in it, read as its side."""

    def __init__(self, system: System, owner: Owner, contacts: Sequence[Contact], remote: FakeRemote) -> None:
        self.system, self.owner, self.held, self.remote = system, owner, list(contacts), remote
        self.read = 0
        self.lost: list[Contact] = []
        """Contacts that the reading of the list loses, and that are found by email."""

    async def ids_by_email(self, emails: Collection[str], owners: Collection[str]) -> set[str]:
        assert owners or self.system is TE
        return {one.id for one in (*self.held, *self.lost) if one.email in emails}

    async def owners(self) -> tuple[list[Owner], list[RejectedContact]]:
        return [self.owner], []

    lists_by_owner = False

    def changes(self, owners: Sequence[Owner], since: float) -> AsyncIterator[Batch]:
        raise AssertionError("without a store every read is a full one")

    async def gone_among(self, contacts: Collection[Contact]) -> set[str]:
        return set()

    async def contacts(self, owners: Sequence[Owner]) -> AsyncIterator[Batch]:
        del owners
        self.read += 1
        made = [
            Contact(
                row.remote_id,
                first_name=row.fields["first_name"],
                last_name=row.fields["last_name"],
                email=row.fields["email"],
                owner=self.owner.id,
                kind=ContactKind.CONTACT if self.system is TE else ContactKind.PROSPECT,
            )
            for row in self.remote.rows.values()
            if "first_name" in row.fields and not any(one.id == row.remote_id for one in self.held)
        ]
        refs = tuple((row.ref, row.remote_id) for row in self.remote.rows.values() if row.ref)
        yield Batch((*self.held, *made), refs=refs)


class Clock:
    def __init__(self) -> None:
        self.at = 1_700_000_000.0

    def now(self) -> float:
        return self.at


class Desks:
    """Both systems, a book, and the desk over them."""

    def __init__(self, ours: Sequence[Contact], theirs: Sequence[Contact], **terms: Any) -> None:
        self.book, self.clock = FakeBook(), Clock()
        self.remotes = {SN: FakeRemote(SN), TE: FakeRemote(TE)}
        for remote in self.remotes.values():
            remote.takes = 0.0
        self.ours = FakeSystem(SN, Owner("O1", "dana@desk.example"), ours, self.remotes[SN])
        self.theirs = FakeSystem(TE, Owner("301", "dana@desk.example"), theirs, self.remotes[TE])
        numbers = count(1)
        given = ContactSettings(**{"workspace": "w", "operator": "m.hale", "writer": "desk", **terms})
        self.contacts = ContactUseCases(
            self.ours, self.theirs, self.book, given, lambda: f"P{next(numbers)}", self.clock
        )
        self.syncs = SyncUseCases(self.contacts, "brokerdesk")
        fresh = {
            Asset.SYNC: self.syncs,
            Asset.SHARE: self.syncs,
            Asset.UNDO: self.syncs,
        }
        self._fresh = fresh
        self.engine = self.restart()

    def restart(self) -> Engine:
        """Give a new engine over the same book."""
        self.engine = Engine(self.book, self.remotes, self.clock, Random(1), fresh=self._fresh)
        return self.engine

    def lose(self, missing: int) -> None:
        """Let every read from now on lack so many records of Total Expert that nothing may be synced."""
        gather, short = self.contacts.gather, Shortfall(5, 1.0, missing)

        async def gather_less(*heard: Any) -> MatchSnapshot:
            gathered = await gather(*heard)
            self.contacts.reads = (SystemRead(TE, ReadKind.FULL, 1.0, shortfall=short),)
            return gathered

        self.contacts.gather = gather_less  # type: ignore[method-assign]  # the store that keeps it is another test

    async def read(self) -> tuple[MatchSnapshot, Reviewed]:
        gathered = await self.contacts.gather()
        matched = await self.contacts.match(gathered)
        return gathered, review(matched, await self.book.all(Judged), self.book.keyed_hash)

    async def sync(self) -> Push:
        gathered, reviewed = await self.read()
        preview = await self.syncs.preview(gathered, reviewed)
        push = await self.syncs.confirm(preview, gathered, self.engine)
        return await self.engine.run(push.push_id)

    async def links(self) -> dict[tuple[str, str], str]:
        return {(link.entity.value, link.local_id): link.remote_id for link in await self.book.all(Link)}


async def test_a_read_that_lacks_records_lets_nothing_begin_that_creates_or_contacts_somebody() -> None:
    desks = Desks([CY], [BEA])
    await desks.sync()
    desks.ours.held.append(ANN)
    gathered, reviewed = await desks.read()
    sync = await desks.syncs.preview(gathered, reviewed)
    share = await desks.syncs.preview_share(gathered, ["T2"])
    invite = await desks.syncs.preview_invite(gathered, ["T2"])
    before = await desks.book.all(Push)
    desks.lose(1)
    await desks.read()
    for begun in (
        desks.syncs.confirm(sync, gathered, desks.engine),
        desks.syncs.confirm_share(share, desks.engine),
        desks.syncs.confirm_invite(invite, desks.engine),
    ):
        with pytest.raises(DeskError) as caught:
            await begun
        assert caught.value.code == "fewer-records"
    assert await desks.book.all(Push) == before
    undo = await desks.syncs.preview_undo(before[0].push_id)
    push = await desks.syncs.confirm_undo(undo, desks.engine)
    assert (await desks.engine.run(push.push_id)).state is PushState.DONE, "an undo goes on"


async def test_a_sync_under_way_pauses_when_a_read_lacks_records_and_goes_on_after_the_word() -> None:
    desks = Desks([CY], [])
    gathered, reviewed = await desks.read()
    begun = await desks.syncs.confirm(await desks.syncs.preview(gathered, reviewed), gathered, desks.engine)
    desks.lose(1)
    await desks.read()
    push = await desks.engine.run(begun.push_id)
    assert (push.state, push.reason) == (PushState.PAUSED, "fewer-records")
    assert desks.remotes[TE].sent == []
    desks.contacts.reads = ()
    assert (await desks.engine.run(begun.push_id)).state is PushState.DONE


@pytest.mark.parametrize("system", [SN, TE])
async def test_a_contact_that_the_reading_lost_is_not_created_again(system: System) -> None:
    desks = Desks([CY], [BEA])
    lost = but(BEA, id="S9", owner="O1") if system is SN else but(CY, id="T9", owner="301")
    (desks.ours if system is SN else desks.theirs).lost = [lost]
    gathered, reviewed = await desks.read()
    preview = await desks.syncs.preview(gathered, reviewed)
    with pytest.raises(DeskError, match="changed since") as refused:
        await desks.syncs.confirm(preview, gathered, desks.engine)
    assert refused.value.code == "plan-changed"
    assert not desks.remotes[system].rows
    found = desks.ours if system is SN else desks.theirs
    found.held, found.lost = [*found.held, lost], []
    push = await desks.sync()
    assert push.state is PushState.DONE
    assert not desks.remotes[system].rows, "it is linked by its email"


async def test_a_sync_links_imports_pushes_and_the_next_one_has_nothing_to_do() -> None:
    desks = Desks([ANN, CY], [HERS, BEA])
    push = await desks.sync()
    assert push.state is PushState.DONE
    (prospect,), (contact,) = desks.remotes[SN].rows.values(), desks.remotes[TE].rows.values()
    assert await desks.links() == {
        ("contact", "S1"): "T1",
        ("contact", "S2"): contact.remote_id,
        ("prospect", "T2"): prospect.remote_id,
    }
    preview = await desks.syncs.preview(*await desks.read())
    assert preview.causes == {Cause.STANDS: 3}
    with pytest.raises(DeskError, match="nothing to link"):
        await desks.sync()


async def test_confirming_twice_is_one_sync() -> None:
    desks = Desks([CY], [])
    gathered, reviewed = await desks.read()
    preview = await desks.syncs.preview(gathered, reviewed)
    first = await desks.syncs.confirm(preview, gathered, desks.engine)
    assert await desks.syncs.confirm(preview, gathered, desks.engine) == first


async def test_a_sync_that_waits_is_not_given_for_another_one_that_was_confirmed() -> None:
    desks = Desks([CY], [])
    gathered, reviewed = await desks.read()
    waiting = await desks.syncs.confirm(await desks.syncs.preview(gathered, reviewed), gathered, desks.engine)
    desks.theirs.held.append(BEA)
    gathered, reviewed = await desks.read()
    other = await desks.syncs.preview(gathered, reviewed)
    assert other.plan.digest != waiting.plan
    with pytest.raises(DeskError) as caught:
        await desks.syncs.confirm(other, gathered, desks.engine)
    assert caught.value.code == "another-plan-waits"


async def test_a_share_that_waits_is_not_given_for_other_people() -> None:
    desks = Desks([], [BEA, but(BEA, id="T3", first_name="Dee", email="dee@x.example")])
    await desks.sync()
    gathered, _ = await desks.read()
    first, other = [await desks.syncs.preview_share(gathered, [who]) for who in ("T2", "T3")]
    waiting = await desks.syncs.confirm_share(first, desks.engine)
    begun = await desks.syncs.confirm_share(other, desks.engine)
    assert (begun.plan, begun.push_id == waiting.push_id) == (other.plan.digest, False)
    assert await desks.syncs.confirm_share(first, desks.engine) == waiting
    pushes = await desks.engine.resume()
    assert [push.state for push in pushes] == [PushState.DONE, PushState.DONE]
    assert sorted(step.local_id for plan in (first.plan, other.plan) for step in plan.steps) == ["T2", "T3"]


async def test_what_was_read_long_ago_is_read_again_before_it_is_confirmed() -> None:
    desks = Desks([ANN, CY], [HERS])
    gathered, reviewed = await desks.read()
    preview = await desks.syncs.preview(gathered, reviewed)
    desks.clock.at += FRESH_FOR + 1
    desks.ours.held[0] = but(ANN, email="ann@new.example")
    with pytest.raises(DeskError, match="changed since") as caught:
        await desks.syncs.confirm(preview, gathered, desks.engine)
    assert caught.value.code == "plan-changed"
    assert await desks.book.all(Link) == []
    assert desks.remotes[TE].sent == []


async def test_somebody_who_came_meanwhile_does_not_stop_a_sync() -> None:
    desks = Desks([CY], [])
    gathered, reviewed = await desks.read()
    preview = await desks.syncs.preview(gathered, reviewed)
    desks.clock.at += FRESH_FOR + 1
    desks.theirs.held.append(BEA)
    push = await desks.syncs.confirm(preview, gathered, desks.engine)
    assert (await desks.engine.run(push.push_id)).state is PushState.DONE
    assert len(desks.remotes[TE].sent) == 1


async def pushed(desks: Desks) -> Push | None:
    """Look for new users and push them, as the desk does by itself."""
    found = await desks.syncs.look_for_new_users()
    return await desks.syncs.push_new_users(desks.engine, found) if found is not None else None


async def test_new_users_are_pushed_by_themselves_only_where_that_was_allowed_and_nobody_has_to_look() -> (
    None
):
    twin = but(
        HERS, id="T5", first_name="Dot", last_name="Poe", email="", mobile_phone="415 555 0177", owner="301"
    )
    asked = but(
        CY, id="S5", first_name="Dot", last_name="Poe", email="dot@x.example", mobile_phone="415 555 0177"
    )
    new = [but(one, since=LATER) for one in (CY, asked)]
    desks = Desks([ANN, *new], [HERS, BEA, twin], auto_push=True)
    await desks.book.commit(QuietStart(desks.clock.now()))
    push = await pushed(desks)
    assert push is not None
    assert (await desks.engine.run(push.push_id)).state is PushState.DONE
    assert len(desks.remotes[TE].sent) == push.size == 1
    assert "S5" not in [entry for _, entry in await desks.links()], (
        "who may be somebody else waits for a person"
    )
    assert desks.remotes[SN].sent == [], "imports wait for a sync"
    assert await pushed(desks) is None
    quiet = Desks([CY], [], auto_push=False)
    assert await pushed(quiet) is None


async def _share(desks: Desks, choices: ShareChoices = AS_USUAL) -> Push:
    """Share the app with Bea, who was imported."""
    gathered, _ = await desks.read()
    preview = await desks.syncs.preview_share(gathered, ["T2"], choices)
    push = await desks.syncs.confirm_share(preview, desks.engine)
    return await desks.engine.run(push.push_id)


async def _step(desks: Desks, push: Push) -> StepRecord:
    (step,) = await steps_of(desks.book, push)
    return step


async def _why_left_out(desks: Desks, choices: ShareChoices = AS_USUAL) -> list[str]:
    gathered, _ = await desks.read()
    return [one.why for one in (await desks.syncs.preview_share(gathered, ["T2"], choices)).left_out]


async def test_a_link_is_sent_once_and_once_more_only_where_a_person_says_so() -> None:
    desks = Desks([], [BEA])
    await desks.sync()
    assert (await _share(desks)).state is PushState.DONE
    email = {"email": BEA.email, "destination_name": "Bea Moss"}
    assert desks.remotes[SN].shared == [email]
    assert {entity for entity, _ in await desks.links()} == {"prospect"}, "the person has no account yet"
    (share,) = await desks.syncs.shares()
    assert (share.state, share.channels) == (AppShareState.SHARED, ("email",))
    assert await _why_left_out(desks) == ["shared on 14 Nov 2023"]
    with pytest.raises(DeskError, match="shared on 14 Nov 2023"):
        await _share(desks)
    assert (await _share(desks, ShareChoices(again=True))).state is PushState.DONE
    assert desks.remotes[SN].shared == [email, email]
    assert [share.local_id for share in await desks.syncs.shares()] == ["T2", "T2@1"]


async def test_what_is_forgotten_of_a_person_includes_every_link_that_was_sent() -> None:
    desks = Desks([], [BEA])
    await desks.sync()
    await _share(desks)
    push = await _share(desks, ShareChoices(again=True))
    assert (await _step(desks, push)).sent
    erasure = await plan_erasure(desks.book, "T2")
    assert {"T2", "T2@1"} <= set(erasure.ids)
    await forget(desks.book, erasure)
    assert not (await _step(desks, push)).sent


@pytest.mark.parametrize("lost", ["lost", "lost-after"])
async def test_a_link_whose_answer_was_lost_asks_a_person_and_is_not_sent_again(lost: str) -> None:
    desks = Desks([], [BEA])
    await desks.sync()
    remote = desks.remotes[SN]
    before = len(remote.sent)
    remote.script.append(lost)
    push = await _share(desks)
    assert (push.state, (await _step(desks, push)).state) == (PushState.NEEDS_YOU, StepState.NEEDS_YOU)
    await desks.engine.resume()
    desks.restart()
    await desks.engine.recover()
    await desks.engine.resume()
    assert len(remote.sent) == before + 1, "nothing sends the link again by itself"
    for choices in (AS_USUAL, ShareChoices(again=True)):
        assert await _why_left_out(desks, choices) == ["a share of 14 Nov 2023 is not settled: see Activity"]


@pytest.mark.parametrize(
    ("choice", "states", "said"),
    [
        (Choice.THERE, ["shared"], "shared on 14 Nov 2023"),
        (Choice.NOT_THERE, ["shared"], "shared on 14 Nov 2023"),
        (
            Choice.LEAVE,
            ["in-doubt"],
            "perhaps shared on 14 Nov 2023: a person left it open whether the link was sent",
        ),
    ],
)
async def test_what_a_person_says_of_a_lost_link_is_remembered(
    choice: Choice, states: list[str], said: str
) -> None:
    desks = Desks([], [BEA])
    await desks.sync()
    desks.remotes[SN].script.append("lost")
    push = await _share(desks)
    await desks.engine.decide(push.push_id, 0, Resolution(choice))
    await desks.engine.resume()
    assert [share.state for share in await desks.syncs.shares()] == states
    assert await _why_left_out(desks) == [said]
    assert len(desks.remotes[SN].shared) == (choice is Choice.NOT_THERE)
    assert await desks.syncs.settle_shares() == 1
    assert await desks.syncs.settle_shares() == 0
    assert [share.state for share in await desks.syncs.shares()] == states


async def test_a_link_that_was_refused_is_no_share() -> None:
    desks = Desks([], [BEA])
    await desks.sync()
    desks.remotes[SN].script.append(Refused("share-refused", "it answered 400: email"))
    assert (await _share(desks)).state is PushState.REFUSED
    assert [share.state for share in await desks.syncs.shares()] == [AppShareState.NOT_SHARED]
    assert (await _share(desks)).state is PushState.DONE


async def test_the_first_sync_is_a_persons_and_nobody_from_before_it_is_pushed_by_itself() -> None:
    desks = Desks([CY], [], auto_push=True)
    assert await pushed(desks) is None
    gathered, reviewed = await desks.read()
    assert (await desks.syncs.preview(gathered, reviewed)).first
    none = await desks.syncs.preview(gathered, reviewed, only=())
    with pytest.raises(DeskError, match="nothing to link"):
        await desks.syncs.confirm(none, gathered, desks.engine)
    assert await desks.syncs.first_sync() is None, "a sync that did nothing has not begun"

    await desks.sync()
    assert await desks.syncs.first_sync() == desks.clock.at
    older = but(
        CY, id="S8", first_name="Dee", last_name="Ray", email="dee@x.example", since="2023-11-14T22:00:00Z"
    )
    unknown = but(older, id="S9", first_name="Kay", last_name="Ode", email="kay@x.example", since="")
    desks.ours.held += [older, unknown]
    assert await pushed(desks) is None
    desks.ours.held.append(
        but(older, id="S10", first_name="Lou", last_name="Fox", email="lou@x.example", since=LATER)
    )
    push = await pushed(desks)
    assert push is not None
    assert push.size == 1
    await desks.engine.run(push.push_id)
    gathered, reviewed = await desks.read()
    preview = await desks.syncs.preview(gathered, reviewed)
    assert (preview.first, preview.causes[Cause.PUSH]) == (False, 2), (
        "a person's sync pushes those from before"
    )


async def test_a_book_that_is_older_than_the_quiet_start_began_with_its_oldest_sync() -> None:
    desks = Desks([CY], [])
    await desks.book.commit(Synced("P8", (), 90.0, False), Synced("P9", (), 50.0, False))
    assert await desks.syncs.first_sync() == 50.0
    gathered, reviewed = await desks.read()
    assert not (await desks.syncs.preview(gathered, reviewed)).first


async def test_a_prospect_that_changed_since_is_not_shared_with_as_it_was() -> None:
    desks = Desks([], [BEA])
    await desks.sync()
    gathered, _ = await desks.read()
    choices = ShareChoices(channels=(Channel.EMAIL, Channel.SMS), texts_agreed=True)
    preview = await desks.syncs.preview_share(gathered, ["T2"], choices)
    desks.clock.at += FRESH_FOR + 1
    push = await desks.syncs.confirm_share(preview, desks.engine)
    assert (await desks.engine.run(push.push_id)).state is PushState.DONE, "nothing changed"
    again = await desks.syncs.preview_share(gathered, ["T2"], ShareChoices(again=True))
    desks.clock.at += FRESH_FOR + 1
    (row,) = desks.remotes[SN].rows.values()
    desks.remotes[SN].put(row.remote_id, row.ref, **{**row.fields, "email": "other@x.example"})
    push = await desks.syncs.confirm_share(again, desks.engine)
    assert (await desks.engine.run(push.push_id)).reason == "plan-changed"
    assert len(desks.remotes[SN].shared) == 1
    assert [share.state for share in await desks.syncs.shares()] == ["shared", "not-shared"]


async def test_the_fallback_makes_an_account_and_the_contact_is_the_accounts_from_then_on() -> None:
    desks = Desks([], [BEA])
    await desks.sync()
    gathered, _ = await desks.read()
    preview = await desks.syncs.preview_share(gathered, ["T2"], ShareChoices(ShareWay.ACCOUNT))
    push = await desks.syncs.confirm_share(preview, desks.engine)
    assert (await desks.engine.run(push.push_id)).state is PushState.DONE
    assert {entity for entity, _ in await desks.links()} == {"prospect", "borrower"}
    with pytest.raises(DeskError, match="with none of them: T9 is not in Total Expert"):
        await desks.syncs.confirm_share(await desks.syncs.preview_share(gathered, ["T9"]), desks.engine)


# -- undo ---------------------------------------------------------------------------------------------------


async def test_undo_takes_the_links_back_and_names_what_stays() -> None:
    desks = Desks([ANN, CY], [HERS, BEA])
    push = await desks.sync()
    preview = await desks.syncs.preview_undo(push.push_id)
    assert len(preview.unlinks) == 3
    assert preview.plan.steps == ()
    assert sorted(one.what.split()[0] for one in preview.stays) == ["contact", "prospect"]
    undo = await desks.syncs.confirm_undo(preview, desks.engine)
    assert (await desks.engine.run(undo.push_id)).state is PushState.DONE
    assert await desks.links() == {}
    assert len(await desks.book.all(Unlinked)) == 3
    assert desks.remotes[SN].sent[1:] == desks.remotes[TE].sent[1:] == [], "nothing was deleted or changed"
    gathered, reviewed = await desks.read()
    preview = await desks.syncs.preview(gathered, reviewed)
    assert preview.plan.links == (), "what a person took back is not linked again by itself"
    matched = await desks.contacts.match(gathered)
    taken_back = preview.causes[Cause.UNLINKED]
    assert taken_back == reviewed.counts[Verdict.UNLINKED] == matched.counts[Verdict.UNLINKED] == 3
    assert matched.counts[Verdict.LINK] == reviewed.counts[Verdict.LINK] == 0, (
        "nobody says that it will be linked"
    )


async def _undo(desks: Desks, push: Push) -> None:
    undo = await desks.syncs.confirm_undo(await desks.syncs.preview_undo(push.push_id), desks.engine)
    await desks.engine.run(undo.push_id)


async def _say_same(desks: Desks, ids: tuple[str, str]) -> None:
    people = ReviewUseCases(desks.book, desks.clock, "p.novak")
    await people.begin(await desks.contacts.match(await desks.contacts.gather()))
    await people.answer([ids], Answer.SAME)


async def test_a_link_that_was_taken_back_is_made_again_when_a_person_says_same() -> None:
    desks = Desks([ANN], [HERS])
    await _undo(desks, await desks.sync())
    desks.clock.at += 60
    await _say_same(desks, ("S1", "T1"))
    preview = await desks.syncs.preview(*await desks.read())
    assert (preview.plan.links, preview.causes) == ((("S1", "T1"),), {Cause.DECIDED: 1})
    await desks.sync()
    assert await desks.links() == {("contact", "S1"): "T1"}
    assert await desks.book.all(Unlinked) == []
    assert (await desks.syncs.preview(*await desks.read())).causes == {Cause.STANDS: 1}


async def test_an_answer_from_before_the_undo_does_not_link_the_two_again() -> None:
    other = but(HERS, email="ann@y.example", mobile_phone="415 555 0188")
    desks = Desks([but(ANN, mobile_phone="415 555 0188")], [other])
    await _say_same(desks, ("S1", "T1"))
    desks.clock.at += 60
    push = await desks.sync()
    assert await desks.links() == {("contact", "S1"): "T1"}
    desks.clock.at += 60
    await _undo(desks, push)
    _, reviewed = await desks.read()
    assert [item.first for item in reviewed.queue] == [("S1", "T1")], "a person is asked again"
    assert (await desks.syncs.preview(*await desks.read())).plan.links == ()
    desks.clock.at += 60
    await _say_same(desks, ("S1", "T1"))
    assert (await desks.syncs.preview(*await desks.read())).plan.links == (("S1", "T1"),)


async def _changed_in_error(desks: Desks) -> Push:
    """Push Cy, whom Total Expert takes for the other Cy; the operator leaves it at that."""

    async def divert() -> Diverted:
        sent = desks.remotes[TE].sent[-1].body
        desks.theirs.held[0] = but(OTHER_CY, email=sent["email"])
        desks.remotes[TE].put(
            "T3", sent["external_ids"][0]["external_id"], **total_expert_fields(desks.theirs.held[0])
        )
        return Diverted("T3")

    desks.remotes[TE].script.append(divert)
    push = await desks.sync()
    assert push.state is PushState.NEEDS_YOU
    return await desks.engine.decide(push.push_id, 0, Resolution(Choice.LEAVE))


async def test_undo_puts_back_what_a_push_changed_in_error() -> None:
    desks = Desks([CY], [OTHER_CY])
    push = await _changed_in_error(desks)
    assert push.reason == "left-open", "something was sent and changed"
    assert await desks.links() == {}
    preview = await desks.syncs.preview_undo(push.push_id)
    (step,) = preview.plan.steps
    assert (step.remote_id, step.body) == ("T3", {"email": "moss@y.example"})
    undo = await desks.syncs.confirm_undo(preview, desks.engine)
    assert (await desks.engine.run(undo.push_id)).state is PushState.DONE
    assert desks.remotes[TE].rows["T3"].fields["email"] == "moss@y.example"
    assert await desks.links() == {}, "putting back links nobody"


async def test_what_somebody_changed_since_is_not_put_back() -> None:
    desks = Desks([CY], [OTHER_CY])
    push = await _changed_in_error(desks)
    desks.theirs.held[0] = but(OTHER_CY, email="third@z.example")
    preview = await desks.syncs.preview_undo(push.push_id)
    assert preview.plan.steps == ()
    assert preview.stays[0].why == "somebody changed it since"
    with pytest.raises(DeskError, match="Nothing of this sync"):
        await desks.syncs.confirm_undo(preview, desks.engine)


async def test_after_the_window_old_values_are_gone_from_the_disk() -> None:
    desks = Desks([CY], [OTHER_CY], undo_days=2)
    push = await _changed_in_error(desks)
    assert await desks.book.get_file(undo_file(push.push_id)) is not None
    desks.clock.at += DAY
    assert await desks.syncs.forget_old_values() == 0
    desks.clock.at += DAY + 1
    assert await desks.syncs.forget_old_values() == 1
    assert await desks.book.get_file(undo_file(push.push_id)) is None
    assert (await desks.syncs.preview_undo(push.push_id)).stays[
        0
    ].why == "its old value is no longer known here"


async def test_with_no_window_no_old_value_is_kept() -> None:
    desks = Desks([CY], [OTHER_CY], undo_days=0)
    push = await _changed_in_error(desks)
    assert desks.book.files.get(undo_file(push.push_id)) is None
    assert [one.kept for one in await desks.book.all(Synced)] == [False]


async def test_a_sync_under_way_is_not_undone_and_an_unknown_one_is_named() -> None:
    desks = Desks([CY], [])
    gathered, reviewed = await desks.read()
    preview = await desks.syncs.preview(gathered, reviewed)
    push = await desks.syncs.confirm(preview, gathered, desks.engine)
    with pytest.raises(DeskError, match="not finished"):
        await desks.syncs.preview_undo(push.push_id)
    with pytest.raises(DeskError, match="no sync P99"):
        await desks.syncs.preview_undo("P99")


async def test_the_journal_holds_no_clients_data(monkeypatch: pytest.MonkeyPatch) -> None:
    desks = Desks([ANN, CY], [HERS, BEA])
    sealed = lambda field, value: sha256(f"{field}{value}".encode()).hexdigest()  # noqa: E731 - as the book does it
    monkeypatch.setattr(desks.book, "keyed_hash", sealed)
    await desks.sync()
    whole = b"".join(content for table in desks.book.tables.values() for content in table.values())
    assert b"done" in whole
    for word in (b"Ann", b"Moss", b"x.example"):
        assert word not in whole


# -- a careful start ----------------------------------------------------------------------------------------

MANY = [but(CY, id=f"S{n}", first_name=f"Cy{n}", email=f"cy{n}@x.example") for n in range(10, 18)]


async def test_a_large_first_sync_is_refused_and_a_small_one_goes() -> None:
    desks = Desks(MANY, [BEA])
    desks.syncs.careful = CarefulStart(desks.book, on=True)
    gathered, reviewed = await desks.read()
    whole = await desks.syncs.preview(gathered, reviewed)
    with pytest.raises(DeskError) as caught:
        await desks.syncs.confirm(whole, gathered, desks.engine)
    assert (caught.value.code, desks.remotes[TE].sent) == ("careful-start", [])
    assert await desks.book.all(Push) == []
    limits = await desks.syncs.limits_of_now()
    assert limits == {SN: FEW, TE: FEW}
    assert await desks.syncs.why_limited(whole) == [], "nothing of it waits"
    small = await desks.syncs.preview(gathered, reviewed, limits=limits)
    (why,) = await desks.syncs.why_limited(small)
    assert "None of 3 small syncs to Total Expert" in why
    assert small.causes[Cause.LATER] == len(MANY) - FEW
    assert (small.causes[Cause.PUSH], small.causes[Cause.IMPORT]) == (FEW, 1), "each system has its own limit"
    push = await desks.syncs.confirm(small, gathered, desks.engine)
    assert (await desks.engine.run(push.push_id)).state is PushState.DONE
    assert (len(desks.remotes[TE].sent), len(desks.remotes[SN].sent)) == (FEW, 1)


async def test_each_system_is_limited_by_what_arrived_there_alone() -> None:
    desks = Desks(MANY, [BEA])
    careful = desks.syncs.careful = CarefulStart(desks.book, on=True)

    async def arrived(kind: CarefulKind) -> int:
        return NEEDED if kind is CarefulKind.CONTACTS else 0

    careful.arrived = arrived  # type: ignore[method-assign]  # which pushes count is another test
    limits = await desks.syncs.limits_of_now()
    assert limits == {SN: FEW}
    gathered, reviewed = await desks.read()
    preview = await desks.syncs.preview(gathered, reviewed, limits=limits)
    assert (preview.causes[Cause.PUSH], preview.left_for_later) == (len(MANY), frozenset())
    await desks.syncs.check_size(preview)


async def test_new_users_wait_for_a_careful_start() -> None:
    desks = Desks([but(CY, since=LATER)], [], auto_push=True)
    await desks.book.commit(QuietStart(desks.clock.now()))
    desks.syncs.careful = CarefulStart(desks.book, on=True)
    with pytest.raises(DeskError) as caught:
        await pushed(desks)
    assert (caught.value.code, desks.ours.read) == ("careful-start", 0)
    desks.syncs.careful = CarefulStart(desks.book, on=False)
    assert await desks.syncs.limits_of_now() == {}
    assert await pushed(desks) is not None
