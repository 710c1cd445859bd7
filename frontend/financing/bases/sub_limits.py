"""Sub-limits as people set them: a field for each kind of the deal's goods and for each site on which they lie."""

from uuid import UUID

from frontend import entered
from frontend.language import translate
from marketplace.financing.queries import goods_of
from marketplace.inventory.queries import lots_by_id
from marketplace.money import Money
from marketplace.valuation.base import terms_of_base
from marketplace.valuation.rules.sub_limits import LimitedBy, SubLimit
from tenants.workspace import Workspace

Place = tuple[LimitedBy, str, str]


def limitable(ws: Workspace, deal_id: UUID) -> list[Place]:
    """For what sub-limits can be set: kinds and sites of the deal's goods, and those that have one already."""
    lots = lots_by_id(ws, {row.lot_id for row in goods_of(ws, deal_id)})
    terms = terms_of_base(ws, deal_id)
    kinds = {(LimitedBy.KIND, lot.price_code, lot.price_code) for lot in lots if lot.price_code}
    sites = {(LimitedBy.SITE, str(lot.site_id), lot.site_name) for lot in lots}
    known = {(one.by, one.of, one.name) for one in (terms.limited if terms else [])}
    return sorted(kinds | sites | {one for one in known if one[:2] not in {place[:2] for place in kinds | sites}})


def fields(ws: Workspace, deal_id: UUID) -> list[tuple[str, str, str]]:
    """The fields of the form: name, label, and the amount that is in force."""
    terms = terms_of_base(ws, deal_id)
    most = {(one.by, one.of): one.most for one in (terms.limited if terms else [])}
    return [
        (field_name(by, of), label(by, name), str(most[by, of].amount) if (by, of) in most else "")
        for by, of, name in limitable(ws, deal_id)
    ]


def in_force(ws: Workspace, deal_id: UUID) -> list[tuple[str, Money]]:
    """The sub-limits that are set, in words."""
    terms = terms_of_base(ws, deal_id)
    return [(label(one.by, one.name), one.most) for one in (terms.limited if terms else [])]


def typed(ws: Workspace, deal_id: UUID, form: entered.Entries, currency: str) -> list[SubLimit]:
    """The sub-limits that were typed; a field left empty sets none."""
    found: list[tuple[Place, Money | None]] = [
        (place, entered.money_or_none(field_name(*place[:2]), currency, of=form)) for place in limitable(ws, deal_id)
    ]
    return [SubLimit(by, of, name, most) for (by, of, name), most in found if most is not None]


def field_name(by: LimitedBy, of: str) -> str:
    """What the field of a sub-limit is called."""
    return f"sub-{by.value}-{of}"


def label(by: LimitedBy, name: str) -> str:
    """For what it is set, in words."""
    return translate("Goods of %(kind)s", kind=name) if by is LimitedBy.KIND else translate("Goods on %(site)s", site=name)  # fmt: skip
