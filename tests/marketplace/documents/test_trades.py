"""Trades as firms keep them: entered, added to, put before a deal, taken back; who sees what."""

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from marketplace.documents import figures, trades
from marketplace.documents.matching import matched
from marketplace.documents.models import TradeEntry
from marketplace.documents.queries import entries_of, find_trade, list_trades, particulars_of, trades_of_room
from marketplace.documents.rules.content import Paper
from marketplace.documents.rules.entries import Party
from marketplace.documents.rules.particulars import ParticularLine
from marketplace.financing import actions as financing
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from tests.factories import World
from tests.marketplace.documents.makers import PDF, a_document, an_e_invoice
from tests.marketplace.documents.trade_makers import (
    COPPER,
    DELIVERED,
    a_record,
    a_trade,
    a_whole_trade,
    said,
)
from tests.marketplace.financing.makers import a_request, a_running_loan
from tests.marketplace.inventory.makers import a_declared_lot


def test_four_flows_that_agree_are_matched(world: World) -> None:
    trade = a_whole_trade(world.firm("SME").operator)
    assert (trade.state, trade.score, trade.breaks, trade.flags, trade.lines) == ("MATCHED", 1, 0, [], 1)
    assert str(trade.amount) == "CNY 9925000.00"


@pytest.mark.parametrize(
    ("paper", "change", "code"),
    [
        (Paper.GOODS_RECEIPT, {"lines": (replace(COPPER, quantity=Decimal(490)),)}, "quantity"),
        (Paper.VAT_INVOICE, {"lines": (replace(COPPER, price=Decimal(20_000), amount=1_000_000_000),)}, "price"),
        (Paper.VAT_INVOICE, {"seller": Party("Somebody Else")}, "seller"),
        (Paper.PAYMENT_PROOF, {"lines": (ParticularLine(amount=1),)}, "paid"),
        (
            Paper.PAYMENT_PROOF,
            {"seller": Party("Quiet Holding"), "lines": (ParticularLine(amount=992_500_000),)},
            "payee",
        ),
    ],
)
def test_any_flow_altered_is_a_break_that_points_at_both_records(
    world: World, paper: Paper, change: dict[str, object], code: str
) -> None:
    person = world.firm("SME").operator
    trade = a_trade(person)
    records = {
        Paper.GOODS_RECEIPT: said("GRN-1", DELIVERED),
        Paper.VAT_INVOICE: said("INV-1", DELIVERED),
        Paper.PAYMENT_PROOF: said("PAY-1", DELIVERED, ParticularLine(amount=992_500_000), refers="INV-1"),
    }
    for kind, particulars in records.items():
        a_record(person, trade.trade_id, kind, replace(particulars, **change) if kind is paper else particulars)  # type: ignore[arg-type]
    with person.ws(read_only=True) as ws:
        seen = find_trade(ws, trade.trade_id)
        outcome, _ = matched(ws, seen)
    assert outcome
    assert seen.state == "BROKEN"
    (finding,) = [one for one in outcome.findings if one.code == code]
    assert finding.one.number == records[paper].number
    assert finding.other


def test_an_order_is_entered_once_and_only_by_those_who_trade(world: World) -> None:
    sme = world.firm("SME")
    a_trade(sme.operator)
    with pytest.raises(Conflict, match="trade_known"):
        a_trade(sme.operator)
    with pytest.raises(NotAllowed):
        a_trade(world.firm("WAREHOUSE_OPERATOR").operator)
    with pytest.raises(Invalid) as refused:
        a_trade(sme.operator, "PO-2", buyer=Party())
    assert refused.value.field == "buyer"


def test_a_stranger_sees_no_trade_and_adds_nothing(world: World) -> None:
    trade = a_trade(world.firm("SME").operator)
    stranger = world.firm("SME").operator
    with stranger.ws(read_only=True) as ws:
        assert list_trades(ws) == []
        assert entries_of(ws, [trade.trade_id]) == []
    for attempt in (
        lambda ws: find_trade(ws, trade.trade_id),
        lambda ws: trades.add_record(ws, trade.trade_id, paper=Paper.VAT_INVOICE, said=said("INV-1")),
        lambda ws: trades.lay_before(ws, trade.trade_id, new_id()),
    ):
        with pytest.raises(NotFound), stranger.ws() as ws:
            attempt(ws)


