"""The end of a shortage, by two people of its supervisor: the table is confirmed and each share may leave, or there was no shortage."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from marketplace.inventory.events import LotUnfrozen
from marketplace.inventory.models import Lot
from marketplace.inventory.queries import lock_lots
from marketplace.inventory.standing import write_down
from marketplace.pledges.shortages.drawing import digest_of, draw_shares, line_digest
from marketplace.pledges.shortages.events import ShareFixed, ShortageConfirmed, ShortageLifted, ShortageRecounted
from marketplace.pledges.shortages.models import Shortage, ShortageLot
from marketplace.pledges.shortages.opening import nothing_short, require_decider, require_told
from marketplace.pledges.shortages.queries import find_shortage, lines_of, lots_of, objections_of, sums_of
from marketplace.quantity import Quantity, base_units
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.errors import Conflict, Invalid
from tenants.events import sentence
from tenants.workspace import Workspace

RECOUNT = text("select gate.recount_shortage(:id, :found)")
END = text("select gate.end_shortage(:id, :outcome, :digest)")


def recount_shortage(
    ws: Workspace, shortage_id: UUID, *, found: Quantity, because: str, evidence: Sequence[UUID | str] = ()
) -> Shortage:
    """Another count: what it found takes the place of the first, and all shares rise or fall with it alike. Refuses all but the supervisor that decides,
    and a count that finds everything: then the shortage is lifted.
    """
    ws.may("report_shortage")
    shortage = find_shortage(ws, shortage_id, lock=True)
    require_decider(ws, shortage)
    require_told(because, evidence)
    before, there = shortage.found, found.to(shortage.unit, field="found")
    try:
        with ws.session.begin_nested():
            ws.session.execute(RECOUNT, {"id": shortage.id, "found": base_units(there)})
    except DBAPIError as refused:
        if getattr(refused.orig, "sqlstate", "") == "23514":
            raise nothing_short() from refused
        raise
    fact = ShortageRecounted(shortage_id=shortage.id, number=shortage.number, before=before, found=there, because=because.strip()[:500])  # fmt: skip
    ws.record(fact, on=shortage.id, evidence=evidence)
    draw_shares(ws, find_shortage(ws, shortage.id))
    return find_shortage(ws, shortage.id)


def propose_confirmation(ws: Workspace, shortage_id: UUID) -> Approval:
    """Put the table before a colleague. Refuses it before the time for objections is over, while one is open, and from a supervisor that is a party."""
    shortage = find_shortage(ws, shortage_id)
    require_decider(ws, shortage)
    _require_uncontested(ws, shortage)
    summary = sentence("Table of shortage %(number)s: %(found)s for claims of %(claimed)s", number=shortage.number, found=shortage.found, claimed=shortage.claimed)  # fmt: skip
    return approvals.propose(ws, "confirm_shortage", subject_id=shortage.id, summary=summary, digest=_digest(ws, shortage))  # fmt: skip


def propose_lifting(ws: Workspace, shortage_id: UUID, *, because: str) -> Approval:
    """Put it before a colleague that there is no shortage after all. The warehouse is never one of the two."""
    shortage = find_shortage(ws, shortage_id)
    require_decider(ws, shortage)
    _require_reason(because)
    summary = sentence("Lifting of shortage %(number)s: %(because)s", number=shortage.number, because=because.strip())
    return approvals.propose(ws, "lift_shortage", subject_id=shortage.id, summary=summary, because=because.strip()[:500])  # fmt: skip


@upon_approval("confirm_shortage")
def _confirm(ws: Workspace, approval: Approval) -> None:
    shortage = find_shortage(ws, approval.subject_id, lock=True)
    require_decider(ws, shortage)
    _require_uncontested(ws, shortage)
    digest = _digest(ws, shortage)
    if digest != approval.payload["digest"]:
        raise Conflict("table_changed", "The table changed since it was proposed: propose it again.")
    _end(ws, shortage, "CONFIRMED", digest)
    fact = ShortageConfirmed(shortage_id=shortage.id, number=shortage.number, found=shortage.found, claimed=shortage.claimed, digest=digest)  # fmt: skip
    ws.record(fact, on=shortage.id, evidence=[approval.id, digest])
    report_losses(ws, find_shortage(ws, shortage.id))


@upon_approval("lift_shortage")
def _lift(ws: Workspace, approval: Approval) -> None:
    shortage = find_shortage(ws, approval.subject_id, lock=True)
    require_decider(ws, shortage)
    _end(ws, shortage, "LIFTED", None)
    fact = ShortageLifted(shortage_id=shortage.id, number=shortage.number, because=approval.payload["because"])
    ws.record(fact, on=shortage.id, evidence=[approval.id])


def report_losses(ws: Workspace, shortage: Shortage) -> None:
    """What of the lots that the acting firm supervises is not there is written off them: value and margin follow. Run again it changes nothing."""
    mine = [one.lot_id for one in lots_of(ws, shortage.id) if one.supervisor_id == ws.tenant_id]
    because = sentence("Shortage %(number)s", number=shortage.number)
    for lot in lock_lots(ws, mine):
        if lot.verified is not None and lot.share_left is not None and lot.share_left < lot.verified.amount:
            write_down(ws, lot, Quantity(lot.share_left, lot.unit), because, [shortage.id, shortage.digest or ""])


def fix_share(ws: Workspace, shortage: Shortage) -> None:
    """Write a claimant's share into its own record, by the digests of its lines."""
    lines = lines_of(ws, shortage.id)
    mine = [one for one in lines if one.tenant_id == ws.tenant_id]
    sums = sums_of(mine, shortage.unit)
    assert sums.share is not None, "a confirmed table is drawn"
    fact = ShareFixed(
        shortage_id=shortage.id, number=shortage.number, claimed=sums.claimed, taken=sums.taken, share=sums.share,
        digest=shortage.digest or "", lines=sorted(line_digest(one) for one in mine),
    )  # fmt: skip
    ws.record(fact, on=ws.tenant_id, evidence=[shortage.id, shortage.digest or ""])


def _end(ws: Workspace, shortage: Shortage, outcome: str, digest: str | None) -> None:
    """Lift what the shortage froze, tell it on each lot, and let the gate end it; other freezes stay."""
    rows = lots_of(ws, shortage.id)
    _tell_unfrozen(ws, shortage, rows)
    ws.session.execute(END, {"id": shortage.id, "outcome": outcome, "digest": digest})


def _tell_unfrozen(ws: Workspace, shortage: Shortage, rows: Sequence[ShortageLot]) -> None:
    frozen = select(Lot).where(Lot.id.in_([one.lot_id for one in rows if one.froze]), Lot.kept_status.is_not(None))
    ws.record_all([
        (LotUnfrozen(lot_id=lot.id, number=lot.number, status=lot.kept_status or "", frozen_by=lot.frozen_by or ws.tenant_id, because=shortage.number), lot.id, [shortage.id])
        for lot in ws.session.scalars(frozen.order_by(Lot.id))
    ])  # fmt: skip


def _require_uncontested(ws: Workspace, shortage: Shortage) -> None:
    if ws.now < shortage.objections_until:
        raise Conflict("objections_possible", "Claimants may object until %(until)s.", until=shortage.objections_until)
    if any(one.status == "OPEN" for one in objections_of(ws, shortage.id)):
        raise Conflict("objections_open", "Objections are still to be decided.")


def _digest(ws: Workspace, shortage: Shortage) -> str:
    return digest_of(lines_of(ws, shortage.id))


def _require_reason(because: str) -> None:
    if not because.strip():
        raise Invalid("reason_missing", "Say why.", field="because")
