"""What calls about a sale's public record give. A record, as a call answers it, is the file that `recompute.py` reads."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, Shape

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 in hex.")]
Key = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="Ed25519 public key in hex.")]
Signature = Annotated[str, Field(pattern=r"^[0-9a-f]{128}$", description="Ed25519 signature in hex.")]

# Six places always: hashes and signatures cover a time as it is written, and a time shortened to whole seconds would be another text.
Stamp = Annotated[
    str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$", examples=["2026-03-12T01:00:00.000000Z"])
]


class Receipt(Shape):
    """The house's signed answer to one bid, a refused one too. Keep it: it proves the bid against anybody."""

    kind: str
    auction: UUID
    sequence: int
    paddle: int
    amount_minor: int
    currency: str
    outcome: str
    at: Stamp
    hash: Hash
    key: Key
    signature: Signature


class Receipts(Shape):
    """The caller's own receipts in an auction, latest first."""

    receipts: list[Receipt]


class Identity(Shape):
    """Which sale it is."""

    id: UUID
    number: str
    title: str
    quantity: str
    place: str
    predecessor: UUID | None


class Rules(Shape):
    """The terms as they were announced. Amounts in minor units."""

    method: str
    regime: str
    round: int
    currency: str
    start_minor: int
    increments: Annotated[list[tuple[int, int]], Field(description="(price from which it counts, step), rising.")]
    soft_close_seconds: int
    outage_counts_seconds: Annotated[int, Field(description="The shortest silence of the house that counts.")]
    outage_notice_seconds: Annotated[int, Field(description="How long after its return bidding goes on.")]
    outage_longest_seconds: Annotated[int, Field(description="After a longer silence it goes on another day.")]
    opens_at: Stamp
    closes_at: Stamp
    drop_minor: int | None = None
    drop_seconds: int | None = None
    floor_minor: int | None = None
    sealing_seconds: int | None = None
    opening_seconds: int | None = None
    best_seconds: int | None = None
    answer_seconds: int | None = None
    contest_seconds: int | None = None


class Commitments(Shape):
    """What bound the seller and the house before the first bid."""

    first_link: Hash
    reserve_seal: Hash | None


class Opened(Shape):
    """What opens the commitments, told with the hammer."""

    reserve_minor: int | None
    reserve_salt: Hash | None


class RecordedRight(Shape):
    """A right of first refusal as it was published, and the paddle under which its holder took part, if it did."""

    order: int
    holder: str
    ground: str
    evidence: str
    paddle: int | None


class RecordedBid(Shape):
    """One line of the book, and the signature that its bidder was given."""

    sequence: int
    paddle: int
    amount_minor: int
    outcome: str
    origin: str
    limit_seal: Hash | None
    limit_minor: int | None
    limit_salt: Hash | None
    at: Stamp
    ends_at: Stamp
    hash: Hash
    signature: Signature


class Extension(Shape):
    """A bid that moved the end."""

    sequence: int
    ends_at: Stamp


class RecordedOrder(Shape):
    """By which order a sale stood still. `through`: who carried it out, the SELLER or the platform's OPERATOR."""

    ground: str
    ordered_by: str
    paper: str
    because: str
    through: str


class Outage(Shape):
    """The house was silent, or there was an order: the sale's clock stood still from `began_at` until `resumes_at`, after so many lines of the book. Signed."""

    after: int
    began_at: Stamp
    back_at: Stamp
    resumes_at: Stamp
    ends_at: Stamp
    order: RecordedOrder | None
    signature: Signature


class Result(Shape):
    """How bidding ended, signed."""

    status: str
    price_minor: int | None
    paddle: int | None
    ends_at: Stamp
    bids: int
    head: Hash
    signature: Signature


class Record(Shape):
    """The public record of a sale that has ended."""

    kind: str
    key: Key
    auction: Identity
    rules: Rules
    commitments: Commitments
    opened: Opened
    first_refusals: list[RecordedRight]
    bids: list[RecordedBid]
    extensions: list[Extension]
    outages: list[Outage]
    result: Result


class SigningKey(Shape):
    """The key under which the house signs receipts and results."""

    algorithm: str
    key: Key


class ReleasePackage(Shape):
    """Sales as releases of the Open Contracting Data Standard 1.1."""

    uri: str
    version: str
    publishedDate: Moment  # noqa: N815 the standard's own names
    publisher: dict[str, Any]
    license: str
    publicationPolicy: str  # noqa: N815
    extensions: list[str]
    releases: list[dict[str, Any]]
