"""The one blueprint of the goods' pages; each file of views registers on it."""

from frontend.pages import Pages

pages = Pages("inventory", "frontend.inventory")
