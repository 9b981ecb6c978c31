"""What `brokerdesk doctor` says of the organisation's set-up in SimpleNexus and Total Expert, and whom it asks.

Every function is pure: it judges what was seen. A thing that is missing is never fine. What can't be known without
writing is open, with the question to an administrator.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from msgspec import Struct

from core.compare.keys import label_key
from core.diagnostics.asks import ASKED_ABOUT, Administrator, AdminRequest, bullets
from core.diagnostics.endpoints import (
    CREATE_PROSPECT,
    LIST_APPLICATIONS,
    READ_APPLICATION,
    SHARE_APP,
    Endpoint,
    endpoint_lines,
)
from core.diagnostics.findings import (
    SETTINGS,
    ConnectionProblem,
    Finding,
    FindingLevel,
    asking,
    make_finding,
    say_few,
)
from core.push.plan import System
from core.systems import display_name
from core.texts import how_many

_TE: Final = System.TOTAL_EXPERT.value
_SN: Final = System.SIMPLENEXUS.value
_QUOTED: Final = re.compile("“([^”]*)”")
FORBIDDEN: Final = "forbidden"
"""The code of a read that the system refuses to this client."""


# -- insight types -------------------------------------------------------------------------------------------


class TypeNeed(Struct, frozen=True):
    """An insight type that the milestone map names, and the milestone that needs it."""

    milestone: str
    insight_type: str


def judge_insight_types(
    needs: Sequence[TypeNeed], seen: Mapping[str, int], level: FindingLevel
) -> list[Finding]:
    """Return whether Total Expert has each insight type that a milestone needs, and has it once.

    `seen` are the numbers of insight types by system name. `level` is that of a missing type.
    """
    counts: dict[str, int] = {}
    for name, number in seen.items():
        counts[label_key(name)] = counts.get(label_key(name), 0) + number
    names = tuple(dict.fromkeys(need.insight_type for need in needs))
    missing = [name for name in names if not counts.get(label_key(name))]
    twice = [name for name in names if counts.get(label_key(name), 0) > 1]
    found: list[Finding] = []
    if missing:
        waiting = [need.milestone for need in needs if need.insight_type in missing]
        what = f"{len(missing)} of {len(names)} insight types are missing: {_quoted(missing)}."
        what = f"{what} {_waiting(waiting, missing)}"
        finding = make_finding(level, _TE, "insight-types-missing", what)
        found.append(asking(finding, _ask_for_types(missing)))
    if twice:
        what = f"More than one insight type has the name {_quoted(twice)}, so its milestones wait."
        finding = make_finding(level, _TE, "insight-types-twice", what)
        found.append(asking(finding, _ask_about_double_types(twice)))
    if names and not found:
        what = f"All {len(names)} insight types that the milestone map names are there."
        found.append(make_finding(FindingLevel.OK, _TE, "insight-types", what))
    return found


def _waiting(milestones: Sequence[str], types: Sequence[str]) -> str:
    """Say which milestones wait for insight types. Most milestones have the name of their type."""
    if list(milestones) == list(types):
        return "Milestones of these names wait."
    return f"{'This milestone waits' if len(milestones) == 1 else 'These milestones wait'}: {', '.join(milestones)}."


def _ask_for_types(missing: Sequence[str]) -> AdminRequest:
    message = (
        "GET /insight-types shows our API client no insight type with these system names (the attribute `type`):\n"
        f"{bullets(missing)}\n"
        "Each milestone becomes an insight of its type, so that Journeys can use the milestone. Total Expert makes "
        "insight types together with the integration partner; they can't be made through the API. Please have Total "
        "Expert create these types for our organisation, and let our API client see them. If they are there under "
        "other system names, please tell us those names."
    )
    return AdminRequest(Administrator.TOTAL_EXPERT, "Insight types", message)


def _ask_about_double_types(twice: Sequence[str]) -> AdminRequest:
    message = (
        "GET /insight-types shows our API client more than one insight type with each of these system names:\n"
        f"{bullets(twice)}\n"
        "The system name is to be unique. Which of them do the Journeys use? Please remove or rename the others."
    )
    return AdminRequest(Administrator.TOTAL_EXPERT, "Insight types with the same name", message)


# -- contact groups ------------------------------------------------------------------------------------------


class GroupNeed(Struct, frozen=True):
    """A contact group that the settings name, and what for.

    `each_owner` is True if every owner needs a group of this name: a group belongs to one user.
    """

    name: str
    use: str
    each_owner: bool = False


def judge_groups(
    needs: Sequence[GroupNeed],
    seen: Mapping[str, Collection[str]],
    owners: Mapping[str, str],
    level: FindingLevel,
) -> list[Finding]:
    """Return whether the contact groups exist that the settings name.

    `seen` are the ids of the users that own a group of a name, by name. `owners` are the names, by user id, of the
    users who need groups of their own. `level` is that of a group that nobody has.
    """
    having: dict[str, set[str]] = {}
    for name, users in seen.items():
        having.setdefault(label_key(name), set()).update(users)
    missing = {need.name: need for need in needs if label_key(need.name) not in having}
    lacking = {
        need.name: [name for user, name in owners.items() if user not in having[label_key(need.name)]]
        for need in needs
        if need.each_owner and need.name not in missing
    }
    lacking = {name: users for name, users in lacking.items() if users}
    found: list[Finding] = []
    if missing:
        what = f"Nobody has these contact groups: {_quoted(list(missing))}."
        found.append(make_finding(level, _TE, "groups-missing", what))
    for name, users in lacking.items():
        what = f"{len(users)} of {how_many(len(owners), 'user')} lack the contact group “{name}”: {say_few(users)}."
        found.append(make_finding(FindingLevel.WARN, _TE, "groups-of-owners", what))
    if found:
        request = _ask_for_groups(
            [_line(need, lacking) for need in needs if need.name in {*missing, *lacking}]
        )
        return [asking(finding, request) for finding in found]
    number = len({label_key(need.name) for need in needs})
    what = f"All {number} contact groups that the settings name are there."
    return [make_finding(FindingLevel.OK, _TE, "groups", what)] if needs else []


def _line(need: GroupNeed, lacking: Mapping[str, Sequence[str]]) -> str:
    """Return what is missing of one group as a line of a message. `lacking` are the users without it, by group."""
    users = lacking.get(need.name)
    return f"{need.name} ({need.use})" + (f", for {', '.join(users)}" if users else "")


def _ask_for_groups(lines: Sequence[str]) -> AdminRequest:
    message = (
        "GET /contact-groups shows our API client no such groups:\n"
        f"{bullets(lines)}\n"
        "A contact group belongs to one user, and our desk makes no groups. Please make these groups for every user "
        "who owns contacts, with exactly these names; or tell us under which names they are there."
    )
    return AdminRequest(Administrator.TOTAL_EXPERT, "Contact groups", message)


class GroupRefusal(Struct, frozen=True):
    """A new contact that Total Expert refused because of its groups. `said` is what the desk noted of it then.

    `at` is in seconds since 1970, UTC.
    """

    at: float
    said: str


def judge_required_groups(
    named: Sequence[str] | None, sent: Sequence[str], refusals: Sequence[GroupRefusal], created_at: float
) -> list[Finding]:
    """Return what is known of the groups that the organisation requires on a new contact.

    No list says which groups these are. `named` are those that the profile says, None if it says nothing; `sent` are
    all that a new contact is put into. A refusal counts until the desk has made another contact (`created_at`, in
    seconds since 1970, UTC; 0 if it has made none), or until the group that it names is sent.
    """
    given = {label_key(name) for name in sent}
    counting = [refusal for refusal in refusals if refusal.at > created_at and not _is_met(refusal, given)]
    if counting:
        what = f"Total Expert refused a new contact: {counting[-1].said}."
        finding = make_finding(FindingLevel.BAD, _TE, "groups-required", what)
        return [asking(finding, _ask_which_groups(sent))]
    if named is not None:
        what = (
            f"The profile says which groups a new contact needs: {_quoted(named)}."
            if named
            else "The profile says that a new contact needs no group."
        )
        return [make_finding(FindingLevel.OK, _TE, "groups-said", what)]
    what = "Which groups a new contact must have can't be read: Total Expert has no list of them."
    finding = make_finding(FindingLevel.OPEN, _TE, "groups-unknown", what)
    return [asking(finding, _ask_which_groups(sent))]


def _is_met(refusal: GroupRefusal, sent: Collection[str]) -> bool:
    """Return True if a refusal names groups, and all of them are sent now."""
    names = [label_key(name) for name in _QUOTED.findall(refusal.said)]
    return bool(names) and all(name in sent for name in names)


def _ask_which_groups(sent: Sequence[str]) -> AdminRequest:
    now = f"We put each new contact into {_quoted(sent)}." if sent else "We put a new contact into no group."
    message = (
        "Some organisations require groups on a new contact, or POST /contacts fails, and no endpoint lists them. Does "
        f"ours? Please send us the names of all groups that a new contact must have. {now}"
    )
    return AdminRequest(Administrator.TOTAL_EXPERT, "Required groups", message)


# -- owners --------------------------------------------------------------------------------------------------


class OwnerTies(Struct, frozen=True):
    """How the loan officers of SimpleNexus and the users of Total Expert are tied.

    `officers` is the number of active loan officers. `untied` are those of them whom no active user is tied to, by name
    and email. `left` are the names of the loan officers and users who left.
    """

    officers: int
    untied: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def judge_ties(ties: OwnerTies) -> list[Finding]:
    """Return whether each active loan officer is tied to an active user, and who left."""
    found: list[Finding] = []
    untied = len(ties.untied)
    if ties.untied and untied == ties.officers:
        what = f"No loan officer has an active user in Total Expert: {say_few(ties.untied)}."
        finding = make_finding(FindingLevel.BAD, _SN, "nobody-tied", what)
        found.append(asking(finding, _ask_for_users(ties.untied)))
    elif ties.untied:
        people = f"{untied} of {ties.officers} loan officers {'has' if untied == 1 else 'have'}"
        what = f"{people} no active user in Total Expert: {say_few(ties.untied)}."
        finding = make_finding(FindingLevel.OPEN, _SN, "officers-untied", what)
        found.append(asking(finding, _ask_for_users(ties.untied)))
    elif ties.officers:
        what = f"All {ties.officers} loan officers are tied to users of Total Expert."
        found.append(make_finding(FindingLevel.OK, _SN, "owners-tied", what))
    if ties.left:
        people = "person" if len(ties.left) == 1 else "people"
        what = f"{len(ties.left)} {people} left, so nothing new is made for them: {say_few(ties.left)}."
        found.append(make_finding(FindingLevel.OK, _SN, "owners-left", what))
    return found


def _ask_for_users(untied: Sequence[str]) -> AdminRequest:
    message = (
        "These loan officers of SimpleNexus have no active user in Total Expert with the same email:\n"
        f"{bullets(untied)}\n"
        "Their contacts can't be matched. Are they users under another email? Then please tell us which. If they are "
        "to be users and are not yet, please add them."
    )
    return AdminRequest(Administrator.TOTAL_EXPERT, "Users for loan officers", message)


# -- BETA endpoints ------------------------------------------------------------------------------------------


class WriteEvidence(Struct, frozen=True):
    """What the book says of an endpoint that only a write can try. Times are in seconds since 1970, UTC; 0 is never."""

    arrived: float = 0.0
    refused: float = 0.0


def judge_applications(level: FindingLevel, *, offered: bool) -> Finding:
    """Return whether this client may read loan applications, which is BETA. `level` is that of a no."""
    if offered:
        what = "Loan applications can be read. The endpoint is BETA: it may change without notice."
        return make_finding(FindingLevel.OK, _SN, "beta-on", what)
    what = "SimpleNexus does not let this client read loan applications (BETA)."
    finding = make_finding(level, _SN, "applications-off", what)
    return asking(finding, _ask_for_beta("loan applications", (LIST_APPLICATIONS, READ_APPLICATION)))


def judge_beta_write(endpoint: Endpoint, what_for: str, seen: WriteEvidence, level: FindingLevel) -> Finding:
    """Return what is known of a BETA endpoint that only a write can try. `level` is that of a no.

    `what_for` says in a few words what the endpoint does, such as "create prospects".
    """
    if seen.refused > seen.arrived:
        what = f"SimpleNexus does not let this client {what_for} (BETA): it refused the last try."
        finding = make_finding(level, _SN, "beta-off", what)
        return asking(finding, _ask_for_beta(what_for, (endpoint,)))
    if seen.arrived:
        what = f"This client may {what_for} (BETA): it has done so before."
        return make_finding(FindingLevel.OK, _SN, "beta-on", what)
    what = f"Whether this client may {what_for} (BETA) can't be known without writing, and doctor writes nothing."
    finding = make_finding(FindingLevel.OPEN, _SN, "beta-unknown", what)
    return asking(finding, _ask_for_beta(what_for, (endpoint,)))


def judge_prospects(seen: WriteEvidence, level: FindingLevel) -> Finding:
    """Return what is known of creating prospects."""
    return judge_beta_write(CREATE_PROSPECT, "create prospects", seen, level)


def judge_app_shares(seen: WriteEvidence) -> Finding:
    """Return what is known of sharing the app."""
    return judge_beta_write(SHARE_APP, "share the app", seen, FindingLevel.WARN)


def _ask_for_beta(what_for: str, endpoints: Sequence[Endpoint]) -> AdminRequest:
    message = (
        "Our desk uses these endpoints, which the API description marks BETA:\n"
        f"{bullets(endpoint_lines(*endpoints))}\n"
        "Please switch them on for our API client, or tell us that they are on."
    )
    return AdminRequest(Administrator.SIMPLENEXUS, f"BETA endpoints: {what_for}", message)


# -- the signing secret, and what could not be looked at -----------------------------------------------------


def judge_signing_secret(*, is_set: bool) -> Finding:
    """Return whether the secret is set up with which SimpleNexus signs its webhooks."""
    if is_set:
        what = "The secret with which SimpleNexus signs its webhooks is set up."
        return make_finding(FindingLevel.OK, SETTINGS, "signing-secret", what)
    what = (
        "The secret with which SimpleNexus signs its webhooks is not set up, so brokerdesk takes no webhooks."
    )
    finding = make_finding(FindingLevel.OPEN, SETTINGS, "no-signing-secret", what)
    message = (
        "nCino Mortgage signs each webhook with HMAC-SHA256, in the header x-api-signature. The API's description does "
        "not say where the secret comes from. Where do we find or set the secret for our API client? Please don't send "
        "it by email."
    )
    return asking(finding, AdminRequest(Administrator.SIMPLENEXUS, "Secret of the webhooks", message))


def judge_unread(
    system: System, what: str, problem: ConnectionProblem, endpoint: Endpoint, level: FindingLevel
) -> Finding:
    """Return that something was not checked. `level` is that of an endpoint that is refused to this client.

    `what` names the checks, such as "insight types".
    """
    if problem.code != FORBIDDEN:
        return judge_unchecked(system.value, what, problem.message)
    said = f"{display_name(system)} does not let this client read {what}, so they were not checked."
    finding = make_finding(level, system.value, "endpoint-off", said)
    message = (
        "Our API client is refused this endpoint:\n"
        f"{bullets(endpoint_lines(endpoint))}\n"
        "Please switch it on for our API client."
    )
    return asking(finding, AdminRequest(ASKED_ABOUT[system], f"Permission to read {what}", message))


def judge_unchecked(about: str, what: str, why: str) -> Finding:
    """Return that something was not checked, and why. `why` is a sentence."""
    return make_finding(FindingLevel.OPEN, about, "not-checked", f"Not checked: {what}. {why}")


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)
