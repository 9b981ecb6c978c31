"""The stand-ins for the vendors' systems on one loopback server; knows nothing of the desk that talks to them."""
