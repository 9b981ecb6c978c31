"""The failures that are known: what the random stories leave out until each is mended.

The numbers are those of docs/fidelity.md. When a failure is mended, its entry is removed from `KNOWN_FAILURES`; the
stories are stricter from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from core.flex.plans.preview import Preview
from tests.fidelity.board import Happening
from tests.fidelity.difference import Dump


class Moment(Struct, frozen=True):
    """What is about to happen in a story: the operation, the preview it leads to, and what happened before.

    `before` is a dump of the systems just before the push. `with_faults` is True where the network fails at times.
    """

    happening: Happening
    preview: Preview
    past: Sequence[Happening]
    before: Dump
    with_faults: bool = False


def known_failure(moment: Moment) -> int | None:
    """Return the number of the known failure that a push would show; None for a push that must be faithful."""
    if not moment.preview.pushable:
        return None
    return next((number for number, shows in KNOWN_FAILURES.items() if shows(moment)), None)


KNOWN_FAILURES: Final[Mapping[int, Callable[[Moment], bool]]] = {}
"""How each known failure is recognised just before the push."""
