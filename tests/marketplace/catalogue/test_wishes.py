"""A negotiated sale meets saved searches: its seller learns how many firms they are of, has them asked in once, and learns no name before they answer."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.catalogue import actions
from marketplace.catalogue.wishes import count_wishes
from tenants.errors import Refused
from tests.factories import Person, World
from tests.marketplace.catalogue.test_alerts import a_wish, told
from tests.marketplace.disposal.makers import an_auction
from tests.marketplace.disposal.negotiating.makers import NEGOTIATED


@pytest.fixture(autouse=True)
def _empty_shelf(world: World) -> None:
    world.admin.execute("truncate house.listing")
    world.admin.execute("update house.saved_search set alert = 'OFF'")  # of other tests


def refused(person: Person, auction_id: object) -> str:
    with pytest.raises(Refused) as told_no, person.ws() as ws:
        actions.invite_wishers(ws, auction_id)  # type: ignore[arg-type]
    return told_no.value.code


def test_the_seller_learns_how_many_and_has_each_asked_once(world: World) -> None:
    copper, _ = a_wish(world, q="copper")
    daily, _ = a_wish(world, "DAILY", q="copper")
    nickel, _ = a_wish(world, q="nickel")
    sale = an_auction(world, own=NEGOTIATED)
    world.work()
    sale.bidder(firm=daily, deposit=False)
    with sale.bank.operator.ws() as ws:
        assert count_wishes(ws, sale.auction_id) == 1, "who is here already is not counted"
        assert actions.invite_wishers(ws, sale.auction_id) == 1
        seen = ws.session.execute(text("select * from house.search_match")).all()
        assert seen == []
    assert refused(sale.bank.operator, sale.auction_id) == "nobody_to_invite"
    world.work()
    assert told(copper, "InvitedToTalks") == ["Cathode copper Grade A"]
    for other in (daily, nickel):
        assert told(other, "InvitedToTalks") == []
    heard = world.admin.execute("select facts::text from house.event where kind = 'WishersInvited'").fetchall()
    assert not any(str(copper.tenant_id) in line or copper.name in line for (line,) in heard)


def test_only_the_seller_of_a_negotiated_sale_asks_anybody_in(world: World) -> None:
    stranger, _ = a_wish(world, q="copper")
    english, talks = an_auction(world), an_auction(world, own=NEGOTIATED)
    world.work()
    assert refused(english.bank.operator, english.auction_id) == "not_negotiated"
    assert refused(english.bank.operator, talks.auction_id) == "auction_unknown"
    with stranger.operator.ws() as ws:
        for call in ("gate.count_wishes", "gate.invite_wishers"):
            with pytest.raises(DBAPIError), ws.session.begin_nested():
                ws.session.execute(text(f"select {call}(:a)"), {"a": talks.auction_id})
    talks.open()
    assert talks.close().status == "NO_SALE"
    assert refused(talks.bank.operator, talks.auction_id) == "sale_ended"
