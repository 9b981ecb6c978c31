"""Ports as each system gives them to a server."""

from __future__ import annotations

import socket

from data.platform import WINDOWS


def bind_alone(listener: socket.socket, address: tuple[str, int]) -> None:
    """Bind a socket to an address that no other program has. Raises `OSError`, and `OverflowError` for no port.

    A server that begins again at once gets the port of its predecessor. On Linux and macOS that takes SO_REUSEADDR. On
    Windows, where it is always so, SO_REUSEADDR would let two programs have one port, and SO_EXCLUSIVEADDRUSE makes
    sure that no other program takes the port over.
    """
    option = getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR) if WINDOWS else socket.SO_REUSEADDR
    listener.setsockopt(socket.SOL_SOCKET, option, 1)
    listener.bind(address)
