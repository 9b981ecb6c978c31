"""The lines that show a pair: the fields side by side, the evidence, and the keys with their effects. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Final, NamedTuple

from textual.content import Content

from core.compare.agreement import AgreementLevel
from core.contacts.linkage.explain import evidence_words, sum_words
from core.contacts.model import Comparison, Evidence, Likeness
from core.contacts.records import Answer
from core.contacts.review.side_by_side import CLOSE, EQUAL, OTHER, SideBySide
from core.contacts.sync.no_home import NoHomeField
from core.local_forms import CountryWords
from core.push.plan import System
from core.systems import Purpose, display_name, systems_for
from core.texts import how_far
from tui.text import clip, content, fit, joined, plain, width_of, wrap
from tui.widgets.clickable.click_lines import NO_TEXT, ClickText, Spot
from tui.words.waiting import duration

KEYS: Final = {
    Answer.SAME: "s",
    Answer.DIFFERENT: "d",
    Answer.HOUSEHOLD: "h",
    Answer.LATER: "l",
    Answer.UNLINK: "n",
}
TONE: Final = {EQUAL: "$success", CLOSE: "$warning", OTHER: "$error", "": ""}
SYSTEMS: Final = {system: display_name(system) for system in systems_for(Purpose.CONTACTS)}
ROOMY: Final = 60
"""From this width in cells on, the detail is indented and the evidence has bars."""
_REMARKED: Final = 40
"""From this width in cells on, the line of the progress has room for a remark."""
_MOST: Final = 36
"""The cells of a value, if both sides have less."""
_TALLEST: Final = 4
"""The most lines of a value that are shown."""
_BITS: Final = 6
_LONGEST: Final = 44
"""The most cells for the words of a line of evidence."""
_NARROWEST, _WIDEST = 8, 34
"""The fewest and the most cells of a bar. Without room for the fewest there is no bar."""
_SAYS_NOTHING: Final = 0.05
"""Bits below which a line of evidence says nothing for or against one person."""


def skipped_line(what: str, tone: str) -> Content:
    """Return what happens to the records of a question if nobody decides."""
    return joined(plain("If you skip this: ", "$foreground-muted"), plain(what, tone))


def field_lines(fields: Sequence[SideBySide], width: int) -> Content:
    """Return the two records field by field under their systems' names; a long value goes on in the next line.

    The columns are as wide as what is in them needs, if that fits. A record that only one system has takes them both.
    """
    first, second = SYSTEMS.values()
    indent = 2 if width >= ROOMY else 0
    gap, after = (4, 2) if width >= ROOMY else (1, 1)
    labels = max((width_of(field.label) for field in fields), default=0)
    for system, values in (
        (first, [field.left for field in fields]),
        (second, [field.right for field in fields]),
    ):
        if all(values) and values and not any(field.left and field.right for field in fields):
            return _only_lines(system, [field.label for field in fields], values, width, indent, labels)
    room = max(12, width - indent - labels - 2 - gap - 1 - after)
    needs = (
        max(map(width_of, (first, *(field.left for field in fields)))),
        max(map(width_of, (second, *(field.right for field in fields)))),
    )
    left_cells, right_cells = value_widths(*needs, room)
    before = " " * (indent + labels + 2)
    head = [before, fit(first, left_cells), " " * (gap + 1 + after), clip(second, right_cells)]
    lines = [plain("".join(head), "bold")]
    for field in fields:
        left = wrap(clip(field.left, left_cells * _TALLEST), left_cells)
        right = wrap(clip(field.right, right_cells * _TALLEST), right_cells)
        lines += [
            joined(
                plain(" " * indent + fit("" if n else field.label, labels) + "  ", "$foreground-muted"),
                plain(fit(left[n] if n < len(left) else "", left_cells) + " " * gap),
                plain(fit("" if n else field.sign, 1) + " " * after, TONE[field.sign]),
                plain(right[n] if n < len(right) else ""),
            )
            for n in range(max(len(left), len(right)))
        ]
    return content("\n").join(lines)


def _only_lines(
    system: str, labels: Sequence[str], values: Sequence[str], width: int, indent: int, cells: int
) -> Content:
    """Return the fields of a record that only one system has."""
    before = " " * (indent + cells + 2)
    room = max(12, width - len(before))
    lines = [plain(before + clip(system, room), "bold")]
    for label, value in zip(labels, values, strict=True):
        first, *rest = wrap(clip(value, room * _TALLEST), room)
        start = plain(" " * indent + fit(label, cells) + "  ", "$foreground-muted")
        lines.append(joined(start, plain(first)))
        lines += [plain(before + line) for line in rest]
    return content("\n").join(lines)


def value_widths(left: int, right: int, room: int) -> tuple[int, int]:
    """Return the cells of the two columns of values. `left` and `right` are what their longest values need.

    The columns share `room`, with the same place for most pairs. A column that needs more takes what the other
    column does not need.
    """
    half = min(_MOST, room // 2)
    if left <= half:
        cells = half if right <= room - half else max(left, room - right, 6)
    else:
        cells = min(left, max(room - right, half))
    return cells, room - cells


def why_lines(
    compared: Comparison | None, words: CountryWords, width: int, *, blind: bool, bits: bool
) -> Content:
    """Return a line for each piece of evidence, in the order of the fields: its words, with a sign for what it means.

    With `bits` each line has a bar around zero and its weight in bits. `blind` leaves signs, bars and weights out.
    """
    if compared is None:
        return plain("")
    indent = " " * (2 if width >= ROOMY else 0)
    if bits and not blind:
        return content("\n").join(
            [plain("WHY, IN BITS", "$secondary"), *_weighed(compared, words, width, indent)]
        )
    lines = [
        line for line in compared.evidence if line.level not in (AgreementLevel.MISSING, AgreementLevel.PRIOR)
    ]
    shown = []
    for line in lines:
        sign, tone = ("", "") if blind else _sign_of(line)
        said = clip(evidence_words(line, words), width - len(indent) - (2 if sign else 0))
        shown.append(joined(plain(indent), plain(f"{sign} " if sign else "", tone), plain(said)))
    return content("\n").join([plain("WHY", "$secondary"), *shown]) if shown else plain("")


def _sign_of(line: Evidence) -> tuple[str, str]:
    """Return the sign and the tone of a piece of evidence: for one person, against it, or neither."""
    if line.bits >= _SAYS_NOTHING:
        return "+", "$success"
    return ("−", "$error") if line.bits <= -_SAYS_NOTHING else ("·", "$foreground-muted")


def _weighed(compared: Comparison, words: CountryWords, width: int, indent: str) -> list[Content]:
    evidence = [line for line in compared.evidence if line.level is not AgreementLevel.MISSING]
    texts = [evidence_words(line, words) for line in evidence]
    room = width - len(indent) - _BITS - 3
    cells = min(max(map(width_of, texts), default=0), max(16, room - 11), _LONGEST)
    bar = min(room - cells, _WIDEST) if room - cells >= _NARROWEST else 0
    bits = [line.bits for line in evidence]
    lines = [
        joined(plain(indent + fit(text, cells) + "  "), _bar(amount, bits, bar), _amount(amount))
        for text, amount in zip(texts, bits, strict=True)
    ]
    summed = plain(indent + fit(sum_words(compared), cells + 2 + bar))
    return [*lines, joined(summed, _amount(compared.bits, _tone(compared)))]


def no_home_lines(fields: Sequence[NoHomeField], width: int) -> Content:
    """Return a line for each field that has no home in the other system: its name, its value, and why if that fits."""
    indent = " " * (2 if width >= ROOMY else 0)
    labels = min(max(width_of(field.field) for field in fields), 24)
    head = plain("STAYS BEHIND  no field for it in the other system", "$secondary")
    lines = []
    for field in fields:
        start = f"{indent}{fit(field.field, labels)}  "
        value = clip(field.value, max(8, (width - width_of(start)) // 2))
        why = clip(field.why, max(0, width - width_of(start) - width_of(value) - 2))
        lines.append(
            joined(plain(start, "$foreground-muted"), plain(f"{value}  "), plain(why, "$foreground-muted"))
        )
    return content("\n").join([head, *lines])


def _tone(compared: Comparison) -> str:
    match compared.likeness:
        case Likeness.HOUSEHOLD | Likeness.UNSURE:
            return "bold $warning"
        case Likeness.PERSON:
            return "bold $success" if compared.bits > 0 else "bold $error"


def _amount(bits: float, style: str = "") -> Content:
    return plain(fit(f"{'−' if bits < 0 else '+'}{abs(bits):.1f}", _BITS + 1, "right"), style)


def _bar(bits: float, every: Sequence[float], width: int) -> Content:
    """Return the bar of one weight around zero. The bars of all weights (`every`) have one scale."""
    if width <= 0:
        return plain("")
    least, most = min(0.0, *every), max(0.0, *every)
    scale = (width - 1) / ((most - least) or 1.0)
    zero = round(-least * scale)
    cells = min(
        max(1, round(abs(bits) * scale)) if abs(bits) >= 0.05 else 0, zero if bits < 0 else width - 1 - zero
    )
    before, after = (zero - cells, 0) if bits < 0 else (zero, width - 1 - zero - cells)
    if bits < 0:
        parts = plain("─" * before, "$rule"), plain("━" * cells, "$error"), plain("┼", "$foreground-muted")
        return joined(*parts, plain("─" * (width - 1 - zero), "$rule"))
    parts = plain("─" * before, "$rule"), plain("┼", "$foreground-muted"), plain("━" * cells, "$success")
    return joined(*parts, plain("─" * after, "$rule"))


def answer_lines(
    choices: Sequence[tuple[Answer, str]],
    alike: int,
    not_same: str,
    width: int,
    of_owners: int = 0,
    are_alike: str = "compare like these",
) -> ClickText:
    """Return the keys that answer, each with its effect, and the key that answers all `alike` questions.

    `are_alike` says what those have in common.
    `of_owners` is the number of questions that one answer about two owners settles; 0 if there is no such answer.
    `not_same` is the reason why `same` is not among the answers, or "". A click on a line acts like its key.
    """
    entries = [
        _Entry(KEYS[answer], answer.value, does, f"answer('{answer.value}')") for answer, does in choices
    ]
    if alike > 1:
        entries.append(_Entry("=", f"all {alike:,}", f"one answer for all that {are_alike}", "all_alike"))
    if of_owners:
        both = "one answer for all contacts that both owners have"
        entries.append(_Entry("e", f"all {of_owners:,}", both, "of_owners"))
    if not_same:
        entries.append(_Entry("–", Answer.SAME.value, not_same, ""))
    if not entries:
        return NO_TEXT
    indent = 2 if width >= ROOMY else 0
    words = max(width_of(entry.word) for entry in entries)
    hang = indent + 2 + words + 3
    lines = [plain("YOUR ANSWER", "$secondary")]
    spots: list[Spot] = []
    for entry in entries:
        first, *rest = wrap(entry.does, max(10, width - hang))
        if entry.action:
            spots.append(Spot(len(lines), 0, width, entry.action))
        lines.append(
            content(
                "$indent[bold $primary]$key[/] $word   [$foreground-muted]$does[/]",
                indent=" " * indent,
                key=entry.key,
                word=fit(entry.word, words),
                does=first,
            )
        )
        lines += [plain(" " * hang + line, "$foreground-muted") for line in rest]
    return ClickText(tuple(lines), tuple(spots))


class _Entry(NamedTuple):
    key: str
    word: str
    does: str
    action: str


def queue_title(
    title: str, remark: str, order: str, width: int, *, opens: str, is_filtering: bool
) -> ClickText:
    """Return the line above the list: what is listed, how much, in which order, and what can be clicked.

    `opens` is "open" or "close" where a click opens or closes the list, "" where the list is always shown.
    """
    keys = [("f", f"{opens} the list", "show_list")] if opens else []
    keys += [] if is_filtering else [("/", "filter", "filter")]
    text = f"{title}  {remark}"
    room = width - sum(len(key) + 1 + width_of(word) + 3 for key, word, _ in keys)
    if order and width_of(f"{text} · {order}") <= room:
        text = f"{text} · {order}"
    if width_of(text) > room:
        keys = []  # the footer has them too
    parts = [plain(title, "$secondary"), plain(text[len(title) :], "$foreground-muted")]
    spots, at = [Spot(0, 0, width_of(text), "show_list")] if opens else [], width_of(text)
    for key, word, action in keys:
        parts.append(content("   [bold $primary]$key[/] [$foreground-muted]$word[/]", key=key, word=word))
        spots.append(Spot(0, at + 3, at + 4 + len(key) + width_of(word), action))
        at += 4 + len(key) + width_of(word)
    return ClickText((joined(*parts),), tuple(spots))


def refresh_line(line: str, width: int) -> Content:
    """Return how far the reading is while older rows are shown, and the key that stops the reading."""
    stop = " · S stops"
    room = width - width_of(stop) - 1
    whole = f"reading: {line}"
    return plain(f" {clip(whole if width_of(whole) <= room else line, room)}{stop}", "$foreground-muted")


def progress_line(progress: tuple[int, int], seconds: float | None, width: int, remark: str = "") -> Content:
    """Return the bar of the decided rows with an estimate of the time left. `progress` is (decided, all).

    `remark` comes last. A narrow line leaves it out.
    """
    settled, total = progress
    more = f" · {remark}" if remark and width >= _REMARKED else ""
    if not total:
        return plain(f"nothing needs you{more}", "$foreground-muted")
    left = f", {_time_left(seconds)} left" if seconds is not None and settled < total else ""
    text = f"{how_far(settled, total)}{left}{more}"
    cells = max(0, min(30, width - width_of(text) - 3))
    full = cells * settled // total
    return joined(
        plain(" " + "━" * full, "$success"),
        plain("━" * (cells - full), "$rule"),
        plain(f"  {text}", "$foreground-muted"),
    )


def _time_left(seconds: float) -> str:
    minutes = max(1, ceil(seconds / 60))
    return f"{minutes} min" if minutes < 100 else f"{ceil(minutes / 60)} h"


def last_match_line(at: str, read: Mapping[System, int], width: int, *, reading: bool) -> Content:
    """Return the line that says that the questions are those of an older match, and how many contacts were read since.

    `at` is when that match was made. `reading` is False if the systems could not be read.
    """
    said = f" match of {at} · {'refreshing' if reading else 'not refreshed: r reads'}"
    whole = f"{said}, {sum(read.values()):,} read" if read and reading else said
    short = f" {at} · {'refreshing' if reading else 'not refreshed'}"
    fitting = next((text for text in (whole, said) if width_of(text) <= width), short)
    return plain(fitting, "$foreground-muted")


_RATED: Final = 1.0
"""Seconds of reading after which the rate is shown."""


def reading_line(
    read: Mapping[System, int], seconds: float, had: Mapping[System, int], *, is_matching: bool
) -> str:
    """Return how many contacts of each system were read so far, the rate, and the time left where that is known.

    `seconds` is the time since the beginning. `had` is how many contacts each system had before; a reading that
    already has a tenth of them is taken to read them all. `is_matching` is True once both systems were read.
    """
    parts = [
        f"{name} {read[system]:,}" + (f" of {had[system]:,}" if _reads_all(read, had, system) else "")
        for system, name in SYSTEMS.items()
        if system in read
    ]
    done = sum(read.values())
    if is_matching:
        parts.append("matching")
    elif seconds >= _RATED and done:
        rate = done / seconds
        parts.append(f"{rate:,.0f} a second")
        if all(_reads_all(read, had, system) for system in SYSTEMS):
            left = sum(max(0, had[system] - read[system]) for system in SYSTEMS)
            parts.append(f"{duration(left / rate)} left")
    return " · ".join(parts)


def _reads_all(read: Mapping[System, int], had: Mapping[System, int], system: System) -> bool:
    return system in read and had.get(system, 0) >= read[system] >= max(1, had.get(system, 0) / 10)
