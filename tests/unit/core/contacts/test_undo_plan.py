"""Undoing a sync: which links are taken back, which old values are put back, and what stays for which reason."""

from __future__ import annotations

from typing import Any

import pytest

from core.contacts.match.rule import Owners
from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.model import Contact, ContactKind
from core.contacts.payloads import total_expert_fields
from core.contacts.records import Synced
from core.contacts.sync.undo_plan import (
    Before,
    OldValues,
    Stays,
    UndoInputs,
    UndoPreview,
    old_values,
    plan_undo,
)
from core.push.plan import Asset, Entity, Operation, Plan, Step, StepKind, System, make_ref
from core.push.records import Link, StepRecord, TrailEvent
from core.push.states import StepState
from tests.support.people import but

SN, TE = System.SIMPLENEXUS, System.TOTAL_EXPERT
OLD = Contact("T3", first_name="Cy", last_name="Moss", email="moss@y.example", city="Oakland")
CY = Contact("S2", first_name="Cy", last_name="Moss", email="cy@x.example")
SENT = {**total_expert_fields(CY), "owner": {"id": "301"}}
CHANGED = but(OLD, email="cy@x.example")
"""What the push made of `OLD` in error."""
REF = make_ref("w", TE, Entity.CONTACT, "S2")
KEPT = OldValues({REF: Before(SENT, {"T3": OLD})})
WHAT = "contact T3, changed in error"


PARTNER = Contact("S9", first_name="Jo", last_name="Hill", owner="O1", kind=ContactKind.PARTNER)


def with_partner(*partners: Contact) -> MatchSnapshot:
    return MatchSnapshot(partners, (CHANGED,), (), (), Owners({}), (), {})


def systems(*total_expert: Contact) -> MatchSnapshot:
    return MatchSnapshot((), total_expert, (), (), Owners({}), (), {})


def step(state: StepState, **more: Any) -> StepRecord:
    """Return the step that pushed `CY`, as the book has it."""
    given = {
        "push_id": "P1",
        "n": 0,
        "ref": REF,
        "system": TE,
        "entity": Entity.CONTACT,
        "operation": Operation.CREATE,
        "kind": StepKind.CREATE,
        "local_id": "S2",
        "state": state,
    }
    return StepRecord(**(given | more))


DIVERTED = step(
    StepState.SKIPPED,
    trail=(TrailEvent(1.0, "sent"), TrailEvent(2.0, "diverted"), TrailEvent(3.0, "left")),
    candidates=("T3",),
)


def link(system: System, entity: Entity, local: str, remote: str) -> Link:
    return Link(system, entity, local, remote, make_ref("w", system, entity, local), 1.0)


def undo(
    *steps: StepRecord,
    links: tuple[Link, ...] = (),
    linked: tuple[tuple[str, str], ...] = (),
    kept: OldValues | None = KEPT,
    now: MatchSnapshot | None = None,
) -> UndoPreview:
    """Plan the undoing of sync P1. `linked` is what it linked itself, `links` is what the book holds now."""
    synced = Synced("P1", linked, 1.0, kept is not None)
    held = {one.key: one for one in links}
    return plan_undo(UndoInputs(synced, steps, held, kept, now or systems(CHANGED)), "w")


# -- links ------------------------------------------------------------------------------------------------


def test_a_link_that_stands_as_the_sync_made_it_is_taken_back() -> None:
    linked = link(TE, Entity.CONTACT, "S1", "T1")
    pushed, imported = link(TE, Entity.CONTACT, "S2", "T2"), link(SN, Entity.PROSPECT, "T5", "S5")
    shown = undo(
        step(StepState.DONE, remote_id="T2"),
        step(StepState.DONE, n=1, system=SN, entity=Entity.PROSPECT, local_id="T5", remote_id="S5"),
        links=(linked, pushed, imported, link(TE, Entity.CONTACT, "S9", "T9")),
        linked=(("S1", "T1"),),
    )
    assert shown.unlinks == (linked, pushed, imported)
    assert shown.plan == Plan(Asset.UNDO, "undo-P1", "undo P1", (), about="P1")


