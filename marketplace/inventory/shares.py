"""What a shortage says to whoever would let goods of a lot go: none while it is open, and no more than the share afterwards."""

from marketplace.inventory.models import Lot
from marketplace.quantity import Quantity
from tenants.errors import Conflict


def in_shortage(lot: Lot) -> Conflict:
    """Fewer goods of its kind are there than are claimed: whose they are is not known before they are shared out."""
    because = "Lot %(number)s is part of a shortage: its goods stay until they are shared out."
    return Conflict("lot_in_shortage", because, number=lot.number)


def require_share(lot: Lot, leaving: Quantity) -> None:
    """Refuse more of a lot than a shortage left of it. Nothing where there was none."""
    if lot.share_left is not None and leaving.amount > lot.share_left:
        raise beyond_share(Quantity(lot.share_left, lot.unit), "quantity")


def beyond_share(left: Quantity, field: str) -> Conflict:
    """What the table of a shortage leaves, and no more."""
    because = "By the table of the shortage only %(left)s may leave."
    return Conflict("beyond_share", because, field=field, left=str(left))
