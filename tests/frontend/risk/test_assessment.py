"""The risk assessment of a deal: figures that follow from the deal, as page, paper, tables and call, for its bank alone."""

from datetime import timedelta

from marketplace.documents.trades import lay_before
from tests.factories import World
from tests.marketplace.documents.trade_makers import a_whole_trade
from tests.marketplace.financing.makers import a_request, a_running_loan, call_on, escalate


def test_a_deal_is_assessed_in_all_forms(world: World) -> None:
    core = world.firm("CORE_ENTERPRISE", name="Huaxia Cable")
    deal = a_running_loan(world, deal=a_request(world, core=core))
    officer, address = deal.bank.operator, f"/deals/{deal.deal_id}/assessment"
    sound = officer.call("GET", address).json
    assert (sound["advice"], sound["reasons"]) == (
        "CONDITIONS",
        ["SCORE_WEAK"],
    )  # no devices, no trades: what is not known costs points
    assert [(one["fall"], one["zone"]) for one in sound["shocks"]] == [("0.10", "SAFE"), ("0.20", "SAFE"), ("0.30", "WARN")]  # fmt: skip
    assert [one["market_value"]["amount"] for one in sound["shocks"]] == ["1800000.00", "1600000.00", "1400000.00"]
    assert sound["turnover"] == {"days": None, "usual": None, "is_slow": False}  # nothing has left yet
    assert (sound["flows"]["trades"], sound["core"]["health"]) == (0, None)
    trade = a_whole_trade(deal.sme.operator)
    with deal.sme.operator.ws() as ws:
        lay_before(ws, trade.trade_id, deal.deal_id)
    told = officer.call("GET", address).json
    assert (told["flows"]["score"], told["flows"]["concentration"], told["core"]["health"]) == ("1.0000", "10000.0000", "100.0")  # fmt: skip
    assert "CONCENTRATED" in told["reasons"]
    factors = {one["kind"]: one["points"] for one in told["score"]["factors"]}
    assert factors["FLOWS"] == 15
    assert factors["BUYERS"] == -20
    points = float(told["score"]["base"]) + sum(factors.values())
    assert points == float(told["score"]["points"])
    for language, word in (("en", "What makes the score"), ("zh", "评分构成")):
        page = officer.browser().get(f"{address}?lang={language}")
        assert page.status_code == 200, page.text[-2000:]
        assert word in page.text
        assert officer.browser().get(f"{address}.pdf?lang={language}").data.startswith(b"%PDF")
    assert "CONCENTRATED" in officer.browser().get(f"{address}.csv").text
    assert officer.browser().get(f"{address}.xlsx").status_code == 200
    assert address in officer.browser().get(f"/deals/{deal.deal_id}").text
    assert deal.sme.owner.call("GET", address).json["code"] == "not_allowed" or deal.sme.owner.call("GET", address).status_code == 403  # fmt: skip
    assert world.firm("BANK").owner.call("GET", address).status_code == 404


def test_a_deal_in_trouble_is_told_as_that(world: World) -> None:
    deal = escalate(call_on(a_running_loan(world)))
    world.advance(timedelta(minutes=1))
    told = deal.bank.operator.call("GET", f"/deals/{deal.deal_id}/assessment").json
    assert told["advice"] in ("REFER", "STOP")
    assert {"BEYOND_CALL", "SCORE_POOR"} <= set(told["reasons"])
    assert {one["kind"]: one["points"] for one in told["score"]["factors"]}["CALLS_EXPIRED"] == -25
