"""The file with the last reconciliation: a damaged one counts as none, and stops nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.reconcile.model import KeptReconciliation, Reconciliation
from data.book.reconcile_file import NAME, ReconciliationFile

KEPT = KeptReconciliation(1.0, 2.0, Reconciliation(3.0), "m.hale")


def test_what_is_kept_is_read_again(tmp_path: Path) -> None:
    file = ReconciliationFile(tmp_path / "desk")
    assert file.read() == KeptReconciliation()
    file.keep(KEPT)
    assert file.read() == KEPT


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"by": "\xff"}', b'{"succeeded": "now"}'])
def test_a_file_that_can_not_be_read_says_that_nothing_was_reconciled(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    assert ReconciliationFile(tmp_path).read() == KeptReconciliation()
