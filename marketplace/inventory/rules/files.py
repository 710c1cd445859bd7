"""The columns of files about goods and places; how files are read is in `marketplace.tables`."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from marketplace.quantity import Quantity
from marketplace.tables import amount_text, number_of, rows_of, unit_code
from tenants.errors import Invalid

ROWS_MAX = 500
BYTES_MAX = 2 * 1024 * 1024
COLUMNS: dict[str, tuple[str, ...]] = {
    "sku": (
        "sku",
        "articlenumber",
        "article",
        "product",
        "productcode",
        "商品编码",
        "产品编码",
        "品号",
        "货号",
        "商品",
    ),
    "quantity": ("quantity", "qty", "amount", "weight", "数量", "重量", "净重"),
    "unit": ("unit", "uom", "单位", "计量单位"),
    "site": ("site", "warehouse", "仓库", "库点", "仓储地点"),
    "supervisor": ("supervisor", "supervisingfirm", "监管方", "监管企业", "监管公司"),
    "reference": ("reference", "contract", "purchaseorder", "po", "合同号", "合同编号", "单据号", "参考号"),
    "origin": ("origin", "brand", "producer", "产地", "品牌", "生产厂家"),
    "pieces": ("pieces", "bundles", "count", "件数", "捆数"),
    "batch": ("batch", "heat", "heatnumber", "batchnumber", "批号", "炉号", "批次号"),
    "produced_on": ("producedon", "produced", "productiondate", "madeon", "生产日期", "生产日"),
    "expires_on": ("expireson", "expiry", "expirydate", "bestbefore", "到期日", "有效期至", "保质期至"),
}
NEEDED = ("sku", "quantity", "site", "supervisor")


def read_lot_rows(content: bytes) -> list[dict[str, str]]:
    """The rows of a file of lots as text by column. Nothing is declared while a row is wrong in a way that the firm has not seen."""
    return rows_of(content, COLUMNS, NEEDED, rows_max=ROWS_MAX, bytes_max=BYTES_MAX)


BIN_COLUMNS: dict[str, tuple[str, ...]] = {
    "code": ("code", "bin", "库位", "库位号", "编号"),
    "x": ("west", "fromthewest", "x", "距西"),
    "y": ("north", "fromthenorth", "y", "距北"),
    "width": ("width", "宽", "宽度"),
    "height": ("depth", "height", "深", "深度"),
    "zone": ("zone", "库区"),
    "capacity": ("capacity", "容量"),
    "unit": ("unit", "uom", "单位"),
}


def read_bin_rows(content: bytes) -> list[dict[str, str]]:
    """The rows of a file of bins as text by column."""
    return rows_of(content, BIN_COLUMNS, ("code", "x", "y", "width", "height"), rows_max=ROWS_MAX, bytes_max=BYTES_MAX)


def bin_of_row(row: dict[str, str], zones: dict[str, UUID]) -> dict[str, Any]:
    """A row as what a bin is drawn by. `zones`: those of the site, by their codes in lower case. Refuses what cannot be read for certain."""
    drawn: dict[str, Any] = {"code": row["code"]} | {side: _metres(row, side) for side in ("x", "y", "width", "height")}
    if row.get("zone"):
        drawn["zone_id"] = zones.get(row["zone"].casefold())
        if drawn["zone_id"] is None:
            raise Invalid("zone_unknown", "Choose a zone of this site.", field="zone_id")
    if row.get("capacity"):
        drawn["capacity"] = Quantity.of(amount_text(row["capacity"]), unit_code(row.get("unit") or "KGM"))
    return drawn


def _metres(row: dict[str, str], side: str) -> Decimal:
    found = number_of(row[side])
    if found is None or round(found, 2) != found:
        raise Invalid("metres_unreadable", "%(written)s is no length in metres.", field=side, written=row[side][:20])
    return found
