"""The definition of config.toml: every key with its kind, its limits, its default and what it does.

`brokerdesk config schema`, docs/config.schema.json and docs/configuration.md are made from these classes.
"""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal, TypeAlias

from msgspec import Meta, Struct, field

from core.local_forms import Country
from core.push.plan import System

EMBEDDED: Final = "sandbox"
"""The name of the built-in profile, which is used if no other is named. A config file can't define it."""
PROFILE_NAME: Final = "[A-Za-z0-9][A-Za-z0-9_-]{0,39}"
"""The names that a profile can have, as a regular expression."""


UNNAMED_WORKSPACE: Final = "default"
"""The workspace of a profile that names none. Earlier versions let a live profile do that."""

Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=255)]
_LONG_AGO: Final = 365


class SystemSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How brokerdesk reaches one system."""

    url: Annotated[
        str,
        Meta(
            description="The address of the system: https, or http to this machine.",
            examples=["https://gateway.example.com"],
        ),
    ] = ""
    client_id: Annotated[
        str,
        Meta(
            description="The client id that the system's administrator gave you. The secret is not in this file.",
            examples=["desk"],
        ),
    ] = ""
    settle: Annotated[
        float,
        Meta(
            ge=0,
            le=86_400,
            description="Seconds before a write without a reply is looked up.",
            examples=[60.0],
        ),
    ] = 60.0
    rate: Annotated[
        float,
        Meta(
            gt=0,
            le=100_000,
            description="How many requests a minute brokerdesk sends at most.",
            examples=[500.0],
        ),
    ] = 500.0
    deadline: Annotated[
        float,
        Meta(gt=0, le=600, description="Seconds for one request in all.", examples=[30.0]),
    ] = 30.0


class BrokerEngineSettings(SystemSettings, frozen=True):
    """How brokerdesk reaches BrokerEngine: by its `url`, or by a folder of files instead."""

    folder: Annotated[
        str,
        Meta(
            description="A folder with files of cards, from the home, instead of `url`.",
            examples=["exports/"],
        ),
    ] = ""
    columns: Annotated[
        str,
        Meta(
            description="Which column each header of these files is, as `brokerdesk import --columns` takes it.",
            examples=["Deal ID=card_id"],
        ),
    ] = ""

    @property
    def has_gateway(self) -> bool:
        """True if cards are read from a gateway: it has a `url`, or credentials that need one."""
        return bool(self.url or (self.client_id and not self.folder))


class AgentSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How Total Expert shows that a contact is a real estate agent. Names are those of Total Expert."""

    group: Annotated[
        str,
        Meta(
            max_length=255,
            description="New agents join this group, and its members are agents. Without it no partner is pushed.",
            examples=["Realtor"],
        ),
    ] = ""
    groups: Annotated[
        tuple[Name, ...],
        Meta(description="Other groups with agents as members.", examples=[["Builder"]]),
    ] = ()
    relations: Annotated[
        tuple[Name, ...],
        Meta(
            description="Relations to entities, by system name, that only agents have.",
            examples=[["realtor"]],
        ),
    ] = ()
    license: Annotated[bool, Meta(description="`true`: a licence number makes an agent.")] = True
    employer_license: Annotated[
        bool, Meta(description="`true`: a licence number of the employer makes an agent.")
    ] = True
    title_field: Annotated[
        str,
        Meta(
            max_length=255,
            description="The system name of the custom field for an agent's professional title.",
            examples=["professional_title"],
        ),
    ] = ""


class TotalExpertSettings(SystemSettings, frozen=True):
    """How brokerdesk reaches Total Expert, and what a new contact is given there."""

    source: Annotated[
        str,
        Meta(
            description="The source of brokerdesk's references among a contact's external ids. Never change it.",
            examples=["brokerdesk"],
        ),
    ] = "brokerdesk"
    groups: Annotated[
        tuple[Name, ...],
        Meta(description="Groups that every new contact joins.", examples=[["Past Client"]]),
    ] = ()
    required_groups: Annotated[
        tuple[Name, ...] | None,
        Meta(
            description="More groups that every new contact joins, without which the organisation refuses a contact. "
            "`[]` says that there are none.",
            examples=[[]],
        ),
    ] = None
    defaults: Annotated[
        dict[str, Name],
        Meta(
            description="Values for fields that a new contact does not have, by the names of Total Expert.",
            examples=[{"referred_by": "our app"}],
        ),
    ] = {}
    agents: Annotated[
        AgentSettings, Meta(description="How Total Expert shows that a contact is a real estate agent.")
    ] = AgentSettings()


class ScopeSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """The contacts that every sync is limited to. Without names there is no limit."""

    owners: Annotated[
        tuple[Name, ...],
        Meta(description="Loan officers or users, by email.", examples=[["dana@desk.example"]]),
    ] = ()
    groups: Annotated[
        tuple[Name, ...],
        Meta(description="Groups of Total Expert, by name.", examples=[["VIP"]]),
    ] = ()


class ListenSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where `brokerdesk listen` takes webhooks."""

    port: Annotated[int, Meta(ge=0, le=65_535, description="The port on this machine.", examples=[8765])] = (
        8765
    )


class Profile(Struct, frozen=True, forbid_unknown_fields=True):
    """One desk: its systems, its account and its rules."""

    live: Annotated[
        bool,
        Meta(
            description="`true`: pushes reach real systems, and the header says LIVE. A system on another machine "
            "needs it."
        ),
    ] = False
    label: Annotated[
        str,
        Meta(
            max_length=20,
            description="Shown next to LIVE instead of the profile's name, for example for a vendor's test tenant.",
            examples=["TEST"],
        ),
    ] = ""
    named_workspace: Annotated[
        Annotated[str, Meta(min_length=1, max_length=80)] | None,
        Meta(
            description="The name of the account. It is part of every reference, so never change it. A live profile "
            "needs one.",
            examples=["harbour-loans"],
        ),
    ] = field(name="workspace", default=None)
    book: Annotated[
        str,
        Meta(
            description="Where the book is: `tinydb` for a file on this computer, or the address of a team's "
            "PostgreSQL, without a password.",
            examples=["postgresql://desk@db.example.com/brokerdesk"],
        ),
    ] = "tinydb"
    operator: Annotated[
        str,
        Meta(
            description="The name of the person who confirms, kept with each push. Without it the login name.",
            examples=["m.hale"],
        ),
    ] = ""
    same_email_other_name: Annotated[
        Literal["hold", "link"],
        Meta(
            description="What happens to one email under clearly another first name: `hold` asks you, `link` links."
        ),
    ] = "hold"
    same_email_other_owner: Annotated[
        Literal["hold", "separate"],
        Meta(
            description="What happens to one email under two officers: `hold` asks you, `separate` keeps two people."
        ),
    ] = "hold"
    writer: Annotated[
        Literal["vendor", "desk"] | None,
        Meta(
            description="Who runs the sync: `vendor` (their own integration; brokerdesk only watches) or `desk`. "
            "Without it `vendor` in a live profile, else `desk`."
        ),
    ] = None
    one_way: Annotated[
        str,
        Meta(
            description="A file, from the home, with the emails of loan officers or contacts that the vendors' one-way "
            "integration handles, one a line. `none` means nobody.",
            examples=["one-way.txt"],
        ),
    ] = "none"
    auto_push: Annotated[
        bool,
        Meta(
            description="`true`: the app and the watch push users who are new since the first sync, unasked."
        ),
    ] = False
    at_most: Annotated[
        int,
        Meta(
            ge=1,
            le=1_000_000,
            description="How many records automatic work may touch at once. More waits for a person.",
            examples=[200],
        ),
    ] = 200
    careful_start: Annotated[
        bool,
        Meta(
            description="`true`: in a live profile, many records at once and automatic work wait until three small "
            "pushes have arrived."
        ),
    ] = True
    undo_days: Annotated[
        int,
        Meta(
            ge=0,
            le=_LONG_AGO,
            description="For how many days old values are kept for an undo. `0` keeps none.",
            examples=[7],
        ),
    ] = 7
    full_read_days: Annotated[
        int,
        Meta(
            ge=0,
            le=_LONG_AGO,
            description="After how many days both contact systems are read in full. `0`: every time.",
            examples=[7],
        ),
    ] = 7
    send_hours: Annotated[
        str,
        Meta(
            description="The hours in which people are contacted, in their own time. Without it at any time.",
            examples=["8-20"],
        ),
    ] = ""
    zone: Annotated[
        str,
        Meta(
            description="The time zone of the desk's days and times, and of contacts without a state. Without it the "
            "zone of this machine.",
            examples=["Australia/Sydney"],
        ),
    ] = ""
    country: Annotated[
        Country | None,
        Meta(
            description="How dates are written: `AU` or `US`. Without it `AU` for a desk with FLEX or BrokerEngine, "
            "else `US`."
        ),
    ] = None
    receipt_years: Annotated[
        int,
        Meta(ge=0, le=100, description="How many years receipts are kept. `0`: for ever.", examples=[7]),
    ] = 7
    lock_after: Annotated[
        int,
        Meta(
            ge=0,
            le=1_440,
            description="After how many minutes without a key or a click the app shows counts alone. `0`: never.",
            examples=[10],
        ),
    ] = 0
    proxy: Annotated[
        str,
        Meta(
            description="The proxy for https, without a name or password. The proxy of the environment is ignored.",
            examples=["http://proxy.example:3128"],
        ),
    ] = ""
    map: Annotated[
        str,
        Meta(
            description="The file, from the home, with your own changes to the field map. Without it `map.toml` in the "
            "profile's folder.",
            examples=["my-map.toml"],
        ),
    ] = ""
    milestones: Annotated[
        str,
        Meta(
            description="The file, from the home, with your own changes to the milestone map.",
            examples=["own.toml"],
        ),
    ] = ""
    theme: Annotated[
        str,
        Meta(
            description="The theme of the app. The palette (`ctrl+p`, *theme*) lists all themes.",
            examples=["harbour-light"],
        ),
    ] = ""
    notices: Annotated[
        Literal["never", "unfocused", "always"],
        Meta(
            description="When a desktop notice or the bell says that something needs you: `unfocused` only while you "
            "look at another window."
        ),
    ] = "unfocused"
    keys: Annotated[
        dict[str, str],
        Meta(
            description="Your own keys, by the name of the action (`?`, then `n`, lists the names).",
            examples=[{"push": "ctrl+s"}],
        ),
    ] = {}
    owners: Annotated[
        dict[str, str],
        Meta(
            description="Which user of Total Expert is which loan officer, where the emails differ.",
            examples=[{"jo@desk.example": "dana@desk.example"}],
        ),
    ] = {}
    scope: Annotated[ScopeSettings, Meta(description="The contacts that every sync is limited to.")] = (
        ScopeSettings()
    )
    brokerengine: Annotated[
        BrokerEngineSettings | None, Meta(description="BrokerEngine, or a folder of card files.")
    ] = None
    flex: Annotated[
        SystemSettings | None, Meta(description="FLEX. Without it cards are entered by hand.")
    ] = None
    simplenexus: Annotated[SystemSettings | None, Meta(description="SimpleNexus.")] = None
    total_expert: Annotated[TotalExpertSettings | None, Meta(description="Total Expert.")] = None
    listen: Annotated[ListenSettings, Meta(description="Where `brokerdesk listen` takes webhooks.")] = (
        ListenSettings()
    )

    @property
    def workspace(self) -> str:
        """The name of the account that is worked with. It is part of every reference."""
        return self.named_workspace or UNNAMED_WORKSPACE

    @property
    def writes(self) -> Literal["vendor", "desk"]:
        """Return who runs the sync: what the profile says; else `vendor` for a live profile and `desk` otherwise."""
        return self.writer or ("vendor" if self.live else "desk")

    @property
    def is_careful(self) -> bool:
        """True if many at once, and what is sent unasked, wait for three small pushes that have arrived."""
        return self.live and self.careful_start

    def system(self, system: System) -> SystemSettings | None:
        """Return the settings of one system; None if the profile does not have the system."""
        return {
            System.BROKERENGINE: self.brokerengine,
            System.FLEX: self.flex,
            System.SIMPLENEXUS: self.simplenexus,
            System.TOTAL_EXPERT: self.total_expert,
        }[system]


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file config.toml."""

    profile: Annotated[
        str,
        Meta(
            description="The profile that is used if none is named. Without it the built-in sandbox.",
            examples=["live"],
        ),
    ] = ""
    profiles: Annotated[
        dict[str, Profile],
        Meta(
            description="The profiles by their names.",
            extra_json_schema={
                "propertyNames": {"pattern": f"^(?:{PROFILE_NAME})$", "not": {"const": EMBEDDED}}
            },
        ),
    ] = {}


def is_profile_name(name: str) -> bool:
    """Return True if a profile can have this name: letters, digits, - and _, and not the name of the sandbox."""
    return name != EMBEDDED and re.fullmatch(PROFILE_NAME, name) is not None
