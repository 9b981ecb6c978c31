"""FLEX and BrokerEngine on the wire, with every fault that a schedule can draw. The time is the event loop's."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Container, Mapping
from random import Random
from typing import Any

import msgspec

from core.errors import Unreachable
from core.push.ports import Outcome
from data.vendors.http import reply as replies
from data.vendors.http.reply import HttpReply, IdOf, NoReply
from tests.simulation.life import Life
from tests.simulation.virtual import VirtualLoop

FAULTS = (
    "unsent",
    "lost-before",
    "lost-after",
    "late",
    "500-before",
    "500-after",
    "503-after",
    "408-after",
    "409-after",
    "429",
    "429-long",
    "429-bare",
    "401",
    "bad-json",
    "html",
    "no-id",
    "other-id",
    "truncated",
)
REFUSALS = ("400", "422", "403", "302")
BEFORE: dict[str, dict[str, str]] = {
    "429": {"retry-after": "3"},
    "429-long": {"retry-after": "3600"},
    "429-bare": {},
    "401": {},
    "500-before": {},
    **{refusal: {} for refusal in REFUSALS},
}
"""What is answered before anything is carried out, with its headers."""
TWICE = (*FAULTS, *("twice",) * len(FAULTS))
"""With a write that is carried out twice and answered once, well."""


class Row:
    """A record that the remote holds."""

    __slots__ = ("at", "fields", "id", "kind", "ref")

    def __init__(self, kind: str, flex_id: str, ref: str | None, fields: dict[str, Any], at: float) -> None:
        self.kind, self.id, self.ref, self.fields, self.at = kind, flex_id, ref, fields, at


class Server:
    """Both systems. It outlives every process of the desk, and commits late what it was asked long ago."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.repertoire: tuple[str, ...] = FAULTS
        self.faults = 0
        """So many are still to come; `refusals` likewise."""
        self.refusals = 0
        self.lag = 0.0
        """Seconds until a record is found by a look-up."""
        self.late = 0.0
        """Seconds that a commit may come after its request was given up."""
        self.rows: list[Row] = []
        self.pending: list[tuple[float, Callable[[float], object]]] = []
        self.may_write: Callable[[], bool] = lambda: True
        self.unwritten: list[str] = []
        """Requests that came although the desk could not write them down."""
        self._kinds: defaultdict[str, dict[str, Row]] = defaultdict(dict)
        self._number = 46655

    def add(
        self, kind: str, ref: str | None, fields: dict[str, Any], at: float = -1e9, row_id: str = ""
    ) -> Row:
        """Hold one more record, under an id of the server's own where none is given."""
        self._number += 1
        row = Row(kind, row_id or f"1-{self._number:05X}", ref, dict(fields), at)
        self.rows.append(row)
        self._kinds[kind][row.id] = row
        return row

    def settle_until(self, now: float) -> None:
        """Commit what is due."""
        if not self.pending:
            return
        due = sorted((item for item in self.pending if item[0] <= now), key=lambda item: item[0])
        self.pending = [item for item in self.pending if item[0] > now]
        for at, commit in due:
            commit(at)

    def of(self, kind: str) -> list[Row]:
        return list(self._kinds[kind].values())

    def find(self, kind: str, row_id: str) -> Row | None:
        return self._kinds[kind].get(row_id)

    def doubled(self) -> dict[str, set[str]]:
        """Give the references that stand more than once, with the ids of who bears them."""
        bearers: defaultdict[str, set[str]] = defaultdict(set)
        for row in self.rows:
            if row.ref:
                bearers[row.ref].add(row.id)
        return {ref: ids for ref, ids in bearers.items() if len(ids) > 1}

    # -- what a write does -----------------------------------------------------------------------------

    def commit(self, method: str, path: str, body: Mapping[str, Any], at: float) -> dict[str, Any] | None:
        parts = path.strip("/").split("/")
        if method == "POST":
            row = self.add(parts[0], body["IntegrationId"], dict(body), at)
        elif method == "PATCH":
            found = self.find(parts[0], parts[1])
            if found is None:
                return None
            found.fields |= body
            row = found
        else:
            pair = f"{parts[1]}/{parts[3]}"
            row = next(
                (r for r in self.of("product-links") if r.fields.get("pair") == pair), None
            ) or self.add("product-links", body["IntegrationId"], {"pair": pair}, at)
            row.fields |= body
        return self.shown(row)

    @staticmethod
    def shown(row: Row) -> dict[str, Any]:
        return {**row.fields, "FLEXId": row.id, "id": row.id, "IntegrationId": row.ref}


