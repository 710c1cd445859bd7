"""A declared default contested by the borrower or by who stands behind the loan; the bank answers by two people, and until then does not go on with the goods.

Upheld, the default is taken back: the pledge is a pledge again, and the loan is watched or overdue by what its own book says.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from marketplace.financing.events.ends import DefaultContested, DefaultObjectionRejected, DefaultWithdrawn
from marketplace.financing.margin.objections import papers_of_room
from marketplace.financing.margin.watching import review_deal
from marketplace.financing.models.deals import Deal
from marketplace.financing.models.defaults import DeclaredDefault, DefaultObjection
from marketplace.financing.nights.dues import days_late, fall_overdue, open_dues
from marketplace.financing.ports import is_bound
from marketplace.financing.queries import find_deal
from marketplace.financing.rules.deals import DealState
from marketplace.financing.rules.defaults import require_default_ground, require_in_time
from marketplace.financing.rules.objections import Outcome
from marketplace.financing.rules.terms import require_text
from marketplace.financing.steps import held_deal, stands_at, step_deal
from marketplace.pledges.actions import lift_enforcement
from marketplace.states import Actor
from tenants import approvals, rooms
from tenants.approvals import Approval, upon_approval
from tenants.database import new_id
from tenants.errors import Conflict, NotFound
from tenants.events import sentence
from tenants.workspace import Workspace

MAY_OBJECT = frozenset({"borrower", "core"})


def object_to_default(
    ws: Workspace, deal_id: UUID, *, ground: str, because: str, documents: Sequence[UUID] = ()
) -> DefaultObjection:
    """The borrower, or the core enterprise behind the loan, contests its declared default with a ground (EVENT, PAID, DEBT), a reason and papers of the deal's room.

    Refuses where no default stands, after the time to object, a second objection of the same party, an unknown ground, no reason and papers that lie elsewhere.
    """
    ws.may("object_to_default")
    if not rooms.my_roles(ws, deal_id) & MAY_OBJECT:
        raise NotFound("deal_unknown", "There is no such deal.")
    default = _standing(ws, deal_id)
    require_in_time(ws.now, default.object_until)
    if any(one.tenant_id == ws.tenant_id for one in objections_to(ws, default)):
        raise Conflict("objected_already", "You have objected to this default already.")
    objection = DefaultObjection(
        deal_id=deal_id,
        id=new_id(),
        default_id=default.id,
        tenant_id=ws.tenant_id,
        ground=require_default_ground(ground).value,
        because=require_text(because, "because", longest=1000),
        documents=papers_of_room(ws, deal_id, documents),
        raised_by=ws.member.name,
        raised_at=ws.now,
    )
    ws.session.add(objection)
    ws.session.flush()
    fact = DefaultContested(number=find_deal(ws, deal_id).number, by=ws.member.organisation, ground=objection.ground, because=objection.because)  # fmt: skip
    ws.record(fact, on=deal_id, evidence=objection.documents)
    return objection


def standing_default(ws: Workspace, deal_id: UUID) -> DeclaredDefault | None:
    """The default that stands on a deal, if one does."""
    wanted = select(DeclaredDefault).where(DeclaredDefault.deal_id == deal_id, DeclaredDefault.withdrawn_at.is_(None))
    return ws.session.scalars(wanted).one_or_none()


def last_default(ws: Workspace, deal_id: UUID) -> DeclaredDefault | None:
    """The latest default of a deal, taken back or not."""
    wanted = select(DeclaredDefault).where(DeclaredDefault.deal_id == deal_id)
    return ws.session.scalars(wanted.order_by(DeclaredDefault.declared_at.desc()).limit(1)).one_or_none()


def objections_to(ws: Workspace, default: DeclaredDefault) -> list[DefaultObjection]:
    """What was said against a default, oldest first."""
    wanted = select(DefaultObjection).where(
        DefaultObjection.deal_id == default.deal_id, DefaultObjection.default_id == default.id
    )
    return list(ws.session.scalars(wanted.order_by(DefaultObjection.raised_at, DefaultObjection.id)))


def require_heard(ws: Workspace, deal_id: UUID) -> None:
    """Refuse to go on with a contested default: goods are not put up or taken over, nothing is claimed of a guarantor, shared out or written off before the bank has answered."""
    default = standing_default(ws, deal_id)
    if default and any(one.outcome is None for one in objections_to(ws, default)):
        raise Conflict("default_contested", "The default is contested: answer the objection first.")


def propose_default_answer(ws: Workspace, deal_id: UUID, objection_id: UUID, *, upheld: bool, because: str) -> Approval:
    """Put the bank's answer before a second officer: rejected, so that the default stands, or upheld, so that it is taken back.

    Refuses what is answered already, and to uphold once goods are sold or their proceeds shared out: then there is nothing to take back, only to make good.
    """
    ws.may("declare_default")
    _, deal = _held(ws, deal_id, objection_id)
    reason = require_text(because, "because")
    if upheld:
        _require_whole(ws, deal)
    kept, gone = "%(deal)s: reject the objection to the default: %(because)s", "%(deal)s: uphold the objection and take the default back: %(because)s"  # fmt: skip
    facts = {"deal": deal.number, "because": reason[:400]}
    summary = sentence(gone, **facts) if upheld else sentence(kept, **facts)
    outcome = Outcome.UPHELD if upheld else Outcome.REJECTED
    return approvals.propose(ws, "approve_default_answer", subject_id=objection_id, summary=summary, outcome=outcome.value, because=reason, deal_id=str(deal_id))  # fmt: skip


@upon_approval("approve_default_answer")
def answer_default_objection(ws: Workspace, approval: Approval) -> None:
    """A second officer agrees. What takes the default back answers whatever else was said against it."""
    objection, deal = _held(ws, UUID(approval.payload["deal_id"]), approval.subject_id)
    outcome, because = Outcome(approval.payload["outcome"]), approval.payload["because"]
    if outcome is Outcome.REJECTED:
        _answer(ws, objection, outcome, because)
        fact = DefaultObjectionRejected(number=deal.number, because=because)
        ws.record(fact, on=deal.deal_id, evidence=[approval.id])
        return
    _require_whole(ws, deal)
    default = _standing(ws, deal.deal_id)
    for one in objections_to(ws, default):
        if one.outcome is None:
            _answer(ws, one, outcome, because)
    default.withdrawn_at = ws.now
    _take_back(ws, deal, because, approval)


def _take_back(ws: Workspace, deal: Deal, because: str, approval: Approval) -> None:
    """The loan is watched again, or overdue by its own book; and the next look may call for cover, since the figures are what they are."""
    step_deal(ws, deal, "withdraw_default", actor=Actor.BANK, met={"objection_upheld"})
    lift_enforcement(ws, deal.deal_id)
    ws.record(DefaultWithdrawn(number=deal.number, because=because), on=deal.deal_id, evidence=[approval.id])
    if days_late(ws, deal):
        fall_overdue(ws, deal, open_dues(ws, deal.deal_id)[0].due_on)
    review_deal(ws, deal.deal_id, cause="request")


def _answer(ws: Workspace, objection: DefaultObjection, outcome: Outcome, because: str) -> None:
    objection.outcome, objection.answer, objection.answered_at = outcome.value, because, ws.now


def _require_whole(ws: Workspace, deal: Deal) -> None:
    if not stands_at(deal, DealState.DEFAULT) or is_bound(ws, deal.deal_id):
        raise Conflict("goods_sold", "Goods of this deal are sold: the default cannot be taken back any more.")


def _standing(ws: Workspace, deal_id: UUID) -> DeclaredDefault:
    default = standing_default(ws, deal_id)
    if default is None or not stands_at(find_deal(ws, deal_id), DealState.DEFAULT, DealState.ENFORCEMENT):
        raise Conflict("not_in_default", "This deal is not in default.")
    return default


def _held(ws: Workspace, deal_id: UUID, objection_id: UUID) -> tuple[DefaultObjection, Deal]:
    """The deal first, then what is said of it."""
    deal = held_deal(ws, deal_id, role="bank")
    found = ws.session.get(DefaultObjection, (deal_id, objection_id), with_for_update={"key_share": True})
    if found is None:
        raise NotFound("objection_unknown", "There is no such objection.")
    if found.outcome is not None:
        raise Conflict("answered_already", "This objection is answered already.")
    return found, deal
