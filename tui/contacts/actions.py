"""The actions of the Contacts room and of its dialogs."""

from __future__ import annotations

from typing import Final

from tui.action_model import Action, ActionGroup, ActionScope

GROUPS: Final[tuple[ActionGroup, ...]] = (
    ActionGroup(name="contacts", section="Contacts"),
    ActionGroup(name="plan-dialog", section="Sync, share, undo", scope=ActionScope.DIALOG),
)
ACTIONS: Final[tuple[Action, ...]] = (
    Action(name="same", group="contacts", keys="s", label="Same person", footer="decide",
           run="answer('same')", place=10, keep=100,
           does="They are one person: linked"),
    Action(name="different", group="contacts", keys="d", label="Different people", footer="decide",
           run="answer('different')", place=10, keep=100,
           does="They are two people: not asked again unless a field changes"),
    Action(name="household", group="contacts", keys="h", label="One household", footer="decide",
           run="answer('household')", place=10, keep=100,
           does="They are two people of one household: both are kept"),
    Action(name="put-off", group="contacts", keys="l", label="Later", footer="decide", run="answer('later')",
           place=10, keep=100,
           does="Decide later: it stays in the queue, at its end"),
    Action(name="other-pair-back", group="contacts", keys="left", label="Pair before", run="other_pair(-1)",
           does="Show the pair before, where several records are held"),
    Action(name="other-pair", group="contacts", keys="right", label="Next pair", run="other_pair(1)",
           does="Show the next pair, where several records are held"),
    Action(name="undo-answer", group="contacts", keys="u", label="Undo", footer="undo", place=22, keep=95,
           does="Take the last decision back, also one of an earlier day"),
    Action(name="blind", group="contacts", keys="b", label="Judge blind", footer="blind", place=23, keep=60,
           does="Hide what the evidence comes to, or show it again"),
    Action(name="all-alike", group="contacts", keys="equals_sign", label="All alike", footer="alike",
           place=24, keep=75,
           does="Answer all that compare like this one, after showing how many"),
    Action(name="plan-sync", group="contacts", keys="a", label="Apply the plan", footer="apply plan",
           place=25, keep=90,
           does="Plan the sync, see it by cause, and do it once confirmed"),
    Action(name="share-app", group="contacts", keys="x", label="Share the app", footer="share app", place=26,
           keep=55,
           does="Share the app with this imported person: makes an account"),
    Action(name="undo-sync", group="contacts", keys="z", label="Undo a sync", footer="undo sync", place=27,
           keep=20,
           does="Take the last sync back, as far as that can be done"),
    Action(name="next-verdict", group="contacts", keys="v", label="Next verdict", footer="verdict", place=30,
           keep=40,
           does="Show the rows of the next verdict"),
    Action(name="read-contacts", group="contacts", keys="r", label="Read again", footer="read again",
           place=31, keep=45,
           does="Read both systems again"),
    Action(name="next-part", group="contacts", keys="tab", label="Next part", footer="parts", place=35,
           keep=30,
           does="Go to the next part: verdicts, pairs, detail"),
    Action(name="previous-part", group="contacts", keys="shift+tab", label="Part before",
           does="Go to the part before"),
    Action(name="confirm", group="plan-dialog", keys="y", label="Do it", footer="do it", place=10, keep=100,
           palette=False,
           does="Do what is shown, once"),
    Action(name="plan-not-now", group="plan-dialog", keys="n,escape,enter", label="Not now",
           footer="not now", run="not_now", place=20, keep=90, palette=False,
           does="Close without doing it; what is under way goes on"),
)  # fmt: skip
