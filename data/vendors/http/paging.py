"""Reads all pages of a list. Each system says in its own way what the next page is; the loop is written here once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, TypeVar

P = TypeVar("P")

ReadPage = Callable[[int], Awaitable[tuple[P, int | None] | None]]
"""Reads the page of a number. Returns the page and the number of the next page, which is None after the last page.

None instead of a pair means that the list ended before this page.
"""


async def all_pages(read: ReadPage[P]) -> AsyncIterator[P]:
    """Yield all pages of a list, from page 1 on. The numbers must grow, so the loop always ends.

    Raises what `read` raises, and `ValueError` if the next page is not after this one: `read` decides whether such
    a reply is the end of the list or an error.
    """
    number: int | None = 1
    while number is not None:
        answer = await read(number)
        if answer is None:
            return
        page, following = answer
        if following is not None and following <= number:
            raise ValueError(f"page {following} comes after page {number}")
        yield page
        number = following


def next_page(content: Mapping[str, Any], number: int) -> int | None:
    """Return the next page of a list by our own gateway contracts (`next_page`). None if the list ends here."""
    following = content.get("next_page")
    return following if isinstance(following, int) and following > number else None
