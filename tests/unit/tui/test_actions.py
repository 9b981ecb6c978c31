from collections.abc import Mapping
from typing import ClassVar

import pytest
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Input

from tests.support.hostile_text import shown
from tests.support.widgets import cards, listing
from tui.action_model import Action, SaysWhyNot
from tui.actions import (
    ACTIONS,
    GROUPS,
    bindings_for,
    by_name,
    footer_hints,
    help_for,
    help_sections,
    key_list,
    offered,
    show_keys,
    validate_keymap,
    why_not,
)
from tui.palette.entries import SECTIONS, PaletteEntry, action_entries, best_first
from tui.palette.help import HelpScreen
from tui.widgets.key_footer import KeyFooter
from tui.widgets.row_list import RowList

SHARED = {
    *("list-up", "list-down", "list-page-up", "list-page-down", "list-top", "list-bottom"),
    *("list-open", "list-mark", "list-unmark", "list-sort", "list-reverse"),
    *("cards-room", "contacts-room", "milestones-room", "activity-room"),
    *("filter", "back", "help", "palette", "quit", "close-help"),
}
ROOM = (
    Action(name="push", group="here", keys="p", label="Push", footer="push", place=1, keep=99,
           does="Send the card to FLEX"),
    Action(name="same", group="here", keys="s", label="Same", footer="decide", place=2, does="They are one person"),
    Action(name="different", group="here", keys="d", label="Different", footer="decide", place=2,
           does="They are two people"),
    Action(name="undo", group="there", keys="p", label="Undo", footer="undo", does="Take it back"),
)  # fmt: skip
ALL = (*(action for action in ACTIONS if action.name in SHARED), *ROOM)


class Desks(Screen[None]):
    def action_filter(self) -> None:
        self.query_one(Input).focus()

    def action_back(self) -> None:
        self.query_one(RowList).focus()


