"""The plan of a note push: a new note on the FLEX record of a linked card. A pure function."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from core.flex.field_map.apply import map_record
from core.flex.field_map.fates import Fate, Field
from core.flex.field_map.forms import FormKind, TargetForm, fit
from core.flex.field_map.model import FieldMap, Scope
from core.flex.model import Attachment, Card, Note, WrittenFile, WrittenNote
from core.flex.note_body import without_contents
from core.flex.plans.note_decision import NoteDecision
from core.flex.plans.objections import field_warnings, no_gateway
from core.flex.plans.preview import Objection, Preview
from core.flex.plans.unmapped import odd_lines
from core.push.plan import Asset, Body, Entity, Operation, Plan, Step, System
from core.texts import without_lone_surrogates

LONGEST_TEXT: Final = 32_000
LARGEST_FILE: Final = 5 * 1024 * 1024
MOST_FILES: Final = 10
LARGEST_WHOLE: Final = 7 * 1024 * 1024
"""Bytes of all files together. The limits are our contract's: the encoded body stays below 10 MB."""
FILE_NAME: Final = TargetForm(FormKind.LINE, longest=255, pattern=r"^(?=.*\S)[^\x00-\x1F\x7F]+$")
"""The form of a file's name and of its content type, by our contract."""


TOO_LARGE: Final = "larger than 5 MB"
LONGEST_NAME: Final = 255
"""Characters of a file's name."""
SEEN: Final = "same-note"
"""The override of a plan that was confirmed although the preview said that the same note is there already."""


class NoteInputs(Struct, frozen=True):
    """A note, its card, and what was sent before.

    `decision` names one deliberate push. The reference of the FLEX record comes from it: the same on every retry,
    another for the next decision. `files` maps a file's id to its bytes, or to the reason why they can't be read.
    `sent_before` holds the times, in words, at which this book pushed the same text. `in_flex` holds the times, in
    words, since which FLEX has the same note. `not_checked` says why FLEX could not be asked, or is "". `written` is
    the note as it was written here; None for one of BrokerEngine's. `has_gateway` is as in `CardInputs`.
    """

    note: Note
    card: Card
    flex_id: str | None
    decision: NoteDecision
    field_map: FieldMap
    workspace: str
    files: Mapping[str, bytes | str] = {}
    sent_before: Sequence[str] = ()
    in_flex: Sequence[str] = ()
    not_checked: str = ""
    written: WrittenNote | None = None
    has_gateway: bool = True


def plan_note(inputs: NoteInputs) -> Preview:
    """Return the plan of a note push: one new record with the text and the files that FLEX takes."""
    note = inputs.note
    mapped = map_record(
        inputs.field_map,
        Scope.NOTE,
        {"text": note.odd.get("text") or note.text, "attachments": ()},
        local_id=note.id,
    )
    text_line = next(field for field in mapped.fields if field.target == "Note.Text")
    files_line = next(field for field in mapped.fields if field.target == "Note.Attachments")
    files, file_fields = _files(inputs, files_line)
    ref, subject = inputs.decision.ref(inputs.workspace), inputs.decision.subject
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
        local_id=subject,
        summary=without_lone_surrogates(_begins(note.text)),
        body=body,
        parent=inputs.flex_id,
        identity=("Text",),
    )
    odd = odd_lines(note, "Note", ("text",), local_id=note.id, beyond=("attachments",))
    return Preview(
        asset=Asset.NOTE,
        subject=subject,
        title=f"{inputs.card.id} {inputs.card.title}",
        plan=Plan(
            Asset.NOTE,
            subject,
            without_lone_surrogates(inputs.card.title),
            (step,),
            inputs.field_map.version,
            about=inputs.card.id,
            overrides=(SEEN,) if inputs.in_flex or inputs.sent_before else (),
        ),
        reasons=tuple(_objections(inputs, text_line, file_fields)),
        warnings=tuple(_warnings(inputs, (text_line, *file_fields, *odd))),
        fields=(text_line, *file_fields, *odd),
        products=(),
        payload={"Note": without_contents(body)},
        flex_id=inputs.flex_id,
        flex_kind=inputs.card.flex_kind,
        in_flex_since=tuple(inputs.in_flex),
        written=inputs.written,
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
                    "FileName": fit(FILE_NAME, attachment.file_name).value,
                    "ContentType": fit(FILE_NAME, attachment.content_type).value,
                    "Content": base64.b64encode(content).decode(),
                }
            )
        fields.append(_file_line(row, attachment, wrong))
    return files, fields


