"""Who watches the log from outside: registered keys, what they signed, and what they refused. Published to all, since trust in a witness is everybody's affair."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base
from tenants.log.notes import COSIGNATURE, VerifierKey
from tenants.policies import Access

OF_A_WITNESS = ["tenant_id", "witness_id"], ["house.witness.tenant_id", "house.witness.id"]


class Witness(Base):
    """A key by which a firm's own machine signs what it saw of the log. A key is one firm's for ever: nobody's signature counts for two."""

    __tablename__ = "witness"
    __access__ = Access(everyone=True, custodian=True)
    __table_args__ = (
        CheckConstraint("length(public_key) = 32", name="public_key"),
        Index("uq_witness_public_key", "public_key", unique=True),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    registered_by: Mapped[str]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    @property
    def verifier(self) -> VerifierKey:
        """The key as notes name it."""
        return VerifierKey(self.name, COSIGNATURE, self.public_key)


class Cosignature(Base):
    """A witness saw the tree of this size as the house signed it, and it began with the one seen before.

    `signed_at`: by the witness's own clock, seconds since 1970. `line`: as it stands under the checkpoint.
    """

    __tablename__ = "cosignature"
    __access__ = Access(everyone=True, custodian=True)
    __table_args__ = (ForeignKeyConstraint(*OF_A_WITNESS), Index(None, "size"))

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    witness_id: Mapped[UUID] = mapped_column(primary_key=True)
    size: Mapped[int] = mapped_column(primary_key=True)
    root: Mapped[bytes] = mapped_column(LargeBinary)
    signed_at: Mapped[int]
    line: Mapped[str]
    received_at: Mapped[datetime]


class WitnessRefusal(Base):
    """A witness was shown a tree that does not begin with the one it saw before. `statement`: its own signed words, with both checkpoints."""

    __tablename__ = "witness_refusal"
    __access__ = Access(everyone=True)
    __table_args__ = (ForeignKeyConstraint(*OF_A_WITNESS),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    witness_id: Mapped[UUID] = mapped_column(primary_key=True)
    shown: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    ground: Mapped[str]
    seen_size: Mapped[int]
    shown_size: Mapped[int]
    statement: Mapped[str]
    first_at: Mapped[datetime]
    received_at: Mapped[datetime]
