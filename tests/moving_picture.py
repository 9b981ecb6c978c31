"""Joins pictures of the app to one animated SVG. It needs no script, font or file from elsewhere.

What two frames share is in the picture once: each piece (a background, a piece of text) is shown in its own frames, by
CSS. Whoever asks for less motion, and a program that does not animate, sees one frame that stays.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from html import escape, unescape
from typing import Final, NamedTuple, TypeVar

T = TypeVar("T", bound=Hashable)

CELL: Final = 12.2
"""The width of a character in Textual's pictures."""
FONTS: Final = "ui-monospace, 'Cascadia Mono', 'DejaVu Sans Mono', Menlo, Consolas, monospace"

_RECT: Final = re.compile(r'<rect fill="([^"]+)" x="([^"]+)" y="([^"]+)" width="([^"]+)" height="([^"]+)"')
_TEXT: Final = re.compile(
    r'<text class="[\w-]*?(r\d+)" x="([^"]+)" y="([^"]+)" textLength="([^"]+)"[^>]*>(.*?)</text>', re.DOTALL
)
_STYLE: Final = re.compile(r"\.[\w-]*?(r\d+) \{([^}]*)\}")
_SIZE: Final = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')


class Frame(NamedTuple):
    """A picture as Textual exports it, the line above the screen, and for how many seconds it is shown."""

    svg: str
    caption: str
    seconds: float


class _Text(NamedTuple):
    style: str
    x: float
    y: float
    width: float
    content: str


class _Rect(NamedTuple):
    fill: str
    x: float
    y: float
    width: float
    height: float


def moving_picture(frames: Sequence[Frame], still: int) -> str:
    """Return the animated picture. `still` is the frame for those who want no motion. All frames have one size."""
    sizes = {(float(wide), float(high)) for frame in frames for wide, high in _SIZE.findall(frame.svg)}
    if len(sizes) != 1:
        raise ValueError(f"the frames have different sizes: {sizes}")
    ((width, height),) = sizes
    screens = [_screen(frame.svg) for frame in frames]
    ground = Counter(rect.fill for rects, _ in screens for rect in rects).most_common(1)[0][0]
    rects = _frames_of([[rect for rect in rects if rect.fill != ground] for rects, _ in screens])
    texts = _frames_of([texts for _, texts in screens])
    captions = _frames_of([[frame.caption] for frame in frames])
    groups = {shown: f"f{number}" for number, shown in enumerate(dict.fromkeys((*rects, *texts, *captions)))}
    of_texts = dict.fromkeys(text.style for group in texts.values() for text in group)
    styles = {style: f"c{number}" for number, style in enumerate(of_texts)}
    style = "".join(
        (
            f"text{{font:20px {FONTS};white-space:pre}}",
            *(f".{name}{{{style}}}" for style, name in styles.items()),
            *_animation(groups, [frame.seconds for frame in frames], still),
        )
    )
    # every background is drawn before any text: a text may be in more frames than what is behind it
    backgrounds = [
        f'<g class="{groups[shown]}">{"".join(map(_drawn_rect, group))}</g>' for shown, group in rects.items()
    ]
    words = [
        f'<g class="{groups[shown]}">{"".join(_drawn_text(text, styles[text.style]) for text in group)}</g>'
        for shown, group in texts.items()
    ]
    titles = [
        f'<text class="{groups[shown]}" fill="#c5c8c6" font-weight="bold" x="{width / 2:g}" y="28" '
        f'text-anchor="middle">{escape(caption, quote=False)}</text>'
        for shown, group in captions.items()
        for caption in group
    ]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img">',
        f"<style>{style}</style>",
        f'<rect fill="#292929" x="1" y="1" width="{width - 2:g}" height="{height - 2:g}" rx="8"/>',
        *(f'<circle cx="{x}" cy="22" r="7" fill="{fill}"/>' for x, fill in _LIGHTS.items()),
        *titles,
        '<g transform="translate(9,41)">',
        f'<rect fill="{ground}" width="{width - 18:g}" height="{height - 51:g}"/>',
        '<g shape-rendering="crispEdges">',
        *backgrounds,
        "</g>",
        *words,
        "</g>",
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


_LIGHTS: Final = {26: "#ff5f57", 48: "#febc2e", 70: "#28c840"}
"""The three lights of the window, by their place."""


def _frames_of(frames: Sequence[Sequence[T]]) -> dict[frozenset[int], list[T]]:
    """Return the pieces by the frames that have them, each piece once."""
    shown: dict[T, set[int]] = {}
    for number, pieces in enumerate(frames):
        for piece in pieces:
            shown.setdefault(piece, set()).add(number)
    grouped: dict[frozenset[int], list[T]] = {}
    for piece, numbers in shown.items():
        grouped.setdefault(frozenset(numbers), []).append(piece)
    return grouped


def _animation(groups: Mapping[frozenset[int], str], seconds: Sequence[float], still: int) -> Iterator[str]:
    """Yield the rules that show each group in its frames, again and again; without motion in the frame `still`."""
    whole = sum(seconds)
    begins = [100 * sum(seconds[:number]) / whole for number in range(len(seconds))]
    moving = []
    for shown, group in groups.items():
        if len(shown) == len(seconds):
            continue
        moving.append(f".{group}")
        keys = [
            f"{begin:.2f}%{{visibility:{'visible' if number in shown else 'hidden'}}}"
            for number, begin in enumerate(begins)
            if number == 0 or (number in shown) != (number - 1 in shown)
        ]
        yield f".{group}{{visibility:{'visible' if still in shown else 'hidden'};animation-name:{group}}}"
        yield f"@keyframes {group}{{{''.join(keys)}}}"
    yield f"{','.join(moving)}{{animation-duration:{whole:g}s;animation-timing-function:step-end;"
    yield "animation-iteration-count:infinite}"
    yield f"@media (prefers-reduced-motion:reduce){{{','.join(moving)}{{animation:none}}}}"


def _screen(svg: str) -> tuple[list[_Rect], list[_Text]]:
    """Return the backgrounds and the texts of a picture, without blanks, places from the corner of the screen."""
    styles = {name: "".join(style.split()) for name, style in _STYLE.findall(svg)}
    inside = svg[svg.index("</defs>") :]
    rects: list[_Rect] = []
    for fill, x, y, width, height in _RECT.findall(inside[inside.index('<g transform="translate(9, 41)') :]):
        rect = _Rect(fill, float(x), float(y), float(width), float(height))
        last = rects[-1] if rects else None
        if last and (last.fill, last.y) == (rect.fill, rect.y) and abs(last.x + last.width - rect.x) < 1:
            rects[-1] = last._replace(width=rect.x + rect.width - last.x)
        else:
            rects.append(rect)
    texts = []
    for style, x, y, width, content in _TEXT.findall(inside):
        words = unescape(content).replace("\n", "")
        before, after = (len(words) - len(part) for part in (words.lstrip("\xa0 "), words.rstrip("\xa0 ")))
        if stripped := words.strip("\xa0 "):
            place = float(x) + before * CELL
            texts.append(
                _Text(styles[style], place, float(y), float(width) - (before + after) * CELL, stripped)
            )
    return rects, texts


def _drawn_rect(rect: _Rect) -> str:
    fill, x, y, width, height = rect
    return f'<rect fill="{fill}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:g}"/>'


def _drawn_text(text: _Text, style: str) -> str:
    content = escape(text.content, quote=False)
    return f'<text class="{style}" x="{text.x:.1f}" y="{text.y:.1f}" textLength="{text.width:.1f}">{content}</text>'
