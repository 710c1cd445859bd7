"""Substitution (换货): other goods in place of pledged ones, the new under control before the old may leave, so that the value never dips."""

from uuid import UUID

from marketplace.inventory.models import Lot
from marketplace.inventory.queries import find_lot
from marketplace.pledges.models_papers import Substitution
from marketplace.pledges.paper_events import SubstitutionAsked, SubstitutionRefused
from marketplace.pledges.releasing import order_release, require_releasable_now
from marketplace.pledges.rules.papers import SUBSTITUTION, SubstitutionState
from marketplace.pledges.substitutions import find_substitution, require_new_goods_in_force
from marketplace.quantity import Quantity
from marketplace.states import Actor
from tenants import rooms
from tenants.approvals import Approval
from tenants.database import new_id
from tenants.errors import Invalid, NotFound
from tenants.workspace import Workspace


def ask_substitution(
    ws: Workspace,
    deal_id: UUID,
    *,
    leaving_lot_id: UUID,
    leaving: Quantity,
    coming_lot_id: UUID,
    coming: Quantity,
    because: str,
) -> Substitution:
    """The borrower asks to have goods that the deal holds exchanged for others that it has just offered, which the caller has done.

    Refuses the same lot on both sides, more than the deal holds, and no reason.
    """
    ws.may("request_release")
    reason = _reason(because)
    if leaving_lot_id == coming_lot_id:
        raise Invalid("same_lot", "Goods are not exchanged for themselves.", field="coming_lot_id")
    old, new = find_lot(ws, leaving_lot_id), find_lot(ws, coming_lot_id)
    wanted = require_releasable_now(ws, deal_id, old, leaving)
    asked = _asked(ws, deal_id, (old, wanted), (new, coming.to(new.unit)), reason)
    ws.session.add(asked)
    fact = SubstitutionAsked(
        deal_id=deal_id, substitution_id=asked.id, old=old.number, leaving=wanted, new=new.number, coming=asked.comes, because=reason
    )  # fmt: skip
    ws.record(fact, on=deal_id)
    return asked


def _reason(because: str) -> str:
    if not because.strip():
        raise Invalid("reason_missing", "Say why.", field="because")
    return because.strip()[:500]


def _asked(
    ws: Workspace, deal_id: UUID, leaving: tuple[Lot, Quantity], coming: tuple[Lot, Quantity], because: str
) -> Substitution:
    """The exchange as it is asked for: so much of a lot that is held, for so much of another."""
    (old, less), (new, more) = leaving, coming
    return Substitution(
        deal_id=deal_id,
        id=new_id(),
        tenant_id=ws.tenant_id,
        status=SUBSTITUTION.advance(None, "ask", actor=Actor.SME).value,
        coming_lot_id=new.id,
        coming_number=new.number,
        coming=more.amount,
        coming_unit=new.unit,
        leaving_lot_id=old.id,
        leaving_number=old.number,
        leaving=less.amount,
        leaving_unit=old.unit,
        because=because,
        answer="",
        asked_at=ws.now,
    )


def order_substitution(ws: Workspace, deal_id: UUID, substitution_id: UUID) -> Approval:
    """The bank proposes to release the old goods; a second officer's approval orders it.

    Refuses while the new goods are not in force to the last base unit (invariant 22), and what any release refuses.
    """
    ws.may("order_release")
    asked = find_substitution(ws, deal_id, substitution_id, lock=True)
    SUBSTITUTION.find(SubstitutionState(asked.status), "order")
    require_new_goods_in_force(ws, asked)
    return order_release(
        ws,
        deal_id,
        lot_id=asked.leaving_lot_id,
        quantity=asked.leaves,
        because=asked.because,
        substitution_id=asked.id,
    )


def refuse_substitution(ws: Workspace, deal_id: UUID, substitution_id: UUID, *, because: str) -> Substitution:
    """The bank does not exchange the goods, and says why. What was offered for it stays as it is."""
    ws.may("order_release")
    if not because.strip():
        raise Invalid("reason_missing", "Say why.", field="because")
    asked = find_substitution(ws, deal_id, substitution_id, lock=True)
    if "bank" not in rooms.my_roles(ws, deal_id):
        raise NotFound("substitution_unknown", "There is no such exchange.")
    asked.status = SUBSTITUTION.advance(SubstitutionState(asked.status), "refuse", actor=Actor.BANK).value
    asked.answer, asked.closed_at = because.strip()[:500], ws.now
    fact = SubstitutionRefused(
        deal_id=deal_id, substitution_id=asked.id, old=asked.leaving_number, because=asked.answer
    )
    ws.record(fact, on=deal_id)
    return asked
