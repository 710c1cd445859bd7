"""Pages of the firm itself: home, approvals, activity, notifications, members, sessions, the register of organisations."""

from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import segno
from flask import Response, flash, redirect, request, url_for

from frontend import home, home_figures, home_rooms  # noqa: F401 (the figures register themselves)
from frontend.language import ZONE, translate
from frontend.pages import Pages, render
from frontend.proposals import laid_open
from frontend.tenants.telling import ROOM_NAMES, browser_name, by_day, kinds_in, news, told_notifications
from frontend.tenants.telling import told as told
from frontend.tenants.words import ACTS, CAPABILITIES, JOBS
from tenants import approvals, mail, members, notifications, organisations, record, sign_in
from tenants.approvals import Approval
from tenants.errors import Invalid
from tenants.permissions import Job
from tenants.workspace import Workspace

pages = Pages("tenants", __name__)
PAGE = 60
pages.add_app_template_filter(browser_name)


@pages.look("/")
def show_home(ws: Workspace) -> Any:
    return render(
        "tenants/home.html",
        needs=home.needs_of(ws),
        figures=home.figures_of(ws),
        next_steps=home_rooms.first_steps(ws),
        book=home_rooms.book_of(ws)[:6],
        goods=home_rooms.goods_at_hand(ws),
        journeys=home_rooms.journeys_of(ws),
        sales=home_rooms.sales_at_hand(ws),
        activity=told(record.activity(ws, kinds=news(), limit=6)),
        waiting=[row for row in _approvals(ws) if row["may_decide"]][:3],
    )


@pages.look("/clock.json", visitors=True)
def tell_time(ws: Workspace) -> Any:
    """The house's time: countdowns and clocks on a page that stays open follow it, also where a demo drives it."""
    return {"now": ws.now.isoformat()}


@pages.look("/approvals")
def list_approvals(ws: Workspace) -> Any:
    return render(
        "tenants/approvals.html",
        waiting=[row | {"terms": laid_open(ws, row["approval"])} for row in _approvals(ws)],
        decided=[_as_row(one) for one in approvals.decided(ws)],
    )


@pages.act("/approvals/<uuid:approval_id>/approval")
def approve(ws: Workspace, approval_id: UUID) -> Any:
    approvals.decide(ws, approval_id, approve=True, note=request.form.get("reason", "").strip())
    flash(translate("Approved."), "ok")
    return redirect(url_for(".list_approvals"))


@pages.act("/approvals/<uuid:approval_id>/refusal")
def refuse(ws: Workspace, approval_id: UUID) -> Any:
    reason = request.form.get("reason", "").strip()
    if not reason:
        raise Invalid("reason_missing", "Say why: a refusal needs its reason.", field="reason")
    approvals.decide(ws, approval_id, approve=False, note=reason)
    flash(translate("Refused."), "ok")
    return redirect(url_for(".list_approvals"))


@pages.look("/activity")
def show_activity(ws: Workspace) -> Any:
    room, cursor = request.args.get("room", ""), request.args.get("cursor")
    place = record.Place.read(cursor) if cursor else None
    events = record.activity(ws, after=place, kinds=kinds_in(room), limit=PAGE + 1)
    further = str(record.Place(events[PAGE - 1].at, events[PAGE - 1].id)) if len(events) > PAGE else None
    return render(
        "tenants/activity.html",
        days=by_day(told(events[:PAGE])),
        next_cursor=further,
        rooms=[("", translate("All")), *((key, translate(name)) for key, name in ROOM_NAMES.items())],
        query=request.args.to_dict(),
        today=_today(ws),
    )


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
    latest = notifications.latest(ws, 200)
    rows, failed = told_notifications(latest), mail.failed_letters(ws, latest)
    fresh = [row for row in rows if row["unread"]]
    shown = fresh if request.args.get("show") == "unread" else rows
    return render(
        "tenants/notifications.html",
        days=by_day(shown),
        unsent=told_notifications(one for one in latest if one.id in failed),
        fresh=len(fresh),
        query=request.args.to_dict(),
        today=_today(ws),
    )


@pages.act("/notifications/<uuid:notification_id>/repetition", again="list_notifications")
def send_letter_again(ws: Workspace, notification_id: UUID) -> Any:
    mail.send_letter_again(ws, notification_id)
    flash(translate("The message is on its way again."), "ok")
    return redirect(url_for(".list_notifications"))


@pages.act("/notifications/readings")
def mark_notifications_read(ws: Workspace) -> Any:
    notifications.mark_read(ws)
    return redirect(url_for(".list_notifications"))


@pages.look("/members")
def list_members(ws: Workspace) -> Any:
    people = members.list_members(ws)
    return render(
        "tenants/members.html",
        members=people,
        present=[one for one in people if one.ended_at is None],
        invitations=members.invitations(ws) if ws.can("administer_members") else [],
        jobs=_jobs(),
    )


@pages.act("/members", again="list_members")
def invite_member(ws: Workspace) -> Any:
    email = request.form.get("email", "").strip()
    token = members.invite_member(ws, email=email, jobs=request.form.getlist("jobs"))
    return _invited(token, email, translate("Members"), url_for(".list_members"))


