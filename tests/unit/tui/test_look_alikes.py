"""A person of a push and a contact of FLEX side by side: fillers are no agreement and no difference."""

from __future__ import annotations

from core.flex.model import FlexPerson, Phones
from tests.support.cards import BAO, but
from tui.cards.linking.look_alikes import side_by_side
from tui.widgets.field_table import FieldRow


def test_fillers_have_no_sign_between_them() -> None:
    person = but(BAO, email="none@none.com", phones=Phones(mobile="0400 000 000", home="0491 570 006"))
    contact = FlexPerson(
        "1-6D9UH", first_name="Bao", email="none@none.com", mobile="0400000000", home_phone="0491570006"
    )
    rows = {row.label: row for row in side_by_side(person, contact) if isinstance(row, FieldRow)}
    assert [rows[label].sign for label in ("Email", "Mobile", "Home phone")] == ["·", "·", "="]
