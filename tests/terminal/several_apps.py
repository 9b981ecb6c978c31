"""Several commands after one another on one terminal: `several HOME JSON`, a line of its own before each."""

from __future__ import annotations

import json
import sys

from tui.cli.main import main

if __name__ == "__main__":
    for n, arguments in enumerate(json.loads(sys.argv[2])):
        print(f"#{n}", flush=True)
        try:
            main([*arguments, "--home", sys.argv[1]])
        except SystemExit:
            sys.stderr.flush()
        sys.stdout.flush()
