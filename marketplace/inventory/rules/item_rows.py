"""The columns of a list of items, and what may be wrong with a row of it."""

import re
from typing import Any

from marketplace.inventory.rules.files import BYTES_MAX
from marketplace.inventory.rules.identity import LotIdentity
from marketplace.inventory.rules.items import MOST_ITEMS
from marketplace.quantity import Quantity
from marketplace.tables import Row, amount_text, error, rows_of, unit_code
from tenants.errors import Invalid

ITEM_COLUMNS: dict[str, tuple[str, ...]] = {
    "serial": (
        "serial",
        "serialnumber",
        "coil",
        "coilnumber",
        "bale",
        "drum",
        "序列号",
        "卷号",
        "捆号",
        "桶号",
        "件号",
    ),
    "quantity": ("quantity", "qty", "weight", "net", "netweight", "数量", "重量", "净重"),
    "unit": ("unit", "uom", "单位", "计量单位"),
    "tag": ("tag", "rfid", "epc", "标签", "电子标签"),
}
# An EPC of 96 to 496 bits as readers write it (EPC Tag Data Standard), in words of 16 bits.
_TAG = re.compile(r"([0-9A-F]{4}){6,31}", re.ASCII)


def read_item_rows(content: bytes) -> list[dict[str, str]]:
    """The rows of a list of items as text by column."""
    return rows_of(content, ITEM_COLUMNS, ("serial", "quantity"), rows_max=MOST_ITEMS, bytes_max=BYTES_MAX)


def checked_rows(rows: list[dict[str, str]], *, gtin: str, unit: str) -> list[Row]:
    """Each row with its amount in the lot's unit and its errors by column; twins within the list are errors of the later row."""
    seen: dict[tuple[str, str], str] = {}
    checked = []
    for row in rows:
        errors: list[dict[str, Any]] = []
        tag = row.get("tag", "").upper()
        _check_names(row, gtin, tag, errors)
        for column, name in (("serial", row["serial"]), ("tag", tag)):
            if name and (column, name) in seen:
                errors.append(error(column, "This is in row %(line)s already.", line=seen[column, name]))
            seen.setdefault((column, name), row["line"])
        checked.append({**row, "tag": tag, "amount": _amount(row, unit, errors), "errors": errors})
    return checked


def _check_names(row: dict[str, str], gtin: str, tag: str, errors: list[dict[str, Any]]) -> None:
    try:
        LotIdentity(gtin=gtin, serial=row["serial"])
    except Invalid as wrong:
        errors.append(error("serial", wrong.because, **wrong.facts))
    if tag and not _TAG.fullmatch(tag):
        errors.append(error("tag", "A tag is written in 24 to 124 hexadecimal digits."))


def _amount(row: dict[str, str], unit: str, errors: list[dict[str, Any]]) -> str:
    written = amount_text(row["quantity"])
    try:
        quantity = Quantity.of(written, unit_code(row.get("unit") or unit)).to(unit)
    except Invalid as wrong:
        column = "unit" if wrong.code in {"unit_unknown", "unit_mismatch"} else "quantity"
        errors.append(error(column, wrong.because, **wrong.facts))
        return written
    if quantity.amount <= 0:
        errors.append(error("quantity", "The documented quantity must be above zero."))
    return str(quantity.amount)
