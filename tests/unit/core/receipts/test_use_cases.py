"""The receipt of a push: what the systems hold afterwards, value by value, whenever the push ends."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from core.errors import DeskError
from core.push.plan import Plan
from core.push.ports import Applied, Refused
from core.push.records import Push, seen_file
from core.push.resolutions import Choice, Resolution
from core.push.states import PushState
from core.receipts.arrival import LEFT, NOBODY, Ticked
from core.receipts.careful_start import proves
from core.receipts.model import Arrival, Shown, ShownField
from core.receipts.seal import FIRST, seal_of, verify
from core.receipts.use_cases import WrittenReceipt
from tests.support.fakes import link_step, opportunity_step, person_step, plan_of, update_step
from tests.support.virtual_time import virtually
from tests.unit.core.receipts.receipt_setup import ReceiptWorld


def marks(written: WrittenReceipt) -> dict[str, tuple[str, Any, Any]]:
    """Return mark, sent and found value by the name of the field."""
    return {
        field["source"]: (field["arrived"], field["sent"], field["found"])
        for field in written.document["fields"]
    }


def deal() -> Plan:
    person = person_step()
    return plan_of(person, opportunity_step(person))


async def test_every_value_is_read_back_and_marked() -> None:
    world = ReceiptWorld()
    written = await world.push(deal())
    assert marks(written) == {
        "FirstName": ("arrived", "Linh", "Linh"),
        "Applicants.FLEXId": ("arrived", "1-00000", "1-00000"),
    }
    assert written.record.all_arrived
    assert written.record.counts[Arrival.ARRIVED] == 2


async def test_a_value_that_was_there_already_is_marked_so_and_not_as_arrived() -> None:
    world = ReceiptWorld()
    update = update_step()
    world.flex.put("1-KNOWN", LastName="Tran")
    written = await world.push(plan_of(update))
    assert marks(written) == {"LastName": ("there", "Tran", "Tran")}
    assert (written.record.counts[Arrival.ARRIVED], written.record.all_arrived) == (0, True)
    assert written.document["records"][0]["made"] == "unchanged"
    push = await world.book.get(Push, "P1")
    assert push is not None
    assert (push.state, push.reason) == (PushState.DONE, "all-there")


async def test_a_value_in_another_form_has_arrived_and_the_form_is_shown() -> None:
    world = ReceiptWorld()

    async def in_capitals() -> Any:
        world.flex.put("1-00000", person_step().ref, FirstName="LINH ")
        return Applied("1-00000")

    world.flex.script.append(in_capitals)
    assert marks(await world.push(plan_of(person_step()))) == {"FirstName": ("arrived", "Linh", "LINH ")}


async def test_what_a_system_holds_with_half_a_character_is_shown_without_it() -> None:
    world = ReceiptWorld()
    person = person_step()

    async def change() -> Any:
        world.flex.put("1-00000", person.ref, FirstName="Lin\ud800")
        return Applied("1-00000")

    world.flex.script.append(change)
    written = await world.push(plan_of(person))
    assert marks(written) == {"FirstName": ("differs", "Linh", "Lin\ufffd")}
    assert len(world.folder.files) == 2


async def test_a_value_that_the_system_dropped_or_changed_differs_and_both_are_shown() -> None:
    world = ReceiptWorld()
    person = person_step()

    async def change() -> Any:
        world.flex.put("1-00000", person.ref, FirstName="Lin")
        return Applied("1-00000")

    world.flex.script.append(change)
    written = await world.push(plan_of(person))
    assert marks(written) == {"FirstName": ("differs", "Linh", "Lin")}
    push = await world.book.get(Push, "P1")
    assert push is not None
    assert (push.state, written.record.all_arrived) == (PushState.DONE, False)


async def test_a_read_that_fails_is_said_and_tried_again_by_a_new_receipt() -> None:
    world = ReceiptWorld()

    async def then_down() -> Any:
        world.flex.down = 3
        return "done"

    update = update_step()
    world.flex.put("1-KNOWN", LastName="Old")
    world.flex.script.append(then_down)
    written = await world.push(plan_of(update))
    assert marks(written) == {"LastName": ("not-read", "Tran", None)}
    assert written.document["fields"][0]["reason"] == "It is down."
    world.flex.down = 0
    again = await world.receipts.check_again("P1")
    assert marks(again) == {"LastName": ("arrived", "Tran", "Tran")}
    assert (again.record.number, again.document["replaces"]) == (2, 1)
    assert world.folder.read("000001-P1.json") is not None


async def test_a_system_that_is_down_is_asked_once() -> None:
    world = ReceiptWorld()
    person = person_step()
    await world.push(plan_of(person, opportunity_step(person)))
    world.flex.down = 1
    again = await world.receipts.check_again("P1")
    assert [field["reason"] for field in again.document["fields"]] == ["It is down.", "It is down."]
    assert world.flex.down == 0


async def test_what_was_refused_and_what_hangs_from_it_is_not_sent_with_the_reason() -> None:
    world = ReceiptWorld()
    world.flex.script.append(Refused("refused", "Role"))
    written = await world.push(deal())
    assert {mark for mark, _, _ in marks(written).values()} == {"not-sent"}
    first, second = written.document["fields"]
    assert first["reason"].startswith("refused: ")
    assert first["reason"].endswith("(Role)")
    assert second["reason"].startswith("blocked: ")
    assert written.document["state"] == "refused"


@virtually
async def test_what_was_sent_and_left_open_is_not_called_unsent() -> None:
    world = ReceiptWorld()
    world.flex.can_look = False
    world.flex.script.append("lost-after")
    await world.engine.begin(plan_of(person_step()), "m.hale", "P1")
    await world.engine.finish("P1")
    await world.engine.decide("P1", 0, Resolution(Choice.LEAVE))
    written = await world.receipt_of("P1")
    assert marks(written) == {"FirstName": ("not-read", "Linh", None)}
    assert (written.record.all_arrived, proves(written.record)) == (False, False)


async def test_what_a_chosen_record_keeps_as_its_own_is_not_sent_and_is_shown() -> None:
    world = ReceiptWorld()
    body = {"FirstName": "Linh", "CellularPhone": "0491 570 157"}
    person = msgspec.structs.replace(person_step(), body=body, holds=tuple(body))
    world.flex.put("1-LINH", person.ref, FirstName="Linh", CellularPhone="0491 570 006")
    await world.engine.begin(plan_of(person), "m.hale", "P1")
    await world.engine.finish("P1")
    assert (await world.engine.decide("P1", 0, Resolution(Choice.LINK))).state is PushState.DONE
    written = await world.receipt_of("P1")
    expected = {
        "FirstName": ("there", "Linh", "Linh"),
        "CellularPhone": ("not-sent", None, "0491 570 006"),
    }
    assert marks(written) == expected
    assert written.document["fields"][1]["reason"] == LEFT
    assert (written.record.all_arrived, proves(written.record)) == (False, False)
    assert marks(await world.receipts.check_again("P1")) == expected


async def test_a_push_that_goes_on_later_has_a_second_receipt_that_names_the_first() -> None:
    world = ReceiptWorld()
    world.flex.script.append(Refused("refused"))
    first = await world.push(deal())
    world.restart()
    await world.engine.recover()
    await world.engine.decide("P1", 0, Resolution(Choice.AGAIN))
    await world.engine.finish("P1")
    second = await world.receipt_of("P1")
    assert (first.document["state"], second.document["state"]) == ("refused", "done")
    assert (second.record.number, second.document["replaces"]) == (2, 1)
    assert second.record.all_arrived
    assert world.book.files == {}


async def test_what_was_confirmed_outlives_a_restart_until_the_receipt_is_written() -> None:
    world = ReceiptWorld()
    world.folder.full = True
    await world.engine.begin(deal(), "m.hale", "P1")
    await world.engine.finish("P1")
    outcome = await world.keeper.ready("P1")
    assert isinstance(outcome, DeskError)
    assert outcome.code == "receipts-folder"
    assert list(world.book.files) == [seen_file("P1")]
    world.folder.full = False
    world.restart()
    await world.engine.recover()
    await world.keeper.catch_up()
    written = await world.receipts.of_push("P1")
    assert written is not None
    assert written.record.all_arrived
    assert world.book.files == {}
    assert await world.receipts.waiting() == []


async def test_a_push_that_is_not_over_has_no_receipt() -> None:
    world = ReceiptWorld()
    world.flex.script.append(Refused("forbidden", closes=True))
    await world.engine.begin(deal(), "m.hale", "P1")
    assert await world.receipts.write("P1") is None
    assert await world.receipts.of_push("P1") is None
    assert seen_file("P1") in world.book.files


async def test_a_receipt_is_written_once_for_what_its_steps_say() -> None:
    world = ReceiptWorld()
    first = await world.push(deal())
    again = await world.receipts.write("P1")
    assert again is not None
    assert again.record == first.record
    assert len(await world.receipts.records()) == 1


async def test_receipts_form_a_chain_that_the_files_alone_prove() -> None:
    world = ReceiptWorld()
    for n in range(3):
        await world.push(plan_of(person_step(f"P-{n}", f"Name{n}")), f"P{n}")
    documents = [
        (name, json.loads(content)) for name, content in world.folder.files.items() if name.endswith(".json")
    ]
    assert [document["number"] for _, document in documents] == [1, 2, 3]
    assert documents[0][1]["previous"] == FIRST
    assert all(document["sha256"] == seal_of(document) for _, document in documents)
    assert verify(documents).sound
    assert not verify([documents[0], documents[2]]).sound


async def test_a_removed_receipt_leaves_a_stub_without_values() -> None:
    world = ReceiptWorld()
    for n in range(3):
        await world.push(plan_of(person_step(f"P-{n}", f"Name{n}")), f"P{n}")
    (removed,) = await world.receipts.remove(frozenset({2}), "older than receipt_years")
    assert (removed.number, removed.removed_by) == (2, "m.hale")
    assert sorted(world.folder.files) == [
        "000001-P0.html",
        "000001-P0.json",
        "000002-removed.json",
        "000003-P2.html",
        "000003-P2.json",
    ]
    assert b"Name1" not in world.folder.files["000002-removed.json"]
    documents = [(name, json.loads(c)) for name, c in world.folder.files.items() if name.endswith(".json")]
    assert verify(documents).sound
    with pytest.raises(DeskError, match="P1 has no receipt"):
        await world.receipts.check_again("P1")


async def test_the_files_are_json_in_ascii_with_a_line_for_each_value() -> None:
    world = ReceiptWorld()
    await world.push(plan_of(person_step("P-1", "Zo\u00eb \U0001f600")))
    await world.push(plan_of(person_step("P-2", "Ana")), "P2")
    await world.receipts.remove(frozenset({2}), "asked by \u00eb")
    files = {name: content for name, content in world.folder.files.items() if name.endswith(".json")}
    assert len(files) == 2
    for content in files.values():
        document = json.loads(content)
        assert content == (json.dumps(document, indent=1, sort_keys=True) + "\n").encode("ascii")


async def test_a_receipt_is_old_after_its_years_and_never_by_itself() -> None:
    world = ReceiptWorld()
    written = await world.push(deal())
    assert await world.receipts.old(7) == []
    old = msgspec.structs.replace(
        written.record, written_at=written.record.written_at - 7.1 * 365.25 * 86_400
    )
    await world.book.commit(old)
    assert await world.receipts.old(7) == [old]
    assert await world.receipts.old(8) == []
    assert await world.receipts.old(0) == []
    assert "000001-P1.json" in world.folder.files


async def test_the_receipts_that_name_a_person_are_found_by_any_of_their_ids() -> None:
    world = ReceiptWorld()
    await world.push(deal(), "P1")
    await world.push(plan_of(person_step("P-9", "Bao")), "P2")
    for ids, numbers in (({"P-1"}, [1]), ({"1-00000"}, [1]), ({"P-9"}, [2]), ({"P-5"}, []), ({""}, [])):
        assert [record.number for record in await world.receipts.naming(frozenset(ids))] == numbers


async def test_the_preview_as_it_was_shown_is_in_the_receipt() -> None:
    world = ReceiptWorld()
    person = person_step()
    fields = (
        ShownField(
            "Contacts",
            "First Name",
            "Applicant.FirstName",
            "sent",
            "Linh",
            "Linh",
            step=0,
            path=("FirstName",),
        ),
        ShownField("Assets", "Savings", "", "no-home", "20000", reason="no row", place="Assets//Savings"),
        ShownField("Assets", "Boat", "", "no-home", "5", reason="no row", place="Assets//Boat"),
        ShownField("Contacts", "Middle Name", "Applicant.MiddleName", "empty"),
        ShownField("Contacts", "Role", "Opportunity.Applicants.Role", "sent", "Guarantor", "Guarantor"),
    )
    shown = Shown("Nguyen", fields, ("Check the address.",), ("Linh Ngo, 1-AAAA1",))
    world.ticks.ticks = {"Assets//Boat": Ticked("j.park", 5.0)}
    plan = msgspec.structs.replace(plan_of(person), about="C-1", overrides=("use-fact-find",))
    document = (await world.push(plan, shown=msgspec.json.encode(shown))).document
    assert [(field["source"], field["arrived"], field["by"]) for field in document["fields"]] == [
        ("First Name", "arrived", ""),
        ("Savings", "not-sent", ""),
        ("Boat", "by-hand", "j.park"),
        ("Role", "not-sent", ""),
    ]
    assert document["fields"][3]["reason"] == NOBODY
    assert (document["warnings"], document["look_alikes"]) == (["Check the address."], ["Linh Ngo, 1-AAAA1"])
    assert (document["overrides"], document["operator"]) == (["use-fact-find"], "m.hale")
    assert document["plan"] == plan.digest


async def test_every_attempt_and_doubt_of_a_record_is_in_the_receipt() -> None:
    world = ReceiptWorld()
    world.flex.script.extend(["lost-after"])
    document = (await world.push(plan_of(person_step()))).document
    (record,) = document["records"]
    assert (record["attempts"], record["made"], record["remote_id"]) == (1, "created", "1-00000")
    assert "found-after-all" in [event["code"] for event in record["trail"]]


async def test_a_record_that_was_there_is_named_as_existing() -> None:
    world = ReceiptWorld()
    person = person_step()
    world.flex.put("1-OLD", person.ref, FirstName="Linh")
    (record,) = (await world.push(plan_of(person))).document["records"]
    assert (record["made"], record["attempts"]) == ("existing", 0)


async def test_a_receipt_of_a_record_that_was_sent_as_new_reads_the_new_one() -> None:
    world = ReceiptWorld()
    person = person_step()
    world.flex.put("1-OTHER", person.ref, FirstName="Somebody else")
    plan = plan_of(person, opportunity_step(person))
    await world.engine.begin(plan, "m.hale", "P1")
    await world.engine.finish("P1")
    await world.engine.decide("P1", 0, Resolution(Choice.AS_NEW, workspace="test"))
    await world.engine.finish("P1")
    written = await world.receipt_of("P1")
    assert {mark for mark, _, _ in marks(written).values()} == {"arrived"}


async def test_a_system_without_a_connection_is_said_to_be_unread() -> None:
    world = ReceiptWorld()
    await world.push(deal())
    world.systems = {}
    world.restart()
    again = await world.receipts.check_again("P1")
    assert {mark for mark, _, _ in marks(again).values()} == {"not-read"}


async def test_no_value_of_a_client_is_in_the_book_once_the_receipt_is_written() -> None:
    world = ReceiptWorld()
    person = person_step(first="Xanthippe")
    await world.push(plan_of(person, opportunity_step(person), link_step(opportunity_step(person))))
    kept = {name: table for name, table in world.book.tables.items() if name == "receipts"}
    assert kept
    assert b"Xanthippe" not in b"".join(row for table in kept.values() for row in table.values())
    assert world.book.files == {}


async def test_the_next_number_is_found_without_reading_every_receipt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = ReceiptWorld()
    for number in range(1, 4):
        await world.push(plan_of(person_step(f"C-{number}")), f"P{number}")

    async def all_of(kind: type[object]) -> list[object]:
        raise AssertionError(f"every {kind.__name__} is read")

    monkeypatch.setattr(world.book, "all", all_of)
    written = await world.push(plan_of(person_step("C-4")), "P4")
    assert written.record.number == 4
