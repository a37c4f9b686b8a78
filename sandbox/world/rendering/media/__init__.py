"""Replies in the form of their media type: event streams, XML, tables, YAML, pages, small files."""

from sandbox.world.rendering.media.writing import write

__all__ = ["write"]
