"""The people of a push: update those whom FLEX has, create the others, keep their FLEX IDs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from msgspec import Struct

from core.flex.field_map.apply import Mapped, map_record
from core.flex.field_map.fates import Fate, Field, Mark
from core.flex.field_map.forms import is_abroad
from core.flex.field_map.model import Scope
from core.flex.model import Applicant, Person
from core.flex.plans.identity import Identity, LookAlike, PersonQuestion, identify
from core.flex.plans.inputs import NEW, CardInputs
from core.flex.plans.preview import Objection
from core.flex.plans.unmapped import odd_lines, unmapped_fields
from core.push.plan import Body, Entity, Operation, Step, System, id_of
from core.texts import without_lone_surrogates


class People(Struct, frozen=True):
    """The people of a push. `applicants` is how the opportunity names them: `{"FLEXId": …, "Role": …}`.

    `questions` are open. `look_alikes` are the people whom the push would create, with the contacts of FLEX that look
    like them. `links` are the pairs of a local and a FLEX ID that a person chose, `anew` the local ids of the people
    for whom a person chose a new contact. `doubts` maps the local id of a person to the doubts that a choice settles.
    """

    steps: tuple[Step, ...]
    write_backs: tuple[Step, ...]
    fields: tuple[Field, ...]
    applicants: tuple[Body, ...]
    warnings: tuple[str, ...]
    questions: tuple[PersonQuestion, ...] = ()
    look_alikes: tuple[LookAlike, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    anew: tuple[str, ...] = ()
    doubts: Mapping[str, tuple[str, ...]] = {}
    searched: int = 0
    """The number of people for whom FLEX was searched because the push would create them."""


def plan_people(inputs: CardInputs, people: Iterable[Applicant]) -> People:
    """Return the steps, lines and warnings for the people of a push, each person once.

    A FLEX ID that was chosen for the push wins over BrokerEngine's, and BrokerEngine's over the book's; a difference
    between the last two is a warning. A contact without the FLEX ID gets it written back.
    """
    people = tuple(people)
    distinct = {applicant.contact.id: applicant.contact for applicant in reversed(people)}
    identities = {
        identity.person.id: identity for identity in identify(inputs, list(distinct.values())[::-1])
    }
    steps: list[Step] = []
    write_backs: list[Step] = []
    fields: list[Field] = []
    applicants: list[Body] = []
    warnings: list[str] = []
    roles: dict[str, str] = {}
    for applicant in people:
        person = applicant.contact
        if person.id in roles:
            warnings.append(f"{person.name} is on it twice; FLEX gets them once, as {roles[person.id]}.")
            continue
        roles[person.id] = applicant.role
        identity = identities[person.id]
        flex_id = identity.flex_id
        mapped = map_record(
            inputs.field_map,
            Scope.PERSON,
            person,
            about=person.name,
            local_id=person.id,
            today=inputs.today,
        )
        if flex_id:
            mapped = _without_lone_countries(mapped)
        fields += [*mapped.fields, _role(applicant)]
        fields += [unmapped_fields(extra, person.name, person.id) for extra in person.other]
        read = {row.read for row in inputs.field_map.rows(Scope.PERSON)}
        fields += odd_lines(person, "Contacts", read, about=person.name, local_id=person.id)
        warnings += _warnings(inputs, identity)
        step = _person(inputs, mapped, identity)
        steps.append(step)
        if person.flex_id is None or person.flex_id != flex_id:
            write_backs.append(_write_back_person(inputs, person, step.ref))
        applicants.append(
            {"FLEXId": flex_id or id_of(step.ref), "Role": without_lone_surrogates(applicant.role)}
        )
    return People(
        tuple(steps),
        tuple(write_backs),
        tuple(fields),
        tuple(applicants),
        tuple(warnings),
        tuple(identity.question for identity in identities.values() if identity.question),
        tuple(
            LookAlike(identity.person, identity.alike)
            for identity in identities.values()
            if identity.alike and identity.flex_id is None
        ),
        tuple(
            (identity.person.id, identity.flex_id)
            for identity in identities.values()
            if identity.answered and identity.flex_id
        ),
        tuple(
            identity.person.id
            for identity in identities.values()
            if identity.answered and identity.flex_id is None
        ),
        {person_id: identity.doubts for person_id, identity in identities.items() if identity.doubts},
        sum(
            identity.flex_id is None and person_id in inputs.in_flex
            for person_id, identity in identities.items()
        ),
    )


def only_updates(people: People) -> People:
    """Return the people without those whom the push would create: their steps, questions and choices."""
    steps = tuple(step for step in people.steps if step.operation is Operation.UPDATE)
    updated = {step.local_id for step in steps}
    return msgspec.structs.replace(
        people,
        steps=steps,
        write_backs=tuple(step for step in people.write_backs if step.local_id in updated),
        questions=tuple(
            msgspec.structs.replace(
                question, choices=tuple(choice for choice in question.choices if choice != NEW)
            )
            for question in people.questions
            if question.person.id in updated
        ),
        look_alikes=(),
        anew=(),
        searched=0,
    )


def identity_objections(inputs: CardInputs, people: People, on: str) -> list[Objection]:
    """Return why the people stand against a push: open questions, and choices for somebody who is not on `on`."""
    there = {step.local_id for step in people.steps}
    return [
        *(
            Objection("which-person", f"{person_id} is not on {on}, so no contact can be chosen for it.")
            for person_id in inputs.choices
            if person_id not in there
        ),
        *(Objection(question.code, question.message) for question in people.questions),
    ]


def _warnings(inputs: CardInputs, identity: Identity) -> list[str]:
    person, warnings = identity.person, [identity.warning] if identity.warning else []
    link = inputs.link(Entity.PERSON, person.id)
    if link and person.flex_id and person.flex_id != link.remote_id and not identity.answered:
        warnings.append(
            f"{person.name}: BrokerEngine says FLEX contact {person.flex_id}, the book says "
            f"{link.remote_id}. BrokerEngine's is used."
        )
    return warnings


_ADDRESSES: Final = (
    ("Applicant", "DirectAddressCountry", "DirectAddressState"),
    ("OtherAddress", "Country", "State"),
)
"""The addresses of a contact: the object of the map that holds each, its country and its state."""
_NO_STATE: Final = (
    "this address has no state, and FLEX might hold a state abroad, which it refuses in Australia"
)


def _without_lone_countries(mapped: Mapped) -> Mapped:
    """Return what an update of a contact sends, without the country Australia of an address that has no state.

    FLEX keeps the state that it holds, and refuses a state of another country in an Australian address.
    """
    for holder, country, state in _ADDRESSES:
        address = mapped.objects.get(holder, {})
        if country in address and not is_abroad(address[country]) and state not in address:
            mapped = _without(mapped, holder, country)
    return mapped


def _without(mapped: Mapped, holder: str, country: str) -> Mapped:
    kept = {name: value for name, value in mapped.objects[holder].items() if name != country}
    return Mapped(
        {**mapped.objects, holder: kept},
        tuple(
            msgspec.structs.replace(
                field,
                value=None,
                fate=Fate.EMPTY if field.fate is Fate.DEFAULTED else Fate.REFUSED,
                reason=_NO_STATE,
            )
            if field.target == f"{holder}.{country}"
            else field
            for field in mapped.fields
        ),
    )


ROLE: Final = "Opportunity.Applicants.Role"
"""Where FLEX keeps a person's role: on the opportunity, not on the contact."""


