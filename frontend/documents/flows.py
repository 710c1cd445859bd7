"""The four flows as people read them: what records are called, what they say, and what is wrong, in sentences."""

from collections.abc import Sequence
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

MOST_LINES_SHOWN = 200
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
    """The lines of a trade, those with findings first: in each lane what its records say, and what is wrong there."""
    if outcome is None:
        return []
    ordered = sorted(outcome.lines, key=lambda line: not line.findings)
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
    lanes = {lane.value.lower(): {"entries": _entries(line.in_lane(lane)), "findings": [{"text": sentence(one), "is_flag": one.is_flag} for one in line.findings if one.lane is lane]} for lane in Lane}  # fmt: skip
    return {"line": line.line or "–", "score": share, "state": line.state.value, "lanes": lanes}


def _entries(those: Sequence[Entry]) -> list[dict[str, Any]]:
    return [{"name": name_of(one) if one.lane is not Lane.ORDER else one.number, "says": _says(one)} for one in those]


def _says(one: Entry) -> list[str]:
    says = [_plain(one.quantity) + f" {unit(one.unit)}"] if one.quantity is not None else []
    if one.price is not None:
        says.append(f"× {_plain(one.price)}")
    if one.amount is not None:
        says.append(money(Money(one.amount, one.currency)))
    if one.tax:
        says.append(translate("+ %(tax)s tax", tax=money(Money(one.tax, one.currency))))
    party = {Lane.GOODS: one.seller, Lane.INVOICE: one.seller, Lane.MONEY: one.seller}.get(one.lane)
    return [*says, *([date_text(one.dated)] if one.dated else []), *([str(party)] if party else [])]


def _plain(figure: Decimal) -> str:
    """A figure with as many places as it has."""
    places = max(0, -int(figure.normalize().as_tuple().exponent))
    return decimal(figure, places)
