"""Pages of webhooks: the list, registering one, its log, its secret (shown once), a test, sending again."""

from itertools import groupby
from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for

from frontend.language import translate, translate_plural
from frontend.pages import Pages, render
from frontend.tenants.telling import ROOM_NAMES, ROOMS, slice_of
from tenants.webhooks import actions, queries
from tenants.webhooks.carrying import host_of
from tenants.webhooks.forms import Form
from tenants.webhooks.models import Webhook
from tenants.workspace import Workspace

pages = Pages("webhooks", __name__)
pages.add_app_template_filter(host_of, "webhook_host")


@pages.look("/webhooks")
def list_webhooks(ws: Workspace) -> Any:
    return render("webhooks/webhooks.html", webhooks=queries.list_webhooks(ws), given_up=queries.given_up(ws))


@pages.look("/webhooks/new")
def new_webhook(ws: Workspace) -> Any:
    ws.may("manage_webhooks")
    return render("webhooks/new_webhook.html", topics=topics(), ticked=request.form.getlist("kinds"))


@pages.act("/webhooks", again="new_webhook")
def register_webhook(ws: Workspace) -> Any:
    form = request.form
    webhook, secret = actions.register_webhook(
        ws,
        url=form.get("url", ""),
        kinds=form.getlist("kinds"),
        purpose=form.get("purpose", ""),
        form=form.get("form", "signed"),
    )
    return _secret_page(webhook, secret) if webhook.form == Form.SIGNED else _back(webhook.id)


@pages.look("/webhooks/<uuid:webhook_id>")
def show_webhook(ws: Workspace, webhook_id: UUID) -> Any:
    state = request.args.get("state", "")
    return render(
        "webhooks/webhook.html",
        webhook=queries.find_webhook(ws, webhook_id),
        messages=queries.messages_of(ws, webhook_id, state=state),
        counts=queries.counts_of(ws, webhook_id),
        query=request.args.to_dict(),
    )


@pages.act("/webhooks/<uuid:webhook_id>/secret", again="show_webhook")
def replace_secret(ws: Workspace, webhook_id: UUID) -> Any:
    secret = actions.replace_secret(ws, webhook_id)
    return _secret_page(queries.find_webhook(ws, webhook_id), secret)


@pages.act("/webhooks/<uuid:webhook_id>/tests", again="show_webhook")
def send_test(ws: Workspace, webhook_id: UUID) -> Any:
    actions.send_test(ws, webhook_id)
    flash(translate("The test is on its way. Its line in the log tells what came of it."), "ok")
    return _back(webhook_id)


@pages.act("/webhooks/<uuid:webhook_id>/messages/<uuid:message_id>/repetition", again="show_webhook")
def send_again(ws: Workspace, webhook_id: UUID, message_id: UUID) -> Any:
    actions.send_again(ws, webhook_id, message_id)
    flash(translate("The message is on its way again, under the same id."), "ok")
    return _back(webhook_id)


@pages.act("/webhooks/<uuid:webhook_id>/repetition", again="show_webhook")
def send_dead_again(ws: Workspace, webhook_id: UUID) -> Any:
    number = actions.send_dead_again(ws, webhook_id)
    flash(translate_plural("%(num)s message is on its way again.", "%(num)s messages are on their way again.", number), "ok")  # fmt: skip
    return _back(webhook_id)


@pages.act("/webhooks/<uuid:webhook_id>/end", again="show_webhook")
def end_webhook(ws: Workspace, webhook_id: UUID) -> Any:
    actions.end_webhook(ws, webhook_id)
    flash(translate("Nothing is carried there any more."), "ok")
    return redirect(url_for(".list_webhooks"))


def topics() -> list[tuple[str, list[str]]]:
    """The kinds of notice there are, room by room."""

    def room(kind: str) -> str:
        return ROOM_NAMES.get(ROOMS.get(slice_of(kind), ("", ""))[0], "Organisation")

    kinds = sorted(queries.notices(), key=lambda kind: (room(kind), kind))
    return [(name, list(group)) for name, group in groupby(kinds, key=room)]


def _secret_page(webhook: Webhook, secret: str) -> str:
    return render("webhooks/secret.html", webhook=webhook, secret=secret)


def _back(webhook_id: UUID) -> Any:
    return redirect(url_for(".show_webhook", webhook_id=webhook_id))
