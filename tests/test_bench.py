"""The harness of `make bench`, without a timed assertion: clocks and processes are injected."""

from __future__ import annotations

import csv
import itertools
import re
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.bench import __main__ as bench
from tests.bench.harness import peers
from tests.bench.harness.curves import curves_of, draw
from tests.bench.harness.figure import (
    Figure,
    Mark,
    NotMeasured,
    Place,
    Sample,
    at_least,
    at_most,
    at_most_more,
    at_most_times,
    figure_of,
    judge,
    percentile,
)
from tests.bench.harness.latency import Distance, far_away
from tests.bench.harness.page import mark_words, page_of, sample_words
from tests.bench.harness.processes import cpu_of, cpu_of_tree, parse_ps, run_command
from tests.bench.harness.results import FILE, PEERS, Machine, PartResult, load, pace, rounded, store
from tests.bench.harness.runner import interleave, order, processor_time
from tests.bench.harness.terminal import BenchTerminal
from tests.bench.match_files import write_books
from tests.bench.rate import densest, used
from tests.bench.why import WHY

MACHINE = Machine("Linux 6", "a processor", 2, "3.11.7", {"textual": "8.2.8"})


def _figure(
    ours: float, other: float | None = None, mark: Mark | None = None, what: str = "a start"
) -> Figure:
    beside = None if other is None else Sample((other,))
    return Figure(what, Sample((ours,)), "s", beside, "an empty app" if beside else "", mark)


def _result(*figures: Figure, title: str = "Start", failed: str = "", **more: object) -> PartResult:
    return PartResult(title, "", "2026-11-29", "abc", 12.0, 0.034, MACHINE, figures, failed=failed, **more)


# ---- statistics


@pytest.mark.parametrize(
    ("percent", "expected"), [(50, 5), (95, 10), (90, 9), (91, 10), (100, 10), (10, 1), (1, 1)]
)
def test_a_percentile_is_a_value_that_so_many_values_do_not_exceed(percent: float, expected: float) -> None:
    assert percentile([10, 9, 8, 7, 6, 5, 4, 3, 2, 1], percent) == expected


def test_no_values_have_no_percentile() -> None:
    with pytest.raises(ValueError, match="no value"):
        percentile([], 95)


def test_a_ratio_is_the_median_of_the_ratios_of_the_rounds() -> None:
    # A busy third round makes both ten times as slow: the medians' ratio would be 4.
    figure = Figure("x", Sample((2.0, 4.0, 40.0)), "s", Sample((1.0, 1.0, 20.0)))
    assert figure.ratio == 2.0


def test_samples_of_other_lengths_are_compared_by_their_medians() -> None:
    assert Figure("x", Sample((2.0, 4.0, 6.0)), "s", Sample((2.0,))).ratio == 2.0
    assert Figure("x", Sample((2.0,)), "s", Sample((0.0,))).ratio is None
    assert Figure("x", Sample((2.0,)), "s").ratio is None


def test_a_figure_in_short_names_its_peer_after_the_word_beside() -> None:
    assert figure_of(("list: painted, beside a table, beside 10 rows", 3.0, 2.0, "ms")) == Figure(
        "list: painted, beside a table", Sample((3.0,)), "ms", Sample((2.0,)), "10 rows"
    )
    assert figure_of(("open, beside parsing", 3.0, 2.0, "ms", at_most(5))) == Figure(
        "open", Sample((3.0,)), "ms", Sample((2.0,)), "parsing", at_most(5)
    )
    assert figure_of(("kept of a push", 3.0, 0.0, "B")) == Figure("kept of a push", Sample((3.0,)), "B")


# ---- marks


@pytest.mark.parametrize(
    ("ours", "other", "mark", "met", "off"),
    [
        (0.35, None, at_most(0.35), True, 0.0),
        (0.42, None, at_most(0.35), False, 0.2),
        (95.0, None, at_least(95.0), True, 0.0),
        (76.0, None, at_least(95.0), False, 0.2),
        (260.0, 200.0, at_most_times(1.3), True, 0.0),
        (390.0, 200.0, at_most_times(1.3), False, 0.5),
        (0.75, 0.5, at_most_more(0.25), True, 0.0),
        (1.0, 0.5, at_most_more(0.25), False, 1.0),
        (1.0, 2.0, at_most_more(0.25), True, 0.0),
        (3.0, 0.0, at_most(0.0), False, 3.0),
    ],
)
def test_a_mark_is_judged(ours: float, other: float | None, mark: Mark, met: bool, off: float) -> None:
    judgement = judge(_figure(ours, other, mark))
    assert judgement is not None
    assert (judgement.met, judgement.off) == (met, pytest.approx(off))


