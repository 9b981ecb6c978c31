"""The table of systems is complete, and the only place that writes down what a system is called."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.push.plan import System
from core.systems import SYSTEMS, Purpose, systems_for
from data.configuration.definition import Profile, SystemSettings
from tests.support.fork_server import ROOT
from tests.support.source_code import nodes

TABLE = ROOT / "core" / "systems.py"
SPELLS_A_NAME = {
    ROOT
    / "data"
    / "sandbox"
    / "seeding"
    / "contacts.py": "the sandbox shares no code with core; a source it sends",
    ROOT / "data" / "cards" / "known_columns.py": "the names of exports, not of systems",
    ROOT / "data" / "contacts" / "known_columns.py": "the names of exports, not of systems",
}
"""Files that may spell a display name as a whole literal, and why."""


def test_every_system_has_a_row_in_the_order_of_the_enum() -> None:
    assert list(SYSTEMS) == list(System)


def test_every_purpose_has_a_system() -> None:
    assert {purpose: bool(systems_for(purpose)) for purpose in Purpose} == dict.fromkeys(Purpose, True)
    assert systems_for(Purpose.CONTACTS) == (System.SIMPLENEXUS, System.TOTAL_EXPERT)


def test_names_and_keys_are_unique_and_short_names_are_short() -> None:
    for field in ("display_name", "short_name", "config_key"):
        assert len({getattr(names, field) for names in SYSTEMS.values()}) == len(System)
    assert max(len(names.short_name) for names in SYSTEMS.values()) <= 4


@pytest.mark.parametrize("system", System)
def test_a_profile_gives_a_system_the_settings_under_its_key(system: System) -> None:
    said = SystemSettings(url="https://x.example")
    profile = Profile(**{SYSTEMS[system].config_key: said})
    assert [other for other in System if profile.system(other) is said] == [system]


def test_no_other_file_spells_a_display_name_or_a_short_name() -> None:
    names = {name for row in SYSTEMS.values() for name in (row.display_name, row.short_name)}
    spelled = [
        f"{file.relative_to(ROOT)}:{line} {text}"
        for room in ("core", "data", "tui")
        for file in sorted((ROOT / room).rglob("*.py"))
        if file != TABLE and file not in SPELLS_A_NAME
        for line, text in _literals(file)
        if text in names
    ]
    assert spelled == []


def test_the_files_that_may_spell_a_name_still_do() -> None:
    names = {names.display_name for names in SYSTEMS.values()}
    assert [file for file in SPELLS_A_NAME if not names & {text for _, text in _literals(file)}] == []


def _literals(file: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and text of every string literal. A sentence that names a system is one literal, not a name."""
    for node in nodes(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
