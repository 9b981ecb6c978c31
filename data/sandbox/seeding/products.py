"""The loan products of both sides: what BrokerEngine offers on a card, and what FLEX can link."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SandboxProduct:
    """One loan product by BrokerEngine's id; `tracked` products are those BrokerEngine would link to FLEX."""

    id: str
    lender: str
    name: str
    tracked: bool = True


_LENDERS = (
    "Harbour Mutual",
    "Coolamon Bank",
    "Banksia Credit Union",
    "Tidewater Building Society",
    "Lorikeet Bank",
    "Jacaranda Home Loans",
    "Ironbark Finance",
    "Wattle & Co",
)
_NAMES = ("Flexi Home Loan", "Basic Variable", "Fixed Rate 3 Years", "Offset Package")

# BrokerEngine tracks these two lenders; FLEX has none of their products.
MISSING_IN_FLEX = ("Ironbark Finance", "Wattle & Co")
# FLEX has this lender's products; BrokerEngine does not track them.
UNTRACKED = "Jacaranda Home Loans"
# FLEX writes this one product's name a little differently: a near miss that is not a match.
NEAR_MISS = ("Banksia Credit Union", "Basic Variable", "Basic Variable Loan")

BROKERENGINE_PRODUCTS = tuple(
    SandboxProduct(f"PR-{place}", lender, name, lender != UNTRACKED)
    for place, (lender, name) in enumerate(((x, y) for x in _LENDERS for y in _NAMES), start=1)
)


def flex_products() -> tuple[tuple[str, str], ...]:
    """FLEX's catalogue as (lender, name)."""
    known = [
        (p.lender, NEAR_MISS[2] if (p.lender, p.name) == NEAR_MISS[:2] else p.name)
        for p in BROKERENGINE_PRODUCTS
        if p.lender not in MISSING_IN_FLEX
    ]
    return (*known, ("Pelican Bay Bank", "Flexi Home Loan"), ("Pelican Bay Bank", "Reverse Mortgage"))
