"""How many people a pledgor's word takes: two where the firm has them, as it stands to lose what it gave."""

from uuid import UUID

from marketplace.disposal.rules.appropriating import has_two
from tenants.members import list_members
from tenants.permissions import FOUR_EYES, allowed
from tenants.workspace import Workspace


def takes_two(ws: Workspace, act: str) -> bool:
    """Whether the viewer's firm has two people for this act: one who makes it and another who checks it."""
    makers, checkers = (_who_may(ws, capability) for capability in FOUR_EYES[act])
    return has_two(makers, checkers)


def _who_may(ws: Workspace, capability: str) -> set[UUID]:
    people = [one for one in list_members(ws) if one.ended_at is None]
    return {one.person_id for one in people if allowed(capability, kinds=ws.member.kinds, jobs=frozenset(one.jobs), scopes=None)}  # fmt: skip
