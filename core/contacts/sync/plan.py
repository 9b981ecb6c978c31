"""What a sync would do, by cause and with counts, and its plan. Pure.

Contacts with equal emails are linked. A contact that only Total Expert has is imported as a prospect, an agent as a
partner. A new SimpleNexus user who is not on the one-way integration is pushed, a partner into the group of agents. A
row that needs a person, or that a vendor's rule would turn into something else, is left out. docs/domain.md, "Contact
sync" and "Agents", and docs/matching.md, "Sync", have the rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from core.compare.keys import email_key
from core.contacts.match.roles import NO_RULE, AgentRule
from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.match.vendor_rules import (
    Accounts,
    Deduplication,
    Forecast,
    ForecastProblem,
    VendorOutcome,
    full_name_key,
)
from core.contacts.model import Contact, Reason, Role, Verdict, VerdictRow
from core.contacts.payloads import NewContactOptions, as_sent, new_contact, new_partner, new_prospect
from core.contacts.review.decisions import Ids, Seal
from core.contacts.review.held_decisions import Decisions, known_decisions
from core.contacts.review.reviewed import Reviewed
from core.contacts.sync.no_home import NoHomeField, no_home_fields
from core.contacts.sync.scope import ScopeCheck, SyncScope, unknown_owners
from core.push.plan import Asset, Body, Entity, Operation, Plan, Step, System, link_key, make_ref
from core.push.records import Declined, StepRecord, Unlinked, declined
from core.push.states import StepState

SUBJECT: Final = "contacts"
"""The subject of every sync. At most one push per subject is unfinished, so at most one sync is under way."""
CREATED: Final = (Entity.PROSPECT, Entity.PARTNER, Entity.CONTACT)
"""The kinds of record that a sync creates."""
IDENTITY: Final = ("first_name", "last_name", "email")


SyncLimits: TypeAlias = Mapping[System, int]
"""The most records that one sync creates in a system. A system that is not named has no limit."""
NO_LIMITS: Final[SyncLimits] = MappingProxyType({})


class Cause(StrEnum):
    """Why a row is in a sync, or why it is left out."""

    LINK = "same email: linked"
    DECIDED = "a person said they are one: linked"
    IMPORT = "only in Total Expert: becomes a prospect"
    IMPORT_AGENT = "an agent only in Total Expert: becomes a partner"
    PUSH = "only in SimpleNexus: becomes a contact"
    PUSH_AGENT = "an agent only in SimpleNexus: becomes a contact in the group of agents"
    STANDS = "linked already"
    SECOND = "a second record of a linked person: nothing is created"
    ONE_WAY = "handled by the one-way integration"
    VENDOR = "the vendors' own integration sends it"
    ASKED = "waits for a person"
    UNLINKED = "a person took this link back"
    DIVERTED = "an earlier push changed this contact where it should have made one: linked if you say “same”"
    NO_ADDRESSEE = "no email or phone that the system accepts"
    FILLERS = "its name, email and phone are all fillers, such as N/A"
    LONG_NAME = "a name or an email longer than the system takes"
    NO_NAME = "no first or no last name"
    NOT_TIED = "its loan officer has no match in the other system"
    OWNER_LEFT = "its owner left: nothing new is made"
    LEFT_TO_OWNER = "another owner has this person, and somebody decided to leave that"
    OUT_OF_SCOPE = "outside the owners or groups of this sync"
    FROM_BEFORE = "from before the first sync: pushed only by a sync that a person confirms"
    SEVERAL_USERS = "several users are matched with its loan officer, none by email"
    NO_EMAIL = "an agent without an email, which a partner needs"
    OTHER_PARTNER = "an agent, and a partner of the loan officer has the same email"
    NO_AGENT_GROUP = "an agent, and the profile names no group of agents (total_expert.agents.group)"
    WOULD_OVERWRITE = "would change another contact"
    WOULD_MERGE = "would change a contact that this sync makes: asked in the next sync"
    WOULD_DOUBLE = "looks like a record that this sync makes: asked in the next sync"
    IMPORTED_BEFORE = "imported before; it isn't decided whether the account with its email is this person"
    LATER = "more than this sync sends: waits for the next one"
    REFUSED_BEFORE = "refused or set aside before, and nothing changed since"


BECOMES: Final = {
    Cause.IMPORT: (System.SIMPLENEXUS, Entity.PROSPECT),
    Cause.IMPORT_AGENT: (System.SIMPLENEXUS, Entity.PARTNER),
    Cause.PUSH: (System.TOTAL_EXPERT, Entity.CONTACT),
    Cause.PUSH_AGENT: (System.TOTAL_EXPERT, Entity.CONTACT),
}
"""The causes for which a sync creates a record, and what it creates."""
_MAY_ACT: Final = frozenset({Verdict.LINK, Verdict.IMPORT, Verdict.PUSH})
"""The verdicts of rows that a sync may link or send."""
SENT: Final = frozenset({Cause.LINK, Cause.DECIDED, *BECOMES})
"""The causes for which a sync links or sends a row."""


class SyncOptions(Struct, frozen=True):
    """What a profile says about the sync. `source` is the name under which Total Expert knows the desk.

    `groups` and `defaults` are those of `NewContactOptions`. `agents` says into which group an agent is put.
    """

    workspace: str
    source: str
    writer: Literal["vendor", "desk"]
    groups: tuple[str, ...] = ()
    defaults: Mapping[str, str] = {}
    agents: AgentRule = NO_RULE

    @property
    def new_contacts(self) -> NewContactOptions:
        """Return what the profile says about a new contact of Total Expert."""
        agents = self.agents
        return NewContactOptions(self.source, self.groups, self.defaults, agents.group, agents.title_field)


class SyncSelection(Struct, frozen=True):
    """Which records a sync is about.

    What is outside one of the `scopes` is neither linked nor sent. With `made_after`, in seconds since 1970, only users
    of SimpleNexus who were made after that are pushed.
    """

    scopes: tuple[SyncScope, ...] = ()
    made_after: float | None = None


class PastPushes(Struct, frozen=True):
    """What the book says about earlier syncs.

    `generations` counts the new references that a person asked for, by link key. `ended` are the creates that were
    refused or set aside, by link key. `taken_back` are the links between contacts that do not count any more, by pair:
    also those of which the match does not know yet.
    """

    generations: Mapping[str, int] = {}
    ended: Mapping[str, Declined] = {}
    taken_back: Mapping[Ids, Unlinked] = {}


class SyncEntry(Struct, frozen=True):
    """One row and what happens to it. `later` says why an imported contact could not get an account later.

    `no_home` are the fields that the copy leaves behind.
    """

    cause: Cause
    row: VerdictRow
    later: tuple[ForecastProblem, ...] = ()
    no_home: tuple[NoHomeField, ...] = ()


class SyncPreview(Struct, frozen=True):
    """A sync as it would be now. `counts` are the numbers of rows per verdict, after the answers were applied.

    `first` is True for the first sync of a profile, which fires nothing. `scopes` are what the sync is limited to.
    `outside` are the numbers of rows that are outside, by the reason of `ScopeCheck.outside`. `unknown` are the owners
    of the scopes who are no single loan officer or user. `decided` is what the plan took people's decisions to be.
    """

    plan: Plan
    entries: tuple[SyncEntry, ...]
    counts: dict[Verdict, int]
    first: bool = False
    scopes: tuple[SyncScope, ...] = ()
    outside: Mapping[str, int] = {}
    unknown: tuple[str, ...] = ()
    decided: Decisions = Decisions()

    @property
    def causes(self) -> dict[Cause, int]:
        """Return the number of rows per cause, in the order of `Cause`, without causes that have no rows."""
        counts = Counter(entry.cause for entry in self.entries)
        return {cause: counts[cause] for cause in Cause if counts[cause]}

    @property
    def no_home(self) -> tuple[NoHomeField, ...]:
        """Return every field that a copy leaves behind, contact by contact."""
        return tuple(field for entry in self.entries for field in entry.no_home)

    @property
    def left_for_later(self) -> frozenset[System]:
        """The systems to which more would be sent if the sync had no limit."""
        later = {entry.row.verdict for entry in self.entries if entry.cause is Cause.LATER}
        to = {Verdict.IMPORT: System.SIMPLENEXUS, Verdict.PUSH: System.TOTAL_EXPERT}
        return frozenset(system for verdict, system in to.items() if verdict in later)

    @property
    def does_anything(self) -> bool:
        """True if a person has something to confirm."""
        return bool(self.plan.steps or self.plan.links)


def plan_sync(
    gathered: MatchSnapshot,
    reviewed: Reviewed,
    past: PastPushes,
    terms: SyncOptions,
    seal: Seal,
    only: Collection[Verdict] = (Verdict.LINK, Verdict.IMPORT, Verdict.PUSH),
    limits: SyncLimits = NO_LIMITS,
    chosen: SyncSelection = SyncSelection(),  # noqa: B008 - a frozen value
) -> SyncPreview:
    """Plan the links and creates for the reviewed rows. Rows of verdicts that are not in `only` wait.

    `limits` has the most creates, by system. Links are not limited: they write to no system. `chosen` says which
    records the sync is about.
    """
    planner = _Planner(gathered, reviewed, past, terms, seal)
    planner.limits = limits
    planner.made_after = chosen.made_after
    limiting = tuple(scope for scope in chosen.scopes if scope)
    if limiting:
        planner.scope = ScopeCheck(limiting, gathered, reviewed.matched.owner_rule)
    entries = [planner.entry(row, wanted=row.verdict in only) for row in reviewed.rows]
    title = ", ".join(
        f"{count} {verb}"
        for verb, count in (
            ("linked", len(planner.links)),
            ("imported", sum(step.system is System.SIMPLENEXUS for step in planner.steps)),
            ("pushed", sum(step.system is System.TOTAL_EXPERT for step in planner.steps)),
        )
        if count
    )
    plan = Plan(Asset.SYNC, SUBJECT, title, tuple(planner.steps), links=tuple(planner.links))
    return SyncPreview(
        plan,
        tuple(entries),
        reviewed.counts,
        scopes=limiting,
        outside=dict(planner.outside),
        unknown=unknown_owners(limiting, gathered),
        decided=known_decisions(reviewed).about(*records_of(plan)),
    )


def records_of(plan: Plan) -> tuple[frozenset[str], frozenset[str]]:
    """Return the ids of the contacts that the plan of a sync is about: those of SimpleNexus, those of Total Expert."""
    ours = {step.local_id for step in plan.steps if step.system is System.TOTAL_EXPERT}
    theirs = {step.local_id for step in plan.steps if step.system is System.SIMPLENEXUS}
    return frozenset(ours.union(ids[0] for ids in plan.links)), frozenset(
        theirs.union(ids[1] for ids in plan.links)
    )


class _Planner:
    """Goes through the rows once and collects their steps and links."""

    def __init__(
        self, gathered: MatchSnapshot, reviewed: Reviewed, past: PastPushes, terms: SyncOptions, seal: Seal
    ) -> None:
        self._reviewed = reviewed
        self._past = past
        self._terms = terms
        self._seal = seal
        self._ours = reviewed.matched.simplenexus
        self._theirs = reviewed.matched.total_expert
        self._owners = gathered.ties
        self._users = _users(gathered)
        self._accounts = Accounts(gathered.simplenexus)
        self._namesakes = _namesakes(gathered.total_expert)
        self._replaced = {ref for ref, record_id in gathered.refs.items() if record_id in gathered.taken_over}
        """The references of the prospects that an account replaced."""
        self._pushed = Deduplication(())
        """Total Expert's duplicate check of the contacts that this sync creates."""
        self.limits: SyncLimits = NO_LIMITS
        self.made_after: float | None = None
        self.scope: ScopeCheck | None = None
        self.outside = Counter[str]()
        """The numbers of rows outside the scope, by the reason."""
        self._double_of = {
            record_id: n for n, ids in enumerate(reviewed.matched.doubles) for record_id in ids
        }
        """The group of each record that looks like another record of its own book, by id."""
        self._doubles_made = set[int]()
        """The groups of which this sync creates a record already."""
        self.steps: list[Step] = []
        self.links: list[tuple[str, str]] = []

    def entry(self, row: VerdictRow, *, wanted: bool) -> SyncEntry:
        """Return what happens to a row. If the row is `wanted`, collect its step or link as well."""
        if row.verdict in _MAY_ACT and self.scope is not None and (why := self.scope.outside(row)):
            self.outside[why] += 1
            return SyncEntry(Cause.OUT_OF_SCOPE, row)
        cause = self._cause(row, wanted=wanted)
        if cause not in BECOMES:
            return SyncEntry(cause, row)
        imported = row.verdict is Verdict.IMPORT
        contact = self._theirs[row.total_expert_ids[0]] if imported else self._ours[row.simplenexus_ids[0]]
        later = self._accounts.prospect(contact).later if cause is Cause.IMPORT else ()
        title_field = self._terms.agents.title_field
        fields = tuple(no_home_fields(contact, *BECOMES[cause], title_field)) if wanted else ()
        return SyncEntry(cause, row, later, fields)

    def _cause(self, row: VerdictRow, *, wanted: bool) -> Cause:
        match row.verdict:
            case Verdict.LINKED:
                return Cause.SECOND if row.reason is Reason.SECOND_RECORD else Cause.STANDS
            case Verdict.LINK:
                return self._link(row, wanted=wanted)
            case Verdict.IMPORT:
                return self._import(self._theirs[row.total_expert_ids[0]], wanted=wanted)
            case Verdict.PUSH:
                if self._reviewed.question(row) is not None:
                    return Cause.ASKED
                return self._push(self._ours[row.simplenexus_ids[0]], wanted=wanted)
            case Verdict.SKIP_ONE_WAY:
                return Cause.ONE_WAY
            case Verdict.UNLINKED | Verdict.CANNOT:
                return _WHY_NOT.get(row.reason, Cause.NO_ADDRESSEE)
            case Verdict.HOUSEHOLD | Verdict.HOLD | Verdict.GONE | Verdict.POSSIBLE_DUPLICATE:
                return Cause.ASKED

    def _link(self, row: VerdictRow, *, wanted: bool) -> Cause:
        pair = row.simplenexus_ids[0], row.total_expert_ids[0]
        removed = self._past.taken_back.get(pair)
        if removed is not None and removed != self._reviewed.matched.terms.taken_back.get(pair):
            # Since the match: only an answer that is given after it links the two.
            return Cause.DIVERTED if removed.diverted else Cause.UNLINKED
        if wanted:
            self.links.append(pair)
        return Cause.DECIDED if row.reason is Reason.DECIDED else Cause.LINK

    def _import(self, contact: Contact, *, wanted: bool) -> Cause:
        officer = self._owners.officer_of(contact)
        if officer is None:
            return Cause.NOT_TIED
        if contact.role is Role.AGENT:
            return self._import_agent(contact, officer, wanted=wanted)
        if troubles := self._accounts.prospect(contact).troubles:
            return Cause.NO_ADDRESSEE if ForecastProblem.NO_ADDRESSEE in troubles else Cause.LONG_NAME
        ref = self._ref(System.SIMPLENEXUS, Entity.PROSPECT, contact.id)
        if ref in self._replaced:
            return Cause.IMPORTED_BEFORE
        body = new_prospect(contact, ref)
        return self._create(
            Step(
                ref,
                System.SIMPLENEXUS,
                Entity.PROSPECT,
                Operation.CREATE,
                contact.id,
                contact.name,
                body,
                parent=officer,
                identity=IDENTITY,
            ),
            Cause.IMPORT,
            wanted=wanted,
        )

    def _import_agent(self, contact: Contact, officer: str, *, wanted: bool) -> Cause:
        """Return what happens to an agent of Total Expert: a partner, never a prospect and never an account."""
        if troubles := self._accounts.partner(contact, officer).troubles:
            return next(cause for problem, cause in _WHY_NO_PARTNER.items() if problem in troubles)
        ref = self._ref(System.SIMPLENEXUS, Entity.PARTNER, contact.id)
        cause = self._create(
            Step(
                ref,
                System.SIMPLENEXUS,
                Entity.PARTNER,
                Operation.CREATE,
                contact.id,
                contact.name,
                new_partner(contact),
                parent=officer,
                identity=IDENTITY,
            ),
            Cause.IMPORT_AGENT,
            wanted=wanted,
        )
        if wanted and cause is Cause.IMPORT_AGENT:
            self._accounts.add_partner(contact, officer)
        return cause

    def _push(self, contact: Contact, *, wanted: bool) -> Cause:
        if self.made_after is not None and not _is_made_after(contact, self.made_after):
            return Cause.FROM_BEFORE
        is_agent = contact.role is Role.AGENT
        if is_agent and not self._terms.agents.group:
            return Cause.NO_AGENT_GROUP
        owners = self._users.get(contact.owner, ())
        if len(owners) != 1:
            return Cause.SEVERAL_USERS if owners else Cause.OWNER_LEFT
        forecast = self._pushed.push(as_sent(contact), owners[0])
        match forecast.outcome:
            case VendorOutcome.REFUSED:
                return _why_refused(forecast)
            case VendorOutcome.PATCHED:
                return Cause.WOULD_MERGE
            case VendorOutcome.CREATED:
                pass
        ref = self._ref(System.TOTAL_EXPERT, Entity.CONTACT, contact.id)
        cause = self._create(
            Step(
                ref,
                System.TOTAL_EXPERT,
                Entity.CONTACT,
                Operation.CREATE,
                contact.id,
                contact.name,
                new_contact(contact, owners[0], self._terms.new_contacts, ref),
                identity=IDENTITY,
                others=self._namesakes.get(full_name_key(contact), ()),
            ),
            Cause.PUSH_AGENT if is_agent else Cause.PUSH,
            wanted=wanted,
        )
        if wanted and cause in BECOMES:
            self._pushed.add(as_sent(contact), owners[0])
        return cause

    def _create(self, step: Step, cause: Cause, *, wanted: bool) -> Cause:
        if self._terms.writer == "vendor":
            return Cause.VENDOR
        ended = self._past.ended.get(step.key)
        if ended is not None and ended.ref == step.ref and self._is_as_it_was(ended, step.body):
            return Cause.REFUSED_BEFORE
        if wanted and (limit := self.limits.get(step.system)) is not None:
            planned = sum(other.system is step.system for other in self.steps)
            if planned >= limit:
                return Cause.LATER
        double = self._double_of.get(step.local_id)
        if double in self._doubles_made:
            return Cause.WOULD_DOUBLE
        if wanted:
            self.steps.append(step)
            if double is not None:
                self._doubles_made.add(double)
        return cause

    def _is_as_it_was(self, ended: Declined, body: Body) -> bool:
        return ended.sent == {name: self._seal(name, value) for name, value in body.items()}

    def _ref(self, system: System, entity: Entity, local_id: str) -> str:
        generation = self._past.generations.get(link_key(system, entity, local_id), 0)
        return make_ref(self._terms.workspace, system, entity, local_id, generation)


