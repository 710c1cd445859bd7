"""Every table of the house, imported once, for the migrations and the contract tests."""

import importlib
import pkgutil

import marketplace
import tenants
from tenants import policies
from tenants.database import Base


def load_models() -> None:
    """Import every module that declares a table: all of `tenants`, and each slice's models."""
    for module in pkgutil.walk_packages(tenants.__path__, "tenants."):
        importlib.import_module(module.name)
    for module in pkgutil.walk_packages(marketplace.__path__, "marketplace."):
        if module.name.rpartition(".")[2] in {"models", "reactions"} or ".models." in module.name:
            importlib.import_module(module.name)


load_models()
METADATA = Base.metadata
policies.tables()
