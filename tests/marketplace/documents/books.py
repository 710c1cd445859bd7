"""Books of trades made up for tests: honest ones of any size, and one lie at a time told in them."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from marketplace.documents.rules.content import Paper
from marketplace.documents.rules.entries import Entry, Lane, Party

Books = list[Entry]
DAY = timedelta(days=1)
TODAY = date(2026, 6, 30)


@dataclass(frozen=True)
class Sale:
    """One line sold: what all four papers say where nobody lies. `ordered_on`: None where the file does not know."""

    order: str
    line: str
    note: str
    goods_code: str
    seller: str
    buyer: str
    quantity: Decimal
    price: Decimal
    amount: int
    ordered_on: date | None
    delivered_on: date
    unit: str = "H87"
    currency: str = "CNY"

    def entries(self) -> Books:
        """The order's line, the delivery note's, the invoice's (one for each line) and its payment."""
        seller, buyer = Party(self.seller), Party(self.buyer)
        said = {"order": self.order, "line": self.line, "seller": seller, "buyer": buyer, "currency": self.currency}
        goods = {"goods_code": self.goods_code, "quantity": self.quantity, "unit": self.unit}
        invoice, account = f"INV-{self.order}-{self.line}", f"62{sum(map(ord, self.seller)):08d}"
        order = Entry(
            Lane.ORDER,
            self.order,
            dated=self.ordered_on,
            price=self.price,
            amount=self.amount,
            paper=Paper.PURCHASE_ORDER,
            **said,
            **goods,
        )  # type: ignore[arg-type]
        note = Entry(Lane.GOODS, self.note, dated=self.delivered_on, paper=Paper.DELIVERY_NOTE, **said, **goods)  # type: ignore[arg-type]
        bill = Entry(
            Lane.INVOICE,
            invoice,
            dated=self.delivered_on,
            delivered_on=self.delivered_on,
            price=self.price,
            amount=self.amount,
            account=account,
            paper=Paper.VAT_INVOICE,
            **said,
            **goods,
        )  # type: ignore[arg-type]
        paid = Entry(
            Lane.MONEY,
            f"PAY-{self.order}-{self.line}",
            dated=self.delivered_on + 30 * DAY,
            amount=self.amount,
            refers=invoice,
            account=account,
            paper=Paper.PAYMENT_PROOF,
            **said,
        )  # type: ignore[arg-type]
        return [order, note, bill, paid]


def honest_sales(random_: random.Random, orders: int) -> list[Sale]:
    """So many honest orders of one to six lines between a few firms."""
    sales = []
    for number in range(orders):
        seller, ordered = f"Seller {random_.randrange(40)} Co., Ltd.", date(2025, 1, 1) + random_.randrange(400) * DAY
        for line in range(1, random_.randint(1, 6) + 1):
            quantity = Decimal(random_.randint(1, 20_000))
            price = Decimal(random_.randint(1, 500_000)).scaleb(-2)
            sales.append(
                Sale(
                    f"PO-{number}",
                    str(line),
                    f"DN-{number}",
                    f"{7400 + random_.randrange(30)}",
                    seller,
                    f"Buyer {random_.randrange(9)}",
                    quantity,
                    price,
                    int(quantity * price * 100),
                    ordered,
                    ordered + random_.randrange(90) * DAY,
                )
            )
    return sales


def _at(lane: Lane, change: Callable[[Entry, random.Random], list[Entry]]) -> Callable[[Books, random.Random], Books]:
    """A lie in one flow of a line: the entry replaced by what `change` makes of it."""
    return lambda papers, dice: [new for one in papers for new in (change(one, dice) if one.lane is lane else [one])]


def _scaled(figure: Decimal, dice: random.Random) -> Decimal:
    """At least one more, or at least one less, by up to a fifth."""
    step = max(Decimal(1), (figure * Decimal(dice.randint(1, 20)) / 100).to_integral_value())
    return figure + step if dice.random() < 0.5 or figure <= step else figure - step


def _dearer(one: Entry, dice: random.Random) -> Entry:
    assert one.price is not None
    assert one.quantity is not None
    price = one.price + max(Decimal("0.01"), (one.price * dice.randint(1, 20) / 100).quantize(Decimal("0.01")))
    return replace(one, price=price, amount=int(one.quantity * price * 100))


LIES: dict[str, Callable[[Books, random.Random], Books]] = {
    "quantity delivered": _at(Lane.GOODS, lambda one, dice: [replace(one, quantity=_scaled(one.quantity or Decimal(0), dice))]),
    "quantity ordered": _at(Lane.ORDER, lambda one, dice: [replace(one, quantity=_scaled(one.quantity or Decimal(0), dice))]),
    "quantity invoiced": _at(Lane.INVOICE, lambda one, dice: [replace(one, quantity=_scaled(one.quantity or Decimal(0), dice))]),
    "price invoiced": _at(Lane.INVOICE, lambda one, dice: [_dearer(one, dice)]),
    "amount paid": _at(Lane.MONEY, lambda one, dice: [replace(one, amount=int(_scaled(Decimal(one.amount or 0), dice)))]),
    "delivered on another day": _at(Lane.GOODS, lambda one, dice: [replace(one, dated=(one.dated or TODAY) + dice.choice([-1, 1]) * dice.randint(1, 60) * DAY)]),
    "vendor of the invoice": _at(Lane.INVOICE, lambda one, _: [replace(one, seller=Party("Sellar Trading Ltd"))]),
    "vendor of the goods": _at(Lane.GOODS, lambda one, _: [replace(one, seller=Party("Another Maker"))]),
    "payee": _at(Lane.MONEY, lambda one, _: [replace(one, seller=Party("Quiet Holding"))]),
    "payee's account": _at(Lane.MONEY, lambda one, _: [replace(one, account="6222000000000001")]),
    "goods": _at(Lane.GOODS, lambda one, _: [replace(one, goods_code="9999")]),
    "delivery twice": _at(Lane.GOODS, lambda one, _: [one, one]),
    "invoice twice": _at(Lane.INVOICE, lambda one, _: [one, replace(one, number=one.number + "/B")]),
    "payment twice": _at(Lane.MONEY, lambda one, _: [one, replace(one, number=one.number + "/B")]),
    "delivery missing": _at(Lane.GOODS, lambda one, _: []),
    "invoice missing": _at(Lane.INVOICE, lambda one, _: []),
    "payment missing": _at(Lane.MONEY, lambda one, _: []),
    "order missing": _at(Lane.ORDER, lambda one, _: []),
}  # fmt: skip


def told(sales: Iterable[Sale], dice: random.Random, share: float) -> tuple[Books, dict[tuple[str, str], str]]:
    """All papers, a share of the lines with one lie each; which lines, and which lie."""
    books: Books = []
    lies: dict[tuple[str, str], str] = {}
    for sale in sales:
        papers = sale.entries()
        if dice.random() < share:
            lie = dice.choice(sorted(LIES))
            papers = LIES[lie](papers, dice)
            lies[sale.order, sale.line] = lie
        books += papers
    dice.shuffle(books)
    return books, lies
