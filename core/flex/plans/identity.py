"""Who each person of a push is in FLEX: the contact that is updated, a new contact, or a question for a person. Pure.

The rules are in docs/domain.md, "Who a contact is". Nothing is sent for a person while a question is open.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from core.flex.model import FlexPerson, Person
from core.flex.person_ids import is_another_person
from core.flex.plans.inputs import NEW, CardInputs
from core.push.plan import Body, Entity

if TYPE_CHECKING:
    from core.compare.people import Traits

_OUR_REFERENCE: Final = re.compile(r"BD-[A-Z2-7]{20}")
_SEEN: Final = {
    "FirstName": "first_name",
    "LastName": "last_name",
    "DateOfBirth": "birth_date",
    "IntegrationId": "integration_id",
}
"""The fields of a FLEX contact that say who it is, and where a `FlexPerson` keeps them."""


class LookAlike(Struct, frozen=True):
    """A person of a push, and the contacts of FLEX that may be the same person."""

    person: Person
    found: tuple[FlexPerson, ...]


class PersonQuestion(Struct, frozen=True):
    """A question about a person that has to be answered before the push can begin.

    `code` is of the error catalogue, `found` are the contacts that the question is about. `choices` are what can be
    answered: the FLEX IDs of contacts, and `NEW`.
    """

    person: Person
    code: str
    message: str
    found: tuple[FlexPerson, ...] = ()
    choices: tuple[str, ...] = ()


class Identity(Struct, frozen=True):
    """Who a person is in FLEX. `flex_id` is the contact that is updated, None for a new contact.

    `alike` are the contacts that look like a person who is created. `seen` are the fields of the contact that say who
    it is. `answered` is True if a person chose for this push; `doubts` are what the choice settles.
    """

    person: Person
    flex_id: str | None
    question: PersonQuestion | None = None
    warning: str = ""
    alike: tuple[FlexPerson, ...] = ()
    seen: Body = {}
    answered: bool = False
    doubts: tuple[str, ...] = ()


def standing_id(inputs: CardInputs, person: Person) -> str | None:
    """Return the FLEX ID that a person has already. BrokerEngine's ID wins over the book's."""
    link = inputs.link(Entity.PERSON, person.id)
    return person.flex_id or (link.remote_id if link else None)


def target_id(inputs: CardInputs, person: Person) -> str | None:
    """Return the FLEX ID of the contact that a push would update for a person, None if it would create one."""
    choice = inputs.choices.get(person.id)
    if choice == NEW:
        return None
    said = inputs.in_flex.get(person.id)
    if choice and said and said.record:
        return said.record.flex_id
    return choice or standing_id(inputs, person)


def identify(inputs: CardInputs, people: Sequence[Person]) -> tuple[Identity, ...]:
    """Return who each of the people of a push is in FLEX. Each person is in `people` once."""
    targets = {person.id: target_id(inputs, person) for person in people}
    return tuple(
        _Case(inputs, person, people, targets).update(flex_id)
        if (flex_id := targets[person.id])
        else _Case(inputs, person, people, targets).create()
        for person in people
    )


def doubts(inputs: CardInputs, person: Person, flex_id: str, record: FlexPerson | None) -> tuple[str, ...]:
    """Return why a contact of FLEX may be somebody else's than a person's, each reason in words."""
    others = _other_holders(inputs, person, flex_id)
    return doubts_about(person, record, inputs.refs(Entity.PERSON, person.id), others)


def doubts_about(
    person: Person, record: FlexPerson | None, refs: Collection[str], others: Sequence[str] = ()
) -> tuple[str, ...]:
    """Return why a contact of FLEX may be somebody else's, each reason in words.

    `refs` are the references that the person's contact has or had, `others` the local ids of the other people whom the
    book knows as this contact.
    """
    reasons: list[str] = []
    if record is not None and (why := difference(person, record)):
        reasons.append(f"FLEX has {record.name} there ({why})")
    if record is not None and bears_another_reference(record, refs):
        reasons.append("it was made for another contact of BrokerEngine")
    if others:
        reasons.append(f"the book has it as {', '.join(others)}'s")
    return tuple(reasons)


class _Case:
    """The identity of one person among the people of a push."""

    def __init__(
        self,
        inputs: CardInputs,
        person: Person,
        people: Sequence[Person],
        targets: dict[str, str | None],
    ) -> None:
        self._inputs = inputs
        self._person = person
        self._people = people
        self._targets = targets
        self._said = inputs.in_flex.get(person.id)
        alike = self._said.alike if self._said else ()
        ours = inputs.refs(Entity.PERSON, person.id)
        self._alike = tuple(hit for hit in alike if hit.integration_id not in ours)
        self._choice = inputs.choices.get(person.id)

    # -- a new contact ---------------------------------------------------------------------------------

    def create(self) -> Identity:
        """Return the identity of a person whom the push would create."""
        return Identity(
            self._person,
            None,
            question=None if self._choice else self._question_before_a_create(),
            warning=self._warning_of_one_more() if self._choice else "",
            alike=self._alike,
            answered=bool(self._choice),
        )

    def _warning_of_one_more(self) -> str:
        """Return what a person should know where a new contact was chosen although FLEX has the person already."""
        exact = [hit.flex_id for hit in self._alike if shared_by(self._person, hit)]
        return (
            f"FLEX has {self._person.name} already as {_and(exact)}; you chose one more contact."
            if exact
            else ""
        )

    def _question_before_a_create(self) -> PersonQuestion | None:
        shared = {hit: shared_by(self._person, hit) for hit in self._alike}
        exact = [hit for hit in self._alike if shared[hit]]
        if exact:
            hits = "; ".join(f"{hit.flex_id} with the same {_and(shared[hit])}" for hit in exact)
            first = (*exact, *(hit for hit in self._alike if not shared[hit]))
            return self._question("person-found", f"FLEX has {self._person.name} already: {hits}.", first)
        for other in self._people[: self._people.index(self._person)]:
            same = shared_by(self._person, other)
            if same and self._targets[other.id] is None and not _born_apart(self._person, other):
                message = (
                    f"{self._person.name} is on this push as {other.id} and as {self._person.id}, "
                    f"with the same {_and(same)}; FLEX would get two contacts."
                )
                return self._question("person-twice", message, self._alike)
        return None

    # -- a contact that is there -----------------------------------------------------------------------

    def update(self, flex_id: str) -> Identity:
        """Return the identity of a person for whom the push would update the contact `flex_id`."""
        record = self._said.record if self._said else None
        question = self._question_before_an_update(flex_id, record)
        seen = {name: value for name, part in _SEEN.items() if record and (value := getattr(record, part))}
        return Identity(
            self._person,
            flex_id,
            question=question,
            warning="" if question else self._warning(flex_id, record),
            alike=self._alike,
            seen=seen,
            answered=self._choice is not None,
            doubts=doubts(self._inputs, self._person, flex_id, record) if self._choice else (),
        )

    def _question_before_an_update(self, flex_id: str, record: FlexPerson | None) -> PersonQuestion | None:
        name = self._person.name
        there = (record,) if record else ()
        found = (*there, *(hit for hit in self._alike if hit.flex_id != flex_id))
        if self._said is not None and record is None:
            return self._question("person-gone", f"FLEX has no contact {flex_id} for {name}.", found)
        if fellows := self._fellows(flex_id, record):
            names = " and ".join(other.name for other in fellows)
            message = f"{flex_id} is the FLEX contact of {names} on this push, so it can't be {name}'s too."
            return self._question("person-twice", message, found)
        is_new_choice = self._choice is not None and flex_id != standing_id(self._inputs, self._person)
        if is_new_choice and (others := _other_holders(self._inputs, self._person, flex_id)):
            message = f"{flex_id} is {', '.join(others)}'s FLEX contact in the book, so it can't be {name}'s."
            return self._question("person-taken", message, found)
        reasons = doubts(self._inputs, self._person, flex_id, record)
        was_shown = flex_id in {hit.flex_id for hit in self._alike} or not is_new_choice
        decided = (self._choice is not None and was_shown) or self._was_answered(flex_id)
        if not reasons or decided:
            return None
        message = f"FLEX contact {flex_id} may not be {name}: {'; '.join(reasons)}."
        return self._question("person-unclear", message, found, *() if is_new_choice else (flex_id,))

    def _fellows(self, flex_id: str, record: FlexPerson | None) -> list[Person]:
        """Return the other people of the push with the same FLEX ID; none if the contact is this person alone.

        Somebody who is created has the contact that has their reference: the push finds and takes that contact.
        """
        fellows = [
            other
            for other in self._people
            if other != self._person
            and (self._targets[other.id] == flex_id or (record and self._would_take(other, record)))
        ]
        if record is None or self._choice is not None:
            return fellows
        fitting = [person for person in (self._person, *fellows) if not difference(person, record)]
        return [] if fitting == [self._person] else fellows

    def _was_answered(self, flex_id: str) -> bool:
        return (self._person.id, flex_id) in self._inputs.same_people

    def _warning(self, flex_id: str, record: FlexPerson | None) -> str:
        """Return what a person should know of a contact that was chosen although its names differ."""
        if record is None or not difference(self._person, record):
            return ""
        return f"FLEX contact {flex_id} is {record.name} now; it gets the values of {self._person.name}."

    # -- questions -------------------------------------------------------------------------------------

    def _question(
        self, code: str, message: str, found: Iterable[FlexPerson], *standing: str
    ) -> PersonQuestion:
        found = tuple(found)
        current = self._targets[self._person.id]
        free = [hit.flex_id for hit in found if hit.flex_id != current and not self._is_taken(hit)]
        return PersonQuestion(self._person, code, message, found, (*standing, *free, NEW))

    def _is_taken(self, hit: FlexPerson) -> bool:
        """Return True if a contact is another person's, in the book or in this push."""
        others = [other for other in self._people if other.id != self._person.id]
        return (
            any(self._targets[other.id] == hit.flex_id for other in others)
            or any(self._would_take(other, hit) for other in others)
            or bool(_other_holders(self._inputs, self._person, hit.flex_id))
        )

    def _would_take(self, other: Person, record: FlexPerson) -> bool:
        """Return True if the push creates `other` and a contact has the reference of that create."""
        return self._targets[other.id] is None and record.integration_id == self._inputs.ref(
            Entity.PERSON, other.id
        )


