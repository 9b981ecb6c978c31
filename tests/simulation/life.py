"""The life and death of the desk's process."""

from __future__ import annotations


class Killed(BaseException):
    """The process is dead: nothing of it may touch disk or network any more."""


class Life:
    """One life of the desk's process: it ends at its `until`-th touch of disk or network, if that is not None."""

    def __init__(self, until: int | None) -> None:
        self.left = until
        self.touches = 0
        self.dead = False

    def touch(self) -> None:
        self.touches += 1
        if self.dead or (self.left is not None and self.touches > self.left):
            self.dead = True
            raise Killed
