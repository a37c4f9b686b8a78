"""The operators. Importing this package registers every one of them."""

from sandbox.drift.rewrites import (
    fields,
    limits,
    paging,
    parameters,
    paths,
    shapes,
    types,
    words,
)

__all__ = ["fields", "limits", "paging", "parameters", "paths", "shapes", "types", "words"]
