"""What people do on patrols: lay routes out and end them (`planning`), walk rounds (`walking`). What the clock does is in `calling`."""

from marketplace.patrols.planning import end_route, plan_route
from marketplace.patrols.walking import scan_checkpoint

__all__ = ["end_route", "plan_route", "scan_checkpoint"]
