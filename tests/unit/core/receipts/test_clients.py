"""For whom a push was made: the plan, the confirmation or the receipt says it, and an erased card has no name."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from core.erasure import forget, plan_erasure
from core.errors import DeskError
from core.push.plan import Asset, Plan
from core.push.ports import Refused
from core.push.records import Push, plan_file, seen_file
from core.push.states import PushState
from core.receipts.clients import ClientNames, PushNames, client_in
from tests.support.fakes import opportunity_step, person_step, plan_of
from tests.unit.core.receipts.receipt_setup import ReceiptWorld

NAME = "Nguyen, Linh & 陈, 美"


def deal(**more: Any) -> Plan:
    person = person_step()
    plan = plan_of(person, opportunity_step(person))
    return msgspec.structs.replace(plan, **{"title": NAME, "about": plan.subject, **more})


async def names_in(world: ReceiptWorld, push_id: str = "P1") -> PushNames:
    return await ClientNames(world.book, world.folder).of(world.held_push(push_id))


async def test_a_push_has_a_name_while_it_waits_after_it_was_refused_and_once_it_has_arrived() -> None:
    world = ReceiptWorld()
    await world.engine.begin(deal(), "m.hale", "P1")
    assert await names_in(world) == PushNames(NAME, ("Linh", "a loan"))
    await world.book.delete_file(plan_file("P1"))
    assert await names_in(world) == PushNames(NAME, ("Linh", "a loan"))
    await world.engine.finish("P1")
    await world.receipt_of("P1")
    assert await world.book.get_file(plan_file("P1")) is None
    assert await world.book.get_file(seen_file("P1")) is None
    assert await names_in(world) == PushNames(NAME, ("Linh", "a loan"))


async def test_the_receipt_says_the_client_that_was_shown() -> None:
    world = ReceiptWorld()
    shown = msgspec.json.encode({"title": f"C-1 {NAME}", "fields": []})
    await world.push(deal(), shown=shown)
    assert (await names_in(world)).client == NAME
    await world.receipts.remove(frozenset({1}), "forgotten")
    assert await names_in(world) == PushNames()


async def test_an_erased_card_has_no_name_once_its_receipt_is_gone_too() -> None:
    world = ReceiptWorld()
    world.flex.script.append(Refused("refused", "no"))
    shown = msgspec.json.encode({"title": NAME, "fields": []})
    await world.push(deal(), shown=shown)
    assert world.held_push().state is PushState.REFUSED
    assert (await names_in(world)).client == NAME
    await forget(world.book, await plan_erasure(world.book, "C-1"))
    await world.receipts.remove(frozenset({1}), "forgotten")
    assert await names_in(world) == PushNames()


async def test_an_undo_is_for_the_client_of_the_push_that_it_undoes_and_a_sync_is_for_nobody() -> None:
    world = ReceiptWorld()
    await world.engine.begin(deal(), "m.hale", "P1")
    undo = Push("P2", Asset.UNDO, "undo-P1", "7f3a", PushState.DONE, "m.hale", 0.0, 0.0, 0, about="P1")
    lost = msgspec.structs.replace(undo, push_id="P3", about="P0")
    sync = msgspec.structs.replace(undo, push_id="P4", asset=Asset.SYNC, subject="contacts", about="")
    pushes = [world.held_push(), undo, lost, sync]
    assert await ClientNames(world.book, world.folder).clients(pushes) == {"P1": NAME, "P2": NAME}


async def test_many_pushes_are_asked_for_at_once_and_a_broken_receipt_costs_one_name() -> None:
    world = ReceiptWorld()
    for n in range(30):
        shown = msgspec.json.encode({"title": f"Client {n}", "fields": []})
        await world.push(msgspec.structs.replace(deal(), subject=f"C-{n}"), f"P{n}", shown=shown)
    world.folder.files["000003-P2.json"] = b'{"title": 3}'
    pushes = [world.held_push(f"P{n}") for n in range(30)]
    named = await ClientNames(world.book, world.folder).clients(pushes)
    assert named == {f"P{n}": f"Client {n}" for n in range(30) if n != 2}


async def test_a_folder_that_can_not_be_read_costs_the_names_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    world = ReceiptWorld()
    await world.push(deal())

    def refuse(name: str) -> bytes:
        raise DeskError("receipts-folder", f"{name} can't be read.")

    monkeypatch.setattr(world.folder, "read", refuse)
    assert await names_in(world) == PushNames()


@pytest.mark.parametrize(
    ("asset", "title", "client"),
    [
        (Asset.CARD, "Nguyen, Linh", "Nguyen, Linh"),
        (Asset.NOTE, "C-1 Nguyen, Linh", "Nguyen, Linh"),
        (Asset.FACT_FIND, "C-1 C-1", ""),
        (Asset.CARD, "C-1", ""),
        (Asset.UNLINK, "Nguyen, Linh, not 1-6E2A0", "Nguyen, Linh"),
        (Asset.UNLINK, "Why, not you", "Why"),
        (Asset.UNLINK, "Nguyen, not a client", "Nguyen, not a client"),
        (Asset.LINK, "Nguyen, Linh, not 1-6E2A0", "Nguyen, Linh, not 1-6E2A0"),
        (Asset.CARD, "", ""),
    ],
)
def test_the_client_in_a_title_stands_alone(asset: Asset, title: str, client: str) -> None:
    push = Push("P1", asset, "C-1", "7f3a", PushState.DONE, "m.hale", 0.0, 0.0, 1, about="C-1")
    assert client_in(push, title) == client
