"""Words of card payments and of the book, for pages."""

from frontend.language import translate
from marketplace.billing.collecting.models import FeeCardPayment
from marketplace.billing.rules.cards import FeeCardState, Way
from marketplace.billing.rules.settling import BookAccount


def card_word(card: FeeCardPayment) -> str:
    """Where a card payment stands."""
    if card.status == FeeCardState.TAKEN:
        if card.disputed_minor:
            return translate("Disputed by the cardholder’s bank")
        if card.lost_minor:
            return translate("Drawn back by the cardholder’s bank")
        return translate("Paid back") if card.refunded_minor == card.taken_minor else translate("Paid")
    words = {
        FeeCardState.OPENED: translate("Card page open") if card.way == Way.PAGE else translate("On its way"),
        FeeCardState.DECLINED: translate("Declined"),
        FeeCardState.EXPIRED: translate("Not paid, closed"),
    }
    return words[FeeCardState(card.status)]


def declined_because(card: FeeCardPayment) -> str:
    """Why a card was declined, as far as its owner can do something about it; its bank says no more than that."""
    words = {
        "authentication_required": translate("Your bank asks you to confirm this payment yourself. Pay it at the card service’s page."),
        "insufficient_funds": translate("The card does not cover the amount."),
        "expired_card": translate("The card has expired."),
        "lost_card": translate("The card is blocked."),
        "stolen_card": translate("The card is blocked."),
    }  # fmt: skip
    return words.get(card.because or "", translate("The card’s bank declined it and says no more."))


def account_word(account: BookAccount) -> str:
    """An account of the book."""
    words = {
        BookAccount.RECEIVABLE: translate("Owed by firms"),
        BookAccount.FEE_INCOME: translate("Fees earned"),
        BookAccount.VAT_OWED: translate("Tax owed"),
        BookAccount.BANK: translate("At the bank"),
        BookAccount.AT_PROVIDER: translate("At the card service, not paid out"),
        BookAccount.PROVIDER_COSTS: translate("Kept by the card service"),
        BookAccount.DISPUTED: translate("Disputed, not decided"),
        BookAccount.OWED_BACK: translate("Owed back to firms"),
        BookAccount.LOSSES: translate("Losses"),
    }
    return words[account]
