import pytest
from textual.app import App, ComposeResult

from tests.support.hostile_text import shown
from tui.widgets.field_table import FieldRow, FieldTable, Gap
from tui.widgets.line_view import Heading

LINES = [
    Heading("People", "Linh Nguyen, primary applicant"),
    FieldRow("First name", "Linh", "→", "Linh", "FirstName", "good"),
    FieldRow("Home street 1", "Unit 4", "⇒", "Unit 4, 12 Bay Rd", "DirectAddressStreet", "warn"),
    FieldRow("Employer", "Bay Health", "✗", "no home in FLEX", tone="bad", reason="FLEX keeps no employer"),
    Gap(),
    Heading("Loan"),
    FieldRow("Loan amount", "$640,000.00", "→", "640000", "ProposedLoanAmount", "good"),
]


class TableApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.reasons: list[str] = []

    def compose(self) -> ComposeResult:
        yield FieldTable()

    @property
    def table(self) -> FieldTable:
        return self.query_one(FieldTable)

    def on_field_table_highlighted(self, message: FieldTable.Highlighted) -> None:
        self.reasons.append(message.row.reason or message.row.label)


async def test_columns_line_up_under_their_headings() -> None:
    app = TableApp()
    async with app.run_test(size=(90, 12)) as pilot:
        app.table.set_lines(LINES)
        await pilot.pause()
        lines = shown(app).split("\n")
        assert lines[0].startswith("PEOPLE  Linh Nguyen")
        assert {lines[n].index(sign) for n, sign in ((1, "→"), (2, "⇒"), (3, "✗"), (6, "→"))} == {
            lines[1].index("→")
        }
        assert lines[2].index("DirectAddressStreet") == lines[6].index("ProposedLoanAmount")
        assert lines[4].strip() == ""


@pytest.mark.parametrize(
    ("width", "said"),
    [(90, "DirectAddressStreet"), (60, "Unit 4, 12 Bay Rd"), (40, "Unit 4"), (20, "⇒")],
)
async def test_the_targets_name_goes_first_then_values_shrink(width: int, said: str) -> None:
    app = TableApp()
    async with app.run_test(size=(width, 12)) as pilot:
        app.table.set_lines(LINES)
        await pilot.pause()
        text = shown(app)
        assert said in text
        assert ("DirectAddressStreet" in text) == (width == 90)


async def test_the_focused_field_tells_its_reason() -> None:
    app = TableApp()
    async with app.run_test() as pilot:
        app.table.set_lines(LINES)
        await pilot.press("down", "down", "down", "up")
        assert app.reasons == [
            "First name",
            "Home street 1",
            "FLEX keeps no employer",
            "Loan amount",
            "FLEX keeps no employer",
        ]


async def test_new_lines_keep_the_cursor_on_its_field() -> None:
    app = TableApp()
    async with app.run_test() as pilot:
        app.table.set_lines(LINES)
        await pilot.press("tab", "end")
        app.table.set_lines([FieldRow("New"), *LINES])
        assert app.table.cursor_field == LINES[-1]
        app.table.set_lines(LINES[:2])
        assert app.table.cursor_field == LINES[1]
        app.table.set_lines([])
        assert app.table.cursor_field is None
        await pilot.press("down", "end")


async def test_5_000_lines() -> None:
    app = TableApp()
    async with app.run_test(size=(90, 12)) as pilot:
        app.table.set_lines(
            [FieldRow(f"Field {n}", str(n), "→", str(n), "Name", "good") for n in range(5000)]
        )
        await pilot.press("tab", "end")
        await pilot.pause()
        assert "Field 4999" in shown(app)
        assert len(app.table._strips) < 100


@pytest.mark.parametrize(
    ("row", "text", "name"),
    [
        (FieldRow("First name", "Linh", "→", "Lin", "FirstName", "good"), "Lin", "First name"),
        (FieldRow("Employer", "Bay Health", "✗", "no home in FLEX", tone="bad"), "Bay Health", "Employer"),
        (FieldRow("Amount", "$640,000", "→", "640000", copied="640000.00"), "640000.00", "Amount"),
        (FieldRow("a line alone"), "a line alone", "The line"),
        (FieldRow("Loan", "\x1b[31mred"), "\x1b[31mred", "Loan"),
    ],
)
def test_what_arrives_is_copied_as_it_is_held_else_what_is_there(row: FieldRow, text: str, name: str) -> None:
    assert row.copyable == (text, name)


async def test_the_table_copies_the_field_under_the_cursor_or_the_whole_and_says_it_in_full() -> None:
    app = TableApp()
    async with app.run_test(size=(40, 12)) as pilot:
        assert app.table.copyable() is None
        app.table.set_lines(LINES)
        app.table.focus()
        await pilot.press("down", "down")
        assert app.table.copyable() == ("Bay Health", "Employer")
        assert [value.text for value in app.table.whole_values()] == [
            "Bay Health",
            "no home in FLEX",
            "FLEX keeps no employer",
        ]


async def test_the_cursor_is_on_all_lines_of_a_field() -> None:
    broken = [
        FieldRow("", "BrokerEngine", "", "FLEX", tone="strong"),
        FieldRow("Purpose", "Refinance"),
        FieldRow("Product", "Harbour Mutual", reason="not in the catalogue", copied="Harbour Mutual Saver"),
        FieldRow("", "Saver", goes_on=True),
        FieldRow("Term", "30"),
    ]
    app = TableApp()
    async with app.run_test(size=(40, 12)) as pilot:
        app.table.set_lines(broken)
        app.table.focus()
        assert app.table.cursor_line == 1
        await pilot.press("down")
        assert [app.table.is_lit(line) for line in range(5)] == [False, False, True, True, False]
        assert app.table.copyable() == ("Harbour Mutual Saver", "Product")
        assert [value.text for value in app.table.whole_values()] == [
            "Harbour Mutual Saver",
            "not in the catalogue",
        ]
        await pilot.press("down")
        assert app.table.cursor_line == 4
        await pilot.click(FieldTable, offset=(12, 3))
        assert app.table.cursor_line == 2
