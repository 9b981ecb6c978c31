"""`bundle`: one private zip for whoever helps, with ids and states; it is made also of a book that can't be opened."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from core.diagnostics.redacted_journal import RedactedJournal
from core.errors import BookClosed, UsageError
from tui.cli.options import CommandOptions
from tui.cli.output import emit_json, say
from tui.wiring import open_book, settings_of
from tui.wiring.files import path_of, tell_about, tell_failures, tell_files, tell_settings, write_bundle


@dataclass(frozen=True, kw_only=True)
class BundleOptions(CommandOptions):
    """The options of `bundle`."""

    out: str | None


async def bundle(options: BundleOptions) -> int:
    """Write the bundle. Raises `UsageError` where its file can't be written."""
    now = time.time()
    file = _file(options.out, now)
    parts = {"about": tell_about(now), **await _of_the_profile(options)}
    write_bundle(file, msgspec.to_builtins(parts))
    if options.json:
        emit_json({"file": str(file), "parts": list(parts)})
    else:
        say(f"{file}: {', '.join(parts)}", "It holds ids and states. Look through it before you send it.")
    return 0


def _file(out: str | None, now: float) -> Path:
    name = out or f"brokerdesk-bundle-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(now))}.zip"
    return path_of(name)


async def _of_the_profile(options: BundleOptions) -> dict[str, Any]:
    """Tell of settings and book; of one that can't be read, by which code it says so."""
    try:
        settings = settings_of(options.home, options.profile)
        told = {
            "settings": tell_settings(settings),
            "files": tell_files(settings),
            "failures": tell_failures(settings),
        }
        book = await open_book(settings, write=False)
    except UsageError as error:
        return {"settings": {"error": error.code}}
    except BookClosed as error:
        return {**told, "book": {"error": error.code}}
    try:
        teller = RedactedJournal(book)
        return {
            **told,
            "book": {"notices": len(book.notices)},
            "connections": await teller.connections(),
            "journal": await teller.journal(),
            "links": await teller.links(),
        }
    except BookClosed as error:
        return {**told, "book": {"error": error.code}}
    finally:
        book.close()