_WHY_NO_PARTNER: Final = {
    ForecastProblem.NO_NAME: Cause.NO_NAME,
    ForecastProblem.LONG_NAME: Cause.LONG_NAME,
    ForecastProblem.LONG_EMAIL: Cause.LONG_NAME,
    ForecastProblem.NO_EMAIL: Cause.NO_EMAIL,
    ForecastProblem.SAME_PARTNER: Cause.OTHER_PARTNER,
}
"""Why an agent can't become a partner, by what SimpleNexus would refuse; the first that applies counts."""


def _is_made_after(contact: Contact, moment: float) -> bool:
    """Return True if a record was made after a moment. A record that does not say when is never new."""
    try:
        made = datetime.fromisoformat(contact.since)
    except ValueError:
        return False
    return (made if made.tzinfo is not None else made.replace(tzinfo=UTC)).timestamp() > moment


def _why_refused(forecast: Forecast) -> Cause:
    return Cause.NO_NAME if ForecastProblem.NO_NAME in forecast.troubles else Cause.NO_ADDRESSEE


_WHY_NOT: Final = {
    Reason.NOT_TIED: Cause.NOT_TIED,
    Reason.OWNER_LEFT: Cause.OWNER_LEFT,
    Reason.LEFT_TO_OWNER: Cause.LEFT_TO_OWNER,
    Reason.NO_ADDRESSEE: Cause.NO_ADDRESSEE,
    Reason.FILLERS: Cause.FILLERS,
    Reason.WOULD_OVERWRITE: Cause.WOULD_OVERWRITE,
    Reason.TAKEN_BACK: Cause.UNLINKED,
    Reason.DIVERTED: Cause.DIVERTED,
}


