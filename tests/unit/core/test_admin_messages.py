"""What several findings ask of one administrator becomes one message, with exact names and without secrets."""

from __future__ import annotations

from core.diagnostics.asks import (
    ASKED_ABOUT,
    Administrator,
    AdminRequest,
    MessageSender,
    bullets,
    messages_of,
)
from core.diagnostics.findings import Finding, FindingLevel, asking, messages_to_send
from core.push.plan import System

TYPES = AdminRequest(Administrator.TOTAL_EXPERT, "Insight types", "Please make them.")
GROUPS = AdminRequest(Administrator.TOTAL_EXPERT, "Contact groups", "Please make these too.")
BETA = AdminRequest(Administrator.SIMPLENEXUS, "BETA endpoints", "Please switch them on.")
SENDER = MessageSender("M. Hale", {System.TOTAL_EXPERT: "te-client", System.SIMPLENEXUS: "sn-client"})


def test_each_administrator_gets_one_message_in_the_order_of_the_first_requests() -> None:
    messages = messages_of([TYPES, BETA, GROUPS], SENDER)
    assert [message.to for message in messages] == [Administrator.TOTAL_EXPERT, Administrator.SIMPLENEXUS]
    first = messages[0]
    assert first.subject == "brokerdesk: Insight types, Contact groups"
    assert "1. Insight types\nPlease make them.\n\n2. Contact groups\nPlease make these too." in first.text
    assert "BETA" not in first.text


def test_a_single_request_has_no_number_and_one_that_is_made_twice_stands_once() -> None:
    (message,) = messages_of([BETA, BETA], SENDER)
    assert message.text.count("Please switch them on.") == 1
    assert "1. " not in message.text


def test_a_message_names_its_sender_and_the_client_in_that_system_alone() -> None:
    (message,) = messages_of([TYPES], SENDER)
    assert message.text.startswith("Hello,\n\nWe use brokerdesk")
    assert message.text.endswith("Thank you,\nM. Hale")
    assert "Our API client in Total Expert has the id te-client." in message.text
    assert "sn-client" not in message.text


def test_a_client_that_is_not_set_up_yet_is_not_named() -> None:
    (message,) = messages_of([TYPES], MessageSender("M. Hale", {System.TOTAL_EXPERT: ""}))
    assert "API client" not in message.text


def test_every_administrator_has_an_introduction_and_every_system_an_administrator() -> None:
    for to in Administrator:
        (message,) = messages_of([AdminRequest(to, "Something", "Please.")], SENDER)
        assert message.to is to
    assert set(ASKED_ABOUT) == set(System)


def test_only_findings_that_ask_make_messages() -> None:
    fine = Finding(FindingLevel.OK, "total-expert", "answers", "It answers.")
    assert messages_to_send([fine], SENDER) == ()
    (message,) = messages_to_send([fine, asking(fine, TYPES)], SENDER)
    assert message.to is Administrator.TOTAL_EXPERT


def test_a_list_of_a_message_has_a_dash_before_each_line() -> None:
    assert bullets(["a", "b"]) == "- a\n- b"
