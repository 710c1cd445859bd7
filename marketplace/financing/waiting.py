"""What of the viewer's deals waits for somebody, each in one question over all deals: for the first page that people see."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from marketplace.financing.bases.models import BaseCertificate, BaseConfirmation
from marketplace.financing.models.calls import MarginCall
from marketplace.financing.models.deals import Deal, Offer
from marketplace.financing.models.money import Drawdown
from marketplace.financing.queries import CLOSED_CALLS
from tenants import rooms
from tenants.workspace import Workspace


def count_drawdowns(ws: Workspace) -> dict[str, int]:
    """How many drawdowns of the viewer's deals stand in each state."""
    mine = rooms.granted(ws, Drawdown, Drawdown.deal_id, kind="deal").subquery()
    rows = ws.session.execute(select(mine.c.status, func.count().label("drawdowns")).group_by(mine.c.status))
    return {row.status: row.drawdowns for row in rows}


def offers_to_answer(ws: Workspace) -> tuple[int, datetime | None]:
    """How many deals of the viewer's have an offer that may still be accepted, and when the first of the offers runs out."""
    standing = rooms.granted(ws, Offer, Offer.deal_id, kind="deal").where(
        Offer.status == "OFFERED", Offer.valid_until > ws.now
    )
    mine = standing.subquery()
    deals, first = ws.session.execute(select(func.count(mine.c.deal_id.distinct()), func.min(mine.c.valid_until))).one()
    return int(deals), first


def standing_calls(ws: Workspace, *, limit: int = 50) -> list[tuple[MarginCall, str]]:
    """Margin calls that stand on the viewer's deals, each with its deal's number, the one that must be cured first on top."""
    mine = rooms.granted(ws, MarginCall, MarginCall.deal_id, kind="deal").where(MarginCall.status.not_in(CLOSED_CALLS))
    numbered = mine.add_columns(Deal.number).join(Deal, Deal.deal_id == MarginCall.deal_id)
    rows = ws.session.execute(numbered.order_by(MarginCall.cure_by).limit(limit))
    return [(call, number) for call, number in rows]


def certificates_to_confirm(ws: Workspace) -> list[UUID]:
    """Deals whose newest borrowing base certificate tells of goods that the viewer supervises, and on which it has not spoken."""
    newer = aliased(BaseCertificate)
    replaced = exists().where(newer.deal_id == BaseCertificate.deal_id, newer.number > BaseCertificate.number)
    spoken = exists().where(
        BaseConfirmation.deal_id == BaseCertificate.deal_id,
        BaseConfirmation.certificate_id == BaseCertificate.id,
        BaseConfirmation.tenant_id == ws.tenant_id,
    )
    mine = rooms.granted(ws, BaseCertificate, BaseCertificate.deal_id, kind="deal", roles={"supervisor"})
    asked = mine.where(~replaced, ~spoken, BaseCertificate.goods.contains([{"supervisor_id": str(ws.tenant_id)}]))
    return list(ws.session.scalars(select(asked.subquery().c.deal_id).distinct()))
