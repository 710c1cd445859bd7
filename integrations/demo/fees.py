"""Chapters of the platform's fees: a plan that two of the operator's officers publish, and payments as they come in. Invoices come by the calendar."""

from decimal import Decimal

from integrations.demo.line import yuan
from integrations.demo.story import Story
from marketplace.billing.rules.plans import month_after, month_of
from marketplace.business_days import SHANGHAI

OPEN = {"ISSUED", "OVERDUE"}


def publish_plan(story: Story) -> None:
    """What the platform charges from the month to come: proposed by one officer, agreed to by another."""
    line = story.line
    begins = month_after(month_of(line.now.astimezone(SHANGHAI).date()))
    plan = {
        "effective_from": begins.isoformat(),
        "lots_free": 0,
        "lot_month": yuan("60.00"),
        "deal": yuan("800.00"),
        "sale_share": "0.005",
        "vat_rate": "0.06",
        "pay_days": 30,
        "notice_days": 14,
        "payee": "Bailee",
        "payee_account": "3310 6618 0001",
        "because": "First plan. 首期收费方案。",
    }
    line.post("operator", "/fee-plans", plan)
    line.approve("checker", "approve_fee_plan")
    line.settle()
    story.say(f"Fees: a plan from {begins:%Y-%m-%d}, published by two officers of the operator.")


def book_payments(story: Story) -> None:
    """What was invoiced by now has come in at the operator's bank; later invoices stay open."""
    line, paid = story.line, Decimal(0)
    today = line.now.astimezone(SHANGHAI).date().isoformat()
    for one in line.get("operator", "/fee-invoices")["items"]:
        if one["status"] in OPEN:
            payment = {"amount": one["total"], "reference": f"HVPS-{one['number']}", "received_on": today}
            line.post("operator", f"/fee-invoices/{one['id']}/payments", payment)
            paid += Decimal(one["total"]["amount"])
    line.settle()
    story.say(f"Fees: CNY {paid:,.2f} of invoices paid.")
