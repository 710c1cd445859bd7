"""Sales in which some may buy at the price that others bid."""

from typing import Any

from marketplace.disposal.rules.first_refusals import FirstRefusal
from tests.factories import Firm, World
from tests.marketplace.disposal.makers import Sale, an_auction
from tests.tenants.ownership.makers import with_code


def a_right(firm: Firm, order: int = 1) -> FirstRefusal:
    """A co-owner's right, on paper."""
    return FirstRefusal(
        with_code(firm), order, "Co-owner of the goods by shares", "Co-ownership agreement of 2025-03-01"
    )


def a_sale_with_rights(world: World, orders: dict[int, int], *, bidders: int = 3, **terms: Any) -> Sale:
    """An announced sale and its bidders, deposits in; `orders`: who of them holds a right, in which order."""
    firms = [world.firm("BUYER") for _ in range(bidders)]
    rights = tuple(a_right(firms[who], order) for who, order in orders.items())
    sale = an_auction(world, first_refusals=rights, **terms)
    for firm in firms:
        sale.bidder(firm=firm)
    return sale
