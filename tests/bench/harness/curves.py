"""Draws how figures grow with size, as one SVG of small panels. Sizes and values begin at zero on both axes.

A cost that stays the same is a flat line then, and one that grows with the size a straight one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from tests.bench.harness.figure import Figure

COLUMNS = 3
WIDE, HIGH = 320, 190
LEFT, RIGHT, TOP, BOTTOM = 14, 130, 40, 34
LABEL = 13
"""The height of a line of a label. The label of a curve's end has two."""
INK, FAINT, OURS, OTHER, PAPER = "#1f2933", "#9aa5b1", "#0b7285", "#c2410c", "#ffffff"


@dataclass(frozen=True)
class Curve:
    """One panel: ours and, if there is one, the other, as (size, value) with rising sizes."""

    name: str
    of: str
    unit: str
    ours: tuple[tuple[int, float], ...]
    other: tuple[tuple[int, float], ...]
    other_name: str


def curves_of(figures: Iterable[Figure]) -> list[Curve]:
    """Return the curves that figures with a place make. A curve has at least two sizes."""
    by_name: dict[str, list[Figure]] = {}
    for figure in figures:
        if figure.place is not None:
            by_name.setdefault(figure.place.curve, []).append(figure)
    return [_curve(name, placed) for name, placed in by_name.items() if len(placed) > 1]


def _curve(name: str, figures: Sequence[Figure]) -> Curve:
    placed = sorted(
        ((figure.place.size, figure) for figure in figures if figure.place is not None),
        key=lambda pair: pair[0],
    )
    first = placed[0][1]
    assert first.place is not None
    return Curve(
        name,
        first.place.of,
        first.unit,
        tuple((size, figure.ours.middle) for size, figure in placed),
        tuple((size, figure.other.middle) for size, figure in placed if figure.other is not None),
        first.other_name,
    )


def draw(curves: Sequence[Curve]) -> str:
    """Return the SVG."""
    rows = -(-len(curves) // COLUMNS)
    width, height = COLUMNS * WIDE, max(1, rows) * HIGH
    panels = [
        f'<g transform="translate({n % COLUMNS * WIDE} {n // COLUMNS * HIGH})">{_panel(curve)}</g>'
        for n, curve in enumerate(curves)
    ]
    root = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    paper = f'<rect width="{width}" height="{height}" fill="{PAPER}"/>'
    return "\n".join((f'{root} font-family="sans-serif" font-size="11">', paper, *panels, "</svg>\n"))


def _panel(curve: Curve) -> str:
    wide, high = WIDE - LEFT - RIGHT, HIGH - TOP - BOTTOM
    largest = max(size for size, _ in curve.ours) or 1
    most = max(value for _, value in (*curve.ours, *curve.other)) or 1.0
    base = TOP + high

    def points(line: Sequence[tuple[int, float]]) -> list[tuple[float, float]]:
        return [
            (round(LEFT + size / largest * wide, 1), round(base - value / most * high, 1))
            for size, value in line
        ]

    lines = [
        _text(LEFT, 16, curve.name, INK, weight="bold"),
        _text(LEFT, 30, f"{curve.unit}, by {curve.of}", FAINT),
        f'<path d="M{LEFT} {TOP}V{base}H{LEFT + wide}" fill="none" stroke="{FAINT}"/>',
        *(
            _text(x, base + 14, f"{size:,}", FAINT, anchor="middle" if n else "start")
            for n, ((x, _), (size, _)) in enumerate(zip(points(curve.ours), curve.ours, strict=True))
            if n in (0, len(curve.ours) - 1) or x - LEFT > wide / 5
        ),
    ]
    ends: list[float] = []
    for line, colour, name, dash in (
        (curve.ours, OURS, "brokerdesk", ""),
        (curve.other, OTHER, curve.other_name, ' stroke-dasharray="4 3"'),
    ):
        if line:
            drawn = points(line)
            path = " ".join(f"{x},{y}" for x, y in drawn)
            lines.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>')
            lines += [f'<circle cx="{x}" cy="{y}" r="2.5" fill="{colour}"/>' for x, y in drawn]
            x, y = drawn[-1]
            y = _apart(min(y, base - LABEL), ends)
            ends.append(y)
            lines.append(_text(x + 6, y + 1, f"{line[-1][1]:,.3g}", colour, weight="bold"))
            lines.append(_text(x + 6, y + 12, name[:22], colour))
    return "".join(lines)


def _apart(y: float, others: Sequence[float]) -> float:
    """Return a height near `y` at which a label of two lines covers no other one."""
    for other in others:
        if abs(y - other) < 2 * LABEL:
            return (
                other - 2 * LABEL
                if y <= other or other + 2 * LABEL > HIGH - BOTTOM - LABEL
                else other + 2 * LABEL
            )
    return y


def _text(
    x: float, y: float, words: str, colour: str, *, weight: str = "normal", anchor: str = "start"
) -> str:
    said = escape(words)
    return (
        f'<text x="{x}" y="{y}" fill="{colour}" font-weight="{weight}" text-anchor="{anchor}">{said}</text>'
    )
