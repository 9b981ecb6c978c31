"""What a person can do with brokerdesk's webhooks: look, register, test, remove, give them a new secret.

A lost reply is never answered with a second request: the systems' lists are read first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, NoReturn

from msgspec import Struct
from msgspec.structs import replace

from core.errors import DeskError
from core.push.plan import System
from core.push.ports import Applied, Book, Clock, Diverted, Lost, NotSent, Outcome, Refused
from core.push.states import WriteOutcome
from core.stop import STOPPED, check_not_stopped
from core.webhooks.model import (
    WebhookAct,
    WebhookPlan,
    WebhookStep,
    WebhookTestReport,
    WebhookTestResult,
)
from core.webhooks.plan import (
    WebhookStanding,
    after_step,
    check_base,
    is_reached,
    judge_test,
    plan_new_secret,
    plan_registration,
    plan_removal,
    plan_tests,
    standing_of,
    words_of,
)
from core.webhooks.ports import (
    ListenerWindow,
    NoticeSecrets,
    WebhookSystem,
    WebhookTester,
    WindowKind,
    Windows,
)
from core.webhooks.records import WebhookRecord, webhook_key

WINDOW: Final = 120.0
"""Seconds for which a window stays open if nobody closes it, so that a test that died deafens nobody. Ours.

