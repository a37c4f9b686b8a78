"""Seeded, realistic, always valid values of JSON Schema 2020-12."""

from sandbox.values.run import SchemaSource
from sandbox.values.values import Values

__all__ = ["SchemaSource", "Values"]
