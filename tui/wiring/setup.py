"""Making a profile, looking whether all is well, and what serves or checks others: the listener, a gateway."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from core.errors import DeskError, UsageError
from core.push.plan import System
from data.configuration.definition import Profile, SystemSettings, TotalExpertSettings
from data.loopback import is_loopback
from data.settings import (
    Settings,
    find_calculations_secret,
    find_home,
    find_listen_secret,
    has_secret,
    login_name,
    not_configured,
    read_agents,
    read_new_contacts,
    read_one_way,
    read_send_hours,
    read_ties,
    secret_variable,
)
from data.synced_folder import refuse_synced

if TYPE_CHECKING:
    from core.diagnostics.asks import MessageSender
    from core.diagnostics.findings import Finding
    from core.diagnostics.records import VendorChange
    from core.diagnostics.system_findings import SystemSeen
    from core.diagnostics.tenants import SimpleNexusTenant, TenantEvidence, TenantTerms, TotalExpertTenant
    from core.push.ports import Book
    from core.webhooks.records import WebhookRecord
    from data.new_profile import Tried
    from data.vendors.gateway_check.findings import Checked
    from data.vendors.http.client import HttpClient
    from data.vendors.simplenexus.client import SimpleNexus
    from tui.wiring.book import OpenBook
from tui.wiring.book import open_book
from tui.wiring.field_maps import read_maps
from tui.wiring.milestones import receiving_app
from tui.wiring.systems import (
    CONTACT_SYSTEMS,
    check_folder,
    contact_systems,
    flex_systems,
    reach,
    warm,
)
from tui.wiring.webhooks import WebhookLook

_CHECK_RATE: Final = 500.0
_NO_LIMIT: Final = 600_000.0
"""Requests a minute that the check of a gateway sends at most."""


def secret_in_environment(system: System) -> str:
    """Return a system's secret where the environment holds it, else ""."""
    return os.environ.get(secret_variable(system), "")


def no_address(settings: Settings, system: System) -> UsageError:
    """Return the error of a profile that does not say where a system is."""
    return not_configured(settings, system)


async def check_gateway(system: System, url: str, client_id: str, secret: str, card: str = "") -> Checked:
    """Hold a gateway against our contract, on records of the check's own making. Raises `UsageError`.

    `card` is a card of BrokerEngine on which FLEX IDs may be written; what was there is put back.
    """
    from data.vendors.gateway_check import check
    from data.vendors.http import client

    rate = _NO_LIMIT if url.startswith("http:") else _CHECK_RATE  # http reaches this machine only
    way = client.HttpClient(client.SystemAddress(system, url, client_id, secret, rate=rate))
    try:
        return await check.check_gateway(way, secrets.token_hex(5), card=card)
    finally:
        await way.close()


def write_gateway(folder: Path) -> tuple[Path, ...]:
    """Write a small gateway to start from; return its files. Raises the errors of `data.gateway_start.write`."""
    from data.gateway_start import write

    return write.write_gateway(folder)


def is_this_machine(host: str) -> bool:
    """Return True if a host, by name or number, is this machine and no other can reach it."""
    return is_loopback(host)


def listened_paths(settings: Settings) -> tuple[str, str | None]:
    """Return the paths at which the listener takes webhooks, and calculations if their secret is set up."""
    from data import listener

    calculations = has_secret(find_calculations_secret, settings)
    return listener.PATH, listener.CALCULATIONS if calculations else None


async def listen(settings: Settings, host: str, port: int, when_ready: Callable[[str, int], None]) -> None:
    """Take webhooks and calculations into a profile's inbox until it has to end.

    Raises `UsageError` if the secret of the webhooks is not set up, `DeskError` (port-in-use).
    """
    from data import listener

    await asyncio.to_thread(refuse_synced, settings.home)
    await listener.listen(host, port, await receiving_app(settings), when_ready)


