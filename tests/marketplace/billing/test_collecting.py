"""Fees by card through the real actions and the real adapter: at the page, from the saved card, returned, disputed, in every order of notices."""

import time
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.billing.actions import confirm_fee_payment, propose_credit
from marketplace.billing.collecting.mandates import mandates, open_mandate, withdraw_mandate
from marketplace.billing.collecting.models import FeeCardPayment
from marketplace.billing.collecting.paying import open_card_payment
from marketplace.billing.collecting.ports import collect_by
from marketplace.billing.issuing import issue
from marketplace.billing.models import FeeInvoice, FeePlan
from marketplace.billing.payouts.reading import payouts, read_payouts
from marketplace.billing.queries import find_invoice, today_of
from marketplace.billing.rules.bills import FeeKind, Used, bills
from marketplace.billing.rules.settling import BookAccount, Position
from marketplace.billing.settling.book import balances
from marketplace.billing.settling.closing import confirm_fee_return, propose_write_off
from marketplace.billing.settling.positions import cards_of, position_of
from marketplace.money import Money
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tests import cluster
from tests.factories import Firm, World
from tests.marketplace.billing.makers import PAID_TO, an_invoice, clear_fees
from tests.marketplace.billing.test_rules_plans import USUAL
from tests.marketplace.financing.makers import decided
from tests.stripe_fake import SECRETS
from tests.stripe_fees_fake import FakeFeeStripe, kept_of

TOTAL = 212_00  # a loan of 200.00 and the tax on it; the lot is free


@dataclass
class Owed:
    """An invoice of 212.00, its operator and its firm."""

    world: World
    stripe: FakeFeeStripe
    operator: Firm
    firm: Firm
    invoice_id: UUID

    def open(self) -> FeeCardPayment:
        with self.firm.owner.ws() as ws:
            card = open_card_payment(ws, self.invoice_id)
        self.world.work()
        return card

    def pay(self) -> FeeCardPayment:
        card = self.open()
        assert card.checkout_id
        self.stripe.pay(card.checkout_id)
        self.hear()
        return card

    def hear(self, chance: Random | None = None) -> None:
        """Every notice there is; by chance shuffled, repeated, lost, signed by either secret, with the worker in between."""
        notices = list(self.stripe.notices)
        if chance:
            notices = [one for one in notices for _ in range(chance.choice([0, 1, 1, 2]))]
            chance.shuffle(notices)
        for notice in notices:
            body, signature = self.stripe.signed(notice, time.time(), chance.choice(SECRETS) if chance else SECRETS[0])
            answer = self.world.app.test_client().post("/hooks/stripe", data=body, headers={"Stripe-Signature": signature})  # fmt: skip
            assert answer.status_code == 200
            if chance and chance.random() < 0.3:
                self.world.work()
        self.world.work()

    def transfer(self) -> None:
        with self.operator.operator.ws() as ws:
            confirm_fee_payment(ws, self.invoice_id, amount=Money(TOTAL, "CNY"), reference=f"TT-{self.invoice_id}", received_on=today_of(ws))  # fmt: skip
        self.world.work()

    def credit(self) -> None:
        with self.operator.operator.ws() as ws:
            approval = propose_credit(ws, self.invoice_id, because="Not used.")
        decided(self.operator, approval)
        self.world.work()

    def write_off(self) -> None:
        with self.operator.operator.ws() as ws:
            approval = propose_write_off(ws, self.invoice_id, because="The firm is gone.")
        decided(self.operator, approval)
        self.world.work()

    def stands(self) -> tuple[FeeInvoice, Position, list[FeeCardPayment]]:
        with self.operator.owner.ws(read_only=True) as ws:
            invoice = find_invoice(ws, self.invoice_id)
            return invoice, position_of(ws, invoice), list(cards_of(ws, invoice))

    @property
    def status(self) -> str:
        return self.stands()[0].status

    def payment(self) -> str:
        payment_id = self.stands()[2][-1].payment_id
        assert payment_id
        return payment_id

    def agreed(self) -> None:
        """Stripe, the positions and the book say the same, fen for fen."""
        invoice, here, cards = self.stands()
        with self.operator.owner.ws(read_only=True) as ws:
            book = {account: money.minor for (account, _), money in balances(ws).items()}
        assert sum(book.values()) == 0
        assert (here.open + here.paid + here.credited + here.written_off).minor == TOTAL
        assert book.get(BookAccount.RECEIVABLE, 0) == here.open.minor
        assert book.get(BookAccount.OWED_BACK, 0) == -here.owed_back.minor
        assert book.get(BookAccount.AT_PROVIDER, 0) == sum(one["net"] for one in self.stripe.balance.values())
        assert book.get(BookAccount.PROVIDER_COSTS, 0) == sum(one["fee"] for one in self.stripe.balance.values())
        assert (invoice.status == "PAID") == (here.paid.minor == TOTAL)
        assert len({key for _, key in self.stripe.done}) == len(self.stripe.done)
        assert not [card for card in cards if card.status == "OPENED" and invoice.status not in ("ISSUED", "OVERDUE")]


