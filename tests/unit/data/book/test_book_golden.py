"""A book that an earlier version wrote is read as it was meant, and the names on the disk never change by accident.

The folders under `golden/` are never written again. `write_golden.py` says how to add one for a new format.
"""

from __future__ import annotations

import base64
import json
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path
from random import Random
from zlib import crc32

import msgspec
import pytest

from core.automatic.quiet_start import QuietStart
from core.automatic.records import (
    AllowedRound,
    AutomaticWork,
    BrakedRound,
    BrakeReason,
    StandingOrder,
    UsualRounds,
)
from core.contacts import model
from core.contacts.records import Answer, AppShared, AppShareState, JudgedOwners
from core.contacts.sync import undo_plan
from core.diagnostics.records import Drift, VendorChange
from core.flex.records import SamePerson
from core.flex.use_cases.drafts import draft_file
from core.milestones import events
from core.milestones.records import Doubt, MilestoneState, WaitingCalculation
from core.push import plan, states
from core.push.engine import Engine
from core.push.live_push import steps_of
from core.push.plan import System
from core.push.records import Declined, Push, StepRecord, TrailEvent, plan_file, step_key, undo_file
from core.receipts.records import ReceiptRecord
from core.webhooks.records import WebhookRecord
from data.book.book import open_book
from data.book.book_file import BookFile
from data.inbox import Inbox
from tests.support.fakes import FakeRemote
from tests.unit.data.book import golden_records as golden
from tui.wiring.records import RECORDS

GOLDEN = Path(__file__).parent / "golden"


class LongAfter:
    """A clock that does not move an hour after the last record of the golden books."""

    def now(self) -> float:
        return golden.NOON + 3600.0


@pytest.fixture
def v1(tmp_path: Path) -> Path:
    """Copy the golden book, which a test may then write to."""
    return shutil.copytree(GOLDEN / "v1", tmp_path / "v1")


@pytest.fixture
def book(v1: Path) -> Iterator[BookFile]:
    """Open the copy for writing with every kind of record."""
    opened = BookFile(v1, RECORDS)
    yield opened
    opened.close()


# -- the golden book --------------------------------------------------------------------------------------


NEWER_THAN_V1 = {
    AllowedRound,
    AppShared,
    BrakedRound,
    Declined,
    JudgedOwners,
    QuietStart,
    ReceiptRecord,
    SamePerson,
    StandingOrder,
    VendorChange,
    UsualRounds,
    WaitingCalculation,
    WebhookRecord,
}
"""The kinds of record that came after the first golden book was written."""


@pytest.mark.parametrize(
    "kind", [kind for kind in RECORDS if kind not in NEWER_THAN_V1], ids=lambda kind: kind.table
)
def test_every_record_of_the_golden_book_is_read_as_it_was_written(book: BookFile, kind: type) -> None:
    expected = [record for record in golden.V1_RECORDS if type(record) is kind]
    assert expected, f"the golden book has no {kind.__name__}"
    assert book.all(kind) == expected
    assert [book.get(kind, record.key) for record in expected] == expected


async def test_a_push_in_a_golden_archive_is_read_as_it_was_written(tmp_path: Path) -> None:
    home = shutil.copytree(GOLDEN / "v2", tmp_path / "v2")
    with open_book(home, RECORDS, operator="x") as opened:
        assert opened.notices == []
        assert await opened.archived(golden.CARD_DONE) == list(golden.V2_ARCHIVED)
        assert await opened.all(Declined) == [golden.V2_DECLINED]
        live = [step for step in golden.STEPS if step.push_id != golden.CARD_DONE]
        assert await opened.all(StepRecord) == live
        push = await opened.get(Push, golden.CARD_DONE)
        assert push is not None
        assert await steps_of(opened, push) == [
            step for step in golden.V2_ARCHIVED if isinstance(step, StepRecord)
        ]


@pytest.mark.parametrize(
    "kind", sorted(NEWER_THAN_V1 - {Declined}, key=lambda kind: kind.table), ids=lambda kind: kind.table
)
async def test_every_record_of_a_later_kind_is_read_as_it_was_written(tmp_path: Path, kind: type) -> None:
    home = shutil.copytree(GOLDEN / "v3", tmp_path / "v3")
    expected = [record for record in golden.V3_RECORDS if type(record) is kind]
    assert expected, f"the golden book has no {kind.__name__}"
    with open_book(home, RECORDS, operator="x") as opened:
        assert opened.notices == []
        assert await opened.all(kind) == expected


