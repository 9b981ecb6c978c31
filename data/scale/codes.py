"""Values as numbers: each different value of a column has a code, and "" has the code 0. Equal values, equal codes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeAlias, overload

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


class Texts(Sequence[str]):
    """A column's values by code. They become texts of Python when one of them is asked for: most columns' never do."""

    def __init__(self, series: pl.Series) -> None:
        self.series = series
        self._made: Sequence[str] | None = None

    def at(self, codes: Ints) -> list[str]:
        """Return the values of codes."""
        found: list[str] = self.series.gather(codes).to_list()
        return found

    def __len__(self) -> int:
        return len(self.series)

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    @overload
    def __getitem__(self, code: int) -> str: ...
    @overload
    def __getitem__(self, code: slice) -> Sequence[str]: ...
    def __getitem__(self, code: int | slice) -> str | Sequence[str]:
        return self._all()[code]

    def _all(self) -> Sequence[str]:
        if self._made is None:
            self._made = self.series.to_list()
        return self._made


class Coded(Struct, frozen=True):
    """A column as codes, and its values by code. `values[0]` is ""."""

    codes: Ints
    values: Sequence[str]

    @property
    def texts(self) -> pl.Series:
        """The values by code."""
        return (
            self.values.series if isinstance(self.values, Texts) else pl.Series(self.values, dtype=pl.String)
        )

    def at(self, codes: Ints) -> list[str]:
        """Return the values of codes."""
        if isinstance(self.values, Texts):
            return self.values.at(codes)
        values = self.values
        return [values[code] for code in codes.tolist()]

    def with_values(self, values: Iterable[str]) -> Coded:
        """Return the column with further values in its table."""
        values = list(values)
        return self if not values else Coded(self.codes, [*dict.fromkeys([*self.values, *values])])

    def overlaid(self, records: npt.NDArray[Any], texts: Sequence[str], which: Ints) -> Coded:
        """Return the column with other values for some records. `which` are the places of their values in `texts`."""
        if not len(records):
            return self
        forms = {value: code for code, value in enumerate(self.values)}
        table = np.fromiter((forms.setdefault(text, len(forms)) for text in texts), np.int32, len(texts))
        codes = self.codes.copy()
        codes[records] = table[which]
        return Coded(codes, list(forms))

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
    """Return a column of text as codes, in the order in which the values come. Null and "" are missing.

    Equal hashes are taken for equal values, and then every value is checked. Two values may have the same hash: then
    the values themselves are compared.
    """
    texts = pl.concat([pl.Series([""]), column.fill_null("").rename("")])
    hashes = texts.hash().to_numpy()
    order = np.argsort(hashes, kind="stable")
    is_new = np.concatenate([[True], hashes[order[1:]] != hashes[order[:-1]]])
    firsts = order[is_new]
    in_order = np.argsort(firsts)
    code_of = np.empty(len(firsts), np.int32)
    code_of[in_order] = np.arange(len(firsts), dtype=np.int32)
    codes = np.empty(len(texts), np.int32)
    codes[order] = code_of[np.cumsum(is_new) - 1]
    values = texts.gather(firsts[in_order])
    if (texts != values.gather(codes)).any():
        return _coded_by_values(texts)
    return Coded(codes[1:], Texts(values))


def _coded_by_values(texts: pl.Series) -> Coded:
    """Return what `coded` does. The first of `texts` is ""."""
    values = texts.unique(maintain_order=True)
    table = values.to_frame("value").with_row_index("code")
    codes = texts.to_frame("value").join(table, on="value", how="left", maintain_order="left")["code"]
    return Coded(codes.to_numpy().astype(np.int32)[1:], Texts(values))


def together(columns: Sequence[Coded]) -> list[Coded]:
    """Return columns with one table of values, so that their codes can be compared."""
    held = [column for column in columns if len(column.values) > 1]
    if len(held) < 2:
        values = held[0].values if held else [""]
        return [Coded(column.codes, values) for column in columns]
    merged = coded(pl.concat([column.texts for column in columns]))
    ends = np.cumsum([len(column.values) for column in columns])
    tables = np.split(merged.codes, ends[:-1])
    return [Coded(table[column.codes], merged.values) for table, column in zip(tables, columns, strict=True)]


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
