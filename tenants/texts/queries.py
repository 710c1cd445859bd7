"""A member's own phone and what was sent to it. Nobody else's."""

from sqlalchemy import select

from tenants.texts import ports
from tenants.texts.models import MemberPhone, TextMessage
from tenants.workspace import Workspace

HIDDEN = "Bailee: your code is ••••••."


def my_phone(ws: Workspace) -> MemberPhone | None:
    """The phone of whoever asks; none where no number was ever given."""
    return ws.session.get(MemberPhone, (ws.tenant_id, ws.person_id))


def my_texts(ws: Workspace, *, limit: int = 50) -> list[TextMessage]:
    """What was sent to one's own phone, newest first."""
    mine = (TextMessage.tenant_id == ws.tenant_id) & (TextMessage.person_id == ws.person_id)
    newest = select(TextMessage).where(mine).order_by(TextMessage.created_at.desc(), TextMessage.id.desc())
    return list(ws.session.scalars(newest.limit(limit)))


def words_of(message: TextMessage) -> str:
    """What a message says, on the screen. A code is for the phone alone, but for a demo, where no phone rings."""
    return message.text if message.kind or ports.shows_codes() else HIDDEN