def test_the_golden_archive_has_the_form_that_decision_10_describes() -> None:
    """The archive is read here without the code of the book: lines of a checksum, a space and JSON."""
    (file,) = (GOLDEN / "v2" / "archive").iterdir()
    lines = file.read_bytes().splitlines()
    assert file.name == "2026-09.log"
    assert all(line[:8] == b"%08x" % crc32(line[9:]) for line in lines)
    header, entry = [json.loads(line[9:]) for line in lines]
    assert header == {"kind": "brokerdesk-archive", "schema": 1}
    assert set(entry) == {"push", "records"}, "an entry of schema 1 does not name its schema"
    tables = json.loads(zlib.decompress(base64.b64decode(entry["records"])))
    assert set(tables) == {"steps", "copied"}
    assert set(tables["copied"][golden.CARD_DONE]) <= set(TABLES["copied"].split())


def test_the_golden_book_opens_without_a_notice_for_writing_and_for_reading(v1: Path) -> None:
    written = (v1 / "book.log").read_bytes()
    for write in (True, False):
        with open_book(v1, RECORDS, operator="x", write=write) as opened:
            assert opened.notices == []
            assert (opened.read_only is None) is write
    assert (v1 / "book.log").read_bytes() == written


def test_the_golden_key_gives_the_known_hashes(book: BookFile) -> None:
    assert (GOLDEN / "v1" / "book.key").read_bytes() == golden.KEY
    assert book.keyed_hash("email", "ada@example.test") == "dd9ab39a4225ef11d690347716d79525"
    address = {"lines": ["1 Low St", None, 2], "city": "Perth"}
    assert book.keyed_hash("address", address) == "82e7efc50141e2a84196373b1a285d94"


def test_every_private_file_of_the_golden_book_is_read_as_it_was_written(book: BookFile) -> None:
    plans = {plan_file(push_id): kept for push_id, kept in golden.V1_PLANS.items()}
    undos = {undo_file(push_id): kept for push_id, kept in golden.V1_OLD_VALUES.items()}
    draft = draft_file(golden.DRAFT_OF)
    assert set(book.list_files()) == {*plans, *undos, draft}
    for name, wanted in plans.items():
        assert msgspec.json.decode(book.get_file(name) or b"", type=plan.Plan) == wanted
    for name, values in undos.items():
        assert msgspec.json.decode(book.get_file(name) or b"", type=undo_plan.OldValues) == values
    assert (book.get_file(draft) or b"").decode() == golden.V1_DRAFT


def test_the_digest_of_a_golden_plan_is_the_known_one(book: BookFile) -> None:
    kept = msgspec.json.decode(book.get_file(plan_file(golden.FACT_FIND)) or b"", type=plan.Plan)
    assert kept.digest == "e1f6ba27"


def test_the_golden_inbox_is_read_as_it_was_written(v1: Path) -> None:
    received = Inbox(v1 / "inbox").read()
    assert (received.events, received.notices) == (golden.V1_EVENTS, ())


async def test_the_unfinished_pushes_of_the_golden_book_are_taken_up(v1: Path) -> None:
    with open_book(v1, RECORDS, operator="x") as opened:
        engine = Engine(opened, {}, LongAfter(), Random(1))
        unfinished = {push.push_id: str(push.state) for push in await engine.recover()}
        assert unfinished == {
            golden.FACT_FIND: "paused",
            golden.NOTE: "paused",
            golden.SYNC: "needs-you",
            golden.UNDO: "paused",
            golden.MILESTONE: "paused",
        }
        for push_id in (golden.FACT_FIND, golden.MILESTONE):
            found = [step for step in await opened.all(StepRecord) if step.push_id == push_id]
            assert "intent" not in [str(step.state) for step in found]
            assert "unknown" in [str(step.state) for step in found]
        # Recovery removes no file of a push that is not done, and no undo file.
        kept = {*map(plan_file, golden.V1_PLANS), *map(undo_file, golden.V1_OLD_VALUES)}
        assert kept <= set(await opened.list_files())


