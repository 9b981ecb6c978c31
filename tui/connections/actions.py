"""The actions of the Connections dialog."""

from __future__ import annotations

from typing import Final

from tui.action_model import Action, ActionGroup, ActionScope

GROUPS: Final[tuple[ActionGroup, ...]] = (
    ActionGroup(name="connections", section="Connections", scope=ActionScope.DIALOG,
                about="What is right and wrong with settings, connections and the book, and what to do about it."),
    ActionGroup(name="webhooks", section="Webhooks", scope=ActionScope.DIALOG,
                about="By webhooks SimpleNexus and Total Expert tell at once what happened."),
)  # fmt: skip
ACTIONS: Final[tuple[Action, ...]] = (
    Action(name="look-again", group="connections", keys="r", label="Look again", footer="look again",
           place=20, palette=False,
           does="Ask each system again"),
    Action(name="open-all", group="connections", keys="a", label="Show all", footer="all", place=22,
           palette=False,
           does="Show what is fine too, finding by finding; again: only what needs a look"),
    Action(name="copy-message", group="connections", keys="c", label="Copy the message", footer="copy message",
           place=25, palette=False,
           does="Copy the message to the administrator who is asked about this"),
    Action(name="mark-known", group="connections", keys="m", label="Mark changes as known", footer="mark as known",
           place=28, palette=False,
           does="Mark what has changed at the vendors as known"),
    Action(name="webhooks", group="connections", keys="w", label="Webhooks", footer="webhooks",
           place=28, keep=75, palette=False,
           does="Show, register, test and remove brokerdesk's own webhooks"),
    Action(name="close-connections", group="connections", keys="escape,q,C", label="Close", footer="close",
           place=30, keep=80, palette=False,
           does="Close"),
    Action(name="register-webhooks", group="webhooks", keys="n", label="Register webhooks", footer="register",
           place=20, palette=False,
           does="Create what is missing, switch it on and test it: asks for the address, shows the plan and asks"),
    Action(name="test-webhooks", group="webhooks", keys="t", label="Test webhooks", footer="test",
           place=22, palette=False,
           does="Have SimpleNexus send a test event, which never becomes a milestone"),
    Action(name="new-webhook-secret", group="webhooks", keys="s", label="New secret", footer="new secret",
           place=24, palette=False,
           does="Give Total Expert's webhook a new secret"),
    Action(name="remove-webhooks", group="webhooks", keys="x", label="Remove webhooks", footer="remove",
           place=26, palette=False,
           does="Take back what brokerdesk made"),
    Action(name="read-webhooks", group="webhooks", keys="r", label="Read webhooks", footer="look again",
           place=28, palette=False,
           does="Ask both systems again"),
    Action(name="close-webhooks", group="webhooks", keys="escape,q,w", label="Close", footer="close",
           place=30, keep=80, palette=False,
           does="Close"),
)  # fmt: skip