def test_a_link_that_is_another_by_now_or_gone_stays_as_it_is() -> None:
    shown = undo(
        step(StepState.DONE, remote_id="T2"),
        links=(link(TE, Entity.CONTACT, "S2", "T8"), link(TE, Entity.CONTACT, "S1", "T7")),
        linked=(("S1", "T1"), ("S4", "T4")),
    )
    assert shown.unlinks == ()


@pytest.mark.parametrize("state", [state for state in StepState if state is not StepState.DONE])
def test_a_step_that_did_not_arrive_made_no_link_and_nothing_of_it_stays(state: StepState) -> None:
    shown = undo(step(state, remote_id="T2"), links=(link(TE, Entity.CONTACT, "S2", "T2"),))
    assert (shown.unlinks, shown.stays, shown.plan.steps) == ((), (), ())


def test_what_was_made_is_never_deleted_and_is_named_with_the_reason() -> None:
    shown = undo(
        step(StepState.DONE, remote_id="T2"),
        step(StepState.DONE, n=1, system=SN, entity=Entity.PROSPECT, local_id="T5", remote_id="S5"),
    )
    assert shown.stays == (
        Stays("contact T2", "T2", "brokerdesk never deletes a client's record; its link is removed"),
        Stays("prospect S5", "S5", "a prospect of SimpleNexus can't be removed; its link is removed"),
    )


# -- old values -------------------------------------------------------------------------------------------


def test_a_contact_that_was_changed_in_error_gets_its_old_values_back() -> None:
    shown = undo(DIVERTED)
    assert shown.stays == ()
    (planned,) = shown.plan.steps
    assert planned == Step(
        make_ref("w", TE, Entity.CONTACT, f"undo|{REF}|T3"),
        TE,
        Entity.CONTACT,
        Operation.WRITE_BACK,
        "T3",
        "Cy Moss",
        {"email": "moss@y.example"},
        remote_id="T3",
    )


def test_a_field_that_was_blank_is_made_blank_again_and_one_that_was_not_sent_is_left_alone() -> None:
    before = OldValues({REF: Before(SENT, {"T3": but(OLD, email="", city="Oakland")})})
    shown = undo(DIVERTED, kept=before, now=systems(but(CHANGED, city="Reno")))
    assert [planned.body for planned in shown.plan.steps] == [{"email": ""}]


def test_a_step_that_is_done_after_all_changed_nothing_in_error() -> None:
    done = step(StepState.DONE, remote_id="T3", trail=DIVERTED.trail, candidates=("T3",))
    shown = undo(done)
    assert shown.plan.steps == ()
    assert [stays.what for stays in shown.stays] == ["contact T3"]


def test_a_step_in_doubt_that_was_not_diverted_changed_nobody() -> None:
    doubtful = step(StepState.CONFLICT, trail=(TrailEvent(1.0, "conflict"),), candidates=("T3",))
    assert undo(doubtful) == undo()


def test_the_first_candidate_alone_was_changed() -> None:
    shown = undo(step(StepState.SKIPPED, trail=DIVERTED.trail, candidates=("T3", "T4")))
    assert [planned.remote_id for planned in shown.plan.steps] == ["T3"]
    assert shown.stays == ()


def test_a_diverted_step_without_a_candidate_changed_nobody_known() -> None:
    assert undo(step(StepState.SKIPPED, trail=DIVERTED.trail)) == undo()


@pytest.mark.parametrize(
    ("kept", "now", "why"),
    [
        (None, (CHANGED,), "its old value is no longer known here"),
        (OldValues({}), (CHANGED,), "its old value is no longer known here"),
        (OldValues({REF: Before(SENT, {"T4": OLD})}), (CHANGED,), "its old value is no longer known here"),
        (KEPT, (but(CHANGED, id="T4"),), "it is not there any more"),
        (KEPT, (OLD,), "it holds its old values already"),
        (KEPT, (but(OLD, city="Reno"),), "it holds its old values already"),
        (KEPT, (but(CHANGED, email="third@z.example"),), "somebody changed it since"),
    ],
    ids=[
        "window over",
        "no step",
        "another contact",
        "gone",
        "put back",
        "put back and moved",
        "changed since",
    ],
)
def test_old_values_stay_where_they_are_unknown_or_no_longer_what_the_push_left(
    kept: OldValues | None, now: tuple[Contact, ...], why: str
) -> None:
    shown = undo(DIVERTED, kept=kept, now=systems(*now))
    assert shown.stays == (Stays(WHAT, "T3", why),)
    assert shown.plan.steps == ()


