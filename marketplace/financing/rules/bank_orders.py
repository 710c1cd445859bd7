"""ISO 20022, to a bank: payments leave as one pain.001.001.09 message. What comes home is read in `bank_messages`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from xml.etree import ElementTree as Tree

from marketplace.money import Money, total
from tenants.errors import Invalid

TEXT_MAX = 140
PAIN = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
_LATIN_REFERENCE = re.compile(r"[A-Za-z0-9/?:().,'+ -]{1,35}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Order:
    """One payment to be made: its end-to-end identification comes back with the statement."""

    end_to_end_id: str
    amount: Money
    payee: str
    payee_account: str
    purpose: str


def write_orders(
    orders: Sequence[Order],
    *,
    message_id: str,
    made_at: datetime,
    execute_on: date,
    payer: str,
    payer_account: str,
    bank_name: str,
) -> bytes:
    """A pain.001.001.09 message of one batch in one currency. Refuses no order, several currencies, and a reference twice."""
    currencies = {order.amount.currency for order in orders}
    if len(currencies) != 1 or len({order.end_to_end_id for order in orders}) != len(orders):
        raise Invalid("orders_unfit", "A payment file holds payments of one currency, each with its own reference.", field="orders")  # fmt: skip
    for order in orders:
        if order.amount.minor <= 0 or not _LATIN_REFERENCE.fullmatch(order.end_to_end_id):
            raise Invalid("orders_unfit", "A payment file holds payments of one currency, each with its own reference.", field="orders")  # fmt: skip
    document = Tree.Element("Document", xmlns=PAIN)
    initiation = Tree.SubElement(document, "CstmrCdtTrfInitn")
    together = str(total((order.amount for order in orders), currencies.pop()).amount)
    header = {
        "MsgId": message_id,
        "CreDtTm": made_at.isoformat(timespec="seconds"),
        "NbOfTxs": str(len(orders)),
        "CtrlSum": together,
    }
    _fill(Tree.SubElement(initiation, "GrpHdr"), header | {"InitgPty/Nm": payer[:TEXT_MAX]})
    batch = Tree.SubElement(initiation, "PmtInf")
    _fill(
        batch,
        {
            "PmtInfId": message_id, "PmtMtd": "TRF", "NbOfTxs": str(len(orders)), "CtrlSum": together, "ReqdExctnDt/Dt": execute_on.isoformat(),
            "Dbtr/Nm": payer[:TEXT_MAX], "DbtrAcct/Id/Othr/Id": payer_account[:34], "DbtrAgt/FinInstnId/Nm": bank_name[:TEXT_MAX],
        },
    )  # fmt: skip
    for order in orders:
        _write_order(batch, order)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + bytes(Tree.tostring(document, encoding="utf-8"))


def _write_order(batch: Tree.Element, order: Order) -> None:
    one = Tree.SubElement(batch, "CdtTrfTxInf")
    _fill(
        one,
        {
            "PmtId/InstrId": order.end_to_end_id,
            "PmtId/EndToEndId": order.end_to_end_id,
            "Amt/InstdAmt": str(order.amount.amount),
        },
    )
    amount = one.find("Amt/InstdAmt")
    assert amount is not None, "the amount was written above"
    amount.set("Ccy", order.amount.currency)
    parts = {"Cdtr/Nm": order.payee[:TEXT_MAX]}
    if order.payee_account:
        parts["CdtrAcct/Id/Othr/Id"] = order.payee_account[:34]
    _fill(one, parts | {"RmtInf/Ustrd": order.purpose[:TEXT_MAX] or order.end_to_end_id})


def _fill(parent: Tree.Element, texts: dict[str, str]) -> None:
    for path, text in texts.items():
        place = parent
        for name in path.split("/"):
            found = place.find(name)
            place = Tree.SubElement(place, name) if found is None else found
        place.text = text
