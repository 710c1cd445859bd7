"""The guard against mass sales by page and by call: the operator proposes, everybody reads, and a seller sees beforehand why goods would wait."""

from collections.abc import Iterator

import pytest

from tenants import approvals
from tests.factories import World
from tests.frontend.disposal.test_pages import post
from tests.frontend.forms import reads_before_deciding
from tests.marketplace.disposal.makers import a_bad_loan, propose_sale
from tests.marketplace.financing.makers import decided

FIGURES = {"lots_max": "1", "days": "10", "fall_share": "15", "unsold_share": "60", "sales_least": "1000", "because": "The market needs it."}  # fmt: skip


@pytest.fixture(autouse=True)
def _for_this_test_alone(world: World) -> Iterator[None]:
    yield
    world.admin.execute("delete from house.sale_guard")


def test_the_operator_proposes_and_everybody_reads(world: World) -> None:
    operator, bank = world.firm("PLATFORM"), world.firm("BANK")
    wrong = post(operator.operator, "/sale-guard", "/sale-guard", **(FIGURES | {"fall_share": "100"}))
    assert wrong.status_code == 422
    assert post(operator.operator, "/sale-guard", "/sale-guard", **FIGURES).status_code == 302
    assert "second pair of eyes" in operator.operator.browser().get("/sale-guard?lang=en").text
    reads_before_deciding(
        operator.approver, "Holds when the price fell by more than", "Counted from so many ended sales on"
    )
    with operator.approver.ws() as ws:
        [one] = approvals.waiting(ws)
        approvals.decide(ws, one.id, approve=True)
    page = bank.operator.browser().get("/sale-guard?lang=en").text
    assert "The market needs it." in page
    assert "Put before a colleague" not in page
    told = bank.operator.call("GET", "/sale-guard").json["items"]
    assert [(one["version"], one["lots_max"], one["fall_share"]) for one in told] == [(1, 1, "0.150000")]


def test_a_seller_sees_beforehand_why_goods_would_wait(world: World) -> None:
    first, deal, operator = a_bad_loan(world), a_bad_loan(world), world.firm("PLATFORM")
    decided(first.bank, propose_sale(first))
    path = f"/deals/{deal.deal_id}/disposals/new?lot={deal.lots[0].id}&lang=en"
    assert "would wait now" not in deal.bank.operator.browser().get(path).text
    body = {"lots_max": 1, "days": 10, "fall_share": "0.15", "unsold_share": "0.6", "sales_least": 1000, "because": "The market needs it."}  # fmt: skip
    assert operator.operator.call("POST", "/sale-guard", body).status_code == 201
    with operator.approver.ws() as ws:
        approvals.decide(ws, approvals.waiting(ws)[0].id, approve=True)
    page = deal.bank.operator.browser().get(path).text
    assert "would wait now" in page
    assert "for sale in this place already: 1." in page
