"""Joins the receipts to a desk: its folder, its name, its systems; and checks files of receipts without a book."""

from __future__ import annotations

import hashlib
import platform
import re
import time
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from core.error_words import why_failed
from core.errors import UsageError
from core.flex.use_cases.checklist import ChecklistTicks
from core.push.plan import System
from core.receipts.model import ReceiptDesk
from core.receipts.use_cases import ReceiptParts, ReceiptUseCases
from core.version import VERSION
from data.receipts_folder import PrivateFolder
from data.settings import Settings
from tui.command_line import confirmed_by
from tui.wiring.book import receipts_folder
from tui.wiring.clock import WallClock, desk_time

if TYPE_CHECKING:
    from core.flex.field_map.model import FieldMap
    from core.push.ports import Remote
    from core.receipts.seal import Verification
    from tui.wiring.book import OpenBook

_VERSION = re.compile(r"^  version: (\S+)$", re.MULTILINE)


def own_files(settings: Settings) -> list[Path]:
    """Return the receipts and stubs in a profile's folder, sorted."""
    folder = receipts_folder(settings)
    return [folder / name for name in PrivateFolder(folder).names() if name.endswith((".json", ".html"))]


def receipt_use_cases(
    settings: Settings,
    book: OpenBook,
    remotes: Mapping[System, Remote],
    field_map: FieldMap | None = None,
) -> ReceiptUseCases:
    """Return the use cases of a profile's receipts. Without `remotes` nothing can be read back."""
    parts = ReceiptParts(
        book=book,
        folder=PrivateFolder(receipts_folder(settings)),
        remotes=remotes,
        clock=WallClock(),
        local=desk_time(settings),
        desk=_desk(settings, field_map),
        by_hand=ChecklistTicks(book),
        operator=settings.operator,
    )
    return ReceiptUseCases(parts)


def _desk(settings: Settings, field_map: FieldMap | None) -> ReceiptDesk:
    whole = msgspec.json.encode(field_map, order="deterministic") if field_map else b""
    return ReceiptDesk(
        profile=settings.name,
        workspace=settings.profile.workspace,
        mode="LIVE" if settings.profile.live else "SANDBOX",
        machine=platform.node(),
        zone=settings.profile.zone or time.tzname[0],
        program=f"brokerdesk {VERSION}",
        how=confirmed_by.get(),
        map_sha256=hashlib.sha256(whole).hexdigest() if whole else "",
        contracts=_contracts(),
    )


def _contracts() -> dict[str, str]:
    """Return the version of our contract for each system that has one."""
    found: dict[str, str] = {}
    for system in (System.BROKERENGINE, System.FLEX):
        text = resources.files("data.contracts").joinpath(f"{system}.yaml").read_text("utf-8")
        version = _VERSION.search(text)
        found[system.value] = version[1] if version else ""
    return found


def verify_files(files: Iterable[Path]) -> Verification:
    """Check files of receipts, JSON or HTML, without a book. Raises `UsageError` if a file can't be read."""
    from core.receipts.page import document_in, page_of
    from core.receipts.seal import SealFault, SealProblem, Verification, verify

    documents: list[tuple[str, dict[str, Any] | None]] = []
    other_pages: list[SealFault] = []
    for file in files:
        content = _content(file)
        is_page = content.lstrip()[:1] == b"<"
        document = document_in(content) if is_page else _json_object(content)
        documents.append((str(file), document))
        if is_page and document is not None and not _is_page_of(content, document, page_of):
            said = "The text of this page is not that of the receipt inside it."
            other_pages.append(SealFault(SealProblem.PAGE_DIFFERS, str(file), said))
    checked = verify(documents)
    return Verification((*checked.faults, *other_pages), checked.notes, checked.checked)


def _is_page_of(content: bytes, document: dict[str, Any], page_of: Any) -> bool:
    """Return True if a page is the one that its receipt makes. A page of another version can't be compared."""
    program = document.get("desk", {}).get("program") if isinstance(document.get("desk"), dict) else None
    if program != f"brokerdesk {VERSION}":
        return True
    try:
        return bool(page_of(document) == content)
    except (KeyError, TypeError, ValueError, AttributeError):
        return False


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        said = why_failed(error)
        raise UsageError("unreadable-receipt", f"{file} can't be read: {said}.") from None


def _json_object(content: bytes) -> dict[str, Any] | None:
    import json

    try:
        document = json.loads(content)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None
