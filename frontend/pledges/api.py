"""All calls about pledges, gathered from their modules: what is held and released, the papers about it, receipts in pledge, second ranks, and shortages."""

from frontend.pledges import api_held, api_papers, api_ranks, api_receipts, api_shortages
from frontend.pledges.api_held import Proposed, proposed, quantity, shape
from frontend.pledges.blueprint import api

__all__ = [
    "Proposed",
    "api",
    "api_held",
    "api_papers",
    "api_ranks",
    "api_receipts",
    "api_shortages",
    "proposed",
    "quantity",
    "shape",
]
