"""What is made of a source: each mutant differs in one place, compiles, and is named by its line."""

from __future__ import annotations

from tests.mutation.mutators import mutants

SOURCE = '''"""A module."""

LIMIT = 5
Pairs = dict[str, list[tuple[int, int, int]]]


class Held(Struct, frozen=True, gc=False):
    """A value."""


def over(count: int | None, *, loud: bool = False) -> bool:
    """Say whether it is over."""
    if count is not None and count > LIMIT:
        tell(count, loud=loud)
        return not loud.casefold()
    return False
'''


def test_the_mutants_of_a_module_are_these_and_each_is_another() -> None:
    found = list(mutants("core/push/x.py", SOURCE))
    assert len({one.source for one in found} | {SOURCE}) == len(found) + 1
    assert [(one.line, one.what) for one in found] == [
        (3, "5 → 6, column 8"),
        (3, "without LIMIT = 5"),
        (11, "False → True, column 44"),
        (13, "count >= LIMIT"),
        (13, "count is None"),
        (13, "count is not None or count > LIMIT"),
        (13, "if not (count is not None and count > LIMIT)"),
        (13, "without count > LIMIT"),
        (13, "without count is not None"),
        (14, "without loud=loud"),
        (14, "without tell(count, loud=loud)"),
        (15, "loud.casefold() (without not)"),
        (15, "loud.lower"),
        (15, "return None"),
        (16, "False → True, column 11"),
    ]
    assert found[0].name == "core/push/x.py: LIMIT = 5  →  5 → 6, column 8"
