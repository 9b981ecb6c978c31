"""Looks at a profile's team book for `doctor`. Changes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable

from core.diagnostics.findings import TeamBookSeen
from core.errors import DeskError
from data.diagnostics import trouble_of
from data.settings import Settings
from data.team_book.book import why_not_written
from data.team_book.connection import Connected
from data.team_book.profile_book import address_of, open_profile_book


def look_at_team_book(settings: Settings, clock: Callable[[], float] = time.perf_counter) -> TeamBookSeen:
    """Return whether a profile's team book can be written, how fast it answers, and who sends from it. Blocks."""
    shown = ""
    try:
        shown = address_of(settings).shown
        with open_profile_book(settings, (), write=False) as book:
            tables = book.tables
            began = clock()
            version, size, moved_to = tables.server.read(_question)
            took = clock() - began
            senders = tuple(
                sorted(
                    {f"{held.operator} on {held.host}" for held in tables.leases.held("") if held.operator}
                )
            )
            why_not = why_not_written(tables.server, moved_to)
    except DeskError as error:
        return TeamBookSeen(shown, trouble_of(error))
    writing = None if why_not is None else trouble_of(why_not)
    return TeamBookSeen(shown, None, writing, version, took, size, senders)


def _question(connection: Connected) -> tuple[str, int, str]:
    row = connection.execute(
        "select current_setting('server_version'), pg_database_size(current_database()), moved_to from brokerdesk.book"
    ).fetchone()
    return ("", 0, "") if row is None else (str(row[0]).split()[0], int(row[1]), str(row[2]))
