"""Companies of any size: officers and users, insights, and what a control call does as somebody else."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from data.sandbox.seeding.contacts import truth
from data.sandbox.server import make_app
from data.sandbox.store import Store, StoredRow, Wanted
from data.sandbox.systems.api import SandboxReply, make_call
from data.sandbox.systems.notices import Notices
from data.sandbox.systems.simplenexus import SandboxSimpleNexus
from data.sandbox.systems.total_expert import SandboxTotalExpert
from tests.contracts.sandbox.asking import CONTACTS, SEED, Asked, filtered
from tests.support.patience import LAST_RESORT


@pytest.mark.parametrize("officers", [2, 4, 60])
def test_all_officers_but_the_last_are_users_by_email(tmp_path: Path, officers: int) -> None:
    sn = Asked(SandboxSimpleNexus, tmp_path, officers=officers)
    te = SandboxTotalExpert(sn.store, lambda: sn.now)
    ours = [one["email"].casefold() for one in sn.records("loan-officers")]
    theirs = [one["email"].casefold() for one in te.records()["users"]]
    assert (len(set(ours)), len(set(theirs))) == (officers, officers)
    assert ours[:-1] == theirs[:-1]
    assert ours[-1] != theirs[-1]
    whose = {one["loan_officer_id"] for one in sn.records("borrowers")}
    assert len(whose) > min(officers, 30) - 2
    known = truth(SEED, CONTACTS, officers)
    assert known.records["borrowers"] == len(sn.records("borrowers"))
    sn.store.close()


@pytest.mark.parametrize(("insights", "there"), [(None, 1), (0, 0), (500, 500)])
def test_so_many_insights_are_there_and_the_next_goes_on_counting(
    tmp_path: Path, insights: int | None, there: int
) -> None:
    te = Asked(SandboxTotalExpert, tmp_path, insights=insights)
    assert len(te.records("insights")) == there
    contact = te.records("contacts")[0]
    body = {"contact": {"id": contact["id"]}, "type": {"id": 1}, "owner": {"id": contact["owner"]["id"]}}
    assert te.made("/insights", body) == 7_001 + there
    te.store.close()


def test_a_state_folder_of_an_older_sandbox_is_made_findable(tmp_path: Path) -> None:
    make_app(tmp_path, cards=14, contacts=CONTACTS).close()
    store = Store(tmp_path / "sandbox.sqlite")
    with store.transaction():
        (first, *_) = store.find("total-expert", "contacts", Wanted(), limit=1)
        marked = {**first, "external_ids": [{"source": "Old", "external_id": "OLD-1"}]}
        store.replace(StoredRow("total-expert", "contacts", str(first["id"]), marked))
        store.set_number("form", 1)
    store.close()
    make_app(tmp_path).close()
    store = Store(tmp_path / "sandbox.sqlite")
    found = store.find("total-expert", "contacts", Wanted(marks=(("listed_external_id", "OLD-1"),)))
    assert [one["id"] for one in found] == [first["id"]]
    store.close()


class Hearing(HTTPServer):
    """An address that takes notifications."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Heard)
        self.heard: list[Any] = []


class _Heard(BaseHTTPRequestHandler):
    server: Hearing

    def do_POST(self) -> None:
        self.server.heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def hearing() -> Iterator[Hearing]:
    server = Hearing()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join(LAST_RESORT)
    server.server_close()


def _given(body: Any) -> Any:
    content = json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    return make_call("POST", b"/_sandbox/x", b"", headers, content, too_large=False)[1]


def _said(reply: SandboxReply) -> Any:
    return json.loads(reply.body)


def test_a_merge_removes_one_contact_and_both_are_notified_once(tmp_path: Path, hearing: Hearing) -> None:
    te = Asked(SandboxTotalExpert, tmp_path)
    actions = [{"action": action, "item": "CONTACT"} for action in ("UPDATED", "DELETED")]
    te.made("/webhook-subscriptions", {"url": "https://desk.example/hook", "secret": "s", "actions": actions})
    first, second = (one["id"] for one in te.records("contacts")[:2])
    te.ask("PATCH", f"/contacts/{first}", {"external_ids": [{"source": "Desk", "external_id": "BD-9"}]})
    notices = Notices(te.system)
    _said(notices.merge(_given({"from": str(first), "into": str(second)})))
    assert te.ask("GET", f"/contacts/{first}")[0] == 404
    found = te.got("/contacts" + filtered(external_id="BD-9"))["items"]
    assert [one["id"] for one in found] == [second]
    url = f"http://127.0.0.1:{hearing.server_address[1]}/hook"
    assert _said(notices.deliver(_given({"url": url}))) == {"statuses": [200, 200, 200]}
    assert [(one["action"], one["id"], one["secret"]) for one in hearing.heard] == [
        ("UPDATED", first, "s"),
        ("DELETED", first, "s"),
        ("UPDATED", second, "s"),
    ]
    assert _said(notices.deliver(_given({"url": url}))) == {"statuses": []}
    te.store.close()
