"""Each of the 41 published rows arrives in some preview of the sandbox's own book."""

from __future__ import annotations

from core.flex.field_map.fates import ARRIVES, Field
from core.flex.model import BadRecord, CardSummary, RejectedRecord
from data.settings import load_settings
from tests.support.sandbox_home import Home
from tui.wiring import open_desk

CARD_ROWS = """\
First Name|Middle Name|Last Name|Email Address|Birth Date
Phone Number: Mobile|Phone Number: Home|Phone Number: Office
Home Address: Street Address 1|Home Address: Street Address 2|Home Address: City/Town/Suburb
Home Address: Postcode|Home Address: State/Region|Home Address: Country
Postal Address: Street Address 1|Postal Address: Street Address 2|Postal Address: City/Town/Suburb
Postal Address: Postcode|Postal Address: State/Region|Postal Address: Country
Loan Amount|Loan Term|Loan Category|Loan Purpose
Requirements and Objectives (fetched from Broker Wizard Step 4)
Pre-approval|Split Loan|Fixed Rate|Stand Variable|Principal and Interest|Interest Only
Valuation Amount|Property Type|Usage|Purpose
Lender|Name|Selected/Considered""".replace("\n", "|").split("|")
"""The published card table, row by row, as the seed writes it."""


async def test_every_published_row_arrives_somewhere(home: Home) -> None:
    assert len(CARD_ROWS) == 38
    arrived: set[tuple[str, str]] = set()

    def take(asset: str, fields: tuple[Field, ...]) -> None:
        arrived.update((asset, field.source) for field in fields if field.fate in ARRIVES)

    async with open_desk(load_settings(home.path, None), write=False) as desk:
        async for page in desk.flex.cards():
            for item in page:
                if not isinstance(item, CardSummary):
                    continue
                try:
                    take("card", (await desk.flex.preview(item.id)).fields)
                except BadRecord:
                    continue
                for listed in await desk.notes.of_card(item.id):
                    assert not isinstance(listed, RejectedRecord)
                    take("note", (await desk.notes.preview(listed.note.id)).fields)
        take("fact-find", (await desk.fact_finds.preview("FF-1011")).fields)
    wanted = {("card", source) for source in CARD_ROWS}
    wanted |= {("fact-find", "First Name"), ("note", "Note Text"), ("note", "Attachments")}
    assert len(wanted) == 41
    assert wanted <= arrived, wanted - arrived