async def examine(settings: Settings, wires: Mapping[System, HttpClient] | None = None) -> list[Finding]:
    """Examine a profile's settings, systems, book and files, and return the findings in order. Changes nothing.

    `wires` are the connections of an open desk. Without them connections are made, with Total Expert's kept token, and
    the findings say how many requests were sent.
    """
    await warm("core.diagnostics.findings", "core.diagnostics.system_findings", "data.diagnostics")
    from core.diagnostics import findings as judge
    from core.diagnostics import system_findings as systems
    from data import diagnostics as look

    findings = await _judge_settings(settings)
    tenants: _Tenants | None = None
    webhooks = WebhookLook(settings)
    async with AsyncExitStack() as stack:
        found = dict(wires) if wires is not None else await _each_wire(settings, findings, stack)
        if contact_systems(settings) == CONTACT_SYSTEMS:
            tenants = _Tenants(settings)
        for seen in await asyncio.gather(*(_look(wire, tenants) for wire in found.values())):
            findings += systems.judge_system(seen)
            if seen.trouble is None:
                await webhooks.read({seen.system: found[seen.system]})
        if tenants is not None:
            await tenants.read_aliases()
        sent = {} if wires is not None else {system: wire.requests for system, wire in found.items()}
    told = await _look_in_book(settings)
    findings += told.findings
    if tenants is not None:
        findings += await tenants.judge(told.evidence)
    findings += await webhooks.judge(told.webhooks)
    findings += _changes(told.changes)
    findings += [systems.judge_requests(system, number) for system, number in sent.items()]
    findings += await _judge_book(settings, told.unreadable)
    findings += judge.judge_files(await asyncio.to_thread(look.look_at_files, settings))
    return judge.in_order(list(dict.fromkeys(findings)))


async def _judge_book(settings: Settings, unreadable: DeskError | None) -> list[Finding]:
    """Return the findings about the book. `unreadable` says why it can't be read, None if it can."""
    from core.diagnostics import findings as judge
    from data import diagnostics as look

    if not settings.has_team_book:
        return judge.judge_book(await asyncio.to_thread(look.look_at_book, settings, unreadable))
    if unreadable is not None:
        return judge.judge_team_book(judge.TeamBookSeen("", look.trouble_of(unreadable)))

    def look_at_it() -> judge.TeamBookSeen:
        from data.team_book.look import look_at_team_book

        return look_at_team_book(settings)

    return judge.judge_team_book(await asyncio.to_thread(look_at_it))


class _InBook(NamedTuple):
    """What the book says: its findings, earlier writes, changes at the vendors, webhooks of this desk.

    `unreadable` says why the book can't be read, None if it can.
    """

    findings: list[Finding]
    evidence: TenantEvidence
    changes: list[VendorChange]
    webhooks: list[WebhookRecord]
    unreadable: DeskError | None = None


async def _look_in_book(settings: Settings) -> _InBook:
    """Read what doctor needs of the book."""
    await warm("core.diagnostics.tenants", "core.diagnostics.changes")
    from core.diagnostics.records import VendorChange
    from core.diagnostics.tenants import TenantEvidence, evidence_in
    from core.webhooks.records import WebhookRecord

    try:
        book = await open_book(settings, write=False)
        try:
            findings = [*await _careful_start(settings, book), *await _calculations(settings, book)]
            changes, hooks = await book.all(VendorChange), await book.all(WebhookRecord)
            return _InBook(findings, await evidence_in(book), changes, hooks)
        finally:
            book.close()
    except DeskError as error:
        return _InBook([], TenantEvidence(), [], [], error)


def _changes(kept: list[VendorChange]) -> list[Finding]:
    """Return what has changed at the vendors, by the book (`kept`) and by what this process saw."""
    from core.diagnostics.changes import judge_changes, merged
    from data.vendors.http import drift

    return judge_changes(merged(kept, drift.report(), time.time()))


async def mark_changes_known(settings: Settings, open_one: OpenBook | None = None) -> int:
    """Mark what has changed at the vendors as known. Return how many changes were new.

    `open_one` is the book if it is open for writing; without it the book is opened. Raises `BookClosed`.
    """
    await warm("core.diagnostics.changes")
    from core.diagnostics.changes import mark_known
    from data.vendors.http import drift

    if open_one is not None:
        return await mark_known(open_one, drift.take(), settings.operator, time.time())
    book = await open_book(settings, write=True)
    try:
        if book.read_only is not None:
            raise book.read_only
        return await mark_known(book, drift.take(), settings.operator, time.time())
    finally:
        book.close()


async def _look(wire: HttpClient, tenants: _Tenants | None) -> SystemSeen:
    """Look at one system, and then at what the organisation has set up there, if the system answers."""
    from data import diagnostics as look

    seen = await look.look_at(wire)
    if tenants is not None and seen.trouble is None:
        await tenants.read(wire)
    return seen


