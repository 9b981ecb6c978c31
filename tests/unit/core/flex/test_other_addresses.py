"""A change of a contact's addresses: entries are found by their type, and what is not given stays."""

from __future__ import annotations

from typing import Any

import pytest

from core.flex.other_addresses import changed_addresses, is_readable, values_before

POSTAL = {"AddressType": "Postal", "StreetAddress": "PO Box 77", "City": "Balmain"}
PREVIOUS = {"AddressType": "Previous", "City": "Hobart"}
MOVED = {"AddressType": "Postal", "City": "Manly", "State": "NSW"}


@pytest.mark.parametrize(
    ("held", "change", "after"),
    [
        ([POSTAL], [MOVED], [POSTAL | MOVED]),
        ([PREVIOUS, POSTAL], [MOVED], [PREVIOUS, POSTAL | MOVED]),
        ([PREVIOUS], [MOVED], [PREVIOUS, MOVED]),
        ([], [MOVED], [MOVED]),
        (None, [MOVED], [MOVED]),
        ([POSTAL], [], [POSTAL]),
        ([POSTAL, POSTAL | {"City": "Perth"}], [MOVED], [POSTAL | MOVED]),
    ],
)
def test_parts_that_are_not_given_stay(held: Any, change: Any, after: Any) -> None:
    assert changed_addresses(held, change) == after


@pytest.mark.parametrize("odd", [7, "Postal", {}, [7], [{"City": "Perth"}], [{"AddressType": None}]])
def test_what_is_no_address_is_not_sent_along(odd: Any) -> None:
    assert changed_addresses(odd, [MOVED]) == [MOVED]


def test_what_the_contract_does_not_name_is_not_sent_along() -> None:
    held = POSTAL | {"Id": "7", "Country": None, "PostalCode": ""}
    assert changed_addresses([held], [MOVED]) == [POSTAL | MOVED]


@pytest.mark.parametrize(
    ("old", "before"),
    [
        ([POSTAL], [{"AddressType": "Postal", "City": "Balmain"}]),
        ([PREVIOUS, POSTAL], [{"AddressType": "Postal", "City": "Balmain"}]),
        ([PREVIOUS], []),
        (None, []),
    ],
)
def test_the_values_before_are_those_of_the_parts_that_were_sent(old: Any, before: Any) -> None:
    assert values_before(old, [MOVED]) == before


@pytest.mark.parametrize(
    ("held", "readable"),
    [
        (None, True),
        ([], True),
        ([{"AddressType": "Postal", "City": "Ryde", "State": None, "Since": 5}], True),
        ("1 Bay Rd", False),
        ([7], False),
        ([{"AddressType": "Postal", "City": ["Ryde"]}], False),
        ([{"AddressType": "Postal", "City": "Ry\ud800de"}], False),
    ],
)
def test_a_list_with_a_part_that_can_not_be_sent_again_is_not_readable(held: Any, readable: bool) -> None:
    assert is_readable(held) is readable
