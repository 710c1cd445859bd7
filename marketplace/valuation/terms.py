"""The terms on which a bank lends against a kind of goods: proposed by one officer, published by another."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from marketplace.valuation.events import LendingTermsPublished
from marketplace.valuation.models import LendingPolicy
from marketplace.valuation.queries import quotes
from marketplace.valuation.rules.condition import EXPIRY_DAYS
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.errors import Invalid, word
from tenants.events import sentence
from tenants.workspace import Workspace

EXPIRY_DAYS_MAX = 3650
LINES = ("ltv_initial", "ltv_warn", "ltv_call", "ltv_liquidation")


def propose_lending_terms(
    ws: Workspace,
    *,
    code: str,
    haircut: Decimal,
    ltv_initial: Decimal,
    ltv_warn: Decimal,
    ltv_call: Decimal,
    ltv_liquidation: Decimal,
    price_age_days_max: int = 5,
    loss_per_degree_hour: Decimal = Decimal(0),
    expiry_days: int = EXPIRY_DAYS,
    moisture_worst: Decimal | None = None,
    devices_required: bool = True,
    grades: Mapping[str, Decimal] | None = None,
) -> Approval:
    """Put lending terms before a second officer; published to every firm once approved. Shares are of one; `expiry_days`: over how many last days goods
    that expire lose their value; `moisture_worst`: how wet goods that are priced by dry weight are taken to be where nobody has certified it.

    Refuses shares outside [0, 1], lines that do not rise, a price age of less than a day or more than 30, and an expiry that takes less than a day or more than 3650.
    """
    ws.may("revalue")
    lines = dict(zip(LINES, (ltv_initial, ltv_warn, ltv_call, ltv_liquidation), strict=True))
    _require_shares({"haircut": haircut, "loss_per_degree_hour": loss_per_degree_hour, **(grades or {})})
    if not 0 < ltv_initial <= ltv_warn <= ltv_call <= ltv_liquidation <= 1:
        raise Invalid("lines_out_of_order", "The lines rise from initial to liquidation and lie in 0 to 1.", field="ltv_initial")  # fmt: skip
    _require_ages(price_age_days_max, expiry_days)
    if moisture_worst is not None and not 0 <= moisture_worst < 1:
        raise Invalid("moisture_out_of_range", "Moisture is a share of at least 0 and less than 1.", field="moisture_worst")  # fmt: skip
    return approvals.propose(
        ws,
        "approve_policy",
        subject_id=ws.tenant_id,
        summary=_in_a_sentence(code, haircut, lines),
        code=code,
        haircut=str(haircut),
        **{name: str(line) for name, line in lines.items()},
        price_age_days_max=price_age_days_max,
        loss_per_degree_hour=str(loss_per_degree_hour),
        expiry_days=expiry_days,
        moisture_worst=None if moisture_worst is None else str(moisture_worst),
        devices_required=devices_required,
        grades={grade: str(factor) for grade, factor in (grades or {}).items()},
    )


def _require_ages(price_age_days_max: int, expiry_days: int) -> None:
    if not 1 <= price_age_days_max <= 30:
        raise Invalid("price_age_wrong", "A price may be 1 to 30 days old.", field="price_age_days_max")
    if not 1 <= expiry_days <= EXPIRY_DAYS_MAX:
        raise Invalid("days_wrong", "Give 1 to %(most)s days.", field="expiry_days", most=EXPIRY_DAYS_MAX)


def _require_shares(shares: Mapping[str, Decimal]) -> None:
    for name, share in shares.items():
        if not 0 <= share <= 1:
            raise Invalid(
                "share_out_of_range",
                "The %(name)s is a share between 0 and 1.",
                field=name if name in {"haircut", "loss_per_degree_hour"} else "grades",
                name=word(name.replace("_", " ")),
            )


def _in_a_sentence(code: str, haircut: Decimal, lines: Mapping[str, Decimal]) -> dict[str, Any]:
    return sentence(
        "%(code)s: haircut %(haircut)s, loan-to-value %(initial)s / %(warn)s / %(call)s / %(liquidation)s",
        code=code,
        haircut=_percent(haircut),
        **{name.removeprefix("ltv_"): _percent(line) for name, line in lines.items()},
    )


@upon_approval("approve_policy")
def publish_lending_terms(ws: Workspace, approval: Approval) -> None:
    """Publish approved terms in place of the former."""
    terms = approval.payload
    policy = ws.session.get(LendingPolicy, (ws.tenant_id, terms["code"]))
    if policy is None:
        policy = LendingPolicy(tenant_id=ws.tenant_id, price_code=terms["code"])
        ws.session.add(policy)
    for name in ("haircut", *LINES, "loss_per_degree_hour"):
        setattr(policy, name, Decimal(terms[name]))
    for name in ("price_age_days_max", "devices_required", "expiry_days"):
        setattr(policy, name, terms[name])
    worst = terms["moisture_worst"]
    policy.moisture_worst = None if worst is None else Decimal(worst)
    policy.grades, policy.decided_at = terms["grades"], ws.now
    newest = quotes(ws, terms["code"], limit=1)
    if newest:
        policy.reference_price, policy.reference_on = newest[0].price, newest[0].quoted_on
        policy.currency, policy.unit = newest[0].currency, newest[0].unit
    ws.record(_published(policy), on=ws.tenant_id, evidence=[approval.id])


def _published(policy: LendingPolicy) -> LendingTermsPublished:
    figures: dict[str, Any] = {name: getattr(policy, name) for name in ("haircut", *LINES)}
    return LendingTermsPublished(code=policy.price_code, **figures)


def _percent(share: Decimal) -> str:
    """A share as people write it, without zeros that say nothing: `65%`."""
    return f"{(share * 100).normalize():f}%"
