"""`review` and `judge`: which contacts need a person, and what a person answers. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from core.compare.agreement import AgreementLevel
from core.contacts.consent import opt_out_words, opt_outs_of
from core.contacts.linkage.explain import (
    evidence_words,
    likelihood_words,
    ranked_evidence,
    sum_words,
    why_sentence,
)
from core.contacts.match.owner_names import NO_OWNER, find_owner, owner_name, owner_with_key
from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.model import Comparison, Contact
from core.contacts.records import Answer, Judged, JudgedOwners, OwnersAnswer
from core.contacts.review.consequences import OF_OWNERS, asks, consequence, if_nobody_decides
from core.contacts.review.decisions import PairAnswer
from core.contacts.review.group_choices import short_reasons
from core.contacts.review.group_question import (
    GroupMember,
    GroupQuestion,
    all_different,
    all_later,
    group_answers,
    group_question,
    is_group,
)
from core.contacts.review.queue import ReviewItem
from core.contacts.review.reason_words import REASON_WORDS
from core.contacts.review.reviewed import Reviewed
from core.contacts.review.use_cases import ReviewUseCases
from core.contacts.use_cases import ContactSettings
from core.errors import UsageError
from core.local_forms import Country, CountryWords, words_of
from core.systems import display_name
from tui.cli.commands.contacts.match_rows import roles_of
from tui.cli.options import CommandOptions
from tui.cli.output import emit_json, say, say_table
from tui.cli.parser.parts import nearest_or_all
from tui.wiring import open_book, open_contacts, settings_of
from tui.wiring.clock import WallClock
from tui.words.contact_desk.verdicts import queue_counts

SHOWN: Final = 30
"""Questions that are printed."""
NOBODY: Final = "-"
SUGGESTED: Final = "suggested"
"""The answer to a group that takes the suggested answer for each record."""


@dataclass(frozen=True, kw_only=True)
class JudgeOptions(CommandOptions):
    """The options of `judge`: two ids and an answer, or `--undo` alone."""

    simplenexus_id: str | None
    """An id, or "-" if the row has no contact there."""
    total_expert_id: str | None
    """An id, or "-" if the row has no contact there."""
    answer: str | None
    alike: bool
    """True to answer all questions that compare like this one, as one decision."""
    group: bool
    """True to answer about all records of the question that has the two, as one decision."""
    without: list[str]
    """With `group`: ids of records that are another person's."""
    owners: list[str] | None
    """Two owners, each by email or id, and the answer about all contacts that both have."""
    undo: bool


async def review(options: CommandOptions) -> int:
    """List what needs a person."""
    async with open_contacts(settings_of(options.home, options.profile)) as desk:
        gathered = await desk.gather()
        matched = await desk.match(gathered)
        reviewed = await ReviewUseCases(desk.book, desk.clock, desk.terms.operator).begin(matched)
        country, writer = desk.terms.local.country, desk.terms.writer
        if options.json:
            settled, total = reviewed.progress
            queue = [
                _item_form(reviewed, item, country, writer)
                | {"owners": _owner_forms(reviewed, item, gathered)}
                for item in reviewed.queue
            ]
            emit_json({"counts": reviewed.counts, "settled": settled, "of": total, "queue": queue})
        else:
            _tell(reviewed, country, writer, gathered)
    return 0


def _check_judge(options: JudgeOptions) -> None:
    """Check that the options ask one thing. Raises `UsageError` (bad-judge)."""
    has_ids = bool(options.simplenexus_id and options.total_expert_id)
    about_pairs = bool(
        options.simplenexus_id or options.total_expert_id or options.answer or options.alike or options.group
    )
    if options.undo:
        if about_pairs or options.owners:
            raise UsageError("bad-judge", "--undo takes back the last decision, whichever it was.")
        return
    if options.owners:
        if about_pairs or options.without:
            raise UsageError("bad-judge", "--owners answers about two owners, and takes no ids of contacts.")
        return
    of_a_group = (*(one for one in Answer if one is not Answer.UNLINK), SUGGESTED)
    answers = of_a_group if options.group else tuple(Answer)
    if not has_ids or options.answer is None:
        raise UsageError("bad-judge", "It takes two ids and an answer.")
    if options.answer not in answers:
        hint = nearest_or_all(options.answer, answers)
        raise UsageError("bad-judge", f"“{options.answer}” isn't an answer: {hint}")
    if options.group and options.alike:
        raise UsageError("bad-judge", "--group answers one question, --alike several.")
    if options.without and not options.group:
        raise UsageError("bad-judge", "--without names records of a group: add --group.")


