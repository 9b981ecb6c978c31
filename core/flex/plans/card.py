"""The plan of a card push, *New FLEX opportunity* (docs/domain.md, Pushing to FLEX). A pure function."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from core.flex.field_map.apply import Mapped, map_record, number
from core.flex.field_map.fates import Fate, Field, leave_out
from core.flex.field_map.model import Scope
from core.flex.model import Card
from core.flex.plans.inputs import CardInputs
from core.flex.plans.objections import field_warnings, flex_id_of, objections, warnings
from core.flex.plans.opportunity import opportunity_step, payload_of, property_step, write_back_card
from core.flex.plans.people import ROLE, People, identity_objections, only_updates, plan_people
from core.flex.plans.preview import Objection, Preview
from core.flex.plans.products import ProductMatch, ProductStanding, match_product, merge_products
from core.flex.plans.unmapped import odd_lines, without_home
from core.push.plan import Asset, Body, Entity, Operation, Plan, Step, System
from core.texts import without_lone_surrogates


def plan_card(inputs: CardInputs) -> Preview:
    """Return the plan of a card push: people, opportunity, property, product links, and the FLEX IDs written back.

    Blanks are never sent. The preview lists every objection, not only the first.
    """
    card = inputs.card
    people = plan_people(inputs, card.people)
    mapped = map_record(inputs.field_map, Scope.REQUIREMENTS, card.requirements)
    house = map_record(inputs.field_map, Scope.PROPERTY, card.property)
    products = merge_products(match_product(product, inputs) for product in card.products)
    selected = next(
        (match for match in products if match.linked and match.standing is ProductStanding.SELECTED), None
    )
    requirements, split = _split_loan(mapped, card, selected)

    opportunity = opportunity_step(inputs, _loan(requirements), people.applicants, people.steps)
    steps = [*people.steps, opportunity]
    if property_body := house.objects.get("Property"):
        steps.append(property_step(inputs, property_body, opportunity))
    steps += [
        _product_link(inputs, match, opportunity, split if match is selected else {})
        for match in products
        if match.linked
    ]
    if inputs.writable:
        steps += [*people.write_backs, write_back_card(inputs, opportunity)]

    fields = (
        *people.fields,
        *requirements.fields,
        *house.fields,
        *(field for match in products for field in _product_fields(inputs, match)),
        *without_home(inputs),
    )
    return Preview(
        asset=Asset.CARD,
        subject=card.id,
        title=card.title,
        plan=Plan(
            Asset.CARD,
            card.id,
            without_lone_surrogates(card.title),
            tuple(steps),
            inputs.field_map.version,
            about=card.id,
            links=people.links,
            overrides=inputs.overrides,
            anew=people.anew,
        ),
        reasons=(
            *(objection for objection in objections(inputs) if objection.code not in inputs.overrides),
            *identity_objections(inputs, people, card.id),
        ),
        warnings=(*people.warnings, *warnings(inputs, fields, products)),
        fields=fields,
        products=products,
        payload=payload_of(steps),
        flex_id=flex_id_of(inputs),
        flex_kind=card.flex_kind,
        fact_find_id=card.fact_find.id if card.fact_find else None,
        questions=people.questions,
        look_alikes=people.look_alikes,
        settled=people.doubts,
        searched=people.searched,
    )


# -- the opportunity and what belongs to it ------------------------------------------------------------


def _loan(requirements: Mapped) -> Body:
    fields: Body = dict(requirements.objects.get("Opportunity", {}))
    if chosen := requirements.objects.get("ProductFilter"):
        fields["ProductFilter"] = chosen
    return fields


def _product_link(inputs: CardInputs, match: ProductMatch, opportunity: Step, split: Body) -> Step:
    if match.entry is None:
        raise AssertionError("only a product that FLEX offers is linked")
    local_id = f"{inputs.card.id}/{match.product.id}"
    ref = inputs.ref(Entity.PRODUCT_LINK, local_id)
    return Step(
        ref=ref,
        system=System.FLEX,
        entity=Entity.PRODUCT_LINK,
        operation=Operation.LINK,
        local_id=local_id,
        summary=without_lone_surrogates(f"{match.entry.lender} {match.entry.name}, {match.standing}"),
        body={
            "IntegrationId": ref,
            "Selected": "Y" if match.standing is ProductStanding.SELECTED else "N",
            **split,
        },
        remote_id=match.entry.flex_id,
        parent=opportunity.ref,
        needs=(opportunity.ref,),
    )


def _split_loan(mapped: Mapped, card: Card, selected: ProductMatch | None) -> tuple[Mapped, Body]:
    """Return the requirements, and the split amounts for the body of the SELECTED product.

    Without a SELECTED product the split loan has no home.
    """
    amount, loan = card.requirements.split_loan, card.requirements.loan_amount
    carried = mapped.objects.get("Product", {}).get("SplitAmount")
    if carried is None or amount is None:
        return mapped, {}
    wrong = ""
    if selected is None:
        wrong = "no product is SELECTED and linked, and FLEX keeps the split on the product"
    elif loan is None:
        wrong = "there is no loan amount to split"
    elif "ProposedLoanAmount" not in mapped.objects.get("Opportunity", {}):
        wrong = "the loan amount is not sent"
    elif amount > loan:
        wrong = "it is more than the loan amount"
    elif amount == loan:
        wrong = "it is the whole loan amount, so nothing is left for the other part"
    if wrong:
        fate = Fate.NO_HOME if selected is None else Fate.REFUSED
        return _restate(mapped, "Product.SplitAmount", fate, wrong), {}
    rest = (loan or Decimal(0)) - amount
    return mapped, {"SplitAmount": carried, "BaseSplitAmount": number(rest)}


def _restate(mapped: Mapped, target: str, fate: Fate, reason: str) -> Mapped:
    return Mapped(
        mapped.objects,
        tuple(
            msgspec.structs.replace(field, fate=fate, reason=reason, value=None)
            if field.target == target
            else field
            for field in mapped.fields
        ),
    )


def plan_people_again(inputs: CardInputs) -> Preview:
    """Return a plan that updates the people whom FLEX has. It creates nobody and sends nothing else of the card.

    If a person chose another contact than BrokerEngine names, the plan writes the FLEX ID of that contact back.
    """
    people = only_updates(plan_people(inputs, inputs.card.people))
    steps = [*people.steps, *(people.write_backs if inputs.writable else ())]
    preview = plan_card(inputs)
    reasons = [
        reason for reason in objections(inputs) if reason.code not in ("already-linked", "use-fact-find")
    ]
    if not people.steps:
        reasons.append(Objection("nobody-in-flex", f"Nobody on {inputs.card.id} is in FLEX yet."))
    fields = tuple(_people_fields(people, steps))
    return msgspec.structs.replace(
        preview,
        plan=msgspec.structs.replace(preview.plan, steps=tuple(steps), links=people.links, anew=()),
        reasons=(*reasons, *identity_objections(inputs, people, f"{inputs.card.id} as somebody to update")),
        warnings=(*people.warnings, *_not_in_flex(inputs.card, steps), *field_warnings(fields)),
        fields=fields,
        products=(),
        payload=payload_of(steps),
        questions=people.questions,
        look_alikes=(),
        settled=people.doubts,
        searched=0,
    )


def _people_fields(people: People, steps: list[Step]) -> list[Field]:
    """Return the lines of a push that updates people: what the steps do not send is left out."""
    updated = {step.local_id for step in steps}
    fields: list[Field] = []
    for field in people.fields:
        if field.local_id not in updated:
            fields.append(leave_out(field, "this push updates only the people that FLEX has"))
        elif field.target == ROLE:
            fields.append(leave_out(field, "this push changes contacts; FLEX keeps roles on opportunities"))
        else:
            fields.append(field)
    return fields


def _not_in_flex(card: Card, steps: list[Step]) -> list[str]:
    """Return a warning for each person of the card whom FLEX does not have."""
    updated = {step.local_id for step in steps}
    names = {applicant.contact.id: applicant.contact.name for applicant in card.people}
    return [
        f"{name} is not in FLEX yet and is not sent: this push updates only the people that FLEX has."
        for person_id, name in names.items()
        if person_id not in updated
    ]


# -- products ------------------------------------------------------------------------------------------


def _product_fields(inputs: CardInputs, match: ProductMatch) -> list[Field]:
    """Return the three lines of a product: lender and name become one FLEX ID, the standing becomes a flag."""
    product = match.product
    record = {
        "lender": product.odd.get("lender") or product.lender,
        "name": product.odd.get("name") or product.name,
        "standing": str(match.standing),
    }
    about = f"{match.product.lender} {match.product.name}"
    mapped = map_record(inputs.field_map, Scope.PRODUCT, record, about=about, local_id=match.product.id)
    if match.entry is None or not match.linked:
        shown = [
            msgspec.structs.replace(field, fate=Fate.NO_HOME, value=None, reason=match.reason)
            if field.fate is not Fate.REFUSED
            else field
            for field in mapped.fields
        ]
        read = {row.read for row in inputs.field_map.rows(Scope.PRODUCT)}
        return [*shown, *odd_lines(product, "Products", read, about=about, local_id=product.id)]
    values = {"Product.ProductFLEXId": match.entry.flex_id, "Product.Selected": _yes(match)}
    reasons = {
        "Product.ProductFLEXId": "looked up in FLEX's catalogue",
        "Product.Selected": "FLEX writes flags Y or N",
    }
    return [
        msgspec.structs.replace(
            field,
            fate=Fate.CONVERTED,
            value=values.get(field.target, field.value),
            reason=reasons.get(field.target, ""),
        )
        for field in mapped.fields
    ]


def _yes(match: ProductMatch) -> str:
    return "Y" if match.standing is ProductStanding.SELECTED else "N"
