"""Lots from a file: read, shown with what is wrong in each row, and declared only when the firm says so."""

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from marketplace.business_days import SHANGHAI
from marketplace.inventory.declaring import MOST_PIECES, declare_lot
from marketplace.inventory.events import LotsImported
from marketplace.inventory.models import Lot, LotImport
from marketplace.inventory.places.models import Product, Site
from marketplace.inventory.places.queries import list_products, sites_named
from marketplace.inventory.queries import find_import
from marketplace.inventory.rules.files import read_lot_rows
from marketplace.inventory.rules.identity import LotIdentity as Gs1Identity
from marketplace.inventory.rules.shelf_life import declared_expiry
from marketplace.quantity import Quantity
from marketplace.tables import Row, amount_text, day_of, unit_code
from marketplace.tables import error as _error
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, Refused
from tenants.organisations import Kind, Organisation, organisations_of_kind
from tenants.workspace import Workspace

DAYS = ("produced_on", "expires_on")
LONGEST = {"reference": 100, "origin": 100}


@dataclass(frozen=True)
class Known:
    """What the words in a file may name: the firm's products by article number, sites and supervisors by name or code; and the business date."""

    products: dict[str, Product]
    sites: dict[str, list[Site]]
    supervisors: dict[str, list[Organisation]]
    today: date


def read_lots(ws: Workspace, *, name: str, content: bytes) -> LotImport:
    """Read a file of lots for preview; nothing is declared yet. Each row keeps its errors by column.

    Refuses a file that is no table, or whose columns are not those of the template; wrong rows are shown, not refused.
    """
    ws.may("declare_lot")
    rows = read_lot_rows(content)
    known = _known(ws, {row["site"] for row in rows})
    upload = LotImport(
        tenant_id=ws.tenant_id,
        id=new_id(),
        name=name[-150:],
        sha256=hashlib.sha256(content).hexdigest(),
        rows=_without_twins([_checked(row, known) for row in rows]),
        made_by=ws.member.name,
        made_at=ws.now,
    )
    ws.session.add(upload)
    ws.session.flush()
    return upload


def declare_import(ws: Workspace, import_id: UUID) -> list[Lot]:
    """Declare the good rows of an upload, all of them or none. Refuses a second time, and an upload without a good row."""
    ws.may("declare_lot")
    upload = find_import(ws, import_id)
    ws.session.refresh(upload, with_for_update={"key_share": True})
    if upload.declared_at is not None:
        raise Conflict("import_declared", "This upload is declared already.")
    good = good_rows(upload)
    if not good:
        raise Conflict("import_without_good_rows", "No row of this upload can be declared.")
    lots = [_declare(ws, row) for row in good]
    upload.declared_at = ws.now
    fact = LotsImported(import_id=upload.id, name=upload.name, sha256=upload.sha256, lots=len(lots))
    ws.record(fact, on=ws.tenant_id, evidence=[upload.sha256])
    return lots


def good_rows(upload: LotImport) -> list[Row]:
    """The rows without errors."""
    return [row for row in upload.rows if not row["errors"]]


def _declare(ws: Workspace, row: Row) -> Lot:
    try:
        return declare_lot(
            ws,
            product_id=UUID(row["product_id"]),
            quantity=Quantity.of(row["amount"], row["unit_code"]),
            site_id=UUID(row["site_id"]),
            supervisor_id=UUID(row["supervisor_id"]),
            reference=row.get("reference", ""),
            origin=row.get("origin", ""),
            pieces=int(row["pieces"]) if row.get("pieces") else None,
            batch=row.get("batch", ""),
            produced_on=_day(row, "produced_on"),
            expires_on=_day(row, "expires_on"),
        )
    except Refused as refused:
        # What has changed since the preview: told with its line.
        because = "Row %(line)s can no longer be declared: %(reason)s"
        raise Conflict(refused.code, because, line=row["line"], reason=refused.in_english()) from refused