def _role(applicant: Applicant) -> Field:
    """Return the line of a person's role. The opportunity names its applicants with their roles (our reading)."""
    odd = applicant.odd.get("role")
    return Field(
        section="Contacts",
        source="Role",
        source_value=applicant.role,
        target=ROLE,
        value=None if odd else without_lone_surrogates(applicant.role),
        fate=Fate.REFUSED if odd else Fate.SENT,
        confidence=Mark.OURS,
        reason=odd.reason if odd else "",
        about=applicant.contact.name,
        local_id=applicant.contact.id,
    )


def _person(inputs: CardInputs, mapped: Mapped, identity: Identity) -> Step:
    person, flex_id = identity.person, identity.flex_id
    ref = inputs.ref(Entity.PERSON, person.id)
    body: Body = dict(mapped.objects.get("Applicant", {}))
    if postal := mapped.objects.get("OtherAddress"):
        body["OtherAddress"] = [{"AddressType": "Postal", **postal}]
    if flex_id:
        return Step(
            ref=ref,
            system=System.FLEX,
            entity=Entity.PERSON,
            operation=Operation.UPDATE,
            local_id=person.id,
            summary=without_lone_surrogates(person.name),
            body=body,
            remote_id=flex_id,
            seen=identity.seen,
        )
    return Step(
        ref=ref,
        system=System.FLEX,
        entity=Entity.PERSON,
        operation=Operation.CREATE,
        local_id=person.id,
        summary=without_lone_surrogates(person.name),
        body={"IntegrationId": ref, **body},
        identity=("FirstName", "LastName"),
        holds=tuple(body),
    )


def _write_back_person(inputs: CardInputs, person: Person, ref: str) -> Step:
    return Step(
        ref=inputs.ref(Entity.PERSON, person.id, System.BROKERENGINE),
        system=System.BROKERENGINE,
        entity=Entity.PERSON,
        operation=Operation.WRITE_BACK,
        local_id=person.id,
        summary=without_lone_surrogates(f"{person.name}'s FLEX ID"),
        body={"flex_id": id_of(ref)},
        remote_id=person.id,
        needs=(ref,),
        identity=("flex_id",),
        seen={"flex_id": person.flex_id} if person.flex_id else {},
    )
