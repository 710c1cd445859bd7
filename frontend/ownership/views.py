"""Pages of the register of owners: a firm's entries as the platform keeps them, and a firm's own view of what is entered about it."""

from datetime import date
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from flask import flash, redirect, request, url_for

from frontend import entered
from frontend.language import ZONE, translate
from frontend.ownership.words import KINDS, RULES
from frontend.pages import Pages, render
from frontend.proposals import Terms, lays_open
from tenants.approvals import Approval
from tenants.organisations import find_organisation
from tenants.ownership import actions
from tenants.ownership.queries import find_stake, owners_of, related_firms
from tenants.ownership.rules import StakeKind
from tenants.workspace import Workspace

pages = Pages("ownership", __name__)
pages.add_app_template_filter(lambda kind: translate(KINDS[kind]), "stake_kind")
pages.add_app_template_filter(
    lambda part: f"{part.normalize():f}%", "stake_part"
)  # with all its places: 50.0001% is control


@pages.look("/owners")
def show_own_owners(ws: Workspace) -> Any:
    return render("ownership/own.html", stakes=owners_of(ws, ws.tenant_id))


@pages.act("/owners/<uuid:stake_id>/objection")
def object_to_stake(ws: Workspace, stake_id: UUID) -> Any:
    actions.object_to_stake(ws, stake_id, because=request.form.get("because", ""))
    flash(translate("The platform was told. The entry counts until it is ended."), "ok")
    return redirect(url_for(".show_own_owners"))


class StakeTerms(Terms):
    """An entry among a firm's owners. `percent` for shares alone."""

    act: Literal["approve_stake"]
    firm_id: UUID
    owner: str
    kind: StakeKind
    percent: Decimal | None
    since: date
    evidence: str


@lays_open("approve_stake", "ownership/proposed.html", StakeTerms)
def proposed_stake(ws: Workspace, approval: Approval) -> dict[str, Any]:
    """The entry as the firm would read it."""
    told = approval.payload
    percent = None if told["percent"] is None else Decimal(told["percent"])
    since, plain = date.fromisoformat(told["since"]), {name: told[name] for name in ("firm_id", "kind", "evidence")}
    return plain | {"percent": percent, "owner": told["owner_name"], "since": since}


@pages.look("/organisations/<uuid:organisation_id>/owners")
def show_owners(ws: Workspace, organisation_id: UUID) -> Any:
    related = [(name, translate(RULES[rule])) for name, rule in related_firms(ws, organisation_id)]
    return render(
        "ownership/owners.html",
        firm=find_organisation(ws.session, organisation_id),
        stakes=owners_of(ws, organisation_id),
        related=related,
        kinds=[(kind, translate(name)) for kind, name in KINDS.items()],
        today=ws.now.astimezone(ZONE).date(),
    )


@pages.act("/organisations/<uuid:organisation_id>/owners", again="show_owners")
def propose_stake(ws: Workspace, organisation_id: UUID) -> Any:
    form, today = request.form, ws.now.astimezone(ZONE).date()
    actions.propose_stake(
        ws,
        organisation_id,
        kind=form.get("kind", ""),
        percent=entered.figure_or_none("percent"),
        since=entered.day_or_none("since") or today,
        evidence=form.get("evidence", ""),
        owner_name=form.get("owner_name", ""),
        owner_code=form.get("owner_code", ""),
        person=form.get("person") == "yes",
    )
    flash(translate("Your proposal waits for a colleague."), "ok")
    return redirect(url_for(".show_owners", organisation_id=organisation_id))


@pages.act("/owners/<uuid:stake_id>/end")
def propose_stake_end(ws: Workspace, stake_id: UUID) -> Any:
    until = entered.day_or_none("until") or ws.now.astimezone(ZONE).date()
    actions.propose_stake_end(ws, stake_id, until=until)
    flash(translate("Your proposal waits for a colleague."), "ok")
    return redirect(url_for(".show_owners", organisation_id=find_stake(ws, stake_id).firm_id))
