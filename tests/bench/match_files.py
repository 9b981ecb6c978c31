"""`match` of two files of 1,000 to a million contacts each, next to polars, DuckDB and splink on the same files.

polars and DuckDB do the bare rule alone: they pair the records by equal emails. splink links by its documented steps.
"""

from __future__ import annotations

import csv
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Final

from tests.bench.harness.figure import Figure, NotMeasured, Place, Sample, at_least, at_most, at_most_times
from tests.bench.harness.homes import DESK, environment
from tests.bench.harness.peers import PeerMissing, python_of
from tests.bench.harness.processes import run_command
from tests.bench.harness.runner import interleave, quick, reason_of, rounds
from tests.support.listed_names import GIVEN_NAMES

TITLE: Final = "Matching two files"
INTRO: Final = (
    "Six records in ten are on both sides, a tenth of these under another email. brokerdesk reads both files, decides"
    " the rule, weighs all records against each other and writes every row with its evidence. *polars* and *DuckDB* do"
    " the bare rule alone: both files are read, paired by equal emails, and the pairs are written."
)
SIZES: Final = (1_000, 10_000, 100_000)
LARGEST: Final = 1_000_000
"""This size needs the extra `scale`, and is left out without it."""
SPLINK_SIZES: Final = (10_000,)
"""splink took more than eight minutes of CPU for 100,000 contacts a side."""
HEADER: Final = (
    *("id", "first_name", "last_name", "email", "mobile_phone", "birth_date"),
    *("street", "city", "state", "postcode"),
)
STARTS: Final = (
    "An",
    "Ben",
    "Car",
    "Dor",
    "El",
    "Fran",
    "Gul",
    "Har",
    "Iv",
    "Jor",
    "Kel",
    "Lun",
    "Mor",
    "Nor",
    "Ol",
)
MIDDLES: Final = ("der", "ge", "la", "ni", "ro", "sa", "ti", "va", "ke", "mo", "bu", "li")
ENDS: Final = (
    "son",
    "sen",
    "berg",
    "man",
    "ley",
    "ton",
    "well",
    "ford",
    "field",
    "worth",
    "ski",
    "ez",
    "ing",
    "dal",
)
STATES: Final = (
    "CA",
    "TX",
    "FL",
    "NY",
    "PA",
    "IL",
    "OH",
    "GA",
    "NC",
    "MI",
    "NJ",
    "VA",
    "WA",
    "AZ",
    "MA",
    "TN",
    "IN",
)

READ: Final = """
import json, resource, sys, time
from pathlib import Path
begun, laps = time.perf_counter(), {}
def lap(name):
    laps[name] = time.perf_counter() - begun
from core.contacts.match.rule import SameEmail
from core.contacts.model import ContactKind, Verdict
from core.progress import SILENT
from data.scale.files import read_columns
from data.tables.columns import NO_ANSWERS
books = [
    read_columns(Path(file).read_bytes(), kind, NO_ANSWERS, SILENT).contacts
    for file, kind in zip(sys.argv[1:3], (ContactKind.BORROWER, ContactKind.CONTACT))
]
"""
RULE: Final = f"""{READ}
from data.scale.match import rule_of
print(rule_of(*books, SameEmail.LINK).counts()[Verdict.LINK])
"""
WHOLE: Final = f"""{READ}
from data.scale.match import match_columns
matched = match_columns(*books, SameEmail.HOLD, lambda counts: lap("rule"))
RULED = ("link", "hold", "household")
ruled = [
    {{each for row in matched.rows if row.verdict in RULED for each in ids(row)}}
    for ids in (lambda row: row.simplenexus_ids, lambda row: row.total_expert_ids)
]
pairs = {{}}
for row in matched.rows:
    if row.verdict != "possible-duplicate":
        continue
    found = [(pair.simplenexus_id, pair.total_expert_id, pair.comparison) for pair in row.suggestions]
    if row.comparison is not None:
        found = [(row.simplenexus_ids[0], row.total_expert_ids[0], row.comparison)]
    for ours, theirs, comparison in found:
        if ours not in ruled[0] and theirs not in ruled[1] and comparison.likeness != "household":
            pairs[ours, theirs] = comparison.bits
taken, best = [set(), set()], []
for ours, theirs in sorted(pairs, key=lambda pair: (-pairs[pair], pair)):
    if ours not in taken[0] and theirs not in taken[1]:
        taken[0].add(ours)
        taken[1].add(theirs)
        best.append((ours, theirs))
left = {{each[1:] for each in matched.simplenexus if each not in ruled[0]}}
both = {{each[1:] for each in matched.total_expert if each not in ruled[1]}} & left
for name, found in (("every", pairs), ("best", best)):
    right = sum(ours[1:] == theirs[1:] for ours, theirs in found)
    laps[name] = [right / max(1, len(found)), right / max(1, len(both))]
print(json.dumps(laps))
"""
"""Measures when the rule is decided, and precision and recall of the suggestions about what the rule leaves over.

That is of every suggestion, and of the best one of each record: the marks were set when a record got one at most.
"""

