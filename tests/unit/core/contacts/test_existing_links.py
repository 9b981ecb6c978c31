"""Which links stand: the book's, those that records bear, none that was taken back; and who gave way to an account."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contacts.match.existing_links import LINKED, BookLinks, RecordLinks, existing_links, taken_over
from core.contacts.model import Contact, ContactKind
from core.push.plan import Entity, System, link_key, make_ref
from core.push.records import Generation, Link, Unlinked
from tests.support.people import but

SN, TE = System.SIMPLENEXUS, System.TOTAL_EXPERT
OURS, THEIRS = {"S1", "S2", "S3"}, {"T1", "T2", "T3"}


def ref(system: System, entity: Entity, local: str, generation: int = 0) -> str:
    return make_ref("w", system, entity, local, generation)


def link(system: System, entity: Entity, local: str, remote: str) -> Link:
    return Link(system, entity, local, remote, ref(system, entity, local), 1.0)


def unlinked(system: System, entity: Entity, local: str, remote: str) -> Unlinked:
    return Unlinked(system, entity, local, remote, entity, ref(system, entity, local), "m.hale", 2.0)


def stand(
    *links: Link,
    back: tuple[Unlinked, ...] = (),
    more: tuple[Generation, ...] = (),
    **told: list[tuple[str, str]],
) -> tuple[tuple[str, str], ...]:
    return existing_links("w", OURS, THEIRS, BookLinks(links, back, more), RecordLinks(**told))


PUSHED = link(TE, Entity.CONTACT, "S1", "T1")
IMPORTED = link(SN, Entity.PROSPECT, "T2", "S2")
SHARED = link(SN, Entity.BORROWER, "T3", "S3")
REF = ref(TE, Entity.CONTACT, "S1")
IMPORT_REF = ref(SN, Entity.PROSPECT, "T2")


def test_a_push_an_import_and_a_shared_app_are_links() -> None:
    assert stand(PUSHED, IMPORTED, SHARED) == (("S1", "T1"), ("S2", "T2"), ("S3", "T3"))


def test_an_agent_that_was_imported_is_linked_with_its_partner() -> None:
    partner = link(SN, Entity.PARTNER, "T2", "S2")
    assert stand(partner) == (("S2", "T2"),)
    assert LINKED == (Entity.CONTACT, Entity.PROSPECT, Entity.BORROWER, Entity.PARTNER)


def test_links_of_other_things_are_none() -> None:
    flex = link(System.FLEX, Entity.PERSON, "S1", "T1")
    assert stand(flex, link(TE, Entity.INSIGHT, "S1", "T1"), link(SN, Entity.INVITE, "T1", "S1")) == ()
    assert stand(link(TE, Entity.PROSPECT, "T1", "S1"), link(SN, Entity.CONTACT, "S1", "T1")) == ()


def test_a_restored_book_finds_the_links_by_the_references_on_the_records() -> None:
    told = {"total_expert_refs": [(REF, "T1")], "simplenexus_refs": [(IMPORT_REF, "S2")]}
    assert stand(**told) == stand(PUSHED, IMPORTED) == stand(PUSHED, IMPORTED, **told)


def test_another_workspaces_reference_and_one_on_the_wrong_side_are_nobodys() -> None:
    foreign = make_ref("v", TE, Entity.CONTACT, "S1")
    assert (
        stand(total_expert_refs=[(foreign, "T1"), (IMPORT_REF, "T2")], simplenexus_refs=[(REF, "S1")]) == ()
    )


def test_the_book_wins_over_a_reference_on_another_record() -> None:
    assert stand(PUSHED, total_expert_refs=[(REF, "T2")]) == (("S1", "T1"),)
    assert stand(IMPORTED, simplenexus_refs=[(IMPORT_REF, "S3")]) == (("S2", "T2"),)


def test_the_book_wins_also_where_its_link_bears_another_generation() -> None:
    again = but_ref(PUSHED, ref(TE, Entity.CONTACT, "S1", 1))
    told = [(REF, "T2"), (again.ref, "T1")]
    assert stand(again, more=(Generation(PUSHED.key, 1),), total_expert_refs=told) == (("S1", "T1"),)


def test_the_book_wins_over_a_reference_of_another_generation_on_another_record() -> None:
    first, second = PUSHED, but_ref(PUSHED, ref(TE, Entity.CONTACT, "S1", 1))
    sent_again = (Generation(PUSHED.key, 1),)
    assert stand(first, more=sent_again, total_expert_refs=[(second.ref, "T2")]) == (("S1", "T1"),)
    assert stand(second, total_expert_refs=[(first.ref, "T2")]) == (("S1", "T1"),)


def test_the_reference_of_the_newest_generation_counts() -> None:
    told = [(REF, "T1"), (ref(TE, Entity.CONTACT, "S1", 1), "T2")]
    assert stand(total_expert_refs=told) == (("S1", "T1"),)
    assert stand(more=(Generation(PUSHED.key, 1),), total_expert_refs=told) == (("S1", "T2"),)


def test_a_reference_on_two_records_is_told_twice() -> None:
    assert stand(total_expert_refs=[(REF, "T1"), (REF, "T2")]) == (("S1", "T1"), ("S1", "T2"))


def test_what_a_person_took_back_stands_nowhere() -> None:
    back = unlinked(TE, Entity.CONTACT, "S1", "T1")
    assert stand(back=(back,), total_expert_refs=[(REF, "T1")]) == ()
    assert stand(PUSHED, back=(back,), total_expert_refs=[(REF, "T1")], bears=[("S1", "T1")]) == ()
    assert stand(back=(back,), bears=[("S1", "T2")]) == (("S1", "T2"),)  # that one nobody took back
    imported = unlinked(SN, Entity.PROSPECT, "T2", "S2")
    assert stand(back=(imported,), simplenexus_refs=[(IMPORT_REF, "S2")], bears=[("S2", "T2")]) == ()


def test_the_vendors_own_external_id_is_a_link_where_it_names_a_record() -> None:
    assert stand(bears=[("S1", "T1"), ("S9", "T2"), ("101010", "T3")]) == (("S1", "T1"),)
    assert stand(PUSHED, bears=[("S1", "T1")]) == (("S1", "T1"),)
    assert stand(PUSHED, bears=[("S1", "T2")]) == (("S1", "T1"), ("S1", "T2"))  # the rule holds such a family


def but_ref(one: Link, other: str) -> Link:
    return Link(one.system, one.entity, one.local_id, one.remote_id, other, one.at)


_ids = st.sampled_from(["1", "2", "3"])


@given(
    st.lists(st.tuples(_ids, _ids), max_size=4),
    st.lists(st.tuples(_ids, _ids), max_size=4),
    st.lists(_ids, max_size=2),
)
def test_no_link_is_given_twice_nor_any_that_was_taken_back(
    book: list[tuple[str, str]], found: list[tuple[str, str]], back: list[str]
) -> None:
    links = {ours: link(TE, Entity.CONTACT, f"S{ours}", f"T{theirs}") for ours, theirs in book}
    told = [(ref(TE, Entity.CONTACT, f"S{ours}"), f"T{theirs}") for ours, theirs in found]
    gone = tuple(unlinked(TE, Entity.CONTACT, f"S{ours}", "T1") for ours in back)
    pairs = stand(*links.values(), back=gone, total_expert_refs=told)
    assert len(set(pairs)) == len(pairs)
    assert not {ours for ours, _ in pairs} & {f"S{ours}" for ours in back}
    for ours, one in links.items():
        if ours not in back:
            assert [theirs for held, theirs in pairs if held == f"S{ours}"] == [one.remote_id]


def test_a_key_is_the_engines_own() -> None:
    assert PUSHED.key == link_key(TE, Entity.CONTACT, "S1")


# -- a prospect gives way -----------------------------------------------------------------------------------

THEM = Contact("T1", first_name="Robert", last_name="Hale", email="rob@x.example", owner="U1")
INVITED = Contact(
    "P1", first_name="Robert", last_name="Hale", email="rob@x.example", owner="O1", kind=ContactKind.PROSPECT
)
ACCOUNT = but(INVITED, id="B1", email="Rob@X.example ", first_name="Bob", kind=ContactKind.BORROWER)


def gave_way(*accounts: Contact, links: tuple[tuple[str, str], ...] = (("P1", "T1"),)) -> dict[str, str]:
    ours = {one.id: one for one in (INVITED, *accounts)}
    return taken_over(ours, {"T1": THEM, "T2": but(THEM, id="T2", email="t2@x.example")}, links)


def test_an_imported_prospect_gives_way_to_the_account_of_the_same_email() -> None:
    assert gave_way(ACCOUNT) == {"P1": "B1"}


@pytest.mark.parametrize(
    "account",
    [
        but(ACCOUNT, first_name="Mary"),
        but(ACCOUNT, owner="O2"),
        but(ACCOUNT, email="other@x.example"),
        but(ACCOUNT, kind=ContactKind.PARTNER),
    ],
    ids=["another first name", "another officer", "another email", "a partner"],
)
def test_it_stays_where_the_account_may_be_somebody_elses(account: Contact) -> None:
    assert gave_way(account) == {}


def test_father_and_son_on_one_inbox_stay_two() -> None:
    ours = {"P1": INVITED, "B1": but(ACCOUNT, last_name="Hale Jr")}
    assert taken_over(ours, {"T1": but(THEM, last_name="Hale Sr")}, (("P1", "T1"),)) == {}


def test_it_stays_where_there_are_two_accounts_or_the_account_is_linked_elsewhere() -> None:
    assert gave_way(ACCOUNT, but(ACCOUNT, id="B2")) == {}
    assert gave_way(ACCOUNT, links=(("P1", "T1"), ("B1", "T2"))) == {}


def test_it_gives_way_to_the_account_that_is_linked_whatever_the_emails_are_now() -> None:
    account = but(ACCOUNT, email="moved@x.example", first_name="Mary")
    assert gave_way(account, links=(("P1", "T1"), ("B1", "T1"))) == {"P1": "B1"}


def test_it_stays_where_the_account_that_was_linked_is_gone_or_it_has_two_links() -> None:
    assert gave_way(links=(("P1", "T1"), ("B1", "T1"))) == {}
    assert gave_way(ACCOUNT, links=(("P1", "T1"), ("P1", "T2"))) == {}


def test_only_linked_prospects_give_way() -> None:
    assert gave_way(ACCOUNT, links=()) == {}


def test_an_account_that_was_told_apart_from_the_contact_replaces_no_prospect() -> None:
    account = but(THEM, id="S1", owner="O1", kind=ContactKind.BORROWER)
    ours = {"P1": but(THEM, id="P1", owner="O1", kind=ContactKind.PROSPECT), "S1": account}
    theirs, links = {"T1": THEM}, (("P1", "T1"),)
    assert taken_over(ours, theirs, links) == {"P1": "S1"}
    assert taken_over(ours, theirs, links, frozenset({("S1", "T1")})) == {}
    assert taken_over(ours, theirs, links, frozenset({("S2", "T1")})) == {"P1": "S1"}
