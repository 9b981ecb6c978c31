"""What is held of a client here, for how long, how it is released, and in which form it leaves."""

from __future__ import annotations

import asyncio
import csv
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from openpyxl import load_workbook

from core.erasure import PLAN_DAYS, plan_erasure, remove_old_plans
from core.flex.use_cases.changed_since_push import PushedFields, changed_since_push
from core.push.plan import Asset, Entity, Operation, StepKind, System
from core.push.ports import Filed
from core.push.records import Push, Record, StepRecord, plan_file
from core.push.states import PushState, StepState
from data.book.book import TinyBook, open_book
from data.exports import csv_bytes
from tests.support.private import is_private
from tests.support.sandbox_home import Home, Sandbox
from tui import wiring
from tui.wiring.records import RECORDS

DAY = 86_400.0


def everything(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_a_card_is_forgotten_and_never_sent_twice_all_the_same(home: Home, sandbox: Sandbox) -> None:
    assert home.run("push", "card", "C-1002", "--yes")[0] == 0
    before = sandbox.records()
    code, told = home.run("forget", "C-1002", "--yes")
    assert (code, told["forgotten"]) == (0, True)
    assert told["counts"]["fingerprints"] >= 1
    assert told["counts"]["copied"] == 1
    remains = {one["where"]: one["what"] for one in told["remains"]}
    assert "flex" in remains
    assert {"the book", "the systems"} <= remains.keys()
    assert sandbox.records() == before
    _, links = home.run("links")
    assert any(link["local_id"] == "C-1002" for link in links["links"])
    code, _ = home.run("push", "card", "C-1002", "--yes")
    assert code == 1
    assert len(sandbox.ours("opportunities", links["links"][0]["ref"])) <= 1
    assert sandbox.records() == before


def test_what_was_derived_from_fields_is_gone_from_the_records(home: Home, sandbox: Sandbox) -> None:
    home.run("push", "card", "C-1002", "--yes")
    home.run("forget", "C-1002", "--yes")

    async def look(book: TinyBook) -> None:
        for step in await book.all(StepRecord):
            assert (step.before, step.sent, step.detail) == ({}, {}, "")
        assert (await plan_erasure(book, "C-1002")).counts == {}

    on_the_book(home, look)


def archive(home: Home) -> list[str]:
    """Archive every push of the book, as the desk does in time; give the ids."""
    ids: list[str] = []

    async def move(book: TinyBook) -> None:
        for push in await book.all(Push):
            ids.append(push.push_id)
            copied = await book.get(PushedFields, push.push_id)
            also = [copied] if copied else []
            steps = await book.where(StepRecord, push_id=push.push_id)
            await book.archive(Filed(push.push_id, push.updated_at, (*steps, *also)))

    on_the_book(home, move)
    return ids


def test_what_was_derived_from_fields_leaves_the_archives_too(home: Home, sandbox: Sandbox) -> None:
    home.run("push", "card", "C-1002", "--yes")
    home.run("push", "card", "C-1001", "--yes")
    _, before = home.run("activity")
    forgotten, other = archive(home)
    (folder,) = home.path.rglob("archive")
    (old,) = folder.iterdir()
    others: list[Record] = []

    async def keep(book: TinyBook) -> None:
        others.extend(await book.archived(other))

    on_the_book(home, keep)
    code, told = home.run("forget", "C-1002", "--yes")
    assert (code, told["counts"]["copied"]) == (0, 1)
    assert told["counts"]["fingerprints"] >= 1
    assert not old.exists(), "the archive that held them is written anew"

    async def look(book: TinyBook) -> None:
        for step in await book.archived(forgotten):
            assert isinstance(step, StepRecord), "nothing else is left"
            assert (step.before, step.sent, step.detail) == ({}, {}, "")
        assert await book.archived(other) == others
        assert (await plan_erasure(book, "C-1002")).counts == {}

    on_the_book(home, look)
    assert home.run("activity")[1] == before
    assert home.run("push", "card", "C-1002", "--yes")[0] == 1


def test_what_changed_since_is_told_of_a_push_that_is_archived(home: Home, sandbox: Sandbox) -> None:
    home.run("push", "card", "C-1001", "--yes")
    archive(home)

    async def look(book: TinyBook) -> None:
        assert await book.all(PushedFields) == []
        (copied,) = [
            one
            for one in await book.archived((await book.all(Push))[0].push_id)
            if isinstance(one, PushedFields)
        ]
        plan = SimpleNamespace(about="C-1001")
        preview = SimpleNamespace(asset=Asset.CARD, subject="C-1001", fields=(), plan=plan)
        changed = await changed_since_push(book, preview)  # type: ignore[arg-type] - as much of a preview as is compared
        assert changed is not None
        assert changed.changed == set(copied.fields)

    on_the_book(home, look)


def test_a_damaged_archive_costs_the_steps_of_its_push_alone(home: Home, sandbox: Sandbox) -> None:
    home.run("push", "card", "C-1002", "--yes")
    home.run("push", "card", "C-1001", "--yes")
    _, before = home.run("activity")
    archive(home)
    (folder,) = home.path.rglob("archive")
    (file,) = folder.iterdir()
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([*lines[:2], lines[2][:20] + b"?" + lines[2][21:]]))
    code, told = home.run("activity")
    newest, oldest = told["pushes"]
    assert (code, newest["steps"]) == (0, [])
    assert oldest == before["pushes"][1]
    assert home.say("activity")[0] == 0
    _, out, _ = home.say("activity", newest["push_id"])
    assert "line 3" in out
    assert home.run("bundle", "--out", str(home.path / "b.zip"))[0] == 0
    assert home.run("cards")[0] == 0


