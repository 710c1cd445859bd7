"""Looking at undertakings: a deal's, one's own, and each in figures."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from marketplace.guarantees.models import Guarantee, GuaranteeEntry
from marketplace.guarantees.rules import EntryKind, GuaranteeKind, Tally
from marketplace.money import Money
from tenants import rooms
from tenants.errors import NotFound
from tenants.workspace import Workspace

MOST_ROWS = 500


def find_guarantee(ws: Workspace, guarantee_id: UUID, *, lock: bool = False) -> Guarantee:
    """One undertaking of a deal in which the viewer is bank, core enterprise or borrower. `lock`: hold it, anew from the database."""
    wanted = select(Guarantee).where(Guarantee.id == guarantee_id)
    if lock:
        wanted = wanted.with_for_update(key_share=True)
    found = ws.session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound("guarantee_unknown", "There is no such undertaking.")
    return found


def list_guarantees(ws: Workspace, *, status: str | None = None) -> list[Guarantee]:
    """The viewer's undertakings, newest first, from its own grants."""
    wanted = rooms.granted(ws, Guarantee, Guarantee.deal_id, kind="deal")
    if status:
        wanted = wanted.where(Guarantee.status.in_(status.split(",")))
    return list(ws.session.scalars(wanted.order_by(Guarantee.id.desc()).limit(MOST_ROWS)))


def guarantees_of(ws: Workspace, deal_id: UUID) -> list[Guarantee]:
    """Those behind one deal, in the order in which they were asked for."""
    return list(ws.session.scalars(select(Guarantee).where(Guarantee.deal_id == deal_id).order_by(Guarantee.id)))


def entries_of(ws: Workspace, guarantee: Guarantee) -> list[GuaranteeEntry]:
    """What was entered under it, newest first."""
    wanted = select(GuaranteeEntry).where(
        GuaranteeEntry.deal_id == guarantee.deal_id, GuaranteeEntry.guarantee_id == guarantee.id
    )
    return list(ws.session.scalars(wanted.order_by(GuaranteeEntry.id.desc())))


def tallies(ws: Workspace, guarantees: Sequence[Guarantee]) -> dict[UUID, Tally]:
    """Each of them in figures, by one question."""
    found = ws.session.execute(
        select(GuaranteeEntry.guarantee_id, GuaranteeEntry.kind, func.sum(GuaranteeEntry.amount_minor).label("minor"))
        .where(GuaranteeEntry.deal_id.in_({one.deal_id for one in guarantees}))
        .group_by(GuaranteeEntry.guarantee_id, GuaranteeEntry.kind)
    )
    sums: dict[UUID, dict[str, int]] = defaultdict(dict)
    for row in found:
        sums[row.guarantee_id][row.kind] = int(row.minor)
    return {one.id: _tally(one, sums[one.id]) for one in guarantees}


def tally_of(ws: Workspace, guarantee: Guarantee) -> Tally:
    """One of them in figures."""
    return tallies(ws, [guarantee])[guarantee.id]


def _tally(guarantee: Guarantee, sums: dict[str, int]) -> Tally:
    entered = {kind: Money(sums.get(kind, 0), guarantee.currency) for kind in EntryKind}
    return Tally(
        GuaranteeKind(guarantee.kind),
        guarantee.amount,
        deposited=entered[EntryKind.DEPOSIT],
        notified=entered[EntryKind.NOTICE],
        delivered=entered[EntryKind.DELIVERY],
        paid=entered[EntryKind.PAYMENT],
    )
