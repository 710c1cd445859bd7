"""A lot's life for a partner's system: its events as the viewer may read them, in EPCIS 2.0."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.inventory.items.models import LotItem
from marketplace.inventory.places.queries import find_site
from marketplace.inventory.queries import find_lot, identity_of
from marketplace.inventory.rules import epcis
from marketplace.inventory.rules.identity import RESOLVER
from tenants.events import Event
from tenants.workspace import Workspace


def life_of(ws: Workspace, lot_id: UUID, *, house: str) -> dict[str, Any]:
    """The EPCIS document of a lot. `house`: where this house is reached, for what GS1 has no word or key for. Refuses a lot that the viewer may not see."""
    lot = find_lot(ws, lot_id)
    items = ws.session.execute(select(LotItem.serial, LotItem.path).where(LotItem.lot_id == lot_id)).all()
    site = find_site(ws, lot.site_id)
    goods = epcis.Goods(
        link=RESOLVER + identity_of(ws, lot_id).path,
        items={serial: RESOLVER + path for serial, path in items},
        place=f"{RESOLVER}/414/{site.gln}" if site.gln else f"{house}/sites/{site.id}",
        ours=f"{house}/epcis/",
    )
    wanted = select(Event).where(Event.stream_id == lot_id, Event.kind.in_(epcis.STEPS)).order_by(Event.sequence)
    return epcis.document(goods, (_recorded(one) for one in ws.session.scalars(wanted)), ws.now)


def _recorded(event: Event) -> epcis.Recorded:
    return epcis.Recorded(event.id, event.kind, event.at, event.values, event.sequence, event.hash.hex())
