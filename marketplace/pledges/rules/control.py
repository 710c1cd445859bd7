"""Whether somebody really controls the goods for the bank: without that, there is no pledge.

Interpretation on Security 55: the supervisor must be appointed by the creditor and must actually control the goods;
a supervisor who merely watches (监控), or who serves the pledgor, creates nothing. Invariants 6 and 7.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tenants.errors import Conflict


class SupervisionMode(StrEnum):
    """CONTROL holds and releases on the creditor's instruction; MONITORING watches and reports only."""

    CONTROL = "CONTROL"
    MONITORING = "MONITORING"


@dataclass(frozen=True, slots=True)
class ControlRecord:
    """The supervisor's signed statement that it controls the goods, for whom, and since when."""

    supervisor: str
    principal: str
    mode: SupervisionMode
    effective_at: datetime
    evidence_ids: tuple[str, ...]


def require_control(record: ControlRecord, pledgee: str, pledgor_circle: Collection[str], now: datetime) -> None:
    """Refuse a control record that creates no pledge for `pledgee`.

    `pledgor_circle` is the pledgor and everybody affiliated with it.
    """
    if record.mode is not SupervisionMode.CONTROL:
        raise Conflict("supervisor_only_watches", "A supervisor who only watches does not control the goods.")
    if record.principal != pledgee:
        raise Conflict("principal_not_pledgee", "The supervisor was not appointed by the bank.")
    if record.supervisor in pledgor_circle:
        raise Conflict("supervisor_affiliated", "The supervisor is related to the pledgor.")
    if record.effective_at > now:
        raise Conflict("control_not_effective", "Control over the goods has not begun.")
    if not record.evidence_ids:
        raise Conflict("control_without_evidence", "A control record needs its evidence.")