def _or_nobody(record_id: str | None) -> str:
    """Return the id of a record as an answer has it: "" for nobody."""
    return "" if record_id is None or record_id == NOBODY else record_id


async def judge(options: JudgeOptions) -> int:
    """Answer about two contacts, or take the last decision back."""
    _check_judge(options)
    if options.undo:
        return await _undo(options)
    if options.owners:
        return await _judge_owners(options, options.owners)
    answer = options.answer or ""
    ids = _or_nobody(options.simplenexus_id), _or_nobody(options.total_expert_id)
    async with open_contacts(settings_of(options.home, options.profile), write=True) as desk:
        matched = await desk.match(await desk.gather())
        review_desk = ReviewUseCases(desk.book, desk.clock, desk.terms.operator)
        reviewed = await review_desk.begin(matched)
        if options.group:
            decided = _group_answers(reviewed, ids, answer, options.without, desk.terms)
            pairs = [pair for pair, _ in decided]
            done = await review_desk.decide(decided)
        else:
            pairs = _alike(reviewed, ids) if options.alike else [ids]
            done = await review_desk.answer(pairs, Answer(answer))
        names = [contact.name if contact else "nobody" for contact in reviewed.contacts(ids)]
        if done.changed_links:
            reviewed = await review_desk.begin(await desk.match(await desk.gather()))
    settled, total = reviewed.progress
    if options.json:
        emit_json({"judged": _forms(done.decision.judged), "settled": settled, "of": total})
    else:
        ours, theirs = names
        kind = "in the group" if options.group else "alike"
        others = f" and {len(pairs) - 1} {kind}" if len(pairs) > 1 else ""
        say(f"{ours} ↔ {theirs}{others}: {answer}. {_settled(settled, total)}")
        say("To undo it: brokerdesk judge --undo")
    return 0


async def _judge_owners(options: JudgeOptions, named: Sequence[str]) -> int:
    """Answer about all contacts that two owners have. Raises `UsageError` (`bad-judge`)."""
    if named[2] not in tuple(OwnersAnswer):
        raise UsageError("bad-judge", f"“{named[2]}” is not an answer about two owners.")
    answer = OwnersAnswer(named[2])
    async with open_contacts(settings_of(options.home, options.profile), write=True) as desk:
        gathered = await desk.gather()
        keys = [find_owner(gathered, text) for text in named[:2]]
        for text, key in zip(named, keys, strict=False):
            if not key:
                raise UsageError("bad-judge", f"“{text}” is not one loan officer or user.")
        first, second = sorted(keys)
        review_desk = ReviewUseCases(desk.book, desk.clock, desk.terms.operator)
        reviewed = await review_desk.begin(await desk.match(gathered))
        count = len(reviewed.of_owners((first, second)))
        done = await review_desk.decide_owners((first, second), answer)
    settled, total = reviewed.progress
    if options.json:
        emit_json(
            {"judged": [], "owners": _said_forms(done.decision.owners), "settled": settled, "of": total}
        )
    else:
        names = " and ".join(owner_name(gathered, key) for key in (first, second))
        say(f"{names}, {count} open: {answer}. {_settled(settled, total)}")
        say(f"  {OF_OWNERS[answer]}", "To undo it: brokerdesk judge --undo")
    return 0


def _said_forms(said: Iterable[JudgedOwners]) -> list[dict[str, Any]]:
    return [{"owners": list(one.pair), "answer": one.answer, "by": one.by, "at": one.at} for one in said]


def _owner_forms(reviewed: Reviewed, item: ReviewItem, gathered: MatchSnapshot) -> list[dict[str, Any]]:
    """Write the pairs of owners that have the contact of a question, and how many open questions each pair has."""
    forms = []
    for pair in reviewed.owner_pairs(item):
        owners = [owner_with_key(gathered, key) for key in pair]
        forms.append(
            {
                "officers": [
                    {"system": system, "id": owner.id, "name": owner.name, "email": owner.email}
                    for system, owner in owners
                ],
                "open": len(reviewed.of_owners(pair)),
            }
        )
    return forms


def _alike(reviewed: Reviewed, ids: tuple[str, str]) -> list[tuple[str, str]]:
    """Return the pairs of all open questions that compare like the question about `ids`, that pair included.

    If the link of the two was taken back, return the pairs whose links were taken back with it.
    """
    item = next((item for item in reviewed.queue if item.first == ids), None)
    if item is None:
        return reviewed.taken_back_with(ids) or [ids]
    return [other.first for other in reviewed.alike(item)]


