"""The Fields tab of a card: first what a person should look at, then what arrives as it is; or every field. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from core.flex.field_map.fates import ARRIVES, Fate, Field, Mark
from core.flex.field_map.forms import LEFT_OUT
from core.flex.plans.preview import Preview
from core.flex.plans.products import ProductMatch
from core.flex.use_cases.changed_since_push import ChangedSincePush, ChangeKind, FieldChange, places
from core.local_forms import money, number_text
from core.texts import how_many
from tui.text import width_of, wrap
from tui.widgets.field_table import AROUND, FieldLine, FieldRow, Gap, most_label
from tui.widgets.line_view import Heading, Tone
from tui.words.changes import OLD_VALUES, TO_DO, old_value
from tui.words.plans import OUR_GUESS

FATE_SIGN: Final[dict[Fate, tuple[str, Tone]]] = {
    Fate.SENT: ("→", "good"),
    Fate.JOINED: ("⇒", "warn"),
    Fate.CONVERTED: ("→", "good"),
    Fate.DEFAULTED: ("+", "warn"),
    Fate.EMPTY: ("·", "muted"),
    Fate.NO_HOME: ("✗", "bad"),
    Fate.REFUSED: ("✗", "bad"),
}
BY_HAND_SIGN: Final = "☐"
_EDGES: Final = 2
"""Cells of the cursor's sign and of the scrollbar."""


class ShownLine(NamedTuple):
    """A line of the tab, and the field that the line is about; None if the line is about several fields or none."""

    line: FieldLine
    field: Field | None = None


# -- the exceptions first ------------------------------------------------------------------------------


def exceptions_first(
    preview: Preview, since: ChangedSincePush | None, width: int, every: str
) -> list[ShownLine]:
    """Return what a person should look at, then what arrives as it is, compact.

    `width` is the number of cells of a line. `every` is the key that shows every field.
    """
    since = since if preview.flex_id else None
    look = _look_at_these(preview, since)
    rows = [ShownLine(row, field) for _, row, field in sorted(look.of_one, key=lambda item: item.rank)]
    rows += [ShownLine(row) for row in look.of_many]
    arriving = [field for field in preview.fields if field.fate in ARRIVES and id(field) not in look.fields]
    labels = [row.label for _, row, _ in look.of_one] + [row.label for row in look.of_many]
    compact = _compact(arriving, preview.products, width, labels) if arriving else []
    title = ShownLine(Heading("Look at these", str(len(rows))))
    lines = [title, *_on_two_lines(rows, width, [row.label for row in compact])] if rows else []
    if arriving:
        heading, count = _arriving_title(preview, since), _fields(arriving)
        how_to_see_all = f"{count} · {every}: all"
        fits = width_of(f"{heading}  {how_to_see_all}") + _EDGES <= width
        lines += [ShownLine(Gap())] if lines else []
        lines.append(ShownLine(Heading(heading, how_to_see_all if fits else count)))
        lines += [ShownLine(row) for row in compact]
    return lines


def _on_two_lines(rows: Sequence[ShownLine], width: int, labels: Iterable[str]) -> list[ShownLine]:
    """Return rows that are read to their end: a row that is too long for a line goes on below its left value.

    The rows on one line share their columns, so the widest left value of these decides what fits. `labels` are those
    of the other rows of the table, which share the column of labels.
    """
    whole = {n: line.line for n, line in enumerate(rows) if isinstance(line.line, FieldRow)}
    widest = max(map(width_of, (*(row.label for row in whole.values()), *labels)), default=0)
    label = min(widest, most_label(width))
    fitting = {n: (width_of(row.left), width_of(row.right)) for n, row in whole.items()}
    while fitting:
        widest_left = max(left for left, _ in fitting.values())
        too_long = [
            n for n, (_, right) in fitting.items() if label + widest_left + right + AROUND + _EDGES > width
        ]
        if not too_long:
            break
        del fitting[max(too_long, key=lambda n: sum(fitting[n]))]
    lines: list[ShownLine] = []
    for n, line in enumerate(rows):
        row = whole.get(n)
        if row is None or n in fitting:
            lines.append(line)
            continue
        cells = max(12, width - label - 5)
        parts = [FieldRow("", text) for text in (wrap(row.left, cells) if row.left else ())]
        right = wrap(f"{row.sign} {row.right}".strip(), cells)
        parts += [FieldRow("", text, tone=row.tone) for text in right]
        copied = row.copyable.text if row.copyable is not None else ""
        first = replace(parts[0], label=row.label, reason=row.reason, copied=copied)
        lines += [ShownLine(first, line.field)]
        lines += [ShownLine(replace(part, goes_on=True), line.field) for part in parts[1:]]
    return lines


