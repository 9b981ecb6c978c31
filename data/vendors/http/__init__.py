"""The HTTP client that all vendors share, and what a reply means."""

import sys

# httpx's own command line, which brings click, rich and pygments, would be half of the time that httpx takes.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type] # None refuses the import, which httpx allows
