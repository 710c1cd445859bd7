"""Who may know what while bidding is open: rivals see paddles and amounts, the seller sees who paid, and nobody can tell which paddle is whose.

Each wall has its tooth: the defect that would open it is planted, and seen through.
"""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from marketplace.disposal import actions, queries
from marketplace.disposal.bidding import Answer, Combiner, Outcome, _Slip, place_bid, refusal
from marketplace.disposal.closing import close_bidding, miss_payment, open_bidding
from marketplace.disposal.models.bids import BidSlip
from marketplace.disposal.models.registrations import DepositMove, Paddle
from tenants import rooms
from tenants.database import engine
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tenants.record import activity
from tenants.workspace import Workspace
from tests.factories import Firm, World
from tests.marketplace.disposal.makers import Sale, an_auction, cny
from tests.marketplace.disposal.test_storm import require_honest, whole_book


@pytest.fixture
def sale(world: World) -> Sale:
    made = an_auction(world).open_with_bidders(3)
    for number, firm in enumerate(made.bidders):
        made.bid(firm, 700_000 + number * 5_000)
    return made


def everything_seen(ws: Workspace, sale: Sale) -> str:
    """Every row that the viewer can read of the tables of a sale, and all that it was told."""
    tables = (
        "auction",
        "disposal",
        "registration",
        "deposit_move",
        "paddle",
        "bid",
        "bid_slip",
        "settlement",
        "handover",
        "listing",
        "event",
        "feed_item",
        "notification",
    )
    rows = [str(ws.session.execute(text(f"select to_jsonb(t) from house.{table} t")).all()) for table in tables]
    told = [str(one) for one in activity(ws, limit=200)]
    present = [str(one) for one in rooms.participants(ws, sale.auction_id)]
    return "\n".join(rows + told + present)


def test_rivals_see_paddles_and_never_a_name(sale: Sale) -> None:
    one, *rivals = sale.bidders
    with one.operator.ws(read_only=True) as ws:
        seen = everything_seen(ws, sale)
        assert len(queries.book(ws, sale.auction_id)) == 3
        assert [paddle.tenant_id for paddle in ws.session.scalars(select(Paddle))] == [one.tenant_id]
        assert [slip.tenant_id for slip in ws.session.scalars(select(BidSlip))] == [one.tenant_id]
    for rival in rivals:
        for secret in (rival.name, str(rival.tenant_id), str(rival.operator.person_id), rival.operator.name):
            assert secret not in seen
    assert str(sale.borrower.tenant_id) not in seen
    assert str(sale.deal_id) not in seen


def test_the_seller_sees_who_paid_and_not_who_bid(sale: Sale) -> None:
    with sale.bank.operator.ws() as ws:
        assert len(queries.registrations(ws, sale.auction_id)) == 3
        assert ws.session.scalars(select(Paddle)).all() == []
        assert ws.session.scalars(select(BidSlip)).all() == []
        with pytest.raises(DBAPIError, match="hidden until bidding has ended"), ws.session.begin_nested():
            ws.session.execute(
                text("select * from gate.unmask(:a, :p)"), {"a": sale.auction_id, "p": sale.auction.standing_paddle}
            )
    stranger = sale.world.firm("BANK")
    sale.close()
    statement = text("select * from gate.unmask(:a, :p)")
    with stranger.operator.ws() as ws, pytest.raises(DBAPIError, match="hidden"), ws.session.begin_nested():
        ws.session.execute(statement, {"a": sale.auction_id, "p": sale.auction.standing_paddle})
    with sale.bank.operator.ws() as ws:
        settlement = queries.settlement_of(ws, sale.auction_id)
        assert settlement
        assert settlement.buyer_id == sale.bidders[2].tenant_id


def test_a_leak_would_be_seen(sale: Sale) -> None:
    """The tooth: with a wider policy on one table the same look finds a rival."""
    admin = sale.world.admin
    for table in ("paddle", "bid_slip", "registration"):
        admin.execute(
            f"create policy leak on house.{table} for select to bailee_app using ((select gate.tenant()) is not null)"
        )  # type: ignore[call-overload]
        try:
            with sale.bidders[0].operator.ws(read_only=True) as ws:
                assert str(sale.bidders[1].tenant_id) in everything_seen(ws, sale)
        finally:
            admin.execute(f"drop policy leak on house.{table}")  # type: ignore[call-overload]


