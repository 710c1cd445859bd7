"""The calls of the catalogue, gathered from its modules, and what they take alike."""

from typing import Annotated

from pydantic import Field

from frontend.api import Api, Shape
from marketplace.catalogue.ports import Shelved, Sort

api = Api("catalogue")
Values = Annotated[str, Field(max_length=400, description="One value, or several between commas.")]
Price = Annotated[str, Field(pattern=r"^\d{1,13}(\.\d{1,2})?$")]
Near = Annotated[
    str,
    Field(max_length=80, description="A city of the shelf, or latitude and longitude in degrees with a comma between."),
]
Stored = Annotated[
    str, Field(pattern=r"^(30|90|180|365)$", description="Days at most since the goods came into the warehouse.")
]


class ShelfQuery(Shape):
    """What to look for: words in Chinese or English, facets, a range of prices in yuan, a circle of `km` around `near`, time in storage."""

    q: Annotated[str, Field(max_length=200)] = ""
    category: Values = ""
    grade: Values = ""
    place: Values = ""
    evidence: Values = ""
    status: Values = ""
    price_min: Price | None = None
    price_max: Price | None = None
    near: Near = ""
    km: Annotated[str, Field(pattern=r"^(50|100|200|500|1000)$")] | None = None
    stored: Stored | None = None
    sort: Sort = Sort.BEST
    page: Annotated[int, Field(ge=1, le=40)] = 1


def asked_of(body: Shape) -> dict[str, str]:
    """What was said of it, as a search takes it. The first shelf need not be named, and near goods come nearest first where nothing else was said."""
    asked = {name: str(value) for name, value in body.model_dump(mode="json").items() if value not in (None, "")}
    plain = {"kind": Shelved.AUCTION.value, "sort": Sort.BEST.value}
    return {name: value for name, value in asked.items() if plain.get(name) != value}
