"""The operator's settings: config.toml with its profiles, the folders of the desk, and the secrets."""

from __future__ import annotations

import difflib
import getpass
import os
import re
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

from core.compare.keys import email_key
from core.decoding.typed_json import convert_value
from core.errors import UsageError
from core.local_forms import Country, DeskTime, LocalZone, country_of, machine_zone, zone_named
from core.push.plan import System
from core.systems import config_key, display_name
from core.texts import without_lone_surrogates
from data.configuration.definition import (
    EMBEDDED,
    AgentSettings,
    Config,
    Profile,
    TotalExpertSettings,
    is_profile_name,
)
from data.loopback import leads_away
from data.operator_files.paths import expanded_path
from data.operator_files.text_file import UnreadableText, read_text_file
from data.operator_files.toml_text import BadToml, parse_toml
from data.secrets import find_kept, why_no_keyring

if TYPE_CHECKING:
    from core.contacts.match.roles import AgentRule
    from core.contacts.payloads import NewContactOptions
    from core.send_hours import SendHours


class Settings(Struct, frozen=True):
    """The settings of one run: a profile, its name, and the home of the desk, which holds a folder per profile."""

    home: Path
    name: str
    profile: Profile

    @property
    def embedded(self) -> bool:
        """True if the desk runs on the built-in sandbox."""
        return self.name == EMBEDDED

    @property
    def has_cards(self) -> bool:
        """True if there is a desk of cards. A profile may have a contact desk only.

        A profile that names no system has a desk of cards: they are imported, and entered into FLEX by hand.
        """
        profile = self.profile
        names_contacts = profile.simplenexus is not None or profile.total_expert is not None
        names_cards = profile.flex is not None or profile.brokerengine is not None
        return self.embedded or names_cards or not names_contacts

    @property
    def country(self) -> Country:
        """The country of the desk: what the profile says, else the country of its systems."""
        return country_of(self.profile.country, has_cards=self.has_cards)

    @property
    def folder(self) -> Path:
        """The folder of the profile's book."""
        return self.home / self.name

    @property
    def has_team_book(self) -> bool:
        """True if the book is a database that a team shares; False if it is in `folder`."""
        return self.profile.book.startswith(("postgresql://", "postgres://"))

    @property
    def operator(self) -> str:
        """The name of the person who confirms: what the profile says, else the login name."""
        return self.profile.operator or login_name()


def find_home(given: str | None, environment: Mapping[str, str] = os.environ) -> Path:
    """Return the desk's home: `given`, else BROKERDESK_HOME, else the platform's folder for application data."""
    if chosen := given or environment.get("BROKERDESK_HOME"):
        return expanded_path(chosen).absolute()
    from platformdirs import user_data_path  # noqa: PLC0415 - not needed where a home is given

    return user_data_path("brokerdesk", appauthor=False)


def sandbox_state(home: Path) -> Path:
    """Return the folder in which the built-in sandbox keeps its records."""
    return home / EMBEDDED / "systems"


def load_settings(home: Path, profile: str | None) -> Settings:
    """Read config.toml and pick a profile: `profile`, else the file's own choice, else the built-in sandbox.

    Raises `UsageError` naming the key that is wrong.
    """
    config = _read(home / "config.toml")
    name = profile or config.profile or EMBEDDED
    if name == EMBEDDED:
        return Settings(home, EMBEDDED, Profile(named_workspace=EMBEDDED, writer="desk"))
    if name not in config.profiles:
        raise unknown_profile(home, name, config.profiles)
    return Settings(home, name, config.profiles[name])


def unknown_profile(home: Path, name: str, known: Collection[str]) -> UsageError:
    """Return the error of a name that is not one of the `known` profiles of config.toml."""
    message = f"There is no profile “{name}” in {home / 'config.toml'}."
    if near := difflib.get_close_matches(name, known, 1):
        return UsageError("unknown-profile", message, when="a profile has nearly that name", near=near[0])
    return UsageError("unknown-profile", message, profiles=", ".join([EMBEDDED, *known]))


def check_live(settings: Settings) -> None:
    """Raise `UsageError` if a profile reaches another machine without `live`, or is live without a workspace.

    A vendor's test tenant has the production address and other credentials, so the address can't tell them apart.
    """
    profile, config = settings.profile, settings.home / "config.toml"
    for system in System:
        chosen = profile.system(system)
        if not profile.live and chosen is not None and chosen.url and leads_away(chosen.url):
            raise UsageError(
                "not-live",
                f"{config}: profile “{settings.name}” reaches {display_name(system)} on another machine, "
                "and does not say live = true.",
                profile=settings.name,
            )
    if profile.live and profile.named_workspace is None:
        message = f"{config}: profile “{settings.name}” is live and names no workspace."
        if (settings.folder / "book.log").exists():
            raise UsageError(
                "no-workspace",
                message,
                when="the profile has a book",
                profile=settings.name,
            )
        raise UsageError("no-workspace", message, profile=settings.name)