FORGERIES = {
    "a bid": "insert into house.bid (auction_id, sequence, paddle, amount_minor, outcome, origin, at, ends_at, hash) values (:a, 99, 1, 1, 'ACCEPTED', 'HAND', now(), now(), '\\x00')",
    "a slip": "insert into house.bid_slip (auction_id, tenant_id, key, person_id, sequence, amount_minor, stands) values (:a, :me, uuidv7(), uuidv7(), 99, 1, true)",
    "a paddle": "insert into house.paddle (auction_id, number, tenant_id, registration_id) values (:a, 5, :me, uuidv7())",
    "another's bid": "update house.bid set amount_minor = 1 where auction_id = :a",
    "a bid's end": "delete from house.bid where auction_id = :a",
    "the decision": "select * from gate.decide_bids(:a, array[cast(:me as uuid)], array[cast(:me as uuid)], array[100::bigint], array[99999999::bigint], array[null::bigint], array[uuidv7()], array[null::text])",
    "a deposit": "insert into house.deposit_move (auction_id, registration_id, side, tenant_id, outcome, amount_minor, currency, reference, at) "
    "select :a, registration_id, 'OUT', :me, 'RETURNED', 7000000, 'CNY', 'x', now() from house.registration where tenant_id = :me",
    "a registration": "update house.registration set organisation = 'x' where auction_id = :a",
}


def test_a_bidder_can_forge_nothing(sale: Sale) -> None:
    bidder = sale.bidders[0]
    for forgery in FORGERIES:
        _refused(sale, bidder, forgery)


def _refused(sale: Sale, bidder: Firm, forgery: str) -> None:
    with (
        bidder.operator.ws() as ws,
        pytest.raises(DBAPIError, match=r"permission denied|row-level security"),
        ws.session.begin_nested(),
    ):
        ws.session.execute(text(FORGERIES[forgery]), {"a": sale.auction_id, "me": bidder.tenant_id})


def test_a_bidder_cannot_move_the_auction(sale: Sale) -> None:
    with sale.bidders[0].operator.ws() as ws:
        moved = ws.session.execute(
            text("update house.auction set ends_at = ends_at + interval '1 day' where auction_id = :a"),
            {"a": sale.auction_id},
        )
        assert moved.rowcount == 0  # type: ignore[attr-defined]


BACKWARDS = (
    "start_minor = 1", "step_sizes = '{1}'", "deposit_minor = 1", "opens_at = opens_at - interval '1 day'", "ends_at = ends_at - interval '1 second'",
    "standing_minor = 70000000", "sequence = 0", "standing_minor = null, standing_paddle = null", "version = 0",
)  # fmt: skip


def test_not_even_the_seller_turns_an_auction_back(sale: Sale) -> None:
    """Terms stand, the end never moves earlier, the standing bid never falls: a trigger says so to everybody."""
    because = r"announced terms do not change|moves forward only"
    for change in BACKWARDS:
        with sale.bank.operator.ws() as ws, pytest.raises(DBAPIError, match=because), ws.session.begin_nested():
            ws.session.execute(text(f"update house.auction set {change} where auction_id = :a"), {"a": sale.auction_id})


def test_each_bid_of_a_batch_keeps_its_own_identity(sale: Sale, world: World) -> None:
    """One call, many tokens: a false token, another firm's key and a firm without deposit travel beside honest bids and harm nobody."""
    honest, other = sale.bidders[:2]
    unpaid, outsider = sale.bidder(deposit=False), world.firm("BUYER")
    combiner = Combiner()
    lines = combiner.lines
    key = uuid4()
    batch = [
        _Slip("ses_false", 80_000_000, uuid4()),
        _Slip(honest.operator.token, 80_000_000, key),
        _Slip(other.operator.token, 80_500_000, key),
        _Slip(unpaid.operator.token, 90_000_000, uuid4()),
        _Slip(outsider.operator.token, 90_000_000, uuid4()),
        _Slip(sale.bank.operator.token, 90_000_000, uuid4()),
        _Slip(honest.operator.token, 80_000_000, key),
        _Slip(honest.operator.token, 81_000_000, key),
    ]
    answers = lines.place(sale.auction_id, batch)
    combiner.close()
    assert [one.outcome.value for one in answers] == [
        "SIGNED_OUT",
        "ACCEPTED",
        "ACCEPTED",
        "NO_PADDLE",
        "NO_PADDLE",
        "NOT_ALLOWED",
        "ACCEPTED",
        "KEY_REUSED",
    ]
    assert answers[6].sequence == answers[1].sequence
    with honest.operator.ws(read_only=True) as ws:
        assert {slip.amount_minor for slip in queries.my_slips(ws, sale.auction_id)} == {70_000_000, 80_000_000}


