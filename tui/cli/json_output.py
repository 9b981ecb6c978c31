"""The JSON that others rely on: how previews, pushes and links are written. Names and values stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from core.error_catalogue import fix_of, meaning_of
from core.flex.board import group_of
from core.flex.note_body import without_contents
from core.push.made import made_of
from core.push.plan import Asset
from core.push.resolutions import choice_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.errors import DeskError
    from core.flex.board import BoardCard
    from core.flex.field_map.operator_map import Maps
    from core.flex.model import FlexPerson, RejectedRecord
    from core.flex.plans.identity import LookAlike, PersonQuestion
    from core.flex.plans.preview import Preview, PreviewChange
    from core.flex.use_cases.changed_since_push import ChangedSincePush
    from core.push.plan import Plan, Step
    from core.push.records import Link, Push, StepRecord


def card_form(card: BoardCard, since: ChangedSincePush | None) -> dict[str, Any]:
    """Write a card of the board. `since` is what changed since its push, None if that was not read or not pushed."""
    one = card.summary
    return {
        "id": one.id,
        "title": one.title,
        "kind": one.kind,
        "stage": one.stage,
        "owner": one.owner,
        "state": card.state,
        "group": group_of(card.state, card.obstacle),
        "obstacle": card.obstacle or None,
        "flex_id": card.flex_id,
        "loan_amount": None if one.loan_amount is None else str(one.loan_amount),
        "purpose": one.purpose,
        "people": list(one.people),
        "changed_since_push": None if since is None else len(since),
        "odd_values": [{"field": odd.field, "reason": odd.reason} for _, odd in one.odd.items()],
    }


def aside_form(aside: RejectedRecord) -> dict[str, Any]:
    """Write a record that was set aside."""
    return {"system": aside.system, "id": aside.id, "field": aside.field, "reason": aside.reason}


def preview_form(preview: Preview) -> dict[str, Any]:
    """Write a preview."""
    return {
        "asset": preview.asset,
        "id": preview.subject,
        "plan": preview.plan.digest,
        "map": preview.plan.map_version,
        "pushable": preview.pushable,
        "reasons": [reason.message for reason in preview.reasons],
        "reason_codes": [reason.code for reason in preview.reasons],
        "warnings": list(preview.warnings),
        "in_flex_since": list(preview.in_flex_since),
        "counts": preview.counts,
        "fields": [
            {
                "section": field.section,
                "source": field.source,
                "source_value": field.source_value,
                "target": field.target,
                "value": field.value,
                "fate": field.fate,
                "confidence": field.confidence,
                "reason": field.reason,
                "about": field.about,
                "local_id": field.local_id,
                "left_out": field.left_out,
                "table": field.table,
            }
            for field in preview.fields
        ],
        "questions": [question_form(question) for question in preview.questions],
        "look_alikes": [look_alike_form(alike) for alike in preview.look_alikes],
        "payload": preview.payload,
        "flex_id": preview.flex_id,
        "flex_kind": preview.flex_kind,
        "steps": [_planned_form(step) for step in preview.plan.steps],
    }


def preview_change_form(change: PreviewChange) -> dict[str, Any]:
    """Write a field that changed between two previews. `old` or `new` is null if the field was or is not there."""
    field = change.after or change.before
    return {
        "section": field.section if field else None,
        "source": field.source if field else None,
        "about": field.about if field else None,
        "local_id": field.local_id if field else None,
        "old": change.before.source_value if change.before else None,
        "new": change.after.source_value if change.after else None,
    }


def _planned_form(step: Step) -> dict[str, Any]:
    """Write a step that is to be sent. `body` is what is sent; the content of a file is given by its length.

    An id that another step brings back is in the body as `{"$id_of": "BD-…"}`.
    """
    return {
        "ref": step.ref,
        "system": step.system,
        "operation": step.operation,
        "entity": step.entity,
        "summary": step.summary,
        "remote_id": None if step.remote_id in step.needs else step.remote_id,
        "local_id": step.local_id,
        "parent": step.parent,
        "needs": list(step.needs),
        "body": without_contents(step.body),
    }


def plan_form(plan: Plan, warnings: Iterable[str] = (), **more: Any) -> dict[str, Any]:
    """Write a plan without fields, with the keys of a preview."""
    return {
        "asset": plan.asset,
        "id": plan.subject,
        "plan": plan.digest,
        "pushable": True,
        "reasons": [],
        "reason_codes": [],
        "warnings": list(warnings),
        **more,
        **({"consent": msgspec.to_builtins(plan.consent)} if plan.consent else {}),
        "steps": [_planned_form(step) for step in plan.steps],
    }


def waiting_form(push: Push, plan: Plan, steps: Iterable[StepRecord]) -> dict[str, Any]:
    """Write a push that was confirmed before and is not finished: its plan, with the state of each step."""
    return {
        "asset": push.asset,
        "id": push.subject,
        "plan": push.plan,
        "push_id": push.push_id,
        "state": push.state,
        "reason": push.reason or None,
        "steps": [
            {**_planned_form(planned), "state": step.state}
            for planned, step in zip(plan.steps, steps, strict=True)
        ],
    }


def since_form(preview: Preview, since: ChangedSincePush | None) -> dict[str, Any] | None:
    """Write what changed since a push, null if there was none.

    `old` is null: the book keeps keyed hashes of what was pushed, no values.
    """
    if since is None:
        return None
    return {
        "push_id": since.push_id,
        "at": since.at,
        "changed": [
            {
                "place": change.place,
                "kind": change.kind,
                "section": change.field.section if change.field else None,
                "source": change.field.source if change.field else None,
                "about": change.field.about if change.field else None,
                "local_id": change.field.local_id if change.field else None,
                "target": change.field.target if change.field else None,
                "old": None,
                "new": change.field.source_value if change.field else None,
            }
            for change in since.changes(preview.fields)
        ],
        "not_sent": sorted(since.not_sent),
    }


def look_alike_form(alike: LookAlike) -> dict[str, Any]:
    """Write a person that a push would create, and the contacts of FLEX that may be the same."""
    return {
        "local_id": alike.person.id,
        "name": alike.person.name,
        "found": [_contact_form(contact) for contact in alike.found],
    }


def question_form(question: PersonQuestion) -> dict[str, Any]:
    """Write an open question about a person; `choices` are what `--person LOCAL_ID=CHOICE` takes."""
    return {
        "local_id": question.person.id,
        "name": question.person.name,
        "code": question.code,
        "message": question.message,
        "choices": list(question.choices),
        "found": [_contact_form(contact) for contact in question.found],
    }


def _contact_form(contact: FlexPerson) -> dict[str, Any]:
    return {
        "flex_id": contact.flex_id,
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "email": contact.email,
        "birth_date": contact.birth_date,
        "mobile": contact.mobile,
        "street": contact.street,
    }


def push_form(push: Push, steps: Iterable[StepRecord]) -> dict[str, Any]:
    """Write a push with its steps."""
    return {
        "push_id": push.push_id,
        "asset": push.asset,
        "subject": push.subject,
        "plan": push.plan,
        "state": push.state,
        "reason": push.reason or None,
        "operator": push.operator,
        "created_at": push.created_at,
        "steps": [
            {
                "ref": step.ref,
                "system": step.system,
                "operation": step.operation,
                "entity": step.entity,
                "local_id": step.local_id,
                "state": step.state,
                "remote_id": step.remote_id,
                "made": made_of(step),
                "error": _error_form(step),
                "attempts": step.attempts,
                "candidates": list(step.candidates),
                "choices": list(choice_words(step)),
                "trail": [
                    {"at": event.at, "code": event.code, "said": event.said, "by": event.by}
                    for event in step.trail
                ],
            }
            for step in steps
        ],
    }


def not_pushed_form(card_id: str, error: DeskError) -> dict[str, Any]:
    """Write a card of several that was not pushed, and why."""
    return {
        "asset": Asset.CARD,
        "subject": card_id,
        "push_id": None,
        "error": {"code": error.code, "message": error.message, "fix": error.fix},
    }


def _error_form(step: StepRecord) -> dict[str, str] | None:
    if not step.error:
        return None
    said = f": {step.detail}" if step.detail else ""
    return {"code": step.error, "message": meaning_of(step.error) + said, "fix": fix_of(step.error)}


def link_form(link: Link) -> dict[str, Any]:
    """Write a link."""
    return {
        "entity": link.entity,
        "local_id": link.local_id,
        "system": link.system,
        "remote_id": link.remote_id,
        "ref": link.ref,
    }


def map_form(maps: Maps) -> dict[str, Any]:
    """Write the map in use: its rows with who wrote them, and its tables."""
    return {
        "version": maps.in_use.version,
        "file": maps.file or None,
        "rows": [
            {
                "section": row.section,
                "source": row.source,
                "scope": row.scope,
                "read": row.read,
                "target": row.target,
                "transform": row.transform,
                "table": row.table,
                "choice": row.choice,
                "both": row.both,
                "default": row.default,
                "confidence": row.confidence,
                "remark": row.remark,
                "off": row.off,
                "origin": maps.origin(row),
            }
            for row in maps.in_use.row
        ],
        "tables": maps.in_use.tables,
        "guesses": maps.in_use.guesses,
        "forms": maps.in_use.forms,
    }
