"""One email under several owners: held, with one answer for all contacts of two owners; and owners who left."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contacts.match.match import match
from core.contacts.match.owner_rule import owner_of_key, user_key
from core.contacts.match.rule import MatchOptions, OtherOwner, Owners
from core.contacts.match.snapshot import count_shared, tie, untied_officers
from core.contacts.model import Contact, Reason, Verdict
from core.contacts.ports import Owner
from core.contacts.records import Answer, Judged, JudgedOwners, OwnersAnswer
from core.contacts.review.answers import fingerprint
from core.contacts.review.decisions import Ids
from core.contacts.review.reviewed import Reviewed, review
from core.push.plan import System
from tests.support.people import but

OFFICES = Owners({"u1": "lo1", "u2": "lo2", "u3": "lo3"})
ANN = Contact("S1", first_name="Ann", last_name="Lee", email="ann@x.example", owner="lo1")
HERS = but(ANN, id="T1", owner="u2")
DAN, MIA = Owner("lo1", "dan@desk.example"), Owner("lo2", "mia@desk.example")
Row = tuple[str, str, str]


def seal(field: str, value: object) -> str:
    return f"{field} {value}"


def reviewed(
    ours: Sequence[Contact],
    theirs: Sequence[Contact],
    *pairs: tuple[Ids, Answer],
    owners: Owners = OFFICES,
    said: Sequence[tuple[str, str, OwnersAnswer]] = (),
    options: MatchOptions | None = None,
) -> Reviewed:
    matched = match(ours, theirs, options or MatchOptions(owners=owners))
    judged = [
        Judged(
            *ids,
            answer,
            fingerprint(seal, matched.simplenexus.get(ids[0]), matched.total_expert.get(ids[1])),
            "m.hale",
            1.0,
            n,
        )
        for n, (ids, answer) in enumerate(pairs)
    ]
    of_owners = [JudgedOwners(first, second, answer, "m.hale", 1.0, 1) for first, second, answer in said]
    return review(matched, judged, seal, of_owners)


def rows(found: Reviewed) -> list[Row]:
    """Return what was decided about which records: the verdict, and the records that the row decides about."""
    return sorted(
        (row.verdict.value, " ".join(row.own_simplenexus_ids), " ".join(row.own_total_expert_ids))
        for row in found.rows
    )


def test_the_same_email_under_another_owner_is_one_question_about_both_records() -> None:
    found = reviewed([ANN], [HERS])
    assert rows(found) == [("hold", "S1", "T1")]
    (item,) = found.queue
    assert (item.row.reason, item.first) == (Reason.OTHER_OWNER, ("S1", "T1"))
    assert found.owner_pairs(item) == (("lo1", "lo2"),)
    assert Answer.SAME not in found.offered(item.first)


def test_a_setting_handles_the_owners_as_if_there_were_no_other() -> None:
    options = MatchOptions(owners=OFFICES, other_owner=OtherOwner.SEPARATE)
    assert rows(reviewed([ANN], [HERS], options=options)) == [("import", "", "T1"), ("push", "S1", "")]


def test_two_files_have_no_owners_and_hold_nothing_for_them() -> None:
    assert rows(reviewed([ANN], [HERS], options=MatchOptions())) == [("link", "S1", "T1")]


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        # Linked with one officer's contact: the other officer's is not imported as if it were new.
        ([ANN], [but(HERS, owner="u1"), but(HERS, id="T2")], [("hold", "", "T2"), ("link", "S1", "T1")]),
        # The account of one officer, a prospect of another.
        ([ANN, but(ANN, id="S2", owner="lo2")], [HERS], [("hold", "S1", ""), ("link", "S2", "T1")]),
        # One system alone has both: each would become a record of its own in the other system.
        ([], [HERS, but(HERS, id="T2", owner="u3")], [("hold", "", "T1 T2")]),
        # Who is tied to nobody has the email too.
        ([but(ANN, owner="lo9")], [HERS], [("cannot", "S1", ""), ("hold", "", "T1")]),
        ([ANN], [but(HERS, owner="u9")], [("cannot", "", "T1"), ("hold", "S1", "")]),
        # Another email, or none, is nobody else's.
        ([ANN], [but(HERS, email="annie@x.example")], [("import", "", "T1"), ("push", "S1", "")]),
        ([but(ANN, email="n/a")], [but(HERS, email="n/a")], [("cannot", "", "T1"), ("push", "S1", "")]),
    ],
)
def test_whatever_would_be_made_is_held_while_another_owner_has_the_email(
    ours: list[Contact], theirs: list[Contact], expected: list[Row]
) -> None:
    assert rows(reviewed(ours, theirs)) == expected


BO = {"first_name": "Bo", "last_name": "Marsh", "email": "bo@x.example"}
CY = {"first_name": "Cy", "last_name": "Young", "email": "cy@x.example"}
DI = {"first_name": "Di", "last_name": "Oduya", "email": "di@x.example"}


def test_one_answer_holds_for_all_contacts_of_the_same_two_owners() -> None:
    ours = [ANN, but(ANN, id="S2", **BO), but(ANN, id="S3", **CY, owner="lo2")]
    theirs = [HERS, but(HERS, id="T2", **BO), but(HERS, id="T3", **CY, owner="u1")]
    other = but(ANN, id="S4", **DI), but(HERS, id="T4", **DI, owner="u3")
    found = reviewed([*ours, other[0]], [*theirs, other[1]])
    assert len(found.of_owners(("lo1", "lo2"))) == 3
    change = found.take_owners(
        ("lo1", "lo2"), JudgedOwners("lo1", "lo2", OwnersAnswer.SEPARATE, "m.hale", 1.0, 1)
    )
    assert len(change.gone) == 3
    assert [item.first for item in found.queue] == [("S4", "T4")]
    assert {row[0] for row in rows(found)} == {"hold", "import", "push"}
    back = found.take_owners(("lo1", "lo2"), None)
    assert len(back.items) == 3
    assert rows(found) == rows(reviewed([*ours, other[0]], [*theirs, other[1]]))


def test_what_is_left_to_another_owner_is_shown_and_never_made() -> None:
    found = reviewed([ANN], [HERS], said=[("lo1", "lo2", OwnersAnswer.LEAVE)])
    assert rows(found) == [("cannot", "", "T1"), ("cannot", "S1", "")]
    assert {row.reason for row in found.rows} == {Reason.LEFT_TO_OWNER}
    assert found.queue == ()


def test_an_answer_about_two_records_holds_for_them_alone() -> None:
    second = but(ANN, id="S2", **BO), but(HERS, id="T2", **BO)
    found = reviewed([ANN, second[0]], [HERS, second[1]], (("S1", "T1"), Answer.DIFFERENT))
    assert rows(found) == [("hold", "S2", "T2"), ("import", "", "T1"), ("push", "S1", "")]
    left = reviewed(
        [ANN], [HERS], (("S1", "T1"), Answer.DIFFERENT), said=[("lo1", "lo2", OwnersAnswer.LEAVE)]
    )
    assert rows(left) == [("import", "", "T1"), ("push", "S1", "")], "the answer about the two counts first"


def test_a_record_of_one_system_is_told_apart_by_itself() -> None:
    theirs = [HERS, but(HERS, id="T2", owner="u3")]
    found = reviewed([], theirs, (("", "T1"), Answer.DIFFERENT))
    assert rows(found) == [("hold", "", "T2"), ("import", "", "T1")]
    assert found.queue[0].theirs == ("T2", "T1")


def test_a_household_that_was_told_apart_still_has_to_pass_the_rule_of_owners() -> None:
    tom = but(HERS, id="T2", first_name="Tom", owner="u1")
    found = reviewed([ANN], [tom, but(HERS, owner="u3")], (("S1", "T2"), Answer.HOUSEHOLD))
    assert rows(found) == [("hold", "", "T1"), ("hold", "S1", "T2")]
    assert {row.reason for row in found.rows} == {Reason.OTHER_OWNER}


_EMAILS = st.sampled_from(["", "a@x.example", "b@x.example", "c@x.example"])


@given(
    st.lists(st.tuples(_EMAILS, st.sampled_from(["lo1", "lo2", "lo3", "lo9"])), max_size=6),
    st.lists(st.tuples(_EMAILS, st.sampled_from(["u1", "u2", "u3", "u9"])), max_size=6),
    st.lists(
        st.tuples(
            st.sampled_from([("lo1", "lo2"), ("lo1", "lo3"), ("lo2", "lo3")]), st.sampled_from(OwnersAnswer)
        )
    ),
)
def test_an_answer_taken_in_later_equals_a_review_with_it_and_every_record_has_one_row(
    left: list[tuple[str, str]],
    right: list[tuple[str, str]],
    answers: list[tuple[tuple[str, str], OwnersAnswer]],
) -> None:
    ours = [but(ANN, id=f"S{n}", email=email, owner=owner) for n, (email, owner) in enumerate(left)]
    theirs = [but(HERS, id=f"T{n}", email=email, owner=owner) for n, (email, owner) in enumerate(right)]
    taken = reviewed(ours, theirs)
    for pair, answer in answers:
        taken.take_owners(pair, JudgedOwners(*pair, answer, "m.hale", 1.0, 1))
    anew = reviewed(ours, theirs, said=[(*pair, answer) for pair, answer in dict(answers).items()])
    assert (rows(taken), taken.counts) == (rows(anew), anew.counts)
    assert {item.key for item in taken.queue} == {item.key for item in anew.queue}
    assert sorted(n for row in taken.rows for n in row.own_simplenexus_ids) == sorted(c.id for c in ours)
    assert sorted(n for row in taken.rows for n in row.own_total_expert_ids) == sorted(c.id for c in theirs)
    separate = {pair for pair, answer in dict(answers).items() if answer is OwnersAnswer.SEPARATE}
    rule = taken.matched.owner_rule
    for row in taken.rows:
        if row.verdict in (Verdict.IMPORT, Verdict.PUSH):
            system = System.SIMPLENEXUS if row.verdict is Verdict.PUSH else System.TOTAL_EXPERT
            key = system, (row.simplenexus_ids or row.total_expert_ids)[0]
            assert {rule.pair(key, other) for other in rule.others(key)} <= separate


# -- shared contacts --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("shared", "assignee"), [(("u1",), ""), ((), "u1")])
def test_a_contact_that_the_other_officers_user_has_too_is_not_under_another_owner(
    shared: tuple[str, ...], assignee: str
) -> None:
    theirs = but(HERS, shared_with=shared, assignee=assignee)
    counted = Owners(OFFICES.ties, counted=count_shared([ANN], [theirs], OFFICES))
    assert rows(reviewed([ANN], [theirs], owners=counted)) == [("link", "S1", "T1")]


def test_a_shared_contact_that_nobody_has_in_simplenexus_stays_its_owners() -> None:
    theirs = but(HERS, shared_with=("u1",))
    assert count_shared([but(ANN, email="b@x.example")], [theirs], OFFICES) == {}
    assert count_shared([but(ANN, owner="lo2"), ANN], [theirs], OFFICES) == {}
    assert count_shared([], [but(theirs, owner="u9")], OFFICES) == {"T1": "lo1"}
    left = Owners(OFFICES.ties, frozenset({"u2"}))
    assert count_shared([], [theirs], left) == {"T1": "lo1"}


# -- owners who left, and aliases -------------------------------------------------------------------------


def test_nothing_new_is_made_for_a_user_who_left_and_his_contacts_are_still_matched() -> None:
    users = [Owner("u1", "dan@desk.example", active=False), Owner("u2", "mia@desk.example")]
    owners, _ = tie([DAN, MIA], users, {})
    theirs = [but(HERS, owner="u1"), but(HERS, id="T2", owner="u1", **CY)]
    found = reviewed([ANN, but(ANN, id="S2", **BO)], theirs, owners=owners)
    assert rows(found) == [("cannot", "", "T2"), ("cannot", "S2", ""), ("link", "S1", "T1")]
    assert {row.reason for row in found.rows if row.verdict is Verdict.CANNOT} == {Reason.OWNER_LEFT}


def test_nothing_new_is_made_for_a_loan_officer_who_left() -> None:
    owners, _ = tie(
        [Owner("lo1", "dan@desk.example", active=False), MIA], [Owner("u1", "DAN@desk.example")], {}
    )
    found = reviewed([ANN], [but(HERS, owner="u1", email="cy@x.example")], owners=owners)
    assert [(row.verdict, row.reason) for row in found.rows] == [(Verdict.CANNOT, Reason.OWNER_LEFT)] * 2


def test_a_user_who_came_after_another_gets_what_is_new() -> None:
    users = [Owner("u1", "dan@desk.example", active=False), Owner("u2", "new@desk.example")]
    owners, _ = tie([DAN], users, {"new@desk.example": "dan@desk.example"})
    assert owners.left == {"u1"}
    assert rows(reviewed([ANN], [], owners=owners)) == [("push", "S1", "")]


def test_an_alias_that_is_an_email_ties_a_user() -> None:
    users = [Owner("u1", "daniel@desk.example"), Owner("u2", "mia@desk.example")]
    aliases = {"lo1": ("Team North", " Daniel@Desk.example "), "lo2": ("dan@desk.example",)}
    assert tie([DAN, MIA], users, {}, aliases)[0].ties == {"u1": "lo1", "u2": "lo2"}
    assert tie([DAN, MIA], users, {"daniel@desk.example": "mia@desk.example"}, aliases)[0].ties == {
        "u1": "lo2",
        "u2": "lo2",
    }


def test_an_alias_of_two_officers_or_of_one_who_left_ties_nobody() -> None:
    users = [Owner("u1", "north@desk.example")]
    both = {"lo1": ("north@desk.example",), "lo2": ("north@desk.example",)}
    assert tie([DAN, MIA], users, {}, both)[0].ties == {}
    assert tie([Owner("lo1", DAN.email, active=False), MIA], users, {}, {"lo1": both["lo1"]})[0].ties == {}


def test_aliases_are_asked_for_only_while_a_user_and_an_officer_are_untied() -> None:
    tied, free = Owner("u1", "dan@desk.example"), Owner("u2", "daniel@desk.example")
    assert untied_officers([DAN, MIA], [tied], {}) == []
    assert untied_officers([DAN, MIA], [tied, free], {}) == [MIA]
    assert untied_officers([DAN], [tied, free], {}) == []
    assert untied_officers([DAN, MIA], [tied, Owner("u2", "x@desk.example", active=False)], {}) == []


def test_the_key_of_an_owner_names_the_system_and_the_id() -> None:
    assert owner_of_key(user_key("301")) == (System.TOTAL_EXPERT, "301")
    assert owner_of_key("lo1") == (System.SIMPLENEXUS, "lo1")
    assert owner_of_key(user_key("")) == (System.TOTAL_EXPERT, "")
