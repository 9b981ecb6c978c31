"""Whom an opt-out stops, and which channel: the rule, for every combination of values."""

from __future__ import annotations

from itertools import product

import pytest

from core.contacts.consent import (
    CANT_ASK,
    NOBODY_CONFIRMED,
    Channel,
    PersonRecords,
    Unsubscribe,
    addresses,
    opt_out_words,
    person_consent,
    refusal,
    silence,
)
from core.contacts.match.vendor_rules import Accounts, ForecastProblem
from core.contacts.model import Consent, Contact
from core.contacts.sync.contacting import Contacting, ContactingStop
from core.send_hours import SendHours, zone_named

YES = Consent(email=True, call=True, mail=True, silenced=False)
NOTHING = Consent()
ALL_OFF = Consent(email=False, call=False, mail=False, silenced=False)
ANYTHING = [Consent(*values) for values in product((True, False, None), repeat=4)]


def record(id_: str, consent: Consent = YES, owner: str = "301", email: str = "") -> Contact:
    return Contact(id_, owner=owner, consent=consent, email=email)


@pytest.mark.parametrize("consent", ANYTHING)
def test_an_email_is_refused_by_a_no_and_by_silence_alone(consent: Consent) -> None:
    refused = refusal(person_consent([record("1", consent)]), Channel.EMAIL)
    assert (refused is not None) == (consent.email is False or consent.silenced is True)


@pytest.mark.parametrize("consent", ANYTHING)
def test_a_text_message_needs_calls_and_the_word_of_somebody(consent: Consent) -> None:
    person = person_consent([record("1", consent)])
    off = consent.call is False or consent.silenced is True
    assert (refusal(person, Channel.SMS, agreed=True) is not None) == off
    unconfirmed = refusal(person, Channel.SMS)
    assert unconfirmed is not None
    assert off or unconfirmed.why == NOBODY_CONFIRMED


@pytest.mark.parametrize("consent", ANYTHING)
def test_milestones_wait_for_silence_and_where_no_way_is_left(consent: Consent) -> None:
    no_way = (consent.email, consent.call, consent.mail) == (False, False, False)
    held = silence(person_consent([record("1", consent)]))
    assert (held is not None) == (no_way or consent.silenced is True)


@pytest.mark.parametrize("consent", ANYTHING)
@pytest.mark.parametrize("other", [YES, NOTHING])
def test_an_opt_out_on_a_second_record_counts_like_one_on_the_first(consent: Consent, other: Consent) -> None:
    alone = person_consent([record("2", consent)])
    for records in ([record("1", other), record("2", consent)], [record("2", consent), record("1", other)]):
        both = person_consent(records)
        assert both.opt_outs == alone.opt_outs
        assert [refusal(both, channel, agreed=True) for channel in Channel] == [
            refusal(alone, channel, agreed=True) for channel in Channel
        ]
        assert silence(both) == silence(alone)


def test_no_way_is_left_where_the_records_together_say_so() -> None:
    three = [
        record("1", Consent(email=False)),
        record("2", Consent(call=False)),
        record("3", Consent(mail=False)),
    ]
    held = silence(person_consent(three))
    assert held is not None
    assert held.why == "no email (contact 1), no calls (contact 2), no mail (contact 3)"
    assert silence(person_consent(three[:2])) is None


def test_a_refusal_names_the_record_that_it_comes_from() -> None:
    refused = refusal(person_consent([record("50001"), record("50002", Consent(email=False))]), Channel.EMAIL)
    assert refused is not None
    assert (refused.record, refused.why) == ("50002", "no email (contact 50002)")


@pytest.mark.parametrize(
    ("unsubscribe", "refuses"),
    [
        (Unsubscribe("a@x.example", organisation=True), True),
        (Unsubscribe("a@x.example", users=("301",)), True),
        (Unsubscribe("a@x.example", users=("302",)), False),
        (Unsubscribe("a@x.example"), False),
    ],
)
def test_an_unsubscribe_counts_for_the_organisation_and_for_that_owner(
    unsubscribe: Unsubscribe, refuses: bool
) -> None:
    person = person_consent([record("1")], [unsubscribe])
    assert (refusal(person, Channel.EMAIL) is not None) == refuses
    assert refusal(person, Channel.SMS, agreed=True) is None, "it is about emails"
    assert silence(person) is None, "it says nothing about milestones"


def test_the_owner_of_a_second_record_may_not_email_either() -> None:
    records = [record("1", owner="301"), record("2", owner="302")]
    assert refusal(person_consent(records, [Unsubscribe("a@x.example", users=("302",))]), Channel.EMAIL)


def test_an_address_that_can_not_be_asked_about_is_not_used() -> None:
    refused = refusal(person_consent([record("1")], None), Channel.EMAIL)
    assert refused is not None
    assert refused.why == CANT_ASK


def test_what_is_kept_says_everything_that_the_records_say() -> None:
    records = [record("1"), record("2", Consent(email=False, silenced=True))]
    person = person_consent(records, [Unsubscribe("a@x.example", organisation=True)])
    assert person.stated == (
        "contact 1: email yes, calls yes, mail yes, not silenced; "
        "contact 2: email no, calls unknown, mail unknown, silenced; "
        "the address is unsubscribed for the organisation"
    )
    assert person.words == "no email (contact 2), silenced (contact 2), unsubscribed"
    assert opt_out_words(records[1]) == "no email, silenced"


def test_records_are_one_person_through_links_and_answers_however_far() -> None:
    people = PersonRecords(
        [("S1", "T1"), ("S1", "T2"), ("S2", "T2"), ("S2", "T3"), ("S9", "T9"), ("S1", "T1")]
    )
    assert people.of("T1") == ("T1", "T2", "T3")
    assert set(people.of("T3")) == {"T1", "T2", "T3"}
    assert people.of("T9") == ("T9",)
    assert people.of("T7") == ("T7",), "a record that is linked with nobody is alone"


def test_an_address_is_asked_about_once() -> None:
    written = [record("1", email="Ann@X.example"), record("2", email=" ann@x.example"), record("3")]
    assert len(addresses(written)) == 1


def test_a_channel_asks_for_consent_first_and_for_the_hours_then() -> None:
    hours = SendHours(8, 20, zone_named("UTC"))
    night, day = 1_800_000_000 // 86_400 * 86_400.0, 1_800_000_000 // 86_400 * 86_400 + 12 * 3_600.0
    consents = {"1": person_consent([record("1", ALL_OFF)]), "2": person_consent([record("2")])}
    at_night, by_day = Contacting(consents, hours, night), Contacting(consents, hours, day)
    refused = at_night.stop(record("1"), Channel.EMAIL)
    assert (
        refused
        == by_day.stop(record("1"), Channel.EMAIL)
        == ContactingStop("must not be reached by email: no email (contact 1)")
    )
    waits = at_night.stop(record("2"), Channel.EMAIL)
    assert waits is not None
    assert waits.opens == night + 8 * 3_600
    assert by_day.stop(record("2"), Channel.EMAIL) is None
    assert [stated.about for stated in by_day.stated(["2", "3"])] == ["2"], "of nobody else is anything known"


@pytest.mark.parametrize("consent", ANYTHING)
def test_a_sync_says_of_whom_it_imports_that_the_app_can_not_be_shared(consent: Consent) -> None:
    contact = Contact("1", first_name="Ann", last_name="Lee", email="ann@x.example", consent=consent)
    forecast = Accounts([]).prospect(contact)
    off = consent.email is False or consent.silenced is True
    assert (forecast.later == (ForecastProblem.OPTED_OUT,)) == off
    assert forecast.troubles == (), "a prospect is made all the same"
