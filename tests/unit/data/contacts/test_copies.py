"""The copies on disk: they come back as they were, and whatever is wrong with a file counts as no copy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.contacts.model import Consent, Contact, ContactKind, RelatedEntity
from core.contacts.ports import Owner, RejectedContact
from core.contacts.reading.copy import ContactCopy, CopyChanges, folded
from core.contacts.reading.shortfall import MissingRecord, Shortfall
from core.push.plan import System
from data.contacts.copies import ContactCopies, copies_that_name, identity_of, remove_copies
from tests.support.private import is_private

TE = System.TOTAL_EXPERT
ANN = Contact(
    "T1",
    first_name="Ann",
    kind=ContactKind.PARTNER,
    consent=Consent(email=False),
    groups=("Leads",),
    related=(RelatedEntity("household", "7", "The Lees"),),
)
COPY = ContactCopy(
    [Owner("301", "dana@desk.example", "Dana")],
    [RejectedContact(TE, "9", "no email")],
    {"T1": ANN, "T2": Contact("T2", last_name="Ö\u2028\n")},
    [RejectedContact(TE, "T7", "its email holds half a character")],
    [("BD-1", "T1")],
    [("S1", "T2")],
    1_795_000_000.0,
    1_795_000_010.5,
)
MORE = CopyChanges(1_795_000_300.0, [Contact("T3", email="new@x.example")], gone=["T2"])


def copies(folder: Path, identity: str = "one") -> ContactCopies:
    return ContactCopies(folder / "contacts", {TE: identity})


def kept(folder: Path, *every: CopyChanges) -> ContactCopies:
    """Return a store that has saved the copy and these changes, one after the other."""
    store, copy = copies(folder), COPY
    store.save(TE, copy, None)
    for changes in every:
        copy = folded(copy, [changes])
        store.save(TE, copy, changes)
    return store


def file_of(folder: Path) -> Path:
    return folder / "contacts" / "total-expert.copy"


def test_a_copy_and_its_changes_come_back_as_they_were(tmp_path: Path) -> None:
    kept(tmp_path)
    assert copies(tmp_path).load(TE) == COPY
    kept(tmp_path, MORE, CopyChanges(1_795_000_600.0))
    loaded = copies(tmp_path).load(TE)
    assert loaded == folded(COPY, [MORE, CopyChanges(1_795_000_600.0)])
    assert loaded is not None
    assert (sorted(loaded.contacts), loaded.mark, loaded.bears) == (["T1", "T3"], 1_795_000_600.0, [])


def test_a_copy_is_private(tmp_path: Path) -> None:
    kept(tmp_path, MORE)
    assert is_private(file_of(tmp_path))
    assert is_private(file_of(tmp_path).parent)


def test_a_line_that_was_half_written_takes_its_mark_with_it(tmp_path: Path) -> None:
    kept(tmp_path, MORE, CopyChanges(1_795_000_600.0, gone=["T1"]))
    content = file_of(tmp_path).read_bytes()
    for cut in range(1, len(content) - content.rindex(b"\n")):
        file_of(tmp_path).write_bytes(content[:-cut])
        store = copies(tmp_path)
        assert store.load(TE) == folded(COPY, [MORE]), cut
    again = CopyChanges(1_795_000_700.0, gone=["T3"])
    store.save(TE, folded(COPY, [MORE, again]), again)
    assert copies(tmp_path).load(TE) == folded(COPY, [MORE, again])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: b"",
        lambda content: content[: len(content) // 3],
        lambda content: content.replace(b"Ann", b"Bob", 1),
        lambda content: content.replace(b"T3", b"T4", 1),
        lambda content: content.replace(b'"format":1', b'"format":2', 1),
        lambda content: b"\xff" * 40,
        lambda content: content.replace(b"\n", b"", 2),
    ],
)
def test_a_damaged_file_counts_as_no_copy(tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    kept(tmp_path, MORE, CopyChanges(1_795_000_600.0))
    file_of(tmp_path).write_bytes(spoil(file_of(tmp_path).read_bytes()))
    assert copies(tmp_path).load(TE) is None


@settings(max_examples=200, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255))
def test_one_wrong_byte_gives_the_copy_of_before_or_none(
    tmp_path_factory: pytest.TempPathFactory, place: float, byte: int
) -> None:
    folder = tmp_path_factory.mktemp("copies")
    kept(folder, MORE)
    content = bytearray(file_of(folder).read_bytes())
    content[int(place * len(content))] = byte
    file_of(folder).write_bytes(bytes(content))
    assert copies(folder).load(TE) in (None, COPY, folded(COPY, [MORE]))


def test_a_copy_of_another_workspace_or_system_is_none(tmp_path: Path) -> None:
    kept(tmp_path)
    assert copies(tmp_path, "two").load(TE) is None
    assert copies(tmp_path).load(System.SIMPLENEXUS) is None
    assert identity_of("a", "bc") != identity_of("ab", "c")


def test_nothing_is_saved_over_what_another_process_saved(tmp_path: Path) -> None:
    first = kept(tmp_path)
    second = copies(tmp_path)
    assert second.load(TE) == COPY
    first.save(TE, folded(COPY, [MORE]), MORE)
    assert not second.is_current(TE)
    other = CopyChanges(1_795_000_200.0, gone=["T1"])
    second.save(TE, folded(COPY, [other]), other)
    assert copies(tmp_path).load(TE) == folded(COPY, [MORE])
    assert second.load(TE) == folded(COPY, [MORE])
    assert second.is_current(TE)


def test_many_changes_are_written_anew_as_one_copy(tmp_path: Path) -> None:
    store, copy = kept(tmp_path), COPY
    for n in range(40):
        changes = CopyChanges(1_795_000_300.0 + n, [Contact("T3", street="x" * 100_000 + str(n))])
        copy = folded(copy, [changes])
        store.save(TE, copy, changes)
    assert file_of(tmp_path).stat().st_size < 2_000_000
    assert copies(tmp_path).load(TE) == copy


def test_a_disk_that_refuses_costs_the_copy_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "contacts").write_bytes(b"a file in the place of the folder")
    store = kept(tmp_path, MORE)
    assert store.load(TE) is None
    assert not store.is_current(TE)


def test_what_cannot_be_written_as_json_is_not_kept(tmp_path: Path) -> None:
    store = copies(tmp_path)
    store.save(TE, ContactCopy(bears=[("half \ud800", "T1")]), None)
    assert store.load(TE) is None


def test_the_copies_that_name_a_record_can_be_removed(tmp_path: Path) -> None:
    kept(tmp_path)
    folder = tmp_path / "contacts"
    assert copies_that_name(folder, ["T", "T9"]) == []
    remove_copies(folder, ["T9"])
    assert copies(tmp_path).load(TE) == COPY
    assert copies_that_name(folder, ["T9", "T1"]) == [file_of(tmp_path)]
    remove_copies(folder, ["T1"])
    assert copies(tmp_path).load(TE) is None
    assert copies_that_name(tmp_path / "nothing", ["T1"]) == []


def test_the_number_of_records_outlives_the_copy_and_names_nobody(tmp_path: Path) -> None:
    short = Shortfall(5, 1_795_000_000.0, 3, (MissingRecord("T7", "301"),))
    copy = msgspec.structs.replace(COPY, shortfall=short)
    copies(tmp_path).save(TE, copy, None)
    assert copies(tmp_path).load(TE) == copy
    remove_copies(tmp_path / "contacts", ["T1"])
    assert copies(tmp_path).load(TE) is None
    count = copies(tmp_path).known(TE)
    assert count == copy.count
    assert count is not None
    assert (count.records, count.full_at, count.shortfall) == (2, COPY.full_at, Shortfall(5, short.had_at, 3))
    assert b"T7" not in count_file(tmp_path).read_bytes()
    assert is_private(count_file(tmp_path))


def count_file(folder: Path) -> Path:
    return folder / "contacts" / "total-expert.count"


def test_an_incremental_read_moves_the_number(tmp_path: Path) -> None:
    store = kept(tmp_path, MORE, CopyChanges(1_795_000_600.0, [Contact("T4"), Contact("T5")]))
    count = store.known(TE)
    assert count is not None
    assert count.records == 4


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"format":1,"identity":"\xff"}',
        b'{"format":2,"identity":"one","count":{"records":1,"full_at":1}}',
    ],
)
def test_a_count_that_can_not_be_read_or_is_of_another_form_is_none(tmp_path: Path, content: bytes) -> None:
    kept(tmp_path)
    count_file(tmp_path).write_bytes(content)
    assert copies(tmp_path).known(TE) is None
    assert copies(tmp_path, "two").known(TE) is None


def test_a_count_of_another_workspace_is_none(tmp_path: Path) -> None:
    kept(tmp_path)
    assert copies(tmp_path).known(TE) is not None
    assert copies(tmp_path, "two").known(TE) is None
