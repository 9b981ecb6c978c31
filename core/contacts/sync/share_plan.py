"""Sharing the app with imported prospects that a person chose: the link is sent, and they make their account. Pure.

A contact is imported so that the loan officer can share the app. SimpleNexus sends the link by email or text message;
the person then makes the account. SimpleNexus gives a share no id and lists none (docs/domain.md, "SimpleNexus"). If
the answer to a share is lost, only a person can find out whether the link was sent.

The desk can also make the account itself. That is a fallback with a name of its own, for a person who did nothing.
Neither can be taken back.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Final

import msgspec
from msgspec import Struct

from core.compare.mailboxes import inbox_in
from core.compare.phones import digits
from core.contacts.consent import NOBODY_CONFIRMED, Channel
from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.match.vendor_rules import Accounts, ForecastProblem, is_long_email
from core.contacts.model import Contact, ContactKind, Role
from core.contacts.payloads import app_link, new_account
from core.contacts.records import AppShared, AppShareState
from core.contacts.sync.contacting import NOBODY_ASKED, Contacting, ContactingStop, NotContacted
from core.local_forms import DeskTime
from core.push.plan import Asset, Entity, Operation, Plan, Step, System, make_ref

SHARE: Final = "share-the-app"
"""The subject of every push that shares the app begins with this word; the people follow as a short hash."""
TEXTS_AGREED: Final = "texts-agreed"
"""The override of a plan that sends text messages: a person says that each of these people agreed to texts."""
SENDS_LINK: Final = (
    "SimpleNexus sends each of them the link to the app. A link that was sent can't be called back. They make the "
    "account themselves."
)
MAKES_ACCOUNT: Final = (
    "FALLBACK: brokerdesk makes the account, for a person who did nothing. SimpleNexus may send them an email or a "
    "text message. An account can't be taken back here. SN Borrower Linked waits for the person's first sign-in."
)
ASKS_TEXTS: Final = "you confirm that each of them agreed to text messages"
_PHONE_DIGITS: Final = 10


class ShareWay(StrEnum):
    """How somebody becomes a user of the app."""

    LINK = "link"
    """SimpleNexus sends the link to the app, and the person makes the account."""
    ACCOUNT = "account"
    """The desk makes the account. This is the fallback."""


class ShareChoices(Struct, frozen=True):
    """What a person chooses before a share is confirmed.

    `partner` is the id of a partner of SimpleNexus with whom the link is co-branded, or "". `texts_agreed` says that
    these people agreed to text messages: a person confirms it, because no system tells it. `again` shares the app also
    with those with whom it was shared before.
    """

    way: ShareWay = ShareWay.LINK
    channels: tuple[Channel, ...] = (Channel.EMAIL,)
    partner: str = ""
    texts_agreed: bool = False
    again: bool = False


AS_USUAL: Final = ShareChoices()
"""The link by email, without a partner."""


class SharePreview(Struct, frozen=True):
    """What sharing would do. `partner` is the name of the partner with whom the links are co-branded, or ""."""

    plan: Plan
    left_out: tuple[NotContacted, ...]
    choices: ShareChoices = AS_USUAL
    partner: str = ""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person has to know before they confirm. The receipt keeps these sentences."""
        if self.choices.way is ShareWay.ACCOUNT:
            return (MAKES_ACCOUNT,)
        agreed = f"By text message: {ASKS_TEXTS}." if TEXTS_AGREED in self.plan.overrides else ""
        branded = f"Each link is co-branded with the partner {self.partner}." if self.partner else ""
        return tuple(filter(None, (SENDS_LINK, agreed, branded)))


def shareable(gathered: MatchSnapshot) -> list[tuple[str, Contact]]:
    """Return the linked prospects as (id of the contact in Total Expert, prospect), in the order of SimpleNexus.

    A prospect whose link asks where it goes is left out. So is an agent of Total Expert, who is not a borrower: an
    agent is invited as a partner.
    """
    agents = {contact.id for contact in gathered.total_expert if contact.role is Role.AGENT}
    asking = frozenset(gathered.asking)
    ends = {pair[0]: pair[1] for pair in gathered.links if pair[1] not in agents and pair not in asking}
    return [
        (ends[contact.id], contact)
        for contact in gathered.simplenexus
        if contact.kind is ContactKind.PROSPECT and contact.id in ends
    ]


