"""The token, the heartbeat and the teapot.

A token is asked for with HTTP Basic and the grant in JSON. Only client credentials are offered, which are an admin's;
the other two documented grants are a single user's.
"""

from __future__ import annotations

import json
import re
from collections import deque

from data.sandbox.store import Document
from data.sandbox.systems.api import ApiOperation, Call, RefusedError, SandboxReply, json_reply
from data.sandbox.systems.auth import CLIENT_ID, CLIENT_SECRET, Tokens, basic
from data.sandbox.systems.total_expert.base import TotalExpertBase, has_room
from data.sandbox.systems.total_expert.queries import no_query

LIFETIME = 3600
"""Seconds that a token lasts."""
_SCOPES = "leadInteraction loanInteraction"
_FIELDS = ("grant_type", "scope", "code", "redirect_uri", "refresh_token")


class SignIn:
    """Issues the tokens of the system, and checks them."""

    def __init__(self, system: TotalExpertBase) -> None:
        self._system = system
        self._tokens = Tokens(system.clock, LIFETIME)
        self._granted: deque[float] = deque()
        self.operations = (
            ApiOperation("POST", "/token", self._issue, open=True),
            ApiOperation("GET", "/heartbeat", self._heartbeat, open=True),
            ApiOperation("GET", "/teapot", self._teapot),
        )

    def problem(self, call: Call) -> str | None:
        """Return what is wrong with the token that a call bears, if anything is."""
        return self._tokens.problem(call)

    def _issue(self, call: Call) -> SandboxReply:
        if basic(call) != (CLIENT_ID, CLIENT_SECRET):
            return _oauth_error("invalid_client", "The client credentials are invalid")
        most = self._system.options["tokens_an_hour"]
        if not has_room(self._granted, self._system.clock(), 3600, most):
            return self._system.error(429, "too-many-requests", "Too many token requests in an hour.")
        given = self._asked(call)
        if given.get("grant_type") != "client_credentials":
            return _oauth_error("unsupported_grant_type", "Only client_credentials is offered.")
        scope = given.get("scope", _SCOPES)
        body = {
            "access_token": self._tokens.grant(),
            "expires_in": LIFETIME,
            "token_type": "bearer",
            "scope": scope,
        }
        return json_reply(200, body, headers=(("Cache-Control", "no-store"),))

    def _asked(self, call: Call) -> Document:
        """Return what is asked for; a form is taken too, outside the strict setting."""
        no_query(call, strict=self._system.strict)
        try:
            return self._system.known("attribute", self._system.body(call), _FIELDS)
        except RefusedError:
            if self._system.strict:
                raise
            found = re.search(r"(?:^|&)grant_type=([a-z_]+)(?:&|$)", call.body.decode("utf-8", "replace"))
            return {"grant_type": found[1]} if found else {}

    def _heartbeat(self, call: Call) -> SandboxReply:
        no_query(call, strict=self._system.strict)
        if not self._system.has_room():
            return self._system.error(429, "too-many-requests", "Too many requests in a minute.")
        return json_reply(200, {"running_item": "Total Expert External API"})

    def _teapot(self, call: Call) -> SandboxReply:
        no_query(call, strict=self._system.strict)
        return json_reply(418, {"code": "418 I'm a teapot", "status": "short and stout"})


def _oauth_error(code: str, description: str) -> SandboxReply:
    return SandboxReply(400, json.dumps({"error": code, "error_description": description}).encode("ascii"))