def _arriving_title(preview: Preview, since: ChangedSincePush | None) -> str:
    """Return the heading above the fields that need no look: whether they arrive, would arrive, or arrived."""
    if preview.flex_id is None:
        goes = preview.pushable or preview.only_people_stop_it
        return "Arrives as it is" if goes else "Would arrive as it is"
    return "Sent, and the same since" if since is not None else "On the card, not sent from here"


class _Exception(NamedTuple):
    """A row that needs a look. `rank` is the order of the reasons, the most important first."""

    rank: int
    row: FieldRow
    field: Field | None


class _Look(NamedTuple):
    """What needs a look: rows about one field each, rows about several, and the ids of the fields of both."""

    of_one: list[_Exception]
    of_many: list[FieldRow]
    fields: set[int]


def _look_at_these(preview: Preview, since: ChangedSincePush | None) -> _Look:
    changes = _changes(preview, since)
    changed = {id(change.field): change for change in changes if change.field is not None}
    not_sent = since.not_sent if since is not None else frozenset()
    unchanged = [
        (place, field)
        for place, field in zip(places(preview.fields), preview.fields, strict=True)
        if id(field) not in changed
    ]
    no_home = [field for _, field in unchanged if field.fate is Fate.NO_HOME and not field.left_out]
    left_out = [field for _, field in unchanged if field.left_out]
    unsent = [field for place, field in unchanged if place in not_sent and field.fate in ARRIVES]
    joined = [field for _, field in unchanged if field.fate is Fate.JOINED]
    several = {id(field) for fields in (no_home, left_out, unsent) for field in fields}
    found = [
        _Exception(
            1, replace(_changed(_with_whom(field_row(field), field), changed[id(field)]), name=""), field
        )
        for field in preview.fields
        if id(field) in changed
    ]
    found += [_Exception(1, _gone(change), None) for change in changes if change.field is None]
    found += _not_linked(preview.products)
    for _, field in unchanged:
        if id(field) not in several and (exception := _exception(field, joined)):
            found.append(exception)
    own = {id(exception.field) for exception in found if exception.field is not None}
    return _Look(
        found, list(_rows_about_several(no_home, left_out, unsent)), own | several | set(map(id, joined))
    )


def _exception(field: Field, joined: Sequence[Field]) -> _Exception | None:
    """Return the row of a field that needs a look; None for any other field. `joined` are all joined fields."""
    row = replace(_with_whom(field_row(field), field), name="")  # FLEX's names are in the list of every field
    if field.fate is Fate.REFUSED:
        return _Exception(0, replace(row, right=f"left out: {field.reason}"), field)
    if field.fate not in ARRIVES:
        return None
    if LEFT_OUT in field.reason:
        return _Exception(2, replace(row, sign="⇒", tone="warn"), field)
    if field.fate is Fate.JOINED:
        parts = [other for other in joined if _joined_to(other, field)]
        label = re.sub(
            r" 1(?=,|$)", "", row.label
        )  # it is about all lines of the street, not about the first
        first = replace(row, label=label, left=how_many(len(parts), "part"), right=f"joined: {field.value}")
        return _Exception(3, first, field) if parts and parts[0] is field else None
    return _Exception(4, row, field) if field.fate is Fate.DEFAULTED or row.sign == _UNSURE else None


