"""The terms a bank offers, and which cannot be."""

from dataclasses import dataclass
from decimal import Decimal

from marketplace.financing.rules.interest import OVERDUE_FACTORS, DayCount
from marketplace.financing.rules.margin import Lines
from marketplace.financing.rules.misuse import require_misuse_factor
from marketplace.financing.rules.objections import OBJECTION_DAYS_MAX
from marketplace.financing.rules.schedule import Plan
from marketplace.financing.rules.terms import Condition
from marketplace.money import Money
from tenants.errors import Invalid, word

TENOR_DAYS_MAX = 1830
RESETS = (0, 1, 3, 6, 12)
GRACE_DAYS_MAX = 30
CHARGES = ("fee", "premium", "storage", "supervision")
CONDITIONS = (Condition.INSURANCE, Condition.ACCOUNT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a bank offers. Rates, lines and haircut are shares of one; money is in the deal's currency.

    With `reference_code` the rate floats: the bank's reference rate of the day plus `spread`, looked at anew every `reset_months` months (0: with each
    new reference rate); `annual_rate` is then what that comes to today. `grace_days`: how long after its due day a payment is not overdue.
    `objection_days`: for how many business days an unanswered objection to a margin call holds the time to cure (0: it runs on).
    `premium`, and `storage` and `supervision` a month, are what these terms make the firm pay to others: no part of the debt, but of its cost.
    `compounds`: unpaid interest bears interest. `principal_first`: payments pay principal before interest (Civil Code 561 lets the parties agree).
    """

    limit: Money
    annual_rate: Decimal
    day_count: str
    tenor_days: int
    ltv_initial: Decimal
    ltv_warn: Decimal
    ltv_call: Decimal
    ltv_liquidation: Decimal
    haircut: Decimal
    fee: Money | None = None
    premium: Money | None = None
    storage: Money | None = None
    supervision: Money | None = None
    overdue_factor: Decimal = Decimal("1.5")
    misuse_factor: Decimal = Decimal(2)
    devices_required: bool = False
    conditions: tuple[str, ...] = CONDITIONS
    repayment_plan: str = Plan.BULLET
    reference_code: str = ""
    spread: Decimal = Decimal(0)
    reset_months: int = 0
    grace_days: int = 0
    objection_days: int = 0
    compounds: bool = True
    principal_first: bool = False


def require_possible(terms: Terms, currency: str) -> None:
    """Refuse figures that cannot be, another currency than the deal's, and lines that do not rise; the field at fault is named."""
    _require_amounts(terms, currency)
    _require_shares(terms)
    _require_time(terms)
    _require_plan(terms)
    Lines(terms.ltv_initial, terms.ltv_warn, terms.ltv_call, terms.ltv_liquidation)


def _require_amounts(terms: Terms, currency: str) -> None:
    if terms.limit.minor <= 0:
        raise Invalid("amount_not_positive", "Offer an amount above zero.", field="limit")
    beside = {name: getattr(terms, name) for name in CHARGES if getattr(terms, name) is not None}
    for field, money in ({"limit": terms.limit} | beside).items():
        if money.currency != currency:
            raise Invalid("currency_mismatch", "This deal is in %(currency)s.", field=field, currency=currency)
    for field, money in beside.items():
        if not 0 <= money.minor <= terms.limit.minor:
            raise Invalid("fee_wrong", "A fee lies between nothing and the limit.", field=field)


def _require_shares(terms: Terms) -> None:
    if not 0 <= terms.annual_rate <= 1:
        raise Invalid("rate_wrong", "A yearly rate is a share between 0 and 1.", field="annual_rate")
    if not 0 <= terms.haircut <= 1:
        raise Invalid("share_out_of_range", "The %(name)s is a share between 0 and 1.", field="haircut", name=word("haircut"))  # fmt: skip
    if not -1 < terms.spread < 1:
        raise Invalid("share_out_of_range", "The %(name)s is a share between 0 and 1.", field="spread", name="spread")
    if not OVERDUE_FACTORS[0] <= terms.overdue_factor <= OVERDUE_FACTORS[1]:
        raise Invalid("penalty_wrong", "Overdue loans cost 1.3 to 1.5 times the rate.", field="overdue_factor")
    require_misuse_factor(terms.misuse_factor)


def _require_time(terms: Terms) -> None:
    if terms.day_count not in {known.value for known in DayCount}:
        raise Invalid("day_count_wrong", "Count days as ACT/360, ACT/365 or 30/360.", field="day_count")
    if not 1 <= terms.tenor_days <= TENOR_DAYS_MAX:
        raise Invalid("tenor_wrong", "A loan runs for 1 to %(most)s days.", field="tenor_days", most=TENOR_DAYS_MAX)
    if not 0 <= terms.grace_days <= GRACE_DAYS_MAX:
        raise Invalid("grace_wrong", "Grace is given for at most %(most)s days.", field="grace_days", most=GRACE_DAYS_MAX)  # fmt: skip
    if not 0 <= terms.objection_days <= OBJECTION_DAYS_MAX:
        raise Invalid("objection_days_wrong", "An objection holds a margin call for at most %(most)s business days.", field="objection_days", most=OBJECTION_DAYS_MAX)  # fmt: skip


def _require_plan(terms: Terms) -> None:
    if terms.repayment_plan not in set(Plan):
        raise Invalid("plan_unknown", "Choose how the loan is paid back.", field="repayment_plan")
    if terms.reset_months not in RESETS:
        raise Invalid("reset_wrong", "A rate is looked at anew every 1, 3, 6 or 12 months, or with each new reference rate.", field="reset_months")  # fmt: skip
