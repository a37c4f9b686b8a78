"""Seeded, realistic, always valid values of JSON Schema 2020-12."""

from sandbox.openapi.values.run import SchemaSource
from sandbox.openapi.values.values import Values

__all__ = ["SchemaSource", "Values"]
