"""The options of the commands about cards, their files and the field map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.cli.parser.parts import (
    add_columns,
    add_command,
    add_confirmation,
    add_dates,
)

if TYPE_CHECKING:
    from tui.cli.parser.parts import CommandParser, Commands


def fill_cards(cards: CommandParser) -> None:
    """Add the options of `cards`."""
    cards.add_argument("--filter", metavar="TEXT", help="only cards that hold every word of TEXT")
    cards.add_argument(
        "--changed",
        action="store_true",
        help="only cards that changed since their push; reads every card that was pushed",
    )
    cards.add_argument(
        "--out", metavar="FILE", help="write the list to a file of your own: .csv, .json or .xlsx"
    )


def fill_previews(previews: Commands) -> None:
    """Add the commands of `preview`."""
    add_command(previews, "card", "cards.push:preview_card", "what a push of a card would do", _preview_card)
    add_command(
        previews,
        "fact-find",
        "cards.push:preview_fact_find",
        "what a push of a Fact Find would do",
        _preview_fact_find,
    )
    add_command(previews, "note", "cards.push:preview_note", "what a push of a note would do", _note)


def fill_pushes(pushes: Commands) -> None:
    """Add the commands of `push`."""
    add_command(pushes, "card", "cards.push:push_card", "push a card as a new FLEX opportunity", _push_card)
    add_command(
        pushes, "fact-find", "cards.push:push_fact_find", "push a completed Fact Find", _push_fact_find
    )
    add_command(pushes, "note", "cards.push:push_note", "push a note onto the card's FLEX record", _push_note)


def _preview_card(card: CommandParser) -> None:
    card.add_argument("id", metavar="CARD")
    _add_people(card)
    _add_persons(card)
    card.set_defaults(override_fact_find=None)


def _push_card(card: CommandParser) -> None:
    card.add_argument("id", metavar="CARD", nargs="+", help="several are pushed at once")
    _add_people(card)
    card.add_argument(
        "--override-fact-find",
        metavar="CARD",
        help="push although the card uses the FLEX-integrated Fact Find: type the card's id again",
    )
    _add_persons(card)
    add_confirmation(card, "send without asking")


def _preview_fact_find(fact_find: CommandParser) -> None:
    fact_find.add_argument("id", metavar="FACT_FIND")
    _add_persons(fact_find)


def _push_fact_find(fact_find: CommandParser) -> None:
    _preview_fact_find(fact_find)
    add_confirmation(fact_find, "send without asking")


def _note(note: CommandParser) -> None:
    note.add_argument("id", metavar="NOTE", nargs="?", help="one of BrokerEngine's notes")
    note.add_argument("--card", metavar="CARD", help="a note of your own, onto this card")
    note.add_argument("--text", metavar="TEXT", help="its text; - reads it from stdin")
    note.add_argument(
        "--attach",
        metavar="FILE",
        nargs="+",
        action="extend",
        default=[],
        help="files that it carries: 10 at most, 5 MB each, 7 MB together",
    )


def _push_note(note: CommandParser) -> None:
    _note(note)
    add_confirmation(note, "send without asking")


def _add_people(card: CommandParser) -> None:
    card.add_argument(
        "--people", action="store_true", help="only the people FLEX knows, once more, as updates"
    )


def _add_persons(command: CommandParser) -> None:
    command.add_argument(
        "--person",
        metavar="PERSON=FLEX_ID",
        action="append",
        default=[],
        help="use this contact of FLEX for a person; PERSON=new creates a contact although FLEX has one like it",
    )


def fill_link(link: CommandParser) -> None:
    """Add the options of `link`."""
    fill_unlink(link)
    link.add_argument("flex_id", metavar="FLEX_ID")


def fill_unlink(unlink: CommandParser) -> None:
    """Add the options of `unlink`."""
    unlink.add_argument("id", metavar="CARD|PERSON")
    add_confirmation(unlink, "do it without asking")


def fill_links(links: CommandParser) -> None:
    """Add the options of `links`."""
    links.add_argument(
        "--find",
        action="store_true",
        help="search FLEX for all people and cards that are not linked, and ask",
    )
    links.add_argument(
        "--take",
        metavar="ID=FLEX_ID",
        action="append",
        default=[],
        help="with --find: link this one, although it is not sure",
    )
    links.add_argument(
        "--leave", metavar="ID", action="append", default=[], help="with --find: do not link this one"
    )
    add_confirmation(links, "with --find: link without asking")


def fill_checklist(checklist: CommandParser) -> None:
    """Add the options of `checklist`."""
    checklist.add_argument("card", metavar="CARD")
    _add_ticks(checklist)


def fill_products(products: CommandParser) -> None:
    """Add the options of `products`."""
    products.add_argument("card", metavar="CARD")
    products.add_argument("--take", metavar="ID", help="take the near miss in the catalogue for this product")
    products.add_argument("--take-back", metavar="ID", help="take that back")


def fill_notes(notes: CommandParser) -> None:
    """Add the options of `notes`."""
    notes.add_argument("card", metavar="CARD")


def _add_ticks(command: CommandParser) -> None:
    for option, about in (("--tick", "say that a field was entered"), ("--untick", "take its tick away")):
        command.add_argument(
            option,
            metavar="FIELD",
            action="append",
            default=[],
            help=f"{about}: by its name, or by its place in --json",
        )


def fill_paste(paste: CommandParser) -> None:
    """Add the options of `paste`."""
    paste.add_argument("card", metavar="CARD")
    paste.add_argument(
        "--note", metavar="NOTE", help="one of BrokerEngine's notes on the card, instead of the card"
    )
    paste.add_argument(
        "--text",
        metavar="TEXT",
        help="a note of your own on the card, instead of the card; - reads it from stdin",
    )
    paste.add_argument(
        "--attach", metavar="FILE", nargs="+", action="extend", default=[], help="with --text: its files"
    )
    paste.add_argument(
        "--list", dest="listed", action="store_true", help="print the values in FLEX's order, and ask nothing"
    )
    _add_ticks(paste)
    paste.add_argument("--flex-id", metavar="ID", help="the end: link the card, and keep who entered what")
    paste.add_argument(
        "--done",
        action="store_true",
        help="the end of a note, or of a card that is linked: keep who entered what",
    )
    paste.add_argument(
        "--override-fact-find",
        metavar="CARD",
        help="enter the card although it uses the FLEX-integrated Fact Find: type the card's id again",
    )
    add_confirmation(paste, "with --flex-id or --done: without asking")


def fill_import(imports: CommandParser) -> None:
    """Add the options of `import`."""
    imports.add_argument("file", metavar="FILE", help="JSON, CSV or a spreadsheet; - reads standard input")
    add_columns(imports, "--columns", "the file's headers")
    add_dates(imports)
    imports.add_argument("--yes", action="store_true", help="import into the embedded sandbox without asking")


def fill_map(commands: Commands) -> None:
    """Add the commands of `map`."""
    add_command(
        commands, "show", "cards.field_map:show", "every row and table of the map in use, and whose it is"
    )
    add_command(
        commands,
        "check",
        "cards.field_map:check",
        "check a map of your own, and say what it changes: 0 in order, 2 broken",
        _check_map,
    )
    add_command(
        commands,
        "value",
        "cards.field_map:value",
        "write into your own map what FLEX gets for a value that stands in no table, or in place of a guess",
        _map_value,
    )
    add_command(
        commands,
        "edit",
        "cards.field_map:edit",
        "open your own map in your editor, and check it after; it is the file that the profile's key `map` names, "
        "else map.toml in the profile's folder (the embedded sandbox's: sandbox/map.toml)",
    )


def _check_map(check: CommandParser) -> None:
    check.add_argument("file", metavar="FILE", nargs="?", help="another file than the profile's own")


def _map_value(value: CommandParser) -> None:
    value.add_argument("table", metavar="TABLE", help="the table that the preview names")
    value.add_argument("value", metavar="VALUE", help="the value as BrokerEngine has it")
    value.add_argument("flex_value", metavar="FLEX_VALUE", help="one of the values that FLEX takes")
