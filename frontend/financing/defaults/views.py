"""The page of a declared default: what it says, what is said against it, and the bank's answers."""

from typing import Any
from uuid import UUID

from flask import redirect, request, url_for

from frontend import entered
from frontend.financing.blueprint import pages
from frontend.firms import names_of
from frontend.pages import render
from marketplace.documents.queries import documents_of
from marketplace.financing import actions, queries
from marketplace.financing.contesting import last_default, objections_to
from tenants import approvals, rooms
from tenants.errors import NotFound
from tenants.workspace import Workspace


@pages.look("/deals/<uuid:deal_id>/default")
def show_default(ws: Workspace, deal_id: UUID) -> Any:
    deal, default = queries.find_deal(ws, deal_id), last_default(ws, deal_id)
    if default is None:
        raise NotFound("default_unknown", "No default was declared on this deal.")
    said = objections_to(ws, default)
    return render(
        "financing/defaults/default.html",
        deal=deal,
        default=default,
        objections=said,
        mine=rooms.my_roles(ws, deal_id),
        names=names_of(ws, [deal.bank_id, deal.borrower_id, *(one.tenant_id for one in said)]),
        has_objected=any(one.tenant_id == ws.tenant_id for one in said),
        papers=documents_of(ws, deal_id),
        waiting={one.subject_id for one in approvals.waiting(ws) if one.act == "approve_default_answer"},
    )


@pages.act("/deals/<uuid:deal_id>/default/objections", again="show_default")
def object_to_default(ws: Workspace, deal_id: UUID) -> Any:
    papers = [one for name in request.form.getlist("documents") if (one := entered.chosen_or_none("documents", of={"documents": name}))]  # fmt: skip
    ground, because = entered.text("ground"), entered.text("because")
    actions.object_to_default(ws, deal_id, ground=ground, because=because, documents=papers)
    return redirect(url_for(".show_default", deal_id=deal_id))


@pages.act("/deals/<uuid:deal_id>/default/answer", again="show_default")
def answer_default_objection(ws: Workspace, deal_id: UUID) -> Any:
    upheld, because = entered.text("answer") == "uphold", entered.text("because")
    actions.propose_default_answer(ws, deal_id, entered.chosen("objection_id"), upheld=upheld, because=because)
    return redirect(url_for(".show_default", deal_id=deal_id))
