"""Chapters of the papers: what the dealer bought and sold on, as order, goods, invoice and money; one supplier asks for more than the scale weighed."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from integrations.demo import cast
from integrations.demo.goods import AMOUNTS, CATHODE, FEN, RELEASED
from integrations.demo.story import Story

TAX = Decimal("0.13")
SMELTER = ("江西冶炼 Jiangxi Smelting", "91360600MA3JX01184")
ROD_MAKER = ("台州铜杆 Taizhou Copper Rod", "91331000MA2TZ0220A")
ORDERED, WEIGHED = Decimal(25), Decimal("24.310")
SHORT, TRADES = "TZ", 3  # how the order is numbered of which less was weighed; how many trades there are


@dataclass(frozen=True)
class Order:
    """A trade that has begun: its page, and what its papers have in common."""

    page: str
    number: str
    parties: dict[str, str]
    price: Decimal
    goods: str
    code: str

    def paper(self, number: str, dated: date, amounts: dict[str, Decimal], **more: Any) -> dict[str, Any]:
        """A paper about lines of the order, each so many tonnes at the order's price."""
        return {"number": number, "dated": dated.isoformat(), "order": self.number, **self.parties, "lines": [self._line(*one) for one in amounts.items()], **more}  # fmt: skip

    def asked(self, tonnes: Decimal) -> Decimal:
        """What an invoice of so many tonnes asks, tax included."""
        return _fen(tonnes * self.price) + _fen(_fen(tonnes * self.price) * TAX)

    def _line(self, line: str, tonnes: Decimal) -> dict[str, str]:
        amount = _fen(tonnes * self.price)
        return {"line": line, "goods_code": self.code, "goods": self.goods, "quantity": f"{tonnes:.3f}", "unit": "TNE", "price": f"{self.price:.2f}", "amount": f"{amount:.2f}", "tax": f"{_fen(amount * TAX):.2f}"}  # fmt: skip


def buy(story: Story) -> None:
    """Two purchases laid before the bank: of the pledged cathode all four flows agree; of rod the scale weighed less than the supplier invoices."""
    for order in (_cathode(story), _rod(story)):
        _lay_before(story, order)
    found = story.line.get("officer", order.page)["trade"]
    if found["state"] != "BROKEN":
        raise AssertionError(f"more is invoiced than was weighed and the trade is {found['state']}")
    story.say(f"Papers laid before the bank: of order {found['number']} {ORDERED - WEIGHED:.3f} t are invoiced that no scale weighed.")  # fmt: skip


def sell(story: Story) -> None:
    """What was released: delivered to the cable works, invoiced by what its scale says, and paid; the works see the trade too."""
    line, today = story.line, story.line.now.date()
    order = _order(
        story, f"JN-118-{story.mark}", story.began.date(), {"1": RELEASED}, seller=_firm("sme"), buyer=_firm("core")
    )
    journey = line.get("sme", "/shipments")["items"][0]
    line.post("sme", f"{order.page}/shipments", {"shipment_id": journey["id"], "line": "1"})
    received = Decimal(journey["received"]["amount"])
    invoice = _add(story, order, "vat_invoice", order.paper(f"FP-HD-{story.mark}", today, {"1": received}))
    _pay(story, order, invoice, f"JN-PAY-{story.mark}", today, order.asked(received))
    _lay_before(story, order)
    story.say(f"Sold on: order {invoice['order']}, delivered, invoiced and paid; the four flows agree.")


def _cathode(story: Story) -> Order:
    """The pledged goods: as ordered, weighed in, invoiced, and paid, for the most part by the loan."""
    line, began, amounts = story.line, story.began.date(), {str(n): tonnes for n, tonnes in enumerate(AMOUNTS, 1)}
    order = _order(story, f"JX-118-{story.mark}", began - timedelta(days=20), amounts, seller=SMELTER, buyer=_firm("sme"))  # fmt: skip
    for n, lot in enumerate(story.lots, 1):
        line.post("sme", f"{order.page}/lots", {"lot_id": lot["id"], "line": str(n)})
    invoice = _add(story, order, "vat_invoice", order.paper(f"FP-JX-{story.mark}", began, amounts))
    lent = Decimal(line.get("officer", f"/deals/{story.deal}/drawdowns")["items"][0]["amount"]["amount"])
    own = order.asked(sum(AMOUNTS, Decimal(0))) - lent
    for number, amount in ((f"HVPS-{story.began:%Y%m%d}-0091", lent), (f"HVPS-JX-{story.mark}", own)):
        _pay(story, order, invoice, number, began, amount)
    return order


def _rod(story: Story) -> Order:
    """Rod that is invoiced in full; the scale found less, and nothing is paid on it."""
    today = story.line.now.date()
    order = _order(story, f"{SHORT}-207-{story.mark}", today - timedelta(days=15), {"1": ORDERED}, seller=ROD_MAKER, buyer=_firm("sme"), goods="铜杆 Copper rod 8 mm", code="CU-ROD-8")  # fmt: skip
    _add(story, order, "weighbridge_ticket", order.paper(f"WB-TZ-{story.mark}", today - timedelta(days=3), {"1": WEIGHED}))  # fmt: skip
    due = (today + timedelta(days=180)).isoformat()
    _add(story, order, "vat_invoice", order.paper(f"FP-TZ-{story.mark}", today - timedelta(days=2), {"1": ORDERED}, due_on=due))  # fmt: skip
    return order


def _order(
    story: Story, number: str, dated: date, amounts: dict[str, Decimal], *, seller: tuple[str, str], buyer: tuple[str, str], goods: str = CATHODE, code: str = "CU-CATH-1"
) -> Order:  # fmt: skip
    """Entered at the day's price."""
    parties = dict(zip(("seller", "seller_code", "buyer", "buyer_code"), (*seller, *buyer), strict=True))
    order = Order("", number, parties, story.market.newest(dated), goods, code)
    made = story.line.post("sme", "/trades", order.paper(number, dated, amounts))
    return replace(order, page=f"/trades/{made['trade_id']}")


def _pay(story: Story, order: Order, invoice: dict[str, Any], number: str, dated: date, amount: Decimal) -> None:
    paid = {"lines": [{"amount": f"{amount:.2f}"}], "refers": invoice["number"]}
    _add(story, order, "payment_proof", order.paper(number, dated, {}) | paid)


def _add(story: Story, order: Order, kind: str, paper: dict[str, Any]) -> dict[str, Any]:
    story.line.post("sme", f"{order.page}/records", {"kind": kind, **paper})
    return paper


def _lay_before(story: Story, order: Order) -> None:
    story.line.post("sme", f"{order.page}/deals", {"deal_id": story.deal})


def _firm(key: str) -> tuple[str, str]:
    house = next(one for one in cast.FIRMS if one.key == key)
    return house.name, house.uscc


def _fen(amount: Decimal) -> Decimal:
    return amount.quantize(FEN, ROUND_HALF_UP)
