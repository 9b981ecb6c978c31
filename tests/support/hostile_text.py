"""Text as a CRM may hold it, and how to look at what reached the screen."""

import unicodedata
from typing import Any

from textual._context import visible_screen_stack
from textual.app import App
from textual.strip import Strip

CORPUS = {
    "closing tag": "[/]",
    "closing a tag that is not open": "Smith [/oops] LLC",
    "a tag": "Smith [vip] LLC",
    "an action": "[@click=app.bell]Jane[/]",
    "a link": "[link=https://example.com]x[/link]",
    "half a tag": "[red",
    "a backslash and a bracket": r"\[red]a\[/red]",
    "a variable": "$name ${name} $$ $primary",
    "ansi": "\x1b[31mred\x1b[0m",
    "cursor to the top": "a\x1b[2J\x1b[Hb",
    "a link by OSC 8": "\x1b]8;;https://example.com\x07x\x1b]8;;\x07",
    "the clipboard by OSC 52": "\x1b]52;c;aGVsbG8=\x07",
    "a title by OSC 0, ended by ST": "\x1b]0;owned\x1b\\",
    "C1": "a\x9b31mb\x9d52;c;x\x9cc\x85d",
    "control": "".join(map(chr, range(32))) + "\x7f",
    "line ends": "one\ntwo\rthree\r\nfour\x0bfive\x0csix\u2028seven\u2029eight\u0085nine",
    "bidi override": "invoice\u202excod.exe",
    "bidi isolates": "a\u2066b\u2067c\u2068d\u2069e\u200ef\u200fg\u061ch",
    "zero width": "a\u200bb\u200cc\u200dd\u2060e\ufefff",
    "fillers": "a\u3164b\u115fc\uffa0d\u034fe",
    "tags": "a" + "".join(chr(0xE0000 + ord(c)) for c in "hidden") + "b",
    "variation selectors": "a\ufe0fb\U000e0100c",
    "lone surrogates": "a\ud800b\udfffc",
    "unassigned and private": "a\u0378b\ue000c\U0010fffdd",
    "zalgo": "Z" + "\u0301\u0316\u0334" * 300 + "algo",
    "marks first": "\u0301\u0301x",
    "wide": "日本語の名前" * 20,
    "emoji": "👨‍👩‍👧‍👦 👍🏽 🇦🇺 ❤️",
    "a megabyte": "x" * 1_000_000,
    "a megabyte of wide marks": "語\u0301" * 500_000,
    "right to left": "שלום عربي",
    "accents": "Ångström, Łukasz; Nguyễn Thị",
    "a formula": "=cmd|' /C calc'!A0",
    "nothing": "",
}


def unseen(text: str) -> list[str]:
    """Return the characters that must never reach a terminal."""
    if text.isprintable():
        return []
    return [char for char in text if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"}]


def strips(app: App[Any]) -> list[Strip]:
    """Return the lines of the screen, with the screens behind a dialog as a frame of the app shows them."""
    visible_screen_stack.set(list(app._background_screens))
    return [Strip(line) for line in app.screen._compositor.render_strips()]


def shown(app: App[Any]) -> str:
    """Give the screen's text, after checking that no character of it can do anything but be seen."""
    lines = strips(app)
    for strip in lines:
        for segment in strip:
            assert not segment.control
            assert not unseen(segment.text), ascii(segment.text)
            assert not (segment.style and (segment.style.link or segment.style.meta.get("@click")))
    return "\n".join(strip.text for strip in lines)
