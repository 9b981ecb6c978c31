"""The power goes at every point of every write: what was confirmed is there, and nothing is there by half."""

import errno
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from core.errors import BookClosed
from core.push.records import RECORDS, Link, Push
from data.book.book_file import BookFile
from tests.simulation.disk import SimDisk
from tests.support.book_fakes import Crash, ForgetfulDisk, a_link, a_push

HOME = Path("/nowhere/home")
SEALED = ("name", "Linh")


class Life:
    """What a desk does with its book, and what it was told."""

    def __init__(self, disk: ForgetfulDisk) -> None:
        self.disk = disk
        self.confirmed = 0
        self.begun = 0
        self.plans: list[bytes | None] = [None]
        self.plan_begun: bytes | None = None
        self.seal: str | None = None

    def run(self) -> None:
        for _ in range(3):
            book = BookFile(HOME, RECORDS, disk=self.disk, spare=-1000)
            if self.seal is not None:
                assert book.keyed_hash(*SEALED) == self.seal
            for _ in range(3):
                n = self.begun = self.confirmed
                self.begun += 1
                book.commit(a_link(n), a_push(n), drop=[(Link, a_link(n - 2).key)])
                self.seal = book.keyed_hash(*SEALED)
                self.confirmed += 1
                self._plan(book, b"plan %d" % n * 20)
                if n % 3 == 1:
                    book.tidy()
            self._plan(book, None)
            book.close()

    def _plan(self, book: BookFile, content: bytes | None) -> None:
        self.plans = [self.plans[-1], content]
        if content is None:
            book.delete_file("plan")
        else:
            book.put_file("plan", content)
        self.plans = [content]

    def check(self, disk: ForgetfulDisk) -> None:
        book = BookFile(HOME, RECORDS, disk=disk)
        count = len(book.all(Push))
        assert count in (self.confirmed, self.begun)
        assert book.all(Push) == [a_push(n) for n in range(count)]
        assert book.all(Link) == [a_link(n) for n in range(max(0, count - 2), count)]
        assert book.get_file("plan") in self.plans
        assert book.read_only is None
        assert not [path for path in disk.seen if path.name.startswith(".")], "drafts are swept away"
        if self.seal is not None:
            assert book.keyed_hash(*SEALED) == self.seal
        book.commit(a_link("next"))
        book.close()
        again = BookFile(HOME, RECORDS, disk=disk)
        assert again.get(Link, a_link("next").key) == a_link("next")
        assert len(again.all(Push)) == count
        assert again.notices == []
        again.close()


def points() -> int:
    life = Life(ForgetfulDisk())
    life.run()
    assert life.confirmed == 9
    return life.disk.points


@pytest.mark.parametrize("keeps", ["nothing", "everything", "some"])
def test_a_power_cut_at_any_point_loses_nothing_confirmed(keeps: str) -> None:
    total = points()
    assert total > 150
    for dies_at in range(total):
        for seed in range(8 if keeps == "some" else 1):
            random = Random(dies_at * 100 + seed)
            life = Life(ForgetfulDisk())
            life.disk.dies_at = dies_at
            with pytest.raises(Crash):
                life.run()
            life.check(life.disk.after_crash(random, keeps))


@pytest.mark.parametrize("seed", range(60))
def test_a_power_cut_while_recovering_from_one_loses_nothing_either(seed: int) -> None:
    random = Random(seed)
    life = Life(ForgetfulDisk())
    life.disk.dies_at = random.randrange(points())
    with pytest.raises(Crash):
        life.run()
    disk = life.disk.after_crash(random, "some")
    for _ in range(4):
        disk.dies_at = random.randrange(12)
        with suppress(Crash):
            BookFile(HOME, RECORDS, disk=disk, spare=-1000).close()
        disk = disk.after_crash(random, random.choice(["nothing", "everything", "some"]))
    life.check(disk)


def test_a_snapshot_keeps_everything_and_the_log_before_it() -> None:
    disk = ForgetfulDisk()
    book = BookFile(HOME, RECORDS, disk=disk)
    for n in range(30):
        book.commit(a_link("b"), a_link("a", f"1-{n}"), a_push(n % 3))
    book.commit(drop=[(Push, "P1")])
    links, pushes = book.all(Link), book.all(Push)
    book.close()
    before = disk.read(HOME / "book.log")
    book = BookFile(HOME, RECORDS, disk=disk, spare=83)
    assert disk.read(HOME / "book.log") == before, "not worth it yet"
    book.close()
    book = BookFile(HOME, RECORDS, disk=disk, spare=82)
    assert (book.all(Link), book.all(Push)) == (links, pushes)
    assert len(disk.read(HOME / "book.log")) < len(before) / 5
    assert disk.read(HOME / "book.log.bak") == before
    book.commit(a_link("c"))
    book.close()
    book = BookFile(HOME, RECORDS, disk=disk)
    assert (book.all(Link), book.all(Push)) == ([*links, a_link("c")], pushes)


@pytest.mark.parametrize("seed", range(20))
def test_what_one_start_could_not_make_durable_the_next_one_does(seed: int) -> None:
    """A disk refuses once while a book is begun, the next start goes on, and then the power goes."""
    for sound in range(12):
        disk = SimDisk(Random(seed))
        disk.doom(sound, errno.EIO, stays=False)
        with suppress(BookClosed):
            BookFile(HOME, RECORDS, disk=disk)
        disk.repair()
        book = BookFile(HOME, RECORDS, disk=disk)
        book.commit(a_link(1))
        book.keyed_hash(*SEALED)
        disk.crash()
        assert BookFile(HOME, RECORDS, disk=disk).all(Link) == [a_link(1)], sound


def test_a_book_is_tidied_while_it_is_open() -> None:
    disk = ForgetfulDisk()
    book = BookFile(HOME, RECORDS, disk=disk, spare=10)
    for n in range(30):
        book.commit(a_link("a", f"1-{n}"))
    before = disk.read(HOME / "book.log")
    book.tidy()
    assert len(disk.read(HOME / "book.log")) < len(before) / 5
    assert disk.read(HOME / "book.log.bak") == before
    book.tidy()
    assert disk.read(HOME / "book.log.bak") == before, "not worth it yet"
    book.commit(a_link("b"))
    book.close()
    book = BookFile(HOME, RECORDS, disk=disk)
    assert book.all(Link) == [a_link("a", "1-29"), a_link("b")]
    assert book.notices == []
