"""The operators. Importing this package registers every one of them."""

from sandbox.drift.operators import fields, parameters, paths

__all__ = ["fields", "parameters", "paths"]
