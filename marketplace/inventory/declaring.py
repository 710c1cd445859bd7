"""Declaring goods: a firm announces them to a warehouse, and they get their name in the world."""

import secrets
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from marketplace.business_days import SHANGHAI
from marketplace.inventory import events
from marketplace.inventory.models import Lot, LotIdentity
from marketplace.inventory.places.models import Product
from marketplace.inventory.places.queries import find_product, find_site
from marketplace.inventory.rules.identity import LotIdentity as Gs1Identity
from marketplace.inventory.rules.identity import digital_link
from marketplace.inventory.rules.lots import LOT, LotState, next_state
from marketplace.inventory.rules.shelf_life import declared_expiry
from marketplace.quantity import Quantity, base_units
from tenants import rooms
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotFound
from tenants.organisations import Kind, find_organisation
from tenants.ownership.queries import relation
from tenants.workspace import Workspace

UNIQUE = "23505"
# Without I, L, O and U: read aloud over a loading ramp, none is taken for another (Crockford).
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
MOST_PIECES = 10**9


def declare_lot(
    ws: Workspace,
    *,
    product_id: UUID,
    quantity: Quantity,
    site_id: UUID,
    supervisor_id: UUID,
    reference: str = "",
    origin: str = "",
    pieces: int | None = None,
    batch: str = "",
    produced_on: date | None = None,
    expires_on: date | None = None,
) -> Lot:
    """Announce goods to a warehouse: so much of a product, as its papers (`reference`) say. A claim; scales and inspectors will decide.

    The lot gets its digital identity: the product's GTIN with `batch`, the producer's batch or heat number, or else the lot's own number. Refuses a
    quantity that is not above zero, a supervisor that is no supervisor or related to the owner, a batch that is declared already, by whomever, and goods
    of a limited shelf life of which neither production nor expiry is told, and a count of pieces that is none.
    """
    ws.may("declare_lot")
    if pieces is not None and not 0 < pieces <= MOST_PIECES:
        raise Invalid("pieces_wrong", "Pieces are whole and more than none.", field="pieces")
    product, site = find_product(ws, product_id), find_site(ws, site_id)
    documented = _documented(quantity, product)
    _require_supervisor(ws, supervisor_id)
    keepers = Keepers(site.id, site.name, site.tenant_id, supervisor_id)
    today = ws.now.astimezone(SHANGHAI).date()
    expiry = declared_expiry(expires_on, produced_on, product.shelf_life_days, today=today)
    told = {"reference": reference.strip(), "origin": origin.strip(), "pieces": pieces, "produced_on": produced_on, "expires_on": expiry}  # fmt: skip
    lot, identity = new_lot(ws, product, documented, keepers, batch=batch, **told)
    fact = events.LotDeclared(
        lot_id=lot.id, number=lot.number, product=lot.product_name, quantity=documented, site_id=site.id, identity=identity.path
    )  # fmt: skip
    ws.record(fact, on=lot.id, evidence=[reference] if reference else [])
    ws.session.refresh(lot)
    return lot


@dataclass(frozen=True)
class Keepers:
    """Where goods lie and who keeps and watches them."""

    site_id: UUID
    site_name: str
    warehouse_id: UUID
    supervisor_id: UUID


def new_lot(
    ws: Workspace, product: Product, documented: Quantity, keepers: Keepers, *, batch: str = "", **told: Any
) -> tuple[Lot, LotIdentity]:
    """A lot of the acting firm's, DECLARED, with its name in the world, shared with its keepers; it expires unless goods follow.

    `told`: reference, origin, pieces, days of production and expiry, and the plan (`conversion_id`) that it is made by, where it has them.
    """
    lot = Lot(
        **_of_product(product),
        **vars(keepers),
        **{"reference": "", "origin": ""} | told,
        tenant_id=ws.tenant_id,
        id=new_id(),
        number=_new_number(ws),
        documented_qty=documented.amount,
        status=next_state(None, "declare"),
        declared_at=ws.now,
    )
    ws.session.add(lot)
    rooms.found(ws, lot.id, kind="lot", role="owner")
    rooms.share(ws, lot.id, to=lot.warehouse_id, role="warehouse")
    rooms.share(ws, lot.id, to=lot.supervisor_id, role="supervisor")
    identity = _name_in_the_world(ws, lot, product, batch.strip())
    due = LOT.due_at(LotState.DECLARED, "expire", ws.now)
    ws.set_timer("inventory.expire_declaration", key=f"expire:{lot.id}", due=due, stream_id=lot.id)
    return lot, identity


def _documented(quantity: Quantity, product: Product) -> Quantity:
    documented = quantity.to(product.unit)
    if base_units(documented) <= 0:
        raise Invalid("quantity_not_positive", "The documented quantity must be above zero.", field="quantity")
    if product.retired_at is not None:
        raise Conflict("product_retired", "This product is no longer traded.", field="product_id")
    return documented


def _require_supervisor(ws: Workspace, supervisor_id: UUID) -> None:
    """Who pledges may not be who watches, nor related to it (invariant 7)."""
    try:
        supervisor = find_organisation(ws.session, supervisor_id)
    except NotFound as unknown:
        raise Invalid("supervisor_unknown", "Choose a supervisor from the list.", field="supervisor_id") from unknown
    if Kind.SUPERVISOR not in supervisor.kinds:
        raise Invalid("supervisor_unknown", "Choose a supervisor from the list.", field="supervisor_id")
    if relation(ws, ws.tenant_id, supervisor.id):
        raise Conflict("supervisor_affiliated", "The supervisor is related to the pledgor.", field="supervisor_id")


def _of_product(product: Product) -> dict[str, object]:
    """What a lot keeps of its product, so that those who see the lot need not see the owner's product list."""
    return {
        "product_id": product.id,
        "product_name": product.name,
        "grade": product.grade,
        "hs_code": product.hs_code,
        "unit": product.unit,
        "price_code": product.price_code,
        "tolerance": product.tolerance,
        "unit_kg": product.unit_kg,
        "by_dry_weight": product.by_dry_weight,
    }


def _new_number(ws: Workspace) -> str:
    """A number to say on the telephone: the day, and five letters at random, so that it tells nobody how many there are."""
    return f"L{ws.now:%y%m%d}-" + "".join(secrets.choice(LETTERS) for _ in range(5))


def _name_in_the_world(ws: Workspace, lot: Lot, product: Product, batch: str) -> LotIdentity:
    name = Gs1Identity(gtin=product.gtin, batch=batch or lot.number)
    identity = LotIdentity(
        tenant_id=lot.tenant_id,
        lot_id=lot.id,
        scheme="LGTIN",
        gtin=name.gtin,
        batch=name.batch,
        path=digital_link(name, ""),
        product_name=lot.product_name,
        grade=lot.grade,
        custodian_id=lot.warehouse_id,
        issued_at=ws.now,
    )
    try:
        with ws.session.begin_nested():
            ws.session.add(identity)
    except IntegrityError as taken:
        if getattr(taken.orig, "sqlstate", "") != UNIQUE:
            raise
        raise Conflict("identity_taken", "These goods are declared already under this batch.", field="batch") from taken
    return identity
