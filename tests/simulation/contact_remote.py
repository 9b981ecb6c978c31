"""SimpleNexus and Total Expert as the wire sees them: prospects are never unique, accounts are, contacts change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from core.errors import Unreachable
from data.vendors.http.reply import HttpReply
from tests.simulation.remote import Row, Server, SimWire


class ContactServer(Server):
    """Both systems. A contact that the system takes for one that is there changes that one, by its own rules."""

    obeys_filters = True

    def commit(self, method: str, path: str, body: Mapping[str, Any], at: float) -> dict[str, Any] | None:
        if path == "/contacts":
            return self._contact(dict(body), at)
        if path.startswith("/contacts/"):
            row = self.find("contacts", path.rsplit("/", 1)[1])
            if row is None:
                return None
            self._change(row, dict(body))
            return {"id": row.id, "_changed": True}
        if path == "/insights":
            made = self.add("insights", str(body["data"]["description"]).split()[-1], dict(body), at)
            return {"created": f"/insights/{made.id}", "id": made.id}
        if path == "/users/borrowers":
            if any(row.fields["email"] == body["email"] for row in self.of("borrowers")):
                return {"_status": 409}
            return self._made(self.add("borrowers", None, dict(body), at), path)
        if path.endswith("/app_shares"):
            self.add("app_shares", None, dict(body), at)
            return {"_silent": True}
        if "/partners" in path:
            return self._partner(path, body, at)
        note = str(body.get("note", "")).split()
        return self._made(self.add("prospects", note[-1], {**body, "place": path}, at), path)

    def _partner(self, path: str, body: Mapping[str, Any], at: float) -> dict[str, Any] | None:
        if not path.endswith("/actions"):
            if any(row.fields["email"] == body["email"] for row in self.of("partners")):
                return {"_status": 409}
            return self._made(self.add("partners", None, {**body, "place": path}, at), path)
        row = self.find("partners", path.split("/")[-2])
        if row is None:
            return None
        row.fields["invites"] += 1
        return {"_silent": True}

    @staticmethod
    def _change(row: Row, body: dict[str, Any]) -> None:
        groups = set(row.fields.get("groups", ()))
        groups |= {str(group["id"]) for group in body.pop("contact_groups", ())}
        groups -= {str(group["id"]) for group in body.pop("remove_contact_groups", ())}
        row.fields |= {**body, "groups": sorted(groups)}

    def _contact(self, body: dict[str, Any], at: float) -> dict[str, Any]:
        (mark,) = body.pop("external_ids")
        ref = mark["external_id"]
        same = [row for row in self.of("contacts") if ref in row.fields["refs"]]
        same = same or [
            row
            for row in self.of("contacts")
            if all(row.fields.get(name) == body.get(name) for name in ("first_name", "last_name", "email"))
        ]
        if same:
            row = same[0]
            row.fields |= body
            if ref not in row.fields["refs"]:
                row.fields["refs"] = [*row.fields["refs"], ref]
            return {"duplicate": f"/contacts/{row.id}", "id": row.id}
        row = self.add("contacts", ref, {**body, "refs": [ref]}, at)
        return {"created": f"/contacts/{row.id}", "id": row.id}

    @staticmethod
    def _made(row: Row, path: str) -> dict[str, Any]:
        return {"id": row.id, "_self": f"{path}/{row.id}"}


class ContactWire(SimWire):
    """Stands for the `Wire` of either system; knows its lists."""

    _server: ContactServer

    def _after(self, fault: str, shown: dict[str, Any]) -> HttpReply:
        if "_status" in shown:
            return HttpReply(int(shown["_status"]), {}, b"{}")
        if shown.pop("_silent", False) and fault in ("", "twice"):
            return HttpReply(204, {}, b"")
        if shown.pop("_changed", False) and fault in ("", "twice"):
            silences = (HttpReply(204, {}, b""), HttpReply(200, {}, b"[]"))
            return self._server.random.choice((super()._after(fault, shown), *silences))
        return super()._after(fault, shown)

    async def get_page(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        now = await self._reach()
        path, _, query = path.partition("?")
        wanted = {**(params or {}), **_filter_of(query)}
        kind = path.rsplit("/", 1)[1]
        items = [
            _SHOWN[kind](row)
            for row in self._server.of(kind)
            if row.at <= now - self._server.lag and row.fields.get("place", path) == path
        ]
        if self._server.obeys_filters:
            items = [item for item in items if _fits(item, wanted)]
        if path in ("/contacts", "/insights"):
            return {"items": items, "links": {"next": None}}
        return {"contents": items, "total_pages": 1}

    async def get_dated_page(
        self, path: str, params: Mapping[str, str] | None = None
    ) -> tuple[dict[str, Any], float | None]:
        return await self.get_page(path, params), self._loop.now

    async def get_object(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any] | None:
        await self._reach()
        row = self._server.find("contacts", path.rsplit("/", 1)[1])
        return _contact(row) if row else None

    async def _reach(self) -> float:
        server = self._server
        self._life.touch()
        await asyncio.sleep(server.random.random() * 0.3)
        if server.faults and server.random.random() < 0.15:
            server.faults -= 1
            raise Unreachable("unreachable", "")
        self._life.touch()
        server.settle_until(self._loop.now)
        return self._loop.now


def _contact(row: Row) -> dict[str, Any]:
    fields = {name: value for name, value in row.fields.items() if name not in ("refs", "groups")}
    marks = [{"source": "brokerdesk", "external_id": ref} for ref in row.fields["refs"]]
    return {**fields, "id": row.id, "external_ids": marks}


_SHOWN: dict[str, Callable[[Row], dict[str, Any]]] = {
    "contacts": _contact,
    "insights": lambda row: {**row.fields, "id": row.id},
    "borrowers": lambda row: {**row.fields, "id": row.id},
    "partners": lambda row: {**row.fields, "id": row.id},
    "prospects": lambda row: {**row.fields, "id": row.id, "phone": row.fields.get("cell_phone")},
}


def _filter_of(query: str) -> dict[str, str]:
    """Return the names and values of a filter, as Total Expert's documents write one."""
    written = next((part for part in query.split("&") if part.startswith("filter=")), "filter=")
    pairs = (pair.partition("=") for pair in written.removeprefix("filter=").split(",") if pair)
    return {f"filter {name}": unquote(value) for name, _, value in pairs}


def _fits(item: dict[str, Any], params: Mapping[str, str]) -> bool:
    for name, value in params.items():
        match name:
            case "filter external_id":
                fits = any(mark["external_id"] == value for mark in item["external_ids"])
            case "filter contact_id":
                fits = str(item["contact"]["id"]) == value
            case "filter type_id":
                fits = str(item["type"]["id"]) == value
            case "filter email" | "email":
                fits = item.get("email") == value
            case _:
                continue
        if not fits:
            return False
    return True
