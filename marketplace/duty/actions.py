"""What people do at the desk. The front page of the slice; each act is written out in the module that it comes from."""

from marketplace.duty.handing import hand_over, take_over
from marketplace.duty.liveness import confirm_liveness
from marketplace.duty.planning import plan_roster

__all__ = ["confirm_liveness", "hand_over", "plan_roster", "take_over"]
