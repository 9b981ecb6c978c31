"""The use cases of the review: answer and undo. A decision is in the book, with who and when, before it shows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Final, NoReturn

from msgspec import Struct

from core.contacts.match.existing_links import LINKED, pair_of
from core.contacts.match.match import Matched
from core.contacts.match.owner_rule import OwnerPair
from core.contacts.match.rule import MatchOptions
from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.model import Reason
from core.contacts.records import QUESTIONS_FILE, Answer, Judged, JudgedOwners, OwnersAnswer, owners_key
from core.contacts.review.answers import fingerprint
from core.contacts.review.decisions import Ids, PairAnswer, ReviewDecision, latest
from core.contacts.review.held_decisions import about, held_answers
from core.contacts.review.kept_questions import KeptReview, decoded, encoded, kept_match
from core.contacts.review.queue import ReviewItem
from core.contacts.review.reviewed import ReviewChange, Reviewed, link_of, review
from core.errors import DecidedMeanwhile, DeskError
from core.push.plan import Entity, System
from core.push.ports import Book, Clock
from core.push.records import Link, Record, Unlinked
from core.push.team.decided import said_meanwhile
from core.systems import display_name
from core.texts import how_many

PACE_OF: Final = 20
"""The time left is estimated from the pace of this many latest answers of a session."""
FEWEST: Final = 3
"""The number of answers from which on there is an estimate."""


class AnswerResult(Struct, frozen=True):
    """A decision that was written to the book or taken back, and what it changed in the queue."""

    decision: ReviewDecision
    change: ReviewChange

    @property
    def changed_links(self) -> bool:
        """True if the decision removed a link or moved it: the match shows that when both systems are read again."""
        return any(judged.answer is Answer.UNLINK for judged in self.decision.judged)


async def open_questions(book: Book) -> int:
    """Return how many questions of the last match are open still, as far as the book knows. Raises `BookClosed`.

    An answer that was given since counts as one question that is settled. The next match says it exactly.
    """
    kept = await asyncio.to_thread(decoded, await book.get_file(QUESTIONS_FILE))
    if kept is None:
        return 0
    judged = await book.all(Judged)
    since = {one.simplenexus_id for one in judged if one.at > kept.at and one.answer is not Answer.LATER}
    return max(0, sum(kept.costs.values()) - len(since))


class AnsweredMeanwhile(DecidedMeanwhile):
    """Somebody else has answered about the same records since the match was made, or taken an answer back.

    `result` is what that changed in the queue: it is in the match now, so the next answer of this person is about it.
    """

    def __init__(self, message: str, result: AnswerResult) -> None:
        super().__init__("decided-meanwhile", message)
        self.result = result


class ReviewUseCases:
    """The use cases of the review. `reviewed` is the match with its answers; None before `begin`."""

    def __init__(self, book: Book, clock: Clock, operator: str) -> None:
        self.book = book
        self.reviewed: Reviewed | None = None
        self._clock = clock
        self._operator = operator
        self._group = 0
        self._times: list[float] = []
        self._decided = 0
        self._one_at_a_time = asyncio.Lock()
        self.last_at: float | None = None
        """When the match was made whose questions are shown until both systems are read, in seconds since 1970."""
        self._given_on_last = set[int]()
        """The decisions about such questions, by their numbers."""
        self.taken_back: tuple[Judged, ...] = ()
        """The answers about such questions that the new match took back: a compared field changed in between."""

    async def begin(self, matched: Matched) -> Reviewed:
        """Return a match with the answers of this run and of earlier ones. Raises `BookClosed`."""
        judged, owners = await self.book.all(Judged), await self.book.all(JudgedOwners)
        decided = self._decided
        reviewed = await asyncio.to_thread(review, matched, judged, self.book.keyed_hash, owners)
        async with self._one_at_a_time:
            if decided != self._decided:  # a person decided while the match was reviewed
                judged, owners = await self.book.all(Judged), await self.book.all(JudgedOwners)
                _catch_up(reviewed, judged, owners)
            newest = latest(judged, owners)
            self._group = newest.group if newest is not None else 0
            self.taken_back = await self._take_back_unfit(reviewed)
            self.last_at = None
            self.reviewed = reviewed
        return reviewed

    # -- the questions of the last match -----------------------------------------------------------------

    async def last_questions(self) -> KeptReview | None:
        """Return the open questions of the last match, which the book keeps; None if it keeps none."""
        return decoded(await self.book.get_file(QUESTIONS_FILE))

    async def begin_last(self, kept: KeptReview, gathered: MatchSnapshot, options: MatchOptions) -> Reviewed:
        """Return the questions of the last match with the answers, to be answered until both systems are read.

        `gathered` holds the contacts of the questions as they were read last. Raises `BookClosed`.
        """
        matched = await asyncio.to_thread(kept_match, kept, gathered, options, self.book.keyed_hash)
        reviewed = await self.begin(matched)
        self.last_at = kept.at
        return reviewed

    async def keep(self, reviewed: Reviewed, gathered: MatchSnapshot) -> None:
        """Keep the open questions in the book, so that the next start opens with them. Raises `BookClosed`."""
        content = await asyncio.to_thread(encoded, reviewed, gathered, self.book.keyed_hash)
        await self.book.put_file(QUESTIONS_FILE, content)

    async def _take_back_unfit(self, reviewed: Reviewed) -> tuple[Judged, ...]:
        """Take back the answers about questions of the last match of which a compared field changed. Return them."""
        unfit = tuple(
            judged
            for judged in reviewed.answered.values()
            if judged.group in self._given_on_last
            and judged.fingerprint != fingerprint(self.book.keyed_hash, *reviewed.contacts(judged.ids))
        )
        self._given_on_last.clear()
        if unfit:
            put = [judged.before for judged in unfit if judged.before is not None]
            await self.book.commit(
                *put, drop=[(Judged, judged.key) for judged in unfit if judged.before is None]
            )
            for judged in unfit:
                reviewed.take(judged.ids, judged.before)
        return unfit

    def _check_not_gone(self, reviewed: Reviewed, pairs: Iterable[Ids]) -> None:
        """Raise `DeskError` if an answer would remove a link that was only seen in the last match."""
        if self.last_at is not None and any(reviewed.gone(ids) is not None for ids in pairs):
            raise DeskError(
                "still-refreshing", "Whether this record is gone shows when both systems are read."
            )

    # -- answers -----------------------------------------------------------------------------------------

    async def answer(self, pairs: Sequence[Ids], answer: Answer) -> AnswerResult:
        """Give one answer about one or many pairs. It is one decision and is undone as one.

        Raises `DeskError` (`not-matched`, `unknown-pair`, `not-offered`, `one-of-two`) and `AnsweredMeanwhile`, with
        nothing written, and `BookClosed`.
        """
        async with self._one_at_a_time:
            reviewed = self._at_hand
            self._check_not_gone(reviewed, pairs)
            for ids in pairs:
                _check(reviewed, ids, answer)
            if answer is Answer.SAME:
                _check_each_once(pairs)
            return await self._decide(reviewed, [(ids, answer) for ids in pairs])

    async def decide(self, answers: Sequence[PairAnswer]) -> AnswerResult:
        """Give answers about the pairs of one group. They are one decision and are undone as one.

        Raises `DeskError` (`not-matched`, `unknown-pair`, `not-offered`) and `AnsweredMeanwhile`, with nothing written,
        and `BookClosed`.
        """
        async with self._one_at_a_time:
            reviewed = self._at_hand
            self._check_not_gone(reviewed, (ids for ids, _ in answers))
            for ids, answer in answers:
                _check(reviewed, ids, answer)
            return await self._decide(reviewed, answers)

    async def decide_owners(self, pair: OwnerPair, answer: OwnersAnswer) -> AnswerResult:
        """Give one answer about all contacts that two owners have. It is one decision and is undone as one.

        It holds also for contacts that the two have in common later. Raises `DeskError` (`not-matched`,
        `no-such-owners` if nobody asks about the two and nothing was answered about them) and `AnsweredMeanwhile`,
        with nothing written, and `BookClosed`.
        """
        async with self._one_at_a_time:
            reviewed = self._at_hand
            before = reviewed.answered_owners.get(pair)
            if before is None and not reviewed.of_owners(pair):
                raise DeskError("no-such-owners", "No contact waits because of these two owners.")
            at, group = self._clock.now(), self._group + 1
            judged = JudgedOwners(*pair, answer, self._operator, at, group, before)
            await self.book.decide(lambda: self._look_at_owners(reviewed, [pair]), judged)
            self._group = group
            self._decided += 1
            return AnswerResult(ReviewDecision(group, (), (judged,)), reviewed.take_owners(pair, judged))

    async def _decide(self, reviewed: Reviewed, answers: Sequence[PairAnswer]) -> AnswerResult:
        """Write answers to the book as one decision, then take them in."""
        at, group = self._clock.now(), self._group + 1
        answers, removed = await self._with_removed_links(reviewed, answers)
        judged = [
            self._judged(reviewed, ids, answer, at, group, place)
            for place, (ids, answer) in enumerate(answers)
        ]
        unlinked = [self._unlinked(link, at) for link in removed]
        drop = [(Link, link.key) for link in removed if link.ref]
        pairs = [ids for ids, _ in answers]
        await self.book.decide(lambda: self._look_at_pairs(reviewed, pairs), *judged, *unlinked, drop=drop)
        self._group = group
        if self.last_at is not None:
            self._given_on_last.add(group)
        self._decided += 1
        self._times = [*self._times[-PACE_OF:], at]
        changes = [reviewed.take(answered.ids, answered) for answered in judged]
        return AnswerResult(ReviewDecision(group, tuple(judged)), _joined(changes))

    async def undo(self) -> AnswerResult | None:
        """Take back the newest decision, also one of an earlier run; None if there is none.

        On a book that others use too, it is this person's newest. Raises `AnsweredMeanwhile`, with nothing written, and
        `BookClosed`.
        """
        async with self._one_at_a_time:
            reviewed = self.reviewed
            by = self._operator if self.book.is_shared else ""
            if reviewed is not None:
                last = latest(reviewed.answered.values(), reviewed.answered_owners.values(), by)
            else:
                last = latest(await self.book.all(Judged), await self.book.all(JudgedOwners), by)
            if last is None:
                return None
            answers: tuple[Judged | JudgedOwners, ...] = (*last.judged, *last.owners)
            put: list[Record] = [answer.before for answer in answers if answer.before is not None]
            drop: list[tuple[type[Record], str]] = [
                (type(answer), answer.key) for answer in answers if answer.before is None
            ]
            for unlinked in await self._links_to_restore(last):
                put += _restored(unlinked)
                drop.append((Unlinked, unlinked.key))
            await self.book.decide(lambda: self._look_at_decision(reviewed, last), *put, drop=drop)
            self._group = last.group - 1
            self._decided += 1
            if last.judged:
                del self._times[-1:]
            changes = [reviewed.take(answer.ids, answer.before) for answer in last.judged] if reviewed else []
            changes += (
                [reviewed.take_owners(said.pair, said.before) for said in last.owners] if reviewed else []
            )
            return AnswerResult(last, _joined(changes))

    # -- what others have answered meanwhile -----------------------------------------------------------

    async def _look_at_pairs(self, reviewed: Reviewed, pairs: Sequence[Ids]) -> None:
        """Raise `AnsweredMeanwhile` if the book has other answers about the records of `pairs` than the match."""
        ours, theirs = ({ids[side] for ids in pairs} - {""} for side in (0, 1))
        held = await held_answers(self.book, ours, theirs)
        self._take_in(reviewed, held, about(reviewed.answered, ours, theirs))

    async def _look_at_owners(self, reviewed: Reviewed, pairs: Sequence[OwnerPair]) -> None:
        """Raise `AnsweredMeanwhile` if the book has other answers about owners than the match."""
        found = await self.book.get_many(JudgedOwners, [owners_key(*pair) for pair in pairs])
        held = {said.pair: said for said in found}
        known = {pair: said for pair in pairs if (said := reviewed.answered_owners.get(pair)) is not None}
        self._take_in_owners(reviewed, held, known)

    async def _look_at_decision(self, reviewed: Reviewed | None, last: ReviewDecision) -> None:
        """Raise `AnsweredMeanwhile` if somebody has answered anew about what a decision was about."""
        answers = await self.book.get_many(Judged, [judged.key for judged in last.judged])
        self._take_in(reviewed, {one.ids: one for one in answers}, {one.ids: one for one in last.judged})
        owners = await self.book.get_many(JudgedOwners, [said.key for said in last.owners])
        self._take_in_owners(
            reviewed, {one.pair: one for one in owners}, {one.pair: one for one in last.owners}
        )

    def _take_in(
        self, reviewed: Reviewed | None, held: Mapping[Ids, Judged], known: Mapping[Ids, Judged]
    ) -> None:
        """Take in the answers in which the book differs from what is `known`, and raise `AnsweredMeanwhile`."""
        other = [ids for ids in {**known, **held} if held.get(ids) != known.get(ids)]
        if not other:
            return
        changes = [reviewed.take(ids, held.get(ids)) for ids in other] if reviewed is not None else []
        found = tuple(held[ids] for ids in other if ids in held)
        about = " and ".join(record_id for record_id in other[0] if record_id)
        self._refuse(found, about, len(other), ReviewDecision(self._group, found), changes)

    def _take_in_owners(
        self,
        reviewed: Reviewed | None,
        held: Mapping[OwnerPair, JudgedOwners],
        known: Mapping[OwnerPair, JudgedOwners],
    ) -> None:
        """Do what `_take_in` does, for answers about owners."""
        other = [pair for pair in {**known, **held} if held.get(pair) != known.get(pair)]
        if not other:
            return
        changes = (
            [reviewed.take_owners(pair, held.get(pair)) for pair in other] if reviewed is not None else []
        )
        found = tuple(held[pair] for pair in other if pair in held)
        self._refuse(found, "these two owners", len(other), ReviewDecision(self._group, (), found), changes)

    def _refuse(
        self,
        found: Sequence[Judged | JudgedOwners],
        about: str,
        count: int,
        decision: ReviewDecision,
        changes: Sequence[ReviewChange],
    ) -> NoReturn:
        """Raise `AnsweredMeanwhile` for what others have answered. `found` is empty if they took an answer back."""
        self._group = max([self._group, *(answer.group for answer in found)])
        if found:
            last = max(found, key=lambda answer: answer.at)
            said = said_meanwhile(
                last.by, f"answered “{last.answer}” about {about}", self._clock.now() - last.at
            )
        else:
            said = f"Somebody has taken back the answer about {about}. Nothing of yours was saved."
        more = f" {how_many(count - 1, 'more answer')} of others came with it." if count > 1 else ""
        raise AnsweredMeanwhile(said + more, AnswerResult(decision, _joined(changes)))

    # -- links whose record is gone --------------------------------------------------------------------

    async def _with_removed_links(
        self, reviewed: Reviewed, answers: Sequence[PairAnswer]
    ) -> tuple[list[PairAnswer], list[Link]]:
        """Return the answers with those that they imply, and the links of the book that they remove.

        If a link goes to another record, the old link is removed, and the record that is there is the same as the other
        one. Every other answer about such a link is kept as one about the two ends of the link.
        """
        implied: dict[Ids, Answer] = {}
        links: dict[str, Link] = {}
        for ids, answer in answers:
            row = reviewed.gone(ids)
            if row is None or (answer is Answer.SAME and row.reason is Reason.MOVED):
                implied[ids] = answer
                continue
            pair = link_of(row)
            if answer is Answer.SAME:
                implied[ids] = answer
            implied[pair] = Answer.UNLINK if answer is Answer.SAME else answer
            if implied[pair] is Answer.UNLINK:
                links |= {link.key: link for link in await self._links_of(pair) or _links_by_records(pair)}
        return list(implied.items()), list(links.values())

    async def _links_of(self, pair: Ids) -> list[Link]:
        """Return the links of the book between two records."""
        found = [await self.book.where(Link, local_id=record_id) for record_id in pair]
        return [link for links in found for link in links if pair_of(link) == pair]

    async def _links_to_restore(self, last: ReviewDecision) -> list[Unlinked]:
        """Return the links that a decision removed, unless one of their records was linked again since."""
        pairs = {answer.ids for answer in last.judged if answer.answer is Answer.UNLINK}
        if not pairs:
            return []
        links = [link for entity in LINKED for link in await self.book.where(Link, entity=entity)]
        linked = {record_id for link in links for record_id in pair_of(link) or ()}
        at = last.judged[0].at
        return [
            one
            for one in await self.book.all(Unlinked)
            if (pair := pair_of(one)) is not None
            and pair in pairs
            and one.at == at
            and linked.isdisjoint(pair)
        ]

    def _unlinked(self, link: Link, at: float) -> Unlinked:
        ids = link.system, link.entity, link.local_id, link.remote_id
        return Unlinked(*ids, link.entity, link.ref, self._operator, at)

    def seconds_left(self) -> float | None:
        """Return the estimated seconds for the open questions at the pace of this session; None if there is none."""
        if len(self._times) < FEWEST or self.reviewed is None:
            return None
        settled, total = self.reviewed.progress
        gaps = [after - before for before, after in zip(self._times, self._times[1:], strict=False)]
        return max(0.0, median(gaps)) * (total - settled)

    @property
    def _at_hand(self) -> Reviewed:
        if self.reviewed is None:
            raise DeskError("not-matched", "The contacts are not matched yet.")
        return self.reviewed

    def _judged(
        self, reviewed: Reviewed, ids: Ids, answer: Answer, at: float, group: int, place: int
    ) -> Judged:
        sealed = fingerprint(self.book.keyed_hash, *reviewed.contacts(ids))
        return Judged(*ids, answer, sealed, self._operator, at, group, reviewed.answered.get(ids), place)


def _links_by_records(pair: Ids) -> list[Link]:
    """Return the links of two records that the book does not link, in both forms: the records say that they are linked.

    Such a link has no reference of ours here, and its time is 0.
    """
    ours, theirs = pair
    return [
        Link(System.TOTAL_EXPERT, Entity.CONTACT, ours, theirs, "", 0.0),
        Link(System.SIMPLENEXUS, Entity.PROSPECT, theirs, ours, "", 0.0),
    ]


def _restored(unlinked: Unlinked) -> list[Link]:
    """Return the link of the book that was removed; none if only the records said that the two are linked."""
    if not unlinked.ref:
        return []
    ids = unlinked.system, unlinked.entity, unlinked.local_id, unlinked.remote_id
    return [Link(*ids, unlinked.ref, unlinked.at)]


def _catch_up(reviewed: Reviewed, judged: Sequence[Judged], owners: Sequence[JudgedOwners]) -> None:
    """Take in the answers that were given or undone while a match was reviewed."""
    now = {answer.ids: answer for answer in judged}
    for ids in {*now, *reviewed.answered}:
        if reviewed.answered.get(ids) != now.get(ids):
            reviewed.take(ids, now.get(ids))
    said = {answer.pair: answer for answer in owners}
    for pair in {*said, *reviewed.answered_owners}:
        if reviewed.answered_owners.get(pair) != said.get(pair):
            reviewed.take_owners(pair, said.get(pair))


def _check(reviewed: Reviewed, ids: Ids, answer: Answer) -> None:
    """Raise `DeskError` if an answer is not offered about two records."""
    known = reviewed.contacts(ids)
    gone = reviewed.gone(ids)
    for system, record_id, contact in zip((System.SIMPLENEXUS, System.TOTAL_EXPERT), ids, known, strict=True):
        if record_id and contact is None and (gone is None or gone.gone != record_id):
            raise DeskError(
                "unknown-pair", f"{display_name(system)} has no record {record_id} in this match."
            )
    if answer in (offered := reviewed.offered(ids)):
        return
    pair = " and ".join(record_id for record_id in ids if record_id)
    linked = reviewed.linked_to(ids)
    if answer is Answer.SAME and linked is not None:
        raise DeskError(
            "one-of-two",
            f"{pair} can't be one person: "
            f"{' and '.join((*linked.simplenexus_ids, *linked.total_expert_ids))} are linked already.",
        )
    message = f"“{answer}” can't be said of {pair}."
    if not offered:
        raise DeskError("not-offered", message, when="the two are linked")
    raise DeskError("not-offered", message, choices=", ".join(offered))


def _check_each_once(pairs: Sequence[Ids]) -> None:
    """Raise `DeskError` if one decision would link one record with two others."""
    for side in (0, 1):
        seen = set[str]()
        for ids in pairs:
            if ids[side] in seen:
                raise DeskError(
                    "one-of-two",
                    f"{ids[side]} is in several of these pairs and can be one person only.",
                    when="a record is in several pairs",
                )
            seen.add(ids[side])


def _joined(changes: Sequence[ReviewChange]) -> ReviewChange:
    """Return consecutive changes as one change."""
    gone: dict[str, None] = {}
    items: dict[str, ReviewItem] = {}
    for change in changes:
        for key in change.gone:
            items.pop(key, None)
            gone[key] = None
        for item in change.items:
            items[item.key] = item
            gone.pop(item.key, None)
    return ReviewChange(tuple(gone), tuple(items.values()))
