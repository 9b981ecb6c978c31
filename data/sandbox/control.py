"""The calls behind `/_sandbox`: look into the systems, change them behind the desk's back, set faults, start again."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable

from data.sandbox.faults import Faults, FaultSpecError
from data.sandbox.gate import Gate
from data.sandbox.store import Document
from data.sandbox.story import Story
from data.sandbox.systems.api import (
    ApiOperation,
    Call,
    RefusedError,
    SandboxReply,
    SandboxSystem,
    error_reply,
    json_reply,
    refuse,
    text_or_none,
)
from data.sandbox.systems.events import Happenings
from data.sandbox.systems.notices import Notices


class Control:
    """Answers the control calls for one gate. `seed_anew` wipes the store and fills it again.

    A call has to bear `token`: what runs as another user of the machine can reach the port, and can't read the token.
    """

    def __init__(self, gate: Gate, seed_anew: Callable[[], None], seed: int, token: str) -> None:
        self._gate = gate
        self._token = token
        self._seed_anew = seed_anew
        self._seed = seed
        self._clock = gate.systems["flex"].clock
        self._first_options = {name: dict(system.options) for name, system in gate.systems.items()}
        happenings = Happenings(gate.systems["simplenexus"])
        notices = Notices(gate.systems["total-expert"])
        story = Story(gate.systems, happenings)
        self._operations = (
            ApiOperation("POST", "/notifications/deliver", notices.deliver),
            ApiOperation("POST", "/contacts/merge", notices.merge),
            ApiOperation("POST", "/events/act", happenings.act),
            ApiOperation("POST", "/events/lives", happenings.lives),
            ApiOperation("POST", "/events/deliver", happenings.deliver),
            ApiOperation("GET", "/events/calculations", happenings.calculations),
            ApiOperation("POST", "/events/report", happenings.report),
            ApiOperation("GET", "/story", story.show),
            ApiOperation("POST", "/story", story.begin),
            ApiOperation("POST", "/story/deliveries", story.deliveries),
            ApiOperation("POST", "/story/taken", story.taken),
            ApiOperation("GET", "/records/{system}", self._records),
            ApiOperation("PATCH", "/records/{system}/{kind}/{id}", self._patch),
            ApiOperation("DELETE", "/records/{system}/{kind}/{id}", self._delete),
            ApiOperation("GET", "/faults", self._show_faults),
            ApiOperation("POST", "/faults", self._set_faults),
            ApiOperation("POST", "/late", self._carry_out_late),
            ApiOperation("GET", "/requests", self._requests),
            ApiOperation("GET", "/options/{system}", self._show_options),
            ApiOperation("POST", "/options/{system}", self._set_options),
            ApiOperation("POST", "/reset", self._reset),
            ApiOperation("POST", "/restart", self._restart),
        )

    def answer(self, call: Call) -> SandboxReply:
        """Carry out one control call."""
        given = call.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode("latin-1", "replace"), f"Bearer {self._token}".encode()):
            return error_reply(401, "control-token", "A control call needs the token of address.json.")
        for operation in self._operations:
            ids = operation.ids(call.parts)
            if ids is not None and operation.method == call.method:
                try:
                    return operation.act(call)
                except RefusedError as refused:
                    return error_reply(refused.status, refused.code, refused.message, refused.flaws)
        return error_reply(404, "not-found", "There is no such control call.")

    def _records(self, call: Call) -> SandboxReply:
        return json_reply(200, self._system(call.parts[1]).records())

    def _patch(self, call: Call) -> SandboxReply:
        system, kind, id_ = self._place(call)
        record = system.store.get(system.name, kind, id_)
        if record is None:
            refuse(404, "not-found", "There is no such record.")
        patch = _lenient_object(call)
        changed = system.stamped(_merged(record, patch), patch)
        with system.store.transaction():
            system.change(kind, id_, changed)
            system.edited(kind, changed)
        return json_reply(200, changed)

    def _delete(self, call: Call) -> SandboxReply:
        system, kind, id_ = self._place(call)
        with system.store.transaction():
            gone = system.forget(kind, id_)
        if not gone:
            refuse(404, "not-found", "There is no such record.")
        return json_reply(200, {"removed": id_})

    def _show_faults(self, call: Call) -> SandboxReply:
        call.parameters()
        rules = [{"rule": r.text, "remaining": r.remaining, "met": r.met} for r in self._gate.faults.rules]
        return json_reply(200, {"rules": rules})

    def _set_faults(self, call: Call) -> SandboxReply:
        """Take these rules instead of those in force, which ends delays; with `more`, after them."""
        given = call.json_object()
        spec, more = given.get("spec"), given.get("more", False)
        if not isinstance(spec, str) or not isinstance(more, bool):
            refuse(422, "invalid", "spec must be text.", [("spec", "must be text")])
        try:
            if more:
                self._gate.faults.add(spec, self._seed)
            else:
                self._gate.replace_faults(Faults(spec, self._seed, self._clock))
        except FaultSpecError as error:
            refuse(422, "invalid", str(error), [("spec", str(error))])
        return self._show_faults(call)

    def _carry_out_late(self, call: Call) -> SandboxReply:
        """Carry out the requests that the fault `late` keeps back. The reply is `{"carried_out": n}`."""
        call.parameters()
        return json_reply(200, {"carried_out": self._gate.carry_out_late()})

    def _show_options(self, call: Call) -> SandboxReply:
        call.parameters()
        return json_reply(200, self._system(call.parts[1]).options)

    def _set_options(self, call: Call) -> SandboxReply:
        """Change how a system behaves where its description leaves it open; they last until they are changed."""
        system = self._system(call.parts[1])
        given = call.json_object()
        flaws = [
            (name, "isn't an option, or has another type")
            for name, value in given.items()
            if type(value) is not type(system.options.get(name))
        ]
        if flaws:
            refuse(422, "invalid", "An option is wrong.", flaws)
        system.options.update(given)
        return self._show_options(call)

    def _requests(self, call: Call) -> SandboxReply:
        wanted = call.parameters("system", "since")
        since = wanted.get("since", "0")
        if not (since.isascii() and since.isdigit()):
            refuse(400, "bad-parameter", "since must be a whole number.")
        return json_reply(200, self._gate.log.since(int(since), text_or_none(wanted.get("system"))))

    def _reset(self, call: Call) -> SandboxReply:
        call.parameters()
        self._gate.forget_late()
        self._seed_anew()
        return json_reply(200, {"reset": True})

    def _restart(self, call: Call) -> SandboxReply:
        """Seed the records again, drop all fault rules and restore the first options of every system.

        The reply is `{"requests": n}`. `n` is the number of the last request, so that `GET /requests?since=n` gives
        what comes after the restart.
        """
        call.parameters()
        self._gate.replace_faults(Faults("", self._seed, self._clock))
        self._gate.forget_late()
        for name, system in self._gate.systems.items():
            system.options.clear()
            system.options.update(self._first_options[name])
        self._seed_anew()
        return json_reply(200, {"requests": self._gate.log.count})

    def _system(self, name: str) -> SandboxSystem:
        system = self._gate.systems.get(name)
        if system is None:
            refuse(404, "not-found", f"There is no system {name}.")
        return system

    def _place(self, call: Call) -> tuple[SandboxSystem, str, str]:
        _, name, kind, id_ = call.parts
        system = self._system(name)
        if kind not in system.kinds:
            refuse(404, "not-found", f"{name} holds no {kind}.")
        return system, kind, id_


def _lenient_object(call: Call) -> Document:
    """Return the body as Python reads it: NaN and lone surrogates pass, for a record that is nonsense on purpose."""
    try:
        document = json.loads(call.body)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        refuse(400, "malformed", "The body must be a JSON object.")
    return document


def _merged(record: Document, patch: Document) -> Document:
    """JSON merge patch (RFC 7396)."""
    merged = dict(record)
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict):
            inner = merged.get(name)
            merged[name] = _merged(inner if isinstance(inner, dict) else {}, value)
        else:
            merged[name] = value
    return merged
