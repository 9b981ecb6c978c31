"""Whether what a remote holds is what was sent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from core.push.equality import same_fields, same_value


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Linh", " Linh "),
        (640000, "640000.00"),
        (640000, 640000.0),
        (640000, Decimal("640000.00")),
        ("640000", 640000),
        (0, "0"),
        (0, "0.00"),
        (0.5, "0.50"),
        ("0491 570 006", "0491 570 006"),
        ("", None),
        (None, ""),
        (True, True),
        ([1, "a"], ["1", "a "]),
        ({"City": "Balmain"}, {"City": "Balmain", "id": 7}),
        ({"City": ""}, {}),
        ("²", "²"),
        ("1.2.3", "1.2.3"),
        ("Nan", "Nan"),
        ("", " "),
        (None, "  "),
        (-5, "-5"),
        (640000, Decimal("6.4E+5")),
        (-5, -5.0),
        (-0.5, Decimal("-0.50")),
        (0.00001, Decimal("0.00001")),
    ],
)
def test_these_mean_the_same(ours: Any, theirs: Any) -> None:
    assert same_value(ours, theirs)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Linh", "linh"),
        ("Linh", None),
        (None, "Linh"),
        ("", "Linh"),
        ("None", None),
        (None, "None"),
        (640000, 640000.01),
        ("0412", "412"),
        ("0800", 800),
        (0, None),
        (0, ""),
        (False, None),
        (False, ""),
        (True, False),
        ("Y", True),
        ([1], [1, 2]),
        ([1], 1),
        (["a"], None),
        ({"City": "Balmain"}, {"City": "Manly"}),
        ({"City": "Balmain"}, "Balmain"),
        ({"City": "Balmain"}, None),
        ("²", "2"),
        ("²", "³"),
        ("1E3", "1000"),
        ("2041", "02041"),
    ],
)
def test_these_do_not(ours: Any, theirs: Any) -> None:
    assert not same_value(ours, theirs)


def test_every_sent_field_counts_and_no_other() -> None:
    body = {"FirstName": "Bao", "OtherAddress": [{"City": "Manly"}]}
    assert same_fields(body, {**body, "LastName": "whatever"})
    assert not same_fields(body, {"FirstName": "Bao"})
    assert not same_fields(body, {**body, "OtherAddress": [{"City": "Balmain"}]})


def test_only_the_named_fields_count_where_some_are_named() -> None:
    assert same_fields({"a": 1, "b": 2}, {"a": 1, "b": 3}, ["a"])
    assert not same_fields({"a": 1, "b": 2}, {"a": 1, "b": 3}, ["b"])
    assert same_fields({"a": 1}, {}, [])