class _Tenants:
    """What the organisation has set up in both contact systems, read system by system and judged at the end."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._simplenexus: SimpleNexus | None = None
        self._ours: SimpleNexusTenant | None = None
        self._theirs: TotalExpertTenant | None = None

    async def read(self, wire: HttpClient) -> None:
        """Read what is set up in one system. A system that is not a contact system has nothing to read."""
        await warm("data.vendors.tenants")
        from data.vendors.simplenexus.client import SimpleNexus
        from data.vendors.tenants import read_simplenexus, read_total_expert
        from data.vendors.total_expert.client import TotalExpert

        match wire.address.system:
            case System.SIMPLENEXUS:
                self._simplenexus = SimpleNexus(wire)
                self._ours = await read_simplenexus(self._simplenexus)
            case System.TOTAL_EXPERT:
                self._theirs = await read_total_expert(TotalExpert(wire, ""))
            case System.BROKERENGINE | System.FLEX:
                return

    async def read_aliases(self) -> None:
        """Read the aliases of loan officers whom no user is tied to by email.

        If the operator's table of ties can't be read, it ties nobody.
        """
        if self._simplenexus is None or self._ours is None or self._theirs is None:
            return
        from data.vendors.tenants import read_aliases

        try:
            ties = read_ties(self._settings)
        except DeskError:
            ties = {}
        self._ours = await read_aliases(self._simplenexus, self._ours, self._theirs, ties)

    async def judge(self, evidence: TenantEvidence) -> list[Finding]:
        """Return the findings. `evidence` is what earlier writes showed."""
        from core.diagnostics import findings as judge
        from core.diagnostics.tenants import judge_tenants

        try:
            terms = await asyncio.to_thread(_tenant_terms, self._settings)
        except DeskError as error:
            return [judge.bad(judge.SETTINGS, error)]
        return judge_tenants(terms, self._ours, self._theirs, evidence)


def _tenant_terms(settings: Settings) -> TenantTerms:
    """Return what a profile needs of the organisation's set-up. Raises `UsageError`."""
    from core.diagnostics.tenants import TenantTerms
    from data.maps.milestones import read_milestones

    said = settings.profile.total_expert or TotalExpertSettings()
    return TenantTerms(
        read_milestones(settings),
        read_agents(settings),
        settings.profile.writes == "desk",
        read_ties(settings),
        read_new_contacts(settings).groups,
        said.required_groups,
        settings.profile.scope.groups,
        has_secret(find_listen_secret, settings),
    )


def sender_of(settings: Settings) -> MessageSender:
    """Return who sends the messages to administrators: the operator, and the client id of each system."""
    from core.diagnostics.asks import MessageSender

    said = {system: settings.profile.system(system) for system in System}
    return MessageSender(
        settings.operator, {system: one.client_id for system, one in said.items() if one is not None}
    )


async def _careful_start(settings: Settings, book: Book) -> list[Finding]:
    """Return how far the careful start of a live profile is, a finding for each kind that the profile can send."""
    if not settings.profile.is_careful:
        return []
    await warm("core.diagnostics.findings", "core.receipts.careful_start")
    from core.diagnostics import findings as judge
    from core.receipts.careful_start import CarefulKind, CarefulStart, progress_in_words

    cards = [CarefulKind.CARDS] if settings.has_cards else []
    contacts = [CarefulKind.PROSPECTS, CarefulKind.CONTACTS, CarefulKind.MILESTONES]
    careful = CarefulStart(book, on=True)
    return [
        judge.make_finding(
            judge.FindingLevel.OK,
            judge.SETTINGS,
            "careful-progress",
            progress_in_words(kind, await careful.arrived(kind)),
        )
        for kind in (*cards, *(contacts if contact_systems(settings) else []))
    ]


async def _calculations(settings: Settings, book: Book) -> list[Finding]:
    """Return a warning if the desk sends Ran Calculation and nothing reports calculations."""
    sends = bool(contact_systems(settings)) and settings.profile.writes == "desk"
    if not sends or await asyncio.to_thread(has_secret, find_calculations_secret, settings):
        return []
    await warm("core.diagnostics.findings", "data.maps.milestones")
    from core.diagnostics import findings as judge
    from core.milestones.calculations.report import NO_SOURCE
    from core.milestones.milestone_map import Milestone
    from core.milestones.records import WatchState
    from data.maps.milestones import read_milestones

    try:
        rows = (await asyncio.to_thread(read_milestones, settings)).rows
    except DeskError as error:
        return [judge.bad(judge.SETTINGS, error)]
    reported = any(watch.calculated for watch in await book.all(WatchState))
    if reported or rows[Milestone.RAN_CALCULATION].off:
        return []
    return [judge.make_finding(judge.FindingLevel.WARN, judge.SETTINGS, "no-calculations", NO_SOURCE)]


