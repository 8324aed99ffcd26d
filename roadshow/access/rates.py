"""Plain rates of strangers: by address, and for all addresses of a network together, so that whoever has many of them
is not many."""

from dataclasses import replace

from roadshow.access.admission.origins import origin_of
from roadshow.access.limits import Limits, Rule

NEIGHBOURS = 2
"""Times what one address may do, all customers of one /24 or /48 together may."""


async def spend_from(limits: Limits, rule: Rule, address: str) -> None:
    """Count one. Raises TooMany."""
    origin = origin_of(address)
    for name in origin.narrow:
        await limits.spend(rule, name)
    if origin.wide != address:
        wide = replace(rule, amount=NEIGHBOURS * rule.amount, name=f"{rule.name}-of-network")
        await limits.spend(wide, origin.wide)
