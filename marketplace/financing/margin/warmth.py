"""Goods that stay too warm lose value by the hour and tell no fact of it: between the alarm and its end the loans on them are looked at each hour."""

from datetime import timedelta
from uuid import UUID

from marketplace.financing.actions import review_deal
from marketplace.financing.queries import is_deal
from marketplace.pledges.queries import pledges_of_lot
from marketplace.supervision.queries import alarms_among
from marketplace.supervision.rules.alarms import AlarmStatus
from marketplace.valuation.queries import policies
from tenants.workspace import Workspace

WARM = "temperature"  # the alarm, and what a degree-hour is of
HOUR = timedelta(hours=1)
ACTIVE = {AlarmStatus.ACTIVE_UNACK, AlarmStatus.ACTIVE_ACK}


def await_look(ws: Workspace, lot_id: UUID) -> None:
    """Look again in an hour, once however many sensors say so; never where the bank counts no degree-hours."""
    if any(one.loss_per_degree_hour for one in policies(ws, bank_id=ws.tenant_id)):
        due = ws.now + HOUR
        ws.set_timer("financing.look_while_warm", key=f"{lot_id}:{due:%Y-%m-%dT%H}", due=due, stream_id=lot_id)


def look_while_warm(ws: Workspace, lot_id: UUID) -> None:
    """An hour has passed: look at the loans of ours on these goods, if they are too warm still. Its end is a fact, and is looked at as one."""
    if not any(one.type == WARM and one.status in ACTIVE for one in alarms_among(ws, [lot_id])):
        return
    deals = deals_on(ws, lot_id)
    for deal_id in deals:
        review_deal(ws, deal_id, cause="alarm")
    if deals:
        await_look(ws, lot_id)


def deals_on(ws: Workspace, lot_id: UUID) -> list[UUID]:
    """The bank's loans that a lot carries, in one order."""
    mine = {one.deal_id for one in pledges_of_lot(ws, lot_id) if one.bank_id == ws.tenant_id}
    return [deal_id for deal_id in sorted(mine) if is_deal(ws, deal_id)]
