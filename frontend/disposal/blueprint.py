"""The pages of the disposal room, gathered from its modules."""

from frontend.pages import Pages

pages = Pages("disposal", __name__)
