"""All calls about pledges, gathered from their modules: what is held and released, the papers about it, receipts in pledge, and second ranks."""

from frontend.pledges import api_held, api_papers, api_ranks, api_receipts
from frontend.pledges.api_held import Proposed, proposed, quantity, shape
from frontend.pledges.blueprint import api

__all__ = ["Proposed", "api", "api_held", "api_papers", "api_ranks", "api_receipts", "proposed", "quantity", "shape"]
