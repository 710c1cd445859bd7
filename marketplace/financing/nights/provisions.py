"""The loss a bank has to expect: by its own shares, for one loan by the rule, for the whole book in one statement with the same arithmetic."""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select, text

from marketplace.financing.models.books import LossPolicy
from marketplace.financing.models.deals import Deal
from marketplace.financing.nights.accruals import OWING_STATES
from marketplace.financing.rules.quality import ExpectedLoss, Exposure, expected_loss, probability_of_default
from marketplace.financing.rules.terms import DRAWABLE, Position
from marketplace.money import Money
from marketplace.valuation.queries import today
from tenants.database import new_id
from tenants.errors import Invalid
from tenants.workspace import Workspace

SHARES = ("default_probability", "unsecured_loss", "secured_loss", "haircut", "conversion")


@dataclass(frozen=True, slots=True)
class LossShares:
    """The shares by which losses are expected; the defaults are those of the foundation approach, and 2 per cent a year until the bank sets its own."""

    default_probability: Decimal = Decimal("0.02")
    unsecured_loss: Decimal = Decimal("0.40")
    secured_loss: Decimal = Decimal("0.25")
    haircut: Decimal = Decimal("0.40")
    conversion: Decimal = Decimal("0.40")


# Each loan: EAD = owed + conversion · undrawn; ES = min(EAD, value · (1 - haircut)); loss = PD · (LGDu · (EAD - ES) + LGDs · ES), rounded once.
BOOK_LOSS = text("""
with loan as materialized (
  select d.deal_id, d.status, o.limit_minor, greatest(0, coalesce(d.matures_on, cast(:today as date)) - cast(:today as date)) as days_left,
         coalesce(q.stage, 1) as stage, coalesce(v.market_value_minor, 0) as worth,
         coalesce((select sum(b.amount_minor) from house.debt_balance b where b.deal_id = d.deal_id), 0) as owed
    from house.deal d join house.offer o on o.deal_id = d.deal_id and o.id = d.offer_id
    left join lateral (select x.stage from house.loan_quality x where x.deal_id = d.deal_id order by x.id desc limit 1) q on true
    left join lateral (select x.market_value_minor from house.deal_valuation x where x.deal_id = d.deal_id order by x.at desc, x.id desc limit 1) v on true
   where d.bank_id = :bank and d.status = any(cast(:owing as text[]))
), exposed as (
  select l.*, l.owed + :conversion * case when l.status = any(cast(:drawable as text[])) then greatest(0, l.limit_minor - l.owed) else 0 end as ead from loan l
), secured as (
  select x.*, least(x.ead, x.worth * (1 - cast(:haircut as numeric))) as es,
         case x.stage when 3 then 1 when 2 then 1 - power(1 - cast(:pd as numeric), greatest(1, ceil(x.days_left / 365.0))) else cast(:pd as numeric) end as pd
    from exposed x
)
select coalesce(sum(round(s.pd * (cast(:unsecured as numeric) * (s.ead - s.es) + cast(:secured as numeric) * s.es))), 0) from secured s
""")


def loss_shares(ws: Workspace) -> LossShares:
    """The bank's own shares, or the defaults."""
    newest = select(LossPolicy).where(LossPolicy.tenant_id == ws.tenant_id).order_by(LossPolicy.id.desc()).limit(1)
    found = ws.session.scalars(newest).first()
    return LossShares(*(getattr(found, name) for name in SHARES)) if found else LossShares()


def set_loss_shares(ws: Workspace, shares: LossShares) -> LossPolicy:
    """Set the bank's shares, in place of earlier ones, which stay as history. Refuses what is no share of one."""
    ws.may("call_margin")
    for name in SHARES:
        if not 0 <= getattr(shares, name) <= 1:
            raise Invalid("share_out_of_range", "The %(name)s is a share between 0 and 1.", field=name, name=name)
    policy = LossPolicy(tenant_id=ws.tenant_id, id=new_id(), set_at=ws.now, **{name: getattr(shares, name) for name in SHARES})  # fmt: skip
    ws.session.add(policy)
    ws.session.flush()
    return policy


def loss_of(shares: LossShares, deal: Deal, position: Position, stage: int, days_left: int) -> ExpectedLoss:
    """The loss to expect of one loan: what is owed and may still be drawn, its goods at their market value, the stage's probability."""
    undrawn = Money.zero(deal.currency)
    if deal.status in DRAWABLE and position.limit is not None:
        undrawn = (position.limit - position.outstanding).at_least_zero()
    worth = position.market_value or Money.zero(deal.currency)
    exposure = Exposure(position.outstanding, undrawn, shares.conversion, worth, shares.haircut)
    probability = probability_of_default(shares.default_probability, days_left, stage)
    return expected_loss(exposure, probability, shares.unsecured_loss, shares.secured_loss)


def expected_loss_minor(ws: Workspace) -> int:
    """The loss to expect of the bank's whole book, in minor units."""
    shares = loss_shares(ws)
    values = {
        "bank": ws.tenant_id, "today": today(ws), "owing": OWING_STATES, "drawable": sorted(state.value for state in DRAWABLE),
        "conversion": shares.conversion, "haircut": shares.haircut, "pd": shares.default_probability, "unsecured": shares.unsecured_loss, "secured": shares.secured_loss,
    }  # fmt: skip
    return int(ws.session.execute(BOOK_LOSS, values).scalar_one())
