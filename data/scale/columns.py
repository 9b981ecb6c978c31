"""The features of many contacts as columns of codes (core/contacts/linkage/features.py has those of one contact).

A form that is simple to compute for nearly every value is computed by an expression: the digits of a plain phone, the
key of a plain email, the number of a plain street. Every other value goes through core/compare, once for each value.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

import numpy as np
import polars as pl
from msgspec import Struct

from core.compare.addresses import building_of, postcode_of, state_of, street_of
from core.compare.dates import plain_date
from core.compare.emails import inbox_keys, plain_local
from core.compare.fillers import FILLER_LOCALS, can_be_filler, filler_names, is_filler_email
from core.compare.folding import fold
from core.compare.name_parts import bare_middle_name, generation, surname_words
from core.compare.names import given_name
from core.compare.phones import digits
from data.scale.codes import Bools, Coded, Ints, coded, densified, numbered, packed, together, with_odd

TEXTS: Final = (
    "first_name",
    "middle_name",
    "last_name",
    "suffix",
    "email",
    "mobile_phone",
    "home_phone",
    "work_phone",
    "birth_date",
    "street",
    "street_2",
    "city",
    "state",
    "postcode",
)
"""The fields of a contact that are compared. A frame of contacts has these columns, as text."""
_PHONES: Final = ("mobile_phone", "home_phone", "work_phone")


class Columns(Struct, frozen=True):
    """The features of the records of both books as codes: those of the left book come before the right book's.

    `first` and `last` are names as they are written, without fillers; `given` and `surname` are folded and have codes
    of one table. `born` are plain dates. `phones` has three columns, of which a record's last ones are 0. `email` and
    `local` are those of a record's first inbox; `several` are the records with more inboxes, each with all its keys.
    `core` is a street without number and type. `place` is (postcode, city, state). `long_name` marks the records with
    a name that may have been cut at the limit of a field, `one_way` those that the one-way integration carries.
    """

    left: int
    first: Coded
    last: Coded
    given: Coded
    surname: Coded
    middle: Coded
    generation: Coded
    born: Coded
    phones: tuple[Ints, Ints, Ints]
    phone_values: Sequence[str]
    email: Coded
    local: Coded
    several: dict[int, tuple[str, ...]]
    number: Coded
    core: Coded
    kind: Coded
    unit: Coded
    home: Ints
    homes: int
    building: Coded
    postcode: Coded
    city: Coded
    state: Coded
    place_key: Coded
    long_name: Bools
    one_way: Bools

    @property
    def records(self) -> int:
        """The number of records of both books."""
        return len(self.first.codes)


_THREADS: Final = 2
LONG: Final = 30
"""Characters of a name up to which no field cuts it off (core/contacts/field_limits.py)."""


def columns_of(left: pl.DataFrame, right: pl.DataFrame, one_way: Ints | None = None) -> Columns:
    """Return the features of two frames of contacts. The right one is Total Expert's, which keeps no years.

    `one_way` are the records that the one-way integration carries.
    """
    carried = np.zeros(left.height + right.height, np.bool_)
    if one_way is not None:
        carried[one_way] = True
    texts = pl.col(TEXTS).cast(pl.String)
    frame = pl.concat([left.select(texts), right.select(texts)])
    with ThreadPoolExecutor(_THREADS) as pool:
        of_phones, of_streets = pool.submit(_phones, frame), pool.submit(_streets, frame)
        of_emails = pool.submit(_emails, frame["email"])
        first, last = coded(frame["first_name"]), coded(frame["last_name"])
        middle = coded(frame["middle_name"])
        generations = _generations(coded(frame["suffix"]), last, middle, first)
        long_name = (_lengths(first) > LONG)[first.codes] | (_lengths(last) > LONG)[last.codes]
        first, last = _known_names(frame, first, last)
        given, surname = together([first.mapped(given_name), last.mapped(_surname)])
    phones, phone_values = of_phones.result()
    email, local, several = of_emails.result()
    number, core, kind, unit = of_streets.result()
    home_missing = (number.codes == 0) | (core.codes == 0)
    home, homes = densified(packed(number.codes, core.codes), home_missing)
    postcode = coded(frame["postcode"]).mapped(postcode_of)
    city, state = coded(frame["city"]).mapped(fold), coded(frame["state"]).mapped(state_of)
    return Columns(
        left.height,
        first,
        last,
        given,
        surname,
        middle.mapped(_middle),
        generations,
        _births(left["birth_date"], right["birth_date"]),
        phones,
        phone_values,
        email,
        local,
        several,
        number,
        core,
        kind,
        unit,
        home,
        homes,
        _buildings(frame),
        postcode,
        city,
        state,
        _place_keys(postcode, city, state),
        long_name,
        carried,
    )


def first_inboxes(columns: Columns) -> tuple[Ints, Ints]:
    """Return the code of the first inbox of each record, 0 for none, of both books."""
    return columns.email.codes[: columns.left], columns.email.codes[columns.left :]


def _lengths(column: Coded) -> Ints:
    return column.numbers(len)


# -- names -------------------------------------------------------------------------------------------------


def _surname(last_name: str) -> str:
    return "".join(surname_words(last_name))


def _middle(middle_name: str) -> str:
    return fold(bare_middle_name(middle_name))


def _known_names(frame: pl.DataFrame, first: Coded, last: Coded) -> tuple[Coded, Coded]:
    """Return first and last names with 0 for those that are fillers."""
    firsts, lasts = first.codes.copy(), last.codes.copy()
    odd_first = np.array([can_be_filler(name) for name in first.values], np.bool_)[first.codes]
    odd_last = np.array([can_be_filler(name) for name in last.values], np.bool_)[last.codes]
    odd = np.flatnonzero(odd_first | odd_last)
    rows = frame.select("first_name", "last_name", "email", *_PHONES)[odd].rows()
    for n, (first_name, last_name, email, *phones) in zip(odd.tolist(), rows, strict=True):
        others = (email or "", *(phone for phone in phones if phone and phone.strip()))
        fillers = filler_names(first_name or "", last_name or "", others)
        if fillers[0]:
            firsts[n] = 0
        if fillers[1]:
            lasts[n] = 0
    return Coded(firsts, first.values), Coded(lasts, last.values)


def _generations(suffix: Coded, last: Coded, middle: Coded, first: Coded) -> Coded:
    """Return the generation of each record: that of the field for it, else of a name."""
    columns = together(
        [
            suffix.mapped(generation),
            last.mapped(lambda name: generation("", name)),
            middle.mapped(lambda name: generation("", "", "", name)),
            first.mapped(lambda name: generation("", "", name)),
        ]
    )
    codes = columns[-1].codes
    for column in reversed(columns[:-1]):
        codes = np.where(column.codes != 0, column.codes, codes)
    return Coded(codes, columns[0].values)


# -- dates -------------------------------------------------------------------------------------------------


def _births(left: pl.Series, right: pl.Series) -> Coded:
    ours = coded(left).mapped(plain_date)
    theirs = coded(right).mapped(lambda text: plain_date(text, keeps_year=False))
    ours, theirs = together([ours, theirs])
    return Coded(np.concatenate([ours.codes, theirs.codes]), ours.values)


# -- phones ------------------------------------------------------------------------------------------------

_ODD_DIGITS: Final = [
    *(7 * digit for digit in "0123456789"),
    *("5551212", "9876543210", "5555551234", "5551234567"),
]
"""What is in every filler of ten digits that begins with 2 to 9 (core/compare/fillers.py)."""


def _national_digits(column: pl.Series) -> pl.Series:
    """Return the national digits of a column of phones.

    A plain phone is ten digits as people of the United States write them, of which the first is neither a trunk 0 nor
    a country's 1.
    """
    frame = column.fill_null("").to_frame("text")
    if not (frame["text"] != "").any():
        return frame["text"]
    frame = frame.with_columns(form=pl.col("text").str.replace_many(dict.fromkeys(" ().-", "")))
    frame = frame.with_columns(
        plain=pl.col("form").str.contains(r"^[2-9][0-9]{9}$") & ~pl.col("form").str.contains_any(_ODD_DIGITS)
    )
    return with_odd(frame, digits)


def _phones(frame: pl.DataFrame) -> tuple[tuple[Ints, Ints, Ints], Sequence[str]]:
    """Return the national digits of each record's phones, each number once, those of the first fields first."""
    columns = together([coded(_national_digits(frame[name])) for name in _PHONES])
    first, second, third = (column.codes for column in columns)
    third = np.where((third == first) | (third == second), 0, third)
    second = np.where(second == first, 0, second)
    second, third = np.where(second == 0, third, second), np.where(second == 0, 0, third)
    first, second, third = (
        np.where(first == 0, second, first),
        np.where(first == 0, third, second),
        np.where(first == 0, 0, third),
    )
    return (first, second, third), columns[0].values


