"""What a bid costs in all, beside the bid: on the page, in the box that follows what is typed, and by call."""

import pytest

from tests.factories import World
from tests.frontend.disposal.test_pages import post
from tests.marketplace.disposal.makers import Sale, an_auction


@pytest.fixture
def sale(world: World) -> Sale:
    return an_auction(world)


def test_the_seller_publishes_and_everybody_works_it_out(world: World, sale: Sale) -> None:
    page = f"/auctions/{sale.auction_id}/total-cost"
    figures = {"premium_share": "2", "tax_share": "0", "vat_rate": "13", "handling": "1,800.00", "storage_day": "240.50", "free_days": "7"}  # fmt: skip
    wrong = post(sale.bank.operator, f"/auctions/{sale.auction_id}/charges", page, **(figures | {"premium_share": "9"}))
    assert wrong.status_code == 422
    assert post(sale.bank.operator, f"/auctions/{sale.auction_id}/charges", page, **figures).status_code == 302
    visitor = world.app.test_client()
    assert "717,483.50" in visitor.get(f"{page}?bid=700,000&days=14&lang=en").text
    assert "717,483.50" in visitor.get(f"/auctions/{sale.auction_id}?lang=en").text
    assert "819,483.50" in visitor.get(f"{page}/box?amount=800000&lang=en").text
    told = sale.bank.operator.call("GET", f"{page}?bid=700000&days=14").json
    assert told["total"] == {"amount": "717483.50", "currency": "CNY"}


@pytest.mark.parametrize("query", ["bid=much", "bid=0", "days=9999", "days=x", "bid=1.234"])
def test_a_figure_that_is_none_is_refused_in_words(world: World, sale: Sale, query: str) -> None:
    answer = world.app.test_client().get(f"/auctions/{sale.auction_id}/total-cost/box?{query}")
    assert answer.status_code == 200
    assert 'class="hint"' in answer.text
