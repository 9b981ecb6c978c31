"""Odd values in every field that a system's reply holds: nothing breaks, and nothing is sent that no preview showed.

The systems hold ordinary records. On the way to the desk, a seed replaces some values of the replies: half characters,
numbers of no size, nesting without an end, control characters, and what is not a text where a text is expected. A field
that a system gives later is covered by itself.

    python -m tests.fidelity.odd_values --count 50000
    python -m tests.fidelity.odd_values --seed 17 --kind cards      # replays one desk
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx
import msgspec

from core.errors import DeskError
from core.flex.model import RejectedRecord
from core.flex.plans.preview import Preview
from core.flex.plans.shown import shown_of
from core.flex.use_cases.changed_since_push import places
from core.push.live_push import steps_of
from core.push.plan import Plan
from core.push.records import Push
from core.receipts.arrival import judge_fields
from core.receipts.model import Shown
from core.receipts.read_back import read_back
from core.receipts.shown import files_of
from core.texts import mended
from tests.fidelity.board import DrawnBoard
from tests.fidelity.contacts.book import CONTACT_SYSTEMS, ContactBook
from tests.fidelity.contacts.story import ContactDesk
from tests.fidelity.desk import FidelityDesk, check_that_all_is_said, compare_with_preview
from tests.fidelity.difference import Dump
from tests.fidelity.expected import expected_difference
from tests.fidelity.systems import FaultPlan, SystemsInProcess, SystemsTransport, Wires, on_virtual_time
from tui.cli.json_output import aside_form, card_form, preview_form, push_form
from tui.terminal_safe import safe_text

FRAGMENTS: Final = (
    *(
        r'"\ud800"',
        r'"a\udfffb"',
        r'"\ud83d\ude00"',
        r'"\ude00\ud83d"',
        r'"\udcff"',
        r'"\u0000"',
        r'"a\u0000b"',
    ),
    *(
        r'"\u202eevil\u202c"',
        r'"\u0301\u0301x"',
        r'"\u001b]52;c;eA==\u0007"',
        r'"\u2028\u2029\u0085"',
        '"[/]"',
    ),
    *(
        "NaN",
        "Infinity",
        "-Infinity",
        "1e400",
        "-0.0",
        "-1",
        "0",
        "1.5",
        "9" * 400,
        "9" * 5_000,
        "true",
        "false",
    ),
    *(
        '"NaN"',
        '"sNaN"',
        '"1e999999"',
        '"-0"',
        '"٣"',
        '"9999-99-99"',
        '"0000-00-00"',
        '"9999-12-31"',
        '"0001-01-01"',
    ),
    *(
        '"0001-01-01T00:00:00+14:00"',
        '"9999-12-31T23:59:59-14:00"',
        '"2026-11-28T10:00:00"',
        '"2026-11-28T99:99Z"',
    ),
    *(
        "null",
        '""',
        '" "',
        "[]",
        '["a"]',
        "[[]]",
        "[null]",
        "{}",
        r'{"\ud800":"\ud800"}',
        '{"":0}',
        '{"id":1,"id":2}',
    ),
    *('{"id":"x"}', '[{"id":["y"]}]', "[" * 3_000 + "]" * 3_000, '{"a":' * 3_000 + "1" + "}" * 3_000),
    *(
        '"' + "x" * 40_000 + '"',
        '"' + "e\\u0301" * 2_000 + '"',
        '"tab\tbed"',
        '"bell\\u0007"',
        '"null"',
        '"#REF!"',
    ),
)
"""Odd values as JSON has them. Some are no JSON that a strict decoder takes."""
LARGE: Final = '"' + "語" * 350_000 + '"'
"""A text of a megabyte; it comes seldom."""
MOST_BROKEN: Final = 20
"""So many broken desks end a run."""
_MARK: Final = "@@odd-{}@@"
_NAMES: Final = ("FLEXId", "ProductFLEXId", "id")
_IDS: Final = frozenset(
    (*_NAMES, "flex_id", "card_id", "IntegrationId", "external_id", "note", "_links", "owner")
)
"""Fields that say which record this is, or whose; an odd value there is drawn seldom."""
DUPLICATES: Final = frozenset(
    (
        *(
            "first_name",
            "last_name",
            "email",
            "phone",
            "mobile_phone",
            "phone_cell",
            "phone_home",
            "phone_office",
        ),
        *(
            "address",
            "address_2",
            "city",
            "state",
            "zip_code",
            "external_ids",
            "contact_groups",
            "id",
            "owner",
            "assignee",
            "shared_with_users",
            "status",
        ),
        *("ok_to_call", "ok_to_email", "ok_to_mail", "preferences", "is_active", "info", "note", "users"),
    )
)
"""The fields of which an odd value hides a contact from the desk, or from being matched.

