"""The Cards room with many cards: reading a folder and a board, each next to a floor. The part `keys` has the keys.

`python -m tests.bench cards`. The processor time of a read is that of the process that reads; the sandbox is another.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from statistics import median

from core.flex.board import Board
from core.flex.model import Card, CardSummary, RejectedRecord
from core.push.plan import System
from data.cards.folder import FolderCards
from data.vendors.brokerengine import BrokerEngine
from data.vendors.http.client import HttpClient, SystemAddress
from tui.cards.board import BoardModel

MANY = 100_000
STAGES = ("Lead", "AIP issued", "Formal approval", "Ready to settle")
WORDS = (b"nguyen 77", b"smith")


def _cards(count: int) -> list[Card]:
    return [
        Card(
            f"C-{n}", f"Nguyen {n}, Linh & Tran, Bao", "deal", STAGES[n % 4], "m.hale" if n % 3 else "j.park"
        )
        for n in range(1000, 1000 + count)
    ]


def _whole_card(n: int) -> dict[str, object]:
    """Return a card as our contract has it, of about two kilobytes."""
    address = dict.fromkeys(("street_1", "street_2", "suburb", "postcode", "state", "country"), "12 Bay Rd")
    contact = {
        "id": f"P-{n}",
        "first_name": "Linh",
        "middle_name": None,
        "last_name": f"Nguyen {n}",
        "email": f"linh.{n}@example.com",
        "birth_date": "1988-02-28",
        "phones": {"mobile": "0491 570 006"},
        "home_address": address,
        "postal_address": address,
        "flex_id": None,
        "other": [{"section": "Employment", "name": "Employer", "value": "Bay Health"}] * 3,
    }
    marks = {"tracked": True, "shortlisted": True, "highlighted": False, "in_funding_position": False}
    return {
        "id": f"C-{n}",
        "title": f"Nguyen {n}, Linh",
        "kind": "deal",
        "stage": STAGES[n % 4],
        "owner": "m.hale" if n % 3 else "j.park",
        "flex_id": None if n % 3 else f"1-{n}",
        "updated_at": "2026-02-20T03:04:05Z",
        "people": [
            {"role": "Primary Applicant", "contact": contact},
            {"role": "Guarantor", "contact": contact},
        ],
        "requirements": {"loan_amount": "640000.00", "loan_term": "30", "loan_purpose": "Refinance"},
        "property": {"valuation_amount": "900000.00", "property_type": "House", "address": address},
        "products": [{"id": f"L-{k}", "lender": "Harbour", "name": "Flexi Home", **marks} for k in range(3)],
    }


# -- reading -----------------------------------------------------------------------------------------------


async def _read(pages: AsyncIterator[list[CardSummary | RejectedRecord]]) -> tuple[float, float, int]:
    """Return the ms of processor time to the first page, and until all rows are made and in order; and their number."""
    model = BoardModel(Board({}, {}), "m.hale")
    start, first = time.process_time(), 0.0
    async for page in pages:
        first = first or time.process_time() - start
        model.add(page)
    rows = model.rows()
    return first * 1000, (time.process_time() - start) * 1000, len(rows)


def _folder(folder: Path) -> Iterator[tuple[str, float, float, str]]:
    file = folder / "cards.jsonl"
    file.write_text("".join(f"{json.dumps(_whole_card(n))}\n" for n in range(MANY)), "utf-8")
    ours, floors = [], []
    for _ in range(5):
        ours.append(asyncio.run(_read(FolderCards(folder).summaries()))[1])
        start = time.process_time()
        for line in file.read_bytes().splitlines():
            json.loads(line)
        floors.append((time.process_time() - start) * 1000)
    yield (
        f"cards: {MANY:,} of a folder read, rows made, beside json.loads",
        median(ours),
        median(floors),
        "ms",
    )


def _sandbox(folder: Path) -> tuple[subprocess.Popen[str], str]:
    arguments = [sys.executable, "-m", "tui.cli", "sandbox", "serve", "--cards", str(MANY)]
    served = subprocess.Popen(
        [*arguments, "--state", str(folder / "sandbox"), "--home", str(folder)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert served.stdout is not None
    return served, json.loads(served.stdout.readline())["brokerengine"]


def _http(folder: Path) -> Iterator[tuple[str, float, float, str]]:
    """Read the board of a sandbox: whole, again by what changed, and the bare pages as a floor."""
    served, url = _sandbox(folder)

    async def read() -> list[tuple[float, float, float]]:
        address = SystemAddress(System.BROKERENGINE, url, "sandbox", "sandbox", rate=60_000)
        measured = []
        for _ in range(5):
            wire = HttpClient(address)
            board = BrokerEngine(wire, 60.0)
            _, whole, count = await _read(board.summaries())
            assert count == MANY
            start = time.process_time()
            async for _page in board.summaries():
                pass
            again = (time.process_time() - start) * 1000
            start = time.process_time()
            place = "1"
            while place:
                reply = await wire.get("/cards", {"after": place, "page_size": "10000"})
                place = json.loads(reply.body)["next_after"]
            measured.append((whole, again, (time.process_time() - start) * 1000))
            await wire.close()
        return measured

    try:
        whole, again, floor = (median(column) for column in zip(*asyncio.run(read()), strict=True))
    finally:
        served.terminate()
        served.wait()
    yield f"cards: {MANY:,} read over HTTP, rows made, beside pages and json.loads", whole, floor, "ms"
    yield "cards: the same read again by what changed, beside the whole read", again, whole, "ms"


def figures() -> Iterator[tuple[str, float, float, str]]:
    """Yield (what, ours, the floor, unit)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cards = folder / "cards"
        cards.mkdir()
        yield from _folder(cards)
        yield from _http(folder)


if __name__ == "__main__":
    for what, ours, peer, unit in figures():
        print(f"{what:82} {ours:10.2f} {peer:10.2f} {unit}")
