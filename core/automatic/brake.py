"""A brake on mass mistakes: automatic work that would touch too many records at once waits for a person.

What a person has confirmed with its number is never braked. A round is what one kind of work begins within
`ROUND_LASTS` seconds, so that many small rounds in a row count as one. docs/watch.md, "The brake". Knows no job and no
room.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from statistics import median_high
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from core.automatic.records import AllowedRound, AutomaticWork, BrakedRound, BrakeReason, UsualRounds
from core.errors import DeskError
from core.local_forms import UTC_TIME, DeskTime
from core.push.ports import Book, Clock

ROUND_LASTS: Final = 300.0
"""Seconds within which everything that one kind of work begins counts as one round."""
REMEMBERED: Final = 20
"""How many of the last rounds say what is usual."""
LEARNT_FROM: Final = 3
"""How many rounds are needed to say what is usual. With fewer, only `at_most` counts."""
TIMES: Final = 5
"""A round of more than this many times the usual one waits."""
NEVER_UNDER: Final = 20
"""A round of up to this many records never waits for being unusual: a person can look through as many by hand."""
ALLOWED_FOR: Final = 86_400.0
"""Seconds for which a person's word to let a round go counts."""


class RoundLimit(Struct, frozen=True):
    """The most records that a round may touch without a person, and where the number comes from."""

    most: int
    why: BrakeReason


def usual_size(sizes: Sequence[int]) -> int | None:
    """Return the usual number of records of a round: the median of the last ones. None if too few are known."""
    last = sizes[-REMEMBERED:]
    return median_high(last) if len(last) >= LEARNT_FROM else None


def limit_of(at_most: int, sizes: Sequence[int]) -> RoundLimit:
    """Return the limit of a round. `at_most` is the profile's, `sizes` are the numbers of records of past rounds."""
    usual = usual_size(sizes)
    if usual is not None and (most := max(TIMES * usual, NEVER_UNDER)) < at_most:
        return RoundLimit(most, BrakeReason.USUAL)
    return RoundLimit(at_most, BrakeReason.AT_MOST)


class BrakeVerdict(Struct, frozen=True):
    """What of a round goes on, and what waits for a person. `go` and `waits` are ids, in the order of the work.

    `confirmed` are those of `go` that a person has allowed, and `word` is that of the earlier round that waited; None
    if no such word counts. `limit` is the one that was compared with. `is_news` is True if the book does not say so
    yet. `local` writes times for the person who reads the receipt.
    """

    what: AutomaticWork
    go: tuple[str, ...]
    waits: tuple[str, ...]
    confirmed: frozenset[str]
    limit: RoundLimit
    is_news: bool
    word: AllowedRound | None = None
    local: DeskTime = UTC_TIME

    def by_rule(self, rule: str) -> list[tuple[str, tuple[str, ...]]]:
        """Return the work that goes on as (rule of the receipt, ids). For allowed work the rule names the word."""
        if self.word is None:
            return [(rule, self.go)] if self.go else []
        allowed = set(self.word.ids)
        parts = [
            (f"{rule}; {word_of(self.word, self.local)}", tuple(id_ for id_ in self.go if id_ in allowed)),
            (rule, tuple(id_ for id_ in self.go if id_ not in allowed)),
        ]
        return [(named, ids) for named, ids in parts if ids]

    def rule_of_all(self, rule: str) -> str:
        """Return the rule that the receipt of one push names if the push has all that goes on."""
        return self.by_rule(rule)[0][0] if self.go else rule

    @property
    def unasked(self) -> tuple[str, ...]:
        """What goes on without a person's word."""
        return tuple(id_ for id_ in self.go if id_ not in self.confirmed)

    @property
    def error(self) -> DeskError:
        """The error that says how many wait, and why."""
        return braked_error(self.what, len(self.waits), self.limit)


def counted(what: AutomaticWork, number: int) -> str:
    """Return in words how many records of one kind of work there are: "1 milestone", "3 new users"."""
    name = what.replace("-", " ")
    return f"{number:,} {name.removesuffix('s') if number == 1 else name}"


def braked_error(what: AutomaticWork, number: int, limit: RoundLimit) -> DeskError:
    """Return the error of a round that waits: `number` records of one kind of work."""
    match limit.why:
        case BrakeReason.AT_MOST:
            allowed = f"at_most = {limit.most:,} allows"
        case BrakeReason.USUAL:
            allowed = f"{TIMES} times the usual round ({limit.most:,})"
    waits, them, sent = (
        ("waits", "it", "It was not sent") if number == 1 else ("wait", "them", "None of them was sent")
    )
    message = (
        f"{counted(what, number)} {waits} for a person: with {them}, more would be sent within "
        f"{ROUND_LASTS / 60:.0f} minutes than {allowed}. {sent}."
    )
    return DeskError("many-at-once", message, number=number)


def word_of(allowed: AllowedRound, local: DeskTime) -> str:
    """Return in words who let a round go, and when."""
    return f"stopped as too many at once, and allowed by {allowed.by} on {local.moment(allowed.at)}"


