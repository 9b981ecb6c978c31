"""The endpoints of SimpleNexus and Total Expert that the desk uses, for the messages to administrators.

Paths are written as the vendors write them. BETA is what SimpleNexus's description marks so; each client is let in for
itself. `tests/contracts/test_endpoints.py` compares the table with the requests that the desk sends.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from core.push.plan import System


class Endpoint(Struct, frozen=True):
    """One operation: its method and path, what the desk uses it for, and whether the vendor calls it BETA."""

    method: str
    path: str
    use: str
    beta: bool = False

    @property
    def line(self) -> str:
        """The operation in one line, as in `GET /users: the owners of contacts`."""
        return f"{self.method} {self.path}{' (BETA)' if self.beta else ''}: {self.use}"


_OFFICER: Final = "/users/loan_officers/{loan_officer_id}"
LIST_APPLICATIONS: Final = Endpoint(
    "GET", "/loan_applications", "which loan applications were started, submitted or left", beta=True
)
READ_APPLICATION: Final = Endpoint(
    "GET", "/loan_applications/{loan_application_id}", "how far one loan application is", beta=True
)
LIST_PROSPECTS: Final = Endpoint("GET", f"{_OFFICER}/prospects", "which prospects there are")
CREATE_PROSPECT: Final = Endpoint(
    "POST", f"{_OFFICER}/prospects", "to bring contacts of Total Expert in as prospects", beta=True
)
SHARE_APP: Final = Endpoint(
    "POST", f"{_OFFICER}/app_shares", "to send a prospect the link to the app", beta=True
)
LIST_OFFICERS: Final = Endpoint("GET", "/users/loan_officers", "who the loan officers are")
LIST_USERS: Final = Endpoint("GET", "/users", "who the users are")
LIST_TYPES: Final = Endpoint("GET", "/insight-types", "which insight types there are")
LIST_GROUPS: Final = Endpoint("GET", "/contact-groups", "which contact groups there are")
ENDPOINTS: Final[Mapping[System, tuple[Endpoint, ...]]] = MappingProxyType(
    {
        System.SIMPLENEXUS: (
            Endpoint("POST", "/oauth/token", "to sign in"),
            LIST_OFFICERS,
            Endpoint("GET", f"{_OFFICER}/aliases", "under which other emails a loan officer is known"),
            Endpoint("GET", "/users/borrowers", "which accounts there are"),
            Endpoint("GET", "/users/borrowers/{user_borrower_id}", "one account"),
            Endpoint("POST", "/users/borrowers", "to make an account, where a person asks for that"),
            Endpoint("GET", f"{_OFFICER}/partners", "which agents there are"),
            Endpoint("GET", f"{_OFFICER}/partners/{{partner_id}}", "one agent"),
            Endpoint("POST", f"{_OFFICER}/partners", "to bring agents in as partners"),
            Endpoint("POST", f"{_OFFICER}/partners/{{partner_id}}/actions", "to invite a partner"),
            LIST_PROSPECTS,
            Endpoint("GET", f"{_OFFICER}/prospects/{{prospect_id}}", "one prospect"),
            CREATE_PROSPECT,
            SHARE_APP,
            LIST_APPLICATIONS,
            READ_APPLICATION,
            Endpoint("GET", "/webhooks", "which webhooks are registered"),
            Endpoint("POST", "/webhooks", "to register our own webhook"),
            Endpoint("POST", "/webhooks/{webhook_id}/actions", "to switch our webhook on or off"),
            Endpoint("POST", "/webhooks/{webhook_id}/test_events", "to test our webhook"),
            Endpoint("GET", "/webhooks/{webhook_id}/subscriptions", "which events a webhook reports"),
            Endpoint("POST", "/webhooks/{webhook_id}/subscriptions", "to have events reported"),
            Endpoint(
                "DELETE",
                "/webhooks/{webhook_id}/subscriptions/{webhook_subscription_id}",
                "to have an event no longer reported",
            ),
        ),
        System.TOTAL_EXPERT: (
            Endpoint("POST", "/token", "to sign in"),
            Endpoint("GET", "/heartbeat", "whether the API runs"),
            Endpoint("GET", "/teapot", "whether our token works"),
            LIST_USERS,
            Endpoint("GET", "/contacts", "which contacts there are"),
            Endpoint("GET", "/contacts/{contact_id}", "one contact"),
            Endpoint("POST", "/contacts", "to make a contact of a new SimpleNexus user"),
            Endpoint("PATCH", "/contacts/{contact_id}", "to link a contact and to change its groups"),
            LIST_GROUPS,
            LIST_TYPES,
            Endpoint("GET", "/insights", "which insights a contact has"),
            Endpoint("POST", "/insights", "to put a milestone on a contact"),
            Endpoint("GET", "/email-unsubscribes", "who wants no emails"),
            Endpoint("GET", "/webhook-actions", "which events can be reported"),
            Endpoint("GET", "/webhook-subscriptions", "which webhooks are registered"),
            Endpoint("POST", "/webhook-subscriptions", "to register our own webhook"),
            Endpoint(
                "PATCH",
                "/webhook-subscriptions/{subscription_id}",
                "to change our webhook's secret or events",
            ),
            Endpoint("DELETE", "/webhook-subscriptions/{subscription_id}", "to remove our webhook"),
        ),
    }
)
"""The endpoints by system. BrokerEngine and FLEX are reached through gateways with contracts of our own."""


def endpoint_lines(*endpoints: Endpoint) -> tuple[str, ...]:
    """Return endpoints as lines of a message."""
    return tuple(endpoint.line for endpoint in endpoints)
