"""Agents: how they are recognised, what each side gets of them, what has no home, and who is invited."""

from __future__ import annotations

from typing import Any

import pytest

from core.compare.agreement import AgreementLevel
from core.contacts.consent import person_consent
from core.contacts.linkage.explain import evidence_words
from core.contacts.match.differing import differing_fields
from core.contacts.match.match import match
from core.contacts.match.roles import AgentRule, agent_by, with_role
from core.contacts.match.rule import MatchOptions, OtherOwner, SameEmail
from core.contacts.match.vendor_rules import Accounts, ForecastProblem
from core.contacts.model import Consent, Contact, ContactKind, Reason, RelatedEntity, Role, Verdict
from core.contacts.payloads import NewContactOptions, new_contact, new_partner
from core.contacts.records import Answer
from core.contacts.review.consequences import consequence
from core.contacts.review.reviewed import review
from core.contacts.review.side_by_side import side_by_side
from core.contacts.sync.contacting import Contacting
from core.contacts.sync.invite_plan import SENDS_MAIL, InvitePreview, PastInvites, plan_invite
from core.contacts.sync.no_home import counted_fields, no_home_fields
from core.contacts.sync.plan import Cause, PastPushes, SyncOptions, SyncPreview, plan_sync
from core.contacts.sync.share_plan import person_of, plan_share, shareable
from core.local_forms import Country, words_of
from core.push.plan import Entity, StepKind, System
from tests.support.people import but
from tests.unit.core.contacts.test_sync_plan import TIES, gathered, seal
from tests.unit.core.contacts.test_sync_plan import planned as planned_with_answers

SN, TE = System.SIMPLENEXUS, System.TOTAL_EXPERT
RULE = AgentRule("Realtors", ("Builders",), ("buyer_agent",), title_field="job")
AGENT = Contact(
    "T1",
    first_name="Jo",
    last_name="Hill",
    email="jo@hill.example",
    mobile_phone="415 555 0142",
    street="1 Hill Rd",
    city="Reno",
    state="nv",
    postcode="89501",
    owner="301",
    agent_by="group Realtors",
)
PARTNER = but(
    AGENT,
    id="S1",
    owner="O1",
    kind=ContactKind.PARTNER,
    agent_by="",
    professional_title="Realtor",
    state="NV",
)


# -- recognised ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "sign"),
    [
        ({}, ""),
        ({"title": "Realtor"}, ""),
        ({"groups": ("Clients", " REALTORS ")}, "group  REALTORS "),
        ({"groups": ("Builders",)}, "group Builders"),
        ({"groups": ("Realtors of the past",)}, ""),
        ({"license_number": "DRE 01234567"}, "license number"),
        *(({"license_number": filler}, "") for filler in ("n/a", "000-000", " ", "none")),
        ({"employer_license": "7"}, "employer's license number"),
        ({"related": (RelatedEntity("Buyer_Agent"),)}, "relation Buyer_Agent"),
        ({"related": (RelatedEntity("household", name="Realtors"),)}, ""),
    ],
)
def test_an_agent_is_recognised_by_the_signs_that_the_profile_names(
    fields: dict[str, Any], sign: str
) -> None:
    contact = Contact("T1", **fields)
    assert agent_by(contact, RULE) == sign
    assert with_role(contact, RULE).role is (Role.AGENT if sign else Role.UNKNOWN)


def test_a_sign_that_is_switched_off_or_not_named_is_none() -> None:
    licensed = Contact("T1", license_number="12", employer_license="34", groups=("",))
    assert agent_by(licensed, AgentRule(license=False)) == "employer's license number"
    assert agent_by(licensed, AgentRule(license=False, employer_license=False)) == ""


def test_the_professional_title_comes_from_the_custom_field_that_the_profile_names() -> None:
    contact = Contact("T1", title="Dr", more=(("custom.job", "Broker"), ("custom.other", "Realtor")))
    assert with_role(contact, RULE).professional_title == "Broker"
    assert with_role(contact, AgentRule()) is contact


# -- matched -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("same_email", SameEmail)
@pytest.mark.parametrize("kind", [ContactKind.BORROWER, ContactKind.PROSPECT])
def test_a_borrower_and_an_agent_of_one_email_are_asked_about(
    kind: ContactKind, same_email: SameEmail
) -> None:
    (row,) = match([but(PARTNER, kind=kind)], [AGENT], MatchOptions(same_email, TIES)).rows
    assert (row.verdict, row.reason) == (Verdict.HOLD, Reason.OTHER_ROLE)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (PARTNER, AGENT),
        (PARTNER, but(AGENT, agent_by="")),
        (but(PARTNER, kind=ContactKind.BORROWER), but(AGENT, agent_by="")),
    ],
)
def test_a_role_that_nobody_contradicts_is_no_question(ours: Contact, theirs: Contact) -> None:
    (row,) = match([ours], [theirs], MatchOptions(owners=TIES)).rows
    assert row.verdict is Verdict.LINK


