"""FLEX and BrokerEngine as the wire sees them, with every fault of RELIABILITY's list; time is the loop's."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import msgspec

from core.errors import Unreachable
from core.push.ports import Outcome
from data.vendors import reply as replies
from data.vendors.reply import IdOf, NoReply, Reply
from tests.simulation.life import Life

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
    "401",
    "bad-json",
    "html",
    "no-id",
    "other-id",
    "truncated",
)
REFUSALS = ("422", "403")


class Row:
    """A record that the remote holds."""

    __slots__ = ("at", "fields", "id", "kind", "ref")

    def __init__(self, kind: str, flex_id: str, ref: str | None, fields: dict[str, Any], at: float) -> None:
        self.kind, self.id, self.ref, self.fields, self.at = kind, flex_id, ref, fields, at


class Server:
    """Both systems. It outlives every process of the desk, and commits late what it was asked long ago."""

    def __init__(
        self, random: Random, *, faults: int, lag: float = 0.0, late: float = 20.0, refusals: int = 0
    ) -> None:
        self.random = random
        self.faults = faults
        self.refusals = refusals
        self.lag = lag
        self.late = late
        self.rows: list[Row] = []
        self._kinds: defaultdict[str, dict[str, Row]] = defaultdict(dict)
        self.pending: list[tuple[float, Callable[[float], object]]] = []
        self.writes = 0
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

    # -- what a write does -----------------------------------------------------------------------------

    def commit(self, method: str, path: str, body: Mapping[str, Any], at: float) -> dict[str, Any] | None:
        self.writes += 1
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

    def __init__(self, server: Server, life: Life, clock: Callable[[], float]) -> None:
        self._server = server
        self._life = life
        self._now = clock

    async def write(self, method: str, path: str, body: Mapping[str, Any], id_of: IdOf) -> Outcome:
        self._life.touch()
        body = msgspec.json.decode(msgspec.json.encode(body))
        line = f"{method} {path}"
        try:
            reply = await self._answer(method, path, body)
        except NoReply as silence:
            return replies.outcome_of_silence(silence, line)
        finally:
            self._life.touch()
        return replies.outcome_of(reply, line, id_of)

    async def _answer(self, method: str, path: str, body: dict[str, Any]) -> Reply:
        server = self._server
        fault = self._fault()
        if fault == "unsent":
            raise NoReply("unreachable", "", sent=False)
        await asyncio.sleep(server.random.uniform(0, 0.5))
        if fault == "late":
            due = self._now() + server.random.uniform(0, server.late)
            server.pending.append((due, lambda at: server.commit(method, path, body, at)))
            raise NoReply("no-reply", "", sent=True)
        if fault in ("429", "429-long", "401", "422", "403", "lost-before", "500-before"):
            if fault == "lost-before":
                await asyncio.sleep(server.random.choice((0.0, 30.0)))
                raise NoReply("no-reply", "", sent=True)
            headers = {"429": {"retry-after": "3"}, "429-long": {"retry-after": "3600"}}.get(fault, {})
            return Reply(int(fault[:3]), headers, b'{"error":{"code":"x"}}')
        self._life.touch()  # the process may die while its request is being carried out
        server.settle_until(self._now())
        shown = server.commit(method, path, body, self._now())
        if shown is None:
            return Reply(404, {}, b"{}")
        await asyncio.sleep(server.random.uniform(0, 0.5))
        return self._after(fault, shown)

    def _after(self, fault: str, shown: dict[str, Any]) -> Reply:
        whole = msgspec.json.encode(shown)
        match fault:
            case "lost-after":
                raise NoReply("no-reply", "", sent=True)
            case "bad-json" | "truncated":
                return Reply(201, {}, whole[:-3])
            case "html":
                return Reply(200, {"content-type": "text/html"}, b"<html>ok</html>")
            case "no-id":
                return Reply(201, {}, b'{"ok":true}')
            case "other-id":
                return Reply(201, {}, b'{"FLEXId":"1-ZZZZZ","IntegrationId":"BD-OTHER","id":"X"}')
            case "":
                return Reply(201, {}, whole)
            case _:
                return Reply(int(fault[:3]), {}, b"{}")

    def _fault(self) -> str:
        server = self._server
        if server.refusals and server.random.random() < 0.1:
            server.refusals -= 1
            return server.random.choice(REFUSALS)
        if server.faults and server.random.random() < 0.4:
            server.faults -= 1
            return server.random.choice(FAULTS)
        return ""

    async def get_object(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any] | None:
        self._life.touch()
        server = self._server
        await asyncio.sleep(server.random.uniform(0, 0.3))
        if server.faults and server.random.random() < 0.15:
            server.faults -= 1
            raise Unreachable("unreachable", "", "")
        self._life.touch()
        now = self._now()
        server.settle_until(now)
        parts = path.strip("/").split("/")
        if len(parts) == 2:
            row = server.find(parts[0], parts[1])
            return server.shown(row) if row else None
        ref = (params or {})["IntegrationId"]
        found = [row for row in server.of(parts[0]) if row.ref == ref and row.at <= now - server.lag]
        return {"items": [server.shown(row) for row in found]}
