"""The plan of a Fact Find push: the people who filled it out, and its property. A pure function.

If the card is linked to an opportunity, people, roles and property go onto that opportunity. Otherwise the push creates
an opportunity from the Fact Find and links the card to it. The second rule is our reading of docs/domain.md, Pushing to
FLEX.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Struct

from core.flex.field_map.apply import Mapped, map_record
from core.flex.field_map.fates import Field, leave_out, without_home
from core.flex.field_map.model import Scope
from core.flex.model import Extra, FactFind
from core.flex.plans.card import plan_card
from core.flex.plans.inputs import CardInputs
from core.flex.plans.objections import field_warnings, flex_id_of, no_gateway, people_objections
from core.flex.plans.opportunity import (
    applicant_step,
    opportunity_step,
    payload_of,
    property_change,
    property_step,
    write_back_card,
)
from core.flex.plans.people import ROLE, People, identity_objections, plan_people
from core.flex.plans.preview import Objection, Preview
from core.flex.plans.unmapped import odd_lines, one_line, unmapped_fields
from core.push.plan import Asset, Body, Entity, Plan, Step, System, link_key
from core.texts import without_lone_surrogates


class OnOpportunity(Struct, frozen=True):
    """What FLEX holds on the opportunity to which a card is linked, and what FLEX's gateway can change there.

    - `is_there` is False if FLEX does not have the opportunity.
    - `made_here` is True if the opportunity has the card's reference.
    - `roles` maps the FLEX ID of each applicant to the applicant's role.
    - `property_id` is the FLEX ID of the card's property on it, or None.
    - `lost_property` is the FLEX ID that the book has for the property although it is not on the opportunity, or "".
    - `adds_people` and `changes_property` say what the gateway can do.
    """

    is_there: bool = True
    made_here: bool = True
    roles: Mapping[str, str] = {}
    property_id: str | None = None
    lost_property: str = ""
    adds_people: bool = False
    changes_property: bool = False


class FactFindInputs(Struct, frozen=True):
    """A completed Fact Find, the inputs of its card, and the opportunity to which the card is linked.

    `opportunity` is None if the card is not linked to an opportunity.
    """

    fact_find: FactFind
    of_card: CardInputs
    opportunity: OnOpportunity | None = None


class _Part(Struct, frozen=True):
    """Steps, lines and warnings of a part of the plan."""

    steps: tuple[Step, ...] = ()
    fields: tuple[Field, ...] = ()
    warnings: tuple[str, ...] = ()


NOT_ON_APPLICATIONS: Final = (
    "FLEX keeps properties on opportunities, and the card is linked to an application"
)
NO_ROLES_THERE: Final = (
    "our contract puts people onto opportunities, and the card is linked to an application"
)
TOO_OLD: Final = "FLEX's gateway is older than version 1.1 of the contract, which"


def plan_fact_find(inputs: FactFindInputs) -> Preview:
    """Return the plan of a Fact Find push."""
    fact_find, of_card = inputs.fact_find, inputs.of_card
    card = of_card.card
    people = plan_people(of_card, fact_find.people)
    house = map_record(of_card.field_map, Scope.PROPERTY, fact_find.property)
    flex_id = flex_id_of(of_card)
    made: Step | None = None
    if flex_id is None:
        made = opportunity_step(of_card, {}, people.applicants, people.steps)
        roles = _Part((made,), people.fields)
        where = _property_part(of_card, house, made)
    elif card.flex_kind == "application":
        roles = _Part(fields=tuple(_each_role(people, NO_ROLES_THERE)))
        where = _on_an_application(house)
    else:
        there = inputs.opportunity or OnOpportunity()
        roles = _roles_part(of_card, people, there, flex_id)
        where = _property_on(of_card, house, there, flex_id)
    steps = [*people.steps, *roles.steps, *where.steps]
    if of_card.writable:
        steps += people.write_backs
        if made is not None:
            steps.append(write_back_card(of_card, made))
    fields = (*roles.fields, *where.fields, *_address(fact_find), *_odd(inputs))
    warnings = (*people.warnings, *roles.warnings, *where.warnings, *_warnings(inputs, fields))
    return Preview(
        asset=Asset.FACT_FIND,
        subject=fact_find.id,
        title=f"{card.id} {card.title}",
        plan=Plan(
            Asset.FACT_FIND,
            fact_find.id,
            without_lone_surrogates(card.title),
            tuple(steps),
            of_card.field_map.version,
            about=card.id,
            links=people.links,
            anew=people.anew,
        ),
        reasons=(*_objections(inputs, flex_id), *identity_objections(of_card, people, fact_find.id)),
        warnings=warnings,
        fields=fields,
        products=(),
        payload=payload_of(steps),
        flex_id=flex_id,
        flex_kind=card.flex_kind,
        card_fields=plan_card(of_card).fields,
        forgets=_forgets(inputs),
        questions=people.questions,
        look_alikes=people.look_alikes,
        settled=people.doubts,
        searched=people.searched,
    )


# -- the people on the opportunity ---------------------------------------------------------------------


def _roles_part(inputs: CardInputs, people: People, there: OnOpportunity, flex_id: str) -> _Part:
    """Return the steps that put people onto the opportunity, with all lines of the people.

    A person who is on it in the same role needs no step.
    """
    steps: list[Step] = []
    fields: list[Field] = []
    warnings: list[str] = []
    by_person = {step.local_id: step for step in people.steps}
    for field in people.fields:
        if field.target != ROLE:
            fields.append(field)
            continue
        person, role = by_person[field.local_id], str(field.value)
        before = there.roles.get(person.remote_id or "")
        if before == role:
            fields.append(msgspec.structs.replace(field, reason="the opportunity has the role already"))
        elif there.adds_people:
            steps.append(applicant_step(inputs, person, role, flex_id))
            was = f"{before} on the opportunity until now" if before else "new on the opportunity"
            fields.append(msgspec.structs.replace(field, reason=was))
        else:
            fields.append(without_home(field, f"{TOO_OLD} adds people to an opportunity: enter it by hand"))
            stays = f"stays {before}" if before else "is not put on the opportunity"
            warnings.append(f"{field.about} {stays}: {TOO_OLD} adds people to an opportunity.")
    return _Part(tuple(steps), tuple(fields), tuple(warnings))


def _each_role(people: People, reason: str) -> list[Field]:
    """Return the lines of the people with the roles left out."""
    return [leave_out(field, reason) if field.target == ROLE else field for field in people.fields]


# -- the property --------------------------------------------------------------------------------------


def _property_part(inputs: CardInputs, house: Mapped, opportunity: Step | str) -> _Part:
    """Return the step that creates the property on an opportunity, and the lines of the property."""
    body = house.objects.get("Property")
    return _Part((property_step(inputs, body, opportunity),) if body else (), house.fields)


def _property_on(inputs: CardInputs, house: Mapped, there: OnOpportunity, flex_id: str) -> _Part:
    """Return what becomes of the property on an opportunity that FLEX has: it is changed, or created."""
    body: Body = house.objects.get("Property", {})
    if not body:
        return _Part(fields=house.fields)
    if there.property_id is None:
        return msgspec.structs.replace(
            _property_part(inputs, house, flex_id), warnings=tuple(_about_a_new_property(there))
        )
    if there.changes_property:
        return _Part((property_change(inputs, body, there.property_id),), house.fields)
    reason = f"{TOO_OLD} changes a property: enter it by hand"
    fields = tuple(without_home(field, reason) for field in house.fields)
    return _Part(fields=fields, warnings=(f"The property stays as it is: {TOO_OLD} changes a property.",))


def _about_a_new_property(there: OnOpportunity) -> list[str]:
    warnings: list[str] = []
    if there.lost_property:
        warnings.append(
            f"The property {there.lost_property} is no longer on the opportunity in FLEX: one more is created."
        )
    elif not there.made_here:
        warnings.append(
            "The opportunity was not made from here: if it has a property in FLEX already, this push adds a second one."
        )
    return warnings


def _on_an_application(house: Mapped) -> _Part:
    """Return what becomes of the property of a card that is linked to an application: it is left out."""
    fields = tuple(leave_out(field, NOT_ON_APPLICATIONS) for field in house.fields)
    said = "The card is linked to an application: FLEX keeps properties on opportunities, so it is not sent."
    return _Part(fields=fields, warnings=(said,) if house.objects.get("Property") else ())


def _forgets(inputs: FactFindInputs) -> tuple[str, ...]:
    """Return the key of the property's link in the book, if the property is no longer on the opportunity."""
    if inputs.opportunity is None or not inputs.opportunity.lost_property:
        return ()
    return (link_key(System.FLEX, Entity.PROPERTY, inputs.of_card.card.id),)


