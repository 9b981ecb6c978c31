"""The JSON schema of config.toml, for editors and scripts."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from data.configuration.definition import Config

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def config_schema() -> dict[str, Any]:
    """Return the schema, which is made from the definition."""
    return {"$schema": DIALECT, **msgspec.json.schema(Config)}
