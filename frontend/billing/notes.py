"""What an act will cost, said where the act is about to be done: before a loan is offered, a lot declared, goods put up for sale."""

from flask import g

from frontend.language import translate
from marketplace.billing.models import FeePlan
from marketplace.billing.queries import cost_so_far, fee_plans, plan_for, today_of
from marketplace.billing.rules.bills import FeeKind
from marketplace.billing.rules.plans import month_of
from tenants.workspace import Workspace


def fee_note(about: str) -> str:
    """One sentence for whoever is about to act; empty while no plan is in force. `about`: LOT_MONTH, DEAL or SALE for who pays, BORROW for who does not."""
    ws: Workspace = g.ws
    if about == FeeKind.LOT_MONTH:
        return _of_lots(ws)
    plan = plan_for(fee_plans(ws), month_of(today_of(ws)))
    if plan is None:
        return ""
    if about == FeeKind.DEAL:
        return translate("The platform charges your bank %(fee)s and the tax on it, once, when this loan is first paid out.", fee=plan.deal)  # fmt: skip
    if about == FeeKind.SALE:
        return translate("The platform charges the seller %(share)s of the price and the tax on it, once the buyer has paid.", share=f"{plan.sale_share * 100:.2f}%")  # fmt: skip
    return translate("Asking and borrowing cost you nothing here: the bank pays the platform for a loan.")


def _of_lots(ws: Workspace) -> str:
    """How many watched lots are free for this firm still, and what the next one costs."""
    so_far = cost_so_far(ws)
    if so_far.plan is None:
        return ""
    left = _free_left(so_far.plan, sum(one.kind is FeeKind.LOT_MONTH for one in so_far.used))
    if left:
        return translate("Declaring costs nothing. A lot counts from the first day on which a device watches it; %(left)s more are free this month, each further one costs %(fee)s a month.", left=left, fee=so_far.plan.lot_month)  # fmt: skip
    return translate("Declaring costs nothing. From the first day on which a device watches it this lot costs %(fee)s a month and the tax on it: the free ones of this month are used.", fee=so_far.plan.lot_month)  # fmt: skip


def _free_left(plan: FeePlan, used: int) -> int:
    return max(plan.lots_free - used, 0)
