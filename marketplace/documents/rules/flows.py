"""Whether the papers of a trade tell one story: contract, goods, money and information (四流合一).

Each flow sets two records side by side and loses points by how far they differ against a tolerance; a different
party or goods code anywhere means that they are not one trade, and the whole score is nothing. Cross-checking of the
four flows is regulator language (银保监发〔2022〕29号); weights and tolerances are product defaults.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from hashlib import sha256
from hmac import compare_digest

from marketplace.exact import Exact, exact
from tenants.errors import Conflict, Invalid


class FlowKind(StrEnum):
    """商流, 物流, 资金流, 信息流."""

    COMMERCE = "COMMERCE"
    GOODS = "GOODS"
    MONEY = "MONEY"
    INFORMATION = "INFORMATION"


@dataclass(frozen=True, slots=True)
class Record:
    """One side of a comparison: where it stands, its figure, and the party and goods code that it names (empty: it
    names none).
    """

    source: str
    figure: Exact
    party: str = ""
    goods_code: str = ""


@dataclass(frozen=True, slots=True)
class Flow:
    """Two records that should agree within `tolerance` (a share), and how much that weighs."""

    kind: FlowKind
    weight: Exact
    one: Record
    other: Record
    tolerance: Exact


@dataclass(frozen=True, slots=True)
class Break:
    """Two records that do not agree, and in what: "party", "goods_code" or "figure"."""

    kind: FlowKind
    field: str
    one: str
    other: str


@dataclass(frozen=True, slots=True)
class FourFlows:
    """The score in [0, 1], each flow's own, and every disagreement with both records named."""

    score: Fraction
    flows: tuple[tuple[FlowKind, Fraction], ...]
    breaks: tuple[Break, ...]


def four_flow_score(flows: Sequence[Flow]) -> FourFlows:
    """Σ w · max(0, 1 - (|a - b| / max(a, b)) / τ); nothing where a party or goods code differs.

    Refuses weights that do not sum to 1, tolerances that are not above zero, and negative figures.
    """
    if sum((exact(flow.weight) for flow in flows), Fraction(0)) != 1 or any(exact(flow.weight) < 0 for flow in flows):
        raise Invalid("weights_not_whole", "The weights of the flows must sum to one.", field="weights")
    scored = tuple((flow.kind, agreement(flow.one.figure, flow.other.figure, flow.tolerance)) for flow in flows)
    breaks = tuple(found for flow in flows for found in _breaks(flow))
    if any(found.field != "figure" for found in breaks):
        return FourFlows(Fraction(0), scored, breaks)
    weighted = (exact(flow.weight) * score for flow, (_, score) in zip(flows, scored, strict=True))
    return FourFlows(sum(weighted, Fraction(0)), scored, breaks)


def agreement(one: Exact, other: Exact, tolerance: Exact) -> Fraction:
    """How far two figures agree: 1 when equal, falling to 0 where they differ by the tolerance share of the larger.
    Two nothings: 0.
    """
    a, b, most = exact(one), exact(other), exact(tolerance)
    if a < 0 or b < 0 or most <= 0:
        raise Invalid("flow_figures", "Figures are not negative and tolerances are above zero.", field="figure")
    larger = max(a, b)
    if larger == 0:
        return Fraction(0)
    return max(Fraction(0), 1 - abs(a - b) / larger / most)


def content_hash(content: bytes) -> str:
    """SHA-256 of a document's bytes, in hex: what is recorded when it comes in."""
    return sha256(content).hexdigest()


def require_unchanged(content: bytes, recorded_hash: str) -> None:
    """Refuse to show a document whose bytes are no longer those recorded (invariant 41)."""
    if not compare_digest(content_hash(content), recorded_hash):
        raise Conflict("document_changed", "This document is not the one that was recorded.")


def _breaks(flow: Flow) -> list[Break]:
    pairs = (
        ("party", flow.one.party, flow.other.party),
        ("goods_code", flow.one.goods_code, flow.other.goods_code),
    )
    fields = [field for field, one, other in pairs if one and other and one != other]
    if exact(flow.one.figure) != exact(flow.other.figure):
        fields.append("figure")
    return [Break(flow.kind, field, flow.one.source, flow.other.source) for field in fields]
