"""A sandbox that the tests of one module share, with the records that they need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.sandbox_home import Sandbox


def own_sandbox(*options: str) -> tuple[object, object]:
    """Return two fixtures: the sandbox of a module with these options, and the same for each test, as new.

    The first one has to be called `served` in the module, the second one as the tests call it:
    `served, sandbox = own_sandbox("--cards", "1")`.
    """

    @pytest.fixture(scope="module")
    def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
        with Sandbox.serve(tmp_path_factory.mktemp("systems"), *options) as sandbox:
            yield sandbox

    @pytest.fixture
    def as_new(served: Sandbox) -> Sandbox:
        served.reset()
        return served

    return served, as_new
