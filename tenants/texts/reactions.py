"""Sending a text message: at least once, under its own key; what fails is offered again by the outbox, later each time."""

from uuid import UUID

from tenants.events import Happened, reacts_to
from tenants.texts import ports
from tenants.texts.models import MemberPhone, TextMessage
from tenants.workspace import Workspace


@reacts_to(roles=set())
def send_text(ws: Workspace, happened: Happened) -> None:
    """Send one message, unless its number was changed or forgotten in the meantime."""
    message = ws.session.get(TextMessage, (ws.tenant_id, UUID(happened.facts["message_id"])), with_for_update=True)
    if message is None or message.sent_at:
        return
    phone = ws.session.get(MemberPhone, (ws.tenant_id, message.person_id))
    if phone is None or phone.number != message.number:
        return
    ports.texts().send(key=str(message.id), to=message.number, text=message.text)
    message.sent_at = ws.now
