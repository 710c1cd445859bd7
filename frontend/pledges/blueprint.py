"""The one blueprint of the pledges' pages; each file of views registers on it."""

from frontend.pages import Pages

pages = Pages("pledges", "frontend.pledges")
