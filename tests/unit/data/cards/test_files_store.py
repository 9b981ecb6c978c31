"""What was imported: the same twice leaves nothing, an update replaces, and nothing is half kept."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from core.errors import BookClosed, UsageError
from data.book.disk import RealDisk
from data.cards.folder import FolderCards
from data.cards.import_store import StoredCards, read_import
from tests.support.card_files import card, jsonl, table
from tests.support.private import is_private


def keep(data: bytes, folder: Path) -> StoredCards:
    file = folder.with_name("export")
    file.write_bytes(data)
    return read_import(file, folder).keep()


@pytest.mark.parametrize("before", [(), ("C-1",), ("C-1", "C-2", "C-3")])
def test_what_an_import_would_count_is_what_it_counts(before: tuple[str, ...], tmp_path: Path) -> None:
    folder, file = tmp_path / "cards", tmp_path / "export"
    if before:
        keep(jsonl(*(card(one, title="old" if one == "C-3" else "T") for one in before)), folder)
    file.write_bytes(jsonl(card("C-1"), card("C-3"), card("C-4")))
    found = read_import(file, folder)
    said = found.forecast()
    assert sum(one.is_file() for one in folder.glob("*")) == bool(before), "a forecast writes nothing"
    assert said == found.keep()
    assert said.imported == 3 - len({"C-1", "C-3"} & set(before))
    assert found.forecast() == StoredCards(unchanged=3)


async def title(folder: Path, card_id: str) -> str:
    return (await FolderCards(None, folder).card(card_id))[0].title


async def test_the_same_twice_changes_nothing_and_an_update_replaces(tmp_path: Path) -> None:
    kept = tmp_path / "cards"
    both = jsonl(card("C-1", updated_at="2026-01-01T00:00:00Z"), card("C-2", title="caf\u00e9 \ud83d"))
    assert keep(both, kept) == StoredCards(2, 0, 0)
    before = {path: path.read_bytes() for path in kept.iterdir()}
    assert keep(both, kept) == StoredCards(0, 0, 2)
    assert keep(both.replace(b"2026-01-01", b"2026-02-02"), kept) == StoredCards(0, 0, 2)
    assert {path: path.read_bytes() for path in kept.iterdir()} == before
    assert keep(jsonl(card("C-1", title="new"), card("C-3")), kept) == StoredCards(1, 1, 0)
    assert [await title(kept, one) for one in ("C-1", "C-2", "C-3")] == ["new", "caf\u00e9 \ud83d", "T"]
    assert keep(both, kept) == StoredCards(0, 1, 1)
    assert await title(kept, "C-1") == "T"


async def test_a_table_is_kept_in_the_contracts_form_and_twice_is_once(tmp_path: Path) -> None:
    kept = tmp_path / "cards"
    data = table({"loan_amount": "640000", "Tags": "=1+1"}, {"card_id": "C-2", "kind": "?"})
    assert keep(data, kept) == StoredCards(1, 0, 0)
    assert keep(data, kept) == StoredCards(0, 0, 1)
    (file,) = kept.iterdir()
    held = json.loads(file.read_bytes())
    assert (held["id"], held["requirements"]["loan_amount"]) == ("C-1", "640000")
    assert held["other"] == [{"section": "Other columns", "name": "Tags", "value": "=1+1"}]


def test_what_is_kept_is_private(tmp_path: Path) -> None:
    kept = tmp_path / "cards"
    keep(jsonl(card()), kept)
    (file,) = kept.iterdir()
    assert is_private(kept)
    assert is_private(file)


def test_nothing_good_leaves_nothing(tmp_path: Path) -> None:
    kept = tmp_path / "cards"
    assert keep(b"card_id,kind\nC-1,x\n", kept) == StoredCards(0, 0, 0)
    assert not kept.exists()


class FullDisk(RealDisk):
    def write(self, path: Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_said_and_nothing_is_half_kept(tmp_path: Path) -> None:
    kept, file = tmp_path / "cards", tmp_path / "export"
    file.write_bytes(jsonl(card()))
    with pytest.raises(BookClosed) as caught:
        read_import(file, kept, FullDisk()).keep()
    assert (caught.value.code, caught.value.exit_code) == ("cards-not-kept", 4)
    assert list(kept.iterdir()) == []


def test_imports_made_in_one_instant_keep_their_order(tmp_path: Path) -> None:
    kept, file = tmp_path / "cards", tmp_path / "export"
    for n in range(12):
        file.write_bytes(jsonl(card(title=f"{n}")))
        read_import(file, kept, now=lambda: 1000.0).keep()
    assert [json.loads(path.read_bytes())["title"] for path in sorted(kept.iterdir())] == [
        f"{n}" for n in range(12)
    ]


@pytest.mark.parametrize("name", ["nothing", "."])
def test_a_file_that_cant_be_read_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_import(tmp_path / name, tmp_path / "cards")
    assert caught.value.code == "unreadable-file"
