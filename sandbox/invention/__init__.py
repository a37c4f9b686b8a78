"""Documents nobody wrote: realistic APIs in every convention that real ones have."""

from __future__ import annotations

from sandbox.invention.invent import Invented, invent
from sandbox.invention.style import Style
from sandbox.invention.variants import variants

__all__ = ["Invented", "Style", "invent", "variants"]
