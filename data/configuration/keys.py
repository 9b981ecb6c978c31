"""The keys of each table of config.toml as the definition has them: what a key takes, in words, and what it does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct, inspect
from msgspec.structs import FieldInfo

from data.configuration.definition import Config

FREE_NAME: Final = "NAME"
"""Stands in a path for the name of a profile."""
TABLE_OF_TEXTS: Final = "a table of texts"
"""What a key takes that has a text for each name of your own."""


class ConfigKey(NamedTuple):
    """One key of a table.

    `field` is the name of its attribute. `takes` says in words which values there are. `default` is None if the key has
    none. `examples` has values that could be written. `section` is the class of the table that the key has, or of each
    table below it if `is_named` is True; None for a key with a plain value.
    """

    name: str
    field: str
    about: str
    takes: str
    default: object
    examples: tuple[Any, ...]
    section: type[Struct] | None
    is_named: bool

    def line(self) -> str:
        """Return a line that could be written, such as `rate = 500.0`; "" for a key that holds a table."""
        if self.section is not None or not self.examples:
            return ""
        example = self.examples[0]
        if isinstance(example, Mapping):
            return "\n".join(f"{toml_key(key)} = {toml_value(value)}" for key, value in example.items())
        return f"{self.name} = {toml_value(example)}"


@cache
def keys_of(section: type[Struct]) -> Mapping[str, ConfigKey]:
    """Return the keys of a table, by their names in the file and in the order of the definition."""
    return {field.encode_name: _key(field) for field in msgspec.structs.fields(section)}


def sections(
    section: type[Struct] = Config, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], type[Struct]]]:
    """Yield each table with the path to it, an outer table before the inner ones.

    In a path `FREE_NAME` stands for the name of a profile.
    """
    yield path, section
    for key in keys_of(section).values():
        if key.section is not None:
            yield from sections(key.section, (*path, key.name, *((FREE_NAME,) if key.is_named else ())))


def toml_value(value: object) -> str:
    """Return a value as TOML. JSON's text is TOML's, except for one character that TOML wants escaped."""
    return json.dumps(value, ensure_ascii=False, default=msgspec.to_builtins).replace("\x7f", "\\u007f")


def toml_key(name: str) -> str:
    """Return a key as TOML: quoted unless it is letters, digits, - and _."""
    plain = name.replace("-", "").replace("_", "")
    return name if plain.isascii() and plain.isalnum() else toml_value(name)


def _key(field: FieldInfo) -> ConfigKey:
    kind, extra = _without_description(inspect.type_info(field.type))
    kinds = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    kind = next(one for one in kinds if not isinstance(one, inspect.NoneType))
    kind, _ = _without_description(kind)
    inner = _without_description(kind.value_type)[0] if isinstance(kind, inspect.DictType) else kind
    section = inner.cls if isinstance(inner, inspect.StructType) else None
    default = field.default if field.default is not msgspec.NODEFAULT else None
    choices = _choices(kind)
    return ConfigKey(
        name=field.encode_name,
        field=field.name,
        about=extra.get("description", ""),
        takes=_takes(kind),
        default=default,
        examples=tuple(extra.get("examples", choices)),
        section=section,
        is_named=isinstance(kind, inspect.DictType),
    )


def _without_description(kind: inspect.Type) -> tuple[inspect.Type, dict[str, Any]]:
    extra: dict[str, Any] = {}
    while isinstance(kind, inspect.Metadata):
        extra |= kind.extra_json_schema or {}
        kind = kind.type
    return kind, extra


def _choices(kind: inspect.Type) -> tuple[Any, ...]:
    match kind:
        case inspect.LiteralType(values=values):
            return tuple(sorted(values))
        case inspect.EnumType(cls=cls):
            return tuple(member.value for member in cls)
        case inspect.BoolType():
            return (True, False)
        case _:
            return ()


def _takes(kind: inspect.Type) -> str:
    """Return in words which values a key takes."""
    match kind:
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType() | inspect.FloatType():
            return _number(kind)
        case inspect.StrType(max_length=most):
            return "a text" if most is None else f"a text of at most {most} characters"
        case inspect.LiteralType() | inspect.EnumType():
            return " or ".join(toml_value(choice) for choice in _choices(kind))
        case inspect.VarTupleType():
            return "a list of texts"
        case inspect.DictType(value_type=value):
            is_text = isinstance(_without_description(value)[0], inspect.StrType)
            return TABLE_OF_TEXTS if is_text else "a table"
        case _:
            return "a table"


def _number(kind: inspect.IntType | inspect.FloatType) -> str:
    noun = "a whole number" if isinstance(kind, inspect.IntType) else "a number"
    if kind.ge is not None:
        return f"{noun} from {kind.ge:,} to {kind.le:,}"
    return f"{noun} above {kind.gt:,}, up to {kind.le:,}"