POLARS: Final = """
import sys
import polars as pl
def side(file):
    read = pl.read_csv(file, columns=["id", "email"], infer_schema=False)
    keyed = read.with_columns(key=pl.col("email").str.strip_chars().str.to_lowercase()).filter(pl.col("key") != "")
    return keyed.group_by("key").agg(pl.len().alias("n"), pl.col("id").first()).filter(pl.col("n") == 1)
side(sys.argv[1]).join(side(sys.argv[2]), on="key").write_csv(sys.argv[3])
"""
DUCKDB: Final = """
import sys
import duckdb
side = (
    "SELECT key, min(id) AS id FROM (SELECT id, lower(trim(email)) AS key FROM read_csv('{}', all_varchar=true))"
    " WHERE key <> '' GROUP BY key HAVING count(*) = 1"
)
duckdb.sql(
    f"COPY (SELECT a.id, b.id AS other FROM ({side.format(sys.argv[1])}) a JOIN ({side.format(sys.argv[2])}) b"
    " USING (key))"
    f" TO '{sys.argv[3]}'"
)
"""
SPLINK: Final = """
import sys, warnings
warnings.filterwarnings("ignore")
import pandas as pd
frames = [pd.read_csv(file, dtype=str) for file in sys.argv[1:3]]
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
settings = SettingsCreator(
    unique_id_column_name="id",
    link_type="link_only",
    blocking_rules_to_generate_predictions=[
        block_on("first_name", "last_name"), block_on("birth_date", "last_name"), block_on("email"),
        block_on("mobile_phone"), block_on("street", "postcode"), block_on("last_name", "postcode"),
    ],
    comparisons=[
        cl.NameComparison("first_name"), cl.NameComparison("last_name"),
        cl.DamerauLevenshteinAtThresholds("birth_date", [1, 2]), cl.EmailComparison("email"),
        cl.ExactMatch("mobile_phone"), cl.JaroWinklerAtThresholds("street", [0.9, 0.7]), cl.ExactMatch("postcode"),
    ],
)
api = DuckDBAPI()
try:
    linker = Linker(frames, settings, api)
except Exception:
    linker = Linker([api.register(frame, dataset_display_name=name) for frame, name in zip(frames, "ab")], settings)
known = [block_on("first_name", "last_name", "birth_date")]
linker.training.estimate_probability_two_random_records_match(known, recall=0.7)
linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
linker.training.estimate_parameters_using_expectation_maximisation(block_on("birth_date"))
linker.training.estimate_parameters_using_expectation_maximisation(block_on("last_name"))
linker.inference.predict(threshold_match_weight=0).as_pandas_dataframe().to_csv(sys.argv[3])
"""


