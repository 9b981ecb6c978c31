"""Map one value: say what FLEX takes for a value that stands in no table, or in place of our guess. Pure.

The answer is one entry of a table in the operator's own map. The entry is written into the text of that file, so that
the operator's own comments and order stay.
"""

from __future__ import annotations

import json
import re

from msgspec import Struct

from core.compare.keys import label_key
from core.errors import UsageError
from core.flex.field_map.checks import near
from core.flex.field_map.fates import Fate, Field, Mark
from core.flex.field_map.model import FieldMap, Transform


class ValueToMap(Struct, frozen=True):
    """A value of BrokerEngine, the table by which it goes, and FLEX's words from which a person chooses."""

    table: str
    value: str
    words: tuple[str, ...]


def value_to_map(field_map: FieldMap, field: Field) -> ValueToMap | None:
    """Return what a person can map for a line of the preview: a refused value of a table, or a guess; else None."""
    value = field.source_value.strip()
    open_question = field.fate is Fate.REFUSED or field.confidence is Mark.GUESS
    if not field.table or not value or not open_question:
        return None
    return ValueToMap(field.table, value, words_of(field_map, field.table))


def words_of(field_map: FieldMap, table: str) -> tuple[str, ...]:
    """Return the words that FLEX takes for the values of a table. Raises `UsageError` (no-such-table)."""
    tables = dict.fromkeys(row.table for row in field_map.row if row.transform is Transform.TABLE)
    if table not in tables:
        known = ", ".join(tables)
        message = f"There is no table “{table}”{near(table, tables) or '.'}"
        raise UsageError("no-such-table", message, known=known)
    words = dict.fromkeys(field_map.tables[table].values())
    for row in field_map.row:
        form = field_map.forms.get(row.target)
        if row.table == table and form is not None:
            words |= dict.fromkeys(form.values)
    return tuple(words)


def checked_word(field_map: FieldMap, table: str, word: str) -> str:
    """Return one of FLEX's words as FLEX writes it. Raises `UsageError` (no-such-table, no-such-word)."""
    words = words_of(field_map, table)
    found = next((known for known in words if label_key(known) == label_key(word)), None)
    if found is None:
        message = f"FLEX does not take “{word}” there{near(word, words) or '.'}"
        raise UsageError("no-such-word", message, known=", ".join(words))
    return found


def with_entry(text: str, table: str, value: str, word: str) -> str:
    """Return the text of an own map with one more entry of a table. The text is TOML, and stays as it is elsewhere."""
    entry = f"{_quoted(value)} = {_quoted(word)}"
    header = re.search(rf"^[ \t]*\[tables\.{re.escape(table)}\][ \t]*(?:#.*)?$", text, re.MULTILINE)
    if header is None:
        return f"{text.rstrip()}\n\n[tables.{table}]\n{entry}\n".lstrip()
    end = header.end()
    return f"{text[:end]}\n{entry}{text[end:]}"


def _quoted(text: str) -> str:
    """Return a text as TOML writes it."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