def _wrong_with(attachment: Attachment, content: bytes | str, before: int, together: int) -> str:
    if isinstance(content, str):
        return content
    if odd := next(attachment.odd.items(), None):
        return f"its {odd[0].replace('_', ' ')} can't be used: {odd[1].reason}"
    if (
        without_lone_surrogates(attachment.file_name + attachment.content_type)
        != attachment.file_name + attachment.content_type
    ):
        return "its name holds half a character, which can't be sent"
    for what, text in (("name", attachment.file_name), ("content type", attachment.content_type)):
        if wrong := fit(FILE_NAME, text).wrong:
            return f"its {what} can't be sent: {wrong}"
    if len(content) > LARGEST_FILE:
        return TOO_LARGE
    if before >= MOST_FILES:
        return f"FLEX takes {MOST_FILES} files a note"
    if together + len(content) > LARGEST_WHOLE:
        return "the files together are larger than 7 MB"
    return ""


def faults_of_files(files: Sequence[WrittenFile]) -> list[str]:
    """Return for each file of a note why FLEX does not take it, or ""."""
    faults: list[str] = []
    sent: list[int] = []
    for file in files:
        size = len(file.content)
        wrong = _wrong_with(
            Attachment("", file.file_name, file.content_type, size), file.content, len(sent), sum(sent)
        )
        faults.append(wrong)
        sent += [] if wrong else [size]
    return faults


def _file_line(row: Field, attachment: Attachment, wrong: str) -> Field:
    name = fit(FILE_NAME, attachment.file_name).value
    fate = Fate.SENT if name == attachment.file_name else Fate.CONVERTED
    return msgspec.structs.replace(
        row,
        source_value=attachment.file_name,
        about=attachment.file_name,
        local_id=attachment.id,
        value=None if wrong else name,
        fate=Fate.REFUSED if wrong else fate,
        reason=wrong or f"{attachment.size:,} bytes, {attachment.content_type}",
    )


def not_in_flex(card_id: str) -> Objection:
    """Return the objection to a note on a card that is not in FLEX."""
    return Objection("not-linked", f"{card_id} is not in FLEX yet: push or link the card first.")


def _objections(inputs: NoteInputs, text: Field, files: Sequence[Field]) -> list[Objection]:
    found: list[Objection] = []
    if not inputs.flex_id:
        found.append(not_in_flex(inputs.card.id))
    if len(inputs.note.text.strip()) > LONGEST_TEXT:
        found.append(
            Objection(
                "long-note", f"The note has {len(inputs.note.text.strip()):,} characters, FLEX takes 32,000."
            )
        )
    elif text.fate is Fate.REFUSED:
        found.append(Objection("unsendable-note", f"The note's text can't be sent: {text.reason}."))
    elif text.value is None:
        found.append(Objection("empty-note", "The note holds no text."))
    if inputs.written is not None:  # a note of BrokerEngine's goes without the file, which stays there
        found += [
            Objection("unsendable-file", f"{field.about} can't be sent: {field.reason}.")
            for field in files
            if field.fate is Fate.REFUSED
        ]
    if not inputs.has_gateway:
        found.append(no_gateway(f"A note on {inputs.card.id}"))
    return found


def _warnings(inputs: NoteInputs, fields: tuple[Field, ...]) -> list[str]:
    warnings: list[str] = []
    if inputs.in_flex:
        times = ", ".join(inputs.in_flex)
        warnings.append(f"The same note is in FLEX since {times}. Pushing it again makes a new note.")
    if inputs.sent_before:
        times = ", ".join(inputs.sent_before)
        warnings.append(
            f"The same text was pushed to this card already: {times}. Pushing it makes a second note."
        )
    if inputs.not_checked:
        warnings.append(inputs.not_checked)
    # The files of a note that was written here are objections.
    warnings += field_warnings(fields if inputs.written is None else fields[:1])
    return warnings
