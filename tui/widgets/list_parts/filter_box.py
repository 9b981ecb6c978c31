"""The line in which the words of a list's filter are typed. The footer shows how to leave it."""

from __future__ import annotations

from typing import ClassVar, Unpack

from textual.binding import BindingType
from textual.widgets import Input

from tui.actions import bindings_for
from tui.widgets.line_view import InDom


class FilterBox(Input):
    """A line for words. Enter goes to the list; what Escape does is the screen's `action_back`."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("filter-box")]

    def __init__(self, **dom: Unpack[InDom]) -> None:
        super().__init__(placeholder="filter", compact=True, **dom)
