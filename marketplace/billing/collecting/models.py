"""Fees paid by card: each try of each invoice, and the firm's consent to have invoices collected from a saved card. No card data: the card service keeps it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.billing.rules.settling import CardMoney
from marketplace.money import Money
from tenants.database import Base
from tenants.policies import Access, roles

BOTH = roles("customer", "operator")


class FeeCardPayment(Base):
    """One try to pay an invoice by card. Begun by the firm at the card service's page or by the operator's clock with the firm's consent; followed by the
    operator's side alone. `tenant_id`: the operator, as in the invoice. What it brought is summed up as `rules.settling.CardMoney` says; `moves` counts its changes.
    """

    __tablename__ = "fee_card_payment"
    __access__ = Access(own=False, about="account_id", read=BOTH, add=BOTH, change=roles("operator"), counted=True)
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "invoice_id"], ["house.fee_invoice.tenant_id", "house.fee_invoice.id"]),
        UniqueConstraint("tenant_id", "payment_id"),
        UniqueConstraint("tenant_id", "checkout_id"),
        Index(None, "payment_id"),
        CheckConstraint("amount_minor > 0 and least(taken_minor, refunded_minor, disputed_minor, lost_minor) >= 0", name="amounts"),
        CheckConstraint("status in ('OPENED', 'TAKEN', 'DECLINED', 'EXPIRED') and way in ('PAGE', 'COLLECTED')", name="status"),
    )  # fmt: skip

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    invoice_id: Mapped[UUID] = mapped_column(primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    way: Mapped[str]
    status: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    taken_minor: Mapped[int] = mapped_column(default=0)
    refunded_minor: Mapped[int] = mapped_column(default=0)
    disputed_minor: Mapped[int] = mapped_column(default=0)
    lost_minor: Mapped[int] = mapped_column(default=0)
    costs_minor: Mapped[int] = mapped_column(default=0)
    moves: Mapped[int] = mapped_column(default=0)
    checkout_id: Mapped[str | None]
    url: Mapped[str | None]
    payment_id: Mapped[str | None]
    because: Mapped[str | None]
    opened_at: Mapped[datetime]
    moved_at: Mapped[datetime]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def key(self) -> str:
        """What this try is called with the card service."""
        return f"fee:{self.invoice_id}:{self.attempt}"

    @property
    def wish_key(self) -> str:
        """By which the card service does it once, and finds it again."""
        return f"{self.key}:open"

    @property
    def money(self) -> CardMoney:
        sums = (self.taken_minor, self.refunded_minor, self.disputed_minor, self.lost_minor, self.costs_minor)
        return CardMoney(*(Money(minor, self.currency) for minor in sums))

    @money.setter
    def money(self, seen: CardMoney) -> None:
        self.taken_minor, self.refunded_minor, self.disputed_minor = seen.taken.minor, seen.refunded.minor, seen.disputed.minor  # fmt: skip
        self.lost_minor, self.costs_minor, self.moves = seen.lost.minor, seen.costs.minor, self.moves + 1


class FeeMandate(Base):
    """A firm's consent that each later invoice of at most `limit` be collected from a card that it saved with the card service. `consent`: the sentence to which
    the firm's person agreed, with its facts, as a proposal keeps its own.
    """

    __tablename__ = "fee_mandate"
    __access__ = Access(about="account_id", read=roles("operator"), change=roles("operator"), counted=True)
    __table_args__ = (
        CheckConstraint("limit_minor > 0", name="limit"),
        CheckConstraint("status in ('OPENED', 'ACTIVE', 'WITHDRAWN', 'REPLACED', 'EXPIRED')", name="status"),
        Index("uq_fee_mandate_active", "tenant_id", "account_id", unique=True, postgresql_where="status = 'ACTIVE'"),
    )  # fmt: skip

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    status: Mapped[str]
    currency: Mapped[str]
    limit_minor: Mapped[int]
    consent: Mapped[dict[str, Any]]
    given_by: Mapped[str]
    given_at: Mapped[datetime]
    checkout_id: Mapped[str]
    url: Mapped[str]
    customer_id: Mapped[str | None]
    method_id: Mapped[str | None]
    brand: Mapped[str | None]
    last4: Mapped[str | None]
    expires: Mapped[str | None]
    moved_at: Mapped[datetime]
    withdrawn_by: Mapped[str | None]

    @property
    def limit(self) -> Money:
        return Money(self.limit_minor, self.currency)
