"""The options of the commands about cards, their files and the field map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tui.cli.parser.parts import (
    add_columns,
    add_command,
    add_confirmation,
    add_dates,
)

if TYPE_CHECKING:
    from tui.cli.parser.parts import CommandParser, Commands


_A_CARD: Final = "the id of a card, such as C-1001"


def fill_cards(cards: CommandParser) -> None:
    """Add the options of `cards`."""
    cards.add_argument("--filter", metavar="TEXT", help="only cards with every word of TEXT")
    cards.add_argument(
        "--changed",
        action="store_true",
        help="only cards that changed since their push (reads every pushed card)",
    )
    cards.add_argument(
        "--out", metavar="FILE", help="write the list to a file of your own: .csv, .json or .xlsx"
    )


def fill_previews(previews: Commands) -> None:
    """Add the commands of `preview`."""
    add_command(
        previews,
        "card",
        "cards.push:preview_card",
        "Show what a push of a card would do.",
        _preview_card,
        ("brokerdesk preview card C-1001",),
    )
    add_command(
        previews,
        "fact-find",
        "cards.push:preview_fact_find",
        "Show what a push of a Fact Find would do.",
        _preview_fact_find,
        ("brokerdesk preview fact-find FF-1011",),
    )
    add_command(
        previews,
        "note",
        "cards.push:preview_note",
        "Show what a push of a note would do.",
        _note,
        ("brokerdesk preview note N-3003", "brokerdesk preview note --card C-1013 --text 'Valuation is in.'"),
    )


def fill_pushes(pushes: Commands) -> None:
    """Add the commands of `push`."""
    add_command(
        pushes,
        "card",
        "cards.push:push_card",
        "Push a card to FLEX as a new opportunity, or several cards at once.",
        _push_card,
        (
            "brokerdesk push card C-1001",
            "brokerdesk push card C-1002 C-1003 --yes",
            "brokerdesk push card C-1001 --person P-2001=1-6D9UB",
        ),
    )
    add_command(
        pushes,
        "fact-find",
        "cards.push:push_fact_find",
        "Push a completed Fact Find to FLEX.",
        _push_fact_find,
        ("brokerdesk push fact-find FF-1011",),
    )
    add_command(
        pushes,
        "note",
        "cards.push:push_note",
        "Push a note to the card's FLEX record.",
        _push_note,
        (
            "brokerdesk push note N-3003",
            "brokerdesk push note --card C-1013 --text 'Valuation is in.' --attach valuation.pdf",
        ),
    )


def _preview_card(card: CommandParser) -> None:
    card.add_argument("id", metavar="CARD", help=_A_CARD)
    _add_people(card)
    _add_persons(card)
    _add_html(card, "what a push would do")
    card.set_defaults(override_fact_find=None)


def _push_card(card: CommandParser) -> None:
    card.add_argument(
        "id", metavar="CARD", nargs="+", help="the id of a card; several cards are pushed together"
    )
    _add_people(card)
    card.add_argument(
        "--override-fact-find",
        metavar="CARD",
        help="push a card although it uses the FLEX-integrated Fact Find: type the card's id again",
    )
    _add_persons(card)
    add_confirmation(card, "send without asking")


def _preview_fact_find(fact_find: CommandParser) -> None:
    fact_find.add_argument("id", metavar="FACT_FIND", help="the id of a Fact Find, such as FF-1011")
    _add_persons(fact_find)


def _push_fact_find(fact_find: CommandParser) -> None:
    _preview_fact_find(fact_find)
    add_confirmation(fact_find, "send without asking")


def _note(note: CommandParser) -> None:
    note.add_argument("id", metavar="NOTE", nargs="?", help="the id of a BrokerEngine note")
    note.add_argument("--card", metavar="CARD", help="write a new note for this card")
    note.add_argument("--text", metavar="TEXT", help="the text of the new note; - reads it from stdin")
    note.add_argument(
        "--template", metavar="NAME", help="the text of the new note: a note template, filled from the card"
    )
    note.add_argument(
        "--attach",
        metavar="FILE",
        nargs="+",
        action="extend",
        default=[],
        help="files for the new note: 10 at most, 5 MB each, 7 MB together",
    )


def _push_note(note: CommandParser) -> None:
    _note(note)
    add_confirmation(note, "send without asking")


def _add_people(card: CommandParser) -> None:
    card.add_argument(
        "--people", action="store_true", help="only the people that FLEX has, sent again as updates"
    )


def _add_persons(command: CommandParser) -> None:
    command.add_argument(
        "--person",
        metavar="PERSON=FLEX_ID",
        action="append",
        default=[],
        help="use this FLEX contact for a person; PERSON=new creates a contact although FLEX has a similar one",
    )


def fill_link(link: CommandParser) -> None:
    """Add the options of `link`."""
    fill_unlink(link)
    link.add_argument(
        "flex_id", metavar="FLEX_ID", help="the id that FLEX shows for the record, such as 1-6D9UB"
    )


def fill_unlink(unlink: CommandParser) -> None:
    """Add the options of `unlink`."""
    unlink.add_argument("id", metavar="CARD|PERSON", help="the id of a card or of a person")
    add_confirmation(unlink, "do it without asking")


def fill_links(links: CommandParser) -> None:
    """Add the options of `links`."""
    links.add_argument(
        "--find",
        action="store_true",
        help="search FLEX for every person and card without a link, then ask",
    )
    links.add_argument(
        "--take",
        metavar="ID=FLEX_ID",
        action="append",
        default=[],
        help="with --find: also link this one, which is not sure",
    )
    links.add_argument(
        "--leave", metavar="ID", action="append", default=[], help="with --find: don't link this one"
    )
    add_confirmation(links, "with --find: link without asking")


def fill_checklist(checklist: CommandParser) -> None:
    """Add the options of `checklist`."""
    _add_card(checklist)
    _add_html(checklist, "the list")
    _add_ticks(checklist)


def fill_products(products: CommandParser) -> None:
    """Add the options of `products`."""
    _add_card(products)
    products.add_argument(
        "--take", metavar="ID", help="use the near miss in FLEX's catalogue for this product"
    )
    products.add_argument("--take-back", metavar="ID", help="undo --take for this product")


def fill_notes(notes: CommandParser) -> None:
    """Add the options of `notes`."""
    _add_card(notes)
    notes.add_argument(
        "--templates", action="store_true", help="list your note templates, filled from the card, instead"
    )


def _add_card(command: CommandParser) -> None:
    command.add_argument("card", metavar="CARD", help=_A_CARD)


def _add_html(command: CommandParser, what: str) -> None:
    command.add_argument(
        "--html", metavar="FILE", help=f"write {what} to a page for a browser or a printer, and ask nothing"
    )


def _add_ticks(command: CommandParser) -> None:
    for option, about in (
        ("--tick", "tick a field that was entered"),
        ("--untick", "remove the tick of a field"),
    ):
        command.add_argument(
            option,
            metavar="FIELD",
            action="append",
            default=[],
            help=f"{about}: by its name, or by its place in --json",
        )


def fill_paste(paste: CommandParser) -> None:
    """Add the options of `paste`."""
    _add_card(paste)
    paste.add_argument("--note", metavar="NOTE", help="enter this BrokerEngine note instead of the card")
    paste.add_argument(
        "--text",
        metavar="TEXT",
        help="enter a new note instead of the card; - reads its text from stdin",
    )
    paste.add_argument(
        "--attach",
        metavar="FILE",
        nargs="+",
        action="extend",
        default=[],
        help="with --text: the files of the note",
    )
    paste.add_argument(
        "--list", dest="listed", action="store_true", help="print the values in FLEX's order and end"
    )
    _add_html(paste, "the list")
    _add_ticks(paste)
    paste.add_argument("--flex-id", metavar="ID", help="finish: link the card, and keep who entered what")
    paste.add_argument(
        "--done",
        action="store_true",
        help="finish a note, or a card that is linked: keep who entered what",
    )
    paste.add_argument(
        "--override-fact-find",
        metavar="CARD",
        help="enter a card although it uses the FLEX-integrated Fact Find: type the card's id again",
    )
    add_confirmation(paste, "with --flex-id or --done: finish without asking")


def fill_import(imports: CommandParser) -> None:
    """Add the options of `import`."""
    imports.add_argument("file", metavar="FILE", help="JSON, CSV or a spreadsheet; - reads standard input")
    add_columns(imports, "--columns", "the file's headers")
    add_dates(imports)
    imports.add_argument("--yes", action="store_true", help="import into the built-in sandbox without asking")


def fill_map(commands: Commands) -> None:
    """Add the commands of `map`."""
    add_command(
        commands,
        "show",
        "cards.field_map:show",
        "Show every row and table of the map in use, and which ones are yours.",
        examples=("brokerdesk map show",),
    )
    add_command(
        commands,
        "check",
        "cards.field_map:check",
        "Check your own map, and say what it changes. The exit code is 2 if the map is broken.",
        _check_map,
        ("brokerdesk map check", "brokerdesk map check my-map.toml"),
    )
    add_command(
        commands,
        "value",
        "cards.field_map:value",
        "Set in your own map what FLEX gets for a value that was refused or guessed.",
        _map_value,
        ("brokerdesk map value loan_purpose Bridging Purchase",),
    )
    add_command(
        commands,
        "edit",
        "cards.field_map:edit",
        "Open your own map in your editor, then check it. It is the file that the profile's key `map` names, "
        "else map.toml in the profile's folder (sandbox/map.toml for the built-in sandbox).",
        examples=("brokerdesk map edit",),
    )


def _check_map(check: CommandParser) -> None:
    check.add_argument("file", metavar="FILE", nargs="?", help="a file to check instead of the profile's own")


def _map_value(value: CommandParser) -> None:
    value.add_argument("table", metavar="TABLE", help="the table that the preview names")
    value.add_argument("value", metavar="VALUE", help="the value as BrokerEngine has it")
    value.add_argument("flex_value", metavar="FLEX_VALUE", help="one of the values that FLEX takes")