def test_a_record_does_not_change(world: World) -> None:
    person = world.firm("SME").operator
    a_trade(person)
    with pytest.raises(DBAPIError, match="does not change"), person.ws() as ws:
        ws.session.execute(update(TradeEntry).where(TradeEntry.tenant_id == ws.tenant_id).values(amount_minor=1))


def test_the_bank_sees_the_trade_while_it_is_before_its_deal(world: World) -> None:
    deal = a_running_loan(world)
    trade = a_whole_trade(deal.sme.operator)
    with pytest.raises(NotFound), deal.bank.operator.ws(read_only=True) as ws:
        find_trade(ws, trade.trade_id)
    with deal.sme.operator.ws() as ws:
        trades.lay_before(ws, trade.trade_id, deal.deal_id)
    with deal.bank.operator.ws(read_only=True) as ws:
        assert [one.number for one in trades_of_room(ws, deal.deal_id)] == ["PO-1"]
        assert [one.number for one in list_trades(ws)] == ["PO-1"]
        outcome, _ = matched(ws, find_trade(ws, trade.trade_id))
        assert outcome
        assert outcome.score == 1
    with pytest.raises(Refused), deal.bank.operator.ws() as ws:
        trades.add_record(ws, trade.trade_id, paper=Paper.VAT_INVOICE, said=said("INV-9"))
    with deal.sme.operator.ws() as ws:
        trades.take_back(ws, trade.trade_id, deal.deal_id)
    with pytest.raises(NotFound), deal.bank.operator.ws(read_only=True) as ws:
        find_trade(ws, trade.trade_id)


def test_goods_behind_two_deals_are_flagged_and_cleared_when_one_comes_to_nothing(world: World) -> None:
    deal = a_running_loan(world)
    other = a_request(world, parties=deal.parties)
    trade = a_whole_trade(deal.sme.operator)
    with deal.sme.operator.ws() as ws:
        trades.lay_before(ws, trade.trade_id, deal.deal_id)
        assert find_trade(ws, trade.trade_id).flags == []
        trades.lay_before(ws, trade.trade_id, other.deal_id)
        flagged = find_trade(ws, trade.trade_id)
        assert (flagged.flags, flagged.state) == (["financed_twice"], "BROKEN")
    with other.bank.operator.ws() as ws:
        financing.reject_request(ws, other.deal_id, because="Not our goods")
    world.work()
    with deal.sme.operator.ws(read_only=True) as ws:
        cleared = find_trade(ws, trade.trade_id)
        assert (cleared.flags, cleared.state) == ([], "MATCHED")


def test_the_other_side_is_let_in_only_where_the_order_names_it(world: World) -> None:
    sme, core, stranger = world.firm("SME"), world.firm("CORE_ENTERPRISE"), world.firm("CORE_ENTERPRISE")
    trade = a_trade(sme.operator, buyer=Party(core.name))
    with sme.operator.ws() as ws:
        trades.share_trade(ws, trade.trade_id, core.tenant_id)
    with pytest.raises(Invalid, match="not_a_party"), sme.operator.ws() as ws:
        trades.share_trade(ws, trade.trade_id, stranger.tenant_id)
    with core.operator.ws(read_only=True) as ws:
        assert [one.trade_id for one in list_trades(ws)] == [trade.trade_id]


def test_a_ring_is_flagged_on_every_trade_in_it(world: World) -> None:
    person = world.firm("SME").operator
    a, b = Party("Alpha Metals"), Party("Beta Metals")
    there, back = a_trade(person, "PO-1", seller=a, buyer=b), a_trade(person, "PO-2", seller=b, buyer=a)
    a_record(person, there.trade_id, Paper.VAT_INVOICE, said("INV-1", seller=a, buyer=b))
    a_record(person, back.trade_id, Paper.VAT_INVOICE, said("INV-2", DELIVERED, seller=b, buyer=a))
    with person.ws(read_only=True) as ws:
        assert ["ring" in one.flags for one in list_trades(ws)] == [True, True]
        _, rings = matched(ws, find_trade(ws, there.trade_id))
        assert [set(ring.firms) for ring in rings] == [{"Alpha Metals", "Beta Metals"}]


