"""What changed since a push, in the words of the screens and of the command line."""

from __future__ import annotations

from typing import Final

from core.flex.use_cases.changed_since_push import ChangedSincePush, ChangeKind, FieldChange

OLD_VALUES: Final = "brokerdesk does not keep the values that were pushed; FLEX shows them."
TO_DO: Final[dict[ChangeKind, str]] = {
    ChangeKind.CHANGED: "enter it in FLEX again",
    ChangeKind.EMPTIED: "clear it in FLEX, which keeps the value that was pushed",
    ChangeKind.NEW: "it was empty when the card was pushed: enter it in FLEX",
    ChangeKind.GONE: "no longer in BrokerEngine, still in FLEX",
    ChangeKind.PUT_BACK: "an undo put the old value back in FLEX: enter it there again if it is right",
}
"""What to do about each kind of change."""


def changed_in_words(since: ChangedSincePush | None) -> str:
    """Return how many fields changed: "3 fields changed", or "" for none."""
    count = len(since) if since else 0
    return f"{count} {'field' if count == 1 else 'fields'} changed" if count else ""


def change_in_words(change: FieldChange) -> str:
    """Return one change on one line: the owner of the field, old value and new value, and what to do."""
    field = change.field
    if field is None:
        return f"{change.place}: {TO_DO[change.kind]}"
    about = f" of {field.about}" if field.about else ""
    new = field.source_value or "(empty)"
    return f"{field.source}{about}: {old_value(change.kind)} → {new}: {TO_DO[change.kind]}"


def old_value(kind: ChangeKind) -> str:
    """Return what stands in the place of the value that FLEX has."""
    return {ChangeKind.NEW: "(empty)", ChangeKind.PUT_BACK: "(put back)"}.get(kind, "(not kept)")
