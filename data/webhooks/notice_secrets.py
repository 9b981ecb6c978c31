"""The secret of Total Expert's notifications: made by the desk, kept with the other secrets, changed in two steps.

A new secret is kept before Total Expert gets it. The one before stays known, because deliveries under way still bear
it. The listener, another process, accepts all three, so no notification is lost while a secret changes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Final

from data.secrets import find_kept, keep_secret
from data.settings import NOTICE_VARIABLE, Settings, find_notice_secret

HOLDS: Final = 2.0
"""Seconds for which the listener uses what it read, so that nobody can keep the keyring busy from outside."""
_CURRENT, _NEXT, _BEFORE = "notices", "notices-next", "notices-before"


class KeptNoticeSecrets:
    """The secrets of a profile. Implements `core.webhooks.ports.NoticeSecrets`.

    `new_secret` returns random text. `now` gives seconds of any clock. A secret in the environment comes first, and
    the desk then makes none.
    """

    def __init__(
        self,
        settings: Settings,
        new_secret: Callable[[], str],
        now: Callable[[], float],
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._settings = settings
        self._new_secret = new_secret
        self._now = now
        self._environment = environment
        self._accepted: tuple[str, ...] = ()
        self._read_at: float | None = None

    def current(self) -> str:
        """See `NoticeSecrets.current`."""
        return find_notice_secret(self._settings, self._environment)

    def make(self) -> str:
        """See `NoticeSecrets.make`. Raises `UsageError` (bad-secrets)."""
        given = self._environment.get(NOTICE_VARIABLE)
        if given:
            return given
        pending = find_kept(self._settings.home, self._name(_NEXT))
        if pending and pending != self.current():
            return pending
        secret = self._new_secret()
        keep_secret(self._settings.home, self._name(_NEXT), secret)
        return secret

    def take_over(self, secret: str) -> None:
        """See `NoticeSecrets.take_over`. Raises `UsageError` (bad-secrets)."""
        before = self.current()
        if secret == before:
            return
        if before:
            keep_secret(self._settings.home, self._name(_BEFORE), before)
        keep_secret(self._settings.home, self._name(_CURRENT), secret)

    def accepted(self) -> tuple[str, ...]:
        """Return the secrets that a notification may bear; none if the desk has no secret."""
        now = self._now()
        if self._read_at is None or not 0 <= now - self._read_at < HOLDS:
            others = (find_kept(self._settings.home, self._name(name)) for name in (_NEXT, _BEFORE))
            self._accepted = tuple(dict.fromkeys(secret for secret in (self.current(), *others) if secret))
            self._read_at = now
        return self._accepted

    def _name(self, name: str) -> str:
        return f"{self._settings.name}:{name}"
