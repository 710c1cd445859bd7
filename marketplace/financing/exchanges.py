"""Exchanging goods of a running deal: the new goods are offered and the exchange is asked for, in one act of the borrower."""

from uuid import UUID

from marketplace.financing.agreeing.requests import top_up
from marketplace.pledges import actions as pledges
from marketplace.pledges.models_papers import Substitution
from marketplace.quantity import Quantity
from tenants.workspace import Workspace


def ask_substitution(
    ws: Workspace,
    deal_id: UUID,
    *,
    leaving_lot_id: UUID,
    leaving: Quantity,
    coming_lot_id: UUID,
    coming: Quantity,
    because: str,
) -> Substitution:
    """Offer new goods under a deal in place of old ones. Refuses what a top-up refuses, and what an exchange does."""
    top_up(ws, deal_id, [(coming_lot_id, coming)])
    return pledges.ask_substitution(
        ws,
        deal_id,
        leaving_lot_id=leaving_lot_id,
        leaving=leaving,
        coming_lot_id=coming_lot_id,
        coming=coming,
        because=because,
    )
