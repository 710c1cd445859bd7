"""Setting the alarm rules: a supervisor's officer proposes, a colleague agrees, and from that moment on readings are judged by the new version.

A rule that rings at thieves may be made duller but not switched off: goods that are pledged are watched for theft, fire and water, whoever owns the screen.
"""

from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select

from marketplace.inventory.places.queries import find_site
from marketplace.supervision.events import AlarmRuleChanged
from marketplace.supervision.models.alarm_rules import AlarmRuleVersion
from marketplace.supervision.rules.alarms import Severity
from marketplace.supervision.rules.defaults import DEFAULT_RULES, FIGURES, SETTINGS
from marketplace.supervision.rules.settings import Figures, Setting, changed, figures_of
from marketplace.supervision.rules.versions import Scope
from marketplace.supervision.words import TYPES, saying
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.database import new_id
from tenants.errors import Conflict, Invalid
from tenants.events import sentence
from tenants.workspace import Workspace

LONGEST_REASON = 2000


def propose_rule(
    ws: Workspace, *, type: str, figures: Figures | None, because: str, hs_code: str = "", site_id: UUID | None = None  # noqa: A002 (the trade's word)
) -> Approval:  # fmt: skip
    """Propose the figures of one alarm type for goods of an HS code (empty: any) at a site (None: any); `figures` None withdraws what holds there.

    Refuses, by field, a type that is no matter of setting, a figure out of its bounds, and to switch off what rings at theft, fire and water.
    """
    ws.may("set_alarm_rules")
    _require_settable(type)
    scope = checked_scope(ws, hs_code, site_id)
    kept = None if figures is None else _kept(type, figures)
    if kept is None and not stands(ws, type, scope):
        raise Conflict("rule_not_set", "No rule of your own holds there.")
    reason = because.strip()
    if not 1 <= len(reason) <= LONGEST_REASON:
        raise Invalid("reason_missing", "Say why.", field="because")
    return approvals.propose(
        ws,
        "approve_alarm_rule",
        subject_id=uuid5(ws.tenant_id, f"{type}|{scope.hs_code}|{scope.site_id}"),
        summary=sentence("Alarm rule %(type)s: %(because)s", type=saying(TYPES[type]), because=reason[:200]),
        type=type,
        hs_code=scope.hs_code,
        site_id=str(scope.site_id) if scope.site_id else None,
        figures=kept,
        because=reason,
    )


@upon_approval("approve_alarm_rule")
def _enact(ws: Workspace, approval: Approval) -> None:
    asked = approval.payload
    row = AlarmRuleVersion(
        tenant_id=ws.tenant_id,
        id=new_id(),
        type=asked["type"],
        hs_code=asked["hs_code"],
        site_id=UUID(asked["site_id"]) if asked["site_id"] else None,
        from_at=ws.now,
        figures=asked["figures"],
        because=asked["because"],
        set_by=approval.maker,
        approved_by=ws.member.name,
    )
    ws.session.add(row)
    ws.record(
        AlarmRuleChanged(
            type=row.type, type_word=saying(TYPES[row.type]), version_id=row.id, by=row.set_by, because=row.because
        ),
        on=ws.tenant_id,
    )


def checked_setting(kind: str, figures: Figures) -> Setting:
    """The house's setting of this type with these figures. Refuses what `propose_rule` refuses of them."""
    _require_settable(kind)
    made = changed(SETTINGS[kind], figures, FIGURES[kind])
    if not made.is_on and DEFAULT_RULES[kind].severity is Severity.CRITICAL:
        raise Invalid("rule_needed", "This alarm may be set, not switched off.", field="on")
    return made


def checked_scope(ws: Workspace, hs_code: str, site_id: UUID | None) -> Scope:
    """Where a rule is to hold. Refuses a site that is in no register and a code that is none."""
    if hs_code and not (hs_code.isascii() and hs_code.isdecimal() and len(hs_code) in (6, 8, 10)):
        raise Invalid("hs_code_wrong", "An HS code has 6, 8 or 10 digits.", field="hs_code")
    if site_id:
        find_site(ws, site_id)
    return Scope(hs_code, site_id)


def stands(ws: Workspace, kind: str, scope: Scope) -> bool:
    """Whether the firm has a version of its own in this very scope now."""
    wanted = select(AlarmRuleVersion).where(
        AlarmRuleVersion.tenant_id == ws.tenant_id,
        AlarmRuleVersion.type == kind,
        AlarmRuleVersion.hs_code == scope.hs_code,
        AlarmRuleVersion.site_id.is_not_distinct_from(scope.site_id),
    )
    newest = ws.session.scalars(wanted.order_by(AlarmRuleVersion.from_at.desc()).limit(1)).first()
    return newest is not None and newest.figures is not None


def _require_settable(kind: str) -> None:
    if kind not in FIGURES:
        raise Invalid("type_unknown", "There is no such alarm rule to set.", field="type")


def _kept(kind: str, figures: Figures) -> dict[str, Any]:
    return figures_of(checked_setting(kind, figures), FIGURES[kind])
