"""Pages of pledges: what is held under each deal, the control behind it, the orders that let goods go."""

from collections.abc import Callable, Collection, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import redirect, request, url_for

from frontend import entered
from frontend.firms import names_of
from frontend.pages import render
from frontend.pledges.blueprint import pages
from frontend.pledges.contract import papers_of
from frontend.tenants.views import told
from marketplace.financing.releases import largest_releases
from marketplace.inventory.queries import find_lot
from marketplace.pledges import actions, queries
from marketplace.pledges.by_receipt import receipts_of
from marketplace.pledges.controlling import waiting_for_control
from marketplace.pledges.holding import goods_list
from marketplace.pledges.models import Pledge, ReleaseOrder
from marketplace.pledges.ranks.queries import list_consents
from marketplace.pledges.shortages.queries import shortages_of_lots
from marketplace.quantity import Quantity
from tenants import approvals, record, rooms
from tenants.errors import NotFound
from tenants.workspace import Workspace

ABOUT = ("Pledge", "Rank", "Release", "Control", "Agreement", "Registry", "Filing", "Deregistration", "Substitution")


@pages.look("/pledges")
def list_pledges(ws: Workspace) -> Any:
    rows = queries.list_pledges(
        ws, status=request.args.get("status") or None, text=request.args.get("q") or None, limit=queries.MOST_ROWS
    )
    return render(
        "pledges/pledges.html",
        deals=_sorted(queries.by_deal(rows)),
        counts=queries.count_pledges(ws),
        names=names_of(ws, (firm for one in rows for firm in (one.tenant_id, one.bank_id))),
        mine=ws.tenant_id,
        query=request.args.to_dict(),
    )


def _sorted(deals: list[queries.DealPledges]) -> list[queries.DealPledges]:
    """As the reader sorts them; else newest first."""
    sort = request.args.get("sort", "")
    key = ORDERS.get(sort.removeprefix("-"))
    return sorted(deals, key=key, reverse=sort.startswith("-")) if key else deals


ORDERS: dict[str, Callable[[queries.DealPledges], Any]] = {
    "goods": lambda deal: deal.pledges[0].product_name,
    "quantity": lambda deal: max(deal.totals.values()),
    "since": lambda deal: deal.since,
}


@pages.look("/pledges/<uuid:deal_id>")
def show_pledges(ws: Workspace, deal_id: UUID) -> Any:
    pledges = queries.pledges_of_deal(ws, deal_id, live=False)
    if not pledges:
        raise NotFound("deal_unknown", "There is no such deal.")
    live = [one for one in pledges if one.ended_at is None]
    (deal,) = queries.by_deal(pledges)
    orders, mine = queries.release_orders(ws, deal_id=deal_id), rooms.my_roles(ws, deal_id)
    return render(
        "pledges/pledge_list.html",
        deal_id=deal_id,
        deal=deal,
        held=[Quantity(amount, unit) for unit, amount in deal.totals.items()],
        released=_released(orders),
        pledges=pledges,
        lots=[(one["lot_id"], f"{one['number']} · {one['product']} · {one['quantity']}") for one in goods_list(live)],
        most_released=_most_released(ws, deal_id, live, orders, mine),
        mine=mine,
        shortages=shortages_of_lots(ws, [one.lot_id for one in live]),
        papers=papers_of(ws, deal_id),
        receipts={one.id: receipts_of(ws, one) for one in live if one.by_receipt},
        consents=list_consents(ws, deal_id=deal_id),
        offered=[one for one in live if one.status in queries.OFFERED],
        active=[one for one in live if one.status in ("ACTIVE", "IMPAIRED")],
        doubtful=[one for one in live if one.status == "IMPAIRED"],
        controls=queries.control_records(ws, deal_id),
        uncontrolled=waiting_for_control(ws, deal_id),
        orders=orders,
        participants=rooms.participants(ws, deal_id),
        proposals={one.act for one in approvals.waiting(ws) if one.subject_id == deal_id},
        events=told([one for one in record.events_of(ws, deal_id) if any(about in one.kind for about in ABOUT)]),
    )  # fmt: skip