def test_the_role_is_a_line_of_evidence_that_weighs_nothing_and_stands_side_by_side() -> None:
    borrower = but(PARTNER, kind=ContactKind.BORROWER)
    reviewed = review(match([borrower], [AGENT], MatchOptions(owners=TIES)), [], seal)
    (item,) = reviewed.queue
    assert item.comparison is not None
    (line,) = [line for line in item.comparison.evidence if line.field == "role"]
    assert (line.level, line.bits) == (AgreementLevel.DIFFERENT, 0.0)
    assert evidence_words(line, words_of(Country.AU)) == "one is an agent, the other a borrower"
    said = consequence(reviewed, item, item.first, Answer.SAME)
    assert said == "linked, and stays a borrower in SimpleNexus and an agent in Total Expert"
    apart = consequence(reviewed, item, item.first, Answer.DIFFERENT)
    assert "imported as an agent (a partner)" in apart
    rows = {
        row.label: (row.left, row.sign, row.right)
        for row in side_by_side(borrower, AGENT, lambda _: "", Country.AU)
    }
    assert rows["role"] == ("borrower", "≠", "agent, by group Realtors")
    both = {
        row.label: row
        for row in side_by_side(PARTNER, but(AGENT, license_number="7"), lambda _: "", Country.AU)
    }
    assert (both["role"].left, both["role"].sign) == ("agent", "=")
    assert (both["license"].left, both["license"].right, both["profession"].left) == ("", "7", "Realtor")
    plain = side_by_side(borrower, but(AGENT, agent_by=""), lambda _: "", Country.AU)
    assert "role" not in [row.label for row in plain]


def test_a_linked_pair_of_two_roles_is_listed_as_differing() -> None:
    prospect = but(PARTNER, kind=ContactKind.PROSPECT)
    assert [(field.field, field.left, field.right) for field in differing_fields(prospect, AGENT)] == [
        ("role", "borrower", "agent")
    ]
    assert differing_fields(PARTNER, AGENT) == ()


# -- sent ----------------------------------------------------------------------------------------------


def planned(
    ours: list[Contact],
    theirs: list[Contact],
    rule: AgentRule = RULE,
    writer: Any = "desk",
    other_owner: OtherOwner = OtherOwner.HOLD,
) -> SyncPreview:
    matched = match(ours, theirs, MatchOptions(owners=TIES, other_owner=other_owner))
    options = SyncOptions("w", "brokerdesk", writer, agents=rule)
    return plan_sync(gathered(ours, theirs), review(matched, [], seal), PastPushes(), options, seal)


def test_an_agent_of_total_expert_becomes_a_partner_and_never_a_prospect() -> None:
    preview = planned([], [but(AGENT, title="Dr", license_number="7", professional_title="Broker")])
    (step,) = preview.plan.steps
    assert (step.system, step.entity, step.parent, preview.causes) == (
        SN,
        Entity.PARTNER,
        "O1",
        {Cause.IMPORT_AGENT: 1},
    )
    assert step.body == {
        "first_name": "Jo",
        "last_name": "Hill",
        "email": "jo@hill.example",
        "mobile_phone": "415 555 0142",
        "type": "AGENT",
        "professional_title": "Broker",
        "address": {"street1": "1 Hill Rd", "city": "Reno", "state": "NV", "zip": "89501"},
    }
    assert {(field.entity, field.field) for field in preview.no_home} == {
        (Entity.PARTNER, "title (honorific)"),
        (Entity.PARTNER, "license number"),
    }


def test_a_partner_becomes_a_contact_in_the_group_of_agents_with_the_title_in_its_custom_field() -> None:
    preview = planned([PARTNER], [])
    (step,) = preview.plan.steps
    assert preview.causes == {Cause.PUSH_AGENT: 1}
    assert step.body["contact_groups"] == [{"group_name": "Realtors"}]
    assert step.body["custom"] == [{"field_name": "job", "value": "Realtor"}]
    assert "title" not in step.body
    assert preview.no_home == ()


