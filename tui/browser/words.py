"""What the page of the desk says, and what an answer says that refuses a request. Knows no HTTP and no app."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from tui.browser.guard import Admission


class PageEnd(StrEnum):
    """Why a page shows its app no more."""

    LEFT = "left"
    """The app has ended."""
    MOVED = "moved"
    """Another page of the same name shows it."""
    IDLE = "idle"
    """Nobody touched it, so the session has ended."""
    STOPPED = "stopped"
    """The server ends."""
    TOO_MANY = "too-many"
    NOT_STARTED = "not-started"


OPENS: Final = "The desk opens …"
LOST: Final = "The connection is lost. The desk goes on, and this page tries to come back to it …"
NO_COPY: Final = "The browser did not let the desk copy. Click into the desk and copy again."
NOT_THERE: Final = "There is nothing at this address."
_ENTER: Final = "Press Enter to open the desk here."
_WHY: Final = {
    PageEnd.LEFT: "You have left the desk.",
    PageEnd.MOVED: "The desk is shown in another tab.",
    PageEnd.IDLE: "Nobody touched the desk for a while, so it is locked.",
    PageEnd.STOPPED: "brokerdesk serve has ended. Start it again, and open the address that it prints.",
    PageEnd.TOO_MANY: "Four tabs have a desk already. Close one of them first.",
    PageEnd.NOT_STARTED: "The desk could not be started. Look into the window in which brokerdesk serve runs.",
}
_REASONS: Final = {
    Admission.FOREIGN_HOST: "This server is not known by that name.",
    Admission.WRONG_METHOD: "Only GET is answered here.",
    Admission.FOREIGN_ORIGIN: "A page of another site may not use the desk.",
    Admission.NO_SESSION: "This desk is locked.",
}
_WHAT_TO_DO: Final = {
    Admission.FOREIGN_HOST: "Open the address that brokerdesk serve printed. The option --public-url adds another one.",
    Admission.NO_SESSION: (
        "A link opens the desk in one browser, once. A desk that nobody touches for a while is locked again. Go to the "
        "window in which brokerdesk serve runs, press Enter, and open the address that it prints."
    ),
}


def parting_words(why: PageEnd, said: str = "") -> str:
    """Return what a page says that shows its app no more. `said` is what the app said at its end."""
    return "\n\n".join(filter(None, (_WHY[why], said, "" if why is PageEnd.STOPPED else _ENTER)))


def reason_of(admission: Admission) -> str:
    """Return why a request is refused; "" if it is not."""
    return _REASONS.get(admission, "")


def advice_on(admission: Admission) -> str:
    """Return what a person can do about a refusal; "" if that is nothing."""
    return _WHAT_TO_DO.get(admission, "")
