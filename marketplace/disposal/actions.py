"""What is done in a sale, from the default to the empty bin. The front page of the slice; each act is written out in the module it comes from."""

from marketplace.disposal.accepting.collecting import accept_goods
from marketplace.disposal.accepting.deciding import confirm_refund, propose_decision
from marketplace.disposal.accepting.disputing import answer_dispute, raise_dispute, report_finding
from marketplace.disposal.accepting.mediating import propose_settlement
from marketplace.disposal.accepting.returning import take_back_goods
from marketplace.disposal.appropriating.answering import answer_appropriation
from marketplace.disposal.appropriating.proposing import bargain_of, propose_appropriation
from marketplace.disposal.appropriating.taking_over import confirm_surplus, take_over_goods
from marketplace.disposal.bidding import combiner, place_bid
from marketplace.disposal.calling_off import propose_calling_off
from marketplace.disposal.cards.actions import open_card_deposit
from marketplace.disposal.charges.actions import publish_charges
from marketplace.disposal.closing import confirm_balance
from marketplace.disposal.data_rooms.actions import enter_data_room, open_data_room, open_paper, share_paper
from marketplace.disposal.distributing import propose_rest, propose_waterfall
from marketplace.disposal.envelopes import hand_in_envelope, open_envelope
from marketplace.disposal.guarding.actions import propose_guard
from marketplace.disposal.handing_over import hand_over
from marketplace.disposal.negotiating.bargaining import accept_offer, decline_offer, make_offer, withdraw_offer
from marketplace.disposal.negotiating.consenting import answer_floor
from marketplace.disposal.notices.serving import serve_sale_notice
from marketplace.disposal.outages.halting import halt_sale, lift_halt, propose_halt, propose_resumption
from marketplace.disposal.preparing import propose_disposal
from marketplace.disposal.questions.actions import answer_question, ask_question
from marketplace.disposal.registering import confirm_deposit, register_bidder
from marketplace.disposal.settling.barring import appeal_bar, lift_bar
from marketplace.disposal.settling.chances import (
    answer_second_chance,
    confirm_second_deposit,
    propose_second_chance,
)
from marketplace.disposal.settling.curing import ask_cure
from marketplace.disposal.visits.actions import book_visit, cancel_visit, note_attendance, offer_slot

__all__ = [
    "accept_goods",
    "accept_offer",
    "answer_appropriation",
    "answer_dispute",
    "answer_floor",
    "answer_question",
    "answer_second_chance",
    "appeal_bar",
    "ask_cure",
    "ask_question",
    "bargain_of",
    "book_visit",
    "cancel_visit",
    "combiner",
    "confirm_balance",
    "confirm_deposit",
    "confirm_refund",
    "confirm_second_deposit",
    "confirm_surplus",
    "decline_offer",
    "enter_data_room",
    "halt_sale",
    "hand_in_envelope",
    "hand_over",
    "lift_bar",
    "lift_halt",
    "make_offer",
    "note_attendance",
    "offer_slot",
    "open_card_deposit",
    "open_data_room",
    "open_envelope",
    "open_paper",
    "place_bid",
    "propose_appropriation",
    "propose_calling_off",
    "propose_decision",
    "propose_disposal",
    "propose_guard",
    "propose_halt",
    "propose_rest",
    "propose_resumption",
    "propose_second_chance",
    "propose_settlement",
    "propose_waterfall",
    "publish_charges",
    "raise_dispute",
    "register_bidder",
    "report_finding",
    "serve_sale_notice",
    "share_paper",
    "take_back_goods",
    "take_over_goods",
    "withdraw_offer",
]
