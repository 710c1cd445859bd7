"""The tri-party agreement (三方监管协议): drawn up by the bank with four eyes, signed by borrower and supervisor; the control floor that it sets."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.money import Money
from marketplace.pledges.affiliation import require_unrelated_parties
from marketplace.pledges.models import Pledge, ReleaseOrder
from marketplace.pledges.models_papers import Agreement, AgreementSignature
from marketplace.pledges.paper_events import AgreementDrawnUp, AgreementSigned
from marketplace.pledges.queries import IN_FORCE, pledges_of_deal
from marketplace.pledges.rules.lifecycle import ReleaseState
from marketplace.pledges.rules.papers import PledgeMode, require_above_floor, require_complete
from marketplace.quantity import Quantity, unit_of
from tenants import approvals, rooms
from tenants.approvals import Approval, upon_approval
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotFound
from tenants.events import sentence
from tenants.workspace import Workspace

REPORT_DAYS_MAX = 31


def propose_agreement(
    ws: Workspace,
    deal_id: UUID,
    *,
    mode: str,
    keys_with: str,
    report_days: int,
    liability_cap: Money,
    clauses: Sequence[str],
    floor: Quantity | None = None,
    description: str = "",
) -> Approval:
    """Put the agreement on supervision of a deal's goods before a second officer; his approval is the bank's signature.

    Refuses an unknown mode, a missing clause, a floating pledge without floor or description, nobody who holds the keys, reports rarer than monthly,
    and a liability cap below nothing.
    """
    ws.may("propose_approval")
    if "bank" not in rooms.my_roles(ws, deal_id):
        raise NotFound("deal_unknown", "There is no such deal.")
    if mode not in {known.value for known in PledgeMode}:
        raise Invalid("mode_unknown", "A pledge is static or floating.", field="mode")
    require_complete(PledgeMode(mode), floor, description, clauses)
    if not keys_with.strip():
        raise Invalid("keys_missing", "Say who holds the keys.", field="keys_with")
    if not 1 <= report_days <= REPORT_DAYS_MAX:
        raise Invalid("report_days_wrong", "The supervisor reports every 1 to %(most)s days.", field="report_days", most=REPORT_DAYS_MAX)  # fmt: skip
    if liability_cap.minor < 0:
        raise Invalid("amount_negative", "An amount is not negative.", field="liability_cap")
    given = {"mode": mode, "keys_with": keys_with.strip()[:200], "report_days": report_days, "description": description.strip()[:1000]}  # fmt: skip
    return approvals.propose(
        ws,
        "approve_agreement",
        subject_id=deal_id,
        summary=_summary(mode, floor),
        **given,
        cap=[liability_cap.minor, liability_cap.currency],
        clauses=sorted(set(clauses)),
        floor=[str(floor.amount), unit_of(floor.unit).code] if floor else None,
    )


@upon_approval("approve_agreement")
def draw_up_agreement(ws: Workspace, approval: Approval) -> None:
    """A second officer signs for the bank."""
    given, deal_id = approval.payload, approval.subject_id
    floor = Quantity.of(*given["floor"]) if given["floor"] else None
    agreement = Agreement(
        deal_id=deal_id,
        id=new_id(),
        tenant_id=ws.tenant_id,
        mode=given["mode"],
        floor=floor.amount if floor else None,
        floor_unit=floor.unit if floor else None,
        description=given["description"],
        keys_with=given["keys_with"],
        report_days=given["report_days"],
        liability_cap_minor=given["cap"][0],
        currency=given["cap"][1],
        clauses=given["clauses"],
        drawn_up_by=approval.maker,
        signed_by=ws.member.name,
        signed_at=ws.now,
    )
    ws.session.add(agreement)
    fact = AgreementDrawnUp(deal_id=deal_id, agreement_id=agreement.id, mode=agreement.mode)
    ws.record(fact, on=deal_id, evidence=[approval.id])


def sign_agreement(ws: Workspace, deal_id: UUID) -> Agreement:
    """Borrower or supervisor signs the newest agreement. Refuses where there is none, other parties, related ones, and a second signature."""
    mine = rooms.my_roles(ws, deal_id)
    ws.may("confirm_control" if "supervisor" in mine else "accept_offer")
    if not mine & {"borrower", "supervisor"}:
        raise NotFound("deal_unknown", "There is no such deal.")
    agreement = agreement_of(ws, deal_id)
    if agreement is None:
        raise NotFound("agreement_unknown", "There is no agreement to sign.")
    if any(one.tenant_id == ws.tenant_id for one in signatures_of(ws, agreement)):
        raise Conflict("signed_already", "Your firm has signed this agreement.")
    require_unrelated_parties(ws, deal_id)
    ws.session.add(
        AgreementSignature(
            deal_id=deal_id,
            agreement_id=agreement.id,
            tenant_id=ws.tenant_id,
            signed_by=ws.member.name,
            signed_at=ws.now,
        )
    )
    fact = AgreementSigned(deal_id=deal_id, agreement_id=agreement.id, firm=ws.member.organisation)
    ws.record(fact, on=deal_id)
    return agreement


def agreement_of(ws: Workspace, deal_id: UUID) -> Agreement | None:
    """The newest agreement on a deal's goods."""
    wanted = select(Agreement).where(Agreement.deal_id == deal_id).order_by(Agreement.id.desc()).limit(1)
    return ws.session.scalars(wanted).one_or_none()


def signatures_of(ws: Workspace, agreement: Agreement) -> list[AgreementSignature]:
    """Who signed an agreement besides the bank, in order."""
    wanted = select(AgreementSignature).where(
        AgreementSignature.deal_id == agreement.deal_id, AgreementSignature.agreement_id == agreement.id
    )
    return list(ws.session.scalars(wanted.order_by(AgreementSignature.signed_at)))


def require_signed(ws: Workspace, pledges: Sequence[Pledge]) -> None:
    """Refuse goods to come into force while an agreement on them waits for a signature. A deal without an agreement of its own rests on the bank's
    framework agreement with the supervisor, which is kept outside.
    """
    agreement = agreement_of(ws, pledges[0].deal_id)
    if agreement is None:
        return
    wanted = {firm for one in pledges for firm in (one.tenant_id, one.supervisor_id)}
    if not wanted <= {one.tenant_id for one in signatures_of(ws, agreement)}:
        raise Conflict("agreement_unsigned", "The supervision agreement is not signed by all its parties.")


def require_floor(ws: Workspace, deal_id: UUID, leaving: Quantity) -> None:
    """Refuse a release below the control floor of a floating pledge, open orders counted."""
    agreement = agreement_of(ws, deal_id)
    if agreement is None or agreement.control_floor is None:
        return
    held = [one.amount for one in pledges_of_deal(ws, deal_id) if one.status in IN_FORCE]
    open_orders = select(ReleaseOrder).where(
        ReleaseOrder.deal_id == deal_id, ReleaseOrder.status == ReleaseState.ORDERED
    )
    ordered = [-Quantity(one.remaining, one.unit) for one in ws.session.scalars(open_orders)]
    require_above_floor([*held, *ordered], leaving, agreement.control_floor)


def _summary(mode: str, floor: Quantity | None) -> dict[str, Any]:
    if floor is None:
        return sentence("Supervision agreement: static pledge")
    return sentence("Supervision agreement: floating pledge above %(floor)s", floor=floor)
