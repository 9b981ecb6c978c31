"""Two contact systems in memory for the screens: the same people on every run, matched and kept by the real thing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence, Set
from contextlib import asynccontextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from core.contacts.match.match import Matched, match
from core.contacts.match.rule import MatchOptions, Owners
from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.model import Contact, ContactKind
from core.contacts.ports import Owner, RejectedContact
from core.contacts.reading.reader import Heard, SystemRead
from core.contacts.reading.shortfall import ShortRead
from core.contacts.review.decisions import Ids
from core.contacts.use_cases import ContactSettings
from core.errors import DeskError
from core.push.live_push import Listener
from core.push.plan import System
from data.settings import Settings
from tests.support.fake_desk import FakeDesk
from tests.support.people import but, strangers
from tui.wiring import Desk

READ_AT = 1_795_000_000.0
"""When both systems are read: 18 November 2026, 09:46 UTC."""
REYES = Owner("lo1", "d.reyes@harbour.example", "d.reyes")


def ours(contact_id: str, name: str, email: str, **more: str) -> Contact:
    first, _, last = name.partition(" ")
    more = {"since": "2024-06-02", "origin": "app", "owner": "lo1", **more}
    return Contact(contact_id, first, "", last, email=email, kind=ContactKind.BORROWER, **more)  # type: ignore[arg-type]  # fields of a contact, by name


def theirs(contact_id: str, name: str, email: str, **more: str) -> Contact:
    first, _, last = name.partition(" ")
    more = {"since": "2021-01-19", "origin": "import", "owner": "u1", **more}
    return Contact(contact_id, first, "", last, email=email, **more)  # type: ignore[arg-type]  # fields of a contact, by name


_PINE = {"city": "Oakland", "state": "CA"}
PAIRS: tuple[tuple[Contact, Contact], ...] = (
    (
        ours("SN-1", "Katherine Moss", "kmoss@bayhome.example", mobile_phone="(415) 555-0142",
             birth_date="1991-04-12", street="88 Pine St Apt 2", **_PINE),
        theirs("TE-1", "Kate Moss-Lee", "kate.lee@post.example", mobile_phone="415 555 0142",
               birth_date="--04-12", street="88 Pine Street #2", **_PINE),
    ),
    (
        ours("SN-2", "Jon Ruiz", "jon@ruiz.example", mobile_phone="(510) 555-0119"),
        theirs("TE-2", "Jonathan Ruiz", "jr@post.example", mobile_phone="510-555-0119"),
    ),
    (
        ours("SN-3", "A. Whitfield", "a.whitfield@bay.example", birth_date="1980-09-30", street="7 Elm Rd", **_PINE),
        theirs("TE-3", "Ann Whitfield", "annw@post.example", birth_date="--09-30", street="7 Elm Rd", **_PINE),
    ),
    (
        ours("SN-4", "Luis Ortega", "luis@ortega.example", suffix="Jr", street="12 Bay Rd", **_PINE),
        theirs("TE-4", "Luis Ortega", "ortega@post.example", street="12 Bay Rd", **_PINE),
    ),
    (
        ours("SN-5", "Deb Okafor", "deb@okafor.example", mobile_phone="(628) 555-0188"),
        theirs("TE-5", "Deborah Okafor", "okafor@post.example", mobile_phone="628 555 0188"),
    ),
    *(
        (ours(f"SN-2{n}", f"{one} Park", f"p{n}@x.example"), theirs(f"TE-2{n}", f"{other} Park", f"p{n}@x.example"))
        for n, (one, other) in enumerate((("Min", "Jae"), ("Ruth", "Oscar"), ("Grace", "Victor")))
    ),
    *(
        (ours(f"SN-3{n}", f"{one} Hale", f"{one}@x.example"), theirs(f"TE-3{n}", f"{one} Hale", f"{one}@x.example"))
        for n, one in enumerate(("Uma", "Nina", "Felix", "Heidi", "Owen"))
    ),
)  # fmt: skip
HELD = (
    [ours("SN-41", "Tess Quill", "tess@quill.example"), ours("SN-42", "Teresa Quill", "tess@quill.example")],
    [theirs("TE-41", "Tess Quill", "tess@quill.example", mobile_phone="(212) 555-0111")],
)
OVERWRITTEN = (
    [ours("SN-51", "Omar Haddad", "omar.h@new.example", mobile_phone="(707) 555-0123", suffix="Jr"),
     ours("SN-52", "Omar Haddad", "omar@haddad.example", suffix="Sr")],
    [theirs("TE-51", "Omar Haddad", "omar@haddad.example", mobile_phone="(707) 555-0123", suffix="Sr")],
)  # fmt: skip
NOBODY = theirs("TE-61", "Noor Azmi", "")


def people() -> tuple[list[Contact], list[Contact]]:
    """Give both books."""
    left = [one for one, _ in PAIRS] + HELD[0] + OVERWRITTEN[0]
    right = [other for _, other in PAIRS] + HELD[1] + OVERWRITTEN[1] + [NOBODY]
    left += [
        but(one, owner="lo1", kind=ContactKind.BORROWER, one_way=n < 3)
        for n, one in enumerate(strangers(40, "S"))
    ]
    right += [but(one, owner="u1") for one in strangers(60, "T")]
    return left, right


@lru_cache(maxsize=8)
def _matched(left: tuple[Contact, ...], right: tuple[Contact, ...], links: tuple[Ids, ...]) -> Matched:
    """Match both books. The same people are matched once for all tests of a file."""
    return match(left, right, MatchOptions(owners=_TIES, standing=links))


_TIES = Owners({"u1": "lo1"})


class FakeContacts:
    """The contact desk in memory. Offers what the room asks of `core.contacts.use_cases.ContactUseCases`."""

    def __init__(self, books: tuple[Sequence[Contact], Sequence[Contact]] | None = None) -> None:
        self.books = books or people()
        self.last: MatchSnapshot | None = None
        self._read = self.books
        """What was read last, which a new start still knows."""
        self.is_known = False
        self.links: tuple[Ids, ...] = (("SN-34", "TE-34"),)
        self.trouble: DeskError | None = None
        self.aside: tuple[RejectedContact, ...] = ()
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.terms = ContactSettings("sandbox", "m.hale")
        self.clock: Any = None
        self.reads: tuple[SystemRead, ...] = ()
        self.short_reads: tuple[ShortRead, ...] = ()

    async def gather_all(self, heard: Heard) -> MatchSnapshot:
        return await self.gather(heard)

    async def gather(self, heard: Heard) -> MatchSnapshot:
        heard(System.SIMPLENEXUS, 1_200)
        heard(System.TOTAL_EXPERT, 300)
        await self.may_answer.wait()
        if self.trouble is not None:
            raise self.trouble
        self._read, self.is_known = self.books, True
        self.last = self._snapshot(*self.books)
        return self.last

    def _snapshot(self, left: Sequence[Contact], right: Sequence[Contact]) -> MatchSnapshot:
        users = (msgspec.structs.replace(REYES, id="u1"),)
        return MatchSnapshot(
            tuple(left), tuple(right), (REYES,), users, _TIES, self.links, {}, self.aside, at=READ_AT
        )

    def options(self, gathered: MatchSnapshot) -> MatchOptions:
        return MatchOptions(owners=gathered.ties, standing=gathered.links)

    async def match(self, gathered: MatchSnapshot) -> Matched:
        return _matched(gathered.simplenexus, gathered.total_expert, gathered.links)

    async def known_contacts(
        self, ids: tuple[Set[str], Set[str]], counted: Mapping[str, str], at: float
    ) -> MatchSnapshot | None:
        left, right = (
            [one for one in book if one.id in some] for book, some in zip(self._read, ids, strict=True)
        )
        return self._snapshot(left, right) if self.is_known else None

    async def prepare_changes(self) -> None:
        pass


class FakeContactDesk(FakeDesk):
    """A desk with the two contact systems next to the board."""

    def __init__(self, folder: Path, contacts: FakeContacts | None = None, **more: Any) -> None:
        super().__init__(folder, **more)
        self.contacts = contacts or FakeContacts()
        self.contacts.clock = self.clock

    @asynccontextmanager
    async def open(self, settings: Settings, *, write: bool, listen: Listener) -> AsyncIterator[Desk]:
        async with super().open(settings, write=write, listen=listen) as desk:
            yield msgspec.structs.replace(desk, contacts=self.contacts)
