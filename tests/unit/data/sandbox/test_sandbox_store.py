"""The sandbox's memory: all or nothing for every call, ids in order, numbers that never come twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.sandbox.store import Document, Keys, Store, StoredRow, Wanted
from data.sandbox.systems.api import ApiOperation, Call, SandboxReply, SandboxSystem, make_call, refuse


class Careless(SandboxSystem):
    """A system that keeps a record and only then finds out that it must refuse."""

    name = "careless"
    kinds = ("things",)

    def __init__(self, store: Store) -> None:
        super().__init__(store, lambda: 0.0)
        self.operations = (ApiOperation("POST", "/things", self._create),)

    def keys(self, kind: str, document: Document) -> Keys:
        return Keys()

    def _create(self, call: Call) -> SandboxReply:
        self.keep("things", "1", {})
        refuse(422, "invalid", "Too late.")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "s.sqlite")


def test_a_refused_call_leaves_nothing_behind(store: Store) -> None:
    _, call = make_call("POST", b"/careless/things", b"", {}, b"", too_large=False)
    assert Careless(store).answer(call).status == 422
    assert store.find("careless", "things", Wanted()) == []


def test_a_broken_call_leaves_nothing_behind(store: Store) -> None:
    def broken() -> None:
        with store.transaction():
            store.add(StoredRow("x", "y", "1", {}))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    assert store.count("x", "y", Wanted()) == 0


def test_what_was_written_is_there_for_the_next_to_open_it(store: Store, tmp_path: Path) -> None:
    with store.transaction():
        store.add(StoredRow("x", "y", "1", {"a": "Zoë \ud83d"}, Keys(last_name="å")))
        assert store.next_number("n", 5) == 5
    other = Store(tmp_path / "s.sqlite")
    assert other.find("x", "y", Wanted(last_name="å")) == [{"a": "Zoë \ud83d"}]
    assert other.next_number("n", 5) == 6


def test_a_changed_record_keeps_its_place_and_its_age(store: Store) -> None:
    store.add_many(StoredRow("x", "y", str(n), {"n": n}, added=float(n)) for n in (1, 2, 3))
    store.replace(StoredRow("x", "y", "1", {"n": 90}, Keys(email="e"), added=99.0))
    assert [d["n"] for d in store.find("x", "y", Wanted())] == [90, 2, 3]
    assert [d["n"] for d in store.find("x", "y", Wanted(added_before=2.0))] == [90]
    assert store.count("x", "y", Wanted(email="e")) == 1