def _not_linked(products: Iterable[ProductMatch]) -> Iterable[_Exception]:
    for match in products:
        if not match.linked:
            name = f"{match.product.lender} {match.product.name}"
            row = FieldRow("Product", name, "✗", f"not linked: {match.reason}", "", "bad", match.reason)
            yield _Exception(0, row, None)


def _rows_about_several(
    no_home: Sequence[Field], left_out: Sequence[Field], unsent: Sequence[Field]
) -> Iterable[FieldRow]:
    if no_home:
        yield FieldRow(
            "Not in FLEX", _fields(no_home), BY_HAND_SIGN, "enter by hand: h", "", "warn", _names(no_home)
        )
    if left_out:
        words = "not part of this push"
        yield FieldRow("Left out", _fields(left_out), "·", words, "", "muted", _names(left_out))
    if unsent:
        words = "no push from here sent them"
        yield FieldRow("Not sent", _fields(unsent), "·", words, "", "muted", _names(unsent))


def _fields(fields: Sequence[Field]) -> str:
    return f"{len(fields)} {'field' if len(fields) == 1 else 'fields'}"


def _names(fields: Sequence[Field]) -> str:
    return ", ".join(dict.fromkeys(field.source for field in fields))


def _with_whom(row: FieldRow, field: Field) -> FieldRow:
    whom = field.about.split(maxsplit=1)[0] if field.about.strip() else ""
    return replace(row, label=f"{row.label}, {whom}") if whom else row


def _gone(change: FieldChange) -> FieldRow:
    return FieldRow(change.place, sign="≠", right=TO_DO[ChangeKind.GONE], tone="warn")


def _compact(
    fields: Sequence[Field], products: Sequence[ProductMatch], width: int, labels: Iterable[str]
) -> list[FieldRow]:
    """Return the values of fields, each once, in lines of at most `width` cells, by what they belong to.

    `labels` are those of the other rows, which share the column of labels.
    """
    of_products = {match.product.id for match in products}
    values: dict[str, list[str]] = {}
    for field in fields:
        if field.local_id not in of_products:
            texts = values.setdefault(field.about or _SECTIONS.get(field.section, field.section), [])
            if texts and field.target in _LATER_NAMES:
                texts[-1] = f"{texts[-1]} {field.value}"
            else:
                texts.append(_in_words(field))
    shown = {label: list(dict.fromkeys(texts)) for label, texts in values.items()}
    linked = [match for match in products if match.linked and match.entry is not None]
    if linked:
        shown["Products"] = [_product(match) for match in linked]
    widest = max(map(width_of, (*shown, *labels)), default=0)
    cells = min(widest, most_label(width))
    rows: list[FieldRow] = []
    for label, texts in shown.items():
        between = "\n" if label == "Products" else " · "
        lines = _wrapped(texts, between, max(12, width - cells - 5))
        rows.append(FieldRow(label, lines[0], copied=between.join(texts)))
        rows += [FieldRow("", line, goes_on=True) for line in lines[1:]]
    return rows


def _wrapped(texts: Sequence[str], between: str, width: int) -> list[str]:
    """Join texts to lines of at most `width` cells. A text is broken only if it is longer than a line."""
    lines = [""]
    for text in texts:
        joined = f"{lines[-1]}{between}{text}" if lines[-1] else text
        if between != "\n" and width_of(joined) <= width:
            lines[-1] = joined
        else:
            parts = wrap(" ".join(text.split()), width)
            lines = [*lines, *parts] if lines[-1] else [*lines[:-1], *parts]
    return lines


def _product(match: ProductMatch) -> str:
    return f"{match.product.lender} {match.product.name}  {match.standing}"


