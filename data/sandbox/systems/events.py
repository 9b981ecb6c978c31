"""What happens in SimpleNexus over time: lives of applications, the webhooks they set off, and a feed of calculations.

Nothing happens by itself: a test or a demo lets it happen through `/_sandbox/events`, and has the webhooks that wait
delivered, signed, in the order and as often as it says. The same numbers give the same streams.

| call                       | what it does                                                                        |
|----------------------------|-------------------------------------------------------------------------------------|
| `POST /events/act`         | one `act` (see below) happens to a `borrower`, a `prospect` or an `application`,      |
|                            | `ago` seconds ago; `sign-up` gives the id of the account that the person made        |
| `POST /events/lives`       | `count` borrowers live through an application, out of `seed`, ending now            |
| `POST /events/deliver`     | the webhooks that wait go to `url`, signed with `secret`; without a `url` to each    |
|                            | registered webhook that is on and subscribed to the event                           |
| `GET /events/calculations` | the calculations `since` a moment: no description has such a feed, it is ours       |
| `POST /events/report`      | the calculations that were not reported go to `url` as a list, signed with `secret`;  |
|                            | each names the borrower's id, or with `by` = `email` the borrower's email; with       |
|                            | `again` all go again                                                              |

`deliver` takes: `late`, how many of the newest wait on; `doubled`, every how-manieth comes twice; `shuffled`, in an
order out of `seed`; `encoding` of the signature, hex or base64; `bad_signature`. What is answered with 200 waits no
longer.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import uuid
from datetime import UTC, datetime
from itertools import pairwise
from random import Random
from urllib.parse import urlsplit

from data.sandbox.store import Document, Wanted
from data.sandbox.systems.api import Call, SandboxReply, SandboxSystem, folded, json_reply, refuse

WEBHOOKS = "webhooks"
CALCULATIONS = "calculations"
APPLICATIONS = "loan-applications"
REGISTERED, SUBSCRIPTIONS = "registered-webhooks", "webhook-subscriptions"
_COUNTER = "simplenexus-event"
_NAMESPACE = uuid.UUID("0d0a6a36-6d55-4a52-8f0e-7f6f4f6f0c11")
_PATIENCE = 5.0
_QUIET = 90 * 60
LOOPBACK = ("127.0.0.1", "localhost", "::1")
_ACTS = {
    "begin": "loan_app_started",
    "change": "loan_app_updated",
    "import": "loan_app_imported",
    "submit": "loan_app_submitted",
    "abandon": "loan_app_abandoned",
    "close": "",
    "sign-up": "user_created",
    "log-in": "user_first_login",
    "calculate": "",
}
"""What can happen, and the webhook it sets off. Begin, import, log in and calculate are a borrower's acts.

Sign up is the act of a person with a prospect: they make an account of their own, with the prospect's data.
"""


def tell(system: SandboxSystem, event: str, link: str, info: Document, at: float) -> None:
    """Let a webhook wait for its delivery. `link` is the path of the record it is about."""
    number = system.store.next_number(_COUNTER, 1)
    waiting = {
        "_id": str(uuid.uuid5(_NAMESPACE, str(number))),
        "_timestamp": stamp_of(at),
        "_links": {link_name(event): link},
        "event": event,
        "event_info": info,
    }
    system.keep(WEBHOOKS, f"{number:08}", {"id": f"{number:08}", "delivered": False, "event": waiting})


def link_name(event: str) -> str:
    """Return what the link of an event is called. That of a removed user names the loan officer."""
    if event == "user_deleted":
        return "loan_officer"
    return "loan_application" if event.startswith("loan_app") else "user"


def stamp_of(at: float) -> str:
    """Return a moment, in epoch seconds, as a webhook writes it."""
    return datetime.fromtimestamp(at, UTC).isoformat()


def delivery_of(event: Document, name: str) -> bytes:
    """Return the body of a delivery of one event. `name` makes the delivery's own id."""
    own = {"_id": str(uuid.uuid5(_NAMESPACE, f"delivery {name}")), "_timestamp": event["_timestamp"]}
    return json.dumps({**own, "events": [event]}).encode()


