"""Schedules in which a remote carries a create out twice and answers once, well: no desk can prevent it, only tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.push.engine import Engine
from core.push.plan import Plan
from core.push.records import Push, StepRecord
from core.push.states import PushState, StepState
from data.vendors.flex import Flex
from tests.simulation.cards import CardSchedule
from tests.simulation.contacts import ContactSchedule
from tests.simulation.remote import TWICE
from tests.simulation.schedule import Broken, Schedule, links_made

TOLD = ("second-record", "several-found")


class Twice(Schedule):
    """What holds instead where a record may stand twice: its step is a CONFLICT that names both; a person is asked."""

    faults = TWICE
    loses_book = 0.0  # what would tell is lost with it
    clock_is_set = (0.0, 0.0, -86400.0)  # set forward twice, it has the last look come too early

    async def answer(self, engine: Engine, push: Push) -> bool:
        """Leave for later what is told to stand twice."""
        live = engine.live(push.push_id)
        assert live is not None
        if any(step.error in TOLD for step in live.steps):
            return False
        return await super().answer(engine, push)

    def is_over(self, push: Push) -> bool:
        return push.state is PushState.NEEDS_YOU or super().is_over(push)

    def may_stay(self, push: Push) -> bool:
        return push.state is PushState.NEEDS_YOU or super().may_stay(push)

    def check_twice(self, pushes: Sequence[Push], steps: Sequence[StepRecord]) -> None:
        asked = {push.push_id for push in pushes if push.state is PushState.NEEDS_YOU}
        steps = [step for step in steps if step.push_id in asked]
        told = {(step.ref, frozenset(step.candidates)) for step in steps if step.error in TOLD}
        # One that stands on what is asked about is looked up once that is decided.
        waiting = {step.ref for step in steps if step.state is StepState.UNKNOWN}
        for ref, ids in self.server.doubled().items():
            if (ref, frozenset(ids)) not in told and ref not in waiting:
                raise Broken(f"nobody is told that {ref} stands twice at the remote: {sorted(ids)}")

    def check_links(self, steps: Sequence[StepRecord], links: Mapping[str, str]) -> None:
        """A link stays as it was when its step became a CONFLICT: which record it is a person says."""
        made = links_made(steps)
        asked = {step.link_key for step in steps if step.state is StepState.CONFLICT} - made.keys()
        super().check_links(steps, {key: one for key, one in links.items() if key not in asked})


class CardsTwice(Twice, CardSchedule):
    """The cards' desk with such remotes."""

    kind = "cards-twice"

    def choose(self) -> Sequence[Sequence[Plan]]:
        waves = super().choose()
        self.flex = Flex  # of what can't be looked up nobody can say that it is there twice
        return waves


class ContactsTwice(Twice, ContactSchedule):
    """The contacts' desk with such remotes."""

    kind = "contacts-twice"