async def test_an_unfinished_push_of_the_golden_book_can_be_finished(v1: Path) -> None:
    flex, board = FakeRemote(System.FLEX, settle=0.0), FakeRemote(System.BROKERENGINE, settle=0.0)
    for remote in (flex, board):
        remote.recheck = remote.takes = 0.0
    board.put("C-3")
    with open_book(v1, RECORDS, operator="x") as opened:
        remotes = {System.FLEX: flex, System.BROKERENGINE: board}
        engine = Engine(opened, remotes, LongAfter(), Random(1))
        await engine.recover()
        push = await engine.finish(golden.FACT_FIND)
        assert push.state is states.PushState.DONE
        assert await opened.get(Push, golden.FACT_FIND) == push
        made = await opened.get(StepRecord, step_key(golden.FACT_FIND, 1))
    # The person was made before the crash: the opportunity names the record that exists.
    assert [request.body.get("Applicants") for request in flex.sent] == [[{"FLEXId": "1-00030"}]]
    assert made is not None
    assert board.rows["C-3"].fields == {"flex_id": made.remote_id}


# -- the names on the disk --------------------------------------------------------------------------------

TABLES = {
    "pushes": "push_id asset subject plan state operator created_at updated_at size about reason",
    "steps": (
        "push_id n ref system entity operation kind local_id state remote_id error detail attempts "
        "sent_at forced before sent candidates parent trail request_id outcome reached"
    ),
    "links": "system entity local_id remote_id ref at",
    "generations": "link number",
    "audits": "step attempt since looks",
    "unlinked": "system entity local_id remote_id remote_kind ref by at diverted",
    "declined": "system entity local_id ref sent at",
    "copied": "push_id card at fields whole card_fields carriers",
    "judged": "simplenexus_id total_expert_id answer fingerprint by at group before place",
    "judged-owners": "first second answer by at group before",
    "notes-sent": "push_id card text at",
    "quiet-start": "at",
    "same-products": "product flex_id by at",
    "same-people": "person flex_id reasons by at",
    "syncs": "push_id links at kept",
    "app-shares": "local_id total_expert_id push_id at channels partner state over",
    "ticks": "card place value by at",
    "receipts": (
        "number push_id asset about sha256 previous written_at stood all_arrived counts removed_at removed_by why "
        "not_given done"
    ),
    "milestone-applications": ("id begun made submitted imported changed prompted looked closed person told"),
    "milestone-people": "id account partner calculated signed_in",
    "milestone-calculations": "id at received contacts",
    "milestone-finished": "id at",
    "milestone-approvals": "name doubt at by consent said_at",
    "milestone-skips": "name reason by at happened",
    "milestone-pauses": "contact by at",
    "milestones-taken": "name at push_id state insight_id reason over",
    "milestone-watch": "since polled ahead calculated",
    "standing-orders": "what by at since left",
    "vendor-changes": "system record field how first last count known_by known_at",
    "webhooks": "system url by asked_at webhook_id adopted events enabled_at tested_at",
    "usual-rounds": "what sizes at begun",
    "braked-rounds": "what ids limit why since",
    "allowed-rounds": "what ids by at",
}
"""The fields of every table, by their names on the disk, in order."""

STRUCTS = {
    TrailEvent: "at code said by",
    plan.Plan: "asset subject title steps map_version about links overrides anew consent",
    plan.StatedConsent: "about says overruled_by",
    plan.Step: (
        "ref system entity operation local_id summary body remote_id parent needs identity holds others seen"
    ),
    undo_plan.OldValues: "pushes",
    undo_plan.Before: "sent old",
    model.Contact: (
        "id first_name middle_name last_name suffix email mobile_phone home_phone work_phone "
        "birth_date street street_2 city state postcode country owner kind one_way since origin "
        "title nickname professional_title consent groups related assignee shared_with "
        "license_number employer employer_license agent_by accepted_invite more odd"
    ),
    events.MilestoneEvent: "id what subject at received person",
    events.CalculationReport: "id at received contact_id email",
}
"""The fields of every other structure on the disk."""

