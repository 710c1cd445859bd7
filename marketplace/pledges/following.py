"""When lots become other lots: what pledges ask before they follow their units. The database asks the same again (`constraints.FOLLOW`)."""

from collections.abc import Sequence

from sqlalchemy import select

from marketplace.inventory.actions import guards_conversion
from marketplace.inventory.conversions.descent import consents_of
from marketplace.inventory.conversions.models import Conversion
from marketplace.inventory.models import Lot
from marketplace.pledges.models import Pledge, ReleaseOrder
from marketplace.pledges.rules.lifecycle import ReleaseState
from tenants.errors import Conflict
from tenants.workspace import Workspace


@guards_conversion
def require_holders_consent(ws: Workspace, plan: Conversion, lots: Sequence[Lot]) -> None:
    """Refuse to make other lots of goods that a bank holds and did not consent about, or that it has ordered to be released."""
    lot_ids = [lot.id for lot in lots]
    ordered = select(ReleaseOrder).where(ReleaseOrder.lot_id.in_(lot_ids), ReleaseOrder.status == ReleaseState.ORDERED)
    if ws.session.scalars(ordered).first():
        raise Conflict("release_open", "An order to release these goods is open: carry it out or revoke it first.")
    consented = {one.tenant_id for one in consents_of(ws, plan.id)}
    live = select(Pledge.bank_id).where(Pledge.lot_id.in_(lot_ids), Pledge.ended_at.is_(None))
    if not set(ws.session.scalars(live)) <= consented:
        raise Conflict("holders_consent", "A bank that holds part of this lot has not consented.")
