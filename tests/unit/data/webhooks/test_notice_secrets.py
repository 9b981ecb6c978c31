"""The secret of Total Expert's notifications: made here, changed in two steps, so that no notification is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.configuration.definition import Profile
from data.settings import Settings
from data.webhooks.notice_secrets import HOLDS, KeptNoticeSecrets


class Kept:
    """The secrets of a profile, with a clock, and new secrets in order: new-1, new-2 …"""

    def __init__(self, home: Path, **environment: str) -> None:
        self.at, self.made = 0.0, 0
        self.secrets = KeptNoticeSecrets(
            Settings(home, "live", Profile()), self._new, lambda: self.at, environment
        )

    def _new(self) -> str:
        self.made += 1
        return f"new-{self.made}"

    def accepted(self) -> set[str]:
        self.at += HOLDS
        return set(self.secrets.accepted())


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path)


def test_a_secret_is_accepted_before_it_is_the_current_one_and_the_one_before_stays(kept: Kept) -> None:
    assert (kept.secrets.current(), kept.accepted()) == ("", set())
    first = kept.secrets.make()
    assert (kept.secrets.current(), kept.accepted()) == ("", {first})
    kept.secrets.take_over(first)
    second = kept.secrets.make()
    assert (kept.secrets.current(), kept.accepted()) == (first, {first, second})
    kept.secrets.take_over(second)
    kept.secrets.take_over(second)
    assert (kept.secrets.current(), kept.accepted()) == (second, {first, second})


def test_a_secret_of_which_nobody_knows_whether_it_arrived_is_tried_again(kept: Kept) -> None:
    kept.secrets.take_over(kept.secrets.make())
    assert kept.secrets.make() == "new-2"
    assert kept.secrets.make() == "new-2"
    kept.secrets.take_over("new-2")
    assert kept.secrets.make() == "new-3"


def test_a_secret_of_the_environment_comes_first_and_none_is_made(tmp_path: Path) -> None:
    kept = Kept(tmp_path, BROKERDESK_NOTICE_SECRET="given")
    assert (kept.secrets.current(), kept.secrets.make()) == ("given", "given")
    kept.secrets.take_over("given")
    assert (kept.made, list(tmp_path.iterdir())) == (0, [])


def test_the_keyring_is_not_asked_for_every_notification(kept: Kept) -> None:
    kept.secrets.take_over(kept.secrets.make())
    assert kept.secrets.accepted() == ("new-1",)
    kept.secrets.take_over(kept.secrets.make())
    assert "new-2" not in kept.secrets.accepted()
    kept.at += HOLDS
    assert "new-2" in kept.secrets.accepted()
