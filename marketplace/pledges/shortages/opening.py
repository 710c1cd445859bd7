"""A shortage is reported: at once, by one person, all goods of that kind at the site stop, whoever's they are."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from marketplace.business_days import business_time_after
from marketplace.inventory.events import LotFrozen
from marketplace.inventory.models import Lot
from marketplace.inventory.queries import find_lot
from marketplace.inventory.rules.items import SERIALISED
from marketplace.pledges.shortages.drawing import draw_shares
from marketplace.pledges.shortages.events import ShortageOpened
from marketplace.pledges.shortages.models import Shortage
from marketplace.pledges.shortages.queries import find_shortage, lines_of, lots_of
from marketplace.quantity import Quantity, base_units
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotAllowed
from tenants.events import sentence
from tenants.ownership.queries import relation
from tenants.workspace import Workspace

# What left before is not brought into account: the six months of Enterprise Bankruptcy Law 32.
LOOK_BACK = timedelta(days=183)
OBJECTION_DAYS = 5
OPEN = text("select gate.open_shortage(:id, :number, :lot, :found, :because, cast(:evidence as jsonb), :since, :until, cast(:reason as jsonb))")  # fmt: skip

CleanCount = Callable[[Workspace, UUID], datetime | None]
CLEAN_COUNTS: list[CleanCount] = []


def tells_clean_counts(count: CleanCount) -> CleanCount:
    """Register what knows when the goods of a site were last counted whole."""
    CLEAN_COUNTS.append(count)
    return count


def open_shortage(
    ws: Workspace, lot_id: UUID, *, found: Quantity, because: str, evidence: Sequence[UUID | str] = ()
) -> Shortage:
    """So much was found of goods like this lot at its site (or in its bulk), and more of them is claimed: stop them all, take the claims, tell everybody.

    The supervisor of the lot or its warehouse may. `evidence`: the count, weighings or inspections. Freezes that stand already stay as they are. Refuses goods
    that are kept item by item, a count that is not short of the claims, and goods in an open shortage.
    """
    ws.may("report_shortage")
    lot = find_lot(ws, lot_id)
    _require_keeper(ws, lot)
    require_told(because, evidence)
    there = found.to(lot.unit, field="found")
    if there.amount < 0:
        raise Invalid("quantity_not_positive", "A quantity is not below zero.", field="found")
    shortage_id = new_id()
    _stop(ws, shortage_id, lot, there, because.strip()[:500], evidence)
    return _told(ws, find_shortage(ws, shortage_id), evidence)


def look_back(ws: Workspace, site_id: UUID) -> datetime:
    """Since when what left counts as received: the last count that found everything, and at most six months."""
    counts = [at for at in (count(ws, site_id) for count in CLEAN_COUNTS) if at is not None]
    return max([*counts, ws.now - LOOK_BACK])


def _require_keeper(ws: Workspace, lot: Lot) -> None:
    if ws.tenant_id not in (lot.warehouse_id, lot.supervisor_id):
        raise NotAllowed("keepers_only", "Only the supervisor or the warehouse of these goods reports a shortage.")
    if lot.tracking == SERIALISED:
        raise Conflict("items_told_apart", "Goods kept item by item can be told apart: report which are missing.", field="lot_id")  # fmt: skip


def _stop(
    ws: Workspace, shortage_id: UUID, lot: Lot, found: Quantity, because: str, evidence: Sequence[UUID | str]
) -> None:
    number = f"SH{ws.now:%y%m%d}-{shortage_id.hex[-4:].upper()}"
    given = {
        "id": shortage_id, "number": number, "lot": lot.id, "found": base_units(found), "because": because,
        "evidence": json.dumps([str(one) for one in evidence]), "since": look_back(ws, lot.site_id),
        "until": business_time_after(ws.now, OBJECTION_DAYS), "reason": json.dumps(sentence("Shortage %(number)s", number=number)),
    }  # fmt: skip
    try:
        with ws.session.begin_nested():
            ws.session.execute(OPEN, given)
    except DBAPIError as refused:
        _tell_why(refused)
        raise


def _tell_why(refused: DBAPIError) -> None:
    state = getattr(refused.orig, "sqlstate", "")
    if state == "23514":
        raise nothing_short() from refused
    if state == "55006":
        raise Conflict("shortage_open", "A shortage of these goods is open already.") from refused
    if state == "55000":
        raise Conflict("nothing_here", "No such goods lie at the site.", field="lot_id") from refused


def require_told(because: str, evidence: Sequence[UUID | str]) -> None:
    """Refuse a count without its reason, or without what shows it."""
    if not because.strip():
        raise Invalid("reason_missing", "Say why.", field="because")
    if not evidence:
        raise Invalid("evidence_missing", "Name the count, weighing or inspection that shows it.", field="evidence")


def nothing_short() -> Invalid:
    """Where all is there, nothing has to be shared."""
    return Invalid("nothing_short", "What was found must be below what is claimed.", field="found")


def _told(ws: Workspace, shortage: Shortage, evidence: Sequence[UUID | str]) -> Shortage:
    fact = ShortageOpened(
        shortage_id=shortage.id, number=shortage.number, product=shortage.product_name, site=shortage.site_name, found=shortage.found,
        claimed=shortage.claimed, because=shortage.because, objections_until=shortage.objections_until,
    )  # fmt: skip
    ws.record(fact, on=shortage.id, evidence=evidence)
    if shortage.tenant_id == ws.tenant_id or shortage.warehouse_id == ws.tenant_id:
        tell_lots(ws, shortage)
    if shortage.tenant_id == ws.tenant_id:
        draw_shares(ws, shortage)
    return shortage


def tell_lots(ws: Workspace, shortage: Shortage) -> None:
    """On each lot that it froze: why."""
    frozen = [one.lot_id for one in lots_of(ws, shortage.id) if one.froze]
    lots = ws.session.scalars(select(Lot).where(Lot.id.in_(frozen)).order_by(Lot.id).execution_options(populate_existing=True))  # fmt: skip
    ws.record_all([
        (LotFrozen(lot_id=lot.id, number=lot.number, reason=lot.frozen_reason or {}, kept_status=lot.kept_status or ""), lot.id, [shortage.id])
        for lot in lots
    ])  # fmt: skip


def require_decider(ws: Workspace, shortage: Shortage, *, status: str = "OPEN") -> None:
    """Refuse all but the supervisor that decides it, and that one too where it is a party: the warehouse's or a claimant's own house, or one related to it.

    `status`: where the shortage has to stand, open or, for goods that turn up later, confirmed.
    """
    if shortage.tenant_id != ws.tenant_id:
        raise NotAllowed("shortage_decided_elsewhere", "The supervisor of these goods decides it.")
    parties = {shortage.warehouse_id, *(one.tenant_id for one in lines_of(ws, shortage.id))}
    if any(relation(ws, ws.tenant_id, party) for party in parties):
        raise NotAllowed("supervisor_is_party", "Who keeps the goods or claims of them does not decide on them.")
    if shortage.status == status:
        return
    if status == "OPEN":
        raise Conflict("shortage_decided", "Shortage %(number)s is decided.", number=shortage.number)
    raise Conflict("table_not_confirmed", "The table of shortage %(number)s is not confirmed: while it is open, goods are counted again.", number=shortage.number)  # fmt: skip
