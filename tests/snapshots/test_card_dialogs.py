"""How the dialogs of the Cards room look, and what its board says when something is wrong, at three sizes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import TextArea

from core.flex.model import Attachment, FactFind, FactFindMark, FlexPerson, Note, RejectedRecord
from core.flex.plans.identity import LookAlike
from core.flex.plans.inputs import NEW
from core.flex.plans.linking_up import FlexCandidate, LinkSuggestion
from core.flex.use_cases.linking_up import FoundLinks, SearchFailed
from core.push.plan import Entity
from tests.snapshots.test_screens import EVERY, Scene, a_desk, at, full_card, painted_at, scene
from tests.support.fake_desk import BAO, CARDS, LINH, FakeDesk
from tests.support.until import at_rest, says, until
from tui.app import DeskApp
from tui.cards.entering.by_hand import ByHand
from tui.cards.linking.linking_up import LinkingUp
from tui.cards.linking.look_alikes import ComparedPair, LookAlikes, pairs_of_alikes
from tui.cards.notes import NoteEditor
from tui.cards.push_dialog import PushDialog

NOTES: tuple[Note | RejectedRecord, ...] = (
    Note("N-1", "C-1042", "Rang Linh about the offset account. She wants both rates in writing by Friday, and a "
         "second valuation if the first is below $880,000.", "m.hale", datetime(2026, 11, 9, 3, 5, tzinfo=UTC)),
    Note("N-2", "C-1042", "Payslips are in.", "j.park", datetime(2026, 11, 10, 22, 40, tzinfo=UTC),
         (Attachment("A-1", "payslips.pdf", "application/pdf", 48_213),)),
    RejectedRecord("BrokerEngine", "N-3", "created_at", "it isn't a date"),
)  # fmt: skip
TEMPLATES = {
    "First call": "Called {first_name} on {today}.\n",
    "Documents missing": "Still missing:\n- payslips\n",
}


class FakePapers:
    """The notes and Fact Finds of the cards in memory. Honours `core.flex.ports.CardPapers`."""

    async def notes(self, card_id: str) -> list[Note | RejectedRecord]:
        return [note for note in NOTES if isinstance(note, RejectedRecord) or note.card_id == card_id]

    async def note(self, note_id: str) -> Note:
        return next(note for note in NOTES if isinstance(note, Note) and note.id == note_id)

    async def attachment(self, attachment_id: str) -> bytes:
        return b"%PDF-" + bytes(48_208)

    async def fact_find(self, fact_find_id: str) -> FactFind:
        people = CARDS[0].people if not isinstance(CARDS[0], RejectedRecord) else ()
        return FactFind(fact_find_id, "C-1043", "Submitted", people=people)


def desk_of(folder: Path) -> FakeDesk:
    """Give a desk with a past, with notes, a Fact Find and templates."""
    desk = a_desk(folder)
    desk.papers = FakePapers()
    desk.cards.change("C-1051", fact_find=FactFindMark("FF-7", "Submitted", flex_integrated=True))
    templates = folder / "note-templates"
    templates.mkdir(exist_ok=True)
    for name, text in TEMPLATES.items():
        (templates / f"{name}.txt").write_text(text, "utf-8")
    return desk


async def shows(pilot: Pilot[Any], kind: type[Any]) -> None:
    """Wait for a dialog."""
    await until(pilot, lambda: isinstance(pilot.app.screen, kind))
    await at_rest(pilot)


# -- a push ------------------------------------------------------------------------------------------------


async def lost(desk: FakeDesk, pilot: Pilot[Any]) -> None:
    desk.flex.replies[Entity.OPPORTUNITY].append("lost")
    desk.flex.blind = {Entity.OPPORTUNITY}
    await at("C-1043", "p", "y")(desk, pilot)


async def paused(desk: FakeDesk, pilot: Pilot[Any]) -> None:
    desk.flex.replies[Entity.OPPORTUNITY].append("wrong-secret")
    await at("C-1043", "p", "y")(desk, pilot)


async def bulk_ended(desk: FakeDesk, pilot: Pilot[Any]) -> None:
    desk.flex.replies[Entity.OPPORTUNITY].extend(["applied", "refused"])
    await at("C-1043", "space", "down", "space", "space", "p")(desk, pilot)
    await says(pilot, "Send 3")
    await scene("y")(desk, pilot)
    await says(pilot, "Finished:")
    await at_rest(pilot)


# -- notes -------------------------------------------------------------------------------------------------


async def editing(desk: FakeDesk, pilot: Pilot[Any]) -> None:
    await at("C-1042", "n", "w")(desk, pilot)
    await shows(pilot, NoteEditor)
    pilot.app.screen.query_one(TextArea).insert(
        "Rang Bao about the second valuation.\n\nHe will send it on Monday."
    )
    await at_rest(pilot)


async def templates(desk: FakeDesk, pilot: Pilot[Any]) -> None:
    await editing(desk, pilot)
    await pilot.press("ctrl+t")
    await says(pilot, "First call")


async def asked_about_a_note(desk: FakeDesk, pilot: Pilot[Any]) -> None:
    await at("C-1042", "n", "down", "enter")(desk, pilot)
    await shows(pilot, PushDialog)


# -- by hand and links -------------------------------------------------------------------------------------


async def pasting(desk: FakeDesk, pilot: Pilot[Any]) -> None:
    await at("C-1043", "V")(desk, pilot)
    await shows(pilot, ByHand)
    await scene("enter")(desk, pilot)


async def end_of_pasting(desk: FakeDesk, pilot: Pilot[Any]) -> None:
    await pasting(desk, pilot)
    await pilot.press("l")
    await says(pilot, "did you make of")


async def linking(desk: FakeDesk, pilot: Pilot[Any]) -> None:
    await at("C-1043", "l")(desk, pilot)
    await pilot.press(*"abc", "enter")
    await at_rest(pilot)


CONTACT = FlexPerson(
    "1-6D9UB",
    first_name="Linh",
    last_name="Nguyen",
    email="linh.nguyen@work.example.com",
    birth_date="29/02/1988",
    mobile="0491570006",
    street="4/12 Bay Road",
)


async def compared(_: FakeDesk, pilot: Pilot[Any]) -> None:
    pilot.app.push_screen(LookAlikes(pairs_of_alikes([LookAlike(LINH, (CONTACT,))])))
    await shows(pilot, LookAlikes)


async def asked_who(_: FakeDesk, pilot: Pilot[Any]) -> None:
    question = "FLEX holds somebody with this name and another email. Is it the same person?"
    pilot.app.push_screen(LookAlikes([ComparedPair(LINH, CONTACT, question, ("1-6D9UB", NEW))]))
    await shows(pilot, LookAlikes)


FOUND = FoundLinks(
    (
        LinkSuggestion(
            Entity.PERSON,
            "P-1",
            "Linh Nguyen",
            ("C-1042",),
            (FlexCandidate("1-6D9UB", "contact", "Linh Nguyen, linh.nguyen@work.example.com", CONTACT),),
            None,
            "same name, another email",
            LINH,
        ),
        LinkSuggestion(
            Entity.PERSON,
            "P-2",
            "Bao Tran",
            ("C-1042",),
            (FlexCandidate("1-6D9UC", "contact", "Bao Tran, bao.tran@example.com", CONTACT),),
            "1-6D9UC",
            "same name and email",
            BAO,
        ),
        LinkSuggestion(
            Entity.OPPORTUNITY,
            "C-1043",
            "Nguyen Pty Ltd",
            ("C-1043",),
            (FlexCandidate("1-6D9V0", "opportunity", "Purchase, $480,000, Minh Nguyen"),),
            "1-6D9V0",
            "it has our reference",
        ),
    ),
    (SearchFailed("C-1097", "FLEX does not answer."),),
    12,
)


class FakeLinkUp:
    """As much of the search for links as the dialog asks for."""

    async def find(self, _: object) -> FoundLinks:
        return FOUND


async def links_found(_: FakeDesk, pilot: Pilot[Any]) -> None:
    app = pilot.app
    assert isinstance(app, DeskApp)
    assert app.desk is not None
    dialog = LinkingUp(FakeLinkUp(), app.desk.can_push, live=False, grace=0.0, linked=lambda: None)
    app.push_screen(dialog)
    await says(pilot, "Bao Tran")


# -- all of them -------------------------------------------------------------------------------------------

SCENES: dict[str, Scene] = {
    "lost": lost,
    "paused": paused,
    "bulk-ended": bulk_ended,
    "guarded": at("C-1051", "p"),
    "fact-find": at("C-1051", "tab", "tab", "tab"),
    "notes-tab": at("C-1042", "tab", "tab", "tab"),
    "notes": at("C-1042", "n"),
    "note-editor": editing,
    "note-templates": templates,
    "note-confirm": asked_about_a_note,
    "paste": pasting,
    "paste-end": end_of_pasting,
    "link": linking,
    "unlink": at("C-1042", "X"),
    "look-alikes": compared,
    "who-is-it": asked_who,
    "links-found": links_found,
    "import-path": scene("I"),
    "no-match": scene("slash", "z", "z", "z", "enter"),
    "folded": scene("minus", "end", "minus"),
    "help-in-dialog": at("C-1043", "p", "question_mark"),
    "palette-search": scene("ctrl+p", "f", "i", "n", "d"),
}
AT_EVERY_SIZE = pytest.mark.parametrize("size", EVERY, ids=lambda size: f"{size[0]}x{size[1]}")


@AT_EVERY_SIZE
@pytest.mark.parametrize("name", SCENES)
def test_a_dialog_looks_as_it_did(
    name: str, size: tuple[int, int], tmp_path: Path, snap_compare: Any
) -> None:
    assert painted_at(snap_compare, f"cards {name}", size, EVERY, lambda: desk_of(tmp_path), SCENES[name])


@AT_EVERY_SIZE
def test_the_field_map(
    size: tuple[int, int], tmp_path: Path, snap_compare: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = PurePosixPath("/home/m.hale/.local/share/brokerdesk/field-map.toml")
    monkeypatch.setattr("tui.cards.map_dialog.own_map_file", lambda settings: home)
    assert painted_at(snap_compare, "cards map", size, EVERY, lambda: desk_of(tmp_path), scene("m"))


@AT_EVERY_SIZE
def test_a_push_with_every_kind_of_step_that_stopped(
    size: tuple[int, int], tmp_path: Path, snap_compare: Any
) -> None:
    def make() -> FakeDesk:
        desk = desk_of(tmp_path)
        desk.cards.held["C-1100"] = full_card()
        return desk

    async def play(desk: FakeDesk, pilot: Pilot[Any]) -> None:
        desk.flex.replies[Entity.PROPERTY].append("lost")
        desk.flex.blind = {Entity.PROPERTY}
        await scene("slash", "f", "u", "l", "l", "enter", "p", "y")(desk, pilot)

    assert painted_at(snap_compare, "cards stopped", size, EVERY, make, play)
