"""The plan of a note push: a new note on the FLEX record of a linked card. A pure function."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from core.flex.decoding import without_lone_surrogates
from core.flex.field_map.apply import map_record
from core.flex.field_map.fates import Fate, Field
from core.flex.field_map.model import FieldMap, Scope
from core.flex.model import Attachment, Card, Note
from core.flex.plans.preview import Objection, Preview
from core.push.plan import Asset, Body, Entity, Operation, Plan, Step, System, make_ref

LONGEST_TEXT: Final = 32_000
LARGEST_FILE: Final = 5 * 1024 * 1024
MOST_FILES: Final = 10
LARGEST_WHOLE: Final = 7 * 1024 * 1024
"""Bytes of all files together. The limits are our contract's: the encoded body stays below 10 MB."""


class NoteInputs(Struct, frozen=True):
    """A note, its card, and what was sent before.

    `decision` names one deliberate push. The reference of the FLEX record comes from it: the same on every retry,
    another for the next decision. `files` maps a file's id to its bytes, or to the reason why they can't be read.
    `sent_before` holds the times, in words, at which the same text was sent.
    """

    note: Note
    card: Card
    flex_id: str | None
    decision: str
    field_map: FieldMap
    workspace: str
    files: Mapping[str, bytes | str] = {}
    sent_before: Sequence[str] = ()


def plan_note(inputs: NoteInputs) -> Preview:
    """Return the plan of a note push: one new record with the text and the files that FLEX takes."""
    note = inputs.note
    mapped = map_record(
        inputs.field_map, Scope.NOTE, {"text": note.text, "attachments": ()}, local_id=note.id
    )
    text_line = next(field for field in mapped.fields if field.target == "Note.Text")
    files_line = next(field for field in mapped.fields if field.target == "Note.Attachments")
    files, file_fields = _files(inputs, files_line)
    ref = make_ref(inputs.workspace, System.FLEX, Entity.NOTE, inputs.decision)
    body: Body = {
        "IntegrationId": ref,
        "Parent": {"FLEXId": inputs.flex_id or ""},
        "Text": text_line.value or "",
    }
    if files:
        body["Attachments"] = files
    step = Step(
        ref=ref,
        system=System.FLEX,
        entity=Entity.NOTE,
        operation=Operation.CREATE,
        local_id=inputs.decision,
        summary=without_lone_surrogates(_begins(note.text)),
        body=body,
        parent=inputs.flex_id,
        identity=("Text",),
    )
    return Preview(
        asset=Asset.NOTE,
        subject=note.id,
        title=f"{inputs.card.id} {inputs.card.title}",
        plan=Plan(
            Asset.NOTE,
            note.id,
            without_lone_surrogates(inputs.card.title),
            (step,),
            inputs.field_map.version,
            about=inputs.card.id,
        ),
        reasons=tuple(_objections(inputs, text_line)),
        warnings=tuple(_warnings(inputs, file_fields)),
        fields=(text_line, *file_fields),
        products=(),
        payload={"Note": without_contents(body)},
        flex_id=inputs.flex_id,
        flex_kind=inputs.card.flex_kind,
    )


def _begins(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else line[:59] + "…"


def _files(inputs: NoteInputs, row: Field) -> tuple[list[Body], list[Field]]:
    """Return the files that are sent, as FLEX's objects, and a line for each file of the note."""
    files: list[Body] = []
    fields: list[Field] = []
    together = 0
    for attachment in inputs.note.attachments:
        content = inputs.files.get(attachment.id, "it could not be read")
        wrong = _wrong_with(attachment, content, len(files), together)
        if not wrong and isinstance(content, bytes):
            together += len(content)
            files.append(
                {
                    "FileName": attachment.file_name,
                    "ContentType": attachment.content_type,
                    "Content": base64.b64encode(content).decode(),
                }
            )
        fields.append(_file_line(row, attachment, wrong))
    return files, fields


def _wrong_with(attachment: Attachment, content: bytes | str, before: int, together: int) -> str:
    if isinstance(content, str):
        return content
    if (
        without_lone_surrogates(attachment.file_name + attachment.content_type)
        != attachment.file_name + attachment.content_type
    ):
        return "its name holds half a character, which can't be sent"
    if len(content) > LARGEST_FILE:
        return "larger than 5 MB"
    if before >= MOST_FILES:
        return f"FLEX takes {MOST_FILES} files a note"
    if together + len(content) > LARGEST_WHOLE:
        return "the files together are larger than 7 MB"
    return ""


def _file_line(row: Field, attachment: Attachment, wrong: str) -> Field:
    return msgspec.structs.replace(
        row,
        source_value=attachment.file_name,
        about=attachment.file_name,
        local_id=attachment.id,
        value=None if wrong else attachment.file_name,
        fate=Fate.REFUSED if wrong else Fate.SENT,
        reason=wrong or f"{attachment.size:,} bytes, {attachment.content_type}",
    )


def _objections(inputs: NoteInputs, text: Field) -> list[Objection]:
    found: list[Objection] = []
    if not inputs.flex_id:
        found.append(
            Objection("not-linked", f"{inputs.card.id} is not in FLEX yet: push or link the card first.")
        )
    if text.fate is Fate.REFUSED:
        found.append(Objection("unsendable-note", f"The note's text can't be sent: {text.reason}."))
    elif text.value is None:
        found.append(Objection("empty-note", "The note holds no text."))
    elif len(str(text.value)) > LONGEST_TEXT:
        found.append(
            Objection("long-note", f"The note has {len(str(text.value)):,} characters, FLEX takes 32,000.")
        )
    return found


def _warnings(inputs: NoteInputs, files: list[Field]) -> list[str]:
    warnings = [
        f"{field.about} is not sent: {field.reason}." for field in files if field.fate is Fate.REFUSED
    ]
    if inputs.sent_before:
        times = ", ".join(inputs.sent_before)
        warnings.insert(
            0, f"The same text was pushed onto this card already: {times}. Pushing it makes a second note."
        )
    return warnings


def without_contents(body: Body) -> dict[str, Any]:
    """Return the body of a note for the screen: the length of each file in place of its content.

    A body without files is returned as it is.
    """
    files = body.get("Attachments", [])
    shown = [{**file, "Content": f"(base64, {len(file['Content'])} characters)"} for file in files]
    return {**body, "Attachments": shown} if files else dict(body)