def _address(fact_find: FactFind) -> list[Field]:
    where = one_line(fact_find.property.address if fact_find.property else None)
    return [unmapped_fields(Extra("Property", "Address", where))] if where else []


def _odd(inputs: FactFindInputs) -> list[Field]:
    rows = inputs.of_card.field_map.rows(Scope.PROPERTY)
    return [
        *odd_lines(inputs.fact_find, "Fact Find", beyond={"people", "property"}),
        *odd_lines(inputs.fact_find.property, "Property", {row.read for row in rows}),
    ]


# -- what stands against it ----------------------------------------------------------------------------


def _objections(inputs: FactFindInputs, flex_id: str | None) -> list[Objection]:
    fact_find = inputs.fact_find
    found: list[Objection] = []
    if fact_find.state != "completed":
        found.append(
            Objection("not-completed", f"Fact Find {fact_find.id} is {fact_find.state}, not completed yet.")
        )
    if not fact_find.people:
        found.append(Objection("no-people", f"Nobody filled out Fact Find {fact_find.id}."))
    if inputs.opportunity is not None and not inputs.opportunity.is_there:
        message = f"FLEX has no opportunity {flex_id}, to which {inputs.of_card.card.id} is linked."
        found.append(Objection("not-in-flex", message))
    found += people_objections(inputs.of_card.field_map, fact_find.people)
    return found if inputs.of_card.has_gateway else [*found, no_gateway(f"Fact Find {fact_find.id}")]


def _warnings(inputs: FactFindInputs, fields: tuple[Field, ...]) -> list[str]:
    warnings: list[str] = []
    warnings += field_warnings(fields)
    if not inputs.of_card.writable:
        warnings.append(
            "This source can't be written to: BrokerEngine's own FLEX button will not know of this push."
        )
    return warnings