def _other_holders(inputs: CardInputs, person: Person, flex_id: str) -> list[str]:
    return [holder for holder in inputs.holders.get(flex_id, ()) if is_another_person(holder, person.id)]


def bears_another_reference(record: FlexPerson, refs: Collection[str]) -> bool:
    """Return True if a contact of FLEX has a reference of a desk that is none of `refs`."""
    reference = record.integration_id
    return bool(_OUR_REFERENCE.fullmatch(reference)) and reference not in refs


# -- comparing -----------------------------------------------------------------------------------------
# The comparison of names is imported when the first two people are compared: the first screen does without it.


def looks_like(person: Person, record: FlexPerson) -> bool:
    """Return True if a contact of FLEX has a person's first and last name, or the person's email."""
    from core.compare.people import has_same_name_or_email  # noqa: PLC0415 - not on the first screen

    return has_same_name_or_email(_traits_of(person), _traits_in_flex(record))


def difference(person: Person, record: FlexPerson) -> str:
    """Return why a contact of FLEX is clearly another person, in words; "" if it can be this person."""
    from core.compare.people import other_person  # noqa: PLC0415 - not on the first screen

    return other_person(_traits_of(person), _traits_in_flex(record))


def shared_by(person: Person, other: Person | FlexPerson) -> tuple[str, ...]:
    """Return which of email, phone and birth date a person shares with a namesake; () for another name."""
    from core.compare.people import shared_by_one_person  # noqa: PLC0415 - not on the first screen

    theirs = _traits_in_flex(other) if isinstance(other, FlexPerson) else _traits_of(other)
    return shared_by_one_person(_traits_of(person), theirs)


def _born_apart(person: Person, other: Person) -> bool:
    """Return True if two people of a push have different birth dates, as a father and a son of one name have."""
    return None not in (person.birth_date, other.birth_date) and person.birth_date != other.birth_date


def _traits_of(person: Person) -> Traits:
    """Return what tells a contact of BrokerEngine from other people."""
    from core.compare.people import Traits  # noqa: PLC0415 - not on the first screen

    phones = (person.phones.mobile, person.phones.home, person.phones.office)
    return Traits(
        person.first_name or "",
        person.middle_name or "",
        person.last_name or "",
        person.birth_date.isoformat() if person.birth_date else "",
        (person.email or "",),
        tuple(phone or "" for phone in phones),
    )


def _traits_in_flex(record: FlexPerson) -> Traits:
    """Return what tells a contact of FLEX from other people."""
    from core.compare.people import Traits  # noqa: PLC0415 - not on the first screen

    return Traits(
        record.first_name,
        record.middle_name,
        record.last_name,
        record.birth_date,
        (record.email,),
        (record.mobile, record.home_phone, record.work_phone),
    )


def _and(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
