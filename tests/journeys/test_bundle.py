"""The support bundle: client data, names of people and files, and secrets are planted everywhere; none gets in."""

from __future__ import annotations

import asyncio
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from core.push.plan import Asset, Entity, Operation, StepKind, System
from core.push.records import DuplicateCheck, Generation, Link, Push, StepRecord, TrailEvent, Unlinked
from core.push.states import PushState, StepState
from data.book.book import open_book
from data.platform import WINDOWS
from tests.support.private import is_private
from tests.support.sandbox_home import Home, Sandbox
from tui.wiring.records import RECORDS

PLANTED = {
    "name": "Quentin Zebrowski",
    "email": "q.zebrowski@clinics.invalid",
    "phone": "0412345678",
    "dialled": "+61 412 345 678",
    "note": "He is divorcing; call after six",
    "file": "zebrowski-payslips.pdf",
    "birthday": "1980-04-12",
    "secret": "hunter2-of-the-desk",
    "client": "oauthid-of-hale",
    "operator": "m.hale",
    "folder": "Quentins Desk",
    "workspace": "Zebrowski Finance",
    "path": "tenant-zebrowski",
}


def _read(path: Path) -> tuple[str, dict[str, Any]]:
    """Give all that a bundle holds as one text, names of its files included, and as JSON by part."""
    with zipfile.ZipFile(path) as packed:
        names = packed.namelist()
        texts = {name: packed.read(name).decode() for name in names}
    return "\n".join([*names, *texts.values()]), {
        name.removesuffix(".json"): json.loads(text) for name, text in texts.items()
    }


def _holds_none_of_it(path: Path, planted: dict[str, str] = PLANTED) -> dict[str, Any]:
    assert is_private(path)
    whole, parts = _read(path)
    raw = path.read_bytes().lower()
    for what, text in planted.items():
        for part in {text, *re.findall(r"\w{6,}", text)}:
            assert part.lower() not in whole.lower(), what
            assert part.lower().encode() not in raw, what
    return parts


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A desk with client data in every place that can hold a text."""
    home = Home(tmp_path / PLANTED["folder"])
    home.path.mkdir()
    monkeypatch.setenv("BROKERDESK_FLEX_SECRET", PLANTED["secret"])
    (home.path / "config.toml").write_text(
        f"""profile = "zebrowski"