def write_books(folder: Path, count: int, seed: int = 1) -> tuple[Path, Path]:
    """Write two files of `count` contacts each, of which 60 % are of the same people. Return their paths.

    The number in an id is the person's: `S17` and `T17` are one person.
    """
    chance = Random(seed)
    people = [_person(chance, number) for number in range(count * 7 // 5)]
    files = folder / "simplenexus.csv", folder / "total_expert.csv"
    apart = len(people) - count
    for file, sign, first, part in (
        (files[0], "S", 0, people[:count]),
        (files[1], "T", apart, people[apart:]),
    ):
        with file.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(HEADER)
            writer.writerows((f"{sign}{n}", *_copy(chance, person)) for n, person in enumerate(part, first))
    return files


def _made_name(chance: Random) -> str:
    return chance.choice(STARTS) + chance.choice(MIDDLES) + chance.choice(ENDS)


def _person(chance: Random, number: int) -> list[str]:
    given = chance.choice(GIVEN_NAMES)
    last = _made_name(chance)
    return [
        given,
        last,
        f"{given}.{last}{number}@example.com".lower(),
        f"{chance.randrange(2_010_000_000, 9_890_000_000)}",
        f"{chance.randrange(1940, 2004)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}",
        f"{chance.randrange(1, 9999)} {_made_name(chance)} St",
        _made_name(chance) + "ville",
        chance.choice(STATES),
        f"{chance.randrange(10_000, 99_999)}",
    ]


def _copy(chance: Random, person: Sequence[str]) -> list[str]:
    """Return a record of a person as one book has it: another email, blanks, letters that change places."""
    copied = list(person)
    if chance.random() < 0.05:
        copied[2] = f"{person[0][0]}{person[1]}{chance.randrange(10**6)}@example.net".lower()
    for place, share in ((3, 0.15), (4, 0.2), (5, 0.1)):
        if chance.random() < share:
            copied[place] = ""
    if chance.random() < 0.02:
        at = chance.randrange(1, len(person[1]) - 1)
        copied[1] = person[1][:at] + person[1][at + 1] + person[1][at] + person[1][at + 2 :]
    return copied


def run(command: Sequence[str], home: Path) -> Mapping[str, float]:
    """Run a command to its end. Return seconds of wall clock and CPU, and the most MB."""
    ended = run_command(command, environment(home))
    return {"wall": ended.wall, "cpu": ended.cpu, "memory": ended.memory}


def books_of(folder: Path, size: int) -> tuple[Path, Path]:
    """Write two books of `size` contacts: those of the extra `scale` where it is there have more kinds of slips."""
    if find_spec("tests.support.large_books") is None:
        return write_books(folder, size)
    files: tuple[Path, Path] = import_module("tests.support.large_books").write_books(folder, size)
    return files


def figures() -> Iterator[Figure | NotMeasured]:
    """Yield the figures of each size next to each peer."""
    python = ""
    try:
        python = str(python_of("matching"))
    except PeerMissing as error:
        yield NotMeasured("polars, DuckDB, splink", str(error))
    at_scale = find_spec("data.scale") is not None and find_spec("polars") is not None
    if not at_scale:
        yield NotMeasured(f"{LARGEST:,} contacts a side", "the extra `scale` is not installed")
    for size in SIZES[:2] if quick() else (*SIZES, LARGEST) if at_scale else SIZES:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            left, right = map(str, books_of(folder, size))
            yield from _of(size, folder, left, right, python)
            if at_scale and size >= SIZES[-1]:
                yield from _in_columns(size, folder, left, right, python)


def _of(size: int, folder: Path, left: str, right: str, python: str) -> Iterator[Figure | NotMeasured]:
    match = [*DESK, "match", "--simplenexus", left, "--total-expert", right]
    entrants = {"brokerdesk": [*match, "--out", str(folder / "rows.jsonl")]}
    if python:
        entrants["polars, the rule"] = [python, "-P", "-c", POLARS, left, right, str(folder / "polars.csv")]
        entrants["DuckDB, the rule"] = [python, "-P", "-c", DUCKDB, left, right, str(folder / "duckdb.csv")]
        if size in SPLINK_SIZES:
            entrants["splink"] = [python, "-P", "-c", SPLINK, left, right, str(folder / "splink.csv")]
    usual = {SIZES[0]: 5, SIZES[1]: 3, SIZES[2]: 2}.get(size, 1)
    found = interleave(
        {name: partial(run, command, folder) for name, command in entrants.items()},
        rounds(usual, few=1),
        warm=int(usual > 1),
    )
    if reason := found.failed.get("brokerdesk"):
        raise RuntimeError(reason)
    words = f"{size:,} × {size:,}"
    wall = {SIZES[2]: at_most(5), LARGEST: at_most(40)}.get(size)
    yield found.alone(f"{words}, wall clock", "wall", "s", "brokerdesk", mark=wall)
    memory = at_most(2500) if size == LARGEST else None
    yield found.alone(f"{words}, memory", "memory", "MB", "brokerdesk", mark=memory)
    for peer in [*found.taken, *found.failed]:
        if peer != "brokerdesk":
            place = Place("match two files", size, "contacts a side") if peer.startswith("polars") else None
            yield found.compare(f"{words}, CPU", "cpu", "s", "brokerdesk", peer, place=place)
            if size == LARGEST or peer == "splink":
                yield found.compare(f"{words}, memory", "memory", "MB", "brokerdesk", peer)


def _in_columns(
    size: int, folder: Path, left: str, right: str, python: str
) -> Iterator[Figure | NotMeasured]:
    """Yield the bare rule next to polars and DuckDB, when the rule is decided, and how right the rest is."""
    words = f"{size:,} × {size:,}"
    rule = "brokerdesk, the rule"
    entrants = {rule: [sys.executable, "-c", RULE, left, right]}
    if python:
        for name, program in (("polars", POLARS), ("DuckDB", DUCKDB)):
            entrants[name] = [python, "-P", "-c", program, left, right, str(folder / f"{name}.csv")]
    found = interleave(
        {name: partial(run, command, folder) for name, command in entrants.items()},
        rounds(3 if size == LARGEST else 5),
    )
    for peer in [*found.taken, *found.failed]:
        if peer != rule:
            yield found.compare(
                f"{words}, the bare rule, CPU", "cpu", "s", rule, peer, mark=at_most_times(1.2)
            )
    try:
        ended = run_command([sys.executable, "-c", WHOLE, left, right], environment(folder))
    except RuntimeError as error:
        yield NotMeasured(f"{words}, precision and recall", reason_of(error))
        return
    laps = json.loads(ended.output.splitlines()[-1])
    whole = size == LARGEST
    rule_mark = at_most(12) if whole else None
    yield Figure(
        f"{words}, wall clock until the rule is decided", Sample((laps["rule"],)), "s", mark=rule_mark
    )
    for name, what in (("best", "the best suggestion of each record"), ("every", "every suggestion")):
        for part, share, mark in zip(("precision", "recall"), laps[name], (99.7, 98.5), strict=True):
            least = at_least(mark) if whole and name == "best" else None
            yield Figure(f"{words}, {part} of {what}", Sample((100 * share,)), "%", mark=least)


if __name__ == "__main__":
    write_books(Path(sys.argv[1]), int(sys.argv[2]))
