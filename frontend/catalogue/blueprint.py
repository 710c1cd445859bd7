"""The pages of the catalogue, gathered from its modules."""

from frontend.pages import Pages

pages = Pages("catalogue", __name__)