def test_a_mark_that_needs_the_other_value_is_not_judged_without_it() -> None:
    assert judge(_figure(1.0, None, at_most_times(1.3))) is None
    assert judge(_figure(1.0, None, at_most_more(1.3))) is None
    assert judge(_figure(1.0)) is None


# ---- runs in turns


def test_each_round_runs_everybody_once_in_an_order_that_the_seed_gives() -> None:
    first, again, other = (list(order("abc", 20, seed)) for seed in (1, 1, 2))
    assert first == again != other
    assert all(sorted(names) == ["a", "b", "c"] for names in first)
    assert len({tuple(names) for names in first}) > 3


def test_the_first_rounds_warm_up_and_are_not_counted() -> None:
    count = itertools.count()
    found = interleave({"a": lambda: {"n": next(count)}}, 3, warm=2)
    assert found.sample("a", "n") == Sample((2, 3, 4))


def test_who_fails_once_is_tried_again_and_who_fails_twice_is_left_out_with_the_reason() -> None:
    calls: dict[str, int] = {"once": 0, "ever": 0}

    def fails(name: str, times: int) -> dict[str, float]:
        calls[name] += 1
        if calls[name] <= times:
            raise RuntimeError("first line\nno such table")
        return {"cpu": 2.0}

    found = interleave({"once": lambda: fails("once", 1), "ever": lambda: fails("ever", 99)}, 3, warm=0)
    assert found.taken == {"once": [{"cpu": 2.0}] * 3}
    assert found.failed == {"ever": "RuntimeError: no such table"}
    assert calls["ever"] == 2
    assert found.compare("a start", "cpu", "s", "once", "ever") == NotMeasured(
        "a start: ever", "RuntimeError: no such table"
    )


def test_two_entrants_are_compared_in_the_unit_that_is_asked_for() -> None:
    found = interleave({"ours": lambda: {"cpu": 0.5}, "empty": lambda: {"cpu": 0.25}}, 2)
    figure = found.compare("frame", "cpu", "ms", "ours", "empty", scale=1000, mark=at_most_times(1.3))
    assert figure == Figure(
        "frame", Sample((500.0, 500.0)), "ms", Sample((250.0, 250.0)), "empty", at_most_times(1.3)
    )


def test_the_processor_time_of_some_work_is_read_before_and_after_it() -> None:
    ticks = iter((3.0, 3.5))
    done: list[int] = []
    assert processor_time(lambda: done.append(1), lambda: next(ticks))() == {"cpu": 0.5}
    assert done == [1]


# ---- processes


def test_a_command_that_ends_has_processor_time_and_memory_of_its_own() -> None:
    ended = run_command([sys.executable, "-c", "print('hello')"], {})
    assert ended.output == "hello\n"
    assert 0 < ended.cpu < 60
    assert 2 < ended.memory < 100


def test_the_time_of_a_commands_children_counts() -> None:
    work = "import time\nwhile time.process_time() < 0.3: pass"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {work!r}], check=True)"
    assert run_command([sys.executable, "-c", child], {}).cpu >= 0.3


def test_a_command_that_fails_says_its_last_words() -> None:
    with pytest.raises(RuntimeError, match="ended with 3: no luck"):
        run_command([sys.executable, "-c", "import sys; print('no luck', file=sys.stderr); sys.exit(3)"], {})


def test_ps_is_read_where_there_is_no_proc() -> None:
    assert parse_ps("  1     0   0:01.50\n 20     1 1-02:03:04\n") == [
        (1, (0, 1.5)),
        (20, (1, 86_400 + 2 * 3600 + 3 * 60 + 4.0)),
    ]


