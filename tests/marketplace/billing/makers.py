"""A month of the platform: an operator with a plan in force, and firms that used something."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.billing.actions import propose_plan
from marketplace.billing.issuing import issue
from marketplace.billing.models import FeeInvoice, FeePlan
from marketplace.billing.queries import invoices, today_of
from marketplace.billing.rules.bills import FeeKind, Used, bills
from marketplace.billing.rules.plans import Plan, month_after, month_of, starts_at
from tenants.database import new_id
from tests.factories import Firm, World
from tests.marketplace.billing.test_rules_plans import USUAL
from tests.marketplace.financing.makers import decided

PAID_TO = {"payee": "Bailee Operations", "payee_account": "Bank of the Yangtze, 6222 0000 1111", "because": "What it costs to run."}  # fmt: skip

# Other tests empty the register of firms and leave their goods where they are. Here they have somebody to be billed again.
BACK = """
insert into house.organisation (id, name, kinds, admitted_at)
select distinct o.id, 'Back on the register', '["SME"]'::jsonb, now()
  from (select tenant_id from house.lot union select bank_id from house.deal union select tenant_id from house.settlement) o (id)
 where not exists (select from house.organisation known where known.id = o.id)
"""


@dataclass
class Billed:
    """An operator, its plan and the first month for which it bills."""

    world: World
    operator: Firm
    month: date

    def end_month(self) -> None:
        """Let the month pass, and the night after it."""
        self.world.set_clock(starts_at(month_after(self.month)) + timedelta(hours=9))
        self.world.work()

    def invoices(self, firm: Firm) -> list[FeeInvoice]:
        """What was issued to a firm, as that firm sees it."""
        with firm.owner.ws(read_only=True) as ws:
            return invoices(ws)

    def invoice(self, firm: Firm) -> FeeInvoice:
        [one] = self.invoices(firm)
        return one

    def stored(self, invoice_id: UUID) -> FeeInvoice:
        """How it stands now, as its operator sees it."""
        with self.operator.owner.ws(read_only=True) as ws:
            return ws.session.scalars(select(FeeInvoice).where(FeeInvoice.id == invoice_id)).one()


def a_plan_in_force(world: World, plan: Plan = USUAL, *, operator: Firm | None = None, **other: Any) -> Billed:
    """Two people of the operator publish a plan from the next month on, and that month begins."""
    operator = operator or world.firm("PLATFORM")
    world.admin.execute(BACK)
    with operator.operator.ws() as ws:
        month = month_after(month_of(today_of(ws)))
        approval = propose_plan(ws, plan, effective_from=month, **(PAID_TO | other))
    decided(operator, approval)
    world.set_clock(starts_at(month) + timedelta(days=2))
    return Billed(world, operator, month)


def an_invoice(world: World) -> tuple[Firm, Firm, UUID]:
    """An operator's invoice to a firm, for a plan that is not in force: nobody else is billed by it."""
    operator, firm = world.firm("PLATFORM"), world.firm()
    used = [Used(kind, firm.tenant_id, "N-1", world.now, None) for kind in (FeeKind.LOT_MONTH, FeeKind.DEAL)]
    plan = FeePlan(version=1, vat_rate=USUAL.vat_rate, pay_days=USUAL.pay_days, notice_days=USUAL.notice_days, payee=PAID_TO["payee"], payee_account=PAID_TO["payee_account"])  # fmt: skip
    [bill] = bills(USUAL, used)
    with operator.operator.ws() as ws:
        return operator, firm, issue(ws, firm.tenant_id, plan, date(2026, 1, 1), bill).id


def a_consent(world: World, firm: Firm) -> UUID:
    """A firm's consent to collect, put on record as it stands once a card is saved."""
    consent_id = new_id()
    world.admin.execute(
        "insert into house.fee_mandate (tenant_id, id, account_id, status, currency, limit_minor, consent, given_by, given_at, checkout_id, url, moved_at)"
        " select %s, %s, a.account_id, 'ACTIVE', 'CNY', 100000, '{\"word\": \"Agreed\", \"facts\": {}}', 'Somebody', now(), 'cs', '', now() from house.fee_account a where a.firm_id = %s",
        (firm.tenant_id, consent_id, firm.tenant_id),
    )
    return consent_id


def clear_fees(world: World) -> None:
    """Plans hold for the whole house: no other test may find them, nor a look at what is gone."""
    world.admin.execute("update house.delivery set done_at = now() where subscriber like 'collecting.%%' and done_at is null", ())  # fmt: skip
    for table in (
        "fee_entry",
        "fee_mandate",
        "fee_card_payment",
        "fee_return",
        "fee_write_off",
        "fee_credit",
        "fee_payment",
        "fee_usage",
        "fee_line",
        "fee_invoice",
        "fee_account",
        "fee_plan",
    ):
        world.admin.execute(f"delete from house.{table}")  # type: ignore[call-overload]
