"""Writes the page with every text that a person can see, docs/texts.txt, for review."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING, Final

from tests.support.fork_server import ROOT

if TYPE_CHECKING:
    from tests.texts.collect import ShownText

PAGE: Final = ROOT / "docs" / "texts.txt"
HEAD: Final = """\
Every text that a person can see, by the module that has it: screens, commands, help, errors, reports.
Written by `make texts`, and compared with the code by tests/texts/test_texts.py. {name} stands for a value.
"""


def page_of(texts: Iterable[ShownText]) -> str:
    """Return the page: the modules in order, and under each its texts, one a paragraph."""
    parts = [HEAD]
    for module, group in groupby(texts, key=lambda text: text.module):
        lines = ["    " + shown.text.strip("\n").replace("\n", "\n      ") for shown in group]
        parts.append("\n".join([module, *lines]) + "\n")
    page = "\n".join(parts)
    return "\n".join(line.rstrip() for line in page.splitlines()) + "\n"
