"""Webhooks over a system that the test plays: nothing is sent twice, and nobody guesses what became of a request."""

from __future__ import annotations

from collections.abc import Collection

import pytest
from msgspec.structs import replace

from core.errors import DeskError
from core.push.plan import System
from core.push.ports import Applied, Diverted, Lost, NotSent, Outcome, Refused
from core.push.states import WriteOutcome
from core.stop import Stop
from core.webhooks.model import (
    HARMLESS,
    RegisteredEvent,
    Webhook,
    WebhookAct,
    WebhookPlan,
    WebhooksSeen,
    WebhookStep,
    WebhookTestResult,
)
from core.webhooks.ports import ListenerWindow, WebhookTestAnswer, WindowKind
from core.webhooks.records import WebhookRecord
from core.webhooks.use_cases import IGNORED_FOR, WINDOW, WebhookSurroundings, WebhookUseCases
from tests.support.fakes import FakeBook

SN, TE = System.SIMPLENEXUS, System.TOTAL_EXPERT
BASE = "https://hooks.example.com"
LOST = Lost("no-reply", "the connection failed")
_A = WebhookAct


class Clock:
    """A clock that does not move but for what the test does."""

    at = 1_000.0

    def now(self) -> float:
        return self.at


class Windows:
    """Remembers what was opened and closed, and which events are dropped from now on."""

    def __init__(self) -> None:
        self.now: ListenerWindow | None = None
        self.opened: list[ListenerWindow] = []
        self.ignored: dict[str, float] = {}

    def open(self, window: ListenerWindow) -> None:
        self.now = window
        self.opened.append(window)

    def close(self, token: str) -> None:
        assert self.now is not None
        assert self.now.token == token
        self.now = None

    def ignore(self, ids: Collection[str], until: float) -> None:
        self.ignored |= dict.fromkeys(ids, until)


class Secrets:
    """Makes s-1, s-2 …"""

    def __init__(self) -> None:
        self.held, self.made = "", 0

    def current(self) -> str:
        return self.held

    def make(self) -> str:
        self.made += 1
        return f"s-{self.made}"

    def take_over(self, secret: str) -> None:
        self.held = secret


class Vendor:
    """One system. `answers` are the outcomes of the next steps that end in another way than well.

    A lost step is carried out if `arrives` is true.
    """

    settle = 60.0

    def __init__(self, system: System, windows: Windows) -> None:
        self.system = system
        self.webhooks: list[Webhook] = []
        self.on: set[str] = set()
        self.enables = True
        self.comes_on_at = 1
        """How many requests it takes until a webhook is on."""
        self.asked_on = 0
        self.answers: list[Outcome] = []
        self.arrives = True
        self.sent: list[tuple[WebhookAct, str]] = []
        self.answer = (503, "")
        self._windows = windows

    async def look(self) -> WebhooksSeen:
        offered = ("user_created",) if self.system is SN else ("CONTACT DELETED",)
        return WebhooksSeen(self.system, tuple(self.webhooks), offered)

    async def carry_out(self, step: WebhookStep, secret: str = "") -> Outcome:
        self.sent.append((step.act, secret))
        answer = self.answers.pop(0) if self.answers else None
        if answer is None or (isinstance(answer, Lost) and self.arrives):
            done = self._do(step)
            return answer or done
        return answer

    def _do(self, step: WebhookStep) -> Outcome:
        if step.act is _A.CREATE:
            events = tuple(RegisteredEvent(name) for name in step.events)
            self.webhooks.append(Webhook(self.system, "W-1", step.url, events=events))
            return Applied("W-1")
        (hook,) = (hook for hook in self.webhooks if hook.id == step.webhook)
        match step.act:
            case _A.SUBSCRIBE:
                more = tuple(RegisteredEvent(name, f"S-{name}") for name in step.events)
                self._put(replace(hook, events=(*hook.events, *more)))
            case _A.UNSUBSCRIBE:
                self._put(
                    replace(hook, events=tuple(one for one in hook.events if one.name not in step.events))
                )
            case _A.ENABLE:
                assert self._windows.now is not None
                assert self._windows.now.kind is WindowKind.ENABLING
                if hook.id in self.on:
                    return Applied(hook.id, outcome=WriteOutcome.EXISTING)
                self.asked_on += 1
                self.on |= {hook.id} if self.enables and self.asked_on >= self.comes_on_at else set()
            case _A.DISABLE:
                self.on.discard(hook.id)
            case _A.DELETE:
                self.webhooks.remove(hook)
            case _A.SET_SECRET | _A.TEST | _A.CREATE:
                pass
        return Applied(hook.id)

    def _put(self, hook: Webhook) -> None:
        self.webhooks = [hook if one.id == hook.id else one for one in self.webhooks]

    async def test(self, webhook: str, event: str) -> WebhookTestAnswer:
        assert self._windows.now is not None
        assert (self._windows.now.kind, self._windows.now.event) == (WindowKind.TEST, event)
        self.sent.append((_A.TEST, ""))
        if self.answers:
            return WebhookTestAnswer(self.answers.pop(0))
        code, body = self.answer
        return WebhookTestAnswer(Applied(webhook), code, body or self._own_answer())

    def _own_answer(self) -> str:
        assert self._windows.now is not None
        return f'{{"test": "{self._windows.now.token}", "ids": ["e-1"]}}'


