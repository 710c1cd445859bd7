"""Who is related to a party to a sale does not bid in it; and where an entry among owners comes after the bids, the seller is shown it."""

import pytest

from marketplace.disposal.integrity import signals_of
from marketplace.disposal.registering import register_bidder
from marketplace.disposal.rules.regimes import REGIMES, RegimeName
from marketplace.disposal.rules.signals import Trait
from tenants.errors import NotAllowed
from tests.factories import World
from tests.marketplace.disposal.makers import an_auction
from tests.tenants.ownership.makers import an_owner


@pytest.mark.parametrize("party", ["borrower", "warehouse", "bank"])
def test_who_is_related_to_a_party_does_not_bid(world: World, party: str) -> None:
    sale, buyer = an_auction(world), world.firm("BUYER")
    an_owner(world, buyer, getattr(sale, party))
    with buyer.operator.ws() as ws, pytest.raises(NotAllowed, match="relation_barred"):
        register_bidder(ws, sale.auction_id)


@pytest.mark.parametrize("regime", list(RegimeName))
def test_the_creditor_s_relations_bid_where_it_may_itself(world: World, regime: RegimeName) -> None:
    """The database names the courts' sales; the table of regimes says which they are."""
    sale, buyer = an_auction(world), world.firm("BUYER")
    an_owner(world, buyer, sale.bank)
    with world.admin.transaction():
        world.admin.execute("alter table house.auction disable trigger user")
        world.admin.execute("update house.auction set regime = %s where auction_id = %s", (regime, sale.auction_id))
        world.admin.execute("alter table house.auction enable trigger user")
    with buyer.operator.ws() as ws:
        if REGIMES[regime].creditor_may_bid:
            assert register_bidder(ws, sale.auction_id).organisation == buyer.name
        else:
            with pytest.raises(NotAllowed, match="relation_barred"):
                register_bidder(ws, sale.auction_id)


def test_a_link_that_appears_later_is_shown_to_the_seller(world: World) -> None:
    sale = an_auction(world).open_with_bidders(2)
    one, two = sale.bidders
    sale.bid(one, 700_000)
    sale.bid(two, 705_000)
    sale.close()
    an_owner(world, one, sale.borrower)
    with sale.bank.operator.ws(read_only=True) as ws:
        [noticed] = signals_of(ws, sale.auction_id)
    assert [name for name, _ in noticed.firms] == [one.name]
    assert noticed.signal.reasons[0].trait is Trait.RELATED
    page = sale.bank.operator.browser().get(f"/auctions/{sale.auction_id}/signals?lang=en").text
    assert "Is related to the seller, the debtor or a keeper of the goods" in page
