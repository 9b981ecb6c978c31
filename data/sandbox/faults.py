"""Faults on demand: the rules, their text form, and which of them a request meets. Knows no socket and no system.

    SPEC  = rules joined by ";"
    RULE  = FAULT[=ARG] [METHOD] [/system/path-prefix] [*N | N% | Ns]

`*N` is the first N requests that fit, `N%` a seeded share of them, `Ns` those of the next N seconds, nothing is all of
them. A prefix fits whole path
segments; a segment `*` in it fits any one. Tokens and API descriptions are spared unless the prefix names them,
so that `503 POST /flex *1` meets the first write and not the sign-in before it.

Two faults lose a page of a list: `empty-page` answers the page without its records, `last-page` says that no page
follows.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum


class FaultKind(Enum):
    """Every fault there is, by its name in a rule."""

    DROP_REQUEST = "drop-request"
    DROP_REPLY = "drop-reply"
    RESET = "reset"
    HANG = "hang"
    HANG_BEFORE = "hang-before"
    DELAY = "delay"
    STATUS = "status"
    STATUS_AFTER = "status-after"
    TOO_MANY = "429"
    BAD_JSON = "bad-json"
    HTML = "html"
    NO_ID = "no-id"
    OTHER_ID = "other-id"
    TRUNCATE = "truncate"
    SLOW = "slow"
    INFLATE = "inflate"
    REDIRECT = "redirect"
    LATE = "late"
    LAG = "lag"
    COMMIT_TWICE = "commit-twice"
    EMPTY_PAGE = "empty-page"
    LAST_PAGE = "last-page"


METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
MESSAGES = {
    401: ("unauthorized", "The token is not accepted."),
    403: ("forbidden", "The client may not do this."),
    408: ("timeout", "The request took too long."),
    409: ("conflict", "The record is in the way of itself."),
    412: ("wrong-state", "The record is in a state that does not allow it."),
    423: ("locked", "The record is locked by someone else."),
    429: ("too-many-requests", "Too many requests."),
    500: ("internal", "Something broke."),
    502: ("bad-gateway", "The system behind the gateway gave no usable answer."),
    503: ("unavailable", "The system is not available."),
    504: ("gateway-timeout", "The system behind the gateway did not answer in time."),
}
_BEFORE = {str(status): status for status in MESSAGES if status != 429}
_AFTER = {f"{status}-after": status for status in (500, 502, 503, 504)}
_SECONDS = {"delay": FaultKind.DELAY, "slow": FaultKind.SLOW, "late": FaultKind.LATE, "lag": FaultKind.LAG}
_COUNT = re.compile(r"\*([0-9]{1,9})|([0-9]{1,3})%|([0-9]{1,6})s")
_SHARED = (FaultKind.LAG, FaultKind.DELAY, FaultKind.COMMIT_TWICE)
_SPARED = ("oauth", "token", "openapi.yaml")


class FaultSpecError(ValueError):
    """A rule that can't be read; the text says which part and what would do."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens: `seconds` for those that take time, `status` for those that answer one, `text` as written."""

    kind: FaultKind
    text: str
    seconds: float = 0.0
    status: int = 0
    retry_after: str | None = None

    @property
    def before_sign_in(self) -> bool:
        """Whether it strikes even a request without a right token."""
        return self.kind is FaultKind.TOO_MANY or self.status in (401, 403)


@dataclass(slots=True)
class FaultRule:
    """A fault and the requests it meets; counts down as it meets them. After `until` (epoch seconds) it meets none."""

    text: str
    fault: Fault
    method: str | None
    prefix: tuple[str, ...]
    remaining: int | None = None
    share: int | None = None
    until: float | None = None
    met: int = 0
    dice: random.Random = field(default_factory=random.Random)

    def is_over(self, now: float) -> bool:
        """Return True if the rule meets no request any more. `now` is epoch seconds."""
        return self.remaining == 0 or (self.until is not None and now >= self.until)

    def meets(self, method: str, path: str, now: float) -> bool:
        """Return True if the rule strikes this request; a fitting request is counted."""
        if self.is_over(now) or not self._fits(method, path):
            return False
        if self.share is not None and self.dice.random() * 100 >= self.share:
            return False
        if self.remaining is not None:
            self.remaining -= 1
        self.met += 1
        return True

    def _fits(self, method: str, path: str) -> bool:
        if self.method is not None and method != self.method:
            return False
        parts = path.strip("/").split("/")
        if len(parts) > 1 and parts[1] in _SPARED and len(self.prefix) < 2:
            return False
        return len(self.prefix) <= len(parts) and all(
            mine in ("*", given) for mine, given in zip(self.prefix, parts, strict=False)
        )


