"""The operations of SimpleNexus and Total Expert with the statuses that their descriptions have. Knows no request.

`tests/contracts/test_described_statuses.py` compares the table with the vendors' published descriptions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from core.push.plan import System


class DescribedOperation(Struct, frozen=True):
    """One operation: its method, its path with names in braces, and the statuses that are described for it."""

    method: str
    path: str
    statuses: frozenset[int]

    @property
    def name(self) -> str:
        """The operation as a finding names it, such as `GET /contacts/{contact_id}`."""
        return f"{self.method} {self.path}"


def _described(base: tuple[int, ...], lines: str) -> tuple[DescribedOperation, ...]:
    """Return the operations of lines such as `GET /users 200`. A path with an id also has 404 and all have `base`."""
    found = []
    for line in lines.split("\n"):
        method, path, *statuses = line.split()
        no_such = (404,) if "{" in path else ()
        found.append(DescribedOperation(method, path, frozenset({*base, *no_such, *map(int, statuses)})))
    return tuple(found)


_NCINO: Final = """POST /oauth/token 200
GET /users/loan_officers 200
GET /users/loan_officers/{loan_officer_id}/aliases 200
GET /users/borrowers 200
POST /users/borrowers 201 409
GET /users/borrowers/{user_borrower_id} 200
GET /users/loan_officers/{loan_officer_id}/partners 200
POST /users/loan_officers/{loan_officer_id}/partners 201 409
GET /users/loan_officers/{loan_officer_id}/partners/{partner_id} 200
POST /users/loan_officers/{loan_officer_id}/partners/{partner_id}/actions 204 412
GET /users/loan_officers/{loan_officer_id}/prospects 200
POST /users/loan_officers/{loan_officer_id}/prospects 201
GET /users/loan_officers/{loan_officer_id}/prospects/{prospect_id} 200
POST /users/loan_officers/{loan_officer_id}/app_shares 204
GET /loan_applications 200
GET /loan_applications/{loan_application_id} 200"""
_TOTAL_EXPERT: Final = """POST /token
GET /heartbeat
GET /teapot
GET /contacts
POST /contacts
GET /contacts/{contact_id}
PATCH /contacts/{contact_id}
GET /users
GET /contact-groups
GET /insight-types
GET /insights
POST /insights
GET /email-unsubscribes"""
RETURN_CODES: Final = (200, 201, 400, 401, 403, 405, 415, 418, 422)
"""The statuses that Total Expert describes for all operations alike, but for those of an outage."""
OPERATIONS: Final[Mapping[System, tuple[DescribedOperation, ...]]] = MappingProxyType(
    {
        System.SIMPLENEXUS: _described((400, 401, 403), _NCINO),
        System.TOTAL_EXPERT: _described(RETURN_CODES, _TOTAL_EXPERT),
    }
)
"""The operations that the desk sends. The contracts of BrokerEngine and FLEX are ours."""


def operation_of(system: System, method: str, path: str) -> DescribedOperation | None:
    """Return the operation of a request; None if it is not described. `path` may have a query."""
    bare = path.partition("?")[0]
    for operation in OPERATIONS.get(system, ()):
        if operation.method == method and _shape(operation.path).fullmatch(bare):
            return operation
    return None


@cache
def _shape(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)))
