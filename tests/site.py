"""Builds a site of the documentation from docs/: `make site`. The pages are plain Markdown, so any generator will do.

Links of a page may leave docs/ (to the README, or to a file of the code), which a site can't follow. So the pages are
laid out in a folder of their own first: pages from elsewhere join them, and other files are copied next to them. After
the generator has run, the built pages are searched for whatever would ask another host for something.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath
from typing import Final
from urllib.parse import unquote, urlsplit

from tests.support.fork_server import ROOT

PROJECT: Final = ROOT / "build" / "site"
"""The folder of the generator: its configuration, the pages as they are laid out, and the site in `html`."""
JOINING: Final = {
    "README.md": "readme.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
"""The pages from outside docs/, by their names in the site."""

_LINK: Final = re.compile(r"(\[[^\]]*\]\()([^)\s]+)(\))")
_FETCHED: Final = {"src", "srcset", "poster", "data", "action"}
"""The attributes of HTML that let a browser ask for something. `href` does so in a `link` alone."""
_ELSEWHERE: Final = re.compile(r"""(?:url\(\s*|@import\s+|xlink:href=)["']?((?:https?:)?//[^"')\s]+)""")
"""What a style sheet or a picture asks of another host."""


def laid_out(page: str, text: str) -> tuple[str, dict[str, str]]:
    """Return the text of a page for the site, and the files to copy for it: {path from the root: path in the site}.

    `page` is the path of the page from the root. Links within docs/ stay as they are.
    """
    copies: dict[str, str] = {}
    place = _in_site(page)

    def moved(link: re.Match[str]) -> str:
        before, target, after = link.groups()
        path, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target) or not path:
            return link[0]
        named = normpath(str(PurePosixPath(page).parent / path))
        aim = _in_site(named)
        if named not in JOINING and not named.startswith("docs/"):
            copies[named] = aim
        return (
            f"{before}{relpath(aim, str(PurePosixPath(place).parent))}{'#' + anchor if anchor else ''}{after}"
        )

    return _LINK.sub(moved, text), copies


def _in_site(path: str) -> str:
    """Return the place of a page or file in the site."""
    return JOINING.get(path) or (path.removeprefix("docs/") if path.startswith("docs/") else f"source/{path}")


def lay_out() -> None:
    """Write the generator's folder anew."""
    shutil.rmtree(PROJECT, ignore_errors=True)
    shutil.copytree(ROOT / "docs", PROJECT / "pages", ignore=shutil.ignore_patterns("zensical.toml"))
    config = (ROOT / "docs" / "zensical.toml").read_text("utf-8")
    folders = 'docs_dir = "pages"\nsite_dir = "html"\n'
    (PROJECT / "zensical.toml").write_text(config.replace("[project]\n", f"[project]\n{folders}", 1), "utf-8")
    pages = [*JOINING, *(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md"))]
    for page in pages:
        text, copies = laid_out(page, (ROOT / page).read_text("utf-8"))
        (PROJECT / "pages" / _in_site(page)).write_text(text, "utf-8")
        for source, aim in copies.items():
            target = PROJECT / "pages" / aim
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(
                ROOT / source, target
            )  # a link to a folder can't be shown, and ends the build here


class _Asked(HTMLParser):
    """Collects what a browser asks for when it shows a page, and the links that a reader can follow."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect the addresses of one element."""
        for name, value in attrs:
            if value and (
                name in _FETCHED or (tag == "link" and name == "href" and ("rel", "canonical") not in attrs)
            ):
                self.asked.append(value)
            elif value and tag == "a" and name == "href":
                self.links.append(value)


def problems(site: Path) -> Iterator[str]:
    """Yield what a built page asks of another host, and each link that leads nowhere."""
    for page in sorted(site.rglob("*.html")):
        found = _Asked()
        found.feed(page.read_text("utf-8"))
        name = page.relative_to(site).as_posix()
        yield from (f"{name}: asks for {address}" for address in found.asked if urlsplit(address).netloc)
        for address in (*found.asked, *found.links):
            parts = urlsplit(address)
            if parts.scheme or parts.netloc or not parts.path:
                continue
            if not (page.parent / unquote(parts.path)).exists() and page.name != "404.html":
                yield f"{name}: leads nowhere: {address}"
    for file in sorted((*site.rglob("*.css"), *site.rglob("*.svg"))):
        for address in _ELSEWHERE.findall(file.read_text("utf-8")):
            yield f"{file.relative_to(site).as_posix()}: asks for {address}"


def main(generator: str) -> int:
    """Lay the pages out, build the site, and look through it. `generator` is the path of the generator's command."""
    lay_out()
    command = str(Path(generator).absolute())
    ran = subprocess.run([command, "build", "--strict", "-f", "zensical.toml"], cwd=PROJECT, check=False)
    if ran.returncode:
        return ran.returncode
    found = list(problems(PROJECT / "html"))
    print(*found, sep="\n" if found else "")
    print(f"{PROJECT.relative_to(ROOT) / 'html' / 'index.html'}: {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
