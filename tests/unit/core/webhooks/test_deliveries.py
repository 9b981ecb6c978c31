"""Which events a delivery names, and what is left of it without the tests."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.webhooks.deliveries import NamedEvent, named_events, without


def delivery(*events: Any) -> bytes:
    return json.dumps({"_id": "d", "events": events}).encode()


REAL, TEST = {"_id": "e-1", "event": "user_created"}, {"_id": "e-2", "event": "user_updated"}


def test_events_are_named_by_id_and_kind_and_an_odd_one_by_neither() -> None:
    assert named_events(delivery(REAL, {"event": "x"}, 7, {"_id": 5})) == (
        NamedEvent("e-1", "user_created"),
        NamedEvent("", "x"),
        NamedEvent(),
        NamedEvent(),
    )


@pytest.mark.parametrize("odd", [b"", b"{}", b"[]", b"\xff", b'{"events": 7}'])
def test_what_is_no_delivery_names_nothing_and_stays_as_it_is(odd: bytes) -> None:
    assert named_events(odd) == ()
    assert without(odd, {"e-2"}) == odd


def test_without_its_tests_a_delivery_keeps_the_rest() -> None:
    assert without(delivery(REAL), {"e-2"}) == delivery(REAL)
    left = without(delivery(REAL, TEST), {"e-2"})
    assert left is not None
    assert [event.id for event in named_events(left)] == ["e-1"]
    assert without(delivery(TEST, TEST), {"e-2"}) is None
