"""`e` in Activity and `brokerdesk explain` say one thing, in one wording."""

from __future__ import annotations

from tests.journeys.console import console, says, told
from tests.support.sandbox_home import Home, Sandbox


async def test_the_key_and_the_command_use_the_same_words(home: Home, sandbox: Sandbox) -> None:
    sandbox.faults("423 POST /flex/contacts *1")
    push = await told(home, "push", "card", "C-1001", "--yes")
    (refused,) = [step for step in push["steps"] if step["state"] == "refused"]
    codes = {event["code"] for event in refused["trail"]}
    assert {"intent", "refused"} <= codes
    async with console(home, size=(200, 60)) as pilot:
        await pilot.press("4")
        await says(pilot, "C-1001")
        await pilot.press("d", "e")
        shown = await says(pilot, "What this means")
        for code in codes:
            words = await told(home, "explain", code)
            meaning = f"{words['meaning'][:1].upper()}{words['meaning'][1:]}"
            assert " ".join(f"{meaning} {words['fix']} ({code})".split()) in shown
