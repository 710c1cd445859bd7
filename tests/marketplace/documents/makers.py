"""Papers for tests: the smallest honest file of each kind."""

import io
import zipfile
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from PIL import Image

from marketplace.documents import actions
from marketplace.documents.models import Document
from tests.factories import Person

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def a_picture(media_type: str = "image/jpeg", *, exif: bool = False, size: tuple[int, int] = (64, 48)) -> bytes:
    """A picture; with `exif`, one that says where and by which camera it was taken."""
    picture, out = Image.new("RGB", size, (180, 90, 40)), io.BytesIO()
    described = picture.getexif()
    if exif:
        described[0x010F], described[0x0110] = "SecretMaker", "SecretCamera"
        described.get_ifd(0x8825)[1] = "N"
    kind = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}[media_type]
    picture.save(out, kind, exif=described)
    return out.getvalue()


def an_office_file(*parts: str, swollen: int = 0) -> bytes:
    """A zip with these parts, the first of `swollen` bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, part in enumerate(parts):
            archive.writestr(part, b"0" * (swollen if place == 0 else 1))
    return out.getvalue()


def a_document(
    person: Person, object_id: UUID, *, kind: str = "quality_certificate", name: str = "certificate.pdf", content: bytes = PDF, replaces: UUID | None = None
) -> Document:  # fmt: skip
    """A paper added by a person."""
    with person.ws() as ws:
        return actions.add_document(
            ws, object_id=object_id, kind=kind, name=name, content=content, media_type="", replaces=replaces
        )


def an_e_invoice(
    *, number: str = "INV-7", order: str = "PO-1", quantity: Decimal = Decimal("500.000"), price: Decimal = Decimal("19850"), rate: int = 13, credit: bool = False, off: tuple[str, Decimal] | None = None
) -> bytes:  # fmt: skip
    """A UBL invoice of one line that adds up; `off`: one of its totals with so much too much."""
    net = (quantity * price).quantize(Decimal("0.01"), ROUND_HALF_UP)
    tax = (net * rate / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
    kind, line, measure = ("CreditNote", "CreditNoteLine", "CreditedQuantity") if credit else ("Invoice", "InvoiceLine", "InvoicedQuantity")  # fmt: skip

    def money(name: str, amount: Decimal) -> str:
        wrong = off[1] if off and off[0] == name else Decimal(0)
        return f'<cbc:{name} currencyID="CNY">{amount + wrong:.2f}</cbc:{name}>'

    def firm(place: str, name: str, code: str) -> str:
        return f"<cac:{place}><cac:Party><cac:PartyLegalEntity><cbc:RegistrationName>{name}</cbc:RegistrationName><cbc:CompanyID>{code}</cbc:CompanyID></cac:PartyLegalEntity></cac:Party></cac:{place}>"  # fmt: skip

    category = f"<cbc:ID>S</cbc:ID><cbc:Percent>{rate}</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>"
    urn = "urn:oasis:names:specification:ubl:schema:xsd"
    parts = [
        f'<?xml version="1.0" encoding="UTF-8"?><{kind} xmlns="{urn}:{kind}-2" xmlns:cac="{urn}:CommonAggregateComponents-2" xmlns:cbc="{urn}:CommonBasicComponents-2">',
        f"<cbc:ID>{number}</cbc:ID><cbc:IssueDate>2026-03-05</cbc:IssueDate><cbc:DocumentCurrencyCode>CNY</cbc:DocumentCurrencyCode>",
        f"<cac:OrderReference><cbc:ID>{order}</cbc:ID></cac:OrderReference>",
        firm("AccountingSupplierParty", "Jiangxi Copper", "91360000705766448X"),
        firm("AccountingCustomerParty", "Huaxia Cable", "913200001347607890"),
        "<cac:PaymentMeans><cbc:PaymentMeansCode>30</cbc:PaymentMeansCode><cac:PayeeFinancialAccount><cbc:ID>6222000012345678</cbc:ID></cac:PayeeFinancialAccount></cac:PaymentMeans>",
        f'<cac:TaxTotal><cbc:TaxAmount currencyID="CNY">{tax}</cbc:TaxAmount><cac:TaxSubtotal><cbc:TaxableAmount currencyID="CNY">{net}</cbc:TaxableAmount>',
        f'<cbc:TaxAmount currencyID="CNY">{tax}</cbc:TaxAmount><cac:TaxCategory>{category}</cac:TaxCategory></cac:TaxSubtotal></cac:TaxTotal>',
        "<cac:LegalMonetaryTotal>", money("LineExtensionAmount", net), money("TaxExclusiveAmount", net), money("TaxInclusiveAmount", net + tax), money("PayableAmount", net + tax), "</cac:LegalMonetaryTotal>",
        f'<cac:{line}><cbc:ID>1</cbc:ID><cbc:{measure} unitCode="TNE">{quantity}</cbc:{measure}><cbc:LineExtensionAmount currencyID="CNY">{net}</cbc:LineExtensionAmount>',
        "<cac:OrderLineReference><cbc:LineID>1</cbc:LineID></cac:OrderLineReference><cac:Item><cbc:Name>Copper cathode</cbc:Name>",
        f"<cac:SellersItemIdentification><cbc:ID>7403110000</cbc:ID></cac:SellersItemIdentification><cac:ClassifiedTaxCategory>{category}</cac:ClassifiedTaxCategory></cac:Item>",
        f'<cac:Price><cbc:PriceAmount currencyID="CNY">{price}</cbc:PriceAmount></cac:Price></cac:{line}></{kind}>',
    ]  # fmt: skip
    return "".join(parts).encode()
