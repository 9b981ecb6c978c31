"""How well the records of one person are found where a person has several records on each side.

The books are generated: with families (couples, twins, father and son, shared inboxes), without, and as chains of
strangers. Peers: splink by its documented steps, with the threshold that its labels make best, and connected components
of our own evidence. Splink runs in an environment of its own. No label is used but to count at the end.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator

import msgspec

from core.contacts.linkage.groups import components
from core.contacts.linkage.suggestions import suggest
from core.contacts.model import Likeness
from tests.bench.harness.figure import NotMeasured, Plain
from tests.bench.harness.peers import PeerMissing, python_of
from tests.support.many_records import Books, chained, many_records

PEOPLE = 1_500

SPLINK = """
import json, sys, warnings
warnings.filterwarnings("ignore")
import pandas as pd
books = json.load(open(sys.argv[1]))
true = {tuple(pair) for pair in books["true"]}
frames = [pd.DataFrame(books[side]).replace("", None) for side in ("simplenexus", "total_expert")]
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
SETTINGS = SettingsCreator(
    unique_id_column_name="id",
    link_type="link_only",
    blocking_rules_to_generate_predictions=[
        block_on("first_name", "last_name"),
        block_on("birth_date"),
        block_on("email"),
        block_on("mobile_phone"),
        block_on("street", "postcode"),
        block_on("last_name", "postcode"),
    ],
    comparisons=[
        cl.NameComparison("first_name"),
        cl.NameComparison("last_name"),
        cl.DamerauLevenshteinAtThresholds("birth_date", [1, 2]),
        cl.EmailComparison("email"),
        cl.ExactMatch("mobile_phone"),
        cl.ExactMatch("suffix"),
        cl.JaroWinklerAtThresholds("street", [0.9, 0.7]),
        cl.ExactMatch("postcode"),
    ],
)
api = DuckDBAPI()
try:
    linker = Linker(frames, SETTINGS, api)
except Exception:
    tables = [api.register(frame, dataset_display_name=name) for frame, name in zip(frames, "ab")]
    linker = Linker(tables, SETTINGS)
linker.training.estimate_probability_two_random_records_match(
    [block_on("first_name", "last_name", "birth_date"), block_on("email", "last_name")], recall=0.7)
linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
linker.training.estimate_parameters_using_expectation_maximisation(block_on("birth_date"))
linker.training.estimate_parameters_using_expectation_maximisation(block_on("last_name"))
found = linker.inference.predict(threshold_match_weight=-10).as_pandas_dataframe()
pairs = []
for row in found.itertuples():
    ids = (row.id_l, row.id_r) if row.id_l[0] == "S" else (row.id_r, row.id_l)
    pairs.append((row.match_weight, ids))
pairs.sort(key=lambda pair: -pair[0])
best, right, half = 0.0, 0, 0.0
for n, (weight, ids) in enumerate(pairs, 1):
    right += ids in true
    f1 = 2 * right / (n + len(true))
    best = max(best, f1)
    if weight >= 0:
        half = f1
print(json.dumps({"best": best, "half": half}))
"""


TITLE = "Matching: several records of a person"


def figures() -> Iterator[Plain | NotMeasured]:
    """Yield what, ours, the peer's (0 where there is none) and the unit."""
    books = many_records(PEOPLE, 11, families=0.6)
    found = suggest(books.simplenexus, books.total_expert)
    pairs = {(pair.simplenexus_id, pair.total_expert_id) for pair in found}
    people = {
        (pair.simplenexus_id, pair.total_expert_id)
        for pair in found
        if pair.comparison.likeness is Likeness.PERSON
    }
    reply = _splink(books)
    if isinstance(reply, NotMeasured):
        yield reply
        reply = {"best": 0.0, "half": 0.0}
    ours = 100 * f1(pairs, books.true_pairs)
    yield (
        "several records a side, families: F1, beside splink's best threshold",
        ours,
        100 * reply["best"],
        "%",
    )
    yield "the same, beside splink at p ≥ .5", ours, 100 * reply["half"], "%"
    yield "the same, class person alone", 100 * f1(people, books.true_pairs), 100 * reply["best"], "%"
    alone = many_records(PEOPLE, 12, families=0.0)
    found = suggest(alone.simplenexus, alone.total_expert)
    pairs = {(pair.simplenexus_id, pair.total_expert_id) for pair in found}
    connected = {
        (ours_id, theirs_id)
        for group in _components(pairs)
        for ours_id in group
        if ours_id.startswith("S")
        for theirs_id in group
        if theirs_id.startswith("T")
    }
    both = 100 * f1(pairs, alone.true_pairs), 100 * f1(connected, alone.true_pairs)
    yield "several records a side, no families: F1, beside components", *both, "%"
    chains = chained(8, PEOPLE // 8, 13)
    found = suggest(chains.simplenexus, chains.total_expert)
    pairs = {(pair.simplenexus_id, pair.total_expert_id) for pair in found}
    right = len(pairs & chains.true_pairs)
    yield "chains of strangers: precision", 100 * right / max(1, len(pairs)), 90, "%"
    yield "chains of strangers: recall", 100 * right / len(chains.true_pairs), 0, "%"


def f1(pairs: set[tuple[str, str]], true: set[tuple[str, str]]) -> float:
    """Return the harmonic mean of precision and recall, from 0 to 1."""
    return 2 * len(pairs & true) / max(1, len(pairs) + len(true))


def _components(pairs: set[tuple[str, str]]) -> list[list[str]]:
    """Return the ids that pairs connect."""
    names = sorted({name for pair in pairs for name in pair})
    number = {name: n for n, name in enumerate(names)}
    edges = [(min(a, b), max(a, b)) for ours, theirs in pairs for a, b in [(number[ours], number[theirs])]]
    return [[names[n] for n in group] for group in components(edges)]


def _splink(books: Books) -> dict[str, float] | NotMeasured:
    """Return splink's F1 at its best threshold and at p ≥ .5, or why it was not measured."""
    try:
        python = str(python_of("matching"))
    except PeerMissing as error:
        return NotMeasured("splink on several records a side", str(error))
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(
            {
                "simplenexus": [msgspec.to_builtins(contact) for contact in books.simplenexus],
                "total_expert": [msgspec.to_builtins(contact) for contact in books.total_expert],
                "true": sorted(books.true_pairs),
            },
            file,
        )
        file.flush()
        done = subprocess.run(
            [python, "-P", "-c", SPLINK, file.name], capture_output=True, text=True, check=False
        )
    if done.returncode:
        words = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        return NotMeasured("splink on several records a side", words[0])
    reply: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return reply