@pytest.mark.usefixtures("impatient")
def test_a_push_that_is_not_over_is_not_forgotten(home: Home, sandbox: Sandbox) -> None:
    sandbox.faults("drop-request POST /flex/opportunities; 503 GET /flex/opportunities")
    home.run("push", "card", "C-1002", "--yes")
    code, told = home.run("forget", "C-1002", "--yes")
    assert (code, told["error"]["code"]) == (1, "still-open")


def test_without_a_yes_nothing_goes_and_what_would_is_shown(home: Home) -> None:
    home.run("push", "card", "C-1002", "--yes")
    code, out, _ = home.say("forget", "C-1002")
    assert code == 1
    assert "What remains:" in out
    assert "Nothing was forgotten." in out
    assert home.run("forget", "C-1002")[1]["forgotten"] is False
    assert home.run("forget", "C-9999", "--yes")[1]["error"]["code"] == "nothing-known"


def test_imported_cards_and_drafts_go_too(home: Home, tmp_path: Path) -> None:
    card = {
        "id": "C-7001",
        "title": "Quentin Zebrowski",
        "kind": "lead",
        "stage": "New Lead",
        "owner": "m.hale",
        "people": [],
    }
    file = tmp_path / "cards.jsonl"
    file.write_text(
        json.dumps(card) + "\n" + json.dumps({**card, "id": "C-7002", "title": "Other"}) + "\n", "utf-8"
    )
    home.run("import", str(file), "--yes")

    async def draft(book: TinyBook) -> None:
        await book.put_file(f"draft-{b'C-7001'.hex()}", b"He is divorcing")

    on_the_book(home, draft)
    assert b"Zebrowski" in everything(home.path)
    code, told = home.run("forget", "C-7001", "--yes")
    assert (code, told["counts"]) == (0, {"files": 1, "imported": 1})
    held = everything(home.path)
    assert b"Zebrowski" not in held
    assert b"divorcing" not in held
    assert b"C-7002" in held


def on_the_book(home: Home, act: Any) -> None:
    async def run() -> None:
        book = await wiring.open_book(wiring.settings_of(str(home.path), None), write=True)
        try:
            await act(book)
        finally:
            book.close()

    asyncio.run(run())


def _push(push_id: str, state: PushState, at: float) -> Push:
    return Push(push_id, Asset.CARD, "C-1", "7f3a", state, "m.hale", at, at, 1)


def _step(push_id: str, state: StepState) -> StepRecord:
    return StepRecord(
        push_id, 0, "BD-1", System.FLEX, Entity.PERSON, Operation.CREATE, StepKind.CREATE, "P-1", state
    )


