"""The plan of a Fact Find push: the people who filled it out, and its property. A pure function.

If the card is linked, people and property go to that opportunity. Otherwise the push creates an opportunity from the
Fact Find and links the card to it. The second rule is our reading of docs/domain.md, Pushing to FLEX.
"""

from __future__ import annotations

from msgspec import Struct

from core.flex.decoding import without_lone_surrogates
from core.flex.field_map.apply import map_record
from core.flex.field_map.fates import Fate, Field
from core.flex.field_map.model import Scope
from core.flex.model import Extra, FactFind
from core.flex.plans.inputs import CardInputs
from core.flex.plans.objections import flex_id_of, name_objections, role_objections
from core.flex.plans.opportunity import opportunity_step, payload_of, property_step, write_back_card
from core.flex.plans.people import people_objections, plan_people
from core.flex.plans.preview import Objection, Preview
from core.flex.plans.unmapped import one_line, unmapped_fields
from core.push.plan import Asset, Plan, Step


class FactFindInputs(Struct, frozen=True):
    """A completed Fact Find, and the inputs of its card."""

    fact_find: FactFind
    of_card: CardInputs


def plan_fact_find(inputs: FactFindInputs) -> Preview:
    """Return the plan of a Fact Find push."""
    fact_find, of_card = inputs.fact_find, inputs.of_card
    card = of_card.card
    people = plan_people(of_card, fact_find.people)
    house = map_record(of_card.field_map, Scope.PROPERTY, fact_find.property)
    flex_id = flex_id_of(of_card)
    on_application = bool(flex_id) and card.flex_kind == "application"
    steps: list[Step] = list(people.steps)
    opportunity: Step | str | None = flex_id
    if opportunity is None:
        opportunity = opportunity_step(
            of_card, {}, people.applicants, people.steps, f"from Fact Find {fact_find.id}"
        )
        steps.append(opportunity)
    where = one_line(fact_find.property.address if fact_find.property else None)
    body = house.objects.get("Property")
    if body and not on_application:
        steps.append(property_step(of_card, body, opportunity, where))
    if of_card.writable:
        steps += people.write_backs
        if isinstance(opportunity, Step):
            steps.append(write_back_card(of_card, opportunity))
    fields = (*people.fields, *house.fields, *_without_home(where))
    warnings = [*people.warnings, *_warnings(inputs, fields, on_application=on_application and bool(body))]
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
        reasons=(*_objections(fact_find), *people_objections(of_card, people, fact_find.id)),
        warnings=tuple(warnings),
        fields=fields,
        products=(),
        payload=payload_of(steps),
        flex_id=flex_id,
        flex_kind=card.flex_kind,
        questions=people.questions,
        look_alikes=people.look_alikes,
        settled=people.doubts,
        searched=people.searched,
    )


def _without_home(where: str) -> list[Field]:
    return [unmapped_fields(Extra("Property", "Address", where))] if where else []


def _objections(fact_find: FactFind) -> list[Objection]:
    found: list[Objection] = []
    if fact_find.state != "completed":
        found.append(
            Objection("not-completed", f"Fact Find {fact_find.id} is {fact_find.state}, not completed yet.")
        )
    if not fact_find.people:
        found.append(Objection("no-people", f"Nobody filled out Fact Find {fact_find.id}."))
    people = {applicant.contact.id: applicant for applicant in fact_find.people}
    for applicant in people.values():
        found += [*name_objections(applicant.contact), *role_objections(applicant)]
    return found


def _warnings(inputs: FactFindInputs, fields: tuple[Field, ...], *, on_application: bool) -> list[str]:
    warnings: list[str] = []
    if on_application:
        warnings.append(
            "The card is linked to an application: FLEX keeps properties on opportunities, so it is not sent."
        )
    by_hand = sum(field.fate is Fate.NO_HOME for field in fields)
    if by_hand:
        warnings.append(
            f"{by_hand} {'field has' if by_hand == 1 else 'fields have'} no home in FLEX: to key by hand."
        )
    if not inputs.of_card.writable:
        warnings.append(
            "This source can't be written to: BrokerEngine's own FLEX button will not know of this push."
        )
    return warnings
