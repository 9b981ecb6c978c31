"""The links of the last read, for whoever does not read the contacts: the milestones, a command, the watch. Pure."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from core.contacts.match.existing_links import BookLinks, LinkedIds

HOLDS: Final = 7 * 86_400.0
"""Seconds for which a kept read still says who is linked. The number is ours."""


class KnownLinks(Struct, frozen=True):
    """The existing links between contacts, and those that ask where they go; both as `MatchSnapshot` has them."""

    links: LinkedIds = ()
    asking: LinkedIds = ()


class LinkSources(Struct, frozen=True):
    """What links are worked out from: the versions of both kept reads, and what the book holds about links."""

    versions: tuple[object, object]
    book: BookLinks


class HeldLinks:
    """The links of a kept read, held until the read or the book is another one: a large desk takes seconds for them.

    `read_at` is when the older of the two systems was read, in seconds since 1970.
    """

    def __init__(self) -> None:
        self._sources: LinkSources | None = None
        self.links = KnownLinks()
        self.read_at = 0.0

    def is_of(self, sources: LinkSources) -> bool:
        """Return True if the held links were worked out from these sources."""
        return self._sources == sources

    def hold(self, sources: LinkSources, links: KnownLinks, read_at: float) -> None:
        """Hold the links that were worked out from these sources."""
        self._sources, self.links, self.read_at = sources, links, read_at
