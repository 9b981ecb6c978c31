"""Switches "eyes nearby" on and off, and learns what belongs to a client from the records that the app holds.

Records are looked at just before a line is painted, so nothing is shown before it is known to be a client's. Nothing is
learnt, and nothing of it is kept, while eyes nearby is off.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from textual.widgets import Input, TextArea

from tui.eyes.mask import PrivacyFilter
from tui.eyes.records import RecordWalk
from tui.eyes.vocabulary import PrivateKind, Vocabulary

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.filter import LineFilter
    from textual.screen import Screen

    from core.contacts.match.snapshot import MatchSnapshot
    from core.contacts.model import Contact

OUR_WIDGETS: Final = "tui."
"""How the module names of our widgets begin. Textual's own widgets hold no records, only what they paint."""
_OTHERS: Final = "milestone:"
"""The beginning of the key of a title that names no client."""


class EyesHost(Protocol):
    """What eyes nearby needs of the app."""

    @property
    def titles(self) -> Mapping[str, str]:
        """The names of cards and contacts, by id."""

    @property
    def screen_stack(self) -> Sequence[Screen[object]]:
        """The screens that may be painted, the uppermost last."""

    def last_contacts(self) -> MatchSnapshot | None:
        """Return the contacts of both systems as they were read last."""


class EyesNearby:
    """Says whether client data is hidden, and keeps what is known to be client data."""

    def __init__(self, host: EyesHost) -> None:
        self._host = host
        self.is_on = False
        self._forget()

    def _forget(self) -> None:
        self._vocabulary = Vocabulary()
        self._filter = PrivacyFilter(self._vocabulary)
        self._walk = RecordWalk()
        self._contacts: MatchSnapshot | None = None
        self._titles = 0
        self._count = 0
        self._is_fresh = False

    def switch(self) -> None:
        """Hide client data, or show it again. What was learnt is forgotten."""
        self.is_on = not self.is_on
        self._forget()
        for screen in self._host.screen_stack:
            for node in (screen, *screen.walk_children()):
                self._hide_input(node)
                node.refresh()

    def filters(self) -> Sequence[LineFilter]:
        """Return what a line passes before it is painted. Called for each widget; learns once for each frame."""
        if not self.is_on:
            return ()
        if not self._is_fresh:
            self._is_fresh = True
            asyncio.get_running_loop().call_soon(self._wear_off)
            self._learn()
        return (self._filter,)

    def _wear_off(self) -> None:
        self._is_fresh = False

    # -- learning --------------------------------------------------------------------------------------

    def _learn(self) -> None:
        titles = self._host.titles
        if len(titles) != self._titles:
            self._titles = len(titles)
            self._take(
                (PrivateKind.NAME, text) for key, text in titles.items() if not key.startswith(_OTHERS)
            )
        if (contacts := self._host.last_contacts()) is not self._contacts and contacts is not None:
            self._contacts = contacts
            for contact in (*contacts.simplenexus, *contacts.total_expert):
                self._take(_of_contact(contact))
            self._take((PrivateKind.NAME, owner.name) for owner in (*contacts.officers, *contacts.users))
        for screen in self._host.screen_stack:
            for node in (screen, *screen.walk_children()):
                self._hide_input(node)
                if type(node).__module__.startswith(OUR_WIDGETS):
                    self._take(self._walk.through_attributes(node))
        if self._vocabulary.count != self._count:  # lines that were painted before are painted again
            self._count = self._vocabulary.count
            self._filter = PrivacyFilter(self._vocabulary)
            for screen in self._host.screen_stack:
                for node in (screen, *screen.walk_children()):
                    node.refresh()

    def _take(self, values: Iterable[tuple[PrivateKind, object]]) -> None:
        for kind, value in values:
            self._vocabulary.learn(kind, value)

    def _hide_input(self, node: DOMNode) -> None:
        """Hide what a person has typed."""
        if isinstance(node, Input):
            node.password = self.is_on
        elif isinstance(node, TextArea):
            node.visible = not self.is_on


def _of_contact(contact: Contact) -> Iterator[tuple[PrivateKind, object]]:
    for name in (
        contact.first_name,
        contact.middle_name,
        contact.last_name,
        contact.nickname,
        contact.employer,
    ):
        yield PrivateKind.NAME, name
    yield PrivateKind.EMAIL, contact.email
    for phone in contact.phones:
        yield PrivateKind.PHONE, phone
    yield PrivateKind.BIRTH_DATE, contact.birth_date
    for text in (contact.street, contact.street_2, contact.city, contact.postcode):
        yield PrivateKind.TEXT, text
