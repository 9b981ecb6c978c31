"""A sync that is limited to owners and groups: what is outside is counted and named, and still matched."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from core.contacts.match.match import match
from core.contacts.match.rule import MatchOptions, Owners
from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.model import Contact, ContactKind, Verdict
from core.contacts.ports import Owner
from core.contacts.review.reviewed import review
from core.contacts.sync.plan import Cause, PastPushes, SyncOptions, SyncPreview, SyncSelection, plan_sync
from core.contacts.sync.scope import NO_GROUP, SyncScope, scope_words, scopes_of
from tests.support.people import but

ANN = Contact(
    "S1", first_name="Ann", last_name="Lee", email="ann@x.example", owner="O1", kind=ContactKind.BORROWER
)
CY = but(ANN, id="S2", first_name="Cy", last_name="Moss", email="cy@x.example", owner="O2")
HERS = Contact("T1", first_name="Ann", last_name="Lee", email="ann@x.example", owner="301", groups=("VIP",))
BEA = Contact("T2", first_name="Bea", last_name="Ray", email="bea@x.example", owner="302", groups=("vip ",))
DOT = Contact("T3", first_name="Dot", last_name="Poe", email="dot@x.example", owner="301")
OFFICERS = Owner("O1", "dana@desk.example", "Dana Whitlock"), Owner("O2", "colin@desk.example", "Colin Mabry")
USERS = Owner("301", "dana@desk.example"), Owner("302", "colin@desk.example"), Owner("303", "jo@desk.example")
TIES = Owners({"301": "O1", "302": "O2"})


def seal(field: str, value: object) -> str:
    return f"{field} {value}"


def planned(*scopes: SyncScope, theirs: Sequence[Contact] = (HERS, BEA, DOT)) -> SyncPreview:
    ours = (ANN, CY)
    read = MatchSnapshot(ours, tuple(theirs), OFFICERS, USERS, TIES, (), {})
    found = review(match(ours, theirs, MatchOptions(owners=TIES)), [], seal)
    options = SyncOptions("w", "brokerdesk", "desk")
    return plan_sync(read, found, PastPushes(), options, seal, chosen=SyncSelection(scopes))


def does(preview: SyncPreview) -> set[str]:
    """Return the records that a sync sends, and the SimpleNexus records that it links."""
    return {step.local_id for step in preview.plan.steps} | {ours for ours, _ in preview.plan.links}


@pytest.mark.parametrize(
    ("scopes", "expected", "outside"),
    [
        ((), {"S1", "S2", "T2", "T3"}, {}),
        ((SyncScope(),), {"S1", "S2", "T2", "T3"}, {}),
        ((SyncScope(("Dana@desk.example",)),), {"S1", "T3"}, {"Colin Mabry": 2}),
        ((SyncScope(("302",)),), {"S2", "T2"}, {"Dana Whitlock": 2}),
        ((SyncScope((), (" Vip",)),), {"S1", "S2", "T2"}, {NO_GROUP: 1}),
        ((SyncScope(("O1", "O2"), ("VIP",)),), {"S1", "S2", "T2"}, {NO_GROUP: 1}),
        ((SyncScope(("O1",)), SyncScope((), ("VIP",))), {"S1"}, {"Colin Mabry": 2, NO_GROUP: 1}),
        ((SyncScope(("O1",)), SyncScope(("O2",))), set(), {"Colin Mabry": 2, "Dana Whitlock": 2}),
        ((SyncScope(("nobody@desk.example",)),), set(), {"Colin Mabry": 2, "Dana Whitlock": 2}),
    ],
)
def test_what_is_outside_is_neither_linked_nor_sent_and_is_counted_by_its_reason(
    scopes: tuple[SyncScope, ...], expected: set[str], outside: dict[str, int]
) -> None:
    preview = planned(*scopes)
    assert does(preview) == expected
    assert preview.outside == outside
    assert preview.causes.get(Cause.OUT_OF_SCOPE, 0) == sum(outside.values())


def test_what_is_outside_is_matched_so_that_no_double_is_made() -> None:
    colins = but(HERS, id="T9", owner="302", groups=())
    preview = planned(SyncScope(("O1",)), theirs=[colins])
    assert preview.counts[Verdict.HOLD] == 1, "the email is under another owner, who is outside"
    assert does(preview) == set()


def test_an_owner_who_is_nobody_is_named() -> None:
    assert planned(SyncScope(("O1", "x@desk.example"))).unknown == ("x@desk.example",)
    assert planned(SyncScope(("O1",))).unknown == ()


def test_the_scopes_to_choose_from_are_the_owners_and_the_groups_with_their_contacts() -> None:
    snapshot = MatchSnapshot((ANN, CY), (HERS, BEA, DOT), OFFICERS, USERS, TIES, (), {})
    found = {label: (count, scope_words([scope])) for label, (scope, count) in scopes_of(snapshot).items()}
    assert found == {
        "owner Dana Whitlock": (3, "owners dana@desk.example"),
        "owner Colin Mabry": (2, "owners colin@desk.example"),
        "owner jo@desk.example": (0, "owners jo@desk.example"),
        "group VIP": (2, "groups VIP"),
    }
