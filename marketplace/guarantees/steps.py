"""Moving an undertaking on, and entering what is paid and delivered under it."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from marketplace.financing.rules.terms import require_text
from marketplace.guarantees.models import Guarantee, GuaranteeEntry
from marketplace.guarantees.queries import find_guarantee
from marketplace.guarantees.rules import GUARANTEE, EntryKind, GuaranteeState
from marketplace.money import Money
from marketplace.states import Actor
from tenants import rooms
from tenants.database import new_id
from tenants.errors import Conflict, NotFound
from tenants.workspace import Workspace

LONGEST_REFERENCE = 40


def held(ws: Workspace, guarantee_id: UUID, *, role: str) -> Guarantee:
    """The undertaking, held until the transaction ends, for an act that only `role` in its deal may do; to others there is no such undertaking."""
    guarantee = find_guarantee(ws, guarantee_id, lock=True)
    if role not in rooms.my_roles(ws, guarantee.deal_id):
        raise NotFound("guarantee_unknown", "There is no such undertaking.")
    return guarantee


def advance(guarantee: Guarantee, action: str, *, actor: Actor, met: Collection[str] = ()) -> None:
    """Take one listed step; refuses what the table does not list, the wrong party and a missing proof."""
    guarantee.status = GUARANTEE.advance(GuaranteeState(guarantee.status), action, actor=actor, met=met).value


def require_given(guarantee: Guarantee, *kinds: str) -> None:
    """Refuse an undertaking of another kind than `kinds`, and one that is not in force."""
    if guarantee.kind not in kinds:
        raise Conflict("guarantee_other_kind", "This undertaking is of another kind.")
    if guarantee.status != GuaranteeState.GIVEN:
        raise Conflict("guarantee_not_given", "This undertaking is not in force.")


def earlier(
    ws: Workspace, guarantee: Guarantee, kind: EntryKind, amount: Money, reference: str
) -> GuaranteeEntry | None:
    """The entry made before under this reference, if any. Refuses another amount under it, and no reference at all."""
    written = require_text(reference, "reference", longest=LONGEST_REFERENCE)
    wanted = select(GuaranteeEntry).where(
        GuaranteeEntry.deal_id == guarantee.deal_id,
        GuaranteeEntry.guarantee_id == guarantee.id,
        GuaranteeEntry.kind == kind,
        GuaranteeEntry.reference == written,
    )
    entry = ws.session.scalars(wanted).one_or_none()
    if entry is not None and entry.amount != amount:
        raise Conflict("reference_used", "This reference was used for %(amount)s.", field="reference", amount=entry.amount)  # fmt: skip
    return entry


def bank_reference(guarantee: Guarantee, reference: str) -> str:
    """Under which reference the loan's book keeps the money, so that it is never taken for a repayment that came in by itself."""
    return f"{guarantee.number} {reference.strip()}"


def enter_under(ws: Workspace, guarantee: Guarantee, kind: EntryKind, amount: Money, reference: str) -> GuaranteeEntry:
    """A new line under the undertaking."""
    entry = GuaranteeEntry(
        deal_id=guarantee.deal_id,
        id=new_id(),
        guarantee_id=guarantee.id,
        tenant_id=ws.tenant_id,
        kind=kind.value,
        amount_minor=amount.minor,
        currency=amount.currency,
        reference=reference.strip(),
        entered_by=ws.member.name,
        entered_at=ws.now,
    )
    ws.session.add(entry)
    ws.session.flush()
    return entry
