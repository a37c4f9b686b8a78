"""Any OpenAPI document as a seeded, stateful world of tools that can fail and change."""

from sandbox.errors import DocumentError, PlanError, SandboxError, UnknownName
from sandbox.openapi import Document
from sandbox.tools import Tool
from sandbox.wire import Observation, Request, Response
from sandbox.world import Exchange, Session, World

__all__ = [
    "Document",
    "DocumentError",
    "Exchange",
    "Observation",
    "PlanError",
    "Request",
    "Response",
    "SandboxError",
    "Session",
    "Tool",
    "UnknownName",
    "World",
]
