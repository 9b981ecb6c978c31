"""Where secrets are put and found again: the keyring, else a file for its owner's eyes alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import keyring
import pytest
from keyring.errors import InitError, KeyringLocked, NoKeyringError, PasswordSetError

from core.errors import UsageError
from core.push.plan import System
from data.configuration.definition import Profile
from data.secrets import find_kept, keep_secret, kept_together, secrets_file, why_no_keyring
from data.settings import Settings, find_secret
from tests.support.fork_server import ROOT
from tests.support.private import is_private


class Ring(keyring.backend.KeyringBackend):
    """A keyring; `forgets` takes everything and keeps nothing, `broken` raises."""

    priority = 1

    def __init__(self, *, forgets: bool = False, broken: Exception | None = None) -> None:
        self.held: dict[tuple[str, str], str] = {}
        self.forgets, self.broken = forgets, broken

    def _turn(self) -> None:
        if self.broken is not None:
            raise self.broken

    def get_password(self, service: str, username: str) -> str | None:
        self._turn()
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._turn()
        if not self.forgets:
            self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        raise AssertionError("the desk takes nothing out of a keyring")


class Removable(Ring):
    """A keyring from which the secrets of a profile that was not made are taken back."""

    def delete_password(self, service: str, username: str) -> None:
        del self.held[service, username]


@pytest.fixture(autouse=True)
def _ring_is_put_back() -> Iterator[None]:
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


def test_a_secret_goes_to_the_keyring_where_there_is_one(tmp_path: Path) -> None:
    ring = Ring()
    keyring.set_keyring(ring)
    assert keep_secret(tmp_path, "live:flex", "s3cret") is None
    assert ring.held == {("brokerdesk", "live:flex"): "s3cret"}
    assert find_kept(tmp_path, "live:flex") == "s3cret"
    assert find_kept(tmp_path, "live:brokerengine") is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (NoKeyringError(), ""),
        (KeyringLocked(), "the keyring is locked"),
        (ModuleNotFoundError("no keyrings"), "the keyring keyrings.none.Ring is not installed"),
        (AttributeError("no class"), "the keyring keyrings.none.Ring is not installed"),
        (InitError(), "the keyring does not answer"),
        (ValueError("odd"), "the keyring does not answer"),
        (OSError("no bus"), "the keyring does not answer"),
    ],
)
def test_a_keyring_that_fails_is_said_plainly_and_other_places_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyrings.none.Ring")
    monkeypatch.delenv("BROKERDESK_FLEX_SECRET", raising=False)
    keyring.set_keyring(Ring(broken=error))
    assert why_no_keyring("live:flex") == reason
    settings = Settings(tmp_path, "live", Profile())
    with pytest.raises(UsageError) as caught:
        find_secret(settings, System.FLEX)
    told = f"There is no secret for flex in profile “live”{f', and {reason}' if reason else ''}."
    assert (caught.value.code, caught.value.message) == ("no-secret", told)
    assert find_secret(settings, System.FLEX, {"BROKERDESK_FLEX_SECRET": "from there"}) == "from there"
    keep_secret(tmp_path, "live:flex", "s3cret")
    assert find_secret(settings, System.FLEX) == "s3cret"


def test_a_backend_that_is_not_installed_is_named(tmp_path: Path) -> None:
    code = "from data.secrets import why_no_keyring; print(why_no_keyring('live:flex'))"
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHON_KEYRING_BACKEND": "no.such.Backend"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.stdout, ended.stderr) == ("the keyring no.such.Backend is not installed\n", "")


class Gone(Exception):
    """What ended the making of a profile."""


def _fail(home: Path, *, is_made: bool) -> None:
    """Store a secret twice for a profile, and fail then."""
    with suppress(Gone), kept_together(home, lambda: is_made) as keep:
        keep("live:flex", "newer")
        keep("live:flex", "new")
        raise Gone


@pytest.mark.parametrize("ring", [Removable(), Ring(broken=NoKeyringError())], ids=["keyring", "file"])
def test_secrets_of_a_profile_that_is_not_made_are_taken_back(tmp_path: Path, ring: Ring) -> None:
    keyring.set_keyring(ring)
    home = tmp_path / "home"
    _fail(home, is_made=False)
    assert find_kept(home, "live:flex") is None
    assert not home.exists()
    keep_secret(home, "live:flex", "old")
    _fail(home, is_made=False)
    assert find_kept(home, "live:flex") == "old"
    _fail(home, is_made=True)
    assert find_kept(home, "live:flex") == "new"


@pytest.mark.parametrize(
    "ring",
    [
        Ring(forgets=True),
        Ring(broken=NoKeyringError()),
        Ring(broken=PasswordSetError()),
        Ring(broken=OSError("no bus")),
    ],
    ids=["forgets", "none", "refuses", "no-bus"],
)
def test_where_no_keyring_holds_it_it_goes_to_a_private_file(tmp_path: Path, ring: Ring) -> None:
    keyring.set_keyring(ring)
    home = tmp_path / "home"
    assert keep_secret(home, "live:flex", "s3cret") == secrets_file(home)
    assert keep_secret(home, "live:total-expert", "öther") == secrets_file(home)
    assert [find_kept(home, f"live:{name}") for name in ("flex", "total-expert")] == ["s3cret", "öther"]
    assert is_private(secrets_file(home))
    assert is_private(home)
    assert [path.name for path in home.iterdir()] == ["secrets.json"]


def test_a_secret_that_moves_to_the_keyring_leaves_the_file(tmp_path: Path) -> None:
    keyring.set_keyring(Ring(broken=NoKeyringError()))
    keep_secret(tmp_path, "live:flex", "old")
    keep_secret(tmp_path, "live:brokerengine", "kept")
    keyring.set_keyring(Ring())
    assert find_kept(tmp_path, "live:flex") == "old"
    keep_secret(tmp_path, "live:flex", "new")
    assert find_kept(tmp_path, "live:flex") == "new"
    assert "old" not in secrets_file(tmp_path).read_text()
    keep_secret(tmp_path, "live:brokerengine", "moved")
    assert not secrets_file(tmp_path).exists()


def test_a_file_that_can_not_be_read_is_said_and_left_alone(tmp_path: Path) -> None:
    keyring.set_keyring(Ring(broken=NoKeyringError()))
    secrets_file(tmp_path).write_text('{"live:flex": 7}')
    for attempt in (lambda: find_kept(tmp_path, "live:flex"), lambda: keep_secret(tmp_path, "a:b", "s3cret")):
        with pytest.raises(UsageError) as caught:
            attempt()
        assert caught.value.code == "bad-secrets"
        assert "s3cret" not in f"{caught.value.message}{caught.value.fix}"
    assert secrets_file(tmp_path).read_text() == '{"live:flex": 7}'
