"""What is said of an ID that a person typed."""

from __future__ import annotations

from core.compare.ids import id_fault


def wrong_id(text: str) -> str:
    """Return what is wrong with an ID while it is being typed, as a sentence; "" if nothing is."""
    fault = id_fault(text.strip())
    return f"This is no ID: it {fault}." if fault else ""
