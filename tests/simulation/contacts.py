"""The contacts' desk in a schedule: a sync, sharing, an undo and milestones, to SimpleNexus and Total Expert."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from random import Random
from typing import Final

from core.push.engine import Engine
from core.push.plan import Entity, Operation, Plan, System
from core.push.ports import Remote
from core.push.records import Push, StepRecord
from core.push.resolutions import Choice, Resolution
from core.push.states import StepState
from data.vendors.simplenexus.client import SimpleNexus
from data.vendors.simplenexus.writes import SimpleNexusWrites
from data.vendors.total_expert.client import TotalExpert
from data.vendors.total_expert.writes import TotalExpertWrites
from tests.simulation.contact_plans import (
    ANOTHERS_ACCOUNT,
    CHANGED,
    HIT,
    INVITED,
    MET,
    OLD_EMAIL,
    STARTED_GROUP,
    STARTED_TYPE,
    TAKEN,
    VICTIM,
    abandoned,
    invite,
    links,
    share,
    share_steps,
    started,
    sync,
    sync_steps,
    undo,
)
from tests.simulation.contact_remote import ContactServer, ContactWire
from tests.simulation.life import Life
from tests.simulation.remote import Server
from tests.simulation.schedule import SETTLE, Broken, Schedule

COLLECTION = {
    Entity.PROSPECT: "prospects",
    Entity.CONTACT: "contacts",
    Entity.BORROWER: "borrowers",
    Entity.PARTNER: "partners",
    Entity.INVITE: "partners",
    Entity.INSIGHT: "insights",
    Entity.GROUP: "contacts",
    Entity.APP_SHARE: "app_shares",
}


SENDS_LINKS: Final = 0.3
"""How many of the schedules send links to the app."""
SYNCS_ANOTHER_PART: Final = 0.3
"""How many of the schedules also sync another owner's people, some of whom the first sync has too."""


