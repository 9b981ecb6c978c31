"""Any sequence of commits, archivings, reopenings and power cuts, against plain dicts."""

from contextlib import suppress
from pathlib import Path
from random import Random

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from core.push.ports import Filed
from core.push.records import RECORDS, Link, Push, Record, StepRecord
from data.book.book_file import BookFile
from tests.support.book_fakes import Crash, ForgetfulDisk, a_link, a_push, a_step

HOME = Path("/nowhere/home")
KEYS = st.integers(0, 5)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
Model = dict[type[Record], dict[str, Record]]
AT = 1_796_000_000.0
MONTH = 31 * 86_400.0


def step(push: int, n: int, detail: str = "") -> StepRecord:
    return msgspec.structs.replace(a_step(n, detail=detail), push_id=f"P{push}")


class BookMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.disk = ForgetfulDisk()
        self.model: Model = {Link: {}, Push: {}, StepRecord: {}}
        self.archived: dict[str, list[Record]] = {}
        self.book = BookFile(HOME, RECORDS, disk=self.disk)

    def after(self, put: list[Record], drop: list[tuple[type[Record], str]]) -> Model:
        model = {kind: dict(table) for kind, table in self.model.items()}
        for record in put:
            model[type(record)][record.key] = record
        for kind, key in drop:
            model[kind].pop(key, None)
        return model

    @rule(links=st.dictionaries(KEYS, TEXT), pushes=st.sets(KEYS), gone=st.sets(KEYS))
    def commit(self, links: dict[int, str], pushes: set[int], gone: set[int]) -> None:
        put, drop = self.change(links, pushes, gone)
        self.book.commit(*put, drop=drop)
        self.model = self.after(put, drop)

    @rule(
        links=st.dictionaries(KEYS, TEXT, min_size=1),
        gone=st.sets(KEYS),
        point=st.integers(0, 2),
        seed=st.integers(0, 99),
        keeps=st.sampled_from(["nothing", "everything", "some"]),
    )
    def lose_power(self, links: dict[int, str], gone: set[int], point: int, seed: int, keeps: str) -> None:
        put, drop = self.change(links, set(), gone)
        self.disk.dies_at = self.disk.points + point
        with suppress(Crash):
            self.book.commit(*put, drop=drop)
        self.disk = self.disk.after_crash(Random(seed), keeps)
        self.book = BookFile(HOME, RECORDS, disk=self.disk)
        whole = self.after(put, drop)
        if self.found() == self.listed(whole):
            self.model = whole

    @rule(push=KEYS, detail=TEXT, count=st.integers(1, 3))
    def take_steps(self, push: int, detail: str, count: int) -> None:
        steps = [step(push, n, detail) for n in range(count)]
        self.book.commit(*steps)
        self.model = self.after(list(steps), [])

    @rule(pushes=st.sets(KEYS, min_size=1), month=st.integers(0, 2))
    def archive(self, pushes: set[int], month: int) -> None:
        self.book.archive(*self.filed(pushes, month))
        self.model, self.archived = self.moved(pushes)

    @rule(
        pushes=st.sets(KEYS, min_size=1),
        month=st.integers(0, 2),
        point=st.integers(0, 14),
        seed=st.integers(0, 99),
        keeps=st.sampled_from(["nothing", "everything", "some"]),
    )
    def lose_power_while_archiving(
        self, pushes: set[int], month: int, point: int, seed: int, keeps: str
    ) -> None:
        self.disk.dies_at = self.disk.points + point
        with suppress(Crash):
            self.book.archive(*self.filed(pushes, month))
            self.book.tidy()
        self.disk = self.disk.after_crash(Random(seed), keeps)
        self.book = BookFile(HOME, RECORDS, disk=self.disk)
        model, archived = self.moved(pushes)
        there = all(self.book.archived(f"P{n}") == archived[f"P{n}"] for n in pushes)
        if there and self.found() == self.listed(model):
            self.model, self.archived = model, archived

    def filed(self, pushes: set[int], month: int) -> list[Filed]:
        return [Filed(f"P{n}", AT + month * MONTH, tuple(self.steps_of(n))) for n in sorted(pushes)]

    def steps_of(self, push: int) -> list[Record]:
        return [one for one in self.model[StepRecord].values() if one.key.startswith(f"P{push}:")]

    def moved(self, pushes: set[int]) -> tuple[Model, dict[str, list[Record]]]:
        archived = self.archived | {f"P{n}": self.steps_of(n) for n in pushes}
        gone = [(StepRecord, one.key) for n in pushes for one in self.steps_of(n)]
        return self.after([], list(gone)), archived

    @rule()
    def tidy(self) -> None:
        self.book.tidy()

    @rule(spare=st.sampled_from([-1000, 0, 1000]))
    def reopen(self, spare: int) -> None:
        self.book.close()
        self.book = BookFile(HOME, RECORDS, disk=self.disk, spare=spare)

    @invariant()
    def agrees(self) -> None:
        assert self.found() == self.listed(self.model)
        for n in range(6):
            for one in (a_link(n), a_push(n), step(n, 0)):
                assert self.book.get(type(one), one.key) == self.model[type(one)].get(one.key)
            assert self.book.archived(f"P{n}") == self.archived.get(f"P{n}", [])
            assert self.book.where(StepRecord, push_id=f"P{n}") == self.steps_of(n)
        for text in {link.remote_id for link in self.links()} | {""}:
            assert self.book.where(Link, remote_id=text) == [
                link for link in self.links() if link.remote_id == text
            ]
        assert self.book.values(Link, "remote_id") == sorted({link.remote_id for link in self.links()})

    def links(self) -> list[Link]:
        return [link for link in self.model[Link].values() if isinstance(link, Link)]

    def found(self) -> list[list[Record]]:
        return [list(self.book.all(kind)) for kind in self.model]

    @staticmethod
    def listed(model: Model) -> list[list[Record]]:
        return [list(table.values()) for table in model.values()]

    @staticmethod
    def change(
        links: dict[int, str], pushes: set[int], gone: set[int]
    ) -> tuple[list[Record], list[tuple[type[Record], str]]]:
        put: list[Record] = [a_link(n, text) for n, text in links.items()]
        put += [a_push(n) for n in pushes]
        drop: list[tuple[type[Record], str]] = [(Link, a_link(n).key) for n in gone if n not in links]
        drop += [(Push, a_push(n).key) for n in gone if n not in pushes]
        return put, drop


TestBookMachine = BookMachine.TestCase
TestBookMachine.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, derandomize=True, database=None
)
