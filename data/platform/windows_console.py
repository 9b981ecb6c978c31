"""The end of a console window on Windows. Imported nowhere else."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Final

HELD: Final = 10.0
"""Seconds for which the end is held up. Windows ends the process after five of them, whatever is going on."""

if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _ENDS: Final = (2, 5, 6)  # CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT and CTRL_SHUTDOWN_EVENT of wincon.h
    _Handler = ctypes.WINFUNCTYPE(wintypes.BOOL, wintypes.DWORD)
    _set_handler = ctypes.WinDLL("kernel32").SetConsoleCtrlHandler
    _in_use: Final[list[object]] = []
    """What Windows may call must not be collected."""

    def at_window_end(order: Callable[[], object]) -> Callable[[], None]:
        """Do `order` when the window is closed, the user logs off or Windows shuts down. Return what undoes this.

        It is done in a thread of its own. Windows ends the process as soon as that thread says that it is done, so the
        thread waits for the process to end by itself.
        """

        def hear(event: int) -> bool:
            if event not in _ENDS:
                return False
            order()
            threading.Event().wait(HELD)
            return True

        handler = _Handler(hear)
        _set_handler(handler, True)
        _in_use.append(handler)

        def undo() -> None:
            _set_handler(handler, False)
            _in_use.remove(handler)

        return undo
