"""Models on this machine as backends; needs the extra `local`, imported only when used."""

from __future__ import annotations

from agent.backends.local.backend import LocalBackend, load_agent_backend, role_backends
from agent.backends.local.model import models, pull

__all__ = ["LocalBackend", "load_agent_backend", "models", "pull", "role_backends"]
