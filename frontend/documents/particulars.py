"""Figures of papers as they are typed into forms: the head once, then line by line."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from marketplace.documents.rules.entries import Party
from marketplace.documents.rules.particulars import ParticularLine, Particulars
from marketplace.money import Money
from marketplace.tables import amount_text, day_of, number_of
from tenants.errors import Invalid

ROWS = 6
LINE_FIELDS = ("order_line", "goods_code", "goods", "quantity", "price", "amount", "tax")

Entries = Mapping[str, str]


def particulars(form: Entries) -> Particulars:
    """A paper in figures. Lines left empty are left out; each figure that cannot be read is refused at its field."""
    currency = _text(form, "currency") or "CNY"
    rows = [row for row in range(1, ROWS + 1) if any(_text(form, f"{field}-{row}") for field in LINE_FIELDS)]
    payable = _text(form, "payable")
    return Particulars(
        number=_text(form, "number"),
        dated=_day(form, "dated"),
        seller=Party(_text(form, "seller"), _text(form, "seller_code")),
        buyer=Party(_text(form, "buyer"), _text(form, "buyer_code")),
        currency=currency,
        lines=tuple(_line(form, row, currency) for row in rows),
        order=_text(form, "order"),
        refers=_text(form, "refers"),
        account=_text(form, "account"),
        due_on=_day(form, "due_on"),
        delivered_on=_day(form, "delivered_on"),
        payable=_minor(payable, "payable", currency) if payable else None,
    )


def _line(form: Entries, row: int, currency: str) -> ParticularLine:
    amount, tax = (_text(form, f"{field}-{row}") for field in ("amount", "tax"))
    quantity = _figure(form, f"quantity-{row}")
    return ParticularLine(
        line=_text(form, f"order_line-{row}"),
        goods_code=_text(form, f"goods_code-{row}"),
        goods=_text(form, f"goods-{row}"),
        quantity=quantity,
        unit=_text(form, f"unit-{row}") if quantity is not None else "",
        price=_figure(form, f"price-{row}"),
        amount=_minor(amount, f"amount-{row}", currency) if amount else None,
        tax=_minor(tax, f"tax-{row}", currency) if tax else 0,
    )


def _text(form: Entries, name: str) -> str:
    return form.get(name, "").strip()


def _figure(form: Entries, name: str) -> Decimal | None:
    written = _text(form, name)
    found = number_of(amount_text(written))
    if written and found is None:
        raise Invalid("figure_unreadable", "Write a figure in digits.", field=name)
    return found


def _minor(written: str, name: str, currency: str) -> int:
    try:
        return Money.of(amount_text(written), currency).minor
    except Invalid as wrong:
        raise Invalid(wrong.code, wrong.because, field=name, **wrong.facts) from wrong


def _day(form: Entries, name: str) -> date | None:
    written = _text(form, name)
    found = day_of(written)
    if written and found is None:
        raise Invalid("date_unreadable", "Write a date as 2026-03-02.", field=name)
    return found
