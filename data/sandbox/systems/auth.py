"""OAuth2 client credentials for a system of the sandbox; tokens live in memory and die with the process."""

from __future__ import annotations

import base64
import binascii
import secrets
from urllib.parse import parse_qsl, unquote_plus

from data.sandbox.systems.api import Call, Clock, SandboxReply, error_reply, json_reply

CLIENT_ID = "sandbox"
CLIENT_SECRET = "sandbox"  # noqa: S105 - guards invented people on a loopback address
LIFETIME = 900


class Tokens:
    """Issues and checks the bearer tokens of one system. `clock` gives epoch seconds, `lifetime` is in seconds."""

    def __init__(self, clock: Clock, lifetime: int = LIFETIME) -> None:
        self._clock = clock
        self._lifetime = lifetime
        self._ends: dict[str, float] = {}
        self._begun: dict[str, float] = {}

    def issue(self, call: Call) -> SandboxReply:
        """Answer a token request: 200 with a token of 900 seconds, 400 or 401 in OAuth2's own error form."""
        form = _form(call)
        if form is None:
            return _oauth_error(400, "invalid_request", "The body must be a form, each field given once.")
        if form.get("grant_type") is None:
            return _oauth_error(400, "invalid_request", "grant_type is missing.")
        if form["grant_type"] != "client_credentials":
            return _oauth_error(400, "unsupported_grant_type", "Only client_credentials is offered.")
        given = basic(call) or (form.get("client_id", ""), form.get("client_secret", ""))
        if given != (CLIENT_ID, CLIENT_SECRET):
            return _oauth_error(401, "invalid_client", "The client id or secret is wrong.")
        body = {"access_token": self.grant(), "token_type": "Bearer", "expires_in": self._lifetime}
        return json_reply(200, body, headers=(("Cache-Control", "no-store"),))

    def grant(self, lifetime: int | None = None) -> str:
        """Return a new token; `lifetime` in seconds, where it is not the usual one."""
        now = self._clock()
        self._ends = {token: end for token, end in self._ends.items() if end > now}
        self._begun = {token: self._begun[token] for token in self._ends}
        token = secrets.token_urlsafe(24)
        self._ends[token] = now + (self._lifetime if lifetime is None else lifetime)
        self._begun[token] = now
        return token

    def times(self, token: str) -> tuple[float, float]:
        """When a token began and when it ends, in epoch seconds; zeros for one that is not known."""
        return self._begun.get(token, 0.0), self._ends.get(token, 0.0)

    def revoke(self, token: str) -> None:
        """Forget a token, known or not."""
        self._ends.pop(token, None)
        self._begun.pop(token, None)

    def refusal(self, call: Call) -> SandboxReply | None:
        """Return None for a call with a token that is known and not expired, the 401 otherwise."""
        problem = self.problem(call)
        return None if problem is None else _unauthorized(problem)

    def problem(self, call: Call) -> str | None:
        """Return what is wrong with the token a call bears, if anything is."""
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return "A bearer token is needed."
        end = self._ends.get(token.strip())
        if end is None:
            return "The token is not known."
        return "The token has expired." if end <= self._clock() else None


def _form(call: Call) -> dict[str, str] | None:
    media_type = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded" or call.too_large:
        return None
    pairs = parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True)
    form = dict(pairs)
    return form if len(form) == len(pairs) else None


def basic(call: Call) -> tuple[str, str] | None:
    """Return the id and secret of an HTTP Basic header; a pair of nothing where it can't be read, None for none."""
    scheme, _, encoded = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ("", "")
    return unquote_plus(name), unquote_plus(secret)


def _oauth_error(status: int, code: str, description: str) -> SandboxReply:
    headers = (("WWW-Authenticate", 'Basic realm="sandbox"'),) if status == 401 else ()
    return json_reply(status, {"error": code, "error_description": description}, headers=headers)


def _unauthorized(message: str) -> SandboxReply:
    return error_reply(401, "unauthorized", message, headers=(("WWW-Authenticate", "Bearer"),))
