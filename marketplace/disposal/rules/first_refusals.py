"""Rights of first refusal (优先购买权) as they are published: who may buy at the price that another bids, on which ground, in which order.

Source: 网络司法拍卖规定 13 (who holds such a right, and of what nature, is published with the sale), 19 (the order is settled before bidding) and 21 (as much as
another bids is enough; of several the one whose right comes first buys, of equals the earlier bid). `rules.bidding` says what a bid by right does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tenants.errors import Conflict, Invalid

MOST_RIGHTS = 20
SHORTEST_TEXT, LONGEST_TEXT = 3, 200


@dataclass(frozen=True, slots=True)
class FirstRefusal:
    """A right as the seller names it: its holder by credit code or LEI, its order (1 comes first; equals share one), the ground of it and the paper that shows it."""

    code: str
    order: int
    ground: str
    evidence: str


def require_rights(rights: Sequence[FirstRefusal], *, bids_are_open: bool) -> None:
    """Refuse rights where nobody sees a price at which to buy, too many of them, a holder named twice, an order out of range, and words missing."""
    if rights and not bids_are_open:
        raise Conflict("right_needs_open_bids", "Who may buy at the price that another bids has to see it: choose rising bids.", field="method")  # fmt: skip
    if len(rights) > MOST_RIGHTS:
        raise Invalid("too_many_rights", "Name at most %(most)s rights of first refusal.", field="first_refusals", most=MOST_RIGHTS)  # fmt: skip
    if len({one.code for one in rights}) < len(rights):
        raise Invalid("right_named_twice", "Each holder of a right of first refusal is named once.", field="first_refusals")  # fmt: skip
    for one in rights:
        if not 1 <= one.order <= MOST_RIGHTS:
            raise Invalid("right_order_wrong", "The order of a right is a number from 1 to %(most)s.", field="first_refusals", most=MOST_RIGHTS)  # fmt: skip
        if not all(SHORTEST_TEXT <= len(words) <= LONGEST_TEXT for words in (one.ground, one.evidence)):
            raise Invalid("right_unfounded", "Say on which ground the right stands and which paper shows it, in 3 to 200 characters each.", field="first_refusals")  # fmt: skip
