"""The people of a push: update those whom FLEX has, create the others, keep their FLEX IDs. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec
from msgspec import Struct

from core.flex.decoding import without_lone_surrogates
from core.flex.field_map.apply import Mapped, map_record
from core.flex.field_map.fates import Fate, Field, Mark
from core.flex.field_map.forms import is_abroad
from core.flex.field_map.model import Scope
from core.flex.model import Applicant, Person
from core.flex.plans.inputs import CardInputs
from core.flex.plans.unmapped import unmapped_fields
from core.push.plan import Body, Entity, Operation, Step, System, id_of


class People(Struct, frozen=True):
    """The people of a push. `applicants` is how the opportunity names them: `{"FLEXId": …, "Role": …}`."""

    steps: tuple[Step, ...]
    write_backs: tuple[Step, ...]
    fields: tuple[Field, ...]
    applicants: tuple[Body, ...]
    warnings: tuple[str, ...]


def plan_people(inputs: CardInputs, people: Iterable[Applicant]) -> People:
    """Return the steps, lines and warnings for the people of a push, each person once.

    A FLEX ID on BrokerEngine's contact wins over the book's; a difference is a warning. A contact without a FLEX ID
    gets it written back.
    """
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
        mapped = map_record(
            inputs.field_map,
            Scope.PERSON,
            person,
            about=person.name,
            local_id=person.id,
            today=inputs.today,
        )
        link = inputs.link(Entity.PERSON, person.id)
        flex_id = person.flex_id or (link.remote_id if link else None)
        if flex_id:
            mapped = _without_lone_country(mapped)
        fields += [*mapped.fields, _role(applicant)]
        fields += [unmapped_fields(extra, person.name, person.id) for extra in person.other]
        if link and person.flex_id and person.flex_id != link.remote_id:
            warnings.append(
                f"{person.name}: BrokerEngine says FLEX contact {person.flex_id}, the book says "
                f"{link.remote_id}. BrokerEngine's is used."
            )
        step = _person(inputs, person, mapped, flex_id)
        steps.append(step)
        if not person.flex_id:
            write_backs.append(_write_back_person(inputs, person, step.ref))
        applicants.append(
            {"FLEXId": flex_id or id_of(step.ref), "Role": without_lone_surrogates(applicant.role)}
        )
    return People(tuple(steps), tuple(write_backs), tuple(fields), tuple(applicants), tuple(warnings))


_COUNTRY: Final = "DirectAddressCountry"
_NO_STATE: Final = (
    "this address has no state, and FLEX might hold a state abroad, which it refuses in Australia"
)


def _without_lone_country(mapped: Mapped) -> Mapped:
    """Return what an update of a contact sends, without the country Australia of a home address that has no state.

    FLEX keeps the state that it holds, and refuses a state of another country in an Australian address.
    """
    applicant = mapped.objects.get("Applicant", {})
    country = applicant.get(_COUNTRY)
    if country is None or is_abroad(country) or "DirectAddressState" in applicant:
        return mapped
    kept = {name: value for name, value in applicant.items() if name != _COUNTRY}
    return Mapped(
        {**mapped.objects, "Applicant": kept},
        tuple(
            msgspec.structs.replace(
                field,
                value=None,
                fate=Fate.EMPTY if field.fate is Fate.DEFAULTED else Fate.REFUSED,
                reason=_NO_STATE,
            )
            if field.target == f"Applicant.{_COUNTRY}"
            else field
            for field in mapped.fields
        ),
    )


ROLE: Final = "Opportunity.Applicants.Role"
"""Where FLEX keeps a person's role: on the opportunity, not on the contact."""


def _role(applicant: Applicant) -> Field:
    """Return the line of a person's role. The opportunity names its applicants with their roles (our reading)."""
    return Field(
        section="Contacts",
        source="Role",
        source_value=applicant.role,
        target=ROLE,
        value=without_lone_surrogates(applicant.role),
        fate=Fate.SENT,
        confidence=Mark.OURS,
        about=applicant.contact.name,
        local_id=applicant.contact.id,
    )


def _person(inputs: CardInputs, person: Person, mapped: Mapped, flex_id: str | None) -> Step:
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
    )
