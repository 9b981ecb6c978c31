"""The lines that show a pair: the fields side by side, the evidence, and the keys with their effects. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Final

from textual.content import Content

from core.compare.agreement import AgreementLevel
from core.contacts.linkage.explain import evidence_words, ranked_evidence, sum_words
from core.contacts.model import Comparison, Likeness
from core.contacts.records import Answer
from core.contacts.review.side_by_side import CLOSE, EQUAL, OTHER, SideBySide
from core.contacts.sync.no_home import NoHomeField
from core.push.plan import System
from core.systems import Purpose, display_name, systems_for
from tui.text import clip, content, fit, joined, plain, width_of, wrap

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
_LABEL: Final = 11
_MOST: Final = 36
_TALLEST: Final = 4
"""The most lines of a value that are shown."""
_BITS: Final = 6
_LONGEST: Final = 44
"""The most cells for the words of a line of evidence."""
_NARROWEST, _WIDEST = 8, 34
"""The fewest and the most cells of a bar. Without room for the fewest there is no bar."""


def field_lines(fields: Sequence[SideBySide], width: int) -> Content:
    """Return the two records field by field under their systems' names; a long value goes on in the next line."""
    indent = 2 if width >= ROOMY else 0
    gap, after = (4, 2) if width >= ROOMY else (1, 1)
    value = max(6, min(_MOST, (width - indent - _LABEL - 2 - gap - 1 - after) // 2))
    before = " " * (indent + _LABEL + 2)
    first, second = SYSTEMS.values()
    head = [before, fit(first, value), " " * (gap + 1 + after), clip(second, value)]
    lines = [plain("".join(head), "bold")]
    for field in fields:
        left, right = (wrap(clip(text, value * _TALLEST), value) for text in (field.left, field.right))
        lines += [
            joined(
                plain(" " * indent + fit("" if n else field.label, _LABEL) + "  ", "$foreground-muted"),
                plain(fit(left[n] if n < len(left) else "", value) + " " * gap),
                plain(fit("" if n else field.sign, 1) + " " * after, TONE[field.sign]),
                plain(right[n] if n < len(right) else ""),
            )
            for n in range(max(len(left), len(right)))
        ]
    return content("\n").join(lines)


def why_lines(compared: Comparison | None, width: int, *, blind: bool) -> Content:
    """Return a line for each piece of evidence: its words, a bar around zero, its weight in bits.

    `blind` leaves the bars and weights out, and keeps the order of the comparison.
    """
    if compared is None:
        return plain("")
    indent = " " * (2 if width >= ROOMY else 0)
    head = plain("WHY", "$secondary")
    if blind:
        bare = [
            evidence_words(item)
            for item in compared.evidence
            if item.level not in (AgreementLevel.MISSING, AgreementLevel.PRIOR)
        ]
        return content("\n").join([head, *(plain(indent + clip(text, width - len(indent))) for text in bare)])
    evidence = ranked_evidence(compared)
    texts = [evidence_words(item) for item in evidence]
    room = width - len(indent) - _BITS - 3
    words = min(max(map(width_of, texts), default=0), max(16, room - 11), _LONGEST)
    bar = min(room - words, _WIDEST) if room - words >= _NARROWEST else 0
    bits = [item.bits for item in evidence]
    lines = [
        joined(plain(indent + fit(text, words) + "  "), _bar(amount, bits, bar), _amount(amount))
        for text, amount in zip(texts, bits, strict=True)
    ]
    summed = plain(indent + fit(sum_words(compared), words + 2 + bar))
    return content("\n").join([head, *lines, joined(summed, _amount(compared.bits, _tone(compared)))])


def no_home_lines(fields: Sequence[NoHomeField], width: int) -> Content:
    """Return a line for each field that a copy leaves behind: its name, its value, and the reason if there is room."""
    indent = " " * (2 if width >= ROOMY else 0)
    labels = min(max(width_of(field.field) for field in fields), 24)
    head = plain("NO HOME THERE", "$secondary")
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


def choice_lines(
    choices: Sequence[tuple[Answer, str]], alike: int, not_same: str, width: int, of_owners: int = 0
) -> Content:
    """Return the keys that answer, each with its effect, and the key that answers all `alike` questions.

    `of_owners` is the number of questions that one answer about two owners settles; 0 if there is no such answer.
    `not_same` is the reason why `same` is not among the answers, or "".
    """
    indent = 2 if width >= ROOMY else 0
    hang = indent + 14
    short = width < ROOMY
    keys = [
        (KEYS[answer], answer.value, does.partition(";")[0] if short else does) for answer, does in choices
    ]
    if alike > 1:
        keys.append(
            ("=", f"all {alike:,}", "alike" if short else "one answer for all that compare like these")
        )
    if of_owners:
        short_does = "both owners have" if short else "one answer for all contacts that both owners have"
        keys.append(("e", f"all {of_owners:,}", short_does))
    if not_same:
        keys.append(("–", Answer.SAME.value, not_same))
    lines: list[Content] = []
    for key, word, does in keys:
        first, *rest = wrap(does, max(10, width - hang))
        lines.append(
            content(
                "$indent[bold $primary]$key[/] $word  [$foreground-muted]$does[/]",
                indent=" " * indent,
                key=key,
                word=fit(word, 10),
                does=first,
            )
        )
        lines += [plain(" " * hang + line, "$foreground-muted") for line in rest]
    return content("\n").join(lines)


def progress_line(progress: tuple[int, int], seconds: float | None, width: int, remark: str = "") -> Content:
    """Return the bar of the decided rows with an estimate of the time left. `progress` is (decided, all).

    `remark` comes last. A narrow line leaves it out.
    """
    settled, total = progress
    more = f" · {remark}" if remark and width >= _REMARKED else ""
    if not total:
        return plain(f"nothing needs you{more}", "$foreground-muted")
    left = f", {_time_left(seconds)} left" if seconds is not None and settled < total else ""
    text = f"{settled:,} of {total:,}{left}{more}"
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


def last_match_line(at: str, read: dict[System, int], width: int, *, reading: bool) -> Content:
    """Return that the questions are of the match of `at`, and how many contacts were read since.

    If the systems are not being read, they could not be.
    """
    said = f" match of {at} · {'refreshing' if reading else 'not refreshed: r reads'}"
    whole = f"{said}, {sum(read.values()):,} read" if read and reading else said
    return plain(whole if width_of(whole) <= width else said, "$foreground-muted")


def reading_line(read: dict[System, int]) -> str:
    """Return how many contacts of each system were read so far."""
    return " · ".join(f"{name} {read[system]:,}" for system, name in SYSTEMS.items() if system in read)
