"""What every system of the sandbox has in common on the wire: calls, replies, routes, paging, refusals.

A system is a list of operations over the store. It answers one call at a time, inside one transaction,
and never sees a socket.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn
from urllib.parse import parse_qsl, unquote

from data.sandbox.store import Document, Keys, Mark, Store, StoredRow, Wanted

LARGEST_BODY = 10 * 1024 * 1024
Clock = Callable[[], float]
Flaw = tuple[str, str]
_REQUEST_ID = "desk-request-id"
Option = str | int | bool


@dataclass(frozen=True, slots=True)
class Call:
    """One request, read to its end. `path` starts with the system's name; `parts` are the decoded rest."""

    method: str
    path: str
    parts: tuple[str, ...]
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    too_large: bool = False
    lag: float = 0.0
    ids: tuple[str, ...] = ()

    def parameters(self, *known: str) -> dict[str, str]:
        """Return the query, where each name is known, given once and not empty (400 otherwise)."""
        found: dict[str, str] = {}
        for name, value in self.query:
            if name not in known:
                refuse(400, "bad-parameter", "There is no such parameter.", [(name, "unknown parameter")])
            if name in found:
                refuse(400, "bad-parameter", "A parameter is given twice.", [(name, "given twice")])
            if not value:
                refuse(400, "bad-parameter", "A parameter is empty.", [(name, "empty")])
            found[name] = value
        return found

    def json_object(self) -> Document:
        """Return the body, an object in strict JSON (413, 415, 400 or 422 otherwise)."""
        if self.too_large:
            refuse(413, "too-large", "The body is larger than 10 MB.")
        media_type = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type not in ("application/json", "application/merge-patch+json"):
            refuse(415, "not-json", "The body must be application/json.")
        try:
            document = json.loads(self.body.decode("utf-8"), parse_constant=_no_constant)
            json.dumps(document, ensure_ascii=False).encode("utf-8")
        except (ValueError, RecursionError):
            refuse(400, "malformed", "The body is not JSON.")
        if not isinstance(document, dict):
            refuse(422, "invalid", "The body must be an object.")
        return document


@dataclass(frozen=True, slots=True)
class SandboxReply:
    """One answer. `kind` names the kind of record it speaks of, if it speaks of any."""

    status: int
    body: bytes
    media_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    kind: str | None = None

    def document(self) -> Document | None:
        """Return the body where it is a JSON object."""
        if self.media_type != "application/json":
            return None
        document = json.loads(self.body)
        return document if isinstance(document, dict) else None


