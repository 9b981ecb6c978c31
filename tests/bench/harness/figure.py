"""What a part of the benchmark gives: figures, what stands next to each, and the marks that they have to meet."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from statistics import median

import msgspec


class Sample(msgspec.Struct, frozen=True):
    """The values of one figure, one for each run."""

    values: tuple[float, ...]

    @property
    def middle(self) -> float:
        """The median."""
        return median(self.values)


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value that `percent` % of the values do not exceed. Raises ValueError if there is no value."""
    if not values:
        raise ValueError("There is no value.")
    ordered = sorted(values)
    return ordered[max(0, -int(-len(ordered) * percent // 100) - 1)]


class Measure(StrEnum):
    """What a mark limits: our value, our value divided by the other, or our value less the other."""

    VALUE = "value"
    RATIO = "ratio"
    EXCESS = "excess"


class Bound(StrEnum):
    """Whether a limit is the most or the least that is allowed."""

    MOST = "most"
    LEAST = "least"


class Mark(msgspec.Struct, frozen=True):
    """What a figure has to meet."""

    limit: float
    measure: Measure = Measure.VALUE
    bound: Bound = Bound.MOST


def at_most(limit: float) -> Mark:
    """Return the mark of a value that may not exceed `limit`, in the figure's unit."""
    return Mark(limit)


def at_least(limit: float) -> Mark:
    """Return the mark of a value that has to reach `limit`, in the figure's unit."""
    return Mark(limit, bound=Bound.LEAST)


def at_most_times(limit: float) -> Mark:
    """Return the mark of a value that may not exceed `limit` times the other value of its figure."""
    return Mark(limit, Measure.RATIO)


def at_most_more(limit: float) -> Mark:
    """Return the mark of a value that may exceed the other value of its figure by `limit`, in the figure's unit."""
    return Mark(limit, Measure.EXCESS)


Plain = tuple[str, float, float, str] | tuple[str, float, float, str, Mark]
"""A figure in short: what, ours, the peer's (0 where there is none), the unit, the mark if there is one.

`what` may end in ", next to PEER".
"""


class Place(msgspec.Struct, frozen=True):
    """Where a figure is on a growth curve: the curve's name, and the size at which the figure was measured."""

    curve: str
    size: int
    of: str
    """What the size counts, for example "pushes"."""


class Figure(msgspec.Struct, frozen=True):
    """One line of the page."""

    what: str
    ours: Sample
    unit: str
    other: Sample | None = None
    other_name: str = ""
    mark: Mark | None = None
    place: Place | None = None

    @property
    def ratio(self) -> float | None:
        """Ours divided by the other: the median over the runs where both have the same number of runs."""
        if self.other is None:
            return None
        pairs = list(zip(self.ours.values, self.other.values, strict=False))
        if len(self.ours.values) == len(self.other.values) and all(theirs for _, theirs in pairs):
            return median(ours / theirs for ours, theirs in pairs)
        return self.ours.middle / self.other.middle if self.other.middle else None


class NotMeasured(msgspec.Struct, frozen=True):
    """A peer or a case that could not be measured, and why."""

    what: str
    reason: str


class Judgement(msgspec.Struct, frozen=True):
    """Whether a mark is met, and the measured value that was compared with the limit."""

    met: bool
    measured: float
    off: float
    """By which part of the limit the measured value is on the wrong side; 0 if the mark is met."""


def judge(figure: Figure) -> Judgement | None:
    """Return how a figure stands to its mark; None if it has no mark, or lacks the other value that the mark needs."""
    if figure.mark is None or (measured := _measured(figure, figure.mark.measure)) is None:
        return None
    limit = figure.mark.limit
    past = measured - limit if figure.mark.bound is Bound.MOST else limit - measured
    return Judgement(past <= 0, measured, max(0.0, past) / limit if limit else max(0.0, past))


def _measured(figure: Figure, measure: Measure) -> float | None:
    match measure:
        case Measure.VALUE:
            return figure.ours.middle
        case Measure.RATIO:
            return figure.ratio
        case Measure.EXCESS:
            return None if figure.other is None else figure.ours.middle - figure.other.middle


def figure_of(line: Plain | Figure) -> Figure:
    """Return a figure that was given in short as a whole one."""
    if isinstance(line, Figure):
        return line
    what, ours, other, unit = line[:4]
    named, sign, name = what.rpartition(", beside ")
    return Figure(
        named if sign else what,
        Sample((ours,)),
        unit,
        Sample((other,)) if other else None,
        name if sign and other else "",
        line[4] if len(line) == 5 else None,
    )
