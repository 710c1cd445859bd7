"""The pages and the calls of the disposal room, gathered from its modules."""

from frontend.api import Api
from frontend.pages import Pages

pages = Pages("disposal", __name__)
api = Api("disposal")
