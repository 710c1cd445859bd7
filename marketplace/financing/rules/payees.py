"""Whether a payee is the firm from which an order buys, and by what that is known (受托支付): its registered code, then its account, its name only where nothing else is known of it."""

from collections.abc import Collection
from enum import StrEnum

from marketplace.documents.rules.entries import Party, plain_word


class KnownBy(StrEnum):
    """By what a payee is known to be an order's seller."""

    CODE = "CODE"
    ACCOUNT = "ACCOUNT"
    NAME = "NAME"


def known_by(payee: Party, account: str, seller: Party, accounts: Collection[str]) -> KnownBy | None:
    """How the payee is known to be the seller; None where it is not. `accounts`: those to which the seller's own invoices ask to be paid.

    What contradicts decides before what agrees: another code is another firm however it is called, and another account than the invoices name is how payees
    are swapped. So a name alone counts only where neither is known on both sides.
    """
    same_account = plain_word(account) in {plain_word(one) for one in accounts}
    if payee.differs_from(seller) or (account and accounts and not same_account):
        return None
    if payee.code and seller.code:
        return KnownBy.CODE
    if account and accounts:
        return KnownBy.ACCOUNT
    return KnownBy.NAME
