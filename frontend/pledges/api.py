"""All calls about pledges, gathered from their modules: what is held and released, the papers about it, and second ranks."""

from frontend.pledges import api_held, api_papers, api_ranks
from frontend.pledges.api_held import Proposed, proposed, quantity, shape
from frontend.pledges.blueprint import api

__all__ = ["Proposed", "api", "api_held", "api_papers", "api_ranks", "proposed", "quantity", "shape"]
