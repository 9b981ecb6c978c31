"""The given names of the product's own list, for generated people."""

from __future__ import annotations

from typing import Final

from tests.support.fork_server import ROOT

GIVEN_NAMES: Final = [
    name.capitalize()
    for line in (ROOT / "core" / "compare" / "given_names.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
    for name in line.split()
]
