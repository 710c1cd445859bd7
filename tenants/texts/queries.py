"""A member's own phone and what was sent to it. Nobody else's."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from tenants.errors import NotFound
from tenants.texts import ports
from tenants.texts.models import MemberPhone, TextMessage
from tenants.texts.writing import SEND
from tenants.tries import failed_among
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


def find_text(ws: Workspace, text_id: UUID) -> TextMessage:
    """One message to one's own phone."""
    message = ws.session.get(TextMessage, (ws.tenant_id, text_id))
    if message is None or message.person_id != ws.person_id:
        raise NotFound("text_unknown", "There is no such message.")
    return message


def failed_texts(ws: Workspace, messages: Sequence[TextMessage]) -> set[UUID]:
    """Those among these that were tried and did not go out."""
    unsent = [str(one.id) for one in messages if one.sent_at is None]
    return {UUID(key) for key in failed_among(ws, SEND, unsent)} if unsent else set()


def words_of(message: TextMessage) -> str:
    """What a message says, on the screen. A code is for the phone alone, but for a demo, where no phone rings."""
    return message.text if message.kind or ports.shows_codes() else HIDDEN
