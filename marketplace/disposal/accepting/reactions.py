"""What follows a payment by itself: time runs out, nothing is left to collect, a dispute is heard, goods that came back end their sale, goods that stay are gone from the lot."""

from uuid import UUID

from marketplace.disposal import handing_over
from marketplace.disposal.accepting import collecting, disputing, emptied, mediating, returning
from marketplace.disposal.accepting.events import GoodsDisputed, GoodsReturned, SaleFinal
from marketplace.inventory.events import QuantityShrunk
from tenants.events import Happened, reacts_to
from tenants.workspace import Workspace


@reacts_to(roles=set())
def lapse_acceptance(ws: Workspace, happened: Happened) -> None:
    """The buyer's time to collect, or to accept, is over. Of nothing it has accepted nothing."""
    if not emptied.end_empty_sale(ws, happened.stream_id):
        collecting.lapse_acceptance(ws, happened.stream_id, int(happened.facts["attempt"]))


@reacts_to(QuantityShrunk, roles={"bank"})
def end_empty_sales(ws: Workspace, happened: Happened) -> None:
    """Goods were written off: sales of which nothing is left to hand over end."""
    emptied.end_empty_sales(ws, happened.stream_id)


@reacts_to(roles=set())
def escalate_dispute(ws: Workspace, happened: Happened) -> None:
    """The time to settle a dispute is over."""
    mediating.escalate_dispute(ws, happened.stream_id)


@reacts_to(GoodsDisputed, roles={"seller"})
def hear_dispute(ws: Workspace, happened: Happened) -> None:
    """A buyer disputes: the seller's side follows."""
    disputing.hear_dispute(ws, happened.stream_id)


@reacts_to(GoodsReturned, roles={"bank"})
def undo_sale(ws: Workspace, happened: Happened) -> None:
    """The goods are back."""
    returning.undo_sale(ws, UUID(happened.facts["auction_id"]))


@reacts_to(SaleFinal, roles={"warehouse"})
def let_goods_go(ws: Workspace, happened: Happened) -> None:
    """The sale is final: the goods that its buyer has are no longer the lot's."""
    handing_over.let_goods_go(ws, UUID(happened.facts["auction_id"]))