class Us:
    """The use cases over both systems."""

    def __init__(self) -> None:
        self.clock, self.book, self.windows, self.secrets = Clock(), FakeBook(), Windows(), Secrets()
        self.sn, self.te = Vendor(SN, self.windows), Vendor(TE, self.windows)
        self.tokens = 0
        around = WebhookSurroundings(
            self.windows, self.secrets, self.clock, self._token, self._pause, "m.hale", live=True
        )
        self.desk = WebhookUseCases([self.sn, self.te], self.sn, self.book, around)

    def _token(self) -> str:
        self.tokens += 1
        return f"t-{self.tokens}"

    async def _pause(self, seconds: float) -> None:
        self.clock.at += seconds

    async def register(self, only: System | None = None) -> WebhookPlan:
        """Register what is missing; give the plan."""
        plan = await self.desk.plan_registration(BASE, only)
        self.report = await self.desk.carry_out(plan)
        return plan

    async def fails(self, plan: WebhookPlan) -> str:
        """Carry out a plan that ends in an error; give its code."""
        with pytest.raises(DeskError) as failed:
            await self.desk.carry_out(plan)
        return failed.value.code

    def acts(self) -> list[str]:
        """Give what both systems were sent, and forget it."""
        found = [act.value for vendor in (self.sn, self.te) for act, _ in vendor.sent]
        self.sn.sent, self.te.sent = [], []
        return found

    async def record(self, system: System = SN) -> WebhookRecord:
        (found,) = (one for one in await self.book.all(WebhookRecord) if one.system is system)
        return found


@pytest.fixture
def us() -> Us:
    return Us()


async def test_what_is_registered_once_is_not_registered_again(us: Us) -> None:
    await us.register()
    assert us.acts() == ["create", "subscribe", "enable", "enable", "test", "create"]
    assert us.report.is_good
    assert us.report.notes == ()
    assert us.windows.now is None
    assert us.windows.ignored == {"e-1": us.clock.at + IGNORED_FOR}
    assert [one.until for one in us.windows.opened] == [1_000.0 + WINDOW, us.clock.at + WINDOW]
    record = await us.record()
    assert (record.webhook_id, record.events, record.adopted) == ("W-1", ("user_created",), False)
    assert (record.enabled_at, record.tested_at) == (us.clock.at, us.clock.at)
    assert (await us.register()).steps == ()
    assert us.acts() == []


