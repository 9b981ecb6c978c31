import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.content import Content
from textual.widgets import Button, Label, Static

from tests.support.hostile_text import CORPUS, shown, unseen
from tui.text import (
    CAP,
    MARKS_KEPT,
    clip,
    content,
    fit,
    joined,
    notify,
    paragraph,
    plain,
    safe_lines,
    safe_text,
    set_text,
    width_of,
    wrap,
    wrap_hanging,
)

anything = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize("value", CORPUS.values(), ids=CORPUS)
def test_only_what_can_be_seen_is_left(value: str) -> None:
    text = safe_text(value)
    assert not unseen(text)
    assert len(text) <= CAP
    assert safe_text(text) == text
    text.encode()


@given(anything)
def test_whatever_comes_can_be_shown(value: str) -> None:
    assert not unseen(safe_text(value))
    assert not unseen(safe_lines(value).replace("\n", ""))


@given(anything, st.integers(0, 40), st.sampled_from(["left", "right"]))
def test_a_fitted_text_takes_exactly_its_cells(value: str, width: int, align) -> None:
    assert cell_len(fit(value, width, align)) == width
    assert cell_len(clip(value, width)) <= width


def test_what_is_hidden_is_seen_to_be() -> None:
    assert safe_text("invoice\u202excod") == "invoice�xcod"
    assert safe_text("a\u200bb\x1b[0m\x9b") == "a�b�[0m�"
    assert safe_text("a\ud800\u2028\u0085") == "a���"


def test_line_ends_and_tabs_are_spaces_unless_lines_are_wanted() -> None:
    assert safe_text("a\tb\nc\r\nd\u00a0e\u3000f") == "a b c d e f"
    assert safe_lines("a\r\nb\rc\td\u2028e") == "a\nb\nc d�e"


def test_values_that_are_no_text() -> None:
    assert [safe_text(value) for value in (None, 0, True, ("a",))] == ["", "0", "True", "('a',)"]


def test_marks_stack_no_higher_than_a_language_needs() -> None:
    text = safe_text("Z" + "\u0301" * 50 + "a\u0302\u0301")
    assert [unicodedata.category(char) for char in text].count("Mn") == MARKS_KEPT + 2


def test_a_long_value_ends_in_an_ellipsis() -> None:
    assert safe_text("x" * 50, 10) == "xxxxxxxxx…"
    assert len(safe_text("x" * 10_000_000)) == CAP


def test_a_name_people_have_is_left_alone() -> None:
    for name in ("O’Brien-Ng", "Nguyễn Thị Ánh", "Ångström", "山田 太郎", "שלום", "ไทย", "👍🏽"):
        assert safe_text(name) == name


def test_fit_cuts_by_cells() -> None:
    assert fit("日本語日本", 8) == "日本語… "
    assert fit("12", 5, "right") == "   12"
    assert fit("abcdef", 4) == "abc…"
    assert width_of("日本") == 4


def test_a_template_takes_values_literally() -> None:
    made = content("[b]$name[/b] owes $$5 to ${whom}", name="[/] $whom [red]", whom="\x1b[31m")
    assert made.plain == "[/] $whom [red] owes $5 to �[31m"
    assert [(span.start, span.end, span.style) for span in made.spans] == [(0, 15, "b")]


def test_a_value_that_is_content_keeps_its_style_in_the_style_of_its_place() -> None:
    made = content("a [b]$sign[/b] c", sign=plain("●", "$success"))
    assert made.plain == "a ● c"
    assert [(span.start, span.end, span.style) for span in made.spans] == [(2, 3, "b"), (2, 3, "$success")]


def test_a_place_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError, match="name"):
        content("hello $name")


def test_a_template_without_values_still_means_a_dollar_by_two() -> None:
    assert content("$$5 [b]x[/b]").plain == "$5 x"


def test_a_line_that_is_indented_goes_on_further_in() -> None:
    assert wrap_hanging("    events: one, two, three", 16) == [
        "    events:",
        "      one, two,",
        "      three",
    ]
    assert wrap_hanging("short", 16) == ["short"]


def test_wrapping_keeps_words_whole_where_it_can() -> None:
    assert wrap("one two three", 8) == ["one two", "three"]
    assert wrap("ann.old@work.example", 16) == ["ann.old@work.", "example"]
    assert wrap("at katherine.moss@bayhome.example", 28) == ["at", "katherine.moss@bayhome.", "example"]
    assert wrap("/home/ann/brokerdesk/config.toml", 20) == ["/home/ann/brokerdesk", "/config.toml"]
    assert wrap("a.bcdefghijkl", 8) == ["a.bcdefg", "hijkl"], (
        "a sign near the beginning would leave the line empty"
    )
    assert all(width_of(line) <= 8 for line in wrap("日本語日本語日本語 a\nb" + "x" * 30, 8))


class Texts(App[None]):
    def __init__(self, value: str) -> None:
        super().__init__()
        self.value = value

    def compose(self) -> ComposeResult:
        yield Static(plain(self.value, "bold"), id="static")
        yield Label(content("[b]$value[/b]", value=self.value))
        yield Button(plain(clip(self.value, 20)))
        yield Static(paragraph(clip(self.value, 60)))
        framed = Static(joined(plain("a"), plain(self.value)), id="framed")
        framed.styles.border = ("round", "white")
        yield framed

    def on_mount(self) -> None:
        framed = self.query_one("#framed")
        framed.border_title = plain(clip(self.value, 30))
        framed.border_subtitle = plain(clip(self.value, 30))
        framed.tooltip = plain(self.value)
        notify(self, self.value, title=self.value)
        notify(self, plain(self.value))


@pytest.mark.parametrize("value", CORPUS.values(), ids=CORPUS)
async def test_every_widget_shows_it_literally(value: str) -> None:
    app = Texts(value)
    async with app.run_test(size=(120, 60), notifications=True, tooltips=True) as pilot:
        await pilot.pause()
        app.screen._tooltip_widget = app.query_one("#framed")
        await pilot.hover("#framed")
        app.screen._handle_tooltip_timer(app.query_one("#framed"))
        await pilot.pause()
        text = shown(app)
    assert clip(value, 20).strip() in text


async def test_the_unsafe_way_would_have_failed() -> None:
    class Careless(App[None]):
        def compose(self) -> ComposeResult:
            yield Static("a\x1b[31mb")

    app = Careless()
    async with app.run_test(size=(20, 3)) as pilot:
        await pilot.pause()
        with pytest.raises(AssertionError):
            shown(app)


async def test_a_text_that_is_shown_already_costs_no_layout_and_another_one_or_another_style_does() -> None:
    app = _Labels()
    async with app.run_test() as pilot:
        part = app.query_one(Static)
        for text, is_new in (
            (plain("In FLEX", "bold"), True),
            (plain("In FLEX", "bold"), False),
            (plain("In FLEX", "italic"), True),
            (plain("In FLEX since May", "italic"), True),
            (plain(""), True),
            (plain(""), False),
        ):
            await pilot.pause()
            assert not part._layout_required
            set_text(part, text)
            assert part._layout_required is is_new, text
            assert isinstance(part.content, Content)
            assert part.content.is_same(text)


class _Labels(App[None]):
    def compose(self) -> ComposeResult:
        yield Static("In FLEX")
