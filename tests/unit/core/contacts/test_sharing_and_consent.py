"""Sharing the app with people who opted out, or at night: who is left out, what stops, and what goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from core.contacts.consent import Unsubscribe
from core.contacts.model import Consent, Contact, ContactKind
from core.contacts.records import Answer, Judged
from core.contacts.sync.share_plan import SharePreview
from core.contacts.sync.use_cases import FRESH_FOR
from core.push.plan import Entity, Plan, System
from core.push.records import Link, Push, StepRecord
from core.push.states import PushState, StepState
from core.send_hours import SendHours, zone_named
from tests.unit.core.contacts.test_sync_use_cases import Desks

HOURS = SendHours(8, 20, zone_named("UTC"))
MORNING = 1_700_006_400.0 // 86_400 * 86_400 + 8 * 3_600
YES = Consent(email=True, call=True, mail=True, silenced=False)


class FakeConsents:
    """What Total Expert says of a contact now, by id. Honours `ConsentSource`."""

    def __init__(self, *contacts: Contact) -> None:
        self.held = {contact.id: contact for contact in contacts}
        self.off: list[Unsubscribe] = []
        self.asked: list[str] = []

    async def contact(self, contact_id: str) -> Contact | None:
        self.asked.append(contact_id)
        return self.held.get(contact_id)

    async def unsubscribes(self, email: str) -> Sequence[Unsubscribe] | None:
        self.asked.append(email)
        return None if "," in email else [off for off in self.off if off.email == email]

    def change(self, contact_id: str, **consent: bool) -> None:
        held = self.held[contact_id]
        said = msgspec.structs.replace(held.consent, **consent)
        self.held[contact_id] = msgspec.structs.replace(held, consent=said)


def person(n: int, state: str = "") -> tuple[Contact, Contact]:
    """A prospect and the contact that it was imported from."""
    names = {"first_name": f"Ann{n}", "last_name": "Moss", "email": f"ann{n}@x.example"}
    return (
        Contact(f"S{n}", owner="O1", kind=ContactKind.PROSPECT, **names),
        Contact(f"T{n}", owner="301", state=state, consent=YES, **names),
    )


class Sharing:
    """Two people with whom the app can be shared, over the real engine."""

    def __init__(self, *states: str, **terms: Any) -> None:
        pairs = [person(n, state) for n, state in enumerate(states or ("", ""))]
        self.desks = Desks([ours for ours, _ in pairs], [theirs for _, theirs in pairs], **terms)
        self.desks.clock.at = MORNING
        self.consents = FakeConsents(*(theirs for _, theirs in pairs))
        self.desks.contacts.consents = self.consents
        self.desks.engine._guards = self.desks.syncs.guard.by_asset
        self.links = [
            Link(System.SIMPLENEXUS, Entity.PROSPECT, f"T{n}", f"S{n}", f"BD-{n}", 0.0)
            for n in range(len(pairs))
        ]

    async def preview(self) -> SharePreview:
        await self.desks.book.commit(*self.links)
        return await self.desks.syncs.preview_share(await self.desks.contacts.gather(), ("T0", "T1"))

    async def send(self, preview: SharePreview) -> tuple[Push, dict[str, StepRecord]]:
        push = await self.desks.syncs.confirm_share(preview, self.desks.engine)
        push = await self.desks.engine.finish(push.push_id)
        return push, {step.local_id: step for step in await self.desks.book.all(StepRecord)}


def who(plan: Plan) -> list[str]:
    return [step.local_id for step in plan.steps]


async def test_who_does_not_want_emails_is_left_out_with_the_reason() -> None:
    sharing = Sharing()
    sharing.consents.change("T0", email=False)
    preview = await sharing.preview()
    assert who(preview.plan) == ["T1"]
    (left,) = preview.left_out
    assert left.why == "must not be reached by email: no email (contact T0)"
    assert [stated.about for stated in preview.plan.consent] == ["T1"]


async def test_every_record_and_every_address_of_a_person_is_asked_about() -> None:
    sharing = Sharing()
    second = Contact("T9", owner="301", email="other@x.example", consent=YES)
    sharing.consents.held["T9"] = second
    sharing.desks.theirs.held.append(second)
    await sharing.desks.book.commit(Judged("S0", "T9", Answer.SAME, "", "m.hale", 0.0, 1))
    await sharing.desks.book.commit(Judged("S1", "T9", Answer.DIFFERENT, "", "m.hale", 0.0, 2))
    assert who((await sharing.preview()).plan) == ["T0", "T1"]
    assert sharing.consents.asked == ["T0", "T9", "ann0@x.example", "other@x.example", "T1", "ann1@x.example"]
    sharing.consents.off = [Unsubscribe("other@x.example", users=("301",))]
    preview = await sharing.preview()
    assert who(preview.plan) == ["T1"]
    assert preview.left_out[0].why == "must not be reached by email: unsubscribed"


async def test_an_address_with_a_comma_gets_nothing() -> None:
    sharing = Sharing()
    sharing.consents.held["T0"] = msgspec.structs.replace(sharing.consents.held["T0"], email="a,b@x.example")
    preview = await sharing.preview()
    assert who(preview.plan) == ["T1"]
    assert "can't be asked" in preview.left_out[0].why


@pytest.mark.parametrize("change", [{"email": False}, {"call": False}, {"silenced": True}])
@pytest.mark.parametrize("after", [1.0, FRESH_FOR + 1])
async def test_a_change_since_the_preview_stops_that_person_and_nobody_else(
    change: dict[str, bool], after: float
) -> None:
    sharing = Sharing()
    preview = await sharing.preview()
    sharing.consents.change("T0", **change)
    sharing.desks.clock.at += after
    push, steps = await sharing.send(preview)
    assert push.state is PushState.PARTIAL
    assert (steps["T0"].state, steps["T0"].error, steps["T0"].attempts) == (
        StepState.REFUSED,
        "consent-changed",
        0,
    )
    assert steps["T0"].detail
    assert steps["T1"].state is StepState.DONE


async def test_a_plan_that_states_no_consent_is_stopped_by_an_opt_out_too() -> None:
    sharing = Sharing()
    source, sharing.desks.contacts.consents = sharing.consents, None
    preview = await sharing.preview()
    assert preview.plan.consent == ()
    sharing.desks.contacts.consents = source
    sharing.consents.change("T1", email=False)
    _, steps = await sharing.send(preview)
    assert {id_: step.state for id_, step in steps.items()} == {
        "T0": StepState.DONE,
        "T1": StepState.REFUSED,
    }


async def test_at_night_nobody_is_contacted_and_everybody_learns_until_when() -> None:
    sharing = Sharing("NY", "CA", send_hours=HOURS)
    sharing.desks.clock.at = MORNING + 5 * 3_600
    preview = await sharing.preview()
    assert who(preview.plan) == ["T0"], "it is eight in New York and five in California"
    (left,) = preview.left_out
    assert (left.why, left.opens) == (
        "outside the hours 8–20 in CA, where the contact is",
        MORNING + 8 * 3_600,
    )


async def test_a_share_that_is_late_pauses_and_is_sent_when_the_hours_begin() -> None:
    sharing = Sharing("NY", "NY", send_hours=HOURS)
    evening = MORNING + 17 * 3_600  # 20:00 in New York
    sharing.desks.clock.at = evening - 1
    preview = await sharing.preview()
    assert who(preview.plan) == ["T0", "T1"]
    sharing.desks.clock.at = evening
    push, steps = await sharing.send(preview)
    assert (push.state, push.reason) == (PushState.PAUSED, "outside-hours")
    assert {step.state for step in steps.values()} == {StepState.READY}
    sharing.desks.clock.at = evening + 12 * 3_600
    assert (await sharing.desks.engine.finish(push.push_id)).state is PushState.DONE
