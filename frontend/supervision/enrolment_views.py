"""Taking devices on, by hand or by the code on their label, and changing their key and the firmware that they should have."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import redirect, request, url_for

from frontend import entered
from frontend.pages import render
from frontend.supervision.blueprint import pages
from frontend.supervision.showing import kind_word
from marketplace.supervision import actions
from marketplace.supervision.devices.accounts import give_broker_account as give_account
from marketplace.supervision.devices.certificates import read_key
from marketplace.supervision.devices.claims import claim_from_text
from marketplace.supervision.devices.enrolment import gateways_of
from marketplace.supervision.devices.profiles import PROFILES
from tenants.workspace import Workspace

CERTIFICATE_LONGEST = 8000  # characters


@pages.look("/devices/new")
def new_device(ws: Workspace) -> Any:
    ws.may("enrol_device")
    return render(
        "supervision/new_device.html",
        kinds=[(kind, kind_word(kind)) for kind in PROFILES],
        gateways=[(one.id, one.name) for one in gateways_of(ws)],
    )


@pages.act("/devices/claims", again="new_device")
def claim_device(ws: Workspace) -> Any:
    """As the label says: a scan and a name."""
    claim = claim_from_text(request.form.get("claim", ""))
    device = actions.claim_device(ws, claim=claim, name=request.form.get("called", ""))
    return redirect(url_for(".show_device", device_id=device.id))


@pages.act("/devices", again="new_device")
def enrol_device(ws: Workspace) -> Any:
    form, gateway_id = request.form, entered.chosen_or_none("gateway_id")
    written = form.get("public_key", "")[:CERTIFICATE_LONGEST]
    key, x509 = read_key(written, now=ws.now) if written.strip() or not gateway_id else (None, None)
    described = actions.Described(
        kind=form.get("kind", ""),
        name=form.get("name", ""),
        firmware=form.get("firmware", "")[:256],
        serial=form.get("serial", "")[:80],
        interval_seconds=entered.whole("interval_seconds", 300),
        accuracy=form.get("accuracy", "")[:40],
        deviation=entered.figure_or_none("deviation") or Decimal(0),
        calibrated_until=entered.day_or_none("calibrated_until"),
        certificate=form.get("certificate", "")[:80],
    )
    device = actions.enrol_device(ws, described, public_key=key, gateway_id=gateway_id, x509=x509)
    return redirect(url_for(".show_device", device_id=device.id))


@pages.act("/devices/<uuid:device_id>/keys", again="show_device")
def propose_key(ws: Workspace, device_id: UUID) -> Any:
    """A new key takes two people, and the device's own first word under it."""
    key, _ = read_key(request.form.get("public_key", "")[:CERTIFICATE_LONGEST], now=ws.now)
    actions.propose_key(ws, device_id, public_key=key, because=request.form.get("key_because", ""))
    return redirect("/approvals")


@pages.act("/devices/<uuid:device_id>/firmware", again="show_device")
def expect_firmware(ws: Workspace, device_id: UUID) -> Any:
    actions.expect_firmware(ws, device_id, firmware=request.form.get("firmware", ""))
    return redirect(url_for(".show_device", device_id=device_id))


@pages.act("/devices/<uuid:device_id>/broker-account", again="show_device")
def give_broker_account(ws: Workspace, device_id: UUID) -> Any:
    """Shown once: the gateway lets it in within seconds."""
    account = give_account(ws, device_id)
    return render("supervision/broker_account.html", account=account, device_id=device_id)
