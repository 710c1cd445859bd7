"""Laying a trade out: which line of which order each entry is about, and which invoice each payment pays."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from marketplace.documents.rules.entries import Entry, Lane, State, plain_word
from marketplace.documents.rules.flows import FlowKind


@dataclass(frozen=True, slots=True)
class Finding:
    """A break or a flag: the two records and, as a sentence with %(one)s and %(other)s for them, what differs and by how much.

    A break is two records that contradict each other; a flag a pattern of fraud. `lane`: where it is marked. `among`: how many records `one` stands for.
    """

    code: str
    lane: Lane
    one: Entry
    other: Entry | None
    because: str
    facts: dict[str, Any] = field(default_factory=dict)
    is_flag: bool = False
    among: int = 1


@dataclass(slots=True, eq=False)
class Line:
    """One line of an order with all that is said about it. `order`: None where no order has such a line. `is_owed`: something is still to come."""

    order_number: str
    line: str
    order: Entry | None = None
    goods: list[Entry] = field(default_factory=list)
    invoices: list[Entry] = field(default_factory=list)
    payments: list[Entry] = field(default_factory=list)
    repeated: list[Entry] = field(default_factory=list)
    bills: list["Invoice"] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    flows: tuple[tuple[FlowKind, Fraction], ...] = ()
    score: Fraction = Fraction(0)
    is_owed: bool = False

    @property
    def counted_goods(self) -> list[Entry]:
        """What counts of the goods: what arrived where somebody signed for it, else what was sent."""
        return [one for one in self.goods if one.is_receipt] or self.goods

    @property
    def state(self) -> State:
        """How it stands."""
        if self.findings:
            return State.BROKEN
        whole = self.order and self.goods and self.invoices and self.payments
        return State.MATCHED if whole and not self.is_owed else State.OPEN

    def in_lane(self, lane: Lane) -> list[Entry]:
        """What is said in one flow."""
        orders = [*([self.order] if self.order else []), *self.repeated]
        return {Lane.ORDER: orders, Lane.GOODS: self.goods, Lane.INVOICE: self.invoices, Lane.MONEY: self.payments}[lane]  # fmt: skip


@dataclass(slots=True, eq=False)
class Invoice:
    """An invoice whole: its own lines, the lines of orders that they are about, and what was paid on it."""

    number: str
    entries: list[Entry] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    payments: list[Entry] = field(default_factory=list)

    @property
    def asked(self) -> int:
        """What it asks for, tax included, in minor units."""
        said = next((one.payable for one in self.entries if one.payable is not None), None)
        return said if said is not None else sum((one.amount or 0) + one.tax for one in self.entries)

    @property
    def paid(self) -> int:
        """What was paid on it, in minor units."""
        return sum(one.amount or 0 for one in self.payments)

    def holds(self, one: Entry) -> bool:
        """Whether a line with its number is of this invoice: one seller's, or about the same order. Numbers alone are not unique among sellers."""
        return any(not one.seller.differs_from(mine.seller) or one.order == mine.order for mine in self.entries)


def laid_out(entries: Sequence[Entry]) -> tuple[list[Line], list[Invoice]]:
    """Every entry at its line, in the order in which lines first appear."""
    lines: dict[tuple[str, str], Line] = {}
    for one in entries:
        if one.lane is Lane.ORDER:
            _order(one, lines)
    by_goods = _by_goods(lines.values())
    bills: dict[str, list[Invoice]] = defaultdict(list)
    for one in entries:
        if one.lane in (Lane.GOODS, Lane.INVOICE):
            line = _line_for(one, lines, by_goods)
            line.in_lane(one.lane).append(one)
            if one.lane is Lane.INVOICE:
                _bill(one, line, bills[plain_word(one.number)])
    for one in entries:
        if one.lane is Lane.MONEY:
            _pay(one, lines, bills)
    return list(lines.values()), [bill for those in bills.values() for bill in those]


def _order(one: Entry, lines: dict[tuple[str, str], Line]) -> None:
    line = lines.setdefault((plain_word(one.order), plain_word(one.line)), Line(one.order, one.line))
    if line.order is None:
        line.order = one
    else:
        line.repeated.append(one)


def _by_goods(lines: Iterable[Line]) -> dict[tuple[str, str], list[Line]]:
    found: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        if line.order and line.order.goods_code:
            found[plain_word(line.order_number), plain_word(line.order.goods_code)].append(line)
    return found


def _line_for(
    one: Entry, lines: dict[tuple[str, str], Line], by_goods: dict[tuple[str, str], list[Line]]
) -> Line:  # fmt: skip
    """The line that an entry is about: the one it names; else that of its goods, of several the first of this quantity that nothing is said about yet."""
    order, named = plain_word(one.order), plain_word(one.line)
    if not named:
        those = by_goods.get((order, plain_word(one.goods_code)), [])
        free = [line for line in those if not line.in_lane(one.lane)]
        alike = [line for line in free if line.order and line.order.quantity == one.quantity]
        chosen = next(iter(alike or free or those), None)
        if chosen is not None:
            return chosen
    return lines.setdefault((order, named), Line(one.order, one.line))


def _bill(one: Entry, line: Line, same_number: list[Invoice]) -> None:
    bill = next((bill for bill in same_number if bill.holds(one)), None)
    if bill is None:
        bill = Invoice(one.number)
        same_number.append(bill)
    bill.entries.append(one)
    if bill not in line.bills:
        line.bills.append(bill)
        bill.lines.append(line)


def _pay(one: Entry, lines: dict[tuple[str, str], Line], bills: dict[str, list[Invoice]]) -> None:
    those = bills.get(plain_word(one.refers), []) if one.refers else []
    own = [bill for bill in those if any(one.order and mine.order == one.order for mine in bill.entries)]
    payee = [bill for bill in those if not one.seller.differs_from(bill.entries[0].seller)]
    bill = next(iter(own or payee or those), None)
    if bill is None:
        key = (plain_word(one.order), plain_word(one.line))
        lines.setdefault(key, Line(one.order, one.line)).payments.append(one)
        return
    bill.payments.append(one)
    for line in bill.lines:
        line.payments.append(one)
