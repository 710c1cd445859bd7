"""The term sheet: what was agreed when an offer was accepted, word for word, and its hash. For borrower and bank; never changed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.financing.models.deals import ONCE, PARTIES
from tenants.database import Base
from tenants.policies import Access, roles


class TermSheet(Base):
    """`content`: canonical JSON. `sha256`: of its UTF-8 bytes, which lie in the deal's room as the document `document_id`."""

    __tablename__ = "term_sheet"
    __access__ = Access(about="deal_id", read=PARTIES, add=roles("borrower"), verbs=ONCE)
    __table_args__ = (
        # The hash is the content's, whoever writes the row.
        CheckConstraint("sha256 = encode(sha256(convert_to(content, 'UTF8')), 'hex')", name="hash"),
    )

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    offer_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    content: Mapped[str]
    sha256: Mapped[str]
    document_id: Mapped[UUID]
    made_at: Mapped[datetime]
