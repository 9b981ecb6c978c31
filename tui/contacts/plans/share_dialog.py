"""The confirm dialog of sharing the app. Each choice makes a new plan, so what is confirmed is what is shown."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from msgspec.structs import replace
from textual import work
from textual.binding import BindingType

from core.contacts.consent import Channel
from core.contacts.model import Contact
from core.contacts.sync.share_plan import ShareChoices, SharePreview, ShareWay
from core.local_forms import DeskTime
from core.push.records import Push
from tui.actions import bindings_for
from tui.contacts.plans.plan_dialog import PlanDialog, ShownPlan
from tui.contacts.plans.plan_wording import remark_lines, share_lines

NOBODY = "nobody"
_CHOICES = frozenset({"share_by_email", "share_by_text", "share_partner", "share_again"})


class ShareDialog(PlanDialog):
    """Asks in which way the app is shared, and whether to do that.

    `plan` returns what sharing would do with other choices, or None if that can't be planned. `partners` are those with
    whom the link can be co-branded.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("share-dialog")]

    def __init__(  # noqa: PLR0913 - what the room knows and the dialog does not, by name
        self,
        preview: SharePreview,
        partners: Sequence[Contact],
        plan: Callable[[ShareChoices], Awaitable[SharePreview | None]],
        confirm: Callable[[SharePreview], Awaitable[Push | None]],
        *,
        live: bool,
        grace: float,
        clock: Callable[[], float],
        zone: DeskTime,
        remark: str = "",
    ) -> None:
        """`zone` gives the local time of a moment. `remark` is said first, if it is not "".

        Choices can be made faster than they are planned, so `_choices` are those that were made last.
        """
        self._zone = zone
        self._remark = remark
        self._choices = preview.choices
        self._preview = preview
        self._partners = partners
        self._plan = plan
        self._confirm_share = confirm
        super().__init__(self._shown_share(), lambda: confirm(preview), live=live, grace=grace, clock=clock)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the choices until the plan is confirmed; those of the link only while the link is chosen."""
        if action in _CHOICES:
            return not self.is_confirmed and self._choices.way is ShareWay.LINK
        if action == "make_account":
            return not self.is_confirmed
        return super().check_action(action, parameters)

    def action_share_by_email(self) -> None:
        """Send the link by email, or not."""
        self._choose(replace(self._choices, channels=self._with(Channel.EMAIL)))

    def action_share_by_text(self) -> None:
        """Send the link by text message, or not. Choosing it confirms that these people agreed to texts."""
        channels = self._with(Channel.SMS)
        self._choose(replace(self._choices, channels=channels, texts_agreed=Channel.SMS in channels))

    def action_share_partner(self) -> None:
        """Co-brand the link with the next partner; after the last partner, with no partner."""
        ids = ["", *(partner.id for partner in self._partners)]
        place = ids.index(self._choices.partner) + 1
        self._choose(replace(self._choices, partner=ids[place % len(ids)]))

    def action_share_again(self) -> None:
        """Send the link also to those with whom the app was shared before, or not."""
        self._choose(replace(self._choices, again=not self._choices.again))

    def action_make_account(self) -> None:
        """Make the account, or send the link."""
        way = ShareWay.LINK if self._choices.way is ShareWay.ACCOUNT else ShareWay.ACCOUNT
        self._choose(ShareChoices(way))

    def _with(self, channel: Channel) -> tuple[Channel, ...]:
        """Return the chosen channels, with one of them added or taken away."""
        chosen = {*self._choices.channels} ^ {channel}
        return tuple(each for each in Channel if each in chosen)

    def _choose(self, choices: ShareChoices) -> None:
        """Plan with these choices. The next key chooses on from them, also while they are planned."""
        self._choices = choices
        self.refresh_bindings()
        self.hold_answers()
        self._plan_anew(choices)

    @work(exclusive=True, group="share-choices")
    async def _plan_anew(self, choices: ShareChoices) -> None:
        preview = await self._plan(choices)
        if preview is not None:
            self._preview = preview
            self.show_plan(self._shown_share(), lambda: self._confirm_share(preview))
        self._choices = self._preview.choices
        self.refresh_bindings()
        self.release_answers()

    def _shown_share(self) -> ShownPlan:
        preview = self._preview
        chosen = next(
            (partner.name for partner in self._partners if partner.id == self._choices.partner), NOBODY
        )
        partner_words = chosen if self._partners else f"{NOBODY}: their loan officer has no partner"
        match self._choices.way:
            case ShareWay.LINK:
                title, yes = "Share the app", "Send the link"
                last = "Milestones wait until they have an account of their own."
            case ShareWay.ACCOUNT:
                title, yes = "Fallback: make the account", "Make the account"
                last = "The link is the usual way: f goes back to it."
        return ShownPlan(
            title,
            preview.plan.digest,
            [*remark_lines(self._remark), *share_lines(preview, partner_words, self._zone)],
            last,
            yes if preview.plan.steps else "",
            preview.plan.subject,
        )