class Happenings:
    """The calls behind `/_sandbox/events`."""

    def __init__(self, system: SandboxSystem) -> None:
        self._system = system
        self._store = system.store

    def act(self, call: Call) -> SandboxReply:
        """One thing happens."""
        given = call.json_object()
        act, ago = given.get("act"), given.get("ago", 0)
        if act not in _ACTS or not isinstance(ago, int | float) or isinstance(ago, bool):
            refuse(422, "invalid", "There is no such act.", [("act", "one of " + ", ".join(_ACTS))])
        with self._store.transaction():
            at = self._system.clock() - ago
            if act == "sign-up":
                account = self._sign_up(str(given.get("prospect", "")), at)
                return json_reply(200, {"account": account})
            application = self.happen(
                str(act), str(given.get("borrower", "")), str(given.get("application", "")), at
            )
        return json_reply(200, {"application": application})

    def lives(self, call: Call) -> SandboxReply:
        """Borrowers begin applications, change them, and submit, abandon or go on; the last of it just now."""
        given = call.json_object()
        count, dice = _whole(given, "count", 12), Random(_whole(given, "seed", 1))  # noqa: S311 - repeatable on purpose
        with self._store.transaction():
            borrowers = self._store.find(self._system.name, "borrowers", Wanted())
            chosen = [str(dice.choice(borrowers)["id"]) for _ in range(count if borrowers else 0)]
            made = [self._live(borrower, dice) for borrower in chosen]
        return json_reply(200, {"applications": made})

    def calculations(self, call: Call) -> SandboxReply:
        """Return the feed of calculations, oldest first."""
        since = call.parameters("since").get("since", "")
        kept = self._store.find(self._system.name, CALCULATIONS, Wanted(updated_after=since or None))
        return json_reply(200, {"calculations": kept})

    def report(self, call: Call) -> SandboxReply:
        """Report the calculations that wait; gives how many, and what was answered. SimpleNexus has no such thing."""
        given = call.json_object()
        url, secret = str(given.get("url", "")), str(given.get("secret", "sandbox"))
        if urlsplit(url).hostname not in LOOPBACK:
            refuse(422, "invalid", "Reports go to loopback only.", [("url", "must be on loopback")])
        kept = self._store.find(self._system.name, CALCULATIONS, Wanted())
        waiting = [one for one in kept if given.get("again") or not one.get("reported")]
        reports = [self._report_of(one, by_email=given.get("by") == "email") for one in waiting]
        body = json.dumps(reports).encode()
        status = sent_to(url, body, signature(body, secret, "hex"))[0] if reports else 200
        if status == 200:
            with self._store.transaction():
                for one in waiting:
                    self._system.change(CALCULATIONS, one["id"], {**one, "reported": True})
        return json_reply(200, {"reported": len(reports), "status": status})

    def _report_of(self, calculation: Document, *, by_email: bool) -> Document:
        borrower = self._found("borrowers", str(calculation["borrower_id"]))
        who = {"email": borrower["email"]} if by_email else {"contact_id": borrower["id"]}
        return {"id": f"calculation-{calculation['id']}", "at": calculation["at"], **who}

    def deliver(self, call: Call) -> SandboxReply:
        """Post the webhooks that wait, one a delivery; gives what was answered to each."""
        given = call.json_object()
        url, secret = str(given.get("url", "")), str(given.get("secret", "sandbox"))
        if "url" in given and urlsplit(url).hostname not in LOOPBACK:
            refuse(422, "invalid", "Webhooks go to loopback only.", [("url", "must be on loopback")])
        waiting = [
            one for one in self._store.find(self._system.name, WEBHOOKS, Wanted()) if not one.get("delivered")
        ]
        waiting.sort(key=lambda one: (one["event"]["_timestamp"], one["id"]))
        statuses: list[int] = []
        for one in in_order(waiting, given):
            body = delivery_of(one["event"], one["id"])
            key = secret + "?" if given.get("bad_signature") else secret
            signed = signature(body, key, str(given.get("encoding", "hex")))
            urls = [url] if url else self.subscribers(one["event"]["event"])
            answers = [sent_to(to, body, signed)[0] for to in urls]
            statuses += answers
            if answers and all(status == 200 for status in answers):
                with self._store.transaction():
                    self._system.change(WEBHOOKS, one["id"], {**one, "delivered": True})
        return json_reply(200, {"statuses": statuses})

    def subscribers(self, event: str) -> list[str]:
        """Return the addresses of the registered webhooks that are on and subscribed to an event."""
        name = self._system.name
        subscribed = {
            one["webhook_id"]
            for one in self._store.find(name, SUBSCRIPTIONS, Wanted())
            if one["event"] == event
        }
        registered = self._store.find(name, REGISTERED, Wanted())
        return [one["url"] for one in registered if one["is_enabled"] and one["id"] in subscribed]

    # -- what happens ---------------------------------------------------------------------------------------

    def _live(self, borrower: str, dice: Random) -> str:
        """One life, told backwards from now: how long ago it began, and what came then."""
        moments = sorted((dice.uniform(60, 6 * 3600) for _ in range(dice.randint(1, 5))), reverse=True)
        now = self._system.clock()
        application = self.happen("begin", borrower, "", now - moments[0])
        for before, ago in pairwise(moments):
            if before - ago > _QUIET:
                self.happen("abandon", "", application, now - before + _QUIET)
            self.happen("change", "", application, now - ago)
        if dice.random() < 0.4:
            self.happen("submit", "", application, now - moments[-1] + 30)
        elif moments[-1] > _QUIET:
            self.happen("abandon", "", application, now - moments[-1] + _QUIET)
        if dice.random() < 0.5:
            self.happen("calculate", borrower, "", now - moments[0] - 600)
        return application

    def happen(self, act: str, borrower_id: str, application_id: str, at: float) -> str:
        """Let one thing happen at `at` (epoch seconds); gives the application's id, if it is about one.

        Raises RefusedError where there is no such borrower or application. To be called in a transaction.
        """
        stamp = _stamp(at)
        if act in ("begin", "import", "log-in", "calculate"):
            borrower = self._found("borrowers", borrower_id)
            if act == "calculate":
                self._calculate(borrower_id, stamp)
            elif act == "log-in":
                info = {"name": _name(borrower), "user_type": "USER_BORROWER"}
                tell(self._system, _ACTS[act], f"/users/borrowers/{borrower_id}", info, at)
            else:
                application_id = self._begin(borrower, stamp)
        else:
            application = self._found(APPLICATIONS, application_id)
            borrower = self._found("borrowers", str(application.get("borrower_id")))
            changed = {"change": {}, "submit": {"is_submitted": True}, "close": {"is_active": False}}.get(act)
            if changed is not None:
                self._system.change(
                    APPLICATIONS, application_id, {**application, **changed, "updated_at": stamp}
                )
        if application_id and _ACTS[act]:
            link = f"/loan_applications/{application_id}"
            tell(self._system, _ACTS[act], link, {"borrower_name": _name(borrower)}, at)
        return application_id

    def _sign_up(self, prospect_id: str, at: float) -> str:
        """Let a person with whom the app was shared make an account. SimpleNexus keeps the prospect too."""
        prospect = self._found("prospects", prospect_id)
        email = folded(prospect.get("email"))
        if email is None or self._store.find(self._system.name, "borrowers", Wanted(email=email), limit=1):
            refuse(409, "exists", "The person has no email, or an account has it already.")
        number = self._store.next_number(_COUNTER, 1)
        id_ = str(uuid.uuid5(_NAMESPACE, f"account {number}"))
        names = ("first_name", "last_name", "email", "phone", "loan_officer_id")
        account = {
            "id": id_,
            **{name: prospect.get(name) for name in names},
            "created_at": _stamp(at),
            "updated_at": _stamp(at),
            "is_active": True,
            "custom_consent": False,
        }
        self._system.keep("borrowers", id_, account)
        info = {"name": _name(account), "user_type": "USER_BORROWER", "user_borrower": _name(account)}
        tell(self._system, _ACTS["sign-up"], f"/users/borrowers/{id_}", info, at)
        return id_

    def _begin(self, borrower: Document, stamp: str) -> str:
        number = self._store.next_number(_COUNTER, 1)
        id_ = str(uuid.uuid5(_NAMESPACE, f"application {number}"))
        self._system.keep(
            APPLICATIONS,
            id_,
            {
                "id": id_,
                "borrower_id": borrower["id"],
                "loan_officer_id": borrower["loan_officer_id"],
                "created_at": stamp,
                "updated_at": stamp,
                "is_active": True,
                "is_submitted": False,
            },
        )
        return id_

    def _calculate(self, borrower_id: str, stamp: str) -> None:
        number = self._store.next_number(_COUNTER, 1)
        record = {"id": f"{number:08}", "borrower_id": borrower_id, "at": stamp, "updated_at": stamp}
        self._system.keep(CALCULATIONS, record["id"], record)

    def _found(self, kind: str, id_: str) -> Document:
        record = self._store.get(self._system.name, kind, id_)
        if record is None:
            refuse(404, "not-found", f"There is no such record of {kind}.")
        return record


