"""Payments leave as a file and come home with a statement: each movement counts once, what nobody recognises waits for two officers."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from marketplace.financing import actions
from marketplace.financing.banking import statements as payments
from marketplace.financing.models.payments import BankLine, BankStatement, PaymentOrder
from marketplace.financing.queries import drawdowns, find_deal, find_drawdown, repayments
from tenants.errors import Conflict, NotAllowed
from tests.factories import World
from tests.marketplace.financing.makers import ADeal, a_drawable_deal, a_running_loan, decided, yuan
from tests.marketplace.financing.test_rules_bank import entry, statement


def instructed(world: World) -> tuple[ADeal, str]:
    """A drawdown that two officers approved, in a payment file; its end-to-end reference."""
    deal = a_drawable_deal(world)
    with deal.sme.operator.ws() as ws:
        drawdown = actions.request_drawdown(ws, deal.deal_id, amount=yuan("400000.00"), payee="Jiangxi Copper", payee_account="6222 1")  # fmt: skip
    with deal.bank.operator.ws() as ws:
        proposal = actions.propose_drawdown(ws, drawdown.id)
    decided(deal.bank, proposal)
    with deal.bank.operator.ws() as ws:
        made = actions.order_payments(ws)
        assert (made.payments, made.total) == (1, yuan("400000.00"))
        order = ws.session.scalars(select(PaymentOrder)).one()
        assert order.end_to_end_id in made.content
        with pytest.raises(Conflict, match="nothing_to_order"):
            actions.order_payments(ws)
    return deal, order.end_to_end_id


def read(deal: ADeal, content: bytes) -> BankStatement:
    with deal.bank.operator.ws() as ws:
        return actions.import_statement(ws, content, name="statement.xml")


def lines(deal: ADeal) -> list[BankLine]:
    with deal.bank.operator.ws(read_only=True) as ws:
        return payments.bank_lines(ws, status=None)


def test_a_payment_goes_out_and_its_statement_confirms_it_once(world: World) -> None:
    deal, reference = instructed(world)
    paid = entry("400000.00", direction="DBIT", reference="BK-77", e2e=reference)
    assert read(deal, statement(paid, kind="054")).fresh == 1
    assert deal.status == "ACTIVE"
    assert deal.position.principal == yuan("400000.00")
    with deal.bank.operator.ws(read_only=True) as ws:
        assert drawdowns(ws, deal.deal_id)[0].bank_reference == "BK-77"
    for again, fresh in ((statement(paid, kind="054"), 1), (statement(paid), 0)):
        assert (
            read(deal, again).fresh == fresh
        )  # the same file is the same statement; another message tells nothing new
        assert deal.position.principal == yuan("400000.00")
    assert [line.status for line in lines(deal)] == ["MATCHED"]


def test_a_payment_that_comes_back_reverses_its_instruction(world: World) -> None:
    deal, reference = instructed(world)
    read(
        deal,
        statement(
            entry("400000.00", direction="CRDT", reference="BK-78", e2e=reference, extra="<RvslInd>true</RvslInd>")
        ),
    )
    with deal.bank.operator.ws(read_only=True) as ws:
        assert find_drawdown(ws, drawdowns(ws, deal.deal_id)[0].id).status == "FAILED"
    assert deal.position.principal == yuan("0.00")


def test_repayments_are_entered_and_the_rest_waits(world: World) -> None:
    deal = a_running_loan(world)
    with deal.bank.operator.ws(read_only=True) as ws:
        number = find_deal(ws, deal.deal_id).number
    content = statement(
        entry("1000.00", reference="C-1", said=f"repayment {number}"),
        entry("2000000.00", reference="C-2", said=number),
        entry("55.00", reference="C-3", said="thanks"),
        entry("9.00", direction="DBIT", reference="C-4"),
        entry("7.00", reference="C-5", said=number, status="<Sts><Cd>PDNG</Cd></Sts>"),
    )
    assert read(deal, content).fresh == 5
    assert {line.bank_reference: line.status for line in lines(deal)} == {"C-1": "MATCHED"} | dict.fromkeys(["C-2", "C-3", "C-4", "C-5"], "UNMATCHED")  # fmt: skip
    assert deal.position.principal == yuan("999000.00")
    assert read(deal, content).fresh == 5
    assert deal.position.principal == yuan("999000.00")


def test_a_repayment_entered_by_hand_is_recognised_and_not_entered_again(world: World) -> None:
    deal = a_running_loan(world)
    deal.repay("1000.00", "C-1")
    read(deal, statement(entry("1000.00", reference="C-1")))
    assert [line.matched_kind for line in lines(deal)] == ["KNOWN_REPAYMENT"]
    with deal.bank.operator.ws(read_only=True) as ws:
        assert len(repayments(ws, deal.deal_id)) == 1


def test_the_queue_is_worked_by_two_or_left_aside_with_a_reason(world: World) -> None:
    deal = a_running_loan(world)
    read(
        deal,
        statement(
            entry("1000.00", reference="C-1", said="thanks"),
            entry("5.00", reference="C-2"),
            entry("3.00", direction="DBIT", reference="C-3"),
        ),
    )
    found = {line.bank_reference: line.id for line in lines(deal)}
    with deal.bank.operator.ws() as ws:
        proposal = actions.propose_assignment(ws, found["C-1"], deal_id=deal.deal_id, because="The payer called.")
        actions.park_line(ws, found["C-2"], because="Interest of our own account.")
        with pytest.raises(Conflict, match="line_outgoing"):
            actions.propose_assignment(ws, found["C-3"], deal_id=deal.deal_id, because="No.")
    assert deal.position.principal == yuan("1000000.00")
    decided(deal.bank, proposal)
    assert deal.position.principal == yuan("999000.00")
    with deal.bank.operator.ws() as ws, pytest.raises(Conflict, match="line_settled"):
        actions.park_line(ws, found["C-1"], because="Too late.")
    assert {line.bank_reference: line.status for line in lines(deal)} == {"C-1": "ASSIGNED", "C-2": "PARKED", "C-3": "UNMATCHED"}  # fmt: skip


def test_a_statement_is_the_banks_alone(world: World) -> None:
    deal = a_running_loan(world)
    read(deal, statement(entry("5.00", reference="C-2")))
    with deal.sme.operator.ws() as ws, pytest.raises(NotAllowed):
        actions.import_statement(ws, statement(entry()))
    with world.firm("BANK").operator.ws(read_only=True) as ws:
        assert ws.session.scalars(select(BankLine)).all() == []
    with pytest.raises(DBAPIError, match="settled"), deal.bank.operator.ws() as ws:
        ws.session.connection().exec_driver_sql("update house.bank_line set amount_minor = 1")
