from dataclasses import replace

from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from tests.support.hostile_text import shown
from tui.widgets.step_strip import StepStrip, StripStep

STEPS = [
    StripStep("1", "update", "person", "Linh Nguyen", "1-6D9UB", operation_tone="muted"),
    StripStep("2", "create", "opportunity", "refinance, $640,000"),
    StripStep("10", "create", "product", "Harbour Flexi", "SELECTED", remark_tone="good"),
]


class StripApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.indexes: list[int] = []

    def compose(self) -> ComposeResult:
        with Vertical():
            yield StepStrip()
            yield Static("below")

    @property
    def strip(self) -> StepStrip:
        return self.query_one(StepStrip)

    def on_step_strip_highlighted(self, message: StepStrip.Highlighted) -> None:
        self.indexes.append(message.index)


async def test_it_is_as_high_as_its_steps_and_lines_up() -> None:
    app = StripApp()
    async with app.run_test(size=(80, 12)) as pilot:
        app.strip.set_steps(STEPS)
        await pilot.pause()
        lines = shown(app).split("\n")
        assert lines[3].startswith("below")
        assert lines[0].index("person") == lines[1].index("opportunity")
        assert lines[0].index("1-6D9UB") == lines[2].index("SELECTED")
        assert lines[0].index(" 1 ") + 1 == lines[2].index("10") + 1

        done = [replace(step, sign="✓") for step in STEPS]
        app.strip.set_steps(done)
        assert not app.strip._layout_required, "as many steps take as many lines"
        await pilot.pause()
        assert all("✓" in line for line in shown(app).split("\n")[1:3])
        app.strip.set_steps(done[:2])
        await pilot.pause()
        assert shown(app).split("\n")[2].startswith("below")


async def test_without_the_focus_it_has_no_cursor() -> None:
    app = StripApp()
    async with app.run_test(size=(80, 12)) as pilot:
        app.strip.can_focus = False
        app.strip.set_steps(STEPS)
        await pilot.press("tab", "down")
        assert shown(app).startswith(" 1  update")
        assert app.indexes == []


async def test_with_the_focus_the_cursor_tells_the_step() -> None:
    app = StripApp()
    async with app.run_test(size=(80, 12)) as pilot:
        app.strip.set_steps(STEPS)
        await pilot.press("tab", "down", "down")
        assert app.indexes == [1, 2]


async def test_narrow_the_summary_stays_readable() -> None:
    app = StripApp()
    async with app.run_test(size=(40, 12)) as pilot:
        app.strip.set_steps(STEPS)
        await pilot.pause()
        text = shown(app)
        assert "refinance" in text
        assert "opportunity" in text
        assert "SELECTED" not in text


async def test_10_000_steps() -> None:
    app = StripApp()
    async with app.run_test(size=(80, 12)) as pilot:
        app.strip.set_steps([StripStep(str(n), "create", "contact", f"Contact {n}") for n in range(10_000)])
        await pilot.press("tab", "end")
        await pilot.pause()
        assert "Contact 9999" in shown(app)
        assert len(app.strip._strips) < 100


async def test_a_step_says_what_is_copied_and_its_whole_values() -> None:
    app = StripApp()
    async with app.run_test(size=(30, 12)):
        assert app.strip.copyable() is None
        app.strip.set_steps(
            [StripStep("1", "update", "person", "Linh Nguyen", "✓ 1-6D9UB", copied="1-6D9UB")]
        )
        assert app.strip.copyable() == ("1-6D9UB", "1-6D9UB")
        assert dict(app.strip.whole_values()) == {
            "Step": "1",
            "What": "update person",
            "Record": "Linh Nguyen",
            "Result": "✓ 1-6D9UB",
        }
        app.strip.set_steps(STEPS)
        assert app.strip.copyable() == ("Linh Nguyen", "Linh Nguyen")
