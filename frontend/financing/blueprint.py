"""The pages of deals and margin calls: one register for the modules that fill it."""

from frontend.pages import Pages

pages = Pages("financing", __name__)
