"""Files of orders, deliveries, invoices and payments: their columns, and what is wrong in each cell."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from marketplace.documents.rules.entries import Lane
from marketplace.documents.rules.particulars import LONGEST, PRICE_PLACES
from marketplace.money import EXPONENTS, LARGEST_MINOR
from marketplace.quantity import UNITS
from marketplace.tables import Row, amount_text, day_of, error, number_of, rows_of, unit_code

ROWS_MAX = 10_000
BYTES_MAX = 5 * 1024 * 1024
WORDS: dict[str, tuple[str, ...]] = {
    "order": ("order", "ordernumber", "po", "ponumber", "purchaseorder", "contract", "contractnumber", "订单号", "采购订单号", "合同号", "合同编号"),
    "order_line": ("line", "orderline", "poline", "item", "行号", "订单行号", "序号"),
    "number": ("number", "notenumber", "deliverynote", "invoice", "invoicenumber", "reference", "paymentreference", "单号", "送货单号", "入库单号", "发票号", "发票号码", "付款凭证号", "流水号"),
    "date": ("date", "orderdate", "deliverydate", "invoicedate", "valuedate", "paymentdate", "日期", "下单日期", "签订日期", "送货日期", "入库日期", "开票日期", "付款日期"),
    "seller": ("seller", "vendor", "supplier", "payee", "卖方", "供应商", "销售方", "收款人", "收款方"),
    "seller_code": ("sellercode", "vendorcode", "suppliercode", "卖方税号", "销售方税号", "供应商代码"),
    "buyer": ("buyer", "customer", "payer", "买方", "客户", "购买方", "付款人", "付款方"),
    "buyer_code": ("buyercode", "customercode", "买方税号", "购买方税号", "客户代码"),
    "goods_code": ("goodscode", "article", "articlenumber", "sku", "itemcode", "productcode", "商品编码", "货号", "物料编码", "产品编码"),
    "goods": ("goods", "description", "product", "goodsname", "品名", "商品名称", "货物名称", "规格"),
    "quantity": ("quantity", "qty", "数量"),
    "unit": ("unit", "uom", "单位", "计量单位"),
    "price": ("price", "unitprice", "单价", "价格"),
    "amount": ("amount", "value", "lineamount", "netamount", "金额", "行金额", "付款金额"),
    "tax": ("tax", "taxamount", "vat", "税额"),
    "currency": ("currency", "币种", "货币"),
    "due": ("due", "duedate", "scheduleddelivery", "deliverby", "payby", "到期日", "交货期", "约定交货日期", "付款期限"),
    "delivered": ("delivered", "deliveredon", "dateofdelivery", "交货日期", "发货日期"),
    "kind": ("kind", "papertype", "type", "单据类型", "类型"),
    "invoice": ("paidinvoice", "forinvoice", "invoicepaid", "对应发票号", "所付发票号"),
    "account": ("account", "payeeaccount", "iban", "账号", "收款账号", "银行账号"),
}  # fmt: skip
COLUMNS: dict[Lane, tuple[str, ...]] = {
    Lane.ORDER: ("order", "order_line", "date", "seller", "seller_code", "buyer", "buyer_code", "goods_code", "goods", "quantity", "unit", "price", "amount", "currency", "due"),
    Lane.GOODS: ("number", "kind", "date", "order", "order_line", "seller", "goods_code", "goods", "quantity", "unit"),
    Lane.INVOICE: ("number", "date", "order", "order_line", "seller", "seller_code", "buyer", "buyer_code", "goods_code", "goods", "quantity", "unit", "price", "amount", "tax", "currency", "account", "due", "delivered"),
    Lane.MONEY: ("number", "date", "invoice", "seller", "buyer", "account", "amount", "currency"),
}  # fmt: skip
NEEDED: dict[Lane, tuple[str, ...]] = {
    Lane.ORDER: ("order", "date", "seller", "buyer", "quantity", "unit"),
    Lane.GOODS: ("number", "date", "order", "quantity", "unit"),
    Lane.INVOICE: ("number", "date", "order", "amount"),
    Lane.MONEY: ("number", "date", "invoice", "amount"),
}
EXAMPLES: dict[str, str] = {
    "order": "PO-2026-0117", "order_line": "1", "date": "2026-03-02", "seller": "江西铜业股份有限公司", "buyer": "Huaxia Cable", "goods_code": "7403110000", "goods": "Copper cathode",
    "quantity": "500.000", "unit": "t", "price": "19850.00", "amount": "9925000.00", "tax": "1290250.00", "currency": "CNY", "due": "2026-04-30", "kind": "delivery", "account": "6222000012345678",
}  # fmt: skip
NUMBERS = {Lane.GOODS: "DN-2026-0041", Lane.INVOICE: "26317000000012345678", Lane.MONEY: "PAY-2026-0099"}
KINDS = {
    "": "delivery_note", "delivery": "delivery_note", "deliverynote": "delivery_note", "送货单": "delivery_note", "发货单": "delivery_note",
    "receipt": "goods_receipt", "goodsreceipt": "goods_receipt", "入库单": "goods_receipt", "收货单": "goods_receipt",
    "weighbridge": "weighbridge_ticket", "磅单": "weighbridge_ticket",
}  # fmt: skip


def read_trade_rows(content: bytes, lane: Lane) -> list[Row]:
    """The rows of a file as text by column, each with its errors; what cells say for certain is beside them under `read`.

    Refuses what is no table or lacks the columns that this flow needs.
    """
    columns = _headings(lane)
    rows = rows_of(content, columns, NEEDED[lane], rows_max=ROWS_MAX, bytes_max=BYTES_MAX)
    return [_checked(row, lane) for row in rows]


def _headings(lane: Lane) -> dict[str, tuple[str, ...]]:
    """The headings of a flow's file. A payment's own number is its reference; `invoice` there is the one that it pays."""
    words = {column: WORDS[column] for column in COLUMNS[lane]}
    if lane is Lane.MONEY:
        words["invoice"] = (*words["invoice"], "invoice", "invoicenumber", "发票号", "发票号码")
        words["number"] = tuple(word for word in words["number"] if word not in words["invoice"])
    if lane is Lane.INVOICE:
        words["delivered"] = (*words["delivered"], "deliverydate", "送货日期")
        words["date"] = tuple(word for word in words["date"] if word not in words["delivered"])
    return words


def _checked(row: dict[str, str], lane: Lane) -> Row:
    errors = [error(column, "This must be filled in.") for column in NEEDED[lane] if not row.get(column)]
    long = [column for column, text in row.items() if len(text) > LONGEST]
    errors += [error(column, "This is longer than %(longest)s characters.", longest=LONGEST) for column in long]
    read: Row = {}
    currency = (row.get("currency") or "CNY").upper()
    if currency not in EXPONENTS:
        errors.append(error("currency", "%(currency)s is not a currency we keep.", currency=currency[:10]))
        currency = "CNY"
    read["currency"] = currency
    for column in ("date", "due", "delivered"):
        read[column] = _day(row, column, errors)
    read |= _quantity(row, errors) | _price(row, errors)
    for column in ("amount", "tax"):
        read[column] = _amount(row, column, currency, errors)
    if lane is Lane.GOODS:
        read["kind"] = _kind(row, errors)
    if lane is Lane.MONEY and read["amount"] is not None and read["amount"] <= 0:
        errors.append(error("amount", "A payment is above zero."))
    return {**row, "read": read, "errors": errors}


def _day(row: Mapping[str, str], column: str, errors: list[dict[str, Any]]) -> str | None:
    written = row.get(column, "")
    found = day_of(written)
    if written and found is None:
        errors.append(error(column, "“%(cell)s” is not a date; write it as 2026-03-02.", cell=written[:40]))
    return found.isoformat() if found else None


def _quantity(row: Mapping[str, str], errors: list[dict[str, Any]]) -> Row:
    written, unit = row.get("quantity", ""), unit_code(row.get("unit", ""))
    if not written:
        return {"quantity": None, "unit": unit}
    found = number_of(amount_text(written))
    if found is None or (Fraction(found) * 1000).denominator != 1:
        errors.append(error("quantity", "“%(cell)s” is not a quantity of at most three decimals.", cell=written[:40]))
        return {"quantity": None, "unit": unit}
    if not unit:
        errors.append(error("unit", "Say in which unit the quantity is."))
    elif unit in UNITS and not UNITS[unit].divisible and found != int(found):
        errors.append(error("quantity", "%(unit)s counts whole pieces.", unit=unit))
    return {"quantity": str(found), "unit": unit}


def _price(row: Mapping[str, str], errors: list[dict[str, Any]]) -> Row:
    written = row.get("price", "")
    found = number_of(written)
    if written and (found is None or found < 0 or int(found.as_tuple().exponent) < -PRICE_PLACES):
        errors.append(error("price", "“%(cell)s” is not a price.", cell=written[:40]))
        return {"price": None}
    return {"price": None if found is None else str(found)}


def _amount(row: Mapping[str, str], column: str, currency: str, errors: list[dict[str, Any]]) -> int | None:
    written = row.get(column, "")
    if not written:
        return None
    found = number_of(amount_text(written))
    minor = None if found is None else Fraction(found) * 10 ** EXPONENTS[currency]
    if minor is None or minor.denominator != 1 or abs(minor) > LARGEST_MINOR:
        errors.append(error(column, "“%(cell)s” is not an amount of %(currency)s.", cell=written[:40], currency=currency))  # fmt: skip
        return None
    return int(minor)


def _kind(row: Mapping[str, str], errors: list[dict[str, Any]]) -> str:
    written = "".join(sign for sign in row.get("kind", "").lower() if sign.isalnum())
    if written not in KINDS:
        errors.append(error("kind", "Write delivery, receipt or weighbridge."))
    return KINDS.get(written, "delivery_note")


def good_rows(rows: Sequence[Row]) -> list[Row]:
    """The rows without errors."""
    return [row for row in rows if not row["errors"]]


def figure(kept: str | None) -> Decimal | None:
    """A figure as it was kept beside its row."""
    return None if kept is None else Decimal(kept)
