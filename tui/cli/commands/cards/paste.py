"""`paste`: enter a card or a note into FLEX by hand, row by row; then link the FLEX ID. Sends nothing to FLEX."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any, Final

from core.errors import DecidedMeanwhile, DeskError, UsageError
from core.flex.field_map.fates import Fate
from core.flex.use_cases.checklist import ChecklistItem, find_item, next_open, where_to_go_on
from core.flex.use_cases.paste import PasteList, PasteResult, PasteUseCases
from core.push.engine import Engine
from tui.cards.pages import list_page
from tui.cli.confirmation import Proposal, confirmed
from tui.cli.json_output import plan_form, push_form
from tui.cli.options import PlannedOptions
from tui.cli.output import emit_json, say
from tui.cli.prompts import typed_line
from tui.cli.push_output import exit_code
from tui.cli.receipt_output import receipt_line_form, receipt_of
from tui.clipboard import Clipboard, Reached, send
from tui.wiring import Desk, open_desk, settings_of
from tui.wiring.clipboard import find_clipboard
from tui.wiring.files import path_of, read_attachments, write_private
from tui.words.by_hand import (
    OUR_ORDER,
    by_hand_form,
    by_hand_lines,
    done_words,
    field_of_flex,
    progress,
    result_lines,
)
from tui.words.receipts import receipt_lines

KEYS: Final = (
    "Enter  entered: tick it, and copy the next      c  copy it again",
    "t      tick it, and copy nothing                s  skip it: it stays open",
    "b      back to the row before                   l  type the FLEX ID, and end",
    "q      leave; the ticks last                    ?  these keys",
)


@dataclass(frozen=True, kw_only=True)
class PasteOptions(PlannedOptions):
    """The options of `paste`."""

    card: str
    note: str | None
    """One of BrokerEngine's notes to enter, instead of the card."""
    text: str | None
    """The text of a note of one's own, instead of the card; "-" reads it from stdin."""
    attach: list[str]
    listed: bool
    """True if the rows are printed, and nobody is asked."""
    tick: list[str]
    untick: list[str]
    flex_id: str | None
    """The FLEX ID at the end; None if the card is not linked now."""
    done: bool
    """True if the end is stored of a note, or of a card that is linked already."""
    override_fact_find: str | None
    html: str | None
    """The file to which the list is written as a page; nobody is asked then."""


async def paste(options: PasteOptions) -> int:
    """Walk through the rows at a terminal; or print them, tick some, or store the end."""
    ends = options.flex_id is not None or options.done
    changes = bool(options.tick or options.untick)
    walks = not (ends or changes or options.listed or options.json or options.html is not None)
    if walks and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "no-terminal", "There is no terminal here to ask on.", when="a card is entered by hand"
        )
    settings = settings_of(options.home, options.profile)
    async with open_desk(settings, write=ends or changes or walks) as desk:
        pasted = await _ticked(desk, await _listed(desk, options), options)
        if ends:
            result = await desk.paste.preview(pasted, options.flex_id or "", desk.can_push)
            return await _end(desk, options, result)
        if options.html is not None:
            write_private(path_of(options.html), list_page(pasted))
        if not walks:
            _show(pasted, options)
            return 0
        clipboard = find_clipboard(_to_terminal)
        walk = Walk(desk.paste, pasted, clipboard, typed_line)
        with _ending_in_order(clipboard):
            walked = await walk.run(desk.can_push)
        return 0 if walked is None else await _end(desk, options, walked)


async def _listed(desk: Desk, options: PasteOptions) -> PasteList:
    """Return what is entered: a card, one of BrokerEngine's notes, or a note of one's own."""
    if options.note is not None and options.text is not None:
        raise UsageError("two-notes", "Name a note or give a text, not both.")
    if options.note is not None:
        return await desk.paste.of_note(options.card, options.note)
    if options.text is not None:
        text = sys.stdin.read() if options.text == "-" else options.text
        return await desk.paste.of_written(options.card, text, read_attachments(options.attach))
    overrides = ("use-fact-find",) if options.override_fact_find == options.card else ()
    return await desk.paste.of_card(options.card, overrides)