def owed(world: World, stripe: FakeFeeStripe) -> Owed:
    operator, firm, invoice_id = an_invoice(world)
    return Owed(world, stripe, operator, firm, invoice_id)


@pytest.fixture
def fee(world: World, stripe: FakeFeeStripe) -> Owed:
    return owed(world, stripe)


def next_invoice(fee: Owed) -> UUID:
    """The same firm is billed for another month."""
    used = [Used(FeeKind.DEAL, fee.invoice_id, "N-2", fee.world.now, None)]
    plan = FeePlan(version=1, vat_rate=USUAL.vat_rate, pay_days=USUAL.pay_days, notice_days=USUAL.notice_days, payee=PAID_TO["payee"], payee_account=PAID_TO["payee_account"])  # fmt: skip
    [bill] = bills(USUAL, used)
    with fee.operator.operator.ws() as ws:
        return issue(ws, fee.firm.tenant_id, plan, date(2026, 2, 1), bill).id


def a_saved_card(fee: Owed, limit: int = 1_000_00) -> str:
    """The firm agrees and saves a card. Its method at Stripe."""
    with fee.firm.owner.ws() as ws:
        mandate = open_mandate(ws, limit=Money(limit, "CNY"), agreed=True)
    fee.world.work()
    method = fee.stripe.save(mandate.checkout_id)
    fee.hear()
    return method


def test_a_firm_pays_at_the_page_and_the_book_says_so(fee: Owed) -> None:
    card = fee.pay()
    assert card.url
    page = fee.stripe.pages[card.checkout_id or ""]
    assert page["amount_total"] == TOTAL
    invoice, here, [paid] = fee.stands()
    assert (invoice.status, paid.status, paid.costs_minor, here.paid.minor) == ("PAID", "TAKEN", kept_of(TOTAL), TOTAL)
    fee.agreed()
    with fee.firm.owner.ws() as ws, pytest.raises(Conflict, match="invoice_not_open"):
        open_card_payment(ws, fee.invoice_id)


def test_one_page_for_one_wish_and_a_new_one_when_it_ran_out(fee: Owed) -> None:
    first = fee.open()
    assert fee.open().url == first.url
    fee.stripe.close_unpaid(first.checkout_id or "")
    assert fee.open().attempt == 2
    assert [card.status for card in fee.stands()[2]] == ["EXPIRED", "OPENED"]


def test_without_a_notice_the_clock_looks(fee: Owed) -> None:
    fee.stripe.pay(fee.open().checkout_id or "")
    fee.world.advance(timedelta(minutes=30))
    fee.world.work()
    assert fee.status == "PAID"


def test_a_transfer_closes_the_page_and_of_two_payments_the_card_is_paid_back(fee: Owed, world: World, stripe: FakeFeeStripe) -> None:  # fmt: skip
    card = fee.open()
    fee.transfer()
    assert stripe.pages[card.checkout_id or ""]["status"] == "expired"
    fee.agreed()
    clear_fees(world)
    stripe.balance.clear()
    other = owed(world, stripe)
    page = other.open().checkout_id or ""
    stripe.pay(page)  # in the same moment, and no notice yet
    other.transfer()
    other.hear()
    _, here, [twice] = other.stands()
    assert (here.owed_back.minor, twice.refunded_minor) == (0, TOTAL)
    other.agreed()