def partners_of(gathered: MatchSnapshot, chosen: Sequence[str]) -> list[Contact]:
    """Return the partners with whom a link to the chosen people can be co-branded: those of their loan officer."""
    prospects = dict(shareable(gathered))
    officers = {prospects[contact_id].owner for contact_id in chosen if contact_id in prospects}
    return [
        contact
        for contact in gathered.simplenexus
        if contact.kind is ContactKind.PARTNER and {contact.owner} == officers
    ]


def unreachable(channel: Channel, prospect: Contact) -> str:
    """Return why a channel does not lead to a prospect; "" if it does. Consent is another question."""
    match channel:
        case Channel.EMAIL:
            if not inbox_in(prospect.email):
                return "has no email"
            return "has an email of more than 255 characters" if is_long_email(prospect) else ""
        case Channel.SMS:
            return "" if phone_for_texts(prospect) else "has no phone of 10 digits"


def phone_for_texts(prospect: Contact) -> str:
    """Return the first phone of a person that comes to 10 digits, as these digits, mobile first; "" for none."""
    return next((number for phone in prospect.phones if len(number := digits(phone)) == _PHONE_DIGITS), "")


def share_subject(local_ids: Iterable[str]) -> str:
    """Return the subject of the push that shares the app with these people.

    A share with other people is a push of its own, also while this one is not finished.
    """
    people = msgspec.json.encode(sorted(local_ids))
    return f"{SHARE}-{hashlib.sha256(people).hexdigest()[:12]}"


def plan_share(
    gathered: MatchSnapshot,
    chosen: Sequence[str],
    workspace: str,
    choices: ShareChoices = AS_USUAL,
    shared: Iterable[AppShared] = (),
    contacting: Contacting = NOBODY_ASKED,
) -> SharePreview:
    """Plan a link, or with the fallback an account, for each chosen contact that is a linked prospect.

    `chosen` are ids in Total Expert. `shared` are the shares that the book knows, except those of this very push.
    Nobody is in the plan whom `contacting` keeps from being contacted now.
    """
    return _Planner(gathered, workspace, choices, shared, contacting).preview(chosen)


def choices_of(plan: Plan) -> ShareChoices:
    """Return the choices that lead to a plan of a share, as far as they say what is sent."""
    if way_of(plan) is ShareWay.ACCOUNT:
        return ShareChoices(ShareWay.ACCOUNT, again=True)
    bodies = [step.body for step in plan.steps]
    return ShareChoices(
        channels=tuple(channel for channel, name in _FIELDS.items() if any(name in body for body in bodies)),
        partner=next((str(body["partner_id"]) for body in bodies if "partner_id" in body), ""),
        texts_agreed=TEXTS_AGREED in plan.overrides,
        again=True,
    )


def way_of(plan: Plan) -> ShareWay:
    """Return the way in which a plan shares the app."""
    made = any(step.entity is Entity.BORROWER for step in plan.steps)
    return ShareWay.ACCOUNT if made else ShareWay.LINK


def person_of(step: Step) -> str:
    """Return the id in Total Expert of the person with whom a step shares the app, or whom it invites."""
    return step.local_id.partition(_ONCE_MORE)[0]


def channels_of(step: Step) -> tuple[Channel, ...]:
    """Return the channels by which a step of a share reaches its person. An account counts as an email."""
    if step.entity is not Entity.APP_SHARE:
        return (Channel.EMAIL,)
    return tuple(channel for channel, name in _FIELDS.items() if name in step.body)


_FIELDS: Final = {Channel.EMAIL: "email", Channel.SMS: "phone"}
"""The field of a link's body by which a channel is used."""


_ONCE_MORE: Final = "@"
"""Comes before the number of a further share with the same person: `9001@1` is the second link to contact 9001."""


