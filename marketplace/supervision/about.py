"""Which alarms speak of which goods: those about a lot, and those of a hall in which it lay."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Uuid, any_, func, or_, select, union_all

from marketplace.supervision.models.alarms import Alarm, AlarmConcern
from tenants import rooms
from tenants.workspace import Workspace

Goods = dict[UUID, tuple[UUID, ...]]


def about_any(subjects: Iterable[UUID]) -> ColumnElement[bool]:
    """Alarms about any of these lots, sites and devices, and alarms of halls that concern them. Each side by an index of its own."""
    ids = list(subjects)
    of_halls = select(AlarmConcern.alarm_id).where(AlarmConcern.lot_id.in_(ids))
    return or_(Alarm.about_id.in_(ids), Alarm.id == any_(func.array(of_halls.scalar_subquery(), type_=ARRAY(Uuid))))


def by_subject(subjects: Iterable[UUID], *columns: Any, where: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """The same as rows of (subject, columns of the alarm): an alarm of a hall is named once for each of these lots that it concerns."""
    ids = list(subjects)
    own = select(Alarm.about_id.label("subject_id"), *columns).where(Alarm.about_id.in_(ids), *where)
    of_halls = select(AlarmConcern.lot_id, *columns).join(Alarm, joined()).where(AlarmConcern.lot_id.in_(ids), *where)
    return select(union_all(own, of_halls).subquery())


def joined() -> ColumnElement[bool]:
    """An alarm with the goods that it concerns."""
    return (Alarm.tenant_id == AlarmConcern.tenant_id) & (Alarm.id == AlarmConcern.alarm_id)


def goods_of(ws: Workspace, alarms: Iterable[Alarm]) -> Goods:
    """By alarm the lots that it is about or concerns, as far as the viewer sees them; an alarm without goods has none."""
    alarms = list(alarms)
    found: dict[UUID, tuple[UUID, ...]] = {one.id: (one.lot_id,) if one.lot_id else () for one in alarms}
    halls = [one.id for one in alarms if one.lot_id is None and one.device_id]
    wanted = select(AlarmConcern.alarm_id, AlarmConcern.lot_id).where(AlarmConcern.alarm_id.in_(halls))
    for alarm_id, lot_id in ws.session.execute(wanted.order_by(AlarmConcern.lot_id)) if halls else ():
        found[alarm_id] += (lot_id,)
    return found


def in_sight(ws: Workspace) -> ColumnElement[bool]:
    """Alarms of one's own, those about what one was let in to see, and those of halls that concern it. The policy alone says the same, but by asking it of every
    alarm in the house."""
    granted = select(rooms.Grant.object_id).where(rooms.Grant.tenant_id == ws.tenant_id, rooms.Grant.ended_at.is_(None))
    seen = func.array(granted.scalar_subquery(), type_=ARRAY(Uuid))
    of_halls = select(AlarmConcern.alarm_id).where(AlarmConcern.lot_id == any_(seen))
    concerned = func.array(of_halls.scalar_subquery(), type_=ARRAY(Uuid))
    return or_(Alarm.tenant_id == ws.tenant_id, Alarm.about_id == any_(seen), Alarm.id == any_(concerned))
