"""The calls of the supervision room, gathered from its modules."""

from frontend.api import Api

api = Api("supervision")