# -- emails ------------------------------------------------------------------------------------------------

_BARE: Final = pl.col("text").str.strip_chars(" \t\r\n").str.to_lowercase()
_PLAIN_EMAIL: Final = r"^[a-z0-9]+(?:[._+-][a-z0-9]+)*@(?:[a-z0-9]+[.-])*[a-z0-9]+\.[a-z]+$"


def _emails(emails: pl.Series) -> tuple[Coded, Coded, dict[int, tuple[str, ...]]]:
    """Return the key of the first inbox and its plain local part, and the keys of the records with several inboxes."""
    frame = emails.fill_null("").to_frame("text").with_columns(key=_BARE)
    parts = pl.col("key").str.split_exact("@", 1).struct.rename_fields(["local", "domain"])
    frame = frame.with_columns(parts.alias("parts")).unnest("parts")
    local = _plain_locals(frame["local"].fill_null(""))
    frame = frame.with_columns(
        local=local,
        domain=pl.col("domain").fill_null(""),
        plain=(pl.col("text") != "")
        & pl.col("text").str.len_bytes().lt(1_000)
        & pl.col("key").str.contains(_PLAIN_EMAIL),
    )
    frame = frame.with_columns(plain=pl.col("plain") & ~_may_be_filler(frame))
    odd = frame.filter(~pl.col("plain") & (pl.col("text") != ""))["text"].unique().to_list()
    found = {text: inbox_keys(text) for text in odd}
    firsts = [found[text][0] if found[text] else "" for text in odd]
    forms = pl.DataFrame(
        {"text": odd, "odd": firsts, "odd_local": list(map(plain_local, firsts))},
        dict.fromkeys(("text", "odd", "odd_local"), pl.String),
    )
    if odd:
        frame = frame.join(forms, on="text", how="left", maintain_order="left")
        frame = frame.with_columns(
            key=pl.when("plain").then("key").otherwise(pl.col("odd").fill_null("")),
            local=pl.when("plain").then("local").otherwise(pl.col("odd_local").fill_null("")),
        )
    many = [text for text in odd if len(found[text]) > 1]
    several: dict[int, tuple[str, ...]] = {}
    if many:
        rows = frame.with_row_index("n").filter(pl.col("text").is_in(many))
        several = {
            n: found[text] for n, text in zip(rows["n"].to_list(), rows["text"].to_list(), strict=True)
        }
    every = several.values()
    return (
        coded(frame["key"]).with_values(key for keys in every for key in keys),
        coded(frame["local"]).with_values(plain_local(key) for keys in every for key in keys),
        several,
    )