def test_a_terminal_tells_when_words_are_written_and_what_a_key_leads_to() -> None:
    program = (
        "import os, subprocess, sys, time, tty\n"
        "tty.setraw(0)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; x = time.process_time()\\n"
        'while time.process_time() < x + 0.2: pass\\nprint("born", flush=True)\\nimport time; time.sleep(60)\'])\n'
        "os.read(0, 1)\n"
        "os.write(1, b'first'); os.write(1, b' 7 of 9'); os.read(0, 1); child.kill(); child.wait()\n"
        "end = time.process_time() + 0.1\n"
        "while time.process_time() < end: pass\n"
        "os.write(1, b'bye'); os.read(0, 1)"
    )
    with BenchTerminal.running([sys.executable, "-c", program], {}) as terminal:
        born = terminal.until(b"or", b"born")
        assert born.wall > 0
        assert born.tree >= born.own + 0.2
        painted = terminal.press(b"a")
        assert painted.until(re.compile(rb"\d of \d")) is not None
        assert painted.until(re.compile(b"nothing")) is None
        assert 0 < painted.first <= painted.last
        assert terminal.press(b"b").cpu >= 0.1
        assert cpu_of_tree(terminal.pid) >= cpu_of(terminal.pid) + 0.2  # the time of the ended child stays
        with pytest.raises(RuntimeError, match="ended"):
            terminal.press(b"c")


# ---- distance and rate


def test_the_first_request_of_a_connection_pays_a_round_trip_more_than_one_that_was_opened_ahead() -> None:
    far = Distance(round_trip=0.1, answer=0.5)
    assert far.sent(opened=10.0, now=10.0) == pytest.approx(10.15)
    assert far.sent(opened=10.0, now=10.02) == pytest.approx(10.15)
    assert far.sent(opened=10.0, now=11.0) == pytest.approx(11.05)
    assert far.answered(10.15) == pytest.approx(10.7)


def test_a_far_server_passes_on_what_is_said_and_tells_which_requests_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as near:
        with far_away("127.0.0.1", near.getsockname()[1], Distance(0.0, 0.0)) as far:
            host, port = far.url.removeprefix("http://").split(":")
            with socket.create_connection((host, int(port))) as client:
                client.sendall(b"POST /contacts HTTP/1.1\r\n\r\n")
                there, _ = near.accept()
                with there:
                    assert there.recv(100) == b"POST /contacts HTTP/1.1\r\n\r\n"
                    there.sendall(b"HTTP/1.1 201 Created\r\n\r\n")
                assert client.recv(100) == b"HTTP/1.1 201 Created\r\n\r\n"
                assert client.recv(100) == b""
        assert [line for _, line in far.requests] == ["POST /contacts"]


def _every(gap: float, count: int, line: str = "POST /contacts") -> list[tuple[float, str]]:
    return [(1000.0 + gap * number, line) for number in range(count)]


def test_the_rate_counts_from_the_first_write_to_the_last_one() -> None:
    assert used(_every(0.12, 51), 500) == pytest.approx(100)
    assert used(_every(0.24, 51), 500) == pytest.approx(50)
    around = [(0.0, "GET /contacts"), (999.0, "POST /token"), *_every(0.12, 51), (2000.0, "GET /contacts")]
    assert used(around, 500) == pytest.approx(100)
    mixed = sorted([*_every(0.24, 51), *((at + 0.12, "GET /contacts") for at, _ in _every(0.24, 50))])
    assert used(mixed, 500) == pytest.approx(100)
    with pytest.raises(ValueError, match="two writes"):
        used(_every(0.12, 1))


def test_a_burst_is_seen_within_its_window() -> None:
    assert densest(_every(0.12, 500), 500, 10) == pytest.approx(100, abs=1)
    burst = sorted([*_every(0.12, 500), *_every(0.01, 50)])
    assert densest(burst, 500, 10) > 150


# ---- books of contacts


def test_six_people_in_ten_are_in_both_files_and_the_seed_gives_the_same_files(tmp_path: Path) -> None:
    first, again = tmp_path / "a", tmp_path / "b"
    for folder in (first, again):
        folder.mkdir()
    files = write_books(first, 200), write_books(again, 200)
    sides = [file.read_text("utf-8") for file in files[0]]
    assert sides == [file.read_text("utf-8") for file in files[1]]
    births = [
        [row["birth_date"] + row["postcode"] for row in csv.DictReader(side.splitlines())] for side in sides
    ]
    assert [len(side) for side in births] == [200, 200]
    shared = {each for each in births[0] if "-" in each} & set(births[1])
    assert 60 <= len(shared) <= 120


# ---- peers


def _recording(calls: list[Sequence[str]], wrong: str = "") -> peers.Call:
    def run(command: Sequence[str]) -> str:
        calls.append(command)
        if "venv" in command:
            (Path(command[-1]) / "bin").mkdir(parents=True)
        return wrong if "install" in command else ""

    return run


