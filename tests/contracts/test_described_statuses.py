"""The statuses and lengths that count as described are those of the vendors' own descriptions."""

from __future__ import annotations

import re
from typing import Any

import pytest

from core.push.plan import System
from data.vendors.http.drift import DESCRIBED
from data.vendors.http.operations import OPERATIONS, RETURN_CODES, DescribedOperation
from tests.contracts.expected import EXPECTED
from tests.contracts.published import PUBLISHED
from tests.support.yaml_text import parse_yaml

published = pytest.mark.skipif(
    not PUBLISHED.is_dir(), reason="the vendors' descriptions are not beside this checkout"
)


@pytest.mark.parametrize("system", OPERATIONS)
def test_every_operation_that_the_desk_sends_has_its_statuses(system: System) -> None:
    ours = {(one.method, re.sub(r"\{\w+\}", "{id}", one.path)) for one in OPERATIONS[system]}
    sent = {(one.method, re.sub(r"\{\w+\}", "{id}", one.path)) for one in EXPECTED[system.value]}
    assert sent - ours <= {("POST", "/contact-groups"), ("GET", "/insights/{id}")}  # never sent


@published
@pytest.mark.parametrize("ours", OPERATIONS[System.SIMPLENEXUS], ids=lambda one: one.name)
def test_the_statuses_of_simplenexus_are_the_described_ones(ours: DescribedOperation) -> None:
    for file in sorted((PUBLISHED / "simplenexus").glob("*-api.openapi.yml")):
        operation = parse_yaml(file.read_text("utf-8")).get("paths", {}).get(ours.path, {})
        if (described := operation.get(ours.method.lower())) is not None:
            statuses = {int(status) for status in described["responses"]}
            assert ours.statuses - {403} == statuses - {403, 500}
            return
    pytest.fail("it is not described")


@published
def test_the_statuses_of_total_expert_are_the_described_ones() -> None:
    text = (PUBLISHED / "total-expert" / "public-api.txt").read_text("utf-8")
    codes = {int(code) for code in re.findall(r"^\| (\d{3}) [A-Z]", text, re.MULTILINE)}
    assert set(RETURN_CODES) == codes - {503}


@published
@pytest.mark.parametrize(
    ("record", "file", "schema"),
    [
        ("Borrower", "borrowers", "UserBorrowerPostBody"),
        ("Partner", "loan-officer-partners", "PartnerPostBody"),
        ("Prospect", "loan-officer-prospects", "ProspectPostBody"),
        ("Alias", "loan-officer-aliases", "AliasCreateBody"),
    ],
)
def test_the_longest_texts_are_the_described_ones(record: str, file: str, schema: str) -> None:
    document: Any = parse_yaml((PUBLISHED / "simplenexus" / f"{file}-api.openapi.yml").read_text("utf-8"))
    properties = document["components"]["schemas"][schema]["properties"]
    described = {name: said["maxLength"] for name, said in properties.items() if "maxLength" in said}
    ours = DESCRIBED[System.SIMPLENEXUS, record].longest
    assert ours == described