@pytest.mark.parametrize(
    ("state", "step", "age", "goes"),
    [
        (PushState.REFUSED, StepState.REFUSED, PLAN_DAYS + 1, True),
        (PushState.PARTIAL, StepState.BLOCKED, PLAN_DAYS + 1, True),
        (PushState.REFUSED, StepState.REFUSED, PLAN_DAYS - 1, False),
        (PushState.PARTIAL, StepState.UNKNOWN, PLAN_DAYS + 1, False),
        (PushState.NEEDS_YOU, StepState.NEEDS_YOU, PLAN_DAYS + 1, False),
        (PushState.PAUSED, StepState.READY, PLAN_DAYS + 1, False),
    ],
)
async def test_bodies_are_kept_while_they_may_be_needed_and_no_longer(
    state: PushState, step: StepState, age: int, goes: bool, tmp_path: Path
) -> None:
    book = await asyncio.to_thread(open_book, tmp_path, RECORDS, operator="m.hale", write=True)
    try:
        now = 1_800_000_000.0
        await book.commit(_push("P1", state, now - age * DAY), _step("P1", step))
        await book.put_file(plan_file("P1"), b"{}")
        assert await remove_old_plans(book, now) == goes
        assert (await book.get_file(plan_file("P1")) is None) == goes
    finally:
        book.close()


def test_the_bodies_of_a_push_that_arrived_are_gone_at_once(home: Home) -> None:
    home.run("push", "card", "C-1002", "--yes")
    kept = home.path / "test" / "kept"
    assert [path.name for path in kept.iterdir()] == []


# -- exports ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["links", "activity"])
def test_exports_are_private_and_hold_ids_and_states_alone(home: Home, tmp_path: Path, what: str) -> None:
    home.run("push", "card", "C-1002", "--yes")
    for form in ("csv", "json"):
        out = tmp_path / f"out.{form}"
        out.write_bytes(b"old")
        out.chmod(0o644)
        code, told = home.run("export", what, "--out", str(out))
        assert (code, told["file"]) == (0, str(out))
        assert is_private(out)
        content = out.read_text("utf-8")
        assert "C-1002" in content
        assert "Patel" not in content
        assert "Priya" not in content
    rows = list(csv.DictReader((tmp_path / "out.csv").open(encoding="utf-8", newline="")))
    assert len(rows) > 3
    assert {row["ref"][:3] for row in rows} <= {"BD-"}
    assert home.run("export", what, "--out", str(tmp_path / "out.xls"))[1]["error"]["code"] == "no-such-form"


def test_the_list_of_cards_is_written_as_it_is_filtered(home: Home, tmp_path: Path) -> None:
    out = tmp_path / "cards.xlsx"
    code, told = home.run("cards", "--filter", "patel", "--out", str(out))
    assert (code, told["file"]) == (0, str(out))
    assert is_private(out)
    sheet = load_workbook(out).active
    assert sheet is not None
    head, *rows = sheet.iter_rows(values_only=True)
    assert head[:2] == ("id", "title")
    assert len(rows) == told["cards"] > 1
    assert all("patel" in " ".join(map(str, row)).casefold() for row in rows)
    assert home.run("cards", "--out", str(tmp_path / "out.xls"))[1]["error"]["code"] == "no-such-form"


@pytest.mark.parametrize(
    "text", ["=1+1", "+61 2", "-1", "@SUM(A1)", "\t=1", " =1", "|x", "%x", "\r=1", "=cmd|' /C calc'!A0"]
)
def test_no_cell_is_a_formula(text: str) -> None:
    (row,) = list(csv.reader(csv_bytes(("a", "b"), [(text, "plain")]).decode("utf-8").splitlines()[1:]))
    assert row[0].startswith("'")
    assert row[1] == "plain"


def test_no_cell_drives_a_terminal() -> None:
    content = csv_bytes(("a",), [("a\x1b[2Jb\u202ec\x9b31m\ud800",)]).decode("utf-8")
    assert content.replace("\r\n", "").isprintable()