class _Planner:
    """Plans one share."""

    def __init__(
        self,
        gathered: MatchSnapshot,
        workspace: str,
        choices: ShareChoices,
        shared: Iterable[AppShared],
        contacting: Contacting,
    ) -> None:
        self._contacting = contacting
        self._workspace = workspace
        self._choices = choices
        self._accounts = Accounts(gathered.simplenexus)
        self._prospects = dict(shareable(gathered))
        self._contacts = {contact.id: contact for contact in gathered.total_expert}
        inactive = {officer.id for officer in gathered.officers if not officer.active}
        self._left = inactive | set(gathered.ties.left)
        self._partner = next(
            (contact for contact in gathered.simplenexus if contact.id == choices.partner), None
        )
        self._shared: defaultdict[str, list[AppShared]] = defaultdict(list)
        for share in shared:
            self._shared[share.total_expert_id].append(share)

    def preview(self, chosen: Sequence[str]) -> SharePreview:
        """Return the plan, and those who are left out with the reason."""
        steps: list[Step] = []
        left_out: list[NotContacted] = []
        for contact_id in dict.fromkeys(chosen):
            prospect = self._prospects.get(contact_id)
            if prospect is None:
                left_out.append(self._is_no_prospect(contact_id))
            elif objections := list(self._objections(contact_id, prospect)):
                why = "; ".join(objection.why for objection in objections)
                opens = [objection.opens for objection in objections if objection.opens is not None]
                until = max(opens) if len(opens) == len(objections) else None
                left_out.append(NotContacted(contact_id, prospect.name, why, until))
            else:
                self._accounts.add(prospect)
                steps.append(self._step(contact_id, prospect))
        subject = share_subject([step.local_id for step in steps])
        by_text = any(step.entity is Entity.APP_SHARE and "phone" in step.body for step in steps)
        plan = Plan(
            Asset.SHARE,
            subject,
            f"{self._title} {len(steps)}",
            tuple(steps),
            overrides=(TEXTS_AGREED,) if by_text else (),
            consent=self._contacting.stated(person_of(step) for step in steps),
        )
        partner = self._partner.name if self._partner is not None and steps else ""
        return SharePreview(plan, tuple(left_out), self._choices, partner)

    @property
    def _title(self) -> str:
        match self._choices.way:
            case ShareWay.LINK:
                return "share the app with"
            case ShareWay.ACCOUNT:
                return "make the account of"

    def _is_no_prospect(self, contact_id: str) -> NotContacted:
        contact = self._contacts.get(contact_id)
        if contact is None:
            return NotContacted(contact_id, contact_id, "is not in Total Expert")
        if contact.role is Role.AGENT:
            why = "is an agent: the app is shared with borrowers, an agent is invited"
            return NotContacted(contact_id, contact.name, why)
        return NotContacted(contact_id, contact.name, "is not a linked prospect of SimpleNexus")

    def _objections(self, contact_id: str, prospect: Contact) -> Iterator[ContactingStop]:
        """Yield why the app is not shared with somebody in the chosen way."""
        if prospect.owner in self._left:
            yield ContactingStop("their loan officer is not active any more")
        troubles = self._accounts.account(prospect).troubles
        match self._choices.way:
            case ShareWay.ACCOUNT:
                yield from map(ContactingStop, troubles)
                if stop := self._stop(contact_id, prospect, Channel.EMAIL):
                    yield stop
            case ShareWay.LINK:
                if ForecastProblem.SAME_EMAIL in troubles:
                    yield ContactingStop("an account or another of these people has this email")
                yield from map(ContactingStop, self._objections_to_partner(prospect))
                stops = [self._stop(contact_id, prospect, channel) for channel in self._choices.channels]
                if all(stops):
                    yield from filter(None, stops)
                    if not stops:
                        yield ContactingStop("no channel is chosen")
                yield from map(ContactingStop, self._shared_before(contact_id))

    def _stop(self, contact_id: str, prospect: Contact, channel: Channel) -> ContactingStop | None:
        """Return why a channel may not be used for somebody now. This is the one place that says so.

        An account that the desk makes counts as an email, because SimpleNexus may send one (our assumption).
        """
        if self._choices.way is ShareWay.LINK and (why := unreachable(channel, prospect)):
            return ContactingStop(why)
        contact = self._contacts.get(contact_id, prospect)
        if channel is Channel.SMS and not self._choices.texts_agreed:
            return ContactingStop(NOBODY_CONFIRMED)
        return self._contacting.stop(contact, channel, agreed=self._choices.texts_agreed)

    def _objections_to_partner(self, prospect: Contact) -> Iterator[str]:
        """Yield why the link to somebody can't be co-branded with the chosen partner.

        That the partner has to be one of the person's own loan officer is our assumption: no vendor text says it.
        """
        if not self._choices.partner:
            return
        partner = self._partner
        if partner is None or partner.kind is not ContactKind.PARTNER:
            yield f"{self._choices.partner} is not a partner of SimpleNexus"
        elif partner.owner != prospect.owner:
            yield f"{partner.name} is not a partner of their loan officer"

    def _shared_before(self, contact_id: str) -> Iterator[str]:
        """Yield why the link is not sent again: a share is not settled, or the app was shared before."""
        known = self._shared[contact_id]
        if on_its_way := [share for share in known if share.state is AppShareState.ON_ITS_WAY]:
            yield f"a share of {self._contacting.local.date(on_its_way[-1].at)} is not settled: see Activity"
        elif (last := last_share(known)) is not None and not self._choices.again:
            yield said_of(last, self._contacting.local)

    def _step(self, contact_id: str, prospect: Contact) -> Step:
        match self._choices.way:
            case ShareWay.ACCOUNT:
                return Step(
                    make_ref(self._workspace, System.SIMPLENEXUS, Entity.BORROWER, contact_id),
                    System.SIMPLENEXUS,
                    Entity.BORROWER,
                    Operation.CREATE,
                    contact_id,
                    prospect.name,
                    new_account(prospect, prospect.owner),
                    parent=prospect.owner,
                    identity=("first_name", "last_name", "email"),
                )
            case ShareWay.LINK:
                return self._link(contact_id, prospect)

    def _link(self, contact_id: str, prospect: Contact) -> Step:
        """Return the step that sends the link. A further link to the same person has a reference of its own."""
        used = {
            channel for channel in self._choices.channels if self._stop(contact_id, prospect, channel) is None
        }
        before = sum(was_sent(share) for share in self._shared[contact_id])
        local_id = f"{contact_id}{_ONCE_MORE}{before}" if before else contact_id
        return Step(
            make_ref(self._workspace, System.SIMPLENEXUS, Entity.APP_SHARE, local_id),
            System.SIMPLENEXUS,
            Entity.APP_SHARE,
            Operation.SHARE,
            local_id,
            f"{prospect.name}: {_ways(used)}",
            app_link(
                prospect,
                email=inbox_in(prospect.email) if Channel.EMAIL in used else "",
                phone=phone_for_texts(prospect) if Channel.SMS in used else "",
                partner=self._choices.partner,
            ),
            parent=prospect.owner,
        )


def _ways(used: set[Channel]) -> str:
    return " and ".join(f"by {channel.words}" for channel in Channel if channel in used)


# -- shares of before ----------------------------------------------------------------------------------


def was_sent(share: AppShared) -> bool:
    """Return True if a link was sent, or may have been sent."""
    return share.state in (AppShareState.SHARED, AppShareState.IN_DOUBT)


def last_share(shares: Iterable[AppShared]) -> AppShared | None:
    """Return the last of these shares that was sent or may have been sent."""
    return max(filter(was_sent, shares), key=lambda share: share.at, default=None)


def said_of(share: AppShared, local: DeskTime) -> str:
    """Return in words that the app was shared, and when: `shared on 28 Nov 2026`."""
    match share.state:
        case AppShareState.SHARED:
            return f"shared on {local.date(share.at)}"
        case AppShareState.IN_DOUBT:
            return (
                f"perhaps shared on {local.date(share.at)}: a person left it open whether the link was sent"
            )
        case AppShareState.ON_ITS_WAY:
            return f"being shared since {local.date(share.at)}"
        case AppShareState.NOT_SHARED:
            return f"not shared on {local.date(share.at)}"
