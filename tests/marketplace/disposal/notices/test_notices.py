"""Everybody who has a right to it hears of a sale, with proof, or the sale does not open."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.disposal import actions
from marketplace.disposal.notices.models import SaleNotice
from marketplace.disposal.notices.queries import notices_of
from marketplace.disposal.queries import tally
from marketplace.disposal.rules.notices import Capacity, Outsider, is_missed, reach_by, require_outsiders
from marketplace.disposal.rules.regimes import REGIMES, RegimeName
from tenants.errors import Conflict, Invalid, NotFound, Refused
from tests.factories import World
from tests.marketplace.disposal.first_refusals.makers import a_right
from tests.marketplace.disposal.makers import Sale, an_auction, cny

CREDITOR, GUARANTOR = Outsider("Jiangnan Factoring", Capacity.CLAIMANT), Outsider("Mr Chen", Capacity.GUARANTOR)


def notices(sale: Sale) -> list[SaleNotice]:
    with sale.bank.operator.ws(read_only=True) as ws:
        return notices_of(ws, sale.auction_id)


def serve(sale: Sale, notice: SaleNotice, proof: str = "SF 1234, signed for on 2026-03-02") -> None:
    with sale.bank.operator.ws() as ws:
        actions.serve_sale_notice(ws, sale.auction_id, notice.notice_id, proof=proof)


def test_who_takes_part_here_has_the_notice_with_the_publication_and_the_record_proves_it(world: World) -> None:
    holder = world.firm("BUYER")
    sale = an_auction(world, first_refusals=(a_right(holder),))
    debtor, by_right = notices(sale)
    assert (debtor.organisation, debtor.capacity, debtor.reached_at) == (sale.borrower.name, "DEBTOR", world.now)
    assert (by_right.organisation, by_right.capacity) == (holder.name, "HOLDER")
    in_feed = "select count(*) from house.feed_item where tenant_id = %s and stream_id = %s and sequence = %s"
    for firm, notice in ((sale.borrower, debtor), (holder, by_right)):
        assert world.admin.execute(in_feed, (firm.tenant_id, notice.stream_id, notice.sequence)).fetchone() == (1,)
    with sale.borrower.operator.ws(read_only=True) as ws:
        assert len(notices_of(ws, sale.auction_id)) == 2
    with holder.operator.ws(read_only=True) as ws:
        assert notices_of(ws, sale.auction_id) == []


def test_a_sale_opens_once_those_outside_were_served(world: World) -> None:
    sale = an_auction(world, outside_notices=(CREDITOR, GUARANTOR))
    _, guarantor, creditor = notices(sale)
    assert creditor.reach_by == sale.auction.opens_at - timedelta(days=2)
    serve(sale, creditor)
    with pytest.raises(Conflict, match="notice_reached"):
        serve(sale, creditor, "again")
    with pytest.raises(Invalid, match="proof_missing"):
        serve(sale, guarantor, " x ")
    with sale.borrower.operator.ws() as ws, pytest.raises(Refused):
        actions.serve_sale_notice(ws, sale.auction_id, guarantor.notice_id, proof="none at all")
    with world.firm("BANK").operator.ws() as ws, pytest.raises(NotFound):
        actions.serve_sale_notice(ws, sale.auction_id, guarantor.notice_id, proof="none at all")
    serve(sale, guarantor)
    world.set_clock(guarantor.reach_by)
    world.work()
    assert sale.auction.status == "ANNOUNCED"
    sale.open()
    assert sale.auction.status == "OPEN"


def test_without_the_proof_in_time_it_is_called_off_and_deposits_go_home(world: World) -> None:
    sale = an_auction(world, outside_notices=(CREDITOR, GUARANTOR))
    bidder = sale.bidder()
    _, guarantor, creditor = notices(sale)
    serve(sale, creditor)
    world.set_clock(guarantor.reach_by - timedelta(seconds=1))
    world.work()
    assert sale.auction.status == "ANNOUNCED"
    world.set_clock(guarantor.reach_by)
    world.work()
    assert sale.auction.status == "CANCELLED"
    with sale.bank.operator.ws(read_only=True) as ws:
        assert tally(ws, sale.auction).returned == cny(70_000)
    told = bidder.operator.browser().get("/activity?lang=zh").text
    assert "处置通知未能按期送达全部应通知的人" in told
    with pytest.raises(Conflict, match="notice_over"):
        serve(sale, guarantor)


def test_the_database_keeps_a_notice_as_it_was_given(world: World) -> None:
    sale = an_auction(world, outside_notices=(CREDITOR,))
    _, creditor = notices(sale)
    for change in ("organisation = 'Another'", "reach_by = reach_by + interval '9 days'", "capacity = 'DEBTOR'"):
        with sale.bank.operator.ws() as ws, pytest.raises(DBAPIError, match="as it was given"):
            ws.session.execute(text(f"update house.sale_notice set {change} where notice_id = :n"), {"n": creditor.notice_id})  # fmt: skip
    serve(sale, creditor)
    with sale.bank.operator.ws() as ws, pytest.raises(DBAPIError, match="as it was given"):
        ws.session.execute(text("update house.sale_notice set proof = 'other' where notice_id = :n"), {"n": creditor.notice_id})  # fmt: skip


def test_the_database_takes_no_notice_that_contradicts_itself(world: World) -> None:
    sale = an_auction(world, outside_notices=(CREDITOR,))
    creditor = str(notices(sale)[-1].notice_id)
    now = world.now.isoformat()
    wrong: list[tuple[dict[str, object], str]] = [
        ({"capacity": "NEIGHBOUR"}, "capacity"), ({"proof": None, "sequence": None, "stream_id": None, "reached_at": now}, "proven"),
        ({"proof": "SF 1", "sequence": None, "stream_id": None, "reached_at": None}, "proven"), ({"sequence": 1, "stream_id": None, "reached_at": now}, "recorded"),
        ({"sequence": None, "proof": "SF 1", "stream_id": creditor, "reached_at": now}, "recorded"),
    ]  # fmt: skip
    assert [world.refused_by("sale_notice", **change) for change, _ in wrong] == [name for _, name in wrong]


def test_rules_of_notice(world: World) -> None:
    regime, now = REGIMES[RegimeName.COURT_OFFLINE], world.now
    opens = now + timedelta(days=7)
    assert reach_by(regime, opens) == now + timedelta(days=2)
    require_outsiders([CREDITOR, GUARANTOR], regime, opens_at=opens, now=now)
    for outsiders, when, code in (
        ([CREDITOR, CREDITOR], opens, "outside_name_wrong"),
        ([replace(CREDITOR, name="x")], opens, "outside_name_wrong"),
        ([replace(CREDITOR, capacity=Capacity.DEBTOR)], opens, "outside_capacity_wrong"),
        ([replace(CREDITOR, name=f"Firm {n}") for n in range(21)], opens, "too_many_outside"),
        ([CREDITOR], now + timedelta(days=5), "notice_too_late"),
    ):
        with pytest.raises(Refused) as refused:
            require_outsiders(outsiders, regime, opens_at=when, now=now)
        assert refused.value.code == code
    assert not is_missed([now, None], opens, opens - timedelta(seconds=1))
    assert is_missed([now, None], opens, opens)
    assert not is_missed([now, opens], opens, opens)
    assert is_missed([opens + timedelta(seconds=1)], opens, opens + timedelta(days=1))
