"""An event loop of Windows whose servers go on when a client leaves before it was taken. Imported nowhere else.

Python's own loop closes the listening socket then (issue 93821 of CPython, open in 2026): the server runs on and nobody
reaches it any more.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import Any, Final

if sys.platform == "win32":
    _HAS_LEFT: Final = frozenset({59, 64, 1236, 10053, 10054, 10057})
    """How an accept fails for a client that has left.

    ERROR_UNEXP_NET_ERR, ERROR_NETNAME_DELETED and ERROR_CONNECTION_ABORTED of winerror.h; WSAECONNABORTED,
    WSAECONNRESET and WSAENOTCONN of winsock2.h. 64 is what the issue reports of Windows; wine says 59 and 10057.
    """

    def _has_left(error: object) -> bool:
        return isinstance(error, OSError) and error.winerror in _HAS_LEFT

    class _PatientProactor(asyncio.IocpProactor):
        """Takes the next client in place of one that has left."""

        def accept(self, listener: socket.socket) -> asyncio.Future[Any]:
            """Return the next connection and its address, in a future."""
            return asyncio.get_running_loop().create_task(self._accept(listener))

        async def _accept(self, listener: socket.socket) -> Any:
            while True:
                try:
                    return await super().accept(listener)
                except OSError as error:
                    if not _has_left(error):
                        raise

    class PatientLoop(asyncio.ProactorEventLoop):
        """A loop with a patient proactor. It does not report a client that has left."""

        def __init__(self) -> None:
            super().__init__(_PatientProactor())

        def call_exception_handler(self, context: dict[str, Any]) -> None:
            """Report what nobody caught, but for the accepts that have failed: another one was begun for each."""
            is_accept = "IocpProactor.accept." in repr(context.get("future"))
            if not (is_accept and _has_left(context.get("exception"))):
                super().call_exception_handler(context)