class Brake:
    """The brake of one book. `at_most` is the profile's setting; `operator` is the person who lets rounds go."""

    def __init__(
        self, book: Book, at_most: int, operator: str, clock: Clock, local: DeskTime = UTC_TIME
    ) -> None:
        self.local = local
        """The desk's time, for what receipts say."""
        self._book = book
        self._at_most = at_most
        self._operator = operator
        self._clock = clock

    async def judge(
        self, what: AutomaticWork, ids: Sequence[str], confirmed: Collection[str] = ()
    ) -> BrakeVerdict:
        """Return what may go on of what is to be sent now. Writes nothing. Raises `BookClosed`.

        What waits does so until a person's word, also when the round of which it was too much is over. While some of it
        is still to be sent, what becomes due later waits with it. `confirmed` are ids that a person confirmed just now.
        """
        allowed = await self._allowed(what)
        free = frozenset(confirmed) | frozenset(allowed.ids if allowed is not None else ())
        rest = tuple(id_ for id_ in ids if id_ not in free)
        rounds = await self._rounds(what)
        begun = rounds.begun if self._is_open(rounds) else 0
        limit = limit_of(self._at_most, rounds.sizes if begun else _with_the_last(rounds))
        before = await self._book.get(BrakedRound, what)
        held = frozenset(before.ids if before is not None else ())
        waits = rest if begun + len(rest) > limit.most or not held.isdisjoint(rest) else ()
        kept = set(waits)
        go = tuple(id_ for id_ in ids if id_ not in kept)
        is_news = set(waits) != held
        return BrakeVerdict(what, go, waits, free & frozenset(ids), limit, is_news, allowed, self.local)

    async def keep(self, verdict: BrakeVerdict) -> None:
        """Write down what waits for a person, if that is news. Raises `BookClosed`."""
        if not verdict.is_news:
            return
        if not verdict.waits:
            await self._book.commit(drop=[(BrakedRound, verdict.what)])
            return
        before = await self._book.get(BrakedRound, verdict.what)
        since = before.since if before is not None else self._clock.now()
        limit = verdict.limit
        await self._book.commit(BrakedRound(verdict.what, verdict.waits, limit.most, limit.why, since))

    async def begun(self, what: AutomaticWork, number: int) -> None:
        """Count records that automatic work begins to send, and that nobody confirmed. Raises `BookClosed`."""
        if not number:
            return
        rounds = await self._rounds(what)
        if self._is_open(rounds):
            rounds = replace(rounds, begun=rounds.begun + number)
        else:
            rounds = UsualRounds(what, _with_the_last(rounds), self._clock.now(), number)
        await self._book.commit(rounds)

    async def waiting(self) -> list[BrakedRound]:
        """Return what waits for a person. Raises `BookClosed`."""
        return sorted(await self._book.all(BrakedRound), key=lambda braked: braked.what)

    async def waiting_of(self, number: int) -> list[BrakedRound]:
        """Return the rounds that wait with this number. Raises `DeskError` (another-number), `BookClosed`."""
        waiting = await self.waiting()
        chosen = [braked for braked in waiting if braked.number == number]
        if not chosen:
            there = " and ".join(counted(braked.what, braked.number) for braked in waiting)
            said = f"What waits: {there}." if there else "Nothing waits."
            raise DeskError("another-number", f"No round of {number:,} waits for a word. {said}")
        return chosen

    async def allow(self, braked: BrakedRound) -> None:
        """Let a round go on this once: a person saw its number. Raises `BookClosed`."""
        before = await self._allowed(braked.what)
        ids = dict.fromkeys((*(before.ids if before is not None else ()), *braked.ids))
        allowed = AllowedRound(braked.what, tuple(ids), self._operator, self._clock.now())
        await self._book.commit(allowed, drop=[(BrakedRound, braked.what)])

    async def forget(self, braked: BrakedRound) -> None:
        """Drop a round that waits no more: a person left it, or ended the automatic work. Raises `BookClosed`."""
        await self._book.commit(drop=[(BrakedRound, braked.what)])

    async def _allowed(self, what: AutomaticWork) -> AllowedRound | None:
        allowed = await self._book.get(AllowedRound, what)
        if allowed is None or not 0 <= self._clock.now() - allowed.at < ALLOWED_FOR:
            return None
        return allowed

    async def _rounds(self, what: AutomaticWork) -> UsualRounds:
        return await self._book.get(UsualRounds, what) or UsualRounds(what)

    def _is_open(self, rounds: UsualRounds) -> bool:
        return bool(rounds.begun) and 0 <= self._clock.now() - rounds.at < ROUND_LASTS


def _with_the_last(rounds: UsualRounds) -> tuple[int, ...]:
    """Return the sizes of past rounds, with that of the latest one, which is over."""
    return (*rounds.sizes, rounds.begun)[-REMEMBERED:] if rounds.begun else rounds.sizes
