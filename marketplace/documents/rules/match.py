"""The four-flow match: each line of a trade, in contract, goods, invoice and money, set side by side (四流合一).

Each line gets the score of the domain model (section 5; E26) and its findings. A break is two records that contradict each other; a flag is a pattern of
fraud (section 6) that single records do not show: something twice, another payee, goods before their order. Both name the records and say by how much.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from marketplace.documents.rules.checks import DEFAULT, Tolerances, check_invoice, check_line, whole_agreed
from marketplace.documents.rules.entries import Entry, State
from marketplace.documents.rules.flows import Flow, FlowKind, Record, four_flow_score
from marketplace.documents.rules.lines import Finding, Line, laid_out

WEIGHTS = {
    FlowKind.COMMERCE: Decimal("0.25"),
    FlowKind.GOODS: Decimal("0.35"),
    FlowKind.MONEY: Decimal("0.25"),
    FlowKind.INFORMATION: Decimal("0.15"),
}
# Another party or another good: not one trade, and the score is nothing.
NOT_ONE_TRADE = frozenset({"seller", "buyer", "payee", "goods_code"})


@dataclass(frozen=True, slots=True)
class TradeMatch:
    """One order with its lines: the state that the worst of them gives it, and the score weighted by what was agreed for each."""

    order: str
    lines: tuple[Line, ...]
    state: State
    score: Fraction

    @property
    def findings(self) -> list[Finding]:
        """All of them, line by line."""
        return [one for line in self.lines for one in line.findings]


def match(entries: Iterable[Entry], *, today: date, tolerances: Tolerances = DEFAULT) -> list[TradeMatch]:
    """Match all entries, trades in the order in which they first appear. Set against set by their keys, never pair by pair."""
    lines, invoices = laid_out(list(entries))
    for invoice in invoices:
        check_invoice(invoice, today, tolerances)
    trades: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        check_line(line, today, tolerances)
        _score(line, tolerances)
        trades[line.order_number].append(line)
    return [_trade(number, found) for number, found in trades.items()]


def _score(line: Line, tolerances: Tolerances) -> None:
    order, agreed = line.order, whole_agreed(line.order)
    delivered = sum((one.quantity_in(order.unit) or Fraction(0) for one in line.counted_goods), Fraction(0)) if order else Fraction(0)  # fmt: skip
    asked, paid = sum(bill.asked for bill in line.bills), sum(bill.paid for bill in line.bills)
    found = four_flow_score([
        _flow(FlowKind.COMMERCE, agreed, sum(one.amount or 0 for one in line.invoices), tolerances.commerce),
        _flow(FlowKind.GOODS, Fraction(order.quantity or 0) if order else 0, delivered, tolerances.goods),
        _flow(FlowKind.MONEY, asked or agreed, paid, tolerances.money),
        _flow(FlowKind.INFORMATION, 1, _information(line), Decimal(1)),
    ])  # fmt: skip
    line.flows = found.flows
    line.score = Fraction(0) if any(one.code in NOT_ONE_TRADE for one in line.findings) else found.score


def _flow(kind: FlowKind, one: Fraction | int, other: Fraction | int, tolerance: Decimal) -> Flow:
    # Credit notes may leave less than nothing; a share of it has no meaning.
    return Flow(kind, WEIGHTS[kind], Record("", max(one, 0)), Record("", max(other, 0)), tolerance)


def _information(line: Line) -> Fraction:
    """Which of five things that the papers tell of each other hold: goods and invoice name the order, money the invoice; the days are in order; no paper is
    there twice.
    """
    codes = {one.code for one in line.findings}
    named = [line.order and line.goods, line.order and line.invoices, line.invoices and line.payments]
    return Fraction(sum(bool(one) for one in [*named, not codes & {"early", "day"}, "twice" not in codes]), 5)


def _trade(number: str, lines: list[Line]) -> TradeMatch:
    states = {line.state for line in lines}
    state = next((one for one in (State.BROKEN, State.OPEN) if one in states), State.MATCHED)
    if any(one.code in NOT_ONE_TRADE for line in lines for one in line.findings):
        return TradeMatch(number, tuple(lines), state, Fraction(0))
    weights = [whole_agreed(line.order) for line in lines]
    weights = weights if sum(weights) > 0 else [1] * len(lines)
    score = sum((line.score * weight for line, weight in zip(lines, weights, strict=True)), Fraction(0)) / sum(weights)
    return TradeMatch(number, tuple(lines), state, score)
