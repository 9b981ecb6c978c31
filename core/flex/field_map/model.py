"""The field map as a value: which BrokerEngine field goes where in FLEX, by which transform, how sure we are.

The map is data (data/maps/flex.toml). `checks` checks it, and `operator_map` changes it by the operator's own file.
A value that is not in its table of values is refused, never passed through, and so is a value that FLEX would refuse.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property

from msgspec import Struct

from core.flex.field_map.fates import Mark
from core.flex.field_map.forms import TargetForm
from core.flex.model import Address, Person, Phones, Property, Requirements


class Scope(StrEnum):
    """Which kind of record a row reads from."""

    PERSON = "person"
    REQUIREMENTS = "requirements"
    PROPERTY = "property"
    PRODUCT = "product"
    NOTE = "note"


class Transform(StrEnum):
    """What is done to a value on its way."""

    TEXT = "text"
    DATE = "date"
    MONEY = "money"
    YEARS = "years"
    FLAG = "flag"
    TABLE = "table"
    SPELLING = "spelling"
    JOIN = "join"
    CHOICE = "choice"
    SPLIT = "split"
    LOOK_UP = "look-up"
    STANDING = "standing"
    FILES = "files"


TARGETS: dict[Scope, frozenset[str]] = {
    Scope.PERSON: frozenset({"Applicant", "OtherAddress"}),
    Scope.REQUIREMENTS: frozenset({"Opportunity", "ProductFilter", "Product"}),
    Scope.PROPERTY: frozenset({"Property"}),
    Scope.PRODUCT: frozenset({"Product"}),
    Scope.NOTE: frozenset({"Note"}),
}
"""The FLEX objects that the rows of a scope may fill."""

SHARED = frozenset({Transform.JOIN, Transform.CHOICE, Transform.LOOK_UP})
"""The transforms by which several rows may fill one target together."""


def _places(record: type[Struct], *inner: tuple[str, type[Struct]]) -> frozenset[str]:
    """Return the dotted paths of a record's own fields and of the fields of its parts."""
    parts = {f"{name}.{field}" for name, part in inner for field in part.__struct_fields__ if field != "odd"}
    return frozenset(parts | set(record.__struct_fields__) - {"odd", *(name for name, _ in inner)})


READABLE: dict[Scope, frozenset[str]] = {
    Scope.PERSON: _places(Person, ("phones", Phones), ("home_address", Address), ("postal_address", Address))
    - {"flex_id", "other"},
    Scope.REQUIREMENTS: _places(Requirements),
    Scope.PROPERTY: _places(Property, ("address", Address)),
    Scope.PRODUCT: frozenset({"lender", "name", "standing"}),
    Scope.NOTE: frozenset({"text", "attachments"}),
}
"""The dotted paths that the rows of a scope may read."""


class FieldMapRow(Struct, frozen=True, forbid_unknown_fields=True):
    """One row: section and name of the field, where the value is in BrokerEngine, where it goes in FLEX.

    `table` names a table of values; the transform `spelling` uses it too, and sends a text that is not in it as it is.
    `choice` is the option that a set flag stands for (both options of one
    target set → `both`); `default` is sent where the field is empty but its neighbours are not. A row that is
    `off` sends nothing: what its field holds has no home.
    """

    section: str
    source: str
    scope: Scope
    read: str
    target: str
    transform: Transform
    confidence: Mark
    table: str = ""
    choice: str = ""
    both: str = ""
    default: str = ""
    remark: str = ""
    off: bool = False

    @property
    def target_object(self) -> str:
        """The FLEX object of the target: `Applicant` of `Applicant.FirstName`."""
        return self.target.partition(".")[0]

    @property
    def target_field(self) -> str:
        """The field of the target: `FirstName` of `Applicant.FirstName`."""
        return self.target.partition(".")[2]


class FieldMap(Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """A checked map. `version` goes into every plan made with it.

    `guesses` lists, by table, the entries that are our guess. `forms` has the form of a target by its name.
    """

    version: str
    row: tuple[FieldMapRow, ...]
    tables: dict[str, dict[str, str]] = {}
    guesses: dict[str, tuple[str, ...]] = {}
    forms: dict[str, TargetForm] = {}

    def rows(self, scope: Scope) -> tuple[FieldMapRow, ...]:
        """Return the rows that read from one kind of record, in order."""
        return self._rows[scope]

    def groups(self, scope: Scope) -> tuple[tuple[int, ...], ...]:
        """Return the indexes of the rows of a scope, in groups: the rows of a group are mapped together.

        Rows with one target and the transform `join` or `choice` belong together. The groups whose form depends on the
        country come last.
        """
        return self._groups[scope]

    @cached_property
    def _rows(self) -> dict[Scope, tuple[FieldMapRow, ...]]:
        return {scope: tuple(row for row in self.row if row.scope is scope) for scope in Scope}

    @cached_property
    def _groups(self) -> dict[Scope, tuple[tuple[int, ...], ...]]:
        return {scope: self._grouped(rows) for scope, rows in self._rows.items()}

    def _grouped(self, rows: tuple[FieldMapRow, ...]) -> tuple[tuple[int, ...], ...]:
        groups: dict[object, list[int]] = {}
        for i, row in enumerate(rows):
            together = row.transform in (Transform.JOIN, Transform.CHOICE) and not row.off
            groups.setdefault(row.target if together else i, []).append(i)

        def depends(group: tuple[int, ...]) -> bool:
            form = self.forms.get(rows[group[0]].target)
            return form is not None and bool(form.country)

        return tuple(sorted(map(tuple, groups.values()), key=depends))

    def is_guess(self, table: str, key: str) -> bool:
        """Return True if an entry of a table is our guess."""
        return key in self.guesses.get(table, ())
