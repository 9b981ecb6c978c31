"""Pages about a card for paper or a file: what a push would do, and what is entered by hand. Knows no screen."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby

from core.error_catalogue import fix_of
from core.flex.field_map.fates import ARRIVES, Fate, Field
from core.flex.plans.preview import Preview
from core.flex.use_cases.paste import PasteList
from core.html_page import bullets, escaped, heading, html_page, pairs, table
from core.push.plan import System
from core.systems import display_name
from tui.words.by_hand import OUR_ORDER, field_of_flex, progress, remark_of, sign_of
from tui.words.plans import plan_sentence


def offered_file(card_id: str, what: str = "") -> str:
    """Return the name under which a page about a card is offered to be saved: "~/brokerdesk-C-1001.html"."""
    safe = re.sub(r"[^\w.-]", "-", card_id)
    return f"~/brokerdesk-{safe}{f'-{what}' if what else ''}.html"


def preview_page(preview: Preview) -> bytes:
    """Return what a push would do as an HTML page: steps, warnings, objections, and every field with its fate."""
    steps = [
        [str(n), f"{step.operation} {step.entity}".replace("-", " "), step.summary]
        for n, step in enumerate(preview.plan.steps, 1)
    ]
    against = [f"{reason.message} {fix_of(reason.code)}" for reason in preview.reasons]
    parts = [
        f"<p>{escaped(plan_sentence(preview.plan))} Nothing of this was sent.</p>",
        pairs([("Plan", preview.plan.digest), ("Map", preview.plan.map_version)]),
        *_listed("Can't be pushed", against),
        *_listed("Warnings", preview.warnings),
        heading("Steps"),
        table(["", "Step", "What"], steps),
    ]
    for (section, about), fields in groupby(preview.fields, key=lambda field: (field.section, field.about)):
        rows = [_row(field) for field in fields if field.fate is not Fate.EMPTY]
        if rows:
            parts.append(heading(f"{section}: {about}" if about else section))
            theirs, flex = display_name(System.BROKERENGINE), display_name(System.FLEX)
            parts.append(table(["Field", theirs, "Fate", flex, "Why"], rows))
    return html_page(f"Preview – {preview.subject} {preview.title}", parts)


def _listed(name: str, lines: Iterable[str]) -> list[str]:
    found = list(lines)
    return [heading(name), bullets(found)] if found else []


def _row(field: Field) -> list[str]:
    arrives = f"{field.target}\n{field.value}" if field.fate in ARRIVES else ""
    return [field.source, field.source_value, str(field.fate), arrives, field.reason]


def list_page(pasted: PasteList) -> bytes:
    """Return what is entered by hand as an HTML page, in the order of FLEX's screens, with the ticks."""
    parts = [f"<p>{escaped(progress(pasted))}. {escaped(OUR_ORDER)}</p>"]
    for (screen, about), items in groupby(pasted.items, key=lambda item: (item.screen, item.field.about)):
        rows = [
            [sign_of(item), field_of_flex(item), item.text or item.field.source_value, remark_of(item)]
            for item in items
        ]
        parts.append(heading(f"{screen}: {about}" if about else str(screen)))
        parts.append(table(["", "Field of FLEX", "Value", ""], rows))
    return html_page(f"Enter by hand – {pasted.title}", parts)
