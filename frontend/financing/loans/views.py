"""Pages of running loans: the plan of payments, more time, a repayment taken back, the class; the bank's close of the day and its rates."""

from datetime import date
from typing import Any
from uuid import UUID

from flask import redirect, request, url_for

from frontend import entered
from frontend.financing.blueprint import pages
from frontend.financing.misuses.views import misuses_shown
from frontend.pages import render
from marketplace.financing import actions, queries
from marketplace.financing.money import changes, plans, reference_rates
from marketplace.financing.nights import classes, dues, end_of_day, provisions
from marketplace.financing.nights.provisions import SHARES, LossShares
from marketplace.financing.rules.quality import LoanClass
from marketplace.guarantees import actions as guarantees
from marketplace.guarantees.extending import consents_of
from marketplace.valuation.queries import today
from tenants.errors import Invalid
from tenants.workspace import Workspace

FILE_MAX = 1_000_000


@pages.look("/deals/<uuid:deal_id>/plan")
def show_plan(ws: Workspace, deal_id: UUID) -> Any:
    deal = queries.find_deal(ws, deal_id)
    bank = deal.bank_id == ws.tenant_id
    return render(
        "financing/loans/plan.html",
        deal=deal,
        bank=bank,
        terms=queries.terms_of(ws, deal),
        instalments=plans.instalments_of(ws, deal_id),
        plans=plans.plans_of(ws, deal_id),
        rates=plans.rates_of(ws, deal_id),
        dues=dues.open_dues(ws, deal_id),
        states=dues.instalment_states(ws, deal),
        days_late=dues.days_late(ws, deal),
        repayments=queries.repayments(ws, deal_id),
        reversals=changes.reversals_of(ws, deal_id),
        history=classes.history_of(ws, deal_id) if bank else [],
        consents=consents_of(ws, deal_id) if bank else [],
        class_names=[one.value for one in LoanClass],
        **misuses_shown(ws, deal_id, bank=bank),
    )


@pages.act("/deals/<uuid:deal_id>/extension", again="show_plan")
def propose_loan_extension(ws: Workspace, deal_id: UUID) -> Any:
    until, uncovered = entered.day("until"), entered.text("uncovered") == "yes"
    actions.propose_loan_extension(ws, deal_id, until=until, because=entered.text("because"), uncovered=uncovered)
    return redirect(url_for(".show_plan", deal_id=deal_id))


@pages.act("/deals/<uuid:deal_id>/extension-consents", again="show_plan")
def ask_extension(ws: Workspace, deal_id: UUID) -> Any:
    guarantees.ask_extension(ws, deal_id, until=entered.day("until"), because=entered.text("because"))
    return redirect(url_for(".show_plan", deal_id=deal_id))


@pages.act("/deals/<uuid:deal_id>/repayments/<uuid:repayment_id>/reversal", again="show_plan")
def propose_reversal(ws: Workspace, deal_id: UUID, repayment_id: UUID) -> Any:
    actions.propose_reversal(ws, repayment_id, because=entered.text("because"))
    return redirect(url_for(".show_plan", deal_id=deal_id))


@pages.act("/deals/<uuid:deal_id>/class", again="show_plan")
def propose_class(ws: Workspace, deal_id: UUID) -> Any:
    actions.propose_class(ws, deal_id, loan_class=entered.text("loan_class"), because=entered.text("because"))
    return redirect(url_for(".show_plan", deal_id=deal_id))


@pages.look("/end-of-day")
def show_end_of_day(ws: Workspace) -> Any:
    ws.may("read")
    books = end_of_day.books_of(ws)
    troubled = end_of_day.troubles(ws)
    return render(
        "financing/loans/end_of_day.html",
        books=books,
        runs=end_of_day.runs(ws),
        troubles=troubled,
        numbers={one.deal_id: queries.find_deal(ws, one.deal_id).number for one in troubled},
        is_over=books is not None and books.open_on < today(ws),
        shares=provisions.loss_shares(ws),
        share_names=SHARES,
    )


@pages.act("/end-of-day/start", again="show_end_of_day")
def start_close(ws: Workspace) -> Any:
    actions.start_close(ws)
    return redirect(url_for(".show_end_of_day"))


@pages.act("/end-of-day/stop", again="show_end_of_day")
def stop_close(ws: Workspace) -> Any:
    actions.stop_close(ws)
    return redirect(url_for(".show_end_of_day"))


@pages.act("/end-of-day/loss-shares", again="show_end_of_day")
def set_loss_shares(ws: Workspace) -> Any:
    actions.set_loss_shares(ws, LossShares(*(entered.share(name) for name in SHARES)))
    return redirect(url_for(".show_end_of_day"))


@pages.look("/reference-rates")
def list_reference_rates(ws: Workspace) -> Any:
    ws.may("read")
    return render("financing/loans/reference_rates.html", rates=reference_rates.series(ws), today=today(ws))


@pages.act("/reference-rates", again="list_reference_rates")
def import_reference_rates(ws: Workspace) -> Any:
    code, file = entered.text("code").upper(), request.files.get("file")
    if file is not None and file.filename:
        rates = reference_rates.read_rates(file.read(FILE_MAX + 1))
    elif entered.text("effective_on"):
        on: date = entered.day("effective_on")
        rates = [(on, entered.share("annual_rate"))]
    else:
        raise Invalid("file_missing", "Choose a file.", field="file")
    actions.import_reference_rates(ws, code, rates)
    return redirect(url_for(".list_reference_rates"))
