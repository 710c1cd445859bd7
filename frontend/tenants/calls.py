"""The one register of the firm's own calls."""

from frontend.api import Api

api = Api("organisation")