def _plain_locals(parts: pl.Series) -> pl.Series:
    """Return what `plain_local` makes of the parts before the @."""
    if parts.str.contains("+", literal=True).any():
        parts = parts.str.replace(r"(?s)\+.*$", "")
    return parts.str.replace_all(".", "", literal=True)


def _may_be_filler(frame: pl.DataFrame) -> pl.Series:
    """Return which plain emails may be fillers, of the columns `local`, `domain` and `plain`.

    An address is a filler for what its local part says, for what its domain says, or because the two are one word.
    """
    domains = frame.filter("plain")["domain"].unique().to_list()
    odd_domains = [domain for domain in domains if is_filler_email(f"someperson7@{domain}")]
    words = frame.select(
        local=pl.col("local").str.replace_all(r"[^a-z0-9]", ""),
        domain=pl.col("domain").str.replace_all("-", "", literal=True),
        odd=pl.col("domain").is_in(odd_domains),
    )
    word = pl.col("local")
    return words.select(
        may=pl.col("odd")
        | word.is_in(sorted(FILLER_LOCALS))
        | word.str.contains("mail", literal=True)
        | pl.col("domain").str.contains(word, literal=True)
    )["may"]


# -- addresses ---------------------------------------------------------------------------------------------

_NUMBER: Final = r"^[0-9]+$"
_WORDS: Final = r"^[A-Za-z]+(?: [A-Za-z]+)*$"


