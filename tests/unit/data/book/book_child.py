"""Processes to be killed. `commit`: for each line on stdin, a process that commits for ever and says what is
confirmed. `hold`: opens the book for writing and holds it until stdin ends."""

import os
import sys
from itertools import count
from pathlib import Path

from core.push.records import RECORDS, Push
from data.book.book import open_book
from data.book.book_file import BookFile
from tests.support.book_fakes import a_link, a_push


def say(text: str) -> None:
    os.write(1, text.encode() + b"\n")


def commit_for_ever(home: Path) -> None:
    say(f"pid {os.getpid()}")
    book = BookFile(home, RECORDS, spare=20)
    for n in count(len(book.all(Push))):
        book.commit(a_push(n), a_link("latest", str(n)), a_link(n % 7, str(n)))
        say(f"{n}")


def main() -> None:
    home = Path(sys.argv[2])
    if sys.argv[1] == "hold":
        book = open_book(home, RECORDS, operator="m.hale", now=lambda: 0.0)
        say(f"{os.getpid()} {book.read_only}")
        sys.stdin.read()
        return
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            commit_for_ever(home)
        os.waitpid(child, 0)
        say("ended")


if __name__ == "__main__":
    main()
