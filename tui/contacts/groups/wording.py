"""The lines that show a group of records as a table: one column a record, with signs against the first. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Final, NamedTuple

from textual.content import Content

from core.contacts.linkage.explain import field_name, sum_words
from core.contacts.model import Comparison, Likeness
from core.contacts.records import Answer
from core.contacts.review.group_choices import short_reasons
from core.contacts.review.group_question import Effect, GroupMember, GroupPair
from core.contacts.review.side_by_side import EQUAL, NO_YEAR, label_text
from core.push.plan import System
from core.systems import display_name
from core.texts import how_many
from tui.contacts.groups.view import GroupView
from tui.contacts.wording import KEYS, TONE
from tui.text import clip, content, fit, joined, plain, safe_text, width_of, wrap
from tui.widgets.clickable.click_lines import ClickText, Spot

ANSWERS: Final = {
    Answer.SAME: ("✓", "same person", "$success"),
    Answer.DIFFERENT: ("✗", "different", "$error"),
    Answer.HOUSEHOLD: ("&", "household", "$warning"),
    Answer.LATER: ("…", "later", "$foreground-muted"),
}
"""The sign, the words and the colour of the answer about one record."""
_LABEL: Final = 12
_LEAST, _MOST = 16, 25
"""The fewest cells of a column, and the cells of a column whose values need fewer."""
_WIDEST: Final = 45
"""The most cells of a column whose values need them."""
_TONES: Final = {"+": "$success", "·": "$foreground-muted", "!": "$warning"}
_KEYED: Final = 9
"""The cells before the words of a key."""


class _Columns(NamedTuple):
    """The columns that fit: their width, their members, and the place in `GroupView.open` of each; -1 if none."""

    width: int
    members: tuple[GroupMember, ...]
    places: tuple[int, ...]
    before: int
    after: int


def columns_of(view: GroupView, width: int) -> _Columns:
    """Return the columns that fit into `width` cells: the reference, and a window of the others around the cursor."""
    person, others = view.person, view.open
    every = [*((member, -1) for member in person), *((member, place) for place, member in enumerate(others))]
    most = max(2, (width - _LABEL) // _LEAST)
    rest = every[1:]
    start = 0
    if len(every) > most:
        here = next((n for n, (_, place) in enumerate(rest) if place == view.current), 0)
        start = min(max(0, here - (most - 1) // 2), len(rest) - (most - 1))
    shown = [every[0], *rest[start : start + most - 1]]
    needed = max(map(_needs, every), default=0)
    cells = min(max(_MOST, min(needed, _WIDEST)), max(6, (width - _LABEL) // len(shown)))
    after = len(rest) - start - (len(shown) - 1)
    return _Columns(cells, tuple(m for m, _ in shown), tuple(p for _, p in shown), start, after)


def _needs(column: tuple[GroupMember, int]) -> int:
    """Return the cells that the values of a record need, with its sign and the blank after it."""
    return 3 + max((width_of(field.value) for field in column[0].fields), default=0)


class _Space(IntEnum):
    """How much is shown: the shortest form has one line for all keys, the longest has blank lines between the parts."""

    SHORT = 0
    DENSE = 1
    ROOMY = 2


def group_lines(view: GroupView, width: int, height: int) -> ClickText:
    """Return the whole question for `width` cells.

    It has the longest form that fits into `height` lines, else the shortest, which the screen scrolls.
    """
    columns = columns_of(view, width)
    for space, gaps in _FORMS:
        shown = _Writer(view, width, columns, space, gaps[0]).write()
        most = gaps[0] + height - len(shown.lines)  # the blank lines for which there is room
        fitting = next((number for number in gaps if number <= most), None)
        if fitting == gaps[0]:
            return shown
        if fitting is not None:
            return _Writer(view, width, columns, space, fitting).write()
    return _Writer(view, width, columns, space, gaps[-1]).write()


_FORMS: Final = ((_Space.ROOMY, (3,)), (_Space.DENSE, (3, 2, 1, 0)), (_Space.SHORT, (2, 0)))
"""The forms of the question, the longest first, with the numbers of blank lines that may be between its parts."""


class _Writer:
    def __init__(self, view: GroupView, width: int, columns: _Columns, space: _Space, gaps: int) -> None:
        self.view = view
        self.gaps = gaps
        self.width = width
        self.space = space
        self.columns = columns
        self.lines: list[Content] = []
        self.spots: list[Spot] = []

    def write(self) -> ClickText:
        """Write all parts from the top."""
        self._heads()
        self._links()
        self._fields()
        self._gap(3)
        self._answers()
        self._weakest()
        self._overview()
        self._gap(1)
        self._keys()
        self._gap(2)
        self._follows()
        return ClickText(tuple(self.lines), tuple(self.spots))

    # -- the table -------------------------------------------------------------------------------------

    def _gap(self, rank: int) -> None:
        """Write a blank line if there are as many: the gap of rank 1 is the last to go."""
        if self.gaps >= rank:
            self.lines.append(plain(""))

    def _row(self, label: str, cells: Sequence[Content]) -> None:
        self.lines.append(joined(plain(fit(label, _LABEL), "$foreground-muted"), *cells))

    def _cell(self, sign: str, sign_style: str, text: str, style: str) -> Content:
        """Return one cell of the table: a sign, the text, and a blank cell at the end."""
        room = self.columns.width - 3
        return joined(plain(fit(sign, 1) + " ", sign_style), plain(fit(text, room) + " ", style))

    def _start(self, column: int) -> int:
        return _LABEL + column * self.columns.width

    def _spot(self, column: int, action: str) -> None:
        start = self._start(column)
        self.spots.append(Spot(len(self.lines), start, start + self.columns.width, action))

    def _heads(self) -> None:
        columns = self.columns
        room = columns.width - 3
        heads, names = [], []
        for n, (member, place) in enumerate(zip(columns.members, columns.places, strict=True)):
            system = display_name(member.system)
            name = f"{system} {member.key[1]}"
            at = "▸" if place == self.view.current and place >= 0 else ""
            if width_of(name) > room:
                name = f"{_initials(system)} {member.key[1]}"
            heads.append(self._cell(at, "bold $primary", name, "$foreground-muted"))
            sign = _sign(member, "name")
            lit = "bold underline" if at else "bold"
            names.append(self._cell(sign, TONE[sign], member.contact.name, lit))
            if place >= 0:
                self.spots.append(
                    Spot(len(self.lines), self._start(n), self._start(n + 1), f"group_go({place})")
                )
                self.spots.append(
                    Spot(len(self.lines) + 1, self._start(n), self._start(n + 1), f"group_go({place})")
                )
        before = f"◂ {columns.before} more" if columns.before else ""
        after = f"{columns.after} more ▸" if columns.after else ""
        self._row(before, heads)
        self._row(after, names)

    def _links(self) -> None:
        """Write a line that joins the linked records; a record linked with a record out of sight names its id."""
        members, width = self.columns.members, self.columns.width
        if not any(member.linked_with for member in members):
            return
        person = [n for n, member in enumerate(members) if member.answer is None and member.linked_with]
        cells: list[Content] = []
        last = person[-1] if person else -1
        for n, member in enumerate(members):
            if n in person and last > 0:
                text = "●" + ("─" * (width - 1) if n < last else " " * (width - 1))
                cells.append(plain(text, "$success"))
            elif member.linked_with:
                cells.append(self._cell("●", "$success", " ".join(member.linked_with), "$foreground-muted"))
            else:
                cells.append(plain(" " * width))
        self._row("linked", cells)

    def _fields(self) -> None:
        for label in self.view.question.labels:
            if label not in ("name", "since"):
                self._field(label)

    def _field(self, label: str) -> None:
        """Write one field. A value goes on in a second line if there is room, or if two look alike when cut."""
        room = self.columns.width - 3
        values = [_value(member, label) for member in self.columns.members]
        signs = [
            _sign(member, label) or (self.view.officers[member.key] if label == "officer" else "")
            for member in self.columns.members
        ]
        cut = {value: clip(value, room) for value in values}
        hides = any(sign not in ("", EQUAL) for sign in signs) and len(set(cut.values())) < len(cut)
        in_lines = hides or self.space is _Space.ROOMY
        texts = [_in_lines(value, room) if in_lines else [clip(value, room)] for value in values]
        for n in range(max(len(text) for text in texts)):
            cells = []
            for text, sign in zip(texts, signs, strict=True):
                shown = text[n] if n < len(text) else ""
                missing = not n and not safe_text(shown).strip()
                style = "$foreground-muted" if missing else ""
                cells.append(self._cell("" if n else sign, TONE[sign], "–" if missing else shown, style))
            self._row("" if n else label_text(label, self.view.words), cells)

    # -- the answers -----------------------------------------------------------------------------------

    def _answers(self) -> None:
        """Write the answer about each record, and the words of its evidence under it."""
        view = self.view
        first_name = view.question.reference.contact.first_name or view.question.reference.contact.name
        cells: list[Content] = []
        for n, (member, place) in enumerate(zip(self.columns.members, self.columns.places, strict=True)):
            if place < 0:
                words = "linked" if member.linked_with and n else "" if n else "reference"
                cells.append(self._cell("", "", words, "$success" if n else "$foreground-muted"))
                continue
            self._spot(n, f"tick_record({place})")
            sign, words, tone = self._answer_of(member)
            cells.append(self._cell(sign, tone, words, f"bold {tone}"))
        self._row(f"with {first_name}", cells)
        columns = [self._words(member) for member in self.columns.members]
        for n in range(max(map(len, columns), default=0)):
            texts = [words[n] if n < len(words) else "" for words in columns]
            label = "bits" if self.view.bits and not n else ""
            self._row(label, [self._cell("", "", text, "$foreground-muted") for text in texts])

    def _answer_of(self, member: GroupMember) -> tuple[str, str, str]:
        """Return the sign, the words and the colour of the answer about a member."""
        is_own = member.key in self.view.changed
        if self.view.blind and not is_own:
            return "?", "your answer: t", "$foreground-muted"
        sign, words, tone = ANSWERS[member.answer or Answer.SAME]
        changed = is_own and member.answer is not member.suggested and not self.view.blind
        marked = f"{words} (you)"
        return sign, marked if changed and width_of(marked) <= self.columns.width - 3 else words, tone

    def _words(self, member: GroupMember) -> list[str]:
        """Return the words under a record: how likely the same person it is, and why, or the weights."""
        compared, room = member.comparison, self.columns.width - 3
        if compared is None:
            return []
        if self.view.bits:
            lines = [
                fit(field_name(line.field, self.view.words), max(1, room - 6))
                + fit(_bits(line.bits), 6, "right")
                for line in compared.evidence
                if abs(line.bits) >= 0.05
            ]
            return [*lines, fit("in all", max(1, room - 6)) + fit(_bits(compared.bits), 6, "right")]
        likely = [] if self.view.blind else wrap(_likely(compared), room)
        most = 3 if self.space is _Space.ROOMY else 2
        return [*likely, *first_reasons(short_reasons(compared, self.view.words), room, most)]

    def _weakest(self) -> None:
        """Point out the pair with the least evidence among the records that count as one person."""
        pair = self.view.question.weakest
        if self.view.blind or pair is None or not _several(self.view):
            return
        members = self.view.question.members
        ends = [members[pair.first], members[pair.second]]
        at = [n for n, member in enumerate(self.columns.members) if member in ends]
        width = self.columns.width
        if len(at) == 2:
            cells = [_bridge(n, at[0], at[1], width) for n in range(len(self.columns.members))]
            self._row("least sure", cells)
            label = ""
            if self.space is not _Space.ROOMY and not self.view.bits:
                return  # the columns say who, and the words under them say why
        else:
            label = "least sure"
        names = " and ".join(f"{member.contact.name} ({member.key[1]})" for member in ends)
        words = f"{names}: {short_reasons(pair.comparison, self.view.words)}"
        if self.view.bits:
            words = f"{names}: {_bits(pair.comparison.bits)} bits"
        text = plain(clip(words, max(10, self.width - _LABEL)), "$warning")
        self.lines.append(joined(plain(fit(label, _LABEL), "$foreground-muted"), text))

    def _overview(self) -> None:
        """Write the answers about all records in short, if some records are out of sight."""
        if not (self.columns.before or self.columns.after):
            return
        line, at = plain(fit("all records", _LABEL), "$foreground-muted"), _LABEL
        for place, member in enumerate(self.view.open):
            sign, _, tone = self._answer_of(member)
            name = clip(member.contact.name, 18)
            cells = width_of(name) + 4
            if at + cells - 2 > self.width and at > _LABEL:
                self.lines.append(line.rstrip())
                line, at = plain(" " * _LABEL), _LABEL
            lit = "underline" if place == self.view.current else ""
            self.spots.append(Spot(len(self.lines), at, at + cells, f"group_go({place})"))
            line = joined(line, plain(f"{sign} ", tone), plain(name, lit), plain("  "))
            at += cells
        self.lines.append(line.rstrip())

    # -- the keys --------------------------------------------------------------------------------------

    def _keys(self) -> None:
        entries = self._entries()
        if self.space is not _Space.SHORT:
            self.lines.append(plain("YOUR ANSWER", "$secondary"))
            for key, _, long, action, may in entries:
                self._key(key, long, action, may)
            return
        line, at = plain(""), 0
        for key, short, _, action, may in entries:
            cells = width_of(key) + 1 + width_of(short)
            if at and at + 2 + cells > self.width:
                self.lines.append(line)
                line, at = plain(""), 0
            start = at + 2 if at else 0
            if may:
                self.spots.append(Spot(len(self.lines), start, start + cells, action))
            style = "bold $primary" if may else "$foreground-muted"
            words = plain(f" {short}", "" if may else "$foreground-muted")
            line = joined(line, plain(" " * (start - at)), plain(key, style), words)
            at = start + cells
        self.lines.append(line)

    def _key(self, key: str, words: str, action: str, may: bool) -> None:
        first, *rest = wrap(words, max(10, self.width - _KEYED))
        if may:
            self.spots.append(Spot(len(self.lines), 0, self.width, action))
        key_style, style = ("bold $primary", "") if may else ("$foreground-muted", "$foreground-muted")
        self.lines.append(joined(plain(fit(key, _KEYED), key_style), plain(first, style)))
        self.lines += [plain(" " * _KEYED + line, style) for line in rest]

    def _entries(self) -> list[tuple[str, str, str, str, bool]]:
        """Return (keys, short words, long words, action, whether it can be done) of each key."""
        view = self.view
        as_shown = "as answered" if view.changed else "as suggested"
        entries: list[tuple[str, str, str, str, bool]] = []
        for answer, short, words in (
            (Answer.SAME, as_shown, f"{as_shown}: {self._sentence()}"),
            (Answer.DIFFERENT, "different", f"all different: {_then(view.outcomes, Answer.DIFFERENT)}"),
            (
                Answer.HOUSEHOLD,
                "household",
                f"one household, different people: {_then(view.outcomes, Answer.HOUSEHOLD)}",
            ),
            (Answer.LATER, "later", "later: stays in the queue, at the end"),
        ):
            refusal = view.refused.get(answer, "")
            long = f"{words.partition(':')[0]}: {refusal}" if refusal else words
            entries.append((KEYS[answer], short, long, f"answer('{answer.value}')", not refusal))
        entries.insert(
            1,
            (
                "←→ t",
                "one record",
                "one by one: go to a record and change its answer",
                "tick_record(-1)",
                bool(view.open),
            ),
        )
        entries.append(("p", "pairs", "pair by pair: two records side by side", "pair_by_pair", True))
        return entries

    def _sentence(self) -> str:
        """Return what the answers say about the records: "Anne is the same person, Andrew is of one household"."""
        if self.view.blind and len(self.view.changed) < len(self.view.open):
            return "your answers"
        words = {
            Answer.SAME: ("is the same person", "are the same person"),
            Answer.HOUSEHOLD: ("is of the household", "are of the household"),
            Answer.DIFFERENT: ("is somebody else", "are other people"),
            Answer.LATER: ("is decided later", "are decided later"),
        }
        parts = []
        for answer, (single, plural) in words.items():
            names = [member.contact.name for member in self.view.open if member.answer is answer]
            if names:
                listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
                if len(names) > 3:
                    listed = how_many(len(names), "record")
                parts.append(f"{listed} {single if len(names) == 1 else plural}")
        return ", ".join(parts)

    # -- what follows ----------------------------------------------------------------------------------

    def _follows(self) -> None:
        view = self.view
        hidden = view.blind and len(view.changed) < len(view.open)
        if hidden or not view.question.follows or Answer.SAME in view.refused:
            return
        self.lines.append(content("[$secondary]WHAT FOLLOWS[/]  [$foreground-muted]from[/] [b]s[/b]"))
        for effect in _together(view.question.follows):
            self._effect(effect)

    def _effect(self, effect: Effect) -> None:
        system = fit(display_name(effect.system), 13)
        lead = joined(
            plain(fit(effect.sign, 2), _TONES[effect.sign]), plain(system + " ", "$foreground-muted")
        )
        first, *rest = wrap(effect.text, max(10, self.width - 16))
        self.lines.append(joined(lead, plain(first)))
        self.lines += [plain(" " * 16 + line) for line in rest]


_OF_RECORD: Final = re.compile(r".* \((?P<id>[^()]+)\) (?P<rest>is .*)")


def _together(effects: Sequence[Effect]) -> list[Effect]:
    """Return the effects with those of several records in one sentence, if the same follows for each."""
    made: dict[tuple[System, str, str], Effect] = {}
    records: dict[tuple[System, str, str], list[str]] = {}
    for effect in effects:
        found = _OF_RECORD.fullmatch(effect.text)
        key = (effect.system, effect.sign, found["rest"] if found else effect.text)
        made.setdefault(key, effect)
        records.setdefault(key, []).append(found["id"] if found else "")
    return [
        effect
        if len(records[key]) == 1
        else Effect(effect.system, effect.sign, f"each of {', '.join(records[key])} {key[2]}")
        for key, effect in made.items()
    ]


def _sign(member: GroupMember, label: str) -> str:
    return next((field.sign for field in member.fields if field.label == label), "")


def _value(member: GroupMember, label: str) -> str:
    """Return a value as the table shows it: a birth date without a year needs no words for that."""
    value = next(field.value for field in member.fields if field.label == label)
    return value.removesuffix(NO_YEAR) if label == "birth date" else value


def _in_lines(value: str, room: int) -> list[str]:
    """Return a value in at most two lines."""
    first, *rest = wrap(value, room)
    return [first, clip(" ".join(rest), room)] if rest else [first]


def first_reasons(reasons: str, room: int, most: int) -> list[str]:
    """Return as many whole reasons as fit into `most` lines of `room` cells. An ellipsis stands for the others."""
    lines, kept = wrap(reasons, room), reasons
    while len(lines) > most and (at := max(kept.rfind(", "), kept.rfind("; "))) > 0:
        kept = kept[:at]
        lines = wrap(f"{kept}{reasons[at]} …", room)
    return [clip(line, room) for line in lines[:most]]


def _likely(compared: Comparison) -> str:
    if compared.likeness is Likeness.HOUSEHOLD:
        return "likely two people"
    return sum_words(compared).removesuffix(" the same person")


def _initials(system: str) -> str:
    return "".join(letter for letter in system if letter.isupper())


def _bits(bits: float) -> str:
    return f"{'−' if bits < 0 else '+'}{abs(bits):.1f}"


def _then(outcomes: Mapping[Answer, str], answer: Answer) -> str:
    return outcomes.get(answer, "") or "nothing changes"


def _several(view: GroupView) -> bool:
    """Return True if more than one pair of ticked records could be the weakest."""
    pairs: list[GroupPair] = [
        pair
        for pair in view.question.pairs
        if not pair.linked
        and view.question.members[pair.first].ticked
        and view.question.members[pair.second].ticked
    ]
    return len(pairs) > 1


def _bridge(n: int, first: int, last: int, width: int) -> Content:
    """Return the part in column `n` of a line between two columns."""
    if n == first:
        return plain("◇" + "┄" * (width - 1), "$warning")
    if n == last:
        return plain("◇" + " " * (width - 1), "$warning")
    return plain(("┄" if first < n < last else " ") * width, "$warning")


def title_words(view: GroupView) -> str:
    """Return the records of a group in one line: "4 records in 2 systems: likely one person, and one who is not"."""
    question = view.question
    start = f"{how_many(len(question.members), 'record')} in {question.systems} systems"
    if view.blind:
        return start
    apart = sum(not member.ticked for member in question.members)
    same = len(question.members) - apart
    if same < 2:
        return f"{start}: likely {len(question.members)} people"
    rest = "" if not apart else ", and one who is not" if apart == 1 else f", and {apart} who are not"
    return f"{start}: likely one person{rest}"