def test_a_peer_is_installed_once_with_hashes(tmp_path: Path) -> None:
    calls: list[Sequence[str]] = []
    first = peers.python_of("posting", tmp_path, _recording(calls))
    assert first == tmp_path / "posting" / "bin" / "python"
    assert len([call for call in calls if "--require-hashes" in call]) == 1
    before = len(calls)
    assert peers.python_of("posting", tmp_path, _recording(calls)) == first
    assert len(calls) == before


def test_a_peer_of_other_requirements_is_installed_again(tmp_path: Path) -> None:
    calls: list[Sequence[str]] = []
    peers.python_of("posting", tmp_path, _recording(calls))
    (tmp_path / "posting" / "installed").write_text("another hash")
    before = len(calls)
    peers.python_of("posting", tmp_path, _recording(calls))
    assert len(calls) > before


def test_a_peer_that_cant_be_installed_is_missing_with_the_reason_and_tried_again(tmp_path: Path) -> None:
    calls: list[Sequence[str]] = []
    for _ in range(2):
        with pytest.raises(peers.PeerMissing, match="not installed: no such wheel"):
            peers.python_of("posting", tmp_path, _recording(calls, "no such wheel"))
    assert len([call for call in calls if "install" in call]) == 2


def test_a_command_that_cant_run_says_why() -> None:
    assert "FileNotFoundError" in peers.call(["/no/such/program"])
    assert peers.call([sys.executable, "-c", "import sys; sys.exit('no network')"]) == "no network"
    assert peers.call([sys.executable, "-c", ""]) == ""


def test_every_peer_that_the_page_names_has_its_requirements() -> None:
    assert {path.stem for path in peers.REQUIREMENTS.glob("*.txt")} == set(PEERS)


# ---- the page


def test_a_sample_shows_its_median_and_its_spread() -> None:
    assert sample_words(Sample((1234.6, 0.05, 20.0))) == "20.0 (0.05–1,235)"
    assert sample_words(Sample((0.1234,))) == "0.123"


@pytest.mark.parametrize(
    ("mark", "words"),
    [
        (at_most(0.35), "≤ 0.350 s"),
        (at_least(95), "≥ 95.0 s"),
        (at_most_times(1.3), "≤ 1.30 × an empty app"),
        (at_most_more(0.1), "≤ 0.100 s more than an empty app"),
    ],
)
def test_a_mark_is_said_in_words(mark: Mark, words: str) -> None:
    assert mark_words(_figure(1.0, 1.0, mark)) == words


def test_the_page_says_which_marks_are_met_and_by_how_much_and_why_others_are_missed() -> None:
    page = page_of(
        {
            "start": _result(
                _figure(1.2, 1.0, at_most_times(1.3)),
                _figure(0.42, None, at_most(0.35), what="a slow start"),
                _figure(0.42, None, at_most(0.21)),
                _figure(5.0),
            )
        },
        {
            "start": {"a slow start": "the disk | is slow", "a start": ""},
            "book": {"a start": "of another part"},
        },
    )
    assert "1 of 3 marks are met." in page
    assert "| Start | a start | ≤ 1.30 × an empty app | 1.20 × | met |" in page
    assert "**missed by 20 %**: the disk \\| is slow" in page
    assert "**missed by 100 %**: the reason is not known yet" in page
    assert "| a start | 1.20 s | an empty app: 1.00 s | 1.20 |" in page
    assert "| a start | 5.00 s | – | – |" in page
    assert "other programs used 3 % of the machine" in page
    assert "textual 8.2.8" in page


def test_the_page_says_which_part_failed_and_what_was_not_measured() -> None:
    page = page_of(
        {
            "book": _result(title="Book", failed="OSError: the disk is full"),
            "start": _result(not_measured=(NotMeasured("posting", "no network"),) * 2),
        },
        {},
    )
    assert "**This part failed**, so that figures are missing: OSError: the disk is full" in page
    assert page.count("| posting | no network |") == 1
    assert "## Marks" not in page


def test_the_picture_is_shown_once_in_the_first_section_with_a_curve() -> None:
    placed = Figure("x", Sample((1.0,)), "s", place=Place("open", 10, "links"))
    page = page_of(
        {"a": _result(_figure(1.0), title="A"), "b": _result(placed, title="B"), "c": _result(placed)}, {}
    )
    assert page.count("](pictures/growth.svg)") == 1
    assert page.index("## B") < page.index("growth.svg") < page.index("## Start")


