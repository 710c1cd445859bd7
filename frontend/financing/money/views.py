"""Pages of money: drawdowns, repayments, default and write-off."""

from typing import Any
from uuid import UUID

from flask import redirect, url_for

from frontend import entered
from frontend.financing.blueprint import pages
from frontend.pages import render
from marketplace.financing import actions, queries
from marketplace.financing.money.payees import orders_behind, payee_of
from marketplace.financing.money.plans import instalments_of
from marketplace.financing.rules.repayment import Recalculation
from marketplace.financing.rules.terms import DefaultEvent
from tenants.workspace import Workspace


@pages.look("/deals/<uuid:deal_id>/drawdowns/new")
def new_drawdown(ws: Workspace, deal_id: UUID) -> Any:
    deal = queries.find_deal(ws, deal_id)
    return render("financing/money/new_drawdown.html", deal=deal, position=queries.position(ws, deal_id))


@pages.act("/deals/<uuid:deal_id>/drawdowns", again="new_drawdown")
def request_drawdown(ws: Workspace, deal_id: UUID) -> Any:
    actions.request_drawdown(
        ws,
        deal_id,
        amount=entered.money("amount", queries.find_deal(ws, deal_id).currency),
        payee=entered.text("payee"),
        payee_code=entered.text("payee_code"),
        payee_account=entered.text("payee_account"),
        purpose=entered.text("purpose"),
    )
    return redirect(url_for(".show_deal", deal_id=deal_id))


@pages.act("/deals/<uuid:deal_id>/drawdowns/<uuid:drawdown_id>/approval", again="show_drawdown")
def propose_drawdown(ws: Workspace, deal_id: UUID, drawdown_id: UUID) -> Any:
    actions.propose_drawdown(ws, drawdown_id)
    return redirect(url_for(".show_deal", deal_id=deal_id))


@pages.look("/deals/<uuid:deal_id>/drawdowns/<uuid:drawdown_id>")
def show_drawdown(ws: Workspace, deal_id: UUID, drawdown_id: UUID) -> Any:
    drawdown = queries.find_drawdown(ws, drawdown_id)
    deal = queries.find_deal(ws, drawdown.deal_id)
    return render("financing/money/drawdown.html", deal=deal, drawdown=drawdown, position=queries.position(ws, deal.deal_id), orders=orders_behind(ws, deal, payee_of(drawdown)))  # fmt: skip


@pages.act("/deals/<uuid:deal_id>/drawdowns/<uuid:drawdown_id>/confirmation", again="show_drawdown")
def confirm_payment(ws: Workspace, deal_id: UUID, drawdown_id: UUID) -> Any:
    actions.confirm_payment(ws, drawdown_id, bank_reference=entered.text("bank_reference"))
    return redirect(url_for(".show_deal", deal_id=deal_id))


@pages.act("/deals/<uuid:deal_id>/drawdowns/<uuid:drawdown_id>/failure", again="show_drawdown")
def fail_payment(ws: Workspace, deal_id: UUID, drawdown_id: UUID) -> Any:
    actions.fail_payment(ws, drawdown_id, because=entered.text("because"))
    return redirect(url_for(".show_drawdown", deal_id=deal_id, drawdown_id=drawdown_id))


@pages.act("/deals/<uuid:deal_id>/drawdowns/<uuid:drawdown_id>/refusal", again="show_drawdown")
def refuse_drawdown(ws: Workspace, deal_id: UUID, drawdown_id: UUID) -> Any:
    actions.refuse_drawdown(ws, drawdown_id, because=entered.text("because"))
    return redirect(url_for(".show_drawdown", deal_id=deal_id, drawdown_id=drawdown_id))


@pages.look("/deals/<uuid:deal_id>/repayments/new")
def new_repayment(ws: Workspace, deal_id: UUID) -> Any:
    deal = queries.find_deal(ws, deal_id)
    has_plan = len(instalments_of(ws, deal_id)) > 1
    return render(
        "financing/money/new_repayment.html", deal=deal, position=queries.position(ws, deal_id), has_plan=has_plan
    )


@pages.act("/deals/<uuid:deal_id>/repayments", again="new_repayment")
def record_repayment(ws: Workspace, deal_id: UUID) -> Any:
    amount = entered.money("amount", queries.find_deal(ws, deal_id).currency)
    manner = entered.text("recalculation") or Recalculation.SMALLER
    actions.record_repayment(ws, deal_id, amount=amount, reference=entered.text("reference"), recalculation=manner)
    return redirect(url_for(".show_deal", deal_id=deal_id))


@pages.look("/deals/<uuid:deal_id>/default/new")
def new_default(ws: Workspace, deal_id: UUID) -> Any:
    deal = queries.find_deal(ws, deal_id)
    return render(
        "financing/money/new_default.html",
        deal=deal,
        call=queries.open_call(ws, deal_id),
        position=queries.position(ws, deal_id),
        events=[event.value for event in DefaultEvent],
    )


@pages.act("/deals/<uuid:deal_id>/default", again="new_default")
def propose_default(ws: Workspace, deal_id: UUID) -> Any:
    event = entered.text("event") or None
    actions.propose_default(ws, deal_id, because=entered.text("because"), event=event)
    return redirect(url_for(".show_deal", deal_id=deal_id))


@pages.act("/deals/<uuid:deal_id>/write-off", again="show_deal")
def propose_write_off(ws: Workspace, deal_id: UUID) -> Any:
    actions.propose_write_off(ws, deal_id, because=entered.text("because"))
    return redirect(url_for(".show_deal", deal_id=deal_id))
