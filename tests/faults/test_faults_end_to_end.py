"""Every fault the sandbox knows, on real HTTP: afterwards there is one of each record, or the desk says so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from tests.support.matrix import IS_WHOLE, pairs
from tests.support.sandbox_home import Home, Sandbox

COLLECTION = {
    "person": "contacts",
    "opportunity": "opportunities",
    "property": "properties",
    "product-link": "product-links",
}
CREATE = {
    "contacts": "POST /flex/contacts",
    "opportunities": "POST /flex/opportunities",
    "properties": "POST /flex/properties",
}
WRITES = {
    **CREATE,
    "product-links": "PUT /flex",
    "contact-back": "PATCH /brokerengine/contacts",
    "card-back": "PATCH /brokerengine/cards",
}


def _push(home: Home, resumes: int = 2) -> dict[str, Any]:
    """Push, and resume a time or two where it is not done; gives the push as it then stands."""
    home.run("push", "card", "C-1001", "--yes")
    for _ in range(resumes):
        if home.run("activity")[1]["pushes"][0]["state"] == "done":
            break
        home.run("resume", "--yes")
    (push,) = home.run("activity")[1]["pushes"]
    found: dict[str, Any] = push
    return found


def _one_of_each(home: Home, sandbox: Sandbox, push: dict[str, Any]) -> None:
    """Compare links, journal and both systems: each record once, under the id the book has."""
    assert push["state"] == "done", push
    held, board = sandbox.records(), sandbox.records("brokerengine")
    links = home.run("links")[1]["links"]
    made = {(s["ref"], s["remote_id"]) for s in push["steps"] if s["system"] == "flex"}
    assert made == {(link["ref"], link["remote_id"]) for link in links}
    assert len(made) == 6
    for link in links:
        (row,) = [r for r in held[COLLECTION[link["entity"]]] if r.get("IntegrationId") == link["ref"]]
        assert row["FLEXId"] == link["remote_id"]
    ours = {link["ref"] for link in links}
    (opportunity,) = [row for row in held["opportunities"] if row.get("IntegrationId") in ours]
    assert {one["FLEXId"] for one in opportunity["Applicants"]} == {
        link["remote_id"] for link in links if link["entity"] == "person"
    }
    back = {row["id"]: row["flex_id"] for kind in ("cards", "contacts") for row in board[kind]}
    for link in links:
        if link["entity"] in ("person", "opportunity"):
            assert back[link["local_id"]] == link["remote_id"]


# -- what the desk settles by itself ------------------------------------------------------------------------

AFTER = [
    "drop-reply",
    "reset",
    "500-after",
    "503-after",
    "bad-json",
    "html",
    "no-id",
    "other-id",
    "truncate",
    "inflate",
]
BEFORE = ["drop-request", "408", "500", "502", "503", "504", "409"]
NOT_SENT = ["401", "429=0"]
COVER = [
    *pairs(AFTER, ["opportunities", "product-links"]),
    *pairs(BEFORE, ["contacts", "product-links"]),
    *pairs(NOT_SENT, ["contacts", "product-links", "card-back"]),
    *((fault, "contacts") for fault in ("reset", "inflate", "other-id", "truncate")),
    *((fault, "properties") for fault in ("reset", "504-after", "no-id", "bad-json", "drop-request")),
    *(
        (fault, "card-back")
        for fault in ("drop-reply", "500-after", "bad-json", "no-id", "other-id", "drop-request")
    ),
    *((fault, "contact-back") for fault in ("reset", "502-after", "html", "truncate", "500")),
]


def _together(cover: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """Return the faults by place of each push: the first fault of every place, then the second of every place."""
    queues: dict[str, list[str]] = {}
    for fault, place in cover:
        queues.setdefault(place, []).append(fault)
    return [
        {place: queue[n] for place, queue in queues.items() if n < len(queue)}
        for n in range(max(map(len, queues.values())))
    ]


STRUCK = [{place: fault} for fault, place in COVER] if IS_WHOLE else _together(COVER)


@pytest.mark.parametrize("struck", STRUCK, ids=lambda struck: "-".join(f"{struck[at]}-{at}" for at in struck))
def test_a_fault_leaves_one_of_each_record(home: Home, sandbox: Sandbox, struck: dict[str, str]) -> None:
    """One push may meet a fault in each place."""
    sandbox.faults("; ".join(f"{fault} {WRITES[place]} *1" for place, fault in struck.items()))
    _one_of_each(home, sandbox, _push(home))
    assert [rule["met"] for rule in sandbox.ask("GET", "faults")["rules"]] == [1] * len(struck)


@pytest.mark.parametrize("fault", ["drop-reply", "500-after", "drop-request", "other-id", "truncate"])
def test_the_same_fault_on_every_write_at_once_leaves_one_of_each_record(
    home: Home, sandbox: Sandbox, fault: str
) -> None:
    sandbox.faults("; ".join(f"{fault} {write} *2" for write in WRITES.values()))
    _one_of_each(home, sandbox, _push(home))


@pytest.mark.parametrize("seed", range(3))
def test_a_share_of_everything_going_wrong_leaves_one_of_each_record(
    home: Home, sandbox: Sandbox, seed: int
) -> None:
    faults = AFTER[seed::3] + BEFORE[seed::3]
    sandbox.faults(
        "; ".join(f"{fault} {method} 15%" for fault in faults for method in ("POST", "PATCH", "PUT"))
    )
    _push(home, resumes=1)
    sandbox.faults("")
    home.run("resume", "--yes")
    _one_of_each(home, sandbox, home.run("activity")[1]["pushes"][0])


@pytest.mark.parametrize("fault", ["hang", "hang-before", "slow=60"])
def test_a_remote_that_never_finishes_its_answer_is_given_up_and_looked_up(
    home: Home, sandbox: Sandbox, fault: str
) -> None:
    config = home.path / "config.toml"
    config.write_text(config.read_text("utf-8").replace("deadline = 100", "deadline = 2"), "utf-8")
    sandbox.faults(f"{fault} POST /flex/opportunities *1")
    push = _push(home)
    _one_of_each(home, sandbox, push)
    (step,) = [s for s in push["steps"] if (s["entity"], s["system"]) == ("opportunity", "flex")]
    assert {"deadline", "no-reply"} & {event["code"] for event in step["trail"]}


@pytest.mark.parametrize(
    "fault", ["drop-reply", "500", "bad-json", "html", "other-id", "truncate", "inflate", "401", "429=0"]
)
def test_a_look_up_that_goes_wrong_is_asked_again_and_never_believed(
    home: Home, sandbox: Sandbox, fault: str
) -> None:
    rules = ["drop-reply POST /flex/opportunities *1", f"{fault} GET /flex/opportunities *1"]
    sandbox.faults("; ".join(rules))
    _one_of_each(home, sandbox, _push(home))


@pytest.mark.parametrize("fault", ["other-id", "bad-json"])
def test_a_read_back_that_goes_wrong_is_asked_again_and_never_believed(
    home: Home, sandbox: Sandbox, fault: str
) -> None:
    sandbox.faults(f"drop-reply PATCH /brokerengine/contacts *1; {fault} GET /brokerengine/contacts *2")
    _one_of_each(home, sandbox, _push(home))


def test_a_record_that_the_index_shows_late_is_not_made_twice(home: Home, sandbox: Sandbox) -> None:
    config = home.path / "config.toml"
    config.write_text(config.read_text("utf-8").replace("settle = 0", "settle = 2"), "utf-8")
    sandbox.faults("drop-reply POST /flex/opportunities *1; lag=0.4 POST /flex/opportunities *1")
    _one_of_each(home, sandbox, _push(home))


# -- a clear no ---------------------------------------------------------------------------------------------


CODES = {"423": "refused", "redirect": "redirected", "403": "forbidden"}
CLEAR_NO = {
    *pairs(["contacts", "opportunities", "properties", "product-links", "card-back"], list(CODES)),
    *(("contacts", "403"), ("card-back", "403")),  # with all other steps still to be sent, and with none
}


@pytest.mark.parametrize(("place", "fault"), sorted(CLEAR_NO))
def test_a_clear_no_is_refused_and_nothing_is_made_twice_by_the_next_push(
    home: Home, sandbox: Sandbox, place: str, fault: str
) -> None:
    code = CODES[fault]
    sandbox.faults(f"{fault} {WRITES[place]} *1")
    exit_code, push = home.run("push", "card", "C-1001", "--yes")
    refused = [step for step in push["steps"] if step["state"] == "refused"]
    assert exit_code == 1
    assert [step["error"]["code"] for step in refused] == [code]
    assert push["state"] in ("partial", "refused", "paused")
    assert (push["state"] == "paused") is (
        code == "forbidden" and "ready" in [s["state"] for s in push["steps"]]
    )
    home.run("resume", "--yes")
    if place in ("contacts", "opportunities"):  # the card is not linked yet: it can be pushed again
        code_again, again = home.run("push", "card", "C-1001", "--yes")
        assert (code_again, again["state"]) == (0, "done"), again
    held = sandbox.records()
    refs = [
        row["IntegrationId"] for kind in COLLECTION.values() for row in held[kind] if row.get("IntegrationId")
    ]
    assert len(refs) == len(set(refs))


# -- what only a person can settle --------------------------------------------------------------------------


@pytest.mark.parametrize("place", list(CREATE))
def test_a_record_that_was_made_twice_is_a_conflict_with_both_shown_and_neither_linked(
    home: Home, sandbox: Sandbox, place: str
) -> None:
    """The request is carried out twice, and its reply is lost."""
    sandbox.faults(f"commit-twice {CREATE[place]} *1; drop-reply {CREATE[place]} *1")
    push = _push(home, resumes=1)
    assert push["state"] == "needs-you"
    (step,) = [step for step in push["steps"] if step["state"] == "conflict"]
    assert step["error"]["code"] == "several-found"
    twins = {row["FLEXId"] for row in sandbox.ours(place, step["ref"])}
    assert len(twins) == 2
    assert set(step["candidates"]) == twins
    assert step["ref"] not in {link["ref"] for link in home.run("links")[1]["links"]}
    assert {other["state"] for other in push["steps"] if other is not step} <= {"ready", "done"}


@pytest.mark.parametrize("place", ["product-links", "contact-back", "card-back"])
def test_what_is_safe_to_repeat_may_be_carried_out_twice(home: Home, sandbox: Sandbox, place: str) -> None:
    sandbox.faults(f"commit-twice {WRITES[place]} *1")
    _one_of_each(home, sandbox, _push(home))