def test_a_credit_note_pays_a_card_back_by_itself_and_a_transfer_by_a_person(fee: Owed, world: World, stripe: FakeFeeStripe) -> None:  # fmt: skip
    fee.pay()
    fee.credit()
    _, here, [card] = fee.stands()
    assert (fee.status, here.owed_back.minor, card.refunded_minor) == ("CREDITED", 0, TOTAL)
    fee.agreed()
    clear_fees(world)
    stripe.balance.clear()
    other = owed(world, stripe)
    other.transfer()
    other.credit()
    assert other.stands()[1].owed_back.minor == TOTAL
    with other.operator.operator.ws() as ws, pytest.raises(Invalid):
        confirm_fee_return(ws, other.invoice_id, reference="B-1", returned_on=today_of(ws) + timedelta(days=1))
    for _ in range(2):
        with other.operator.operator.ws() as ws:
            confirm_fee_return(ws, other.invoice_id, reference="B-1", returned_on=today_of(ws))
    assert other.stands()[1].owed_back.minor == 0
    other.agreed()
    with other.operator.operator.ws() as ws, pytest.raises(Conflict, match="nothing_owed_back"):
        confirm_fee_return(ws, other.invoice_id, reference="B-2", returned_on=today_of(ws))


def test_a_lost_dispute_opens_the_invoice_again_with_notice_and_a_won_one_does_not(fee: Owed) -> None:
    fee.pay()
    dispute = fee.stripe.dispute(fee.payment())
    fee.hear()
    assert (fee.status, fee.stands()[2][0].disputed_minor) == ("PAID", TOTAL)
    fee.agreed()
    fee.stripe.decide(dispute, won=True)
    fee.hear()
    assert fee.status == "PAID"
    fee.agreed()
    lost = fee.stripe.dispute(fee.payment())
    fee.hear()
    fee.world.advance(timedelta(days=60))
    fee.stripe.decide(lost, won=False)
    fee.hear()
    invoice, here, _ = fee.stands()
    assert (invoice.status, here.open.minor) == ("OVERDUE", TOTAL)
    assert invoice.refuses_from >= (fee.world.now + timedelta(days=USUAL.notice_days - 1)).date()
    fee.agreed()
    fee.write_off()
    assert (fee.status, fee.stands()[1].written_off.minor) == ("WRITTEN_OFF", TOTAL)
    fee.agreed()


def test_what_stripes_own_desk_returned_is_open_again_and_paid_by_transfer(fee: Owed) -> None:
    fee.pay()
    fee.stripe.give_back(fee.payment(), 12_00)
    fee.hear()
    assert (fee.status, fee.stands()[1].open.minor) == ("OVERDUE", 12_00)
    with fee.operator.operator.ws() as ws, pytest.raises(Conflict, match="12\\.00"):
        confirm_fee_payment(ws, fee.invoice_id, amount=Money(TOTAL, "CNY"), reference="T", received_on=today_of(ws))
    with fee.operator.operator.ws() as ws:
        confirm_fee_payment(ws, fee.invoice_id, amount=Money(12_00, "CNY"), reference="T", received_on=today_of(ws))
    assert fee.status == "PAID"
    fee.agreed()


def test_a_saved_card_pays_the_next_invoice_after_its_notice(fee: Owed) -> None:
    fee.transfer()
    a_saved_card(fee)
    with fee.firm.owner.ws(read_only=True) as ws:
        [mandate] = mandates(ws)
    assert (mandate.status, mandate.last4, mandate.expires) == ("ACTIVE", "4242", "2031-08")
    fee.invoice_id = next_invoice(fee)
    fee.world.work()
    assert fee.status == "ISSUED"
    fee.world.advance(timedelta(days=3))
    fee.world.work()
    invoice, _, [card] = fee.stands()
    assert (invoice.status, card.way, card.taken_minor) == ("PAID", "COLLECTED", TOTAL)


def test_a_declined_card_is_tried_again_and_the_firm_is_told_each_time(fee: Owed) -> None:
    a_saved_card(fee)
    fee.invoice_id = next_invoice(fee)
    fee.stripe.declines = "insufficient_funds"
    for wait in (3, 3, 4, 7, 30):
        fee.world.advance(timedelta(days=wait))
        fee.world.work()
    tries = fee.stands()[2]
    assert [(card.status, card.because) for card in tries] == [("DECLINED", "insufficient_funds")] * 4
    told = fee.world.admin.execute("select kind, count(*) from house.notification where tenant_id = %s and kind like 'FeeCollection%%' group by kind", (fee.firm.tenant_id,)).fetchall()  # fmt: skip
    assert dict(told) == {"FeeCollectionDeclined": 3, "FeeCollectionGivenUp": 1}
    fee.stripe.declines = None
    fee.pay()
    assert fee.status == "PAID"


