"""Questions and answers: read by all who registered, asked by nobody whom anybody can name, frozen before the close."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.disposal import actions
from marketplace.disposal.questions.actions import my_questions, questions_of, unanswered
from tenants.errors import Conflict, Invalid, NotAllowed
from tests.factories import World
from tests.marketplace.disposal.makers import an_auction


def test_all_who_registered_read_what_one_of_them_asked_and_nobody_knows_who(world: World) -> None:
    sale = an_auction(world)
    asker, other = sale.bidder(), sale.bidder(deposit=False)
    outsider = world.firm("BUYER")
    with outsider.operator.ws() as ws, pytest.raises(NotAllowed, match="Register first"):
        actions.ask_question(ws, sale.auction_id, words="Is the packing sound?")
    with asker.operator.ws() as ws:
        asked = actions.ask_question(ws, sale.auction_id, words="Is the packing sound?")
        assert my_questions(ws, sale.auction_id) == {asked.question_id}
    world.work()
    with sale.bank.operator.ws() as ws:
        assert unanswered(ws) == 1
        [row] = questions_of(ws, sale.auction_id)
        assert my_questions(ws, sale.auction_id) == set()
        everything = ws.session.execute(text("select q::text from house.question q union all select e::text from house.event e")).scalars().all()  # fmt: skip
        assert not any(
            str(asker.tenant_id) in told for told in everything if "packing" in told or "QuestionAsked" in told
        )
        actions.answer_question(ws, sale.auction_id, row.question_id, answer="It is.")
        with pytest.raises(Conflict, match="answered already"):
            actions.answer_question(ws, sale.auction_id, row.question_id, answer="It is not.")
        assert unanswered(ws) == 0
    with other.operator.ws(read_only=True) as ws:
        [row] = questions_of(ws, sale.auction_id)
        assert (row.words, row.answer) == ("Is the packing sound?", "It is.")
    with outsider.operator.ws(read_only=True) as ws:
        assert questions_of(ws, sale.auction_id) == []
    with other.operator.ws() as ws, pytest.raises(NotAllowed):
        actions.answer_question(ws, sale.auction_id, row.question_id, answer="I guess so.")


def test_a_day_before_the_close_nothing_is_asked_or_answered_any_more(world: World) -> None:
    sale = an_auction(world)
    one = sale.bidder()
    with one.operator.ws() as ws:
        asked = actions.ask_question(ws, sale.auction_id, words="Where is the assay?")
        with pytest.raises(Invalid, match="5 to 1000"):
            actions.ask_question(ws, sale.auction_id, words="Eh?")
    world.set_clock(sale.auction.closes_at - timedelta(hours=24))
    with one.operator.ws() as ws, pytest.raises(Conflict, match="frozen"):
        actions.ask_question(ws, sale.auction_id, words="And now?")
    with sale.bank.operator.ws() as ws:
        with pytest.raises(Conflict, match="frozen"):
            actions.answer_question(ws, sale.auction_id, asked.question_id, answer="In the data room.")
        with pytest.raises(DBAPIError, match="frozen"), ws.session.begin_nested():
            ws.session.execute(text("update house.question set answer = 'late', answered_at = asked_at where auction_id = :auction"), {"auction": sale.auction_id})  # fmt: skip


def test_twenty_questions_are_enough(world: World) -> None:
    sale = an_auction(world)
    one = sale.bidder()
    with one.operator.ws() as ws:
        for number in range(20):
            actions.ask_question(ws, sale.auction_id, words=f"Question {number}")
        with pytest.raises(Conflict, match="at most twenty"):
            actions.ask_question(ws, sale.auction_id, words="One more")


def test_an_answer_is_never_rewritten(world: World) -> None:
    """Planted: straight into the table."""
    sale = an_auction(world)
    one = sale.bidder()
    with one.operator.ws() as ws:
        asked = actions.ask_question(ws, sale.auction_id, words="Is it dry?")
    with sale.bank.operator.ws() as ws:
        actions.answer_question(ws, sale.auction_id, asked.question_id, answer="Yes.")
        for change in ("answer = 'No.'", "words = 'Is it wet?'"):
            with pytest.raises(DBAPIError, match="stands"), ws.session.begin_nested():
                ws.session.execute(text(f"update house.question set {change} where auction_id = :auction"), {"auction": sale.auction_id})  # fmt: skip
