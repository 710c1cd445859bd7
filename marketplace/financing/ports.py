"""What a later room knows of the goods behind a debt. Financing asks whether they are bound, and knows nothing of sales."""

from collections.abc import Callable
from uuid import UUID

from tenants.workspace import Workspace

Bound = Callable[[Workspace, UUID], bool]

_asked: list[Bound] = []


def ask_before_ending(bound: Bound) -> None:
    """No debt ends while this says of its deal that its goods are bound. Called where the later room is loaded; what keeps an end back brings it about later (`end_if_paid`)."""
    _asked.append(bound)


def is_bound(ws: Workspace, deal_id: UUID) -> bool:
    """Whether goods of this deal belong to somebody already, and their price is not shared out."""
    return any(bound(ws, deal_id) for bound in _asked)
