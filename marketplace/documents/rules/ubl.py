"""Electronic invoices: UBL 2.1 invoices and credit notes in the European core (EN 16931), read with care and recalculated to the cent.

The file is somebody else's: no DTD, no entity, no reference to anything outside, bounded in size, depth and number of elements. What it says must add up
by the norm's own rules (BR-CO-10 to BR-CO-17); an invoice that does not is refused with the two figures. Fields are named by their business terms (BT).
"""

import re
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from io import BytesIO
from typing import Any

from marketplace.documents.rules.entries import Party
from marketplace.documents.rules.particulars import MOST_LINES, ParticularLine, Particulars, checked
from marketplace.exact import half_up, half_up_whole
from marketplace.money import Money, exponent_of
from tenants.errors import Invalid

BYTES_MAX = 4 * 1024 * 1024
DEEPEST = 24
MOST_ELEMENTS = 120_000
_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
_CAC, _CBC = f"{{{_UBL}CommonAggregateComponents-2}}", f"{{{_UBL}CommonBasicComponents-2}}"
# UN/ECE codes for pieces that firms use for the same thing.
_PIECES = {"EA": "H87", "C62": "H87", "PCE": "H87", "XPP": "H87"}

_FIGURE = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,20})?", re.ASCII)

Element = Any


@dataclass(frozen=True, slots=True)
class _Kind:
    line: str
    quantity: str
    sign: int


_KINDS = {
    f"{{{_UBL}Invoice-2}}Invoice": _Kind("InvoiceLine", "InvoicedQuantity", 1),
    f"{{{_UBL}CreditNote-2}}CreditNote": _Kind("CreditNoteLine", "CreditedQuantity", -1),
}


def read_e_invoice(content: bytes) -> Particulars:
    """The particulars of a UBL invoice; a credit note's quantities and amounts are negative.

    Refuses what is no such file, is built to harm, lacks what the core needs, or does not add up.
    """
    root = _safely(content)
    kind = _KINDS.get(root.tag)
    if kind is None:
        raise Invalid("invoice_not_ubl", "This is not a UBL 2.1 invoice or credit note.", field="file")
    currency = _needed(root, "DocumentCurrencyCode", "BT-5")
    exponent_of(currency)
    _check_totals(root, kind, currency)
    lines = root.findall(_CAC + kind.line)
    if not 0 < len(lines) <= MOST_LINES:
        raise Invalid("invoice_lines", "An invoice has between 1 and %(most)s lines.", field="file", most=MOST_LINES)
    return checked(
        Particulars(
            number=_needed(root, "ID", "BT-1"),
            dated=_day(root, "IssueDate", "BT-2"),
            seller=_party(root, "AccountingSupplierParty", "BT-27"),
            buyer=_party(root, "AccountingCustomerParty", "BT-44"),
            currency=currency,
            lines=tuple(_line(one, kind, currency) for one in lines),
            order=_text(root, f"{_CAC}OrderReference/{_CBC}ID"),
            account=_text(root, f"{_CAC}PaymentMeans/{_CAC}PayeeFinancialAccount/{_CBC}ID"),
            due_on=_day(root, "DueDate", "BT-9", needed=False),
            delivered_on=_day(root, f"{_CAC}Delivery/{_CBC}ActualDeliveryDate", "BT-72", needed=False),
            payable=kind.sign * _minor(_money(root, f"{_CAC}LegalMonetaryTotal/{_CBC}PayableAmount", "BT-115", currency), currency),
        )
    )  # fmt: skip