def signature(body: bytes, secret: str, encoding: str) -> str:
    """Return the HMAC-SHA256 of a body, in hex or base64."""
    made = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return base64.b64encode(made).decode() if encoding == "base64" else made.hex()


def in_order(waiting: list[Document], given: Document) -> list[Document]:
    """Return what is delivered now, in which order and how often."""
    late = _whole(given, "late", 0)
    chosen = waiting[: len(waiting) - late] if late else list(waiting)
    if every := _whole(given, "doubled", 0):
        chosen += chosen[every - 1 :: every]
    if given.get("shuffled"):
        Random(_whole(given, "seed", 1)).shuffle(chosen)  # noqa: S311 - repeatable on purpose
    return chosen


def sent_to(url: str, body: bytes, signed: str | None) -> tuple[int, str]:
    """Post JSON to an address of this machine; gives the status and the text that came back, 0 where none came."""
    where = urlsplit(url)
    if where.hostname not in LOOPBACK:
        return 0, ""
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=_PATIENCE)
    try:
        headers = {"Content-Type": "application/json"}
        if signed is not None:
            headers["x-api-signature"] = signed
        connection.request("POST", where.path or "/", body, headers)
        reply = connection.getresponse()
        return reply.status, reply.read(65_536).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()


def _whole(given: Document, name: str, default: int) -> int:
    value = given.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 100_000:
        refuse(422, "invalid", f"{name} is wrong.", [(name, "must be a whole number from 0 to 100000")])
    return value


def _stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _name(person: Document) -> str:
    return f"{person.get('first_name')} {person.get('last_name')}"
