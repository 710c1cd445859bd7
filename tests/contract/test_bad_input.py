"""Bad input at every step of the story: refused clearly, with the field and the reason in the caller's language, and nothing is half done.

Each case is a call that would do, but for one slip. It is sent in English and in Chinese by somebody who takes part, so that the slip alone is refused.
"""

import re
from dataclasses import dataclass
from typing import Any

import pytest

from tests.contract.crawling import Address, Crawler, addresses
from tests.contract.neighbours import Neighbourhood
from tests.factories import World


@dataclass(frozen=True)
class Slip:
    """One slip: at which step, by whom, in which call, what is wrong, and what the refusal must name."""

    step: str
    by: str
    call: str
    wrong: dict[str, Any]
    status: int
    names: str

    def __str__(self) -> str:
        return f"{self.step}: {self.call.rpartition('/')[2]} {self.names}"


def tonnes(amount: str, unit: str = "TNE") -> dict[str, str]:
    return {"amount": amount, "unit": unit}


def yuan(amount: str, currency: str = "CNY") -> dict[str, str]:
    return {"amount": amount, "currency": currency}


NEVER = "00000000-0000-7000-8000-000000000000"
LOT, DEAL, AUCTION = "/lots/<uuid:lot_id>", "/deals/<uuid:deal_id>", "/auctions/<uuid:auction_id>"
OWNERS = "/organisations/<uuid:organisation_id>/owners"
SLIPS = [
    Slip("1 list", "watched", "/products", {"hs_code": "copper"}, 422, "hs_code"),
    Slip("1 list", "watched", "/products", {"gtin": "6901234567893"}, 422, "gtin"),
    Slip("1 list", "watched", "/products", {"unit": "BARREL"}, 422, "unit"),
    Slip("1 list", "watched", "/products", {"sku": ""}, 422, "sku"),
    Slip("1 list", "watched", "/lots", {"quantity": tonnes("0")}, 422, "quantity"),
    Slip("1 list", "watched", "/lots", {"quantity": tonnes("12.3456")}, 422, "quantity"),
    Slip("1 list", "watched", "/lots", {"quantity": tonnes("5", "MTR")}, 422, "quantity"),
    Slip("1 list", "watched", "/lots", {"supervisor_id": NEVER}, 422, "supervisor_id"),
    Slip("1 list", "watched", "/lots", {"colour": "red"}, 422, "colour"),
    Slip("1 list", "watched", "/lot-imports", {"content": "AAAA"}, 422, "file"),
    Slip("2 receive", "keeper", "/sites", {"width": "-5"}, 422, "width"),
    Slip("2 receive", "keeper", "/sites", {"gln": "6901234000017"}, 422, "gln"),
    Slip("2 receive", "keeper", "/sites/<uuid:site_id>/position", {"latitude": "95"}, 422, "latitude"),
    Slip("2 receive", "keeper", "/sites/<uuid:site_id>/zones", {"capacity": tonnes("1", "H87")}, 422, "capacity"),
    Slip("2 receive", "keeper", "/sites/<uuid:site_id>/bin-files", {"content": "AAAA"}, 422, "file"),
    Slip("2 receive", "keeper", "/sites/<uuid:site_id>/bulks", {"hs_code": "copper"}, 422, "hs_code"),
    Slip("2 receive", "keeper", "/sites/<uuid:site_id>/bulks", {"supervisor_id": NEVER}, 422, "bin_id"),
    Slip("2 receive", "controller", "/devices", {"public_key": "AAAA"}, 422, "public_key"),
    Slip("2 receive", "controller", "/devices", {"kind": "crystal ball"}, 422, "kind"),
    Slip("2 receive", "controller", "/devices", {"gateway_id": NEVER}, 422, "gateway_id"),
    Slip("2 receive", "controller", "/devices/claims", {"claim": "bailee:device?key=00&sig=AA"}, 422, "public_key"),
    Slip("2 receive", "watcher", "/devices/<uuid:device_id>/keys", {"public_key": "00" * 32}, 422, "public_key"),
    Slip("2 receive", "watcher", "/devices/<uuid:device_id>/keys", {"because": ""}, 422, "because"),
    Slip("2 inspect", "watcher", f"{LOT}/inspections", {"counted": tonnes("1", "H87")}, 422, "counted"),
    Slip("2 inspect", "watcher", f"{LOT}/climate", {"metric": "temperature", "low": "9", "high": "1"}, 422, "high"),
    Slip("2 watch", "watcher", f"{LOT}/maintenances", {"ends_at": "2026-03-01T00:00:00Z"}, 422, "ends_at"),
    Slip("2 watch", "watcher", "/alarm-rules", {"figures": {"tolerance_percent": "50"}}, 422, "tolerance_percent"),
    Slip("2 watch", "watcher", "/alarm-rules", {"type": "no_such_rule"}, 422, "type"),
    Slip("2 watch", "watcher", "/alarm-rules", {"type": "geofence", "figures": {"fence": "31.3, 121.6"}}, 422, "fence"),
    Slip("2 watch", "watcher", "/duty-rosters", {"ends_at": "2026-03-01T00:00:00Z"}, 422, "ends_at"),
    Slip("2 watch", "controller", "/sites/<uuid:site_id>/patrol-routes", {"minutes": 4}, 422, "minutes"),
    Slip("2 watch", "controller", "/sites/<uuid:site_id>/patrol-routes", {}, 409, "checkpoints"),  # two of one name
    Slip("2 watch", "controller", "/sites/<uuid:site_id>/patrol-routes", {"minutes": 20}, 422, "windows"),
    Slip("2 count", "controller", "/sites/<uuid:site_id>/stocktakes", {"hours": 400}, 422, "hours"),
    Slip("2 count", "controller", "/sites/<uuid:site_id>/stocktakes", {"walker_id": NEVER}, 422, "walker_id"),
    Slip("2 count", "keeper", "/phones", {"public_key": "AAAA"}, 422, "public_key"),
    Slip("2 count", "sharer", "/shortages/<uuid:shortage_id>/recounts", {"found": tonnes("10")}, 422, "found"),
    Slip("2 count", "sharer", "/shortages/<uuid:shortage_id>/recounts", {"evidence": []}, 422, "evidence"),
    Slip("2 count", "watcher", f"{LOT}/shortages", {"found": tonnes("1", "MTR")}, 422, "found"),
    Slip("3 finance", "borrower", "/deals", {"amount": yuan("-1.00")}, 422, "amount"),
    Slip("3 finance", "borrower", "/deals", {"amount": yuan("1.00", "XXX")}, 422, "currency"),
    Slip("3 finance", "borrower", "/deals", {"tenor_days": 0}, 422, "tenor_days"),
    Slip("3 finance", "borrower", "/deals", {"goods": []}, 422, "goods"),
    Slip("3 price", "lender", "/prices/<string(maxlength=32):code>/quotes", {"quotes": []}, 422, "quotes"),
    Slip("3 terms", "lender", "/lending-terms", {"haircut": "1.5"}, 422, "haircut"),
    Slip("3 terms", "lender", "/lending-terms", {"ltv_call": "0.50"}, 422, "ltv_initial"),
    Slip("3 drawdown", "borrower", f"{DEAL}/drawdowns", {"amount": yuan("0.00")}, 422, "amount"),
    Slip("3 repay", "lender", f"{DEAL}/repayments", {"amount": yuan("0.00")}, 422, "amount"),
    Slip("3 repay", "lender", f"{DEAL}/repayments", {"amount": yuan("100.001")}, 422, "amount"),
    Slip("3 misuse", "lender", f"{DEAL}/misuses", {"amount": yuan("0.00")}, 422, "amount"),
    Slip("4 ship", "watched", "/shipments", {"deliver_by": "2020-01-01T00:00:00Z"}, 422, "deliver_by"),
    Slip("4 ship", "carrier", "/shipments/<uuid:shipment_id>/booking", {"vehicle": ""}, 422, "vehicle"),
    Slip("4 release", "lender", f"{DEAL}/release-orders", {"quantity": tonnes("-1")}, 422, "quantity"),
    Slip("4 release", "borrower", f"{DEAL}/release-requests", {"because": ""}, 422, "because"),
    Slip("5 alarm", "watcher", "/alarms/<uuid:alarm_id>/closing", {"disposition": "WHATEVER"}, 422, "disposition"),
    Slip("5 alarm", "watcher", "/alarms/<uuid:alarm_id>/comments", {"text": ""}, 422, "text"),
    Slip("5 alarm", "watched", "/alarms/<uuid:alarm_id>/contests", {"because": ""}, 422, "because"),
    Slip("5 alarm", "watcher", "/alarms/<uuid:alarm_id>/looks", {"how": "heard"}, 422, "how"),
    Slip("5 alarm", "watcher", "/alarms/<uuid:alarm_id>/contests/answer", {"note": ""}, 422, "note"),
    Slip("5 alarm", "watcher", "/alarms/<uuid:alarm_id>/shelvings", {"hours": 9}, 422, "hours"),
    Slip("6 call", "borrower", "/margin-calls/<uuid:call_id>/objection", {"ground": "PRICE", "because": ""}, 422, "because"),
    Slip("6 call", "lender", "/margin-calls/<uuid:call_id>/extension", {}, 409, ""),
    Slip("6 default", "lender", f"{DEAL}/default", {"because": ""}, 422, "because"),
    Slip("6 default", "borrower", f"{DEAL}/default/objections", {"because": ""}, 422, "because"),
    Slip("6 default", "lender", f"{DEAL}/default/answer", {"because": ""}, 422, "because"),
    Slip("8 bill", "operator", "/fee-plans", {"effective_from": "2020-01-01"}, 422, "effective_from"),
    Slip("8 bill", "operator", "/fee-invoices/<uuid:invoice_id>/payments", {"reference": ""}, 422, "reference"),
    Slip("8 bill", "operator", "/fee-invoices/<uuid:invoice_id>/payments", {"received_on": "someday"}, 422, "received_on"),
    Slip("8 bill", "customer", "/fee-mandates", {"limit": yuan("0.00")}, 422, "limit"),
    Slip("8 bill", "customer", "/fee-mandates", {"limit": yuan("10.00"), "agreed": False}, 422, "agreed"),
    Slip("7 sell", "winner", f"{AUCTION}/bids", {"amount": "much"}, 422, "amount"),
    Slip("7 sell", "winner", f"{AUCTION}/bids", {"amount": "5000000.00"}, 409, ""),
    Slip("7 sell", "winner", f"{AUCTION}/envelopes", {"seal": "no hash"}, 422, "seal"),
    Slip("7 sell", "winner", f"{AUCTION}/envelopes", {}, 409, ""),
    Slip("7 sell", "winner", f"{AUCTION}/envelopes/opening", {"amount": "much"}, 422, "amount"),
    Slip("7 sell", "seller", f"{AUCTION}/distribution", {"tax_rate": "7"}, 422, "tax_rate"),
    Slip("7 take over", "taker", "/appropriations/<uuid:appropriation_id>/taking-over", {}, 409, ""),
    Slip("7 take over", "taker", "/appropriations/<uuid:appropriation_id>/surplus", {"reference": ""}, 422, "reference"),
    Slip("7 take over", "lender", f"{DEAL}/appropriations", {"tax_rate": "7"}, 422, "tax_rate"),
    Slip("7 prepare", "winner", f"{AUCTION}/questions", {"words": "?"}, 422, "words"),
    Slip("7 prepare", "seller", f"{AUCTION}/notices/<uuid:notice_id>/service", {"proof": "x"}, 422, "proof"),
    Slip("7 prepare", "seller", f"{AUCTION}/visit-slots", {"places": 0}, 422, "places"),
    Slip("7 prepare", "seller", f"{AUCTION}/charges", {"free_days": 99}, 422, "free_days"),
    Slip("7 settle", "winner", f"{AUCTION}/payment-cure", {"because": ""}, 422, "because"),
    Slip("4 ask", "watched", "/stock-offers", {"amount": yuan("0.00")}, 422, "amount"),
    Slip("4 ask", "watched", "/stock-offers", {"shown_days": 91}, 422, "shown_days"),
    Slip("4 ask", "watched", "/stock-offers", {"lot_id": NEVER}, 404, ""),
    Slip("4 ask", "lender", "/stock/<uuid:stock_id>/interest", {"amount": yuan("5", "USD")}, 409, ""),
    Slip("8 people", "lender", "/invitations", {"email": "nobody"}, 422, "email"),
    Slip("8 people", "lender", "/invitations", {"jobs": ["king"]}, 422, "jobs"),
    Slip("8 people", "lender", "/webhooks", {"url": "https://169.254.169.254/"}, 422, "url"),
    Slip("8 people", "lender", "/webhooks", {"kinds": ["NoSuchKind"]}, 422, "kinds"),
    Slip("8 people", "lender", "/log/witnesses", {"key": "bank.example+00000000+BAAA"}, 422, "key"),
    Slip("8 people", "stranger", "/organisations", {"uscc": "91350100M000100Y44"}, 422, "uscc"),
    Slip("8 people", "registrar", OWNERS, {"kind": "SHARES", "percent": "101"}, 422, "percent"),
    Slip("8 people", "registrar", OWNERS, {"kind": "PARENT", "owner_name": "X", "owner_code": "123"}, 422, "owner_code"),
    Slip("8 people", "registrar", "/owners/<uuid:stake_id>/end", {"until": "2040-01-01"}, 422, "until"),
    Slip("8 people", "owned", "/owners/<uuid:stake_id>/objection", {"because": ""}, 422, "because"),
]  # fmt: skip


