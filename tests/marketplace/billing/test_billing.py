"""Fees through the real actions: two people publish a plan, the clock bills a month, a firm pays or is reminded, and what runs goes on all the same."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.billing.actions import confirm_fee_payment, propose_credit, propose_plan
from marketplace.billing.issuing import issue_month
from marketplace.billing.models import FeeInvoice
from marketplace.billing.queries import (
    arrears,
    cost_so_far,
    fee_plans,
    invoice_sheet,
    require_fees_paid,
    terms_of,
    today_of,
)
from marketplace.billing.rules.plans import month_after, starts_at
from marketplace.money import Money
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.factories import Firm, World
from tests.marketplace.billing.makers import PAID_TO, Billed, a_plan_in_force, clear_fees
from tests.marketplace.billing.test_rules_plans import USUAL
from tests.marketplace.disposal.makers import an_enforced_sale
from tests.marketplace.financing.makers import a_drawable_deal, a_request, a_running_loan, decided, draw
from tests.marketplace.supervision.makers import a_scene, a_watching_device

DEAR = replace(USUAL, lots_free=0)


@pytest.fixture(autouse=True)
def _for_this_test_alone(world: World) -> Iterator[None]:
    yield
    clear_fees(world)


def an_owing_firm(world: World) -> tuple[Billed, Firm, FeeInvoice]:
    """A firm with one watched lot that owes 30.00 and the tax on it for a month that is over."""
    billed = a_plan_in_force(world, DEAR)
    scene = a_scene(world)
    a_watching_device(scene.supervisor, scene.lot.id)
    billed.end_month()
    return billed, scene.sme, billed.invoice(scene.sme)


def pay(billed: Billed, invoice: FeeInvoice, **other: Any) -> None:
    with billed.operator.operator.ws() as ws:
        told: dict[str, Any] = {"amount": invoice.total, "reference": "TT-1", "received_on": today_of(ws)}
        confirm_fee_payment(ws, invoice.id, **(told | other))


def test_a_month_is_billed_once_for_what_was_used_and_to_whom(world: World) -> None:
    billed = a_plan_in_force(world, DEAR)
    sale = an_enforced_sale(world)  # a loan that is paid out, watched goods, and their sale
    sale.sell("4200000")
    bank = sale.deal.bank
    sale.deliver()
    with bank.owner.ws(read_only=True) as ws:
        so_far = cost_so_far(ws)
    billed.end_month()
    invoice = billed.invoice(bank)
    with bank.owner.ws(read_only=True) as ws:
        sheet = invoice_sheet(ws, invoice.id)
    assert [(line.kind, line.quantity) for line in sheet.lines] == [("DEAL", 1), ("SALE", 1)]
    assert str(sheet.lines[1].amount) == "CNY 21000.00"
    assert {one.subject_id for one in sheet.usage} == {sale.deal.deal_id, sale.sale.auction_id}
    assert (invoice.status, invoice.total) == ("ISSUED", Money.of("22472.00", "CNY"))
    assert [bill.total for bill in so_far.bills] == [invoice.total]  # what the firm read before is what it owes
    assert billed.invoices(sale.sale.bidders[-1]) == []
    with billed.operator.owner.ws() as ws:
        assert issue_month(ws, billed.month) == []  # again: nothing new
    assert billed.invoices(bank)[0].id == invoice.id


def test_what_is_free_costs_no_invoice_and_a_loan_is_charged_in_its_first_month_alone(world: World) -> None:
    billed = a_plan_in_force(world)
    scene = a_scene(world)
    a_watching_device(scene.supervisor, scene.lot.id)
    deal = a_drawable_deal(world)
    draw(deal, "400000.00", "P-1")
    with scene.sme.owner.ws(read_only=True) as ws:
        assert [(one.kind, one.subject_id) for one in cost_so_far(ws).used] == [("LOT_MONTH", scene.lot.id)]
    billed.end_month()
    assert billed.invoices(scene.sme) == []
    assert billed.invoice(deal.bank).net == USUAL.deal
    deal.price("20000")
    draw(deal, "300000.00", "P-2")
    billed.month = month_after(billed.month)
    billed.end_month()
    assert len(billed.invoices(deal.bank)) == 1


def test_an_invoice_is_paid_whole_by_a_reference_that_counts_once(world: World) -> None:
    billed, firm, invoice = an_owing_firm(world)
    with pytest.raises(Conflict):
        pay(billed, invoice, amount=invoice.total - Money(1, "CNY"))
    with pytest.raises(Invalid) as to_come:
        pay(billed, invoice, received_on=invoice.due_on)
    assert to_come.value.field == "received_on"
    pay(billed, invoice)
    pay(billed, invoice)  # the clerk pressed twice
    assert billed.stored(invoice.id).status == "PAID"
    with pytest.raises(Conflict):
        pay(billed, invoice, reference="TT-2")
    with firm.owner.ws() as ws, pytest.raises(NotAllowed):
        confirm_fee_payment(ws, invoice.id, amount=invoice.total, reference="TT-3", received_on=today_of(ws))
    with world.firm("PLATFORM").operator.ws() as ws, pytest.raises(NotFound):  # another operator sees none of it
        confirm_fee_payment(ws, invoice.id, amount=invoice.total, reference="TT-3", received_on=today_of(ws))


def test_who_does_not_pay_is_told_first_and_then_only_new_requests_wait(world: World) -> None:
    billed, firm, invoice = an_owing_firm(world)
    world.set_clock(starts_at(invoice.due_on) + timedelta(days=1, hours=1))
    world.work()
    assert billed.stored(invoice.id).status == "OVERDUE"
    with firm.owner.ws(read_only=True) as ws:
        require_fees_paid(ws)  # this was the notice
    world.set_clock(starts_at(invoice.refuses_from) + timedelta(hours=1))
    with firm.owner.ws(read_only=True) as ws:
        late = arrears(ws)
        assert late is not None
        assert late.id == invoice.id
        with pytest.raises(Conflict) as waits:
            require_fees_paid(ws)
        assert invoice_sheet(ws, invoice.id).invoice.id == invoice.id
    assert waits.value.code == "fees_overdue"
    pay(billed, invoice)
    with firm.owner.ws(read_only=True) as ws:
        require_fees_paid(ws)


def test_a_request_for_finance_asks_and_a_running_loan_does_not(world: World) -> None:
    billed = a_plan_in_force(world, DEAR)
    deal = a_running_loan(world, drawn="400000.00")
    a_watching_device(deal.parties.supervisor, deal.lots[0].id)
    billed.end_month()
    invoice = billed.invoice(deal.sme)
    world.set_clock(starts_at(invoice.due_on) + timedelta(days=1))
    world.work()
    world.set_clock(starts_at(invoice.refuses_from))
    deal.price("20000")
    deal.repay("1000.00", "R-1")
    with pytest.raises(Conflict) as waits:
        a_request(world, parties=deal.parties)
    assert waits.value.code == "fees_overdue"


def test_a_credit_note_takes_two_people_and_leaves_the_invoice_as_it_was(world: World) -> None:
    billed, firm, invoice = an_owing_firm(world)
    pay(billed, invoice)
    with billed.operator.operator.ws() as ws:
        approval = propose_credit(ws, invoice.id, because="The lot was not watched: its device was broken.")
    assert billed.stored(invoice.id).status == "PAID"
    decided(billed.operator, approval)
    with firm.owner.ws(read_only=True) as ws:
        sheet = invoice_sheet(ws, invoice.id)
    assert sheet.credit is not None
    assert (sheet.invoice.status, sheet.invoice.total, sheet.credit.owed_back) == ("CREDITED", invoice.total, True)
    assert sheet.credit.number == f"C-{invoice.month:%Y%m}-0001"
    with billed.operator.operator.ws() as ws, pytest.raises(Conflict):
        propose_credit(ws, invoice.id, because="Again.")


def test_the_database_keeps_an_invoice_as_it_was_issued(world: World) -> None:
    billed, firm, invoice = an_owing_firm(world)
    for change in (
        "total_minor = total_minor + 1, net_minor = net_minor + 1",
        "due_on = due_on - 1",
        "refuses_from = refuses_from - 1",
        "status = 'ISSUED'",
    ):
        with billed.operator.owner.ws() as ws, pytest.raises(DBAPIError):
            ws.session.execute(text(f"update house.fee_invoice set {change} where id = :id"), {"id": invoice.id})
    with billed.operator.owner.ws() as ws, pytest.raises(DBAPIError):
        ws.session.execute(text("delete from house.fee_invoice where id = :id"), {"id": invoice.id})
    with firm.owner.ws() as ws:  # row security: the firm reads its invoice and changes nothing
        ws.session.execute(text("update house.fee_invoice set status = 'PAID' where id = :id"), {"id": invoice.id})
    assert billed.stored(invoice.id).status == "ISSUED"
    with pytest.raises(DBAPIError, match="sum of its lines"), billed.operator.owner.ws() as ws:
        ws.session.execute(
            text(
                "insert into house.fee_invoice select (jsonb_populate_record(i, jsonb_build_object('id', gen_random_uuid(), 'number', 'X', 'month', '2020-01-01'))).*"
                " from house.fee_invoice i where i.id = :id"
            ),
            {"id": invoice.id},
        )


def test_a_firm_reads_nobody_elses_fees(world: World) -> None:
    billed, firm, invoice = an_owing_firm(world)
    other = world.firm()
    with other.owner.ws(read_only=True) as ws:
        for table in ("fee_invoice", "fee_line", "fee_usage", "fee_account"):
            assert ws.session.scalar(text(f"select count(*) from house.{table}")) == 0
        with pytest.raises(NotFound):
            invoice_sheet(ws, invoice.id)
    for of_firm in (None, firm.tenant_id):
        with other.owner.ws(read_only=True) as ws, pytest.raises(DBAPIError, match="for the operator"):
            ws.session.execute(
                text("select * from gate.fee_usage(:month, :firm)"), {"month": billed.month, "firm": of_firm}
            )


def test_only_the_operators_people_publish_plans_for_months_to_come(world: World) -> None:
    operator = world.firm("PLATFORM")
    with operator.operator.ws() as ws:
        today = today_of(ws)
        coming = month_after(today.replace(day=1))
        with pytest.raises(Invalid):
            propose_plan(ws, USUAL, effective_from=today, **PAID_TO)
        with pytest.raises(Invalid) as unsaid:
            propose_plan(ws, USUAL, effective_from=coming, **(PAID_TO | {"payee": " "}))
        assert unsaid.value.field == "payee"
    with world.firm("BANK").operator.ws() as ws, pytest.raises(NotAllowed):
        propose_plan(ws, USUAL, effective_from=coming, **PAID_TO)


def test_a_newer_plan_counts_from_its_month_and_keeps_the_older_ones(world: World) -> None:
    billed = a_plan_in_force(world)
    a_plan_in_force(world, replace(USUAL, vat_rate=Decimal("0.03")), operator=billed.operator)
    with world.firm("BANK").operator.ws(read_only=True) as ws:
        newest, first = fee_plans(ws)
        so_far = cost_so_far(ws)
    assert (newest.version, newest.vat_rate, first.version, terms_of(first)) == (2, Decimal("0.03"), 1, USUAL)
    assert so_far.plan is not None
    assert so_far.plan.version == 2
