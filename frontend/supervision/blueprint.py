"""The pages of the supervision room, gathered from its modules."""

from frontend.pages import Pages

pages = Pages("supervision", __name__)
