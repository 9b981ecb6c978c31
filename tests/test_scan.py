"""The scan of `make check`: what is planted is found, and this tree holds nothing of the kind."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.scan import ALLOWED, SECRETS, dependencies, pins, secrets, tree
from tests.support.fork_server import ROOT

HASHES = "    --hash=sha256:" + "0" * 64


def test_this_tree_holds_no_secret_and_only_what_was_pinned() -> None:
    assert list(secrets(tree())) == []
    assert list(dependencies()) == []


@pytest.mark.parametrize(("place", "kind"), ALLOWED)
def test_what_is_allowed_is_still_there(place: str, kind: str) -> None:
    assert any(re.search(SECRETS[kind], line) for line in (ROOT / place).read_text("utf-8").splitlines())


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("-----BEGIN RSA PRIVATE " + "KEY-----", "a private key"),
        ("key = AKIA" + "ABCDEFGHIJKLMNOP", "a cloud key"),
        ("ghp_" + "a1" * 20, "a code host's token"),
        ("xoxb-" + "1234567890-abc", "a chat's token"),
        (
            "eyJ" + "hbGciOiJIUzI1NiJ9" + ".eyJ" + "zdWIiOiIxMjM0NTYifQ" + ".c2lnbmF0dXJlMTIz",
            "a signed token",
        ),
        ("url = 'https://jo:" + "hunter2@gateway.example'", "a password in an address"),
        ('client_secret = "' + "q8Zr1" * 6 + '"', "a long secret"),
    ],
)
def test_a_planted_secret_is_named_and_not_repeated(line: str, kind: str, tmp_path: Path) -> None:
    file = tmp_path / "settings.py"
    file.write_text(f"first = 1\n{line}\n", "utf-8")
    assert list(secrets([file], tmp_path)) == [f"settings.py:2: {kind}"]


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        (f"one==1.0 \\\n{HASHES}\n", 0),
        (f"one==1.0 ; python_version < '3.12' \\\n{HASHES} \\\n{HASHES}\n", 0),
        ("one==1.0\n", 1),
        (f"one>=1.0 \\\n{HASHES}\n", 1),
        (f"--extra-index-url https://packages.example\none==1.0 \\\n{HASHES}\n", 1),
        ("one @ https://packages.example/one.whl\n", 1),
    ],
)
def test_what_is_not_pinned_and_hashed_is_named(said: str, wrong: int, tmp_path: Path) -> None:
    file = tmp_path / "run.txt"
    file.write_text(said, "utf-8")
    assert len(pins(file)[1]) == wrong


def test_of_several_versions_that_of_this_python_counts(tmp_path: Path) -> None:
    file = tmp_path / "run.txt"
    file.write_text(
        f"one==1.0 ; python_version < '3' \\\n{HASHES}\none==2.0 ; python_version >= '3' \\\n{HASHES}\n"
        f"one==3.0 ; python_version < '3' \\\n{HASHES}\n",
        "utf-8",
    )
    assert pins(file) == ({"one": "2.0"}, [])
