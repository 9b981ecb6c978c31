"""A style sheet names classes by strings: after a rename of a class a rule would apply to nothing."""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual import containers, screen, widget, widgets
from textual.command import CommandList, CommandPalette, SearchIcon
from textual.dom import DOMNode
from textual.widgets._toast import Toast

import tui

ROOT = Path(tui.__file__).parent
TEXTUAL = {*dir(containers), *dir(screen), *dir(widget), *widgets.__all__} | {
    kind.__name__ for kind in (CommandList, CommandPalette, SearchIcon, Toast)
}

POSIX_ALONE = {"tui.shell.lasting_driver"}
"""Modules about what Windows does not have."""


def below(kind: type[DOMNode]) -> Iterator[type[DOMNode]]:
    """Yield every class of the program that is drawn on a screen."""
    for child in kind.__subclasses__():
        if child.__module__.startswith("tui."):
            yield child
        yield from below(child)


def sheets() -> Iterator[tuple[str, str]]:
    """Yield each style sheet with its name: the files, and the default styles of the classes."""
    for info in pkgutil.walk_packages([str(ROOT)], "tui."):
        if not info.name.endswith("__main__") and (sys.platform != "win32" or info.name not in POSIX_ALONE):
            importlib.import_module(info.name)
    for file in ROOT.rglob("*.tcss"):
        yield str(file.relative_to(ROOT)), file.read_text()
    for kind in below(DOMNode):
        if "DEFAULT_CSS" in vars(kind):
            yield kind.__name__, kind.DEFAULT_CSS


SHEETS = dict(sheets())
OURS = {kind.__name__ for kind in below(DOMNode)}


@pytest.mark.parametrize("name", sorted(SHEETS))
def test_every_class_that_a_style_names_is_there(name: str) -> None:
    without_comments = re.sub(r"/\*.*?\*/", "", SHEETS[name], flags=re.DOTALL)
    selectors = " ".join(re.findall(r"([^{};]*)\{", without_comments))
    named = set(re.findall(r"(?<![\w$.#-])[A-Z]\w*", selectors))
    assert named - OURS - TEXTUAL == set()


def test_a_class_with_styles_of_its_own_is_named_in_them() -> None:
    assert {name for name in SHEETS.keys() & OURS if name not in SHEETS[name]} == set()