def not_configured(settings: Settings, system: System) -> UsageError:
    """Return the error of a profile that does not say where a system is."""
    message, config = (
        f"Profile “{settings.name}” does not say where {system} is.",
        settings.home / "config.toml",
    )
    if system is System.BROKERENGINE:
        return UsageError(
            "not-configured",
            message,
            when="the system is BrokerEngine",
            profile=settings.name,
            config=config,
        )
    return UsageError(
        "not-configured", message, profile=settings.name, section=config_key(system), config=config
    )


def read_text(file: Path) -> str:
    """Return the text of config.toml; "" if there is no such file. Raises `UsageError`."""
    try:
        return read_text_file(file)
    except FileNotFoundError:
        return ""
    except UnreadableText as error:
        raise UsageError(
            "bad-config", f"{file} can't be read: {error}.", when="the file can't be read"
        ) from None


def _read(file: Path) -> Config:
    return parse_config(file, read_text(file))


def parse_config(file: Path, text: str) -> Config:
    """Parse the text of config.toml. Raises `UsageError` naming the key that is wrong. `file` is for the message."""
    raw = parse_table(file, text)
    with suppress(msgspec.ValidationError):
        config = convert_value(raw, Config)
        if all(map(is_profile_name, config.profiles)):
            return config
    from data.configuration.shape import ShapeCheck  # noqa: PLC0415 - only a wrong file needs it
    from data.operator_files.toml_lines import key_lines  # noqa: PLC0415 - only an error needs it

    raise next(ShapeCheck(file, key_lines(text)).problems(raw)).error


def parse_table(file: Path, text: str) -> dict[str, Any]:
    """Return the text of config.toml as a table, with its keys as they are. Raises `UsageError`."""
    try:
        return parse_toml(text)
    except BadToml as error:
        raise UsageError(
            "bad-config", f"{file} is not TOML: {error}.", when="the text is not TOML"
        ) from error


def read_one_way(settings: Settings) -> frozenset[str]:
    """Read the emails of the loan officers and contacts that the one-way integration carries, stripped and folded.

    "none" means nobody. A file has one email per line; a line that begins with # is a comment. Raises `UsageError`
    naming the line that is not an email.
    """
    if settings.profile.one_way == "none":
        return frozenset()
    file = settings.home / expanded_path(settings.profile.one_way)
    try:
        lines = read_text_file(file).splitlines()
    except FileNotFoundError:
        raise UsageError(
            "bad-one-way", f"{file} can't be read: it is not there.", profile=settings.name
        ) from None
    except UnreadableText as error:
        raise UsageError("bad-one-way", f"{file} can't be read: {error}.", profile=settings.name) from None
    keys: set[str] = set()
    for number, line in enumerate(lines, 1):
        email = line.strip()
        if not email or email.startswith("#"):
            continue
        if not _EMAIL.fullmatch(email):
            raise UsageError(
                "bad-one-way", f"{file}: line {number} isn't an email.", when="a line isn't an email"
            )
        keys.add(email_key(email))
    return frozenset(keys)


def read_ties(settings: Settings) -> dict[str, str]:
    """Return the operator's own ties, {email of a Total Expert user: email of a loan officer}. Raises `UsageError`."""
    for pair in settings.profile.owners.items():
        for email in pair:
            if not _EMAIL.fullmatch(email.strip()):
                raise UsageError(
                    "bad-config",
                    f"{settings.home / 'config.toml'}: profiles.{settings.name}.owners: “{email}” isn't an email.",
                    when="an owner isn't an email",
                )
    return dict(settings.profile.owners)


def read_send_hours(settings: Settings) -> SendHours | None:
    """Return the hours in which contacts are reached; None if the profile names none. Raises `UsageError`.

    The profile's own time is that of `read_zone`.
    """
    from core.send_hours import SendHours, has_zones, hours_of  # noqa: PLC0415 - few profiles need it

    profile, where = settings.profile, f"{settings.home / 'config.toml'}: profiles.{settings.name}"
    own = read_zone(settings)
    if not profile.send_hours:
        return None
    try:
        hours = hours_of(profile.send_hours)
    except ValueError as error:
        message = f"{where}.send_hours: “{profile.send_hours}” {error}."
        raise UsageError("bad-config", message, when="the hours can't be read") from None
    if not has_zones():
        message = f"{where}.send_hours: this machine does not know the time zones of the USA."
        raise UsageError("bad-config", message, when="the machine has no time zones")
    return SendHours(*hours, own)


def read_zone(settings: Settings) -> LocalZone:
    """Return the desk's time: that of the profile's `zone`, else that of this machine. Raises `UsageError`."""
    if not (name := settings.profile.zone):
        return machine_zone
    try:
        return zone_named(name)
    except ValueError:
        where = f"{settings.home / 'config.toml'}: profiles.{settings.name}.zone"
        message = f"{where}: this machine knows no time zone “{name}”."
        raise UsageError("bad-config", message, when="there is no such zone") from None


