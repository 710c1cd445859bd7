"""Whom an alarm concerns, and where its story is told: on its own stream, and on the record of all goods that lie where its device hangs.

A detector in a hall raises one alarm and not one for each lot. Which goods it concerns is decided by event time: those that lay there at some moment while it
held, also where they came in later or left before anybody looked; and of these the ones that the device's firm keeps or supervises.
"""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.dialects.postgresql import Range

from marketplace.inventory.places.models import Bin, BinStay
from marketplace.supervision.models.alarms import Alarm, AlarmConcern
from marketplace.supervision.models.devices import Attachment
from tenants import rooms
from tenants.events import Fact
from tenants.rooms import Grant
from tenants.workspace import Workspace

KEEPERS = ("supervisor", "warehouse")


def concern_goods(ws: Workspace, alarm: Alarm, *, until: datetime) -> list[UUID]:
    """Write down which goods the alarm concerns that lay there before `until`, beside those that are written down already; returns the new ones.

    None where its device hangs in no hall.
    """
    if alarm.device_id is None or alarm.lot_id or alarm.tenant_id != ws.tenant_id:
        return []
    known = set(ws.session.scalars(select(AlarmConcern.lot_id).where(AlarmConcern.alarm_id == alarm.id)))
    lain = lain_under(ws, alarm.device_id, alarm.raised_at, max(until, alarm.raised_at))
    fresh = {lot_id: since for lot_id, since in lain.items() if lot_id not in known}
    for lot_id, since in fresh.items():
        ws.session.add(AlarmConcern(tenant_id=ws.tenant_id, alarm_id=alarm.id, lot_id=lot_id, since=since))
    return sorted(fresh)


def lain_under(ws: Workspace, device_id: UUID, since: datetime, until: datetime) -> dict[UUID, datetime]:
    """The lots that lay where this device of the firm's hung in a zone or over a site, at some moment of [since, until]; each from when on."""
    span, begun = (
        Range(since, until, bounds="[]"),
        func.greatest(func.lower(BinStay.during), func.lower(Attachment.during)),
    )
    wanted = (
        select(BinStay.lot_id, func.min(func.greatest(begun, since)))
        .join(Bin, (Bin.tenant_id == BinStay.tenant_id) & (Bin.id == BinStay.bin_id))
        .join(Attachment, (Attachment.site_id == Bin.site_id) & BinStay.during.overlaps(Attachment.during))
        .where(Attachment.tenant_id == ws.tenant_id, Attachment.device_id == device_id)
        .where(Attachment.is_of_hall(), or_(Attachment.zone_id.is_(None), Attachment.zone_id == Bin.zone_id))
        .where(Attachment.during.overlaps(span), BinStay.during.overlaps(span), BinStay.lot_id.in_(kept_lots(ws)))
        .group_by(BinStay.lot_id)
    )  # fmt: skip
    return {lot_id: at for lot_id, at in ws.session.execute(wanted)}  # noqa: C416 (rows are no pairs to mypy)


def tell_all(ws: Workspace, alarm: Alarm, fact: Fact, *, evidence: Sequence[UUID | str] = ()) -> None:
    """Record it where the alarm's story is told, and on the record of each lot that it concerns, under that lot's name."""
    ws.record(fact, on=stream_of(ws, alarm), evidence=evidence)
    if alarm.lot_id is None and alarm.device_id:
        _tell_goods(ws, fact, _concerned(ws, alarm), evidence)


def tell_newcomers(ws: Workspace, fact: Fact, lots: Sequence[UUID]) -> None:
    """Record it on the record of goods that an alarm concerns from now on."""
    _tell_goods(ws, fact, lots, ())


def stream_of(ws: Workspace, alarm: Alarm) -> UUID:
    """Where its story is told: on the lot, or else on the first of device and own firm that this firm has a stream for."""
    if rooms.my_roles(ws, alarm.about_id):
        return alarm.about_id
    return alarm.device_id if alarm.device_id and rooms.my_roles(ws, alarm.device_id) else ws.tenant_id


def _tell_goods(ws: Workspace, fact: Fact, lots: Sequence[UUID], evidence: Sequence[UUID | str]) -> None:
    about = any(one.name == "lot_id" for one in fields(fact))
    ws.record_all([(replace(fact, lot_id=lot_id) if about else fact, lot_id, evidence) for lot_id in lots])  # type: ignore[call-arg]


def _concerned(ws: Workspace, alarm: Alarm) -> Sequence[UUID]:
    """The goods that it concerns and that the acting firm still takes part in."""
    mine = select(Grant.object_id).where(Grant.tenant_id == ws.tenant_id, Grant.ended_at.is_(None))
    wanted = select(AlarmConcern.lot_id).where(AlarmConcern.alarm_id == alarm.id, AlarmConcern.lot_id.in_(mine))
    return ws.session.scalars(wanted.order_by(AlarmConcern.lot_id)).all()


def kept_lots(ws: Workspace) -> Select[UUID]:
    """The lots that the firm keeps or supervises: for these its devices speak."""
    keeping = (Grant.tenant_id == ws.tenant_id, Grant.kind == "lot", Grant.role.in_(KEEPERS), Grant.ended_at.is_(None))
    return select(Grant.object_id).where(*keeping)
