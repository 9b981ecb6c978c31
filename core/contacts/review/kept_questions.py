"""The open questions of the last match, as the book keeps them: ids, verdicts and weights. Pure.

They let the review open before both systems are read again. No value of a contact is among them. A keyed hash of the
contacts of each question says whether the contacts are still those that were compared (docs/matching.md, "Questions of
the last match").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Final

import msgspec
from msgspec import Struct

from core.compare.agreement import AgreementLevel
from core.contacts.linkage.scoring import ROLE, written_values
from core.contacts.match.match import Matched
from core.contacts.match.owner_rule import OwnerRule
from core.contacts.match.rule import MatchOptions
from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.model import (
    Comparison,
    Contact,
    Evidence,
    Likeness,
    Reason,
    Relation,
    Suggestion,
    Verdict,
    VerdictRow,
)
from core.contacts.records import QUESTIONS_FILE
from core.contacts.review.decisions import Seal
from core.contacts.review.reviewed import Reviewed
from core.decoding.typed_json import decode_json

_FORMAT: Final = 1
_Ids = tuple[str, ...]
_HASH: Final = 8
"""Bytes of the keyed hash of a question's contacts."""


class _KeptComparison(Struct, frozen=True, array_like=True):
    """A comparison without the values: each line is (field, level, bits)."""

    likeness: Likeness
    bits: float
    household: float
    relation: Relation | None
    lines: tuple[tuple[str, AgreementLevel, float], ...]


class _KeptRow(Struct, frozen=True, array_like=True):
    """A row of the match. `pairs` are its suggestions, `seen` is the keyed hash of its contacts."""

    verdict: Verdict
    ours: _Ids
    theirs: _Ids
    reason: Reason
    elsewhere: tuple[_Ids, _Ids]
    gone: str
    comparison: _KeptComparison | None
    pairs: tuple[tuple[str, str, _KeptComparison], ...]
    seen: str


class KeptReview(Struct, frozen=True):
    """The rows behind the open questions of the match of `at`, in seconds since 1970, UTC.

    `counted` are the contacts of Total Expert among them that count as another owner's, as in `Owners`. `successors`
    are those of `MatchOptions`. `counts` has the number of rows of each verdict, `costs` the number of open questions
    of each cost by its name, `reasons` the number of rows that can't be synced by their reason.
    """

    format: int
    at: float
    rows: tuple[_KeptRow, ...]
    counted: dict[str, str] = {}
    successors: tuple[tuple[str, str], ...] = ()
    counts: dict[str, int] = {}
    costs: dict[str, int] = {}
    reasons: dict[str, int] = {}

    @property
    def ids(self) -> tuple[frozenset[str], frozenset[str]]:
        """The ids of the records that the questions name: SimpleNexus's, then Total Expert's."""
        ours = (record_id for row in self.rows for record_id in row.ours)
        theirs = (record_id for row in self.rows for record_id in row.theirs)
        return frozenset(ours), frozenset(theirs)


def encoded(reviewed: Reviewed, gathered: MatchSnapshot, seal: Seal) -> bytes:
    """Return the open questions of a review as the book keeps them."""
    matched, hasher = reviewed.matched, _Hasher(seal, gathered.at)
    rows = tuple(_kept(row, matched, hasher) for row in reviewed.rows_behind_questions() if _can_be_kept(row))
    kept = KeptReview(
        _FORMAT,
        gathered.at,
        rows,
        successors=matched.terms.successors,
        counts={verdict.value: count for verdict, count in reviewed.counts.items() if count},
        costs={cost.name: count for cost, count in reviewed.costs.items() if count},
        reasons=_reasons(reviewed),
    )
    owners, (_, their_ids) = matched.terms.owners, kept.ids
    counted = {} if owners is None else {n: owners.counted[n] for n in their_ids & owners.counted.keys()}
    return msgspec.json.encode(msgspec.structs.replace(kept, counted=counted))


def decoded(content: bytes | None) -> KeptReview | None:
    """Return the open questions that the book keeps; None if there are none that this version understands."""
    try:
        kept = decode_json(content, KeptReview) if content is not None else None
    except (ValueError, RecursionError):
        return None
    return kept if kept is not None and kept.format == _FORMAT else None


