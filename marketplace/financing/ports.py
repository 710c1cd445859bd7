"""What later rooms know of the goods and of the guarantors behind a debt. Financing asks, and knows nothing of sales and undertakings."""

from collections.abc import Callable, Sequence
from datetime import date
from uuid import UUID

from tenants.workspace import Workspace

Bound = Callable[[Workspace, UUID], bool]
Lacking = Callable[[Workspace, UUID, date], Sequence[str]]

_asked: list[Bound] = []
_guarantors: list[Lacking] = []


def ask_before_ending(bound: Bound) -> None:
    """No debt ends while this says of its deal that its goods are bound. Called where the later room is loaded; what keeps an end back brings it about later (`end_if_paid`)."""
    _asked.append(bound)


def is_bound(ws: Workspace, deal_id: UUID) -> bool:
    """Whether goods of this deal belong to somebody already, and their price is not shared out."""
    return any(bound(ws, deal_id) for bound in _asked)


def ask_for_consent(lacking: Lacking) -> None:
    """Before a loan runs until a day, this names who stands behind it and has not agreed. Called where the later room is loaded."""
    _guarantors.append(lacking)


def without_consent(ws: Workspace, deal_id: UUID, until: date) -> list[str]:
    """By what name those stand behind a loan who have not agreed that it runs until that day."""
    return [name for lacking in _guarantors for name in lacking(ws, deal_id, until)]
