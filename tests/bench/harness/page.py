"""Writes docs/benchmarks.md: the marks and whether they are met, then a section for each part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from tests.bench.harness.figure import Bound, Figure, Judgement, Measure, NotMeasured, Sample, judge
from tests.bench.harness.results import PartResult, Results

PICTURE: Final = "pictures/growth.svg"
INTRO: Final = """\
# Benchmarks

`make bench` measures all of this and writes this page; `python -m tests.bench PART` measures one part and writes its
section. The values of all runs are in [benchmarks.json](benchmarks.json). How well contacts are matched, which does not
depend on the machine, is on [a page of its own](benchmarks-matching.md).

Each figure stands next to a floor or a peer of the same run. What is compared runs in turns, in random order. A figure
is the median of the runs, with the least and the most in brackets. *CPU* is the processor time of a program and of the
programs that it starts; other figures are wall clock. The ratio is the median of the ratios of the rounds. Peers run in
environments of their own, in the versions below.

Below each section stands how fast the machine was then: a fixed loop of a million additions, processor time. Where it
takes twice as long, so does everything else, and a mark in seconds says less than a ratio.
"""


Reasons = Mapping[str, Mapping[str, str]]
"""Why marks are missed: by part, and by the words of the figure."""


def page_of(results: Results, why: Reasons) -> str:
    """Return the page."""
    return "\n".join(
        [INTRO, *_machine(results), *_marks(results, why), *_sections(results), *_missing(results)]
    )


def _machine(results: Results) -> Iterator[str]:
    if not results:
        yield "Nothing is measured yet.\n"
        return
    newest = max(results.values(), key=lambda result: result.day).machine
    packages: dict[str, str] = {}
    for result in results.values():
        packages |= result.machine.packages
    yield "## Machine\n"
    yield "| what | which |\n|---|---|"
    yield f"| processor | {newest.processor}, {newest.cores} cores |"
    yield f"| system, Python | {newest.system}, {newest.python} |"
    yield f"| packages | {', '.join(f'{name} {version}' for name, version in sorted(packages.items()))} |"
    yield ""


def _marks(results: Results, why: Reasons) -> Iterator[str]:
    judged = [
        (part, figure, judgement)
        for part, result in results.items()
        for figure in result.figures
        if (judgement := judge(figure)) is not None
    ]
    if not judged:
        return
    met = sum(judgement.met for _, _, judgement in judged)
    yield f"## Marks\n\n{met} of {len(judged)} marks are met.\n"
    yield "| part | what | mark | measured | verdict |\n|---|---|---|---|---|"
    for part, figure, judgement in judged:
        assert figure.mark is not None
        cells = (
            results[part].title,
            figure.what,
            mark_words(figure),
            _measured_words(figure, judgement),
            verdict_words(judgement, why.get(part, {}).get(figure.what, "")),
        )
        yield _row(cells)
    yield ""


def mark_words(figure: Figure) -> str:
    """Return a figure's mark in words: "≤ 1.3 × an empty Textual app"."""
    mark = figure.mark
    assert mark is not None
    sign = "≤" if mark.bound is Bound.MOST else "≥"
    match mark.measure:
        case Measure.VALUE:
            return f"{sign} {_number(mark.limit)} {figure.unit}"
        case Measure.RATIO:
            return f"{sign} {_number(mark.limit)} × {figure.other_name or 'the other'}"
        case Measure.EXCESS:
            return f"{sign} {_number(mark.limit)} {figure.unit} more than {figure.other_name or 'the other'}"


def _measured_words(figure: Figure, judgement: Judgement) -> str:
    assert figure.mark is not None
    unit = "×" if figure.mark.measure is Measure.RATIO else figure.unit
    return f"{_number(judgement.measured)} {unit}"


def verdict_words(judgement: Judgement, why: str = "") -> str:
    """Return "met", or by how much a mark is missed and why."""
    if judgement.met:
        return "met"
    return f"**missed by {100 * judgement.off:.0f} %**: {why or 'the reason is not known yet'}"


def _sections(results: Results) -> Iterator[str]:
    pictured = False
    for result in results.values():
        yield f"## {result.title}\n"
        if result.intro:
            yield f"{result.intro}\n"
        if result.failed:
            yield f"**This part failed**, so that figures are missing: {_plain(result.failed)}\n"
        if result.figures:
            yield "| what | brokerdesk | next to | ratio |\n|---|---|---|---|"
            yield from (_row(_cells(figure)) for figure in result.figures)
            yield ""
        if not pictured and any(figure.place for figure in result.figures):
            yield f"![Growth: each panel begins at zero on both axes]({PICTURE})\n"
            pictured = True
        yield _when(result) + "\n"


def _cells(figure: Figure) -> tuple[str, ...]:
    other = f"{figure.other_name}: {sample_words(figure.other)} {figure.unit}" if figure.other else "–"
    ratio = "–" if figure.ratio is None else _number(figure.ratio)
    return (
        figure.what,
        f"{sample_words(figure.ours)} {figure.unit}",
        other.removeprefix(": "),
        ratio,
    )


def sample_words(sample: Sample) -> str:
    """Return the median, and the least and the most in brackets if there are several values."""
    if len(sample.values) == 1:
        return _number(sample.middle)
    return f"{_number(sample.middle)} ({_number(min(sample.values))}–{_number(max(sample.values))})"


def _when(result: PartResult) -> str:
    busy = f"other programs used {100 * result.others:.0f} % of the machine"
    pace = "" if result.pace is None else f"; the fixed loop took {sample_words(result.pace)} ms"
    commit = result.commit or "an unknown commit"
    return f"*Measured on {result.day} at {commit}, in {result.seconds:.0f} s; {busy}{pace}.*"


def _missing(results: Results) -> Iterator[str]:
    missing = [each for result in results.values() for each in result.not_measured]
    if not missing:
        return
    yield "## Not measured\n"
    yield "| what | why |\n|---|---|"
    yield from (_row((each.what, each.reason)) for each in _once(missing))
    yield ""


def _once(missing: Iterable[NotMeasured]) -> list[NotMeasured]:
    return list(dict.fromkeys(missing))


def _number(value: float) -> str:
    """Return a number with three digits, and a comma between thousands."""
    size = abs(value)
    digits = 0 if size >= 99.95 else 1 if size >= 9.995 else 2 if size >= 0.9995 else 3
    return f"{value:,.{digits}f}" if size >= 0.0995 or not value else f"{value:.2g}"


def _plain(words: str) -> str:
    return words.replace("|", "\\|").replace("\n", " ")


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(_plain(cell) for cell in cells) + " |"
