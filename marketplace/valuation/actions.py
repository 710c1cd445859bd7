"""What a bank does about value: take in prices, publish its lending terms, value the goods of a deal.

The front page of the slice; each act is written out in the module that it comes from.
"""

from marketplace.valuation.base import propose_base_terms
from marketplace.valuation.imports import confirm_import, import_quotes, preview_prices
from marketplace.valuation.terms import propose_lending_terms
from marketplace.valuation.valuing import revalue, set_basis, value_deal

__all__ = [
    "confirm_import",
    "import_quotes",
    "preview_prices",
    "propose_base_terms",
    "propose_lending_terms",
    "revalue",
    "set_basis",
    "value_deal",
]
