"""The borrowing base certificate (借款基础证明): the borrower signs it, the supervisors of the goods confirm it or object."""

import hashlib
import json
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from marketplace.financing.bases.events import BaseCertified, BaseConfirmed, BaseContested
from marketplace.financing.bases.models import BaseCertificate, BaseConfirmation, BaseFigures
from marketplace.financing.bases.showing import BaseStatement, base_statement
from marketplace.financing.queries import find_cover
from marketplace.financing.rules.terms import require_text
from marketplace.financing.steps import held_deal
from marketplace.pledges.queries import pledges_of_deal
from marketplace.valuation.rules.worth import require_fresh
from tenants.database import new_id
from tenants.errors import Conflict, NotAllowed, NotFound
from tenants.workspace import Workspace


def sign_base(ws: Workspace, deal_id: UUID) -> BaseCertificate:
    """The borrower signs its borrowing base as it stands now: goods and figures, under one digest.

    Refuses a deal without goods in force, and a valuation that is missing or out of date.
    """
    ws.may("sign_base")
    held_deal(ws, deal_id, role="borrower")
    statement = base_statement(ws, deal_id)
    require_fresh(statement.value.found_at if statement.value else None, ws.now)
    goods, lines = _goods(ws, statement), [_line(line) for line in statement.lines]
    if not any(one["supervisor_id"] for one in goods):
        raise Conflict("nothing_pledged", "No goods are pledged under this deal.")
    assert statement.value is not None, "a fresh valuation is there"
    certificate = BaseCertificate(
        deal_id=deal_id,
        id=new_id(),
        tenant_id=ws.tenant_id,
        number=_next_number(ws, deal_id),
        as_of=statement.as_of,
        valuation_id=statement.value.id,
        goods=goods,
        digest=digest_of(goods, lines),
        signed_by=ws.member.name,
        signed_at=ws.now,
    )
    currency = statement.deal.currency
    figures = BaseFigures(
        deal_id=deal_id, certificate_id=certificate.id, tenant_id=ws.tenant_id, lines=lines, currency=currency
    )
    ws.session.add_all([certificate, figures])
    fact = BaseCertified(certificate_id=certificate.id, number=certificate.number, digest=certificate.digest)
    ws.record(fact, on=deal_id, evidence=[statement.value.id])
    return certificate


def confirm_base(
    ws: Workspace, deal_id: UUID, certificate_id: UUID, *, agrees: bool = True, because: str = ""
) -> BaseConfirmation:
    """A supervisor of the goods stands by the newest certificate's goods, or objects and says why. It speaks once.

    Refuses another firm's goods, a certificate that a newer one replaced, a second word, and an objection without its reason.
    """
    ws.may("confirm_base")
    certificate = find_certificate(ws, deal_id, certificate_id)
    if str(ws.tenant_id) not in supervisors_of(certificate):
        raise NotAllowed("lot_supervised_elsewhere", "Another firm supervises this lot.")
    if certificates_of(ws, deal_id)[0].id != certificate.id:
        raise Conflict("certificate_replaced", "A newer certificate has replaced this one.")
    if any(one.tenant_id == ws.tenant_id for one in words_on(ws, deal_id, certificate_id)):
        raise Conflict("already_confirmed", "Your firm has spoken on this certificate.")
    reason = because.strip()[:500] if agrees else require_text(because, "because")
    said = BaseConfirmation(
        deal_id=deal_id,
        certificate_id=certificate_id,
        tenant_id=ws.tenant_id,
        agrees=agrees,
        because=reason,
        said_by=ws.member.name,
        said_at=ws.now,
    )
    ws.session.add(said)
    if agrees:
        ws.record(BaseConfirmed(certificate_id=certificate_id, number=certificate.number), on=deal_id)
    else:
        fact = BaseContested(certificate_id=certificate_id, number=certificate.number, because=reason)
        ws.record(fact, on=deal_id)
    return said


def find_certificate(ws: Workspace, deal_id: UUID, certificate_id: UUID) -> BaseCertificate:
    """One certificate, for borrower, bank and supervisor."""
    found = ws.session.get(BaseCertificate, (deal_id, certificate_id))
    if found is None:
        raise NotFound("certificate_unknown", "There is no such certificate.")
    return found


def certificates_of(ws: Workspace, deal_id: UUID, *, limit: int = 50) -> list[BaseCertificate]:
    """A deal's certificates, newest first; for whoever has a part in its room."""
    find_cover(ws, deal_id)
    wanted = select(BaseCertificate).where(BaseCertificate.deal_id == deal_id)
    return list(ws.session.scalars(wanted.order_by(BaseCertificate.number.desc()).limit(limit)))


def figures_of(ws: Workspace, certificate: BaseCertificate) -> BaseFigures | None:
    """A certificate's money part; None for those who may not see amounts."""
    return ws.session.get(BaseFigures, (certificate.deal_id, certificate.id))


def words_on(ws: Workspace, deal_id: UUID, certificate_id: UUID) -> list[BaseConfirmation]:
    """What supervisors said to a certificate, in order."""
    wanted = select(BaseConfirmation).where(
        BaseConfirmation.deal_id == deal_id, BaseConfirmation.certificate_id == certificate_id
    )
    return list(ws.session.scalars(wanted.order_by(BaseConfirmation.said_at)))


def standing_of_certificate(ws: Workspace, certificate: BaseCertificate) -> str:
    """SIGNED, CONFIRMED once every supervisor of the goods stands by it, CONTESTED as soon as one objects."""
    words = words_on(ws, certificate.deal_id, certificate.id)
    if any(not one.agrees for one in words):
        return "CONTESTED"
    return "CONFIRMED" if supervisors_of(certificate) <= {str(one.tenant_id) for one in words} else "SIGNED"


def supervisors_of(certificate: BaseCertificate) -> set[str]:
    """Whose word the goods part needs."""
    return {one["supervisor_id"] for one in certificate.goods if one["supervisor_id"]}


def digest_of(goods: list[Any], lines: list[Any]) -> str:
    """SHA-256 over goods and figures, keys in order and without spaces, so that anybody can count it again."""
    plain = json.dumps({"figures": lines, "goods": goods}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(plain.encode()).hexdigest()


def _goods(ws: Workspace, statement: BaseStatement) -> list[dict[str, Any]]:
    keepers = {one.lot_id: str(one.supervisor_id) for one in pledges_of_deal(ws, statement.deal.deal_id)}
    return [
        {
            "lot_id": str(line.lot_id),
            "number": line.lot_number,
            "product": line.product_name,
            "pledged": f"{line.pledged_qty:.3f}",
            "counted": f"{line.quantity:.3f}",
            "unit": line.unit,
            "barred": line.barred,
            "supervisor_id": keepers.get(line.lot_id, ""),
        }
        for line in (statement.value.lines if statement.value else [])
    ]


def _line(line: Any) -> dict[str, Any]:
    return {"says": line.says, "facts": dict(line.facts), "minor": line.amount.minor, "is_sum": line.is_sum}


def _next_number(ws: Workspace, deal_id: UUID) -> int:
    counted = select(func.max(BaseCertificate.number)).where(BaseCertificate.deal_id == deal_id)
    return int(ws.session.scalar(counted) or 0) + 1