async def _each_wire(
    settings: Settings, findings: list[Finding], stack: AsyncExitStack
) -> dict[System, HttpClient]:
    """Return a connection to each system of a profile. A connection that can't be made becomes a finding."""
    await warm("core.diagnostics.findings")
    from core.diagnostics import findings as judge
    from core.diagnostics.access import asking_for_access

    found: dict[System, HttpClient] = {}
    try:
        wanted = (*flex_systems(settings), *contact_systems(settings))
        if settings.embedded:
            return {system: way.wire for system, way in (await reach(settings, wanted, stack)).items()}
    except DeskError as error:
        findings.append(judge.bad(judge.SETTINGS, error))
        return found
    for system in wanted:
        try:
            found[system] = (await reach(settings, [system], stack))[system].wire
        except DeskError as error:
            findings.append(asking_for_access(system, judge.bad(system.value, error)))
    return found


async def _judge_settings(settings: Settings) -> list[Finding]:
    """Return the findings about a profile's settings and about the files that the settings name."""
    await warm("core.diagnostics.findings")
    from core.diagnostics import findings as judge

    findings: list[Finding] = []
    for read in (read_one_way, read_ties, read_new_contacts, read_send_hours, read_maps):
        try:
            await asyncio.to_thread(read, settings)
        except DeskError as error:
            findings.append(judge.bad(judge.SETTINGS, error))
    try:
        check_folder(settings)
    except UsageError as missing:
        findings.append(judge.bad(System.BROKERENGINE.value, missing))
    contacts = () if settings.embedded else contact_systems(settings)
    writes = settings.profile.writes if contact_systems(settings) else ""
    return [
        *judge.judge_settings(settings.name, live=settings.profile.live, writes=writes),
        *judge.judge_pair(contacts),
        *findings,
    ]


def who_is_logged_in() -> str:
    """Return the name that whoever runs this is logged in by."""
    return login_name()


def secret_variable_of(system: System) -> str:
    """Name the environment variable that can hold a system's secret."""
    return secret_variable(system)


def check_not_synced(home: str | None) -> None:
    """Raise `BookClosed` where a cloud drive syncs brokerdesk's home."""
    refuse_synced(find_home(home))


def check_profile_name(home: str | None, name: str) -> None:
    """Raise `UsageError` where a new profile can't be called so."""
    from data import new_profile

    new_profile.check_name(find_home(home), name)


def check_system_address(system: System, url: str) -> None:
    """Raise `UsageError` for an address that is neither https nor on this machine."""
    from data import new_profile

    new_profile.check_address(system, url)


def check_one_way(home: str | None, one_way: str) -> None:
    """Raise `UsageError` where the list of those who go one way alone can't be read."""
    read_one_way(Settings(find_home(home), "new", Profile(one_way=one_way)))


def read_answers(text: str) -> dict[str, object]:
    """Read a new profile's keys as TOML. Raises `UsageError`."""
    from data import new_profile

    return new_profile.read_answers(text)


def typed_answers(home: str | None, name: str, values: Mapping[str, object]) -> dict[str, object]:
    """Return a new profile's values as their kinds. Raises `UsageError` naming the key that is wrong."""
    from data import new_profile

    return new_profile.typed(find_home(home), name, values)


async def try_sign_in(system: System, url: str, client_id: str, secret: str) -> Tried:
    """Sign in to a system and read a little. Raises `Unreachable`, `UsageError` saying what is wrong."""
    await warm("data.new_profile")
    from data import new_profile

    return await new_profile.try_system(system, SystemSettings(url=url, client_id=client_id), secret)


def add_new_profile(home: str | None, name: str, values: Mapping[str, object]) -> tuple[Settings, bool]:
    """Add a profile to config.toml; gives it, and whether it is the one used unnamed. Raises `UsageError`."""
    from data import new_profile

    return new_profile.add_profile(find_home(home), name, values)


@contextmanager
def secrets_of_new_profile(home: str | None, name: str) -> Iterator[Callable[[str, str], Path | None]]:
    """Yield a function that stores the secret of a system. If the block does not make the profile, none is stored."""
    from data.secrets import kept_together

    place = find_home(home)
    with kept_together(place, lambda: _has_profile(place, name)) as keep:
        yield lambda system, secret: keep(f"{name}:{system}", secret)


def _has_profile(home: Path, name: str) -> bool:
    from data import new_profile

    try:
        new_profile.check_name(home, name)
    except UsageError as error:
        return error.code == "profile-exists"
    return False


def keyring_trouble(settings: Settings, name: str) -> str:
    """Return why the keyring can't hold a secret, as a clause; "" if there is none, or nothing is wrong with it."""
    from data.secrets import why_no_keyring

    return why_no_keyring(f"{settings.name}:{name}")


def keep_profile_secret(settings: Settings, name: str, secret: str) -> Path | None:
    """Store a secret of a profile: in the keyring, else in a file, which is given then. Raises `UsageError`."""
    from data.secrets import keep_secret

    return keep_secret(settings.home, f"{settings.name}:{name}", secret)
