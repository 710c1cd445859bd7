"""Pages of the firm itself: home, approvals, activity, notifications, members, sessions, the register of organisations."""

from typing import Any
from uuid import UUID

import segno
from flask import Response, flash, redirect, request, url_for

from frontend import home
from frontend.language import translate
from frontend.pages import Pages, render
from tenants import approvals, members, notifications, organisations, record, sign_in
from tenants.events import KINDS
from tenants.permissions import FOUR_EYES, PERMISSIONS, Job
from tenants.workspace import Workspace

pages = Pages("tenants", __name__)

ACTS = {
    "approve_inspection": "Inspection of a lot",
    "accept_control": "Acceptance of control over pledged goods",
    "approve_deal": "Approval of a deal",
    "approve_drawdown": "Drawdown",
    "approve_default": "Declaration of default",
    "approve_release": "Release of pledged goods",
    "approve_disposal": "Disposal by auction",
    "approve_waterfall": "Distribution of proceeds",
    "approve_shelving": "Shelving of an alarm",
}


@pages.look("/")
def show_home(ws: Workspace) -> Any:
    return render(
        "tenants/home.html",
        needs=home.needs_of(ws),
        figures=home.figures_of(ws),
        activity=told(record.activity(ws, limit=12)),
        waiting=_approvals(ws)[:3],
    )


@pages.look("/approvals")
def list_approvals(ws: Workspace) -> Any:
    return render("tenants/approvals.html", waiting=_approvals(ws))


@pages.act("/approvals/<uuid:approval_id>/approval")
def approve(ws: Workspace, approval_id: UUID) -> Any:
    approvals.decide(ws, approval_id, approve=True, note=request.form.get("reason", "").strip())
    flash(translate("Approved."), "ok")
    return redirect(url_for(".list_approvals"))


@pages.act("/approvals/<uuid:approval_id>/refusal")
def refuse(ws: Workspace, approval_id: UUID) -> Any:
    approvals.decide(ws, approval_id, approve=False, note=request.form.get("reason", "").strip())
    flash(translate("Refused."), "ok")
    return redirect(url_for(".list_approvals"))


@pages.look("/activity")
def show_activity(ws: Workspace) -> Any:
    return render("tenants/activity.html", activity=told(record.activity(ws, limit=100)))


@pages.look("/activity.jsonl")
def download_record(ws: Workspace) -> Any:
    body = "".join(record.export_lines(ws))
    return Response(
        body,
        mimetype="application/jsonl",
        headers={"Content-Disposition": 'attachment; filename="bailee-record.jsonl"'},
    )


@pages.look("/notifications")
def list_notifications(ws: Workspace) -> Any:
    rows = [
        {
            "at": n.created_at,
            "title": translate(KINDS[n.kind].says, **n.facts),
            "href": n.link,
            "icon": "bell",
            "tone": None if n.read_at else "accent",
        }
        for n in notifications.latest(ws)
    ]
    return render("tenants/notifications.html", rows=rows)


@pages.act("/notifications/readings")
def mark_notifications_read(ws: Workspace) -> Any:
    notifications.mark_read(ws)
    return redirect(url_for(".list_notifications"))


@pages.look("/members")
def list_members(ws: Workspace) -> Any:
    rows = ws.can("administer_members")
    return render(
        "tenants/members.html",
        members=members.list_members(ws),
        invitations=members.invitations(ws) if rows else [],
        jobs=list(Job),
        link=request.args.get("link"),
    )


@pages.act("/members", again="list_members")
def invite_member(ws: Workspace) -> Any:
    token = members.invite_member(ws, email=request.form.get("email", "").strip(), jobs=request.form.getlist("jobs"))
    return render(
        "tenants/invited.html",
        link=url_for("sign_in.invitation_form", token=token, _external=True),
        email=request.form["email"],
    )


@pages.act("/members/<uuid:person_id>/end")
def end_membership(ws: Workspace, person_id: UUID) -> Any:
    members.end_membership(ws, person_id)
    return redirect(url_for(".list_members"))


