"""The keys of emails and names: what makes two of them equal, and what does not."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from core.compare.keys import email_key, label_key, text_key

ROOT = Path(__file__).resolve().parents[3]
ALLOWED = {
    "core/compare/keys.py": "it is the one place",
    "core/compare/folding.py": "fold, which ignores accents and punctuation too",
    "data/gateway_start/gateway.py": "a program of its own, which imports nothing of ours",
    "core/compare/addresses.py": "words of an address, not a whole value",
}


def test_an_email_is_equal_without_outer_blanks_and_case_but_not_without_dots_or_tags() -> None:
    assert email_key("  Ann@Example.COM ") == "ann@example.com"
    assert len({email_key(email) for email in ("a.b@x.example", "ab@x.example", "ab+x@x.example")}) == 3
    assert email_key(" ") == ""


def test_a_label_keeps_its_inner_blanks() -> None:
    assert label_key(" Loan  Funded ") == "loan  funded" != label_key("Loan Funded")


@pytest.mark.parametrize("written", ["Big  Bank", " big bank ", "BIG\tBANK"])
def test_a_text_is_equal_whatever_its_case_and_blanks(written: str) -> None:
    assert text_key(written) == "big bank"


def test_a_text_keeps_accents_and_punctuation() -> None:
    assert len({text_key(text) for text in ("Zoë", "Zoe", "Zo-e")}) == 3
    assert text_key("STRASSE") == text_key("Straße")


def test_nobody_else_writes_such_a_key_by_hand() -> None:
    found = [
        f"{path.relative_to(ROOT).as_posix()}:{node.lineno}"
        for folder in ("core", "data")
        for path in (ROOT / folder).rglob("*.py")
        if "sandbox" not in path.parts and path.relative_to(ROOT).as_posix() not in ALLOWED
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if _is_folding(node)
    ]
    assert found == []


def _is_folding(node: ast.AST) -> bool:
    """Return True for `….strip().casefold()` and `" ".join(….split()).casefold()`, with `lower()` too."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    inner = node.func.value
    return (
        node.func.attr in ("casefold", "lower")
        and isinstance(inner, ast.Call)
        and isinstance(inner.func, ast.Attribute)
        and inner.func.attr in ("strip", "join")
    )
