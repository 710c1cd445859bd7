"""The pages and calls of deals and margin calls: one register each for the modules that fill them."""

from frontend.api import Api
from frontend.pages import Pages

pages = Pages("financing", __name__)
api = Api("financing")
