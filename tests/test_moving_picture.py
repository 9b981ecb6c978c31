"""The moving picture shows in each frame what the frame has, and nothing else."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console
from rich.text import Text

from tests.moving_picture import Frame, moving_picture


def frame(*lines: str, caption: str = "caption", seconds: float = 1.0, width: int = 20) -> Frame:
    """Return a picture of a terminal with these lines. A line that begins with ! is bold and green on blue."""
    console = Console(
        width=width, record=True, force_terminal=True, color_system="truecolor", file=io.StringIO()
    )
    for line in lines:
        style = "bold #00ff00 on #0000ff" if line.startswith("!") else "#eeeeee on #101010"
        console.print(Text(line.ljust(width), style=style))
    return Frame(console.export_svg(title=""), caption, seconds)


def shown_at(picture: str, seconds: float, whole: float) -> list[str]:
    """Return the texts that the picture shows at a moment, as its rules say."""
    hidden = set()
    for group, keys in re.findall(r"@keyframes (f\d+)\{((?:[\d.]+%\{[^}]*\})+)\}", picture):
        moments = [(float(at), said) for at, said in re.findall(r"([\d.]+)%\{visibility:(\w+)\}", keys)]
        now = [said for at, said in moments if at <= 100 * seconds / whole + 0.01][-1]
        if now == "hidden":
            hidden.add(group)
    return _texts(picture, hidden)


def _texts(picture: str, hidden: set[str]) -> list[str]:
    groups = re.findall(r'<g class="(f\d+)">(.*?)</g>', picture)
    titles = re.findall(r'<text class="(f\d+)"[^>]*>(.*?)</text>', picture)
    inside = [
        text for name, inner in groups if name not in hidden for text in re.findall(r">([^<]+)</text>", inner)
    ]
    return sorted([*inside, *(text for name, text in titles if name not in hidden)])


FRAMES = [
    frame("one", "the same", "!  green", caption="a & b", seconds=1.0),
    frame("two", "the same", "plain", caption="second", seconds=2.0),
    frame("one", "the same", "!  green", caption="third", seconds=1.0),
]


def test_each_frame_shows_its_own_texts_for_its_own_time() -> None:
    picture = moving_picture(FRAMES, 1)
    first = sorted(["a &amp; b", "one", "the\xa0same", "!\xa0\xa0green"])
    second = sorted(["second", "two", "the\xa0same", "plain"])
    third = sorted(["third", "one", "the\xa0same", "!\xa0\xa0green"])
    assert [shown_at(picture, at, 4.0) for at in (0.0, 0.9, 1.0, 2.9, 3.0, 3.9)] == [
        *(first, first),
        *(second, second),
        *(third, third),
    ]


def test_what_frames_share_is_there_once_and_needs_no_rule() -> None:
    picture = moving_picture(FRAMES, 0)
    assert picture.count("the\xa0same") == 1
    assert picture.count("!\xa0\xa0green") == 1
    group = re.search(r'<g class="(f\d+)">[^\n]*the\xa0same', picture)
    assert group is not None
    assert f".{group[1]}{{" not in picture


@pytest.mark.parametrize("still", [0, 1])
def test_whoever_wants_no_motion_sees_one_frame(still: int) -> None:
    picture = moving_picture(FRAMES, still)
    assert "@media (prefers-reduced-motion:reduce){" in picture
    hidden = set(re.findall(r"\.(f\d+)\{visibility:hidden;", picture))
    assert _texts(picture, hidden) == shown_at(picture, 1.0 * still, 4.0)


def test_a_background_is_drawn_before_every_text() -> None:
    picture = moving_picture(FRAMES, 0)
    assert picture.rindex('<rect fill="#0000ff"') < picture.index("the\xa0same")
    assert picture.count('fill="#101010"') == 1, "the most common background is one rectangle"


def test_it_asks_for_nothing_from_elsewhere() -> None:
    picture = moving_picture(FRAMES, 0)
    assert re.findall(r"https?://[^\"']+", picture) == ["http://www.w3.org/2000/svg"]
    assert "<script" not in picture


def test_frames_of_two_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="different sizes"):
        moving_picture([frame("a"), frame("a", width=30)], 0)
