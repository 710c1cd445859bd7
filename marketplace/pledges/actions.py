"""What may be done with pledges: one door to the acts of this slice, each kept in the file of its verb.

Every act first holds the rows of its lots, in the order of their ids; only then are units looked for, taken or given back.
"""

from marketplace.pledges.controlling import confirm_control, impair_pledges, propose_control, register_pledges
from marketplace.pledges.ending import cancel_pledges, enforce_pledges, realise_pledge, release_pledges
from marketplace.pledges.following import require_holders_consent
from marketplace.pledges.offering import offer_pledge
from marketplace.pledges.releasing import (
    execute_release,
    guards_release,
    order_release,
    request_release,
    revoke_release,
)

__all__ = [
    "cancel_pledges",
    "confirm_control",
    "enforce_pledges",
    "execute_release",
    "guards_release",
    "impair_pledges",
    "offer_pledge",
    "order_release",
    "propose_control",
    "realise_pledge",
    "register_pledges",
    "release_pledges",
    "request_release",
    "require_holders_consent",
    "revoke_release",
]
