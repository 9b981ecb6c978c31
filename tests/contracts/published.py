"""The vendors' own descriptions, where they are next to the checkout. No copy of them is in this project."""

from __future__ import annotations

import itertools

from tests.support.fork_server import ROOT

PUBLISHED = ROOT.parent / "shared" / "contracts"
"""The folder of the descriptions. Tests that read it are skipped where it is absent."""
_HEADS = ("Field", "Relationship", "Option")


def table(section: str, title: str) -> dict[str, list[str]]:
    """Return a table of a section of Total Expert's text: the cells of each row, by the first cell."""
    text = (PUBLISHED / "total-expert" / "public-api.txt").read_text("utf-8")
    part = text.partition(f"\n=== {section}\n")[2].partition("\n=== ")[0]
    lines = part.partition(f"#### {title}\n")[2].partition("\n#### ")[0].splitlines()
    rows = itertools.dropwhile(lambda line: not line.startswith("| "), lines)
    cells = [
        [cell.strip() for cell in row.strip("| ").split(" | ")]
        for row in itertools.takewhile(lambda line: line.startswith("| "), rows)
    ]
    return {row[0]: row for row in cells if row[0] not in _HEADS}