def read_desk_time(settings: Settings) -> DeskTime:
    """Return the desk's time zone with the forms of its country. Raises `UsageError` for an unknown zone."""
    return DeskTime(read_zone(settings), settings.country)


def read_new_contacts(settings: Settings) -> NewContactOptions:
    """Return what a new contact of Total Expert is given. Raises `UsageError` for a default that can't be one."""
    from core.contacts.payloads import DEFAULTABLE, NewContactOptions  # noqa: PLC0415 - few commands need it

    said = settings.profile.total_expert or TotalExpertSettings()
    for name in said.defaults:
        if name not in DEFAULTABLE:
            raise UsageError(
                "bad-config",
                f"{settings.home / 'config.toml'}: profiles.{settings.name}.total_expert.defaults: “{name}” can't "
                f"have a default. These can: {', '.join(sorted(DEFAULTABLE))}.",
                when="a field can't have a default",
            )
    groups = tuple(dict.fromkeys((*(said.required_groups or ()), *said.groups)))
    return NewContactOptions(said.source, groups, said.defaults)


SANDBOX_AGENTS: Final = AgentSettings(group="Realtor", title_field="professional_title")
"""The agents of the built-in sandbox: it has a group and a custom field of these names."""


def read_agents(settings: Settings) -> AgentRule:
    """Return by what an agent is recognised in Total Expert."""
    from core.contacts.match.roles import AgentRule  # noqa: PLC0415 - few commands need it

    said = (settings.profile.total_expert or TotalExpertSettings()).agents
    if settings.embedded:
        said = SANDBOX_AGENTS
    return AgentRule(**msgspec.structs.asdict(said))


_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")


def login_name() -> str:
    """Return the login name of the person who runs the program; "unknown" if there is none."""
    try:
        return without_lone_surrogates(getpass.getuser())
    except (OSError, KeyError):
        return "unknown"


def secret_variable(system: System) -> str:
    """Return the name of the environment variable that can hold a system's secret."""
    return f"BROKERDESK_{config_key(system).upper()}_SECRET"


def find_secret(settings: Settings, system: System, environment: Mapping[str, str] = os.environ) -> str:
    """Return a system's secret: from the environment if it is set there, else from the keyring.

    Raises `UsageError` if there is none.
    """
    return _find_secret(settings, system, secret_variable(system), environment)


def find_listen_secret(settings: Settings, environment: Mapping[str, str] = os.environ) -> str:
    """Return the secret with which webhooks are signed. The built-in sandbox has its own unless the environment says.

    Raises `UsageError` if there is none.
    """
    if settings.embedded:
        return environment.get(LISTEN_VARIABLE) or EMBEDDED
    return _find_secret(settings, "listen", LISTEN_VARIABLE, environment)


def find_calculations_secret(settings: Settings, environment: Mapping[str, str] = os.environ) -> str:
    """Return the secret with which reports of calculations are signed, as `find_listen_secret` does for webhooks."""
    if settings.embedded:
        return environment.get(CALCULATIONS_VARIABLE) or EMBEDDED
    return _find_secret(settings, "calculations", CALCULATIONS_VARIABLE, environment)


def has_secret(find: Callable[[Settings], str], settings: Settings) -> bool:
    """Return True if `find` finds a secret."""
    try:
        find(settings)
    except UsageError:
        return False
    return True


def find_notice_secret(settings: Settings, environment: Mapping[str, str] = os.environ) -> str:
    """Return the secret that Total Expert's notifications bear in their body; "" if there is none.

    Without it no notification of Total Expert is taken.
    """
    if secret := environment.get(NOTICE_VARIABLE):
        return secret
    kept = find_kept(settings.home, f"{settings.name}:notices")
    return kept or (EMBEDDED if settings.embedded else "")


NOTICE_VARIABLE: Final = "BROKERDESK_NOTICE_SECRET"
CALCULATIONS_VARIABLE: Final = "BROKERDESK_CALCULATIONS_SECRET"
LISTEN_VARIABLE: Final = "BROKERDESK_LISTEN_SECRET"
BOOK_VARIABLE: Final = "BROKERDESK_BOOK_SECRET"
"""Can hold the secret of a team's book; `data.team_book.profile_book` reads it."""


def _find_secret(settings: Settings, name: str, variable: str, environment: Mapping[str, str]) -> str:
    if secret := environment.get(variable):
        return secret
    stored = find_kept(settings.home, f"{settings.name}:{name}")
    if not stored:
        trouble = why_no_keyring(f"{settings.name}:{name}")
        raise UsageError(
            "no-secret",
            f"There is no secret for {name} in profile “{settings.name}”"
            f"{f', and {trouble}' if trouble else ''}.",
            variable=variable,
            profile=settings.name,
            system=name,
        )
    return stored
