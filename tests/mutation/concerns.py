"""Which tests concern which module: a mutant of a module runs against these tests and no others.

A key is a module, or a folder that stands for all modules below it that have no key of their own. The lists are short
on purpose: a mutant outside of any function runs against the whole list in a new process.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

ROOMS: Final = ("core/push", "data/book", "core/flex", "core/contacts", "core/milestones")
"""The folders with mutants."""
WITH_SCHEDULES: Final = ("core/push", "data/book")
"""The fault schedules check what these folders promise; a plan is the same in every schedule."""

_EVIDENCE: Final = ("tests/core/contacts/test_evidence.py", "tests/core/contacts/test_parts.py")
_REVIEW: Final = ("tests/core/contacts/test_review.py", "tests/core/contacts/test_review_desk.py")
_SYNC: Final = ("tests/core/contacts/test_sync_plan.py", "tests/core/contacts/test_sync_desk.py")
_CARD: Final = ("tests/core/test_card_plan.py", "tests/core/test_mapping.py", "tests/core/test_fresh.py")
_MAP: Final = ("tests/core/test_field_map.py", "tests/core/test_mapping.py", "tests/core/test_own_map.py")
_NOTES: Final = ("tests/core/test_notes.py", "tests/core/test_half_characters.py")
_MILESTONES: Final = (
    "tests/core/milestones/test_rules.py",
    "tests/core/milestones/test_plan.py",
    "tests/core/milestones/test_milestone_desk.py",
    "tests/core/milestones/test_random_streams.py",
)
_MILESTONE_DESK: Final = (
    "tests/core/milestones/test_milestone_desk.py",
    "tests/core/milestones/test_live_streams.py",
)

CONCERNS: Final[Mapping[str, tuple[str, ...]]] = {
    "core/push": (
        "tests/core/test_engine.py",
        "tests/core/test_engine_in_doubt.py",
        "tests/core/test_side_by_side.py",
        "tests/core/test_decisions.py",
        "tests/core/test_states.py",
        "tests/core/test_pace.py",
        "tests/core/test_compare.py",
        "tests/core/test_fresh.py",
        "tests/core/test_card_plan.py",
        "tests/core/contacts/test_sync_desk.py",
        "tests/core/contacts/test_sync_plan.py",
        "tests/core/milestones/test_milestone_desk.py",
        "tests/core/milestones/test_live_streams.py",
        "tests/core/milestones/test_plan.py",
        "tests/core/test_audit.py",
        "tests/core/test_live_push.py",
        "tests/core/test_words_of_the_book.py",
        "tests/core/test_driver.py",
        "tests/core/test_one_step.py",
    ),
    # Not test_book_power.py: it mounts disks, and they stay mounted when it is killed.
    "data/book": (
        "tests/data/book/test_book_port.py",
        "tests/data/book/test_book_looking.py",
        "tests/data/book/test_book_shelf.py",
        "tests/data/book/test_book_thread.py",
        "tests/data/book/test_book_shared.py",
        "tests/data/book/test_book_others.py",
        "tests/data/book/test_book_trouble.py",
        "tests/data/book/test_book_disk.py",
        "tests/data/book/test_book_damage.py",
        "tests/data/book/test_book_format.py",
        "tests/data/book/test_book_golden.py",
        "tests/data/book/test_book_where.py",
        "tests/data/book/test_book_kill.py",
        "tests/data/book/test_book_crash.py",
        "tests/data/book/test_book_model.py",
    ),
    "core/flex": _CARD,
    "core/flex/checklist.py": ("tests/core/test_checklist.py", "tests/core/test_since.py"),
    "core/flex/desk.py": ("tests/core/test_fresh.py", "tests/core/test_notes.py", "tests/core/test_since.py"),
    "core/flex/fact_find_plan.py": ("tests/core/test_fact_finds.py", "tests/core/test_half_characters.py"),
    "core/flex/fact_finds.py": ("tests/core/test_fact_finds.py",),
    "core/flex/fieldmap.py": _MAP,
    "core/flex/linking.py": ("tests/core/test_linking.py",),
    "core/flex/map_checks.py": _MAP,
    "core/flex/mapping.py": (*_MAP, "tests/core/test_half_characters.py"),
    "core/flex/note_plan.py": _NOTES,
    "core/flex/notes.py": _NOTES,
    "core/flex/nouns.py": ("tests/core/test_nouns.py",),
    "core/flex/opportunity_plan.py": ("tests/core/test_card_plan.py", "tests/core/test_mapping.py"),
    "core/flex/own_map.py": ("tests/core/test_own_map.py",),
    "core/flex/products.py": ("tests/core/test_products.py",),
    "core/flex/since.py": ("tests/core/test_since.py",),
    "core/contacts": _REVIEW,
    "core/contacts/addresses.py": _EVIDENCE,
    "core/contacts/beside.py": ("tests/core/contacts/test_words.py",),
    "core/contacts/bodies.py": (*_SYNC, "tests/core/contacts/test_undo_plan.py"),
    "core/contacts/candidates.py": _EVIDENCE,
    "core/contacts/dates.py": (*_EVIDENCE, "tests/core/contacts/test_rule.py"),
    "core/contacts/desk.py": (
        "tests/core/contacts/test_contact_desk.py",
        "tests/core/contacts/test_sync_desk.py",
    ),
    "core/contacts/emails.py": (*_EVIDENCE, "tests/core/contacts/test_rule.py"),
    "core/contacts/evidence.py": _EVIDENCE,
    "core/contacts/forecast.py": ("tests/core/contacts/test_forecast.py",),
    "core/contacts/gathered.py": (
        "tests/core/contacts/test_contact_desk.py",
        "tests/core/contacts/test_standing.py",
    ),
    "core/contacts/matching.py": (*_EVIDENCE, *_REVIEW),
    "core/contacts/names.py": (*_EVIDENCE, "tests/core/contacts/test_rule.py"),
    "core/contacts/outlook.py": ("tests/core/contacts/test_words.py",),
    "core/contacts/phones.py": _EVIDENCE,
    "core/contacts/rule.py": ("tests/core/contacts/test_rule.py", "tests/core/contacts/test_standing.py"),
    "core/contacts/share_plan.py": _SYNC,
    "core/contacts/standing.py": ("tests/core/contacts/test_standing.py",),
    "core/contacts/suggestions.py": (*_EVIDENCE, *_REVIEW),
    "core/contacts/sync.py": _SYNC,
    "core/contacts/sync_plan.py": _SYNC,
    "core/contacts/undo_plan.py": (
        "tests/core/contacts/test_undo_plan.py",
        "tests/core/contacts/test_sync_desk.py",
    ),
    "core/contacts/weights.py": _EVIDENCE,
    "core/contacts/words.py": ("tests/core/contacts/test_words.py",),
    "core/milestones": _MILESTONES,
    "core/milestones/desk.py": _MILESTONE_DESK,
    "core/milestones/events.py": ("tests/core/milestones/test_events.py", *_MILESTONES),
    "core/milestones/memory.py": _MILESTONE_DESK,
    "core/milestones/surroundings.py": _MILESTONE_DESK,
    "core/milestones/taken.py": _MILESTONE_DESK,
}


def concern_of(module: str) -> str:
    """Return the key of `CONCERNS` that stands for a module: its own, else that of the nearest folder above it.

    `module` is a path from the root of the repository, as in `core/flex/since.py`. Raises `KeyError` where no key
    stands for it.
    """
    for path in (PurePosixPath(module), *PurePosixPath(module).parents):
        if str(path) in CONCERNS:
            return str(path)
    raise KeyError(module)
