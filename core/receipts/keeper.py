"""Writes the receipt of each push as soon as the push has ended, in a task of its own.

A receipt that can't be written now is written at the next start: what was confirmed stays in the book until then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeAlias

from core.errors import DeskError
from core.push.records import Push
from core.receipts.use_cases import ENDED, ReceiptUseCases, WrittenReceipt

ReceiptOutcome: TypeAlias = WrittenReceipt | DeskError | None
"""A receipt, why there is none yet, or None for a push that has no receipt."""
ReceiptListener: TypeAlias = Callable[[ReceiptOutcome], None]
"""Gets what became of the receipt of a push."""


class ReceiptKeeper:
    """Listens to pushes for one desk. `tell` hears of each receipt."""

    def __init__(self, receipts: ReceiptUseCases) -> None:
        self._receipts = receipts
        self.tell: ReceiptListener = lambda outcome: None
        self.caught_up = asyncio.Event()
        """Set once `catch_up` has tried every receipt that an earlier run left."""
        self._tasks: dict[str, asyncio.Task[ReceiptOutcome]] = {}
        """The receipts that are being written."""

    def heard(self, push: Push) -> None:
        """Begin to write the receipt of a push that has ended."""
        if push.state in ENDED:
            self._begin(push.push_id)

    def _begin(self, push_id: str) -> asyncio.Task[ReceiptOutcome]:
        before = self._tasks.get(push_id)
        task = asyncio.get_running_loop().create_task(self._write(push_id, before))
        self._tasks[push_id] = task
        task.add_done_callback(lambda done: self._written(push_id, done))
        return task

    def _written(self, push_id: str, task: asyncio.Task[ReceiptOutcome]) -> None:
        if self._tasks.get(push_id) is task:
            del self._tasks[push_id]

    async def _write(self, push_id: str, before: asyncio.Task[ReceiptOutcome] | None) -> ReceiptOutcome:
        if before is not None and not before.done():
            await asyncio.wait([before])
        outcome = await self._try(push_id)
        self.tell(outcome)
        return outcome

    async def _try(self, push_id: str) -> ReceiptOutcome:
        try:
            return await self._receipts.write(push_id)
        except DeskError as error:
            return error

    async def ready(self, push_id: str) -> ReceiptOutcome:
        """Wait for the receipt of a push that has ended. None if the push has not ended or has no receipt.

        No receipt stays in memory. One that is written is read again, one that could not be written is tried again.
        """
        while (task := self._tasks.get(push_id)) is not None:
            outcome = await asyncio.shield(task)
            if self._tasks.get(push_id) in (task, None):
                return outcome
        return await self._try(push_id)

    async def catch_up(self) -> None:
        """Write the receipts that an earlier run left. What fails is tried at the next start."""
        try:
            for push_id in await self._receipts.waiting():
                await asyncio.shield(self._begin(push_id))
        except DeskError:
            return
        finally:
            self.caught_up.set()

    async def stop(self, patience: float) -> None:
        """Wait `patience` seconds at most for the receipts that are being written; leave the rest to the next start."""
        tasks = [task for task in self._tasks.values() if not task.done()]
        if tasks:
            await asyncio.wait(tasks, timeout=patience)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