@pytest.mark.parametrize("system", [SN, TE])
async def test_a_lost_reply_is_settled_by_looking_and_nothing_is_sent_again(us: Us, system: System) -> None:
    vendor = us.sn if system is SN else us.te
    vendor.answers = [LOST]
    await us.register(system)
    assert [act for act, _ in vendor.sent].count(_A.CREATE) == 1
    assert len(vendor.webhooks) == 1
    assert not (await us.record(system)).adopted


async def test_a_request_that_did_not_turn_up_is_sent_again_only_after_the_systems_own_time(us: Us) -> None:
    us.te.answers, us.te.arrives = [LOST], False
    plan = await us.desk.plan_registration(BASE, TE)
    assert await us.fails(plan) == "webhook-unsure"
    us.clock.at += us.te.settle - 1
    assert await us.fails(await us.desk.plan_registration(BASE, TE)) == "webhook-unsure"
    assert us.acts() == ["create"], "it was not sent again"
    us.clock.at += 1
    await us.register(TE)
    assert (us.acts(), len(us.te.webhooks)) == (["create"], 1)


async def test_a_request_that_turns_up_late_is_the_desks_own(us: Us) -> None:
    us.te.answers, us.te.arrives = [LOST], False
    plan = await us.desk.plan_registration(BASE, TE)
    assert await us.fails(plan) == "webhook-unsure"
    us.te._do(plan.steps[0])
    us.acts()
    await us.register(TE)
    assert us.acts() == ["set-secret"], "nobody knows with which secret it was made"
    assert [step.act for step in (await us.desk.plan_removal(TE)).steps] == [_A.DELETE]


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (NotSent("unreachable", "no connection"), "unreachable"),
        (Refused("forbidden", "it answered 403"), "webhook-refused"),
    ],
)
async def test_what_was_not_made_may_be_asked_for_again_at_once(us: Us, outcome: Outcome, code: str) -> None:
    us.te.answers = [outcome]
    assert await us.fails(await us.desk.plan_registration(BASE, TE)) == code
    await us.register(TE)
    assert us.acts() == ["create", "create"]


async def test_while_a_person_has_stopped_all_sending_nothing_is_tried(us: Us) -> None:
    plan = await us.desk.plan_registration(BASE)
    us.book.stopped = Stop("m.hale", 1.0)
    assert await us.fails(plan) == "stopped"
    assert us.acts() == []


async def test_a_webhook_that_was_there_is_used_and_never_removed(us: Us) -> None:
    us.sn.webhooks.append(Webhook(SN, "W-1", f"{BASE}/simplenexus/"))
    us.te.webhooks.append(Webhook(TE, "W-1", f"{BASE}/total-expert"))
    await us.register()
    assert us.acts() == ["subscribe", "enable", "enable", "test", "set-secret", "subscribe"]
    plan = await us.desk.plan_removal()
    assert [step.act for step in plan.steps] == [_A.UNSUBSCRIBE, _A.UNSUBSCRIBE]
    await us.desk.carry_out(plan)
    assert len(us.sn.webhooks) == len(us.te.webhooks) == 1
    records = await us.book.all(WebhookRecord)
    assert [(one.system, one.adopted, one.events) for one in records] == [(SN, True, ()), (TE, True, ())]


async def test_what_this_desk_made_is_removed_and_forgotten(us: Us) -> None:
    await us.register()
    await us.desk.carry_out(await us.desk.plan_removal())
    assert (us.te.webhooks, us.sn.on, us.sn.webhooks[0].events) == ([], set(), ())
    assert [one.system for one in await us.book.all(WebhookRecord)] == [SN]
    us.acts()
    assert (await us.desk.plan_removal()).steps == ()


async def test_a_webhook_that_does_not_come_on_is_said_to_be_so_and_is_asked_for_again(us: Us) -> None:
    us.sn.enables = False
    await us.register(SN)
    assert "does not say that it is on" in us.report.notes[0]
    assert (await us.record()).enabled_at == 0.0
    assert [step.act for step in (await us.desk.plan_registration(BASE, SN)).steps] == [_A.ENABLE, _A.TEST]
    assert us.report.tests == {}, "what is not on is not tested"
    assert us.windows.now is not None, "the address may be asked yet"
    assert us.windows.now.until == us.windows.opened[0].until, "the window ends by itself"
    us.sn.enables = True
    await us.register(SN)
    assert (us.report.is_good, us.report.notes, us.windows.now) == (True, (), None)


