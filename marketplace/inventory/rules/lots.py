"""What may happen to a lot of goods, and who may do it.

This room decides when goods count as declared, received, verified, promised, pledged, frozen, sold or gone. The
table is domain.md section 3; the last groups of rows are implied there (free goods may leave; a disposal that is
called off gives the goods back to the pledge; a loan that is not drawn gives the promise back; a lot that is split,
merged or transformed ends, and what it was made into begins; goods of an emptied or lost lot that a shortage missed turn up;
damaged goods are sound, or in part, by a new inspection).
"""

from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from marketplace.states import Actor, Guard, Machine, step


class LotState(StrEnum):
    """Where a lot stands. FROZEN remembers the state that it left."""

    DECLARED = "DECLARED"
    EXPIRED = "EXPIRED"
    RECEIVED = "RECEIVED"
    REJECTED = "REJECTED"
    VERIFIED = "VERIFIED"
    RESERVED = "RESERVED"
    PLEDGED = "PLEDGED"
    FROZEN = "FROZEN"
    IN_DISPOSAL = "IN_DISPOSAL"
    SOLD = "SOLD"
    DEPARTED = "DEPARTED"
    LOST = "LOST"
    DAMAGED = "DAMAGED"
    SPLIT = "SPLIT"
    MERGED = "MERGED"
    TRANSFORMED = "TRANSFORMED"


PRODUCT_NAMED = Guard("product_named", "The lot needs a product.")
DOCUMENTS_ATTACHED = Guard("documents_attached", "The lot needs its documents of origin.")
WEIGHED = Guard("weighed", "The goods have not been weighed or counted.")
IDENTITY_BOUND = Guard("identity_bound", "The lot has no digital identity bound to it.")
VARIANCE_WITHIN_TOLERANCE = Guard("variance_within_tolerance", "What was weighed differs too much from the documents.")
QUANTITY_FREE = Guard("quantity_free", "Not enough of this lot is free.")
PLEDGE_ACTIVE = Guard("pledge_active", "The pledge on this lot is not active yet.")
RELEASE_ORDER_EXECUTED = Guard("release_order_executed", "Pledged goods need an executed release order of the bank.")
NOTHING_PLEDGED = Guard("nothing_pledged", "Part of this lot is pledged or promised.")
UNITS_CONSERVED = Guard("units_conserved", "The new lots are not made of exactly the units of the old.")
HOLDERS_CONSENT = Guard("holders_consent", "A bank that holds part of this lot has not consented.")
MASS_BALANCED = Guard("mass_balanced", "What went in is not what came out and what was lost.")
WRITTEN_OFF = Guard("written_off", "No more is found of a lot than a shortage took off it.")
INSPECTED_ANEW = Guard("inspected_anew", "Damaged goods are sound only by a new inspection.")
DISPOSAL_SETTLED = Guard("disposal_settled", "The disposal of these goods is not settled.")

HELD = (LotState.RECEIVED, LotState.VERIFIED, LotState.RESERVED, LotState.PLEDGED, LotState.IN_DISPOSAL)
LOSABLE = (*HELD, LotState.FROZEN, LotState.SOLD)
CONVERTIBLE = (LotState.VERIFIED, LotState.RESERVED, LotState.PLEDGED)
SPOILT = (LotState.LOST, LotState.DAMAGED)  # by the supervisor's report: nobody lends on them, and nobody sells them
EMPTIED = (LotState.DEPARTED, LotState.SPLIT, LotState.MERGED, LotState.TRANSFORMED)
# Taken by the database alone, all lots of a conversion, or of a shortage whose goods are found, in one act, so that no hand can make goods of nothing.
BY_THE_GATE = frozenset({"split", "merge", "transform", "inherit", "find", "mend"})

