"""The plans that the desks of a team confirm: people for FLEX, some of them in two pushes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from core.push.plan import Asset, Entity, Operation, Plan, Step, System, make_ref

WORKSPACE: Final = "harbour"
STEPS: Final = 5
"""How many people a push has."""
SHARED: Final = 10
"""One in so many pushes has a person whom the push before has too."""


def a_person(number: int) -> Step:
    """Return the step that makes one person, by a number."""
    local_id = f"P-{number}"
    ref = make_ref(WORKSPACE, System.FLEX, Entity.PERSON, local_id)
    body = {"IntegrationId": ref, "FirstName": f"Linh {number}", "LastName": "Nguyen"}
    identity = ("FirstName", "LastName")
    return Step(
        ref,
        System.FLEX,
        Entity.PERSON,
        Operation.CREATE,
        local_id,
        body["FirstName"],
        body,
        identity=identity,
    )


def plans(steps: int) -> Iterator[Plan]:
    """Yield the plans of `steps` steps in all."""
    for n, first in enumerate(range(0, steps, STEPS)):
        numbers = list(range(first, min(first + STEPS, steps)))
        if n % SHARED == SHARED - 1:
            numbers[0] = first - 1
        yield Plan(Asset.SYNC, f"team-{n}", f"people {n}", tuple(map(a_person, numbers)))
