"""A second rank, from the question to the claim: the pledgor asks, the first bank consents with four eyes, the second declares what is owed to it."""

from collections.abc import Sequence
from uuid import UUID

from marketplace.money import Money
from marketplace.pledges.holding import goods_list
from marketplace.pledges.queries import pledges_of_deal
from marketplace.pledges.ranks import events
from marketplace.pledges.ranks.models import RankConsent
from marketplace.pledges.ranks.queries import behind, find_consent
from marketplace.pledges.rules.lifecycle import PledgeState
from tenants import approvals, rooms
from tenants.approvals import Approval, upon_approval
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotFound
from tenants.events import sentence
from tenants.organisations import find_organisation
from tenants.workspace import Workspace


def ask_second_rank(
    ws: Workspace,
    deal_id: UUID,
    *,
    second_deal_id: UUID,
    lot_ids: Sequence[UUID],
    cap: Money,
    most: Money,
    because: str,
) -> RankConsent:
    """Ask the bank of `deal_id` to let the bank of `second_deal_id` stand behind it on lots that it holds in force.

    `cap`: the most that the first bank is paid before the second; `most`: the most that the second secures. Only the first bank hears of it until it
    consents. Refuses another's deals, one bank twice, lots that the first does not hold in force, amounts that are not above zero, and no reason.
    """
    ws.may("request_financing")
    first, second = (_bank_of(ws, one) for one in (deal_id, second_deal_id))
    if first == second:
        raise Conflict("same_bank", "A bank does not stand behind itself: choose another bank's deal.", field="second_deal_id")  # fmt: skip
    _require_terms(cap, most, because)
    goods = _held_in_force(ws, deal_id, lot_ids)
    consent = RankConsent(
        tenant_id=ws.tenant_id,
        id=new_id(),
        first_deal_id=deal_id,
        first_bank_id=first,
        second_deal_id=second_deal_id,
        second_bank_id=second,
        goods=goods,
        cap_minor=cap.minor,
        most_minor=most.minor,
        currency=cap.currency,
        status="ASKED",
        because=because.strip()[:500],
        answer="",
        asked_by=ws.member.name,
        asked_at=ws.now,
    )
    _put_before_first(ws, consent)
    return consent


def _require_terms(cap: Money, most: Money, because: str) -> None:
    if not because.strip():
        raise Invalid("reason_missing", "Say why.", field="because")
    for field, amount in (("cap", cap), ("most", most)):
        if amount.minor <= 0:
            raise Invalid("amount_not_positive", "The amount must be above zero.", field=field)
    if cap.currency != most.currency:
        raise Invalid("currency_mismatch", "This deal is in %(currency)s.", field="most", currency=cap.currency)


def _put_before_first(ws: Workspace, consent: RankConsent) -> None:
    """Keep the question in a room of its own, where the first bank reads it and the second does not yet."""
    rooms.found(ws, consent.id, kind="ranking", role="pledgor")
    ws.session.add(consent)
    ws.session.flush()
    rooms.share(ws, consent.id, to=consent.first_bank_id, role="first", onward=True)
    name, cap = find_organisation(ws.session, consent.second_bank_id).name, Money(consent.cap_minor, consent.currency)
    ws.record(events.SecondRankAsked(consent_id=consent.id, second=name, lots=len(consent.goods), cap=cap), on=consent.id)  # fmt: skip


def propose_consent(ws: Workspace, consent_id: UUID) -> Approval:
    """The first bank puts the consent before a second officer. Refuses a question that is answered or withdrawn."""
    ws.may("propose_approval")
    consent = _asked_of(ws, consent_id)
    name = find_organisation(ws.session, consent.second_bank_id).name
    lots = ", ".join(one["number"] for one in consent.goods)
    summary = sentence(
        "Second rank for %(bank)s behind %(cap)s, on lots %(lots)s", bank=name, cap=consent.cap, lots=lots
    )
    return approvals.propose(ws, "approve_second_rank", subject_id=consent_id, summary=summary)


@upon_approval("approve_second_rank")
def _consent(ws: Workspace, approval: Approval) -> None:
    """A second officer agrees: from now on the second bank sees the question, and goods may be offered to it."""
    consent = _asked_of(ws, approval.subject_id)
    consent.status, consent.answered_by, consent.answered_at = "CONSENTED", ws.member.name, ws.now
    ws.session.flush()
    rooms.share(ws, consent.id, to=consent.second_bank_id, role="second")
    fact = events.SecondRankConsented(consent_id=consent.id, first=ws.member.organisation, cap=consent.cap)
    ws.record(fact, on=consent.id, evidence=[approval.id])