LOT = Machine[LotState](
    "Lot",
    step(None, "declare", LotState.DECLARED, Actor.SME, guards=(PRODUCT_NAMED, DOCUMENTS_ATTACHED)),
    step(LotState.DECLARED, "receive", LotState.RECEIVED, Actor.WAREHOUSE_OPERATOR, guards=(WEIGHED,)),
    step(LotState.DECLARED, "expire", LotState.EXPIRED, Actor.SYSTEM, after=timedelta(hours=72)),
    step(
        LotState.RECEIVED,
        "verify",
        LotState.VERIFIED,
        Actor.SUPERVISOR,
        guards=(IDENTITY_BOUND, VARIANCE_WITHIN_TOLERANCE),
        four_eyes=True,
    ),
    step(LotState.RECEIVED, "reject", LotState.REJECTED, Actor.SUPERVISOR, four_eyes=True),
    step(LotState.VERIFIED, "reserve", LotState.RESERVED, Actor.SYSTEM, guards=(QUANTITY_FREE,)),
    step(LotState.RESERVED, "expire_reservation", LotState.VERIFIED, Actor.SYSTEM, after=timedelta(days=7)),
    step(
        LotState.RESERVED,
        "confirm_control",
        LotState.PLEDGED,
        Actor.SUPERVISOR,
        Actor.BANK,
        guards=(PLEDGE_ACTIVE,),
    ),
    step(LotState.PLEDGED, "release", LotState.VERIFIED, Actor.WAREHOUSE_OPERATOR, guards=(RELEASE_ORDER_EXECUTED,)),
    step(LotState.PLEDGED, "depart", LotState.DEPARTED, Actor.WAREHOUSE_OPERATOR, guards=(RELEASE_ORDER_EXECUTED,)),
    step(HELD, "freeze", LotState.FROZEN, Actor.BANK, Actor.PLATFORM, Actor.COURT),
    step(LotState.FROZEN, "unfreeze", None, Actor.BANK, Actor.PLATFORM, Actor.COURT, four_eyes=True),
    step(LotState.PLEDGED, "enforce", LotState.IN_DISPOSAL, Actor.BANK, four_eyes=True),
    step(LotState.IN_DISPOSAL, "sell", LotState.SOLD, Actor.BANK, Actor.SYSTEM, guards=(DISPOSAL_SETTLED,)),
    step(LotState.SOLD, "depart", LotState.DEPARTED, Actor.WAREHOUSE_OPERATOR, guards=(RELEASE_ORDER_EXECUTED,)),
    step(LOSABLE, "report_loss", LotState.LOST, Actor.SUPERVISOR),
    step(LOSABLE, "report_damage", LotState.DAMAGED, Actor.SUPERVISOR),
    # Implied, not rows of the table:
    step(LotState.VERIFIED, "depart", LotState.DEPARTED, Actor.WAREHOUSE_OPERATOR, guards=(NOTHING_PLEDGED,)),
    step(LotState.RESERVED, "unreserve", LotState.VERIFIED, Actor.SYSTEM, Actor.BANK, Actor.SME),
    step(LotState.IN_DISPOSAL, "withdraw_from_disposal", LotState.PLEDGED, Actor.BANK, four_eyes=True),
    step(CONVERTIBLE, "split", LotState.SPLIT, Actor.WAREHOUSE_OPERATOR, guards=(UNITS_CONSERVED, HOLDERS_CONSENT)),
    step(CONVERTIBLE, "merge", LotState.MERGED, Actor.WAREHOUSE_OPERATOR, guards=(UNITS_CONSERVED, HOLDERS_CONSENT)),
    step(
        LotState.VERIFIED,
        "transform",
        LotState.TRANSFORMED,
        Actor.WAREHOUSE_OPERATOR,
        guards=(MASS_BALANCED, NOTHING_PLEDGED),
    ),
    step(LotState.DECLARED, "inherit", LotState.VERIFIED, Actor.WAREHOUSE_OPERATOR, guards=(UNITS_CONSERVED,)),
    step(EMPTIED, "find", LotState.VERIFIED, Actor.SUPERVISOR, guards=(WRITTEN_OFF,), four_eyes=True),
    step(LotState.LOST, "find", None, Actor.SUPERVISOR, guards=(WRITTEN_OFF,), four_eyes=True),
    step(LotState.DAMAGED, "mend", None, Actor.SUPERVISOR, guards=(INSPECTED_ANEW,), four_eyes=True),
)


def lifts_freeze(frozen_by: UUID | None, *, warehouse_id: UUID, supervisor_id: UUID) -> UUID | None:
    """The firm whose two people lift a freeze: the one that froze, but the supervisor in a warehouse's place.

    A warehouse may stop goods in a hurry, yet is no party that lets them go again (domain model, sections 3 and 8: bank, platform or court, and the
    supervisor that approves for them); it may also be one person, who is never both halves of a four-eyes act.
    """
    return supervisor_id if frozen_by == warehouse_id else frozen_by


def next_state(state: LotState | None, action: str, *, kept: LotState | None = None) -> LotState:
    """Where a step leads; refuses what the table does not list. `kept` is the state before a freeze."""
    return LOT.next_state(state, action, kept=kept)
