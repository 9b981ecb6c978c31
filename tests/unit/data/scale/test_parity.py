"""Large books in columns give what core/contacts/linkage gives pair by pair: features, lines, candidates, groups."""

import random

import numpy as np
import pytest
from msgspec.structs import replace as replaced

from core.compare import names
from core.contacts.linkage import blocking, suggestions
from core.contacts.linkage.blocking import candidate_pairs
from core.contacts.linkage.contradictions import contradict
from core.contacts.linkage.features import Features, features_of
from core.contacts.linkage.groups import components
from core.contacts.linkage.likelihood import household
from core.contacts.linkage.scoring import match_model_of
from core.contacts.model import Contact
from data.scale.candidates import candidate_edges
from data.scale.classes import Classifier
from data.scale.clusters import roots_of
from data.scale.codes import packed, unpacked
from data.scale.columns import Columns, columns_of
from data.scale.levels import LEVELS
from data.scale.linkage import find_groups, texts_of
from data.scale.model import ScaleModel
from data.scale.scores import Scorer
from tests.support.families import Habits, families
from tests.support.many_records import many_records
from tests.support.matrix import so_many
from tests.support.odd_books import OddBooks

SEEDS = range(so_many(6, 2))


def features(ours: list[Contact], theirs: list[Contact]) -> tuple[list[Features], list[Features]]:
    return [features_of(one) for one in ours], [features_of(one, keeps_year=False) for one in theirs]


def columns(ours: list[Contact], theirs: list[Contact]) -> Columns:
    return columns_of(texts_of(ours), texts_of(theirs))


@pytest.mark.parametrize("seed", SEEDS)
def test_columns_hold_the_features_of_each_contact(seed: int) -> None:
    ours, theirs, _ = OddBooks(seed).books(400)
    left, right = features(ours, theirs)
    found = columns(ours, theirs)
    for n, one in enumerate([*left, *right]):
        several = found.several.get(n)
        assert {
            name: getattr(found, name).values[getattr(found, name).codes[n]]
            for name in (
                "first",
                "last",
                "given",
                "surname",
                "middle",
                "generation",
                "born",
                "building",
                "place_key",
            )
        } == {
            "first": one.first_name,
            "last": one.last_name,
            "given": one.given,
            "surname": one.surname,
            "middle": one.middle,
            "generation": one.generation,
            "born": one.born,
            "building": one.building,
            "place_key": one.place_key,
        }, one.contact
        assert tuple(
            getattr(found, name).values[getattr(found, name).codes[n]]
            for name in ("number", "core", "kind", "unit", "postcode", "city", "state")
        ) == (one.street.number, one.street.core, one.street.kind, one.street.unit, *one.place), one.contact
        assert tuple(found.phone_values[codes[n]] for codes in found.phones if codes[n]) == one.phones
        local = found.local.values[found.local.codes[n]]
        assert local == next(iter(one.local_parts), ""), one.contact
        assert several is None or len(several) > 1


@pytest.mark.parametrize("seed", SEEDS)
def test_lines_classes_and_contradictions_of_any_two_records_are_the_same(seed: int) -> None:
    ours, theirs, _ = OddBooks(seed).books(300)
    left, right = features(ours, theirs)
    everyone = [*left, *right]
    chance = random.Random(seed)
    pairs = {tuple(sorted(chance.sample(range(len(everyone)), 2))) for _ in range(6_000)}
    ends = np.array(sorted(pairs), np.int32)
    held = columns(ours, theirs)
    scorer = Scorer(held, ScaleModel(held), lambda n: everyone[n].contact)
    lines = scorer.lines(ends[:, 0], ends[:, 1])
    classes = Classifier(held, scorer.dates).classify(ends[:, 0], ends[:, 1], lines)
    model = replaced(match_model_of(left, right), prior=0.0)
    for place, (a, b) in enumerate(ends.tolist()):
        expected = model.lines(everyone[a], everyone[b])
        found = [
            (LEVELS[level[place]], weight[place] / 100)
            for level, weight in zip(lines.levels, lines.cents, strict=True)
        ]
        about = everyone[a].contact, everyone[b].contact
        assert found == [(level, bits) for _, level, bits in expected[:-1]], about
        assert classes.kinds[classes.numbers[place]] == household(everyone[a], everyone[b], expected), about
        assert classes.contradicts[place] == contradict(everyone[a], everyone[b], expected), about


