"""Pushes new users of SimpleNexus to Total Expert automatically, in a profile with `auto_push`, and says so."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from core.contacts.sync.auto_push import (
    NewUsersAfterFirstSync,
    NewUsersAsked,
    NewUsersBegun,
    NewUsersNeedPerson,
    NewUsersNeedWord,
    NewUsersStopped,
    NewUsersWait,
)
from core.errors import DeskError
from tui.milestones.watch import LOOK_AT_IT
from tui.text import notify, notify_error, plain
from tui.widgets.confirm_dialog import ConfirmDialog, live_lines
from tui.words.waiting import waiting_sentence

if TYPE_CHECKING:
    from core.contacts.sync.auto_push import AutoPushEvent
    from tui.app import DeskApp


class NewUserPushes:
    """Pushes new users that need no decision, every few minutes, for as long as the app is open."""

    def __init__(self, app: DeskApp) -> None:
        self._app = app

    def begin(self) -> None:
        """Begin, or begin again after an error has ended it."""
        self._app.begin_work(self._follow, "auto-push")

    async def _follow(self) -> None:
        desk = self._app.desk
        if desk is None or desk.auto_push is None:
            return
        async for event in desk.auto_push.run():
            self._take(event)
            self._app.header.show()

    def _take(self, event: AutoPushEvent) -> None:
        """Say what happened, and do what the app has to do about it."""
        app = self._app
        match event:
            case NewUsersAfterFirstSync():
                said = "New users are pushed automatically after the first sync, which you confirm in Contacts (a)."
                notify(app, said, title="New users")
            case NewUsersAsked(number=number):
                app.begin_work(partial(self._ask, number), "ask-about-new-users")
            case NewUsersBegun(push=push):
                users = "user" if push.size == 1 else "users"
                notify(app, f"{push.size} new {users} on the way to Total Expert.", title="New users")
                app.run_push(push.push_id)
            case NewUsersWait(error=error, waiting=waiting):
                said = f"{error.message}\n{waiting_sentence(waiting, app.local)}"
                notify(app, said, title="New users", severity="warning")
            case NewUsersNeedPerson():
                said = "New users wait: the sync before them needs you, in Activity (4)."
                notify(app, said, title="New users", severity="warning")
            case NewUsersNeedWord(error=error):
                fix = LOOK_AT_IT if error.code == "many-at-once" else error.fix
                said = f"{error.message}\n{fix}"
                notify(app, said, title="New users wait for your OK", severity="warning")
                app.header.look_at_watch()
            case NewUsersStopped(error=error):
                again = "New users are pushed again after the next start, or once you resume a push (Activity, r)."
                said = f"{error.message}\n{error.fix}\n{again}"
                notify(app, said, title="New users are not pushed", severity="error", seconds=30)

    async def _ask(self, number: int) -> None:
        """Ask what becomes of the users who are new at the first automatic push, which waits for the answer."""
        app = self._app
        users = "user is" if number == 1 else "users are"
        lines = [
            *live_lines(live=app.live),
            plain(f"{number:,} {users} only in SimpleNexus so far. The profile says auto_push = true."),
            plain("Push: they are pushed to Total Expert now, and later ones automatically."),
            plain("Leave to me: you push them (a in Contacts); later ones are pushed automatically."),
        ]
        question = f"Push {number:,} new {'user' if number == 1 else 'users'} too?"
        asked = ConfirmDialog(question, lines, yes="Push", no="Leave to me", grace=app.grace)
        takes_them = await app.push_screen_wait(asked)
        auto_push = app.desk.auto_push if app.desk is not None else None
        if auto_push is None:
            return
        try:
            await auto_push.answer(takes_them=takes_them)
        except DeskError as error:
            notify_error(app, error, title="New users")
