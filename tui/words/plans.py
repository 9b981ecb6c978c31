"""What a plan does, in a sentence, and what became of several cards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from core.push.made import was_there
from core.push.plan import Entity, Operation, Plan, Step, System
from core.push.states import StepState
from core.systems import display_name
from core.texts import how_many

if TYPE_CHECKING:
    from core.flex.use_cases.bulk import BulkOutcome
    from core.push.records import StepRecord


OUR_GUESS: Final = "our guess"
"""What is said of a value or a field of FLEX that the map guesses."""

# -- several cards -------------------------------------------------------------------------------------

OUTCOMES: Final = {
    "arrived": "arrived",
    "there": "with nothing to send",
    "part": "arrived in part",
    "next-start": "waiting for the next start",
    "waits": "waiting",
    "asks": "asking you",
    "refused": "refused",
    "not-sent": "not sent",
}
"""What became of a card of several, by `BulkOutcome`, in the order in which it is said."""


def outcomes_in_words(outcomes: Iterable[BulkOutcome]) -> str:
    """Return what became of several cards: "37 arrived, 1 arrived in part, 1 refused"."""
    counts = Counter[str](outcomes)
    return ", ".join(f"{counts[kind]:,} {words}" for kind, words in OUTCOMES.items() if counts[kind])


def end_of_several(outcomes: Iterable[BulkOutcome]) -> str:
    """Return what became of several cards, as a sentence: "Finished: 37 arrived, 1 refused."

    While some wait, it is not finished: "Not finished yet, 38 cards: 12 arrived, 26 waiting."
    """
    outcomes = list(outcomes)
    waiting = sum(outcome in ("waits", "next-start") for outcome in outcomes)
    ended = f"Not finished yet, {how_many(len(outcomes), 'card')}" if waiting else "Finished"
    return f"{ended}: {outcomes_in_words(outcomes)}."


# -- what a plan does ----------------------------------------------------------------------------------

_NOUNS: Final[dict[Entity, tuple[str, str]]] = {
    Entity.PERSON: ("person", "people"),
    Entity.OPPORTUNITY: ("opportunity", "opportunities"),
    Entity.PROPERTY: ("property", "properties"),
    Entity.PRODUCT_LINK: ("product", "products"),
    Entity.NOTE: ("note", "notes"),
}


class _Verbs(NamedTuple):
    """What is done to records: now, or in the past."""

    of: dict[Operation, str]
    adds: str
    writes: str


_WILL: Final = _Verbs(
    {Operation.CREATE: "creates", Operation.UPDATE: "updates", Operation.LINK: "links"}, "adds", "writes"
)
_TO_DO: Final = _Verbs(
    {Operation.CREATE: "create", Operation.UPDATE: "update", Operation.LINK: "link"}, "add", "write"
)
_DID: Final = _Verbs(
    {Operation.CREATE: "created", Operation.UPDATE: "updated", Operation.LINK: "linked"}, "added", "wrote"
)


def entity_word(entity: Entity) -> str:
    """Return what one record is called: "person", "product", "fact find"."""
    return _nouns(entity)[0]


def _nouns(entity: Entity) -> tuple[str, str]:
    """Return what one record is called, and several."""
    word = entity.replace("-", " ")
    return _NOUNS.get(entity, (word, f"{word}s"))


def counted(number: int, entity: Entity) -> str:
    """Return how many records: "2 people", "1 opportunity"."""
    one, many = _nouns(entity)
    return f"{number} {one if number == 1 else many}"


def plan_sentence(plan: Plan) -> str:
    """Return what a plan does in FLEX and in BrokerEngine, in a sentence.

    For example "Creates 2 people, 1 opportunity; links 2 products; writes 3 IDs back to BrokerEngine."
    """
    return _sentence(plan.steps, _WILL) or "Nothing is sent."


def outcome_sentence(plan: Plan, records: Iterable[StepRecord]) -> str:
    """Return what became of a push that has ended, from the steps of its plan and what happened to each.

    For example "Created 1 person. There already: 1 person. Not certain: create 1 opportunity. Not done: write 1 ID back
    to BrokerEngine."
    """
    record_of = {record.n: record for record in records}
    done: list[Step] = []
    there: list[Step] = []
    not_certain: list[Step] = []
    not_done: list[Step] = []
    for n, step in enumerate(plan.steps):
        record = record_of.get(n)
        match record.state if record is not None else None:
            case StepState.DONE:
                (there if record is not None and was_there(record) else done).append(step)
            case StepState.UNKNOWN | StepState.NEEDS_YOU | StepState.CONFLICT | StepState.INTENT:
                not_certain.append(step)
            case StepState.READY | StepState.REFUSED | StepState.BLOCKED | StepState.SKIPPED | None:
                not_done.append(step)
    said = [_sentence(done, _DID)]
    said += [f"There already: {_counted_records(there)}."] if there else []
    for title, steps in (("Not certain: ", not_certain), ("Not done: ", not_done)):
        if sentence := _sentence(steps, _TO_DO):
            said.append(f"{title}{sentence[:1].lower()}{sentence[1:]}")
    return " ".join(filter(None, said))


def _counted_records(steps: Iterable[Step]) -> str:
    """Return how many records steps are about: "2 people, 1 product, 3 IDs in BrokerEngine"."""
    steps = list(steps)
    back = sum(step.operation is Operation.WRITE_BACK for step in steps)
    counts = Counter(step.entity for step in steps if step.operation is not Operation.WRITE_BACK)
    said = [counted(number, entity) for entity, number in counts.items()]
    if back:
        said.append(f"{back} ID{'' if back == 1 else 's'} in {display_name(System.BROKERENGINE)}")
    return ", ".join(said)


def _sentence(steps: Iterable[Step], verbs: _Verbs) -> str:
    """Return what steps do, in a sentence; "" for no step."""
    steps = list(steps)
    done = Counter((step.operation, step.entity) for step in steps if step.system is System.FLEX)
    added = done.pop((Operation.LINK, Entity.APPLICANT), 0)
    parts = [
        f"{verb} "
        + ", ".join(counted(n, entity) for (operation, entity), n in done.items() if operation is made)
        for made, verb in verbs.of.items()
        if any(operation is made for operation, _ in done)
    ]
    if added:
        parts.append(f"{verbs.adds} {counted(added, Entity.PERSON)} to the opportunity")
    if back := sum(step.operation is Operation.WRITE_BACK for step in steps):
        parts.append(
            f"{verbs.writes} {back} ID{'' if back == 1 else 's'} back to {display_name(System.BROKERENGINE)}"
        )
    sentence = "; ".join(parts)
    return f"{sentence[:1].upper()}{sentence[1:]}." if sentence else ""


def records_created(plan: Plan) -> int:
    """Return how many records a plan creates in FLEX, links of products among them."""
    return sum(
        step.system is System.FLEX
        and step.entity is not Entity.APPLICANT
        and step.operation in (Operation.CREATE, Operation.LINK)
        for step in plan.steps
    )
