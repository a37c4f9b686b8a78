"""The families of faults. Importing this package registers every one of them."""

from sandbox.faults.families import http, transport

__all__ = ["http", "transport"]
