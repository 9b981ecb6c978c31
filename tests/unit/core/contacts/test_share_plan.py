"""Sharing the app as a plan: who gets the link, by which channels, with which partner, and who does not and why."""

from __future__ import annotations

import msgspec
import pytest

from core.contacts.match.rule import Owners
from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.model import Contact, ContactKind
from core.contacts.ports import Owner
from core.contacts.records import AppShared, AppShareState
from core.contacts.sync.share_plan import (
    TEXTS_AGREED,
    Channel,
    ShareChoices,
    SharePreview,
    ShareWay,
    choices_of,
    partners_of,
    plan_share,
)
from core.push.plan import Entity, Operation, StepKind
from tests.support.people import but

BEA = Contact(
    "S1",
    first_name="Bea",
    last_name="Moss",
    email="bea@x.example",
    mobile_phone="+1 (415) 555-0142",
    owner="O1",
    kind=ContactKind.PROSPECT,
)
AGENT = Contact("A1", first_name="Al", last_name="Roy", owner="O1", kind=ContactKind.PARTNER)
BOTH = ShareChoices(channels=(Channel.EMAIL, Channel.SMS), texts_agreed=True)
TEXT = ShareChoices(channels=(Channel.SMS,), texts_agreed=True)


def read(*ours: Contact) -> MatchSnapshot:
    """Give prospects that are linked, each with the contact of its number, and partners as they are."""
    links = tuple((one.id, f"T{one.id[1:]}") for one in ours if one.kind is ContactKind.PROSPECT)
    theirs = tuple(Contact(theirs, first_name="Bea") for _, theirs in links)
    return MatchSnapshot(ours, theirs, (), (), Owners({}), links, {})


def shared(choices: ShareChoices, *ours: Contact, before: tuple[AppShared, ...] = ()) -> SharePreview:
    whom = [f"T{one.id[1:]}" for one in ours if one.kind is ContactKind.PROSPECT]
    return plan_share(read(*ours), whom, "w", choices, before)


def share(state: AppShareState, at: float = 1_795_000_000.0, local_id: str = "T1") -> AppShared:
    return AppShared(local_id, "T1", "P1", at, ("email",), state=state)


@pytest.mark.parametrize(
    ("choices", "body", "words", "overrides"),
    [
        (ShareChoices(), {"email": "bea@x.example"}, "Bea Moss: by email", ()),
        (TEXT, {"phone": "4155550142"}, "Bea Moss: by text message", (TEXTS_AGREED,)),
        (
            BOTH,
            {"email": "bea@x.example", "phone": "4155550142"},
            "Bea Moss: by email and by text message",
            (TEXTS_AGREED,),
        ),
    ],
)
def test_the_link_goes_by_the_chosen_channels(
    choices: ShareChoices, body: dict[str, str], words: str, overrides: tuple[str, ...]
) -> None:
    plan = shared(choices, BEA).plan
    (step,) = plan.steps
    assert (step.entity, step.operation, step.kind) == (Entity.APP_SHARE, Operation.SHARE, StepKind.APPEND)
    assert (step.parent, step.local_id, step.summary) == ("O1", "T1", words)
    assert step.body == {**body, "destination_name": "Bea Moss"}
    assert plan.overrides == overrides
    assert shared(choices_of(plan), BEA).plan == plan, "the choices of a plan lead to that plan"


@pytest.mark.parametrize(
    ("choices", "person", "why"),
    [
        (ShareChoices(), but(BEA, email=""), "has no email"),
        (ShareChoices(), but(BEA, email="none@none.com"), "has no email"),
        (
            ShareChoices(),
            but(BEA, email=f"{'b' * 250}@x.example"),
            "has an email of more than 255 characters",
        ),
        (TEXT, but(BEA, mobile_phone="555-0142"), "has no phone of 10 digits"),
        (TEXT, but(BEA, mobile_phone="000 000 0000"), "has no phone of 10 digits"),
        (
            ShareChoices(channels=(Channel.SMS,)),
            BEA,
            "nobody confirmed that the contact agreed to text messages",
        ),
        (BOTH, but(BEA, email="", mobile_phone=""), "has no email; has no phone of 10 digits"),
        (ShareChoices(channels=()), BEA, "no channel is chosen"),
        (ShareChoices(partner="A9"), BEA, "A9 is not a partner of SimpleNexus"),
        (ShareChoices(partner="A1"), but(BEA, owner="O2"), "Al Roy is not a partner of their loan officer"),
        (ShareChoices(partner="S1"), BEA, "S1 is not a partner of SimpleNexus"),
    ],
)
def test_who_gets_no_link_is_named_with_the_reason(choices: ShareChoices, person: Contact, why: str) -> None:
    preview = shared(choices, person, AGENT)
    assert preview.plan.steps == ()
    assert [one.why for one in preview.left_out] == [why]