def kept_match(kept: KeptReview, gathered: MatchSnapshot, options: MatchOptions, seal: Seal) -> Matched:
    """Return the rows behind the questions as a match of the contacts that they name.

    `gathered` holds these contacts as they are kept. A row of which a contact changed since is left out.
    """
    ours = {contact.id: contact for contact in gathered.simplenexus}
    theirs = {contact.id: contact for contact in gathered.total_expert}
    hasher = _Hasher(seal, kept.at)
    rows = [_row(row, ours, theirs) for row in kept.rows if _contacts(row, ours, theirs, hasher) == row.seen]
    options = msgspec.structs.replace(options, standing=(), successors=kept.successors)
    return Matched(ours, theirs, tuple(rows), options, owner_rule=OwnerRule(ours, theirs, options))


def _reasons(reviewed: Reviewed) -> dict[str, int]:
    """Return how many rows can't be synced for each reason."""
    if not reviewed.counts[Verdict.CANNOT]:
        return {}
    return dict(Counter(row.reason.value for row in reviewed.rows if row.verdict is Verdict.CANNOT))


class _Hasher:
    """Makes keyed hashes of contacts. The key depends on the book's own key and on the time of the match."""

    def __init__(self, seal: Seal, at: float) -> None:
        self._key = seal(QUESTIONS_FILE, at).encode()

    def hash(self, contacts: Iterable[Contact | None]) -> str:
        """Return the keyed hash of several contacts. None stands for a contact that is missing."""
        hashed = blake2b(key=self._key, digest_size=_HASH)
        for contact in contacts:
            hashed.update(repr(contact).encode("utf-8", "backslashreplace"))
        return hashed.hexdigest()


def _contacts(
    row: _KeptRow, ours: Mapping[str, Contact], theirs: Mapping[str, Contact], hasher: _Hasher
) -> str:
    return hasher.hash([*map(ours.get, row.ours), *map(theirs.get, row.theirs)])


def _can_be_kept(row: VerdictRow) -> bool:
    """Return False for a row with an id that JSON can't hold, because half of a character is in the id."""
    ids = "".join((*row.simplenexus_ids, *row.total_expert_ids, row.gone))
    return ids.encode("utf-8", "replace").decode() == ids


def _kept(row: VerdictRow, matched: Matched, hasher: _Hasher) -> _KeptRow:
    kept = _KeptRow(
        row.verdict,
        row.simplenexus_ids,
        row.total_expert_ids,
        row.reason,
        row.elsewhere,
        row.gone,
        _without_values(row.comparison) if row.comparison is not None else None,
        tuple(
            (pair.simplenexus_id, pair.total_expert_id, _without_values(pair.comparison))
            for pair in row.suggestions
        ),
        "",
    )
    return msgspec.structs.replace(
        kept, seen=_contacts(kept, matched.simplenexus, matched.total_expert, hasher)
    )


def _without_values(comparison: Comparison) -> _KeptComparison:
    lines = tuple((line.field, line.level, line.bits) for line in comparison.evidence)
    return _KeptComparison(
        comparison.likeness, comparison.bits, comparison.household, comparison.relation, lines
    )


def _row(row: _KeptRow, ours: Mapping[str, Contact], theirs: Mapping[str, Contact]) -> VerdictRow:
    comparison = None
    if row.comparison is not None:
        comparison = _with_values(row.comparison, ours[row.ours[0]], theirs[row.theirs[0]])
    suggestions = tuple(
        Suggestion(our_id, their_id, _with_values(compared, ours[our_id], theirs[their_id]))
        for our_id, their_id, compared in row.pairs
    )
    return VerdictRow(
        row.verdict, row.ours, row.theirs, row.reason, comparison, row.elsewhere, suggestions, row.gone
    )


def _with_values(kept: _KeptComparison, ours: Contact, theirs: Contact) -> Comparison:
    left = {**written_values(ours), ROLE: str(ours.role)}
    right = {**written_values(theirs), ROLE: str(theirs.role)}
    evidence = tuple(
        Evidence(field, level, bits, left.get(field, ""), right.get(field, ""))
        for field, level, bits in kept.lines
    )
    return Comparison(kept.likeness, kept.bits, evidence, kept.household, kept.relation)