def test_an_electronic_invoice_becomes_figures_and_records_and_a_correction_replaces_them(world: World) -> None:
    person = world.firm("SME").operator
    trade = a_trade(person)
    a_record(person, trade.trade_id, Paper.DELIVERY_NOTE, said("DN-1", DELIVERED))
    paper = a_document(person, trade.trade_id, kind="vat_invoice", name="INV-7.xml", content=an_e_invoice(rate=0))
    with person.ws() as ws:
        figures.read_particulars(ws, paper.id)
        assert find_trade(ws, trade.trade_id).breaks == 0
    corrected = an_e_invoice(rate=0, price=Decimal(19_900))
    newer = a_document(
        person, trade.trade_id, kind="vat_invoice", name="INV-7.xml", content=corrected, replaces=paper.id
    )
    with person.ws() as ws:
        read = figures.read_particulars(ws, newer.id)
        assert (read.number, read.source, read.payable_minor) == ("INV-7", "READ", 995_000_000)
        assert [row.document_id for row in entries_of(ws, [trade.trade_id]) if row.lane == "INVOICE"] == [newer.id]
        assert find_trade(ws, trade.trade_id).breaks == 1
    with pytest.raises(Conflict, match="document_superseded"), person.ws() as ws:
        figures.read_particulars(ws, paper.id)


def test_an_invoice_that_does_not_add_up_leaves_nothing(world: World) -> None:
    person = world.firm("SME").operator
    trade = a_trade(person)
    wrong = an_e_invoice(off=("PayableAmount", Decimal("0.01")))
    paper = a_document(person, trade.trade_id, kind="vat_invoice", name="INV-7.xml", content=wrong)
    with pytest.raises(Invalid, match="invoice_does_not_add_up"), person.ws() as ws:
        figures.read_particulars(ws, paper.id)
    with person.ws(read_only=True) as ws:
        assert particulars_of(ws, paper.id) is None
    pdf = a_document(person, trade.trade_id, kind="vat_invoice", name="a.pdf", content=PDF)
    with pytest.raises(Invalid, match="particulars_unreadable"), person.ws() as ws:
        figures.read_particulars(ws, pdf.id)


def test_figures_are_for_those_who_may_read_the_paper(world: World) -> None:
    sme, warehouse, supervisor = world.firm("SME"), world.firm("WAREHOUSE_OPERATOR"), world.firm("SUPERVISOR")
    lot = a_declared_lot(world, sme, warehouse, supervisor)
    invoice = a_document(sme.operator, lot.id, kind="vat_invoice", name="fapiao.pdf")
    note = a_document(sme.operator, lot.id, kind="delivery_note", name="note.pdf")
    with sme.operator.ws() as ws:
        figures.enter_particulars(ws, invoice.id, said("INV-1"))
        figures.enter_particulars(ws, note.id, said("DN-1"))
        figures.enter_particulars(ws, note.id, said("DN-1b"))
    with warehouse.operator.ws(read_only=True) as ws:
        assert particulars_of(ws, invoice.id) is None
        found = particulars_of(ws, note.id)
        assert found
        assert found.number == "DN-1b"
    with pytest.raises(NotFound), warehouse.operator.ws() as ws:
        figures.enter_particulars(ws, note.id, said("DN-1"))


def test_goods_of_the_platform_are_taken_as_they_were_weighed(world: World) -> None:
    deal = a_running_loan(world)
    lot = deal.lots[0]
    person = deal.sme.operator
    trade = a_trade(person)
    with person.ws() as ws:
        trades.record_lot(ws, trade.trade_id, lot.id, line="1")
        (row,) = [row for row in entries_of(ws, [trade.trade_id]) if row.lane == "GOODS"]
    assert (row.quantity, row.unit, row.number, row.lot_id) == (lot.verified_qty, lot.unit, lot.number, lot.id)
    with pytest.raises(Conflict, match="record_known"), person.ws() as ws:
        trades.record_lot(ws, trade.trade_id, lot.id, line="1")
