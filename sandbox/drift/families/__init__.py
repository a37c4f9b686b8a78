"""The operators. Importing this package registers every one of them."""

from sandbox.drift.families import (
    documentation,
    fields,
    limits,
    paging,
    parameters,
    paths,
    shapes,
    types,
)

__all__ = ["documentation", "fields", "limits", "paging", "parameters", "paths", "shapes", "types"]
