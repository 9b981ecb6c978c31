"""A day in the four systems: what officers, borrowers and other users do there, so that every room shows something.

A day is a script of acts, each due some seconds after the day began, or before. It is played only if a control call
begins one. Then each call plays what has become due by the sandbox's clock. An act happens at the moment when it was
due, also if nobody looked at that moment. So an application that was left 78 minutes before the day began counts as
abandoned 12 minutes after it: the 90 minutes are those of every application. The people are those of the seeded
records; an act that finds nobody to do it is left out.

The acts of a day are kept with the records, so that a day goes on after a restart, and goes away with a reset.

- `GET /story` plays what is due; gives the acts that were played, oldest first, and when the next one is due.
- `POST /story` begins a day, if none was begun; with `again` one more day, of other people if there are any.
- `POST /story/deliveries` plays what is due; gives the webhooks that wait, signed with `secret`, and one twice if the
  day says so. Those of a registered webhook are posted to its address instead.
- `POST /story/taken` says that the webhooks with these `ids` wait no longer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final

from data.sandbox.store import Document, StoredRow, Wanted
from data.sandbox.systems import total_expert
from data.sandbox.systems.api import Call, SandboxReply, SandboxSystem, json_reply, refuse
from data.sandbox.systems.events import WEBHOOKS, Happenings, delivery_of, sent_to, signature

_SYSTEM, _ACTS, _DAYS = "story", "acts", "story-days"
_HOUR, _MINUTE = 3600, 60


@dataclass(frozen=True, slots=True)
class StoryAct:
    """One act of a day.

    `due` is seconds after the day's beginning, negative for what came before. `what` names a method of the stage, and
    `who` which of the people or cards acts. `then` is what follows, in words. `room` is the app's room that shows it.
    An act that is `twice` is reported twice.
    """

    due: int
    what: str
    who: int
    room: str
    then: str = ""
    twice: bool = False


DAY: Final = (
    StoryAct(-3 * _HOUR, "moves", 0, "cards"),
    StoryAct(-150 * _MINUTE, "begins", 0, "milestones"),
    StoryAct(-100 * _MINUTE, "begins", 1, "milestones"),
    StoryAct(
        -78 * _MINUTE, "begins", 2, "milestones", "Left alone, it counts as abandoned 90 minutes later."
    ),
    StoryAct(-60 * _MINUTE, "submits", 0, "milestones", "SimpleNexus reports it twice.", twice=True),
    StoryAct(-45 * _MINUTE, "shares-inbox", 0, "contacts"),
    StoryAct(-40 * _MINUTE, "begins", -1, "milestones", "This contact wants no messages."),
    StoryAct(-30 * _MINUTE, "notes", 1, "cards"),
    StoryAct(-10 * _MINUTE, "abandons", 1, "milestones"),
    StoryAct(-5 * _MINUTE, "signs-in", 5, "milestones"),
    StoryAct(15, "moves", 2, "cards"),
    StoryAct(20, "begins", 3, "milestones", "SimpleNexus reports it twice.", twice=True),
    StoryAct(40, "moves", 3, "cards"),
    StoryAct(50, "submits", 3, "milestones"),
    StoryAct(4 * _MINUTE, "notes", 4, "cards"),
    StoryAct(7 * _MINUTE, "signs-in", 4, "milestones"),
    StoryAct(12 * _MINUTE, "abandons", 2, "milestones"),
)
"""The day that is played. `who` -1 is somebody who opted out of messages."""
_CAST: Final = 6
"""People and cards of a day; the next day begins with the ones after them."""

_ENOUGH: Final = 2_000
"""Contacts and cards among which those who act are looked for."""


class Story:
    """Plays the day in the systems, and answers its control calls."""

    def __init__(self, systems: Mapping[str, SandboxSystem], happenings: Happenings) -> None:
        self._brokerengine = systems["brokerengine"]
        self._simplenexus = systems["simplenexus"]
        self._total_expert = systems["total-expert"]
        self._happenings = happenings
        self._store = self._simplenexus.store
        self._clock = self._simplenexus.clock
        self._stage: Mapping[str, Callable[[Document], str]] = {
            "moves": self._moves,
            "notes": self._notes,
            "begins": partial(self._applies, "begin", "{name} begins a loan application."),
            "submits": partial(self._applies, "submit", "{name} submits the loan application."),
            "abandons": partial(
                self._applies, "abandon", "The loan application of {name} counts as abandoned."
            ),
            "signs-in": self._signs_in,
            "shares-inbox": self._shares_inbox,
        }

    # -- the control calls ----------------------------------------------------------------------------------

    def show(self, call: Call) -> SandboxReply:
        """Return the acts that were played, oldest first."""
        call.parameters()
        self.play()
        return self._told()

    def begin(self, call: Call) -> SandboxReply:
        """Begin a day, unless one was begun; with `again`, one more."""
        again = call.json_object().get("again", False)
        if not isinstance(again, bool):
            refuse(422, "invalid", "again must be true or false.", [("again", "must be true or false")])
        if again or not self._days():
            self._begin()
        self.play()
        return self._told()

    def deliveries(self, call: Call) -> SandboxReply:
        """Return the webhooks that wait, signed. Those of a registered webhook are posted to it."""
        secret = str(call.json_object().get("secret", "sandbox"))
        self.play()
        waiting = [hook for hook in self._simplenexus_records(WEBHOOKS) if not hook.get("delivered")]
        waiting.sort(key=lambda hook: (hook["event"]["_timestamp"], hook["id"]))
        given: list[Document] = []
        for hook in waiting:
            body = delivery_of(hook["event"], hook["id"])
            signed = signature(body, secret, "hex")
            times = 2 if hook.get("twice") else 1
            if urls := self._happenings.subscribers(hook["event"]["event"]):
                answers = [sent_to(url, body, signed)[0] for url in urls for _ in range(times)]
                if all(status == 200 for status in answers):
                    self._taken(hook)
            else:
                given += [{"id": hook["id"], "body": body.decode(), "signature": signed}] * times
        return json_reply(200, {"deliveries": given})

    def taken(self, call: Call) -> SandboxReply:
        """The webhooks with these ids were taken."""
        ids = call.json_object().get("ids")
        if not isinstance(ids, list):
            refuse(422, "invalid", "ids must be a list.", [("ids", "must be a list")])
        for hook in self._simplenexus_records(WEBHOOKS):
            if hook["id"] in ids:
                self._taken(hook)
        return json_reply(200, {"taken": len(ids)})

    def _taken(self, hook: Document) -> None:
        with self._store.transaction():
            self._simplenexus.change(WEBHOOKS, hook["id"], {**hook, "delivered": True})

    def _told(self) -> SandboxReply:
        acts = self._acts()
        played = [act for act in acts if act["said"]]
        waiting = [act["at"] for act in acts if not act["over"]]
        return json_reply(
            200,
            {
                "days": self._days(),
                "now": self._clock(),
                "next": min(waiting, default=None),
                "acts": [{name: act[name] for name in ("at", "said", "room")} for act in played],
            },
        )

    # -- the day --------------------------------------------------------------------------------------------

    def _days(self) -> int:
        return self._store.number(_DAYS) or 0

    def _begin(self) -> None:
        began = float(int(self._clock()))
        with self._store.transaction():
            day = self._days() + 1
            self._store.set_number(_DAYS, day)
            for place, act in enumerate(DAY):
                row: Document = {
                    "id": f"{day:04}-{place:02}",
                    "day": day,
                    "place": place,
                    "at": began + act.due,
                }
                self._store.add(
                    StoredRow(_SYSTEM, _ACTS, row["id"], {**row, "over": False, "said": "", "room": act.room})
                )

    def play(self) -> None:
        """Play every act that is due, in order. What nobody can act is left out."""
        now = self._clock()
        for row in self._acts():
            if row["over"] or row["at"] > now:
                continue
            act = DAY[row["place"]]
            with self._store.transaction():
                newest = self._newest_webhook()
                said = self._stage[act.what](row)
                if act.twice and self._newest_webhook() != newest:
                    self._say_twice()
                over = {**row, "over": True, "said": f"{said} {act.then}".strip() if said else ""}
                self._store.replace(StoredRow(_SYSTEM, _ACTS, row["id"], over))

    def _acts(self) -> list[Document]:
        acts = self._store.find(_SYSTEM, _ACTS, Wanted())
        return sorted(acts, key=lambda act: (act["at"], act["id"]))

    def _newest_webhook(self) -> str:
        return max((str(hook["id"]) for hook in self._simplenexus_records(WEBHOOKS)), default="")

    def _say_twice(self) -> None:
        newest = self._newest_webhook()
        hook = self._store.get(self._simplenexus.name, WEBHOOKS, newest)
        if hook is not None:
            self._simplenexus.change(WEBHOOKS, newest, {**hook, "twice": True})

    # -- who acts -------------------------------------------------------------------------------------------

    def _simplenexus_records(self, kind: str) -> list[Document]:
        return self._store.find(self._simplenexus.name, kind, Wanted())

    def _pairs(self, *, opted_out: bool) -> list[tuple[Document, Document]]:
        """Return the borrowers with the contacts that have their ids, the contacts in order."""
        found: list[tuple[Document, Document]] = []
        for contact in self._store.find(self._total_expert.name, "contacts", Wanted(), limit=_ENOUGH):
            for other in contact.get("external_ids") or ():
                borrower = self._store.get(self._simplenexus.name, "borrowers", str(other.get("external_id")))
                if borrower is not None and _opted_out(contact) is opted_out:
                    found.append((borrower, contact))
        return found

    def _pair(self, row: Document) -> tuple[Document, Document] | None:
        who = DAY[row["place"]].who
        pairs = self._pairs(opted_out=who < 0)
        place = 0 if who < 0 else who + _CAST * (row["day"] - 1)
        return pairs[place % len(pairs)] if pairs else None

    def _card(self, row: Document) -> Document | None:
        """Return a deal that can move on.

        The last ones of the board act, so that the first ones stay as they were shown.
        """
        cards = self._store.find(self._brokerengine.name, "cards", Wanted(), limit=_ENOUGH)
        deals = [card for card in cards if card.get("stage") in _deal_stages()[:-1]]
        place = DAY[row["place"]].who + _CAST * (row["day"] - 1)
        return deals[-1 - place % len(deals)] if deals else None

    # -- what they do: each gives what happened in a sentence, "" if nobody could do it -----------------------

    def _moves(self, row: Document) -> str:
        card = self._card(row)
        if card is None:
            return ""
        stages = _deal_stages()
        stage = stages[stages.index(card["stage"]) + 1]
        self._brokerengine.change(
            "cards", card["id"], {**card, "stage": stage, "updated_at": _stamp(row["at"])}
        )
        return f"{card['owner']} moves {card['id']} ({card['title']}) to “{stage}”."

    def _notes(self, row: Document) -> str:
        card = self._card(row)
        if card is None:
            return ""
        id_ = f"N-{9_000 + _CAST * 10 * row['day'] + row['place']}"
        note = {
            "id": id_,
            "card_id": card["id"],
            "text": "Client called: the contract is signed, settlement stays as planned.",
            "author": card["owner"],
            "created_at": _stamp(row["at"]),
            "attachments": [],
        }
        self._brokerengine.keep("notes", id_, note)
        return f"{card['owner']} writes a note on {card['id']} ({card['title']})."

    def _applies(self, act: str, said: str, row: Document) -> str:
        pair = self._pair(row)
        begun = self._begun(row)
        if pair is None or (act != "begin" and not begun):
            return ""
        application = self._happenings.happen(act, str(pair[0]["id"]), begun, row["at"])
        row["application"] = application
        return said.format(name=_name(pair[0]))

    def _begun(self, row: Document) -> str:
        """Return the application that the same person began on the same day; "" if there is none."""
        who = DAY[row["place"]].who
        same = [act for act in self._acts() if act["day"] == row["day"] and DAY[act["place"]].who == who]
        return next((str(act["application"]) for act in same if act.get("application")), "")

    def _signs_in(self, row: Document) -> str:
        pair = self._pair(row)
        if pair is None:
            return ""
        self._happenings.happen("log-in", str(pair[0]["id"]), "", row["at"])
        return f"{_name(pair[0])} signs in to the app for the first time."

    def _shares_inbox(self, row: Document) -> str:
        """A user of Total Expert adds a second person with an email that a contact has already."""
        pairs = self._pairs(opted_out=False)
        if not pairs:
            return ""
        borrower, contact = pairs[-1 - (row["day"] - 1) % len(pairs)]
        first = "Noor" if contact["first_name"] != "Noor" else "Robin"
        number = self._store.next_number(total_expert.counter("contacts"), total_expert.FIRST_IDS["contacts"])
        stamp = _stamp(row["at"]).replace("T", " ").rstrip("Z")
        second = {
            **contact,
            "id": number,
            "first_name": first,
            "phone_cell": None,
            "birthday": None,
            "external_ids": [],
            "contact_groups": [],
            "internal_created_at": stamp,
            "internal_updated_at": stamp,
        }
        self._total_expert.keep("contacts", str(number), second)
        return f"A user adds {first} {contact['last_name']} to Total Expert, with the email of {_name(borrower)}."


def _deal_stages() -> tuple[str, ...]:
    """Return the stages of a deal, in their order."""
    from data.sandbox.seeding.cards import DEAL_STAGES  # noqa: PLC0415 - a sandbox without a day needs no seeds

    return DEAL_STAGES


def _opted_out(contact: Document) -> bool:
    """Return True if a contact is silenced, or wants no calls, emails and letters at all."""
    silenced = (contact.get("preferences") or {}).get("is_silenced") is True
    return silenced or all(contact.get(name) is False for name in ("ok_to_call", "ok_to_email", "ok_to_mail"))


def _name(person: Document) -> str:
    return f"{person.get('first_name')} {person.get('last_name')}"


def _stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