[profiles.zebrowski]
workspace = "{PLANTED["workspace"]}"
operator = "{PLANTED["operator"]}"
one_way = "{PLANTED["file"]}"
map = "{PLANTED["file"]}"
keys = {{ "{PLANTED["name"]}" = "{PLANTED["email"]}" }}
owners = {{ "{PLANTED["email"]}" = "{PLANTED["name"]}" }}
[profiles.zebrowski.flex]
url = "https://{PLANTED["client"]}:{PLANTED["secret"]}@gateway.example/{PLANTED["path"]}"
client_id = "{PLANTED["client"]}"
""",
        "utf-8",
    )
    asyncio.run(_plant(home.path / "zebrowski"))
    return home


async def _plant(folder: Path) -> None:
    ref = "BD-ABCDEFGHIJKLMNOPQRST"
    name, email, phone, note, file = (PLANTED[key] for key in ("name", "email", "phone", "note", "file"))
    push = Push(
        push_id="P00000000001abcdef",
        asset=Asset.CARD,
        subject=email,
        plan="0a1b2c3d",
        state=PushState.NEEDS_YOU,
        operator=PLANTED["operator"],
        created_at=1000.0,
        updated_at=2000.0,
        size=2,
        about=name,
        reason="several-found",
    )
    step = StepRecord(
        push_id=push.push_id,
        n=0,
        ref=ref,
        system=System.FLEX,
        entity=Entity.PERSON,
        operation=Operation.CREATE,
        kind=StepKind.CREATE,
        local_id=phone,
        state=StepState.CONFLICT,
        remote_id=name,
        error="several-found",
        detail=f"{name} {note}",
        attempts=2,
        sent_at=1500.0,
        before={name: email},
        sent={email: phone},
        candidates=(PLANTED["dialled"], "1-6D9UB", email),
        parent=file,
        trail=(
            TrailEvent(1500.0, "intent", f"POST /contacts/{email}"),
            TrailEvent(1501.0, note, PLANTED["birthday"]),
            TrailEvent(1502.0, "several-found", f"{name}, 1-6D9UB"),
        ),
    )
    second = StepRecord(
        push_id=push.push_id,
        n=1,
        ref=name,
        system=System.FLEX,
        entity=Entity.OPPORTUNITY,
        operation=Operation.CREATE,
        kind=StepKind.CREATE,
        local_id="C-1001",
        state=StepState.DONE,
        remote_id="1-6D9UC",
    )
    link = Link(System.FLEX, Entity.OPPORTUNITY, "C-1001", "1-6D9UC", ref, 1600.0)
    book = open_book(folder, RECORDS, operator=PLANTED["operator"])
    with book:
        await book.commit(
            push,
            step,
            second,
            link,
            Link(System.TOTAL_EXPERT, Entity.CONTACT, email, phone, name, 1.0),
            Unlinked(System.FLEX, Entity.PERSON, name, email, note, file, PLANTED["operator"], 1.0),
            Generation(f"flex/person/{name}", 1),
            DuplicateCheck(f"{email}:0", 1, 1.0),
            DuplicateCheck(step.key, 1, 1.0),
        )
        await book.put_file("P00000000001abcdef.plan", json.dumps(PLANTED).encode())
        await book.put_file(file, note.encode())


def test_what_is_planted_everywhere_gets_nowhere(planted: Home, tmp_path: Path) -> None:
    out = tmp_path / "out.zip"
    code, said = planted.run("bundle", "--out", str(out))
    assert (code, said["file"]) == (0, str(out))
    parts = _holds_none_of_it(out)
    assert parts["settings"]["systems"]["flex"]["host"] == "gateway.example"
    assert parts["files"]["files"]["book.log"].get("mode") == (None if WINDOWS else "0600")
    assert parts["files"]["kept"] == {".plan": 1, "other": 1}
    (push,) = parts["journal"]["pushes"]
    first, second = push["steps"]
    assert (push["state"], push["reason"], push["push_id"]) == (
        "needs-you",
        "several-found",
        "P00000000001abcdef",
    )
    assert [event["code"] for event in first["trail"]] == ["intent", "unlisted", "several-found"]
    assert (first["candidates"][1], second["local_id"], second["remote_id"]) == (
        "1-6D9UB",
        "C-1001",
        "1-6D9UC",
    )
    assert push["subject"] == first["candidates"][2] != push["about"], "one thing has one hash"
    assert parts["links"]["links"][0]["remote_id"] == "1-6D9UC"
    assert parts["connections"]["flex"]["steps"] == {"conflict": 1, "done": 1}


def test_a_real_push_that_went_wrong_leaves_no_clients_data_in_it(
    home: Home, sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.faults("drop-reply POST /flex/contacts *1; 423 POST /flex/properties *1")
    home.run("push", "card", "C-1001", "--yes")
    out = tmp_path / "out.zip"
    assert home.run("bundle", "--out", str(out))[0] == 0
    texts = {
        text
        for rows in (sandbox.records("brokerengine"), sandbox.records())
        for kind in rows.values()
        for row in kind
        for name, text in row.items()
        if isinstance(text, str)
        and re.search("name|email|phone|mobile|street|birth|note|body|title", name, re.I)
    }
    long = {text: text for text in texts if len(text) >= 6 and not re.fullmatch(r"[a-z-]+", text)}
    assert len(long) > 100
    whole, parts = _read(out)
    assert [text for text in long if text.lower() in whole.lower()] == []
    states = [step["state"] for step in parts["journal"]["pushes"][0]["steps"]]
    assert {"refused", "done"} <= set(states)
    assert parts["connections"]["flex"]["codes"]["refused"] == 1


@pytest.mark.parametrize(
    ("spoil", "part", "code"),
    [
        (
            lambda home: (home / "zebrowski" / "book.log").write_bytes(b"Quentin\nZebrowski\n"),
            "book",
            "book-damaged",
        ),
        (lambda home: (home / "zebrowski" / "book.key").unlink(), "book", "book-key-missing"),
        (lambda home: (home / "config.toml").write_text("Zebrowski ="), "settings", "bad-config"),
    ],
    ids=["damaged", "no-key", "config"],
)
def test_it_is_made_of_what_cant_be_opened_too(
    planted: Home, tmp_path: Path, spoil: Any, part: str, code: str
) -> None:
    spoil(planted.path)
    out = tmp_path / "out.zip"
    assert planted.run("bundle", "--out", str(out))[0] == 0
    assert _holds_none_of_it(out)[part] == {"error": code}


def test_it_is_made_while_the_desk_is_open(planted: Home, tmp_path: Path) -> None:
    with open_book(planted.path / "zebrowski", RECORDS, operator=PLANTED["operator"]):
        assert planted.run("bundle", "--out", str(tmp_path / "out.zip"))[0] == 0
    assert _holds_none_of_it(tmp_path / "out.zip")["journal"]["pushes"]


def test_it_is_written_over_no_other_file(planted: Home, tmp_path: Path) -> None:
    out = tmp_path / "mine.zip"
    out.write_text("mine")
    code, said = planted.run("bundle", "--out", str(out))
    assert (code, said["error"]["code"], out.read_text()) == (2, "unwritable-file", "mine")
