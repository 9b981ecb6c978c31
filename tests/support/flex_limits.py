"""The limits of our FLEX contract, read from its description: which fields of a body it would refuse.

Where JSON Schema has no word for a limit, data/contracts/flex.yaml has one of its own (`x-decimals` and the like).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from importlib import resources
from typing import Any

from jsonschema import Draft202012Validator, ValidationError, validators

from tests.support.yaml_text import parse_yaml


@lru_cache(maxsize=1)
def contract() -> dict[str, Any]:
    """Return the description."""
    text = resources.files("data.contracts").joinpath("flex.yaml").read_text("utf-8")
    document: dict[str, Any] = parse_yaml(text)
    return document


def schema_of(name: str) -> dict[str, Any]:
    """Return a schema of the description with its references followed one step."""
    schema: dict[str, Any] = contract()["components"]["schemas"][name]
    while "$ref" in schema:
        schema = contract()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def field_schema(name: str, field: str) -> dict[str, Any]:
    """Return the schema of a field of an object. Raises `KeyError` if the contract has no such field."""
    schema: dict[str, Any] = schema_of(name)["properties"][field]
    return schema_of(schema["$ref"].rsplit("/", 1)[1]) if "$ref" in schema else schema


def refused_fields(name: str, body: Mapping[str, Any], today: date) -> set[str]:
    """Return the fields of a body that the contract refuses, as `Applicants[0].Role`; "" for the whole body.

    `name` is the schema of the body, `today` the day on which it is sent.
    """
    return {_place(error) for error in _validator(name, today).iter_errors(body)}


def _place(error: ValidationError) -> str:
    steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path]
    return "".join(steps).removeprefix(".")


Rule = Callable[[Any, Any, Any, Any], Iterator[ValidationError]]


@lru_cache(maxsize=256)
def _validator(name: str, today: date) -> Any:
    """Return the validator of a schema on a day. To make one costs more than to validate a body."""

    def latest(_: Any, last: str, value: Any, __: Any) -> Iterator[ValidationError]:
        day = _day(value)
        if day is not None and day > (today if last == "today" else _day(last) or day):
            yield ValidationError("is too late a day")

    whole = {"$ref": f"#/components/schemas/{name}", "components": contract()["components"]}
    return validators.extend(Draft202012Validator, {**_RULES, "x-latest": latest})(whole)


def _pattern(_: Any, wanted: str, value: Any, __: Any) -> Iterator[ValidationError]:
    # `$` of JSON Schema is the end of the text; Python's lets a line end follow.
    form = wanted[:-1] + r"\Z" if wanted.endswith("$") else wanted
    if isinstance(value, str) and not re.search(form, value):
        yield ValidationError("has another form")


def _decimals(_: Any, most: int, value: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(value, int | float) and round(value, most) != value:
        yield ValidationError("has too many decimals")


def _earliest(_: Any, first: str, value: Any, __: Any) -> Iterator[ValidationError]:
    day = _day(value)
    if day is None or day < (_day(first) or day):
        yield ValidationError("is no day, or too early a day")


def _max_bytes(_: Any, most: int, value: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(value, str) and len(base64.b64decode(value)) > most:
        yield ValidationError("is too large")


_RULES: dict[str, Rule] = {
    "pattern": _pattern,
    "x-decimals": _decimals,
    "x-earliest": _earliest,
    "x-max-bytes": _max_bytes,
}


def _day(value: Any) -> date | None:
    try:
        return datetime.strptime(value, "%d/%m/%Y").date() if isinstance(value, str) else None
    except ValueError:
        return None
