"""Which tests concern which module: a mutant of a module runs against these tests and no others.

A key is a module, or a folder that stands for all modules below it that have no key of their own. The lists are short
on purpose: a mutant outside of any function runs against the whole list in a new process.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

ROOMS: Final = (
    "core/push",
    "data/book",
    "core/compare",
    "core/flex",
    "core/contacts",
    "core/milestones",
    "core/receipts",
    "core/automatic",
    "core/reconcile",
)
"""The folders with mutants."""
WITH_SCHEDULES: Final = ("core/push", "data/book")
"""The fault schedules check what these folders promise; a plan is the same in every schedule."""

_EVIDENCE: Final = (
    "tests/unit/core/contacts/test_scoring.py",
    "tests/unit/core/contacts/test_weights.py",
    "tests/unit/core/test_compare.py",
)
_NAMES: Final = (
    "tests/unit/core/test_compare.py",
    "tests/unit/core/contacts/test_same_email.py",
    "tests/unit/core/contacts/test_rule.py",
)
_REVIEW: Final = (
    "tests/unit/core/contacts/test_review.py",
    "tests/unit/core/contacts/test_review_use_cases.py",
    "tests/unit/core/contacts/test_review_rows.py",
)
_SYNC: Final = (
    "tests/unit/core/contacts/test_sync_plan.py",
    "tests/unit/core/contacts/test_sync_use_cases.py",
)
_CARD: Final = (
    "tests/unit/core/flex/test_card_plan.py",
    "tests/unit/core/flex/test_field_map_apply.py",
    "tests/unit/core/push/test_fresh.py",
)
_MAP: Final = (
    "tests/unit/core/flex/test_field_map.py",
    "tests/unit/core/flex/test_field_map_apply.py",
    "tests/unit/core/flex/test_operator_map.py",
)
_NOTES: Final = ("tests/unit/core/flex/test_notes.py", "tests/unit/core/flex/test_half_characters.py")
_MILESTONES: Final = (
    "tests/unit/core/milestones/test_facts.py",
    "tests/unit/core/milestones/test_plan.py",
    "tests/unit/core/milestones/test_candidates.py",
    "tests/unit/core/milestones/test_use_cases.py",
    "tests/unit/core/milestones/test_random_streams.py",
    "tests/unit/core/milestones/test_rounds.py",
    "tests/unit/core/milestones/test_consent_and_hours.py",
)
_MILESTONE_DESK: Final = (
    "tests/unit/core/milestones/test_use_cases.py",
    "tests/unit/core/milestones/test_live_streams.py",
    "tests/unit/core/milestones/test_facts_in_the_book.py",
    "tests/unit/core/milestones/test_gather.py",
)

CONCERNS: Final[Mapping[str, tuple[str, ...]]] = {
    "core/push": (
        "tests/unit/core/push/test_engine.py",
        "tests/unit/core/push/test_engine_in_doubt.py",
        "tests/unit/core/push/test_without_plan.py",
        "tests/unit/core/push/test_denied.py",
        "tests/unit/core/push/test_many_steps.py",
        "tests/unit/core/push/test_resolutions.py",
        "tests/unit/core/push/test_states.py",
        "tests/unit/core/push/test_rate_limit.py",
        "tests/unit/core/push/test_equality.py",
        "tests/unit/core/push/test_fresh.py",
        "tests/unit/core/flex/test_card_plan.py",
        "tests/unit/core/contacts/test_sync_use_cases.py",
        "tests/unit/core/contacts/test_sync_plan.py",
        "tests/unit/core/milestones/test_use_cases.py",
        "tests/unit/core/milestones/test_live_streams.py",
        "tests/unit/core/milestones/test_plan.py",
        "tests/unit/core/push/test_duplicate_check.py",
        "tests/unit/core/push/test_caretaker.py",
        "tests/unit/core/push/test_live_push.py",
        "tests/unit/core/push/test_redacted_journal.py",
        "tests/unit/core/push/test_made.py",
        "tests/unit/core/push/test_push_driver.py",
        "tests/unit/core/push/test_step_runner.py",
        "tests/unit/core/push/test_guard.py",
    ),
    # Not test_book_power.py: it mounts disks, and they stay mounted when it is killed.
    "data/book": (
        "tests/unit/data/book/test_book_port.py",
        "tests/unit/data/book/test_book_looking.py",
        "tests/unit/data/book/test_book_shelf.py",
        "tests/unit/data/book/test_book_thread.py",
        "tests/unit/data/book/test_book_shared.py",
        "tests/unit/data/book/test_book_others.py",
        "tests/unit/data/book/test_book_trouble.py",
        "tests/unit/data/book/test_book_disk.py",
        "tests/unit/data/book/test_book_damage.py",
        "tests/unit/data/book/test_book_format.py",
        "tests/unit/data/book/test_book_golden.py",
        "tests/unit/data/book/test_book_where.py",
        "tests/unit/data/book/test_book_kill.py",
        "tests/unit/data/book/test_book_crash.py",
        "tests/unit/data/book/test_book_model.py",
    ),
    "core/flex": _CARD,
    "core/flex/use_cases/bulk.py": ("tests/unit/core/flex/test_bulk.py",),
    "core/flex/plans/by_hand.py": ("tests/unit/core/flex/test_paste.py",),
    "core/flex/use_cases/paste.py": ("tests/unit/core/flex/test_paste.py",),
    "core/flex/use_cases/checklist.py": (
        "tests/unit/core/flex/test_checklist.py",
        "tests/unit/core/flex/test_paste.py",
        "tests/unit/core/flex/test_changed_since_push.py",
    ),
    "core/flex/use_cases/cards.py": (
        "tests/unit/core/push/test_fresh.py",
        "tests/unit/core/flex/test_notes.py",
        "tests/unit/core/flex/test_changed_since_push.py",
    ),
    "core/flex/plans/fact_find.py": (
        "tests/unit/core/flex/test_fact_finds.py",
        "tests/unit/core/flex/test_fact_find_onto_opportunity.py",
        "tests/unit/core/flex/test_half_characters.py",
    ),
    "core/flex/use_cases/fact_finds.py": ("tests/unit/core/flex/test_fact_finds.py",),
    "core/flex/field_map/model.py": _MAP,
    "core/flex/use_cases/links.py": (
        "tests/unit/core/flex/test_links.py",
        "tests/unit/core/flex/test_records_under_an_opportunity.py",
    ),
    "core/flex/field_map/checks.py": _MAP,
    "core/flex/field_map/apply.py": (*_MAP, "tests/unit/core/flex/test_half_characters.py"),
    "core/flex/plans/note.py": _NOTES,
    "core/flex/use_cases/notes.py": _NOTES,
    "core/flex/model.py": ("tests/unit/core/flex/test_model.py",),
    "core/flex/decoding.py": (
        "tests/unit/core/flex/test_model.py",
        "tests/unit/core/flex/test_half_characters.py",
    ),
    "core/flex/plans/opportunity.py": (
        "tests/unit/core/flex/test_card_plan.py",
        "tests/unit/core/flex/test_field_map_apply.py",
    ),
    "core/flex/field_map/operator_map.py": ("tests/unit/core/flex/test_operator_map.py",),
    "core/flex/plans/products.py": ("tests/unit/core/flex/test_products.py",),
    "core/flex/use_cases/changed_since_push.py": (
        "tests/unit/core/flex/test_changed_since_push.py",
        "tests/unit/core/flex/test_paste.py",
    ),
    "core/contacts": _REVIEW,
    "core/compare": _EVIDENCE,
    "core/receipts": (
        "tests/unit/core/receipts/test_use_cases.py",
        "tests/unit/core/receipts/test_seal.py",
        "tests/unit/core/receipts/test_page.py",
        "tests/unit/core/receipts/test_careful_start.py",
    ),
    "core/contacts/consent.py": ("tests/unit/core/contacts/test_consent.py",),
    "core/contacts/sync/contacting.py": ("tests/unit/core/contacts/test_consent.py",),
    "core/contacts/sync/contacting_guard.py": ("tests/unit/core/contacts/test_sharing_and_consent.py",),
    "core/contacts/sync/consents.py": ("tests/unit/core/contacts/test_sharing_and_consent.py",),
    "core/contacts/review/side_by_side.py": ("tests/unit/core/contacts/test_explain.py",),
    "core/contacts/payloads.py": (*_SYNC, "tests/unit/core/contacts/test_undo_plan.py"),
    "core/contacts/linkage/blocking.py": _EVIDENCE,
    "core/compare/dates.py": (*_EVIDENCE, "tests/unit/core/contacts/test_rule.py"),
    "core/contacts/use_cases.py": (
        "tests/unit/core/contacts/test_use_cases.py",
        "tests/unit/core/contacts/test_sync_use_cases.py",
    ),
    "core/compare/equal_forms.py": ("tests/unit/core/test_equal_forms.py",),
    "core/compare/spreadsheet_traces.py": ("tests/unit/core/test_spreadsheet_traces.py",),
    "core/compare/keys.py": ("tests/unit/core/test_compare_keys.py",),
    "core/compare/emails.py": (*_EVIDENCE, "tests/unit/core/contacts/test_rule.py"),
    "core/contacts/linkage/features.py": _EVIDENCE,
    "core/contacts/linkage/likelihood.py": (*_EVIDENCE, "tests/unit/core/contacts/test_likelihood.py"),
    "core/contacts/linkage/scoring.py": _EVIDENCE,
    "core/contacts/linkage/term_frequency.py": _EVIDENCE,
    "core/contacts/match/vendor_rules.py": ("tests/unit/core/contacts/test_vendor_rules.py",),
    "core/contacts/match/snapshot.py": (
        "tests/unit/core/contacts/test_use_cases.py",
        "tests/unit/core/contacts/test_existing_links.py",
    ),
    "core/contacts/match/match.py": (*_EVIDENCE, *_REVIEW, "tests/unit/core/contacts/test_vendor_rules.py"),
    "core/compare/names.py": (*_EVIDENCE, *_NAMES),
    "core/compare/name_parts.py": _NAMES,
    "core/compare/folding.py": _NAMES,
    "core/contacts/match/same_email.py": _NAMES,
    "core/contacts/review/consequences.py": (
        "tests/unit/core/contacts/test_explain.py",
        "tests/unit/core/contacts/test_consequences.py",
    ),
    "core/contacts/match/rule.py": (
        "tests/unit/core/contacts/test_same_email.py",
        "tests/unit/core/contacts/test_rule.py",
        "tests/unit/core/contacts/test_existing_links.py",
    ),
    "core/contacts/sync/share_plan.py": _SYNC,
    "core/contacts/match/existing_links.py": ("tests/unit/core/contacts/test_existing_links.py",),
    "core/contacts/linkage/suggestions.py": (
        *_EVIDENCE,
        *_REVIEW,
        "tests/unit/core/contacts/test_group_rows.py",
    ),
    "core/contacts/linkage/groups.py": ("tests/unit/core/contacts/test_groups.py",),
    "core/contacts/linkage/contradictions.py": ("tests/unit/core/contacts/test_group_rows.py",),
    "core/contacts/match/group_rows.py": (*_REVIEW, "tests/unit/core/contacts/test_group_rows.py"),
    "core/contacts/review/group_question.py": ("tests/unit/core/contacts/test_group_question.py",),
    "core/contacts/sync/use_cases.py": _SYNC,
    "core/contacts/sync/plan.py": _SYNC,
    "core/contacts/sync/auto_push.py": ("tests/unit/core/contacts/test_auto_push.py",),
    "core/automatic/brake.py": ("tests/unit/core/automatic/test_brake.py",),
    "core/contacts/reading/shortfall.py": ("tests/unit/core/contacts/test_shortfall.py",),
    "core/automatic": (
        "tests/unit/core/automatic/test_backoff.py",
        "tests/unit/core/automatic/test_resumption.py",
    ),
    "core/automatic/weekly.py": ("tests/unit/core/automatic/test_weekly.py",),
    "core/reconcile": (
        "tests/unit/core/reconcile/test_sums.py",
        "tests/unit/core/reconcile/test_values.py",
        "tests/unit/core/reconcile/test_flex_findings.py",
        "tests/unit/core/reconcile/test_contact_findings.py",
        "tests/unit/tui/test_weekly_reconciliation.py",
    ),
    "core/contacts/sync/undo_plan.py": (
        "tests/unit/core/contacts/test_undo_plan.py",
        "tests/unit/core/contacts/test_sync_use_cases.py",
    ),
    "core/contacts/linkage/weights.py": _EVIDENCE,
    "core/contacts/linkage/explain.py": ("tests/unit/core/contacts/test_explain.py",),
    "core/milestones": _MILESTONES,
    "core/milestones/use_cases.py": _MILESTONE_DESK,
    "core/milestones/events.py": ("tests/unit/core/milestones/test_events.py", *_MILESTONES),
    "core/milestones/fact_store.py": _MILESTONE_DESK,
    "core/milestones/gather.py": _MILESTONE_DESK,
    "core/milestones/milestone_map.py": (
        "tests/unit/core/milestones/test_milestone.py",
        "tests/unit/data/test_milestone_maps.py",
        *_MILESTONES,
    ),
    "core/milestones/sent.py": ("tests/unit/core/milestones/test_sent.py", *_MILESTONE_DESK),
}


def concern_of(module: str) -> str:
    """Return the key of `CONCERNS` that stands for a module: its own, else that of the nearest folder above it.

    `module` is a path from the root of the repository, as in `core/flex/model.py`. Raises `KeyError` where no
    key stands for it.
    """
    for path in (PurePosixPath(module), *PurePosixPath(module).parents):
        if str(path) in CONCERNS:
            return str(path)
    raise KeyError(module)
