"""Assaying verified goods again: what was certified turned out wrong, or the goods changed; a newer certificate supersedes it, and the worth follows."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from marketplace.business_days import SHANGHAI
from marketplace.inventory.assays.models import Assay
from marketplace.inventory.models import Lot
from marketplace.inventory.queries import GONE, assays_of, find_lot
from marketplace.inventory.rules.assays import require_change, require_newer
from marketplace.inventory.rules.moisture import require_moisture
from marketplace.inventory.rules.shelf_life import confirmed_expiry
from marketplace.inventory.shelf_life.events import LotAssayed
from marketplace.inventory.shelf_life.expiring import watch_expiry
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotAllowed
from tenants.events import sentence
from tenants.workspace import Workspace


def propose_assay(
    ws: Workspace,
    lot_id: UUID,
    *,
    certificate: str,
    certified_on: date,
    because: str,
    moisture: Decimal | None = None,
    expires_on: date | None = None,
    evidence: Sequence[UUID] = (),
) -> Approval:
    """Put a newer certificate about a verified lot before a colleague: its moisture (a share), its day of expiry, or both.

    Refuses another supervisor's lot, one that is not verified or gone, a certificate without number, from a day to come or older than what counts now, one that
    changes nothing, and an expiry that these goods cannot have.
    """
    ws.may("inspect_lot")
    lot = _assayable(ws, lot_id)
    if not because.strip():
        raise Invalid("reason_missing", "Say why.", field="because")
    told: dict[str, Any] = {"certificate": certificate.strip(), "certified_on": certified_on, "moisture": moisture, "expires_on": expires_on}  # fmt: skip
    _require(ws, lot, **told)
    found = {"lot": lot.number, "certificate": certificate.strip(), "moisture": _percent(moisture), "expires_on": expires_on or "–"}  # fmt: skip
    return approvals.propose(
        ws,
        "approve_assay",
        subject_id=lot.id,
        summary=sentence(
            "Lot %(lot)s by certificate %(certificate)s: moisture %(moisture)s, expires on %(expires_on)s", **found
        ),
        because=because.strip()[:500],
        evidence=[str(one) for one in evidence],
        **{name: None if value is None else str(value) for name, value in told.items()},
    )


@upon_approval("approve_assay")
def conclude_assay(ws: Workspace, approval: Approval) -> None:
    """A second person of the supervisor agrees: the newer certificate counts from now on, what counted before stays on record."""
    lot, kept = _assayable(ws, approval.subject_id), approval.payload
    moisture = None if kept["moisture"] is None else Decimal(kept["moisture"])
    told, certified_on = _day(kept["expires_on"]), date.fromisoformat(kept["certified_on"])
    _require(ws, lot, certificate=kept["certificate"], certified_on=certified_on, moisture=moisture, expires_on=told)
    assay = Assay(
        tenant_id=ws.tenant_id,
        id=new_id(),
        lot_id=lot.id,
        approval_id=approval.id,
        certificate=kept["certificate"],
        certified_on=certified_on,
        moisture=lot.moisture if moisture is None else moisture,
        was_moisture=lot.moisture,
        expires_on=lot.expires_on if told is None else told,
        was_expires_on=lot.expires_on,
        because=kept["because"],
        assayed_by=approval.maker,
        assayed_at=ws.now,
    )
    ws.session.add(assay)
    ws.session.flush()
    lot.moisture, lot.expires_on = assay.moisture, assay.expires_on
    fact = LotAssayed(lot_id=lot.id, number=lot.number, certificate=assay.certificate, because=assay.because)
    ws.record(fact, on=lot.id, evidence=[assay.id, approval.id, *kept["evidence"]])
    if told is not None:
        watch_expiry(ws, lot)


def _assayable(ws: Workspace, lot_id: UUID) -> Lot:
    lot = find_lot(ws, lot_id, lock=True)
    if lot.supervisor_id != ws.tenant_id:
        raise NotAllowed("lot_supervised_elsewhere", "Another firm supervises this lot.")
    if lot.verified_at is None or lot.standing in GONE:
        raise Conflict("lot_not_assayable", "Only verified goods that still lie there are assayed again.")
    return lot


def _require(ws: Workspace, lot: Lot, *, certificate: str, certified_on: date, moisture: Decimal | None, expires_on: date | None) -> None:  # fmt: skip
    if not certificate:
        raise Invalid("certificate_missing", "Name the certificate that says so.", field="certificate")
    require_moisture(moisture, certificate if moisture is not None else "")
    confirmed_expiry(expires_on, lot.expires_on, lot.produced_on, made_of_others=lot.conversion_id is not None)
    require_change(moisture, expires_on, (lot.moisture, lot.expires_on))
    before = assays_of(ws, lot.id)
    assert lot.verified_at is not None, "asked before"
    known_since = before[0].certified_on if before else lot.verified_at.astimezone(SHANGHAI).date()
    require_newer(certified_on, known_since, ws.now.astimezone(SHANGHAI).date())


def _day(written: str | None) -> date | None:
    return None if written is None else date.fromisoformat(written)


def _percent(share: Decimal | None) -> str:
    return "–" if share is None else f"{(share * 100).normalize():f}%"