def test_one_channel_that_can_be_used_is_enough() -> None:
    (step,) = shared(BOTH, but(BEA, mobile_phone="")).plan.steps
    assert step.summary == "Bea Moss: by email"
    assert "phone" not in step.body


def test_a_link_can_be_co_branded_with_a_partner_of_the_loan_officer() -> None:
    preview = shared(ShareChoices(partner="A1"), BEA, AGENT)
    assert preview.plan.steps[0].body["partner_id"] == "A1"
    assert "Each link is co-branded with the partner Al Roy." in preview.warnings
    gathered = read(BEA, AGENT, but(AGENT, id="A2", owner="O2"))
    assert [one.id for one in partners_of(gathered, ["T1"])] == ["A1"]


def test_nobody_with_an_account_of_that_email_gets_the_link() -> None:
    account = but(BEA, id="S8", kind=ContactKind.BORROWER, email="BEA@x.example")
    (left,) = shared(ShareChoices(), BEA, account).left_out
    assert left.why == "an account or another of these people has this email"
    two = shared(ShareChoices(), BEA, but(BEA, id="S2", first_name="Bo"))
    assert ([step.local_id for step in two.plan.steps], [one.total_expert_id for one in two.left_out]) == (
        ["T1"],
        ["T2"],
    )


@pytest.mark.parametrize("state", [AppShareState.SHARED, AppShareState.IN_DOUBT])
def test_a_further_link_is_a_decision_of_its_own_under_a_reference_of_its_own(state: AppShareState) -> None:
    first = shared(ShareChoices(), BEA).plan.steps[0]
    (left,) = shared(ShareChoices(), BEA, before=(share(state),)).left_out
    assert "shared on 18 Nov 2026" in left.why
    (step,) = shared(ShareChoices(again=True), BEA, before=(share(state),)).plan.steps
    assert (step.local_id, step.ref != first.ref) == ("T1@1", True)


def test_a_link_on_its_way_is_not_sent_once_more_and_a_refused_one_is_sent_as_if_new() -> None:
    on_its_way = share(AppShareState.ON_ITS_WAY)
    (left,) = shared(ShareChoices(again=True), BEA, before=(on_its_way,)).left_out
    assert left.why == "a share of 18 Nov 2026 is not settled: see Activity"
    (step,) = shared(ShareChoices(), BEA, before=(share(AppShareState.NOT_SHARED),)).plan.steps
    assert step.local_id == "T1"


@pytest.mark.parametrize("way", ShareWay)
def test_nothing_is_sent_in_the_name_of_a_loan_officer_who_left(way: ShareWay) -> None:
    gathered = msgspec.structs.replace(read(BEA), officers=(Owner("O1", "dana@desk.example", active=False),))
    (left,) = plan_share(gathered, ["T1"], "w", ShareChoices(way)).left_out
    assert left.why == "their loan officer is not active any more"


def test_the_fallback_is_named_and_needs_no_channel() -> None:
    preview = shared(ShareChoices(ShareWay.ACCOUNT, ()), BEA, before=(share(AppShareState.SHARED),))
    (step,) = preview.plan.steps
    assert (step.entity, step.operation) == (Entity.BORROWER, Operation.CREATE)
    assert [warning.partition(":")[0] for warning in preview.warnings] == ["FALLBACK"]
    assert preview.plan.title == "make the account of 1"
    assert shared(choices_of(preview.plan), BEA).plan == preview.plan
