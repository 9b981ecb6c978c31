"""SimpleNexus's stand-in, held to the vendor's own text: one module a resource. Shares no code with any client."""

from data.sandbox.systems.simplenexus.records import COUNTER, NAME, keys, record_id
from data.sandbox.systems.simplenexus.system import SandboxSimpleNexus

__all__ = ["COUNTER", "NAME", "SandboxSimpleNexus", "keys", "record_id"]
