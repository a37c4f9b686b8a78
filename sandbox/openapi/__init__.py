"""An OpenAPI document becomes operations, typed arguments and compiled validation."""

from sandbox.openapi.codec import canonical, decode, encode
from sandbox.openapi.document import Document
from sandbox.openapi.operations import Operation
from sandbox.openapi.problems import status_of
from sandbox.openapi.routing import Allowed, Match, Router
from sandbox.openapi.schemas import Schemas
from sandbox.openapi.security import check_security
from sandbox.openapi.validation import validate

__all__ = [
    "Allowed",
    "Document",
    "Match",
    "Operation",
    "Router",
    "Schemas",
    "canonical",
    "check_security",
    "decode",
    "encode",
    "status_of",
    "validate",
]
