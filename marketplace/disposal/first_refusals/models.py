"""Who may buy at the price that another bids: rights of first refusal, published with the terms of a sale."""

from pathlib import Path
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base
from tenants.policies import ADDITIONS, Access

SQL = Path(__file__).parent / "sql"


class PriorityPurchaser(Base):
    """One firm's right of first refusal (优先购买权) in one sale: on which ground, by which paper, in which order (`rank`, 1 comes first; equals share one).

    Published like the terms it belongs to (网拍 13: who holds such a right, and of what nature), and as they are never changed. `tenant_id` is the seller.
    """

    __tablename__ = "priority_purchaser"
    __access__ = Access(everyone=True, verbs=frozenset({"select", "insert"}), custodian=True)
    __table_args__ = (CheckConstraint("rank between 1 and 20", name="rank"),)

    auction_id: Mapped[UUID] = mapped_column(primary_key=True)
    holder_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    organisation: Mapped[str]
    rank: Mapped[int]
    ground: Mapped[str]
    evidence: Mapped[str]


ADDITIONS.append((SQL / "first_refusals.sql").read_text())
