"""Goods under a warehouse receipt are pledged by it, whole (仓单质押), and goods under none as they lie: which receipts make a quantity."""

from collections.abc import Iterable, Sequence

from marketplace.pledges.rules.ranges import Units, without
from marketplace.quantity import Quantity
from tenants.errors import Conflict


def take_receipts(receipts: Iterable[Units], loose: int, wanted: int, unit: str) -> tuple[Units, ...]:
    """The receipts to be taken whole, so that what they leave of `wanted` can be made of the `loose` base units under no receipt; none where those do.

    The one receipt that does it and leaves the fewest loose units to be taken, or else the first ones in the order of their units, those too large left
    out. Refuses a quantity that would cut a receipt, naming what whole ones and the loose goods make just below.
    """
    if wanted <= loose:
        return ()
    papers = sorted(receipts)
    alone = [one for one in papers if wanted - loose <= one.count <= wanted]
    if alone:
        return (max(alone, key=lambda one: (one.count, -one.start)),)
    taken: list[Units] = []
    missing = wanted
    for one in papers:
        if loose < missing and one.count <= missing:
            taken.append(one)
            missing -= one.count
    if papers and missing > loose:
        near = str(Quantity.from_base_units(wanted - missing + loose, unit))
        raise Conflict(
            "receipt_cut",
            "Goods under a receipt are pledged by it, whole: so %(near)s can be. Have the receipt split, or choose another quantity.",
            field="goods",
            near=near,
        )
    return tuple(taken)


def by_paper(spans: Sequence[Units], receipts: Sequence[Units]) -> list[tuple[Units, bool]]:
    """The ranges of a new pledge, each with whether it is pledged by its receipt: one range for each receipt, the rest as goods. Refuses to cut one."""
    touched = [one for one in sorted(receipts) if any(one.overlaps(span) for span in spans)]
    for one in touched:
        if without([one], spans):
            raise Conflict(
                "receipt_cut_here", "This would cut a receipt: goods under one are pledged by it, whole.", field="goods"
            )
    return sorted([(one, True) for one in touched] + [(rest, False) for rest in without(spans, touched)])
