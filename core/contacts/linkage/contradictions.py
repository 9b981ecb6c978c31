"""Contradictions: what two records of one person can't differ in, however much else agrees. Pure.

A contradiction keeps two records out of one group. Weaker evidence against one person only counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from core.compare import names
from core.compare.agreement import AgreementLevel
from core.contacts.linkage.features import Features
from core.contacts.linkage.likelihood import Line

AGREEING_DATES: Final = frozenset(
    {AgreementLevel.EQUAL, AgreementLevel.CLOSE, AgreementLevel.SWAPPED, AgreementLevel.DAY_AND_MONTH}
)


def contradict(left: Features, right: Features, lines: Sequence[Line]) -> bool:
    """Return True if two records can't be one person's. `lines` are the lines of evidence about the two.

    They can't if the generations differ, or if both have a known first name and it is another one. A first name that
    nobody is known to have may be a typing error: it contradicts unless the birth dates agree.
    """
    if left.generation and right.generation and left.generation != right.generation:
        return True
    levels = {field: level for field, level, _ in lines}
    if levels.get("first_name") is not AgreementLevel.DIFFERENT:
        return False
    if levels.get("birth_date") not in AGREEING_DATES:
        return True
    return names.is_known(left.given) and names.is_known(right.given)