@dataclass(frozen=True, slots=True)
class Struck:
    """What one request meets: at most one fault that decides its end, and any of the faults in `_SHARED`.

    `delay` and `lag` are in seconds. `twice` is True if the request is carried out twice.
    """

    fault: Fault | None = None
    delay: float = 0.0
    lag: float = 0.0
    twice: bool = False
    text: str | None = None


class Faults:
    """The rules in force. `seed` makes the shares repeatable; `clock` gives epoch seconds."""

    def __init__(self, spec: str = "", seed: int = 0, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self.rules: tuple[FaultRule, ...] = parse(spec, seed, clock())

    def add(self, spec: str, seed: int) -> None:
        """Add rules after those that are not over. Raises FaultSpecError."""
        now = self._clock()
        more = parse(spec, seed, now)
        self.rules = (*(rule for rule in self.rules if not rule.is_over(now)), *more)

    def strike(self, method: str, path: str, *, signed_in: bool) -> Struck:
        """Return what this request meets; without a right token only those that strike before the sign-in."""
        fault: Fault | None = None
        delay = lag = 0.0
        twice = False
        texts: list[str] = []
        now = self._clock()
        for rule in self.rules:
            shared = rule.fault.kind in _SHARED
            if fault is not None and not shared:
                continue
            if not signed_in and not rule.fault.before_sign_in:
                continue
            if not rule.meets(method, path, now):
                continue
            texts.append(rule.fault.text)
            if rule.fault.kind is FaultKind.LAG:
                lag = max(lag, rule.fault.seconds)
            elif rule.fault.kind is FaultKind.DELAY:
                delay += rule.fault.seconds
            elif rule.fault.kind is FaultKind.COMMIT_TWICE:
                twice = True
            else:
                fault = rule.fault
        return Struck(fault, delay, lag, twice, " + ".join(texts) or None)


def parse(spec: str, seed: int = 0, now: float = 0.0) -> tuple[FaultRule, ...]:
    """Return the rules in a spec; seconds count from `now`. Raises FaultSpecError for one that can't be read."""
    texts = [text.strip() for text in spec.split(";")]
    return tuple(_rule(text, f"{seed}:{place}", now) for place, text in enumerate(texts) if text)


def _rule(text: str, seed: str, now: float) -> FaultRule:
    parts = text.split()
    remaining = share = method = until = None
    prefix: tuple[str, ...] = ()
    if len(parts) > 1 and (counted := _COUNT.fullmatch(parts[-1])):
        remaining = None if counted[1] is None else int(counted[1])
        share = None if counted[2] is None else int(counted[2])
        until = None if counted[3] is None else now + int(counted[3])
        if remaining == 0 or (share is not None and share > 100):
            raise FaultSpecError(f"{parts[-1]!r} in {text!r}: a count is *1 or more, a share 0% to 100%")
        parts.pop()
    if len(parts) > 1 and parts[-1].startswith("/"):
        prefix = tuple(part for part in parts.pop().split("/") if part)
    if len(parts) > 1 and parts[-1] in METHODS:
        method = parts.pop()
    dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
    fault = _fault(" ".join(parts), text)
    return FaultRule(text, fault, method, prefix, remaining, share, until, dice=dice)


def _fault(text: str, rule: str) -> Fault:
    name, equals, argument = text.partition("=")
    if name in _SECONDS:
        return Fault(_SECONDS[name], text, seconds=_seconds(argument, rule))
    if name == "429":
        if equals and not argument.strip():
            raise FaultSpecError(f"{rule!r}: 429= needs seconds or an HTTP date")
        return Fault(FaultKind.TOO_MANY, text, status=429, retry_after=argument if equals else None)
    if equals:
        raise FaultSpecError(f"{rule!r}: {name} takes no value")
    if name in _BEFORE:
        return Fault(FaultKind.STATUS, text, status=_BEFORE[name])
    if name in _AFTER:
        return Fault(FaultKind.STATUS_AFTER, text, status=_AFTER[name])
    if name in {kind.value for kind in FaultKind} - {"status", "status-after"}:
        return Fault(FaultKind(name), text)
    raise FaultSpecError(f"{rule!r}: there is no fault {name!r}")


def _seconds(argument: str, rule: str) -> float:
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", argument):
        raise FaultSpecError(f"{rule!r} needs seconds, as in delay=0.5")
    return float(argument)