def _group_answers(
    reviewed: Reviewed, ids: tuple[str, str], answer: str, without: Sequence[str], terms: ContactSettings
) -> tuple[PairAnswer, ...]:
    """Return the answers about all pairs of the question that has the records `ids`.

    Raises `UsageError` (`bad-judge`) if no open question has them, or if it does not have a record of `without`.
    """
    item = next((item for item in reviewed.queue if ids[0] in item.ours and ids[1] in item.theirs), None)
    if item is None:
        raise UsageError("bad-judge", "No open question has these two records.")
    country, writer = terms.local.country, terms.writer
    question = group_question(reviewed, item, lambda contact: contact.owner, country, writer)
    others = [member for member in question.members if member.suggested is not None]
    if unknown := sorted({*without} - {member.key[1] for member in others}):
        raise UsageError(
            "bad-judge", f"--without names a record that can't be left out: {', '.join(unknown)}."
        )
    if answer == Answer.DIFFERENT:
        return all_different(question)
    if answer == Answer.LATER:
        return all_later(question)
    chosen = {member.key: Answer.DIFFERENT for member in others if member.key[1] in without}
    if answer != SUGGESTED:
        chosen = {member.key: chosen.get(member.key, Answer(answer)) for member in others}
    return group_answers(
        group_question(reviewed, item, lambda contact: contact.owner, country, writer, chosen)
    )


async def _undo(options: CommandOptions) -> int:
    settings = settings_of(options.home, options.profile)
    book = await open_book(settings, write=True)
    try:
        done = await ReviewUseCases(book, WallClock(), settings.operator).undo()
    finally:
        book.close()
    undone = done.decision.judged if done else ()
    said = done.decision.owners if done else ()
    if options.json:
        emit_json({"undone": _forms(undone), **({"owners": _said_forms(said)} if said else {})})
        return 0
    if done is None:
        say("There is no decision to take back.")
    for one in undone:
        say(f"Taken back: {one.answer} of {' and '.join(filter(None, one.ids))}, said by {one.by}.")
    for answer in said:
        owners = " and ".join(key or NO_OWNER for key in answer.pair)
        say(f"Taken back: {answer.answer} of the owners {owners}, said by {answer.by}.")
    return 0


def _forms(judged: Iterable[Judged]) -> list[dict[str, Any]]:
    return [
        {
            "simplenexus_id": one.simplenexus_id,
            "total_expert_id": one.total_expert_id,
            "answer": one.answer,
            "by": one.by,
            "at": one.at,
        }
        for one in judged
    ]


def _item_form(reviewed: Reviewed, item: ReviewItem, country: Country, writer: str) -> dict[str, Any]:
    """Write a question: its records, what happens if nobody decides, what can be answered, and why it is asked."""
    compared = item.comparison
    return {
        "verdict": item.row.verdict,
        "reason": item.row.reason,
        "simplenexus_ids": list(item.ours),
        "total_expert_ids": list(item.theirs),
        "roles": {
            "simplenexus": roles_of(item.ours, reviewed.matched.simplenexus),
            "total_expert": roles_of(item.theirs, reviewed.matched.total_expert),
        },
        "gone": item.row.gone or None,
        "if_nobody_decides": if_nobody_decides(reviewed, item, writer),
        "answers": list(reviewed.offered(item.first)),
        "later": item.later,
        "opt_outs": {
            contact.id: [opt_out.kind for opt_out in opt_outs_of(contact)]
            for contact in _asked_about(reviewed, item)
            if opt_outs_of(contact)
        },
        "alike": reviewed.how_many_alike(item),
        "class": compared.likeness if compared else None,
        "likelihood": _likelihood_form(compared),
        "bits": compared.bits if compared else None,
        "evidence": [
            {"words": evidence_words(one, words_of(country)), "bits": one.bits}
            for one in ranked_evidence(compared)
        ]
        if compared
        else [],
        "group": _group_form(group_question(reviewed, item, lambda contact: contact.owner, country, writer))
        if is_group(item)
        else None,
    }


def _group_form(question: GroupQuestion) -> dict[str, Any]:
    """Write the table of a group: its records, the suggested answers, the weakest pair, and what would follow."""
    weakest = question.weakest
    return {
        "members": [
            {
                "system": member.system,
                "id": member.key[1],
                "linked_with": list(member.linked_with),
                "suggested": member.suggested,
                "class": member.comparison.likeness if member.comparison else None,
                "bits": member.comparison.bits if member.comparison else None,
            }
            for member in question.members
        ],
        "weakest": [question.members[n].key[1] for n in (weakest.first, weakest.second)] if weakest else None,
        "follows": [
            {"system": effect.system, "sign": effect.sign, "text": effect.text} for effect in question.follows
        ],
    }


