"""Switches "eyes nearby" on and off, and learns what belongs to a client from the records that the app holds.

Records are looked at just before a line is painted, so nothing is shown before it is known to be a client's. What takes
longer is learnt in slices between which keys are heard, and the screen is blank until then. Nothing is learnt, and
nothing of it is kept, while eyes nearby is off.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Final, Protocol

from textual.widgets import Input, TextArea

from tui.eyes.mask import BLANK, PrivacyFilter
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
SLICE = 0.005
"""Seconds of learning between two times that keys are heard."""
_REST: Final = 0.001
_STEP: Final = 32
"""Values that are learnt between two looks at the time."""

Value = tuple[PrivateKind, object]
"""A value of a client, with its kind."""


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

    def run_worker(self, work: Awaitable[None], *, group: str, exclusive: bool) -> object:
        """Run work in the background; work of the same group that still runs is cancelled."""


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
        self._titles: dict[str, str] = {}
        """The titles that were learnt, by their keys."""
        self._count = 0
        self._is_fresh = False
        self._to_learn: Iterator[Value] | None = None
        """What is learnt in slices; None if nothing is left of it."""

    def switch(self) -> None:
        """Hide client data, or show it again. What was learnt is forgotten."""
        self.is_on = not self.is_on
        self._forget()
        if self.is_on:
            self._learn_in_slices(self._everything())
            self._know()
        self._paint_again()

    def filters(self) -> Sequence[LineFilter]:
        """Return what a line passes before it is painted. Called for each widget; learns once for each frame."""
        if not self.is_on:
            return ()
        if self._to_learn is None and not self._is_fresh:
            self._is_fresh = True
            asyncio.get_running_loop().call_soon(self._wear_off)
            self._learn()
        return (BLANK,) if self._to_learn is not None else (self._filter,)

    def _wear_off(self) -> None:
        self._is_fresh = False

    def _paint_again(self) -> None:
        for screen in self._host.screen_stack:
            for node in (screen, *screen.walk_children()):
                self._hide_input(node)
                node.refresh()

    # -- learning --------------------------------------------------------------------------------------

    def _learn(self) -> None:
        """Learn what came since the last frame."""
        if self._host.last_contacts() is not self._contacts:
            self._learn_in_slices(self._everything())
        else:
            for value in self._new_values():
                self._vocabulary.learn(*value)
        if self._to_learn is None and self._vocabulary.count != self._count:
            self._know()
            self._paint_again()  # lines that were painted before are painted again

    def _know(self) -> None:
        self._count = self._vocabulary.count
        self._filter = PrivacyFilter(self._vocabulary)

    def _everything(self) -> Iterator[Value]:
        yield from self._of_contacts()
        yield from self._new_values()

    def _new_values(self) -> Iterator[Value]:
        """Yield the client data of new titles and of records that were not looked at yet."""
        titles = self._host.titles
        for key, text in list(titles.items()) if len(titles) != len(self._titles) else ():
            if self._titles.get(key) != text:
                self._titles[key] = text
                if not key.startswith(_OTHERS):
                    yield PrivateKind.NAME, text
        for screen in self._host.screen_stack:
            for node in (screen, *screen.walk_children()):
                self._hide_input(node)
                if type(node).__module__.startswith(OUR_WIDGETS):
                    yield from self._walk.through_attributes(node)

    def _of_contacts(self) -> Iterator[Value]:
        contacts = self._contacts = self._host.last_contacts()
        if contacts is not None:
            for contact in (*contacts.simplenexus, *contacts.total_expert):
                yield from _of_contact(contact)
            for owner in (*contacts.officers, *contacts.users):
                yield PrivateKind.NAME, owner.name

    def _learn_in_slices(self, values: Iterator[Value]) -> None:
        """Learn values. If they are too many for one slice, the screen is blank until all are learnt."""
        if self._learn_for_a_while(values):
            self._to_learn = values
            self._host.run_worker(self._learn_rest(values), group="eyes-nearby", exclusive=True)

    async def _learn_rest(self, values: Iterator[Value]) -> None:
        while values is self._to_learn:
            await asyncio.sleep(_REST)
            if not self._learn_for_a_while(values):
                self._to_learn = None
                self._know()
                self._paint_again()

    def _learn_for_a_while(self, values: Iterator[Value]) -> bool:
        """Learn values for about a slice. Return True if some are left."""
        until = perf_counter() + SLICE
        for learnt, value in enumerate(values, 1):
            self._vocabulary.learn(*value)
            if not learnt % _STEP and perf_counter() > until:
                return True
        return False

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
