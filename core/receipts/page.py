"""Writes a receipt as one HTML page that needs nothing else: no script, no font, no address. Pure.

The page holds the receipt as JSON too, with its seal, so that the page alone can be checked. Every text of a client is
escaped, and what is not printable is shown as a replacement character.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from core.html_page import bullets, escaped, heading, html_page, pairs, table
from core.receipts.seal import SEAL, Document

_MARKS: Final = {
    "arrived": "✓ arrived",
    "there": "= there already",
    "differs": "≠ differs",
    "not-read": "? not read",
    "not-sent": "– not sent",
    "by-hand": "✎ entered by hand",
}
_EMBEDDED: Final = re.compile(rb'<script type="application/json" id="receipt">(.*?)</script>', re.DOTALL)


def page_of(document: Document) -> bytes:
    """Return a sealed receipt as an HTML page in UTF-8."""
    desk = document["desk"]
    title = f"Receipt {document['number']} – {document['asset']} {document['subject']}"
    parts = [
        f'<p class="mode">{escaped(desk["mode"])}</p>',
        *_head(document),
        *_seen(document),
        *_consent(document.get("consent") or ()),
        *_records(document["records"]),
        *_fields(document["fields"]),
        *_files(document["files"]),
        heading("Seal"),
        "<p>SHA-256 of this receipt in canonical form, and of the receipt before.</p>",
        f'<p class="seal">{escaped(document[SEAL])}<br>{escaped(document["previous"])}</p>',
        f'<script type="application/json" id="receipt">{_embedded(document)}</script>',
    ]
    return html_page(title, parts)


def document_in(page: bytes) -> dict[str, Any] | None:
    """Return the receipt that a page holds, or None if the page holds none."""
    found = _EMBEDDED.search(page)
    try:
        document = json.loads(found[1]) if found else None
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _embedded(document: Document) -> str:
    """Return the receipt as JSON that can't end the element around it."""
    text = json.dumps(document, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


# -- the parts -----------------------------------------------------------------------------------------


def _head(document: Document) -> list[str]:
    desk = document["desk"]
    replaces = document["replaces"]
    contracts = ", ".join(f"{system} {version}" for system, version in sorted(desk["contracts"].items()))
    return [
        heading("Head"),
        pairs(
            [
                ("Number", f"{document['number']} of book {document['book']}"),
                ("Replaces", f"receipt {replaces}, which stays" if replaces else ""),
                ("Desk", f"profile {desk['profile']}, workspace {desk['workspace']}"),
                ("Program", desk["program"]),
                ("Map", f"{document['map']} {desk['map_sha256']}".strip()),
                ("Contracts", contracts),
                ("Push", f"{document['push_id']}: {document['state']}"),
                ("Plan", f"{document['plan']} (what was shown is what was sent)"),
            ]
        ),
        heading("Who and when"),
        pairs(
            [
                ("Operator", document["operator"]),
                ("Machine", desk["machine"]),
                ("Confirmed", f"{document['confirmed_local']} ({_utc(document['confirmed_at'])})"),
                ("Checked", f"{document['checked_local']} ({_utc(document['checked_at'])})"),
                ("Answer", document["rule"] or desk["how"]),
            ]
        ),
    ]


def _seen(document: Document) -> list[str]:
    lines = [
        *(f"Warning: {warning}" for warning in document["warnings"]),
        *(f"Look-alike: {alike}" for alike in document["look_alikes"]),
        *(f"Overruled: {code}" for code in document["overrides"]),
        *(f"Linked in brokerdesk's book: {ours} = {theirs}" for ours, theirs in document["links"]),
    ]
    shown = f"<p>{escaped(document['title'])}</p>" if document["title"] else ""
    return [heading("What was seen"), shown, bullets(lines) if lines else "<p>No warning.</p>"]


def _consent(consent: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what those who were contacted wished; nothing for a push that contacts nobody."""
    if not consent:
        return []
    rows = [[stated["about"], stated["says"], stated["overruled_by"]] for stated in consent]
    names = [
        "About",
        "What Total Expert said of their consent just before sending",
        "Sent anyway, decided by",
    ]
    return [heading("Consent"), table(names, rows)]


def _records(records: Sequence[Mapping[str, Any]]) -> list[str]:
    rows = [
        [
            record["system"],
            f"{record['entity']} {record['local_id']}",
            record["summary"],
            record["made"] or record["state"],
            record["remote_id"] or "",
            record["ref"],
            _history(record),
        ]
        for record in records
    ]
    names = ["System", "Record", "What", "Outcome", "Id in the system", "Our ref", "Attempts and events"]
    return [heading("Records"), table(names, rows)]


def _history(record: Mapping[str, Any]) -> str:
    events = [f"{_utc(event['at'])} {event['code']} {event['said']}".rstrip() for event in record["trail"]]
    request = [f"request {record['request_id']}"] if record["request_id"] else []
    return "\n".join([f"{record['attempts']} sent", *request, *events])


def _fields(fields: Sequence[Mapping[str, Any]]) -> list[str]:
    sent = [field for field in fields if field["arrived"] not in ("not-sent", "by-hand")]
    left = [field for field in fields if field["arrived"] in ("not-sent", "by-hand")]
    rows = [
        [
            _where(field),
            field["source_value"],
            f"{field['target']}\n{_value(field['sent'])}",
            _value(field["found"]) if field["proof"] == "read-back" else "",
            _MARKS[field["arrived"]],
            "\n".join(part for part in (field["fate"], field["reason"], _proof(field)) if part),
        ]
        for field in sent
    ]
    names = ["Field", "Source", "Sent as", "Read back", "Mark", "Rule and proof"]
    parts = [heading("Fields"), table(names, rows) if rows else "<p>None.</p>", heading("Not sent")]
    unsent = [
        [
            _where(field),
            field["source_value"],
            _MARKS[field["arrived"]],
            "\n".join(
                part for part in (field["fate"], field["reason"], _entered_as(field), _keyed(field)) if part
            ),
        ]
        for field in left
    ]
    return [*parts, table(["Field", "Source", "Mark", "Why"], unsent) if unsent else "<p>None.</p>"]


def _where(field: Mapping[str, Any]) -> str:
    return "\n".join(part for part in (f"{field['section']}: {field['source']}", field["about"]) if part)


def _proof(field: Mapping[str, Any]) -> str:
    if field["proof"] == "read-back":
        return f"read back {_utc(field['at'])}"
    return "confirmed by the reply" if field["proof"] else ""


def _entered_as(field: Mapping[str, Any]) -> str:
    """Return the field of FLEX and the value that a person entered; "" for what has no field in FLEX."""
    by_hand = field["arrived"] == "by-hand" and field["sent"] is not None
    return f"entered as {field['target']} {_value(field['sent'])}" if by_hand else ""


def _keyed(field: Mapping[str, Any]) -> str:
    return f"entered by hand by {field['by']}, {_utc(field['at'])}" if field["by"] else ""


def _files(files: Sequence[Mapping[str, Any]]) -> list[str]:
    if not files:
        return []
    rows = [[file["name"], f"{file['size']} bytes", file["sha256"]] for file in files]
    return [heading("Files"), table(["Name", "Size", "SHA-256"], rows)]


# -- small things --------------------------------------------------------------------------------------


def _utc(at: float | None) -> str:
    return "" if at is None else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _value(value: Any) -> str:
    if value is None:
        return "nothing"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