def test_results_are_kept_and_read_again(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    assert load(file) == {}
    results = {"start": _result(_figure(1.2, 1.0, at_most_times(1.3)))}
    store(results, file)
    assert load(file) == results


def test_a_kept_value_has_four_digits() -> None:
    assert rounded(Figure("x", Sample((1.23456, 98765.0)), "s", Sample((0.000123456,)))) == Figure(
        "x", Sample((1.235, 98760.0)), "s", Sample((0.0001235,))
    )


def test_the_page_and_the_picture_of_this_checkout_are_those_of_its_results() -> None:
    results = load(FILE)
    assert list(results) == [name for name in bench.parts() if name in results], (
        "python -m tests.bench --page"
    )
    assert (bench.DOCS / "benchmarks.md").read_text("utf-8") == page_of(results, WHY)
    figures = [figure for result in results.values() for figure in result.figures]
    assert (bench.DOCS / bench.PICTURE).read_text("utf-8") == draw(curves_of(figures))


def test_a_part_that_fails_says_so_and_raises_nothing() -> None:
    result = bench.run_part("no_such_part", quick=True)
    assert "ModuleNotFoundError" in result.failed
    assert (result.title, result.figures) == ("no_such_part", ())


def test_reasons_are_given_for_figures_with_a_mark() -> None:
    marked = {
        name: {each.what for each in result.figures if each.mark} for name, result in load(FILE).items()
    }
    assert {
        name: reasons for name, reasons in WHY.items() if not set(reasons) <= marked.get(name, set())
    } == {}


def test_every_part_can_be_imported_and_gives_figures() -> None:
    assert {*bench.QUICK, "rows", "book"} <= set(bench.parts())
    assert all(callable(bench.part(name).figures) for name in bench.parts())


# ---- the curves


def _placed(curve: str, size: int, ours: float, other: float | None = None) -> Figure:
    beside = None if other is None else Sample((other,))
    return Figure(
        "x", Sample((ours,)), "s", beside, "a peer" if beside else "", place=Place(curve, size, "rows")
    )


def test_a_curve_has_its_sizes_in_order_and_at_least_two() -> None:
    (curve,) = curves_of(
        [
            _placed("open", 100, 2.0, 4.0),
            _placed("alone", 1, 1.0),
            _figure(1.0),
            _placed("open", 10, 1.0, 3.0),
        ]
    )
    assert curve.ours == ((10, 1.0), (100, 2.0))
    assert curve.other == ((10, 3.0), (100, 4.0))
    assert (curve.name, curve.of, curve.unit, curve.other_name) == ("open", "rows", "s", "a peer")


def test_the_picture_is_xml_with_a_panel_and_both_lines_for_each_curve() -> None:
    names = ("a < b", "c & d", "e", "f")
    figures = [_placed(name, size, size * 1.0, 50.0) for name in names for size in (0, 50, 100)]
    root = ET.fromstring(draw(curves_of(figures)))
    space = "{http://www.w3.org/2000/svg}"
    lines = [line.attrib["points"].split() for line in root.iter(f"{space}polyline")]
    assert len(lines) == 8
    assert len(root.findall(f"{space}g")) == 4
    texts = [text.text for text in root.iter(f"{space}text")]
    assert {"a < b", "c & d", "brokerdesk", "a peer", "s, by rows"} <= set(texts)
    ours, other = ([tuple(map(float, point.split(","))) for point in line] for line in lines[:2])
    bottom, top = ours[0][1], ours[2][1]
    assert ours[1] == ((ours[0][0] + ours[2][0]) / 2, (bottom + top) / 2)  # straight from zero to the most
    assert {y for _, y in other} == {(bottom + top) / 2}


def test_curves_of_nothing_but_zeros_can_be_drawn() -> None:
    ET.fromstring(draw(curves_of([_placed("none", size, 0.0) for size in (0, 0)])))
    ET.fromstring(draw([]))


# ---- the machine's pace


def test_the_page_says_how_fast_the_machine_was() -> None:
    page = page_of({"start": _result(_figure(1.0), pace=Sample((50.0, 60.0, 110.0)))}, {})
    assert "the fixed loop took 60.0 (50.0–110) ms" in page
    assert "the fixed loop took" not in page_of({"start": _result(_figure(1.0))}, {})


def test_a_pace_is_five_turns_of_the_loop() -> None:
    turns = pace()
    assert len(turns) == 5
    assert all(turn >= 0 for turn in turns)
