"""A draft reads like the book that it would make, and writes all of it in one commit or nothing."""

from __future__ import annotations

from core.automatic.draft_book import DraftBook
from core.push.records import Link
from tests.support.book_fakes import a_link
from tests.support.fakes import FakeBook


async def a_draft() -> tuple[FakeBook, DraftBook]:
    book = FakeBook()
    await book.commit(a_link(1), a_link(2), a_link(3))
    return book, DraftBook(book)


async def test_a_draft_reads_what_it_keeps_over_what_the_book_has() -> None:
    book, draft = await a_draft()
    changed, new, gone = a_link(2, "1-B"), a_link(4), a_link(3)
    await draft.commit(changed, new, drop=[(Link, gone.key)])
    assert await draft.all(Link) == [a_link(1), changed, new]
    assert await draft.get(Link, changed.key) == changed
    assert await draft.get(Link, gone.key) is None
    assert await draft.get_many(Link, [gone.key, new.key, a_link(1).key]) == [new, a_link(1)]
    assert await draft.where(Link, remote_id="1-B") == [changed]
    assert await draft.where(Link, remote_id="1-A") == [a_link(1), new]
    assert await draft.values(Link, "remote_id") == ["1-A", "1-B"]
    assert await book.all(Link) == [a_link(1), a_link(2), gone], "nothing is written yet"


async def test_a_draft_is_written_in_one_commit_and_is_empty_then() -> None:
    book, draft = await a_draft()
    assert not draft.has_changes
    await draft.commit(a_link(4), drop=[(Link, a_link(3).key)])
    await draft.commit(drop=[(Link, a_link(4).key)])
    await draft.commit(a_link(5))
    expected, commits = await draft.all(Link), book.commits
    assert draft.has_changes
    await draft.write_to(book)
    assert (await book.all(Link), book.commits) == (expected, commits + 1)
    assert not draft.has_changes
    await draft.write_to(book)
    assert book.commits == commits + 1
