"""`sandbox serve`: the four systems alone, on a port of their own."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from data.sandbox import server
from data.settings import find_home, sandbox_state


def serve(options: Namespace) -> int:
    """Serve the four systems until stopped. Print one JSON line with the base addresses."""
    state = Path(options.state) if options.state else sandbox_state(find_home(options.home))
    return server.serve(
        port=options.port,
        state=state,
        cards=server.DEFAULT_CARDS if options.cards is None else options.cards,
        contacts=server.DEFAULT_CONTACTS if options.contacts is None else options.contacts,
        seed=server.DEFAULT_SEED if options.seed is None else options.seed,
        faults=options.faults,
    )
