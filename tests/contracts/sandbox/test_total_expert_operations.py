"""Each documented operation of Total Expert: status, envelope, types and errors; what the strict setting refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data.sandbox.systems.total_expert import SandboxTotalExpert
from tests.contracts.sandbox.asking import Asked, filtered

OWNER, OTHER = {"id": 301}, {"id": 302}
ANN = {
    "source": "Desk",
    "first_name": "Ann",
    "last_name": "Oakes",
    "email": "ann@example.com",
    "owner": OWNER,
}
SUBSCRIPTION = {
    "url": "https://desk.example/hook",
    "secret": "ab12",
    "actions": [{"action": "CREATED", "item": "CONTACT"}, {"action": "UPDATED", "item": "CONTACT"}],
}
NOTE = {"title": "Called", "note": "Later", "type_id": 7, "owner": OWNER}


@pytest.fixture
def te(tmp_path: Path) -> Iterator[Asked]:
    asked = Asked(SandboxTotalExpert, tmp_path)
    yield asked
    asked.store.close()


@pytest.fixture
def strict(te: Asked) -> Asked:
    te.options(strict=True)
    return te


def insight(te: Asked, **more: Any) -> dict[str, Any]:
    contact = te.records("contacts")[0]
    owner = {"id": contact["owner"]["id"]}
    return {"contact": {"id": contact["id"]}, "type": {"id": 2}, "owner": owner, **more}


# -- each operation -----------------------------------------------------------------------------------------

LISTS = [
    *("/contacts", "/contact-groups", "/insight-types", "/insights", "/users", "/user-roles", "/teams"),
    *("/contact-notes", "/activity", "/entities", "/entity-relationship-types", "/channels"),
    *("/wlp-access-types", "/email-domains", "/email-unsubscribes", "/webhook-actions", "/webhook-actions/"),
    *("/webhook-subscriptions", "/schema/custom-fields", "/schema/participant-roles"),
]


@pytest.mark.parametrize("name", ["items", "objects"])
@pytest.mark.parametrize("path", LISTS)
def test_a_list_has_one_array_and_four_links(strict: Asked, path: str, name: str) -> None:
    strict.options(list_name=name)
    page = strict.got(path + "?page[number]=1&page[size]=2")
    assert set(page) == {name, "links"}
    assert set(page["links"]) == {"first", "last", "next", "prev"}
    assert (page["links"]["first"], page["links"]["prev"]) == (1, None)
    assert len(page[name]) <= 2


def test_the_heartbeat_needs_no_token_and_the_teapot_does(te: Asked) -> None:
    assert te.ask("GET", "/heartbeat") == (200, {"running_item": "Total Expert External API"})
    assert te.ask("GET", "/teapot") == (418, {"code": "418 I'm a teapot", "status": "short and stout"})
    open_ = {op.template for op in te.system.operations if op.open}
    assert open_ == {"/token", "/heartbeat"}


def test_a_token_is_one_hours_and_asked_for_in_json(strict: Asked) -> None:
    basic = {"authorization": "Basic c2FuZGJveDpzYW5kYm94"}
    status, said = strict.ask("POST", "/token", {"grant_type": "client_credentials"}, **basic)
    assert (status, said["expires_in"], said["token_type"]) == (200, 3600, "bearer")
    assert set(said) == {"access_token", "expires_in", "token_type", "scope"}
    wrong = {"authorization": "Basic c2FuZGJveDp3cm9uZw=="}
    status, said = strict.ask("POST", "/token", {"grant_type": "client_credentials"}, **wrong)
    assert (status, said["error"], set(said)) == (400, "invalid_client", {"error", "error_description"})


def test_a_contact_is_made_shown_changed_and_removed(strict: Asked) -> None:
    status, said = strict.ask("POST", "/contacts", ANN)
    assert (status, set(said)) == (201, {"created", "id"})
    assert type(said["id"]) is int
    assert said["created"].endswith(f"/contacts/{said['id']}")
    path = f"/contacts/{said['id']}"
    shown = strict.got(path)
    assert (shown["id"], shown["owner"]["id"], shown["email"]) == (said["id"], 301, "ann@example.com")
    assert (shown["contact_groups"], shown["preferences"]) == ([], {"is_silenced": False})
    more = {"suffix": "Jr.", "nickname": "Annie", "title": "Doctor", "ok_to_email": 1}
    assert strict.ask("PATCH", path, more) == (200, [])
    shown = strict.got(path)
    assert [shown[name] for name in more] == ["Jr.", "Annie", "Doctor", True]
    assert strict.ask("DELETE", path) == (200, [])
    assert strict.ask("GET", path)[0] == 404


def test_a_post_that_matches_is_a_patch_and_says_duplicate(strict: Asked) -> None:
    id_ = strict.made("/contacts", ANN)
    status, said = strict.ask("POST", "/contacts", {**ANN, "phone_cell": "(612) 555-0101"})
    assert (status, set(said), said["id"]) == (200, {"duplicate", "id"}, id_)
    assert strict.got(f"/contacts/{id_}")["phone_cell"] == "(612) 555-0101"
    assert strict.ask("POST", "/contacts", {**ANN, "owner": OTHER})[0] == 201


def test_another_owners_duplicate_can_be_one_too(strict: Asked) -> None:
    strict.options(duplicates_among="everybody")
    id_ = strict.made("/contacts", ANN)
    assert strict.ask("POST", "/contacts", {**ANN, "owner": OTHER})[1]["id"] == id_


def test_a_post_with_an_id_changes_the_owner(strict: Asked) -> None:
    id_ = strict.made("/contacts", ANN)
    assert strict.ask("POST", "/contacts", {"id": id_, "owner": OTHER})[0] == 200
    assert strict.got(f"/contacts/{id_}")["owner"]["id"] == 302


def test_an_insight_is_made_once_a_post_and_never_changed(strict: Asked) -> None:
    body = insight(strict, insight_date="2026-02-02 10:00:00", data={"description": "Linked", "n": 1})
    first, second = (strict.made("/insights", body) for _ in range(2))
    assert first != second
    shown = strict.got(f"/insights/{first}")
    assert set(shown) == {
        *("id", "data", "expires_at", "insight_date", "internal_updated_at", "owner", "contact", "type"),
    }
    assert shown["data"] == body["data"]
    assert shown["type"] == {"id": 2, "type": "SN Partner Linked"}
    assert shown["expires_at"] == "2026-05-03 10:00:00"
    for method in ("PATCH", "PUT", "DELETE"):
        assert strict.ask(method, f"/insights/{first}", {})[0] == 405


def test_an_insight_type_names_itself_in_type(strict: Asked) -> None:
    (kind,) = strict.got("/insight-types" + filtered(type="SN Borrower Linked"))["items"]
    assert set(kind) == {
        *("id", "description", "expiration_interval", "type", "internal_created_at", "internal_updated_at"),
    }
    assert (kind["type"], type(kind["id"]), type(kind["expiration_interval"])) == (
        "SN Borrower Linked",
        int,
        int,
    )
    for method, path in (("POST", "/insight-types"), ("GET", "/insight-types/1")):
        assert strict.ask(method, path, {})[0] in (404, 405)
    id_ = strict.made("/insights", insight(strict, type={"type": "SN Borrower Linked"}))
    assert strict.got(f"/insights/{id_}")["type"]["id"] == kind["id"]
    strict.options(insight_type_form="text")
    assert strict.got(f"/insights/{id_}")["type"] == "SN Borrower Linked"


def test_insights_are_found_by_contact_and_type(strict: Asked) -> None:
    contact = strict.records("contacts")[0]
    ids = [strict.made("/insights", insight(strict, type={"id": n})) for n in (1, 2, 2)]
    path = "/insights" + filtered(contact_id=contact["id"], type_id=2)
    assert [one["id"] for one in strict.got(path)["items"]] == ids[1:]
    owner = contact["owner"]
    for filters in ({"owner_email": owner["email"]}, {"owner_id": owner["id"]}):
        assert set(ids) <= {one["id"] for one in strict.got("/insights" + filtered(**filters))["items"]}
    assert strict.got("/insights" + filtered(owner_email="nobody@example.com"))["items"] == []


def test_a_note_belongs_to_an_owners_contact_and_leaves_an_activity(strict: Asked) -> None:
    id_ = strict.made("/contacts", ANN)
    named = {name: ANN[name] for name in ("first_name", "last_name", "email", "source")}
    for contact in ({"id": id_}, named):
        note = strict.made("/contact-notes", {**NOTE, "contact": contact})
        shown = strict.got(f"/contact-notes/{note}")
        assert (shown["contact"], shown["type_id"], shown["owner"]["id"]) == ({"id": id_}, "7", 301)
    assert strict.ask("POST", "/contact-notes", {**NOTE, "owner": OTHER, "contact": {"id": id_}})[0] == 422
    assert strict.ask("PATCH", f"/contact-notes/{note}", {"note": "Sooner", "type_id": 1}) == (200, [])
    found = strict.got("/contact-notes" + filtered(notes_contains="soon"))["items"]
    assert [one["id"] for one in found] == [note]
    activities = strict.got("/activity" + filtered(contact_id=id_))["items"]
    assert [one["note_id"] for one in activities] == [note - 1, note]
    assert strict.got(f"/activity/{activities[0]['id']}") == activities[0]
    assert strict.ask("DELETE", f"/contact-notes/{note}") == (200, [])


def test_a_group_is_made_renamed_and_removed(strict: Asked) -> None:
    id_ = strict.made("/contact-groups", {"group_name": "New", "owner": OWNER})
    contact = strict.made("/contacts", {**ANN, "contact_groups": [{"id": str(id_)}]})
    assert strict.ask("PATCH", f"/contact-groups/{id_}", {"group_name": "Newer"}) == (200, [])
    assert strict.got(f"/contact-groups/{id_}")["group_name"] == "Newer"
    assert strict.ask("DELETE", f"/contact-groups/{id_}") == (200, [])
    assert strict.got(f"/contacts/{contact}")["contact_groups"] == []


def test_users_are_found_by_email_state_and_change(strict: Asked) -> None:
    everybody = strict.got("/users?page[size]=100")["items"]
    for filters in ({"email": everybody[0]["email"]}, {"username": everybody[0]["username"]}):
        assert [one["id"] for one in strict.got("/users" + filtered(**filters))["items"]] == [301]
    assert strict.got("/users" + filtered(status=0))["items"] == []
    since = filtered(internal_updated_at_start="2026-01-15T00:00:00Z")
    assert len(strict.got("/users" + since)["items"]) == len(everybody)
    assert strict.ask("POST", "/users", {})[0] == 403


def test_an_unsubscribe_has_three_tiers_and_is_found_by_email(strict: Asked) -> None:
    body = {
        "email": "no@example.com",
        "organization_wide": True,
        "users": [{"id": 301}],
        "domains": [{"domain_name": "example.com"}],
    }
    id_ = strict.made("/email-unsubscribes", body)
    (found,) = strict.got("/email-unsubscribes" + filtered(email="no@example.com"))["items"]
    assert found == strict.got(f"/email-unsubscribes/{id_}")
    assert (found["organization_wide"], found["users"][0]["id"]) == (True, 301)
    assert found["organization_unsub_at"].endswith("Z")
    left = {"email": "no@example.com", "organization_wide": False, "remove_users": [{"id": 301}]}
    assert strict.ask("POST", "/email-unsubscribes", left)[0] == 200
    found = strict.got(f"/email-unsubscribes/{id_}")
    assert (found["organization_unsub_at"], found["users"]) == (None, [])
    since = filtered(domain_unsub_at_start="2027-01-01T00:00:00Z")
    assert [one["id"] for one in strict.got("/email-unsubscribes" + since)["items"]] == [id_]


def test_text_consents_are_written_and_never_read(strict: Asked) -> None:
    opted = {"phone_number": "612.555.1234", "user": OWNER, "status": "OPTED_IN"}
    assert strict.ask("POST", "/sms/opt-in", opted)[0] == 201
    assert strict.ask("POST", "/sms/opt-in", {**opted, "status": "REQUESTED"})[0] == 422
    assert strict.ask("POST", "/sms/opt-out", {"phone_number": "612.555.1234"})[0] == 201
    assert strict.ask("GET", "/sms/opt-in")[0] == 405
    assert [one["status"] for one in strict.records("text-consents")] == ["OPTED_IN", "OPTED_OUT"]


def test_voice_consent_is_granted_first_and_revoked_by_an_update(strict: Asked) -> None:
    grant = {
        "communication_agent": "agentic-a-i",
        "communication_channel": "phone",
        "channel_target": "+16125550123",
        "contact_purpose": "marketing",
        "capture_source": "A form",
        "consent_language": "Yes",
        "ip_address": "1.1.1.1",
    }
    id_ = strict.made("/contacts", ANN)
    assert strict.ask("PATCH", f"/contacts/{id_}", {"revoke_consent": grant})[0] == 422
    named = {name: ANN[name] for name in ("first_name", "last_name", "email")}
    assert strict.ask("PATCH", "/contacts/", {**named, "grant_consent": grant}) == (200, [])
    assert strict.ask("PATCH", f"/contacts/{id_}", {"revoke_consent": grant}) == (200, [])
    assert [one["act"] for one in strict.records("voice-consents")] == ["grant_consent", "revoke_consent"]


def test_documented_operations_that_no_desk_uses_are_forbidden_and_not_unknown(te: Asked) -> None:
    for method, path in (("POST", "/leads"), ("GET", "/lead-opportunities"), ("PATCH", "/teams/1")):
        assert te.ask(method, path, {})[0] == 403


# -- webhooks -----------------------------------------------------------------------------------------------


def test_a_subscription_is_made_rotated_and_removed(strict: Asked) -> None:
    id_ = strict.made("/webhook-subscriptions", SUBSCRIPTION)
    path = f"/webhook-subscriptions/{id_}"
    assert strict.got(path) == {"id": id_, **SUBSCRIPTION}
    change = {"secret": "cd34", "remove_actions": [{"action": "CREATED", "item": "CONTACT"}]}
    assert strict.ask("PATCH", path, change) == (200, [])
    assert strict.got(path)["actions"] == [{"action": "UPDATED", "item": "CONTACT"}]
    assert strict.ask("DELETE", path) == (200, [])
    assert strict.ask("GET", path)[0] == 404


@pytest.mark.parametrize(
    "change",
    [
        {"url": "http://desk.example/hook"},
        {"url": None},
        {"actions": []},
        {"actions": [{"action": "WON", "item": "CONTACT"}]},
        {"secret": "x" * 256},
    ],
)
def test_a_subscription_needs_https_known_actions_and_a_short_secret(te: Asked, change: Any) -> None:
    assert te.ask("POST", "/webhook-subscriptions", {**SUBSCRIPTION, **change})[0] == 422


def test_a_notification_bears_the_secret_of_its_time_and_a_hash_of_the_record(strict: Asked) -> None:
    subscription = strict.made("/webhook-subscriptions", SUBSCRIPTION)
    id_ = strict.made("/contacts", ANN)
    strict.ask("PATCH", f"/contacts/{id_}", {"title": "Doctor"})
    strict.ask("PATCH", f"/webhook-subscriptions/{subscription}", {"secret": "cd34"})
    strict.ask("PATCH", f"/contacts/{id_}", {"title": "Doctor"})
    strict.ask("PATCH", f"/contacts/{id_}", {"title": None})
    strict.ask("DELETE", f"/contacts/{id_}")  # no subscription to that action
    bodies = [one["body"] for one in strict.records("notifications")]
    assert all(set(body) == {"item", "action", "id", "hashValue", "secret"} for body in bodies)
    assert [(body["action"], body["id"], body["secret"]) for body in bodies] == [
        ("CREATED", id_, "ab12"),
        *[("UPDATED", id_, "ab12")],
        *[("UPDATED", id_, "cd34")] * 2,
    ]
    hashes = [body["hashValue"] for body in bodies]
    assert hashes[1] == hashes[2] != hashes[3]
    assert all(int(value, 16) for value in hashes)


# -- filters, order, pages ----------------------------------------------------------------------------------


def test_contacts_are_found_by_each_filter_of_the_table(strict: Asked) -> None:
    body = {
        **ANN,
        "email": "ann+desk@example.com",
        "source": "Fair",
        "phone_cell": "(612) 555-0171",
        "phone_home": "612-555-0172",
        "phone_office": "612.555.0173",
        "external_id": "E-1",
        "contact_groups": [{"group_name": "Realtor"}],
    }
    id_ = strict.made("/contacts", body)
    owner = {"owner_id": 301, "owner_email": "dana.whitlock@example.com", "owner_username": "dana.whitlock"}
    for filters in (
        {"email": "ANN+desk@example.com"},
        {"first_name": "ann", "last_name": "OAKES"},
        {"first_name_contains": "ann", "last_name_contains": "oak", "email_contains": "n+d"},
        {"phone_cell": "6125550171"},
        {"phone_home": "(612)555-0172"},
        {"phone_office": "612-555-0173"},
        {"external_id": "E-1"},
        {"source": "fair"},
        {"group_id": 12, "email": body["email"]},
        {"group_name": "Realtor", "email": body["email"]},
        {"owner_external_id": "HL-001", "email": body["email"]},
        {
            "internal_updated_at_start": "2027-01-15T08:00:00Z",
            "internal_updated_at_end": "2027-01-15T08:00:00Z",
        },
        {**owner, "source": "Fair"},
    ):
        found = strict.got("/contacts" + filtered(**filters))["items"]
        assert [one["id"] for one in found] == [id_], filters
    for filters in ({"owner_id": 999}, {"internal_updated_at_start": "2027-01-15T08:00:01Z"}):
        assert strict.got("/contacts" + filtered(**filters))["items"] == []


def test_an_archived_contact_is_listed_only_where_it_is_asked_for(strict: Asked) -> None:
    id_ = strict.made("/contacts", ANN)
    strict.system.change("contacts", str(id_), {**strict.got(f"/contacts/{id_}"), "archived": True})
    assert strict.got("/contacts" + filtered(email="ann@example.com"))["items"] == []
    found = strict.got("/contacts" + filtered(archieved=1))["items"]
    assert [one["id"] for one in found] == [id_]


@pytest.mark.parametrize(("reading", "found"), [("list", 1), ("attribute", 0)])
def test_the_external_id_filter_looks_into_the_list_or_not(strict: Asked, reading: str, found: int) -> None:
    strict.options(external_id_filter=reading)
    strict.made("/contacts", {**ANN, "external_ids": [{"source": "Desk", "external_id": "BD-1"}]})
    assert len(strict.got("/contacts" + filtered(external_id="BD-1"))["items"]) == found


def test_contacts_are_sorted_by_attributes_up_and_down(strict: Asked) -> None:
    up = [one["last_name"] for one in strict.got("/contacts?sort=last_name&page[size]=100")["items"]]
    down = [one["last_name"] for one in strict.got("/contacts?sort=-last_name&page[size]=100")["items"]]
    assert up == sorted(up)
    assert down == sorted(up, reverse=True)
    stamps = [
        one["internal_updated_at"]
        for one in strict.got("/contacts?sort=-internal_updated_at,id&page[size]=100")["items"]
    ]
    assert stamps == sorted(stamps, reverse=True)


def test_a_page_beyond_the_last_is_empty_or_refused(te: Asked) -> None:
    assert te.got("/contacts?page[number]=99")["items"] == []
    te.options(beyond_the_last_page="refused")
    assert te.ask("GET", "/contacts?page[number]=99")[0] == 422


def test_relationships_alone_move_the_time_of_change_or_not(strict: Asked) -> None:
    id_ = strict.made("/contacts", ANN)
    before = strict.got(f"/contacts/{id_}")["internal_updated_at"]
    strict.now += 60
    strict.options(quiet_relationships=True)
    quiet = {"contact_groups": [{"id": 11}], "ok_to_email": 1, "preferences": {"is_silenced": True}}
    assert strict.ask("PATCH", f"/contacts/{id_}", quiet)[0] == 200
    assert strict.got(f"/contacts/{id_}")["internal_updated_at"] == before
    strict.options(quiet_relationships=False)
    assert strict.ask("PATCH", f"/contacts/{id_}", {"contact_groups": [{"id": 12}]})[0] == 200
    assert strict.got(f"/contacts/{id_}")["internal_updated_at"] > before


# -- types and settings -------------------------------------------------------------------------------------


def test_birthdays_consents_and_ids_come_in_the_forms_of_the_options(strict: Asked) -> None:
    id_ = strict.made("/contacts", {**ANN, "birthday": "1970-04-12", "ok_to_call": "1", "ok_to_email": 0})
    strict.ask("PATCH", f"/contacts/{id_}", {"assignee": OTHER, "shared_with_users": [{"id": 303}]})
    shown = strict.got(f"/contacts/{id_}")
    assert (shown["birthday"], shown["ok_to_call"], shown["ok_to_mail"]) == ("1970-04-12", True, True)
    assert [shown["assignee"]["id"], shown["shared_with_users"][0]["id"]] == [302, 303]
    strict.options(birthday_year=1900, consent_flags="table", consent_default=False, owner_ids="text")
    shown = strict.got(f"/contacts/{id_}")
    assert shown["birthday"] == "1900-04-12"
    assert (shown["ok_to_call"], shown["ok_to_email"], shown["ok_to_mail"]) == ("1", 0, "0")
    assert [shown["owner"]["id"], shown["assignee"]["id"]] == ["301", "302"]


def test_groups_that_an_organisation_requires_are_named_where_one_is_missing(strict: Asked) -> None:
    strict.options(required_groups="Past Client, Realtor")
    status, said = strict.ask("POST", "/contacts", {**ANN, "contact_groups": [{"group_name": "Past Client"}]})
    assert (status, "Realtor" in said["error"]) == (422, True)
    both = [{"group_name": "Past Client"}, {"group_name": "Realtor"}]
    id_ = strict.made("/contacts", {**ANN, "contact_groups": both})
    assert strict.ask("POST", "/contacts", ANN)[1]["id"] == id_  # a change of somebody needs no group


def test_custom_fields_channels_and_entities_are_known_by_name(strict: Asked) -> None:
    custom = [{"field_name": "professional_title", "value": "Realtor"}]
    id_ = strict.made("/contacts", {**ANN, "custom": custom, "channels": [{"system_name": "retail"}]})
    shown = strict.got(f"/contacts/{id_}")
    assert {"field_name": "professional_title", "value": "Realtor"}.items() <= shown["custom"][0].items()
    gone = {"custom": [{"field_name": "professional_title", "value": None}]}
    assert strict.ask("PATCH", f"/contacts/{id_}", {**gone, "remove_channels": [{"system_name": "retail"}]})
    assert {"custom", "channels"}.isdisjoint(strict.got(f"/contacts/{id_}"))
    for body in (
        {"custom": [{"field_name": "nothing", "value": "x"}]},
        {"channels": [{"system_name": "space"}]},
        {"related_entities": [{"relationship_type": {"system_name": "household"}, "parent": {"id": "x"}}]},
    ):
        assert strict.ask("PATCH", f"/contacts/{id_}", body)[0] == 422


def test_a_body_is_json_of_a_known_type(te: Asked) -> None:
    assert te.ask("POST", "/contacts", ANN, content_type="text/plain")[0] == 415
    assert te.ask("POST", "/contacts", ANN, content_type="media/json")[0] == 201
    assert te.ask("POST", "/contacts", [ANN])[0] == 422
    status, said = te.ask("PUT", "/contacts/50001", {})
    assert (status, set(said)) == (405, {"error"})


# -- what the strict setting refuses, and what is ignored without it ----------------------------------------

UNKNOWN = [
    ("a bracketed filter", "GET", "/contacts?filter[email]=ann@example.com", None, {}),
    ("a bracketed filter of insights", "GET", "/insights?filter[contact_id]=50001", None, {}),
    ("an unknown filter", "GET", "/contacts?filter=nickname=Annie", None, {}),
    ("a filter of another resource", "GET", "/contact-groups?filter=group_name=Realtor", None, {}),
    ("an unknown parameter", "GET", "/contacts?limit=5", None, {}),
    ("an unknown order", "GET", "/contacts?sort=owner", None, {}),
    ("an order where there is none", "GET", "/users?sort=email", None, {}),
    ("a page of more than 100", "GET", "/contacts?page[size]=500", None, {}),
    ("a parameter of a record", "GET", "/contacts/50001?fields=email", None, {}),
    ("an unknown header", "GET", "/contacts", None, {"idempotency_key": "1"}),
    ("an unknown header of a write", "POST", "/contacts", ANN, {"x_request_id": "1"}),
    ("an unknown field", "POST", "/contacts", {**ANN, "middle_name": "May"}, {}),
    ("a field that is only shown", "POST", "/contacts", {**ANN, "classification": "A"}, {}),
    ("an unknown field of an owner", "POST", "/contacts", {**ANN, "owner": {"id": 301, "x": 1}}, {}),
    ("a year of birth", "POST", "/contacts", {**ANN, "birthday": "1984-04-12"}, {}),
    ("a day for a moment", "POST", "/contacts", {**ANN, "creation_date": "2026-01-02"}, {}),
    ("a truth for a consent", "POST", "/contacts", {**ANN, "ok_to_email": True}, {}),
]


@pytest.mark.parametrize("case", UNKNOWN, ids=[case[0] for case in UNKNOWN])
def test_what_no_text_has_is_ignored_and_refused_in_the_strict_setting(te: Asked, case: Any) -> None:
    _, method, path, body, headers = case
    assert te.ask(method, path, body, **headers)[0] in (200, 201)
    te.options(strict=True)
    status, said = te.ask(method, path, body, **headers)
    assert (status, set(said)) == (400 if body is None or headers else 422, {"error"})


@pytest.mark.parametrize(
    ("change", "loose"),
    [
        ({"contact": {"id": "50001"}}, 201),
        ({"type": {"id": "2"}}, 201),
        ({"contact": {"id": 50001.0}}, 422),
        ({"type": {"id": True}}, 422),
        ({"note": "x"}, 201),
        ({"insight_date": "2026-02-02"}, 201),
    ],
)
def test_a_wrong_type_of_an_id_or_a_field_of_an_insight_is_refused(
    te: Asked, change: dict[str, Any], loose: int
) -> None:
    body = insight(te)
    if "contact" in change:
        change = {"contact": {"id": type(change["contact"]["id"])(body["contact"]["id"])}}
    assert te.ask("POST", "/insights", {**body, **change})[0] == loose
    te.options(strict=True)
    assert te.ask("POST", "/insights", body)[0] == 201
    assert te.ask("POST", "/insights", {**body, **change})[0] == 422


def test_an_insight_takes_no_email_for_its_owner_and_no_other_owners_contact(strict: Asked) -> None:
    body = insight(strict)
    named = strict.records("contacts")[0]["owner"]
    for owner in ({"username": named["username"]}, {"external_id": named["external_id"]}):
        assert strict.ask("POST", "/insights", {**body, "owner": owner})[0] == 201
    for owner in ({"email": named["email"]}, {"id": 304 if named["id"] != 304 else 301}):
        assert strict.ask("POST", "/insights", {**body, "owner": owner})[0] == 422
    for gone in ("contact", "type", "owner"):
        status, said = strict.ask("POST", "/insights", {n: v for n, v in body.items() if n != gone})
        assert (status, said) == (422, {"error": f"Unable to find target for relationship: '{gone}'"})


def test_a_short_contains_filter_and_a_wrong_moment_are_refused(te: Asked) -> None:
    for filters in ({"email_contains": "an"}, {"internal_updated_at_start": "yesterday"}):
        assert te.ask("GET", "/contacts" + filtered(**filters))[0] == 400


def test_filters_are_ignored_where_that_is_set(te: Asked) -> None:
    te.options(filters=False)
    assert te.got("/contacts" + filtered(email="nobody@example.com"))["items"] != []
    te.options(strict=True)
    assert te.ask("GET", "/contacts" + filtered(colour="red"))[0] == 400