class ContactSchedule(Schedule):
    """The world of the contacts' desk."""

    kind = "contacts"
    pushes_again = 0.0  # a milestone that was sent is never sent again: its contact may have moved on

    def make_server(self, random: Random) -> Server:
        server = ContactServer(random)
        server.obeys_filters = self.random.random() < 0.5
        victim = {
            "first_name": "N20",
            "last_name": "Moss",
            "email": "n20@x.example",
            "phone_cell": "old",
            "refs": [],
        }
        server.add("contacts", None, victim, row_id=VICTIM)
        changed = {"first_name": "C", "email": "new@x.example", "refs": []}
        server.add("contacts", None, changed, row_id=CHANGED)
        server.add("borrowers", None, {"first_name": "Else", "last_name": "Who", "email": "n32@x.example"})
        for partner in INVITED:
            fields = {"first_name": "P", "email": f"{partner}@x.example", "invites": 0, "place": "elsewhere"}
            server.add("partners", None, fields, row_id=partner)
        for contact in (MET, TAKEN):
            server.add("contacts", None, {"first_name": "M", "refs": []}, row_id=contact)
        theirs = {"contact": {"id": TAKEN}, "type": {"id": STARTED_TYPE}, "data": {"description": "Started"}}
        server.add("insights", None, theirs)
        return server

    def choose(self) -> Sequence[Sequence[Plan]]:
        pushes = [
            sync(tuple(self.random.sample(sync_steps(), self.random.randint(2, 9)))),
            share(tuple(self.random.sample(share_steps(), self.random.randint(1, 3)))),
            undo(),
            invite(),
            started(MET),
            started(TAKEN),
        ]
        chosen = self.random.sample(pushes, self.random.choice((1, 2, 3, 3)))
        # Choices of their own leave the other choices of the seed as they are.
        if Random(f"links {self.seed}").random() < SENDS_LINKS:
            chosen.append(links())
        another = Random(f"another part {self.seed}")
        if another.random() < SYNCS_ANOTHER_PART:
            people = [step for step in sync_steps() if step.local_id != HIT]
            chosen.append(sync(tuple(another.sample(people, another.randint(2, 9))), "another part"))
        follows = started(MET) in chosen and self.random.random() < 0.7
        return (chosen, [abandoned(MET)]) if follows else (chosen,)

    def may_push(self, plan: Plan, done: Collection[str]) -> bool:
        return plan is not abandoned(MET) or started(MET).subject in done

    def remotes(self, life: Life) -> Mapping[System, Remote]:
        wire = ContactWire(self.server, life, self.loop)
        return {
            System.SIMPLENEXUS: SimpleNexusWrites(SimpleNexus(wire), SETTLE),  # type: ignore[arg-type]  # a wire without a socket
            System.TOTAL_EXPERT: TotalExpertWrites(TotalExpert(wire, "brokerdesk"), SETTLE),  # type: ignore[arg-type]  # as above
        }

    async def answer(self, engine: Engine, push: Push) -> bool:
        """Leave what changed somebody, and what is somebody else's account; say whether a link or an invite arrived.

        Nothing else is to be asked.
        """
        live = engine.live(push.push_id)
        assert live is not None
        for n, record in enumerate(live.steps):
            if record.state is StepState.NEEDS_YOU and record.entity in SENT_TO:
                again = Choice.NOT_THERE if self.random.random() < 0.5 else Choice.LEAVE
                choice = Choice.THERE if self._sent_to(record) else again
                await engine.decide(push.push_id, n, Resolution(choice))
            elif record.state is StepState.CONFLICT and self._is_rightly_asked(record):
                await engine.decide(push.push_id, n, Resolution(Choice.LEAVE))
            elif record.state in (StepState.CONFLICT, StepState.NEEDS_YOU):
                raise Broken(f"a person is asked for no reason: {record}")
        return True

    def _is_rightly_asked(self, record: StepRecord) -> bool:
        if record.local_id in (HIT, ANOTHERS_ACCOUNT) or self.another_book:
            return True
        if record.error == "one-from-elsewhere":
            return record.local_id.startswith(TAKEN)
        late = record.error == "diverted" and self.server.find("contacts", record.candidates[0])
        return bool(late and late.ref == record.ref)  # ours, committed late, and hit by the second sending

    # -- what must hold --------------------------------------------------------------------------------

    def may_stay(self, push: Push) -> bool:
        return TAKEN in push.subject

    def is_lost_with_its_book(self, kind: str) -> bool:
        return self.another_book and kind == "insights"

    def check_remote(self, steps: Sequence[StepRecord]) -> None:
        emails = [row.fields["email"] for row in self.server.of("borrowers")]
        if len(emails) != len(set(emails)):
            raise Broken(f"an account stands twice at the remote: {sorted(emails)}")
        partners = [row.fields["email"] for row in self.server.of("partners")]
        if len(partners) != len(set(partners)):
            raise Broken(f"a partner stands twice at the remote: {sorted(partners)}")
        if any(row.fields["contact"]["id"] == TAKEN for row in self.server.of("insights") if row.ref):
            raise Broken("an insight was sent beside one of its kind from elsewhere")
        left = any(step.operation is Operation.LEAVE_GROUP and step.attempts for step in steps)
        for step in steps:
            if step.entity in SENT_TO:
                _check_asked_before_again(step)
            if step.operation is Operation.JOIN_GROUP and step.state is StepState.DONE and not left:
                self._is_in_group(step, wanted=True)

    def check_links(self, steps: Sequence[StepRecord], links: Mapping[str, str]) -> None:
        super().check_links(steps, links)
        if VICTIM in links.values():
            raise Broken("somebody who was changed in error is linked")

    def _sent_to(self, step: StepRecord) -> int:
        """Return how many links to the app, or invites, the person of a step got."""
        if step.entity is Entity.APP_SHARE:
            email = f"n{step.local_id[1:]}@x.example"
            return sum(row.fields["email"] == email for row in self.server.of("app_shares"))
        row = self.server.find("partners", step.remote_id or "")
        return int(row.fields["invites"]) if row is not None else 0

    def arrived(self, step: StepRecord) -> None:
        if step.entity not in SENT_TO:
            self._record_arrived(step)
        elif not self._sent_to(step):
            raise Broken(f"{step.key} is DONE and nothing was sent")

    def _record_arrived(self, step: StepRecord) -> None:
        row = self.server.find(COLLECTION[step.entity], step.remote_id or "")
        if row is None:
            raise Broken(f"{step.key} is DONE and {step.remote_id} is not there")
        if step.operation is Operation.LEAVE_GROUP:
            self._is_in_group(step, wanted=False)
        elif step.operation is Operation.WRITE_BACK:
            if row.fields.get("email") != OLD_EMAIL:
                raise Broken(f"{step.key} is DONE and not put back")
        elif step.entity is Entity.INSIGHT:
            if row.ref != step.ref:
                raise Broken(f"{step.key} is DONE with somebody else's insight {row.id}")
        elif step.entity is not Entity.GROUP:
            if row.fields.get("first_name") != f"N{step.local_id[1:]}":
                raise Broken(f"{step.key} is DONE with somebody else's record {row.id}")
            if step.entity not in (Entity.BORROWER, Entity.PARTNER) and row.ref != step.ref:
                raise Broken(f"{step.key} is DONE with a record that was there before: {row.id}")

    def _is_in_group(self, step: StepRecord, *, wanted: bool) -> None:
        row = self.server.find("contacts", step.remote_id or "")
        if row is None or (STARTED_GROUP in row.fields.get("groups", ())) is not wanted:
            raise Broken(
                f"{step.key} is DONE and the contact {'is not in' if wanted else 'stays in'} the group"
            )


SENT_TO: Final = frozenset({Entity.APP_SHARE, Entity.INVITE})
"""What is sent to a person and can't be looked up: a person says whether it arrived."""
NOTHING_SENT: Final = frozenset({"rate-limited", "unreachable", "not-authorised"})
"""What an attempt ends with that provably sent nothing."""


def _check_asked_before_again(step: StepRecord) -> None:
    """Check that only a person's word sends a link or an invite again of which nobody knows whether it was sent."""
    may_be_sent = True
    codes = [event.code for event in step.trail]
    for before, code in pairwise(["", *codes]):
        if before == "intent":
            may_be_sent = code in NOTHING_SENT
        elif code.startswith("decided-"):
            may_be_sent = True
        elif code == "intent" and not may_be_sent:
            raise Broken(f"{step.key} was sent again although nobody knows whether it was sent before")
