"""Goods that a confirmed shortage missed turn up: two people of its supervisor put them back, and each claimant has its part of them by the same table."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.inventory.found_events import QuantityFound
from marketplace.pledges.rules.shortages import share_found
from marketplace.pledges.shortages.drawing import digest_of
from marketplace.pledges.shortages.events import MissingFound
from marketplace.pledges.shortages.models import Shortage
from marketplace.pledges.shortages.opening import require_decider, require_told
from marketplace.pledges.shortages.queries import as_lines, find_shortage, lines_of
from marketplace.quantity import Quantity, base_units
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.errors import Conflict
from tenants.events import sentence
from tenants.workspace import Workspace

PUT_BACK = text("select lot, called, before, after from gate.put_back_found(:id, :more, cast(:lines as uuid[]), cast(:shares as bigint[]))")  # fmt: skip
SEAL = text("select gate.seal_shortage(:id, :digest)")
END_WATCH = text("select gate.end_watch(:id)")


def propose_found(
    ws: Workspace, shortage_id: UUID, *, more: Quantity, because: str, evidence: Sequence[UUID | str] = ()
) -> Approval:
    """So much of what a confirmed shortage missed was found: put it before a colleague. `evidence`: the count, weighing or inspection that shows it.

    Refuses all but the supervisor that decided the shortage, one that is a party, a table that is not confirmed, and more than is missing.
    """
    shortage = find_shortage(ws, shortage_id)
    require_decider(ws, shortage, status="CONFIRMED")
    require_told(because, evidence)
    there = more.to(shortage.unit, field="found")
    _shares(ws, shortage, base_units(there))
    summary = sentence("Found of what shortage %(number)s missed: %(more)s of %(missing)s", number=shortage.number, more=there, missing=shortage.missing)  # fmt: skip
    return approvals.propose(
        ws, "share_found_goods", subject_id=shortage.id, summary=summary, more=base_units(there), because=because.strip()[:500],
        papers=[str(one) for one in evidence], digest=shortage.digest,
    )  # fmt: skip


@upon_approval("share_found_goods")
def _put_back(ws: Workspace, approval: Approval) -> None:
    told: dict[str, Any] = approval.payload
    shortage = find_shortage(ws, approval.subject_id, lock=True)
    require_decider(ws, shortage, status="CONFIRMED")
    if shortage.digest != told["digest"]:
        raise Conflict("table_changed", "The table changed since it was proposed: propose it again.")
    more = int(told["more"])
    shares = _shares(ws, shortage, more)
    rows = _write(ws, shortage, more, shares)
    digest = digest_of(lines_of(ws, shortage.id))
    ws.session.execute(SEAL, {"id": shortage.id, "digest": digest})
    _tell(ws, find_shortage(ws, shortage.id), approval, Quantity.from_base_units(more, shortage.unit))
    _tell_lots(ws, shortage, rows)
    ws.session.execute(END_WATCH, {"id": shortage.id})


def _shares(ws: Workspace, shortage: Shortage, more: int) -> dict[str, int]:
    rows = lines_of(ws, shortage.id)
    return share_found(more, as_lines(rows), {str(one.id): one.share_units or 0 for one in rows})


Row = tuple[UUID, str, Decimal, Decimal]


def _write(ws: Workspace, shortage: Shortage, more: int, shares: dict[str, int]) -> list[Row]:
    """Let the gate put it back; the lots of which more is there: id, number, verified before and after."""
    given = {"id": shortage.id, "more": more, "lines": list(shares), "shares": list(shares.values())}
    try:
        with ws.session.begin_nested():
            return [tuple(row) for row in ws.session.execute(PUT_BACK, given)]
    except DBAPIError as refused:
        if getattr(refused.orig, "sqlstate", "") == "55006":
            raise Conflict("later_shortage", "A later shortage of these goods goes before: what is found is counted there.") from refused  # fmt: skip
        raise


def _tell(ws: Workspace, shortage: Shortage, approval: Approval, more: Quantity) -> None:
    fact = MissingFound(
        shortage_id=shortage.id, number=shortage.number, more=more, found=shortage.found, claimed=shortage.claimed,
        because=approval.payload["because"], digest=shortage.digest or "",
    )  # fmt: skip
    ws.record(fact, on=shortage.id, evidence=[*approval.payload["papers"], approval.id, fact.digest])


def _tell_lots(ws: Workspace, shortage: Shortage, rows: Sequence[Row]) -> None:
    """On each lot of which more is there, whoever supervises it: value, margin and pictures follow."""
    because = sentence("Found after shortage %(number)s", number=shortage.number)
    ws.record_all([
        (QuantityFound(lot_id=lot, number=number, before=Quantity(before, shortage.unit), after=Quantity(after, shortage.unit), because=because), lot, [shortage.id])
        for lot, number, before, after in rows
    ])  # fmt: skip