def test_a_contact_that_held_all_that_was_sent_needs_nothing_put_back() -> None:
    same = OldValues({REF: Before(SENT, {"T3": but(OLD, email="cy@x.example")})})
    assert [stays.why for stays in undo(DIVERTED, kept=same).stays] == ["it holds its old values already"]


def test_a_change_of_a_field_that_is_not_put_back_stands_in_nobodys_way() -> None:
    renamed = undo(DIVERTED, now=systems(but(CHANGED, first_name="Cyrus", home_phone="415 555 0142")))
    assert [planned.body for planned in renamed.plan.steps] == [{"email": "moss@y.example"}]


# -- what is kept before ----------------------------------------------------------------------------------


def test_what_a_push_might_change_in_error_is_kept_before_the_push_and_nothing_else() -> None:
    def push(local: str, *others: str) -> Step:
        ref = make_ref("w", TE, Entity.CONTACT, local)
        return Step(ref, TE, Entity.CONTACT, Operation.CREATE, local, local, SENT, others=others)

    safe, risky = push("S1"), push("S2", "T3", "T9")
    plan = Plan(Asset.SYNC, "sync", "a sync", (safe, risky))
    assert old_values(plan, systems(OLD, but(OLD, id="T4"))) == KEPT
    assert old_values(Plan(Asset.SYNC, "sync", "a sync", (safe,)), systems(OLD)) is None


# -- partners ------------------------------------------------------------------------------------------

MADE = step(
    StepState.DONE,
    system=SN,
    entity=Entity.PARTNER,
    local_id="T9",
    remote_id="S9",
    ref=make_ref("w", SN, Entity.PARTNER, "T9"),
)


def test_a_partner_that_the_sync_made_is_switched_off_and_never_deleted() -> None:
    made = link(SN, Entity.PARTNER, "T9", "S9")
    preview = undo(MADE, links=(made,), now=with_partner(PARTNER))
    (off,) = preview.switched_off
    assert (off.entity, off.operation, off.kind, off.body) == (
        Entity.ACCESS,
        Operation.DISABLE,
        StepKind.SET,
        {"action": "DISABLE"},
    )
    assert (off.remote_id, off.parent, preview.put_back) == ("S9", "O1", ())
    assert preview.unlinks == (made,)
    assert [stays.why for stays in preview.stays] == [
        "brokerdesk never deletes a partner of SimpleNexus; its link is removed"
    ]


@pytest.mark.parametrize(
    ("partners", "links", "why"),
    [
        ((), (), "it is not there any more"),
        ((but(PARTNER, accepted_invite=True),), (), "it has accepted an invite and stays on"),
        ((PARTNER,), (link(SN, Entity.ACCESS, "S9", "S9"),), "it was switched off already"),
        ((but(PARTNER, kind=ContactKind.PROSPECT),), (), "it is not there any more"),
    ],
)
def test_a_partner_that_is_not_switched_off_is_named_with_the_reason(
    partners: tuple[Contact, ...], links: tuple[Link, ...], why: str
) -> None:
    preview = undo(MADE, links=links, now=with_partner(*partners))
    assert preview.switched_off == ()
    assert any(stays.why.startswith(why) and stays.remote_id == "S9" for stays in preview.stays)


def test_a_partner_that_was_not_made_is_not_switched_off() -> None:
    refused = step(StepState.REFUSED, system=SN, entity=Entity.PARTNER, local_id="T9", remote_id="S9")
    assert undo(refused, now=with_partner(PARTNER)).plan.steps == ()
