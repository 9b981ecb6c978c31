"""Values as numbers: each different value of a column has a code, and "" has the code 0. Equal values, equal codes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl
from msgspec import Struct

Ints: TypeAlias = npt.NDArray[np.int32]
"""Codes, counts or numbers of records."""
Bools: TypeAlias = npt.NDArray[np.bool_]
Cents: TypeAlias = npt.NDArray[np.int32]
"""Match weights in hundredths of a bit, which are the two decimals that a weight is rounded to."""
Keys: TypeAlias = npt.NDArray[np.uint64]
"""Two numbers packed into one: a pair of codes or of records."""


class Coded(Struct, frozen=True):
    """A column as codes, and its values by code. `values[0]` is ""."""

    codes: Ints
    values: list[str]

    def with_values(self, values: Iterable[str]) -> Coded:
        """Return the column with further values in its table."""
        return Coded(self.codes, [*dict.fromkeys([*self.values, *values])])

    def mapped(self, form_of: Callable[[str], str]) -> Coded:
        """Return the column of another form of each value. `form_of` is asked once for each value."""
        forms: dict[str, int] = {"": 0}
        table = np.fromiter(
            (forms.setdefault(form_of(value), len(forms)) if value else 0 for value in self.values),
            np.int32,
            len(self.values),
        )
        return Coded(table[self.codes], list(forms))

    def numbers(
        self, number_of: Callable[[str], int], dtype: type[np.generic] = np.int32
    ) -> npt.NDArray[Any]:
        """Return a number for each value, by code. `number_of` is asked once for each value, also for ""."""
        return np.fromiter(map(number_of, self.values), dtype, len(self.values))

    def counts(self) -> Ints:
        """Return how many records hold each value, by code; 0 for ""."""
        counts = np.bincount(self.codes, minlength=len(self.values)).astype(np.int32)
        counts[0] = 0
        return counts


def coded(column: pl.Series) -> Coded:
    """Return a column of text as codes. Null and "" are missing."""
    texts = column.fill_null("")
    unique = texts.unique(maintain_order=False)
    unique = unique.filter(unique != "")
    table = pl.DataFrame({"value": pl.concat([pl.Series([""]), unique.rename("")])}).with_row_index("code")
    codes = texts.to_frame("value").join(table, on="value", how="left", maintain_order="left")["code"]
    return Coded(codes.to_numpy().astype(np.int32), table["value"].to_list())


def together(columns: Sequence[Coded]) -> list[Coded]:
    """Return columns with one table of values, so that their codes can be compared."""
    forms: dict[str, int] = {"": 0}
    tables = [
        np.fromiter(
            (forms.setdefault(value, len(forms)) for value in column.values), np.int32, len(column.values)
        )
        for column in columns
    ]
    values = list(forms)
    return [Coded(table[column.codes], values) for table, column in zip(tables, columns, strict=True)]


def packed(left: npt.NDArray[Any], right: npt.NDArray[Any]) -> Keys:
    """Return two columns of codes as one column."""
    keys: Keys = (left.astype(np.uint64) << np.uint64(32)) | right.astype(np.uint64)
    return keys


def unpacked(keys: Keys) -> tuple[Ints, Ints]:
    """Return the two columns of codes of a packed column."""
    return (keys >> np.uint64(32)).astype(np.int32), (keys & np.uint64(0xFFFFFFFF)).astype(np.int32)


def sorted_unique(keys: Keys) -> Keys:
    """Return each of the packed keys once, in order. For many keys this is quicker than `np.unique`."""
    ordered = np.sort(keys)
    if not len(ordered):
        return ordered
    unique: Keys = ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])]
    return unique


def numbered(values: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """Return the different values in order, and for each value its place among them."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    is_new = np.concatenate([[True], ordered[1:] != ordered[:-1]]) if len(ordered) else np.zeros(0, np.bool_)
    places = np.empty(len(values), np.int64)
    places[order] = np.cumsum(is_new) - 1
    return ordered[is_new], places


def densified(keys: Keys, missing: Bools) -> tuple[Ints, int]:
    """Return packed keys as codes from 1, with 0 where `missing`, and the number of codes with the 0."""
    unique, codes = numbered(keys[~missing])
    dense = np.zeros(len(keys), np.int32)
    dense[~missing] = codes + 1
    return dense, len(unique) + 1


def with_odd(frame: pl.DataFrame, form_of: Callable[[str], str]) -> pl.Series:
    """Return the form of each text: what `form` has where `plain`, else what `form_of` says, once for each text.

    The frame has the columns `text`, `form` and `plain`. The form of "" is "".
    """
    odd = frame.filter(~pl.col("plain") & (pl.col("text") != ""))["text"].unique().to_list()
    if not odd:
        return frame.select(form=pl.when(pl.col("plain")).then("form").otherwise(pl.lit("")))["form"]
    known = pl.DataFrame({"text": odd, "odd": list(map(form_of, odd))}, {"text": pl.String, "odd": pl.String})
    joined = frame.join(known, on="text", how="left", maintain_order="left")
    return joined.select(form=pl.when(pl.col("plain")).then("form").otherwise(pl.col("odd").fill_null("")))[
        "form"
    ]
