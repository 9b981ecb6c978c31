"""Total Expert's stand-in, held to the vendor's own text: one module a resource. Shares no code with any client."""

from data.sandbox.systems.total_expert.records import FIRST_IDS, NAME, counter, keys, marks, named
from data.sandbox.systems.total_expert.system import SandboxTotalExpert

__all__ = ["FIRST_IDS", "NAME", "SandboxTotalExpert", "counter", "keys", "marks", "named"]