@pytest.fixture(scope="module")
def crawlers(neighbours: Neighbourhood) -> dict[str, Crawler]:
    return {part: Crawler(person, neighbours.world.app) for part, person in neighbours.cast.items()}


@pytest.mark.parametrize("slip", SLIPS, ids=str)
def test_a_slip_is_refused_by_name_and_changes_nothing(
    neighbours: Neighbourhood, crawlers: dict[str, Crawler], slip: Slip
) -> None:
    before = _state(neighbours.world)
    english, chinese = (_sent(neighbours, crawlers[slip.by], slip, language) for language in ("en", "zh"))
    assert english["status"] == chinese["status"] == slip.status, english
    assert any(error["field"].startswith(slip.names) for error in english.get("errors", [])) or not slip.names, english
    assert re.search("[一-龥]", _told(chinese)), chinese
    assert not re.search("[一-龥]", _told(english)), english
    assert _state(neighbours.world) == before


def test_the_list_covers_every_step_of_the_story() -> None:
    assert len(SLIPS) >= 30
    assert {slip.step[0] for slip in SLIPS} == set("12345678")


def _sent(neighbours: Neighbourhood, crawler: Crawler, slip: Slip, language: str) -> Any:
    [address] = [one for one in addresses(neighbours.world.app) if one.rule == f"/api/v1{slip.call}" and one.method == "POST"]  # fmt: skip
    body = crawler.body_for(address, neighbours.ids) | slip.wrong
    path = Address.filled(address, neighbours.ids).removeprefix("/api/v1")
    return crawler.person.call("POST", path, body, headers={"Accept-Language": language}).json


def _told(answer: Any) -> str:
    return " ".join([*(error["reason"] for error in answer.get("errors", [])), answer["detail"]])


def _state(world: World) -> Any:
    """Every event and delivery there is: a refusal leaves no trace."""
    return world.admin.execute(
        "select (select count(*) from house.event), (select count(*) from house.delivery)"
    ).fetchone()
