"""Models on this machine as backends; needs the extra `local`, imported only when used."""

from __future__ import annotations

import os

# Read once, when torch loads: threads that spin while they wait for each other take half the speed
# of a machine that has anything else to do.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from agent.backends.local.backend import (
    LocalBackend,
    load_agent_backend,
    role_backends,
)
from agent.backends.local.model import models, pull

__all__ = ["LocalBackend", "load_agent_backend", "models", "pull", "role_backends"]
