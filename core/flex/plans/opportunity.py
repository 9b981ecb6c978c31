"""The steps that card and Fact Find pushes share: the opportunity, its property, and its FLEX ID written back. Pure."""

from __future__ import annotations

from typing import Any

from core.flex.plans.inputs import CardInputs
from core.local_forms import money
from core.push.plan import Body, Entity, Operation, Step, System, id_of
from core.texts import how_many


def opportunity_step(
    inputs: CardInputs, fields: Body, applicants: tuple[Body, ...], people: tuple[Step, ...]
) -> Step:
    """Return the step that creates the card's opportunity after its people."""
    ref = inputs.ref(Entity.OPPORTUNITY, inputs.card.id)
    body: Body = {"IntegrationId": ref, "Applicants": list(applicants), **fields}
    return Step(
        ref=ref,
        system=System.FLEX,
        entity=Entity.OPPORTUNITY,
        operation=Operation.CREATE,
        local_id=inputs.card.id,
        summary=_opportunity_in_words(body),
        body=body,
        needs=tuple(step.ref for step in people),
        identity=("ProposedLoanAmount",) if "ProposedLoanAmount" in body else (),
        holds=("Applicants", *fields),
    )


def property_step(inputs: CardInputs, fields: Body, opportunity: Step | str) -> Step:
    """Return the step that creates the card's property on an opportunity.

    `opportunity` is the step that creates it, or the FLEX ID of an opportunity that exists.
    """
    ref = inputs.ref(Entity.PROPERTY, inputs.card.id)
    made = isinstance(opportunity, Step)
    on: Any = id_of(opportunity.ref) if isinstance(opportunity, Step) else opportunity
    return Step(
        ref=ref,
        system=System.FLEX,
        entity=Entity.PROPERTY,
        operation=Operation.CREATE,
        local_id=inputs.card.id,
        summary=property_in_words(fields),
        body={"IntegrationId": ref, "Opportunity": {"FLEXId": on}, **fields},
        parent=opportunity.ref if isinstance(opportunity, Step) else opportunity,
        needs=(opportunity.ref,) if isinstance(opportunity, Step) else (),
        identity=tuple(name for name in ("PropertyType", "Usage", "Purpose") if name in fields)
        if not made
        else (),
        holds=tuple(fields),
    )


def property_change(inputs: CardInputs, fields: Body, property_id: str) -> Step:
    """Return the step that changes the card's property, which is in FLEX under `property_id`."""
    return Step(
        ref=inputs.ref(Entity.PROPERTY, inputs.card.id),
        system=System.FLEX,
        entity=Entity.PROPERTY,
        operation=Operation.UPDATE,
        local_id=inputs.card.id,
        summary=property_in_words(fields),
        body=dict(fields),
        remote_id=property_id,
    )


def applicant_step(inputs: CardInputs, person: Step, role: str, flex_id: str) -> Step:
    """Return the step that puts a person onto an opportunity that FLEX has, or gives the person another role there.

    `person` is the step that creates or updates the person, `flex_id` the opportunity's id.
    """
    local_id = f"{inputs.card.id}/{person.local_id}"
    return Step(
        ref=inputs.ref(Entity.APPLICANT, local_id),
        system=System.FLEX,
        entity=Entity.APPLICANT,
        operation=Operation.LINK,
        local_id=local_id,
        summary=f"{person.summary}, {role}",
        body={"Role": role},
        remote_id=person.remote_id or person.ref,
        parent=flex_id,
        needs=(person.ref,),
    )


def _opportunity_in_words(body: Body) -> str:
    """Return what an opportunity is made of: purpose and amount as they are sent, or the number of applicants."""
    named = [str(body["LoanPurpose"])] if "LoanPurpose" in body else []
    named += [money(body["ProposedLoanAmount"])] if "ProposedLoanAmount" in body else []
    applicants = len(body["Applicants"])
    return ", ".join(named) or how_many(applicants, "applicant")


def property_in_words(fields: Body) -> str:
    """Return a property's values as they are sent: "House, Security, $900,000"."""
    texts = [value for value in fields.values() if isinstance(value, str)]
    amounts = [money(value) for value in fields.values() if not isinstance(value, str)]
    return ", ".join([*texts, *amounts])


def write_back_card(inputs: CardInputs, opportunity: Step) -> Step:
    """Return the step that writes the opportunity's FLEX ID onto BrokerEngine's card."""
    card = inputs.card
    return Step(
        ref=inputs.ref(Entity.OPPORTUNITY, card.id, System.BROKERENGINE),
        system=System.BROKERENGINE,
        entity=Entity.OPPORTUNITY,
        operation=Operation.WRITE_BACK,
        local_id=card.id,
        summary="the opportunity's FLEX ID",
        body={"flex_id": id_of(opportunity.ref), "flex_kind": "opportunity"},
        remote_id=card.id,
        needs=(opportunity.ref,),
        identity=("flex_id",),
    )


def payload_of(steps: list[Step]) -> dict[str, Any]:
    """Return the bodies as they will be sent, by kind of record.

    An id that is not known until another step has run is shown as `{"$id_of": ref}`.
    """

    def bodies(entity: Entity) -> list[Body]:
        return [step.body for step in steps if step.system is System.FLEX and step.entity is entity]

    applicants = [
        {
            "Contact": step.remote_id if step.remote_id not in step.needs else id_of(step.remote_id),
            **step.body,
        }
        for step in steps
        if step.entity is Entity.APPLICANT and step.remote_id
    ]
    return {
        "Contacts": bodies(Entity.PERSON),
        "Opportunity": next(iter(bodies(Entity.OPPORTUNITY)), {}),
        **({"Applicants": applicants} if applicants else {}),
        "Property": next(iter(bodies(Entity.PROPERTY)), {}),
        "ProductLinks": [
            {"Product": step.remote_id, **step.body} for step in steps if step.entity is Entity.PRODUCT_LINK
        ],
        "WriteBack": [
            {"Record": step.remote_id, **step.body}
            for step in steps
            if step.operation is Operation.WRITE_BACK
        ],
    }
