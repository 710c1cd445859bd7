"""Pages' acts on the papers of a pledge: agreement, registry, lost control, exchange of goods; and the export for the notice-filing system."""

from typing import Any, Literal, Self
from uuid import UUID

from flask import Response, jsonify, redirect, request, url_for

from frontend import entered
from frontend.api import MoneyShape, QuantityShape
from frontend.inventory.sheets import csv_file
from frontend.pages import render
from frontend.pledges.blueprint import pages
from frontend.proposals import Terms, lays_open
from marketplace.financing import actions as financing
from marketplace.inventory.queries import find_lot, pledgeable_lots
from marketplace.money import Money
from marketplace.pledges import actions
from marketplace.pledges.agreeing import agreement_of, signatures_of
from marketplace.pledges.filing import filings_of, particulars_of
from marketplace.pledges.holding import goods_list
from marketplace.pledges.losing import standing_loss
from marketplace.pledges.queries import IN_FORCE, pledges_of_deal
from marketplace.pledges.rules.papers import Clause, FilingKind
from marketplace.pledges.substitutions import find_substitution, substitutions_of
from marketplace.quantity import Quantity
from tenants import rooms
from tenants.approvals import Approval
from tenants.workspace import Workspace

FIELDS = (
    "contract", "pledgor", "pledgor_uscc", "pledgee", "pledgee_uscc", "secured", "currency", "registered_on", "expires_on", "certificate", "goods",
)  # fmt: skip


def papers_of(ws: Workspace, deal_id: UUID) -> dict[str, Any]:
    """What the page of a pledge shows of its papers."""
    agreement = agreement_of(ws, deal_id)
    signatures = signatures_of(ws, agreement) if agreement else []
    return {
        "agreement": agreement,
        "signatures": signatures,
        "signed_by_me": any(one.tenant_id == ws.tenant_id for one in signatures),
        "filings": filings_of(ws, deal_id),
        "loss": standing_loss(ws, deal_id),
        "exchanges": substitutions_of(ws, deal_id),
    }


@pages.look("/pledges/<uuid:deal_id>/agreements/new")
def new_agreement(ws: Workspace, deal_id: UUID) -> Any:
    rooms.require(ws, deal_id)
    return render("pledges/new_agreement.html", deal_id=deal_id, clauses=[clause.value for clause in Clause])


@pages.look("/pledges/<uuid:deal_id>/registration/new")
def new_filing(ws: Workspace, deal_id: UUID) -> Any:
    asked, filings = particulars_of(ws, deal_id), filings_of(ws, deal_id)
    held = bool(pledges_of_deal(ws, deal_id))
    return render("pledges/new_filing.html", deal_id=deal_id, asked=asked, filings=filings, held=held)


@pages.look("/pledges/<uuid:deal_id>/control-losses/new")
def new_loss(ws: Workspace, deal_id: UUID) -> Any:
    rooms.require(ws, deal_id)
    return render("pledges/new_loss.html", deal_id=deal_id)


@pages.look("/pledges/<uuid:deal_id>/substitutions/new")
def new_substitution(ws: Workspace, deal_id: UUID) -> Any:
    rooms.require(ws, deal_id)
    held = goods_list([one for one in pledges_of_deal(ws, deal_id) if one.status in IN_FORCE])
    free = [
        (lot.id, f"{lot.number} · {lot.product_name} · {Quantity(lot.free_qty, lot.unit)}")
        for lot in pledgeable_lots(ws)
    ]
    lots = [(one["lot_id"], f"{one['number']} · {one['product']} · {one['quantity']}") for one in held]
    return render("pledges/new_substitution.html", deal_id=deal_id, lots=lots, free=free)


@pages.look("/pledges/<uuid:deal_id>/substitutions/<uuid:substitution_id>")
def show_substitution(ws: Workspace, deal_id: UUID, substitution_id: UUID) -> Any:
    exchange = find_substitution(ws, deal_id, substitution_id)
    return render("pledges/substitution.html", deal_id=deal_id, exchange=exchange, mine=rooms.my_roles(ws, deal_id))


@pages.act("/pledges/<uuid:deal_id>/agreements", again="new_agreement")
def propose_agreement(ws: Workspace, deal_id: UUID) -> Any:
    form = request.form
    actions.propose_agreement(
        ws,
        deal_id,
        mode=form.get("mode", ""),
        keys_with=form.get("keys_with", ""),
        report_days=entered.whole("report_days"),
        liability_cap=entered.money_or_none("liability_cap") or Money.zero("CNY"),
        clauses=[clause.value for clause in Clause if f"clause_{clause.value}" in form],
        floor=entered.quantity_or_none("floor", form.get("floor_unit", "TNE")),
        description=form.get("description", ""),
    )
    return redirect(url_for(".show_pledges", deal_id=deal_id))


