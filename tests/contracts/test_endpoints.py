"""The endpoints that messages to administrators name are those that the desk uses, BETA where the vendor says so."""

from __future__ import annotations

import re
from typing import Any, Final

import pytest

from core.diagnostics.endpoints import ENDPOINTS, Endpoint
from core.push.plan import System
from tests.contracts.expected import EXPECTED
from tests.contracts.published import PUBLISHED
from tests.support.yaml_text import parse_yaml

NEVER_SENT: Final = {("POST", "/contact-groups"), ("GET", "/insights/{id}")}
"""Operations that are described and that the desk has no use for: it makes no groups."""


def _shape(path: str) -> str:
    return re.sub(r"\{\w+\}", "{id}", path)


@pytest.mark.parametrize("system", ENDPOINTS)
def test_the_endpoints_are_the_operations_that_the_desk_sends(system: System) -> None:
    named = {(endpoint.method, _shape(endpoint.path)) for endpoint in ENDPOINTS[system]}
    sent = {(operation.method, _shape(operation.path)) for operation in EXPECTED[system.value]}
    assert named == sent - NEVER_SENT


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the vendors' descriptions are not beside this checkout")
@pytest.mark.parametrize(
    "endpoint", ENDPOINTS[System.SIMPLENEXUS], ids=lambda one: f"{one.method} {one.path}"
)
def test_an_endpoint_is_written_as_the_vendor_writes_it_and_is_beta_where_the_vendor_says_so(
    endpoint: Endpoint,
) -> None:
    operations: dict[tuple[str, str], Any] = {}
    for file in sorted((PUBLISHED / "simplenexus").glob("*-api.openapi.yml")):
        for path, methods in parse_yaml(file.read_text("utf-8")).get("paths", {}).items():
            operations |= {(method.upper(), path): operation for method, operation in methods.items()}
    described = operations[endpoint.method, endpoint.path]
    assert ("(BETA)" in described["summary"]) is endpoint.beta
