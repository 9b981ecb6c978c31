"""The organisation's set-up in SimpleNexus and Total Expert: what the settings need, what was seen, the findings.

Pure but for `evidence_in`, which reads the book.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from core.compare.keys import email_key, label_key
from core.contacts.match.roles import AgentRule
from core.contacts.match.snapshot import tie
from core.contacts.ports import Owner
from core.contacts.records import AppShared, AppShareState
from core.diagnostics.endpoints import (
    LIST_APPLICATIONS,
    LIST_GROUPS,
    LIST_OFFICERS,
    LIST_PROSPECTS,
    LIST_TYPES,
    LIST_USERS,
)
from core.diagnostics.findings import ConnectionProblem, Finding, FindingLevel
from core.diagnostics.tenant_findings import (
    FORBIDDEN,
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
    judge_unchecked,
    judge_unread,
)
from core.milestones.milestone_map import Milestone, MilestoneMap
from core.push.plan import Entity, Operation, System
from core.push.ports import Book
from core.push.records import Link, StepRecord
from core.push.states import StepState

_OF_APPLICATIONS: Final = (Milestone.STARTED, Milestone.ABANDONED, Milestone.SUBMITTED)
"""The milestones that need loan applications to be read."""


class SimpleNexusTenant(Struct, frozen=True):
    """What was read of the set-up in SimpleNexus, each part or why it could not be read.

    `applications` and `prospects` say whether this client may read them; `prospects` is None without a loan officer.
    `aliases` are those of loan officers, by the officer's id. `aliases_unread` is the number of loan officers whose
    aliases were not read although a user might be tied by one.
    """

    officers: tuple[Owner, ...] | ConnectionProblem
    applications: bool | ConnectionProblem
    prospects: bool | ConnectionProblem | None = None
    aliases: Mapping[str, Collection[str]] = {}
    aliases_unread: int = 0


class TotalExpertTenant(Struct, frozen=True):
    """What was read of the set-up in Total Expert, each part or why it could not be read.

    `types` are the numbers of insight types by system name. `groups` are the ids of the users that own a contact group,
    by the name of the group.
    """

    types: Mapping[str, int] | ConnectionProblem
    groups: Mapping[str, Collection[str]] | ConnectionProblem
    users: tuple[Owner, ...] | ConnectionProblem


class TenantTerms(Struct, frozen=True):
    """What a profile needs of the set-up.

    `sends` is True if the desk itself sends. `ties` are the operator's own, as {user's email: loan officer's email}.
    `new_groups` are the groups of every new contact, `required` those of them that the profile calls required (None if
    it says nothing), `scope_groups` those that limit every sync.
    """

    milestones: MilestoneMap
    agents: AgentRule
    sends: bool = True
    ties: Mapping[str, str] = {}
    new_groups: tuple[str, ...] = ()
    required: tuple[str, ...] | None = None
    scope_groups: tuple[str, ...] = ()
    hears_webhooks: bool = False

    @property
    def missing(self) -> FindingLevel:
        """The level of a thing without which something can't be sent."""
        return FindingLevel.BAD if self.sends else FindingLevel.WARN

    @property
    def on(self) -> tuple[Milestone, ...]:
        """The milestones that are switched on."""
        return tuple(milestone for milestone, row in self.milestones.rows.items() if not row.off)


class TenantEvidence(Struct, frozen=True):
    """What the book says of writes that doctor does not try.

    `created_at` is when the desk made a contact in Total Expert last, in seconds since 1970, UTC; 0 if it made none.
    """

    prospects: WriteEvidence = WriteEvidence()
    app_shares: WriteEvidence = WriteEvidence()
    refusals: tuple[GroupRefusal, ...] = ()
    created_at: float = 0.0