@pages.look("/organisations")
def list_organisations(ws: Workspace) -> Any:
    ws.may("admit_organisation")
    return render(
        "tenants/organisations.html",
        organisations=organisations.all_organisations(ws.session),
        kinds=[k for k in organisations.Kind if k != "PLATFORM"],
    )


@pages.act("/organisations", again="list_organisations")
def admit_organisation(ws: Workspace) -> Any:
    form = request.form
    _, token = members.admit_organisation(
        ws,
        name=form.get("name", ""),
        kinds=form.getlist("kinds"),
        uscc=form.get("uscc") or None,
        lei=form.get("lei") or None,
        city=form.get("city") or None,
        email=form.get("email", "").strip(),
    )
    return render(
        "tenants/invited.html",
        link=url_for("sign_in.invitation_form", token=token, _external=True),
        email=form["email"],
    )


@pages.look("/profile")
def show_profile(ws: Workspace) -> Any:
    return render(
        "tenants/profile.html", sessions=members.my_sessions(ws), current=ws.member.session_id, scopes=_scopes(ws)
    )


@pages.look("/profile/security")
def show_security(ws: Workspace) -> Any:
    return render("tenants/security.html", has_totp=sign_in.has_totp(ws))


@pages.act("/profile/security/codes", again="show_security")
def begin_totp(ws: Workspace) -> Any:
    address = sign_in.offer_totp(ws)
    return render(
        "tenants/security.html", has_totp=False, qr=segno.make(address).svg_data_uri(scale=5, border=2), secret=address
    )


@pages.act("/profile/security/confirmation", again="show_security")
def confirm_totp(ws: Workspace) -> Any:
    sign_in.confirm_totp(ws, request.form.get("code", ""))
    flash(translate("From your next sign-in on, a code is asked for."), "ok")
    return redirect(url_for(".show_security"))


@pages.act("/profile/tokens", again="show_profile")
def issue_token(ws: Workspace) -> Any:
    days = request.form.get("days", "90")
    token = members.issue_token(
        ws,
        label=request.form.get("label", ""),
        scopes=request.form.getlist("scopes"),
        days=int(days) if days.isdecimal() else 0,
    )
    return render("tenants/issued.html", token=token)


@pages.act("/profile/sessions/<uuid:session_id>/end")
def end_session(ws: Workspace, session_id: UUID) -> Any:
    members.revoke_session(ws, session_id)
    return redirect(url_for(".show_profile"))


@pages.look("/search")
def search(ws: Workspace) -> Any:
    room = "/lots" if {"SME", "BANK", "WAREHOUSE_OPERATOR", "SUPERVISOR"} & ws.member.kinds else "/catalogue"
    return redirect(f"{room}?q={request.args.get('q', '')}")


def told(events: list[record.Told]) -> list[dict[str, Any]]:
    """Events as the timeline macro takes them, in the reader's language."""
    return [
        {
            "at": e.at,
            "title": translate(e.says, **e.facts),
            "by": " · ".join(filter(None, (e.who, e.organisation))),
            "href": e.link or None,
        }
        for e in events
    ]


def _approvals(ws: Workspace) -> list[dict[str, Any]]:
    return [
        {
            "approval": one,
            "title": translate(ACTS.get(one.act, one.act)),
            "mine": one.made_by == ws.person_id,
            "may_decide": one.made_by != ws.person_id and ws.can(FOUR_EYES[one.act][1]),
        }
        for one in approvals.waiting(ws)
    ]


def _scopes(ws: Workspace) -> list[str]:
    return [capability for capability in PERMISSIONS if ws.can(capability)]


@home.needs
def approvals_to_decide(ws: Workspace) -> list[home.Need]:
    count = sum(row["may_decide"] for row in _approvals(ws))
    return [home.Need(translate("Proposals wait for your decision"), "/approvals", count, "watch", icon="approve")]
