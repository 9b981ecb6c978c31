"""What administrators are asked for: the request of one finding, and the message that joins all requests to one person.

A message is plain text, ready to paste. It has exact names and endpoints, and never a secret or anything of a client.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from core.push.plan import System
from core.systems import display_name


class Administrator(StrEnum):
    """Whom to ask, in the words that a person reads."""

    TOTAL_EXPERT = "your Total Expert administrator"
    SIMPLENEXUS = "your SimpleNexus administrator, or nCino's support"
    FLEX = "your aggregator's CRM team"
    BROKERENGINE = "whoever runs the gateway to BrokerEngine"
    NETWORK = "whoever runs your network"
    DESK = "whoever looks after brokerdesk"


ASKED_ABOUT: Final[Mapping[System, Administrator]] = MappingProxyType(
    {
        System.BROKERENGINE: Administrator.BROKERENGINE,
        System.FLEX: Administrator.FLEX,
        System.SIMPLENEXUS: Administrator.SIMPLENEXUS,
        System.TOTAL_EXPERT: Administrator.TOTAL_EXPERT,
    }
)
"""Who is asked about a system."""
_CARDS: Final = (
    "We use brokerdesk, a desk on our own computers that pushes the cards of BrokerEngine to FLEX. It signs in as a "
    "client of the gateway's REST API."
)
_CONTACTS: Final = (
    "We use brokerdesk, a desk on our own computers. It keeps our contacts in SimpleNexus and Total Expert matched, "
    "and puts milestones of loan applications on Total Expert's contacts as insights. It signs in to the public APIs "
    "of both systems with client credentials."
)
_INTRODUCTIONS: Final[Mapping[Administrator, str]] = MappingProxyType(
    {
        Administrator.TOTAL_EXPERT: _CONTACTS,
        Administrator.SIMPLENEXUS: _CONTACTS,
        Administrator.FLEX: _CARDS,
        Administrator.BROKERENGINE: _CARDS,
        Administrator.NETWORK: _CONTACTS,
        Administrator.DESK: "brokerdesk has noticed something that its maintainers should know.",
    }
)


class AdminRequest(Struct, frozen=True):
    """What one finding asks an administrator for.

    `subject` is a few words that name what is missing. `message` says in whole sentences what is missing, with exact
    names, and why the desk needs it. Both are in the message to `to`.
    """

    to: Administrator
    subject: str
    message: str


class MessageSender(Struct, frozen=True):
    """Who sends the messages: a person's name, and the API client by which each system knows the desk.

    A client id is a name and no secret: an administrator needs it to find the client.
    """

    name: str
    client_ids: Mapping[System, str] = MappingProxyType({})


class AdminMessage(Struct, frozen=True):
    """One message to one administrator, about everything that the findings ask of that administrator."""

    to: Administrator
    subject: str
    text: str


def messages_of(requests: Iterable[AdminRequest], sender: MessageSender) -> tuple[AdminMessage, ...]:
    """Return one message to each administrator who is asked for something, in the order of the first requests.

    A request that several findings make is in the message once.
    """
    asked: dict[Administrator, dict[AdminRequest, None]] = {}
    for request in requests:
        asked.setdefault(request.to, {})[request] = None
    return tuple(_message(to, tuple(listed), sender) for to, listed in asked.items())


def _message(to: Administrator, requests: tuple[AdminRequest, ...], sender: MessageSender) -> AdminMessage:
    several = len(requests) > 1
    subjects = dict.fromkeys(request.subject for request in requests)
    parts = [
        f"{f'{n}. ' if several else ''}{request.subject}\n{request.message}"
        for n, request in enumerate(requests, 1)
    ]
    clients = [
        f"Our API client in {display_name(system)} has the id {client}."
        for system, client in sender.client_ids.items()
        if ASKED_ABOUT[system] is to and client
    ]
    text = "\n\n".join(
        ("Hello,", _INTRODUCTIONS[to], *parts, *clients, f"Thank you,\n{sender.name}"),
    )
    return AdminMessage(to, f"brokerdesk: {', '.join(subjects)}", text)


def bullets(lines: Iterable[str]) -> str:
    """Return lines as a list of plain text, each behind a dash."""
    return "\n".join(f"- {line}" for line in lines)
