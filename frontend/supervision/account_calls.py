"""The call that lets a device in at the embedded broker."""

from uuid import UUID

from frontend.api import Nothing
from frontend.supervision.calls import api
from frontend.supervision.device_shapes import BrokerAccountView
from marketplace.supervision.devices import accounts
from tenants.workspace import Workspace


@api.act("/devices/<uuid:device_id>/broker-account", gives=BrokerAccountView, status=201)
def give_broker_account(ws: Workspace, device_id: UUID, body: Nothing) -> BrokerAccountView:
    """Give a device an account at the broker, or a new password for it; the old one opens nothing within seconds."""
    return BrokerAccountView.model_validate(accounts.give_broker_account(ws, device_id))