def _likelihood_form(compared: Comparison | None) -> dict[str, Any] | None:
    """Return how likely one person, two people of one household and two strangers are, as JSON; None if unknown.

    The three probabilities add up to 1. `relation` is what the two people of one household would be.
    """
    if compared is None:
        return None
    person, household = compared.person, compared.two_of_one_household
    return {
        "person": round(person, 4),
        "household": round(household, 4),
        "strangers": round(1 - person - household, 4),
        "relation": compared.relation,
    }


def _settled(settled: int, total: int) -> str:
    return f"{settled:,} of {total:,} are settled." if settled else "Nothing is settled yet."


def _tell(reviewed: Reviewed, country: Country, writer: str, gathered: MatchSnapshot) -> None:
    settled, total = reviewed.progress
    say(f"{queue_counts(reviewed.costs)}. {_settled(settled, total)}")
    queue = reviewed.queue
    for item in queue[:SHOWN]:
        say("", *_question(reviewed, item, words_of(country), writer, gathered))
        if is_group(item):
            _tell_group(
                group_question(reviewed, item, lambda contact: contact.owner, country, writer),
                words_of(country),
            )
        say("  Your answer, with brokerdesk judge:")
        answers = reviewed.offered(item.first)
        say_table(
            [(answer, consequence(reviewed, item, item.first, answer)) for answer in answers], indent="    "
        )
    if len(queue) > SHOWN:
        say("", f"… and {len(queue) - SHOWN:,} more: add --json")


def _question(
    reviewed: Reviewed, item: ReviewItem, words: CountryWords, writer: str, gathered: MatchSnapshot
) -> Iterator[str]:
    """Yield a question, why it is asked, what happens without an answer, and the evidence in words."""
    ours = _people(item.ours, reviewed.matched.simplenexus)
    theirs = _people(item.theirs, reviewed.matched.total_expert)
    yield f"{ours}  ↔  {theirs}{'  (put off)' if item.later else ''}"
    yield f"  {asks(item)}"
    compared = item.comparison
    if compared is not None:
        yield f"  {why_sentence(compared, words)}"
    elif reason := REASON_WORDS[item.row.reason]:
        yield f"  {reason[:1].upper()}{reason[1:]}."
    yield f"  If you skip this: {if_nobody_decides(reviewed, item, writer)}."
    for pair in reviewed.owner_pairs(item):
        names = " and ".join(owner_name(gathered, key) for key in pair)
        yield f"  Owners: {names}, {len(reviewed.of_owners(pair)):,} open"
    wishes = [
        f"{opt_out_words(contact)} (contact {contact.id})"
        for contact in _asked_about(reviewed, item)
        if opt_outs_of(contact)
    ]
    if wishes:
        yield f"  Opt-outs: {'; '.join(wishes)}"
    if compared is not None:
        yield from (
            f"    {'+' if line.bits > 0 else '−' if line.bits < 0 else '·'} {evidence_words(line, words)}"
            for line in compared.evidence
            if line.level not in (AgreementLevel.MISSING, AgreementLevel.PRIOR)
        )
        yield f"    {likelihood_words(compared)}"


def _tell_group(question: GroupQuestion, words: CountryWords) -> None:
    """Print the records of a group against the reference, and what the suggested answers would do."""
    say_table(
        [
            (
                display_name(member.system),
                member.contact.name,
                member.key[1],
                _compared(member, words),
            )
            for member in question.members
        ],
        indent="    ",
    )
    say(*(f"    {effect.sign} {display_name(effect.system)}: {effect.text}" for effect in question.follows))


def _compared(member: GroupMember, words: CountryWords) -> str:
    """Return how a record compares with the reference, which is the first record."""
    if member.linked_with:
        return f"linked with {', '.join(member.linked_with)}"
    compared = member.comparison
    return "reference" if compared is None else f"{sum_words(compared)}: {short_reasons(compared, words)}"


def _asked_about(reviewed: Reviewed, item: ReviewItem) -> list[Contact]:
    """Return the records of Total Expert that a question is about."""
    return [reviewed.matched.total_expert[one] for one in item.theirs if one in reviewed.matched.total_expert]


def _people(ids: tuple[str, ...], contacts: Mapping[str, Contact]) -> str:
    return " + ".join(f"{contacts[one].name} ({one})" for one in ids) or "(nobody)"
