"""What is made of a source: each mutant differs in one place, compiles, and is named by its line."""

from __future__ import annotations

from tests.mutation.mutators import mutants

SOURCE = '''"""A module."""

LIMIT = 5


class Held(Struct, frozen=True):
    """A value."""


def over(count: int | None, *, loud: bool = False) -> bool:
    """Say whether it is over."""
    if count is not None and count > LIMIT:
        tell(count, loud=loud)
        return not loud
    return False
'''


def test_the_mutants_of_a_module_are_these_and_each_is_another() -> None:
    found = list(mutants("core/push/x.py", SOURCE))
    assert len({one.source for one in found} | {SOURCE}) == len(found) + 1
    assert [(one.line, one.what) for one in found] == [
        (3, "5 → 6, column 8"),
        (3, "without LIMIT = 5"),
        (10, "False → True, column 44"),
        (12, "count >= LIMIT"),
        (12, "count is None"),
        (12, "count is not None or count > LIMIT"),
        (12, "if not (count is not None and count > LIMIT)"),
        (12, "without count > LIMIT"),
        (12, "without count is not None"),
        (13, "without loud=loud"),
        (13, "without tell(count, loud=loud)"),
        (14, "loud (without not)"),
        (14, "return None"),
        (15, "False → True, column 11"),
    ]
    assert found[0].name == "core/push/x.py: LIMIT = 5  →  5 → 6, column 8"