def _most_released(
    ws: Workspace, deal_id: UUID, live: Sequence[Pledge], orders: Sequence[ReleaseOrder], mine: Collection[str]
) -> list[tuple[str, Quantity]]:
    """For bank and firm, lot by lot: the most that may go by itself without breaking the cover, and that no order releases yet."""
    if not {"bank", "borrower"} & set(mine):
        return []
    most = largest_releases(ws, deal_id)
    left = {one.lot_id: Quantity.zero(one.unit) for one in live}
    for one in live:
        left[one.lot_id] += one.amount
    for order in orders:
        if order.lot_id in left:
            left[order.lot_id] -= Quantity(order.remaining, order.unit)
    return [
        (number, min(most[lot], left[lot]))
        for lot, number in {one.lot_id: one.lot_number for one in live}.items()
        if lot in most
    ]


@pages.act("/pledges/<uuid:deal_id>/control-records", again="show_pledges")
def confirm_control(ws: Workspace, deal_id: UUID) -> Any:
    form = request.form
    actions.confirm_control(
        ws,
        deal_id,
        statement=form.get("statement", ""),
        keys_held="keys_held" in form,
        goods_segregated="goods_segregated" in form,
        devices_online="devices_online" in form,
    )
    return redirect(url_for(".show_pledges", deal_id=deal_id))


@pages.act("/pledges/<uuid:deal_id>/control-acceptance", again="show_pledges")
def propose_control(ws: Workspace, deal_id: UUID) -> Any:
    actions.propose_control(ws, deal_id)
    return redirect(url_for(".show_pledges", deal_id=deal_id))


@pages.act("/pledges/<uuid:deal_id>/release-requests", again="show_pledges")
def request_release(ws: Workspace, deal_id: UUID) -> Any:
    lot_id, quantity = _release(ws)
    actions.request_release(ws, deal_id, lot_id=lot_id, quantity=quantity, because=request.form.get("because", ""))
    return redirect(url_for(".show_pledges", deal_id=deal_id))


@pages.act("/pledges/<uuid:deal_id>/release-orders", again="show_pledges")
def order_release(ws: Workspace, deal_id: UUID) -> Any:
    lot_id, quantity = _release(ws)
    actions.order_release(ws, deal_id, lot_id=lot_id, quantity=quantity, because=request.form.get("because", ""))
    return redirect(url_for(".show_pledges", deal_id=deal_id))


@pages.look("/release-orders/<uuid:order_id>")
def show_order(ws: Workspace, order_id: UUID) -> Any:
    order = queries.find_order(ws, order_id)
    return render(
        "pledges/release_order.html",
        order=order,
        ordered=Quantity(order.ordered, order.unit),
        executed=Quantity(order.executed, order.unit),
        remaining=Quantity(order.remaining, order.unit),
        executions=[(one, Quantity(one.weighed, one.unit)) for one in queries.executions_of(ws, order_id)],
        mine=rooms.my_roles(ws, order.deal_id),
    )


@pages.act("/release-orders/<uuid:order_id>/executions", again="show_order")
def execute_release(ws: Workspace, order_id: UUID) -> Any:
    order = queries.find_order(ws, order_id)
    actions.execute_release(ws, order_id, weighed=entered.quantity("weighed", order.unit))
    return redirect(url_for(".show_order", order_id=order_id))


@pages.act("/release-orders/<uuid:order_id>/revocation")
def revoke_release(ws: Workspace, order_id: UUID) -> Any:
    actions.revoke_release(ws, order_id)
    return redirect(url_for(".show_order", order_id=order_id))


def _released(orders: Sequence[ReleaseOrder]) -> list[Quantity]:
    """What was let go so far, by unit."""
    sums: dict[str, Decimal] = {}
    for order in orders:
        sums[order.unit] = sums.get(order.unit, Decimal(0)) + order.executed
    return [Quantity(amount, unit) for unit, amount in sums.items()]


def _release(ws: Workspace) -> tuple[UUID, Quantity]:
    lot_id = entered.chosen("lot_id")
    return lot_id, entered.quantity("quantity", find_lot(ws, lot_id).unit)