def _safely(content: bytes) -> Element:
    """The root element. Refuses anything but plain XML within bounds."""
    from defusedxml import ElementTree  # only this reads XML that comes from outside
    from defusedxml.common import DefusedXmlException

    if len(content) > BYTES_MAX:
        raise Invalid("file_too_large", "A file has at most %(most)s MB.", field="file", most=BYTES_MAX // 1024**2)
    depth = elements = 0
    root: Element = None
    try:
        for event, element in ElementTree.iterparse(BytesIO(content), ("start", "end"), forbid_dtd=True):
            depth += 1 if event == "start" else -1
            elements += event == "start"
            root = element if root is None else root
            if depth > DEEPEST or elements > MOST_ELEMENTS:
                raise Invalid("xml_too_deep", "This XML is deeper or larger than any invoice.", field="file")
    except DefusedXmlException as harmful:
        raise Invalid("xml_harmful", "This XML declares a DTD or entities; invoices have none.", field="file") from harmful  # fmt: skip
    except (ElementTree.ParseError, LookupError, ValueError) as broken:
        raise Invalid("xml_unreadable", "This is not well-formed XML.", field="file") from broken
    return root


def _check_totals(root: Element, kind: _Kind, currency: str) -> None:
    """BR-CO-10 to BR-CO-16: every total is the sum that it says it is, exactly."""
    total = f"{_CAC}LegalMonetaryTotal/{_CBC}"

    def said(name: str, term: str, *, needed: bool = True) -> Fraction:
        return _money(root, total + name, term, currency, needed=needed)

    lines = sum((_money(one, f"{_CBC}LineExtensionAmount", "BT-131", currency) for one in root.findall(_CAC + kind.line)), Fraction(0))  # fmt: skip
    allowances, charges = _adjustments(root, currency)
    net, taxed, gross, owed = said("LineExtensionAmount", "BT-106"), said("TaxExclusiveAmount", "BT-109"), said("TaxInclusiveAmount", "BT-112"), said("PayableAmount", "BT-115")  # fmt: skip
    tax = _check_tax(root, currency)
    _require_sum("BT-106", net, lines)
    _require_sum("BT-107", said("AllowanceTotalAmount", "BT-107", needed=False), allowances)
    _require_sum("BT-108", said("ChargeTotalAmount", "BT-108", needed=False), charges)
    _require_sum("BT-109", taxed, net - allowances + charges)
    _require_sum("BT-112", gross, taxed + tax)
    paid, rounded = said("PrepaidAmount", "BT-113", needed=False), said("PayableRoundingAmount", "BT-114", needed=False)
    _require_sum("BT-115", owed, gross - paid + rounded)


def _check_tax(root: Element, currency: str) -> Fraction:
    """BR-CO-14 and BR-CO-17: the tax is the sum of its categories, each its rate of what it is charged on, rounded to the minor unit."""
    for total in root.findall(f"{_CAC}TaxTotal"):
        amount = total.find(f"{_CBC}TaxAmount")
        if amount is None or amount.get("currencyID") != currency:
            continue  # BT-111: the same tax once more in the currency of the books
        parts = total.findall(f"{_CAC}TaxSubtotal")
        for part in parts:
            base, tax = (_money(part, _CBC + name, term, currency) for name, term in (("TaxableAmount", "BT-116"), ("TaxAmount", "BT-117")))  # fmt: skip
            rate = _figure(part.find(f"{_CAC}TaxCategory/{_CBC}Percent"), "BT-119")
            if abs(base * (rate or 0) / 100 - tax) > Fraction(1, 10 ** exponent_of(currency)):
                raise _wrong("BT-117", tax, base * (rate or 0) / 100)
        said = _money(total, f"{_CBC}TaxAmount", "BT-110", currency)
        if parts:
            _require_sum("BT-110", said, sum((_money(part, f"{_CBC}TaxAmount", "BT-117", currency) for part in parts), Fraction(0)))  # fmt: skip
        return said
    return Fraction(0)


def _line(one: Element, kind: _Kind, currency: str) -> ParticularLine:
    written = one.find(_CBC + kind.quantity)
    quantity, net = _figure(written, "BT-129"), _money(one, f"{_CBC}LineExtensionAmount", "BT-131", currency)
    price = _figure(one.find(f"{_CAC}Price/{_CBC}PriceAmount"), "BT-146")
    per = _figure(one.find(f"{_CAC}Price/{_CBC}BaseQuantity"), "BT-149") or Fraction(1)
    if quantity is None or price is None:
        raise Invalid("invoice_term_missing", "The invoice lacks %(term)s.", field="file", term="BT-129, BT-146")
    allowances, charges = _adjustments(one, currency)
    # The core does not ask that quantity times price be the amount; where it is not, the match says so. What was taken off or added is in the price.
    adjusted = quantity * price / per - allowances + charges
    fits = quantity and abs(adjusted - net) <= Fraction(2, 10 ** exponent_of(currency))
    effective = net / quantity if fits and (allowances or charges) else price / per
    rate = _figure(one.find(f"{_CAC}Item/{_CAC}ClassifiedTaxCategory/{_CBC}Percent"), "BT-152") or Fraction(0)
    return ParticularLine(
        line=_text(one, f"{_CAC}OrderLineReference/{_CBC}LineID"),
        goods_code=_goods_code(one),
        goods=_text(one, f"{_CAC}Item/{_CBC}Name")[:200],
        quantity=kind.sign * half_up(quantity, 3),
        unit=_unit(written),
        price=half_up(abs(effective), 8),
        amount=kind.sign * _minor(net, currency),
        tax=kind.sign * half_up_whole(net * rate / 100 * 10 ** exponent_of(currency)),
    )


def _goods_code(one: Element) -> str:
    """What the seller and the buyer know the good by: the standard code first, then the seller's, then the buyer's."""
    for name in ("StandardItemIdentification", "SellersItemIdentification", "BuyersItemIdentification"):
        found = _text(one, f"{_CAC}Item/{_CAC}{name}/{_CBC}ID")
        if found:
            return found
    return ""


def _unit(written: Element) -> str:
    code = (written.get("unitCode") or "").strip()[:20] or "H87"
    return _PIECES.get(code, code)


def _adjustments(of: Element, currency: str) -> tuple[Fraction, Fraction]:
    """What is taken off and what is added, of a whole invoice or of one line."""
    sums = {"false": Fraction(0), "true": Fraction(0)}
    for one in of.findall(f"{_CAC}AllowanceCharge"):
        written = _text(one, f"{_CBC}ChargeIndicator").lower()
        which = {"0": "false", "1": "true"}.get(written, written)
        if which not in sums:
            raise Invalid("invoice_term_missing", "The invoice lacks %(term)s.", field="file", term="BG-20, BG-21")
        sums[which] += _money(one, f"{_CBC}Amount", "BT-92", currency)
    return sums["false"], sums["true"]


def _party(root: Element, place: str, term: str) -> Party:
    party = root.find(f"{_CAC}{place}/{_CAC}Party")
    if party is None:
        raise Invalid("invoice_term_missing", "The invoice lacks %(term)s.", field="file", term=term)
    name = _text(party, f"{_CAC}PartyLegalEntity/{_CBC}RegistrationName") or _text(party, f"{_CAC}PartyName/{_CBC}Name")
    code = _text(party, f"{_CAC}PartyLegalEntity/{_CBC}CompanyID") or _text(party, f"{_CAC}PartyTaxScheme/{_CBC}CompanyID")  # fmt: skip
    if not name:
        raise Invalid("invoice_term_missing", "The invoice lacks %(term)s.", field="file", term=term)
    return Party(name[:200], code[:200])


def _money(of: Element, path: str, term: str, currency: str, *, needed: bool = True) -> Fraction:
    found = of.find(path)
    if found is None:
        if needed:
            raise Invalid("invoice_term_missing", "The invoice lacks %(term)s.", field="file", term=term)
        return Fraction(0)
    if found.get("currencyID", currency) != currency:
        raise Invalid("invoice_currency", "%(term)s is not in the invoice's currency.", field="file", term=term)
    value = _figure(found, term)
    assert value is not None
    if (value * 10 ** exponent_of(currency)).denominator != 1:
        raise Invalid("invoice_too_fine", "%(term)s is finer than its currency.", field="file", term=term)
    return value


def _figure(found: Element, term: str) -> Fraction | None:
    if found is None:
        return None
    written = (found.text or "").strip()
    if not _FIGURE.fullmatch(written):
        raise Invalid("invoice_figure", "%(term)s is not a figure.", field="file", term=term)
    return Fraction(written)


def _day(root: Element, name: str, term: str, *, needed: bool = True) -> date | None:
    written = _text(root, name if name.startswith("{") else _CBC + name)
    if not written and not needed:
        return None
    try:
        return date.fromisoformat(written[:10])
    except ValueError as wrong:
        raise Invalid("invoice_day", "%(term)s is not a date.", field="file", term=term) from wrong


def _needed(root: Element, name: str, term: str) -> str:
    found = _text(root, _CBC + name)
    if not found:
        raise Invalid("invoice_term_missing", "The invoice lacks %(term)s.", field="file", term=term)
    return found


def _text(of: Element, path: str) -> str:
    found = of.find(path)
    return "" if found is None else " ".join((found.text or "").split())


def _require_sum(term: str, said: Fraction, sum_: Fraction) -> None:
    if said != sum_:
        raise _wrong(term, said, sum_)


def _wrong(term: str, said: Fraction, sum_: Fraction) -> Invalid:
    because = "%(term)s says %(said)s; recalculated it is %(sum)s."
    return Invalid("invoice_does_not_add_up", because, field="file", term=term, said=str(half_up(said, 2)), sum=str(half_up(sum_, 2)))  # fmt: skip


def _minor(amount: Fraction, currency: str) -> int:
    return Money.rounded(amount, currency).minor
