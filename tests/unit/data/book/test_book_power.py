"""Real disks that are cut off, full or sealed.

At a power cut the image under a writer that is held still is copied, and the copy read. What was written and not
synced is in the machine's memory only, so that the copy is without it. Needs root and a loop device; elsewhere it is
left out. `POWER_CUTS=40` makes it longer.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from core.errors import BookClosed
from core.push.records import RECORDS, Link, Push
from data.book.book import open_book
from data.book.book_file import BookFile
from tests.support.book_fakes import a_link, a_push

CUTS = int(os.environ.get("POWER_CUTS", "12"))
ROOT = Path(__file__).parents[4]
_TOOLS = all(shutil.which(tool) for tool in ("mkfs.ext4", "mount", "umount"))
may_mount = os.name == "posix" and getattr(os, "geteuid", lambda: 1)() == 0 and _TOOLS


@contextmanager
def mounted(image: Path, where: Path, *options: str) -> Iterator[Path]:
    where.mkdir(exist_ok=True)
    done = subprocess.run(
        ["mount", "-o", ",".join(("loop", *options)), image, where], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("no loop device may be mounted here")
    try:
        yield where
    finally:
        subprocess.run(["umount", where], check=True)


@contextmanager
def writer(home: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Commit for ever, in a process of its own; gives its id and the nursery that it speaks through."""
    nursery = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("book_child.py"), "commit", home],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,  # what lies in the pipe lies nowhere else
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    nursery.stdin.write(b"go\n")
    nursery.stdin.flush()
    pid = int(nursery.stdout.readline().split()[1])
    try:
        yield pid, nursery
    finally:
        os.kill(pid, signal.SIGKILL)
        nursery.stdin.close()
        nursery.wait(30)
        nursery.stdout.close()


def said_so_far(nursery: subprocess.Popen[bytes]) -> int:
    """Give the last commit that was confirmed, by what lies in the pipe; the writer is held still."""
    assert nursery.stdout is not None
    handle, content = nursery.stdout.fileno(), b""
    os.set_blocking(handle, False)
    while True:
        try:
            content += os.read(handle, 65_536)
        except BlockingIOError:
            break
    os.set_blocking(handle, True)
    numbers = content.split(b"\n")[:-1]
    return int(numbers[-1]) if numbers else -1


@pytest.mark.skipif(not may_mount, reason="needs root and ext4's tools")
def test_what_was_confirmed_survives_a_power_cut(tmp_path: Path) -> None:
    image, cut = tmp_path / "image", tmp_path / "cut"
    with image.open("wb") as file:
        file.truncate(16 * 1024 * 1024)
    subprocess.run(["mkfs.ext4", "-q", image], check=True, capture_output=True)
    chance, last, lost = Random(5), -1, 0
    with mounted(image, tmp_path / "disk") as disk, writer(disk / "home") as (pid, nursery):
        for _ in range(CUTS):
            assert nursery.stdout is not None
            for _ in range(chance.choice([1, 1, 2, 5, 20, 60])):
                last = int(nursery.stdout.readline())
            os.kill(pid, signal.SIGSTOP)
            last = max(last, said_so_far(nursery))
            shutil.copy(image, cut)
            seen = (disk / "home" / "book.log").stat().st_size
            os.kill(pid, signal.SIGCONT)
            with mounted(cut, tmp_path / "after") as after:
                lost += (after / "home" / "book.log").stat().st_size < seen
                book = BookFile(after / "home", RECORDS)
                count = len(book.all(Push))
                assert count in (last + 1, last + 2)
                assert book.all(Push) == [a_push(n) for n in range(count)]
                assert book.get(Link, a_link("latest").key) == a_link("latest", str(count - 1))
                book.commit(a_push(count))
                book.close()
    assert last > CUTS
    print(f"{CUTS} cuts, {last + 1} commits; in {lost} the cut took unsynced bytes")


@contextmanager
def memory_of(size: str, where: Path) -> Iterator[Path]:
    """Mount a disk in memory that is soon full."""
    where.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", where]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("nothing may be mounted here")
    try:
        yield where
    finally:
        subprocess.run(["umount", where], check=True)


@pytest.mark.skipif(not may_mount, reason="needs root")
def test_a_disk_that_is_full_loses_nothing_confirmed_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    with memory_of("256k", tmp_path / "disk") as disk:
        ballast, home = disk / "ballast", disk / "home"
        ballast.write_bytes(b"x" * 100_000)
        book = BookFile(home, RECORDS)
        confirmed = 0

        def fill() -> None:
            nonlocal confirmed
            while True:
                book.commit(a_push(confirmed), a_link(confirmed))
                confirmed += 1

        with pytest.raises(BookClosed) as caught:
            fill()
        assert (caught.value.code, confirmed > 100) == ("book-disk-full", True)
        assert len(book.all(Push)) == confirmed
        ballast.unlink()
        with pytest.raises(BookClosed):  # there is room again, but what the disk holds by now nobody knows
            book.commit(a_push(confirmed))
        book.close()
        again = BookFile(home, RECORDS)
        assert again.all(Push) == [a_push(n) for n in range(confirmed)]
        again.commit(a_push(confirmed))
        again.close()


@pytest.mark.skipif(not may_mount, reason="needs root and ext4's tools")
def test_a_disk_that_may_only_be_read_is_read(tmp_path: Path) -> None:
    image = tmp_path / "image"
    with image.open("wb") as file:
        file.truncate(4 * 1024 * 1024)
    subprocess.run(["mkfs.ext4", "-q", image], check=True, capture_output=True)
    with mounted(image, tmp_path / "disk") as disk:
        book = BookFile(disk / "home", RECORDS)
        book.commit(a_push(0))
        book.close()
    with mounted(image, tmp_path / "disk", "ro") as disk:
        with open_book(disk / "home", RECORDS, operator="x") as sealed:
            assert sealed.read_only is not None
            assert sealed.read_only.code == "book-read-only"
            assert asyncio.run(sealed.all(Push)) == [a_push(0)]
            with pytest.raises(BookClosed):
                asyncio.run(sealed.commit(a_push(1)))
        with pytest.raises(BookClosed) as caught:
            BookFile(disk / "another", RECORDS)
        assert caught.value.code == "book-read-only"