async def _ticked(desk: Desk, pasted: PasteList, options: PasteOptions) -> PasteList:
    """Tick the named rows, or take their ticks away."""
    changes = [(name, True) for name in options.tick] + [(name, False) for name in options.untick]
    for name, ticked in changes:
        item = find_item(options.card, pasted.items, name)
        pasted = await desk.paste.tick(pasted, item, ticked=ticked)
    return pasted


def _show(pasted: PasteList, options: PasteOptions) -> None:
    if options.json:
        emit_json(_form(pasted))
        return
    say(
        *(f"! {warning}" for warning in pasted.warnings),
        OUR_ORDER,
        *by_hand_lines(pasted.items),
        progress(pasted),
        *([f"Written to {options.html}."] if options.html is not None else []),
    )


def _form(pasted: PasteList) -> dict[str, Any]:
    return {
        "card": pasted.card_id,
        "rows": [by_hand_form(item) for item in pasted.items],
        "flex_id": pasted.preview.flex_id,
        "warnings": list(pasted.warnings),
    }


async def _end(desk: Desk, options: PasteOptions, result: PasteResult) -> int:
    """Show what the end stores, ask, and store it."""
    pasted = result.pasted
    proposal = Proposal(
        digest=result.plan.digest,
        form=plan_form(
            result.plan,
            result.warnings,
            flex_id=result.link.flex_id if result.link else pasted.preview.flex_id,
            entered=result.entered,
            left=pasted.left,
        ),
        show=lambda: say(*result_lines(result), *(f"! {warning}" for warning in result.warnings)),
        question=f"Keep this, plan {result.plan.digest}?",
        doing=f"keeping what was entered of {result.plan.subject}",
        live=desk.settings.profile.live,
    )
    return await _store(desk, options, result) if confirmed(options, proposal) else 1


async def _store(desk: Desk, options: PasteOptions, result: PasteResult) -> int:
    engine = desk.can_push
    push = await engine.finish((await desk.paste.confirm(result, engine)).push_id)
    receipt = await receipt_of(desk, push.push_id)
    if options.json:
        live = engine.live(push.push_id)
        steps = tuple(live.steps) if live is not None else ()
        emit_json({**push_form(push, steps), "receipt": receipt_line_form(receipt)})
    else:
        say(done_words(result), *receipt_lines(receipt))
    return exit_code(push)


# -- walking -------------------------------------------------------------------------------------------------