Total Expert joins contacts by what it holds. So a new contact can become one with a contact that the desk can't read.
"""
_LISTS: Final = frozenset({"items", "objects", "contents"})
"""The lists of records in a reply."""
_AROUND: Final = frozenset(
    {"page", "page_size", "total", "next_page", "total_pages", "links", "meta", "access_token"}
)
"""Fields around the records: the pages of a list, and tokens."""


class OddReplies:
    """Replaces values of replies. The seed and the value's place decide, so that a second reading finds the same."""

    def __init__(
        self, seed: int, share: int, systems: frozenset[str], ordinary: frozenset[str] = frozenset()
    ) -> None:
        """Of `share` values one is replaced, in the replies of `systems`. Fields in `ordinary` stay as they are."""
        self._seed, self._share, self._systems, self._ordinary = seed, share, systems, ordinary
        self.places: set[str] = set()

    def replaced(self, system: str, body: bytes) -> bytes:
        """Return the body of a reply with some of its values replaced."""
        if system not in self._systems:
            return body
        try:
            document = json.loads(body)
        except ValueError:
            return body
        drawn: dict[str, str] = {}
        whole = json.dumps(self._walk(document, system, drawn))
        for mark, fragment in drawn.items():
            whole = whole.replace(json.dumps(mark), fragment)
        return whole.encode("utf-8")

    def _walk(self, value: Any, place: str, drawn: dict[str, str]) -> Any:
        if isinstance(value, list):
            return [self._walk(item, f"{place}[]", drawn) for item in value]
        if not isinstance(value, dict):
            return value
        name = next((f"{value[key]}" for key in _NAMES if key in value), "")
        return {
            key: inner
            if key in _AROUND or key in self._ordinary
            else self._walk(inner, f"{place}.{key}", drawn)
            if key in _LISTS
            else self._drawn(inner, f"{place}.{name}.{key}", drawn, self._share * (20 if key in _IDS else 1))
            for key, inner in value.items()
        }

    def _drawn(self, value: Any, place: str, drawn: dict[str, str], share: int) -> Any:
        number = zlib.crc32(f"{self._seed} {place}".encode())
        if number % share or (isinstance(value, (list, dict)) and number % 3):
            return self._walk(value, place, drawn)
        choice = number // share
        fragment = LARGE if choice % 500 == 0 else FRAGMENTS[choice % len(FRAGMENTS)]
        if "OtherAddress" in place and _is_sendable_text(fragment):
            return self._walk(
                value, place, drawn
            )  # a gateway of 1.0 gets this part again, as FLEX is read to hold it
        mark = _MARK.format(len(drawn))
        drawn[mark] = fragment
        self.places.add(place)
        return mark


def _is_sendable_text(fragment: str) -> bool:
    """Return True if JSON is a text that UTF-8 can hold."""
    if not fragment.startswith('"'):
        return False
    return not any("\ud800" <= char <= "\udfff" for char in json.loads(fragment, strict=False))