async def evidence_in(book: Book) -> TenantEvidence:
    """Return what the book says. Raises `BookClosed`."""
    prospects = await book.where(StepRecord, entity=Entity.PROSPECT.value)
    shares = await book.where(StepRecord, entity=Entity.APP_SHARE.value)
    contacts = [
        step
        for step in await book.where(StepRecord, entity=Entity.CONTACT.value)
        if step.system is System.TOTAL_EXPERT and step.operation is Operation.CREATE
    ]
    made = [link.at for link in await book.where(Link, entity=Entity.PROSPECT.value)]
    shared = [share.at for share in await book.all(AppShared) if share.state is AppShareState.SHARED]
    return TenantEvidence(
        WriteEvidence(_latest(made), _latest(_refused(prospects, "forbidden"))),
        WriteEvidence(_latest([*shared, *_done(shares)]), _latest(_refused(shares, "app-share-off"))),
        tuple(
            sorted(
                (
                    GroupRefusal(_at(step), step.detail)
                    for step in contacts
                    if step.state is StepState.REFUSED and step.error == "group-missing"
                ),
                key=lambda refusal: refusal.at,
            )
        ),
        _latest(_done(contacts)),
    )


def _refused(steps: Sequence[StepRecord], code: str) -> list[float]:
    return [_at(step) for step in steps if step.state is StepState.REFUSED and step.error == code]


def _done(steps: Sequence[StepRecord]) -> list[float]:
    return [_at(step) for step in steps if step.state is StepState.DONE and step.attempts]


def _at(step: StepRecord) -> float:
    return step.trail[-1].at if step.trail else step.sent_at or 0.0


def _latest(times: Sequence[float]) -> float:
    return max(times, default=0.0)


# -- what the settings need ----------------------------------------------------------------------------------


def type_needs(milestones: MilestoneMap) -> tuple[TypeNeed, ...]:
    """Return the insight types that the milestones need which are switched on."""
    return tuple(TypeNeed(row.milestone, row.insight) for row in milestones.rows.values() if not row.off)


def group_needs(terms: TenantTerms) -> tuple[GroupNeed, ...]:
    """Return the contact groups that the settings name, each with the first use that it has."""
    needs: dict[str, GroupNeed] = {}
    for need in _group_needs(terms):
        before = needs.get(label_key(need.name))
        if before is None or (need.each_owner and not before.each_owner):
            needs[label_key(need.name)] = need
    return tuple(needs.values())


def _group_needs(terms: TenantTerms) -> Iterator[GroupNeed]:
    for row in terms.milestones.rows.values():
        if row.join and not row.off:
            yield GroupNeed(row.join, f"a contact joins it at {row.milestone}", each_owner=True)
        if row.leave and not row.off:
            yield GroupNeed(row.leave, f"a contact leaves it at {row.milestone}", each_owner=True)
    if terms.agents.group:
        yield GroupNeed(terms.agents.group, "new agents are put into it", each_owner=True)
    for name in terms.new_groups:
        yield GroupNeed(name, "every new contact is put into it", each_owner=True)
    for name in terms.agents.groups:
        yield GroupNeed(name, "its members are agents")
    for name in terms.scope_groups:
        yield GroupNeed(name, "a sync is limited to it")


# -- the findings --------------------------------------------------------------------------------------------


def judge_tenants(
    terms: TenantTerms,
    ours: SimpleNexusTenant | None,
    theirs: TotalExpertTenant | None,
    evidence: TenantEvidence,
) -> list[Finding]:
    """Return the findings about the set-up in both systems. A system that could not be reached is None."""
    found: list[Finding] = []
    if theirs is None:
        what = "insight types, contact groups, required groups, users"
        found.append(judge_unchecked(System.TOTAL_EXPERT.value, what, "Total Expert can't be reached."))
    else:
        found += _judge_total_expert(terms, theirs, _needing_groups(terms, ours, theirs), evidence)
    if ours is None:
        what = "loan officers, BETA endpoints"
        found.append(judge_unchecked(System.SIMPLENEXUS.value, what, "SimpleNexus can't be reached."))
    else:
        found += _judge_simplenexus(terms, ours, theirs, evidence)
    if terms.on:
        found.append(judge_signing_secret(is_set=terms.hears_webhooks))
    return found


