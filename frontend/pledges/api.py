"""All calls about pledges, gathered from their modules: what is held and released, and the papers about it."""

from frontend.pledges import api_held, api_papers
from frontend.pledges.api_held import Proposed, proposed, quantity, shape
from frontend.pledges.blueprint import api

__all__ = ["Proposed", "api", "api_held", "api_papers", "proposed", "quantity", "shape"]