_SECTIONS: Final = {"Requirements and Objectives": "Loan", "Qualifications": "Property"}
"""The sections of BrokerEngine's tables, in a word."""
_LATER_NAMES: Final = frozenset({"Applicant.MiddleName", "Applicant.LastName"})
"""Targets that are shown together with the name before them."""
_AMOUNT: Final = "amount"
"""What the names of fields have that hold dollars."""
_YES_NO: Final = {"Y": "yes", "N": "no", "true": "yes", "false": "no"}


def _in_words(field: Field) -> str:
    """Return what FLEX gets of a field. A number, a yes or a no needs the name of the field; a text does not."""
    value = field.value
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if yes_no := _YES_NO.get(text):
        return f"{field_label(field)}: {yes_no}"
    if isinstance(value, int | float):
        label = field_label(field)
        return f"{label} {money(value) if _AMOUNT in label.casefold() else number_text(value)}"
    return text


# -- every field ---------------------------------------------------------------------------------------


def every_field(preview: Preview, since: ChangedSincePush | None = None) -> list[ShownLine]:
    """Return every field under its section, with FLEX's name; empty fields last.

    On a card that is in FLEX, the changes since the push are marked, and what no push sent.
    """
    lines: list[ShownLine] = []
    since = since if preview.flex_id else None
    changes = _changes(preview, since)
    changed = {id(change.field): change for change in changes if change.field is not None}
    shown, empty = _shown_and_empty(preview, changed)
    not_sent = since.not_sent if since is not None else frozenset()
    place_of = dict(zip(map(id, preview.fields), places(preview.fields), strict=True))
    group: tuple[str, str, str] | None = None
    above: Field | None = None
    for field in shown:
        place = (field.section, field.about, field.local_id)
        if place != group:
            group = place
            lines += [ShownLine(Gap())] if lines else []
            lines.append(ShownLine(Heading(field.section, field.about)))
        row = field_row(field)
        if _joined_to(field, above):  # a joined value is shown once
            row = replace(row, right="", name="")
        if change := changed.get(id(field)):
            row = _changed(row, change)
        elif place_of[id(field)] in not_sent:
            row = _not_sent(row, field)
        lines.append(ShownLine(row, field))
        above = field
    if gone := [change for change in changes if change.field is None]:
        lines += [ShownLine(Gap()), ShownLine(Heading("Gone", TO_DO[ChangeKind.GONE]))]
        lines += [ShownLine(_gone(change)) for change in gone]
    if empty:
        remark = f"{_fields(empty)} without a value, not sent"
        lines += [ShownLine(Gap()), ShownLine(Heading("Empty", remark))]
        lines += [ShownLine(field_row(field), field) for field in empty]
    return lines


def _changes(preview: Preview, since: ChangedSincePush | None) -> list[FieldChange]:
    return since.changes(preview.fields) if since is not None else []


def _shown_and_empty(preview: Preview, changed: Collection[int]) -> tuple[list[Field], list[Field]]:
    """Return the fields with rows of their own, and those that only the last section lists.

    `changed` holds the ids of the fields that changed since the push.
    """
    empty = [field for field in preview.fields if field.fate is Fate.EMPTY and id(field) not in changed]
    left = {id(field) for field in empty}
    return [field for field in preview.fields if id(field) not in left], empty


def _joined_to(field: Field, above: Field | None) -> bool:
    place = (field.fate, field.local_id, field.target)
    return (
        field.fate is Fate.JOINED
        and above is not None
        and place == (above.fate, above.local_id, above.target)
    )


