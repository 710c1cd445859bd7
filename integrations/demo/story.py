"""The story: copper is listed, verified, watched, lent on; its price falls; a call is cured and another is not; the goods are sold and the money shared.

Told by calls of the public API alone, each party for itself. Every chapter leaves the house as the next one expects it; a call that is not answered as
expected stops the story with what the house said.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from integrations.demo.devices import Watch
from integrations.demo.line import Line

DAYS = 90
CODE = "CU"
TERMS = {"ltv_initial": "0.65", "ltv_warn": "0.69", "ltv_call": "0.72", "ltv_liquidation": "0.85", "haircut": "0.20"}
Say = Callable[[str], None]


def tonnes(amount: Decimal | str) -> dict[str, str]:
    """A quantity as calls take it."""
    return {"amount": f"{Decimal(amount):.3f}", "unit": "TNE"}


def yuan(amount: Decimal | str | int) -> dict[str, str]:
    """An amount as calls take it."""
    return {"amount": f"{Decimal(amount):.2f}", "currency": "CNY"}


@dataclass
class Story:
    """What the story knows as it goes."""

    line: Line
    watch: Watch
    prices: dict[date, Decimal]
    say: Say
    began: datetime
    lots: list[dict[str, Any]] = field(default_factory=list)
    deal: str = ""
    auction: str = ""
    cured: int = 0
    weights: dict[str, Decimal] = field(default_factory=dict)

    # Goods --------------------------------------------------------------------------------------------------------------------------

    def list_goods(self) -> None:
        """The dealer names its product, the warehouse its site; two lots are declared, weighed in, inspected by two people."""
        line, year = self.line, (self.began + timedelta(days=400)).isoformat()
        mark = f"{self.began:%y%m%d%H%M}"
        product = line.post(
            "sme",
            "/products",
            {
                "sku": f"CU-{mark}",
                "name": "阴极铜 Copper cathode",
                "grade": "Cu-CATH-1",
                "hs_code": "7403110000",
                "unit": "TNE",
                "price_code": CODE,
            },
        )
        site = line.post(
            "keeper",
            "/sites",
            {
                "name": f"北仑三号库 Beilun 3 · {mark}",
                "address": "1 Tongshun Avenue",
                "city": "宁波",
                "width": "60",
                "depth": "40",
                "scale_calibrated_until": year,
            },
        )
        bins = [
            line.post(
                "keeper",
                f"/sites/{site['id']}/bins",
                {"code": f"A-{n:02}", "x": str(4 + 9 * n), "y": "6", "width": "8", "height": "12"},
            )
            for n in range(1, 5)
        ]
        for n, amount in enumerate(("60.000", "40.000")):
            supervisor = str(line.stage["inspector"].firm_id)
            lot = line.post(
                "sme",
                "/lots",
                {
                    "product_id": product["id"],
                    "quantity": tonnes(amount),
                    "site_id": site["id"],
                    "supervisor_id": supervisor,
                    "reference": f"PO-{mark}-{n + 1}",
                },
            )
            line.drive(by=timedelta(minutes=40))
            gross = Decimal(amount) + 16
            line.post(
                "keeper",
                f"/lots/{lot['id']}/receipt",
                {
                    "gross": tonnes(gross),
                    "tare": tonnes("16.000"),
                    "bin_id": bins[n]["id"],
                    "vehicle": "浙B·7A213",
                    "ticket": f"WB-{mark}-{n + 1}",
                },
            )
            line.post(
                "inspector",
                f"/lots/{lot['id']}/inspections",
                {"counted": tonnes(amount), "passed": True, "note": "Counted bundle by bundle."},
            )
            line.approve("controller", "approve_inspection")
            self.lots.append(line.get("sme", f"/lots/{lot['id']}"))
            self.weights[lot["id"]] = Decimal(amount)
        self.say(f"Listed and verified: {', '.join(lot['number'] for lot in self.lots)} (100.000 t, from evidence).")

    def put_under_watch(self) -> None:
        """The supervisor enrols scale, climate sensor and door contact of the first lot; they begin to report over MQTT."""
        self.line.drive(by=timedelta(minutes=20))
        self.watch.enrol(
            self.lots[0]["id"],
            self.lots[0]["number"],
            calibrated_until=(self.began + timedelta(days=300)).date().isoformat(),
        )
        self._report()
        self.say("Three devices with keys of their own watch the first lot.")

    # Finance ------------------------------------------------------------------------------------------------------------------------

    def lend(self) -> None:
        """Request, offer, acceptance, second officer, control, conditions, drawdown: each by the party that may."""
        line = self.line
        bank = str(line.stage["officer"].firm_id)
        goods = [{"lot_id": lot["id"], "quantity": lot["verified"]} for lot in self.lots]
        worth = sum((Decimal(lot["verified"]["amount"]) for lot in self.lots), Decimal(0)) * self._price()
        limit = (worth * Decimal("0.64")).quantize(Decimal("10000"))
        deal = line.post(
            "sme",
            "/deals",
            {
                "bank_id": bank,
                "amount": yuan(limit),
                "tenor_days": 180,
                "purpose": "Copper for the cable works",
                "goods": goods,
            },
        )
        self.deal = deal["id"]
        self._rival_sees_nothing()
        offer = {
            "limit": yuan(limit),
            "annual_rate": "0.0435",
            "day_count": "ACT/360",
            "tenor_days": 180,
            "valid_until": (line.now + timedelta(days=14)).isoformat(),
            "fee": yuan("5000"),
            **TERMS,
        }
        line.post("officer", f"/deals/{self.deal}/offers", offer)
        line.post("sme", f"/deals/{self.deal}/acceptance")
        line.post("officer", f"/deals/{self.deal}/approval")
        line.post(
            "officer", f"/approvals/{line.get('officer', '/approvals')['items'][-1]['id']}/approval", {}, expect=403
        )
        line.approve("approver", "approve_deal")
        line.post(
            "inspector",
            f"/deals/{self.deal}/control-records",
            {"statement": "Keys with us, bays A-01 and A-02 marked, exits by release order only."},
        )
        line.post("officer", f"/deals/{self.deal}/control-acceptance")
        line.approve("approver", "accept_control")
        for kind, reference in (("INSURANCE", "PICC-2026-778201"), ("ACCOUNT", "3310 2266 0091")):
            until = {"valid_until": (line.now + timedelta(days=365)).date().isoformat()} if kind == "INSURANCE" else {}
            line.post("officer", f"/deals/{self.deal}/conditions", {"kind": kind, "reference": reference, **until})
        line.settle()
        draw = line.post(
            "sme",
            f"/deals/{self.deal}/drawdowns",
            {
                "amount": yuan(limit),
                "payee": "Jiangxi Smelting",
                "payee_account": "6222 0200 1188",
                "purpose": "Cathode, contract JX-118",
            },
        )
        line.post("officer", f"/drawdowns/{draw['id']}/approval")
        line.approve("approver", "approve_drawdown")
        line.post("officer", f"/drawdowns/{draw['id']}/payment", {"bank_reference": f"HVPS-{self.began:%Y%m%d}-0091"})
        line.settle()
        self.say(f"Lent: CNY {limit:,.2f} on copper worth CNY {worth:,.2f}; pledged once, and nobody else can.")

    def _rival_sees_nothing(self) -> None:
        self.line._call("GET", "rival", f"/deals/{self.deal}", None, 404)

    # Days ---------------------------------------------------------------------------------------------------------------------------

    def pass_days(self, until: int, *, stop: Callable[[], bool] = lambda: False) -> None:
        """Let days pass: a price each business day, a report of the devices each morning, and whatever falls due."""
        while self._day() < until and not stop():
            self.line.drive(by=timedelta(days=1))
            self._publish_price()
            if self.lots[0]["id"] in self.weights:
                self._report()
            self.line.settle()

    def release_and_ship(self) -> None:
        """Cash for goods: the dealer repays, the bank orders a release with four eyes, the carrier takes the goods on two signatures."""
        line, lot = self.line, self.lots[1]
        owed = Decimal(line.get("officer", f"/deals/{self.deal}/position")["outstanding"]["amount"])
        line.post(
            "officer",
            f"/deals/{self.deal}/repayments",
            {"amount": yuan((owed * Decimal("0.15")).quantize(Decimal("0.01"))), "reference": "HVPS-REPAY-1"},
        )
        line.settle()
        body = {"lot_id": lot["id"], "quantity": tonnes("10"), "because": "Sold to Jiangnan Cable; repaid in cash."}
        line.post("officer", f"/deals/{self.deal}/release-orders", body)
        line.approve("approver", "approve_release")
        order = line.get("keeper", "/release-orders")["items"][0]
        plan = {
            "lot_id": lot["id"],
            "quantity": tonnes("10"),
            "carrier_id": str(line.stage["dispatcher"].firm_id),
            "consignee": "江南电缆集团 Jiangnan Cable Group",
            "consignee_id": str(line.stage["treasurer"].firm_id),
            "to_place": "苏州 Suzhou",
            "deliver_by": (line.now + timedelta(days=2)).isoformat(),
        }
        shipment = f"/shipments/{line.post('sme', '/shipments', plan)['id']}"
        line.post("dispatcher", f"{shipment}/booking", {"vehicle": "浙B·7A213", "driver": "郑海"})
        line.post(
            "keeper",
            f"{shipment}/handout",
            {"weighed": tonnes("10"), "seals": ["C-1187", "C-1188"], "release_order_id": order["id"]},
        )
        line.post("dispatcher", f"{shipment}/pickup")
        line.post("dispatcher", f"{shipment}/milestones", {"step": "depart", "place": "北仑 Beilun"})
        line.drive(by=timedelta(hours=5))
        line.post("dispatcher", f"{shipment}/milestones", {"step": "arrive", "place": "苏州 Suzhou"})
        line.post(
            "treasurer",
            f"{shipment}/delivery",
            {"received": tonnes("9.995"), "receiver": "钱芳", "seals_seen": ["C-1187", "C-1188"]},
        )
        line.settle()
        self.weights[lot["id"]] -= 10
        self.say("Released and delivered: 10.000 t under the bank's order, two seals whole.")

    def ring_the_alarm(self) -> None:
        """A door opens at night and half a tonne is gone from the scale: the alarm rings, people look, the loss is real or it is not."""
        line, lot = self.line, self.lots[0]["id"]
        at = line.drive(to=line.now.replace(hour=17, minute=0, second=0) + timedelta(days=1))
        self.watch.report(at, self.weights[lot] - Decimal("0.500"), door_open=True)
        self.watch.settle()
        line.settle()
        rung = [one for one in line.get("inspector", "/alarms")["items"] if one["lot_id"] == lot]
        if not rung:
            raise AssertionError("half a tonne is gone and no alarm rang")
        for alarm in rung:
            line.post("inspector", f"/alarms/{alarm['id']}/acknowledgement")
            line.post(
                "inspector",
                f"/alarms/{alarm['id']}/comments",
                {"text": "Guard on the way; video shows a forklift leaning on the scale."},
            )
        line.drive(by=timedelta(minutes=10))
        self._report()
        for alarm in rung:
            self._close(alarm["id"])
        self.say(
            f"Rang at night: {', '.join(sorted(alarm['type'] for alarm in rung))}; looked into, closed with evidence."
        )

    def _close(self, alarm_id: str) -> None:
        line = self.line
        if line.get("inspector", f"/alarms/{alarm_id}")["cleared_at"] is None:
            line.post("inspector", f"/alarms/{alarm_id}/clearance")
        note = {
            "disposition": "FALSE",
            "note": "Forklift on the weighing platform; goods counted, complete.",
            "evidence": ["video 2026-CAM-3", "count sheet 118"],
        }
        line.post("inspector", f"/alarms/{alarm_id}/closing", note)
        line.settle()

    def meet_calls(self) -> None:
        """The price falls. The first call is cured with cash in time; the next one nobody answers."""
        self.pass_days(34, stop=lambda: bool(self._open_call()))
        call = self._open_call()
        if call and self._day() < 34:
            self.line.post("sme", f"/margin-calls/{call['id']}/answer", {"accept": True})
            self.line.post(
                "officer", f"/deals/{self.deal}/repayments", {"amount": call["cash"], "reference": "HVPS-CURE-1"}
            )
            self.line.settle()
            after = next(one for one in self.line.get("officer", "/margin-calls")["items"] if one["id"] == call["id"])
            self.cured += after["status"] == "CURED"
            self.say(f"Called on day {self._day()}: CNY {call['cash']['amount']} of cash cured it ({after['status']}).")
        self.pass_days(60, stop=lambda: self._status() == "ESCALATED")
        self.say(f"Called again, unanswered: {self._status() or 'no call'} on day {self._day()}.")

    # Default and sale ---------------------------------------------------------------------------------------------------------------

    def declare_default(self) -> None:
        """The bank declares default, with four eyes; the pledge is enforced."""
        self.line.post("officer", f"/deals/{self.deal}/default", {"because": "Margin call expired uncured."})
        self.line.approve("approver", "approve_default")
        self.line.settle()
        status = self.line.get("officer", f"/deals/{self.deal}")["status"]
        self.say(f"Declared by two officers: the deal is in {status}.")

    def sell(self) -> None:
        """Announced, registered, bid for live with a soft close, sold to the highest, paid."""
        line, lot = self.line, self.lots[0]
        worth = (Decimal(line.get("officer", f"/lots/{lot['id']}")["verified"]["amount"]) * self._price()).quantize(
            Decimal("10000")
        )
        start, step, deposit = (
            (worth * Decimal("0.80")).quantize(Decimal("10000")),
            Decimal(20_000),
            (worth * Decimal("0.10")).quantize(Decimal("10000")),
        )
        opens = (line.now + timedelta(days=9)).replace(hour=2, minute=0, second=0, microsecond=0)
        terms = {
            "lot_id": lot["id"],
            "regime": "AGREED_ONLINE",
            "start_price": yuan(start),
            "reserve": yuan(start + step),
            "step": yuan(step),
            "deposit": yuan(deposit),
            "opens_at": opens.isoformat(),
            "closes_at": (opens + timedelta(days=1)).isoformat(),
            "authority": "Pledge contract 8.2: sale by public online bidding",
        }
        line.post("officer", f"/deals/{self.deal}/disposals", terms)
        line.approve("approver", "approve_disposal")
        line.settle()
        self.auction = line.get("officer", "/auctions")["items"][0]["auction_id"]
        for who in ("buyer", "dealer", "treasurer"):
            registered = line.post(who, f"/auctions/{self.auction}/registration")
            line.post(
                "officer",
                f"/auctions/{self.auction}/deposits",
                {"bidder_id": registered["bidder_id"], "reference": f"DEP-{who}"},
            )
        self._wait_for(opens + timedelta(minutes=1))
        self._bid(start, step, opens)
        line.settle()
        view = line.get("officer", f"/auctions/{self.auction}")
        if view["status"] not in {"SOLD", "PAID"}:
            raise AssertionError(f"the hammer fell and the auction is {view['status']}")
        winner = next(
            who for who in ("buyer", "dealer", "treasurer") if line.get(who, f"/auctions/{self.auction}/place")["leads"]
        )
        line.post("officer", f"/auctions/{self.auction}/payment", {"reference": "HVPS-BALANCE"})
        self.say(
            f"Sold for CNY {view['sold']['amount']} after {view['accepted']} bids and {view['extensions']} extensions, to {winner}; paid."
        )

    def _bid(self, start: Decimal, step: Decimal, opens: datetime) -> None:
        line, path = self.line, f"/auctions/{self.auction}/bids"
        line.post("buyer", path, {"amount": f"{start:.2f}"})
        line.post("dealer", path, {"amount": f"{start + step - 1:.2f}"}, expect=409)
        for n, who in enumerate(("dealer", "treasurer", "buyer", "dealer"), 1):
            line.drive(by=timedelta(hours=3))
            line.post(who, path, {"amount": f"{start + n * step:.2f}"})
        closes = datetime.fromisoformat(line.get("officer", f"/auctions/{self.auction}")["ends_at"])
        line.drive(to=closes - timedelta(minutes=2))
        line.post("buyer", path, {"amount": f"{start + 5 * step:.2f}"})
        line.drive(to=closes + timedelta(minutes=1))
        line.post("dealer", path, {"amount": f"{start + 6 * step:.2f}"})
        line.drive(by=timedelta(minutes=11))

    def share_out(self) -> None:
        """Costs, tax, interest, principal: in their order, to the fen, by two officers; and the goods go to their buyer."""
        line = self.line
        line.post(
            "officer",
            f"/auctions/{self.auction}/distribution",
            {
                "storage": yuan("60000"),
                "enforcement": yuan("40000"),
                "commission_rate": "0.02",
                "tax_rate": "0.13",
                "juniors": [],
            },
        )
        line.approve("approver", "approve_waterfall")
        line.settle()
        code = line.get("officer", f"/auctions/{self.auction}/settlement")["collection_code"]
        line.post("keeper", f"/auctions/{self.auction}/handover", {"code": code, "collector": "徐亮 Xu Liang"})
        self.weights.pop(self.lots[0]["id"], None)
        line.settle()
        self.say("Distributed by two officers, and handed over against the buyer's code.")

    # ----------------------------------------------------------------------------------------------------------------------------------

    def open_prices(self) -> None:
        """The bank takes in the history of prices up to today."""
        today = self.line.now.date()
        rows = [
            {"on": day.isoformat(), "price": str(price)} for day, price in sorted(self.prices.items()) if day <= today
        ]
        self.line.post("officer", f"/prices/{CODE}/quotes", {"quotes": rows})
        self.say(f"Prices of copper: {len(rows)} days of history.")

    def _publish_price(self) -> None:
        today = self.line.now.date()
        if today in self.prices:
            self.line.post(
                "officer",
                f"/prices/{CODE}/quotes",
                {"quotes": [{"on": today.isoformat(), "price": str(self.prices[today])}]},
            )

    def _price(self) -> Decimal:
        today = self.line.now.date()
        return self.prices[max(day for day in self.prices if day <= today)]

    def _wait_for(self, moment: datetime) -> None:
        """Let days pass until then; the goods stay under watch."""
        while self.line.now + timedelta(days=1) < moment:
            self.pass_days(self._day() + 1)
        self.line.drive(to=moment)
        self._report()

    def _report(self) -> None:
        self.watch.report(self.line.now, self.weights[self.lots[0]["id"]])
        self.watch.settle()

    def _open_call(self) -> dict[str, Any] | None:
        ended = {"CURED", "EXPIRED", "CANCELLED"}
        calls = [one for one in self.line.get("officer", "/margin-calls")["items"] if one["deal_id"] == self.deal]
        return next((one for one in calls if one["status"] not in ended and one["closed_at"] is None), None)

    def _status(self) -> str:
        call = self._open_call()
        return call["status"] if call else ""

    def _day(self) -> int:
        return (self.line.now - self.began).days


CHAPTERS: tuple[Callable[[Story], None], ...] = (
    Story.open_prices,
    Story.list_goods,
    Story.put_under_watch,
    Story.lend,
    lambda story: story.pass_days(6),
    Story.release_and_ship,
    Story.ring_the_alarm,
    Story.meet_calls,
    Story.declare_default,
    Story.sell,
    Story.share_out,
    lambda story: story.pass_days(DAYS),
)


def tell(story: Story) -> None:
    """The whole story, chapter by chapter."""
    for chapter in CHAPTERS:
        chapter(story)
