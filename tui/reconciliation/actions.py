"""The actions of the Reconciliation dialog."""

from __future__ import annotations

from typing import Final

from tui.action_model import Action, ActionGroup, ActionScope

GROUPS: Final[tuple[ActionGroup, ...]] = (
    ActionGroup(name="reconciliation", section="Reconciliation", scope=ActionScope.DIALOG,
                about="Where the book differs from what the systems hold, and where to mend that."),
)  # fmt: skip
ACTIONS: Final[tuple[Action, ...]] = (
    Action(name="compare-now", group="reconciliation", keys="r", label="Compare now", footer="compare now",
           place=20, palette=False,
           does="Compare links and receipts with what the systems hold now. Nothing is sent"),
    Action(name="go-there", group="reconciliation", keys="enter,t", label="Go there", footer="go there",
           place=10, palette=False,
           does="Go to where this can be fixed: the card, the contacts, or the receipt"),
    Action(name="close-reconciliation", group="reconciliation", keys="escape,q,f7", label="Close",
           footer="close", place=30, keep=80, palette=False,
           does="Close; a comparison that is running stops"),
)  # fmt: skip
