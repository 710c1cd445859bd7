"""The borrowing base of a deal: its terms, set by two officers of the bank, and what it came to in each valuation."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from marketplace.inventory.descent import inspections_behind
from marketplace.inventory.models import Lot
from marketplace.money import Money
from marketplace.supervision.queries import Condition
from marketplace.valuation.events import BaseTermsSet
from marketplace.valuation.models import DealValuation
from marketplace.valuation.models_base import BaseTerms
from marketplace.valuation.rules.base import Base, Carried, Reserve, Standing, borrowing_base
from tenants import approvals, rooms
from tenants.approvals import Approval, upon_approval
from tenants.errors import Invalid, NotFound, word
from tenants.events import sentence
from tenants.workspace import Workspace

MOST_RESERVES = 20
MOST_DAYS = 3650
NO_TERMS: dict[str, Any] = {"cap": "1", "wrong_way": "0", "reserves": []}


def propose_base_terms(
    ws: Workspace,
    deal_id: UUID,
    *,
    cap: Decimal = Decimal(1),
    wrong_way: Decimal = Decimal(0),
    evidence_days_max: int | None = None,
    stock_days_max: int | None = None,
    reserves: Sequence[tuple[str, Money]] = (),
    currency: str = "CNY",
) -> Approval:
    """Put the terms of a deal's borrowing base before a second officer. Shares of one; ages in days, None where they do not matter.

    Refuses a cap outside (0, 1], wrong-way points outside [0, 1], ages outside 1 to 3650 days, and a reserve without its reason or below nothing.
    """
    ws.may("revalue")
    if "bank" not in rooms.my_roles(ws, deal_id):
        raise NotFound("deal_unknown", "There is no such deal.")
    _require_shares(cap, wrong_way)
    _require_days(evidence_days_max, stock_days_max)
    kept: list[dict[str, Any]] = [
        {"why": _why(why), "minor": _not_negative(amount, currency).minor} for why, amount in reserves
    ]
    if len(kept) > MOST_RESERVES:
        raise Invalid("too_many_reserves", "At most %(most)s reserves fit.", field="reserves", most=MOST_RESERVES)
    held_back = Money(sum(one["minor"] for one in kept), currency)
    summary = sentence(
        "Borrowing base: cap %(cap)s, wrong-way points %(points)s, reserves %(reserves)s",
        cap=f"{cap:.0%}",
        points=f"{wrong_way:.1%}",
        reserves=held_back,
    )
    return approvals.propose(
        ws,
        "approve_base_terms",
        subject_id=deal_id,
        summary=summary,
        cap=str(cap),
        wrong_way=str(wrong_way),
        evidence_days_max=evidence_days_max,
        stock_days_max=stock_days_max,
        reserves=kept,
        currency=currency,
    )


@upon_approval("approve_base_terms")
def set_base_terms(ws: Workspace, approval: Approval) -> None:
    """A second officer agrees: from now on the deal's goods count by these terms."""
    given, deal_id = approval.payload, approval.subject_id
    terms = terms_of_base(ws, deal_id) or BaseTerms(deal_id=deal_id, tenant_id=ws.tenant_id)
    terms.cap, terms.wrong_way = Decimal(given["cap"]), Decimal(given["wrong_way"])
    terms.evidence_days_max, terms.stock_days_max = given["evidence_days_max"], given["stock_days_max"]
    terms.reserves, terms.currency, terms.set_at = given["reserves"], given["currency"], ws.now
    ws.session.add(terms)
    fact = BaseTermsSet(cap=terms.cap, wrong_way=terms.wrong_way, reserves=sum_of(terms.held_back, terms.currency))
    ws.record(fact, on=deal_id, evidence=[approval.id])


def terms_of_base(ws: Workspace, deal_id: UUID) -> BaseTerms | None:
    """The terms of a deal's borrowing base, once its bank has set any."""
    return ws.session.get(BaseTerms, deal_id)


def standing_of(ws: Workspace, lot: Lot, condition: Condition, *, controlled: bool, watched: bool) -> Standing:
    """What is known of a pledged lot now, to say whether it counts. `controlled`: no pledge on it is impaired."""
    inspected = max((one.inspected_at for one in inspections_behind(ws, lot.id)), default=None)
    return Standing(
        verified=lot.verified is not None,
        controlled=controlled,
        frozen=lot.is_frozen,
        alarmed=condition.has_open_critical,
        watched=watched,
        evidence_days=_days(ws, inspected),
        stock_days=_days(ws, lot.received_at),
    )


def snapshot(terms: BaseTerms | None) -> dict[str, Any]:
    """The terms as a valuation keeps them, so that its base can be told again for ever."""
    if terms is None:
        return NO_TERMS
    return {"cap": str(terms.cap), "wrong_way": str(terms.wrong_way), "reserves": terms.reserves}


def base_of(valuation: DealValuation) -> Base:
    """The borrowing base of a valuation with its lines, by the terms of its day."""
    goods = [
        Carried(line.price_code, line.pledged_value, line.market_value, line.collateral_value, line.barred)
        for line in valuation.lines
    ]
    kept, currency = valuation.base_terms, valuation.currency
    reserves = [Reserve(one["why"], Money(one["minor"], currency)) for one in kept["reserves"]]
    return borrowing_base(goods, currency, cap=Decimal(kept["cap"]), reserves=reserves)


def sum_of(reserves: Sequence[Reserve], currency: str) -> Money:
    """All that is held back."""
    return Money(sum(one.amount.minor for one in reserves), currency)


def _days(ws: Workspace, since: datetime | None) -> int | None:
    return None if since is None else (ws.now - since).days


def _require_shares(cap: Decimal, wrong_way: Decimal) -> None:
    if not 0 < cap <= 1:
        raise Invalid("cap_wrong", "A cap is a share above 0 and at most 1.", field="cap")
    if not 0 <= wrong_way <= 1:
        name = word("wrong-way points")
        raise Invalid("share_out_of_range", "The %(name)s is a share between 0 and 1.", field="wrong_way", name=name)


def _require_days(evidence_days_max: int | None, stock_days_max: int | None) -> None:
    for field, days in (("evidence_days_max", evidence_days_max), ("stock_days_max", stock_days_max)):
        if days is not None and not 1 <= days <= MOST_DAYS:
            raise Invalid("days_wrong", "Give 1 to %(most)s days, or none.", field=field, most=MOST_DAYS)


def _why(why: str) -> str:
    if not why.strip():
        raise Invalid("reserve_unnamed", "Say what the reserve is for.", field="reserves")
    return why.strip()[:200]


def _not_negative(amount: Money, currency: str) -> Money:
    if amount.currency != currency:
        raise Invalid("currency_mismatch", "This deal is in %(currency)s.", field="reserves", currency=currency)
    if amount.minor < 0:
        raise Invalid("reserve_negative", "A reserve is not negative.", field="reserves")
    return amount
