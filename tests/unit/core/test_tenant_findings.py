"""What is said of the organisation's set-up: nothing that is missing is fine, and each missing thing is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.contacts.match.roles import AgentRule
from core.contacts.ports import Owner
from core.diagnostics.asks import Administrator
from core.diagnostics.endpoints import LIST_TYPES
from core.diagnostics.findings import ConnectionProblem, Finding, FindingLevel
from core.diagnostics.tenant_findings import (
    GroupNeed,
    GroupRefusal,
    OwnerTies,
    TypeNeed,
    WriteEvidence,
    judge_app_shares,
    judge_applications,
    judge_groups,
    judge_insight_types,
    judge_prospects,
    judge_required_groups,
    judge_signing_secret,
    judge_ties,
    judge_unread,
)
from core.diagnostics.tenants import (
    SimpleNexusTenant,
    TenantEvidence,
    TenantTerms,
    TotalExpertTenant,
    evidence_in,
    group_needs,
    judge_tenants,
    owner_ties,
    type_needs,
)
from core.error_catalogue import CATALOGUE
from core.milestones.milestone_map import Milestone
from core.push.plan import Entity, Operation, StepKind, System
from core.push.records import Link, StepRecord, TrailEvent
from core.push.states import StepState
from data.book.book_file import BookFile
from data.maps.milestones import shipped_milestones
from tests.support.inline_book import InlineBook
from tui.wiring.records import RECORDS

BAD, WARN, OPEN, OK = FindingLevel.BAD, FindingLevel.WARN, FindingLevel.OPEN, FindingLevel.OK
NEEDS = (TypeNeed("Started", "SN Started"), TypeNeed("Submitted", "SN Submitted"))
ANN, BOB, CEM = (Owner(f"o{n}", f"{name}@x.example", name) for n, name in enumerate(("Ann", "Bob", "Cem")))
FORBIDDEN = ConnectionProblem("forbidden", "Total Expert can't be reached: it answered 403.", "Ask.")


def _checked(findings: Sequence[Finding]) -> dict[str, FindingLevel]:
    """Return the level of each finding by its code, once each finding has the form of a finding."""
    for finding in findings:
        assert finding.code in CATALOGUE
        assert finding.what.endswith(".")
        assert finding.level is OK or finding.fix
        assert finding.ask is not None or finding.level is OK or finding.code == "not-checked"
    assert len({finding.code for finding in findings}) == len(findings)
    return {finding.code: finding.level for finding in findings}


def _asked(findings: Sequence[Finding]) -> str:
    return "\n".join(finding.ask.message for finding in findings if finding.ask is not None)


# -- insight types -------------------------------------------------------------------------------------------


def test_each_missing_insight_type_is_named_with_the_milestone_that_waits() -> None:
    found = judge_insight_types(NEEDS, {"SN Started": 1, "Another": 1}, BAD)
    assert _checked(found) == {"insight-types-missing": BAD}
    assert "“SN Submitted”" in found[0].what
    assert "waits: Submitted" in found[0].what
    assert "- SN Submitted\n" in _asked(found)
    assert "SN Started" not in _asked(found)
    assert found[0].ask is not None
    assert found[0].ask.to is Administrator.TOTAL_EXPERT


def test_insight_types_that_are_all_there_are_fine_whatever_their_letter_case() -> None:
    assert _checked(judge_insight_types(NEEDS, {" sn started": 1, "SN SUBMITTED": 1}, BAD)) == {
        "insight-types": OK
    }
    assert judge_insight_types((), {}, BAD) == []


@pytest.mark.parametrize("seen", [{"SN Started": 2}, {"SN Started": 1, "sn started ": 1}])
def test_an_insight_type_that_is_there_twice_is_not_fine(seen: Mapping[str, int]) -> None:
    found = judge_insight_types(NEEDS[:1], seen, BAD)
    assert _checked(found) == {"insight-types-twice": BAD}


def test_only_milestones_that_are_switched_on_need_a_type() -> None:
    shipped = shipped_milestones()
    rows = {
        milestone: msgspec.structs.replace(row, off=milestone is Milestone.STARTED)
        for milestone, row in shipped.rows.items()
    }
    needs = type_needs(msgspec.structs.replace(shipped, rows=rows))
    assert {need.milestone for need in needs} == set(Milestone) - {Milestone.STARTED}


# -- groups --------------------------------------------------------------------------------------------------


def test_a_group_that_nobody_has_and_a_group_that_some_lack_are_two_findings() -> None:
    needs = (
        GroupNeed("Started", "joined at Started", each_owner=True),
        GroupNeed("Agents", "new agents", each_owner=True),
        GroupNeed("West", "a sync is limited to it"),
    )
    seen = {"started": {"1"}, "WEST": {"9"}}
    found = judge_groups(needs, seen, {"1": "Ann", "2": "Bob"}, BAD)
    assert _checked(found) == {"groups-missing": BAD, "groups-of-owners": WARN}
    assert "“Agents”" in found[0].what
    assert "1 of 2 users lack the contact group “Started”: Bob." in found[1].what
    (request,) = {finding.ask for finding in found}  # one request for both
    assert request is not None
    assert "- Started (joined at Started), for Bob\n- Agents (new agents)\n" in request.message
    assert "West" not in request.message


def test_groups_that_are_there_are_fine_and_without_a_need_nothing_is_said() -> None:
    needs = (GroupNeed("Started", "", each_owner=True), GroupNeed("started ", "", each_owner=False))
    found = judge_groups(needs, {"Started": {"1"}}, {"1": "Ann"}, BAD)
    assert _checked(found) == {"groups": OK}
    assert "All 1 " in found[0].what
    assert judge_groups((), {}, {"1": "Ann"}, BAD) == []


def test_the_settings_name_groups_for_milestones_agents_new_contacts_and_the_scope() -> None:
    agents = AgentRule(group="Realtor", groups=("Broker",))
    terms = TenantTerms(shipped_milestones(), agents, new_groups=("New",), scope_groups=("West",))
    needs = {need.name: need.each_owner for need in group_needs(terms)}
    assert needs == {
        "SN Loan Application Started": True,
        "Realtor": True,
        "New": True,
        "Broker": False,
        "West": False,
    }


# -- required groups -----------------------------------------------------------------------------------------


REFUSED = GroupRefusal(100.0, "Total Expert requires the group “Past Client” on a new contact")


def test_required_groups_can_not_be_read_so_they_are_open_until_somebody_says_which() -> None:
    found = judge_required_groups(None, (), (), 0.0)
    assert _checked(found) == {"groups-unknown": OPEN}
    assert "POST /contacts" in _asked(found)
    assert _checked(judge_required_groups((), (), (), 0.0)) == {"groups-said": OK}
    assert _checked(judge_required_groups(("A",), ("A",), (), 0.0)) == {"groups-said": OK}


def test_a_contact_that_was_refused_because_of_its_groups_is_bad_whatever_the_profile_says() -> None:
    for named in (None, ()):
        found = judge_required_groups(named, (), (REFUSED,), 0.0)
        assert _checked(found) == {"groups-required": BAD}
        assert "“Past Client”" in found[0].what


def test_a_refusal_counts_no_more_once_its_group_is_sent_or_a_later_contact_arrived() -> None:
    assert _checked(judge_required_groups(None, ("past client",), (REFUSED,), 0.0)) == {
        "groups-unknown": OPEN
    }
    assert _checked(judge_required_groups(None, (), (REFUSED,), 101.0)) == {"groups-unknown": OPEN}
    assert _checked(judge_required_groups(None, (), (REFUSED,), 99.0)) == {"groups-required": BAD}
    silent = GroupRefusal(100.0, "Total Expert requires a group on a new contact and does not say which")
    assert _checked(judge_required_groups(None, ("Any",), (silent,), 0.0)) == {"groups-required": BAD}


# -- owners --------------------------------------------------------------------------------------------------


def test_loan_officers_without_a_user_are_counted_and_named_and_the_message_has_all_of_them() -> None:
    untied = tuple(f"Officer {n} (o{n}@x.example)" for n in range(7))
    found = judge_ties(OwnerTies(9, untied))
    assert _checked(found) == {"officers-untied": OPEN}
    assert "7 of 9 loan officers have no active user" in found[0].what
    assert "and 2 more" in found[0].what
    assert "o6@x.example" in _asked(found)


def test_a_desk_where_nobody_is_tied_is_bad_and_one_where_all_are_is_fine() -> None:
    found = judge_ties(OwnerTies(2, ("A", "B")))
    assert _checked(found) == {"nobody-tied": BAD}
    assert "No loan officer has an active user" in found[0].what
    assert _checked(judge_ties(OwnerTies(2, (), ("Cem",)))) == {"owners-tied": OK, "owners-left": OK}
    assert judge_ties(OwnerTies(0)) == []


def test_officers_are_tied_by_email_by_the_table_and_by_an_alias_and_not_to_a_user_who_left() -> None:
    users = [
        Owner("1", "ANN@x.example", "Ann"),
        Owner("2", "robert@y.example", "Robert"),
        Owner("3", "cem@x.example", "Cem", active=False),
    ]
    ties = owner_ties([ANN, BOB, CEM], users, {}, {})
    assert ties == OwnerTies(3, ("Bob (Bob@x.example)", "Cem (Cem@x.example)"), ("Cem",))
    assert len(owner_ties([ANN, BOB, CEM], users, {"robert@y.example": "bob@x.example"}, {}).untied) == 1
    assert len(owner_ties([ANN, BOB, CEM], users, {}, {"o1": ["robert@y.example"]}).untied) == 1


# -- BETA and the rest ---------------------------------------------------------------------------------------


def test_applications_that_can_not_be_read_are_asked_for_with_their_endpoints() -> None:
    found = judge_applications(BAD, offered=False)
    assert _checked([found]) == {"applications-off": BAD}
    assert "GET /loan_applications (BETA)" in _asked([found])
    assert found.ask is not None
    assert found.ask.to is Administrator.SIMPLENEXUS
    assert _checked([judge_applications(BAD, offered=True)]) == {"beta-on": OK}


@pytest.mark.parametrize(
    ("seen", "code", "level"),
    [
        (WriteEvidence(), "beta-unknown", OPEN),
        (WriteEvidence(arrived=5.0), "beta-on", OK),
        (WriteEvidence(refused=5.0), "beta-off", BAD),
        (WriteEvidence(arrived=5.0, refused=6.0), "beta-off", BAD),
        (WriteEvidence(arrived=6.0, refused=5.0), "beta-on", OK),
    ],
)
def test_of_an_endpoint_that_only_a_write_can_try_the_book_says_what_is_known(
    seen: WriteEvidence, code: str, level: FindingLevel
) -> None:
    found = judge_prospects(seen, BAD)
    assert _checked([found]) == {code: level}
    assert ("POST /users/loan_officers/{loan_officer_id}/prospects" in _asked([found])) is (level is not OK)


def test_sharing_the_app_is_a_matter_of_its_own_endpoint() -> None:
    assert "app_shares" in _asked([judge_app_shares(WriteEvidence())])
    assert judge_app_shares(WriteEvidence(refused=1.0)).level is WARN


def test_where_the_signing_secret_comes_from_is_a_question_and_no_secret_is_asked_for_by_email() -> None:
    found = judge_signing_secret(is_set=False)
    assert _checked([found]) == {"no-signing-secret": OPEN}
    assert "Please don't send it by email." in _asked([found])
    assert judge_signing_secret(is_set=True).level is OK


def test_a_list_that_is_refused_is_asked_for_and_one_that_failed_is_not_checked() -> None:
    refused = judge_unread(System.TOTAL_EXPERT, "insight types", FORBIDDEN, LIST_TYPES, BAD)
    assert _checked([refused]) == {"endpoint-off": BAD}
    assert "GET /insight-types" in _asked([refused])
    failed = judge_unread(
        System.TOTAL_EXPERT, "insight types", ConnectionProblem("deadline", "No reply.", ""), LIST_TYPES, BAD
    )
    assert _checked([failed]) == {"not-checked": OPEN}
    assert "No reply." in failed.what


# -- everything together -------------------------------------------------------------------------------------


def _terms(**changed: Any) -> TenantTerms:
    terms = TenantTerms(shipped_milestones(), AgentRule(group="Realtor"), required=(), hears_webhooks=True)
    return msgspec.structs.replace(terms, **changed)


THERE = TotalExpertTenant(
    {milestone.value: 1 for milestone in Milestone},
    {"Realtor": {"1"}, "SN Loan Application Started": {"1"}},
    (Owner("1", "ann@x.example", "Ann"),),
)
OURS = SimpleNexusTenant((ANN,), applications=True, prospects=True)
TRIED = TenantEvidence(WriteEvidence(arrived=1.0), WriteEvidence(arrived=1.0))


def test_a_set_up_that_has_everything_is_fine_in_every_point() -> None:
    found = judge_tenants(_terms(), OURS, THERE, TRIED)
    assert {finding.level for finding in found} == {OK}


def test_a_set_up_that_has_nothing_is_fine_in_no_point() -> None:
    nothing = TotalExpertTenant({}, {}, ())
    refused = TenantEvidence(WriteEvidence(refused=1.0), WriteEvidence(refused=1.0), (REFUSED,))
    ours = SimpleNexusTenant((ANN,), applications=False, prospects=True)
    found = judge_tenants(_terms(required=None, hears_webhooks=False), ours, nothing, refused)
    assert OK not in {finding.level for finding in found}
    assert {finding.code for finding in found} == {
        "insight-types-missing",
        "groups-missing",
        "groups-required",
        "nobody-tied",
        "applications-off",
        "beta-off",
        "no-signing-secret",
    }


def test_a_desk_that_sends_nothing_is_warned_and_not_told_of_writes() -> None:
    ours = SimpleNexusTenant((ANN,), applications=False, prospects=True)
    found = judge_tenants(_terms(sends=False), ours, TotalExpertTenant({}, {}, THERE.users), TenantEvidence())
    assert BAD not in {finding.level for finding in found}
    assert {finding.code for finding in found} == {
        "insight-types-missing",
        "groups-missing",
        "owners-tied",
        "applications-off",
        "signing-secret",
    }


def test_a_system_that_fails_costs_only_its_own_checks() -> None:
    without_ours = {finding.code for finding in judge_tenants(_terms(), None, THERE, TRIED)}
    assert {"insight-types", "groups", "not-checked"} <= without_ours
    without_theirs = {finding.code for finding in judge_tenants(_terms(), OURS, None, TRIED)}
    assert {"beta-on", "not-checked"} <= without_theirs
    one_list = msgspec.structs.replace(THERE, types=FORBIDDEN)
    assert {"endpoint-off", "groups", "owners-tied"} <= {
        finding.code for finding in judge_tenants(_terms(), OURS, one_list, TRIED)
    }


def test_aliases_that_were_not_read_are_named_as_not_checked() -> None:
    ours = msgspec.structs.replace(OURS, aliases_unread=7)
    found = {finding.code: finding for finding in judge_tenants(_terms(), ours, THERE, TRIED)}
    assert found["not-checked"].level is OPEN
    assert "the aliases of 7 loan officers" in found["not-checked"].what


def test_without_a_milestone_of_applications_the_beta_list_is_not_needed() -> None:
    shipped = shipped_milestones()
    rows = {name: msgspec.structs.replace(row, off=True) for name, row in shipped.rows.items()}
    off = _terms(milestones=msgspec.structs.replace(shipped, rows=rows), hears_webhooks=False)
    ours = SimpleNexusTenant((ANN,), applications=False, prospects=True)
    found = judge_tenants(off, ours, TotalExpertTenant({}, THERE.groups, THERE.users), TRIED)
    assert {finding.level for finding in found} == {OK}


# -- what the book says --------------------------------------------------------------------------------------


def _step(n: int, entity: Entity, state: StepState, error: str, at: float, system: System) -> StepRecord:
    return StepRecord(
        "P1", n, f"BD-{n}", system, entity, Operation.CREATE, StepKind.CREATE, f"l{n}", state,
        error=error, detail=f"detail {n}", attempts=1, sent_at=at, trail=(TrailEvent(at, "x"),),
    )  # fmt: skip


async def test_the_book_says_which_writes_arrived_and_which_were_refused(tmp_path: Path) -> None:
    book = InlineBook(BookFile(tmp_path, RECORDS))
    assert await evidence_in(book) == TenantEvidence()
    sn, te = System.SIMPLENEXUS, System.TOTAL_EXPERT
    await book.commit(
        Link(sn, Entity.PROSPECT, "9", "r1", "BD-X", 7.0),
        _step(1, Entity.PROSPECT, StepState.REFUSED, "forbidden", 9.0, sn),
        _step(2, Entity.PROSPECT, StepState.REFUSED, "refused", 99.0, sn),
        _step(3, Entity.APP_SHARE, StepState.DONE, "", 4.0, sn),
        _step(4, Entity.APP_SHARE, StepState.REFUSED, "app-share-off", 5.0, sn),
        _step(5, Entity.CONTACT, StepState.REFUSED, "group-missing", 6.0, te),
        _step(6, Entity.CONTACT, StepState.DONE, "", 3.0, te),
    )
    assert await evidence_in(book) == TenantEvidence(
        WriteEvidence(7.0, 9.0), WriteEvidence(4.0, 5.0), (GroupRefusal(6.0, "detail 5"),), 3.0
    )
