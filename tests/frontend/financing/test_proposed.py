"""Proposals about a loan's money as their second officer reads them, by page and by call."""

from marketplace.financing import actions
from marketplace.financing.queries import repayments
from tests.factories import World
from tests.frontend.forms import reads_before_deciding
from tests.marketplace.financing.makers import a_drawable_deal, a_running_loan, yuan


def test_a_drawdown_is_read_with_its_account_and_what_may_be_drawn(world: World) -> None:
    deal = a_drawable_deal(world)
    with deal.sme.operator.ws() as ws:
        asked = actions.request_drawdown(ws, deal.deal_id, amount=yuan("250000.00"), payee="Jiangxi Copper", payee_account="6222 0001", purpose="Cathodes")  # fmt: skip
    with deal.bank.operator.ws() as ws:
        actions.propose_drawdown(ws, asked.id)
    way = f"/deals/{deal.deal_id}/drawdowns/{asked.id}"
    told = reads_before_deciding(deal.bank.approver, "CN¥250,000.00", "may be drawn now", "Jiangxi Copper", "6222 0001", "Cathodes", "No order before this deal names this payee", way)  # fmt: skip
    available = told["terms"].pop("available")
    assert told["terms"] == {
        "act": "approve_drawdown", "deal_id": str(deal.deal_id), "drawdown_id": str(asked.id), "amount": {"amount": "250000.00", "currency": "CNY"},
        "payee": "Jiangxi Copper", "payee_code": "", "payee_account": "6222 0001", "purpose": "Cathodes", "orders": [],
    }  # fmt: skip
    assert (available["currency"], float(available["amount"]) > 0) == ("CNY", True)
    assert (told["may_decide"], told["obstacle"]) == (True, None)
    (own,) = deal.bank.operator.call("GET", "/approvals").json["items"]
    assert (own["may_decide"], own["maker"], own["terms"]["payee"]) == (False, deal.bank.operator.name, "Jiangxi Copper")  # fmt: skip


def test_a_reversal_leads_to_its_deal_and_tells_its_amount(world: World) -> None:
    deal = a_running_loan(world)
    deal.repay("1000.00", "R-1")
    with deal.bank.operator.ws() as ws:
        actions.propose_reversal(ws, repayments(ws, deal.deal_id)[0].id, because="It came back.")
    told = reads_before_deciding(deal.bank.approver, f'class="link nowrap" href="/deals/{deal.deal_id}"')
    assert told["terms"] is None
    assert told["facts"]["amount"] == {"amount": "1000.00", "currency": "CNY"}
    assert (told["facts"]["reference"], told["facts"]["because"]) == ("R-1", "It came back.")
