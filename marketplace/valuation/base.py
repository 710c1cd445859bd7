"""The borrowing base of a deal: its terms, set by two officers of the bank, and what it came to in each valuation."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from marketplace.inventory.models import Lot
from marketplace.inventory.rules.lots import LotState
from marketplace.money import Money
from marketplace.reliance.queries import days_since
from marketplace.supervision.queries import Condition
from marketplace.valuation.events import BaseTermsSet
from marketplace.valuation.models import DealValuation
from marketplace.valuation.models_base import BaseTerms, sub_limits_of
from marketplace.valuation.rules.base import Base, Carried, Reserve, Standing, borrowing_base
from marketplace.valuation.rules.doubt import Cut
from marketplace.valuation.rules.sub_limits import SubLimit
from marketplace.valuation.rules.wear import Worn
from tenants import approvals, rooms
from tenants.approvals import Approval, upon_approval
from tenants.errors import Invalid, NotFound, word
from tenants.events import sentence
from tenants.workspace import Workspace

MOST_RESERVES = 20
MOST_SUB_LIMITS = 20
MOST_DAYS = 3650
NO_TERMS: dict[str, Any] = {"cap": "1", "wrong_way": "0", "reserves": [], "sub_limits": []}


def propose_base_terms(
    ws: Workspace,
    deal_id: UUID,
    *,
    cap: Decimal = Decimal(1),
    wrong_way: Decimal = Decimal(0),
    evidence_days_max: int | None = None,
    stock_days_max: int | None = None,
    reserves: Sequence[tuple[str, Money]] = (),
    sub_limits: Sequence[SubLimit] = (),
    currency: str = "CNY",
) -> Approval:
    """Put the terms of a deal's borrowing base before a second officer. Shares of one; ages in days, None where they do not matter.

    Refuses a cap outside (0, 1], wrong-way points outside [0, 1], ages outside 1 to 3650 days, a reserve without its reason or below nothing, and
    sub-limits that are no amount above zero, or two for the same.
    """
    ws.may("revalue")
    if "bank" not in rooms.my_roles(ws, deal_id):
        raise NotFound("deal_unknown", "There is no such deal.")
    _require_shares(cap, wrong_way)
    _require_days(evidence_days_max, stock_days_max)
    terms: dict[str, Any] = {
        "cap": str(cap),
        "wrong_way": str(wrong_way),
        "evidence_days_max": evidence_days_max,
        "stock_days_max": stock_days_max,
        "reserves": _reserves(reserves, currency),
        "sub_limits": _sub_limits(sub_limits, currency),
        "currency": currency,
    }
    summary = _in_a_sentence(cap, wrong_way, terms["reserves"], sub_limits, currency)
    return approvals.propose(ws, "approve_base_terms", subject_id=deal_id, summary=summary, **terms)


def _in_a_sentence(
    cap: Decimal, wrong_way: Decimal, kept: list[dict[str, Any]], sub_limits: Sequence[SubLimit], currency: str
) -> dict[str, Any]:
    """What the second officer reads."""
    return sentence(
        "Borrowing base: cap %(cap)s, wrong-way points %(points)s, reserves %(reserves)s, sub-limits %(limits)s",
        cap=f"{cap:.0%}",
        points=f"{wrong_way:.1%}",
        reserves=Money(sum(one["minor"] for one in kept), currency),
        limits="; ".join(f"{one.name} {one.most}" for one in sub_limits) or "–",
    )


def _reserves(reserves: Sequence[tuple[str, Money]], currency: str) -> list[dict[str, Any]]:
    kept = [{"why": _why(why), "minor": _not_negative(amount, currency).minor} for why, amount in reserves]
    if len(kept) > MOST_RESERVES:
        raise Invalid("too_many_reserves", "At most %(most)s reserves fit.", field="reserves", most=MOST_RESERVES)
    return kept


@upon_approval("approve_base_terms")
def set_base_terms(ws: Workspace, approval: Approval) -> None:
    """A second officer agrees: from now on the deal's goods count by these terms."""
    given, deal_id = approval.payload, approval.subject_id
    terms = terms_of_base(ws, deal_id) or BaseTerms(deal_id=deal_id, tenant_id=ws.tenant_id)
    terms.cap, terms.wrong_way = Decimal(given["cap"]), Decimal(given["wrong_way"])
    terms.evidence_days_max, terms.stock_days_max = given["evidence_days_max"], given["stock_days_max"]
    terms.reserves, terms.sub_limits = given["reserves"], given["sub_limits"]
    terms.currency, terms.set_at = given["currency"], ws.now
    ws.session.add(terms)
    fact = BaseTermsSet(cap=terms.cap, wrong_way=terms.wrong_way, reserves=sum_of(terms.held_back, terms.currency))
    ws.record(fact, on=deal_id, evidence=[approval.id])


