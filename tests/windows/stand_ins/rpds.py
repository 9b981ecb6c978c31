"""What `referencing` needs of rpds-py, whose own library wine 8 can't load. For the tests under wine alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class HashTrieMap(dict[Any, Any]):
    """A map that is never changed: each change returns another one."""

    @classmethod
    def convert(cls, value: Any) -> HashTrieMap:
        """Return a map of this kind."""
        return value if isinstance(value, cls) else cls(value)

    def insert(self, key: Any, value: Any) -> HashTrieMap:
        """Return a map that has this value too."""
        return HashTrieMap({**self, key: value})

    def remove(self, key: Any) -> HashTrieMap:
        """Return a map without this key. Raises `KeyError` if there is none."""
        less = dict(self)
        del less[key]
        return HashTrieMap(less)

    def update(self, *others: Any, **more: Any) -> HashTrieMap:  # type: ignore[override]  # as rpds-py has it
        """Return a map that has the values of the others too."""
        return HashTrieMap(
            dict(self) | {key: value for other in others for key, value in dict(other).items()} | more
        )

    def __hash__(self) -> int:  # type: ignore[override]  # it never changes
        return hash(frozenset(self.items()))


class HashTrieSet(frozenset[Any]):
    """A set that is never changed."""

    def insert(self, value: Any) -> HashTrieSet:
        """Return a set that has this value too."""
        return HashTrieSet(self | {value})

    def update(self, *others: Iterable[Any]) -> HashTrieSet:
        """Return a set that has the values of the others too."""
        return HashTrieSet(self.union(*others))

    def discard(self, value: Any) -> HashTrieSet:
        """Return a set without this value."""
        return HashTrieSet(self - {value})


class List(tuple[Any, ...]):
    """A list that is never changed; its newest item is the first."""

    __slots__ = ()

    def __new__(cls, *items: Any) -> List:
        """Make a list of the items of its argument, or of its arguments."""
        return super().__new__(cls, items[0] if len(items) == 1 else items)

    def push_front(self, value: Any) -> List:
        """Return a list that begins with this value."""
        return List((value, *self))
