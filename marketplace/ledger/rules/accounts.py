"""The accounts of a deal's book. Whether a posting is one, `balance` decides: it balances.

The book is the bank's record of what it instructed and what was confirmed to it; money itself never passes here (domain
model, point 5). Debits are positive, credits negative, in minor units of one currency each.
"""

from collections.abc import Sequence
from enum import StrEnum

from marketplace.ledger.rules.balance import Line, require_balanced
from marketplace.money import Money
from tenants.errors import Invalid

__all__ = ["DEBT", "Account", "Line", "checked_entries"]


class Account(StrEnum):
    """A line of the chart of accounts, seen from the lender."""

    LOAN_PRINCIPAL = "loan_principal"
    INTEREST_RECEIVABLE = "interest_receivable"
    FEES_RECEIVABLE = "fees_receivable"
    PENALTY_RECEIVABLE = "penalty_receivable"  # penalty interest and compound interest
    INTEREST_INCOME = "interest_income"
    PENALTY_INCOME = "penalty_income"
    FEE_INCOME = "fee_income"
    DISBURSEMENT_INSTRUCTED = "disbursement_instructed"  # orders given to the paying bank and not yet confirmed
    DISBURSEMENT_PAYABLE = "disbursement_payable"  # their counter-account
    DISBURSEMENT_CONFIRMED = "disbursement_confirmed"  # money that left, as the paying bank confirmed
    REPAYMENT_RECEIVED = "repayment_received"  # money that came in, as the receiving bank confirmed
    OVERPAYMENT_OWED = "overpayment_owed"  # what the borrower paid beyond the debt: its own money
    COLLATERAL_PROCEEDS = "collateral_proceeds"  # what buyers of the pledged goods paid
    COLLATERAL_TAKEN = "collateral_taken"  # goods that the bank took over at their value, by agreement (折价)
    PROCEEDS_TO_DISTRIBUTE = "proceeds_to_distribute"  # owed by the waterfall; nothing once it is distributed
    BUYER_REFUND_OWED = "buyer_refund_owed"  # price and premium that go back to a buyer whose dispute was upheld
    BUYER_PREMIUM = (
        "buyer_premium"  # commission that buyers paid on top of the price: the seller's, no part of the waterfall
    )
    ENFORCEMENT_COSTS_PAID = "enforcement_costs_paid"
    TAX_PAID = "tax_paid"
    JUNIOR_CLAIMS_PAID = "junior_claims_paid"
    SURPLUS_OWED = "surplus_owed"  # what goods that were taken over were worth beyond the debt: the pledgor's money
    SURPLUS_PAID = "surplus_paid"
    WRITE_OFF = "write_off"


# What the borrower owes, in the order of Civil Code 561: costs, interest (penalty behind it), principal.
DEBT = (Account.FEES_RECEIVABLE, Account.INTEREST_RECEIVABLE, Account.PENALTY_RECEIVABLE, Account.LOAN_PRINCIPAL)


def checked_entries(entries: Sequence[Line]) -> list[tuple[Account, Money]]:
    """The lines of one posting. Refuses fewer than two, a line of nothing, an unknown account, and debits that are not
    credits (invariant 11), currency by currency.
    """
    lines = [(_account(name), money) for name, money in entries]
    require_balanced(lines)
    return lines


def _account(name: str) -> Account:
    try:
        return Account(name)
    except ValueError:
        raise Invalid("account_unknown", "%(account)s is not an account of the book.", account=name) from None
