"""What the app knows that is not in the book, for the overview and for the screen that shows counts alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from core.overview.use_cases import OverviewUseCases, health_of, open_milestones

if TYPE_CHECKING:
    from core.overview.model import DeskOverview
    from tui.app import DeskApp
    from tui.wiring import Desk


async def read_overview(app: DeskApp, desk: Desk, use_cases: OverviewUseCases) -> DeskOverview:
    """Return the overview as the book and the app have it now. Asks no system. Raises `BookClosed`."""
    seen = await use_cases.read(app.now().timestamp())
    contacts = seen.contacts
    if (known := app.rooms.known_match()) is not None:
        contacts = health_of(*known, contacts.left if contacts is not None else {})
    milestones = app.milestone_watch.overview
    return msgspec.structs.replace(
        seen,
        contacts=contacts,
        milestones=open_milestones(milestones.lines) if milestones is not None else None,
        cards=app.rooms.known_cards(),
        systems=desk.known_systems(),
        held_back=app.brake.number,
        tried_again=len(app.waiting()),
    )
