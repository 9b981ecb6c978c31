"""`sandbox serve`: the four systems alone, on a port of their own."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from data.sandbox import server
from data.settings import find_home, sandbox_state


def serve(options: Namespace) -> int:
    """Serve until stopped; prints one JSON line with the four base addresses."""
    chosen = {
        name: value for name in ("cards", "contacts", "seed") if (value := getattr(options, name)) is not None
    }
    state = Path(options.state) if options.state else sandbox_state(find_home(options.home))
    return server.serve(port=options.port, state=state, faults=options.faults, **chosen)
