"""What people do at the desk. The front page of the slice; each act is written out in the module that it comes from."""

from marketplace.duty.drilling import answer_drill, ring_drill
from marketplace.duty.handing import hand_over, take_over
from marketplace.duty.liveness import confirm_liveness
from marketplace.duty.planning import plan_roster

__all__ = ["answer_drill", "confirm_liveness", "hand_over", "plan_roster", "ring_drill", "take_over"]
