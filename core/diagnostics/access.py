"""What an administrator is asked for so that the desk gets into a system: an API client, its endpoints, a gateway."""

from __future__ import annotations

from typing import Final

from core.diagnostics.asks import ASKED_ABOUT, AdminRequest, bullets
from core.diagnostics.endpoints import ENDPOINTS, endpoint_lines
from core.diagnostics.findings import Finding, asking
from core.push.plan import System
from core.systems import display_name

_REASONS: Final = {
    "no-secret": "We have no client id and secret yet, or not the secret.",
    "not-configured": "We have neither an address nor a client id and secret yet.",
    "wrong-secret": "Our client id and secret are not accepted.",
    "not-authorised": "Our client signs in, and its token is then not accepted.",
    "forbidden": "Our client signs in, and is then refused with 403.",
    "teapot": "Our client signs in, and GET /teapot then says that the token does not work.",
}
"""The codes of findings because of which access is asked for, each with the reason in a message."""


def asking_for_access(system: System, finding: Finding) -> Finding:
    """Return a finding with the request for access to a system, if the finding says that access is missing."""
    if finding.code not in _REASONS:
        return finding
    return asking(finding, _access(system, _REASONS[finding.code]))


def _access(system: System, reason: str) -> AdminRequest:
    name = display_name(system)
    endpoints = ENDPOINTS.get(system)
    if endpoints is None:
        needed = (
            f"Please give us the address of your gateway to {name}, which speaks the REST contract of brokerdesk, and "
            "a client id and secret for it (OAuth 2.0, client credentials)."
        )
    else:
        needed = (
            f"Please give us an API client in {name} (OAuth 2.0, client credentials) that may use these endpoints, "
            f"each of which is switched on for itself:\n{bullets(endpoint_lines(*endpoints))}"
        )
    message = f"{reason} {needed}\nPlease hand the secret over in a safe way, not by email."
    return AdminRequest(ASKED_ABOUT[system], f"Access to {name}", message)


def asking_for_version(system: System, finding: Finding, version: str) -> Finding:
    """Return a finding with the request for a version of our contract, such as "1.1"."""
    message = (
        f"Your gateway to {display_name(system)} speaks another version of brokerdesk's REST contract than our desk "
        f"needs. Please bring it to version {version}: the contract and a check of a gateway (brokerdesk gateway check "
        "URL) come with brokerdesk."
    )
    return asking(finding, AdminRequest(ASKED_ABOUT[system], f"Version {version} of the contract", message))