def _judge_total_expert(
    terms: TenantTerms, theirs: TotalExpertTenant, owners: Mapping[str, str], evidence: TenantEvidence
) -> list[Finding]:
    found: list[Finding] = []
    system, needs = System.TOTAL_EXPERT, type_needs(terms.milestones)
    if isinstance(theirs.types, ConnectionProblem):
        found.append(judge_unread(system, "insight types", theirs.types, LIST_TYPES, terms.missing))
    else:
        found += judge_insight_types(needs, theirs.types, terms.missing)
    if isinstance(theirs.groups, ConnectionProblem):
        found.append(judge_unread(system, "contact groups", theirs.groups, LIST_GROUPS, terms.missing))
    else:
        found += judge_groups(group_needs(terms), theirs.groups, owners, terms.missing)
    if isinstance(theirs.users, ConnectionProblem):
        found.append(judge_unread(system, "users", theirs.users, LIST_USERS, terms.missing))
    if terms.sends:
        sent = terms.new_groups
        found += judge_required_groups(terms.required, sent, evidence.refusals, evidence.created_at)
    return found


def _judge_simplenexus(
    terms: TenantTerms,
    ours: SimpleNexusTenant,
    theirs: TotalExpertTenant | None,
    evidence: TenantEvidence,
) -> list[Finding]:
    found: list[Finding] = []
    system = System.SIMPLENEXUS
    if isinstance(ours.officers, ConnectionProblem):
        found.append(judge_unread(system, "loan officers", ours.officers, LIST_OFFICERS, terms.missing))
    elif theirs is None or isinstance(theirs.users, ConnectionProblem):
        why = "The users of Total Expert could not be read."
        found.append(judge_unchecked(system.value, "who of the loan officers is a user of Total Expert", why))
    else:
        found += judge_ties(owner_ties(ours.officers, theirs.users, terms.ties, ours.aliases))
        if ours.aliases_unread:
            what, why = (
                f"the aliases of {ours.aliases_unread} loan officers",
                "An alias may tie one to a user.",
            )
            found.append(judge_unchecked(system.value, what, why))
    if any(milestone in terms.on for milestone in _OF_APPLICATIONS):
        if isinstance(ours.applications, ConnectionProblem):
            what = "loan applications"
            found.append(judge_unread(system, what, ours.applications, LIST_APPLICATIONS, terms.missing))
        else:
            found.append(judge_applications(terms.missing, offered=ours.applications))
    if isinstance(ours.prospects, ConnectionProblem):
        found.append(judge_unread(system, "prospects", ours.prospects, LIST_PROSPECTS, terms.missing))
    elif ours.prospects is False:
        refused = ConnectionProblem(FORBIDDEN, "", "")
        found.append(judge_unread(system, "prospects", refused, LIST_PROSPECTS, terms.missing))
    elif terms.sends:
        found.append(judge_prospects(evidence.prospects, terms.missing))
    if terms.sends:
        found.append(judge_app_shares(evidence.app_shares))
    return found


def owner_ties(
    officers: Sequence[Owner],
    users: Sequence[Owner],
    ties: Mapping[str, str],
    aliases: Mapping[str, Collection[str]],
) -> OwnerTies:
    """Return how loan officers and users are tied, in the words of a finding."""
    owners, _ = tie(officers, users, ties, aliases)
    tied = {owners.ties[user.id] for user in users if user.active and user.id in owners.ties}
    active = [officer for officer in officers if officer.active]
    left = {email_key(owner.email): owner for owner in (*officers, *users) if not owner.active}
    return OwnerTies(
        len(active),
        tuple(f"{officer.name} ({officer.email})" for officer in active if officer.id not in tied),
        tuple(owner.name or owner.email for owner in left.values()),
    )


def _needing_groups(
    terms: TenantTerms, ours: SimpleNexusTenant | None, theirs: TotalExpertTenant
) -> dict[str, str]:
    """Return the names, by id, of the active users who are tied to a loan officer.

    Only the contacts of a tied user get milestones. If the loan officers are not known, all active users are returned.
    """
    if isinstance(theirs.users, ConnectionProblem):
        return {}
    active = {user.id: user.name or user.email for user in theirs.users if user.active}
    if ours is None or isinstance(ours.officers, ConnectionProblem):
        return active
    owners, _ = tie(ours.officers, theirs.users, terms.ties, ours.aliases)
    return {user: name for user, name in active.items() if user in owners.ties}