def field_row(field: Field) -> FieldRow:
    """Return one field: BrokerEngine's value, the sign of its fate, FLEX's value, FLEX's name of the field."""
    sign, tone = FATE_SIGN[field.fate]
    arrives = field.fate in ARRIVES
    unsure = field.confidence is Mark.GUESS and arrives
    value = _readable(field.value)
    if not arrives:
        right = "not sent" if field.left_out else _NOTHING_ARRIVES.get(field.fate, "")
    elif _is_same(field.source_value, value):  # a value that arrives as it is, is shown once
        right, sign = "", _SAME
    else:
        right = value
    if unsure:
        right, sign = f"{right}  {OUR_GUESS}".strip(), _UNSURE
    return FieldRow(
        label=field_label(field),
        left=field.source_value,
        sign=sign,
        right=right,
        name=field.target.rpartition(".")[2] if arrives else "",
        tone="warn" if unsure else tone,
        reason=_reason(field),
        copied=str(field.value) if arrives else "",
    )


def _readable(value: object) -> str:
    """Return a value as a person reads it: a number has commas. The Payload tab has the value as it is sent."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number_text(value)
    return str(value)


def _is_same(ours: str, theirs: str) -> bool:
    """Return True if two texts say the same: "200,000.00" is "200,000"."""
    return ours == theirs or ours.removesuffix(".00") == theirs


_SAME: Final = "="
_UNSURE: Final = "~"
_NOTHING_ARRIVES: Final = {Fate.NO_HOME: "no home in FLEX", Fate.REFUSED: "refused"}


def _changed(row: FieldRow, change: FieldChange) -> FieldRow:
    """Mark a field that changed after the push: FLEX does not have the change.

    The book holds only a keyed hash of the value that was pushed, so the row says so in place of the old value.
    """
    field = change.field
    arrives = _readable(field.value) if field is not None and field.fate in ARRIVES else ""
    new = arrives or row.right or row.left or "(empty)"
    reason = f"{row.reason} · {change.kind} since it was pushed: {TO_DO[change.kind]}. {OLD_VALUES}"
    return replace(row, sign="≠", tone="warn", right=f"{old_value(change.kind)} → {new}", reason=reason)


def _not_sent(row: FieldRow, field: Field) -> FieldRow:
    """Mark a field that no push from here sent, such as the loan of a card of which the Fact Find was pushed."""
    if field.fate not in ARRIVES:
        return row
    reason = f"{row.reason} · not sent by a push from here: enter it in FLEX by hand"
    return replace(row, sign="·", tone="muted", right=f"{row.right}  not sent".strip(), reason=reason)


_SHORT: Final = {
    "Requirements and Objectives (fetched from Broker Wizard Step 4)": "Objectives",
    "Stand Variable": "Standard variable",
    "Principal and Interest": "Principal & interest",
    "Selected/Considered": "Standing",
}
_PARTS: Final = {"Street Address": "street", "City/Town/Suburb": "suburb", "State/Region": "state"}


def field_label(field: Field) -> str:
    """Shorten BrokerEngine's field name for the column. The line below the table shows the full name."""
    if not field.target:
        return field.source
    if short := _SHORT.get(field.source):
        return short
    group, _, part = field.source.rpartition(": ")
    if group.endswith(" Address"):
        for long, word in _PARTS.items():
            part = part.replace(long, word)
        return f"{group.removesuffix(' Address')} {part.lower()}"
    return f"{part} phone" if group == "Phone Number" else part.capitalize()


MARK_WORDS: Final = {
    Mark.SEEN: "FLEX's name for it was seen in one description",
    Mark.LIKELY: "FLEX's name for it is likely, not published",
    Mark.GUESS: "FLEX's name for it is a guess",
    Mark.OURS: "FLEX's name for it is our contract's own",
    Mark.OPERATOR: "by your own map",
}


def _reason(field: Field) -> str:
    mark = MARK_WORDS[field.confidence] if field.confidence is not None else ""
    name = f"{field.source} → {field.target}" if field.target else field.source
    guessed = field.confidence is Mark.GUESS and bool(field.table)
    settle = "v: map this value" if field.table and (guessed or field.fate is Fate.REFUSED) else ""
    parts = (name, str(field.fate), settle, field.reason, "" if guessed else mark)
    return " · ".join(part for part in parts if part)