def test_the_functions_ask_for_a_context(sale: Sale) -> None:
    for call in (
        "gate.place_bid(:a, 1, null, uuidv7())",
        "gate.open_limits(:a)",
        "gate.unmask(:a, 1)",
        "gate.search_listings('AUCTION', null, '{}', '{}', 'best', 0, 5)",
    ):
        with Session(engine()) as session, session.begin(), pytest.raises(DBAPIError, match="no tenant context"):
            session.execute(text(f"select * from {call}"), {"a": sale.auction_id} if ":a" in call else {})


def test_parties_and_wrong_roles_do_not_bid(world: World, sale: Sale) -> None:
    both = Firm(world, sale.borrower.tenant_id, sale.borrower.name)
    world.admin.execute('update house.organisation set kinds = \'["BUYER", "SME"]\' where id = %s', (both.tenant_id,))
    with both.operator.ws() as ws, pytest.raises(NotAllowed, match="party"):
        actions.register_bidder(ws, sale.auction_id)
    with sale.bank.operator.ws() as ws, pytest.raises(NotAllowed):
        actions.register_bidder(ws, sale.auction_id)
    with world.firm("BUYER").person("auditor").ws() as ws, pytest.raises(NotAllowed):
        place_bid(ws, sale.auction_id, amount=cny(800_000), key=uuid4())


def test_registering_twice_is_once_and_strangers_confirm_nothing(world: World, sale: Sale) -> None:
    firm = world.firm("BUYER")
    with firm.operator.ws() as ws:
        first = actions.register_bidder(ws, sale.auction_id)
    with firm.owner.ws() as ws:
        assert actions.register_bidder(ws, sale.auction_id).registration_id == first.registration_id
    with world.firm("BANK").operator.ws() as ws, pytest.raises(NotFound):
        actions.confirm_deposit(ws, sale.auction_id, firm.tenant_id, "X")
    with sale.bank.operator.ws() as ws, pytest.raises(NotFound):
        actions.confirm_deposit(ws, sale.auction_id, uuid4(), "X")
    with sale.bank.operator.ws() as ws, pytest.raises(Invalid):
        actions.confirm_deposit(ws, sale.auction_id, firm.tenant_id, " " * 10)
    with sale.bank.operator.ws() as ws:
        actions.confirm_deposit(ws, sale.auction_id, firm.tenant_id, "X")
        with pytest.raises(Conflict, match="confirmed already"):
            actions.confirm_deposit(ws, sale.auction_id, firm.tenant_id, "X")
    world.advance(timedelta(days=5))
    world.work()
    with world.firm("BUYER").operator.ws() as ws, pytest.raises(Conflict, match="ended"):
        actions.register_bidder(ws, sale.auction_id)


def test_the_book_cannot_be_changed_without_being_seen(sale: Sale) -> None:
    """Planted as the server's administrator: one fen more, and the chain no longer closes."""
    require_honest(sale, whole_book(sale))
    sale.world.admin.execute(
        "update house.bid set amount_minor = amount_minor + 1 where auction_id = %s and sequence = 2",
        (sale.auction_id,),
    )
    with pytest.raises(AssertionError):
        require_honest(sale, whole_book(sale))


def test_timers_run_again_change_nothing(world: World, sale: Sale) -> None:
    sale.close()
    before = sale.auction.version
    with sale.bank.operator.ws() as ws:
        for again in (open_bidding, close_bidding):
            again(ws, sale.auction_id)
    with sale.bank.operator.ws() as ws:
        actions.confirm_balance(ws, sale.auction_id, reference="B-1")
    with sale.bank.operator.ws() as ws:
        miss_payment(ws, sale.auction_id, 1)
    assert sale.auction.version == before + 1
    assert (sale.auction.status, _moves(sale)) == ("PAID", 6)


def _moves(sale: Sale) -> int:
    with sale.bank.operator.ws(read_only=True) as ws:
        return len(ws.session.scalars(select(DepositMove)).all())


def test_an_outcome_has_words(sale: Sale) -> None:
    for outcome in Outcome:
        answer = Answer(outcome, 1, 1, 1, None, 1, 1, None, b"", 1, leads=True)
        assert (refusal(answer, "CNY") is None) == answer.accepted