def test_who_withdraws_is_charged_nothing_more_and_the_card_is_forgotten(fee: Owed) -> None:
    method = a_saved_card(fee)
    later = next_invoice(fee)
    with fee.firm.owner.ws() as ws:
        withdraw_mandate(ws, mandates(ws)[0].id)
    fee.world.advance(timedelta(days=4))
    fee.world.work()
    fee.invoice_id = later
    assert (fee.status, fee.stands()[2]) == ("ISSUED", [])
    assert fee.stripe.methods[method]["customer"] is None


def test_a_newer_consent_replaces_the_older_and_a_limit_is_a_limit(fee: Owed) -> None:
    first = a_saved_card(fee)
    a_saved_card(fee, limit=TOTAL - 1)
    with fee.firm.owner.ws(read_only=True) as ws:
        assert [one.status for one in mandates(ws)] == ["ACTIVE", "REPLACED"]
    assert fee.stripe.methods[first]["customer"] is None
    fee.invoice_id = next_invoice(fee)
    fee.world.advance(timedelta(days=4))
    fee.world.work()
    assert fee.stands()[2] == []


def test_while_somebody_is_at_the_page_nothing_is_collected_beside_it(fee: Owed) -> None:
    a_saved_card(fee)
    fee.invoice_id = next_invoice(fee)
    fee.world.advance(timedelta(days=3, minutes=-1))
    page = fee.open().checkout_id or ""
    fee.world.advance(timedelta(minutes=2))
    fee.world.work()
    assert [card.way for card in fee.stands()[2]] == ["PAGE"]
    fee.stripe.close_unpaid(page)
    fee.world.advance(timedelta(hours=26))
    fee.world.work()
    assert [(card.way, card.status) for card in fee.stands()[2]] == [("PAGE", "EXPIRED"), ("COLLECTED", "TAKEN")]


def test_what_is_refused(fee: Owed, world: World) -> None:
    with fee.operator.owner.ws() as ws, pytest.raises(NotAllowed):
        open_card_payment(ws, fee.invoice_id)
    with world.firm().owner.ws() as ws, pytest.raises(NotFound):
        open_card_payment(ws, fee.invoice_id)
    with fee.firm.approver.ws() as ws, pytest.raises(NotAllowed):
        open_card_payment(ws, fee.invoice_id)
    with fee.firm.operator.ws() as ws, pytest.raises(NotAllowed):
        open_mandate(ws, limit=Money(1, "CNY"), agreed=True)
    with fee.firm.owner.ws() as ws, pytest.raises(Invalid) as unsaid:
        open_mandate(ws, limit=Money(1, "CNY"), agreed=False)
    assert unsaid.value.field == "agreed"
    with world.firm().owner.ws() as ws, pytest.raises(Conflict, match="never_billed"):
        open_mandate(ws, limit=Money(1, "CNY"), agreed=True)
    collect_by(None)
    with fee.firm.owner.ws() as ws, pytest.raises(Conflict, match="No cards are taken"):
        open_card_payment(ws, fee.invoice_id)


def test_the_database_lets_a_firm_begin_a_payment_and_say_nothing_of_its_money(fee: Owed, world: World) -> None:
    fee.open()
    for change in ("taken_minor = 21200, status = 'TAKEN'", "payment_id = 'pi_another'"):
        with fee.firm.owner.ws() as ws:
            ws.session.execute(text(f"update house.fee_card_payment set {change}"))
    assert [(card.status, card.taken_minor, card.payment_id) for card in fee.stands()[2]] == [("OPENED", 0, None)]
    with pytest.raises(DBAPIError, match="begins with nothing"), fee.firm.owner.ws() as ws:
        ws.session.execute(
            text(
                'insert into house.fee_card_payment select (jsonb_populate_record(c, \'{"attempt": 9, "status": "TAKEN", "taken_minor": 21200, "checkout_id": "cs_9"}\')).* from house.fee_card_payment c'
            )
        )
    with world.firm().owner.ws(read_only=True) as ws:
        assert ws.session.scalar(text("select count(*) from house.fee_card_payment")) == 0
    with fee.firm.owner.ws(read_only=True) as ws:
        assert ws.session.scalar(text("select count(*) from house.fee_entry")) == 0
    with pytest.raises(DBAPIError, match="does not balance"), fee.operator.owner.ws() as ws:
        ws.session.execute(
            text(
                "insert into house.fee_entry select tenant_id, 'x', account, invoice_id, currency, amount_minor, posted_at from house.fee_entry where account = 'receivable'"
            )
        )