async def test_a_webhook_may_take_its_time_to_come_on(us: Us) -> None:
    us.sn.comes_on_at = 3
    await us.register(SN)
    assert us.acts() == ["create", "subscribe", *["enable"] * 4, "test"]
    assert us.report.is_good
    assert us.report.notes == ()
    assert us.windows.now is None


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        ((401, "x"), WebhookTestResult.WRONG_SECRET),
        ((200, "x"), WebhookTestResult.NOT_OURS),
        ((502, "x"), WebhookTestResult.UNANSWERED),
    ],
)
async def test_a_test_that_fails_is_told_and_repeated_by_the_next_registration(
    us: Us, answer: tuple[int, str], result: WebhookTestResult
) -> None:
    us.sn.answer = answer
    await us.register(SN)
    assert us.report.tests[SN].result is result
    assert not us.report.is_good
    assert us.windows.now is None
    assert [step.act for step in (await us.desk.plan_registration(BASE, SN)).steps] == [_A.TEST]


async def test_a_test_that_a_person_stops_says_so(us: Us) -> None:
    await us.register(SN)
    plan = await us.desk.plan_tests(HARMLESS)

    async def stopped(webhook: str, event: str) -> WebhookTestAnswer:
        us.book.stopped = Stop("m.hale", 1.0)
        return WebhookTestAnswer(NotSent("stopped"))

    us.sn.test = stopped
    assert await us.fails(plan) == "stopped"
    assert us.windows.now is None


@pytest.mark.parametrize("outcome", [LOST, Diverted("wh-9")])
async def test_after_a_lost_reply_the_event_may_come_so_the_window_ends_by_itself(
    us: Us, outcome: Outcome
) -> None:
    await us.register(SN)
    us.sn.answers = [outcome]
    report = await us.desk.carry_out(await us.desk.plan_tests(HARMLESS))
    assert report.tests[SN].result is WebhookTestResult.UNSURE
    assert not report.is_good
    assert us.windows.now is not None
    assert us.windows.now.until == us.clock.at + WINDOW


@pytest.mark.parametrize("outcome", [Refused("refused", "x"), NotSent("unreachable", "x")])
async def test_a_test_that_was_not_sent_is_told(us: Us, outcome: Outcome) -> None:
    await us.register(SN)
    us.sn.answers = [outcome]
    report = await us.desk.carry_out(await us.desk.plan_tests(HARMLESS))
    assert report.tests[SN].result is WebhookTestResult.REFUSED
    assert us.windows.now is None


async def test_a_secret_is_made_once_and_changed_only_when_somebody_says_so(us: Us) -> None:
    await us.register(TE)
    assert (us.te.sent, us.secrets.held) == ([(_A.CREATE, "s-1")], "s-1")
    await us.desk.carry_out(await us.desk.plan_new_secret())
    assert (us.te.sent[-1], us.secrets.held) == ((_A.SET_SECRET, "s-2"), "s-2")


async def test_a_secret_of_which_nobody_knows_whether_it_arrived_is_not_taken_over(us: Us) -> None:
    await us.register(TE)
    us.te.answers = [LOST]
    assert await us.fails(await us.desk.plan_new_secret()) == "webhook-unsure"
    assert us.secrets.held == "s-1"


async def test_a_plan_is_told_by_its_hash(us: Us) -> None:
    one, again = await us.desk.plan_registration(BASE), await us.desk.plan_registration(BASE + "/")
    other = await us.desk.plan_registration("https://other.example.com")
    assert one.digest == again.digest != other.digest
    assert len(one.digest) == 8
