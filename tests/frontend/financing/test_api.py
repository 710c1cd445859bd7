"""The calls of finance: the story by programs, refusals as problem+json, and what others may not read."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.factories import Firm, Shared, World
from tests.marketplace.financing.makers import (
    ADeal,
    a_called_loan,
    a_drawable_deal,
    a_request,
    an_escalated_call,
)
from tests.marketplace.pledges.makers import activate, the_parties
from tests.marketplace.valuation.makers import a_price

CNY = "CNY"


def call(firm: Firm, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
    answer = firm.operator.call(method, path, body)
    assert answer.status_code == status, answer.text
    return answer.json


def approve(world: World, firm: Firm, proposal: dict[str, str]) -> None:
    answer = firm.approver.call("POST", f"/approvals/{proposal['approval_id']}/approval", {})
    assert answer.status_code == 200, answer.text
    world.work()


TERMS = {
    "limit": {"amount": "1200000.00", "currency": CNY},
    "annual_rate": "0.0435",
    "tenor_days": 90,
    "ltv_initial": "0.65",
    "ltv_warn": "0.70",
    "ltv_call": "0.75",
    "ltv_liquidation": "0.85",
    "haircut": "0.30",
}


def test_a_loan_by_calls(world: World) -> None:
    parties = the_parties(world)
    lot, sme, bank = parties.a_lot(), parties.sme, parties.bank
    a_price(world, bank, "20000")
    made = call(
        sme,
        "POST",
        "/deals",
        {
            "bank_id": str(bank.tenant_id),
            "amount": {"amount": "1000000.00"},
            "tenor_days": 90,
            "purpose": "Copper",
            "goods": [{"lot_id": str(lot.id), "quantity": {"amount": "100.000", "unit": "TNE"}}],
        },
        status=201,
    )
    room = f"/deals/{made['id']}"
    until = (world.now + timedelta(days=7)).isoformat()
    offer = call(bank, "POST", f"{room}/offers", TERMS | {"valid_until": until}, status=201)
    assert offer["annual_rate"] == "0.0435"
    call(sme, "POST", f"{room}/acceptance", {"offer_id": offer["id"]})
    approve(world, bank, call(bank, "POST", f"{room}/approval", {}))
    for kind in ("INSURANCE", "ACCOUNT"):
        call(bank, "POST", f"{room}/conditions", {"kind": kind, "reference": "2026-1"})
    checks = {check["name"]: check["met"] for check in call(bank, "GET", f"{room}/conditions")["items"]}
    assert (checks["insurance"], checks["pledge"]) == (True, None)
    deal = ADeal(parties, UUID(made["id"]), [lot])
    activate(parties, deal.deal_id)
    world.work()
    body = {"amount": {"amount": "1000000.00"}, "payee": "Jiangxi Copper"}
    drawn = call(sme, "POST", f"{room}/drawdowns", body, status=201)
    approve(world, bank, call(bank, "POST", f"/drawdowns/{drawn['id']}/approval", {}))
    call(bank, "POST", f"/drawdowns/{drawn['id']}/payment", {"bank_reference": "PAY-1"})
    deal.price("13000")
    (margin,) = call(sme, "GET", "/margin-calls")["items"]
    assert margin["cash"] == {"amount": "155000.00", "currency": CNY}
    call(sme, "POST", f"/margin-calls/{margin['id']}/acceptance", {})
    assert call(bank, "GET", "/portfolio")["items"][0]["zone"] == "CALL"
    paid = {"amount": {"amount": "155000.00"}, "reference": "REP-1"}
    call(bank, "POST", f"{room}/repayments", paid, status=201)
    assert call(sme, "GET", f"/margin-calls/{margin['id']}")["status"] == "CURED"
    assert call(sme, "GET", f"{room}/position")["outstanding"]["amount"] == "845000.00"
    balance = call(bank, "GET", f"{room}/trial-balance")
    assert balance["debits"] == balance["credits"]
    booked = call(sme, "GET", f"{room}/statement")["items"]
    assert [one["key"].split(":")[0] for one in booked] == ["instruction", "payment", "instruction_done", "repayment"]
    assert booked[-1]["debt_after"]["amount"] == "845000.00"
    assert len(call(sme, "GET", f"{room}/repayments")["items"]) == 1


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"annual_rate": "1.5"}, 422, "annual_rate"),
        ({"annual_rate": "a lot"}, 422, "annual_rate"),
        ({"ltv_warn": "0.60"}, 422, "ltv"),
        ({"limit": {"amount": "0.00"}}, 422, "limit"),
        ({"limit": {"amount": "1.005"}}, 422, "amount"),
        ({"limit": {"amount": "1000.00", "currency": "USD"}}, 422, "limit"),
        ({"tenor_days": 0}, 422, "tenor_days"),
        ({"day_count": "ACT/ACT"}, 422, "day_count"),
        ({"valid_until": "2026-03-01T00:00:00Z"}, 422, "valid_until"),
        ({"overdue_factor": "1.9"}, 422, "overdue_factor"),
        ({"surprise": 1}, 422, "surprise"),
    ],
)
def test_terms_that_cannot_be_name_their_field(
    world: World, shared: Shared, change: dict[str, Any], status: int, field: str
) -> None:
    deal = shared(a_request)
    body = TERMS | {"valid_until": (world.now + timedelta(days=7)).isoformat()} | change
    answer = deal.bank.operator.call("POST", f"/deals/{deal.deal_id}/offers", body)
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    assert field in answer.json["errors"][0]["field"], answer.json


def test_conflicts_and_missing_prices_are_told_apart(world: World) -> None:
    deal = a_request(world)
    room = f"/deals/{deal.deal_id}"
    assert call(deal.sme, "POST", f"{room}/acceptance", {}, status=404)["code"] == "offer_unknown"
    draw = {"amount": {"amount": "1.00"}, "payee": "X"}
    assert call(deal.sme, "POST", f"{room}/drawdowns", draw, status=409)["code"] == "conditions_open"
    paid = {"amount": {"amount": "1.00"}, "reference": "R"}
    assert call(deal.bank, "POST", f"{room}/repayments", paid, status=409)["code"] == "nothing_owed"
    assert call(deal.sme, "POST", f"{room}/repayments", paid, status=403)["code"] == "not_allowed"
    world.advance(timedelta(days=6))
    body = TERMS | {"valid_until": (world.now + timedelta(days=7)).isoformat()}
    assert call(deal.bank, "POST", f"{room}/offers", body, status=503)["code"] == "price_stale"


def test_the_same_key_is_the_same_repayment(world: World) -> None:
    deal = a_called_loan(world)
    body = {"amount": {"amount": "100.00"}, "reference": "REP-1"}
    answers = [deal.bank.operator.call("POST", f"/deals/{deal.deal_id}/repayments", body, key="once") for _ in range(2)]
    assert answers[0].json == answers[1].json
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    other = deal.bank.operator.call("POST", f"/deals/{deal.deal_id}/repayments", body | {"reference": "X"}, key="once")
    assert other.status_code == 409


GETS = (
    "",
    "/position",
    "/offers",
    "/conditions",
    "/drawdowns",
    "/repayments",
    "/statement",
    "/monthly-statement",
    "/trial-balance",
    "/valuation",
)


def test_amounts_are_not_for_those_who_keep_the_goods_nor_for_strangers(world: World) -> None:
    deal = a_called_loan(world)
    call_id = deal.call.id if deal.call else uuid4()
    for firm in (deal.parties.warehouse, deal.parties.supervisor, world.firm("BANK"), world.firm("SME")):
        for path in GETS:
            answer = firm.operator.call("GET", f"/deals/{deal.deal_id}{path}")
            assert answer.status_code == 404, (firm.name, path, answer.text)
        assert firm.operator.call("GET", f"/margin-calls/{call_id}").status_code == 404
        assert firm.operator.call("GET", "/margin-calls").json["items"] == []
        assert firm.operator.call("GET", "/portfolio").json["items"] == []
    seen = call(deal.parties.warehouse, "GET", f"/deals/{deal.deal_id}/goods")["items"]
    assert [one["lot_id"] for one in seen] == [str(deal.lots[0].id)]
    assert call(deal.parties.supervisor, "GET", "/deal-covers")["items"][0]["stage"] == "SECURED"


def test_the_ends_of_a_call_by_calls(world: World) -> None:
    deal = an_escalated_call(world)
    assert deal.call is not None
    here = f"/margin-calls/{deal.call.id}"
    until = (world.now + timedelta(days=2)).isoformat()
    far = (world.now + timedelta(days=60)).isoformat()
    call(deal.bank, "POST", f"{here}/extension", {"until": far, "because": "Harvest"}, status=422)
    approve(world, deal.bank, call(deal.bank, "POST", f"{here}/extension", {"until": until, "because": "Money is on its way"}))  # fmt: skip
    assert call(deal.bank, "GET", here)["status"] == "ACCEPTED"
    call(deal.bank, "POST", f"{here}/objection-answer", {"upheld": False, "because": "x"}, status=409)
    call(deal.bank, "GET", f"{here}/objection", status=404)
    call(deal.bank, "POST", f"{here}/notice", {"proof": "EMS"}, status=409)
    call(deal.bank, "POST", f"{here}/cancellation", {}, status=409)
    call(deal.bank, "POST", f"/deals/{deal.deal_id}/watch-end", {"because": "x"}, status=409)
    call(deal.bank, "POST", f"/deals/{deal.deal_id}/write-off", {"because": "x"}, status=409)
    call(deal.bank, "POST", f"/deals/{deal.deal_id}/default", {"because": "x", "event": "PAST_DUE"}, status=409)


def test_a_refused_and_a_failed_drawdown_by_calls(world: World) -> None:
    deal = a_drawable_deal(world)
    body = {"amount": {"amount": "100.00"}, "payee": "Jiangxi Copper"}
    first, second = (call(deal.sme, "POST", f"/deals/{deal.deal_id}/drawdowns", body, status=201) for _ in range(2))
    assert call(deal.bank, "POST", f"/drawdowns/{first['id']}/refusal", {"because": "Wrong payee"})["status"] == "REFUSED"  # fmt: skip
    approve(world, deal.bank, call(deal.bank, "POST", f"/drawdowns/{second['id']}/approval", {}))
    failed = call(deal.bank, "POST", f"/drawdowns/{second['id']}/failure", {"because": "Account closed"})
    assert failed["status"] == "FAILED"


def test_what_stock_could_raise(world: World) -> None:
    parties = the_parties(world)
    parties.a_lot("100.000")
    a_price(world, parties.bank, "20000")
    terms = {name: TERMS[name] for name in ("ltv_initial", "ltv_warn", "ltv_call", "ltv_liquidation", "haircut")}
    approve(
        world,
        parties.bank,
        call(parties.bank, "POST", "/lending-terms", terms | {"code": "CU", "devices_required": False}),
    )
    (idea,) = [one for one in call(parties.sme, "GET", "/raisable")["items"] if one["bank_id"] == str(parties.bank.tenant_id)]  # fmt: skip
    assert idea["amount"]["amount"] == "1300000.00"
    assert [(one["eligible"], one["advance"]["amount"], one["share"]) for one in idea["lots"]] == [(True, "1300000.00", "0.65000000")]  # fmt: skip
    assert call(parties.bank, "GET", "/raisable", status=403)
    assert "1,300,000.00" in parties.sme.operator.browser().get("/deals/new").text
    published = call(world.firm("SME"), "GET", "/lending-terms")["items"]
    assert [one["reference_price"] for one in published if one["bank_id"] == str(parties.bank.tenant_id)] == ["20000.00000000"]  # fmt: skip


def test_a_declined_request(world: World) -> None:
    deal = a_request(world)
    call(deal.bank, "POST", f"/deals/{deal.deal_id}/rejection", {"because": "Not our goods"})
    assert deal.status == "REJECTED"
    again = a_request(world)
    call(again.sme, "POST", f"/deals/{again.deal_id}/withdrawal", {})
    assert again.status == "WITHDRAWN"


def test_an_inquiry_by_call(world: World) -> None:
    parties, other = the_parties(world), world.firm("BANK")
    lot = parties.a_lot("100.000")
    body = {"bank_ids": [str(one.tenant_id) for one in (parties.bank, other)], "amount": {"amount": "1000000.00", "currency": "CNY"}, "tenor_days": 90, "purpose": "Copper", "goods": [{"lot_id": str(lot.id), "quantity": {"amount": "100", "unit": "TNE"}}]}  # fmt: skip
    made = call(parties.sme, "POST", "/inquiries", body, status=201)
    assert [(one["status"], one["offer"]) for one in made["answers"]] == [("REQUESTED", None)] * 2
    a_price(world, other, "20000")
    deal_id = next(one["deal_id"] for one in made["answers"] if one["bank_id"] == str(other.tenant_id))
    terms = {name: str(TERMS[name]) for name in ("annual_rate", "ltv_initial", "ltv_warn", "ltv_call", "ltv_liquidation", "haircut")}  # fmt: skip
    terms |= {
        "tenor_days": 90,
        "valid_until": "2026-03-10T00:00:00Z",
        "limit": body["amount"],
        "storage": {"amount": "500.00", "currency": "CNY"},
    }  # type: ignore[dict-item]
    call(other, "POST", f"/deals/{deal_id}/offers", terms, status=201)
    told = call(parties.sme, "GET", f"/inquiries/{made['id']}")["answers"][0]
    assert (told["cost"]["total"]["amount"], told["cost"]["storage"]["amount"]) == ("12375.00", "1500.00")
    call(parties.sme, "POST", f"/deals/{deal_id}/acceptance", {"offer_id": told["offer"]["id"]})
    after = call(parties.sme, "GET", f"/inquiries/{made['id']}")
    assert (after["accepted_deal_id"], sorted(one["status"] for one in after["answers"])) == (deal_id, ["TERM_SHEET", "WITHDRAWN"])  # fmt: skip
    call(other, "GET", f"/inquiries/{made['id']}", status=404)
    call(parties.sme, "POST", f"/inquiries/{made['id']}/withdrawal", {}, status=409)
