"""Looking at warehouse receipts: those that the viewer issued, holds, deposited or lends on, and what the public verification page tells."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import or_, select, text

from marketplace.inventory.receipts.models import ReceiptRequest, WarehouseReceipt
from marketplace.quantity import Quantity
from tenants import rooms
from tenants.errors import NotFound
from tenants.workspace import Workspace

MOST_ROWS = 200


@dataclass(frozen=True)
class PublicReceipt:
    """What anybody who holds a receipt's number and code may know. The holder's name is masked. `spoilt`: LOST or DAMAGED, where its goods are reported so."""

    number: str
    status: str
    issuer: str
    holder: str
    product_name: str
    grade: str
    site_name: str
    quantity: Decimal
    unit: str
    pledged: bool
    frozen: bool
    spoilt: str | None
    content_hash: str
    issued_at: datetime
    notice_until: datetime | None

    @property
    def amount(self) -> Quantity:
        """The quantity with its unit."""
        return Quantity(self.quantity, self.unit)


def find_receipt(ws: Workspace, receipt_id: UUID, *, lock: bool = False) -> WarehouseReceipt:
    """A receipt that the viewer takes part in."""
    wanted = select(WarehouseReceipt).where(WarehouseReceipt.id == receipt_id)
    if lock:
        wanted = wanted.with_for_update(key_share=True)
    found = ws.session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound("receipt_unknown", "There is no such receipt.")
    return found


def list_receipts(ws: Workspace, *, status: str | None = None, text: str | None = None) -> list[WarehouseReceipt]:
    """Receipts that the viewer takes part in, newest first."""
    wanted = rooms.granted(ws, WarehouseReceipt, WarehouseReceipt.id, kind="receipt")
    if status:
        wanted = wanted.where(WarehouseReceipt.status == status)
    if text:
        columns = (WarehouseReceipt.number, WarehouseReceipt.product_name, WarehouseReceipt.lot_number)
        wanted = wanted.where(or_(*(column.icontains(text, autoescape=True) for column in columns)))
    return list(ws.session.scalars(wanted.order_by(WarehouseReceipt.id.desc()).limit(MOST_ROWS)))


def receipts_of_lot(ws: Workspace, lot_id: UUID) -> list[WarehouseReceipt]:
    """The receipts of a lot that the viewer takes part in, newest first."""
    wanted = select(WarehouseReceipt).where(WarehouseReceipt.lot_id == lot_id).order_by(WarehouseReceipt.id.desc())
    return list(ws.session.scalars(wanted))


def find_request(ws: Workspace, request_id: UUID, *, lock: bool = False) -> ReceiptRequest:
    """Something asked of a receipt in the viewer's sight."""
    wanted = select(ReceiptRequest).where(ReceiptRequest.id == request_id)
    if lock:
        wanted = wanted.with_for_update(key_share=True)
    found = ws.session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound("request_unknown", "There is no such request.")
    return found


def requests_of(ws: Workspace, receipt_id: UUID) -> list[ReceiptRequest]:
    """All that was ever asked of a receipt, oldest first; signed endorsements are its chain of holders."""
    wanted = select(ReceiptRequest).where(ReceiptRequest.receipts.contains([str(receipt_id)]))
    return list(ws.session.scalars(wanted.order_by(ReceiptRequest.id)))


def open_request(ws: Workspace, receipt_id: UUID) -> ReceiptRequest | None:
    """What is asked of a receipt and waits for the warehouse."""
    return next((one for one in requests_of(ws, receipt_id) if one.status == "REQUESTED"), None)


def public_receipt(ws: Workspace, number: str, code: str) -> PublicReceipt | None:
    """What the verification page tells anybody who knows number and code; the gate answers, and gives away no more than this."""
    asked = {"number": number, "code": code}
    row = ws.session.execute(text("select * from gate.verify_receipt(:number, :code)"), asked).one_or_none()
    return None if row is None else PublicReceipt(*row)
