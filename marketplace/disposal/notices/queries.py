"""Notices of a sale and their proof: for its seller and its debtor."""

from uuid import UUID

from sqlalchemy import select

from marketplace.disposal.notices.models import SaleNotice
from marketplace.disposal.rules.notices import Capacity
from tenants.errors import NotFound
from tenants.workspace import Workspace

ORDER = list(Capacity)


def notices_of(ws: Workspace, auction_id: UUID) -> list[SaleNotice]:
    """All of them: the debtor's first, those that are served by hand last."""
    rows = ws.session.scalars(select(SaleNotice).where(SaleNotice.auction_id == auction_id))
    return sorted(
        rows,
        key=lambda one: (one.sequence is None, ORDER.index(Capacity(one.capacity)), one.organisation, one.notice_id),
    )


def find_notice(ws: Workspace, auction_id: UUID, notice_id: UUID) -> SaleNotice:
    """One of the viewer's own, held."""
    found = ws.session.get(SaleNotice, (auction_id, notice_id), with_for_update={"key_share": True})
    if found is None or found.tenant_id != ws.tenant_id:
        raise NotFound("notice_unknown", "There is no such notice.")
    return found
