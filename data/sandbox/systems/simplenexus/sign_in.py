"""The token of SimpleNexus: asked for in JSON, shown, introspected and revoked. Only client credentials are offered."""

from __future__ import annotations

from data.sandbox.store import Document
from data.sandbox.systems.api import ApiOperation, Call, RefusedError, SandboxReply, json_reply
from data.sandbox.systems.auth import CLIENT_ID, CLIENT_SECRET, Tokens
from data.sandbox.systems.simplenexus.base import SimpleNexusBase

_SCOPE = "external"
_NEEDED = ("grant_type", "client_id", "client_secret")
_GRANTS = ("client_credentials", "refresh_token", "authorization_code")
_ACTION = ("action", "client_id", "client_secret", "token", "token_type_hint")


class OauthTokens:
    """Issues the tokens of the system, and checks them."""

    def __init__(self, system: SimpleNexusBase) -> None:
        self._system = system
        self._tokens = Tokens(system.clock)
        self.operations = (
            ApiOperation("POST", "/oauth/token", self._issue, open=True),
            ApiOperation("GET", "/oauth/token", self._show, open=True),
            ApiOperation("POST", "/oauth/token/actions", self._act, open=True),
        )

    def problem(self, call: Call) -> str | None:
        """Return what is wrong with the token that a call bears, if anything is."""
        return self._tokens.problem(call)

    def _issue(self, call: Call) -> SandboxReply:
        """Return a token for a JSON body with the grant, the id and the secret; errors are OAuth2's own."""
        given = _body(call, (*_NEEDED, "scope", "refresh_token", "code", "redirect_uri"), _NEEDED)
        if given is None:
            return _oauth_error(
                400, "invalid_request", "The body needs grant_type, client_id, client_secret."
            )
        if given["grant_type"] != "client_credentials":
            code = "unauthorized_client" if given["grant_type"] in _GRANTS else "unsupported_grant_type"
            return _oauth_error(400, code, "Only client_credentials is offered.")
        if not _is_ours(given):
            return _oauth_error(401, "invalid_client", "The client id or secret is wrong.")
        lifetime = int(self._system.options["token_seconds"])
        body = {
            "access_token": self._tokens.grant(lifetime),
            "token_type": "Bearer",
            "expires_in": lifetime,
            "scope": _SCOPE,
            "created_at": int(self._system.clock()),
        }
        return json_reply(200, body, headers=(("Cache-Control", "no-store"),))

    def _show(self, call: Call) -> SandboxReply:
        self._system.no_query(call)
        if (problem := self._tokens.problem(call)) is not None:
            return self._system.error(401, "unauthorized", problem)
        begun, end = self._tokens.times(call.headers["authorization"].partition(" ")[2].strip())
        body = {
            "expires_in": int(end - self._system.clock()),
            "scope": [_SCOPE],
            "created_at": int(begun),
            "credential": {"client_id": CLIENT_ID},
        }
        return json_reply(200, body)

    def _act(self, call: Call) -> SandboxReply:
        given = _body(call, _ACTION, _ACTION[1:4])
        if given is None or given.get("action") not in ("REVOKE", "INTROSPECT"):
            return _oauth_error(
                400, "invalid_request", "The body needs action, client_id, client_secret, token."
            )
        if not _is_ours(given):
            return _oauth_error(401, "invalid_client", "The client id or secret is wrong.")
        token = str(given["token"])
        begun, end = self._tokens.times(token)
        if given["action"] == "REVOKE":
            self._tokens.revoke(token)
            return json_reply(200, {"active": False})
        if end <= self._system.clock():
            return json_reply(200, {"active": False})
        known = {"active": True, "scope": _SCOPE, "client_id": CLIENT_ID, "token_type": "Bearer"}
        return json_reply(200, {**known, "exp": int(end), "iat": int(begun)})


def _body(call: Call, known: tuple[str, ...], needed: tuple[str, ...]) -> Document | None:
    """Return the body, where it is an object of texts with the needed fields and no unknown one."""
    try:
        given = call.json_object()
    except RefusedError:
        return None
    fits = set(given) <= set(known) and set(needed) <= set(given)
    return given if fits and all(isinstance(value, str) for value in given.values()) else None


def _is_ours(given: Document) -> bool:
    return (given["client_id"], given["client_secret"]) == (CLIENT_ID, CLIENT_SECRET)


def _oauth_error(status: int, code: str, description: str) -> SandboxReply:
    return json_reply(status, {"error": code, "error_description": description})
