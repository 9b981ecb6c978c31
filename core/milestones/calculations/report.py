"""Reports of calculations: what one has to hold, from a delivery's JSON or from the row of a file. Pure.

A report names the contact by an id or by an email. The email is used to find the contact, and then dropped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import Struct

from core.compare.emails import inbox_key
from core.compare.mailboxes import email_fault
from core.milestones.events import MOST, BadWebhook, CalculationReport
from core.texts import how_many
from core.webhooks.deliveries import repaired

COLUMNS: Final = ("contact_id", "email", "at", "id")
"""The fields of a report: the keys of its JSON, and the columns of a file."""
AHEAD: Final = 300.0
"""Seconds by which a calculation may lie in the future by the desk's clock. The number is ours."""
LONGEST_EMAIL: Final = 255
NO_SOURCE: Final = (
    "Nothing reports calculations: no API or webhook of SimpleNexus reports them. Set up /calculations of brokerdesk "
    "listen (brokerdesk init --secret-of calculations), or take a file: brokerdesk milestones --calculations FILE."
)
_REPORT_ID: Final = re.compile(r"[!-~]{1,64}")
_CONTACT_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


class CalculationReports(Struct, frozen=True):
    """The reports of a delivery. `set_aside` says of each odd report what is wrong with it, and quotes no value."""

    reports: tuple[CalculationReport, ...]
    set_aside: tuple[str, ...] = ()


class OddReport(ValueError):
    """A report can't be used. `field` is the field that is wrong; the message quotes no value."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


def report_of(values: Mapping[str, str], received: float) -> CalculationReport:
    """Return the report that the texts of a row hold, by column. `received` is seconds since 1970.

    Raises `OddReport`.
    """
    given = {name: values.get(name, "").strip() for name in COLUMNS}
    if not _REPORT_ID.fullmatch(given["id"]):
        raise OddReport("id", "it has to be 1 to 64 visible ASCII characters")
    contact_id, email = given["contact_id"], given["email"]
    if contact_id and not _CONTACT_ID.fullmatch(contact_id):
        raise OddReport("contact_id", "it isn't an id")
    if not contact_id and not email:
        raise OddReport("contact_id", "a contact_id or an email is needed")
    if not contact_id and not (len(email) <= LONGEST_EMAIL and email.isprintable() and inbox_key(email)):
        raise OddReport("email", email_fault(email) or "it isn't an email address")
    return CalculationReport(
        given["id"], _moment(given["at"], received), received, contact_id, "" if contact_id else email
    )


def from_delivery(body: bytes, received: float) -> CalculationReports:
    """Return the reports in a delivery: one JSON object, or a list of them. An odd report costs no other report.

    `received` is the desk's time in seconds since 1970. Raises `BadWebhook` if the body is not a delivery, or if each
    of its reports is odd.
    """
    try:
        content = msgspec.json.decode(repaired(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadWebhook("it is not JSON") from None
    items = content if isinstance(content, list) else [content]
    if not 1 <= len(items) <= MOST:
        raise BadWebhook(f"it has {how_many(len(items), 'report')}; 1 to {MOST} are taken")
    reports: list[CalculationReport] = []
    set_aside: list[str] = []
    for n, item in enumerate(items, 1):
        try:
            reports.append(report_of(_texts(item), received))
        except OddReport as odd:
            set_aside.append(f"report {n}: {odd}")
    if not reports:
        raise BadWebhook(set_aside[0], tuple(set_aside))
    return CalculationReports(tuple(reports), tuple(set_aside))


def _texts(item: Any) -> dict[str, str]:
    """Return the fields of a report as texts. A number stands for its digits. Raises `OddReport`."""
    if not isinstance(item, dict):
        raise OddReport("report", "it isn't a JSON object")
    texts: dict[str, str] = {}
    for name in COLUMNS:
        value = item.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if value is not None and not isinstance(value, str):
            raise OddReport(name, "it isn't a text")
        texts[name] = value or ""
    return texts


def _moment(text: str, received: float) -> float:
    """Return a time stamp as seconds since 1970. Raises `OddReport`."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise OddReport("at", "it isn't a time such as 2026-11-28T14:03:00Z") from None
    if at.tzinfo is None:
        raise OddReport("at", "it has no time zone: 2026-11-28T14:03:00Z has one")
    seconds = at.timestamp()
    if seconds <= 0:
        raise OddReport("at", "it is from before 1970")
    if seconds > received + AHEAD:
        raise OddReport("at", "it is in the future")
    return seconds
