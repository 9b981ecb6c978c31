"""FLEX and time: late, too late, and asked to wait. Afterwards one of each record, or the desk says what there is."""

from __future__ import annotations

import pytest

from tests.faults.test_faults_end_to_end import CREATE, _one_of_each, _push
from tests.support.sandbox_home import Home, Sandbox


def _settle(home: Home, seconds: float) -> None:
    config = home.path / "config.toml"
    config.write_text(config.read_text("utf-8").replace("settle = 0", f"settle = {seconds}"), "utf-8")


@pytest.mark.parametrize("place", list(CREATE))
def test_a_request_that_is_carried_out_late_within_the_window_is_found(
    home: Home, sandbox: Sandbox, place: str
) -> None:
    _settle(home, 0.8)
    sandbox.faults(f"late=0.4 {CREATE[place]} *1")
    push = _push(home)
    _one_of_each(home, sandbox, push)
    assert "found-after-all" in {event["code"] for step in push["steps"] for event in step["trail"]}


@pytest.mark.parametrize("place", list(CREATE))
def test_a_request_that_is_carried_out_after_the_window_is_told_by_the_next_resume(
    home: Home, sandbox: Sandbox, place: str
) -> None:
    _settle(home, 0.2)
    # Late enough that both look-ups come first, on a busy machine too.
    sandbox.faults(f"late=8 {CREATE[place]} *1")
    push = _push(home)
    _one_of_each(home, sandbox, push)
    (step,) = [step for step in push["steps"] if "not-there" in {event["code"] for event in step["trail"]}]
    while len(twins := sandbox.ours(place, step["ref"])) < 2:
        pass
    home.run("resume", "--yes")
    (push,) = home.run("activity")[1]["pushes"]
    (twin,) = [one for one in push["steps"] if one["state"] == "conflict"]
    assert (twin["ref"], twin["error"]["code"]) == (step["ref"], "second-record")
    assert set(twin["candidates"]) == {row["FLEXId"] for row in twins}


@pytest.mark.parametrize("place", list(CREATE))
def test_a_request_that_was_carried_out_twice_and_answered_is_told(
    home: Home, sandbox: Sandbox, place: str
) -> None:
    sandbox.faults(f"commit-twice {CREATE[place]} *1")
    push = _push(home)
    code, resumed = home.run("resume", "--yes")
    assert (code, [one["state"] for one in resumed["pushes"]]) == (1, ["needs-you"])
    refs = [row.get("IntegrationId") for row in sandbox.records()[place]]
    assert max(refs.count(step["ref"]) for step in push["steps"]) == 2
    (push,) = home.run("activity")[1]["pushes"]
    assert "conflict" in {step["state"] for step in push["steps"]}


@pytest.mark.parametrize("seconds", ["3600", "99999999999", "9" * 400], ids=["hour", "ages", "endless"])
@pytest.mark.parametrize("place", ["contacts", "opportunities"])
def test_a_wait_nobody_would_wait_pauses_the_push_and_resume_goes_on(
    home: Home, sandbox: Sandbox, place: str, seconds: str
) -> None:
    sandbox.faults(f"429={seconds} {CREATE[place]} *1")
    code, push = home.run("push", "card", "C-1001", "--yes")
    assert (code, push["state"], push["reason"]) == (3, "paused", "rate-limited")
    _one_of_each(home, sandbox, _push_on(home))


def _push_on(home: Home) -> dict[str, object]:
    home.run("resume", "--yes")
    (push,) = home.run("activity")[1]["pushes"]
    return push  # type: ignore[no-any-return]  # JSON
