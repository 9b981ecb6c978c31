"""A clipboard in memory, for the tests: honours `tui.clipboard.SystemClipboard`."""

from __future__ import annotations


class MemoryClipboard:
    """Holds a text. `works` is False for one that takes nothing, `readable` for one that gives nothing back.

    `seen` are the texts that it was given, in order.
    """

    def __init__(self, *, works: bool = True, readable: bool = True) -> None:
        self.held = ""
        self.seen: list[str] = []
        self.works = works
        self.readable = readable

    def put(self, text: str) -> bool:
        if self.works:
            self.held = text
            self.seen.append(text)
        return self.works

    def get(self) -> str | None:
        return self.held if self.readable else None
