"""Which values changed since their receipt: the last receipt counts, equal forms are no change, gaps are counted."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.push.plan import Entity, System
from core.reconcile.values import compare_values, values_of_receipts

PERSON = System.FLEX, Entity.PERSON, "1-A"
CONTACT = System.TOTAL_EXPERT, Entity.CONTACT, "7"


def field(name: str, sent: Any, found: Any = ..., mark: str = "arrived", **more: Any) -> dict[str, Any]:
    known = {"arrived": mark, "path": [name], "ref": "BD-1", "target": name, "local_id": "P-1"}
    return {**known, "sent": sent, "found": sent if found is ... else found, **more}


def receipt(number: int, *fields: dict[str, Any], key: Any = PERSON, at: float = 10.0) -> dict[str, Any]:
    system, entity, remote_id = key
    record = {"ref": "BD-1", "system": system, "entity": entity, "remote_id": remote_id, "state": "done"}
    return {
        "number": number,
        "push_id": f"P{number}",
        "about": "C-1",
        "confirmed_at": at,
        "records": [record],
        "fields": list(fields),
    }


def changed(*documents: dict[str, Any], now: dict[str, Any], key: Any = PERSON, **untold: float) -> list[str]:
    known = values_of_receipts(documents, {key: untold["untold"]} if untold else {})
    return [name for one in compare_values(known, {key: now}).changed for name in one.names]


@pytest.mark.parametrize(
    ("sent", "found", "now", "differs"),
    [
        ("Linh", "Linh", "Linh", False),
        ("Linh", "Linh", "LINH", False),
        ("Linh", "LINH", "linh", False),
        ("Linh", "Linh", "Lynn", True),
        ("Linh", "Linh", None, True),
        ("Linh", "Lynn", "Lynn", False),
        ("Linh", "Lynn", "Linh", False),
        ("Linh", "Lynn", "Lina", True),
    ],
)
def test_a_value_changed_if_it_is_neither_what_was_read_back_nor_what_was_sent(
    sent: str, found: str, now: str | None, differs: bool
) -> None:
    mark = "arrived" if sent.casefold() == found.casefold() else "differs"
    held = {} if now is None else {"FirstName": now}
    names = changed(receipt(1, field("FirstName", sent, found, mark)), now=held)
    assert names == (["FirstName"] if differs else [])


def test_the_last_receipt_of_a_value_counts() -> None:
    older, newer = receipt(1, field("HomePhone", "1")), receipt(2, field("HomePhone", "2"))
    assert changed(older, newer, now={"HomePhone": "2"}) == []
    assert changed(older, newer, now={"HomePhone": "1"}) == ["HomePhone"]
    (one,) = compare_values(values_of_receipts([older, newer], {}), {PERSON: {}}).changed
    assert (one.value.number, one.value.push_id) == (2, "P2")


def test_what_was_sent_again_and_not_read_back_is_not_compared_and_counted() -> None:
    older = receipt(1, field("HomePhone", "1"))
    newer = receipt(2, field("HomePhone", "2", None, "not-read"))
    known = values_of_receipts([older, newer], {})
    assert compare_values(known, {PERSON: {"HomePhone": "3"}}).changed == ()
    assert known.not_read == {System.FLEX: 1}
    again = values_of_receipts([older, newer, receipt(3, field("HomePhone", "2"))], {})
    assert again.not_read == {}
    assert compare_values(again, {PERSON: {"HomePhone": "3"}}).changed


def test_a_value_that_was_not_sent_is_not_compared() -> None:
    document = receipt(1, field("HomePhone", None, None, "not-sent"), field("WorkPhone", "1", mark="by-hand"))
    assert changed(document, now={}) == []


def test_values_older_than_a_push_without_a_receipt_count_no_more() -> None:
    document = receipt(1, field("HomePhone", "1"), at=10.0)
    assert changed(document, now={"HomePhone": "2"}, untold=11.0) == []
    assert changed(document, now={"HomePhone": "2"}, untold=10.0) == ["HomePhone"]


def test_a_record_that_was_not_read_is_not_compared() -> None:
    compared = compare_values(values_of_receipts([receipt(1, field("HomePhone", "1"))], {}), {})
    assert (compared.changed, compared.compared, compared.unseen) == ((), {}, {})


def test_a_field_that_the_list_of_contacts_does_not_give_is_counted_and_no_change() -> None:
    document = receipt(1, field("email", "a@x.example"), field("source", "brokerdesk"), key=CONTACT)
    known = values_of_receipts([document], {})
    compared = compare_values(known, {CONTACT: {"email": "a@x.example"}})
    assert (compared.changed, dict(compared.unseen)) == ((), {System.TOTAL_EXPERT: 1})
    assert dict(compared.compared) == {System.TOTAL_EXPERT: 1}
    (one,) = compare_values(known, {CONTACT: {"email": None}}).changed
    assert one.names == ("email",)


def test_the_step_of_a_group_is_about_its_contact() -> None:
    document = receipt(1, field("email", "a@x.example"), key=(System.TOTAL_EXPERT, Entity.GROUP, "7"))
    assert changed(document, now={"email": "b@x.example"}, key=CONTACT) == ["email"]


values = st.dictionaries(st.sampled_from("abcdef"), st.text("xyz", max_size=2), max_size=6)


@given(st.lists(values, min_size=1, max_size=4), values)
def test_the_values_that_changed_are_exactly_those_that_differ_from_the_last_receipt(
    sent: list[dict[str, str]], now: dict[str, str]
) -> None:
    documents = [
        receipt(number, *(field(name, value) for name, value in each.items()))
        for number, each in enumerate(sent, 1)
    ]
    last: dict[str, str] = {}
    for each in sent:
        last |= each
    expected = {name for name, value in last.items() if value != now.get(name, "")}
    assert set(changed(*documents, now=now)) == expected