def odd_transport(replies: OddReplies) -> type[SystemsTransport]:
    """Return a transport that replaces values in each reply to a read."""

    class OddTransport(SystemsTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            response = await super().handle_async_request(request)
            system = request.url.path.split("/")[1]
            if request.method != "GET" or not response.is_success:
                return response
            body = replies.replaced(system, await response.aread())
            headers = {"content-type": response.headers.get("content-type", "application/json")}
            return httpx.Response(response.status_code, headers=headers, stream=httpx.ByteStream(body))

    return OddTransport


# -- cards, Fact Finds, notes, FLEX -----------------------------------------------------------------------


def run_odd_cards(seed: int, systems: SystemsInProcess) -> int:
    """Preview and push everything of an odd board; return the number of odd values. Raises what the desk raises."""
    systems.wipe()
    board = DrawnBoard(seed, systems)
    sides = (("brokerengine",), ("brokerengine",), ("flex",), ("brokerengine", "flex"))[seed % 4]
    replies = OddReplies(seed, 7 + seed % 23, frozenset(sides))
    story = _CardStory(seed, systems, board)
    on_virtual_time(systems, FaultPlan(0), story.run, odd_transport(replies))
    return len(replies.places)


class _CardStory:
    """Reads and pushes what a board has. A `DeskError` is an answer; anything else is a failure."""

    def __init__(self, seed: int, systems: SystemsInProcess, board: DrawnBoard) -> None:
        self._random, self._systems, self._board = Random(seed), systems, board

    async def run(self, wires: Wires) -> None:
        """Read the board, its cards and notes, and push each."""
        desk = FidelityDesk(self._systems, wires, settle=0)
        try:
            async for page in desk.cards.cards():
                board = await desk.cards.board([item.id for item in page])
                for item in page:
                    if isinstance(item, RejectedRecord):
                        _can_be_written(aside_form(item))
                    else:
                        _can_be_written(card_form(board.place(item), None))
        except DeskError:
            pass
        for card_id in self._board.cards:
            for make in self._previews(desk, card_id):
                try:
                    await self._push(desk, await make())
                except DeskError as error:
                    _can_be_written([error.code, error.message, error.fix])

    def _previews(self, desk: FidelityDesk, card_id: str) -> Iterator[Callable[[], Any]]:
        yield lambda: desk.cards.preview(card_id)
        yield lambda: desk.fact_finds.preview(f"FF-{card_id}")
        yield lambda: desk.notes.preview(f"N-{card_id}-0")
        yield lambda: desk.cards.preview_people(card_id)
        yield lambda: desk.cards.preview(card_id)

    async def _push(self, desk: FidelityDesk, preview: Preview) -> None:
        _can_be_written(preview_form(preview))
        _can_be_shown(preview)
        check_that_all_is_said(preview)
        await desk.cards.since(preview) if preview.asset == "card" else None
        if not preview.pushable:
            return
        before = self._systems.dump()
        push = await desk.cards.confirm(preview, desk.engine)
        push = await desk.engine.finish(push.push_id)
        steps = await steps_of(desk.book, push)
        dumps = (before, self._systems.dump())
        compare_with_preview(push, preview.plan, steps, expected_difference(preview), dumps, may_stop=True)
        _can_be_written(push_form(push, steps))
        shown = msgspec.json.decode(shown_of(preview, places(preview.fields)), type=Shown)
        readings = await read_back(desk.remotes, steps, 0.0)
        refs = [step.ref for step in preview.plan.steps]
        rows = judge_fields(shown.fields, steps, readings, {}, files_of(preview.plan), refs)
        json.dumps(mended(msgspec.to_builtins(rows))).encode()


def _can_be_written(form: Any) -> None:
    """Write a form as the command line does, and read it again: it must be JSON without NaN."""
    json.loads(json.dumps(form, ensure_ascii=True, allow_nan=False))


def _can_be_shown(preview: Preview) -> None:
    for field in preview.fields:
        for text in (field.source, field.source_value, field.reason, field.about, field.value):
            safe_text(text).encode("utf-8")
    for sentence in (*preview.warnings, *(reason.message for reason in preview.reasons)):
        safe_text(sentence).encode("utf-8")


# -- contacts, owners, applications, insights -------------------------------------------------------------


def run_odd_contacts(seed: int, systems: SystemsInProcess) -> int:
    """Match, sync, share and undo odd contact books, and look for milestones; return the number of odd values."""
    systems.wipe()
    random = Random(seed)
    book = ContactBook(systems, random)
    book.begin_application("2026-11-18T00:00:00Z")
    sides = (("simplenexus",), ("total-expert",), ("simplenexus", "total-expert"))[seed % 3]
    is_compared = seed % 2 == 0
    replies = OddReplies(seed, 9 + seed % 31, frozenset(sides), DUPLICATES if is_compared else frozenset())

    async def story(wires: Wires) -> None:
        desk = (_OddContactDesk if is_compared else _UncomparedDesk)(systems, wires, random, with_faults=True)
        for act in (desk.sync, desk.send_milestones, desk.share, desk.invite, desk.undo, desk.sync):
            try:
                await act()
            except DeskError as error:
                _can_be_written([error.code, error.message, error.fix])

    on_virtual_time(systems, FaultPlan(0), story, odd_transport(replies))
    return len(replies.places)


class _OddContactDesk(ContactDesk):
    """A contact desk over odd replies. It can only respect the wishes that it reads, so they are not judged."""

    def _check_wishes(self, contact: str, *fields: str) -> None:
        """Judge nothing: the desk can only respect what it was told."""


class _UncomparedDesk(_OddContactDesk):
    """A contact desk whose pushes are carried out and not compared: Total Expert joins contacts of one real email."""

    async def _compare(self, push: Push, plan: Plan, before: Dump) -> None:
        push = await self._see_through(push)
        _can_be_written(push_form(push, await steps_of(self.book, push)))


RUNS: Final[dict[str, tuple[Callable[[int, SystemsInProcess], int], tuple[Any, ...] | None]]] = {
    "cards": (run_odd_cards, None),
    "contacts": (run_odd_contacts, CONTACT_SYSTEMS),
}


def systems_of(kind: str, folder: Path) -> SystemsInProcess:
    """Return the systems that a kind of desk needs."""
    kinds = RUNS[kind][1]
    return SystemsInProcess(folder) if kinds is None else SystemsInProcess(folder, kinds)


def main() -> int:
    """Parse the command line, run, and return the exit code: 1 if a desk broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.fidelity.odd_values")
    parser.add_argument(
        "--count", type=int, default=5_000, metavar="N", help="how many odd values, of each kind half"
    )
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="the first seed")
    parser.add_argument("--seed", type=int, metavar="SEED", help="replay one desk")
    parser.add_argument("--kind", choices=list(RUNS), help="both where none is named")
    options = parser.parse_args()
    broken = 0
    for kind in [options.kind] if options.kind else list(RUNS):
        broken += _run(kind, options.count // (1 if options.kind else len(RUNS)), options.first, options.seed)
    return int(broken > 0)


def _run(kind: str, count: int, first: int, only: int | None) -> int:
    """Run desks of a kind until so many odd values came, or one desk; print what broke. Return how many broke."""
    run, seed, values, broken, began = RUNS[kind][0], first, 0, 0, time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        systems = systems_of(kind, Path(folder))
        while broken < MOST_BROKEN and (values < count if only is None else seed == first):
            number = seed if only is None else only
            try:
                values += run(number, systems)
            except Exception as error:
                broken += 1
                if only is not None:
                    raise
                print(f"{kind}, seed {number}: {type(error).__name__}: {str(error)[:300]}", flush=True)
            seed += 1
        systems.close()
    took = time.process_time() - began
    print(
        f"{kind}: {values:,} odd values on {seed - first:,} desks, {took:.0f} s; {broken} desks broke",
        flush=True,
    )
    return broken


if __name__ == "__main__":
    sys.exit(main())
