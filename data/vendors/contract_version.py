"""Which version of our contracts a gateway speaks: the description that it serves, and our own. Knows no system."""

from __future__ import annotations

import re
from importlib import resources
from typing import Final, NamedTuple

from core.push.plan import System

PATH: Final = "/openapi.yaml"
_VERSION: Final = re.compile(r"""^\s*["']?version["']?:\s*["']?(\d{1,4})\.(\d{1,4})""", re.MULTILINE)


class ContractVersion(NamedTuple):
    """Major and minor of `info.version`. A minor version adds; a major one changes or removes."""

    major: int
    minor: int

    def has(self, other: ContractVersion) -> bool:
        """Return True if a gateway of this version can do what `other` describes."""
        return self.major == other.major and self.minor >= other.minor

    def __str__(self) -> str:
        """Return the version as it is written: "1.1"."""
        return f"{self.major}.{self.minor}"


FIRST: Final = ContractVersion(1, 0)
"""What a gateway speaks that does not say it."""


def version_in(description: str) -> ContractVersion | None:
    """Return the version in an OpenAPI description, in YAML or JSON; None if the text has none."""
    found = _VERSION.search(description)
    return ContractVersion(int(found[1]), int(found[2])) if found else None


def our_version(system: System) -> ContractVersion:
    """Return the version of our description of a contract."""
    version = version_in(resources.files("data.contracts").joinpath(f"{system}.yaml").read_text("utf-8"))
    if version is None:
        raise AssertionError("both descriptions have a version")
    return version
