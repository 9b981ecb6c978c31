"""Reads recorded requests and says which of them the vendors' descriptions do not have.

`python -m tests.contracts.traffic FOLDER` prints each breach once with its count, and what was sent how often. It ends
with 1 if there is a breach, and with 2 if nothing was recorded.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.contracts.watch import Sent, flaws_of, operation_of


def recorded(folder: Path) -> Iterator[Sent]:
    """Yield the requests that were recorded in a folder, process by process. A line that a kill cut off is left out."""
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text("ascii").splitlines():
            try:
                request = json.loads(line)
            except ValueError:
                continue
            body = request["body"].encode("utf-8", "surrogateescape")
            yield Sent(request["method"], request["target"], request["headers"], body)


def breaches(folder: Path) -> Counter[str]:
    """Return each breach with the number of requests that commit it."""
    return Counter(flaw for sent in recorded(folder) for flaw in flaws_of(sent))


def report(folder: Path) -> tuple[int, list[str]]:
    """Return the exit code and the lines to print."""
    operations: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for sent in recorded(folder):
        operations[operation_of(sent) or "not described"] += 1
        found.update(flaws_of(sent))
    lines = [f"{count:>8}  {name}" for name, count in sorted(operations.items())]
    lines += [f"BREACH {count:>8}  {flaw}" for flaw, count in found.most_common()]
    lines.append(f"{operations.total()} requests, {found.total()} breaches")
    return (1 if found else 0 if operations else 2), lines


def main(arguments: list[str]) -> int:
    """Print the report of a folder of recordings and return the exit code."""
    code, lines = report(Path(arguments[0]))
    print("\n".join(lines))
    return code


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
