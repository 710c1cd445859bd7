"""What may happen to a pledge and to an order that releases pledged goods.

A possessory pledge exists only from the moment a supervisor appointed by the creditor really controls the goods
(Interpretation on Security 55): that is why nothing leads to ACTIVE but a control record that the bank accepts. Rows
as in domain.md section 3; those behind the comment are implied by it (a pledge is accessory to its debt, Civil Code
393, so it ends with the debt in every state).
"""

from datetime import datetime, timedelta
from enum import StrEnum

from marketplace.states import Actor, Guard, Machine, step


class PledgeState(StrEnum):
    """Where a pledge stands."""

    DRAFT = "DRAFT"
    SIGNED = "SIGNED"
    REGISTERED = "REGISTERED"
    ACTIVE = "ACTIVE"
    IMPAIRED = "IMPAIRED"
    ENFORCING = "ENFORCING"
    REALISED = "REALISED"
    RELEASED = "RELEASED"
    CANCELLED = "CANCELLED"


class ReleaseState(StrEnum):
    """Where a release order stands."""

    REQUESTED = "REQUESTED"
    ORDERED = "ORDERED"
    REFUSED = "REFUSED"
    EXECUTED = "EXECUTED"
    REVOKED = "REVOKED"


BOTH_SIGNED = Guard("both_signed", "Pledgor and pledgee have not both signed.")
CONTRACT_COMPLETE = Guard("contract_complete", "The contract lacks what Civil Code 427 asks for.")
REGISTRY_CLEAR = Guard("registry_clear", "The registry search shows an earlier right, or was not made.")
REGISTRY_CERTIFICATE = Guard("registry_certificate", "The registration has no certificate number.")
SUPERVISOR_CONTROLS = Guard("supervisor_controls", "No supervisor of the bank controls the goods yet.")
DEVICES_ONLINE = Guard("devices_online", "The devices that watch these goods are not all online.")
QUANTITY_VERIFIED_FREE = Guard("quantity_verified_free", "More is pledged than is verified and free.")
POSSESSORY_REASON = Guard("possessory_reason", "An unregistered pledge needs the reason why it is not registered.")
LTV_WITHIN_INITIAL = Guard("ltv_within_initial", "Afterwards the loan would be above its initial share of the value.")
VALUATION_FRESH = Guard("valuation_fresh", "The valuation is out of date.")
SUBSTITUTE_ACTIVE = Guard("substitute_active", "The new goods must be pledged before the old are released.")
CONTROL_LOST = Guard("control_lost", "Control has not been lost for two hours.")
DEFAULT_WITHDRAWN = Guard("default_withdrawn", "The default is not taken back.")
EVENT_OF_DEFAULT = Guard("event_of_default", "There is no event of default.")
DEBT_ZERO = Guard("debt_zero", "The debt is not paid in full.")
PROCEEDS_DISTRIBUTED = Guard("proceeds_distributed", "The proceeds are not distributed.")
WITHIN_ORDER = Guard("within_order", "More would leave than the order releases.")

CONTROL_LOSS_TOLERATED = timedelta(hours=2)
DEREGISTER_WITHIN = timedelta(days=10)

_P = PledgeState
_CONTROL = (SUPERVISOR_CONTROLS, DEVICES_ONLINE, QUANTITY_VERIFIED_FREE)

PLEDGE = Machine[PledgeState](
    "Pledge",
    step(None, "draft", _P.DRAFT, Actor.SME, Actor.BANK),
    step(_P.DRAFT, "sign", _P.SIGNED, Actor.SME, Actor.BANK, guards=(BOTH_SIGNED, CONTRACT_COMPLETE)),
    step(_P.SIGNED, "register", _P.REGISTERED, Actor.BANK, guards=(REGISTRY_CLEAR, REGISTRY_CERTIFICATE)),
    step(_P.REGISTERED, "accept_control", _P.ACTIVE, Actor.BANK, guards=_CONTROL, four_eyes=True),
    step(_P.SIGNED, "accept_control", _P.ACTIVE, Actor.BANK, guards=(*_CONTROL, POSSESSORY_REASON), four_eyes=True),
    step(
        _P.ACTIVE, "release_part", _P.ACTIVE, Actor.BANK, guards=(LTV_WITHIN_INITIAL, VALUATION_FRESH), four_eyes=True
    ),
    step(
        _P.ACTIVE,
        "substitute",
        _P.ACTIVE,
        Actor.BANK,
        guards=(SUBSTITUTE_ACTIVE, LTV_WITHIN_INITIAL, VALUATION_FRESH),
        four_eyes=True,
    ),
    step((_P.ACTIVE, _P.IMPAIRED), "top_up", _P.ACTIVE, Actor.BANK, guards=_CONTROL, four_eyes=True),
    step(_P.ACTIVE, "impair", _P.IMPAIRED, Actor.SYSTEM, Actor.BANK, guards=(CONTROL_LOST,)),
    step((_P.ACTIVE, _P.IMPAIRED), "enforce", _P.ENFORCING, Actor.BANK, guards=(EVENT_OF_DEFAULT,), four_eyes=True),
    step(_P.ENFORCING, "realise", _P.REALISED, Actor.BANK, guards=(PROCEEDS_DISTRIBUTED,)),
    step(_P.ACTIVE, "release", _P.RELEASED, Actor.BANK, Actor.SYSTEM, guards=(DEBT_ZERO,)),
    # Implied, not rows of the table:
    step((_P.IMPAIRED, _P.ENFORCING), "release", _P.RELEASED, Actor.BANK, Actor.SYSTEM, guards=(DEBT_ZERO,)),
    step(_P.ENFORCING, "lift_enforcement", _P.ACTIVE, Actor.BANK, guards=(DEFAULT_WITHDRAWN,), four_eyes=True),
    step(_P.IMPAIRED, "restore_control", _P.ACTIVE, Actor.BANK, guards=_CONTROL, four_eyes=True),
    step((_P.DRAFT, _P.SIGNED, _P.REGISTERED), "cancel", _P.CANCELLED, Actor.BANK, Actor.SME),
)

RELEASE_ORDER = Machine[ReleaseState](
    "Release order",
    step(None, "request", ReleaseState.REQUESTED, Actor.SME, Actor.BANK),
    step(
        ReleaseState.REQUESTED,
        "order",
        ReleaseState.ORDERED,
        Actor.BANK,
        guards=(LTV_WITHIN_INITIAL, VALUATION_FRESH),
        four_eyes=True,
    ),
    step(ReleaseState.REQUESTED, "refuse", ReleaseState.REFUSED, Actor.BANK),
    step(
        ReleaseState.ORDERED,
        "execute",
        ReleaseState.EXECUTED,
        Actor.WAREHOUSE_OPERATOR,
        Actor.SUPERVISOR,
        guards=(WITHIN_ORDER,),
    ),
    step(ReleaseState.ORDERED, "revoke", ReleaseState.REVOKED, Actor.BANK),
)


def next_state(state: PledgeState | None, action: str) -> PledgeState:
    """Where a step leads; refuses what the table does not list."""
    return PLEDGE.next_state(state, action)


def is_impaired(control_lost_at: datetime | None, now: datetime) -> bool:
    """Whether control has been lost for longer than two hours, so that the pledge itself is in doubt."""
    return control_lost_at is not None and now - control_lost_at > CONTROL_LOSS_TOLERATED
