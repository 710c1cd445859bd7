"""What may contradict what: each check sets two records of a line side by side and says in words what differs and by how much.

What is counted agrees or does not; what is weighed may differ by `weighed`. What is not there yet is open, and becomes a break once it is overdue: past the
day that a record names, or past the `patience` within which one paper follows the other (60 days, the longest term that a large buyer may take by law:
保障中小企业款项支付条例 §9; a product default).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from marketplace.documents.rules.differences import add, differs, figure, summed
from marketplace.documents.rules.entries import Entry, Lane, plain_word
from marketplace.documents.rules.lines import Invoice, Line
from marketplace.exact import half_up_whole
from marketplace.money import Money, exponent_of

LEAST_PRICE_PLACES = 2


@dataclass(frozen=True, slots=True)
class Tolerances:
    """Shares (product defaults). `weighed`: by which scales may differ before it is a break. The others: τ of the score, where agreement falls to nothing."""

    weighed: Decimal = Decimal("0.005")
    commerce: Decimal = Decimal("0.01")
    goods: Decimal = Decimal("0.01")
    money: Decimal = Decimal("0.05")
    patience: timedelta = timedelta(days=60)


DEFAULT = Tolerances()


def check_line(line: Line, today: date, tolerances: Tolerances = DEFAULT) -> None:
    """Everything that can be said of one line of an order; what was found is added to it."""
    _check_there(line, today, tolerances)
    _check_twice(line)
    _check_names(line)
    _check_days(line)
    _check_goods(line, today, tolerances)
    _check_invoiced(line, tolerances)
    for one in [*([line.order] if line.order else []), *line.invoices]:
        _check_arithmetic(line, one)


def check_invoice(invoice: Invoice, today: date, tolerances: Tolerances = DEFAULT) -> None:
    """An invoice and what was paid on it, found at the first line that it is about."""
    line, first = invoice.lines[0], invoice.entries[0]
    _check_paid_twice(line, invoice)
    for paid in invoice.payments:
        _check_payee(line, first, paid)
        if paid.currency != first.currency:
            add(line, "currency", Lane.MONEY, paid, first, "%(one)s is in %(a)s, %(other)s in %(b)s.", a=paid.currency, b=first.currency)  # fmt: skip
    due = first.due_on or (first.dated + tolerances.patience if first.dated else today)
    short, asked, paid_in_all = today > due, Money(invoice.asked, first.currency), Money(invoice.paid, first.currency)
    if not invoice.payments:
        if short and asked.minor > 0:
            add(line, "missing", Lane.MONEY, first, None, "Nothing was paid on %(one)s, which asks %(a)s.", a=asked)
    elif paid_in_all != asked and all(one.currency == first.currency for one in invoice.payments):
        if paid_in_all < asked and first.due_on is not None and not short:
            for one in invoice.lines:
                one.is_owed = True
        else:
            differs(line, "paid", Lane.MONEY, invoice.payments, first, paid_in_all, asked, abs(paid_in_all.exact - asked.exact))  # fmt: skip


def whole_agreed(order: Entry | None) -> int:
    """What was agreed for a whole line, in minor units; nothing where the order names neither amount nor price."""
    return half_up_whole(_agreed_for(order, Fraction(order.quantity or 0)) or 0) if order else 0


def _agreed_for(order: Entry, quantity: Fraction) -> Fraction | None:
    """What was agreed for so much of a line, exact, in minor units."""
    whole = Fraction(order.quantity or 0)
    if order.amount is not None and whole:
        return order.amount * quantity / whole
    if order.price is not None:
        return Fraction(order.price) * quantity * _minor(order)
    return Fraction(order.amount) if order.amount is not None else None


def _check_there(line: Line, today: date, tolerances: Tolerances) -> None:
    """What should be there and is not."""
    if line.order is None:
        for one in [*line.goods, *line.invoices, *([] if line.invoices else line.payments)]:
            add(line, "missing", Lane.ORDER, one, None, "No order has the line that %(one)s is about.")
    follows = (line.invoices or line.payments)[:1]
    due = line.order.due_on if line.order else None
    if follows and not line.goods and (due is None or today > due):
        add(line, "missing", Lane.GOODS, follows[0], None, "Nothing was delivered for %(one)s.")
    elif line.order and not line.goods and due is not None and today > due + tolerances.patience:
        add(line, "missing", Lane.GOODS, line.order, None, "Nothing was delivered for %(one)s.")
    if line.payments and not line.invoices:
        add(line, "missing", Lane.INVOICE, line.payments[0], None, "There is no invoice for what %(one)s pays.")
    sent = max((one.dated for one in line.goods if one.dated), default=None)
    if line.goods and not line.invoices and not line.payments and sent and today > sent + tolerances.patience:
        add(line, "missing", Lane.INVOICE, line.goods[0], None, "There is no invoice for %(one)s.")


def _check_twice(line: Line) -> None:
    """A record that is there twice, or once more under another number, and makes more of it than was ordered."""
    for again in line.repeated:
        assert line.order is not None
        add(line, "twice", Lane.ORDER, again, line.order, "%(one)s is there twice.", is_flag=True)
    ordered = Fraction(line.order.quantity or 0) if line.order else None
    for lane, those in ((Lane.GOODS, line.counted_goods), (Lane.INVOICE, line.invoices)):
        unit = line.order.unit if line.order else (those[0].unit if those else "")
        in_all = sum((one.quantity_in(unit) or Fraction(0) for one in those), Fraction(0))
        if ordered is None or in_all > ordered:
            _repeats(line, lane, those, lambda one: (one.quantity, one.unit, one.amount if one.lane is Lane.INVOICE else None, one.paper))  # fmt: skip


def _check_paid_twice(line: Line, invoice: Invoice) -> None:
    if invoice.paid > invoice.asked:
        _repeats(line, Lane.MONEY, invoice.payments, lambda one: one.amount)


def _repeats(line: Line, lane: Lane, those: Sequence[Entry], likeness: Callable[[Entry], Any]) -> None:
    seen: dict[Any, Entry] = {}
    for one in those:
        first = seen.get(likeness(one))
        if first is None:
            seen[likeness(one)] = one
        else:
            same = plain_word(first.number) == plain_word(one.number)
            because = "%(one)s is there twice." if same else "%(one)s says once more what %(other)s says."
            add(line, "twice", lane, one, first, because, is_flag=True)


def _check_names(line: Line) -> None:
    """One seller, one buyer, one good, one currency, whichever paper one reads."""
    for one in [*line.goods, *line.invoices]:
        against = line.order or next((other for other in line.invoices if other is not one), None)
        if against is None:
            continue
        if one.seller.differs_from(against.seller):
            add(line, "seller", one.lane, one, against, "%(one)s names %(a)s as the seller, %(other)s names %(b)s.", a=str(one.seller), b=str(against.seller))  # fmt: skip
        if one.buyer.differs_from(against.buyer):
            add(line, "buyer", one.lane, one, against, "%(one)s names %(a)s as the buyer, %(other)s names %(b)s.", a=str(one.buyer), b=str(against.buyer))  # fmt: skip
        if one.goods_code and against.goods_code and plain_word(one.goods_code) != plain_word(against.goods_code):
            add(line, "goods_code", one.lane, one, against, "%(one)s is about %(a)s, %(other)s about %(b)s.", a=one.goods_code, b=against.goods_code)  # fmt: skip
        if one.lane is Lane.INVOICE and one.currency != against.currency:
            add(line, "currency", one.lane, one, against, "%(one)s is in %(a)s, %(other)s in %(b)s.", a=one.currency, b=against.currency)  # fmt: skip
    if not line.invoices and line.order:
        for paid in line.payments:
            _check_payee(line, line.order, paid)


def _check_payee(line: Line, asked: Entry, paid: Entry) -> None:
    """Money that goes to somebody else than who asked for it: the oldest of frauds with invoices."""
    if paid.seller.differs_from(asked.seller):
        add(line, "payee", Lane.MONEY, paid, asked, "%(one)s pays %(a)s; %(other)s is %(b)s's.", is_flag=True, a=str(paid.seller), b=str(asked.seller))  # fmt: skip
    elif paid.account and asked.account and plain_word(paid.account) != plain_word(asked.account):
        add(line, "account", Lane.MONEY, paid, asked, "%(one)s went to account %(a)s; %(other)s asks for account %(b)s.", is_flag=True, a=paid.account, b=asked.account)  # fmt: skip
    if paid.buyer.differs_from(asked.buyer):
        add(line, "buyer", Lane.MONEY, paid, asked, "%(one)s was paid by %(a)s; %(other)s is for %(b)s.", a=str(paid.buyer), b=str(asked.buyer))  # fmt: skip


def _check_days(line: Line) -> None:
    order = line.order
    for one in [*line.goods, *line.invoices, *line.payments]:
        if order and order.dated and one.dated and one.dated < order.dated:
            early = one.lane is Lane.GOODS
            add(line, "early" if early else "day", one.lane, one, order, "%(one)s is of %(a)s, before %(other)s of %(b)s: %(days)s days.", is_flag=early, a=one.dated, b=order.dated, days=(order.dated - one.dated).days)  # fmt: skip
    days = {one.dated for one in line.goods if one.dated}
    for one in line.invoices:
        if one.delivered_on and days and one.delivered_on not in days:
            other = line.counted_goods[0]
            add(line, "day", Lane.INVOICE, one, other, "%(one)s says delivered on %(a)s, %(other)s is of %(b)s.", a=one.delivered_on, b=other.dated)  # fmt: skip


def _check_goods(line: Line, today: date, tolerances: Tolerances) -> None:
    """Ordered against delivered, and what was sent against what arrived."""
    sent = [one for one in line.goods if not one.is_receipt]
    arrived = [one for one in line.goods if one.is_receipt]
    if sent and arrived:
        _compare_quantities(line, "received", Lane.GOODS, arrived, sent[-1], summed(sent, sent[-1].unit), tolerances)
    if line.order is None or not line.goods or line.order.quantity is None:
        return
    counted = line.counted_goods
    if any(one.quantity is None for one in counted):
        return
    delivered, ordered = summed(counted, line.order.unit), Fraction(line.order.quantity)
    due = line.order.due_on
    if delivered is not None and delivered < ordered and due is not None and today <= due:
        line.is_owed = True
        return
    _compare_quantities(line, "quantity", Lane.GOODS, counted, line.order, ordered, tolerances)


def _check_invoiced(line: Line, tolerances: Tolerances) -> None:
    """What is asked against what was delivered and what was agreed."""
    those, order = line.invoices, line.order
    if those and line.goods and all(one.quantity is not None for one in [*those, *line.counted_goods]):
        against = line.counted_goods[-1]
        _compare_quantities(line, "invoiced", Lane.INVOICE, those, against, summed(line.counted_goods, against.unit), tolerances)  # fmt: skip
    elif those and order and order.quantity is not None and all(one.quantity is not None for one in those):
        _compare_quantities(line, "invoiced", Lane.INVOICE, those, order, Fraction(order.quantity), tolerances)
    for one in those if order else []:
        assert order is not None
        if one.currency == order.currency and not _check_price(line, one, order):
            _check_amount(line, one, order)


def _check_price(line: Line, one: Entry, order: Entry) -> bool:
    """Whether the invoice asks another price than was agreed; it is said then."""
    asked, agreed = one.price_in(order.unit), None if order.price is None else Fraction(order.price)
    if asked is None or agreed is None or asked == agreed:
        return False
    differs(line, "price", Lane.INVOICE, [one], order, figure(asked), figure(agreed), abs(asked - agreed))
    return True


def _check_amount(line: Line, one: Entry, order: Entry) -> None:
    """The amount asked against what was agreed for this quantity; both were rounded once to the minor unit, and a price to its places."""
    quantity = one.quantity_in(order.unit) if one.quantity is not None else Fraction(order.quantity or 0)
    agreed = _agreed_for(order, quantity) if quantity is not None else None
    if one.amount is None or agreed is None:
        return
    share = quantity / Fraction(order.quantity) if order.quantity and quantity else Fraction(1)
    slack = Fraction(1, 2) * (1 + abs(share)) if order.amount is not None else Fraction(1, 2) + _slack(order, quantity or Fraction(0))  # fmt: skip
    if abs(one.amount - agreed) > slack:
        a, b = Money(one.amount, one.currency), Money(half_up_whole(agreed), one.currency)
        differs(line, "amount", Lane.INVOICE, [one], order, a, b, abs(a.exact - b.exact))


def _check_arithmetic(line: Line, one: Entry) -> None:
    """Quantity times price is the amount, as far as a price of so many places can say it."""
    if one.quantity is None or one.price is None or one.amount is None:
        return
    product = Fraction(one.quantity) * Fraction(one.price) * _minor(one)
    if abs(product - one.amount) > Fraction(1, 2) + _slack(one, Fraction(one.quantity)):
        a, b = Money(half_up_whole(product), one.currency), Money(one.amount, one.currency)
        because = "%(one)s: quantity times price is %(a)s, the amount says %(b)s: %(difference)s apart."
        add(line, "arithmetic", one.lane, one, None, because, a=a, b=b, difference=a - b if a > b else b - a)  # fmt: skip


def _slack(one: Entry, quantity: Fraction) -> Fraction:
    """How far a price rounded to its own places (at least the currency's) may move an amount, in minor units."""
    if one.price is None:
        return Fraction(0)
    written = int(one.price.normalize().as_tuple().exponent)
    places = max(LEAST_PRICE_PLACES, -written)
    return abs(quantity) * Fraction(_minor(one), 2 * 10**places)


def _minor(one: Entry) -> int:
    """How many minor units the entry's currency has in one of its units."""
    return int(10 ** exponent_of(one.currency))


def _compare_quantities(
    line: Line, code: str, lane: Lane, those: Sequence[Entry], other: Entry, wanted: Fraction | None, tolerances: Tolerances
) -> None:  # fmt: skip
    found, unit = summed(those, other.unit), other.unit
    if found is None or wanted is None:
        add(line, "unit", lane, those[0], other, "%(one)s counts in %(a)s, %(other)s in %(b)s.", a=those[0].unit, b=unit)  # fmt: skip
        return
    larger = max(abs(found), abs(wanted))
    allowed = Fraction(0) if other.is_counted else larger * Fraction(tolerances.weighed)
    if abs(found - wanted) > allowed:
        differs(line, code, lane, those, other, (figure(found), unit), (figure(wanted), unit), abs(found - wanted))
