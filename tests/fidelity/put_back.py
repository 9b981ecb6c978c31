"""What was found, put back on purpose: each patch makes the desk do again what was wrong before docs/fidelity.md.

The stories must show each of them. A finding that they do not show is a hole in the stories or in the comparison.

    python -m tests.fidelity.put_back
    python -m tests.fidelity.put_back --finding 5
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from msgspec import Struct

from core.contacts import payloads
from core.contacts.match import vendor_rules
from core.flex.field_map import apply
from core.flex.field_map.apply import Mapped
from core.flex.model import Card, Person
from core.flex.plans import card, fact_find, identity
from core.flex.plans.inputs import CardInputs
from core.flex.plans.people import People
from core.flex.plans.preview import Preview
from core.flex.plans.products import ProductMatch
from core.flex.records import PushedFields
from core.flex.use_cases import cards, changed_since_push, links, people
from core.flex.use_cases.cards import CardUseCases
from core.flex.use_cases.changed_since_push import Seal
from core.push import resolutions, step_runner
from core.push.engine import Engine
from core.push.plan import Asset, Body, Plan, Step
from core.push.ports import Book, NotSent, Outcome, Request
from core.push.records import Push
from data.vendors import flex
from data.vendors.flex import Flex
from data.vendors.http import client, reply
from tests.fidelity.contacts.book import CONTACT_SYSTEMS
from tests.fidelity.contacts.story import run_contact_story
from tests.fidelity.desk import Unfaithful
from tests.fidelity.odd_cards import OddTally, Refused, push_odd_card
from tests.fidelity.story import BackEnd, run_story
from tests.fidelity.systems import SystemsInProcess

Patch = Callable[[pytest.MonkeyPatch], None]
SEEDS: Final = 400
"""Below this seed the stories must show each finding."""


class Stories(StrEnum):
    """Which stories are told."""

    VIRTUAL = "virtual"
    FAULTS = "faults"
    CONTACTS = "contacts"
    ODD_CARDS = "odd cards"


class PutBack(Struct, frozen=True):
    """A finding of docs/fidelity.md, the patch that brings it back, and the first seed whose story shows it."""

    finding: int
    patch: Patch
    stories: Stories
    seed: int


# -- the findings --------------------------------------------------------------------------------------


def a_waiting_note_instead(patch: pytest.MonkeyPatch) -> None:
    """A note that is confirmed while another note of the card waits is answered with the push of that one."""
    own = Engine.unfinished_push_of

    def of_the_card(engine: Engine, plan: Plan) -> Push | None:
        waiting = (push for push in engine.unfinished() if plan.asset is push.asset is Asset.NOTE)
        return next((push for push in waiting if push.about == plan.about), None) or own(engine, plan)

    patch.setattr(Engine, "unfinished_push_of", of_the_card)


def two_people_update_one_contact(patch: pytest.MonkeyPatch) -> None:
    """Nobody is asked if two people of one push have one FLEX ID, or if the contact is somebody else's."""
    for module in (identity, people):
        patch.setattr(module, "doubts", lambda inputs, person, flex_id, record: ())
    patch.setattr(identity._Case, "_fellows", lambda case, flex_id, record: [])
    patch.setattr(step_runner.StepRunner, "_is_as_seen", lambda runner, n, record, body: True)


def values_without_a_form(patch: pytest.MonkeyPatch) -> None:
    """A value is shown as sent although FLEX refuses its form."""
    patch.setattr(apply, "_in_form", lambda field_map, target, given, country, today: given)


def a_split_as_large_as_the_loan(patch: pytest.MonkeyPatch) -> None:
    """A split as large as the loan is sent, with nothing for the other part, which FLEX refuses."""
    own = card._split_loan

    def split(mapped: Mapped, of: Card, selected: ProductMatch | None) -> tuple[Mapped, Body]:
        carried = mapped.objects.get("Product", {}).get("SplitAmount")
        whole = of.requirements.split_loan == of.requirements.loan_amount
        if selected is None or carried is None or not whole:
            return own(mapped, of, selected)
        return mapped, {"SplitAmount": carried, "BaseSplitAmount": 0}

    patch.setattr(card, "_split_loan", split)


def what_belongs_to_an_unlinked_card_stays_linked(patch: pytest.MonkeyPatch) -> None:
    """Unlinking a card keeps the links of its property and products, and a record is ours wherever it belongs."""

    async def none(cards: CardUseCases, plan: Plan) -> list[object]:
        return []

    patch.setattr(links, "records_of_opportunity", lambda of: [])
    patch.setattr(CardUseCases, "_links_of_an_older_parent", none)
    patch.setattr(resolutions, "_belongs_to", lambda live, k, step, ref: False)
    patch.setattr(Step, "parent_fields", ())


def a_fact_find_creates_its_property(patch: pytest.MonkeyPatch) -> None:
    """The property of a Fact Find is created, and the property that FLEX has is taken for what was created."""

    def created(inputs: CardInputs, house: Mapped, there: object, flex_id: str) -> fact_find._Part:
        part = fact_find._property_part(inputs, house, flex_id)
        steps = tuple(msgspec.structs.replace(step, holds=()) for step in part.steps)
        return msgspec.structs.replace(part, steps=steps)

    patch.setattr(fact_find, "_property_on", created)