def test_without_a_custom_field_the_professional_title_has_no_home_and_without_a_group_nothing_is_pushed() -> (
    None
):
    preview = planned([PARTNER], [], AgentRule("Realtors"))
    assert [field.field for field in preview.no_home] == ["professional title"]
    assert "custom" not in preview.plan.steps[0].body
    without = planned([PARTNER], [], AgentRule())
    assert (without.plan.steps, without.causes, without.no_home) == ((), {Cause.NO_AGENT_GROUP: 1}, ())
    assert "title" not in new_contact(PARTNER, "301", NewContactOptions("us"), "BD-X")


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"email": ""}, Cause.NO_EMAIL),
        *(({"email": filler}, Cause.NO_EMAIL) for filler in ("none", "n/a@n/a", "noemail@example.com")),
        ({"first_name": " "}, Cause.NO_NAME),
        ({"last_name": "H" * 31}, Cause.LONG_NAME),
        ({"email": f"{'j' * 250}@hill.example"}, Cause.LONG_NAME),
        ({"owner": "999"}, Cause.NOT_TIED),
    ],
)
def test_what_a_partner_lacks_is_said_before(changes: dict[str, Any], cause: Cause) -> None:
    assert planned([], [but(AGENT, **changes)]).causes == {cause: 1}


def test_a_second_partner_of_one_officer_and_email_is_refused_before_it_is_sent() -> None:
    accounts = Accounts(
        [but(PARTNER, email="JO@hill.example"), but(AGENT, id="S5", owner="O2", kind=ContactKind.BORROWER)]
    )
    assert accounts.partner(AGENT, "O1").troubles == (ForecastProblem.SAME_PARTNER,)
    assert accounts.partner(AGENT, "O2").troubles == (), "an account is no partner"
    accounts.add_partner(AGENT, "O2")
    assert accounts.partner(but(AGENT, id="T2"), "O2").troubles == (ForecastProblem.SAME_PARTNER,)


def test_two_agents_of_one_officer_and_email_who_were_told_apart_become_one_partner() -> None:
    both = [AGENT, but(AGENT, id="T2", first_name="Jay")]
    apart = tuple(("", agent.id, Answer.DIFFERENT) for agent in both)
    preview = planned_with_answers([], both, answers=apart)
    assert preview.causes == {Cause.IMPORT_AGENT: 1, Cause.OTHER_PARTNER: 1}


def test_an_agent_of_two_officers_is_asked_about_and_becomes_a_partner_of_each_if_they_are_separate() -> None:
    first, second = but(AGENT, owner="301"), but(AGENT, id="T2", owner="302")
    assert planned([], [first, second]).causes == {Cause.ASKED: 1}
    preview = planned([], [first, second], other_owner=OtherOwner.SEPARATE)
    assert preview.causes == {Cause.IMPORT_AGENT: 2}
    assert [step.parent for step in preview.plan.steps] == ["O1", "O2"]


def test_a_value_that_simplenexus_refuses_is_left_out_alone() -> None:
    agent = but(AGENT, state="Nevada", postcode="895", professional_title="R" * 81, street="x" * 256)
    assert new_partner(agent)["address"] == {"city": "Reno"}
    assert "professional_title" not in new_partner(agent)
    left = {field.field: field.why for field in no_home_fields(agent, SN, Entity.PARTNER)}
    assert set(left) == {"street", "state", "postcode", "professional title"}
    assert "two letters" in left["state"]


def test_a_field_that_holds_an_odd_value_is_named_without_it() -> None:
    odd = but(AGENT, odd=(("phone_cell", "it holds half a character"),))
    left = {(field.field, field.value, field.why) for field in no_home_fields(odd, SN, Entity.PARTNER)}
    assert ("phone cell", "(can't be read)", "it holds half a character") in left


def test_every_field_without_a_home_is_named_with_its_value() -> None:
    full = but(
        AGENT,
        agent_by="",
        middle_name="M",
        suffix="Jr",
        birth_date="--04-12",
        home_phone="415 555 0143",
        country="US",
        groups=("Clients", "All"),
        related=(RelatedEntity("household", "9", "The Hills"),),
        assignee="302",
        shared_with=("303",),
        employer="Hill Homes",
        more=(("fax", "1"), ("custom.job", "Broker"), ("custom.pet", "Rex")),
        professional_title="Broker",
    )
    left = {field.field: field.value for field in no_home_fields(full, SN, Entity.PROSPECT, "job")}
    assert left == {
        "middle name": "M",
        "suffix": "Jr",
        "birth date": "--04-12",
        "street": "1 Hill Rd",
        "city": "Reno",
        "state": "nv",
        "postcode": "89501",
        "country": "US",
        "employer": "Hill Homes",
        "home phone": "415 555 0143",
        "groups": "Clients, All",
        "related entities": "The Hills",
        "assignee": "302",
        "shared with": "303",
        "professional title": "Broker",
        "fax": "1",
        "custom.pet": "Rex",
    }
    partner = [field.field for field in no_home_fields(full, SN, Entity.PARTNER, "job")]
    assert "professional title" not in partner
    assert not {"street", "city", "postcode"} & set(partner)
    assert [field.field for field in no_home_fields(but(full, groups=(), more=()), TE, Entity.CONTACT)][
        :2
    ] == [
        "middle name",
        "country",
    ]
    counted = counted_fields(
        [*no_home_fields(full, SN, Entity.PROSPECT), *no_home_fields(full, SN, Entity.PROSPECT)]
    )
    assert ("prospect in SimpleNexus", "employer", "SimpleNexus has no place for it", 2) in counted


