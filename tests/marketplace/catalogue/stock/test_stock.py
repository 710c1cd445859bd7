"""Stock that is shown to banks: who sees it, what they answer, and that nothing is shown that is not free."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from marketplace.catalogue import actions
from marketplace.catalogue.advice import advise
from marketplace.catalogue.ports import Shelved
from marketplace.catalogue.queries import search
from marketplace.catalogue.rules.spelling import may_be_misspelt
from marketplace.catalogue.rules.tokens import tokens
from marketplace.catalogue.stock.models import StockInterest, StockOffer
from marketplace.catalogue.stock.queries import find_own_offer, find_stock, interests_in, own_offers, search_stock
from marketplace.inventory.freezing import freeze_lot
from marketplace.money import Money
from tenants.errors import Conflict, NotAllowed, NotFound
from tenants.record import events_of
from tenants.workspace import VisitorKey, enter
from tests.factories import Firm, World
from tests.marketplace.pledges.makers import Parties, an_offered_pledge, the_parties

WANTED = Money.of("500000", "CNY")


@pytest.fixture
def parties(world: World) -> Parties:
    return the_parties(world)


def offered(parties: Parties, lot: Any = None, **other: Any) -> StockOffer:
    terms: dict[str, Any] = {"amount": WANTED, "tenor_days": 90, "shown_days": 30, "words": "By rail."}
    with parties.sme.operator.ws() as ws:
        return actions.offer_stock(ws, (lot or parties.a_lot()).id, **(terms | other))


def sees(firm: Firm, offer: StockOffer) -> bool:
    with firm.operator.ws(read_only=True) as ws:
        return offer.id in {one.listing.id for one in search_stock(ws, {"sort": "newest"}).stock}


def stands(parties: Parties, offer: StockOffer) -> str:
    with parties.sme.operator.ws(read_only=True) as ws:
        return find_own_offer(ws, offer.id).status


def test_banks_see_it_with_its_owner_and_nobody_else_does(world: World, parties: Parties) -> None:
    offer = offered(parties)
    bank = world.firm("BANK")
    assert sees(bank, offer)
    assert sees(parties.sme, offer)
    for stranger in (world.firm("BUYER"), world.firm("SME"), parties.warehouse):
        assert not sees(stranger, offer)
        with stranger.operator.ws(read_only=True) as ws, pytest.raises(NotFound):
            find_stock(ws, offer.id)
    with enter(VisitorKey()) as ws:
        assert ws.session.scalar(text("select count(*) from house.listing where kind = 'STOCK'")) == 0
    with bank.operator.ws(read_only=True) as ws:
        stock = find_stock(ws, offer.id)
        assert (stock.firm, stock.wanted, stock.listing.passport["loan"]["words"]) == (
            parties.sme.name,
            WANTED,
            "By rail.",
        )
        for_sale = search(ws, {"status": "any", "q": stock.listing.product_name, "sort": "newest"}).offers
        assert offer.id not in {one.listing.id for one in for_sale}, "it is not for sale"
        assert search_stock(ws, {"price_min": "500001"}).stock == ()


def test_a_misspelt_word_is_not_put_right_by_a_shelf_that_is_closed_to_the_searcher(world: World, parties: Parties) -> None:  # fmt: skip
    offer = offered(parties)
    with world.firm("BANK").operator.ws(read_only=True) as ws:
        word = next(filter(may_be_misspelt, tokens(find_stock(ws, offer.id).listing.title)))
        assert advise(ws, {"q": f"{word}q"}, 0, Shelved.STOCK).meant == word
    with world.firm("BUYER").operator.ws(read_only=True) as ws:
        assert advise(ws, {"q": f"{word}q"}, 0, Shelved.STOCK).meant is None


def test_a_bank_answers_and_the_owner_alone_hears_it(world: World, parties: Parties) -> None:
    offer = offered(parties)
    bank, rival = world.firm("BANK"), world.firm("BANK")
    for amount in ("400000", "450000"):
        with bank.operator.ws() as ws:
            actions.show_interest(
                ws, offer.id, amount=Money.of(amount, "CNY"), annual_rate=Decimal("0.0435"), words="Call us."
            )
    world.work()
    with parties.sme.operator.ws(read_only=True) as ws:
        [answer] = interests_in(ws, offer.id)
        assert (answer.bank, answer.amount.minor, answer.annual_rate) == (bank.name, 450_000_00, Decimal("0.0435"))
        assert [one.interests for one in own_offers(ws)] == [1]
        assert [one.kind for one in events_of(ws, offer.id)].count("InterestHeard") == 2
    with rival.operator.ws(read_only=True) as ws:
        assert interests_in(ws, offer.id) == []


def test_only_banks_answer_and_only_what_stands(world: World, parties: Parties) -> None:
    offer, bank = offered(parties), world.firm("BANK")
    with parties.sme.operator.ws() as ws, pytest.raises(NotAllowed):
        actions.show_interest(ws, offer.id, amount=WANTED)
    with world.firm("BUYER").operator.ws() as ws:
        ws.session.add(StockInterest(tenant_id=ws.tenant_id, offer_id=offer.id, bank="Not a bank", currency="CNY", amount_minor=1, words="", shown_at=ws.now))  # fmt: skip
        ws.session.flush()
        with pytest.raises(Exception, match="no such offer"):
            ws.session.execute(text("select gate.owe_interest(:offer)"), {"offer": offer.id})
        ws.session.rollback()
    with parties.sme.operator.ws() as ws:
        actions.withdraw_stock(ws, offer.id)
    with bank.operator.ws() as ws, pytest.raises(Conflict):
        actions.show_interest(ws, offer.id, amount=WANTED)
    with bank.operator.ws() as ws:  # nor by going around the code
        ws.session.add(StockInterest(tenant_id=ws.tenant_id, offer_id=offer.id, bank=bank.name, currency="CNY", amount_minor=1, words="", shown_at=ws.now))  # fmt: skip
        ws.session.flush()
        with pytest.raises(Exception, match="no such offer"):
            ws.session.execute(text("select gate.owe_interest(:offer)"), {"offer": offer.id})
        ws.session.rollback()
    with parties.sme.operator.ws() as ws, pytest.raises(Conflict):
        actions.withdraw_stock(ws, offer.id)
    assert not sees(bank, offer)


def test_a_lot_is_offered_once_and_by_its_owner(world: World, parties: Parties) -> None:
    lot = parties.a_lot()
    offered(parties, lot)
    with pytest.raises(Conflict) as refused:
        offered(parties, lot)
    assert refused.value.code == "stock_offered"
    other = world.firm("SME")
    with other.operator.ws() as ws, pytest.raises(NotFound):
        actions.offer_stock(ws, lot.id, amount=WANTED, tenor_days=90, shown_days=30)


def test_what_is_promised_to_a_bank_is_offered_to_no_other(world: World, parties: Parties) -> None:
    """Part of a lot put up leaves the rest on offer; all of it takes the offer off the shelf."""
    lot = parties.a_lot("100.000")
    offer = offered(parties, lot)
    an_offered_pledge(parties, lot, "40.000")
    world.work()
    bank = world.firm("BANK")
    with bank.operator.ws(read_only=True) as ws:
        assert find_stock(ws, offer.id).listing.quantity == Decimal("60.000")
    an_offered_pledge(parties, lot, "60.000")
    world.work()
    assert (stands(parties, offer), sees(bank, offer)) == ("TAKEN", False)


def test_frozen_goods_are_not_shown(world: World, parties: Parties) -> None:
    lot = parties.a_lot()
    offer = offered(parties, lot)
    with parties.warehouse.operator.ws() as ws:
        freeze_lot(ws, lot.id, reason="A claim")
    world.work()
    assert stands(parties, offer) == "TAKEN"


def test_an_offer_ends_with_its_time_and_not_before(world: World, parties: Parties) -> None:
    offer = offered(parties, shown_days=7)
    world.advance(timedelta(days=7) - timedelta(seconds=1))
    world.work()
    assert stands(parties, offer) == "OPEN"
    world.advance(timedelta(seconds=1))
    world.work()
    assert stands(parties, offer) == "EXPIRED"


def test_a_saved_search_of_a_bank_speaks_up(world: World, parties: Parties) -> None:
    bank, buyer = world.firm("BANK"), world.firm("BUYER")
    for firm in (bank, buyer):
        with firm.operator.ws() as ws:
            actions.save_search(ws, name="Any stock", asked={"kind": "STOCK"})
    offered(parties)
    world.work()
    with bank.operator.ws(read_only=True) as ws:
        assert "StockMatched" in [one.kind for one in events_of(ws, bank.tenant_id)]
    with buyer.operator.ws(read_only=True) as ws:
        assert "StockMatched" not in [one.kind for one in events_of(ws, buyer.tenant_id)]