class Desk(App[None]):
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("app", ALL), *bindings_for("here", ALL)]

    def __init__(self, keymap: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.done: list[str] = []
        self.keys = dict(keymap or {})

    def compose(self) -> ComposeResult:
        yield Input()
        yield RowList(listing())
        yield KeyFooter(ALL)

    def get_default_screen(self) -> Screen[None]:
        return Desks(id="_default")

    def on_mount(self) -> None:
        self.set_keymap(self.keys)
        self.query_one(RowList).set_rows(cards("A", "B"))
        self.query_one(RowList).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return False if action == "undo" else None if action == "different" else True

    def action_push(self) -> None:
        self.done.append("push")

    def action_same(self) -> None:
        self.done.append("same")

    def action_different(self) -> None:
        self.done.append("different")

    def action_room(self, name: str) -> None:
        self.done.append(name)

    def action_help(self) -> None:
        self.push_screen(HelpScreen(help_for(self.screen, self.keys, ALL)))


def test_each_action_is_declared_once_in_a_known_group_with_keys_that_exist() -> None:
    assert len(by_name()) == len(ACTIONS)
    assert {action.group for action in ACTIONS} <= {group.name for group in GROUPS}
    for action in ACTIONS:
        assert action.does
        assert action.label
        assert validate_keymap({action.name: action.keys}).problems == ()


def test_every_room_and_every_dialog_says_what_it_is_for() -> None:
    assert [group.name for group in GROUPS if not group.about and group.name not in ("rows", "help")] == []


def test_no_defaults_clash() -> None:
    assert validate_keymap({action.name: action.keys for action in ACTIONS}).problems == ()


def test_bindings_carry_the_actions_name() -> None:
    names = {action.name for action in ACTIONS if action.group == "app"}
    assert {binding.id for binding in bindings_for("app")} == names


def test_the_help_has_every_action_with_the_keys_of_its_binding() -> None:
    rows = [row for section in help_sections() for row in section.rows]
    assert {row.action.name for row in rows} == set(by_name())
    for row in rows:
        binding = row.action.binding()
        assert row.keys == show_keys(b.key for b in Binding.make_bindings([binding]))


@pytest.mark.parametrize(
    ("table", "keys", "said"),
    [
        ({"push": "P"}, {"push": "P"}, ()),
        ({"push": "p,ctrl+s"}, {"push": "p,ctrl+s"}, ()),
        ({"push": ["P", "f5"]}, {"push": "P,f5"}, ()),
        ({"help": "!"}, {"help": "exclamation_mark"}, ()),
        ({"psuh": "P"}, {}, ("there is no action 'psuh'; did you mean 'push'?",)),
        ({"push": ""}, {}, ("push: give a key, or several separated by commas",)),
        ({"push": 5}, {}, ("push: give a key, or several separated by commas",)),
        ({"push": "a,,b"}, {}, ("push: 'a,,b' has an empty key; write a comma as 'comma'",)),
        ({"push": "hyperspace"}, {}, ("push: 'hyperspace' is not a key",)),
        ({"push": "s"}, {}, ("push: s already means 'same'; keeping p",)),
        ({"push": "slash"}, {}, ("push: / already means 'filter'; keeping p",)),
        ({"push": "j"}, {}, ("push: j already means 'list-down'; keeping p",)),
        ({"undo": "s"}, {"undo": "s"}, ()),
        ({"push": "s", "same": "p"}, {"push": "s", "same": "p"}, ()),
        ({"close-help": "p"}, {"close-help": "p"}, ()),
    ],
)
def test_the_operators_keys_are_checked(
    table: dict[str, object], keys: dict[str, str], said: tuple[str, ...]
) -> None:
    assert validate_keymap(table, ALL) == (keys, said)


def test_of_two_that_took_one_key_neither_gets_it() -> None:
    checked = validate_keymap({"push": "x", "same": "x", "help": "h"}, ALL)
    assert checked.keys == {"help": "h"}
    assert len(checked.problems) == 2


def test_a_key_given_back_may_clash_in_turn() -> None:
    # "same" leaves s for x, which is taken, and so s isn't free for "push" after all
    checked = validate_keymap({"push": "s", "same": "d"}, ALL)
    assert checked.keys == {}
    assert len(checked.problems) == 2


def test_keys_are_written_as_the_footer_writes_them() -> None:
    assert show_keys(key_list("ctrl+p")) == "^p"
    assert show_keys(key_list("up,down")) == "↑↓"
    assert show_keys(key_list("?,space,enter,escape,G")) == "? space enter esc G"


async def test_the_footer_shows_what_fits_the_moment() -> None:
    app = Desk()
    async with app.run_test(size=(120, 24)) as pilot:
        await pilot.pause()
        footer = shown(app).split("\n")[-1]
        assert footer.split("   ")[:3] == [" p push", "s decide", "↑↓ next"]
        assert "? help   ^p palette" in footer
        assert "undo" not in footer
        await pilot.press("slash")
        await pilot.pause()
        assert shown(app).split("\n")[-1].strip() == "f1 help   ^p palette"


class Reluctant(Screen[None], SaysWhyNot):
    """A screen of which the footer hides what can't act, with one key that acts from the second press on."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("here", ALL)]
    FOOTER_HIDES = True
    AUTO_FOCUS = ""
    may_push = False

    def compose(self) -> ComposeResult:
        yield KeyFooter(ALL)

    def why_not(self, action: str) -> str:
        return "Not yet." if action == "push" and not self.may_push else ""

    def action_push(self) -> None:
        self.may_push = False

    def action_same(self) -> None:
        self.may_push = True
        self.refresh_bindings()


async def test_a_screen_may_leave_out_of_its_footer_what_can_not_act_now() -> None:
    app = Desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(Reluctant())
        await pilot.pause()
        assert "push" not in shown(app).split("\n")[-1]
        assert "s d decide" in shown(app).split("\n")[-1]
        await pilot.press("s")
        await pilot.pause()
        assert "p push" in shown(app).split("\n")[-1]


async def test_a_narrow_footer_keeps_what_matters_most() -> None:
    app = Desk()
    async with app.run_test(size=(32, 24)) as pilot:
        await pilot.pause()
        assert shown(app).split("\n")[-1].rstrip() == " p push   ? help   ^p palette"


async def test_a_click_in_the_footer_does_it() -> None:
    app = Desk()
    async with app.run_test(size=(120, 24)) as pilot:
        await pilot.pause()
        footer = shown(app).split("\n")[-1]
        await pilot.click(KeyFooter, offset=(footer.index("push") + 1, 0))
        assert app.done == ["push"]
        await pilot.click(KeyFooter, offset=(footer.index("↑↓") + 1, 0))
        assert app.query_one(RowList).cursor_key == "C-1"
        await pilot.click(KeyFooter, offset=(footer.index("next") + 1, 0))
        assert app.query_one(RowList).cursor_key == "C-1"


async def test_footer_palette_and_bindings_agree() -> None:
    app = Desk()
    async with app.run_test() as pilot:
        await pilot.pause()
        names = {entry.action.name for entry in offered(app.screen, ALL) if not entry.reason}
        active = {entry.binding.id for entry in app.screen.active_bindings.values() if entry.enabled}
        assert names == active & set(by_name(ALL))
        assert "different" not in names
        assert "undo" not in names
        hinted = {active.binding.id for hint in footer_hints(app.screen, ALL) for _, active in hint.keys}
        assert hinted <= names


async def test_the_palette_offers_what_an_inputs_letters_hide() -> None:
    app = Desk()
    async with app.run_test() as pilot:
        await pilot.press("slash")
        names = {entry.action.name for entry in offered(app.screen, ALL)}
        assert "push" in names
        assert "list-mark" not in names


async def test_the_palette_has_everything_in_order_with_its_key_and_what_can_not_be_done_now() -> None:
    app = Desk({"push": "P"})
    async with app.run_test():
        entries = action_entries(app, app.screen, app.keys, ALL)
        by_label = {entry.label: entry for entry in entries}
        assert [entry.label for entry in entries][:2] == ["Push", "Same"]
        assert by_label["Push"].keys == "P"
        assert by_label["Different"].reason == "“Different” is not possible here now."
        assert [entry.section for entry in entries] == sorted(
            (entry.section for entry in entries), key=SECTIONS.index
        )
        assert {"Mark", "Cards", "Help"} <= by_label.keys()
        assert {"Up", "Palette"}.isdisjoint(by_label)
        await by_label["Push"].run()
        assert app.done == ["push"]


def test_the_best_entry_comes_first_and_a_reason_is_not_searched() -> None:
    def entry(label: str, does: str = "", reason: str = "") -> PaletteEntry:
        return PaletteEntry(
            key=label, label=label, does=does, section="Here", run=lambda: None, reason=reason
        )

    entries = [
        entry("Read again", "what has a link"),
        entry("Find links"),
        entry("Link", "an ID"),
        entry("Unlink", "C-1 is not in FLEX yet", "C-1 is not in FLEX yet"),
        entry("Zoë’s"),
    ]
    assert [found.label for found in best_first(entries, "LINK")] == [
        "Link",
        "Find links",
        "Unlink",
        "Read again",
    ]
    assert [found.label for found in best_first(entries, "link id")] == ["Link"]
    assert best_first(entries, "flex yet") == []
    assert [found.label for found in best_first(entries, "zoe's")] == ["Zoë’s"]


async def test_rooms_by_number() -> None:
    app = Desk()
    async with app.run_test() as pilot:
        await pilot.press("1", "2", "3", "4")
        assert app.done == ["cards", "contacts", "milestones", "activity"]


async def test_remapped_keys_work_and_are_shown() -> None:
    checked = validate_keymap({"push": "P", "list-down": "n", "help": "h"}, ALL)
    assert checked.problems == ()
    app = Desk(checked.keys)
    async with app.run_test(size=(120, 50)) as pilot:
        await pilot.press("p", "n")
        assert app.done == []
        assert app.query_one(RowList).cursor_key == "C-1"
        await pilot.press("P")
        assert app.done == ["push"]
        assert shown(app).split("\n")[-1].startswith(" P push")
        await pilot.press("h")
        await pilot.pause()
        lines = shown(app).split("\n")
        assert any("P " in line and "Send the card to FLEX" in line for line in lines)
        assert "esc close" in lines[-1]
        await pilot.press("escape")
        assert not isinstance(app.screen, HelpScreen)


async def test_the_help_scrolls_where_it_is_low() -> None:
    app = Desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("question_mark")
        await pilot.pause()
        assert "LISTS" in shown(app)
        assert "They are two people" not in shown(app)
        await pilot.press("end")
        await pilot.pause()
        assert "Take it back" in shown(app)


# -- keys that can't act -----------------------------------------------------------------------------------


class Refuses(Screen[None], SaysWhyNot):
    """A screen that can push nothing, offers no answer, and has an action that a widget in it refuses too."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("here", ALL)]

    def compose(self) -> ComposeResult:
        yield RowList(listing())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return False if action == "different" else super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        return "There is nothing to push." if action == "push" else ""


class Refusing(App[None]):
    def get_default_screen(self) -> Screen[None]:
        return Refuses(id="_default")


@pytest.mark.parametrize(
    ("key", "keymap", "said"),
    [
        ("p", {}, "There is nothing to push."),
        ("d", {}, "“Different” is not possible here now."),
        ("s", {}, ""),
        ("z", {}, ""),
        ("d", {"different": "x"}, ""),
        ("x", {"different": "x"}, "“Different” is not possible here now."),
    ],
)
async def test_a_key_that_can_not_act_says_why(key: str, keymap: dict[str, str], said: str) -> None:
    app = Refusing()
    async with app.run_test():
        assert why_not(app.screen, key, keymap, ALL) == said
