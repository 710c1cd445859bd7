"""A supposition as an address carries it and as people read it. All of a comparison stands in its address, so that it can be shared and kept."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from frontend import entered
from frontend.language import decimal, percent, translate, translate_plural
from marketplace.twin.supposing.rules import Supposition

FIELDS = ("price", "missing", "heat", "days", "silent_hours", "frozen", "alarmed", "lot_id")
# What people suppose most, one click away.
USUAL: tuple[Supposition, ...] = (
    Supposition(price=Decimal("-0.10")),
    Supposition(price=Decimal("-0.20")),
    Supposition(price=Decimal("-0.30")),
    Supposition(missing=Decimal("0.05")),
    Supposition(silent_hours=Decimal(24)),
    Supposition(days=90),
    Supposition(frozen=True),
)


def typed(form: Mapping[str, str]) -> Supposition:
    """What was typed: shares as percentages, anything left out as nothing supposed. Refuses what cannot be read, naming the field."""
    return Supposition(
        price=entered.signed_share("price", of=form) if _said(form, "price") else Decimal(0),
        missing=entered.share("missing", of=form) if _said(form, "missing") else Decimal(0),
        heat=entered.figure("heat", of=form) if _said(form, "heat") else Decimal(0),
        days=entered.whole("days", of=form) if _said(form, "days") else 0,
        silent_hours=entered.figure("silent_hours", of=form) if _said(form, "silent_hours") else Decimal(0),
        frozen="frozen" in form,
        alarmed="alarmed" in form,
        lot_id=_lot(form),
    )


def read(written: str) -> Supposition:
    """One that stands beside others in an address."""
    return typed(dict(parse_qsl(written)))


def written(supposed: Supposition) -> str:
    """The same as an address carries it; nothing where nothing is supposed."""
    figures = {"price": supposed.price * 100, "missing": supposed.missing * 100, "heat": supposed.heat, "days": Decimal(supposed.days), "silent_hours": supposed.silent_hours}  # fmt: skip
    said = {name: f"{figure.normalize():f}" for name, figure in figures.items() if figure}
    said |= {name: "yes" for name in ("frozen", "alarmed") if getattr(supposed, name)}
    return urlencode(said | ({"lot_id": str(supposed.lot_id)} if supposed.lot_id and said else {}))


def in_words(supposed: Supposition, lots: Mapping[UUID, str]) -> str:
    """`Prices −10%, 5% of the goods gone`. `lots`: the numbers of the deal's lots by id."""
    told = list(_told(supposed))
    if not told:
        return translate("As it is")
    words = translate(", ").join(told)
    where = lots.get(supposed.lot_id) if supposed.lot_id else None
    return words if where is None else translate("%(what)s (lot %(number)s)", what=words, number=where)


def _told(one: Supposition) -> Iterator[str]:
    if one.price:
        yield translate("Prices %(change)s", change=("+" if one.price > 0 else "−") + percent(abs(one.price), 1))
    if one.missing:
        yield translate("%(share)s of the goods gone", share=percent(one.missing, 1))
    if one.heat:
        yield translate("%(hours)s degree-hours too warm", hours=decimal(one.heat, 0))
    if one.days:
        yield translate_plural("%(num)s day without an inspection", "%(num)s days without an inspection", one.days)
    if one.silent_hours:
        yield translate("Devices silent for %(hours)s h", hours=decimal(one.silent_hours, 0))
    if one.frozen:
        yield translate("Goods frozen")
    if one.alarmed:
        yield translate("A critical alarm open")


def _said(form: Mapping[str, str], name: str) -> bool:
    return bool(entered.text(name, of=form))


def _lot(form: Mapping[str, str]) -> UUID | None:
    return entered.chosen_or_none("lot_id", of=form)