def _streets(frame: pl.DataFrame) -> tuple[Coded, Coded, Coded, Coded]:
    """Return number, street without its type, type and unit of each record's address.

    In a plain street the number stands before words, so that the words alone say what the rest is. A street of which
    the words are no street takes the second line into account, like any other.
    """
    lines = frame.select(street=pl.col("street").fill_null(""), second=pl.col("street_2").fill_null(""))
    split = pl.col("street").str.splitn(" ", 2).struct.rename_fields(["number", "words"])
    halves = lines.select(split.alias("halves")).unnest("halves")
    plain = pl.col("number").str.contains(_NUMBER) & pl.col("words").str.contains(_WORDS)
    halves = halves.select(pl.when(plain).then("number"), pl.when(plain).then("words"))
    number, words = coded(halves["number"]), coded(halves["words"])
    core, kind, unit = (words.mapped(partial(_part, name)) for name in ("core", "kind", "unit"))
    numbers = words.mapped(partial(_part, "number")).codes
    is_street = (core.codes != 0) & (numbers != 0)
    unit, second = together([unit, coded(lines["second"]).mapped(lambda line: street_of("", line).unit)])
    unit = Coded(np.where(unit.codes != 0, unit.codes, second.codes), unit.values)
    empty = lines.select((pl.col("street") == "") & (pl.col("second") == "")).to_series().to_numpy()
    odd = np.flatnonzero(~is_street & ~empty)
    unique = lines[odd].unique()
    others = [street_of(street, line) for street, line in unique.rows()]
    places = lines[odd].join(
        unique.with_row_index("place"), on=("street", "second"), how="left", maintain_order="left"
    )["place"]
    number, core, kind, unit = (
        Coded(np.where(is_street, column.codes, 0), column.values).overlaid(
            odd, [getattr(street, name) for street in others], places.to_numpy()
        )
        for column, name in ((number, "number"), (core, "core"), (kind, "kind"), (unit, "unit"))
    )
    return number, core, kind, unit


def _part(name: str, words: str) -> str:
    """Return a part of the street that is called so; its number is there if the words are no number themselves."""
    street = street_of(f"1 {words}")
    if name == "number":
        return street.number if street.number == "1" else ""
    part: str = getattr(street, name)
    return part


def _buildings(frame: pl.DataFrame) -> Coded:
    """Return the building in each second line. A record without a street has none."""
    building = coded(frame["street_2"]).mapped(building_of)
    has_street = frame["street"].fill_null("").str.contains(r"[^\s\x1c-\x1f]").to_numpy()
    return Coded(np.where(has_street, building.codes, 0), building.values)


def _place_keys(postcode: Coded, city: Coded, state: Coded) -> Coded:
    """Return the key of each record's place: the postcode, else city and state."""
    keys, codes = numbered(np.where(postcode.codes != 0, np.uint64(0), packed(city.codes, state.codes)))
    cities, states = (keys >> np.uint64(32)).tolist(), (keys & np.uint64(0xFFFFFFFF)).tolist()
    towns = Coded(
        codes.astype(np.int32),
        [f"{city.values[c]} {state.values[s]}" if c else "" for c, s in zip(cities, states, strict=True)],
    ).mapped(str)
    postcodes, towns = together([postcode, towns])
    return Coded(np.where(postcodes.codes != 0, postcodes.codes, towns.codes), postcodes.values)
