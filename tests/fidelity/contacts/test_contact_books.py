"""A push of the contact desk changes what its plan predicts, over generated contact books."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from core.contacts.match import vendor_rules
from core.contacts.model import Contact
from core.push.plan import Asset
from tests.fidelity.contacts.book import CONTACT_SYSTEMS
from tests.fidelity.contacts.expected import ExpectedRecord, Part, contact_differences
from tests.fidelity.contacts.story import run_contact_story
from tests.fidelity.desk import Unfaithful
from tests.fidelity.difference import RecordKey
from tests.fidelity.systems import SystemsInProcess

SEEDS = 30


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SystemsInProcess]:
    systems = SystemsInProcess(tmp_path_factory.mktemp("contacts"), CONTACT_SYSTEMS)
    yield systems
    systems.close()


def shows(systems: SystemsInProcess, seed: int) -> bool:
    """Return True if the story of a seed shows a difference."""
    try:
        run_contact_story(seed, systems, with_faults=False)
    except Unfaithful:
        return True
    return False


@pytest.mark.parametrize("with_faults", [False, True], ids=["virtual", "faults"])
def test_a_push_of_contacts_changes_what_its_plan_predicts_and_nothing_else(
    systems: SystemsInProcess, with_faults: bool
) -> None:
    pushes: Counter[Asset] = Counter()
    for seed in range(SEEDS):
        pushes.update(run_contact_story(seed, systems, with_faults=with_faults).pushes)
    for asset in (Asset.SYNC, Asset.SHARE, Asset.UNDO, Asset.MILESTONE):
        assert pushes[asset] > 3, f"the stories hold too few pushes of a {asset} to prove anything"


def test_a_forecast_that_leaves_filler_phones_out_is_found(
    systems: SystemsInProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Total Expert changes a contact of the same name and the same filler phone: number 10 of docs/fidelity.md."""
    from core.compare.phones import digits  # noqa: PLC0415 - the form that is evidence, and no forecast

    def evidence_only(rule: vendor_rules.VendorRule, contact: Contact) -> tuple[str, ...]:
        phones = {
            vendor_rules.VendorRule.HOME_PHONE: contact.home_phone,
            vendor_rules.VendorRule.CELL_PHONE: contact.mobile_phone,
            vendor_rules.VendorRule.OFFICE_PHONE: contact.work_phone,
        }
        return (number,) if (number := digits(phones[rule])) else ()

    rules = tuple(
        (
            rule,
            values_of
            if "phone" not in rule.value
            else lambda contact, rule=rule: evidence_only(rule, contact),
        )
        for rule, values_of in vendor_rules._RULES
    )
    monkeypatch.setattr(vendor_rules, "_RULES", rules)
    assert any(shows(systems, seed) for seed in range(90, 110)), "the first seed was 100"


def test_a_plan_of_two_contacts_that_become_one_is_found(
    systems: SystemsInProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second contact of one name and one phone would change the first, which the same sync creates."""
    monkeypatch.setattr(vendor_rules.Deduplication, "add", lambda dedup, contact, owner: None)
    assert any(shows(systems, seed) for seed in range(25, 45)), "the first seed was 31"


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