def test_a_phone_that_is_sent_in_another_form_is_not_among_those_left() -> None:
    dotted = but(AGENT, mobile_phone="", work_phone="415.555.0142", home_phone="n/a")
    assert new_partner(dotted)["mobile_phone"] == "4155550142"
    assert [field.field for field in no_home_fields(dotted, SN, Entity.PARTNER)] == ["home phone"]


# -- shared or invited ---------------------------------------------------------------------------------


def invite(
    partner: Contact = PARTNER, contact: Contact = AGENT, chosen: str = "T1", **more: Any
) -> InvitePreview:
    read = gathered([partner], [contact], ("S1", "T1"))
    wishes = Contacting({contact.id: person_consent([contact])})
    return plan_invite(read, [chosen], "w", more.get("past", PastInvites()), wishes)


NO_EMAIL = "must not be reached by email:"


def test_an_agent_gets_an_invite_and_never_the_app() -> None:
    (step,) = invite().plan.steps
    assert (step.entity, step.kind, step.body, step.remote_id, step.parent) == (
        Entity.INVITE,
        StepKind.APPEND,
        {"action": "SEND_INVITE"},
        "S1",
        "O1",
    )
    prospect = but(PARTNER, kind=ContactKind.PROSPECT)
    read = gathered([prospect], [AGENT], ("S1", "T1"))
    assert shareable(read) == []
    (left,) = plan_share(read, ["T1"], "w").left_out
    assert "an agent is invited" in left.why
    assert shareable(gathered([prospect], [but(AGENT, agent_by="")], ("S1", "T1"))) == [("T1", prospect)]


@pytest.mark.parametrize(
    ("preview", "why"),
    [
        (invite(chosen="T9"), "is not in Total Expert"),
        (invite(but(PARTNER, kind=ContactKind.BORROWER)), "is not a linked partner of SimpleNexus"),
        (invite(but(PARTNER, accepted_invite=True)), "has accepted an invite already"),
        (
            invite(past=PastInvites(switched_off=frozenset({"S1"}))),
            "was switched off by an undo in brokerdesk: switch the agent on and send the invite in SimpleNexus",
        ),
        (
            invite(contact=but(AGENT, consent=Consent(silenced=True))),
            f"{NO_EMAIL} silenced (contact T1)",
        ),
        (
            invite(contact=but(AGENT, consent=Consent(email=False))),
            f"{NO_EMAIL} no email (contact T1)",
        ),
    ],
)
def test_who_can_not_be_invited_is_said(preview: InvitePreview, why: str) -> None:
    assert preview.plan.steps == ()
    assert [left.why for left in preview.left_out] == [why]


def test_a_second_invite_is_one_of_its_own_and_says_when_the_first_was_sent() -> None:
    first, second = invite(), invite(past=PastInvites({"S1": [1.0, 7.0]}, frozenset({"T1", "T1@1"})))
    assert second.plan.steps[0].local_id == "T1@2"
    assert second.again == (("Jo Hill", "1 Jan 1970"),)
    assert first.again == ()
    assert first.warnings == (SENDS_MAIL,)
    assert second.warnings == (SENDS_MAIL, "Jo Hill was already invited on 1 Jan 1970.")
    assert invite(chosen="T9").warnings == (), "nothing is sent"
    refs = first.plan.steps[0].ref, second.plan.steps[0].ref
    assert refs[0] != refs[1]
    assert [person_of(preview.plan.steps[0]) for preview in (first, second)] == ["T1", "T1"]
    assert first.plan.subject != second.plan.subject


def test_an_invite_as_another_partner_is_no_invite_that_was_sent_before() -> None:
    before = PastInvites({"another partner": [1.0]}, frozenset({"T1"}))
    preview = invite(past=before)
    assert [step.local_id for step in preview.plan.steps] == ["T1@1"]
    assert preview.again == (), "this partner was never invited"
