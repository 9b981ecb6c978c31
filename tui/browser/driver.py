"""The driver of an app that draws for a browser: it shows itself anew to a page that comes back, and ends in order.

Textual's own web driver expects one page for the whole life of the app, ends the app without waiting for what is on its
way, and lets the app go on for good after the server has ended.
"""

from __future__ import annotations

import os
from threading import Lock
from typing import Any, Final

from textual import events
from textual.app import App
from textual.drivers.web_driver import WebDriver

_OWN_SCREEN: Final = "\x1b[?1049h\x1b[?25l"
"""Draws on a screen of its own, without a cursor."""


class BrowserDriver(WebDriver):
    """Draws for a page that may go and come back."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self.is_lost = False
        """True once nobody reads what is drawn, because the server has ended. What is drawn from then on is dropped."""
        self._one_at_a_time = Lock()
        self._write = self._write_if_read  # type: ignore[assignment] # Textual has a partial of os.write

    def start_application_mode(self) -> None:
        """Begin to draw and to take keys. Textual supposes that nobody looks at the page; ours was just opened."""
        super().start_application_mode()
        self._app.call_later(self._app.post_message, events.AppFocus())

    def _write_if_read(self, data: bytes) -> int:
        """Write a packet in one piece: values are copied by another thread than the one that draws."""
        left = data
        with self._one_at_a_time:
            while left and not self.is_lost:
                try:
                    left = left[os.write(self.fileno, left) :]
                except OSError:
                    self.is_lost = True
        return len(data)

    def on_meta(self, packet_type: str, payload: dict[str, object]) -> None:
        """Obey the server. Called by the thread that reads."""
        match packet_type:
            case "attach":
                self._app.call_later(self._draw_anew)
            case "quit":
                self._app.call_later(self._app.action_quit)
            case _:
                super().on_meta(packet_type, payload)

    def _draw_anew(self) -> None:
        """Draw everything for a terminal that has just begun."""
        self.write(_OWN_SCREEN)
        self._enable_mouse_support()
        self._enable_bracketed_paste()
        self._app.refresh(layout=True)

    def run_input_thread(self) -> None:
        """Take what the server sends. After its last word nobody could see the app, and it would keep the book."""
        super().run_input_thread()
        if not self.exit_event.is_set():
            self.is_lost = True
            self._app.call_later(self._app.action_quit)
