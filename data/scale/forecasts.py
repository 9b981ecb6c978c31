"""Finds in columns which imports and pushes of two large files the systems' own rules may turn into something else.

What is left out is surely created as it is; core/contacts/match/vendor_rules.py decides about the rest. So a record is
left out only if its values have their plain forms, and if no value that a rule compares is anybody else's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

from core.compare.keys import text_key
from core.contacts.match.match import NOBODY_TO_REACH, ForecastScope
from core.contacts.match.vendor_rules import LONGEST_EMAIL, LONGEST_NAME
from core.contacts.model import Verdict
from data.scale.codes import Bools, Ints
from data.scale.files import ColumnContacts
from data.scale.rows import RowColumns

_NAME: Final = rf"^[A-Za-z](?:[A-Za-z' -]{{0,{LONGEST_NAME - 2}}}[A-Za-z])?$"
_EMAIL: Final = r"^[A-Za-z0-9]+(?:[._+-][A-Za-z0-9]+)*@(?:[A-Za-z0-9]+[.-])*[A-Za-z0-9]+\.[A-Za-z]+$"
_PLACE: Final = ("street", "city", "state", "postcode")
_PHONES: Final = ("home_phone", "mobile_phone", "work_phone")
"""Each has one number: a row with several in a field was read by itself (data/contacts/plain_values.py)."""
_ASCII: Final = r"^[\x00-\x7F]*$"
_COMPARED: Final = ("email", *_PHONES, "postcode")
"""The fields of which two records share a value if one of Total Expert's rules says that they are one contact.

Of an address it is the postcode, by its first characters.
"""


def forecast_scope(
    rows: RowColumns, ours: ColumnContacts, theirs: ColumnContacts, emails: tuple[Ints, Ints]
) -> ForecastScope:
    """Return the rows of which a forecast is to be made, and the ids of the records that it has to know.

    `emails` are the codes of the first inbox of each record of both books, 0 for none.
    """
    imports = np.array(rows.of_verdict(Verdict.IMPORT), np.int32)
    pushes = np.array(rows.of_verdict(Verdict.PUSH), np.int32)
    their_frame, our_frame = _texts(theirs), _texts(ours)
    taken = rows.right[imports]
    is_new_account = (emails[1][taken] != 0) & ~np.isin(emails[1][taken], emails[0])
    open_imports = imports[~(_are_plain(their_frame[taken]) & is_new_account)]
    names = _names(our_frame), _names(their_frame)
    given = rows.left[pushes]
    is_met = _are_met(our_frame[given], names[0][given], their_frame, names[1])
    open_pushes = pushes[~(_are_plain(our_frame[given]) & (emails[0][given] != 0) & ~is_met)]
    asked = [rows[place] for place in _in_order(rows, open_imports, open_pushes)]
    their_ids, our_ids = their_frame["id"], our_frame["id"]
    importing = {row.total_expert_ids[0] for row in asked if row.verdict is not Verdict.PUSH}
    pushing = {row.simplenexus_ids[0] for row in asked if row.verdict is Verdict.PUSH}
    wanted = emails[1][their_ids.is_in(list(importing)).to_numpy()]
    alike = names[0].filter(our_ids.is_in(list(pushing))).unique()
    return ForecastScope(
        asked,
        our_ids.filter(pl.Series(np.isin(emails[0], wanted[wanted != 0]))).to_list(),
        their_ids.filter(names[1].is_in(alike.implode())).to_list(),
    )


def _in_order(rows: RowColumns, *places: Ints) -> Sequence[int]:
    """Return the places of rows together with those of the other rows that have a forecast, in their order."""
    others = [
        place
        for place, row in rows.own()
        if row.verdict in (Verdict.IMPORT, Verdict.PUSH)
        or (row.verdict is Verdict.CANNOT and row.reason in NOBODY_TO_REACH and row.total_expert_ids)
    ]
    refused = [
        place
        for reason in NOBODY_TO_REACH
        for place in rows.of_kind(Verdict.CANNOT, reason)
        if rows.right[place] >= 0
    ]
    return sorted({*others, *refused, *(place for some in places for place in some.tolist())})


def _texts(contacts: ColumnContacts) -> pl.DataFrame:
    """Return the values that the rules look at, as text."""
    return contacts.frame.select(
        pl.col("id", "first_name", "last_name", "email", *_PHONES, *_PLACE).cast(pl.String)
    )


def _are_plain(frame: pl.DataFrame) -> Bools:
    """Return which records have names, an email and a postcode that no rule takes for anything else."""
    name = pl.col("first_name").str.contains(_NAME) & pl.col("last_name").str.contains(_NAME)
    email = pl.col("email").str.contains(_EMAIL) & (pl.col("email").str.len_chars() <= LONGEST_EMAIL)
    plain: Bools = frame.select(name & email & pl.col("postcode").str.contains(_ASCII)).to_series().to_numpy()
    return plain


def _are_met(
    taken: pl.DataFrame, our_names: pl.Series, theirs: pl.DataFrame, their_names: pl.Series
) -> Bools:
    """Return which records share their name and another value with a contact of Total Expert, or may do so."""
    alike = their_names.is_in(our_names.unique().implode())
    part, part_names = theirs.filter(alike), their_names.filter(alike)
    unusual = ~part.select(pl.all_horizontal(pl.col(_COMPARED).str.contains(_ASCII))).to_series()
    met = our_names.is_in(part_names.filter(unusual).unique().implode())
    for field in _COMPARED:
        values = _hashed(part, part_names, field).drop_nulls().unique()
        met |= _hashed(taken, our_names, field).is_in(values.implode()).fill_null(value=False)
    are_met: Bools = met.to_numpy()
    return are_met


def _hashed(frame: pl.DataFrame, names: pl.Series, field: str) -> pl.Series:
    """Return the hash of each record's name and value; null without a value. Equal values have equal hashes.

    Two values that one of Total Expert's rules takes for equal have one hash, if they are in ASCII.
    """
    text = pl.col(field).str.to_lowercase()
    match field:
        case "email":
            key = text.str.strip_chars()
        case "postcode":
            whole = pl.all_horizontal(pl.col(name).str.strip_chars() != "" for name in _PLACE)
            key = (
                pl.when(whole)
                .then(text.str.replace_all(r"[^0-9a-z]", "").str.head(4) + "/")
                .otherwise(pl.lit(""))
            )
        case _:
            figures = text.str.replace_all(r"[^0-9]", "") + "/"
            key = pl.when(text.str.strip_chars() != "").then(figures).otherwise(pl.lit(""))
    both = pl.concat_str(pl.lit(names), key, separator="\n")
    return frame.select(pl.when(key != "").then(both.hash())).to_series()


def _names(frame: pl.DataFrame) -> pl.Series:
    """Return first and last name of each record as Total Expert compares them, in one text."""
    first, last = (_keyed(frame[name]) for name in ("first_name", "last_name"))
    return pl.select(pl.concat_str(first, last, separator="\n")).to_series()


def _keyed(values: pl.Series) -> pl.Series:
    different = values.unique()
    keys = pl.Series([text_key(value) for value in different.to_list()], dtype=pl.String)
    return values.replace_strict(different, keys, return_dtype=pl.String)
