"""When to look for payouts."""

from datetime import timedelta

from marketplace.billing.queries import today_of
from marketplace.billing.rules.plans import starts_at
from tenants.workspace import Workspace

MORNING = timedelta(hours=7)


def await_payouts(ws: Workspace) -> None:
    """Something of ours lies with the card service: look for its payouts tomorrow morning. Set again it is the same timer."""
    tomorrow = today_of(ws) + timedelta(days=1)
    ws.set_timer("payouts.read_payouts", key=f"{ws.tenant_id}:{tomorrow}", due=starts_at(tomorrow) + MORNING, stream_id=ws.tenant_id)  # fmt: skip
