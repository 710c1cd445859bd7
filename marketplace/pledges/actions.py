"""What may be done with pledges: one door to the acts of this slice, each kept in the file of its verb.

Every act first holds the rows of its lots, in the order of their ids; only then are units looked for, taken or given back.
"""

from marketplace.pledges.agreeing import propose_agreement, sign_agreement
from marketplace.pledges.controlling import confirm_control, impair_pledges, propose_control, register_pledges
from marketplace.pledges.ending import (
    cancel_pledges,
    enforce_pledges,
    lift_enforcement,
    realise_pledge,
    release_pledges,
)
from marketplace.pledges.exchanging import ask_substitution, order_substitution, refuse_substitution
from marketplace.pledges.filing import file_registration
from marketplace.pledges.following import require_holders_consent
from marketplace.pledges.losing import report_control_lost
from marketplace.pledges.offering import offer_pledge
from marketplace.pledges.ranks.consenting import (
    ask_second_rank,
    claim_proceeds,
    propose_consent,
    refuse_second_rank,
    withdraw_second_rank,
)
from marketplace.pledges.ranks.offering import offer_behind
from marketplace.pledges.releasing import (
    execute_release,
    guards_release,
    order_release,
    request_release,
    revoke_release,
)
from marketplace.pledges.shortages.deciding import propose_confirmation, propose_lifting, recount_shortage
from marketplace.pledges.shortages.objecting import object_to_share, propose_answer
from marketplace.pledges.shortages.opening import open_shortage
from marketplace.pledges.shortages.restoring import propose_found

__all__ = [
    "ask_second_rank",
    "ask_substitution",
    "cancel_pledges",
    "claim_proceeds",
    "confirm_control",
    "enforce_pledges",
    "execute_release",
    "file_registration",
    "guards_release",
    "impair_pledges",
    "lift_enforcement",
    "object_to_share",
    "offer_behind",
    "offer_pledge",
    "open_shortage",
    "order_release",
    "order_substitution",
    "propose_agreement",
    "propose_answer",
    "propose_confirmation",
    "propose_consent",
    "propose_control",
    "propose_found",
    "propose_lifting",
    "realise_pledge",
    "recount_shortage",
    "refuse_second_rank",
    "refuse_substitution",
    "register_pledges",
    "release_pledges",
    "report_control_lost",
    "request_release",
    "require_holders_consent",
    "revoke_release",
    "sign_agreement",
    "withdraw_second_rank",
]