def terms_of_base(ws: Workspace, deal_id: UUID) -> BaseTerms | None:
    """The terms of a deal's borrowing base, once its bank has set any."""
    return ws.session.get(BaseTerms, deal_id)


def standing_of(
    ws: Workspace,
    lot: Lot,
    condition: Condition,
    cut: Cut,
    wear: Worn,
    *,
    controlled: bool,
    inspected_days: int | None,
) -> Standing:
    """What is known of a pledged lot now, to say whether it counts. `controlled`: no pledge on it is impaired."""
    return Standing(
        verified=lot.verified is not None,
        lost=lot.status == LotState.LOST,
        damaged=lot.status == LotState.DAMAGED,
        controlled=controlled,
        expired=wear.expired,
        dried=wear.moisture is not None,
        frozen=lot.is_frozen,
        alarmed=condition.has_open_critical,
        watched=cut.watched,
        proven=cut.proven,
        evidence_days=inspected_days,
        stock_days=days_since(ws, lot.received_at),
    )


def snapshot(terms: BaseTerms | None) -> dict[str, Any]:
    """The terms as a valuation keeps them, so that its base can be told again for ever."""
    if terms is None:
        return NO_TERMS
    shares = {"cap": str(terms.cap), "wrong_way": str(terms.wrong_way)}
    return shares | {"reserves": terms.reserves, "sub_limits": terms.sub_limits}


def base_of(valuation: DealValuation) -> Base:
    """The borrowing base of a valuation with its lines, by the terms of its day."""
    goods = [
        Carried(
            line.price_code,
            line.pledged_value,
            line.market_value,
            line.collateral_value,
            line.barred,
            str(line.site_id),
            line.evidence_grade,
            line.doubt,
            line.ahead,
        )
        for line in valuation.lines
    ]
    kept, currency = valuation.base_terms, valuation.currency
    reserves = [Reserve(one["why"], Money(one["minor"], currency)) for one in kept["reserves"]]
    limits = sub_limits_of(kept["sub_limits"], currency)
    return borrowing_base(goods, currency, cap=Decimal(kept["cap"]), reserves=reserves, sub_limits=limits)


def sum_of(reserves: Sequence[Reserve], currency: str) -> Money:
    """All that is held back."""
    return Money(sum(one.amount.minor for one in reserves), currency)


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


def _sub_limits(given: Sequence[SubLimit], currency: str) -> list[dict[str, Any]]:
    """Sub-limits as they are kept."""
    if len(given) > MOST_SUB_LIMITS:
        raise Invalid("too_many_sub_limits", "At most %(most)s sub-limits fit.", field="sub_limits", most=MOST_SUB_LIMITS)  # fmt: skip
    if len({(one.by, one.of) for one in given}) < len(given):
        raise Invalid("sub_limit_twice", "Set one sub-limit for each kind of goods and each site.", field="sub_limits")
    for one in given:
        if one.most.currency != currency:
            raise Invalid("currency_mismatch", "This deal is in %(currency)s.", field="sub_limits", currency=currency)
        if one.most.minor <= 0 or not one.of or not one.name.strip():
            raise Invalid("sub_limit_wrong", "A sub-limit names its goods and is above zero.", field="sub_limits")
    return [
        {"by": one.by.value, "of": one.of, "name": one.name.strip()[:100], "minor": one.most.minor} for one in given
    ]


def _not_negative(amount: Money, currency: str) -> Money:
    if amount.currency != currency:
        raise Invalid("currency_mismatch", "This deal is in %(currency)s.", field="reserves", currency=currency)
    if amount.minor < 0:
        raise Invalid("reserve_negative", "A reserve is not negative.", field="reserves")
    return amount
