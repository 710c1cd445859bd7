"""The firm's alarm rules as people read them: for each type what the house says, what the firm set where, and how that came about."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from marketplace.supervision.models.alarm_rules import AlarmRuleVersion
from marketplace.supervision.rules.defaults import FIGURES, SETTINGS
from marketplace.supervision.rules.settings import figures_of
from marketplace.supervision.rules.versions import Scope
from tenants.errors import NotFound
from tenants.workspace import Workspace


@dataclass(frozen=True)
class RuleEntry:
    """One type: the house's figures, and the firm's own version of each scope that stands now, newest first."""

    type: str
    house: dict[str, Any]
    own: list[AlarmRuleVersion]

    def figures_in(self, scope: Scope) -> dict[str, Any]:
        """What holds in exactly this scope: its own version, else the house's figures."""
        found = next((one for one in self.own if Scope(one.hs_code, one.site_id) == scope), None)
        return found.figures if found and found.figures else self.house


def rulebook(ws: Workspace) -> list[RuleEntry]:
    """All types that may be set, in the house's order."""
    standing: dict[tuple[str, Scope], AlarmRuleVersion] = {}
    for row in _versions(ws):
        standing.setdefault((row.type, Scope(row.hs_code, row.site_id)), row)
    return [_entry(kind, [row for (type_, _), row in standing.items() if type_ == kind]) for kind in FIGURES]


def rule_entry(ws: Workspace, kind: str) -> RuleEntry:
    """One type. Refuses, as not found, one that is no matter of setting."""
    found = next((entry for entry in rulebook(ws) if entry.type == kind), None)
    if found is None:
        raise NotFound("type_unknown", "There is no such alarm rule to set.")
    return found


def rule_history(ws: Workspace, kind: str, *, limit: int = 100) -> list[AlarmRuleVersion]:
    """Every version of a type, newest first."""
    return [row for row in _versions(ws) if row.type == kind][:limit]


def _entry(kind: str, own: list[AlarmRuleVersion]) -> RuleEntry:
    return RuleEntry(kind, figures_of(SETTINGS[kind], FIGURES[kind]), [row for row in own if row.figures is not None])


def _versions(ws: Workspace) -> list[AlarmRuleVersion]:
    wanted = select(AlarmRuleVersion).where(AlarmRuleVersion.tenant_id == ws.tenant_id)
    return list(ws.session.scalars(wanted.order_by(AlarmRuleVersion.from_at.desc(), AlarmRuleVersion.id.desc())))
