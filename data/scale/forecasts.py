"""Finds in columns which imports and pushes of two large files the systems' own rules may turn into something else.

What is left out is surely created as it is; core/contacts/match/vendor_rules.py decides about the rest. So a record is
left out only if its values have their plain forms, and if no value that a rule compares is anybody else's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import polars as pl

from core.compare.fillers import is_filler_email
from core.compare.keys import email_key, text_key
from core.compare.mailboxes import inbox_in
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


def forecast_scope(rows: RowColumns, ours: ColumnContacts, theirs: ColumnContacts) -> ForecastScope:
    """Return the rows of which a forecast is to be made, and the ids of the records that it has to know."""
    imports = np.array(rows.of_verdict(Verdict.IMPORT), np.int32)
    pushes = np.array(rows.of_verdict(Verdict.PUSH), np.int32)
    their_frame, our_frame = _texts(theirs), _texts(ours)
    accounts = [email_key(email) for email in our_frame["email"].to_list()]
    open_imports = imports[~_are_created(their_frame[rows.right[imports]], set(accounts))]
    names = _names(our_frame), _names(their_frame)
    open_pushes = pushes[~_are_new(our_frame, their_frame, names, rows.left[pushes])]
    asked = [rows[place] for place in _in_order(rows, open_imports, open_pushes)]
    their_ids, our_ids = their_frame["id"], our_frame["id"]
    importing = {row.total_expert_ids[0] for row in asked if row.verdict is not Verdict.PUSH}
    pushing = {row.simplenexus_ids[0] for row in asked if row.verdict is Verdict.PUSH}
    emails = their_frame.filter(their_ids.is_in(list(importing)))["email"].to_list()
    wanted = {email_key(inbox_in(email)) for email in emails} - {""}
    alike = names[0].filter(our_ids.is_in(list(pushing))).unique()
    return ForecastScope(
        asked,
        [record_id for record_id, email in zip(our_ids.to_list(), accounts, strict=True) if email in wanted],
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


def _are_created(taken: pl.DataFrame, accounts: set[str]) -> Bools:
    """Return which contacts of Total Expert surely become prospects that can get an account."""
    plain = taken.select(_has_plain_name() & _has_plain_email()).to_series()
    return _each(
        taken["email"], lambda email: not is_filler_email(email) and email.lower() not in accounts, plain
    )


def _are_new(
    our_frame: pl.DataFrame,
    their_frame: pl.DataFrame,
    names: tuple[pl.Series, pl.Series],
    places: Ints,
) -> Bools:
    """Return which contacts of SimpleNexus surely become new contacts of Total Expert."""
    taken, our_names = our_frame[places], names[0][places]
    is_ascii = pl.col("postcode").str.contains(_ASCII)
    plain = taken.select(_has_plain_name() & _has_plain_email() & is_ascii).to_series()
    reachable = _each(taken["email"], lambda email: not is_filler_email(email), plain)
    alike = names[1].is_in(our_names.unique().implode())
    their_part, their_names = their_frame.filter(alike), names[1].filter(alike)
    unusual = ~their_part.select(pl.all_horizontal(pl.col(_COMPARED).str.contains(_ASCII))).to_series()
    met = our_names.is_in(their_names.filter(unusual).unique().implode())
    for field in _COMPARED:
        values = _hashed(their_part, their_names, field).drop_nulls().unique()
        met |= _hashed(taken, our_names, field).is_in(values.implode()).fill_null(value=False)
    are_new: Bools = reachable & ~met.to_numpy()
    return are_new


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


def _has_plain_name() -> pl.Expr:
    return pl.col("first_name").str.contains(_NAME) & pl.col("last_name").str.contains(_NAME)


def _has_plain_email() -> pl.Expr:
    return pl.col("email").str.contains(_EMAIL) & (pl.col("email").str.len_chars() <= LONGEST_EMAIL)


def _each(texts: pl.Series, is_so: Callable[[str], bool], among: pl.Series) -> Bools:
    """Return of which texts something is so; those that are not `among` the ones to look at are not asked."""
    found = np.zeros(len(texts), np.bool_)
    looked_at = among.to_numpy()
    found[looked_at] = [is_so(text) for text in texts.filter(among).to_list()]
    return found