@pytest.mark.parametrize("seed", SEEDS)
def test_no_pair_above_the_limit_is_left_out_early(seed: int) -> None:
    ours, theirs, _ = OddBooks(seed).books(300)
    held = columns(ours, theirs)
    everyone = [*ours, *theirs]
    scorer = Scorer(held, ScaleModel(held), everyone.__getitem__)
    left, right = np.triu_indices(len(everyone), 1)
    left, right = left[::7].astype(np.int32), right[::7].astype(np.int32)
    all_lines = scorer.lines(left, right)
    for least in (-500, 0, 800, 1_500):
        lines, places = scorer.lines_above(left, right, least)
        assert places.tolist() == np.flatnonzero(all_lines.total() > least).tolist()
        assert lines.total().tolist() == all_lines.total()[places].tolist()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_candidates_are_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocking, "SMALL", 0)
    ours, theirs, _ = OddBooks(seed).books(500)
    left, right = features(ours, theirs)
    model, shift = match_model_of(left, right), len(left)
    expected = set()
    for one, other, at, to in ((left, right, 0, shift), (left, left, 0, 0), (right, right, shift, shift)):
        pairs = [(at + i, to + j) for i, places in candidate_pairs(one, other, model) for j in places]
        assert len(pairs) == len(set(pairs))
        expected |= set(pairs)
    found = unpacked(candidate_edges(columns(ours, theirs)))
    assert set(zip(found[0].tolist(), found[1].tolist(), strict=True)) == expected


def comparable(result: suggestions.LinkageResult) -> suggestions.LinkageResult:
    """Return a result with compact statistics, without the function that compares given names."""
    if (statistics := result.statistics) is None:
        return result
    model = replaced(statistics.model.compact, compare_given=names.compare_surname)
    return replaced(result, statistics=replaced(statistics, model=model))


@pytest.mark.parametrize("seed", SEEDS)
def test_groups_pairs_doubles_and_doubts_are_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocking, "SMALL", 0)
    ours, theirs, links = OddBooks(seed).books(400)
    expected, found = suggestions.find_groups(ours, theirs, links), find_groups(ours, theirs, links)
    assert expected.groups
    assert comparable(found) == comparable(expected)


def test_groups_of_families_and_of_people_with_many_records_are_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(blocking, "SMALL", 0)
    for books in (families(300, 3, Habits()), many_records(300, 4)):
        ours, theirs = list(books.simplenexus), list(books.total_expert)
        found, expected = find_groups(ours, theirs), suggestions.find_groups(ours, theirs)
        assert comparable(found) == comparable(expected)


def test_books_without_records_or_pairs_have_no_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocking, "SMALL", 0)
    strangers = [Contact("S1", "Ann", last_name="Lee")], [Contact("T1", "Bo", last_name="Hay")]
    for ours, theirs in (([], []), strangers, (strangers[0], []), ([], strangers[1])):
        found, expected = find_groups(ours, theirs), suggestions.find_groups(ours, theirs)
        assert comparable(found) == comparable(expected)


def test_packed_pairs_come_back() -> None:
    left, right = np.array([0, 7, 2**31 - 1], np.int32), np.array([5, 0, 2**31 - 1], np.int32)
    found = unpacked(packed(left, right))
    assert (found[0].tolist(), found[1].tolist()) == (left.tolist(), right.tolist())


@pytest.mark.parametrize("seed", SEEDS)
def test_connected_records_have_one_root(seed: int) -> None:
    chance = random.Random(seed)
    edges = [(chance.randrange(300), chance.randrange(300)) for _ in range(chance.randrange(400))]
    ends = np.array(edges, np.int32).reshape(-1, 2)
    roots = roots_of(ends[:, 0], ends[:, 1], 300)
    expected = {record: records[0] for records in components(edges) for record in records}
    assert roots.tolist() == [expected.get(record, record) for record in range(300)]


def test_a_pair_with_crossed_rare_names_is_not_left_out_early() -> None:
    chance = random.Random(4)
    crowd = [
        Contact(f"S{n}", chance.choice(("Ann", "Bo", "Cy")), last_name=chance.choice(("Lee", "Hay")))
        for n in range(30_000)
    ]
    crossed = [Contact("X1", "Xanthor", last_name="Quillvex"), Contact("X2", "Quillvex", last_name="Xanthor")]
    everyone = [*crowd, *crossed]
    held = columns(everyone, [])
    scorer = Scorer(held, ScaleModel(held), everyone.__getitem__)
    pair = np.array([30_000], np.int32), np.array([30_001], np.int32)
    total = int(scorer.lines(*pair).total()[0])
    assert total > 1_800
    assert scorer.lines_above(*pair, total - 1)[1].tolist() == [0]
    assert scorer.lines_above(*pair, total)[1].tolist() == []
