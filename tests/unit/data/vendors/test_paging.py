"""All pages of a list are read, in order, and a list that runs in circles is never followed for ever."""

from __future__ import annotations

import pytest

from data.vendors.http.paging import all_pages, next_page


async def _numbers(nexts: dict[int, int | None]) -> list[int]:
    async def read(number: int) -> tuple[int, int | None] | None:
        return (number, nexts[number]) if number in nexts else None

    return [page async for page in all_pages(read)]


async def test_pages_follow_the_numbers_that_they_name() -> None:
    assert await _numbers({1: 2, 2: 5, 5: None}) == [1, 2, 5]


async def test_a_page_that_is_not_there_ends_the_list() -> None:
    assert await _numbers({1: 2, 2: 3}) == [1, 2]
    assert await _numbers({}) == []


@pytest.mark.parametrize("following", [2, 1, 0])
async def test_a_next_page_that_is_not_after_this_one_is_an_error(following: int) -> None:
    with pytest.raises(ValueError, match="comes after page 2"):
        await _numbers({1: 2, 2: following})


@pytest.mark.parametrize(
    ("named", "following"), [(4, 4), (3, None), (2, None), (None, None), ("4", None), (4.0, None)]
)
def test_a_gateway_names_the_next_page_by_a_greater_whole_number(
    named: object, following: int | None
) -> None:
    assert next_page({"next_page": named}, 3) == following


def test_a_list_of_a_gateway_without_a_next_page_ends() -> None:
    assert next_page({}, 1) is None