def a_fact_find_puts_nobody_onto_the_opportunity(patch: pytest.MonkeyPatch) -> None:
    """A person whom a Fact Find adds is created, and does not come onto the opportunity."""

    def shown_only(inputs: object, of_push: People, there: object, flex_id: str) -> fact_find._Part:
        return fact_find._Part(fields=of_push.fields)

    patch.setattr(fact_find, "_roles_part", shown_only)


def one_entry_is_linked_twice(patch: pytest.MonkeyPatch) -> None:
    """Two products that are one entry of the catalogue are both linked, and the second overwrites the first."""
    patch.setattr(card, "merge_products", tuple)


def any_plan_of_the_subject(patch: pytest.MonkeyPatch) -> None:
    """A confirmed plan is answered with the push of another plan that waits."""

    def of_the_subject(engine: Engine, plan: Plan) -> Push | None:
        running = engine.active(plan.subject)
        return running.push if running else None

    patch.setattr(Engine, "unfinished_push_of", of_the_subject)


def fillers_are_sent(patch: pytest.MonkeyPatch) -> None:
    """Filler phones are sent, which Total Expert's own duplicate rule compares and the forecast leaves out."""
    patch.setattr(payloads, "as_sent", lambda contact: contact)


def two_contacts_become_one(patch: pytest.MonkeyPatch) -> None:
    """The forecast of a sync knows only what was there before: two contacts of the sync may become one."""
    patch.setattr(vendor_rules.Deduplication, "add", lambda dedup, contact, owner: None)


def a_card_is_compared_with_its_fact_find(patch: pytest.MonkeyPatch) -> None:
    """The card is compared with what its Fact Find sent, so values count as changed that nobody changed."""
    own = changed_since_push.remember

    def as_a_card(preview: Preview, push_id: str, now: float, seal: Seal) -> PushedFields:
        return msgspec.structs.replace(own(preview, push_id, now, seal), whole=True, card_fields={})

    patch.setattr(cards, "remember", as_a_card)
    patch.setattr(changed_since_push, "_with_its_extent", lambda push, pushed: pushed)


def a_record_is_adopted_whatever_it_holds(patch: pytest.MonkeyPatch) -> None:
    """A record under our reference is adopted as done although it holds other values."""
    patch.setattr(step_runner.StepRunner, "_other_values", lambda runner, n, record: [])


def refused_values_are_no_warning(patch: pytest.MonkeyPatch) -> None:
    """The refused values of a Fact Find, and of people sent again, are not among the warnings."""
    for plan in (card, fact_find):
        patch.setattr(plan, "field_warnings", lambda fields: [])


def a_denied_write_was_not_carried_out(patch: pytest.MonkeyPatch) -> None:
    """A write that was answered with 401 or 429 is sent again without a look."""
    classify = reply.outcome_of

    def hopeful(answer: reply.HttpReply, *rest: Any, **named: Any) -> Outcome:
        outcome = classify(answer, *rest, **named)
        return msgspec.structs.replace(outcome, denied=False) if isinstance(outcome, NotSent) else outcome

    patch.setattr(client, "outcome_of", hopeful)


def a_reply_without_a_list_is_empty(patch: pytest.MonkeyPatch) -> None:
    """A reply without a list counts as an empty list."""

    def lenient(page: Mapping[str, Any] | None, asked: str) -> list[dict[str, Any]]:
        return [item for item in (page or {}).get("items") or [] if isinstance(item, dict)]

    patch.setattr(flex, "_items", lenient)


def people_sent_again_show_all(patch: pytest.MonkeyPatch) -> None:
    """When people are sent again, the lines of people who are not in FLEX, and the roles, are shown as sent."""
    patch.setattr(card, "_people_fields", lambda of_push, steps: list(of_push.fields))


def the_property_onto_an_application(patch: pytest.MonkeyPatch) -> None:
    """The property of a Fact Find onto an application is shown as sent."""
    patch.setattr(fact_find, "_on_an_application", lambda house: fact_find._Part(fields=house.fields))


def an_answer_is_forgotten_in_a_fresh_look(patch: pytest.MonkeyPatch) -> None:
    """What was settled about people who are not looked at again is forgotten while a confirmed plan is compared."""

    async def of_these_alone(book: Book, inputs: CardInputs, who: Sequence[Person]) -> CardInputs:
        ids = {person.id for person in who}
        looked_at = await own(book, inputs, who)
        pairs = frozenset(pair for pair in looked_at.same_people if pair[0] in ids)
        return msgspec.structs.replace(looked_at, same_people=pairs)

    own = people._with_decisions
    patch.setattr(people, "_with_decisions", of_these_alone)


def an_address_is_replaced_whole(patch: pytest.MonkeyPatch) -> None:
    """A gateway of version 1.0 gets the parts of a postal address that the card has, and drops the others."""

    async def as_it_is(flex: Flex, request: Request, body: Body) -> Body:
        return body

    patch.setattr(Flex, "_with_kept_parts", as_it_is)