WORDS = {
    plan.Asset: "card | fact-find | note | link | unlink | sync | share | invite | undo | milestone | paste",
    plan.Entity: (
        "person | opportunity | applicant | property | product-link | note | contact | prospect | borrower | "
        "partner | invite | access | app-share | insight | group"
    ),
    plan.StepKind: "create | update | set | append",
    plan.Operation: ("create | update | link | write-back | join-group | leave-group | disable | share"),
    plan.System: "brokerengine | flex | simplenexus | total-expert",
    states.PushState: "queued | running | paused | partial | needs-you | refused | done",
    states.StepState: (
        "ready | intent | unknown | needs-you | conflict | refused | blocked | skipped | done"
    ),
    states.WriteOutcome: "created | existing | updated | unchanged",
    AppShareState: "on-its-way | shared | in-doubt | not-shared",
    Answer: "same | different | household | later | unlink",
    model.ContactKind: "borrower | partner | prospect | contact",
    Doubt: "unreadable | late | elsewhere | consent | not-signed-in",
    AutomaticWork: "milestones | new-users",
    Drift: "new-field | unknown-value | null | longer-value | refused-length | new-status",
    BrakeReason: "at-most | usual",
    MilestoneState: "waiting | due | sent | skipped | observed | needs-you",
    events.EventKind: (
        "account | partner | calculated | begun | made | imported | changed | submitted | "
        "prompted | looked | closed | signed-in"
    ),
}
"""The words of every enumeration on the disk, in order."""


def names_on_disk(kind: type[msgspec.Struct]) -> str:
    """Return the encoded names of a structure's fields, joined by spaces."""
    return " ".join(field.encode_name for field in msgspec.structs.fields(kind))


def test_no_table_and_no_field_of_a_record_changes_its_name_on_the_disk() -> None:
    assert {kind.table: names_on_disk(kind) for kind in RECORDS} == TABLES


def test_no_other_structure_on_the_disk_changes_a_name() -> None:
    assert {kind: names_on_disk(kind) for kind in STRUCTS} == STRUCTS


def test_no_word_on_the_disk_changes() -> None:
    assert {kind: " | ".join(kind) for kind in WORDS} == WORDS


def test_the_golden_log_has_the_tables_and_keys_of_the_format() -> None:
    """The log is read here without the code of the book: as lines of a checksum, a space and JSON."""
    lines = (GOLDEN / "v1" / "book.log").read_bytes().splitlines()
    header, *changes = [json.loads(line[9:]) for line in lines]
    assert header == {"kind": "brokerdesk-book", "schema": 1, "snapshot": 3}
    seen: dict[str, list[str]] = {}
    for change in changes:
        for table, documents in change.items():
            for key, document in documents.items():
                if document is None:
                    seen[table].remove(key)
                    continue
                seen.setdefault(table, []).append(key)
                assert set(document) <= set(TABLES[table].split())
    assert {table: keys[0] for table, keys in seen.items()} == FIRST_KEYS


FIRST_KEYS = {
    "pushes": "P001a0c4d2e00aaaaaa",
    "steps": "P001a0c4d2e00aaaaaa:0",
    "links": "flex/person/P-1",
    "generations": "flex/person/P-1",
    "unlinked": "flex/opportunity/C-9",
    "audits": "P001a0c4d2e00aaaaaa:1#1",
    "copied": "P001a0c4d2e00aaaaaa",
    "notes-sent": "P001a0c4d2e03dddddd",
    "same-products": "aurora bank/fixed 3 years",
    "ticks": "C-1:card/C-1/purpose",
    "judged": "SN-1|TE-1",
    "syncs": "P001a0c4d2e04eeeeee",
    "milestone-applications": "A-0",
    "milestone-people": "SN-0",
    "milestone-finished": "A-6",
    "milestone-approvals": "TE-7|SN Loan Application Started|A-7|late",
    "milestone-skips": "TE-6|SN Partner Linked|",
    "milestone-pauses": "TE-6",
    "milestones-taken": "TE-5|SN Borrower Linked|",
    "milestone-watch": "watch",
}
"""The key of the first record of every table in the golden book."""
