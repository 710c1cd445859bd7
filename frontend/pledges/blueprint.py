"""The one register of the pledges' pages and the one of their calls; each file of views or calls enters its own."""

from frontend.api import Api
from frontend.pages import Pages

pages = Pages("pledges", "frontend.pledges")
api = Api("pledges")
