"""The pages of goods on the move, gathered from their modules."""

from frontend.pages import Pages

pages = Pages("shipments", __name__)
