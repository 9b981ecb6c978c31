"""Every fault the sandbox knows, in a sync of the two contact systems, in sharing and in an undo, on real HTTP.

Afterwards what was planned is there once, under the id that the links name, or the desk says whom it needs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from tests.faults.test_faults_end_to_end import AFTER, BEFORE, NOT_SENT
from tests.journeys.test_sync import BOTH, _at_the_systems, _home, _links
from tests.support.matrix import IS_WHOLE
from tests.support.own_sandbox import own_sandbox
from tests.support.sandbox_home import Home, Sandbox

FEW = ("--cards", "1", "--contacts", "40", "--officers", "3")
"""The smallest number that has every kind of record. A sync sends some requests for each contact."""
MANY = ("--cards", "1", "--contacts", "200", "--officers", "2")
"""Enough for one sync to make the prospects that all tests of sharing need."""
CONTACT, PROSPECT = "POST /total-expert/contacts", "POST /simplenexus/users/loan_officers/*/prospects"
LINK = "POST /simplenexus/users/loan_officers/*/app_shares"
PARTNER = "POST /simplenexus/users/loan_officers/*/partners"
ACCOUNT, CHANGE = "POST /simplenexus/users/borrowers", "PATCH /total-expert/contacts"
PLACES = {"contact": CONTACT, "prospect": PROSPECT, "partner": PARTNER}


served, systems = own_sandbox(*FEW)


@pytest.fixture
def us(systems: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    return _home(systems, tmp_path, monkeypatch)


def _set(home: Home, **values: str) -> None:
    """Change what the profile says of both systems."""
    config = home.path / "config.toml"
    text = config.read_text("utf-8")
    for name, value in values.items():
        before = {"settle": "settle = 0", "deadline": "deadline = 100"}[name]
        text = text.replace(before, f"{name} = {value}")
    config.write_text(text, "utf-8")


def _resumed(home: Home, push: dict[str, Any], times: int = 2) -> dict[str, Any]:
    """Resume a time or two where a push is not done; gives it as it then stands."""
    for _ in range(times):
        if push["state"] == "done":
            break
        home.run("resume", "--yes")
        push = _as_it_stands(home, push)
    return push


def _as_it_stands(home: Home, push: dict[str, Any]) -> dict[str, Any]:
    """Return a push as the journal has it now."""
    (found,) = [other for other in home.run("activity")[1]["pushes"] if other["push_id"] == push["push_id"]]
    return dict(found)


def _each_once(home: Home, systems: Sandbox, push: dict[str, Any]) -> None:
    """Compare journal, links and both systems: each record once, under the id the book has, and no other."""
    assert push["state"] == "done", push["reason"]
    made = {step["ref"]: step["remote_id"] for step in push["steps"]}
    assert len(made) == len(push["steps"]) > 5
    assert {ref: one for ref, one in _links(home).items() if ref in made} == made
    agents = {step["ref"] for step in push["steps"] if step["entity"] == "partner"}
    assert {ref: [remote_id] for ref, remote_id in made.items()} == _at_the_systems(systems)
    partners = {row["id"]: row["email"] for row in systems.records("simplenexus")["partners"]}
    assert agents
    assert {made[ref] for ref in agents} <= partners.keys()
    assert len(set(partners.values())) == len(partners), "no partner is there twice"


FAULTS = (*AFTER, *BEFORE, *NOT_SENT)
COVER = (
    [{place: fault} for fault in FAULTS for place in PLACES]
    if IS_WHOLE
    else [dict(zip(PLACES, FAULTS[n : n + 3], strict=False)) for n in range(0, len(FAULTS), 3)]
)
"""Which fault meets the first write of a place. One sync may meet one in each place; `make matrix` has every pair."""


@pytest.mark.parametrize("struck", COVER, ids=lambda struck: "-".join(f"{struck[at]}-{at}" for at in struck))
def test_a_fault_leaves_one_of_each_record(us: Home, systems: Sandbox, struck: dict[str, str]) -> None:
    systems.faults("; ".join(f"{fault} {PLACES[place]} *1" for place, fault in struck.items()))
    push = _resumed(us, us.run("sync", "--yes")[1])
    _each_once(us, systems, push)
    assert {step["entity"] for step in push["steps"] if len(step["trail"]) > 2} == struck.keys()


@pytest.mark.parametrize("fault", ["drop-reply", "500-after", "drop-request", "truncate", "no-id"])
def test_the_same_fault_on_every_write_at_once_leaves_one_of_each_record(
    us: Home, systems: Sandbox, fault: str
) -> None:
    systems.faults(f"{fault} {CONTACT} *4; {fault} {PROSPECT} *4")
    _each_once(us, systems, _resumed(us, us.run("sync", "--yes")[1], times=4))


def _told(push: dict[str, Any], *codes: str) -> set[str]:
    """Return the entities of the steps that were told one of these codes."""
    return {step["entity"] for step in push["steps"] if {event["code"] for event in step["trail"]} & {*codes}}


@pytest.mark.parametrize("fault", ["hang", "hang-before", "slow=60"])
def test_an_answer_that_never_ends_is_given_up_and_looked_up(us: Home, systems: Sandbox, fault: str) -> None:
    _set(us, deadline="2")
    systems.faults(f"{fault} {CONTACT} *1; {fault} {PROSPECT} *1")
    push = _resumed(us, us.run("sync", "--yes")[1])
    _each_once(us, systems, push)
    assert _told(push, "deadline", "no-reply") == {"contact", "prospect"}


@pytest.mark.parametrize("fault", ["drop-reply", "500", "truncate", "401"])
def test_a_look_up_that_goes_wrong_is_asked_again_and_never_believed(
    us: Home, systems: Sandbox, fault: str
) -> None:
    """The replies to writes are lost while the reading before them is over; the next readings are the looks."""
    lost = f"drop-reply {CONTACT} *2; drop-reply {PROSPECT} *2"
    systems.faults(f"{lost}; {fault} GET /total-expert/contacts 20%; {fault} GET /simplenexus 20%")
    _, push = us.run("sync", "--yes")
    if "steps" not in push:  # a book could not even be read: nothing was sent
        assert push["error"]["code"] not in ("plan-changed",)
        assert not any(systems.writes(system) for system in BOTH)
        systems.faults(lost)
        _, push = us.run("sync", "--yes")
    systems.faults("")
    _each_once(us, systems, _resumed(us, push))


def test_a_record_that_the_index_shows_late_is_not_made_twice(us: Home, systems: Sandbox) -> None:
    _set(us, settle="2")
    systems.faults("; ".join(f"drop-reply {at} *1; lag=0.4 {at} *1" for at in (CONTACT, PROSPECT)))
    _each_once(us, systems, _resumed(us, us.run("sync", "--yes")[1]))


def test_a_request_that_is_carried_out_late_within_the_window_is_found(us: Home, systems: Sandbox) -> None:
    _set(us, settle="2")
    systems.faults(f"late=0.4 {CONTACT} *1; late=0.4 {PROSPECT} *1")
    push = _resumed(us, us.run("sync", "--yes")[1])
    _each_once(us, systems, push)
    assert _told(push, "found-after-all") == {"contact", "prospect"}


@pytest.mark.parametrize(
    ("fault", "code"), [("423", "refused"), ("redirect", "redirected"), ("403", "forbidden")]
)
def test_a_clear_no_to_one_stops_no_other_and_is_not_asked_again_unasked(
    us: Home, systems: Sandbox, fault: str, code: str
) -> None:
    systems.faults(f"{fault} {CONTACT} *1; {fault} {PROSPECT} *1")
    _, push = us.run("sync", "--yes")
    refused = [step for step in push["steps"] if step["state"] == "refused"]
    assert sorted((step["entity"], step["error"]["code"]) for step in refused) == [
        ("contact", code),
        ("prospect", code),
    ]
    assert push["state"] in (("paused", "partial") if code == "forbidden" else ("partial",))
    us.run("resume", "--yes")
    us.run("sync", "--yes")
    there = _at_the_systems(systems)
    assert there.keys() == {step["ref"] for step in push["steps"]} - {step["ref"] for step in refused}
    assert {ref: ids for ref, ids in there.items() if len(ids) != 1} == {}
    assert {ref: one for ref, one in _links(us).items() if ref in there} == {
        ref: ids[0] for ref, ids in there.items()
    }


def test_a_prospect_that_was_made_twice_is_a_conflict_with_both_shown(us: Home, systems: Sandbox) -> None:
    """The request is carried out twice, and its reply is lost."""
    systems.faults(f"commit-twice {PROSPECT} *1; drop-reply {PROSPECT} *1")
    push = _resumed(us, us.run("sync", "--yes")[1], times=1)
    assert push["state"] == "needs-you"
    (step,) = [step for step in push["steps"] if step["state"] == "conflict"]
    assert step["error"]["code"] == "several-found"
    assert sorted(_at_the_systems(systems)[step["ref"]]) == sorted(step["candidates"])
    assert len(step["candidates"]) == 2
    assert step["ref"] not in _links(us)


def test_a_prospect_that_was_made_twice_and_answered_is_told_by_the_next_resume(
    us: Home, systems: Sandbox
) -> None:
    systems.faults(f"commit-twice {PROSPECT} *1")
    assert us.run("sync", "--yes")[1]["state"] == "done"
    us.run("resume", "--yes")
    (push,) = us.run("activity")[1]["pushes"]
    (twin,) = [one for one in push["steps"] if one["state"] == "conflict"]
    assert (twin["error"]["code"], push["state"]) == ("second-record", "needs-you")
    assert sorted(twin["candidates"]) == sorted(_at_the_systems(systems)[twin["ref"]])
    assert len(twin["candidates"]) == 2


def test_a_prospect_that_is_made_after_all_is_told_by_the_next_resume(us: Home, systems: Sandbox) -> None:
    """The first request is carried out only when the second has long been answered: beyond the window."""
    _set(us, settle="0.2")
    systems.faults(f"late=3600 {PROSPECT} *1")
    push = _resumed(us, us.run("sync", "--yes")[1])
    assert push["state"] == "done"
    (step,) = [step for step in push["steps"] if "not-there" in {event["code"] for event in step["trail"]}]
    systems.carry_out_late()
    us.run("resume", "--yes")
    (push,) = us.run("activity")[1]["pushes"]
    (twin,) = [one for one in push["steps"] if one["state"] == "conflict"]
    assert (twin["ref"], twin["error"]["code"], push["state"]) == (step["ref"], "second-record", "needs-you")
    assert sorted(twin["candidates"]) == sorted(_at_the_systems(systems)[step["ref"]])


# -- inviting ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("faults", [("drop-reply", "500-after"), ("500", "bad-json")], ids="-".join)
def test_an_invite_without_an_answer_is_asked_about_and_never_sent_again_by_itself(
    us: Home, systems: Sandbox, faults: tuple[str, str]
) -> None:
    """Each fault meets the invite of an agent of its own."""
    _, push = us.run("sync", "--yes")
    agents = [step["local_id"] for step in push["steps"] if step["entity"] == "partner"]
    for agent, fault in zip(agents, faults, strict=True):
        systems.faults(f"{fault} {PARTNER}/*/actions *1")
        _invite_is_asked_about(us, systems, agent)


def _invite_is_asked_about(us: Home, systems: Sandbox, agent: str) -> None:
    code, invited = us.run("invite", agent, "--yes")
    assert (code, invited["state"]) == (1, "needs-you")
    sent = len(systems.writes("simplenexus"))
    us.run("resume", "--yes")
    assert us.run("invite", agent, "--yes")[1]["push_id"] == invited["push_id"]
    assert len(systems.writes("simplenexus")) == sent
    step = invited["steps"][0]["ref"]
    assert us.run("decide", invited["push_id"], step, "not-there", "--yes")[1]["state"] == "done"
    assert len(systems.writes("simplenexus")) == sent + 1


# -- sharing --------------------------------------------------------------------------------------------


@dataclass
class SyncedDesk:
    """A desk after its first sync. Each fault takes people of its own, who came by that sync."""

    home: Home
    systems: Sandbox
    people: Iterator[str]

    def share(self, count: int, faults: str, *options: str) -> tuple[list[str], dict[str, Any]]:
        """Share the app with the next `count` people under `faults`; return their emails and the push."""
        self.systems.faults(faults)
        chosen = list(islice(self.people, count))
        push: dict[str, Any] = self.home.run("share", *chosen, *options, "--yes")[1]
        assert len(push["steps"]) == len(chosen) == count
        rows = {str(row["id"]): row for row in self.systems.records("total-expert")["contacts"]}
        return [rows[one]["email"].casefold() for one in chosen], push

    def emails(self, kind: str) -> Counter[str]:
        """Return how many records of a kind SimpleNexus has for each email."""
        return Counter(row["email"].casefold() for row in self.systems.records("simplenexus")[kind])


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SyncedDesk]:
    with (
        pytest.MonkeyPatch.context() as patch,
        Sandbox.serve(tmp_path_factory.mktemp("many"), *MANY) as systems,
    ):
        home = _home(systems, tmp_path_factory.mktemp("synced"), patch)
        push = home.run("sync", "--yes")[1]
        assert push["state"] == "done"
        made = [step["local_id"] for step in push["steps"] if step["entity"] == "prospect"]
        plans = [home.run("share", *made, *way)[1] for way in ((), ("--make-account",))]
        left_out = {person["total_expert_id"] for plan in plans for person in plan["left_out"]}
        yield SyncedDesk(home, systems, iter([one for one in made if one not in left_out]))


NOT_MADE_TWICE = ("drop-reply", "500-after", "drop-request", "503", "no-id", "bad-json", "401", "409")
PAIRS_IN_DOUBT = (("drop-reply", "500-after"), ("drop-request", "503"), ("no-id", "bad-json"), ("409", "409"))
"""Faults of which the first meets the first request and the second the next one."""


# Each of these tests goes through all faults: every process that runs one of them makes a synced desk.


def test_an_account_is_made_once(synced: SyncedDesk) -> None:
    for fault in NOT_MADE_TWICE:
        chosen, push = synced.share(2, f"{fault} {ACCOUNT} *2", "--make-account")
        push = _resumed(synced.home, push)
        assert push["state"] == "done", fault
        emails = synced.emails("borrowers")
        assert {emails[email] for email in chosen} == {1}, fault
        assert max(emails.values()) == 1, fault
        held = {row["id"] for row in synced.systems.records("simplenexus")["borrowers"]}
        assert len({step["remote_id"] for step in push["steps"]} & held) == 2, fault


def test_a_link_to_the_app_is_never_sent_twice_by_itself(synced: SyncedDesk) -> None:
    for faults in PAIRS_IN_DOUBT:
        chosen, push = synced.share(3, "; ".join(f"{fault} {LINK} *1" for fault in faults))
        synced.home.run("resume", push["push_id"], "--yes")
        states = Counter(step["state"] for step in _as_it_stands(synced.home, push)["steps"])
        assert states == Counter({"needs-you": 2, "done": 1}), faults
        sent = synced.emails("app-shares")
        assert max(sent[email] for email in chosen) == 1, faults
    before = synced.emails("app-shares")
    synced.home.run("resume", "--yes")
    assert synced.emails("app-shares") == before


def test_a_link_that_a_reply_denied_is_sent_once_more(synced: SyncedDesk) -> None:
    chosen, push = synced.share(3, f"401 {LINK} *1; 429=0 {LINK} *1")
    push = _resumed(synced.home, push)
    assert push["state"] == "done"
    sent = synced.emails("app-shares")
    assert [sent[email] for email in chosen] == [1, 1, 1]