def _known(ws: Workspace, site_words: set[str]) -> Known:
    sites: dict[str, list[Site]] = {}
    for site in sites_named(ws, site_words):
        for word in filter(None, (site.name, site.gln)):
            sites.setdefault(word.casefold(), []).append(site)
    supervisors: dict[str, list[Organisation]] = {}
    for firm in organisations_of_kind(ws.session, Kind.SUPERVISOR):
        for word in filter(None, (firm.name, firm.uscc)):
            supervisors.setdefault(word.casefold(), []).append(firm)
    today = ws.now.astimezone(SHANGHAI).date()
    return Known({one.sku.casefold(): one for one in list_products(ws)}, sites, supervisors, today)


def _checked(row: Row, known: Known) -> Row:
    """The row with what its words name, and its errors by column."""
    errors: list[dict[str, Any]] = []
    checked: Row = {**row, "errors": errors}
    product = known.products.get(row["sku"].casefold())
    if product is None:
        errors.append(_error("sku", "You have no product of this article number."))
    else:
        checked |= {"product_id": str(product.id), "product": product.name}
        checked |= _amount(row, product, errors)
        _check_batch(row, product, errors)
        _check_days(row, product, known.today, errors)
    checked |= _named(row, "site", known.sites, errors) | _named(row, "supervisor", known.supervisors, errors)
    _check_texts(row, errors)
    return checked


def _amount(row: Row, product: Product, errors: list[dict[str, Any]]) -> Row:
    code, amount = unit_code(row.get("unit", "")) or product.unit, amount_text(row["quantity"])
    try:
        quantity = Quantity.of(amount, code)
        if quantity.to(product.unit).amount <= 0:
            errors.append(_error("quantity", "The documented quantity must be above zero."))
    except Invalid as wrong:
        column = "unit" if wrong.code in {"unit_unknown", "unit_mismatch"} else "quantity"
        errors.append(_error(column, wrong.because, **wrong.facts))
    return {"amount": amount, "unit_code": code}


def _check_days(row: Row, product: Product, today: date, errors: list[dict[str, Any]]) -> None:
    """Days of production and expiry, such as the product needs them; how wet goods are nobody declares: a certificate says it."""
    unread = [column for column in DAYS if row.get(column) and _day(row, column) is None]
    errors += [_error(column, "Write a date as 2026-03-02.") for column in unread]
    if unread:
        return
    try:
        declared_expiry(_day(row, "expires_on"), _day(row, "produced_on"), product.shelf_life_days, today=today)
    except Invalid as wrong:
        errors.append(_error(str(wrong.field), wrong.because, **wrong.facts))


def _day(row: Row, column: str) -> date | None:
    return day_of(row.get(column, ""))


def _check_batch(row: Row, product: Product, errors: list[dict[str, Any]]) -> None:
    if row.get("batch"):
        try:
            Gs1Identity(gtin=product.gtin, batch=row["batch"])
        except Invalid as wrong:
            errors.append(_error("batch", wrong.because, **wrong.facts))


def _named(row: Row, column: str, known: dict[str, list[Any]], errors: list[dict[str, Any]]) -> Row:
    found = known.get(row[column].casefold(), [])
    if len(found) == 1:
        return {f"{column}_id": str(found[0].id)}
    because = "Several are called %(name)s: use the code instead." if found else "There is none called %(name)s."
    errors.append(_error(column, because, name=row[column][:60]))
    return {}


def _check_texts(row: Row, errors: list[dict[str, Any]]) -> None:
    for column, longest in LONGEST.items():
        if len(row.get(column, "")) > longest:
            errors.append(_error(column, "This is longer than %(longest)s characters.", longest=longest))
    pieces = row.get("pieces", "")
    if pieces and not (pieces.isascii() and pieces.isdigit() and 0 < int(pieces) <= MOST_PIECES):
        errors.append(_error("pieces", "Pieces are whole and more than none."))


def _without_twins(rows: list[Row]) -> list[Row]:
    """The same batch of the same product twice in one file is one pile written down twice."""
    seen: dict[tuple[str, str], str] = {}
    for row in rows:
        key = (row["sku"].casefold(), row.get("batch", ""))
        if key[1] and key in seen:
            row["errors"].append(_error("batch", "This batch is in row %(line)s already.", line=seen[key]))
        seen.setdefault(key, row["line"])
    return rows
