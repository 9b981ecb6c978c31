"""Every system and every kind of record that the desk writes is in the tables by which receipts read back."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from core.push.plan import Entity, System
from core.receipts.arrival import GIVES_ALL
from core.receipts.read_back import READ_BY_ID, READ_BY_REFERENCE
from tests.support.fork_server import ROOT


def _written() -> Iterator[tuple[System, Entity]]:
    """Yield the kinds of record that each adapter of the engine names: every one of them is written or looked up."""
    for path in sorted((ROOT / "data" / "vendors").rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        for system in _systems_of_adapters(tree):
            names = {
                node.attr
                for node in ast.walk(tree)
                if isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id == "Entity"
            }
            yield from ((system, Entity[name]) for name in sorted(names))


def _systems_of_adapters(tree: ast.Module) -> Iterator[System]:
    """Yield the system of each class of a module that sends the engine's requests."""
    for node in tree.body:
        if not isinstance(node, ast.ClassDef):
            continue
        sends = any(isinstance(part, ast.AsyncFunctionDef) and part.name == "send" for part in node.body)
        for part in node.body if sends else ():
            named = isinstance(part, ast.Assign) and [ast.unparse(target) for target in part.targets] == [
                "system"
            ]
            if isinstance(part, ast.Assign) and named and isinstance(part.value, ast.Attribute):
                yield System[part.value.attr]


def test_every_system_has_an_adapter_that_this_test_sees() -> None:
    assert {system for system, _ in _written()} == set(System)


PROVED_BY_REPLY = {(System.SIMPLENEXUS, Entity.APP_SHARE)}
"""What leaves no record: SimpleNexus lists no link to the app that it sent."""


def test_every_kind_of_record_that_is_written_can_be_read_back() -> None:
    assert set(_written()) == READ_BY_ID | READ_BY_REFERENCE | PROVED_BY_REPLY
    assert not READ_BY_ID & READ_BY_REFERENCE


def test_of_every_system_it_is_known_whether_it_gives_all_values_back() -> None:
    assert set(GIVES_ALL) == set(System)
