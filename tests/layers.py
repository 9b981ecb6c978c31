"""Draws the import graph of the rooms as text: `python -m tests.layers [PACKAGE ...]`.

A *node* of a package is one of its modules, or one of its sub-packages as a whole. The lowest layer holds the nodes
that import no other node of their package. Every other node lies one layer above the highest node that it imports.
Imports for the type checker alone (`if TYPE_CHECKING`) do not count, because they do not run.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from typing import Final

FLOORS: Final = ("core", "data", "tui")
ROOMS: Final = (
    "core.push",
    "core.flex",
    "core.contacts",
    "core.milestones",
    "core.compare",
    "core.receipts",
    "core.automatic",
    "core.webhooks",
    "core.reconcile",
)
"""The packages that are drawn unless others are named, each followed by its sub-packages."""

Arrows = Mapping[str, frozenset[str]]
"""From each node to the nodes that it imports."""


@cache
def imports() -> Arrows:
    """Return every module of core, data and tui with the modules of the three that it imports."""
    import grimp  # noqa: PLC0415 - tests that need only the names above run where its compiled part does not load

    graph = grimp.build_graph(*FLOORS, exclude_type_checking_imports=True, cache_dir=None)
    return {name: frozenset(graph.find_modules_directly_imported_by(name)) for name in graph.modules}


def packages_in(package: str, modules: Iterable[str]) -> list[str]:
    """Return the package itself and all packages below it, sorted. A package is a module that holds others."""
    parents = {name.rpartition(".")[0] for name in modules}
    return sorted(name for name in parents if name == package or name.startswith(f"{package}."))


def nodes_of(package: str, modules: Arrows) -> Arrows:
    """Return the nodes of one package, by their names in the package, with the nodes that each of them imports.

    The package's own `__init__` is not a node.
    """
    arrows: dict[str, set[str]] = {}
    for name, imported in modules.items():
        node = _node(package, name)
        if node:
            others = {_node(package, other) for other in imported} - {node, ""}
            arrows.setdefault(node, set()).update(others)
    return {node: frozenset(others) for node, others in arrows.items()}


def _node(package: str, module: str) -> str:
    """Return the node of `package` to which a module belongs; "" if it belongs to none."""
    prefix = f"{package}."
    return module.removeprefix(prefix).partition(".")[0] if module.startswith(prefix) else ""


def circle(arrows: Arrows) -> list[str]:
    """Return the nodes of one circle of imports, the first node again at the end; [] if there is no circle."""
    try:
        TopologicalSorter(_importers_last(arrows)).prepare()
    except CycleError as error:
        nodes: list[str] = error.args[1]
        return nodes[::-1]
    return []


def layers(arrows: Arrows) -> list[list[str]]:
    """Return the nodes layer by layer, the lowest layer first. Raises `CycleError` if there is a circle."""
    sorter = TopologicalSorter(_importers_last(arrows))
    sorter.prepare()
    found: list[list[str]] = []
    while sorter.is_active():
        ready = sorter.get_ready()
        sorter.done(*ready)
        found.append(sorted(ready))
    return found


def _importers_last(arrows: Arrows) -> dict[str, list[str]]:
    """Return the arrows in a fixed order, so that the same circle is named each time."""
    return {node: sorted(arrows[node]) for node in sorted(arrows)}


def drawing(package: str, modules: Arrows) -> Iterator[str]:
    """Yield the lines that show one package: its layers from the top down, and what each node imports."""
    arrows = nodes_of(package, modules)
    around = circle(arrows)
    if around:
        yield f"{package}: {len(arrows)} nodes, a circle: {' → '.join(around)}"
        return
    levels = layers(arrows)
    yield f"{package}: {len(arrows)} nodes, {len(levels)} layers"
    for number, level in reversed(list(enumerate(levels, 1))):
        yield f"  {number}  {'  '.join(level)}"
    for node in (node for level in reversed(levels) for node in level if arrows[node]):
        yield f"     {node} → {', '.join(sorted(arrows[node]))}"


def main(arguments: list[str]) -> int:
    """Print the named packages, or the rooms. Returns 2 if a name is not a package."""
    modules = imports()
    for name in arguments or ROOMS:
        packages = packages_in(name, modules)
        if name not in packages:
            print(f"{name} is no package of {', '.join(FLOORS)}", file=sys.stderr)
            return 2
        for package in packages:
            print("\n".join(drawing(package, modules)), end="\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