class Walk:
    """Goes from row to row with somebody at a terminal. `ask` shows a prompt and returns what was typed."""

    def __init__(
        self, desk: PasteUseCases, pasted: PasteList, clipboard: Clipboard, ask: Callable[[str], str]
    ) -> None:
        self._desk = desk
        self._pasted = pasted
        self._clipboard = clipboard
        self._ask = ask

    async def run(self, engine: Engine) -> PasteResult | None:
        """Walk to the end, and return what the end stores; None if the person left before. The ticks last."""
        pasted = self._pasted
        say(f"{pasted.title}: {progress(pasted)}. {OUR_ORDER}")
        say(*(f"! {warning}" for warning in pasted.warnings), *KEYS)
        if self._clipboard.reaches is Reached.NOWHERE:
            say(Reached.NOWHERE.value)
        try:
            at_the_end = await self._walk()
        finally:
            self._clipboard.clear()
        if not at_the_end:
            say(f"{progress(self._pasted)}. The ticks last.")
            return None
        return await self._end(engine)

    async def _walk(self) -> bool:
        """Go from row to row. Return True at the end, False if the person left before."""
        item, copies = where_to_go_on(self._pasted.items), True
        while item is not None:
            self._show(item)
            if copies:
                self._copy(item)
            answer = self._answer("Enter, c, t, s, b, l or q: ")
            if answer in ("q", "quit"):
                return False
            if answer in ("l", "id"):
                return True
            item, copies = await self._next(item, answer)
        return True

    async def _next(self, item: ChecklistItem, answer: str) -> tuple[ChecklistItem | None, bool]:
        """Carry an answer out. Return the row to go to, None at the end, and whether its value is copied."""
        match answer:
            case "":
                return await self._enter(item), True
            case "c" | "copy":
                return item, True
            case "t" | "tick":
                return await self._tick(item), False
            case "s" | "skip":
                return next_open(self._pasted.items, item.place), True
            case "b" | "back":
                return self._before(item), True
            case _:
                say(*KEYS)
                return item, False

    async def _enter(self, item: ChecklistItem) -> ChecklistItem | None:
        """Tick a row, and return the next open row. A refused value stays open."""
        if item.field.fate is Fate.REFUSED:
            return next_open(self._pasted.items, item.place)
        return await self._tick(item)

    async def _tick(self, item: ChecklistItem) -> ChecklistItem | None:
        """Tick a row, and return the next open row. If somebody else has just ticked it, say so, and go on."""
        try:
            if item.open:
                self._pasted = await self._desk.tick(self._pasted, item, ticked=True)
        except DecidedMeanwhile as error:
            say(error.message)
            self._pasted = await self._desk.read_ticks(self._pasted)
        return next_open(self._pasted.items, item.place)

    def _before(self, item: ChecklistItem) -> ChecklistItem:
        items = self._pasted.items
        at = next(n for n, known in enumerate(items) if known.place == item.place)
        return items[max(0, at - 1)]

    def _show(self, item: ChecklistItem) -> None:
        field, items = item.field, self._pasted.items
        number = next(n for n, known in enumerate(items, 1) if known.place == item.place)
        about = f" · {field.about}" if field.about else ""
        say("", f"{item.screen}{about}   {number} of {len(items)}")
        say(f"{field_of_flex(item)}   ({', '.join(part.source for _, part in item.row.parts)})")
        if item.changed:
            say("Changed: enter it again.")
        if item.field.fate is Fate.REFUSED:
            say(
                f"✗ {field.source_value}",
                f"FLEX refuses it: {field.reason}. Enter skips it, and it stays open.",
            )
            return
        say(*item.text.splitlines())
        if field.fate is Fate.NO_HOME:
            say(f"No field of FLEX that we know of: {field.reason}.")

    def _copy(self, item: ChecklistItem) -> None:
        if item.text:
            say(self._clipboard.copy_for_now(item.text).value)

    def _answer(self, prompt: str) -> str:
        try:
            return self._ask(prompt).strip().casefold()
        except EOFError:
            say("")
            return "q"

    async def _end(self, engine: Engine) -> PasteResult | None:
        """Ask for the FLEX ID until it will do, and return what the end stores; None for no ID."""
        say("", f"{progress(self._pasted)}.")
        if not self._pasted.needs_flex_id:
            return await self._desk.preview(self._pasted, "", engine)
        while True:
            try:
                typed = self._ask("FLEX ID of the opportunity or application (empty: later): ").strip()
            except EOFError:
                typed = ""
            if not typed:
                say("Not linked yet. The ticks last.")
                return None
            try:
                return await self._desk.preview(self._pasted, typed, engine)
            except DeskError as error:
                say(error.message, error.fix)


def _to_terminal(sequence: str) -> None:
    send(sys.stdout, sequence)


@contextmanager
def _ending_in_order(clipboard: Clipboard) -> Iterator[None]:
    """Overwrite the clipboard however the walk ends, also by Ctrl-C or if the terminal goes away."""

    def interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the form of a signal handler
        raise KeyboardInterrupt

    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    is_main = threading.current_thread() is threading.main_thread()
    before = {name: signal.signal(getattr(signal, name), interrupt) for name in names} if is_main else {}
    try:
        yield
    finally:
        clipboard.clear()
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)
