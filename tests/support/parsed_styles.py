"""Keeps what the apps of one test process parsed of their style sheets: each test starts an app of its own.

Textual keeps the parsed rules of one app, which are the same in each app that has the same sources and variables.
"""

from __future__ import annotations

from typing import Any

from textual.cache import LRUCache
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

Rules = LRUCache[tuple[Any, ...], list[RuleSet]]
_MOST = 256
"""Sources that are kept for one set of variables. All rooms and dialogs together have fewer."""
_kept: LRUCache[frozenset[tuple[str, str]], Rules] = LRUCache(16)
"""The parsed rules by the variables of their style sheet."""


def rules_for(variables: dict[str, str]) -> Rules:
    """Return the cache of the parsed rules for these variables."""
    key = frozenset(variables.items())
    rules = _kept.get(key)
    if rules is None:
        rules = _kept[key] = LRUCache(_MOST)
    return rules


def keep_parsed_styles() -> None:
    """Let every style sheet of this process take the rules that another one parsed. A second call changes nothing."""
    init, set_variables = Stylesheet.__init__, Stylesheet.set_variables
    if hasattr(init, "keeps_rules"):
        return

    def made(self: Stylesheet, *, variables: dict[str, str] | None = None) -> None:
        init(self, variables=variables)
        self._parse_cache = rules_for(self._variables)

    def given(self: Stylesheet, variables: dict[str, str]) -> None:
        self._parse_cache = LRUCache(1)  # what is cleared is not the rules of all
        set_variables(self, variables)
        self._parse_cache = rules_for(variables)

    made.keeps_rules = True  # type: ignore[attr-defined]  # a mark of our own on a function
    Stylesheet.__init__ = made  # type: ignore[method-assign]  # Textual's class, for all apps of this process
    Stylesheet.set_variables = given  # type: ignore[method-assign]  # as above
