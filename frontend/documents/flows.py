"""The four flows as people read them: what records are called, what they say, and what is wrong, in sentences."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from frontend.language import date_text, decimal, money, percent, translate, unit
from marketplace.documents.rules.content import Paper
from marketplace.documents.rules.entries import Entry, Lane
from marketplace.documents.rules.flows import FlowKind
from marketplace.documents.rules.lines import Finding, Line
from marketplace.documents.rules.match import TradeMatch
from marketplace.money import Money
from marketplace.quantity import UNITS

MOST_LINES_SHOWN = 200
_PRICE_PLACES, _MEASURED_PLACES = 2, 3
_NUMBER_LENGTH = 12  # so that line 10 comes after line 9
NAMES = {Lane.ORDER: "Order %(number)s, line %(line)s", Lane.INVOICE: "Invoice %(number)s", Lane.MONEY: "Payment %(number)s"}  # fmt: skip
GOODS_NAMES = {
    Paper.DELIVERY_NOTE: "Delivery note %(number)s",
    Paper.GOODS_RECEIPT: "Goods receipt %(number)s",
    Paper.WEIGHBRIDGE_TICKET: "Weighbridge ticket %(number)s",
    Paper.BILL_OF_LADING: "Bill of lading %(number)s",
    Paper.PROOF_OF_DELIVERY: "Proof of delivery %(number)s",
}
FLAGS = {
    "twice": "A record twice",
    "payee": "Another payee",
    "account": "Another account",
    "early": "Delivered before ordered",
    "ring": "Sold in a ring",
    "financed_twice": "Behind two deals",
}
FLOWS = {
    FlowKind.COMMERCE: "Invoice and contract",
    FlowKind.GOODS: "Goods and contract",
    FlowKind.MONEY: "Money and invoice",
    FlowKind.INFORMATION: "What papers say of each other",
}


def name_of(one: Entry) -> str:
    """What a record is called."""
    named = GOODS_NAMES.get(one.paper or Paper.DELIVERY_NOTE) if one.lane is Lane.GOODS else None
    msgid = named or NAMES.get(one.lane, "Delivery note %(number)s")
    return translate(msgid, number=one.number, line=one.line or "–")


def sentence(found: Finding) -> str:
    """A finding in words: both records, what they say, and by how much it differs."""
    one = name_of(found.one)
    if found.among > 1:
        one = translate("%(record)s with %(others)s others", record=one, others=found.among - 1)
    facts = {name: readable(value) for name, value in found.facts.items()}
    return translate(found.because, one=one, other=name_of(found.other) if found.other else "", **facts)


def readable(value: Any) -> str:
    """A figure of a finding as people write it."""
    if isinstance(value, Money):
        return money(value)
    if isinstance(value, tuple):
        return f"{_plain(value[0])} {unit(value[1])}"
    if isinstance(value, date):
        return date_text(value)
    if isinstance(value, Fraction):
        return percent(Decimal(value.numerator) / Decimal(value.denominator))
    return _plain(value) if isinstance(value, Decimal) else str(value)


def lines_shown(outcome: TradeMatch | None) -> list[dict[str, Any]]:
    """The lines of a trade as they are numbered, those with findings first: in each lane what its records say, and what is wrong there."""
    if outcome is None:
        return []
    ordered = sorted(outcome.lines, key=lambda line: (not line.findings, line.line.zfill(_NUMBER_LENGTH)))
    return [_line(line) for line in ordered[:MOST_LINES_SHOWN]]


def flows_shown(outcome: TradeMatch | None) -> list[dict[str, Any]]:
    """How far each flow agrees, over all lines; for meters."""
    if outcome is None or not outcome.lines:
        return []
    sums = {kind: Fraction(0) for kind in FlowKind}
    for line in outcome.lines:
        for kind, score in line.flows:
            sums[kind] += score
    shares = {kind: sums[kind] / len(outcome.lines) for kind in FLOWS}
    return [{"label": translate(FLOWS[kind]), "share": Decimal(share.numerator) / Decimal(share.denominator)} for kind, share in shares.items()]  # fmt: skip


def _line(line: Line) -> dict[str, Any]:
    share = Decimal(line.score.numerator) / Decimal(line.score.denominator)
    lanes = {lane.value.lower(): {"entries": [_shown(one, line.order) for one in line.in_lane(lane)], "findings": [{"text": sentence(one), "is_flag": one.is_flag} for one in line.findings if one.lane is lane]} for lane in Lane}  # fmt: skip
    return {"line": line.line or "–", "score": share, "state": line.state.value, "lanes": lanes}


def _shown(one: Entry, order: Entry | None) -> dict[str, Any]:
    """A record as its lane shows it: first the figure that is compared, then what that comes to; the seller only where it is not the order's."""
    amount = None if one.amount is None else money(Money(one.amount, one.currency))
    quantity = None if one.quantity is None else f"{_figure(one.quantity, one.unit)} {unit(one.unit)}"
    says = [] if one.price is None else [f"× {decimal(one.price, max(_PRICE_PLACES, _places(one.price)))}"]
    says += [amount] if amount and quantity else []
    says += [translate("+ %(tax)s tax", tax=money(Money(one.tax, one.currency)))] if one.tax else []
    seller = str(one.seller) if order is None or one.seller.differs_from(order.seller) else ""
    head = {"name": name_of(one) if one.lane is not Lane.ORDER else one.number, "dated": one.dated, "seller": seller}
    return head | {"figure": quantity or amount, "says": says}


def _figure(figure: Decimal, unit_code: str) -> str:
    """What is measured has the house's places, so that one lane reads against the next; pieces have none."""
    measured = unit_code in UNITS and UNITS[unit_code].divisible
    return decimal(figure, max(_MEASURED_PLACES, _places(figure))) if measured else _plain(figure)


def _places(figure: Decimal) -> int:
    return max(0, -int(figure.normalize().as_tuple().exponent))


def _plain(figure: Decimal) -> str:
    """A figure with as many places as it has."""
    return decimal(figure, _places(figure))
