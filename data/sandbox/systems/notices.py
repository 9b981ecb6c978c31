"""Control calls about Total Expert: deliver the notifications that wait, and merge two contacts as a user would.

| call                          | what it does                                                                       |
|-------------------------------|------------------------------------------------------------------------------------|
| `POST /notifications/deliver` | those that wait go to the address of their subscription, or to `url`                |
| `POST /contacts/merge`        | the contact `from` goes into the contact `into`, as a user of Total Expert does it  |

`deliver` takes `late`, `doubled`, `shuffled` and `seed`, as webhooks of SimpleNexus do. What is answered with 2xx waits
no longer. How Total Expert merges is not published: here `into` keeps its values, takes the external ids and groups of
`from`, and `from` is removed.
"""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from data.sandbox.store import Document, Wanted
from data.sandbox.systems.api import Call, SandboxReply, SandboxSystem, json_reply, refuse
from data.sandbox.systems.events import LOOPBACK, in_order, sent_to

_WAITING = "notifications"
_LISTS = ("external_ids", "contact_groups")


class Notices:
    """The calls behind `/_sandbox/notifications` and `/_sandbox/contacts`."""

    def __init__(self, system: SandboxSystem) -> None:
        self._system = system
        self._store = system.store

    def deliver(self, call: Call) -> SandboxReply:
        """Post the notifications that wait; gives what was answered to each."""
        given = call.json_object()
        url = str(given.get("url", ""))
        if "url" in given and urlsplit(url).hostname not in LOOPBACK:
            refuse(422, "invalid", "Notifications go to loopback only.", [("url", "must be on loopback")])
        kept = self._store.find(self._system.name, _WAITING, Wanted())
        statuses: list[int] = []
        for one in in_order([one for one in kept if not one.get("delivered")], given):
            status, _ = sent_to(url or one["url"], json.dumps(one["body"]).encode(), None)
            statuses.append(status)
            if 200 <= status < 300:
                with self._store.transaction():
                    self._system.change(_WAITING, one["id"], {**one, "delivered": True})
        return json_reply(200, {"statuses": statuses})

    def merge(self, call: Call) -> SandboxReply:
        """Merge two contacts; gives the one that stays."""
        given = call.json_object()
        gone, kept = (self._contact(str(given.get(name))) for name in ("from", "into"))
        changed = dict(kept)
        for name in _LISTS:
            mine, theirs = kept.get(name) or [], gone.get(name) or []
            changed[name] = [*mine, *(one for one in theirs if one not in mine)]
        changed = self._system.stamped(changed, {})
        with self._store.transaction():
            self._system.forget("contacts", str(gone["id"]))
            self._system.change("contacts", str(kept["id"]), changed)
        return json_reply(200, changed)

    def _contact(self, id_: str) -> Document:
        contact = self._store.get(self._system.name, "contacts", id_)
        if contact is None:
            refuse(404, "not-found", f"There is no contact {id_}.")
        return contact
