"""What pledges wait for, in one question over all deals: for the first page that people see."""

from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import aliased

from marketplace.pledges.models import ControlRecord, Pledge
from marketplace.pledges.models_papers import Agreement, AgreementSignature
from marketplace.pledges.queries import LIVE, OFFERED
from tenants import rooms
from tenants.workspace import Workspace


def deals_awaiting_control(ws: Workspace) -> list[UUID]:
    """Deals with goods offered in pledge under the viewer's supervision, over which it has not confirmed control yet."""
    confirmed = exists().where(ControlRecord.deal_id == Pledge.deal_id, ControlRecord.tenant_id == ws.tenant_id)
    mine = (
        rooms.granted(ws, Pledge, Pledge.deal_id, kind="deal")
        .where(Pledge.supervisor_id == ws.tenant_id, Pledge.status.in_(OFFERED), ~confirmed)
        .subquery()
    )
    return list(ws.session.scalars(select(mine.c.deal_id).distinct()))


def deals_awaiting_acceptance(ws: Workspace) -> list[UUID]:
    """Deals of the viewing bank whose goods are offered and under confirmed control, so that it may accept the pledge."""
    confirmed = exists().where(ControlRecord.deal_id == Pledge.deal_id, ControlRecord.principal_id == ws.tenant_id)
    mine = (
        rooms.granted(ws, Pledge, Pledge.deal_id, kind="deal")
        .where(Pledge.bank_id == ws.tenant_id, Pledge.status.in_(OFFERED), confirmed)
        .subquery()
    )
    return list(ws.session.scalars(select(mine.c.deal_id).distinct()))


def agreements_to_sign(ws: Workspace) -> list[UUID]:
    """Deals of the viewer's, as borrower or as supervisor of goods, whose newest agreement on supervision waits for its signature."""
    newer = aliased(Agreement)
    replaced = exists().where(newer.deal_id == Agreement.deal_id, newer.id > Agreement.id)
    signed = exists().where(
        AgreementSignature.deal_id == Agreement.deal_id,
        AgreementSignature.agreement_id == Agreement.id,
        AgreementSignature.tenant_id == ws.tenant_id,
    )
    held = exists().where(
        Pledge.deal_id == Agreement.deal_id,
        Pledge.status.in_(LIVE),
        or_(Pledge.tenant_id == ws.tenant_id, Pledge.supervisor_id == ws.tenant_id),
    )
    mine = rooms.granted(ws, Agreement, Agreement.deal_id, kind="deal", roles={"borrower", "supervisor"})
    found = mine.where(~replaced, ~signed, held).subquery()
    return list(ws.session.scalars(select(found.c.deal_id).distinct()))