It is longer than the longest wait for SimpleNexus's answer that the shipped settings have.
"""
ASK_AGAIN_AFTER: Final = (0.2, 2.0, 6.0, 12.0)
"""Seconds between the requests that switch a webhook on, until SimpleNexus says that it is on. The numbers are ours."""
IGNORED_FOR: Final = 30 * 86_400.0
"""Seconds for which a test event is dropped that comes again. SimpleNexus delivers up to 15 times, for some 23 days."""
NOT_SURELY_ON: Final = (
    "SimpleNexus was asked to switch the webhook on, and does not say that it is on. It asks the address first, so "
    "brokerdesk listen has to run behind it. Run brokerdesk webhooks register again later."
)


class WebhookReport(Struct, frozen=True):
    """What was done: the steps that arrived, the result of each test by system, and sentences about the rest."""

    done: tuple[WebhookStep, ...] = ()
    tests: Mapping[System, WebhookTestReport] = {}
    notes: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """True if the webhooks are on and no test failed."""
        return not self.notes and all(test.result is WebhookTestResult.WORKS for test in self.tests.values())


class WebhookSurroundings(Struct, frozen=True):
    """What the use cases work with, in addition to the systems and the book.

    `new_token` returns random text. `pause` waits for some seconds.
    """

    windows: Windows
    secrets: NoticeSecrets
    clock: Clock
    new_token: Callable[[], str]
    pause: Callable[[float], Awaitable[None]]
    operator: str
    live: bool


class WebhookUseCases:
    """The use cases of one profile. `tester` is the system that sends test events, None if it is not among them."""

    def __init__(
        self,
        systems: Sequence[WebhookSystem],
        tester: WebhookTester | None,
        book: Book,
        around: WebhookSurroundings,
    ) -> None:
        self._systems = {system.system: system for system in systems}
        self._tester = tester
        self._book = book
        self._around = around

    # -- looking -----------------------------------------------------------------------------------------

    async def look(self, only: System | None = None) -> list[WebhookStanding]:
        """Return what there is of the webhooks of each system, or of one. Raises `Unreachable`, `BookClosed`."""
        records = await self._book.all(WebhookRecord)
        wanted = [system for name, system in self._systems.items() if only in (None, name)]
        return [standing_of(await system.look(), records) for system in wanted]

    async def plan_registration(self, url: str, only: System | None = None) -> WebhookPlan:
        """Return what a registration at an address would do. Raises `UsageError` (bad-webhook-url), and as `look`."""
        base = check_base(url, live=self._around.live)
        return plan_registration(base, await self.look(only))

    async def plan_removal(self, only: System | None = None) -> WebhookPlan:
        """Return how everything is taken back that this desk made. Raises as `look`."""
        return plan_removal(await self.look(only))

    async def plan_tests(self, event: str) -> WebhookPlan:
        """Return a test with an event of a kind for each webhook of this desk that can be tested. Raises as `look`."""
        if self._tester is None:
            return WebhookPlan()
        system = self._tester.system
        return plan_tests(await self.look(system), system, event)

    async def plan_new_secret(self) -> WebhookPlan:
        """Return how the webhooks of this desk get a new secret, where a system lets the desk set one."""
        standings = await self.look(System.TOTAL_EXPERT) if System.TOTAL_EXPERT in self._systems else []
        return plan_new_secret(standings)

    # -- doing -------------------------------------------------------------------------------------------

    async def carry_out(self, plan: WebhookPlan) -> WebhookReport:
        """Carry out a plan that was confirmed, step by step. A step that fails ends it.

        A webhook is tested only if it is known to be on.

        Raises `DeskError`: `stopped`, `webhook-unsure` (a reply was lost, and it isn't known whether the request
        arrived), `webhook-refused`, the code of what was not sent, and what the ports raise. What was done before that
        stays, and the next plan has only the rest.
        """
        check_not_stopped(self._book.stop())
        done: list[WebhookStep] = []
        off: set[System] = set()
        tests: dict[System, WebhookTestReport] = {}
        notes: list[str] = []
        for step in plan.steps:
            match step.act:
                case WebhookAct.TEST if step.system in off:
                    continue
                case WebhookAct.TEST:
                    tests[step.system] = await self._test(step)
                case WebhookAct.ENABLE:
                    if unsure := await self._enable(step):
                        notes += unsure
                        off.add(step.system)
                        continue
                case WebhookAct.CREATE | WebhookAct.SET_SECRET:
                    await self._with_secret(step)
                case WebhookAct.SUBSCRIBE | WebhookAct.UNSUBSCRIBE | WebhookAct.DISABLE | WebhookAct.DELETE:
                    await self._send(step)
            done.append(step)
        return WebhookReport(tuple(done), tests, tuple(notes))

    async def _with_secret(self, step: WebhookStep) -> None:
        """Create a webhook or set its secret. The listener accepts the secret before the system gets it."""
        if step.system is not System.TOTAL_EXPERT:
            await self._send(step)
            return
        secrets = self._around.secrets
        if step.act is WebhookAct.CREATE:
            secret = await asyncio.to_thread(secrets.current)
            if not secret:
                secret = await asyncio.to_thread(secrets.make)
                await asyncio.to_thread(secrets.take_over, secret)
            await self._send(step, secret)
        else:
            secret = await asyncio.to_thread(secrets.make)
            await self._send(step, secret)
            await asyncio.to_thread(secrets.take_over, secret)

    async def _send(self, step: WebhookStep, secret: str = "") -> Outcome:
        """Send one step and write down what it did. Return its outcome. Raises `DeskError`."""
        system = self._systems[step.system]
        record = await self._begun(step)
        step = replace(step, webhook=step.webhook or record.webhook_id)
        outcome = await system.carry_out(step, secret)
        webhook = step.webhook
        match outcome:
            case Applied(remote_id=remote_id):
                webhook = webhook or remote_id
            case Lost():
                webhook = await self._found_after_all(step, outcome)
            case NotSent() | Refused():
                await self._not_done(step, record, outcome)
            case Diverted():
                raise DeskError("webhook-unsure", f"{words_of(step)}: the reply names another record.")
        if step.act is WebhookAct.DELETE:
            await self._book.commit(drop=[(WebhookRecord, record.key)])
        elif step.act is not WebhookAct.ENABLE:
            await self._book.commit(after_step(record, step, webhook, self._around.clock.now()))
        return outcome

    async def _not_done(
        self, step: WebhookStep, record: WebhookRecord, outcome: NotSent | Refused
    ) -> NoReturn:
        """Write down that nothing was done, and raise `DeskError`."""
        if step.act is WebhookAct.CREATE:  # the record said that the webhook may be there
            await self._book.commit(replace(record, asked_at=0.0))
        if outcome.code == STOPPED:
            check_not_stopped(self._book.stop())
        why = f" ({outcome.detail})" if outcome.detail else ""
        if isinstance(outcome, Refused):
            raise DeskError("webhook-refused", f"{words_of(step)}: it was refused{why}.")
        raise DeskError(outcome.code, f"{words_of(step)}: nothing was sent{why}.", system=step.system)

    async def _begun(self, step: WebhookStep) -> WebhookRecord:
        """Return the record of a step's address, written down before anything is sent. Raises `DeskError`."""
        now = self._around.clock.now()
        record = await self._book.get(WebhookRecord, webhook_key(step.system, step.url))
        if step.act is not WebhookAct.CREATE:
            if record is None:
                record = WebhookRecord(
                    step.system, step.url, self._around.operator, webhook_id=step.webhook, adopted=True
                )
                await self._book.commit(record)
            return record
        settle = self._systems[step.system].settle
        in_doubt = record is not None and not record.webhook_id and record.asked_at
        if record is not None and in_doubt and 0 <= now - record.asked_at < settle:
            raise DeskError(
                "webhook-unsure",
                f"{words_of(step)}: it was asked for {now - record.asked_at:.0f} s ago and is not listed yet.",
            )
        record = WebhookRecord(step.system, step.url, self._around.operator, asked_at=now)
        await self._book.commit(record)
        return record

    async def _found_after_all(self, step: WebhookStep, lost: Lost) -> str:
        """Return the id of the webhook after a lost reply, if the list shows that the step arrived.

        Raises `DeskError` (webhook-unsure) if it does not. Nothing is sent again.
        """
        seen = await self._systems[step.system].look()
        webhook = seen.at(step.url)
        if not is_reached(step, seen):
            raise DeskError("webhook-unsure", f"{words_of(step)}: no clear answer came ({lost.detail}).")
        return webhook.id if webhook is not None else step.webhook

    # -- the listener's windows --------------------------------------------------------------------------

    async def _enable(self, step: WebhookStep) -> list[str]:
        """Switch a webhook on. Return a sentence if nothing shows that it is on.

        SimpleNexus checks the address in a job of its own, which takes time. That a later request finds the webhook in
        the wrong state (412) shows that it is on; this reading is ours.
        """
        window = self._window(WindowKind.ENABLING)
        await asyncio.to_thread(self._around.windows.open, window)
        for pause in (*ASK_AGAIN_AFTER, None):
            if _was_so(await self._send(step)):
                break
            if pause is None:  # the window ends automatically: SimpleNexus may ask the address yet
                return [NOT_SURELY_ON]
            await self._around.pause(pause)
        await asyncio.to_thread(self._around.windows.close, window.token)
        record = await self._begun(step)
        await self._book.commit(after_step(record, step, record.webhook_id, self._around.clock.now()))
        return []

    async def _test(self, step: WebhookStep) -> WebhookTestReport:
        """Have a test event sent while the listener takes none of its kind. Return what the test showed."""
        if self._tester is None:
            raise AssertionError("a test was planned without a system that tests")
        (event,) = step.events
        record = await self._begun(step)
        window = self._window(WindowKind.TEST, event)
        await asyncio.to_thread(self._around.windows.open, window)
        answer = await self._tester.test(step.webhook or record.webhook_id, event)
        match answer.outcome:  # while the event may be on its way, the window ends automatically
            case Lost(detail=detail):
                return WebhookTestReport(WebhookTestResult.UNSURE, detail)
            case Diverted():
                return WebhookTestReport(WebhookTestResult.UNSURE)
            case NotSent(code=code, detail=detail) | Refused(code=code, detail=detail):
                await asyncio.to_thread(self._around.windows.close, window.token)
                if code == STOPPED:
                    check_not_stopped(self._book.stop())
                return WebhookTestReport(WebhookTestResult.REFUSED, detail)
            case Applied():
                pass
        report, ids = judge_test(answer.code, answer.body, window.token)
        until = self._around.clock.now() + IGNORED_FOR
        await asyncio.to_thread(self._around.windows.ignore, ids, until)
        await asyncio.to_thread(self._around.windows.close, window.token)
        works = report.result is WebhookTestResult.WORKS
        tested = after_step(record, step, step.webhook or record.webhook_id, self._around.clock.now())
        await self._book.commit(tested if works else replace(record, tested_at=0.0))
        return report

    def _window(self, kind: WindowKind, event: str = "") -> ListenerWindow:
        return ListenerWindow(kind, self._around.new_token(), self._around.clock.now() + WINDOW, event)


def _was_so(outcome: Outcome) -> bool:
    return isinstance(outcome, Applied) and outcome.outcome is WriteOutcome.EXISTING
