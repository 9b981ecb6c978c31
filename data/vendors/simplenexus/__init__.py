"""SimpleNexus (nCino Mortgage): its client, and the core's ports on top of that client."""