@pages.act("/members/<uuid:person_id>/jobs", again="show_jobs")
def set_jobs(ws: Workspace, person_id: UUID) -> Any:
    members.set_jobs(ws, person_id, request.form.getlist("jobs"))
    flash(translate("The jobs are changed. They count from the next click on."), "ok")
    return redirect(url_for(".list_members"))


@pages.look("/members/<uuid:person_id>/jobs")
def show_jobs(ws: Workspace, person_id: UUID) -> Any:
    ws.may("administer_members")
    return render("tenants/jobs.html", member=members.find_member(ws, person_id), jobs=_jobs())


@pages.act("/members/<uuid:person_id>/end")
def end_membership(ws: Workspace, person_id: UUID) -> Any:
    members.end_membership(ws, person_id)
    flash(translate("The membership has ended, and so have its sessions."), "ok")
    return redirect(url_for(".list_members"))


@pages.look("/organisations")
def list_organisations(ws: Workspace) -> Any:
    return render(
        "tenants/organisations.html",
        organisations=organisations.all_organisations(ws.session),
        kinds=[kind for kind in organisations.Kind if kind != organisations.Kind.PLATFORM],
    )


@pages.act("/organisations", again="list_organisations")
def admit_organisation(ws: Workspace) -> Any:
    form = request.form
    _, token = members.admit_organisation(
        ws,
        name=form.get("name", ""),
        kinds=form.getlist("kinds"),
        uscc=form.get("uscc", "").strip() or None,
        lei=form.get("lei", "").strip() or None,
        city=form.get("city", "").strip() or None,
        email=form.get("email", "").strip(),
    )
    return _invited(token, form["email"].strip(), translate("Organisations"), url_for(".list_organisations"))


@pages.look("/profile")
def show_profile(ws: Workspace) -> Any:
    return render(
        "tenants/profile.html",
        sessions=members.my_sessions(ws),
        current=ws.member.session_id,
        scopes=_scopes(ws),
        has_totp=sign_in.has_totp(ws),
    )


@pages.look("/profile/security")
def show_security(ws: Workspace) -> Any:
    offered = sign_in.offered_totp(ws)
    return _totp_offer(offered) if offered else render("tenants/security.html", has_totp=sign_in.has_totp(ws))


@pages.act("/profile/security/codes", again="show_security")
def begin_totp(ws: Workspace) -> Any:
    return _totp_offer(sign_in.offer_totp(ws))


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
        days=int(days) if days.isdecimal() and len(days) < 5 else 0,
    )
    return render("tenants/issued.html", token=token)


@pages.act("/profile/sessions/<uuid:session_id>/end")
def end_session(ws: Workspace, session_id: UUID) -> Any:
    members.revoke_session(ws, session_id)
    return redirect(url_for(".show_profile"))


@pages.look("/search")
def search(ws: Workspace) -> Any:
    room = "/lots" if {"SME", "BANK", "WAREHOUSE_OPERATOR", "SUPERVISOR"} & ws.member.kinds else "/catalogue"
    return redirect(f"{room}?{urlencode({'q': request.args.get('q', '')})}")


def _approvals(ws: Workspace) -> list[dict[str, Any]]:
    mine_to_decide = {one.id for one in approvals.to_decide(ws)}
    return [
        _as_row(one) | {"mine": one.made_by == ws.person_id, "may_decide": one.id in mine_to_decide}
        for one in approvals.waiting(ws)
    ]


def _as_row(one: Approval) -> dict[str, Any]:
    name, address = ACTS.get(one.act, (one.act, ""))
    return {
        "approval": one,
        "title": translate(name),
        "href": address.format(**one.payload | {"subject": one.subject_id}),
    }


def _scopes(ws: Workspace) -> dict[str, dict[str, str]]:
    """What a token of this member could be good for, by topic."""
    mine = {
        topic: {name: word for name, word in words.items() if ws.can(name)} for topic, words in CAPABILITIES.items()
    }
    return {topic: words for topic, words in mine.items() if words}


def _today(ws: Workspace) -> date:
    return ws.now.astimezone(ZONE).date()


def _jobs() -> list[tuple[str, str]]:
    return [(job.value, JOBS[job.value]) for job in Job]


def _invited(token: str, email: str, came_from: str, back: str) -> str:
    link = url_for("sign_in.invitation_form", token=token, _external=True)
    return render("tenants/invited.html", link=link, email=email, came_from=came_from, back=back)


def _totp_offer(address: str) -> str:
    secret = address.partition("secret=")[2].partition("&")[0]
    qr = segno.make(address).svg_data_uri(scale=5, border=2)
    return render("tenants/security.html", has_totp=False, qr=qr, secret=secret)


@home.needs
def approvals_to_decide(ws: Workspace) -> list[home.Need]:
    count = len(approvals.to_decide(ws))
    return [home.Need(translate("Proposals wait for your decision"), "/approvals", count, "watch", icon="approve")]