def refuse_second_rank(ws: Workspace, consent_id: UUID, *, because: str) -> RankConsent:
    """The first bank wants nobody behind it, and says why. The second bank never learns that it was asked."""
    ws.may("propose_approval")
    if not because.strip():
        raise Invalid("reason_missing", "Say why.", field="because")
    consent = _asked_of(ws, consent_id)
    consent.status, consent.answer = "REFUSED", because.strip()[:500]
    consent.answered_by, consent.answered_at = ws.member.name, ws.now
    ws.record(events.SecondRankRefused(consent_id=consent.id, because=consent.answer), on=consent.id)
    return consent


def withdraw_second_rank(ws: Workspace, consent_id: UUID) -> RankConsent:
    """The pledgor takes its question back before it is answered."""
    ws.may("request_financing")
    consent = find_consent(ws, consent_id, lock=True)
    if consent.tenant_id != ws.tenant_id:
        raise NotFound("consent_unknown", "There is no such question about a second rank.")
    _require_open(consent)
    consent.status, consent.answered_at = "WITHDRAWN", ws.now
    ws.record(events.SecondRankWithdrawn(consent_id=consent.id), on=consent.id)
    return consent


def claim_proceeds(ws: Workspace, consent_id: UUID, *, claim: Money) -> RankConsent:
    """The second bank declares what is owed to it, so that the first pays no more to it than that; it may correct itself until proceeds are shared out.

    Undeclared, the most that its rank secures is kept for it. Refuses another currency, less than nothing and more than its rank secures.
    """
    ws.may("record_repayment")
    consent = find_consent(ws, consent_id, lock=True)
    if consent.second_bank_id != ws.tenant_id or consent.status != "CONSENTED":
        raise NotFound("consent_unknown", "There is no such question about a second rank.")
    if claim.currency != consent.currency:
        raise Invalid("currency_mismatch", "This deal is in %(currency)s.", field="claim", currency=consent.currency)
    if not 0 <= claim.minor <= consent.most_minor:
        raise Invalid(
            "claim_beyond_rank", "The second rank secures at most %(most)s.", field="claim", most=consent.most
        )
    consent.claim_minor, consent.claimed_at = claim.minor, ws.now
    ws.record(events.SecondRankClaimed(consent_id=consent.id, claim=claim), on=consent.id)
    return consent


def tell_enforced(ws: Workspace, deal_id: UUID) -> None:
    """The first bank enforces, which the caller has carried out: banks behind it are asked for their claims."""
    for consent in behind(ws, deal_id):
        ws.record(events.FirstRankEnforced(consent_id=consent.id), on=consent.id)


def tell_ended(ws: Workspace, deal_id: UUID, *, lot_id: UUID | None = None) -> None:
    """The first bank holds this lot, or nothing of the deal any more, which the caller has carried out; with the last of its goods the consent is spent."""
    left = {one.lot_id for one in pledges_of_deal(ws, deal_id)}
    for consent in behind(ws, deal_id, lot_id=lot_id):
        if not left & set(consent.lot_ids):
            consent.status = "ENDED"
        ws.record(events.FirstRankEnded(consent_id=consent.id), on=consent.id)


def _bank_of(ws: Workspace, deal_id: UUID) -> UUID:
    if "borrower" not in rooms.my_roles(ws, deal_id):
        raise NotFound("deal_unknown", "There is no such deal.")
    return rooms.participant(ws, deal_id, "bank")


def _held_in_force(ws: Workspace, deal_id: UUID, lot_ids: Sequence[UUID]) -> list[dict[str, str]]:
    first = [one for one in pledges_of_deal(ws, deal_id) if one.status == PledgeState.ACTIVE and one.rank == 1]
    wanted = set(lot_ids)
    if not wanted or not wanted <= {one.lot_id for one in first}:
        raise Invalid("lots_not_held", "Choose lots that the first bank holds in force.", field="lot_ids")
    return goods_list([one for one in first if one.lot_id in wanted])


def _asked_of(ws: Workspace, consent_id: UUID) -> RankConsent:
    consent = find_consent(ws, consent_id, lock=True)
    if consent.first_bank_id != ws.tenant_id:
        raise NotFound("consent_unknown", "There is no such question about a second rank.")
    _require_open(consent)
    return consent


def _require_open(consent: RankConsent) -> None:
    if consent.status != "ASKED":
        raise Conflict("consent_answered", "This question is answered or withdrawn already.")