FINDINGS: Final = (
    PutBack(2, a_waiting_note_instead, Stories.VIRTUAL, 14),
    PutBack(3, two_people_update_one_contact, Stories.VIRTUAL, 3),
    PutBack(4, values_without_a_form, Stories.VIRTUAL, 84),
    PutBack(4, values_without_a_form, Stories.ODD_CARDS, 0),
    PutBack(4, a_split_as_large_as_the_loan, Stories.ODD_CARDS, 97),
    PutBack(5, what_belongs_to_an_unlinked_card_stays_linked, Stories.VIRTUAL, 42),
    PutBack(6, a_fact_find_creates_its_property, Stories.VIRTUAL, 28),
    PutBack(7, a_fact_find_puts_nobody_onto_the_opportunity, Stories.VIRTUAL, 8),
    PutBack(8, one_entry_is_linked_twice, Stories.VIRTUAL, 4),
    PutBack(9, any_plan_of_the_subject, Stories.VIRTUAL, 13),
    PutBack(10, fillers_are_sent, Stories.CONTACTS, 202),
    PutBack(10, two_contacts_become_one, Stories.CONTACTS, 6),
    PutBack(11, a_card_is_compared_with_its_fact_find, Stories.VIRTUAL, 6),
    PutBack(14, a_record_is_adopted_whatever_it_holds, Stories.VIRTUAL, 12),
    PutBack(20, refused_values_are_no_warning, Stories.VIRTUAL, 6),
    PutBack(27, a_denied_write_was_not_carried_out, Stories.FAULTS, 3),
    PutBack(34, a_reply_without_a_list_is_empty, Stories.FAULTS, 8),
    PutBack(38, people_sent_again_show_all, Stories.VIRTUAL, 9),
    PutBack(39, the_property_onto_an_application, Stories.VIRTUAL, 34),
    PutBack(41, an_answer_is_forgotten_in_a_fresh_look, Stories.VIRTUAL, 311),
    PutBack(42, an_address_is_replaced_whole, Stories.VIRTUAL, 124),
)


# -- trying them ---------------------------------------------------------------------------------------


class Systems:
    """The systems of the stories of cards and of contacts. Close them in the end."""

    def __init__(self, folder: Path) -> None:
        (folder / "contacts").mkdir()
        self._cards = SystemsInProcess(folder)
        self._contacts = SystemsInProcess(folder / "contacts", CONTACT_SYSTEMS)

    def close(self) -> None:
        """Close both stores."""
        self._cards.close()
        self._contacts.close()

    def tell(self, stories: Stories, seed: int) -> None:
        """Tell the story of a seed. Raises `Unfaithful`, `Refused`."""
        match stories:
            case Stories.VIRTUAL:
                run_story(seed, self._cards, BackEnd.VIRTUAL)
            case Stories.FAULTS:
                run_story(seed, self._cards, BackEnd.FAULTS)
            case Stories.CONTACTS:
                run_contact_story(seed, self._contacts, with_faults=False)
            case Stories.ODD_CARDS:
                push_odd_card(seed, self._cards, OddTally())


@contextmanager
def put_back(patch: Patch) -> Iterator[None]:
    """Run with one finding put back."""
    with pytest.MonkeyPatch.context() as monkey:
        patch(monkey)
        yield


def first_shown(finding: PutBack, seeds: Iterable[int], systems: Systems) -> tuple[int, str] | None:
    """Return the first of the seeds whose story shows a finding, and what it shows; None if no story does."""
    with put_back(finding.patch):
        for seed in seeds:
            try:
                systems.tell(finding.stories, seed)
            except (Unfaithful, Refused) as error:
                return seed, str(error)
    return None


def main() -> int:
    """Parse the command line, run, and return the exit code: 1 if the stories do not show a finding."""
    parser = argparse.ArgumentParser(prog="python -m tests.fidelity.put_back")
    numbers = sorted({each.finding for each in FINDINGS})
    parser.add_argument("--finding", type=int, choices=numbers, metavar="N", help="one finding alone")
    parser.add_argument("--seeds", type=int, default=SEEDS, metavar="N", help="how many stories at most")
    options = parser.parse_args()
    chosen = [each for each in FINDINGS if options.finding in (None, each.finding)]
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        systems = Systems(Path(folder))
        for each in chosen:
            began = time.process_time()
            shown = first_shown(each, range(options.seeds), systems)
            took = time.process_time() - began
            name = f"{each.finding:2}  {each.stories}  {each.patch.__name__}"
            if shown is None:
                missed += 1
                print(f"{name}: no story of {options.seeds} shows it, {took:.1f} s", flush=True)
                continue
            seed, said = shown
            recorded = "" if seed == each.seed else f" (recorded: {each.seed})"
            print(f"{name}: seed {seed}{recorded}, {took:.1f} s", flush=True)
            if options.finding is not None:
                print("".join(f"    {line}\n" for line in said.splitlines()))
        systems.close()
    print(f"{missed} of {len(chosen)} are not shown")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
