"""A push of the contact desk changes what its plan predicts, over generated contact books."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from core.push.plan import Asset
from tests.fidelity.contacts.book import CONTACT_SYSTEMS
from tests.fidelity.contacts.expected import ExpectedRecord, Part, contact_differences
from tests.fidelity.contacts.story import run_contact_story
from tests.fidelity.difference import RecordKey
from tests.fidelity.systems import SystemsInProcess
from tests.support.matrix import so_many

SEEDS = so_many(45, 7)
"""Books of each back end."""
REMEMBERED = (200_859, 201_021)
"""Books that showed a mistake once."""
BACK_ENDS = {"virtual": False, "faults": True}
LEAST_A_BACK_END = so_many(100, 17)
"""So many pushes do the books of a back end hold at the least."""
LEAST = LEAST_A_BACK_END * len(BACK_ENDS)


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SystemsInProcess]:
    systems = SystemsInProcess(tmp_path_factory.mktemp("contacts"), CONTACT_SYSTEMS)
    yield systems
    systems.close()


@pytest.mark.parametrize("with_faults", BACK_ENDS.values(), ids=BACK_ENDS)
def test_a_push_of_contacts_changes_what_its_plan_predicts_and_nothing_else(
    systems: SystemsInProcess, with_faults: bool
) -> None:
    pushes: Counter[Asset] = Counter()
    for seed in (*range(SEEDS), *REMEMBERED):
        pushes.update(run_contact_story(seed, systems, with_faults=with_faults).pushes)
    for asset in (Asset.SYNC, Asset.SHARE, Asset.INVITE, Asset.UNDO, Asset.MILESTONE):
        assert pushes[asset] >= so_many(4, 1), (
            f"the stories hold too few pushes of a {asset} to prove anything"
        )
    assert pushes.total() >= LEAST_A_BACK_END


# -- the comparison itself -----------------------------------------------------------------------------

ANN = RecordKey("total-expert", "contacts", "7")
NEW = ExpectedRecord(0, "total-expert", "contacts", None, {("first_name",): "Ann", ("phone_cell",): "(1) 23"})
BACK = ExpectedRecord(0, "total-expert", "contacts", "7", {("email",): "old@x.example", ("city",): None})


def test_a_new_record_must_hold_exactly_what_the_plan_says() -> None:
    right = {ANN: {("first_name",): "ann", ("phone_cell",): "123", ("id",): 7, ("ok_to_call",): False}}
    done = Part(frozenset({0}))
    assert contact_differences([NEW], {}, right, done) == []
    assert contact_differences([NEW], {}, right, Part(frozenset(), frozenset({0}))) == []
    assert contact_differences([NEW], {}, {}, Part(frozenset(), frozenset({0}))) == []
    assert contact_differences([NEW], {}, {}, done)
    assert contact_differences([NEW], {}, right, Part(frozenset()))
    assert contact_differences([NEW], {}, {ANN: {**right[ANN], ("city",): "Kew"}}, done)
    assert contact_differences([NEW], {}, {**right, ANN._replace(id="8"): right[ANN]}, done)


def test_a_changed_record_must_change_in_exactly_what_the_plan_says() -> None:
    before = {ANN: {("email",): "new@x.example", ("city",): "Kew", ("state",): "CA"}}
    after = {ANN: {("email",): "Old@x.example", ("state",): "CA"}}
    done = Part(frozenset({0}))
    assert contact_differences([BACK], before, after, done) == []
    assert contact_differences([BACK], before, before, done)
    assert contact_differences([BACK], before, before, Part(frozenset())) == []
    assert contact_differences([BACK], before, after, Part(frozenset()))
    assert contact_differences([BACK], before, {ANN: {**after[ANN], ("state",): "NY"}}, done)
    assert contact_differences([BACK], before, {}, done)
