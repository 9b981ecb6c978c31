"""`sandbox serve`: the four systems alone, on a port of their own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from data.sandbox import server
from data.settings import find_home, sandbox_state
from tui.cli.options import CommandOptions
from tui.cli.output import complain


@dataclass(frozen=True, kw_only=True)
class ServeOptions(CommandOptions):
    """The options of `sandbox serve`. None stands for the default of the sandbox."""

    port: int
    state: str | None
    cards: int | None
    contacts: int | None
    officers: int | None
    insights: int | None
    seed: int | None
    faults: str


def serve(options: ServeOptions) -> int:
    """Serve the four systems until stopped. Print one JSON line with the base addresses."""
    state = Path(options.state) if options.state else sandbox_state(find_home(options.home))
    sizes = server.SeedSizes(
        cards=server.DEFAULT_CARDS if options.cards is None else options.cards,
        contacts=server.DEFAULT_CONTACTS if options.contacts is None else options.contacts,
        officers=server.DEFAULT_OFFICERS if options.officers is None else options.officers,
        insights=options.insights,
    )
    seed = server.DEFAULT_SEED if options.seed is None else options.seed
    try:
        server.run(options.port, state, sizes, seed, options.faults)
    except server.SandboxError as error:
        if options.json:
            return server.complain(error)
        complain(error.message, error.fix)
        return error.exit_code
    return 0
