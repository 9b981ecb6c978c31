"""The HTTP client that all vendors share, and what a reply means."""

import sys
from types import ModuleType

# The command line of httpx, which nobody uses here, takes half of the time of its import: click, rich, pygments.
# httpx works without it if the module has no `main`.
sys.modules.setdefault("httpx._main", ModuleType("httpx._main"))
