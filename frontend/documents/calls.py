"""The one set of calls about papers and trades; each file of calls registers on it."""

from frontend.api import Api

api = Api("documents")
