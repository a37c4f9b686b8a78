"""Operations as tools: names, arguments, dialects, and the way back from a call to its values."""

from sandbox.tools.binding import bind
from sandbox.tools.catalogue import Catalogue, selector, tools
from sandbox.tools.describe import estimate_tokens
from sandbox.tools.dialects import DIALECTS, Converted, as_dialect, convert
from sandbox.tools.meta_tools import META_TOOLS, meta_tools
from sandbox.tools.tool import Tool

__all__ = [
    "DIALECTS",
    "META_TOOLS",
    "Catalogue",
    "Converted",
    "Tool",
    "as_dialect",
    "bind",
    "convert",
    "estimate_tokens",
    "meta_tools",
    "selector",
    "tools",
]
