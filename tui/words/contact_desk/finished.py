"""The words for what a sync, a share, an invite or an undo did, once it is over. Pure; loads no widget."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from core.push.made import was_there
from core.push.plan import Asset, Entity, Operation
from core.push.records import StepRecord
from core.push.states import StepState

_DONE: Final = {
    (Operation.CREATE, Entity.PROSPECT): ("prospect created", "prospects created"),
    (Operation.CREATE, Entity.PARTNER): ("partner created", "partners created"),
    (Operation.CREATE, Entity.CONTACT): ("contact created", "contacts created"),
    (Operation.CREATE, Entity.BORROWER): ("account created", "accounts created"),
    (Operation.CREATE, Entity.INVITE): ("agent invited", "agents invited"),
    (Operation.SHARE, Entity.APP_SHARE): ("link to the app sent", "links to the app sent"),
    (Operation.WRITE_BACK, Entity.CONTACT): ("contact put back", "contacts put back"),
    (Operation.DISABLE, Entity.ACCESS): ("partner switched off", "partners switched off"),
}
"""What steps that arrived did: for one record, and for several."""
_OTHER: Final = ("other step done", "other steps done")
_LINKED: Final = ("pair linked", "pairs linked")
_REMOVED: Final = ("link removed", "links removed")


UNDO: Final = "z takes it back, as far as possible."
"""How a sync is undone in the app."""


def finish_sentence(asset: Asset, steps: Iterable[StepRecord], links: int = 0, undo: str = UNDO) -> str:
    """Return what a push of contacts did: "Done. 5 pairs linked, 60 prospects created, 1 not sent."

    `links` is the number of pairs that the confirmation linked, or of links that an undo removed; nothing was sent for
    them. `undo` says how a sync is undone.
    """
    steps = list(steps)
    counts = Counter(
        _DONE.get((step.operation, step.entity), _OTHER)
        for step in steps
        if step.state is StepState.DONE and not was_there(step)
    )
    counts = Counter({_REMOVED if asset is Asset.UNDO else _LINKED: links}) + counts
    parts = [f"{number:,} {one if number == 1 else several}" for (one, several), number in counts.items()]
    if there := sum(map(was_there, steps)):
        parts.append(f"{there:,} there already")
    if left := sum(step.state in (StepState.SKIPPED, StepState.REFUSED) for step in steps):
        parts.append(f"{left:,} not sent")
    did = f" {', '.join(parts)}." if parts else ""
    return f"Done.{did}" + (f" {undo}" if asset is Asset.SYNC and parts else "")