class RefusedError(Exception):
    """A call that breaks a rule of the system; carries the whole refusal."""

    def __init__(self, status: int, code: str, message: str, flaws: Iterable[Flaw] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.flaws = tuple(flaws)


def refuse(status: int, code: str, message: str, flaws: Iterable[Flaw] = ()) -> NoReturn:
    """Refuse the call. Raises RefusedError always."""
    raise RefusedError(status, code, message, flaws)


def json_reply(
    status: int, document: object, *, kind: str | None = None, headers: tuple[tuple[str, str], ...] = ()
) -> SandboxReply:
    """Return a reply with a JSON body (ASCII, so that nothing in a record can break it)."""
    body = json.dumps(document, separators=(",", ":")).encode("ascii")
    return SandboxReply(status, body, headers=headers, kind=kind)


def error_reply(
    status: int,
    code: str,
    message: str,
    flaws: Iterable[Flaw] = (),
    *,
    headers: tuple[tuple[str, str], ...] = (),
) -> SandboxReply:
    """Return the gateways' error: `{"error": {"code", "message", "fields": [{"field", "message"}]}}`."""
    error: Document = {"code": code, "message": message}
    if fields := [{"field": name, "message": text} for name, text in flaws]:
        error["fields"] = fields
    return json_reply(status, {"error": error}, headers=headers)


@dataclass(frozen=True, slots=True)
class ApiOperation:
    """A method on a path template, and what it does. `open` ones need no token."""

    method: str
    template: str
    act: Callable[[Call], SandboxReply]
    open: bool = False
    parts: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", tuple(self.template.strip("/").split("/")))

    def ids(self, parts: tuple[str, ...]) -> tuple[str, ...] | None:
        """Return the ids in a path that fits the template, or None where it does not fit."""
        if len(parts) != len(self.parts):
            return None
        ids: list[str] = []
        for mine, given in zip(self.parts, parts, strict=True):
            if mine.startswith("{"):
                ids.append(given)
            elif mine != given:
                return None
        return tuple(ids)


class SandboxSystem:
    """One stand-in: its operations over the store. Subclasses give the operations, kinds and names of ids."""

    name = ""
    kinds: tuple[str, ...] = ()
    id_field = "id"
    stranger = ""
    echoes = False
    """True for a system that gives the header of `_REQUEST_ID` back."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self.clock = clock
        self.operations: tuple[ApiOperation, ...] = ()
        self.options: dict[str, Option] = {}

    def refusal(self, call: Call) -> SandboxReply | None:
        """Return what a call without the right to be answered gets; None for one that may pass."""
        raise NotImplementedError

    def keys(self, kind: str, document: Document) -> Keys:
        """Return what a record can be found by; must cope with any nonsense in the document."""
        raise NotImplementedError

    def marks(self, kind: str, document: Document) -> tuple[Mark, ...]:  # noqa: ARG002 - for other systems
        """Return further values by which a record is found, next to its keys. Most systems have none."""
        return ()

    def stamped(self, changed: Document, patch: Document) -> Document:
        """Return a record that somebody else changed, with the time of that change where it has one."""
        if "updated_at" in changed and "updated_at" not in patch:
            return {**changed, "updated_at": self.now()}
        return changed

    def edited(self, kind: str, document: Document) -> None:
        """Learn that somebody else changed a record; nothing, unless a system tells of such changes."""

    def answer(self, call: Call) -> SandboxReply:
        """Carry out one call in one transaction. Never raises for what a client did wrong."""
        try:
            with self.store.transaction():
                reply = self._route(call)
        except RefusedError as refused:
            reply = self.refused(refused)
        given = call.headers.get(_REQUEST_ID, "")
        if not self.echoes or not re.fullmatch(r"[0-9a-f]{32}", given):
            return reply
        return replace(reply, headers=(*reply.headers, (_REQUEST_ID, given)))

    def refused(self, refused: RefusedError) -> SandboxReply:
        """Return a refusal in this system's own form."""
        return error_reply(refused.status, refused.code, refused.message, refused.flaws)

    def records_in(self, document: Document) -> list[Document]:
        """The records that a reply speaks of: those of a list, or the one that it is."""
        listed = document.get("items")
        return listed if isinstance(listed, list) else [document]

    def error(
        self, status: int, code: str, message: str, headers: tuple[tuple[str, str], ...] = ()
    ) -> SandboxReply:
        """Return an error in this system's own form."""
        return error_reply(status, code, message, headers=headers)

    def now(self) -> str:
        """Return the time as the systems write it: UTC, whole seconds."""
        return datetime.fromtimestamp(self.clock(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def is_open(self, call: Call) -> bool:
        """Return True if the call needs no token."""
        return any(op.open and op.ids(call.parts) is not None for op in self.operations)

    def records(self) -> dict[str, list[Document]]:
        """Return everything the system holds, as kept."""
        return {kind: self.store.find(self.name, kind, Wanted()) for kind in self.kinds}

    def keep(self, kind: str, id_: str, document: Document) -> None:
        """Keep a new record under its id, aged from now."""
        keys, marks = self.keys(kind, document), self.marks(kind, document)
        self.store.add(StoredRow(self.name, kind, id_, document, keys, self.clock(), marks))

    def change(self, kind: str, id_: str, document: Document) -> None:
        """Put a new version in the place of a record."""
        keys, marks = self.keys(kind, document), self.marks(kind, document)
        self.store.replace(StoredRow(self.name, kind, id_, document, keys, marks=marks))

    def forget(self, kind: str, id_: str) -> bool:
        """Remove a record; False when there was none."""
        return self.store.remove(self.name, kind, id_)

    def page(
        self,
        kind: str,
        wanted: Wanted,
        parameters: Mapping[str, str],
        show: Callable[[list[Document]], list[Document]],
    ) -> SandboxReply:
        """Return one page of the records that fit: `{"items", "page", "page_size", "total", "next_page"}`."""
        number, size = page_place(parameters)
        total = self.store.count(self.name, kind, wanted)
        found = self.store.find(self.name, kind, wanted, limit=size, offset=(number - 1) * size)
        return _page_reply(kind, show(found), number, size, total)

    def page_of(
        self,
        kind: str,
        found: list[Document],
        parameters: Mapping[str, str],
        show: Callable[[list[Document]], list[Document]],
    ) -> SandboxReply:
        """Return one page of records that were found already."""
        number, size = page_place(parameters)
        shown = show(found[(number - 1) * size : number * size])
        return _page_reply(kind, shown, number, size, len(found))

    def _route(self, call: Call) -> SandboxReply:
        fitting = [(op, ids) for op in self.operations if (ids := op.ids(call.parts)) is not None]
        if not fitting:
            return self.error(404, "not-found", "There is nothing at this path.")
        for op, ids in fitting:
            if op.method == call.method:
                return op.act(_with_ids(call, ids))
        allowed = ", ".join(sorted({op.method for op, _ in fitting}))
        return self.error(405, "method-not-allowed", f"This path answers {allowed}.", (("Allow", allowed),))


def make_call(
    method: str, raw_path: bytes, query: bytes, headers: Mapping[str, str], body: bytes, *, too_large: bool
) -> tuple[str, Call]:
    """Return the first path segment, and the call for what stands behind it; segments are decoded one by one."""
    path = raw_path.decode("ascii", "replace")
    first, *rest = [unquote(part) for part in path.lstrip("/").split("/")]
    pairs = tuple(parse_qsl(query.decode("ascii", "replace"), keep_blank_values=True))
    return first, Call(method, path, tuple(rest), pairs, headers, body, too_large)


def api_description(name: str) -> SandboxReply:
    """Return the OpenAPI file of a gateway, as it lies in the package."""
    text = (Path(__file__).parents[2] / "contracts" / f"{name}.yaml").read_bytes()
    return SandboxReply(200, text, "application/yaml; charset=utf-8")


_PLAIN_HEADERS = frozenset(
    {
        *("accept", "accept-encoding", "accept-language", "authorization", "cache-control", "connection"),
        *("content-length", "content-type", "date", "expect", "host", "keep-alive", "pragma", "te"),
        *("transfer-encoding", "user-agent", "via"),
    }
)
"""The headers that HTTP itself and the vendors' texts speak of."""


def unknown_headers(call: Call, *more: str) -> list[str]:
    """Return the headers of a call that are neither HTTP's own nor among `more`, in order."""
    return sorted(name for name in map(str.lower, call.headers) if name not in {*_PLAIN_HEADERS, *more})


def text_or_none(value: object) -> str | None:
    """Return the value where it is a text with something in it."""
    return value if isinstance(value, str) and value else None


def folded(value: object) -> str | None:
    """Return a text for comparing without regard to case, or None."""
    text = text_or_none(value)
    return None if text is None else text.strip().casefold()


def _with_ids(call: Call, ids: tuple[str, ...]) -> Call:
    return Call(
        call.method, call.path, call.parts, call.query, call.headers, call.body, call.too_large, call.lag, ids
    )


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def page_place(parameters: Mapping[str, str], largest: int = 200) -> tuple[int, int]:
    """Return the number and the size of the page that is asked for."""
    return whole_number(parameters, "page", 1, 1_000_000), whole_number(parameters, "page_size", 50, largest)


def _page_reply(kind: str, shown: list[Document], number: int, size: int, total: int) -> SandboxReply:
    body = {
        "items": shown,
        "page": number,
        "page_size": size,
        "total": total,
        "next_page": number + 1 if number * size < total else None,
    }
    return json_reply(200, body, kind=kind)


def whole_number(parameters: Mapping[str, str], name: str, default: int, most: int) -> int:
    """A parameter that is a whole number from 1 to `most`; `default` where it is not given."""
    text = parameters.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= most):
        refuse(400, "bad-parameter", f"{name} must be a whole number.", [(name, f"1 to {most}")])
    return int(text)
