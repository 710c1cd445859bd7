"""The columns of a file of lots; how files are read is in `marketplace.tables`."""

from marketplace.tables import rows_of

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
}
NEEDED = ("sku", "quantity", "site", "supervisor")


def read_lot_rows(content: bytes) -> list[dict[str, str]]:
    """The rows of a file of lots as text by column. Nothing is declared while a row is wrong in a way that the firm has not seen."""
    return rows_of(content, COLUMNS, NEEDED, rows_max=ROWS_MAX, bytes_max=BYTES_MAX)
