"""Every figure beside its floor or peer of the same run: `make bench`. Name modules to run only those."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules


def main() -> None:
    """Run each module's `figures()` and print name, ours, floor or peer, ratio."""
    known = [found.name for found in iter_modules([str(Path(__file__).parent)]) if found.name != "__main__"]
    print(f"{'':82} {'ours':>10} {'beside':>10} {'':3} {'ratio':>8}")
    for name in sys.argv[1:] or known:
        module = import_module(f"tests.bench.{name}")
        if not hasattr(module, "figures"):
            continue
        for what, ours, beside, unit in module.figures():
            ratio = f"{ours / beside:8.2f}" if beside else "       –"
            print(f"{what:82} {ours:10.2f} {beside:10.2f} {unit:3} {ratio}", flush=True)


if __name__ == "__main__":
    main()
