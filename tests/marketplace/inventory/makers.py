"""Goods for tests, made by the same actions that people use: a site with a bin, a product, and a lot on each of its first steps."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from secrets import token_hex
from typing import Any, Protocol
from uuid import UUID

from marketplace.inventory import actions
from marketplace.inventory.models import Lot, LotImport
from marketplace.inventory.places.models import Bin, Bulk, Product, Site
from marketplace.inventory.queries import find_lot
from marketplace.quantity import Quantity
from tenants import approvals
from tenants.workspace import Workspace
from tests.factories import Firm, World


class Parties(Protocol):
    """Owner, warehouse and supervisor of goods."""

    world: World
    sme: Firm
    warehouse: Firm
    supervisor: Firm


def a_site(world: World, warehouse: Firm, *, name: str = "Yangshan No. 3", bins: int = 1) -> tuple[Site, list[Bin]]:
    """A site of the warehouse with so many bins in a row, its scale calibrated for a year."""
    with warehouse.operator.ws() as ws:
        site = actions.open_site(
            ws,
            name=f"{name} {token_hex(4)}",
            address="1 Tongshun Avenue",
            city="Shanghai",
            width=Decimal(10 * bins + 10),
            depth=Decimal(40),
            scale_calibrated_until=ws.now + timedelta(days=365),
        )
        made = [
            actions.draw_bin(
                ws, site.id, code=f"A-{n:02d}", x=Decimal(10 * n), y=Decimal(5), width=Decimal(8), height=Decimal(12)
            )
            for n in range(1, bins + 1)
        ]
    return site, made


def a_product(
    world: World,
    sme: Firm,
    *,
    name: str = "Copper cathode",
    unit: str = "TNE",
    price_code: str = "CU",
    gtin: str = "",
    **told: Any,
) -> Product:
    """A product of the firm."""
    with sme.operator.ws() as ws:
        return actions.name_product(
            ws,
            sku=f"CU-{token_hex(3)}",
            name=name,
            grade="Cu-CATH-1",
            hs_code="7403110000",
            unit=unit,
            price_code=price_code,
            gtin=gtin,
            **told,
        )


def a_declared_lot(
    world: World,
    sme: Firm,
    warehouse: Firm,
    supervisor: Firm,
    *,
    amount: str = "100.000",
    product: Product | None = None,
    site: Site | None = None,
    **told: Any,
) -> Lot:
    """A lot announced to the warehouse."""
    product = product or a_product(world, sme)
    site = site or a_site(world, warehouse)[0]
    with sme.operator.ws() as ws:
        return actions.declare_lot(
            ws,
            product_id=product.id,
            quantity=Quantity.of(amount, product.unit),
            site_id=site.id,
            supervisor_id=supervisor.tenant_id,
            reference="PO-2026-0117",
            **told,
        )


def a_received_lot(
    world: World,
    sme: Firm,
    warehouse: Firm,
    supervisor: Firm,
    *,
    amount: str = "100.000",
    weighed: str | None = None,
    product: Product | None = None,
    **told: Any,
) -> Lot:
    """A lot weighed in (at the documented quantity unless told) and lying in a bin of its own."""
    site, bins = a_site(world, warehouse)
    lot = a_declared_lot(world, sme, warehouse, supervisor, amount=amount, product=product, site=site, **told)
    net = Quantity.of(weighed or amount, lot.unit)
    with warehouse.operator.ws() as ws:
        return actions.receive_lot(
            ws, lot.id, gross=net + Quantity.of("15", lot.unit), tare=Quantity.of("15", lot.unit), bin_id=bins[0].id
        )


def a_verified_lot(
    world: World,
    sme: Firm,
    warehouse: Firm,
    supervisor: Firm,
    *,
    amount: str = "100.000",
    weighed: str | None = None,
    counted: str | None = None,
    product: Product | None = None,
    found: Mapping[str, Any] | None = None,
    **told: Any,
) -> Lot:
    """A lot that two people of the supervisor verified; as its owner sees it. `told` at its declaration, `found` beside the count at its inspection."""
    lot = a_received_lot(world, sme, warehouse, supervisor, amount=amount, weighed=weighed, product=product, **told)
    with supervisor.operator.ws() as ws:
        there = Quantity.of(counted or weighed or amount, lot.unit)
        proposal = actions.inspect_lot(ws, lot.id, counted=there, passed=True, **(found or {}))
    with supervisor.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)
    with sme.operator.ws(read_only=True) as ws:
        return find_lot(ws, lot.id)


def a_listed_lot(parties: Parties) -> tuple[LotImport, Lot]:
    """A list of two coils, and the lot that was declared by it."""
    lot = a_declared_lot(parties.world, parties.sme, parties.warehouse, parties.supervisor, amount="9")
    with parties.sme.operator.ws() as ws:
        kept = actions.read_items(ws, lot.id, name="coils.csv", content=b"serial,quantity\nC-1,4\nC-2,5\n")
        return kept, actions.declare_items(ws, kept.id)


def a_bulk(ws: Workspace, parties: Parties, site_id: UUID) -> Bulk:
    """A tank in a new bin of the warehouse's site."""
    place = actions.draw_bin(ws, site_id, code="T-7", x=Decimal(1), y=Decimal(30), width=Decimal(3), height=Decimal(3))
    return actions.open_bulk(
        ws, site_id, bin_id=place.id, name="Tank 7", product_name="Copper cathode", grade="Cu-CATH-1", hs_code="7403110000", unit="TNE",
        price_code="CU", supervisor_id=parties.supervisor.tenant_id,
    )  # fmt: skip
