"""A sandbox with the fewest contacts that have every kind of pair. A sync sends requests for each of them."""

from __future__ import annotations

from data.sandbox.seeding.contacts import Unit, people, truth
from data.sandbox.server import DEFAULT_SEED

CONTACTS, OFFICERS = 80, 4
FEW = ("--cards", "1", "--contacts", str(CONTACTS), "--officers", str(OFFICERS))
"""Options of such a sandbox."""
KNOWN_OF_FEW = truth(DEFAULT_SEED, CONTACTS, OFFICERS)


def unit_of(case: str) -> Unit:
    """Return the first people of a case."""
    return next(unit for unit in people(DEFAULT_SEED, CONTACTS, OFFICERS) if unit.case.name == case)
