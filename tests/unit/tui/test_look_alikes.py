"""A person of a push and a contact of FLEX side by side: fillers are no agreement and no difference."""

from __future__ import annotations

from pathlib import Path

from core.flex.model import FlexPerson, Phones
from core.flex.plans.inputs import NEW
from tests.support.cards import BAO, but
from tests.support.fake_desk import FakeDesk, fake_app
from tests.support.until import at_rest, until
from tui.cards.linking.look_alikes import ComparedPair, LookAlikes, side_by_side
from tui.widgets.field_table import FieldRow


def test_fillers_have_no_sign_between_them() -> None:
    person = but(BAO, email="none@none.com", phones=Phones(mobile="0400 000 000", home="0491 570 006"))
    contact = FlexPerson(
        "1-6D9UH", first_name="Bao", email="none@none.com", mobile="0400000000", home_phone="0491570006"
    )
    rows = {row.label: row for row in side_by_side(person, contact) if isinstance(row, FieldRow)}
    assert [rows[label].sign for label in ("Email", "Mobile", "Home phone")] == ["·", "·", "="]


async def test_an_answer_can_be_clicked(tmp_path: Path) -> None:
    answers: list[dict[str, str] | None] = []
    app = fake_app(FakeDesk(tmp_path))
    async with app.run_test(size=(100, 30)) as pilot:
        await at_rest(pilot)
        pair = ComparedPair(BAO, FlexPerson("1-6D9UH"), "Is it the same person?", ("1-6D9UH", NEW))
        await app.push_screen(LookAlikes([pair]), answers.append)
        await at_rest(pilot)
        await pilot.click("#alikes-answers", offset=(4, 0))
        await until(pilot, lambda: answers)
        await app.run_action("app.quit")
    assert answers == [{BAO.id: "1-6D9UH"}]
