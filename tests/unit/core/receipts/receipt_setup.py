"""A world with an engine over fake systems, and receipts that are kept in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from random import Random

from core.errors import DeskError
from core.push.engine import Engine
from core.push.plan import Plan, System
from core.push.ports import Remote
from core.push.records import Push, StepRecord
from core.receipts.arrival import Ticked
from core.receipts.keeper import ReceiptKeeper
from core.receipts.model import ReceiptDesk, ShownField
from core.receipts.use_cases import ReceiptParts, ReceiptUseCases, WrittenReceipt
from tests.support.fakes import World

DESK = ReceiptDesk("live", "harbour-loans", "LIVE", "desk-1", "UTC", "brokerdesk 0", "command line: x")


class MemoryFolder:
    """A folder of receipts in memory. `full` makes every write fail."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.full = False

    def write(self, name: str, content: bytes) -> None:
        if self.full:
            raise DeskError("receipts-folder", "The folder can't be used: No space left on device.")
        self.files[name] = content

    def read(self, name: str) -> bytes | None:
        return self.files.get(name)

    def names(self) -> list[str]:
        return sorted(self.files)

    def remove(self, name: str) -> None:
        self.files.pop(name, None)

    def place(self, name: str) -> str:
        return f"/receipts/{name}"


class SomeTicks:
    """The ticks of a checklist, by place."""

    def __init__(self) -> None:
        self.ticks: dict[str, Ticked] = {}

    async def ticked(self, card: str, fields: Sequence[ShownField]) -> Mapping[str, Ticked]:
        return self.ticks


class ReceiptWorld(World):
    """A world in which every push that ends has a receipt."""

    def __init__(self) -> None:
        self.folder = MemoryFolder()
        self.ticks = SomeTicks()
        self.systems: Mapping[System, Remote] | None = None
        """The systems that have a connection; None for all."""
        super().__init__(settle=0)

    def restart(self) -> Engine:
        for remote in (self.flex, self.board):
            remote.takes = remote.recheck = 0.0
        both = {System.FLEX: self.flex, System.BROKERENGINE: self.board}
        remotes = both if self.systems is None else self.systems
        parts = ReceiptParts(
            book=self.book,
            folder=self.folder,
            remotes=remotes,
            clock=self.clock,
            local=lambda at: datetime.fromtimestamp(at, UTC),
            desk=DESK,
            by_hand=self.ticks,
            operator="m.hale",
        )
        self.receipts = ReceiptUseCases(parts)
        self.keeper = ReceiptKeeper(self.receipts)

        def listen(push: Push, steps: Sequence[StepRecord]) -> None:
            self.keeper.heard(push)

        self.engine = Engine(self.book, remotes, self.clock, Random(1), listen=listen, witness=self.receipts)
        return self.engine

    async def push(self, plan: Plan, push_id: str = "P1", shown: bytes = b"") -> WrittenReceipt:
        """Push a plan, and return its receipt."""
        await self.engine.begin(plan, "m.hale", push_id, shown=shown)
        await self.engine.finish(push_id)
        return await self.receipt_of(push_id)

    async def receipt_of(self, push_id: str) -> WrittenReceipt:
        """Return the receipt of a push that has ended."""
        outcome = await self.keeper.ready(push_id)
        assert isinstance(outcome, WrittenReceipt), outcome
        return outcome
