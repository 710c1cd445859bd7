"""Calls about second ranks: ask the first bank, consent, offer the goods behind it, declare a claim."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, MoneyShape, Nothing, PageQuery, Shape
from frontend.pledges.api import DealPledges, Proposed, Sentence, pledge_view, proposed
from frontend.pledges.api_papers import money_of, money_shape
from frontend.pledges.blueprint import api
from marketplace.financing import actions as financing
from marketplace.pledges import actions
from marketplace.pledges.queries import pledges_of_deal
from marketplace.pledges.ranks.models import RankConsent
from marketplace.pledges.ranks.queries import find_consent, list_consents
from tenants.workspace import Workspace


class RankBody(Shape):
    """A question to the bank of a deal: may the bank of `second_deal_id` stand behind it on these lots? `cap`: the most that the first is paid before the
    second; `most`: the most that the second secures.
    """

    second_deal_id: UUID
    lot_ids: Annotated[list[UUID], Field(min_length=1, max_length=200)]
    cap: MoneyShape
    most: MoneyShape
    because: Sentence


class RankGoods(Shape):
    """A lot that a consent is about."""

    lot_id: UUID
    number: str
    product: str
    quantity: str


class RankView(Shape):
    """What pledgor, first and second bank know of a second rank: ASKED, CONSENTED, REFUSED, WITHDRAWN or ENDED."""

    id: UUID
    status: str
    pledgor_id: UUID
    first_bank_id: UUID
    second_bank_id: UUID
    goods: list[RankGoods]
    cap: MoneyShape
    most: MoneyShape
    claim: MoneyShape | None
    because: str
    answer: str
    asked_at: Moment
    answered_at: Moment | None
    in_force_at: Moment | None


class RankPage(Shape):
    """Questions about second ranks, newest first; `next` is the cursor of the page after."""

    items: list[RankView]
    next: UUID | None


class RankRefusalBody(Shape):
    """Why not."""

    because: Sentence


class ClaimBody(Shape):
    """What is owed to the second bank, at most what its rank secures."""

    claim: MoneyShape


@api.look("/ranks", takes=PageQuery, gives=RankPage)
def list_ranks(ws: Workspace, body: PageQuery) -> RankPage:
    """Questions about second ranks in which the caller takes part."""
    rows = list_consents(ws, cursor=body.cursor)[: body.limit]
    return RankPage(items=[_view(one) for one in rows], next=rows[-1].id if len(rows) == body.limit else None)


@api.look("/ranks/<uuid:consent_id>", gives=RankView)
def show_rank(ws: Workspace, consent_id: UUID) -> RankView:
    """One question about a second rank."""
    return _view(find_consent(ws, consent_id))


@api.act("/deals/<uuid:deal_id>/ranks", takes=RankBody, gives=RankView, status=201)
def ask_second_rank(ws: Workspace, deal_id: UUID, body: RankBody) -> RankView:
    """The borrower asks the bank of this deal to let another stand behind it."""
    given = body.model_dump() | {"cap": money_of(body.cap), "most": money_of(body.most)}
    return _view(actions.ask_second_rank(ws, deal_id, **given))


@api.act("/ranks/<uuid:consent_id>/consent", takes=Nothing, gives=Proposed)
def propose_consent(ws: Workspace, consent_id: UUID, body: Nothing) -> Proposed:
    """The first bank proposes to consent; a colleague decides."""
    return proposed(actions.propose_consent(ws, consent_id))


@api.act("/ranks/<uuid:consent_id>/refusal", takes=RankRefusalBody, gives=RankView)
def refuse_second_rank(ws: Workspace, consent_id: UUID, body: RankRefusalBody) -> RankView:
    """The first bank wants nobody behind it."""
    return _view(actions.refuse_second_rank(ws, consent_id, because=body.because))


@api.act("/ranks/<uuid:consent_id>/withdrawal", takes=Nothing, gives=RankView)
def withdraw_second_rank(ws: Workspace, consent_id: UUID, body: Nothing) -> RankView:
    """The borrower takes its question back."""
    return _view(actions.withdraw_second_rank(ws, consent_id))


@api.act("/ranks/<uuid:consent_id>/pledges", takes=Nothing, gives=DealPledges, status=201)
def offer_behind(ws: Workspace, consent_id: UUID, body: Nothing) -> DealPledges:
    """The borrower offers the goods in second rank."""
    deal = financing.top_up_behind(ws, consent_id)
    return DealPledges(items=[pledge_view(row) for row in pledges_of_deal(ws, deal.deal_id)])


@api.act("/ranks/<uuid:consent_id>/claim", takes=ClaimBody, gives=RankView)
def claim_proceeds(ws: Workspace, consent_id: UUID, body: ClaimBody) -> RankView:
    """The second bank declares what is owed to it."""
    return _view(actions.claim_proceeds(ws, consent_id, claim=money_of(body.claim)))


def _view(row: RankConsent) -> RankView:
    names = ("id", "status", "first_bank_id", "second_bank_id", "because", "answer", "asked_at", "answered_at", "in_force_at")  # fmt: skip
    return RankView(
        **{name: getattr(row, name) for name in names},
        pledgor_id=row.tenant_id,
        goods=[RankGoods(**one) for one in row.goods],
        cap=money_shape(row.cap),
        most=money_shape(row.most),
        claim=money_shape(row.claim) if row.claim is not None else None,
    )
