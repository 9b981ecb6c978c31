"""The plan of a card push: the steps, the references, the guards, the warnings, and that nothing is dropped."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from core.flex.field_map.fates import Fate
from core.flex.model import Applicant, Extra, FactFindMark, Person, Requirements
from core.flex.plans.preview import changes
from core.push.plan import Entity, Operation, System, id_of, link_key, make_ref, rename_ref
from tests.support.cards import (
    BAO,
    FULL,
    LINH,
    SELECTED,
    but,
    gather,
    line,
    link,
    preview,
    step,
    with_loan,
    with_person,
)

LINKED_LINH = but(LINH, flex_id="1-6D9UB")


# -- the steps ----------------------------------------------------------------------------------------------


def test_the_steps_are_people_opportunity_property_products_and_then_the_write_backs() -> None:
    steps = [(s.system.value, s.operation.value, s.entity.value, s.local_id) for s in preview().plan.steps]
    assert steps == [
        ("flex", "create", "person", "P-1"),
        ("flex", "create", "person", "P-2"),
        ("flex", "create", "opportunity", "C-1"),
        ("flex", "create", "property", "C-1"),
        ("flex", "link", "product-link", "C-1/PR-1"),
        ("flex", "link", "product-link", "C-1/PR-2"),
        ("brokerengine", "write-back", "person", "P-1"),
        ("brokerengine", "write-back", "person", "P-2"),
        ("brokerengine", "write-back", "opportunity", "C-1"),
    ]


def test_a_step_is_described_by_what_is_sent() -> None:
    assert step(preview(), Entity.OPPORTUNITY).summary == "Refinance, $640,000"
    assert (
        step(preview(), Entity.PROPERTY).summary == "Strata title or Unit, Security, Owner Occupied, $900,000"
    )
    odd = with_loan(loan_purpose="To the moon", loan_amount=Decimal("480000.5"))
    assert step(preview(odd), Entity.OPPORTUNITY).summary == "$480,000.50"
    bare = but(FULL, requirements=Requirements(), people=(Applicant("Guarantor", LINH),))
    assert step(preview(bare), Entity.OPPORTUNITY).summary == "1 applicant"


def test_a_product_is_named_as_flex_names_it() -> None:
    ours = but(SELECTED, lender=SELECTED.lender.upper())
    linked = step(preview(but(FULL, products=(ours,))), Entity.PRODUCT_LINK)
    assert linked.summary == f"{SELECTED.lender} {SELECTED.name}, SELECTED"


def test_a_step_comes_after_all_it_stands_on() -> None:
    seen: set[str] = set()
    for one in preview().plan.steps:
        assert set(one.needs) <= seen
        assert one.parent is None or one.parent in seen
        seen.add(one.ref)


def test_the_opportunity_waits_for_every_person_and_names_them_by_role() -> None:
    shown = preview(with_person(LINKED_LINH, BAO))
    opportunity = step(shown, Entity.OPPORTUNITY)
    bao = step(shown, Entity.PERSON, 1)
    assert opportunity.body["Applicants"] == [
        {"FLEXId": "1-6D9UB", "Role": "Primary Applicant"},
        {"FLEXId": id_of(bao.ref), "Role": "Co-Applicant"},
    ]
    assert opportunity.needs == (step(shown, Entity.PERSON).ref, bao.ref)
    assert opportunity.body["ProposedLoanAmount"] == 640000
    assert opportunity.body["LoanPurpose"] == "Refinance"
    assert opportunity.body["IntegrationId"] == opportunity.ref
    assert opportunity.body["ProductFilter"] == {
        "FixedInclude": "N",
        "StandardVariableInclude": "Y",
        "FilterRepaymentOption": "Principal & Interest",
    }


def test_what_hangs_from_the_opportunity_names_it() -> None:
    shown = preview()
    opportunity = step(shown, Entity.OPPORTUNITY)
    house = step(shown, Entity.PROPERTY)
    assert house.body == {
        "IntegrationId": house.ref,
        "Opportunity": {"FLEXId": id_of(opportunity.ref)},
        "Value": 900000,
        "PropertyType": "Strata title or Unit",
        "Usage": "Security",
        "Purpose": "Owner Occupied",
    }
    link_step = step(shown, Entity.PRODUCT_LINK)
    assert (link_step.remote_id, link_step.parent) == ("1-PROD1", opportunity.ref)
    assert link_step.body["IntegrationId"] == link_step.ref


def test_a_person_with_a_flex_id_is_updated_and_nothing_is_written_back_for_them() -> None:
    shown = preview(with_person(LINKED_LINH))
    person = step(shown, Entity.PERSON)
    assert (person.operation, person.remote_id) == (Operation.UPDATE, "1-6D9UB")
    assert "IntegrationId" not in person.body
    assert [s.entity for s in shown.plan.steps if s.operation is Operation.WRITE_BACK] == [Entity.OPPORTUNITY]


def test_a_person_without_one_is_created_under_a_reference_of_ours() -> None:
    person = step(preview(), Entity.PERSON)
    assert (person.operation, person.remote_id) == (Operation.CREATE, None)
    assert person.body["IntegrationId"] == person.ref
    assert person.identity == ("FirstName", "LastName")
    assert person.body["OtherAddress"][0]["AddressType"] == "Postal"


def test_a_person_only_the_book_knows_is_updated_and_brokerengine_gets_the_id() -> None:
    shown = preview(with_person(LINH), links=link(Entity.PERSON, "P-1", "1-BOOK1"))
    person = step(shown, Entity.PERSON)
    back = step(shown, Entity.PERSON, system=System.BROKERENGINE)
    assert (person.operation, person.remote_id) == (Operation.UPDATE, "1-BOOK1")
    assert (back.operation, back.remote_id, back.body) == (
        Operation.WRITE_BACK,
        "P-1",
        {"flex_id": id_of(person.ref)},
    )
    assert back.needs == (person.ref,)


def test_brokerengines_flex_id_wins_over_the_books_with_a_warning() -> None:
    shown = preview(with_person(LINKED_LINH), links=link(Entity.PERSON, "P-1", "1-BOOK1"))
    assert step(shown, Entity.PERSON).remote_id == "1-6D9UB"
    (said,) = [w for w in shown.warnings if "1-BOOK1" in w]
    assert "1-6D9UB" in said
    same = preview(with_person(LINKED_LINH), links=link(Entity.PERSON, "P-1", "1-6D9UB"))
    assert not [w for w in same.warnings if "the book says" in w]


def test_a_person_who_is_on_the_card_twice_goes_once_and_it_says_so() -> None:
    shown = preview(but(FULL, people=(Applicant("Primary Applicant", LINH), Applicant("Guarantor", LINH))))
    assert len([s for s in shown.plan.steps if s.entity is Entity.PERSON and s.system is System.FLEX]) == 1
    assert [a["Role"] for a in step(shown, Entity.OPPORTUNITY).body["Applicants"]] == ["Primary Applicant"]
    assert any("on it twice" in w and "Primary Applicant" in w for w in shown.warnings)


def test_a_source_that_cant_be_written_gets_no_write_back_and_a_warning() -> None:
    shown = preview(writable=False)
    assert not [s for s in shown.plan.steps if s.system is System.BROKERENGINE]
    assert any("can't be written to" in w for w in shown.warnings)
    assert not any("can't be written to" in w for w in preview().warnings)


def test_a_card_without_anything_of_a_property_makes_none() -> None:
    assert not [s for s in preview(but(FULL, property=None)).plan.steps if s.entity is Entity.PROPERTY]
    empty = but(FULL.property, valuation_amount=None, property_type=None, usage=None, purpose=" ")
    assert not [s for s in preview(but(FULL, property=empty)).plan.steps if s.entity is Entity.PROPERTY]


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in _leaves(inner)]
    if isinstance(value, (list, tuple)):
        return [leaf for inner in value for leaf in _leaves(inner)]
    return [value]


def test_blanks_are_never_sent() -> None:
    bare = with_person(Person("P-9", "Jo", "", "Bloggs", email="  "))
    shown = preview(but(bare, requirements=Requirements(objectives=" "), property=None))
    for one in shown.plan.steps:
        assert not [
            leaf for leaf in _leaves(one.body) if leaf is None or (isinstance(leaf, str) and not leaf.strip())
        ]
    assert set(step(shown, Entity.PERSON).body) == {"IntegrationId", "FirstName", "LastName"}
    assert set(step(shown, Entity.OPPORTUNITY).body) == {"IntegrationId", "Applicants"}


def test_the_payload_is_what_the_steps_send() -> None:
    shown = preview()
    flex = [s for s in shown.plan.steps if s.system is System.FLEX]
    assert shown.payload["Contacts"] == [s.body for s in flex if s.entity is Entity.PERSON]
    assert shown.payload["Opportunity"] == step(shown, Entity.OPPORTUNITY).body
    assert shown.payload["Property"] == step(shown, Entity.PROPERTY).body
    assert shown.payload["ProductLinks"][0] == {"Product": "1-PROD1", **step(shown, Entity.PRODUCT_LINK).body}
    assert [b["Record"] for b in shown.payload["WriteBack"]] == ["P-1", "P-2", "C-1"]


# -- the guards ---------------------------------------------------------------------------------------------


def test_a_plain_card_may_be_pushed() -> None:
    assert preview().pushable


@pytest.mark.parametrize(
    ("card", "links", "codes"),
    [
        (but(FULL, flex_id="1-OPPT1"), {}, ["already-linked"]),
        (FULL, link(Entity.OPPORTUNITY, "C-1", "1-OPPT1"), ["already-linked"]),
        (but(FULL, fact_find=FactFindMark("FF-1", "open", flex_integrated=True)), {}, ["use-fact-find"]),
        (but(FULL, fact_find=FactFindMark("FF-1", "completed", flex_integrated=False)), {}, []),
        (but(FULL, people=()), {}, ["no-people"]),
        (with_person(but(BAO, first_name=" ")), {}, ["name-missing"]),
        (with_person(but(BAO, first_name=None, last_name="")), {}, ["name-missing", "name-missing"]),
        (with_person(but(BAO, last_name="Tr\ud800n")), {}, ["name-missing"]),
    ],
)
def test_what_stands_against_a_push(card: Any, links: Any, codes: list[str]) -> None:
    shown = preview(card, links=links)
    assert [reason.code for reason in shown.reasons] == codes
    assert shown.pushable is not bool(codes)


def test_all_that_stands_against_a_push_is_listed_not_the_first_thing_only() -> None:
    mark = FactFindMark("FF-1", "completed", flex_integrated=True)
    nameless = with_person(but(LINH, last_name=None), but(BAO, first_name=None))
    shown = preview(but(nameless, fact_find=mark))
    assert [reason.code for reason in shown.reasons] == ["use-fact-find", "name-missing", "name-missing"]
    said = " ".join(reason.message for reason in shown.reasons)
    for word in ("Fact Find", "Linh", "Tran", "last name", "first name"):
        assert word in said


def test_a_linked_card_is_not_told_to_push_its_fact_find_instead() -> None:
    mark = FactFindMark("FF-1", "completed", flex_integrated=True)
    for shown in (
        preview(but(FULL, flex_id="1-OPPT1", fact_find=mark)),
        preview(but(FULL, fact_find=mark), links=link(Entity.OPPORTUNITY, "C-1", "1-OPPT1")),
    ):
        assert [reason.code for reason in shown.reasons] == ["already-linked"]


def test_the_cards_own_flex_id_wins_over_the_books_and_a_difference_is_a_warning() -> None:
    shown = preview(but(FULL, flex_id="1-OPPT1"), links=link(Entity.OPPORTUNITY, "C-1", "1-OPPT2"))
    assert shown.flex_id == "1-OPPT1"
    assert any("1-OPPT1" in w and "1-OPPT2" in w for w in shown.warnings)


# -- no home ------------------------------------------------------------------------------------------------


def test_what_the_tables_have_no_row_for_is_counted_and_kept_for_keying_by_hand() -> None:
    employer = Extra("Employment", "Employer", "Bay Health")
    card = but(with_person(but(LINH, other=(employer,))), property=FULL.property)
    shown = preview(card, extras=(Extra("Beyond the contract", "referrer", "A. Friend"),))
    found = {(f.section, f.source, f.source_value) for f in shown.fields if f.fate is Fate.NO_HOME}
    assert found == {
        ("Employment", "Employer", "Bay Health"),
        ("Board", "Stage", "AIP Issued"),
        ("Board", "Deal team", "m.hale"),
        ("Property", "Address", "1 Bay Rd, Manly"),
        ("Assets", "Savings", "20000"),
        ("Beyond the contract", "referrer", "A. Friend"),
    }
    assert shown.counts[Fate.NO_HOME] == 6
    assert {f.fate for f in shown.by_hand} == {Fate.NO_HOME}
    assert any(w.startswith("6 fields can't be sent to FLEX") for w in shown.warnings)
    assert b"Bay Health" not in msgspec.json.encode(shown.payload)


def test_the_counts_cover_every_line() -> None:
    shown = preview()
    assert sum(shown.counts.values()) == len(shown.fields)
    assert list(shown.counts) == list(Fate)


def test_a_role_is_sent_and_has_a_line() -> None:
    assert line(preview(), "Role", "P-2").value == "Co-Applicant"


# -- references and digest ----------------------------------------------------------------------------------


def test_refs_are_the_same_from_every_book_of_one_workspace() -> None:
    empty = preview()
    other = preview(links=link(Entity.PERSON, "P-1", "1-BOOK1"))
    assert [s.ref for s in empty.plan.steps] == [s.ref for s in other.plan.steps]
    # written down once: a change here would make second records of everything pushed before
    assert make_ref("test", System.FLEX, Entity.PERSON, "P-1") == step(empty, Entity.PERSON).ref


def test_a_ref_never_changes_from_one_release_to_the_next() -> None:
    assert make_ref("harbour-loans", System.FLEX, Entity.PERSON, "P-2001") == "BD-ZTUMCBPQIB4CJFDSOZUA"


def test_refs_differ_between_workspaces_systems_kinds_local_ids_and_generations() -> None:
    refs = {
        make_ref(workspace, system, entity, local_id, generation)
        for workspace in ("a", "b")
        for system in (System.FLEX, System.BROKERENGINE)
        for entity in (Entity.PERSON, Entity.OPPORTUNITY)
        for local_id in ("1", "2")
        for generation in (0, 1)
    }
    assert len(refs) == 32
    assert all(len(ref) == 23 and ref.startswith("BD-") for ref in refs)


def test_refs_do_not_run_together_where_texts_join() -> None:
    assert make_ref("a", System.FLEX, Entity.PERSON, "b1", 0) != make_ref(
        "a", System.FLEX, Entity.PERSON, "b", 10
    )


def test_every_step_of_a_plan_has_a_ref_of_its_own() -> None:
    refs = [s.ref for s in preview().plan.steps]
    assert len(set(refs)) == len(refs)


def test_a_person_has_one_ref_on_every_card() -> None:
    assert step(preview(), Entity.PERSON).ref == step(preview(but(FULL, id="C-2")), Entity.PERSON).ref


def test_a_new_generation_gives_a_new_ref_to_that_record_alone() -> None:
    before = preview()
    after = preview(generations={link_key(System.FLEX, Entity.PERSON, "P-1"): 1})
    changed = [a.local_id for a, b in zip(before.plan.steps, after.plan.steps, strict=True) if a.ref != b.ref]
    assert changed == ["P-1"]
    assert step(after, Entity.PERSON).body["IntegrationId"] == step(after, Entity.PERSON).ref


DIFFERENT = [
    FULL,
    with_loan(loan_amount=Decimal(640001)),
    with_loan(pre_approval=False),
    with_person(LINH),
    with_person(BAO, LINH),
    with_person(LINKED_LINH, BAO),
    but(FULL, title="Tran & Nguyen"),
    but(FULL, products=(SELECTED,)),
    but(FULL, property=None),
    but(FULL, id="C-2"),
]


def test_digests_are_equal_exactly_when_the_plans_are() -> None:
    plans = [preview(card).plan for card in (*DIFFERENT, *DIFFERENT)]
    plans += [preview(writable=False).plan, preview(workspace="other").plan]
    plans.append(preview(field_map=but(gather().field_map, version="2")).plan)
    for one in plans:
        for other in plans:
            assert (one.digest == other.digest) is (one == other)


def test_a_digest_is_eight_hex_digits() -> None:
    assert re.fullmatch("[0-9a-f]{8}", preview().plan.digest)


def test_a_digest_does_not_depend_on_the_order_in_which_a_body_was_filled() -> None:
    plan = preview().plan
    turned = tuple(but(s, body=dict(reversed(s.body.items()))) for s in plan.steps)
    assert but(plan, steps=turned).digest == plan.digest


def test_what_has_no_home_does_not_change_the_digest() -> None:
    assert preview(but(FULL, stage="Formal Approval")).plan.digest == preview().plan.digest


def test_a_plan_survives_the_way_to_disk() -> None:
    plan = preview().plan
    back = msgspec.json.decode(msgspec.json.encode(plan), type=type(plan))
    assert (back, back.digest) == (plan, plan.digest)


def test_a_renamed_ref_is_renamed_wherever_it_stands() -> None:
    plan = preview().plan
    old = plan.steps[0].ref
    renamed = rename_ref(plan, old, "BD-NEW")
    assert old.encode() not in msgspec.json.encode(renamed)
    assert renamed.steps[2].needs[0] == "BD-NEW"
    assert renamed.steps[2].body["Applicants"][0]["FLEXId"] == id_of("BD-NEW")
    assert renamed.steps[0].body["IntegrationId"] == "BD-NEW"


# -- changed since ------------------------------------------------------------------------------------------


def test_nothing_changed_says_nothing() -> None:
    assert changes(preview(), preview()) == []


def test_a_changed_field_is_named_with_both_values() -> None:
    new = but(
        FULL, people=(Applicant("Primary Applicant", but(LINH, email="new@example.com")), FULL.people[1])
    )
    (change,) = changes(preview(), preview(new))
    assert change.name == "Email Address, Linh Nguyen"
    assert change.before is not None
    assert change.after is not None
    assert (change.before.value, change.after.value) == ("linh@example.com", "new@example.com")


def test_a_person_who_left_and_one_who_came_are_changes() -> None:
    gone = changes(preview(), preview(with_person(LINH)))
    assert gone
    assert {change.after for change in gone} == {None}
    came = changes(preview(with_person(LINH)), preview())
    assert {change.before for change in came} == {None}


def test_the_same_value_with_another_fate_is_a_change() -> None:
    no_product = but(FULL, products=())
    too_much = with_loan(loan_amount=Decimal(1))
    (change,) = [c for c in changes(preview(no_product), preview(too_much)) if c.name == "Split Loan"]
    assert change.before is not None
    assert change.after is not None
    assert (change.before.fate, change.after.fate) == (Fate.NO_HOME, Fate.REFUSED)


def test_two_things_of_one_name_without_a_home_are_two_things() -> None:
    one, two = Extra("Assets", "Car", "Ute"), Extra("Assets", "Car", "Van")
    old, new = preview(but(FULL, other=(one, two))), preview(but(FULL, other=(one, but(two, value="Bus"))))
    (change,) = changes(old, new)
    assert change.after is not None
    assert change.after.source_value == "Bus"
