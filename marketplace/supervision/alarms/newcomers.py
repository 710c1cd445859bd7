"""Goods that come into a hall while an alarm of it holds: it concerns them from then on, as it concerns those that lay there before."""

from uuid import UUID

from sqlalchemy import or_, select

from marketplace.inventory.places.models import Bin, BinStay
from marketplace.supervision.alarms.raising import take_in_newcomers
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.models.devices import Attachment
from tenants.workspace import Workspace


def take_in(ws: Workspace, lot_id: UUID) -> None:
    """Let the firm's alarms that hold where this lot lies concern it too. None is raised anew."""
    over = (
        select(Attachment.device_id)
        .join(Bin, Bin.site_id == Attachment.site_id)
        .join(BinStay, (BinStay.tenant_id == Bin.tenant_id) & (BinStay.bin_id == Bin.id))
        .where(
            BinStay.lot_id == lot_id, BinStay.during.overlaps(Attachment.during), Attachment.tenant_id == ws.tenant_id
        )
        .where(Attachment.is_of_hall(), or_(Attachment.zone_id.is_(None), Attachment.zone_id == Bin.zone_id))
    )
    holding = select(Alarm).where(
        Alarm.tenant_id == ws.tenant_id, Alarm.device_id.in_(over), Alarm.cleared_at.is_(None)
    )
    for alarm in ws.session.scalars(holding.order_by(Alarm.id).with_for_update(key_share=True)).all():
        take_in_newcomers(ws, alarm)
