"""The site of the documentation: links lead somewhere, and a built page that asks another host is noticed."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.site import JOINING, laid_out, problems
from tests.support.fork_server import ROOT


@pytest.mark.parametrize(
    ("page", "link", "moved", "copies"),
    [
        ("docs/index.md", "keys.md#cards", "keys.md#cards", {}),
        ("docs/index.md", "#here", "#here", {}),
        ("docs/index.md", "https://example.org/a", "https://example.org/a", {}),
        ("docs/index.md", "../README.md#install", "readme.md#install", {}),
        ("docs/guides/flex-desk.md", "../../README.md", "../readme.md", {}),
        ("docs/guides/flex-desk.md", "../pictures/cards.svg", "../pictures/cards.svg", {}),
        ("README.md", "docs/guides/going-live.md", "guides/going-live.md", {}),
        ("README.md", "CONTRIBUTING.md#checks", "contributing.md#checks", {}),
        (
            "docs/gateway.md",
            "../data/contracts/flex.yaml",
            "source/data/contracts/flex.yaml",
            {"data/contracts/flex.yaml": "source/data/contracts/flex.yaml"},
        ),
    ],
)
def test_a_link_leads_to_the_same_place_in_the_site(
    page: str, link: str, moved: str, copies: dict[str, str]
) -> None:
    assert laid_out(page, f"a [b]({link}) c") == (f"a [b]({moved}) c", copies)


def test_every_page_is_in_the_contents_and_every_entry_is_a_page() -> None:
    config = tomllib.loads((ROOT / "docs" / "zensical.toml").read_text("utf-8"))
    named = sorted(_leaves(config["project"]["nav"]))
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    reached = {
        page for page in pages if not page.startswith("decisions/0")
    }  # decisions/index.md leads to these
    assert named == sorted([*reached, *JOINING.values()])
    assert config["project"]["theme"]["font"] is False, "Zensical asks another host for its fonts otherwise"


def _leaves(nav: Any) -> Iterator[str]:
    for entry in nav:
        for value in entry.values():
            if isinstance(value, str):
                yield value
            else:
                yield from _leaves(value)


@pytest.mark.parametrize(
    ("name", "content", "wrong"),
    [
        ("a.html", '<a href="b.html">b</a><script src="c.js"></script>', []),
        ("a.html", '<a href="https://example.org/">elsewhere</a>', []),
        ("a.html", '<a href="missing.html">b</a>', ["leads nowhere: missing.html"]),
        ("a.html", '<script src="https://example.org/a.js"></script>', ["asks for https://example.org/a.js"]),
        ("a.html", '<img src="//example.org/a.png">', ["asks for //example.org/a.png"]),
        (
            "a.html",
            '<link rel="stylesheet" href="https://example.org/a">',
            ["asks for https://example.org/a"],
        ),
        ("a.css", "a { background: url(https://example.org/a.png) }", ["asks for https://example.org/a.png"]),
        ("a.css", "@import '//example.org/a.css';", ["asks for //example.org/a.css"]),
        ("a.css", "a { background: url(b.png) }", []),
    ],
)
def test_what_a_built_page_asks_elsewhere_is_noticed(
    name: str, content: str, wrong: list[str], tmp_path: Path
) -> None:
    (tmp_path / "b.html").write_text("", "utf-8")
    (tmp_path / "c.js").write_text("", "utf-8")
    (tmp_path / name).write_text(content, "utf-8")
    assert list(problems(tmp_path)) == [f"{name}: {problem}" for problem in wrong]
