"""The pages and calls of the desk, gathered from its modules."""

from frontend.api import Api
from frontend.pages import Pages

pages, api = Pages("duty", __name__), Api("duty")
