"""Writes one HTML page that needs nothing else: no script, no font, no address. Pure.

Every text is escaped, and what is not printable is shown as a replacement character.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any, Final

_STYLE: Final = """
body{font:14px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem;color:#111}
h1{font-size:1.4rem}h2{font-size:1.05rem;margin:1.6rem 0 .4rem;border-bottom:1px solid #999}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.2rem .5rem .2rem 0;
border-bottom:1px solid #ddd;overflow-wrap:anywhere}th{font-weight:600}
.mode{font-weight:700;letter-spacing:.05em}.seal{font-family:ui-monospace,monospace;font-size:.8rem;word-break:break-all}
.mark{white-space:nowrap;font-weight:600}
@media print{body{margin:0;max-width:none;font-size:11px}tr{break-inside:avoid}}
"""


def html_page(title: str, parts: Iterable[str]) -> bytes:
    """Return a page in UTF-8. `parts` are pieces of HTML that the functions of this module made."""
    lines = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>{escaped(title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escaped(title)}</h1>",
        *parts,
        "</body></html>\n",
    ]
    return "\n".join(lines).encode("utf-8")


def escaped(value: Any) -> str:
    """Return a text safe inside an element: escaped, with every character visible."""
    seen = str(value)
    if not seen.replace("\n", "").isprintable():
        seen = "".join(
            char if char.isprintable() or char == "\n" else "\N{REPLACEMENT CHARACTER}" for char in seen
        )
    return escape(seen, quote=True).replace("\n", "<br>")


def heading(name: str) -> str:
    """Return a heading of the second rank."""
    return f"<h2>{escaped(name)}</h2>"


def bullets(lines: Iterable[str]) -> str:
    """Return texts as a list."""
    return "<ul>" + "".join(f"<li>{escaped(line)}</li>" for line in lines) + "</ul>"


def pairs(named: Iterable[tuple[str, str]]) -> str:
    """Return names with their values as a table of two columns. A pair with an empty value is left out."""
    rows = "".join(
        f"<tr><th>{escaped(name)}</th><td>{escaped(value)}</td></tr>" for name, value in named if value
    )
    return f"<table>{rows}</table>"


def table(names: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """Return rows of texts as a table. `names` are the titles of the columns."""
    head = "".join(f"<th>{escaped(name)}</th>" for name in names)
    body = "".join("<tr>" + "".join(f"<td>{escaped(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"