class SimWire:
    """Stands for `Wire`: the same two verbs, the same classifier behind them."""

    def __init__(self, server: Server, life: Life, loop: VirtualLoop) -> None:
        self._server = server
        self._life = life
        self._loop = loop

    async def write(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        id_of: IdOf,
        *,
        silent: str | None = None,
        too_new: Container[int] = (),
        seen: Callable[[HttpReply], None] | None = None,
    ) -> Outcome:
        self._life.touch()
        sent: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(body))
        line = f"{method} {path}"
        if not self._server.may_write():
            self._server.unwritten.append(line)
        try:
            reply = await self._answer(method, path, sent)
        except NoReply as silence:
            return replies.outcome_of_silence(silence, line)
        finally:
            self._life.touch()
        if seen is not None:
            seen(reply)
        return replies.outcome_of(reply, line, id_of, silent=silent, too_new=too_new)

    async def _answer(self, method: str, path: str, body: dict[str, Any]) -> HttpReply:
        server = self._server
        fault = self._fault()
        if fault == "unsent":
            raise NoReply("unreachable", "", sent=False)
        await asyncio.sleep(server.random.random() * 0.5)
        if fault == "late":
            due = self._loop.now + server.random.uniform(0, server.late)
            server.pending.append((due, lambda at: server.commit(method, path, body, at)))
            raise NoReply("no-reply", "", sent=True)
        if fault == "lost-before":
            await asyncio.sleep(server.random.choice((0.0, 30.0)))
            raise NoReply("no-reply", "", sent=True)
        if fault in BEFORE:
            return HttpReply(int(fault[:3]), BEFORE[fault], b'{"error":{"code":"x"}}')
        self._life.touch()  # the process may die while its request is being carried out
        server.settle_until(self._loop.now)
        shown = server.commit(method, path, body, self._loop.now)
        if shown is None:
            return HttpReply(404, {}, b"{}")
        if fault == "twice" and method == "POST":
            due = self._loop.now + server.random.choice((0.0, server.random.random() * server.late))
            server.pending.append((due, lambda at: server.commit(method, path, body, at)))
        await asyncio.sleep(server.random.random() * 0.5)
        return self._after(fault, shown)

    def _after(self, fault: str, shown: dict[str, Any]) -> HttpReply:
        whole = msgspec.json.encode(shown)
        match fault:
            case "lost-after":
                raise NoReply("no-reply", "", sent=True)
            case "bad-json" | "truncated":
                return HttpReply(201, {}, whole[:-3])
            case "html":
                return HttpReply(200, {"content-type": "text/html"}, b"<html>ok</html>")
            case "no-id":
                return HttpReply(201, {}, b'{"ok":true}')
            case "other-id":
                return HttpReply(201, {}, b'{"FLEXId":"1-ZZZZZ","IntegrationId":"BD-OTHER","id":"X"}')
            case "" | "twice":
                return HttpReply(201, {}, whole)
            case _:
                return HttpReply(int(fault[:3]), {}, b"{}")

    def _fault(self) -> str:
        server = self._server
        if server.refusals and server.random.random() < 0.1:
            server.refusals -= 1
            return server.random.choice(REFUSALS)
        if server.faults and server.random.random() < 0.4:
            server.faults -= 1
            return server.random.choice(server.repertoire)
        return ""

    async def get_object(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any] | None:
        self._life.touch()
        server = self._server
        await asyncio.sleep(server.random.random() * 0.3)
        if server.faults and server.random.random() < 0.15:
            server.faults -= 1
            raise Unreachable("unreachable", "")
        self._life.touch()
        now = self._loop.now
        server.settle_until(now)
        parts = path.strip("/").split("/")
        if len(parts) == 2:
            row = server.find(parts[0], parts[1])
            return server.shown(row) if row else None
        ref = (params or {})["IntegrationId"]
        found = [row for row in server.of(parts[0]) if row.ref == ref and row.at <= now - server.lag]
        return {"items": [server.shown(row) for row in found]}
