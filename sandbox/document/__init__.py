"""An OpenAPI document becomes operations, typed arguments and compiled validation."""

from sandbox.document.codec import canonical, decode, encode
from sandbox.document.document import Document
from sandbox.document.operations import Operation
from sandbox.document.problems import status_of
from sandbox.document.routing import Allowed, Match, Router
from sandbox.document.schemas import Schemas
from sandbox.document.security import check_security
from sandbox.document.validation import validate

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
