"""The one blueprint of papers' and trades' pages; each file of views registers on it."""

from frontend.pages import Pages

pages = Pages("documents", "frontend.documents")
