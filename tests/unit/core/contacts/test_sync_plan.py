"""What a sync would do: each row in one cause, nothing that needs a person, no blank, nobody else's record."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contacts.match.match import match
from core.contacts.match.rule import MatchOptions as RuleTerms
from core.contacts.match.rule import Owners
from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.model import Contact, ContactKind, Verdict
from core.contacts.ports import Owner
from core.contacts.records import Answer, Judged
from core.contacts.review.answers import fingerprint
from core.contacts.review.reviewed import review
from core.contacts.sync.plan import Cause, PastPushes, SyncOptions, SyncPreview, ended_steps, plan_sync
from core.contacts.sync.share_plan import ShareChoices, ShareWay, plan_share
from core.push.plan import Entity, Operation, Plan, System, make_ref
from core.push.records import Declined, StepRecord, TrailEvent, declined
from core.push.states import StepState
from tests.support.people import but

OFFICERS = (
    Owner("O1", "dana@desk.example"),
    Owner("O2", "colin@desk.example"),
    Owner("O3", "eve@desk.example"),
)
USERS = (
    Owner("301", "dana@desk.example"),
    Owner("302", "colin@desk.example"),
    Owner("303", "jo@desk.example"),
    Owner("304", "al@desk.example"),
)
TIES = Owners({"301": "O1", "302": "O2", "303": "O3", "304": "O3"})
ANN = Contact(
    "S1",
    first_name="Ann",
    last_name="Lee",
    email="ann@x.example",
    owner="O1",
    kind=ContactKind.BORROWER,
    mobile_phone="415 555 0199",
)
BEA = Contact(
    "T1", first_name="Bea", last_name="Moss", email="bea@x.example", owner="301", mobile_phone="415 555 0142"
)


def seal(field: str, value: object) -> str:
    return f"{field} {value}"


def gathered(ours: list[Contact], theirs: list[Contact], *links: tuple[str, str]) -> MatchSnapshot:
    return MatchSnapshot(tuple(ours), tuple(theirs), OFFICERS, USERS, TIES, links, {})


def planned(
    ours: list[Contact],
    theirs: list[Contact],
    *links: tuple[str, str],
    writer: Any = "desk",
    past: PastPushes | None = None,
    answers: tuple[tuple[str, str, Answer], ...] = (),
    **more: Any,
) -> SyncPreview:
    read = gathered(ours, theirs, *links)
    matched = match(ours, theirs, RuleTerms(owners=TIES, standing=links))
    judged = [
        Judged(
            s,
            t,
            answer,
            fingerprint(seal, matched.simplenexus.get(s), matched.total_expert.get(t)),
            "m",
            1.0,
            n,
        )
        for n, (s, t, answer) in enumerate(answers)
    ]
    terms = SyncOptions("w", "brokerdesk", writer)
    return plan_sync(read, review(matched, judged, seal), past or PastPushes(), terms, seal, **more)


def test_what_only_simplenexus_has_becomes_a_contact_of_the_tied_user() -> None:
    (step,) = planned([ANN], []).plan.steps
    ref = make_ref("w", System.TOTAL_EXPERT, Entity.CONTACT, "S1")
    assert (step.system, step.entity, step.operation, step.ref) == (
        System.TOTAL_EXPERT,
        Entity.CONTACT,
        Operation.CREATE,
        ref,
    )
    assert step.body == {
        "source": "brokerdesk",
        "first_name": "Ann",
        "last_name": "Lee",
        "email": "ann@x.example",
        "phone_cell": "415 555 0199",
        "owner": {"id": "301"},
        "external_ids": [{"source": "brokerdesk", "external_id": ref}],
    }


def test_what_only_total_expert_has_becomes_a_prospect_of_the_tied_officer() -> None:
    (step,) = planned([], [BEA]).plan.steps
    ref = make_ref("w", System.SIMPLENEXUS, Entity.PROSPECT, "T1")
    assert (step.system, step.entity, step.parent) == (System.SIMPLENEXUS, Entity.PROSPECT, "O1")
    assert step.body == {
        "first_name": "Bea",
        "last_name": "Moss",
        "email": "bea@x.example",
        "cell_phone": "415 555 0142",
        "note": f"Imported from Total Expert by brokerdesk. {ref}",
    }


@pytest.mark.parametrize(
    ("held", "sent"),
    [("415.555.0142", "4155550142"), ("+1 (415) 555-0142 ext. 7", "4155550142"), ("call my wife", None)],
)
def test_a_phone_is_sent_as_the_system_takes_it_or_not_at_all(held: str, sent: str | None) -> None:
    (step,) = planned([], [but(BEA, mobile_phone=held)]).plan.steps
    assert step.body.get("cell_phone") == sent


@pytest.mark.parametrize(
    ("ours", "theirs", "cause"),
    [
        ([ANN], [but(BEA, email=ANN.email, first_name="Ann", last_name="Lee")], Cause.LINK),
        ([ANN], [but(BEA, email=ANN.email)], Cause.ASKED),
        ([but(ANN, one_way=True)], [], Cause.ONE_WAY),
        ([but(ANN, owner="O9")], [], Cause.NOT_TIED),
        ([but(ANN, owner="O3")], [], Cause.SEVERAL_USERS),
        ([but(ANN, last_name=" ")], [], Cause.NO_NAME),
        ([], [but(BEA, email="", mobile_phone="")], Cause.NO_ADDRESSEE),
        ([], [but(BEA, email="", mobile_phone="(ask her) 415 555 0142")], Cause.IMPORT),
        ([], [but(BEA, last_name="M" * 101)], Cause.LONG_NAME),
        ([], [but(BEA, last_name="M" * 31)], Cause.IMPORT),
        (
            [ANN],
            [but(BEA, first_name="Ann", last_name="Lee", email="", mobile_phone=ANN.mobile_phone)],
            Cause.ASKED,
        ),
    ],
)
def test_a_row_has_one_cause(ours: list[Contact], theirs: list[Contact], cause: Cause) -> None:
    preview = planned(ours, theirs)
    assert [entry.cause for entry in preview.entries] == [cause]
    assert len(preview.plan.steps) + len(preview.plan.links) == (cause in (Cause.LINK, Cause.IMPORT))


def test_what_will_keep_an_imported_one_from_an_account_is_said_before() -> None:
    (entry,) = planned([], [but(BEA, last_name="M" * 31, email="")]).entries
    assert [trouble.name for trouble in entry.later] == ["LONG_NAME", "NO_EMAIL"]


def test_where_the_vendor_writes_only_links_are_made() -> None:
    ours = [ANN, but(ANN, id="S2", email="bea@x.example", first_name="Bea", last_name="Moss")]
    preview = planned(ours, [BEA, but(BEA, id="T2", email="cy@x.example")], writer="vendor")
    assert preview.plan.steps == ()
    assert preview.plan.links == (("S2", "T1"),)
    # Bea's other record is likely hers, so that a person is asked
    assert preview.causes == {Cause.LINK: 1, Cause.VENDOR: 1, Cause.ASKED: 1}


def _ended(plan: Plan, state: StepState) -> PastPushes:
    return PastPushes(ended=ended_steps([_record(plan, state)]))


def _record(plan: Plan, state: StepState, at: float = 1.0) -> StepRecord:
    (step,) = plan.steps
    return StepRecord(
        "P1",
        0,
        step.ref,
        step.system,
        step.entity,
        step.operation,
        step.kind,
        step.local_id,
        state,
        sent={name: seal(name, value) for name, value in step.body.items()},
        trail=(TrailEvent(at, state),),
    )


@pytest.mark.parametrize("state", [StepState.REFUSED, StepState.SKIPPED])
def test_what_was_refused_or_set_aside_is_not_sent_again_until_it_changes(state: StepState) -> None:
    past = _ended(planned([ANN], []).plan, state)
    assert planned([ANN], [], past=past).causes == {Cause.REFUSED_BEFORE: 1}
    assert len(planned([but(ANN, email="new@x.example")], [], past=past).plan.steps) == 1
    assert len(planned([ANN], [], past=_ended(planned([ANN], []).plan, StepState.DONE)).plan.steps) == 1


def test_what_stayed_of_an_archived_step_counts_like_the_step() -> None:
    plan = planned([ANN], []).plan
    refused = _record(plan, StepState.REFUSED, 5.0)
    left = declined(refused)
    arrived = msgspec.structs.replace(declined(_record(plan, StepState.DONE, 9.0)), sent={})

    def causes(steps: list[StepRecord], archived: list[Declined]) -> dict[Cause, int]:
        return dict(planned([ANN], [], past=PastPushes(ended=ended_steps(steps, archived))).causes)

    before, sent = {Cause.REFUSED_BEFORE: 1}, {Cause.PUSH: 1}
    assert causes([], [left]) == before
    assert causes([], [arrived]) == sent
    assert causes([refused], [arrived]) == sent, "it is older than what arrived"
    assert causes([_record(plan, StepState.REFUSED, 12.0)], [arrived]) == before
    assert causes([_record(plan, StepState.DONE, 12.0)], [left]) == sent


def test_a_push_names_all_whom_total_expert_might_take_it_for() -> None:
    namesake = but(
        BEA, first_name=" ann", last_name="LEE ", email="other@x.example", owner="302", mobile_phone=""
    )
    plan = planned([ANN], [namesake, but(BEA, id="T2")]).plan
    assert [step.others for step in plan.steps if step.entity is Entity.CONTACT] == [("T1",)]


def test_the_case_of_a_namesake_is_no_difference_in_any_script() -> None:
    ours = but(ANN, first_name="Groß", last_name="Weiß")
    namesake = but(BEA, first_name="GROSS", last_name="WEISS", owner="302", mobile_phone="")
    plan = planned([ours], [namesake]).plan
    assert [step.others for step in plan.steps if step.entity is Entity.CONTACT] == [("T1",)]


@pytest.mark.parametrize(
    "emails", [("weiß@x.example", " WEISS@x.example"), ("WEISS@x.example ", "weiß@x.example")]
)
def test_a_contact_is_made_for_the_user_with_the_officers_email_but_for_case_in_any_script(
    emails: tuple[str, str],
) -> None:
    officers = (Owner("O1", emails[0]),)
    users = (Owner("300", "al@x.example"), Owner("301", emails[1]))
    ties = Owners({"300": "O1", "301": "O1"})
    read = MatchSnapshot((ANN,), (), officers, users, ties, (), {})
    reviewed = review(match([ANN], [], RuleTerms(owners=ties)), [], seal)
    (step,) = plan_sync(read, reviewed, PastPushes(), SyncOptions("w", "brokerdesk", "desk"), seal).plan.steps
    assert step.body["owner"] == {"id": "301"}


def test_only_what_is_wanted_is_planned() -> None:
    assert [step.entity for step in planned([ANN], [BEA], only=(Verdict.PUSH,)).plan.steps] == [
        Entity.CONTACT
    ]


_PEOPLE = st.lists(
    st.builds(
        Contact,
        st.uuids().map(str),
        first_name=st.sampled_from(["Ann", "Bea", "Cy", ""]),
        last_name=st.sampled_from(["Lee", "Moss", "X" * 120]),
        email=st.sampled_from(["", "a@x.example", "b@x.example", "c@x.example", "d@x.example"]),
        mobile_phone=st.sampled_from(["", "415 555 0142", "none"]),
        owner=st.sampled_from(["301", "302", "O1", "O2", "O9"]),
        kind=st.sampled_from([ContactKind.BORROWER, ContactKind.PROSPECT]),
        one_way=st.booleans(),
    ),
    max_size=8,
)


@given(_PEOPLE, _PEOPLE)
def test_every_record_is_in_one_cause_and_only_what_a_cause_says_is_planned(
    ours: list[Contact], theirs: list[Contact]
) -> None:
    preview = planned(ours, theirs)
    assert sorted(one for entry in preview.entries for one in entry.row.own_simplenexus_ids) == sorted(
        c.id for c in ours
    )
    assert sorted(one for entry in preview.entries for one in entry.row.own_total_expert_ids) == sorted(
        c.id for c in theirs
    )
    causes = Counter(entry.cause for entry in preview.entries)
    kinds = Counter(step.entity for step in preview.plan.steps)
    assert kinds == Counter({Entity.PROSPECT: causes[Cause.IMPORT], Entity.CONTACT: causes[Cause.PUSH]})
    assert len(preview.plan.links) == causes[Cause.LINK]
    assert len({step.ref for step in preview.plan.steps}) == len(preview.plan.steps)
    assert not any(value == "" for step in preview.plan.steps for value in step.body.values())


def test_the_fallback_makes_accounts_of_linked_prospects_that_can_have_one() -> None:
    prospect = but(ANN, kind=ContactKind.PROSPECT)
    long = but(prospect, id="S2", email="l@x.example", last_name="L" * 31)
    taken = [but(prospect, id="S3", email="b@x.example"), but(ANN, id="S4", email="B@x.example")]
    theirs = [but(BEA, id=f"T{n}") for n in range(1, 6)]
    links = (("S1", "T1"), ("S2", "T2"), ("S3", "T3"), ("S4", "T4"))
    preview = plan_share(
        gathered([prospect, long, *taken], theirs, *links),
        ["T1", "T2", "T3", "T4", "T5", "T9"],
        "w",
        ShareChoices(ShareWay.ACCOUNT),
    )
    (step,) = preview.plan.steps
    assert (step.entity, step.local_id, step.parent) == (Entity.BORROWER, "T1", "O1")
    assert step.body == {
        "first_name": "Ann",
        "last_name": "Lee",
        "email": "ann@x.example",
        "phone": "415 555 0199",
        "loan_officer_id": "O1",
    }
    assert [one.why for one in preview.left_out] == [
        "a name of more than 30 characters",
        "another account has this email",
        "is not a linked prospect of SimpleNexus",
        "is not a linked prospect of SimpleNexus",
        "is not in Total Expert",
    ]


def test_the_app_is_not_shared_for_a_loan_officer_who_left() -> None:
    prospect = but(ANN, kind=ContactKind.PROSPECT)
    read = gathered([prospect], [BEA], ("S1", "T1"))
    left = msgspec.structs.replace(read, ties=Owners(TIES.ties, frozenset({"O1"})))
    assert len(plan_share(read, ["T1"], "w").plan.steps) == 1
    preview = plan_share(left, ["T1"], "w")
    assert preview.plan.steps == ()
    assert [one.why for one in preview.left_out] == ["their loan officer is not active any more"]


def test_two_contacts_that_total_expert_takes_for_one_are_not_pushed_in_one_sync() -> None:
    first = but(ANN, mobile_phone="415 555 0142")
    second = but(first, id="S2", email="ann.lee@y.example", mobile_phone="(415) 555-0142")
    preview = planned([first, second, but(second, id="S3", email="a@z.example", first_name="Zoe")], [])
    assert [step.local_id for step in preview.plan.steps] == ["S1", "S3"]
    assert preview.causes == {Cause.PUSH: 2, Cause.WOULD_MERGE: 1}


def test_a_contact_without_a_way_to_reach_it_is_not_pushed() -> None:
    assert planned([but(ANN, email="", mobile_phone="")], []).causes == {Cause.NO_ADDRESSEE: 1}


def test_the_app_is_shared_with_one_of_two_people_of_one_email() -> None:
    prospects = [but(ANN, id=f"S{n}", kind=ContactKind.PROSPECT) for n in (1, 2)]
    theirs = [but(BEA, id="T1"), but(BEA, id="T2")]
    preview = plan_share(gathered(prospects, theirs, ("S1", "T1"), ("S2", "T2")), ["T1", "T2"], "w")
    assert [step.local_id for step in preview.plan.steps] == ["T1"]
    assert [person.total_expert_id for person in preview.left_out] == ["T2"]


def test_whose_prospect_was_replaced_by_an_account_is_not_imported_once_more() -> None:
    """The account is not in the match of the contact: somebody answered later about the two."""
    read = gathered([], [BEA])
    ref = make_ref("w", System.SIMPLENEXUS, Entity.PROSPECT, BEA.id)
    read = msgspec.structs.replace(read, refs={ref: "S7"}, taken_over={"S7": "S8"})
    reviewed = review(match([], [BEA], RuleTerms(owners=TIES)), [], seal)
    options = SyncOptions("w", "desk", "desk")
    preview = plan_sync(read, reviewed, PastPushes(), options, seal)
    assert (preview.causes, preview.plan.steps) == ({Cause.IMPORTED_BEFORE: 1}, ())
    other = msgspec.structs.replace(read, taken_over={"S6": "S8"})
    assert plan_sync(other, reviewed, PastPushes(), options, seal).causes == {Cause.IMPORT: 1}


def test_of_two_records_of_one_book_that_look_like_one_person_one_sync_sends_the_first() -> None:
    """The second is asked about in the next sync, when the first is linked."""
    ann = but(ANN, last_name="Quist", birth_date="1980-04-12", street="12 Pine St", postcode="94601")
    again = but(ann, id="S2", email="quist@y.example", mobile_phone="415 555 0177")
    preview = planned([ann, again], [])
    assert [step.local_id for step in preview.plan.steps] == ["S1"]
    assert preview.causes == {Cause.PUSH: 1, Cause.WOULD_DOUBLE: 1}


@pytest.mark.parametrize("links", [(("S1", "T1"),), ()])
def test_a_second_record_of_a_linked_person_is_sent_nowhere_before_and_after_the_answer(
    links: tuple[tuple[str, str], ...],
) -> None:
    """S1 and T1 are linked before, or by their equal email."""
    ann = but(ANN, last_name="Quist", birth_date="1980-04-12", street="12 Pine St", postcode="94601")
    hers = but(ann, id="T1", owner="301")
    ours = [ann, but(ann, id="S2", email="quist@y.example")]
    theirs = [hers, but(hers, id="T2", email="a.quist@z.example")]
    asked = planned(ours, theirs, *links)
    assert asked.plan.steps == ()
    assert asked.causes[Cause.ASKED] == 1
    same = tuple((s, t, Answer.SAME) for s, t in (("S1", "T2"), ("S2", "T1"), ("S2", "T2")))
    answered = planned(ours, theirs, *links, answers=same)
    assert answered.plan.steps == ()
    assert ("S1", "T2") not in answered.plan.links
    assert set(answered.causes) <= {Cause.STANDS, Cause.LINK, Cause.SECOND, Cause.DECIDED}
    apart = tuple((s, t, Answer.DIFFERENT) for s, t in (("S1", "T2"), ("S2", "T2")))
    assert [step.local_id for step in planned(ours, theirs, *links, answers=apart).plan.steps] == ["T2"]