class AgreementTerms(Terms):
    """An agreement on supervision as it would be signed for the bank; `control_floor`: how much always stays, where the goods may change."""

    act: Literal["approve_agreement"]
    mode: str
    keys_with: str
    report_days: int
    liability_cap: MoneyShape
    clauses: list[str]
    control_floor: QuantityShape | None
    description: str

    @classmethod
    def told(cls, figures: dict[str, Any]) -> Self:
        return cls.model_validate(figures["agreement"] | {"act": figures["act"]})


@lays_open("approve_agreement", "pledges/proposed_agreement.html", AgreementTerms)
def proposed_agreement(ws: Workspace, approval: Approval) -> dict[str, Any]:
    """The agreement as it would be signed for the bank."""
    told = approval.payload
    parts = {name: told[name] for name in ("mode", "keys_with", "report_days", "description", "clauses")}
    floor = Quantity.of(*told["floor"]) if told["floor"] else None
    return {"agreement": parts | {"control_floor": floor, "liability_cap": Money(*told["cap"])}}


@pages.act("/pledges/<uuid:deal_id>/agreement-signature", again="show_pledges")
def sign_agreement(ws: Workspace, deal_id: UUID) -> Any:
    actions.sign_agreement(ws, deal_id)
    return redirect(url_for(".show_pledges", deal_id=deal_id))


@pages.act("/pledges/<uuid:deal_id>/registration", again="new_filing")
def file_registration(ws: Workspace, deal_id: UUID) -> Any:
    form = request.form
    actions.file_registration(
        ws,
        deal_id,
        kind=form.get("kind", FilingKind.INITIAL.value),
        certificate=form.get("certificate", ""),
        search_certificate=form.get("search_certificate", ""),
        months=entered.whole_or_none("months"),
        secured=entered.money_or_none("secured"),
        note=form.get("note", ""),
    )
    return redirect(url_for(".show_pledges", deal_id=deal_id))


@pages.look("/pledges/<uuid:deal_id>/registration.csv")
def export_registration(ws: Workspace, deal_id: UUID) -> Response:
    told = _particulars(ws, deal_id)
    return csv_file(f"registration-{str(deal_id)[-8:]}.csv", FIELDS, [[told[name] for name in FIELDS]])


@pages.look("/pledges/<uuid:deal_id>/registration.json")
def export_registration_json(ws: Workspace, deal_id: UUID) -> Response:
    answer = jsonify(_particulars(ws, deal_id))
    answer.headers.set("Content-Disposition", "attachment", filename=f"registration-{str(deal_id)[-8:]}.json")
    return answer


@pages.act("/pledges/<uuid:deal_id>/control-losses", again="new_loss")
def report_control_lost(ws: Workspace, deal_id: UUID) -> Any:
    actions.report_control_lost(ws, deal_id, because=request.form.get("because", ""))
    return redirect(url_for(".show_pledges", deal_id=deal_id))


@pages.act("/pledges/<uuid:deal_id>/substitutions", again="new_substitution")
def ask_substitution(ws: Workspace, deal_id: UUID) -> Any:
    form = request.form
    old, new = (find_lot(ws, entered.chosen(name)) for name in ("leaving_lot_id", "coming_lot_id"))
    financing.ask_substitution(
        ws,
        deal_id,
        leaving_lot_id=old.id,
        leaving=entered.quantity("leaving", old.unit),
        coming_lot_id=new.id,
        coming=entered.quantity("coming", new.unit),
        because=form.get("because", ""),
    )
    return redirect(url_for(".show_pledges", deal_id=deal_id))


@pages.act("/pledges/<uuid:deal_id>/substitutions/<uuid:substitution_id>/order", again="show_substitution")
def order_substitution(ws: Workspace, deal_id: UUID, substitution_id: UUID) -> Any:
    actions.order_substitution(ws, deal_id, substitution_id)
    return redirect(url_for(".show_pledges", deal_id=deal_id))


@pages.act("/pledges/<uuid:deal_id>/substitutions/<uuid:substitution_id>/refusal", again="show_substitution")
def refuse_substitution(ws: Workspace, deal_id: UUID, substitution_id: UUID) -> Any:
    actions.refuse_substitution(ws, deal_id, substitution_id, because=request.form.get("because", ""))
    return redirect(url_for(".show_pledges", deal_id=deal_id))


def _particulars(ws: Workspace, deal_id: UUID) -> dict[str, Any]:
    asked = particulars_of(ws, deal_id)
    told: dict[str, Any] = {
        name: getattr(asked, name) for name in FIELDS if name not in {"secured", "currency", "goods"}
    }
    told |= {"secured": str(asked.secured.amount), "currency": asked.secured.currency, "goods": "；".join(asked.goods)}
    return {name: str(told[name]) if told[name] is not None else "" for name in FIELDS}
