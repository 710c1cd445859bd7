"""Pages of undertakings: the list of a firm's, one with its figures and what is next, and the form by which a bank asks."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

from flask import redirect, request, url_for

from frontend import entered
from frontend.firms import names_of
from frontend.inventory.sheets import csv_file
from frontend.language import translate
from frontend.pages import Pages, render
from frontend.tenants.telling import told
from marketplace.financing.queries import find_deal
from marketplace.guarantees import actions, queries
from marketplace.guarantees.claiming import claimable, open_amount
from marketplace.guarantees.extending import consent_asked
from marketplace.guarantees.models import Guarantee
from marketplace.guarantees.rules import LIVE, GuaranteeState
from marketplace.guarantees.words import KINDS
from marketplace.money import Money, total
from tenants import approvals, record, rooms
from tenants.errors import Refused
from tenants.workspace import Workspace

pages = Pages("guarantees", __name__)
COLUMNS = ("number", "deal_number", "kind", "status", "amount", "currency", "until", "subject", "claimed", "paid", "pay_by")  # fmt: skip
ENTERED: dict[str, Callable[..., object]] = {
    "deposits": actions.take_deposit,
    "notices": actions.notify_delivery,
    "deliveries": actions.confirm_delivery,
    "payments": actions.record_payment,
}
HINTS = {
    "BUY_BACK": "In default it pays what is owed, at most the amount; the goods go to it by their receipts.",
    "DIFFERENTIAL_REFUND": "What it was paid and has not delivered by the last day, it refunds.",
    "CONFIRMED_WAREHOUSE": "It delivers only against your notices, these follow deposits, and it refunds the rest on the last day.",
    "RECEIVABLE_CONFIRMATION": "It confirms an invoice and pays it to the bank on the last day.",
}


@pages.look("/guarantees")
def list_guarantees(ws: Workspace) -> Any:
    found = _found(ws)
    return render(
        "guarantees/guarantees.html",
        guarantees=found,
        tallies=queries.tallies(ws, found),
        names=names_of(ws, [firm for one in found for firm in (one.tenant_id, one.core_id, one.borrower_id)]),
        exposures=_exposures(found),
        kinds=KINDS,
        query=request.args.to_dict(),
    )


@pages.look("/guarantees.csv")
def export_guarantees(ws: Workspace) -> Any:
    found = _found(ws)
    tallies = queries.tallies(ws, found)
    rows = (_row(one, tallies[one.id].paid) for one in found)
    return csv_file("undertakings.csv", COLUMNS, rows)


@pages.look("/deals/<uuid:deal_id>/guarantees/new")
def new_guarantee(ws: Workspace, deal_id: UUID) -> Any:
    ws.may("ask_guarantee")
    deal = find_deal(ws, deal_id)
    choices = [(kind, translate(word), translate(HINTS[kind])) for kind, word in KINDS.items()]
    core = names_of(ws, [deal.core_id]).get(deal.core_id) if deal.core_id else None
    return render("guarantees/new_guarantee.html", deal=deal, core=core, choices=choices)


@pages.act("/deals/<uuid:deal_id>/guarantees", again="new_guarantee")
def ask_guarantee(ws: Workspace, deal_id: UUID) -> Any:
    currency = find_deal(ws, deal_id).currency
    guarantee = actions.ask_guarantee(
        ws,
        deal_id,
        kind=entered.text("kind"),
        amount=entered.money("amount", currency),
        until=entered.day("until"),
        pay_days=entered.whole("pay_days"),
        subject=entered.text("subject"),
    )
    return _back(guarantee.id)


@pages.look("/guarantees/<uuid:guarantee_id>")
def show_guarantee(ws: Workspace, guarantee_id: UUID) -> Any:
    guarantee = queries.find_guarantee(ws, guarantee_id)
    mine = rooms.my_roles(ws, guarantee.deal_id)
    told_here = [one for one in record.events_of(ws, guarantee.deal_id) if one.facts.get("number") == guarantee.number]
    return render(
        "guarantees/guarantee.html",
        guarantee=guarantee,
        tally=queries.tally_of(ws, guarantee),
        entries=queries.entries_of(ws, guarantee),
        names=names_of(ws, [guarantee.tenant_id, guarantee.core_id, guarantee.borrower_id]),
        mine=mine,
        title=translate(KINDS[guarantee.kind]),
        hint=translate(HINTS[guarantee.kind]),
        asked=consent_asked(ws, guarantee),
        events=told(told_here[:30]),
        proposals={one.act for one in approvals.waiting(ws) if one.subject_id == guarantee_id},
        sequence=record.sequence_of(ws, guarantee.deal_id),
        **_due(ws, guarantee, mine),
    )


@pages.act("/guarantees/<uuid:guarantee_id>/giving", again="show_guarantee")
def propose_giving(ws: Workspace, guarantee_id: UUID) -> Any:
    actions.propose_giving(ws, guarantee_id)
    return _back(guarantee_id)


@pages.act("/guarantees/<uuid:guarantee_id>/declining", again="show_guarantee")
def decline(ws: Workspace, guarantee_id: UUID) -> Any:
    actions.decline(ws, guarantee_id, because=entered.text("because"))
    return _back(guarantee_id)


@pages.act("/guarantees/<uuid:guarantee_id>/withdrawal", again="show_guarantee")
def withdraw(ws: Workspace, guarantee_id: UUID) -> Any:
    actions.withdraw(ws, guarantee_id)
    return _back(guarantee_id)


@pages.look("/guarantees/<uuid:guarantee_id>/<any(deposits, notices, deliveries, payments):what>/new")
def new_entry(ws: Workspace, guarantee_id: UUID, what: str) -> Any:
    guarantee = queries.find_guarantee(ws, guarantee_id)
    tally = queries.tally_of(ws, guarantee)
    most = {
        "deposits": (tally.amount - tally.deposited).at_least_zero(),
        "notices": tally.may_be_notified,
        "deliveries": tally.to_deliver,
        "payments": _due(ws, guarantee, frozenset())["open_amount"],
    }
    return render("guarantees/new_entry.html", guarantee=guarantee, what=what, most=most[what])


@pages.act("/guarantees/<uuid:guarantee_id>/<any(deposits, notices, deliveries, payments):what>", again="new_entry")
def enter_under(ws: Workspace, guarantee_id: UUID, what: str) -> Any:
    currency = queries.find_guarantee(ws, guarantee_id).currency
    amount, reference = entered.money("amount", currency), entered.text("reference")
    ENTERED[what](ws, guarantee_id, amount=amount, reference=reference)
    return _back(guarantee_id)


@pages.act("/guarantees/<uuid:guarantee_id>/claim", again="show_guarantee")
def propose_claim(ws: Workspace, guarantee_id: UUID) -> Any:
    actions.propose_claim(ws, guarantee_id)
    return _back(guarantee_id)


@pages.act("/guarantees/<uuid:guarantee_id>/discharge", again="show_guarantee")
def discharge(ws: Workspace, guarantee_id: UUID) -> Any:
    actions.discharge(ws, guarantee_id, because=entered.text("because"))
    return _back(guarantee_id)


@pages.act("/guarantees/<uuid:guarantee_id>/extension/giving", again="show_guarantee")
def propose_consent(ws: Workspace, guarantee_id: UUID) -> Any:
    actions.propose_consent(ws, guarantee_id)
    return _back(guarantee_id)


@pages.act("/guarantees/<uuid:guarantee_id>/extension/refusal", again="show_guarantee")
def refuse_extension(ws: Workspace, guarantee_id: UUID) -> Any:
    actions.refuse_extension(ws, guarantee_id, because=entered.text("because"))
    return _back(guarantee_id)


def _back(guarantee_id: UUID) -> Any:
    return redirect(url_for(".show_guarantee", guarantee_id=guarantee_id))


def _found(ws: Workspace) -> list[Guarantee]:
    return queries.list_guarantees(ws, status=request.args.get("status") or None)


def _row(one: Guarantee, paid: Money) -> list[Any]:
    claimed = one.claimed.amount if one.claimed else ""
    return [one.number, one.deal_number, one.kind, one.status, one.amount.amount, one.currency, one.until, one.subject, claimed, paid.amount, one.pay_by or ""]  # fmt: skip


def _exposures(found: list[Guarantee]) -> dict[str, Any]:
    """What stands behind deals now, by currency: how many, given, claimed."""
    live = [one for one in found if GuaranteeState(one.status) in LIVE]
    currency = live[0].currency if live else "CNY"
    given = [one for one in live if one.status != GuaranteeState.ASKED and one.currency == currency]
    claimed = [one.claimed for one in given if one.claimed is not None]
    return {
        "asked": sum(one.status == GuaranteeState.ASKED for one in live),
        "given": total((one.amount for one in given), currency),
        "count": len(given),
        "claimed": total(claimed, currency),
    }


def _due(ws: Workspace, guarantee: Guarantee, mine: frozenset[str]) -> dict[str, Any]:
    """What the bank can claim today, or why it cannot; and what is still to be paid."""
    due: dict[str, Any] = {"claim": None, "not_yet": None, "open_amount": None}
    with suppress(Refused):  # nothing is to be paid yet
        due["open_amount"] = open_amount(ws, guarantee)
    if "bank" in mine and guarantee.status == GuaranteeState.GIVEN:
        try:
            due["claim"] = claimable(ws, guarantee)
        except Refused as refused:
            due["not_yet"] = refused
    return due
