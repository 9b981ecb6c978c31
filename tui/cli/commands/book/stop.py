"""`stop`: halts all sending on the book, at once. `stop --lift` lets it go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.error_words import why_failed
from core.errors import DeskError
from core.push.records import Push
from core.push.states import ACTIVE
from core.stop import Stop
from tui.cli.options import ConfirmedOptions
from tui.cli.output import emit_json, say
from tui.cli.prompts import answered_yes, can_ask
from tui.wiring import open_book, settings_of
from tui.wiring.book import stop_file
from tui.wiring.clock import WallClock, desk_time

if TYPE_CHECKING:
    from data.settings import Settings


@dataclass(frozen=True, kw_only=True)
class StopOptions(ConfirmedOptions):
    """The options of `stop`."""

    reason: str
    """Why sending is stopped; "" for no reason."""
    lift: bool
    """True to let sending go on."""


async def command(options: StopOptions) -> int:
    """Stop all sending without asking, or lift the stop after a question."""
    settings = settings_of(options.home, options.profile)
    return await (_lift if options.lift else _stop)(options, settings)


async def _stop(options: StopOptions, settings: Settings) -> int:
    wanted = Stop(settings.operator, WallClock().now(), options.reason.strip())
    try:
        stop = stop_file(settings).set(wanted)
    except OSError as error:
        raise _not_written(error) from None
    if options.json:
        emit_json({"stopped": True, **_form(stop)})
    else:
        say(
            _sentence(settings, stop), *_why(stop), "Requests on their way are finished. Nothing new is sent."
        )
        say("brokerdesk stop --lift lets sending continue.")
    return 0


def _sentence(settings: Settings, stop: Stop) -> str:
    """Return who stopped all sending, and when in the desk's time."""
    return stop.sentence(desk_time(settings).moment(stop.at))


async def _lift(options: StopOptions, settings: Settings) -> int:
    switch = stop_file(settings)
    stop = switch.now()
    if stop is None:
        raise DeskError("not-stopped", "Sending is not stopped.")
    waiting = await _unfinished(settings)
    if not options.json:
        say(_sentence(settings, stop), *_why(stop), _goes_on(waiting))
    if not options.yes:
        if options.json or not can_ask():
            raise DeskError("not-confirmed", "Sending is still stopped.", when="a stop was not lifted")
        if not answered_yes("Let sending continue? [y/N] ", otherwise="Sending is still stopped."):
            return 1
    try:
        switch.lift()
    except OSError as error:
        raise _not_written(error) from None
    if options.json:
        emit_json({"stopped": False, **_form(stop), "unfinished": waiting})
    else:
        say("Sending continues.")
    return 0


async def _unfinished(settings: Settings) -> int:
    """Return the number of pushes that are not finished."""
    book = await open_book(settings, write=False)
    try:
        return sum(push.state in ACTIVE for push in await book.all(Push))
    finally:
        book.close()


def _form(stop: Stop) -> dict[str, object]:
    return {"operator": stop.operator, "at": stop.at, "reason": stop.reason}


def _why(stop: Stop) -> list[str]:
    return [f"The reason: {stop.reason}"] if stop.reason else []


def _goes_on(waiting: int) -> str:
    if not waiting:
        return "No push is unfinished."
    pushes = "push that is not finished goes" if waiting == 1 else "pushes that are not finished go"
    return f"{waiting} {pushes} on: in an open app at once, else by brokerdesk resume."


def _not_written(error: OSError) -> DeskError:
    return DeskError("stop-not-written", f"The file of the stop could not be changed: {why_failed(error)}.")