def test_another_invoices_payment_pays_nothing_here(fee: Owed, world: World, stripe: FakeFeeStripe) -> None:
    """Somebody put the page of another invoice beside this one: Stripe says for which invoice it was."""
    fee.open()
    page = stripe.pages[fee.stands()[2][0].checkout_id or ""]
    page["metadata"] = page["metadata"] | {"fee_invoice_id": str(UUID(int=5))}
    stripe.pay(page["id"])
    world.advance(timedelta(hours=1))
    world.work()
    assert fee.status == "ISSUED"


def test_a_payout_is_taken_apart_and_the_book_follows_the_money(fee: Owed) -> None:
    fee.pay()
    stray = {"id": "ch_stray", "object": "charge", "payment_intent": None}
    fee.stripe.charges["ch_stray"] = stray
    fee.stripe.pay_out()
    fee.stripe._move("charge", 5_00, 0, "ch_stray", "cny")
    fee.stripe.pay_out()
    fee.world.advance(timedelta(days=1))
    fee.world.work()
    with fee.operator.owner.ws(read_only=True) as ws:
        found = payouts(ws)
        book = {account: money.minor for (account, _), money in balances(ws).items()}
    net = TOTAL - kept_of(TOTAL)
    assert sorted((one.parts.fees.minor, one.parts.nobodys.minor, one.parts.agrees) for one in found) == [(0, 5_00, False), (net, 0, True)]  # fmt: skip
    assert (book[BookAccount.BANK], book[BookAccount.AT_PROVIDER]) == (net, 0)
    with fee.operator.owner.ws() as ws:
        assert read_payouts(ws) == [], "read again it changes nothing"
    with fee.firm.owner.ws(read_only=True) as ws, pytest.raises(NotAllowed):
        payouts(ws)


def test_a_dispute_whose_notice_was_lost_shows_in_the_payout(fee: Owed) -> None:
    fee.pay()
    fee.stripe.dispute(fee.payment())
    fee.stripe.notices.clear()
    fee.stripe.pay_out()
    fee.world.advance(timedelta(days=1))
    fee.world.work()
    assert fee.stands()[2][0].disputed_minor == TOTAL


FATES = st.lists(st.sampled_from(["page", "transfer", "credit", "write_off", "dispute", "lose", "win", "desk", "night"]), min_size=2, max_size=7)  # fmt: skip


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(FATES, st.integers(0, 10**9))
def test_any_order_of_news_leaves_each_fen_in_one_place(world: World, stripe: FakeFeeStripe, fates: list[str], seed: int) -> None:  # fmt: skip
    """Transfers, cards, credit notes, disputes and returns in any order, their notices shuffled, repeated and lost: in the end all say the same."""
    clear_fees(world)
    for kept in (stripe.notices, stripe.balance, stripe.disputes):
        kept.clear()
    world.set_clock(cluster.START)
    chance, scene = Random(seed), owed(world, stripe)
    for fate in fates:
        happen(scene, fate)
        scene.hear(chance)
    scene.hear()
    scene.agreed()


def happen(scene: Owed, fate: str) -> None:
    """One thing that may happen, if it may happen now."""
    stripe, cards = scene.stripe, scene.stands()[2]
    taken = [card.payment_id for card in cards if card.status == "TAKEN" and card.money.returnable]
    undecided = [one["id"] for one in stripe.disputes.values() if one["status"] == "needs_response"]
    acts: dict[str, Any] = {"transfer": scene.transfer, "credit": scene.credit, "write_off": scene.write_off, "night": lambda: scene.world.advance(timedelta(days=1))}  # fmt: skip
    try:
        if fate == "page":
            page = scene.open().checkout_id or ""
            if stripe.pages[page]["status"] == "open":
                stripe.pay(page)
        elif fate in ("dispute", "desk") and taken:
            left = next(card.money.returnable.minor for card in cards if card.payment_id == taken[0])
            stripe.dispute(taken[0] or "", amount=left) if fate == "dispute" else stripe.give_back(taken[0] or "", 1)
        elif fate in ("lose", "win") and undecided:
            stripe.decide(undecided[0], won=fate == "win")
        elif fate in acts:
            acts[fate]()
    except Conflict:
        pass  # not now: the invoice has ended, or its transfer is in
