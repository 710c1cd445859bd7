"""The call that pledges a warehouse receipt."""

from uuid import UUID

from frontend.api import Shape
from frontend.pledges.api import DealPledges, pledge_view
from frontend.pledges.blueprint import api
from marketplace.financing import actions as financing
from marketplace.pledges.queries import pledges_of_deal
from tenants.workspace import Workspace


class ReceiptPledgeBody(Shape):
    """Under which of the caller's agreed deals."""

    deal_id: UUID


@api.act("/receipts/<uuid:receipt_id>/pledges", takes=ReceiptPledgeBody, gives=DealPledges, status=201)
def pledge_receipt(ws: Workspace, receipt_id: UUID, body: ReceiptPledgeBody) -> DealPledges:
    """Offer a receipt under a deal and sign its endorsement in pledge; the warehouse signs after. Answers with what the deal holds now."""
    deal = financing.top_up_by_receipt(ws, body.deal_id, receipt_id)
    return DealPledges(items=[pledge_view(row) for row in pledges_of_deal(ws, deal.deal_id)])