def ended_steps(steps: Sequence[StepRecord], archived: Sequence[Declined] = ()) -> dict[str, Declined]:
    """Return what was sent in creates that were refused or set aside, by link key. The last create of a thing counts.

    `steps` are the steps of the live log in the order of their first commit. `archived` is what the book keeps about
    archived steps.
    """
    last: dict[str, StepRecord] = {}
    for step in steps:
        if step.entity in CREATED and step.operation is Operation.CREATE:
            last[step.link_key] = step
    ended = {step.key: step for step in archived}
    for key, step in last.items():
        if key in ended and declined(step).at < ended[key].at:
            continue
        if step.state in (StepState.REFUSED, StepState.SKIPPED):
            ended[key] = declined(step)
        else:
            ended.pop(key, None)
    return ended


def _users(gathered: MatchSnapshot) -> dict[str, tuple[str, ...]]:
    """Return the users who may own a loan officer's contacts, by the loan officer's id.

    The user with the loan officer's email is the only one; without such a user, all users tied to the officer count.
    A user who left is none of them.
    """
    emails = {officer.id: email_key(officer.email) for officer in gathered.officers}
    tied: dict[str, list[str]] = {}
    same: dict[str, str] = {}
    for user in gathered.users:
        officer = gathered.ties.ties.get(user.id)
        if officer is not None and user.active:
            tied.setdefault(officer, []).append(user.id)
            if email_key(user.email) == emails.get(officer):
                same.setdefault(officer, user.id)
    return {officer: (same[officer],) if officer in same else tuple(users) for officer, users in tied.items()}


def _namesakes(contacts: Sequence[Contact]) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the ids of contacts by full name: those that Total Expert might take a new contact for.

    Every rule of Total Expert asks for equal first and last names (docs/matching.md, "Vendors' rules").
    """
    by_name: dict[tuple[str, str], list[str]] = {}
    for contact in contacts:
        by_name.setdefault(full_name_key(contact), []).append(contact.id)
    return {name: tuple(ids) for name, ids in by_name.items()}
